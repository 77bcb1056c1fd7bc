//! Turns what a worker sends into a build, and believes none of it unchecked.
//!
//! A candidate shares its process with the exporter of its mesh, so it can forge that; what is told of the boundary
//! representation comes from a process that read it and ran no candidate. Here the two are held against each other,
//! face by face: what contradicts itself is [`Kind::Forged`].

use std::sync::Arc;

use super::protocol::{CURVES, DoneBlobs, Outcome, SURFACES};
use super::{Build, Execution, Limits};
use crate::failure::{Failure, Kind};
use crate::geometry::{Aabb, BrepEdge, BrepFacts, BrepSurface, MeshError, Shape, TriMesh};

/// By how much of its diagonal the mesh may stick out of the box of the shape that it was made from. Nodes
/// lie on the surface; the rest is for the tolerances of edges and for the kernel's box of a spline.
const BOX_TOLERANCE: f64 = 0.05;

/// By how much of the face's diagonal a node may lie off the surface of its face. The mesher puts nodes on surfaces; a
/// part that needs more is no longer the part.
const SURFACE_TOLERANCE: f64 = 0.01;

/// By how much the triangles of a face may have more area than the face. Chords have less; faces whose wires cross
/// themselves can be covered twice.
const MOST_AREA: f64 = 2.5;

/// The build of an outcome that was not cancelled.
pub fn build(outcome: Outcome, blobs: &DoneBlobs, limits: &Limits) -> Build {
    let shape = match outcome {
        Outcome::Shape { facts } => shape(facts, blobs, limits),
        Outcome::Failed { failure } => Err(honest(failure)),
        Outcome::Cancelled => Err(forged("a candidate that nobody cancelled was cancelled")),
    };
    match shape {
        Ok(shape) => Build::Shape(Arc::new(shape)),
        Err(failure) => Build::Failed(failure),
    }
}

/// What comes of code that is no text.
pub fn bad_encoding(code: &[u8], error: std::str::Utf8Error) -> Execution {
    let at = error.valid_up_to();
    let line = 1 + code[..at].iter().filter(|&&byte| byte == b'\n').count();
    let failure = Failure {
        kind: Kind::BadEncoding,
        message: format!("the code is not UTF-8: byte 0x{:02x} at offset {at}", code[at]),
        line: u32::try_from(line).ok(),
        traceback: String::new(),
    };
    Execution {
        build: Build::Failed(failure),
        stdout: String::new(),
        stderr: String::new(),
        step: None,
        queue_ms: 0.0,
        run_ms: 0.0,
        mesh_ms: 0.0,
        resumed: 0,
        sandbox: None,
        clean: true,
    }
}

fn shape(facts: BrepFacts, blobs: &DoneBlobs, limits: &Limits) -> Result<Shape, Failure> {
    let count = stl_count(&blobs.stl)?;
    if count > limits.triangles {
        let message = format!(
            "the mesh has {count} triangles, the limit is {}",
            limits.triangles
        );
        return Err(failure(Kind::TooManyTriangles, message));
    }
    let mesh = TriMesh::from_stl(&blobs.stl).map_err(|error| match error {
        MeshError::Empty | MeshError::NotFinite(_) => failure(Kind::EmptyGeometry, error.to_string()),
        MeshError::BadIndex(_) | MeshError::Unreadable(_) => forged(&error.to_string()),
    })?;
    let face_triangles = face_triangles(&blobs.faces, count)?;
    let edges = edges(&blobs.edges)?;
    let (tolerance, surfaces) = surfaces(&blobs.surfaces)?;
    check_facts(&facts, face_triangles.len(), &mesh.bbox())?;
    check_faces(&blobs.stl, &face_triangles, &surfaces, tolerance, &facts)?;
    Ok(Shape {
        stl: blobs.stl.as_slice().into(),
        mesh,
        face_triangles,
        edges,
        surfaces,
        facts,
    })
}

/// The number of triangles of a binary STL whose length fits it.
fn stl_count(stl: &[u8]) -> Result<u32, Failure> {
    let count = stl.get(80..84).map(|bytes| u32_at(bytes, 0)).unwrap_or_default();
    if stl.len() as u64 != 84 + 50 * u64::from(count) {
        return Err(forged(&format!(
            "an STL of {} bytes cannot hold {count} triangles",
            stl.len()
        )));
    }
    Ok(count)
}

fn face_triangles(bytes: &[u8], triangles: u32) -> Result<Vec<u32>, Failure> {
    let faces: Vec<u32> = bytes.chunks_exact(4).map(|chunk| u32_at(chunk, 0)).collect();
    let sum: u64 = faces.iter().map(|&count| u64::from(count)).sum();
    if !bytes.len().is_multiple_of(4) || sum != u64::from(triangles) {
        return Err(forged(&format!(
            "faces have {sum} triangles, the mesh has {triangles}"
        )));
    }
    Ok(faces)
}

fn edges(mut bytes: &[u8]) -> Result<Vec<BrepEdge>, Failure> {
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
fn surfaces(bytes: &[u8]) -> Result<(f64, Vec<BrepSurface>), Failure> {
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

/// Whether the triangles of each face lie on that face: a mesh that was made up does not.
fn check_faces(
    stl: &[u8],
    face_triangles: &[u32],
    surfaces: &[BrepSurface],
    tolerance: f64,
    facts: &BrepFacts,
) -> Result<(), Failure> {
    if face_triangles.len() != surfaces.len() {
        return Err(forged(&format!(
            "the mesh is of {} faces, the shape of {}",
            face_triangles.len(),
            surfaces.len()
        )));
    }
    // A sloppy model says so by its tolerance, which may not excuse just anything.
    let sloppy = tolerance.clamp(0.0, SURFACE_TOLERANCE * facts.bbox.diagonal());
    let mut triangles = stl[84..].chunks_exact(50);
    for (number, (&count, face)) in face_triangles.iter().zip(surfaces).enumerate() {
        let known = face.bbox.min.iter().chain(&face.bbox.max).all(|x| x.is_finite());
        let diagonal = if known {
            face.bbox.diagonal()
        } else {
            f64::INFINITY
        };
        let slack = SURFACE_TOLERANCE * diagonal + sloppy + 1e-4;
        let mut area = 0.0;
        for triangle in triangles.by_ref().take(count as usize) {
            let corners: [[f64; 3]; 3] = std::array::from_fn(|corner| {
                std::array::from_fn(|axis| {
                    f64::from(f32::from_bits(u32_at(triangle, 12 + 12 * corner + 4 * axis)))
                })
            });
            area += triangle_area(&corners);
            for corner in corners {
                let inside = (0..3).all(|axis| {
                    corner[axis] >= face.bbox.min[axis] - slack && corner[axis] <= face.bbox.max[axis] + slack
                });
                let off = face.distance(corner).filter(|distance| distance.is_finite());
                if (known && !inside) || off.is_some_and(|distance| distance > slack) {
                    return Err(forged(&format!(
                        "a corner of the mesh, {corner:?}, is not on face {number}, a {}",
                        face.surface
                    )));
                }
            }
        }
        if face.area.is_finite() && area > MOST_AREA * face.area.abs() + slack * slack {
            return Err(forged(&format!(
                "face {number} has {:.6} mm², its mesh {area:.6}",
                face.area
            )));
        }
    }
    Ok(())
}

fn triangle_area(corners: &[[f64; 3]; 3]) -> f64 {
    let side = |to: usize| [0, 1, 2].map(|axis| corners[to][axis] - corners[0][axis]);
    let (a, b) = (side(1), side(2));
    let cross = [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ];
    0.5 * cross.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn check_facts(facts: &BrepFacts, faces: usize, mesh: &Aabb) -> Result<(), Failure> {
    let measures = [facts.volume, facts.area]
        .into_iter()
        .chain(facts.bbox.min)
        .chain(facts.bbox.max);
    if !measures.into_iter().all(f64::is_finite) {
        return Err(failure(
            Kind::EmptyGeometry,
            "the shape's volume, area or box is not finite".to_owned(),
        ));
    }
    // A face that several solids share is meshed once for each of them.
    if facts.faces as usize > faces {
        return Err(forged(&format!(
            "the shape has {} faces, the mesh has {faces}",
            facts.faces
        )));
    }
    let slack = BOX_TOLERANCE * mesh.diagonal() + 1e-6;
    let inside = (0..3).all(|axis| {
        mesh.min[axis] >= facts.bbox.min[axis] - slack && mesh.max[axis] <= facts.bbox.max[axis] + slack
    });
    if !inside {
        return Err(forged(&format!(
            "the mesh, {mesh:?}, sticks out of the shape's box, {:?}",
            facts.bbox
        )));
    }
    Ok(())
}

/// A failure as the child stated it, unless no failing build could have that kind.
fn honest(stated: Failure) -> Failure {
    match stated.kind {
        Kind::BuildOk | Kind::LowEditability | Kind::DisconnectedOrWeak | Kind::Clipped => {
            forged("it names its failure a success")
        }
        _ => stated,
    }
}

fn forged(contradiction: &str) -> Failure {
    failure(
        Kind::Forged,
        format!("what came back contradicts itself: {contradiction}"),
    )
}

fn failure(kind: Kind, message: String) -> Failure {
    Failure {
        kind,
        message,
        line: None,
        traceback: String::new(),
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A triangle in the xy plane, as one face with one edge.
    fn triangle() -> (BrepFacts, DoneBlobs) {
        let corners = [[0.0f32, 0.0, 0.0], [4.0, 0.0, 0.0], [0.0, 2.0, 0.0]];
        let floats = |points: &[[f32; 3]]| {
            points
                .iter()
                .flatten()
                .flat_map(|x| x.to_le_bytes())
                .collect::<Vec<_>>()
        };
        let mut stl = vec![0; 80];
        stl.extend(1u32.to_le_bytes());
        stl.extend(floats(&[[0.0, 0.0, 1.0]]));
        stl.extend(floats(&corners));
        stl.extend([0, 0]);
        let mut edges = vec![0];
        edges.extend(2u32.to_le_bytes());
        edges.extend(floats(&corners[..2]));
        let bbox = Aabb {
            min: [0.0; 3],
            max: [4.0, 2.0, 0.0],
        };
        let facts = BrepFacts {
            solids: 0,
            shells: 0,
            faces: 1,
            edges: 3,
            vertices: 3,
            volume: 0.0,
            area: 4.0,
            bbox,
            valid: true,
            solid_faces: Vec::new(),
            loose: 0,
        };
        let mut surfaces = 1e-7f64.to_le_bytes().to_vec();
        surfaces.push(0);
        let plane = [
            0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 4.0, 0.0, 0.0, 0.0, 4.0, 2.0, 0.0f64,
        ];
        surfaces.extend(plane.iter().flat_map(|field| field.to_le_bytes()));
        (
            facts,
            DoneBlobs {
                stl,
                faces: 1u32.to_le_bytes().to_vec(),
                edges,
                surfaces,
                ..DoneBlobs::default()
            },
        )
    }

    /// Puts a number into the plane's record.
    fn set(blobs: &mut DoneBlobs, field: usize, value: f64) {
        blobs.surfaces[9 + 8 * field..17 + 8 * field].copy_from_slice(&value.to_le_bytes());
    }

    fn kind(facts: BrepFacts, blobs: &DoneBlobs) -> Option<Kind> {
        shape(facts, blobs, &Limits::default())
            .err()
            .map(|failure| failure.kind)
    }

    #[test]
    fn a_consistent_answer_is_a_shape() {
        let (facts, blobs) = triangle();
        let shape = shape(facts, &blobs, &Limits::default()).unwrap();
        assert_eq!(
            (shape.face_triangles.as_slice(), shape.mesh.triangles().len()),
            ([1].as_slice(), 1)
        );
        assert_eq!(
            (shape.edges[0].curve.as_str(), shape.edges[0].points[1]),
            ("LINE", [4.0, 0.0, 0.0])
        );
    }

    #[test]
    fn each_contradiction_is_forged() {
        type Change = fn(&mut BrepFacts, &mut DoneBlobs);
        let changes: [(&str, Change); 14] = [
            ("a triangle too many in the header", |_, blobs| blobs.stl[80] = 2),
            ("no STL", |_, blobs| blobs.stl.clear()),
            ("a face with two triangles", |_, blobs| blobs.faces[0] = 2),
            ("an unknown curve", |_, blobs| blobs.edges[0] = CURVES.len() as u8),
            ("an edge longer than the blob", |_, blobs| blobs.edges[4] = 0xff),
            ("another box", |facts, _| facts.bbox.max[0] = 1.0),
            ("faces without mesh", |facts, _| facts.faces = 9),
            ("a surface too few", |_, blobs| blobs.surfaces.truncate(8)),
            ("half a surface", |_, blobs| {
                blobs.surfaces.pop();
            }),
            ("an unknown surface", |_, blobs| {
                blobs.surfaces[8] = SURFACES.len() as u8;
            }),
            ("another plane", |_, blobs| set(blobs, 4, 1.0)),
            ("another normal", |_, blobs| {
                set(blobs, 5, 1.0);
                set(blobs, 7, 0.0);
            }),
            ("another place on the plane", |_, blobs| set(blobs, 12, 1.0)),
            ("a smaller face", |_, blobs| set(blobs, 8, 0.1)),
        ];
        for (what, change) in changes {
            let (mut facts, mut blobs) = triangle();
            change(&mut facts, &mut blobs);
            assert_eq!(kind(facts, &blobs), Some(Kind::Forged), "{what}");
        }
    }

    #[test]
    fn numbers_that_are_none_are_empty_geometry() {
        let (mut facts, blobs) = triangle();
        facts.volume = f64::NAN;
        assert_eq!(kind(facts, &blobs), Some(Kind::EmptyGeometry));
        let (facts, mut blobs) = triangle();
        blobs.stl[96..100].copy_from_slice(&f32::INFINITY.to_le_bytes());
        assert_eq!(kind(facts, &blobs), Some(Kind::EmptyGeometry));
    }

    #[test]
    fn a_failure_cannot_call_itself_a_success() {
        let stated = Failure {
            kind: Kind::BuildOk,
            message: String::new(),
            line: None,
            traceback: String::new(),
        };
        assert_eq!(honest(stated).kind, Kind::Forged);
    }

    #[test]
    fn code_that_is_no_text_names_byte_and_line() {
        let code = [b"fine\nfi".as_slice(), &[0xff], b"ne"].concat();
        let execution = bad_encoding(&code, std::str::from_utf8(&code).unwrap_err());
        let Build::Failed(failure) = execution.build else {
            panic!("built")
        };
        assert_eq!((failure.kind, failure.line), (Kind::BadEncoding, Some(2)));
        assert!(failure.message.contains("0xff"), "{}", failure.message);
    }

    proptest! {
        #[test]
        fn random_edges_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = edges(&bytes);
        }
    }
}
