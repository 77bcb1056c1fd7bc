//! Decodes the blobs of a worker's reply; malformed ones are forged.

use super::notes;
use super::outcome::forged;
use cadforge_core::failure::Failure;
use cadforge_geometry::{Aabb, BrepEdge, BrepFacts, BrepSurface, Scene, SceneObject, Shape, TriMesh};
use cadforge_protocol::frame::{CURVES, SURFACES, ShownObject};

/// The shown objects, if they can be read and are more than the scored shape in its default appearance.
pub(super) fn scene(shown: &[ShownObject], bytes: &[u8]) -> Option<Scene> {
    let mut rest = bytes;
    let mut take = |count: usize| {
        let (taken, left) = rest.split_at_checked(count)?;
        rest = left;
        Some(taken)
    };
    let mut objects = Vec::new();
    for object in shown {
        let count = u32_at(take(4)?, 0) as usize;
        let corners: Vec<[f64; 3]> = take(count.checked_mul(36)?)?
            .chunks_exact(12)
            .map(|corner| [0, 4, 8].map(|at| f64::from(f32::from_bits(u32_at(corner, at)))))
            .collect();
        let length = u32_at(take(4)?, 0) as usize;
        let edges = edges(take(length)?).ok()?;
        let triangles: Vec<[u32; 3]> = (0..count as u32)
            .map(|at| [3 * at, 3 * at + 1, 3 * at + 2])
            .collect();
        objects.push(SceneObject {
            name: object.name.as_deref().map(notes::plain_name),
            color: object
                .color
                .map(|color| color.map(|channel| channel.clamp(0.0, 1.0))),
            opacity: object.opacity.clamp(0.0, 1.0),
            is_scored: object.is_scored,
            mesh: TriMesh::new(&corners, &triangles).ok(),
            edges,
        });
    }
    Some(Scene { objects })
}

/// A preview, if it can be read: a shape without facts and surfaces.
pub(super) fn preview(bytes: &[u8]) -> Option<Shape> {
    let count = u32_at(bytes.get(80..84)?, 0);
    let (stl, rest) = bytes.split_at_checked(84 + 50 * count as usize)?;
    let faces = u32_at(rest.get(..4)?, 0) as usize;
    let (faces, lines) = rest[4..].split_at_checked(faces.checked_mul(4)?)?;
    Some(Shape {
        stl: stl.into(),
        mesh: TriMesh::from_stl(stl).ok()?,
        face_triangles: face_triangles(faces, count).ok()?,
        edges: edges(lines).ok()?,
        surfaces: Vec::new(),
        facts: BrepFacts::default(),
    })
}

/// The number of triangles of a binary STL, if its length matches.
pub(super) fn stl_count(stl: &[u8]) -> Result<u32, Failure> {
    let count = stl.get(80..84).map(|bytes| u32_at(bytes, 0)).unwrap_or_default();
    if stl.len() as u64 != 84 + 50 * u64::from(count) {
        return Err(forged(&format!(
            "an STL of {} bytes cannot hold {count} triangles",
            stl.len()
        )));
    }
    Ok(count)
}

pub(super) fn face_triangles(bytes: &[u8], triangles: u32) -> Result<Vec<u32>, Failure> {
    let faces: Vec<u32> = bytes.chunks_exact(4).map(|chunk| u32_at(chunk, 0)).collect();
    let sum: u64 = faces.iter().map(|&count| u64::from(count)).sum();
    if !bytes.len().is_multiple_of(4) || sum != u64::from(triangles) {
        return Err(forged(&format!(
            "faces have {sum} triangles, the mesh has {triangles}"
        )));
    }
    Ok(faces)
}

pub(super) fn edges(mut bytes: &[u8]) -> Result<Vec<BrepEdge>, Failure> {
    let mut edges = Vec::new();
    while !bytes.is_empty() {
        let (edge, rest) =
            split_edge(bytes).ok_or_else(|| forged(&format!("edge {} is unreadable", edges.len())))?;
        edges.push(edge);
        bytes = rest;
    }
    Ok(edges)
}

fn split_edge(bytes: &[u8]) -> Option<(BrepEdge, &[u8])> {
    let curve = *CURVES.get(usize::from(*bytes.first()?))?;
    let count = u32_at(bytes.get(1..5)?, 0) as usize;
    let (points, rest) = bytes[5..].split_at_checked(count.checked_mul(12)?)?;
    let points: Vec<[f32; 3]> = points
        .chunks_exact(12)
        .map(|point| [0, 4, 8].map(|at| f32::from_bits(u32_at(point, at))))
        .collect();
    let sound = count >= 2 && points.iter().flatten().all(|x| x.is_finite());
    sound.then(|| {
        (
            BrepEdge {
                curve: curve.to_owned(),
                points,
            },
            rest,
        )
    })
}

/// The largest tolerance and the faces.
pub(super) fn surfaces(bytes: &[u8]) -> Result<(f64, Vec<BrepSurface>), Failure> {
    const FIELDS: usize = 15;
    let unreadable = || forged("the faces are unreadable");
    let (tolerance, faces) = bytes.split_at_checked(8).ok_or_else(unreadable)?;
    let number = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().expect("eight bytes"));
    let mut found = Vec::with_capacity(faces.len() / (1 + 8 * FIELDS));
    let chunks = faces.chunks_exact(1 + 8 * FIELDS);
    if !chunks.remainder().is_empty() {
        return Err(unreadable());
    }
    for face in chunks {
        let surface = SURFACES.get(usize::from(face[0])).ok_or_else(unreadable)?;
        let fields: [f64; FIELDS] = std::array::from_fn(|at| number(&face[1 + 8 * at..9 + 8 * at]));
        let triple = |at: usize| [fields[at], fields[at + 1], fields[at + 2]];
        found.push(BrepSurface {
            surface: (*surface).to_owned(),
            radius: fields[0],
            second: fields[1],
            point: triple(2),
            axis: triple(5),
            area: fields[8],
            bbox: Aabb {
                min: triple(9),
                max: triple(12),
            },
        });
    }
    Ok((number(tolerance), found))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn random_edges_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = edges(&bytes);
            let _ = preview(&bytes);
        }
    }
}
