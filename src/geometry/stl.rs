//! Reads and writes STL, with `stl_io` for the records.
//!
//! The length of a file decides its format before a record is read: a header cannot announce more than there is. Reads
//! corners only: normals follow from them, and attributes have no agreed meaning.

use super::mesh::{MeshError, TriMesh};
use super::vector;

const HEADER: usize = 80;
const RECORD: usize = 50;
const SOLID: &[u8] = b"solid";

/// Three corners for each triangle, in file order.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<[f32; 3]>, MeshError> {
    // By length: many binary files begin with `solid`.
    match claimed_triangles(bytes) {
        // `stl_io` reads past the header of an empty file.
        Some(0) if bytes.len() as u64 == claimed_length(0) => Ok(Vec::new()),
        Some(claimed) if bytes.len() as u64 == claimed_length(claimed) => read_binary(bytes),
        _ if looks_like_text(bytes) => read_text(bytes),
        Some(claimed) => Err(unreadable(format!(
            "STL is broken: its header announces {claimed} triangles, which take {} bytes, but it has {}",
            claimed_length(claimed),
            bytes.len()
        ))),
        None => Err(unreadable(format!(
            "STL is broken: {} bytes are too few for a header",
            bytes.len()
        ))),
    }
}

/// A binary STL of the mesh, in triangle order.
pub(super) fn write(mesh: &TriMesh) -> Vec<u8> {
    let rounded = |point: [f64; 3]| stl_io::Vector::new(point.map(|x| x as f32));
    let triangles: Vec<_> = (0..mesh.triangles().len())
        .map(|index| {
            let corners = mesh.corners(index);
            stl_io::Triangle {
                normal: rounded(unit_normal(corners)),
                vertices: corners.map(rounded),
            }
        })
        .collect();
    let mut out = Vec::with_capacity(HEADER + 4 + RECORD * triangles.len());
    stl_io::write_stl(&mut out, triangles.iter()).expect("a vector takes all that is written");
    out
}

fn claimed_triangles(bytes: &[u8]) -> Option<u32> {
    let count = bytes.get(HEADER..HEADER + 4)?;
    Some(u32::from_le_bytes(count.try_into().expect("four bytes")))
}

fn claimed_length(triangles: u32) -> u64 {
    (HEADER + 4) as u64 + RECORD as u64 * u64::from(triangles)
}

/// A file whose length shows that it is binary must not be read as text because of its first word.
fn read_binary(bytes: &[u8]) -> Result<Vec<[f32; 3]>, MeshError> {
    if bytes.starts_with(b"solid") {
        let mut named_otherwise = bytes.to_vec();
        named_otherwise[..5].fill(b' ');
        return read_triangles(&named_otherwise);
    }
    read_triangles(bytes)
}

fn looks_like_text(bytes: &[u8]) -> bool {
    bytes
        .trim_ascii_start()
        .get(..SOLID.len())
        .is_some_and(|word| word.eq_ignore_ascii_case(SOLID))
}

/// `stl_io` recognises text by its first six bytes, `solid` and a space; real files vary in both.
fn read_text(bytes: &[u8]) -> Result<Vec<[f32; 3]>, MeshError> {
    let rest = &bytes.trim_ascii_start()[SOLID.len()..];
    read_triangles(&[SOLID, b" ", rest].concat())
}

fn read_triangles(bytes: &[u8]) -> Result<Vec<[f32; 3]>, MeshError> {
    let broken = |error: std::io::Error| unreadable(format!("STL is broken: {error}"));
    let mut bytes = std::io::Cursor::new(bytes);
    let mut corners = Vec::new();
    for triangle in stl_io::create_stl_reader(&mut bytes).map_err(broken)? {
        corners.extend(triangle.map_err(broken)?.vertices.map(<[f32; 3]>::from));
    }
    Ok(corners)
}

fn unit_normal(corners: [[f64; 3]; 3]) -> [f64; 3] {
    let normal = vector::normal(corners);
    let length = vector::length(normal);
    if length > 0.0 {
        normal.map(|x| x / length)
    } else {
        [0.0; 3]
    }
}

fn unreadable(message: String) -> MeshError {
    MeshError::Unreadable(message)
}
