//! Volume, area, centroid and inertia of a closed mesh.

use super::TriMesh;
use super::vector::{Vec3, add, cross, dot, length, normal, scale, sub};

/// Integrals over a mesh; for an open mesh those over the volume are not meaningful.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// mm³, negative for an inside-out mesh.
    pub volume: f64,
    /// mm².
    pub area: f64,
    /// Centre of mass, mm.
    pub centroid: [f64; 3],
    /// Second moments of volume about the centroid: xx, yy, zz, xy, yz, zx in mm⁵.
    pub second: [f64; 6],
}

impl Moments {
    /// Sums over tetrahedra from a point near the mesh.
    pub fn of(mesh: &TriMesh) -> Self {
        let origin = mesh.bbox().center();
        let (mut area, mut six_volumes, mut first, mut second) = (0.0, 0.0, [0.0; 3], [0.0; 6]);
        for index in 0..mesh.triangles().len() {
            let [a, b, c] = mesh.corners(index).map(|corner| sub(corner, origin));
            area += 0.5 * length(normal([a, b, c]));
            let six = dot(a, cross(b, c));
            six_volumes += six;
            let sum: Vec3 = add(add(a, b), c);
            first = add(first, scale(sum, six / 24.0));
            for (moment, (i, j)) in second.iter_mut().zip(PAIRS) {
                *moment += six / 120.0 * (sum[i] * sum[j] + a[i] * a[j] + b[i] * b[j] + c[i] * c[j]);
            }
        }
        let volume = six_volumes / 6.0;
        let middle = if volume == 0.0 {
            [0.0; 3]
        } else {
            scale(first, 1.0 / volume)
        };
        for (moment, (i, j)) in second.iter_mut().zip(PAIRS) {
            *moment -= volume * middle[i] * middle[j];
        }
        Self {
            volume,
            area,
            centroid: add(origin, middle),
            second,
        }
    }
}

const PAIRS: [(usize, usize); 6] = [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (2, 0)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes;

    #[test]
    fn a_block_has_the_moments_of_its_formula() {
        let found = Moments::of(&shapes::block([10.0, 20.0, 30.0], [2.0, 4.0, 6.0]));
        assert!((found.volume - 48.0).abs() < 1e-9 && (found.area - 88.0).abs() < 1e-9);
        assert!(
            found
                .centroid
                .iter()
                .zip([11.0, 22.0, 33.0])
                .all(|(a, b)| (a - b).abs() < 1e-9)
        );
        let expected = [
            48.0 * 4.0 / 12.0,
            48.0 * 16.0 / 12.0,
            48.0 * 36.0 / 12.0,
            0.0,
            0.0,
            0.0,
        ];
        assert!(
            found
                .second
                .iter()
                .zip(expected)
                .all(|(a, b)| (a - b).abs() < 1e-9),
            "{found:?}"
        );
    }
}
