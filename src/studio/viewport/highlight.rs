//! Highlights the faces measured by the check under the pointer.

use std::sync::Arc;

use three_d::{Vec3, vec3};

use super::pick::border;
use super::view::{HighlightedFaces, Pane, Viewport};
use crate::geometry::Shape;
use crate::render::Highlight;
use crate::studio::panels::checks::{self, HoveredCheck};

impl Viewport {
    /// Updates the highlight for the check under the pointer.
    pub(super) fn light(&mut self, ctx: &egui::Context, panes: &[Pane<'_>]) {
        let pointed = checks::pointed(ctx);
        let found = pointed.as_ref().and_then(|pointed| {
            let shape = panes
                .iter()
                .rev()
                .filter_map(|pane| pane.shape)
                .find(|shape| measured(pointed, shape))?;
            Some((pointed, shape))
        });
        self.highlight = found.map(|(pointed, shape)| match self.highlight.take() {
            Some(same) if Arc::ptr_eq(&same.shape, shape) && same.faces == pointed.faces => same,
            _ => HighlightedFaces {
                shape: Arc::clone(shape),
                faces: pointed.faces.clone(),
                highlight: highlight(shape, &pointed.faces),
            },
        });
        // Without a measured face on a displayed shape, the position is marked.
        self.marked = match self.highlight {
            Some(_) => None,
            None => pointed.and_then(|pointed| pointed.place),
        };
    }

    pub(super) fn highlight_among(&self, shapes: &[&Arc<Shape>]) -> Option<Highlight> {
        let highlight = self.highlight.as_ref()?;
        let is_here = shapes.iter().any(|shape| Arc::ptr_eq(shape, &highlight.shape));
        is_here.then(|| highlight.highlight.clone())
    }
}

/// Whether the faces are those of this shape.
fn measured(pointed: &HoveredCheck, shape: &Shape) -> bool {
    let last = pointed.faces.last().map(|face| *face as usize);
    last.is_some_and(|last| last < shape.face_triangles.len())
        && pointed.triangles == shape.mesh.triangles().len()
}

fn highlight(shape: &Shape, faces: &[u32]) -> Highlight {
    let (mut triangles, mut lines) = (Vec::new(), Vec::new());
    let mut first = 0;
    for (face, &count) in shape.face_triangles.iter().enumerate() {
        let range = first..(first + count as usize).min(shape.mesh.triangles().len());
        first = range.end;
        if faces.binary_search(&(face as u32)).is_ok() {
            triangles.extend(
                range
                    .clone()
                    .map(|triangle| shape.mesh.corners(triangle).map(narrow)),
            );
            lines.extend(border(shape, range));
        }
    }
    Highlight {
        triangles: Arc::new(triangles),
        lines: Arc::new(lines),
    }
}

fn narrow([x, y, z]: [f64; 3]) -> Vec3 {
    vec3(x as f32, y as f32, z as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::shapes;

    fn block() -> Shape {
        shapes::blocks(&[([0.0; 3], [40.0, 40.0, 4.0])])
    }

    fn pointed(faces: &[u32], triangles: usize) -> HoveredCheck {
        HoveredCheck::new(faces.to_vec(), None, triangles, 0)
    }

    #[test]
    fn a_block_face_has_two_triangles_and_four_edges() {
        let block = block();
        let highlight = highlight(&block, &[2]);
        assert_eq!((highlight.triangles.len(), highlight.lines.len()), (2, 4));
        let first: u32 = block.face_triangles[..2].iter().sum();
        assert_eq!(
            highlight.triangles[0],
            block.mesh.corners(first as usize).map(narrow),
            "the third face"
        );
    }

    #[test]
    fn faces_of_another_shape_are_not_lit() {
        let block = block();
        let own = block.mesh.triangles().len();
        assert!(measured(&pointed(&[0, 5], own), &block));
        assert!(!measured(&pointed(&[0, 5], own + 1), &block));
        assert!(!measured(&pointed(&[6], own), &block));
        assert!(!measured(&pointed(&[], own), &block), "no face is meant");
    }
}
