//! Mass properties of a shape: what changes when one of its dimensions changes.

use serde::{Deserialize, Serialize};

use super::{Aabb, Moments, TriMesh};

/// Mass properties of a shape of density 1, and its numbers of solids and faces.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MassProperties {
    /// mm³, negative for an inside-out solid.
    pub volume: f64,
    /// mm².
    pub area: f64,
    /// Centre of mass, mm.
    pub centroid: [f64; 3],
    /// Second moments of volume about the centroid: xx, yy, zz, xy, yz, zx in mm⁵.
    pub second: [f64; 6],
    /// Lowest corner of a box around the shape, mm; around splines it may be larger than needed.
    pub min: [f64; 3],
    /// Highest corner of that box, mm.
    pub max: [f64; 3],
    /// Number of solids.
    pub solids: u32,
    /// Number of faces.
    pub faces: u32,
}

impl MassProperties {
    /// Of a mesh, whose solids and faces only the boundary representation knows.
    pub fn of_mesh(mesh: &TriMesh, solids: u32, faces: u32) -> Self {
        let Moments {
            volume,
            area,
            centroid,
            second,
        } = Moments::of(mesh);
        let Aabb { min, max } = mesh.bbox();
        Self {
            volume,
            area,
            centroid,
            second,
            min,
            max,
            solids,
            faces,
        }
    }

    /// From the numbers in the order of the fields, as the kernel measures them; `None` unless there are 19 finite ones.
    pub fn from_numbers(numbers: &[f64]) -> Option<Self> {
        let &[volume, area, ref rest @ ..] = numbers else {
            return None;
        };
        let (centroid, rest) = rest.split_first_chunk()?;
        let (second, rest) = rest.split_first_chunk()?;
        let (min, rest) = rest.split_first_chunk()?;
        let (max, rest) = rest.split_first_chunk()?;
        let &[solids, faces] = rest else { return None };
        numbers.iter().all(|number| number.is_finite()).then_some(Self {
            volume,
            area,
            centroid: *centroid,
            second: *second,
            min: *min,
            max: *max,
            solids: solids as u32,
            faces: faces as u32,
        })
    }

    /// Extents of the box, mm.
    pub fn size(&self) -> [f64; 3] {
        std::array::from_fn(|axis| self.max[axis] - self.min[axis])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes;

    #[test]
    fn numbers_are_read_in_order_and_must_be_complete_and_finite() {
        let mesh = shapes::block([10.0, 20.0, 30.0], [2.0, 4.0, 6.0]);
        let expected = MassProperties::of_mesh(&mesh, 1, 6);
        let mut numbers = vec![expected.volume, expected.area];
        numbers.extend(expected.centroid);
        numbers.extend(expected.second);
        numbers.extend(expected.min);
        numbers.extend(expected.max);
        numbers.extend([1.0, 6.0]);
        assert_eq!(MassProperties::from_numbers(&numbers), Some(expected));
        assert_eq!(expected.size(), [2.0, 4.0, 6.0]);
        assert_eq!(MassProperties::from_numbers(&numbers[..18]), None);
        for index in 0..numbers.len() {
            let mut broken = numbers.clone();
            broken[index] = f64::NAN;
            assert_eq!(MassProperties::from_numbers(&broken), None);
        }
    }
}
