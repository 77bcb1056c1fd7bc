//! Reads Wavefront OBJ.
//!
//! Geometry only: materials, normals and texture coordinates are ignored. Polygons are split into triangles as in
//! trimesh, in its order: the order of triangles determines which points of a surface cadforge-v1 samples.

use super::mesh::{MeshError, TriMesh};

pub(super) fn read(bytes: &[u8]) -> Result<TriMesh, MeshError> {
    let options = tobj::LoadOptions {
        ignore_points: true,
        ignore_lines: true,
        ..Default::default()
    };
    let no_materials = |_: &std::path::Path| Ok(Default::default());
    let (models, _) = tobj::load_obj_buf(&mut &*bytes, &options, no_materials)
        .map_err(|error| MeshError::Unreadable(format!("OBJ is broken: {error}")))?;

    let mut vertices: Vec<[f64; 3]> = Vec::new();
    let mut triangles = Vec::new();
    let arities = models.iter().flat_map(|model| &model.mesh.face_arities);
    // A model of triangles only has no arities.
    let all_quads = models.iter().all(|model| !model.mesh.face_arities.is_empty())
        && arities.clone().all(|&arity| arity == 4);
    let mut second_halves = Vec::new();
    for model in &models {
        let first = vertices.len() as u32;
        vertices.extend(model.mesh.positions.chunks_exact(3).map(|p| [p[0], p[1], p[2]]));
        let mut indices = model.mesh.indices.iter().map(|index| first + index);
        let faces = match model.mesh.face_arities.as_slice() {
            [] => vec![3; model.mesh.indices.len() / 3],
            arities => arities.to_vec(),
        };
        for arity in faces {
            let corners: Vec<u32> = indices.by_ref().take(arity as usize).collect();
            match corners[..] {
                [a, b, c, d] if all_quads => {
                    triangles.push([a, b, c]);
                    second_halves.push([c, d, a]);
                }
                [a, b, c, d] => triangles.extend([[a, b, c], [c, d, a]]),
                [tip, ref rest @ ..] => triangles.extend(rest.windows(2).map(|edge| [tip, edge[0], edge[1]])),
                // `tobj` counts a line with only an `f` as a face.
                [] => {}
            }
        }
    }
    triangles.extend(second_halves);
    TriMesh::new(&vertices, &triangles)
}
