//! Searches for the triangle nearest to a point, and the first one that a ray meets.

use super::vector::{Vec3, add, cross, dot, scale, sub};
use super::{Aabb, TriMesh};

/// Triangles per leaf: for fewer triangles a linear search is faster than descending.
const LEAF: usize = 4;

/// A tree of boxes over the triangles of a mesh.
///
/// Built from the mesh alone, so that equal meshes give equal bits.
#[derive(Clone, Debug)]
pub struct TriangleTree {
    /// Sorted so that every node is a range and its children are the halves of it.
    order: Vec<u32>,
    corners: Vec<[Vec3; 3]>,
    /// The box of each node; the children of node n are 2n + 1 and 2n + 2.
    boxes: Vec<Aabb>,
}

/// The nearest point on a mesh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearest {
    /// Distance in mm.
    pub distance: f64,
    /// Coordinates in mm.
    pub point: [f64; 3],
    /// Index of its triangle.
    pub triangle: usize,
    /// Part of the triangle that contains it.
    pub part: Part,
}

/// A part of a triangle; corners count from 0, side n leads from corner n to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A corner.
    Corner(usize),
    /// A side without its ends.
    Side(usize),
    /// The interior.
    Inside,
}

/// Intersection of a ray with a mesh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Ray parameter, in lengths of the ray's direction.
    pub at: f64,
    /// Coordinates in mm.
    pub point: [f64; 3],
    /// Index of the triangle.
    pub triangle: usize,
}

impl TriangleTree {
    /// Builds the tree.
    pub fn new(mesh: &TriMesh) -> Self {
        let corners: Vec<_> = (0..mesh.triangles().len())
            .map(|index| mesh.corners(index))
            .collect();
        let middles: Vec<Vec3> = corners.iter().map(|[a, b, c]| add(add(*a, *b), *c)).collect();
        let mut tree = Self {
            order: (0..corners.len() as u32).collect(),
            corners,
            boxes: Vec::new(),
        };
        let end = tree.order.len();
        tree.build(&middles, 0, 0, end);
        tree.corners = tree
            .order
            .iter()
            .map(|&index| tree.corners[index as usize])
            .collect();
        tree
    }

    /// The point of the mesh nearest to a given point.
    pub fn nearest(&self, point: [f64; 3]) -> Nearest {
        let mut best = Nearest {
            distance: f64::INFINITY,
            point,
            triangle: 0,
            part: Part::Inside,
        };
        self.approach(0, 0, self.order.len(), point, &mut best);
        best.distance = best.distance.sqrt();
        best
    }

    /// The distance of the mesh from a point, mm, if it is at most `limit`.
    pub fn distance_within(&self, point: [f64; 3], limit: f64) -> Option<f64> {
        let mut best = Nearest {
            // The square of a distance that equals the limit may be rounded up.
            distance: limit * limit * (1.0 + 1e-9),
            point,
            triangle: usize::MAX,
            part: Part::Inside,
        };
        self.approach(0, 0, self.order.len(), point, &mut best);
        let distance = best.distance.sqrt();
        (best.triangle != usize::MAX && distance <= limit).then_some(distance)
    }

    /// The first intersection of a ray at a point where `keep` is true.
    pub fn ray(&self, origin: [f64; 3], direction: [f64; 3], keep: &dyn Fn([f64; 3]) -> bool) -> Option<Hit> {
        let mut best = None;
        let inverse = direction.map(|x| 1.0 / x);
        self.pierce(
            0,
            0,
            self.order.len(),
            &Ray {
                origin,
                direction,
                inverse,
                keep,
            },
            &mut best,
        );
        best
    }

    fn build(&mut self, middles: &[Vec3], node: usize, start: usize, end: usize) {
        let mut aabb = Aabb::EMPTY;
        for &index in &self.order[start..end] {
            for corner in self.corners[index as usize] {
                aabb.include(corner);
            }
        }
        if self.boxes.len() <= node {
            self.boxes.resize(node + 1, Aabb::EMPTY);
        }
        self.boxes[node] = aabb;
        if end - start <= LEAF {
            return;
        }
        let size = aabb.size();
        let axis = if size[0] >= size[1] && size[0] >= size[2] {
            0
        } else if size[1] >= size[2] {
            1
        } else {
            2
        };
        let middle = (end - start) / 2;
        self.order[start..end].select_nth_unstable_by(middle, |a, b| {
            middles[*a as usize][axis]
                .total_cmp(&middles[*b as usize][axis])
                .then(a.cmp(b))
        });
        self.build(middles, 2 * node + 1, start, start + middle);
        self.build(middles, 2 * node + 2, start + middle, end);
    }

    /// `best.distance` holds the squared distance.
    fn approach(&self, node: usize, start: usize, end: usize, point: Vec3, best: &mut Nearest) {
        if end - start <= LEAF {
            for (corners, &index) in self.corners[start..end].iter().zip(&self.order[start..end]) {
                let (on, part) = nearest_on_triangle(point, corners);
                let away = sub(point, on);
                let squared = dot(away, away);
                if squared < best.distance {
                    *best = Nearest {
                        distance: squared,
                        point: on,
                        triangle: index as usize,
                        part,
                    };
                }
            }
            return;
        }
        let middle = start + (end - start) / 2;
        let halves = [(2 * node + 1, start, middle), (2 * node + 2, middle, end)];
        let [one, other] = halves.map(|(child, ..)| squared_to_box(point, &self.boxes[child]));
        let order = if other < one {
            [(other, 1), (one, 0)]
        } else {
            [(one, 0), (other, 1)]
        };
        for (squared, half) in order {
            if squared < best.distance {
                let (child, start, end) = halves[half];
                self.approach(child, start, end, point, best);
            }
        }
    }

    fn pierce(&self, node: usize, start: usize, end: usize, ray: &Ray<'_>, best: &mut Option<Hit>) {
        if end - start <= LEAF {
            for (corners, &index) in self.corners[start..end].iter().zip(&self.order[start..end]) {
                if let Some(at) = pierced(ray, corners)
                    && best.is_none_or(|best| at < best.at)
                {
                    let point = add(ray.origin, scale(ray.direction, at));
                    if (ray.keep)(point) {
                        *best = Some(Hit {
                            at,
                            point,
                            triangle: index as usize,
                        });
                    }
                }
            }
            return;
        }
        let middle = start + (end - start) / 2;
        let halves = [(2 * node + 1, start, middle), (2 * node + 2, middle, end)];
        let [one, other] = halves.map(|(child, ..)| enters(ray, &self.boxes[child]));
        let order = if other < one {
            [(other, 1), (one, 0)]
        } else {
            [(one, 0), (other, 1)]
        };
        for (at, half) in order {
            if at.is_finite() && best.is_none_or(|best| at < best.at) {
                let (child, start, end) = halves[half];
                self.pierce(child, start, end, ray, best);
            }
        }
    }
}

struct Ray<'a> {
    origin: Vec3,
    direction: Vec3,
    inverse: Vec3,
    keep: &'a dyn Fn(Vec3) -> bool,
}

fn squared_to_box(point: Vec3, aabb: &Aabb) -> f64 {
    let away: Vec3 = std::array::from_fn(|i| (aabb.min[i] - point[i]).max(point[i] - aabb.max[i]).max(0.0));
    dot(away, away)
}

/// Ray parameter where the ray enters a box; infinite if it misses.
fn enters(ray: &Ray<'_>, aabb: &Aabb) -> f64 {
    let (mut near, mut far) = (0.0_f64, f64::INFINITY);
    for axis in 0..3 {
        if ray.direction[axis] == 0.0 {
            if ray.origin[axis] < aabb.min[axis] || ray.origin[axis] > aabb.max[axis] {
                return f64::INFINITY;
            }
            continue;
        }
        let one = (aabb.min[axis] - ray.origin[axis]) * ray.inverse[axis];
        let other = (aabb.max[axis] - ray.origin[axis]) * ray.inverse[axis];
        near = near.max(one.min(other));
        far = far.min(one.max(other));
    }
    // Allows for rounding: a flat box has no depth.
    if near <= far * (1.0 + 1e-12) + 1e-12 {
        near
    } else {
        f64::INFINITY
    }
}

/// Ray parameter of the intersection with a triangle from either side (Möller and Trumbore).
fn pierced(ray: &Ray<'_>, [a, b, c]: &[Vec3; 3]) -> Option<f64> {
    let (one, other) = (sub(*b, *a), sub(*c, *a));
    let across = cross(ray.direction, other);
    let determinant = dot(one, across);
    if determinant == 0.0 {
        return None;
    }
    let from = sub(ray.origin, *a);
    let u = dot(from, across) / determinant;
    let over = cross(from, one);
    let v = dot(ray.direction, over) / determinant;
    let at = dot(other, over) / determinant;
    (u >= 0.0 && v >= 0.0 && u + v <= 1.0 && at > 0.0).then_some(at)
}

/// The nearest point of a triangle, by the regions of its plane.
fn nearest_on_triangle(point: Vec3, &[a, b, c]: &[Vec3; 3]) -> (Vec3, Part) {
    let (ab, ac, ap) = (sub(b, a), sub(c, a), sub(point, a));
    let (d1, d2) = (dot(ab, ap), dot(ac, ap));
    if d1 <= 0.0 && d2 <= 0.0 {
        return (a, Part::Corner(0));
    }
    let bp = sub(point, b);
    let (d3, d4) = (dot(ab, bp), dot(ac, bp));
    if d3 >= 0.0 && d4 <= d3 {
        return (b, Part::Corner(1));
    }
    let cp = sub(point, c);
    let (d5, d6) = (dot(ab, cp), dot(ac, cp));
    if d6 >= 0.0 && d5 <= d6 {
        return (c, Part::Corner(2));
    }
    let vc = d1 * d4 - d3 * d2;
    if vc <= 0.0 && d1 >= 0.0 && d3 <= 0.0 {
        return (add(a, scale(ab, ratio(d1, d1 - d3))), Part::Side(0));
    }
    let vb = d5 * d2 - d1 * d6;
    if vb <= 0.0 && d2 >= 0.0 && d6 <= 0.0 {
        return (add(a, scale(ac, ratio(d2, d2 - d6))), Part::Side(2));
    }
    let va = d3 * d6 - d5 * d4;
    if va <= 0.0 && d4 >= d3 && d5 >= d6 {
        return (
            add(b, scale(sub(c, b), ratio(d4 - d3, (d4 - d3) + (d5 - d6)))),
            Part::Side(1),
        );
    }
    let sum = va + vb + vc;
    (
        add(a, add(scale(ab, ratio(vb, sum)), scale(ac, ratio(vc, sum)))),
        Part::Inside,
    )
}

/// A sliver divides 0 by 0: any of its points will do.
fn ratio(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shapes;

    fn any(_: [f64; 3]) -> bool {
        true
    }

    #[test]
    fn the_nearest_point_names_the_part_of_the_triangle() {
        let triangle = [[0.0; 3], [4.0, 0.0, 0.0], [0.0, 4.0, 0.0]];
        for (point, on, part) in [
            ([1.0, 1.0, 5.0], [1.0, 1.0, 0.0], Part::Inside),
            ([-1.0, -2.0, 0.0], [0.0; 3], Part::Corner(0)),
            ([9.0, -1.0, 1.0], [4.0, 0.0, 0.0], Part::Corner(1)),
            ([-1.0, 9.0, 1.0], [0.0, 4.0, 0.0], Part::Corner(2)),
            ([2.0, -3.0, 0.0], [2.0, 0.0, 0.0], Part::Side(0)),
            ([4.0, 4.0, 1.0], [2.0, 2.0, 0.0], Part::Side(1)),
            ([-1.0, 2.0, 0.0], [0.0, 2.0, 0.0], Part::Side(2)),
        ] {
            assert_eq!(nearest_on_triangle(point, &triangle), (on, part), "{point:?}");
        }
    }

    #[test]
    fn a_ray_meets_the_side_that_faces_it_unless_that_is_cut_away() {
        let tree = TriangleTree::new(&shapes::block([0.0; 3], [2.0, 4.0, 6.0]));
        let hit = tree.ray([0.5, 1.0, 50.0], [0.0, 0.0, -1.0], &any).unwrap();
        assert_eq!((hit.at, hit.point), (44.0, [0.5, 1.0, 6.0]));
        let hit = tree
            .ray([0.5, 1.0, 50.0], [0.0, 0.0, -1.0], &|p| p[2] < 3.0)
            .unwrap();
        assert_eq!(hit.point[2], 0.0, "the far side is visible through the cut");
        assert!(tree.ray([0.5, 1.0, 50.0], [0.0, 0.0, 1.0], &any).is_none());
        assert!(tree.ray([9.0, 1.0, 50.0], [0.0, 0.0, -1.0], &any).is_none());
    }

    proptest! {
        #[test]
        fn the_tree_agrees_with_an_exhaustive_search(
            points in prop::collection::vec(prop::array::uniform3(-20.0..20.0f64), 12..90),
            point in prop::array::uniform3(-40.0..40.0f64),
            towards in prop::array::uniform3(-20.0..20.0f64),
        ) {
            let triangles: Vec<[u32; 3]> =
                (0..points.len() as u32 / 3).map(|i| [3 * i, 3 * i + 1, 3 * i + 2]).collect();
            let mesh = TriMesh::new(&points, &triangles).unwrap();
            let tree = TriangleTree::new(&mesh);
            let all = (0..triangles.len()).map(|index| {
                let (on, _) = nearest_on_triangle(point, &mesh.corners(index));
                let away = sub(point, on);
                dot(away, away).sqrt()
            });
            let found = tree.nearest(point);
            prop_assert_eq!(found.distance, all.fold(f64::INFINITY, f64::min));
            prop_assert_eq!(tree.distance_within(point, found.distance), Some(found.distance));
            prop_assert_eq!(tree.distance_within(point, 1.5 * found.distance), Some(found.distance));
            prop_assert_eq!(tree.distance_within(point, 0.999 * found.distance), None);

            let direction = sub(towards, point);
            let ray = Ray { origin: point, direction, inverse: direction.map(|x| 1.0 / x), keep: &any };
            let first = (0..triangles.len())
                .filter_map(|index| pierced(&ray, &mesh.corners(index)))
                .fold(f64::INFINITY, f64::min);
            let found = tree.ray(point, direction, &any).map_or(f64::INFINITY, |hit| hit.at);
            prop_assert_eq!(found, first);
        }
    }
}
