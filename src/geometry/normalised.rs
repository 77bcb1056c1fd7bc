//! A mesh with normalised size and position, for comparing shapes.

use super::{Aabb, TriMesh};

/// The z extent of a normalised mesh, in its own unit ("normalised mm").
pub const NORMAL_HEIGHT: f64 = 1000.0;

/// Minimum extent in mm: keeps quotients finite for flat meshes.
pub(crate) const MIN_EXTENT: f64 = 1e-9;

/// A mesh scaled uniformly so that its z extent is [`NORMAL_HEIGHT`], centred in x and y, with z from 0.
///
/// Vertices and triangles are in the order of the original mesh.
#[derive(Clone, Debug)]
pub struct NormalisedMesh {
    vertices: Vec<[f64; 3]>,
    triangles: Vec<[u32; 3]>,
    bbox: Aabb,
}

impl NormalisedMesh {
    /// Normalises a mesh in its orientation.
    pub fn new(mesh: &TriMesh) -> Self {
        // Scaled first and then moved, as in the published scorer: the last bit decides whether a rim that falls on a
        // whole pixel is drawn there or one pixel before.
        let scale = NORMAL_HEIGHT / mesh.bbox().size()[2].max(MIN_EXTENT);
        let mut vertices: Vec<[f64; 3]> = mesh
            .vertices()
            .iter()
            .map(|vertex| vertex.map(|x| x * scale))
            .collect();
        let bbox = Aabb::around(&vertices);
        let [x, y, _] = bbox.center();
        for vertex in &mut vertices {
            *vertex = [vertex[0] - x, vertex[1] - y, vertex[2] - bbox.min[2]];
        }
        Self {
            bbox: Aabb::around(&vertices),
            vertices,
            triangles: mesh.triangles().to_vec(),
        }
    }

    /// Vertices in normalised mm.
    pub fn vertices(&self) -> &[[f64; 3]] {
        &self.vertices
    }

    /// Vertex indices of each triangle.
    pub fn triangles(&self) -> &[[u32; 3]] {
        &self.triangles
    }

    /// Corners of triangle `index`.
    pub fn corners(&self, index: usize) -> [[f64; 3]; 3] {
        self.triangles[index].map(|vertex| self.vertices[vertex as usize])
    }

    /// The bounding box.
    pub fn bbox(&self) -> Aabb {
        self.bbox
    }

    /// The z extent, at least [`MIN_EXTENT`].
    pub fn height(&self) -> f64 {
        self.bbox.size()[2].max(MIN_EXTENT)
    }
}
