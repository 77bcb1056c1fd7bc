//! Merging of vertices that differ by rounding only.
//!
//! [`TriMesh::merged_as_trimesh`] follows cadforge-v1's rule, bit for bit as in the published scorer;
//! [`TriMesh::welded`] follows grounded-v2's, which depends on neither position nor size.

use std::collections::HashMap;

use super::TriMesh;

/// `tol.merge` of trimesh is 1e-8 mm.
const TRIMESH_STEPS_PER_MM: f64 = 1e8;
/// Vertices within this share of the largest coordinate are merged. An STL rounds to 2^-24 of a coordinate; two
/// roundings of one point differ by 2^-23, and the kernel's two sides of a seam differ by about as much.
const WELD: f64 = 1.0 / (1 << 21) as f64;
/// Cells of the search, in weld distances: so wide that few points lie near a cell's border.
const CELL: f64 = 64.0;

impl TriMesh {
    /// Merges vertices that round to the same multiple of 1e-8 mm in every coordinate, as trimesh does on loading. The
    /// first vertex determines the position. Triangles keep their order and number; some may then have equal corners,
    /// as in trimesh.
    #[must_use]
    pub fn merged_as_trimesh(&self) -> Self {
        let mut known: HashMap<[i64; 3], u32> = HashMap::with_capacity(self.vertices.len());
        self.merged(|vertices, vertex| {
            let next = vertices.len() as u32;
            *known.entry(vertex.map(step)).or_insert(next)
        })
    }

    /// Merges vertices that differ by rounding only, and drops triangles without three different corners, as at a pole.
    /// For connectivity only: triangles no longer belong to the faces of a [`crate::Shape`].
    #[must_use]
    pub fn welded(&self) -> Self {
        let largest = self
            .vertices
            .iter()
            .flatten()
            .fold(0.0f64, |largest, x| largest.max(x.abs()));
        let mut cells = Cells::new(WELD * largest);
        let mut welded = self.merged(|vertices, vertex| cells.find_or_insert(vertices, vertex));
        welded.triangles.retain(|[a, b, c]| a != b && b != c && c != a);
        if welded.triangles.is_empty() {
            return self.clone();
        }
        welded
    }

    /// `index_of` returns the index of an earlier vertex, or the next index for a new one.
    fn merged(&self, mut index_of: impl FnMut(&[[f64; 3]], [f64; 3]) -> u32) -> Self {
        let mut vertices: Vec<[f64; 3]> = Vec::with_capacity(self.vertices.len());
        let mut merged = Vec::with_capacity(self.vertices.len());
        for &vertex in &self.vertices {
            let index = index_of(&vertices, vertex);
            if index as usize == vertices.len() {
                vertices.push(vertex);
            }
            merged.push(index);
        }
        let triangle = |triangle: &[u32; 3]| triangle.map(|vertex| merged[vertex as usize]);
        Self {
            vertices,
            triangles: self.triangles.iter().map(triangle).collect(),
        }
    }
}

/// Rounds half to even. Values beyond 64 bits are all one, as in numpy's conversion on x86-64.
fn step(x: f64) -> i64 {
    let steps = (x * TRIMESH_STEPS_PER_MM).round_ties_even();
    let limit = 2f64.powi(63);
    if (-limit..limit).contains(&steps) {
        steps as i64
    } else {
        i64::MIN
    }
}

/// Points by the grid cells that they lie in, or within the weld distance of.
struct Cells {
    distance: f64,
    points: HashMap<[i64; 3], Vec<u32>>,
}

impl Cells {
    fn new(distance: f64) -> Self {
        Self {
            // If all points are in one position, any cell size will do.
            distance: distance.max(f64::MIN_POSITIVE),
            points: HashMap::new(),
        }
    }

    /// The first point within the distance along every axis, else a new one.
    fn find_or_insert(&mut self, vertices: &[[f64; 3]], vertex: [f64; 3]) -> u32 {
        let cell = |x: f64| (x / (CELL * self.distance)).floor() as i64;
        let near = |other: &[f64; 3]| (0..3).all(|axis| (other[axis] - vertex[axis]).abs() <= self.distance);
        if let Some(points) = self.points.get(&vertex.map(cell))
            && let Some(&index) = points.iter().find(|&&index| near(&vertices[index as usize]))
        {
            return index;
        }
        // A point is entered in every cell in which a near point may search.
        let index = vertices.len() as u32;
        let [x, y, z] = vertex.map(|x| (cell(x - self.distance), cell(x + self.distance)));
        for x in x.0..=x.1 {
            for y in y.0..=y.1 {
                for z in z.0..=z.1 {
                    self.points.entry([x, y, z]).or_default().push(index);
                }
            }
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes::vase;
    use crate::{Connectivity, NormalisedMesh};

    fn mesh(vertices: &[[f64; 3]], triangles: &[[u32; 3]]) -> TriMesh {
        TriMesh::new(vertices, triangles).unwrap()
    }

    fn open_edges(mesh: &TriMesh) -> usize {
        Connectivity::of(&NormalisedMesh::new(mesh)).boundary_edges
    }

    #[test]
    fn trimesh_merges_vertices_that_round_to_one_multiple_of_1e_8() {
        let apart = |x: f64, y: f64| {
            let vertices = [[x, 0.0, 0.0], [y, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
            let merged = mesh(&vertices, &[[0, 2, 3], [1, 2, 3]]).merged_as_trimesh();
            assert_eq!(merged.triangles().len(), 2);
            assert_eq!(
                merged.vertices()[0],
                [x, 0.0, 0.0],
                "the first determines the position"
            );
            merged.vertices().len() == 4
        };
        assert!(!apart(0.0, 4.9e-9));
        assert!(!apart(0.0, -4.9e-9));
        // The rounded multiple counts, not the distance.
        assert!(apart(0.0, 5.1e-9));
        assert!(apart(0.4e-8, 0.6e-8));
        assert!(!apart(0.6e-8, 1.4e-8));
        // Halves round to even.
        assert!(!apart(0.0, 0.5e-8));
        assert!(apart(0.0, 1.5e-8));
    }

    #[test]
    fn welding_closes_a_seam_that_is_one_float_apart() {
        for (scale, offset) in [(1.0, 0.0), (1e-4, 0.0), (1e4, 0.0), (1.0, 3000.0)] {
            let vase = vase(24, 9).with_vertices(|vertex| vertex.map(|x| offset + scale * x), false);
            let split = with_gaps(&vase);
            assert!(open_edges(&split) > 0);
            assert_eq!(open_edges(&split.welded()), 0, "{scale} {offset}");
        }
    }

    /// The mesh with the corners of every third triangle moved by one float.
    fn with_gaps(mesh: &TriMesh) -> TriMesh {
        let mut vertices = mesh.vertices().to_vec();
        let mut triangles = mesh.triangles().to_vec();
        for triangle in triangles.iter_mut().step_by(3) {
            *triangle = triangle.map(|vertex| {
                let moved = vertices[vertex as usize].map(|x| f64::from((x as f32).next_up()));
                vertices.push(moved);
                vertices.len() as u32 - 1
            });
        }
        TriMesh::new(&vertices, &triangles).unwrap()
    }

    #[test]
    fn a_gap_beyond_rounding_stays_open() {
        let vase = vase(24, 9);
        let gap = 1e-5 * vase.bbox().diagonal();
        let mut vertices = vase.vertices().to_vec();
        let mut triangles = vase.triangles().to_vec();
        triangles[5] = triangles[5].map(|vertex| {
            vertices.push(vertices[vertex as usize].map(|x| x + gap));
            vertices.len() as u32 - 1
        });
        assert!(open_edges(&TriMesh::new(&vertices, &triangles).unwrap().welded()) > 0);
    }

    #[test]
    fn triangles_without_area_at_a_pole_are_left_out() {
        // A pyramid whose tip is two vertices at one position, as at the end of a cone's seam.
        let vertices = [
            [0.0, 0.0, 0.0],
            [1.0, 0.0, 0.0],
            [0.0, 1.0, 0.0],
            [0.0, 0.0, 1.0],
            [0.0, 0.0, 1.0 + 1e-8],
        ];
        let cone = mesh(
            &vertices,
            &[[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 4], [3, 4, 0]],
        );
        assert_eq!(open_edges(&cone.welded()), 0);
        assert_eq!(cone.welded().triangles().len(), 4);
        let lone = mesh(&[[0.0; 3], [1.0; 3]], &[[0, 1, 1]]);
        assert_eq!(lone.welded(), lone, "nothing would be left");
    }
}
