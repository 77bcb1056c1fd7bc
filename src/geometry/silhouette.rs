//! Filled orthographic silhouettes, rasterised on the CPU.
//!
//! Every pixel equals that of Pillow's `ImageDraw.polygon(..., fill=1)`, which the published scorer uses: corners are
//! truncated to integers, both ends of an edge's run and both of its rows are drawn, a triangle seen edge-on leaves a
//! line, and a sharp corner is extended until it touches the next row. `silhouette/pillow.tsv` holds Pillow's results;
//! `scripts/parity.py --triangles` writes it.

use super::NormalisedMesh;

/// Pixels along each side.
const SIZE: usize = 512;
/// Empty pixels around the silhouette.
const PADDING: usize = 28;
const WORDS: usize = SIZE / 64;

/// A viewing direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum View {
    /// Keeps (x, z).
    Front,
    /// The front, mirrored.
    Back,
    /// Keeps (y, z).
    Left,
    /// The left, mirrored.
    Right,
    /// Keeps (x, y).
    Top,
    /// Rotates by Rz(42°)·Rx(58°), then keeps (x, z).
    Isometric,
}

impl View {
    /// All views, in display order.
    pub const ALL: [Self; 6] = [
        Self::Front,
        Self::Back,
        Self::Left,
        Self::Right,
        Self::Top,
        Self::Isometric,
    ];

    /// Its key in the reward JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::Front => "front",
            Self::Back => "back",
            Self::Left => "left",
            Self::Right => "right",
            Self::Top => "top",
            Self::Isometric => "isometric",
        }
    }

    /// Rows that map a vertex to the picture's right and up directions.
    fn axes(self) -> [[f64; 3]; 2] {
        match self {
            Self::Front => [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
            Self::Back => [[-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
            Self::Left => [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            Self::Right => [[0.0, -1.0, 0.0], [0.0, 0.0, 1.0]],
            Self::Top => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
            Self::Isometric => {
                let (sin_z, cos_z) = ISOMETRIC_Z.to_radians().sin_cos();
                let (sin_x, cos_x) = ISOMETRIC_X.to_radians().sin_cos();
                // First and third row of Rz·Rx.
                [[cos_z, -sin_z * cos_x, sin_z * sin_x], [0.0, sin_x, cos_x]]
            }
        }
    }
}

const ISOMETRIC_Z: f64 = 42.0;
const ISOMETRIC_X: f64 = 58.0;

/// A filled outline: one bit per pixel, 512 x 512, row 0 on top. The projection is scaled to fit, and aligned with the
/// lower left corner of the area inside the padding.
#[derive(Clone, PartialEq, Eq)]
pub struct Silhouette {
    rows: Vec<[u64; WORDS]>,
}

impl Silhouette {
    /// Draws every triangle of a mesh: back faces draw pixels of their own at the rim.
    pub fn new(mesh: &NormalisedMesh, view: View) -> Self {
        let pixels = project(mesh, view);
        let mut silhouette = Self::empty();
        for triangle in mesh.triangles() {
            silhouette.fill(triangle.map(|vertex| pixels[vertex as usize]));
        }
        silhouette
    }

    fn empty() -> Self {
        Self {
            rows: vec![[0; WORDS]; SIZE],
        }
    }

    /// Intersection over union of the set pixels; 1 if both are empty.
    pub fn iou(&self, other: &Self) -> f64 {
        let mut both = 0;
        let mut either = 0;
        for (one, other) in self.rows.as_flattened().iter().zip(other.rows.as_flattened()) {
            both += (one & other).count_ones();
            either += (one | other).count_ones();
        }
        if either == 0 {
            1.0
        } else {
            f64::from(both) / f64::from(either)
        }
    }

    /// Number of pixels set.
    pub fn area(&self) -> u32 {
        self.rows
            .as_flattened()
            .iter()
            .map(|word| word.count_ones())
            .sum()
    }

    fn fill(&mut self, corners: [[i32; 2]; 3]) {
        let [a, b, c] = corners;
        if a == b && b == c {
            self.set(a[1], a[0] as f32, a[0] as f32);
            return;
        }
        let mut edges = [Edge::NONE; 3];
        let mut count = 0;
        for (from, to) in [(a, b), (b, c), (c, a)] {
            if from[1] == to[1] {
                self.set(from[1], from[0].min(to[0]) as f32, from[0].max(to[0]) as f32);
            } else {
                edges[count] = Edge::new(from, to);
                count += 1;
            }
        }
        let edges = &edges[..count];
        let first = edges.iter().map(|edge| edge.top).min().unwrap_or(0);
        let last = edges.iter().map(|edge| edge.bottom).max().unwrap_or(-1);
        for row in first..=last {
            let (mut start, mut end) = (f32::INFINITY, f32::NEG_INFINITY);
            for edge in edges.iter().filter(|edge| edge.crosses(row)) {
                let x = edge.at(row);
                start = start.min(x);
                end = end.max(x);
            }
            if (row == first || row == last) && is_tip(corners, row) {
                (start, end) = drawn_out(edges, row, row == last, start, end);
            }
            self.set(row, start, end);
        }
    }

    /// Sets the pixels of a run, rounding halves into it.
    fn set(&mut self, row: i32, start: f32, end: f32) {
        // No position is negative: the padding exceeds the extension of a tip.
        let below = (end - 0.5) as u32;
        let end = below + u32::from((below as f32) < end - 0.5);
        set_bits(
            &mut self.rows[row as usize],
            (start + 0.5) as usize,
            end as usize + 1,
        );
    }
}

/// Whether all corners in an outermost row are one pixel.
fn is_tip(corners: [[i32; 2]; 3], row: i32) -> bool {
    let mut places = corners.iter().filter(|corner| corner[1] == row);
    let first = places.next();
    places.all(|place| Some(place) == first)
}

/// The run of a tip's row. If both edges leave the tip to the same side, the run is extended towards the nearer edge's
/// position in the next row.
fn drawn_out(edges: &[Edge], row: i32, is_last: bool, start: f32, end: f32) -> (f32, f32) {
    let next = if is_last { row - 1 } else { row + 1 };
    let (mut nearest_left, mut nearest_right) = (f32::NEG_INFINITY, f32::INFINITY);
    let (mut rising, mut falling) = (0, 0);
    for edge in edges.iter().filter(|edge| edge.crosses(row)) {
        let x = edge.at(next);
        nearest_left = nearest_left.max(x);
        nearest_right = nearest_right.min(x);
        rising += u32::from(edge.slope > 0.0);
        falling += u32::from(edge.slope < 0.0);
    }
    let (to_the_left, to_the_right) = if is_last {
        (rising, falling)
    } else {
        (falling, rising)
    };
    if to_the_left == 2 {
        (start.min(nearest_left + 1.0), end)
    } else if to_the_right == 2 {
        // Unlike the left end, this end is rounded up from a half.
        (start, end.max((nearest_right - 0.5) as u32 as f32))
    } else {
        (start, end)
    }
}

impl std::fmt::Debug for Silhouette {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Silhouette").field("area", &self.area()).finish()
    }
}

/// An edge that is not horizontal. Positions are computed in 32 bits and from the first corner, as in Pillow: this
/// determines the pixel of a half.
#[derive(Clone, Copy)]
struct Edge {
    from: [i32; 2],
    slope: f32,
    top: i32,
    bottom: i32,
}

impl Edge {
    const NONE: Self = Self {
        from: [0; 2],
        slope: 0.0,
        top: 0,
        bottom: -1,
    };

    fn new(from: [i32; 2], to: [i32; 2]) -> Self {
        Self {
            from,
            slope: (to[0] - from[0]) as f32 / (to[1] - from[1]) as f32,
            top: from[1].min(to[1]),
            bottom: from[1].max(to[1]),
        }
    }

    fn crosses(&self, row: i32) -> bool {
        (self.top..=self.bottom).contains(&row)
    }

    fn at(&self, row: i32) -> f32 {
        (row - self.from[1]) as f32 * self.slope + self.from[0] as f32
    }
}

fn set_bits(row: &mut [u64; WORDS], start: usize, end: usize) {
    if start >= end {
        return;
    }
    let (first, last) = (start / 64, (end - 1) / 64);
    let head = u64::MAX << (start % 64);
    let tail = u64::MAX >> (63 - (end - 1) % 64);
    if first == last {
        row[first] |= head & tail;
        return;
    }
    row[first] |= head;
    row[first + 1..last].fill(u64::MAX);
    row[last] |= tail;
}

/// Vertices in pixels, truncated; x points right and y down.
fn project(mesh: &NormalisedMesh, view: View) -> Vec<[i32; 2]> {
    let axes = view.axes();
    let along: fn([f64; 3], &[f64; 3]) -> f64 = if view == View::Isometric {
        // Fused multiply-add, as BLAS uses on current processors.
        |axis, v| axis[2].mul_add(v[2], axis[1].mul_add(v[1], axis[0] * v[0]))
    } else {
        |axis, v| axis[0] * v[0] + axis[1] * v[1] + axis[2] * v[2]
    };
    let points: Vec<[f64; 2]> = mesh
        .vertices()
        .iter()
        .map(|vertex| axes.map(|axis| along(axis, vertex)))
        .collect();
    let mut min = [f64::INFINITY; 2];
    let mut max = [f64::NEG_INFINITY; 2];
    for point in &points {
        for axis in 0..2 {
            min[axis] = min[axis].min(point[axis]);
            max[axis] = max[axis].max(point[axis]);
        }
    }
    let span = (max[0] - min[0])
        .max(max[1] - min[1])
        .max(super::normalised::MIN_EXTENT);
    let scale = (SIZE - 2 * PADDING) as f64 / span;
    let place = |point: &[f64; 2]| {
        let [x, y] = [0, 1].map(|axis| (point[axis] - min[axis]) * scale + PADDING as f64);
        [x as i32, (SIZE as f64 - y) as i32]
    };
    points.iter().map(place).collect()
}

#[cfg(test)]
mod tests;
