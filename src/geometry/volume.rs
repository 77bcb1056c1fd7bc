//! A shape as dexels along all three axes: common volumes, and slices.

use super::dexel::{Dexels, Lattice, Overlaps};
use super::slice::Slice;
use super::{Aabb, TriMesh};

/// The material of a shape, sampled along rays parallel to x, y and z.
#[derive(Clone, Debug)]
pub struct Volume {
    along: [Dexels; 3],
    bbox: Aabb,
}

impl Volume {
    /// Cuts a mesh; `body_of` returns the body of a triangle.
    pub fn new(mesh: &TriMesh, body_of: &dyn Fn(usize) -> u16, lattice: &Lattice) -> Self {
        Self {
            along: [0, 1, 2].map(|axis| Dexels::new(mesh, body_of, axis, lattice)),
            bbox: mesh.bbox(),
        }
    }

    /// The box of the mesh, mm.
    pub fn bbox(&self) -> Aabb {
        self.bbox
    }

    /// Volume in mm³: the mean of three measurements.
    pub fn volume(&self) -> f64 {
        self.along.iter().map(Dexels::volume).sum::<f64>() / 3.0
    }

    /// Intersection over union of two shapes on one lattice, 0 to 1; 1 for a shape with itself.
    pub fn iou(&self, other: &Self) -> f64 {
        let common: f64 = self
            .along
            .iter()
            .zip(&other.along)
            .map(|(a, b)| a.common(b))
            .sum();
        let sum: f64 = self.along.iter().chain(&other.along).map(Dexels::volume).sum();
        let union = sum - common;
        if union > 0.0 {
            (common / union).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }

    /// Volumes in mm³ where the mesh overlaps, or is inside out.
    pub fn overlaps(&self) -> Overlaps {
        let mean = |part: fn(Overlaps) -> f64| {
            self.along
                .iter()
                .map(|dexels| part(dexels.overlaps()))
                .sum::<f64>()
                / 3.0
        };
        Overlaps {
            shared: mean(|overlaps| overlaps.shared),
            own: mean(|overlaps| overlaps.own),
            inverted: mean(|overlaps| overlaps.inverted),
        }
    }

    /// Spans of material along the ray parallel to `axis` that is nearest to a point.
    pub fn spans(&self, axis: usize, through: [f64; 3]) -> &[[f64; 2]] {
        self.along[axis].at(through)
    }

    /// Whether a point is in material, by majority of the three nearest rays.
    pub fn holds(&self, point: [f64; 3]) -> bool {
        self.along.iter().filter(|dexels| dexels.holds(point)).count() >= 2
    }

    /// Filled share of a box, 0 to 1.
    pub fn filled(&self, bbox: &Aabb) -> f64 {
        let most = |a: &&Dexels, b: &&Dexels| a.rays_in(bbox).total_cmp(&b.rays_in(bbox));
        self.along
            .iter()
            .max_by(most)
            .map_or(0.0, |dexels| dexels.filled(bbox))
    }

    /// Section by a plane perpendicular to `axis`.
    pub fn slice(&self, axis: usize, at: f64) -> Slice {
        // Rays along the next axis, whose second other axis is this one.
        let dexels = &self.along[(axis + 1) % 3];
        Slice::new(
            dexels
                .rows(at)
                .map(|(place, spans)| (place, spans.to_vec()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes;

    fn cut(mesh: &TriMesh, lattice: &Lattice) -> Volume {
        Volume::new(mesh, &|_| 0, lattice)
    }

    #[test]
    fn overlap_follows_its_formula_and_a_shape_equals_itself() {
        let one = shapes::block([0.0; 3], [10.0; 3]);
        let lattice = Lattice::over(&one.bbox(), 100);
        let (one, other) = (
            cut(&one, &lattice),
            cut(&shapes::block([5.0, 0.0, 0.0], [10.0; 3]), &lattice),
        );
        assert_eq!(one.iou(&one), 1.0);
        assert!((one.iou(&other) - 1.0 / 3.0).abs() < 0.005, "{}", one.iou(&other));
        assert_eq!(one.iou(&other), other.iou(&one));
        assert!(one.holds([2.0; 3]) && !one.holds([12.0, 2.0, 2.0]));
    }

    #[test]
    fn a_slice_shows_the_material_at_its_height() {
        let table = shapes::together(&[
            shapes::block([0.0, 0.0, 10.0], [20.0, 20.0, 2.0]),
            shapes::block([0.0; 3], [2.0, 2.0, 10.0]),
            shapes::block([18.0, 0.0, 0.0], [2.0, 2.0, 10.0]),
            shapes::block([0.0, 18.0, 0.0], [2.0, 2.0, 10.0]),
        ]);
        let table = cut(&table, &Lattice::over(&table.bbox(), 64));
        assert_eq!(table.slice(2, 5.0).islands(0.5).len(), 3);
        assert_eq!(table.slice(2, 11.0).islands(0.5).len(), 1);
        assert_eq!(table.slice(0, 1.0).islands(0.5).len(), 1);
        assert_eq!(table.slice(0, 10.0).islands(0.5).len(), 1);
        assert!(table.slice(2, 15.0).islands(0.5).is_empty());
    }
}
