//! Round features of a shape: holes, bores, bosses, pins.
//!
//! The surfaces of faces give axis and radius; triangles give the hollow side and the covered angle. Faces about one
//! line, with one radius and one hollow side, are one feature: a bore in two halves is one bore.

use super::recognise::{self, Surface};
use super::vector::{Vec3, add, cross, dot, length, normal, scale, sub, unit};
use super::{Placement, Shape};

/// Steps of the full turn in which coverage is counted.
const STEPS: usize = 120;
/// Directions within this sine of each other are parallel.
const PARALLEL: f64 = 2e-3;

/// A cylinder that faces of a shape lie on. Lengths in mm.
#[derive(Clone, Debug, PartialEq)]
pub struct Cylinder {
    /// Unit direction whose largest component is positive.
    pub axis: [f64; 3],
    /// A point on the axis.
    pub point: [f64; 3],
    /// Radius.
    pub radius: f64,
    /// Whether the material is outside of it.
    pub hollow: bool,
    /// Start and end along the axis, relative to `point`.
    pub extent: [f64; 2],
    /// Covered share of the full turn, 0 to 1.
    pub coverage: f64,
    /// Index of the body of most of it.
    pub body: u16,
    /// The shape's faces that lie on it.
    pub faces: Vec<u32>,
}

impl Cylinder {
    /// The point on the axis at a position of `extent`.
    pub fn at(&self, place: f64) -> [f64; 3] {
        add(self.point, scale(self.axis, place))
    }

    /// Middle of its axis.
    pub fn middle(&self) -> [f64; 3] {
        self.at(0.5 * (self.extent[0] + self.extent[1]))
    }

    /// The cylinder in another placement.
    #[must_use]
    pub fn placed(&self, placement: &Placement) -> Self {
        let (axis, flip) = upright(placement.turned(self.axis));
        let extent = self.extent.map(|place| placement.scale() * place * flip);
        Self {
            axis,
            point: placement.of(self.point),
            radius: placement.scale() * self.radius,
            extent: [extent[0].min(extent[1]), extent[0].max(extent[1])],
            ..self.clone()
        }
    }
}

/// The cylinders of a shape, in the order of its faces. `body_of` returns the body of a triangle.
pub fn cylinders(shape: &Shape, body_of: &dyn Fn(usize) -> u16) -> Vec<Cylinder> {
    let mut found: Vec<(Cylinder, [bool; STEPS])> = Vec::new();
    let mut first = 0;
    for (index, (face, &count)) in shape.surfaces.iter().zip(&shape.face_triangles).enumerate() {
        let triangles = first..first + count as usize;
        first = triangles.end;
        let round = match face.surface.as_str() {
            "CYLINDER" => Some((face.axis, face.point, face.radius)),
            // A surface that was transformed by a general matrix, or extruded from a spline, may still be round.
            "BSPLINE" | "BEZIER" | "EXTRUSION" | "REVOLUTION" | "OTHER" if (8..4000).contains(&count) => {
                match recognise::surface(&shape.mesh, triangles.clone()) {
                    Surface::Cylinder { axis, point, radius } => Some((axis, point, radius)),
                    _ => None,
                }
            }
            _ => None,
        };
        let Some((axis, point, radius)) = round else {
            continue;
        };
        if triangles.is_empty() || radius <= 0.0 {
            continue;
        }
        let body = body_of(triangles.start);
        let (cylinder, around) = of_face(shape, triangles, axis, point, radius, body);
        let cylinder = Cylinder {
            faces: vec![index as u32],
            ..cylinder
        };
        match found.iter_mut().find(|(other, _)| is_one(other, &cylinder)) {
            Some((other, covered)) => {
                let shift = dot(sub(cylinder.point, other.point), other.axis);
                other.extent[0] = other.extent[0].min(cylinder.extent[0] + shift);
                other.extent[1] = other.extent[1].max(cylinder.extent[1] + shift);
                other.faces.extend(cylinder.faces);
                for (covered, around) in covered.iter_mut().zip(around) {
                    *covered |= around;
                }
            }
            None => found.push((cylinder, around)),
        }
    }
    found
        .into_iter()
        .map(|(cylinder, around)| Cylinder {
            coverage: around.iter().filter(|step| **step).count() as f64 / STEPS as f64,
            ..cylinder
        })
        .collect()
}

fn of_face(
    shape: &Shape,
    triangles: std::ops::Range<usize>,
    axis: Vec3,
    point: Vec3,
    radius: f64,
    body: u16,
) -> (Cylinder, [bool; STEPS]) {
    let (axis, _) = upright(axis);
    let (right, up) = frame(axis);
    let mut around = [false; STEPS];
    let mut extent = [f64::INFINITY, f64::NEG_INFINITY];
    let mut outward = 0.0;
    for index in triangles {
        let corners = shape.mesh.corners(index);
        let radial = corners.map(|corner| {
            let from = sub(corner, point);
            let along = dot(from, axis);
            extent = [extent[0].min(along), extent[1].max(along)];
            sub(from, scale(axis, along))
        });
        outward += dot(normal(corners), add(add(radial[0], radial[1]), radial[2]));
        let angle = |at: Vec3| dot(at, up).atan2(dot(at, right));
        let start = angle(radial[0]);
        let turns = [0, 1, 2].map(|corner| wrapped(angle(radial[corner]) - start));
        let (low, high) = (
            turns[0].min(turns[1]).min(turns[2]),
            turns[0].max(turns[1]).max(turns[2]),
        );
        let step = std::f64::consts::TAU / STEPS as f64;
        // A step counts if its middle is covered.
        let first = ((start + low) / step - 0.5).ceil() as i64;
        let end = ((start + high) / step - 0.5).ceil() as i64;
        for number in first..end {
            around[number.rem_euclid(STEPS as i64) as usize] = true;
        }
    }
    let cylinder = Cylinder {
        axis,
        point,
        radius,
        hollow: outward < 0.0,
        extent,
        coverage: 0.0,
        body,
        faces: Vec::new(),
    };
    (cylinder, around)
}

fn is_one(one: &Cylinder, other: &Cylinder) -> bool {
    let near = 1e-3 * one.radius + 1e-3;
    one.hollow == other.hollow
        && one.body == other.body
        && (one.radius - other.radius).abs() <= near
        && length(cross(one.axis, other.axis)) <= PARALLEL
        && length(cross(sub(other.point, one.point), one.axis)) <= 2.0 * near
}

/// The axis, flipped so that its largest component is positive, and the sign of the flip.
fn upright(axis: Vec3) -> (Vec3, f64) {
    let largest = (0..3)
        .max_by(|&a, &b| axis[a].abs().total_cmp(&axis[b].abs()).then(b.cmp(&a)))
        .expect("three axes");
    let sign = if axis[largest] < 0.0 { -1.0 } else { 1.0 };
    (scale(axis, sign), sign)
}

/// Two unit vectors perpendicular to an axis.
fn frame(axis: Vec3) -> (Vec3, Vec3) {
    let aside = if axis[0].abs() < 0.8 {
        [1.0, 0.0, 0.0]
    } else {
        [0.0, 1.0, 0.0]
    };
    let right = unit(cross(axis, aside)).expect("an axis has a direction");
    (right, cross(axis, right))
}

/// The same angle in (-π, π].
fn wrapped(angle: f64) -> f64 {
    angle - std::f64::consts::TAU * (angle / std::f64::consts::TAU).round()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes;

    #[test]
    fn a_pipe_has_a_hollow_and_a_full_cylinder() {
        let found = cylinders(&shapes::pipe(5.0, 8.0, 20.0, 48), &|_| 0);
        assert_eq!(found.len(), 2, "{found:?}");
        let [bore, skin] = [&found[0], &found[1]];
        assert!(bore.hollow && !skin.hollow);
        assert!((bore.radius - 5.0).abs() < 1e-9 && bore.coverage > 0.99);
        assert!((bore.extent[1] - bore.extent[0] - 20.0).abs() < 1e-9);
        let moved = bore.placed(&Placement::turn_about(2, 0, 2.0, [0.0; 3], [10.0, 0.0, 0.0]));
        assert_eq!(
            (moved.radius, moved.extent, moved.middle()),
            (10.0, [0.0, 40.0], [10.0, 0.0, 20.0])
        );
        let back = moved.placed(&Placement::turn_about(0, 2, 1.0, [0.0; 3], [0.0; 3]));
        assert_eq!((back.axis, back.extent), ([0.0, 0.0, 1.0], [-40.0, 0.0]));
    }

    #[test]
    fn half_a_bore_has_half_coverage() {
        let mut pipe = shapes::pipe(5.0, 8.0, 20.0, 48);
        // The first face is the bore with 96 triangles around; half of them are assigned to a face of their own, named
        // a plane.
        pipe.face_triangles = std::iter::once(48)
            .chain(std::iter::once(48))
            .chain(pipe.face_triangles[1..].iter().copied())
            .collect();
        let mut other = pipe.surfaces[0].clone();
        other.surface = "OFFSET".to_owned();
        pipe.surfaces.insert(1, other);
        let found = cylinders(&pipe, &|_| 0);
        assert!((found[0].coverage - 0.5).abs() < 0.02, "{}", found[0].coverage);
    }
}
