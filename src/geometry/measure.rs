//! Distances and angles between two picked features.

use super::recognise::{Curve, Surface};
use super::vector::{Vec3, cross, dot, length, sub};

/// Directions within a tenth of a degree of each other count as parallel.
const PARALLEL: f64 = 2e-3;

/// A picked feature, and the picked point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Picked {
    /// The picked point, in mm.
    pub at: [f64; 3],
    /// The feature at that point.
    pub feature: Feature,
}

/// A feature that can be measured to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Feature {
    /// A flat face.
    Plane([f64; 3]),
    /// A straight edge, or the axis of a cylinder, cone or circle: direction and a point.
    Axis([f64; 3], [f64; 3]),
    /// A centre.
    Point([f64; 3]),
    /// The picked point only.
    Free,
}

/// Measurements between two picked features.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Between {
    /// Distance between the picked points, in mm.
    pub points: f64,
    /// Distance of parallel features, or from a centre or axis to the other feature, in mm.
    pub distance: Option<f64>,
    /// Angle from 0 to 90 degrees.
    pub angle: Option<f64>,
}

impl From<&Surface> for Feature {
    fn from(surface: &Surface) -> Self {
        match *surface {
            Surface::Plane { normal, .. } => Self::Plane(normal),
            Surface::Cylinder { axis, point, .. } => Self::Axis(axis, point),
            Surface::Sphere { center, .. } => Self::Point(center),
            Surface::Cone { .. } | Surface::Freeform => Self::Free,
        }
    }
}

impl From<&Curve> for Feature {
    fn from(curve: &Curve) -> Self {
        match *curve {
            Curve::Line { direction, point } => Self::Axis(direction, point),
            Curve::Circle { axis, center, .. } => Self::Axis(axis, center),
            Curve::Freeform => Self::Free,
        }
    }
}

/// Measures between two picked features.
pub fn between(a: &Picked, b: &Picked) -> Between {
    use Feature::{Axis, Free, Plane, Point};
    let (distance, angle) = match (a.feature, b.feature) {
        (Plane(n), Plane(m)) => {
            let angle = angle(n, m);
            let gap = (angle < PARALLEL).then(|| dot(n, sub(b.at, a.at)).abs());
            (gap, Some(angle))
        }
        (Plane(n), Axis(d, p)) => along_plane(n, a.at, d, p),
        (Axis(d, p), Plane(n)) => along_plane(n, b.at, d, p),
        (Axis(d, p), Axis(e, q)) => {
            let angle = angle(d, e);
            let across = cross(d, e);
            let distance = if angle < PARALLEL {
                length(cross(sub(q, p), d))
            } else {
                dot(sub(q, p), across).abs() / length(across)
            };
            (Some(distance), Some(angle))
        }
        (Plane(n), Point(p)) => (Some(dot(n, sub(p, a.at)).abs()), None),
        (Point(p), Plane(n)) => (Some(dot(n, sub(p, b.at)).abs()), None),
        (Axis(d, p), Point(q)) | (Point(q), Axis(d, p)) => (Some(length(cross(sub(q, p), d))), None),
        (Point(p), Point(q)) => (Some(length(sub(q, p))), None),
        (Free, _) | (_, Free) => (None, None),
    };
    Between {
        points: length(sub(b.at, a.at)),
        distance,
        angle: angle.map(f64::to_degrees),
    }
}

/// A direction and a plane: their distance if they never meet, and their angle.
fn along_plane(n: Vec3, on: Vec3, d: Vec3, p: Vec3) -> (Option<f64>, Option<f64>) {
    let rise = std::f64::consts::FRAC_PI_2 - angle(n, d);
    let gap = (rise < PARALLEL).then(|| dot(n, sub(p, on)).abs());
    (gap, Some(rise))
}

/// Angle between two lines, in radians.
fn angle(a: Vec3, b: Vec3) -> f64 {
    length(cross(a, b)).atan2(dot(a, b).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: Vec3 = [1.0, 0.0, 0.0];
    const Z: Vec3 = [0.0, 0.0, 1.0];

    fn picked(at: Vec3, feature: Feature) -> Picked {
        Picked { at, feature }
    }

    #[test]
    fn measurements_depend_on_the_picked_features() {
        let floor = picked([0.0; 3], Feature::Plane(Z));
        let roof = picked([3.0, 4.0, 12.0], Feature::Plane([0.0, 0.0, -1.0]));
        let wall = picked([5.0, 0.0, 2.0], Feature::Plane(X));
        let hole = picked([1.0, 2.0, 12.0], Feature::Axis(Z, [2.0, 2.0, 0.0]));
        let bolt = picked([9.0, 6.0, 0.0], Feature::Axis(Z, [8.0, 10.0, 7.0]));
        let rail = picked([0.0, 0.0, 3.0], Feature::Axis(X, [0.0, 0.0, 3.0]));
        let ball = picked([1.0, 1.0, 1.0], Feature::Point([2.0, 2.0, 5.0]));
        let skin = picked([0.0, 3.0, 4.0], Feature::Free);

        let found = between(&floor, &roof);
        assert_eq!((found.points, found.distance), (13.0, Some(12.0)));
        assert!(found.angle.unwrap() < 1e-9);
        let found = between(&floor, &wall);
        assert_eq!(found.distance, None);
        assert!((found.angle.unwrap() - 90.0).abs() < 1e-9);
        assert_eq!(between(&hole, &bolt).distance, Some(10.0));
        let found = between(&hole, &rail);
        assert_eq!(
            (found.distance, found.angle.map(f64::round)),
            (Some(2.0), Some(90.0))
        );
        assert_eq!(between(&floor, &rail).distance, Some(3.0));
        assert_eq!(between(&rail, &wall).distance, None, "it meets the wall");
        assert_eq!(between(&ball, &floor).distance, Some(5.0));
        assert_eq!(between(&ball, &hole).distance, Some(0.0));
        let found = between(&floor, &skin);
        assert_eq!((found.points, found.distance, found.angle), (5.0, None, None));
    }
}
