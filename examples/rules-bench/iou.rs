//! Intersection over union of two solids, by exact intervals along rays.

use cadforge::geometry::TriMesh;

/// Rays along each side of the grid: several hit a plate of 1 % of the part's width.
const RAYS: usize = 192;

/// Volume of the intersection over volume of the union, 0 to 1, by rays along z. Overlapping bodies of one mesh count
/// once.
pub fn iou(a: &TriMesh, b: &TriMesh) -> f64 {
    let (box_a, box_b) = (a.bbox(), b.bbox());
    let low: [f64; 2] = std::array::from_fn(|axis| box_a.min[axis].min(box_b.min[axis]));
    let high: [f64; 2] = std::array::from_fn(|axis| box_a.max[axis].max(box_b.max[axis]));
    let step: [f64; 2] = std::array::from_fn(|axis| (high[axis] - low[axis]).max(1e-9) / RAYS as f64);
    let (rays_a, rays_b) = (rays(a, low, step), rays(b, low, step));
    let (mut both, mut either) = (0.0, 0.0);
    for (a, b) in rays_a.iter().zip(&rays_b) {
        let (length_a, length_b, shared) = (length(a), length(b), shared(a, b));
        both += shared;
        either += length_a + length_b - shared;
    }
    if either <= 0.0 { 0.0 } else { both / either }
}

type Intervals = Vec<(f64, f64)>;

/// The intervals of each ray inside the mesh: where more surfaces were entered than left.
fn rays(mesh: &TriMesh, low: [f64; 2], step: [f64; 2]) -> Vec<Intervals> {
    let mut crossings: Vec<Vec<(f64, i32)>> = vec![Vec::new(); RAYS * RAYS];
    for triangle in mesh.triangles() {
        let [a, b, c] = triangle.map(|index| mesh.vertices()[index as usize]);
        let area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
        if area == 0.0 {
            continue;
        }
        let range = |axis: usize| {
            let least = a[axis].min(b[axis]).min(c[axis]);
            let most = a[axis].max(b[axis]).max(c[axis]);
            let first = ((least - low[axis]) / step[axis] - 0.5).ceil().max(0.0) as usize;
            let last = ((most - low[axis]) / step[axis] - 0.5).floor();
            (
                first,
                if last < 0.0 {
                    0
                } else {
                    (last as usize + 1).min(RAYS)
                },
            )
        };
        let ((x0, x1), (y0, y1)) = (range(0), range(1));
        for column in x0..x1 {
            let x = low[0] + (column as f64 + 0.5) * step[0];
            for row in y0..y1 {
                let y = low[1] + (row as f64 + 0.5) * step[1];
                let u = ((b[0] - x) * (c[1] - y) - (c[0] - x) * (b[1] - y)) / area;
                let v = ((c[0] - x) * (a[1] - y) - (a[0] - x) * (c[1] - y)) / area;
                let w = 1.0 - u - v;
                if u >= 0.0 && v >= 0.0 && w >= 0.0 {
                    let z = u * a[2] + v * b[2] + w * c[2];
                    crossings[row * RAYS + column].push((z, if area < 0.0 { 1 } else { -1 }));
                }
            }
        }
    }
    crossings.into_iter().map(intervals).collect()
}

fn intervals(mut crossings: Vec<(f64, i32)>) -> Intervals {
    crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut inside = Vec::new();
    let (mut depth, mut from) = (0, 0.0);
    for (z, turn) in crossings {
        let before = depth;
        depth += turn;
        if before <= 0 && depth > 0 {
            from = z;
        } else if before > 0 && depth <= 0 {
            inside.push((from, z));
        }
    }
    inside
}

fn length(intervals: &Intervals) -> f64 {
    intervals.iter().map(|(from, to)| to - from).sum()
}

fn shared(a: &Intervals, b: &Intervals) -> f64 {
    a.iter()
        .flat_map(|a| b.iter().map(move |b| (a.1.min(b.1) - a.0.max(b.0)).max(0.0)))
        .sum()
}
