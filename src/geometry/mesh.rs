//! The triangle mesh that every measure starts from.

use serde::{Deserialize, Serialize};

/// An axis-aligned bounding box in mm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Aabb {
    /// Least corner.
    pub min: [f64; 3],
    /// Greatest corner.
    pub max: [f64; 3],
}

impl Aabb {
    /// Extents along x, y, z in mm.
    pub fn size(&self) -> [f64; 3] {
        std::array::from_fn(|axis| self.max[axis] - self.min[axis])
    }

    /// The middle.
    pub fn center(&self) -> [f64; 3] {
        std::array::from_fn(|axis| 0.5 * (self.max[axis] + self.min[axis]))
    }
}

/// A triangle soup with identical vertices merged.
///
/// Holds at least one triangle, finite coordinates and valid indices, so nothing downstream can fail on
/// them. Triangles keep the order they came in: per-face triangle counts of a [`super::Shape`] refer to it.
#[derive(Clone, Debug, PartialEq)]
pub struct TriMesh {
    vertices: Vec<[f64; 3]>,
    triangles: Vec<[u32; 3]>,
}

/// Why bytes or buffers are no mesh.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeshError {
    /// No triangle at all.
    #[error("the mesh has no triangles")]
    Empty,
    /// NaN or infinity.
    #[error("vertex {0} is not finite")]
    NotFinite(usize),
    /// An index beyond the vertices.
    #[error("triangle {0} refers to a vertex that does not exist")]
    BadIndex(usize),
    /// The bytes are no mesh file of the format asked for.
    #[error("{0}")]
    Unreadable(String),
}

impl TriMesh {
    /// Checks the buffers and merges identical vertices (bitwise, with -0 as 0), first occurrence first.
    pub fn new(vertices: &[[f64; 3]], triangles: &[[u32; 3]]) -> Result<Self, MeshError> {
        let _ = (vertices, triangles);
        unimplemented!("to be written")
    }

    /// Reads a binary or ASCII STL; vertices merge on their exact 32-bit coordinates.
    pub fn from_stl(bytes: &[u8]) -> Result<Self, MeshError> {
        let _ = bytes;
        unimplemented!("to be written")
    }

    /// Merged vertices in mm.
    pub fn vertices(&self) -> &[[f64; 3]] {
        &self.vertices
    }

    /// Vertex indices of each triangle, counter-clockwise from outside.
    pub fn triangles(&self) -> &[[u32; 3]] {
        &self.triangles
    }

    /// Corners of triangle `index`.
    pub fn corners(&self, index: usize) -> [[f64; 3]; 3] {
        self.triangles[index].map(|vertex| self.vertices[vertex as usize])
    }

    /// The bounding box over all vertices.
    pub fn bbox(&self) -> Aabb {
        let mut bbox = Aabb { min: [f64::INFINITY; 3], max: [f64::NEG_INFINITY; 3] };
        for vertex in &self.vertices {
            for axis in 0..3 {
                bbox.min[axis] = bbox.min[axis].min(vertex[axis]);
                bbox.max[axis] = bbox.max[axis].max(vertex[axis]);
            }
        }
        bbox
    }
}
