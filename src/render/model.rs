//! A shape made ready for drawing and picking, away from the thread that draws.

use super::mesh::Buffers;
use cadforge_geometry::{Aabb, SceneObject, Shape, TriMesh, TriangleTree, clustered};

/// More triangles than this take a software renderer longer than a frame.
const HEAVY: usize = 30_000;

/// Cells along the longest side of a coarse stand-in: a few pixels each.
const CELLS: u32 = 96;

/// Everything about a shape that takes time to work out.
#[derive(Debug)]
pub struct Model {
    fine: Buffers,
    coarse: Option<Buffers>,
    /// Its triangles, for picking; only a candidate's shape can be picked.
    pub tree: Option<TriangleTree>,
    /// The box around it.
    pub bounds: Aabb,
}

impl Model {
    /// Works everything out; a coarse stand-in for moving pictures only `with_coarse` and where it pays.
    pub fn of(shape: &Shape, with_coarse: bool) -> Self {
        let heavy = with_coarse && shape.mesh.triangles().len() > HEAVY;
        Self {
            fine: Buffers::of(shape),
            coarse: heavy.then(|| coarse(shape)).flatten(),
            tree: Some(TriangleTree::new(&shape.mesh)),
            bounds: shape.mesh.bbox(),
        }
    }

    /// The same for an object that a script shows; `None` if there is nothing to be seen of it.
    pub fn of_object(object: &SceneObject, with_coarse: bool) -> Option<Self> {
        let bounds = object.bounds()?;
        let heavy = |mesh: &&TriMesh| with_coarse && mesh.triangles().len() > HEAVY;
        let coarse = object.mesh.as_ref().filter(heavy).and_then(|mesh| {
            let (mesh, _) = clustered(mesh, CELLS)?;
            let stand_in = SceneObject {
                mesh: Some(mesh),
                ..object.clone()
            };
            Some(Buffers::of_object(&stand_in))
        });
        Some(Self {
            fine: Buffers::of_object(object),
            coarse,
            tree: None,
            bounds,
        })
    }

    /// The buffers to draw; fine ones where there are no coarse ones.
    pub fn buffers(&self, coarse: bool) -> &Buffers {
        self.coarse.as_ref().filter(|_| coarse).unwrap_or(&self.fine)
    }

    /// Whether there is a coarse stand-in.
    pub fn has_coarse(&self) -> bool {
        self.coarse.is_some()
    }
}

fn coarse(shape: &Shape) -> Option<Buffers> {
    let (mesh, from) = clustered(&shape.mesh, CELLS)?;
    // Triangles keep their order, so those of a face still stand together.
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
    let stand_in = Shape {
        stl: shape.stl.clone(),
        mesh,
        face_triangles,
        edges: shape.edges.clone(),
        surfaces: Vec::new(),
        facts: shape.facts.clone(),
    };
    Some(Buffers::of(&stand_in))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::tube;

    #[test]
    fn a_heavy_shape_gets_a_light_stand_in_and_a_light_one_none() {
        let heavy = tube(20_000, 30.0, 40.0);
        let model = Model::of(&heavy, true);
        let (fine, coarse) = (model.buffers(false), model.buffers(true));
        assert_eq!(fine.indices.len(), 3 * 80_000);
        assert!(
            coarse.indices.len() < fine.indices.len() / 20,
            "{}",
            coarse.indices.len() / 3
        );
        assert!(!Model::of(&heavy, false).has_coarse());
        assert!(!Model::of(&tube(64, 30.0, 40.0), true).has_coarse());
    }
}
