//! Reads and writes STL.
//!
//! Reads corners only: normals follow from them, and attributes have no agreed meaning.

use super::{MeshError, TriMesh};

const HEADER: usize = 80;
const RECORD: usize = 50;

/// Three corners for each triangle, in file order.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<[f32; 3]>, MeshError> {
    // The length decides: binary files that begin with `solid` are common.
    match claimed_triangles(bytes) {
        Some(claimed) if bytes.len() as u64 == claimed_length(claimed) => Ok(read_binary(bytes)),
        _ if looks_like_text(bytes) => read_ascii(bytes),
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
    let count = mesh.triangles().len();
    let mut out = Vec::with_capacity(HEADER + 4 + RECORD * count);
    let mut header = [b' '; HEADER];
    header[..13].copy_from_slice(b"binary STL mm");
    out.extend_from_slice(&header);
    out.extend_from_slice(&(count as u32).to_le_bytes());
    for index in 0..count {
        let corners = mesh.corners(index);
        for row in [normal(corners), corners[0], corners[1], corners[2]] {
            for x in row {
                out.extend_from_slice(&(x as f32).to_le_bytes());
            }
        }
        out.extend_from_slice(&[0, 0]);
    }
    out
}

fn claimed_triangles(bytes: &[u8]) -> Option<u32> {
    let count = bytes.get(HEADER..HEADER + 4)?;
    Some(u32::from_le_bytes(count.try_into().expect("four bytes")))
}

fn claimed_length(triangles: u32) -> u64 {
    (HEADER + 4) as u64 + RECORD as u64 * u64::from(triangles)
}

fn read_binary(bytes: &[u8]) -> Vec<[f32; 3]> {
    let mut corners = Vec::with_capacity((bytes.len() - HEADER - 4) / RECORD * 3);
    for record in bytes[HEADER + 4..].chunks_exact(RECORD) {
        for corner in record[12..48].chunks_exact(12) {
            corners.push(std::array::from_fn(|axis| {
                f32::from_le_bytes(corner[4 * axis..4 * axis + 4].try_into().expect("four bytes"))
            }));
        }
    }
    corners
}

fn looks_like_text(bytes: &[u8]) -> bool {
    bytes
        .trim_ascii_start()
        .get(..5)
        .is_some_and(|word| word.eq_ignore_ascii_case(b"solid"))
}

/// Takes every `vertex x y z` inside `facet … endfacet`. Bytes outside ASCII may only stand in the name.
fn read_ascii(bytes: &[u8]) -> Result<Vec<[f32; 3]>, MeshError> {
    let mut corners = Vec::new();
    let mut closed = false;
    for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let broken = |what: &str| unreadable(format!("STL line {}: {what}", index + 1));
        let mut words = line
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        let Some(word) = words.next() else { continue };
        if word.eq_ignore_ascii_case(b"vertex") {
            let mut corner = [0.0; 3];
            for x in &mut corner {
                let number = words.next().and_then(|word| std::str::from_utf8(word).ok());
                *x = number
                    .and_then(|number| number.parse().ok())
                    .ok_or_else(|| broken("a vertex needs three numbers"))?;
            }
            corners.push(corner);
        } else if word.eq_ignore_ascii_case(b"endfacet") {
            if corners.len() % 3 != 0 {
                return Err(broken("a facet has three vertices"));
            }
        } else if word.eq_ignore_ascii_case(b"endsolid") {
            closed = true;
        }
    }
    if !closed || corners.len() % 3 != 0 {
        return Err(unreadable("STL is cut off: it has no `endsolid`".into()));
    }
    Ok(corners)
}

fn normal([a, b, c]: [[f64; 3]; 3]) -> [f64; 3] {
    let cross = super::normalised::cross(a, b, c);
    let length = cross.iter().map(|x| x * x).sum::<f64>().sqrt();
    if length > 0.0 {
        cross.map(|x| x / length)
    } else {
        [0.0; 3]
    }
}

fn unreadable(message: String) -> MeshError {
    MeshError::Unreadable(message)
}
