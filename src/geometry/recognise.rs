//! Recognises the surface of a face or the curve of an edge from triangles or points.
//!
//! For meshes without the kernel's data ([`super::BrepSurface`]), such as STL files. Triangle corners lie on the
//! surface, and the triangles of a cylinder are parallel to its axis.

use std::ops::Range;

use super::vector::{Vec3, add, cross, dot, length, normal, scale, sub, unit};
use super::{Aabb, BrepEdge, TriMesh};

/// Rounding error of 32-bit coordinates, and of angles computed from them.
const RELATIVE: f64 = 2e-5;
/// Allowed deviation of a triangle's normal: the sine of a tenth of a degree.
const ANGLE: f64 = 2e-3;

/// The surface of a face. Lengths in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Surface {
    /// Flat.
    Plane {
        /// Unit normal, outward.
        normal: [f64; 3],
        /// A point on it.
        point: [f64; 3],
    },
    /// A part of a cylinder.
    Cylinder {
        /// Unit direction.
        axis: [f64; 3],
        /// A point on the axis.
        point: [f64; 3],
        /// Radius.
        radius: f64,
    },
    /// A part of a cone.
    Cone {
        /// Unit direction.
        axis: [f64; 3],
        /// Angle between axis and surface in degrees.
        half_angle: f64,
    },
    /// A part of a sphere.
    Sphere {
        /// Its centre.
        center: [f64; 3],
        /// Radius.
        radius: f64,
    },
    /// Anything else.
    Freeform,
}

/// The curve of an edge. Lengths in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Curve {
    /// Straight.
    Line {
        /// Unit direction.
        direction: [f64; 3],
        /// A point on it.
        point: [f64; 3],
    },
    /// A circle or a part of one.
    Circle {
        /// Unit normal of its plane.
        axis: [f64; 3],
        /// Its centre.
        center: [f64; 3],
        /// Radius.
        radius: f64,
    },
    /// Anything else.
    Freeform,
}

/// Area of some triangles in mm².
pub fn area(mesh: &TriMesh, triangles: Range<usize>) -> f64 {
    triangles
        .map(|index| 0.5 * length(normal(mesh.corners(index))))
        .sum()
}

/// The surface of some triangles of a mesh. Indices past the last triangle are ignored.
pub fn surface(mesh: &TriMesh, triangles: Range<usize>) -> Surface {
    let corners: Vec<[Vec3; 3]> = triangles
        .take_while(|index| *index < mesh.triangles().len())
        .map(|index| mesh.corners(index))
        .collect();
    let points: Vec<Vec3> = corners.iter().flatten().copied().collect();
    let size = Aabb::around(&points).diagonal();
    // The normals of slivers are noise: thinner triangles are left out.
    let thin = 1e-3 * size;
    let mut normals: Vec<(f64, Vec3)> = corners
        .iter()
        .filter_map(|triangle| {
            let twice = normal(*triangle);
            let longest = (0..3)
                .map(|i| length(sub(triangle[(i + 1) % 3], triangle[i])))
                .fold(0.0, f64::max);
            (length(twice) > thin * longest).then(|| unit(twice).map(|unit| (length(twice), unit)))?
        })
        .collect();
    normals.sort_by(|a, b| b.0.total_cmp(&a.0));
    let Some(&(_, first)) = normals.first() else {
        return Surface::Freeform;
    };
    let normals: Vec<Vec3> = normals.into_iter().map(|(_, normal)| normal).collect();
    let tolerance = RELATIVE * size;
    let level = dot(first, points[0]);
    if points
        .iter()
        .all(|point| (dot(first, *point) - level).abs() <= tolerance)
        && normals.iter().all(|normal| dot(*normal, first) > 0.0)
    {
        return Surface::Plane {
            normal: first,
            point: middle(&points),
        };
    }
    cylinder(&normals, &points, tolerance)
        .or_else(|| cone(&normals))
        .or_else(|| sphere(&points, &corners, thin, tolerance))
        .unwrap_or(Surface::Freeform)
}

/// The curve of an edge.
pub fn curve(edge: &BrepEdge) -> Curve {
    let points: Vec<Vec3> = edge.points.iter().map(|point| point.map(f64::from)).collect();
    let (first, last) = (points[0], points[points.len() - 1]);
    let tolerance = RELATIVE * Aabb::around(&points).diagonal();
    if let Some(direction) = unit(sub(last, first))
        && points
            .iter()
            .all(|point| length(cross(sub(*point, first), direction)) <= tolerance)
    {
        return Curve::Line {
            direction,
            point: first,
        };
    }
    let far = |from: &dyn Fn(Vec3) -> f64| {
        points
            .iter()
            .copied()
            .max_by(|a, b| from(*a).total_cmp(&from(*b)))
    };
    let Some(across) = far(&|point| length(sub(point, first))) else {
        return Curve::Freeform;
    };
    let chord = sub(across, first);
    let Some(bulge) = far(&|point| length(cross(sub(point, first), chord))) else {
        return Curve::Freeform;
    };
    let Some(axis) = unit(cross(chord, sub(bulge, first))) else {
        return Curve::Freeform;
    };
    let level = dot(axis, first);
    if points
        .iter()
        .any(|point| (dot(axis, *point) - level).abs() > tolerance)
    {
        return Curve::Freeform;
    }
    match circle(&points, axis, tolerance) {
        Some((center, radius)) => Curve::Circle {
            axis,
            center: add(center, scale(axis, level - dot(axis, center))),
            radius,
        },
        None => Curve::Freeform,
    }
}

/// Length of an edge in mm.
pub fn edge_length(edge: &BrepEdge) -> f64 {
    // The chords of a circle are shorter than its arcs: circles use their own formula.
    let chords = edge.points.windows(2).map(|pair| {
        let [a, b] = [pair[0], pair[1]].map(|point| point.map(f64::from));
        length(sub(b, a))
    });
    match curve(edge) {
        Curve::Circle { radius, .. } => chords
            .map(|chord| 2.0 * radius * (0.5 * chord / radius).clamp(-1.0, 1.0).asin())
            .sum(),
        Curve::Line { .. } | Curve::Freeform => chords.sum(),
    }
}

fn cylinder(normals: &[Vec3], points: &[Vec3], tolerance: f64) -> Option<Surface> {
    let widest = normals
        .iter()
        .map(|normal| cross(normals[0], *normal))
        .max_by(by_length)?;
    let axis = unit(widest).filter(|_| length(widest) > 0.05)?;
    if normals.iter().any(|normal| dot(*normal, axis).abs() > ANGLE) {
        return None;
    }
    let (center, radius) = circle(points, axis, 5.0 * tolerance)?;
    Some(Surface::Cylinder {
        axis,
        point: center,
        radius,
    })
}

fn cone(normals: &[Vec3]) -> Option<Surface> {
    let first = normals[0];
    let second = normals
        .iter()
        .map(|normal| sub(*normal, first))
        .max_by(by_length)?;
    let widest = normals
        .iter()
        .map(|normal| cross(second, sub(*normal, first)))
        .max_by(by_length)?;
    let axis = unit(widest).filter(|_| length(widest) > 0.02)?;
    let slope = dot(first, axis);
    if normals
        .iter()
        .any(|normal| (dot(*normal, axis) - slope).abs() > ANGLE)
    {
        return None;
    }
    Some(Surface::Cone {
        axis,
        half_angle: slope.abs().clamp(0.0, 1.0).asin().to_degrees(),
    })
}

/// The sphere with the least squared error in `|p|² - 2 c·p - k`, if the points lie on it.
fn sphere(points: &[Vec3], corners: &[[Vec3; 3]], thin: f64, tolerance: f64) -> Option<Surface> {
    let origin = middle(points);
    let mut equations = [[0.0; 5]; 4];
    for point in points {
        let p = sub(*point, origin);
        accumulate(
            &mut equations,
            &[2.0 * p[0], 2.0 * p[1], 2.0 * p[2], 1.0],
            dot(p, p),
        );
    }
    let [x, y, z, k] = solve(equations)?;
    let center = [x, y, z];
    let radius = (k + dot(center, center)).max(0.0).sqrt();
    let fits = |point: &Vec3| (length(sub(sub(*point, origin), center)) - radius).abs() <= 5.0 * tolerance;
    // The corners of a box lie on a sphere too, but its sides do not face away from the centre.
    let faces_out = |triangle: &[Vec3; 3]| {
        let outward = sub(sub(middle(triangle), origin), center);
        let twice = normal(*triangle);
        length(twice) < thin * thin || dot(twice, outward).abs() > 0.95 * length(twice) * length(outward)
    };
    (points.iter().all(fits) && corners.iter().all(faces_out)).then(|| Surface::Sphere {
        center: add(origin, center),
        radius,
    })
}

/// Centre (in the plane through the mean of the points) and radius of the circle through the points, seen along an
/// axis.
fn circle(points: &[Vec3], axis: Vec3, tolerance: f64) -> Option<(Vec3, f64)> {
    let aside = if axis[0].abs() < 0.8 {
        [1.0, 0.0, 0.0]
    } else {
        [0.0, 1.0, 0.0]
    };
    let right = unit(cross(axis, aside))?;
    let up = cross(axis, right);
    let origin = middle(points);
    let flat = |point: &Vec3| {
        let p = sub(*point, origin);
        [dot(p, right), dot(p, up)]
    };
    let mut equations = [[0.0; 4]; 3];
    for point in points {
        let [x, y] = flat(point);
        accumulate(&mut equations, &[2.0 * x, 2.0 * y, 1.0], x * x + y * y);
    }
    let [x, y, k] = solve(equations)?;
    let radius = (k + x * x + y * y).max(0.0).sqrt();
    let fits = |point: &Vec3| {
        let [px, py] = flat(point);
        ((px - x).hypot(py - y) - radius).abs() <= tolerance
    };
    points
        .iter()
        .all(fits)
        .then(|| (add(origin, add(scale(right, x), scale(up, y))), radius))
}

/// Adds `row · unknowns = value` to normal equations.
fn accumulate<const N: usize, const M: usize>(equations: &mut [[f64; M]; N], row: &[f64; N], value: f64) {
    for i in 0..N {
        for j in 0..N {
            equations[i][j] += row[i] * row[j];
        }
        equations[i][N] += row[i] * value;
    }
}

/// Gaussian elimination with pivots; none if the equations do not determine the unknowns.
fn solve<const N: usize, const M: usize>(mut a: [[f64; M]; N]) -> Option<[f64; N]> {
    let largest = a.iter().flatten().fold(0.0, |most: f64, x| most.max(x.abs()));
    for column in 0..N {
        let pivot = (column..N).max_by(|i, j| a[*i][column].abs().total_cmp(&a[*j][column].abs()))?;
        if a[pivot][column].abs() <= 1e-14 * largest {
            return None;
        }
        a.swap(column, pivot);
        for row in 0..N {
            if row != column {
                let factor = a[row][column] / a[column][column];
                let pivot = a[column];
                for (value, of_pivot) in a[row].iter_mut().zip(pivot) {
                    *value -= factor * of_pivot;
                }
            }
        }
    }
    Some(std::array::from_fn(|i| a[i][N] / a[i][i]))
}

fn middle(points: &[Vec3]) -> Vec3 {
    let sum = points.iter().fold([0.0; 3], |sum, point| add(sum, *point));
    scale(sum, 1.0 / points.len().max(1) as f64)
}

fn by_length(a: &Vec3, b: &Vec3) -> std::cmp::Ordering {
    length(*a).total_cmp(&length(*b))
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-3 * b.abs().max(1.0), "{a} is not {b}");
    }

    /// A strip between two rings, rounded as in an STL; `whole` is the share of the turn.
    fn strip(low: f64, high: f64, height: f64, whole: f64) -> TriMesh {
        let steps = 24;
        let at = |radius: f64, z: f64, step: u32| {
            let (sin, cos) = (whole * TAU * f64::from(step) / f64::from(steps)).sin_cos();
            // Rotated and moved, so that nothing is axis-aligned.
            let (x, y) = (radius * cos, radius * sin);
            [0.6 * x + 0.8 * z + 30.0, y - 7.0, -0.8 * x + 0.6 * z].map(|v| f64::from(v as f32))
        };
        let vertices: Vec<_> = (0..=steps)
            .flat_map(|step| [at(low, 0.0, step), at(high, height, step)])
            .collect();
        let triangles: Vec<_> = (0..steps)
            .flat_map(|step| {
                [
                    [2 * step, 2 * step + 2, 2 * step + 1],
                    [2 * step + 1, 2 * step + 2, 2 * step + 3],
                ]
            })
            .collect();
        TriMesh::new(&vertices, &triangles).unwrap()
    }

    fn all(mesh: &TriMesh) -> Surface {
        surface(mesh, 0..mesh.triangles().len())
    }

    #[test]
    fn a_cylinder_is_recognised_whole_or_in_part() {
        for whole in [1.0, 0.25] {
            let Surface::Cylinder { axis, radius, .. } = all(&strip(4.2, 4.2, 9.0, whole)) else {
                panic!("{:?}", all(&strip(4.2, 4.2, 9.0, whole)))
            };
            near(radius, 4.2);
            near(dot(axis, [0.8, 0.0, 0.6]).abs(), 1.0);
        }
        let mesh = strip(4.2, 4.2, 9.0, 1.0);
        // Twenty-four flat strips.
        near(area(&mesh, 0..48), 24.0 * 2.0 * 4.2 * (TAU / 48.0).sin() * 9.0);
    }

    #[test]
    fn a_cone_has_its_angle() {
        let Surface::Cone { half_angle, axis } = all(&strip(8.0, 3.0, 5.0, 1.0)) else {
            panic!()
        };
        assert!((half_angle - 45.0).abs() < 0.3, "{half_angle}");
        near(dot(axis, [0.8, 0.0, 0.6]).abs(), 1.0);
    }

    #[test]
    fn a_disc_is_flat_and_a_ball_is_round() {
        let Surface::Plane { normal, .. } = all(&strip(8.0, 3.0, 0.0, 1.0)) else {
            panic!()
        };
        near(dot(normal, [0.8, 0.0, 0.6]).abs(), 1.0);
        let ring = |latitude: f64| (5.0 * latitude.cos(), 5.0 * latitude.sin());
        let mut vertices = Vec::new();
        for band in 0..7 {
            let (radius, z) = ring(-0.9 + 0.3 * f64::from(band));
            for step in 0..20 {
                let (sin, cos) = (TAU * f64::from(step) / 20.0).sin_cos();
                vertices.push([radius * cos + 1.0, radius * sin, z].map(|v| f64::from(v as f32)));
            }
        }
        let mut triangles = Vec::new();
        for band in 0..6 {
            for step in 0..20 {
                let next = (step + 1) % 20;
                let (a, b, c, d) = (
                    20 * band + step,
                    20 * band + next,
                    20 * band + 20 + step,
                    20 * band + 20 + next,
                );
                triangles.extend([[a, b, c], [b, d, c]]);
            }
        }
        let Surface::Sphere { center, radius } = all(&TriMesh::new(&vertices, &triangles).unwrap()) else {
            panic!()
        };
        near(radius, 5.0);
        near(center[0], 1.0);
    }

    #[test]
    fn edges_are_lines_circles_or_neither() {
        let edge = |points: Vec<[f32; 3]>| BrepEdge {
            curve: String::new(),
            points,
        };
        let line = edge(vec![[1.0, 2.0, 3.0], [1.0, 2.0, 8.0]]);
        assert!(matches!(
            curve(&line),
            Curve::Line {
                direction: [0.0, 0.0, 1.0],
                ..
            }
        ));
        near(edge_length(&line), 5.0);
        let arc = |turn: f32, wave: f32| {
            let points = (0..=16).map(|i| {
                let (sin, cos) = (turn * i as f32 / 16.0).sin_cos();
                [3.0 * cos + 9.0, 1.0 + wave * (i as f32).sin(), 3.0 * sin]
            });
            edge(points.collect())
        };
        for turn in [std::f32::consts::TAU, 1.0] {
            let Curve::Circle { radius, center, axis } = curve(&arc(turn, 0.0)) else {
                panic!()
            };
            near(radius, 3.0);
            near(center[0], 9.0);
            near(axis[1].abs(), 1.0);
            near(edge_length(&arc(turn, 0.0)), 3.0 * f64::from(turn));
        }
        assert_eq!(curve(&arc(2.0, 0.4)), Curve::Freeform);
    }
}
