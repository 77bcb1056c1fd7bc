//! Reads Wavefront OBJ.
//!
//! Geometry only: materials, normals and texture coordinates are ignored; polygons become fans.

use super::{MeshError, TriMesh};

pub(super) fn read(bytes: &[u8]) -> Result<TriMesh, MeshError> {
    let options = tobj::LoadOptions {
        triangulate: true,
        ignore_points: true,
        ignore_lines: true,
        ..Default::default()
    };
    let no_materials = |_: &std::path::Path| Ok(Default::default());
    let (models, _) = tobj::load_obj_buf(&mut &*bytes, &options, no_materials)
        .map_err(|error| MeshError::Unreadable(format!("OBJ is broken: {error}")))?;

    let mut vertices: Vec<[f64; 3]> = Vec::new();
    let mut triangles = Vec::new();
    for model in &models {
        let first = vertices.len() as u32;
        vertices.extend(
            model
                .mesh
                .positions
                .chunks_exact(3)
                .map(|p| [p[0], p[1], p[2]].map(f64::from)),
        );
        triangles.extend(
            model
                .mesh
                .indices
                .chunks_exact(3)
                .map(|t| [t[0], t[1], t[2]].map(|i| first + i)),
        );
    }
    TriMesh::new(&vertices, &triangles)
}
