//! Placement of a shape for comparison: rotated, scaled, moved, never mirrored.

use super::TriMesh;
use super::vector::{Vec3, add, dot, scale, sub};

/// A proper rotation about a point, a uniform scale, and a translation of that point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// Rows of the rotation.
    turn: [[f64; 3]; 3],
    scale: f64,
    from: [f64; 3],
    to: [f64; 3],
}

impl Placement {
    /// The identity.
    pub const NONE: Self = Self {
        turn: UPRIGHT,
        scale: 1.0,
        from: [0.0; 3],
        to: [0.0; 3],
    };

    /// Scaled about `from`, which moves to `to`.
    pub fn moved(scale: f64, from: [f64; 3], to: [f64; 3]) -> Self {
        Self {
            turn: UPRIGHT,
            scale,
            from,
            to,
        }
    }

    /// The same, after a rotation given by its rows.
    #[must_use]
    pub fn with_turn(self, turn: [[f64; 3]; 3]) -> Self {
        Self { turn, ..self }
    }

    /// Rotated by `quarters` quarter turns about an axis through `from`, scaled, moved.
    pub fn turn_about(axis: usize, quarters: u32, scale: f64, from: [f64; 3], to: [f64; 3]) -> Self {
        let angle = f64::from(quarters) * std::f64::consts::FRAC_PI_2;
        Self::moved(scale, from, to).with_turn(rotation(axis, angle))
    }

    /// The placed point.
    pub fn of(&self, point: [f64; 3]) -> [f64; 3] {
        add(scale(self.turned(sub(point, self.from)), self.scale), self.to)
    }

    /// The rotated direction.
    pub fn turned(&self, direction: [f64; 3]) -> [f64; 3] {
        self.turn.map(|row| dot(row, direction))
    }

    /// The inverse placement.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self {
            turn: std::array::from_fn(|row| std::array::from_fn(|column| self.turn[column][row])),
            scale: 1.0 / self.scale,
            from: self.to,
            to: self.from,
        }
    }

    /// The scale factor.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Whether it rotates anything.
    pub fn turns(&self) -> bool {
        self.turn != UPRIGHT
    }
}

const UPRIGHT: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// Rows of the rotation by an angle in radians about a coordinate axis; exact for quarters.
pub fn rotation(axis: usize, angle: f64) -> [[f64; 3]; 3] {
    let exact = |x: f64| {
        if (x - x.round()).abs() < 1e-15 {
            x.round()
        } else {
            x
        }
    };
    let (sin, cos) = angle.sin_cos();
    let (sin, cos) = (exact(sin), exact(cos));
    let [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
    let mut rows = [[0.0; 3]; 3];
    rows[axis][axis] = 1.0;
    rows[u][u] = cos;
    rows[u][v] = -sin;
    rows[v][u] = sin;
    rows[v][v] = cos;
    rows
}

/// The 24 proper rotations that take axes to axes, the identity first.
pub fn quarter_turns() -> Vec<[[f64; 3]; 3]> {
    let mut turns = Vec::with_capacity(24);
    for [x, y, z] in [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1], [2, 1, 0], [1, 0, 2]] {
        for signs in 0..8 {
            let mut rows = [[0.0; 3]; 3];
            for (row, column) in [x, y, z].into_iter().enumerate() {
                rows[row][column] = if signs >> row & 1 == 1 { -1.0 } else { 1.0 };
            }
            if determinant(&rows) > 0.0 {
                turns.push(rows);
            }
        }
    }
    turns
}

fn determinant(rows: &[[f64; 3]; 3]) -> f64 {
    dot(rows[0], super::vector::cross(rows[1], rows[2]))
}

impl TriMesh {
    /// The mesh in another placement; triangles keep their order.
    #[must_use]
    pub fn placed(&self, placement: &Placement) -> Self {
        if *placement == Placement::NONE {
            return self.clone();
        }
        self.with_vertices(|vertex: Vec3| placement.of(vertex), false)
    }

    /// The mirror image in the plane perpendicular to `axis` at a position.
    #[must_use]
    pub fn mirrored(&self, axis: usize, at: f64) -> Self {
        let mirror = |mut vertex: Vec3| {
            vertex[axis] = 2.0 * at - vertex[axis];
            vertex
        };
        self.with_vertices(mirror, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Moments, shapes};

    #[test]
    fn there_are_24_turns_and_the_first_is_the_identity() {
        let turns = quarter_turns();
        assert_eq!((turns.len(), turns[0]), (24, UPRIGHT));
        for (at, turn) in turns.iter().enumerate() {
            assert!(!turns[..at].contains(turn));
        }
    }

    #[test]
    fn placed_and_mirrored_meshes_keep_their_orientation() {
        let vase = shapes::vase(20, 8);
        let whole = Moments::of(&vase);
        for turn in quarter_turns() {
            let placed =
                vase.placed(&Placement::moved(2.0, [1.0, 2.0, 3.0], [9.0, 8.0, 7.0]).with_turn(turn));
            assert!((Moments::of(&placed).volume - 8.0 * whole.volume).abs() < 1e-6 * whole.volume);
        }
        let mirrored = Moments::of(&vase.mirrored(0, 5.0));
        assert!((mirrored.volume - whole.volume).abs() < 1e-6 * whole.volume);
        assert!((mirrored.centroid[0] + whole.centroid[0] - 10.0).abs() < 1e-9);
    }

    #[test]
    fn a_quarter_about_z_takes_x_to_y() {
        let placement = Placement::turn_about(2, 1, 2.0, [1.0, 0.0, 0.0], [0.0; 3]);
        assert_eq!(placement.of([2.0, 0.0, 0.0]), [0.0, 2.0, 0.0]);
        assert_eq!(placement.turned([1.0, 0.0, 0.0]), [0.0, 1.0, 0.0]);
        assert_eq!(
            placement.inverse().of(placement.of([3.0, 4.0, 5.0])),
            [3.0, 4.0, 5.0]
        );
    }
}
