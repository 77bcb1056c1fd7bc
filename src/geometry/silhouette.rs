//! Filled orthographic silhouettes, rasterised on the CPU.
//!
//! A pixel is set when its centre lies in the projection of any triangle. Edges are half open and shared
//! edges are cut by the same arithmetic, so neighbouring triangles leave no seam and a triangle seen
//! edge-on leaves nothing.

use super::NormalisedMesh;

/// Pixels along each side.
const SIZE: usize = 512;
/// Empty pixels around the silhouette.
const PADDING: usize = 28;
const WORDS: usize = SIZE / 64;

/// A direction to look from.
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
    /// Turned by Rz(42°)·Rx(58°), then keeps (x, z).
    Isometric,
}

impl View {
    /// All of them, in the order in which they are shown.
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

    /// The rows that take a vertex to the picture's right and up.
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

/// A filled outline: one bit a pixel, 512 x 512, the projection centred and scaled to fit.
#[derive(Clone, PartialEq, Eq)]
pub struct Silhouette {
    rows: Vec<[u64; WORDS]>,
}

/// Which triangles are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// Every triangle: right for any mesh.
    All,
    /// Those that face the viewer: half the work and the same picture, if the mesh is
    /// [balanced](super::Connectivity::balanced).
    Facing,
}

impl Silhouette {
    /// Draws a mesh.
    pub fn new(mesh: &NormalisedMesh, view: View, drawn: Drawn) -> Self {
        let pixels = project(mesh, view);
        let mut silhouette = Self {
            rows: vec![[0; WORDS]; SIZE],
        };
        for triangle in mesh.triangles() {
            let corners = triangle.map(|vertex| pixels[vertex as usize]);
            if drawn == Drawn::All || turns_left(corners) {
                silhouette.fill(corners);
            }
        }
        silhouette
    }

    /// Pixels set in both over pixels set in either; 1 if both are empty.
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

    fn fill(&mut self, mut corners: [[f64; 2]; 3]) {
        // Bottom to top; equal heights by x, so that the order of corners does not matter.
        corners.sort_unstable_by(|a, b| a[1].total_cmp(&b[1]).then(a[0].total_cmp(&b[0])));
        let [low, middle, high] = corners;
        let [first, turn, end] = [low, middle, high].map(|corner| first_above(corner[1]));
        if first == end {
            return;
        }
        let long = Edge::new(low, high);
        self.fill_between(&long, low, middle, first..turn);
        self.fill_between(&long, middle, high, turn..end);
    }

    fn fill_between(&mut self, long: &Edge, low: [f64; 2], high: [f64; 2], rows: std::ops::Range<usize>) {
        if rows.is_empty() {
            return;
        }
        let short = Edge::new(low, high);
        for row in rows {
            let y = row as f64 + 0.5;
            let (one, other) = (long.at(y), short.at(y));
            set_bits(
                &mut self.rows[row],
                first_above(one.min(other)),
                first_above(one.max(other)),
            );
        }
    }
}

impl std::fmt::Debug for Silhouette {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Silhouette").field("area", &self.area()).finish()
    }
}

/// A line through two points, by its x at a height.
struct Edge {
    from: [f64; 2],
    slope: f64,
}

impl Edge {
    fn new(low: [f64; 2], high: [f64; 2]) -> Self {
        Self {
            from: low,
            slope: (high[0] - low[0]) / (high[1] - low[1]),
        }
    }

    fn at(&self, y: f64) -> f64 {
        self.from[0] + (y - self.from[1]) * self.slope
    }
}

/// Index of the first pixel whose centre lies beyond `coordinate`, which is never negative.
fn first_above(coordinate: f64) -> usize {
    (coordinate + 0.5) as u32 as usize
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

fn turns_left([a, b, c]: [[f64; 2]; 3]) -> bool {
    (b[0] - a[0]) * (c[1] - a[1]) > (c[0] - a[0]) * (b[1] - a[1])
}

/// Vertices in pixels.
fn project(mesh: &NormalisedMesh, view: View) -> Vec<[f64; 2]> {
    let axes = view.axes();
    let mut points: Vec<[f64; 2]> = mesh
        .vertices()
        .iter()
        .map(|v| axes.map(|axis| axis[0] * v[0] + axis[1] * v[1] + axis[2] * v[2]))
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
        .max(super::normalised::LEAST_EXTENT);
    let scale = (SIZE - 2 * PADDING) as f64 / span;
    for point in &mut points {
        for axis in 0..2 {
            point[axis] = (SIZE / 2) as f64 + (point[axis] - 0.5 * (min[axis] + max[axis])) * scale;
        }
    }
    points
}

#[cfg(test)]
mod tests;
