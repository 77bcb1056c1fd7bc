//! A shape prepared for drawing and picking on a background thread.

use std::sync::Arc;

use super::mesh::Buffers;
use cadforge_geometry::{Aabb, SceneObject, Shape, TriMesh, TriangleTree, clustered};

/// Number of triangles above which a software renderer needs longer than a frame.
const HEAVY: usize = 30_000;

/// Number of triangles above which preparation is noticeable: some 3 s for a million.
const SLOW: usize = 100_000;

/// Number of cells along the longest side of a coarse model: a few pixels each.
const CELLS: u32 = 96;

/// Data of a shape that is expensive to compute.
#[derive(Debug)]
pub struct Model {
    /// None in a draft.
    fine: Option<Buffers>,
    coarse: Option<Arc<Buffers>>,
    /// Triangle tree for picking; only a candidate's shape can be picked.
    pub tree: Option<TriangleTree>,
    /// Bounding box.
    pub bounds: Aabb,
}

impl Model {
    /// A draft of a shape that takes long to prepare: a coarse model without picking. None if [`Self::of`] is fast.
    pub fn draft(shape: &Shape) -> Option<Self> {
        if shape.mesh.triangles().len() <= SLOW {
            return None;
        }
        Some(Self {
            fine: None,
            coarse: Some(Arc::new(coarse(shape)?)),
            tree: None,
            bounds: shape.mesh.bbox(),
        })
    }

    /// Prepares a shape, with a coarse model for moving pictures if `with_coarse` is set and it is worthwhile.
    pub fn of(shape: &Shape, with_coarse: bool) -> Self {
        let heavy = with_coarse && shape.mesh.triangles().len() > HEAVY;
        let coarse = heavy.then(|| coarse(shape)).flatten();
        Self::with_coarse_model(shape, coarse.map(Arc::new))
    }

    /// Completes a draft; keeps its coarse model only `with_coarse`.
    pub fn refined(&self, shape: &Shape, with_coarse: bool) -> Self {
        Self::with_coarse_model(shape, self.coarse.clone().filter(|_| with_coarse))
    }

    fn with_coarse_model(shape: &Shape, coarse: Option<Arc<Buffers>>) -> Self {
        Self {
            fine: Some(Buffers::of(shape)),
            coarse,
            tree: Some(TriangleTree::new(&shape.mesh)),
            bounds: shape.mesh.bbox(),
        }
    }

    /// Whether it is a draft.
    pub fn is_draft(&self) -> bool {
        self.fine.is_none()
    }

    /// Prepares an object of a scene; `None` if it has nothing to draw.
    pub fn of_object(object: &SceneObject, with_coarse: bool) -> Option<Self> {
        let bounds = object.bounds()?;
        let heavy = |mesh: &&TriMesh| with_coarse && mesh.triangles().len() > HEAVY;
        let coarse = object.mesh.as_ref().filter(heavy).and_then(|mesh| {
            let (mesh, _) = clustered(mesh, CELLS)?;
            let representative = SceneObject {
                mesh: Some(mesh),
                ..object.clone()
            };
            Some(Arc::new(Buffers::of_object(&representative)))
        });
        Some(Self {
            fine: Some(Buffers::of_object(object)),
            coarse,
            tree: None,
            bounds,
        })
    }

    /// Buffers to draw: coarse ones if they suffice, or if there are no others.
    pub fn buffers(&self, coarse: bool) -> Option<&Buffers> {
        if self.uses_coarse(coarse) {
            self.coarse.as_deref()
        } else {
            self.fine.as_ref()
        }
    }

    /// Whether coarse buffers are drawn; `suffices` tells whether they suffice.
    pub fn uses_coarse(&self, suffices: bool) -> bool {
        self.coarse.is_some() && (suffices || self.is_draft())
    }
}

fn coarse(shape: &Shape) -> Option<Buffers> {
    let (mesh, from) = clustered(&shape.mesh, CELLS)?;
    // Triangles keep their order, so those of a face remain adjacent.
    let mut ends = shape.face_triangles.iter().scan(0, |end, count| {
        *end += count;
        Some(*end)
    });
    let (mut face_triangles, mut end) = (Vec::new(), 0);
    for triangle in from {
        while triangle >= end {
            let Some(next) = ends.next() else { break };
            end = next;
            face_triangles.push(0);
        }
        if let Some(last) = face_triangles.last_mut() {
            *last += 1;
        }
    }
    let representative = Shape {
        stl: shape.stl.clone(),
        mesh,
        face_triangles,
        edges: shape.edges.clone(),
        surfaces: Vec::new(),
        facts: shape.facts.clone(),
    };
    Some(Buffers::of(&representative))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::tube;

    #[test]
    fn only_a_heavy_shape_gets_a_coarse_model() {
        let heavy = tube(20_000, 30.0, 40.0);
        let model = Model::of(&heavy, true);
        let (fine, coarse) = (model.buffers(false).unwrap(), model.buffers(true).unwrap());
        assert_eq!(fine.indices.len(), 3 * 80_000);
        assert!(
            coarse.indices.len() < fine.indices.len() / 20,
            "{}",
            coarse.indices.len() / 3
        );
        assert!(!Model::of(&heavy, false).uses_coarse(true));
        assert!(!Model::of(&tube(64, 30.0, 40.0), true).uses_coarse(true));
        assert!(Model::draft(&heavy).is_none(), "it is soon ready as it is");
    }

    #[test]
    fn a_very_heavy_shape_has_a_draft_before_its_model() {
        let shape = tube(30_000, 30.0, 40.0);
        let draft = Model::draft(&shape).unwrap();
        let light = draft.buffers(false).unwrap().indices.len();
        assert!(draft.is_draft() && draft.uses_coarse(false) && draft.tree.is_none());
        assert!(light < 3 * 120_000 / 20, "{}", light / 3);
        assert_eq!(draft.bounds, shape.mesh.bbox());
        let whole = draft.refined(&shape, true);
        assert!(!whole.is_draft() && whole.tree.is_some());
        assert_eq!(whole.buffers(false).unwrap().indices.len(), 3 * 120_000);
        assert_eq!(whole.buffers(true).unwrap().indices.len(), light);
        assert_eq!(
            draft.refined(&shape, false).buffers(true).unwrap().indices.len(),
            3 * 120_000
        );
    }
}
