//! Heat map of the distances between two shapes.

use three_d::{InnerSpace, Vec3};

use super::mesh::Buffers;
use cadforge_geometry::SignedDistance;

/// Maximum number of triangles of a map; each corner costs some microseconds.
const BUDGET: usize = 60_000;

/// Small triangles with the distance at each corner.
#[derive(Clone, Debug, Default)]
pub struct Heat {
    /// Corners in mm.
    pub positions: Vec<Vec3>,
    /// Unit normal at each corner.
    pub normals: Vec<Vec3>,
    /// Signed distance at each corner in mm: positive outside the other shape.
    pub values: Vec<f32>,
    /// Three corners per triangle.
    pub indices: Vec<u32>,
    /// Minimum and maximum distance in mm.
    pub range: [f32; 2],
    /// Mean absolute distance, weighted by area, mm.
    pub mean: f32,
}

impl Heat {
    /// Measures a shape's surface against another shape; polls `stop` and returns none once it is true.
    pub fn of(buffers: &Buffers, other: &SignedDistance, stop: &dyn Fn() -> bool) -> Option<Self> {
        let mut heat = Self::cut(buffers);
        let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
        for (index, position) in heat.positions.iter().enumerate() {
            if index % 256 == 0 && stop() {
                return None;
            }
            let value = other.at([position.x, position.y, position.z].map(f64::from)) as f32;
            (least, most) = (least.min(value), most.max(value));
            heat.values.push(value);
        }
        if heat.indices.is_empty() {
            return None;
        }
        let (mut sum, mut whole) = (0.0, 0.0);
        for corner in heat.indices.chunks_exact(3) {
            let [a, b, c] = [corner[0], corner[1], corner[2]].map(|i| i as usize);
            let at = &heat.positions;
            let area = f64::from((at[b] - at[a]).cross(at[c] - at[a]).magnitude());
            let mean = [a, b, c]
                .iter()
                .map(|i| f64::from(heat.values[*i].abs()))
                .sum::<f64>()
                / 3.0;
            sum += area * mean;
            whole += area;
        }
        heat.range = [least, most];
        heat.mean = if whole > 0.0 { (sum / whole) as f32 } else { 0.0 };
        Some(heat)
    }

    /// Limit of the colour scale: larger distances are clamped. A round number of mm, symmetric about 0.
    pub fn span(&self) -> f32 {
        let most = self.range[1].max(-self.range[0]);
        // Below a hundredth of a millimetre only rounding errors are visible.
        let most = f64::from(most.max(0.01));
        let decade = 10f64.powf(most.log10().floor());
        let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
        let fits = steps
            .into_iter()
            .map(|step| step * decade)
            .find(|step| *step >= most * (1.0 - 1e-6));
        fits.unwrap_or(10.0 * decade) as f32
    }

    /// Subdivides triangles so that none is large relative to the shape: a wall of two triangles would hide local differences.
    fn cut(buffers: &Buffers) -> Self {
        let corners =
            |index: usize| -> [usize; 3] { std::array::from_fn(|i| buffers.indices[3 * index + i] as usize) };
        let longest: Vec<f32> = (0..buffers.indices.len() / 3)
            .map(|index| {
                let [a, b, c] = corners(index).map(|i| buffers.positions[i]);
                (b - a)
                    .magnitude()
                    .max((c - b).magnitude())
                    .max((a - c).magnitude())
            })
            .collect();
        let parts = |longest: f32, step: f32| ((longest / step).ceil() as usize).clamp(1, 64);
        let total = |step: f32| {
            longest
                .iter()
                .map(|side| parts(*side, step).pow(2))
                .sum::<usize>()
        };
        let mut step = longest.iter().copied().fold(0.0, f32::max) / 64.0;
        while step > 0.0 && total(step) > BUDGET.max(longest.len()) {
            step *= 1.25;
        }
        let mut heat = Self::default();
        for (index, longest) in longest.iter().enumerate() {
            let count = if step > 0.0 { parts(*longest, step) } else { 1 };
            let [a, b, c] = corners(index);
            let first = heat.positions.len() as u32;
            // Row by row from corner a to the side b, c.
            for row in 0..=count {
                for place in 0..=row {
                    let (v, w) = ((row - place) as f32 / count as f32, place as f32 / count as f32);
                    let blend = |of: &[Vec3]| of[a] * (1.0 - v - w) + of[b] * v + of[c] * w;
                    heat.positions.push(blend(&buffers.positions));
                    let normal = blend(&buffers.normals);
                    let length = normal.magnitude();
                    heat.normals.push(if length > 0.0 {
                        normal / length
                    } else {
                        buffers.normals[a]
                    });
                }
            }
            let at = |row: usize, place: usize| first + (row * (row + 1) / 2 + place) as u32;
            for row in 0..count {
                for place in 0..=row {
                    heat.indices
                        .extend([at(row, place), at(row + 1, place), at(row + 1, place + 1)]);
                    if place < row {
                        heat.indices
                            .extend([at(row, place), at(row + 1, place + 1), at(row, place + 1)]);
                    }
                }
            }
        }
        heat
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::block;

    #[test]
    fn a_taller_block_is_outside_by_the_difference() {
        let (low, tall) = (block([20.0, 20.0, 4.0]), block([20.0, 20.0, 10.0]));
        let heat = Heat::of(&Buffers::of(&tall), &SignedDistance::to(&low.mesh), &|| false).unwrap();
        assert!(
            (heat.range[1] - 6.0).abs() < 1e-5 && heat.range[0].abs() < 1e-5,
            "{:?}",
            heat.range
        );
        assert_eq!(heat.span(), 6.0);
        for (position, value) in heat.positions.iter().zip(&heat.values) {
            assert!(
                (value - (position.z - 4.0).max(0.0)).abs() < 1e-5,
                "{position:?}: {value}"
            );
        }
        // The roof is 400 of 1600 mm², 6 mm away; each wall 200, on average 1.8 mm away.
        assert!(
            (heat.mean - (400.0 * 6.0 + 800.0 * 1.8) / 1600.0).abs() < 0.02,
            "{}",
            heat.mean
        );
        let heat = Heat::of(&Buffers::of(&low), &SignedDistance::to(&tall.mesh), &|| false).unwrap();
        assert!(
            (heat.range[0] + 4.0).abs() < 0.7 && heat.range[1].abs() < 1e-5,
            "{:?}",
            heat.range
        );
    }

    #[test]
    fn the_map_covers_the_surface_within_its_budget() {
        let shape = block([20.0, 20.0, 10.0]);
        let heat = Heat::cut(&Buffers::of(&shape));
        assert!(
            (20_000..=BUDGET).contains(&(heat.indices.len() / 3)),
            "{}",
            heat.indices.len() / 3
        );
        let area: f32 = heat
            .indices
            .chunks_exact(3)
            .map(|t| {
                let [a, b, c] = [t[0], t[1], t[2]].map(|i| heat.positions[i as usize]);
                let normal = (b - a).cross(c - a);
                assert!(normal.dot(heat.normals[t[0] as usize]) > 0.0, "turned over");
                0.5 * normal.magnitude()
            })
            .sum();
        assert!((area - 1600.0).abs() < 0.5, "{area}");
    }

    #[test]
    fn a_cancelled_map_stops() {
        let shape = block([20.0, 20.0, 10.0]);
        assert!(Heat::of(&Buffers::of(&shape), &SignedDistance::to(&shape.mesh), &|| true).is_none());
    }
}
