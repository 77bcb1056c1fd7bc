//! A mesh as spans of material along parallel rays (dexels): the basis of volumes, overlaps and slices.
//!
//! Along a ray the spans are exact; across rays the shape is sampled at the lattice's pitch. A ray meets a triangle if
//! its centre lies in the triangle's half-open projection, with shared edges computed by the same arithmetic: a closed
//! mesh leaves no ray open.

use super::{Aabb, TriMesh};

/// Range of the rays beyond the lattice's box, in sizes of that box.
const REACH: i64 = 2;

/// Positions of rays: the middles of the cells of a regular grid. Shapes on one lattice can be compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lattice {
    low: [f64; 3],
    pitch: [f64; 3],
    cells: i64,
}

impl Lattice {
    /// `cells` cells along each side of a box.
    pub fn over(bbox: &Aabb, cells: u32) -> Self {
        let least = 1e-6 * bbox.diagonal().max(f64::MIN_POSITIVE);
        Self {
            low: bbox.min,
            pitch: bbox.size().map(|extent| (extent / f64::from(cells)).max(least)),
            cells: i64::from(cells),
        }
    }

    /// A cube with `cells` cells along each side, about a centre.
    pub fn cube(center: [f64; 3], side: f64, cells: u32) -> Self {
        Self {
            low: center.map(|x| x - 0.5 * side),
            pitch: [side / f64::from(cells); 3],
            cells: i64::from(cells),
        }
    }

    /// Distance between neighbouring rays along each axis, in mm.
    pub fn pitch(&self) -> [f64; 3] {
        self.pitch
    }

    /// Position in cells; rays have whole numbers.
    fn cell(&self, axis: usize, x: f64) -> f64 {
        (x - self.low[axis]) / self.pitch[axis] - 0.5
    }
}

/// The material of a shape along the rays that run parallel to one axis.
#[derive(Clone, Debug)]
pub struct Dexels {
    axis: usize,
    lattice: Lattice,
    /// The first ray along the two axes after `axis`, and their numbers.
    start: [i64; 2],
    count: [usize; 2],
    /// Offset of each ray's spans; one entry more than there are rays.
    offsets: Vec<u32>,
    spans: Vec<[f64; 2]>,
    /// Volumes in mm³.
    overlaps: Overlaps,
}

/// Volumes in mm³ where a mesh overlaps, or is inside out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Overlaps {
    /// Overlap of two bodies.
    pub shared: f64,
    /// Overlap of a body with itself.
    pub own: f64,
    /// Space enclosed by inverted surfaces.
    pub inverted: f64,
}

/// A ray meets a surface.
#[derive(Clone, Copy)]
struct Event {
    /// The ray, in its row.
    at: u32,
    surface: Surface,
    depth: f64,
}

/// A body, and whether its material begins there: the order of surfaces at one depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Surface(u32);

impl Surface {
    fn new(body: u16, begins: bool) -> Self {
        Self(u32::from(body) << 1 | u32::from(begins))
    }

    fn body(self) -> usize {
        (self.0 >> 1) as usize
    }

    fn change(self) -> i32 {
        if self.0 & 1 == 1 { 1 } else { -1 }
    }
}

impl Dexels {
    /// Cuts a mesh along `axis`. `body_of` returns the body of a triangle; bodies may overlap.
    pub fn new(mesh: &TriMesh, body_of: &dyn Fn(usize) -> u16, axis: usize, lattice: &Lattice) -> Self {
        let [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
        let points: Vec<[f64; 3]> = mesh
            .vertices()
            .iter()
            .map(|p| [lattice.cell(u, p[u]), lattice.cell(v, p[v]), p[axis]])
            .collect();
        let bounds = Aabb::around(&points);
        let limit = |x: f64| (x as i64).clamp(-REACH * lattice.cells, (REACH + 1) * lattice.cells);
        let start = [0, 1].map(|side| limit(bounds.min[side].ceil()));
        let end = [0, 1].map(|side| limit(bounds.max[side].ceil() + 1.0));
        let count = [0, 1].map(|side| (end[side] - start[side]).max(0) as usize);
        let mut dexels = Self {
            axis,
            lattice: *lattice,
            start,
            count,
            offsets: Vec::new(),
            spans: Vec::new(),
            overlaps: Overlaps::default(),
        };
        // By rows of rays, each of which is small enough to stay in the processor's cache while it is sorted.
        let mut rows: Vec<Vec<Event>> = vec![Vec::new(); count[1]];
        for (index, triangle) in mesh.triangles().iter().enumerate() {
            let corners = triangle.map(|vertex| points[vertex as usize]);
            dexels.cross(corners, body_of(index), &mut rows);
        }
        dexels.sweep(&rows);
        dexels
    }

    /// Volume in mm³.
    pub fn volume(&self) -> f64 {
        self.cell_area() * self.spans.iter().map(|[from, to]| to - from).sum::<f64>()
    }

    /// Common volume of two shapes in mm³. Both must be cut along the same axis of the same lattice.
    pub fn common(&self, other: &Self) -> f64 {
        debug_assert!(self.axis == other.axis && self.lattice == other.lattice);
        let range = |side: usize| {
            let end = |dexels: &Self| dexels.start[side] + dexels.count[side] as i64;
            self.start[side].max(other.start[side])..end(self).min(end(other))
        };
        let mut sum = 0.0;
        for v in range(1) {
            for u in range(0) {
                sum += overlap(self.spans_of(u, v), other.spans_of(u, v));
            }
        }
        self.cell_area() * sum
    }

    /// Volumes where the mesh overlaps, or is inside out.
    pub fn overlaps(&self) -> Overlaps {
        let area = self.cell_area();
        Overlaps {
            shared: area * self.overlaps.shared,
            own: area * self.overlaps.own,
            inverted: area * self.overlaps.inverted,
        }
    }

    /// Spans of material along the ray nearest to a point, from low to high.
    pub fn at(&self, point: [f64; 3]) -> &[[f64; 2]] {
        let [u, v] = self
            .sides()
            .map(|axis| self.lattice.cell(axis, point[axis]).round() as i64);
        self.spans_of(u, v)
    }

    /// Whether a point, moved to the nearest ray, is in material.
    pub fn holds(&self, point: [f64; 3]) -> bool {
        let x = point[self.axis];
        self.at(point).iter().any(|[from, to]| *from <= x && x <= *to)
    }

    /// Filled share of a box, 0 to 1; for a box thinner than the pitch, that of the nearest rays.
    pub fn filled(&self, bbox: &Aabb) -> f64 {
        let range = |side: usize| {
            let axis = self.sides()[side];
            let (low, high) = (
                self.lattice.cell(axis, bbox.min[axis]),
                self.lattice.cell(axis, bbox.max[axis]),
            );
            let (first, last) = (low.ceil() as i64, high.floor() as i64);
            if first <= last {
                first..=last
            } else {
                (0.5 * (low + high)).round() as i64..=(0.5 * (low + high)).round() as i64
            }
        };
        let own = [[bbox.min[self.axis], bbox.max[self.axis]]];
        let (mut sum, mut rays) = (0.0, 0u64);
        for v in range(1) {
            for u in range(0) {
                sum += overlap(&own, self.spans_of(u, v));
                rays += 1;
            }
        }
        let [[from, to]] = own;
        sum / (rays as f64 * (to - from)).max(f64::MIN_POSITIVE)
    }

    /// Number of rays through a box.
    pub(crate) fn rays_in(&self, bbox: &Aabb) -> f64 {
        self.sides()
            .iter()
            .map(|&axis| (bbox.max[axis] - bbox.min[axis]) / self.lattice.pitch[axis])
            .product()
    }

    /// The rows of rays at one position along the second of the two other axes: for each row its position along the
    /// first, and its spans.
    pub fn rows(&self, at: f64) -> impl Iterator<Item = (f64, &[[f64; 2]])> {
        let [u_axis, v_axis] = self.sides();
        let v = self.lattice.cell(v_axis, at).round() as i64;
        (self.start[0]..self.start[0] + self.count[0] as i64).map(move |u| {
            let place = self.lattice.low[u_axis] + (u as f64 + 0.5) * self.lattice.pitch[u_axis];
            (place, self.spans_of(u, v))
        })
    }

    fn sides(&self) -> [usize; 2] {
        [(self.axis + 1) % 3, (self.axis + 2) % 3]
    }

    fn cell_area(&self) -> f64 {
        self.sides()
            .iter()
            .map(|&axis| self.lattice.pitch[axis])
            .product()
    }

    fn spans_of(&self, u: i64, v: i64) -> &[[f64; 2]] {
        let (u, v) = (u - self.start[0], v - self.start[1]);
        if u < 0 || v < 0 || u >= self.count[0] as i64 || v >= self.count[1] as i64 {
            return &[];
        }
        let ray = v as usize * self.count[0] + u as usize;
        &self.spans[self.offsets[ray] as usize..self.offsets[ray + 1] as usize]
    }

    /// Adds an event for each ray that meets the triangle.
    fn cross(&self, corners: [[f64; 3]; 3], body: u16, events: &mut [Vec<Event>]) {
        let [a, b, c] = corners;
        let twice = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
        if twice == 0.0 {
            return;
        }
        // Seen along the axis, a counter-clockwise triangle faces away: the ray leaves the material there.
        let surface = Surface::new(body, twice < 0.0);
        let slope =
            |p: fn([f64; 3]) -> f64| ((p(b) - p(a)) * (c[2] - a[2]) - (p(c) - p(a)) * (b[2] - a[2])) / twice;
        let (along_v, along_u) = (slope(|p| p[0]), -slope(|p| p[1]));
        let (least, most) = (a[2].min(b[2]).min(c[2]), a[2].max(b[2]).max(c[2]));
        let mut sorted = corners;
        sorted.sort_unstable_by(|p, q| p[1].total_cmp(&q[1]).then(p[0].total_cmp(&q[0])));
        let [low, middle, high] = sorted;
        let rows = |from: f64, to: f64| {
            let first = (from.ceil() as i64).max(self.start[1]);
            let end = (to.ceil() as i64).min(self.start[1] + self.count[1] as i64);
            first..end
        };
        for (from, to) in [(low, middle), (middle, high)] {
            for v in rows(from[1], to[1]) {
                let y = v as f64;
                let (one, other) = (cut(low, high, y), cut(from, to, y));
                let first = (one.min(other).ceil() as i64).max(self.start[0]);
                let end = (one.max(other).ceil() as i64).min(self.start[0] + self.count[0] as i64);
                let row = &mut events[(v - self.start[1]) as usize];
                for u in first..end {
                    // The slope of a triangle seen nearly edge-on is unbounded, but its depths are bounded.
                    let depth = a[2] + along_u * (u as f64 - a[0]) + along_v * (y - a[1]);
                    row.push(Event {
                        at: (u - self.start[0]) as u32,
                        surface,
                        depth: depth.clamp(least, most),
                    });
                }
            }
        }
    }

    /// Walks along each ray and stores the spans of material.
    fn sweep(&mut self, rows: &[Vec<Event>]) {
        let bodies = rows.iter().flatten().map(|event| event.surface.body() + 1).max();
        let mut windings = vec![0i32; bodies.unwrap_or_default()];
        let width = self.count[0];
        self.offsets = Vec::with_capacity(width * self.count[1] + 1);
        self.offsets.push(0);
        let mut ends = vec![0u32; width + 1];
        let mut along = Vec::new();
        for row in rows {
            ends.fill(0);
            for event in row {
                ends[event.at as usize + 1] += 1;
            }
            for at in 0..width {
                ends[at + 1] += ends[at];
            }
            // Sorted by ray: afterwards the entry of a ray is its end, and that of the ray before its start.
            along.clear();
            along.resize(row.len(), (0.0, Surface(0)));
            for event in row {
                let slot = &mut ends[event.at as usize];
                along[*slot as usize] = (event.depth, event.surface);
                *slot += 1;
            }
            let mut start = 0;
            for &end in &ends[..width] {
                let along = &mut along[start..end as usize];
                start = end as usize;
                along.sort_unstable_by(|(one, at_one), (other, at_other)| {
                    one.total_cmp(other).then(at_one.cmp(at_other))
                });
                self.walk(along, &mut windings);
                self.offsets.push(self.spans.len() as u32);
            }
        }
    }

    fn walk(&mut self, along: &[(f64, Surface)], windings: &mut [i32]) {
        let first_span = self.spans.len();
        let (mut inside, mut twice, mut inverted) = (0, 0, 0);
        let mut last = f64::NEG_INFINITY;
        for &(depth, surface) in along {
            let length = depth - last;
            if length > 0.0 && length.is_finite() {
                if inside > 0 {
                    match self.spans[first_span..].last_mut() {
                        Some(span) if span[1] == last => span[1] = depth,
                        _ => self.spans.push([last, depth]),
                    }
                }
                self.overlaps.shared += if inside > 1 { length } else { 0.0 };
                self.overlaps.own += if twice > 0 { length } else { 0.0 };
                self.overlaps.inverted += if inverted > 0 { length } else { 0.0 };
            }
            let winding = &mut windings[surface.body()];
            let count = |winding: i32| {
                (
                    i32::from(winding > 0),
                    i32::from(winding > 1),
                    i32::from(winding < 0),
                )
            };
            let before = count(*winding);
            *winding += surface.change();
            let after = count(*winding);
            inside += after.0 - before.0;
            twice += after.1 - before.1;
            inverted += after.2 - before.2;
            last = depth;
        }
        if inside != 0 || inverted != 0 {
            // The mesh is open along this ray: the material behind the last surface is unknown.
            windings.fill(0);
        }
    }
}

/// Point at height `y` on the edge from `low` to `high`.
fn cut(low: [f64; 3], high: [f64; 3], y: f64) -> f64 {
    low[0] + (y - low[1]) * ((high[0] - low[0]) / (high[1] - low[1]))
}

/// Total length of the overlap of two lists of spans.
fn overlap(one: &[[f64; 2]], other: &[[f64; 2]]) -> f64 {
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    while i < one.len() && j < other.len() {
        let (a, b) = (one[i], other[j]);
        sum += (a[1].min(b[1]) - a[0].max(b[0])).max(0.0);
        if a[1] < b[1] { i += 1 } else { j += 1 }
    }
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shapes;

    fn cut_along(mesh: &TriMesh, axis: usize, lattice: &Lattice) -> Dexels {
        Dexels::new(mesh, &|_| 0, axis, lattice)
    }

    fn boxed(min: [f64; 3], max: [f64; 3]) -> Aabb {
        Aabb { min, max }
    }

    #[test]
    fn a_block_is_one_span_along_every_axis() {
        let block = shapes::block([1.0, 2.0, 3.0], [10.0, 6.0, 4.0]);
        let lattice = Lattice::over(&block.bbox(), 32);
        for axis in 0..3 {
            let dexels = cut_along(&block, axis, &lattice);
            assert!(
                (dexels.volume() - 240.0).abs() < 1e-9,
                "{axis}: {}",
                dexels.volume()
            );
            assert!(dexels.holds([5.0, 5.0, 5.0]) && !dexels.holds([5.0, 5.0, 8.0]));
            assert_eq!(dexels.overlaps(), Overlaps::default());
            assert!((dexels.filled(&boxed([1.0, 2.0, 3.0], [21.0, 8.0, 7.0])) - 0.5).abs() < 0.02);
        }
        assert_eq!(cut_along(&block, 2, &lattice).at([4.0, 4.0, 0.0]), [[3.0, 7.0]]);
    }

    #[test]
    fn shared_and_own_overlap_are_distinguished() {
        let pair = shapes::together(&[
            shapes::block([0.0; 3], [10.0; 3]),
            shapes::block([5.0, 0.0, 0.0], [10.0; 3]),
        ]);
        let lattice = Lattice::over(&pair.bbox(), 30);
        let two = Dexels::new(&pair, &|triangle| u16::from(triangle >= 12), 0, &lattice);
        let one = cut_along(&pair, 0, &lattice);
        assert!((two.volume() - 1500.0).abs() < 1e-9 && (one.volume() - 1500.0).abs() < 1e-9);
        assert!((two.overlaps().shared - 500.0).abs() < 1e-9 && two.overlaps().own == 0.0);
        assert!((one.overlaps().own - 500.0).abs() < 1e-9 && one.overlaps().shared == 0.0);
    }

    #[test]
    fn an_inside_out_block_has_no_volume() {
        let block = shapes::block([0.0; 3], [10.0; 3]);
        let turned: Vec<[u32; 3]> = block.triangles().iter().map(|[a, b, c]| [*a, *c, *b]).collect();
        let inverted = TriMesh::new(block.vertices(), &turned).unwrap();
        let dexels = cut_along(&inverted, 1, &Lattice::over(&block.bbox(), 16));
        assert_eq!(dexels.volume(), 0.0);
        assert!((dexels.overlaps().inverted - 1000.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn common_volumes_of_blocks_equal_those_of_their_boxes(
            corner in prop::array::uniform3(-8.0..8.0f64), size in prop::array::uniform3(1.0..12.0f64),
        ) {
            let (one, other) = (shapes::block([0.0; 3], [10.0; 3]), shapes::block(corner, size));
            let lattice = Lattice::over(&one.bbox(), 200);
            let side = |axis: usize| (10f64.min(corner[axis] + size[axis]) - 0f64.max(corner[axis])).max(0.0);
            let expected = side(0) * side(1) * side(2);
            for axis in 0..3 {
                let (a, b) = (cut_along(&one, axis, &lattice), cut_along(&other, axis, &lattice));
                prop_assert!((a.common(&b) - expected).abs() < 12.0, "{} {}", a.common(&b), expected);
                prop_assert_eq!(a.common(&b), b.common(&a));
                prop_assert!((a.common(&a) - a.volume()).abs() < 1e-9);
            }
        }

        #[test]
        fn a_closed_mesh_leaves_no_ray_open(around in 3u32..40, up in 2u32..20, turn in 0.0..3.0f64) {
            let vase = shapes::vase(around, up);
            let (sin, cos) = turn.sin_cos();
            let turned: Vec<_> = vase.vertices().iter().map(|v| [cos * v[0] - sin * v[2], v[1], sin * v[0] + cos * v[2]]).collect();
            let vase = TriMesh::new(&turned, vase.triangles()).unwrap();
            let lattice = Lattice::over(&vase.bbox(), 64);
            let volumes = [0, 1, 2].map(|axis| cut_along(&vase, axis, &lattice).volume());
            let mean = volumes.iter().sum::<f64>() / 3.0;
            prop_assert!(volumes.iter().all(|volume| (volume - mean).abs() < 0.1 * mean), "{volumes:?}");
        }
    }
}
