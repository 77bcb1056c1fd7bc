//! Converts a worker's reply to a build, and verifies it.
//!
//! A candidate shares its process with the exporter of its mesh, so it can forge the mesh; facts about the boundary
//! representation come from a process that ran no candidate code. An exported mesh is compared with them, see
//! [`super::mesh_check`]; if they contradict each other, a second mesh decides.

use std::sync::Arc;

use super::decode::{edges, face_triangles, scene, stl_count, surfaces};
use super::execution::{Build, Execution};
use super::mesh_check::{self, Contradiction, DisputedMesh};
use super::notes;
use cadforge_core::failure::{Failure, Kind};
use cadforge_geometry::{Aabb, BrepFacts, BrepSurface, MeshError, Scene, Shape, TriMesh};
use cadforge_protocol::frame::{Claims, DoneBlobs, Outcome};
use cadforge_protocol::{MeshMethod, RunSpec};

/// Resolution of single precision, as a share of a part's diagonal, that leaves nothing of its form.
const MAX_RESOLUTION: f64 = 0.1;

pub(crate) struct RunOutcome {
    /// Shape or failure.
    pub(crate) build: Build,
    pub(crate) notes: Vec<String>,
    /// Whether more was shown than the part in its default appearance.
    pub(crate) shows_more: bool,
    /// The shown objects, of a live run.
    pub(crate) scene: Option<Scene>,
    /// A part that is displayed and not scored, of a live run.
    pub(crate) unscored: Option<Arc<Shape>>,
    /// Set if the mesh contradicts the shape.
    pub(crate) disputed: Option<DisputedMesh>,
}

/// The verified result of an outcome.
pub(crate) fn of(outcome: Outcome, claims: &Claims, blobs: &DoneBlobs, spec: &RunSpec) -> RunOutcome {
    let failed = |failure| RunOutcome {
        build: Build::Failed(failure),
        notes: Vec::new(),
        shows_more: false,
        scene: None,
        unscored: None,
        disputed: None,
    };
    if let Some(refusal) = &claims.refusal
        && outcome != Outcome::Cancelled
    {
        // Whatever the part's own faults: the failure is the same with and without display.
        let unscored = match outcome {
            Outcome::Shape { facts } => shape(facts, blobs, spec).ok(),
            Outcome::Failed { .. } | Outcome::Cancelled => None,
        };
        return RunOutcome {
            unscored: unscored.map(|(shape, _)| Arc::new(shape)),
            ..failed(failure(Kind::MissingFixture, refusal.clone()))
        };
    }
    let facts = match outcome {
        Outcome::Shape { facts } => facts,
        Outcome::Failed { failure } => return failed(checked_failure(failure)),
        Outcome::Cancelled => return failed(forged("the run was cancelled without a request")),
    };
    let (shape, contradiction) = match shape(facts, blobs, spec) {
        Ok(shape) => shape,
        Err(failure) => return failed(failure),
    };
    let disputed = contradiction.map(|contradiction| DisputedMesh::new(&shape.mesh, contradiction));
    let notes = notes::of(&shape.facts, &shape.mesh, claims);
    // A malformed scene is the candidate's doing: it is not displayed, and the scored shape is unaffected.
    let scene = scene(&claims.shown, &blobs.scene).filter(|scene| !scene.objects.is_empty());
    RunOutcome {
        build: Build::Shape(Arc::new(shape)),
        notes,
        shows_more: claims.shows_more(),
        scene,
        unscored: None,
        disputed,
    }
}

/// The result for code that is not UTF-8.
pub(crate) fn bad_encoding(code: &[u8], error: std::str::Utf8Error) -> Execution {
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
        notes: Vec::new(),
        shows_more: false,
        scene: None,
        unscored: None,
        disputed: None,
        queue_ms: 0.0,
        run_ms: 0.0,
        mesh_ms: 0.0,
        resumed: 0,
        sandbox: None,
        cacheable: true,
    }
}

/// The verified shape, and how its mesh contradicts it, if it does.
fn shape(
    facts: BrepFacts,
    blobs: &DoneBlobs,
    spec: &RunSpec,
) -> Result<(Shape, Option<Contradiction>), Failure> {
    let count = stl_count(&blobs.stl)?;
    if count > spec.limits.triangles {
        let message = format!(
            "the mesh has {count} triangles, the limit is {}",
            spec.limits.triangles
        );
        return Err(failure(Kind::TooManyTriangles, message));
    }
    let mesh = TriMesh::from_stl(&blobs.stl).map_err(|error| match error {
        MeshError::Empty | MeshError::NotFinite(_) => failure(Kind::EmptyGeometry, error.to_string()),
        MeshError::BadIndex(_) | MeshError::Unreadable(_) => forged(&error.to_string()),
    })?;
    if ![facts.volume, facts.area].into_iter().all(f64::is_finite) {
        return Err(failure(
            Kind::EmptyGeometry,
            "the shape's volume or area is not finite".to_owned(),
        ));
    }
    let face_triangles = face_triangles(&blobs.faces, count)?;
    let edges = edges(&blobs.edges)?;
    let (tolerance, surfaces) = surfaces(&blobs.surfaces)?;
    let contradiction = match spec.mesh {
        MeshMethod::Exported => mesh_check::contradiction(
            &blobs.stl,
            &face_triangles,
            &surfaces,
            tolerance,
            &facts,
            &mesh.bbox(),
        ),
        MeshMethod::Verified => None,
        MeshMethod::Bounded => {
            check_precision(&mesh.bbox(), &surfaces)?;
            None
        }
    };
    let shape = Shape {
        stl: blobs.stl.as_slice().into(),
        mesh,
        face_triangles,
        edges,
        surfaces,
        facts,
    };
    Ok((shape, contradiction))
}

/// Refuses a part so far from the origin that the single precision of an STL cannot separate its corners.
fn check_precision(mesh: &Aabb, surfaces: &[BrepSurface]) -> Result<(), Failure> {
    let farthest = mesh
        .min
        .iter()
        .chain(&mesh.max)
        .fold(0.0f64, |most, x| most.max(x.abs()));
    let step = mesh_check::step_at(farthest);
    // From the faces: the mesh has lost its size already.
    let boxes = surfaces.iter().map(|face| &face.bbox);
    let size: [f64; 3] = std::array::from_fn(|axis| {
        let low = boxes
            .clone()
            .map(|aabb| aabb.min[axis])
            .fold(f64::INFINITY, f64::min);
        let high = boxes
            .clone()
            .map(|aabb| aabb.max[axis])
            .fold(f64::NEG_INFINITY, f64::max);
        high - low
    });
    let diagonal = size.iter().map(|x| x * x).sum::<f64>().sqrt();
    if !diagonal.is_finite() || step <= MAX_RESOLUTION * diagonal {
        return Ok(());
    }
    Err(failure(
        Kind::EmptyGeometry,
        format!(
            "coordinates too large for a mesh: the part is {diagonal:.4} mm in size but lies {farthest:.1e} mm from the \
             origin, where a mesh can only tell points {step:.0} mm apart; move it nearer the origin"
        ),
    ))
}

/// The child's failure, unless its kind is one that no failed build has.
fn checked_failure(stated: Failure) -> Failure {
    match stated.kind {
        Kind::BuildOk | Kind::LowEditability | Kind::DisconnectedOrWeak | Kind::Clipped => {
            forged("it reports a failure of a kind that no failed build has")
        }
        _ => stated,
    }
}

pub(super) fn forged(contradiction: &str) -> Failure {
    failure(
        Kind::Forged,
        format!("the result contradicts itself: {contradiction}"),
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

#[cfg(test)]
mod tests {
    use cadforge_protocol::frame::{CURVES, SURFACES};

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
        let facts = BrepFacts {
            faces: 1,
            edges: 3,
            vertices: 3,
            area: 4.0,
            valid: true,
            ..BrepFacts::default()
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

    /// Sets a number in the plane's record.
    fn set(blobs: &mut DoneBlobs, field: usize, value: f64) {
        blobs.surfaces[9 + 8 * field..17 + 8 * field].copy_from_slice(&value.to_le_bytes());
    }

    /// The kind of the failure; `Forged` if the mesh contradicts the shape.
    fn kind(facts: BrepFacts, blobs: &DoneBlobs) -> Option<Kind> {
        match shape(facts, blobs, &RunSpec::default()) {
            Ok((_, contradiction)) => contradiction.map(|_| Kind::Forged),
            Err(failure) => Some(failure.kind),
        }
    }

    #[test]
    fn a_consistent_reply_is_a_shape() {
        let (facts, blobs) = triangle();
        let (shape, contradiction) = shape(facts, &blobs, &RunSpec::default()).unwrap();
        assert!(contradiction.is_none());
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
    fn an_unscored_part_keeps_the_failure_of_the_code() {
        let claims = Claims {
            refusal: Some("`r` was only written to a file".to_owned()),
            ..Claims::default()
        };
        let (facts, blobs) = triangle();
        let mut broken = blobs.clone();
        broken.stl.clear();
        let crash = failure(Kind::EmptyGeometry, "no triangles".to_owned());
        for (outcome, blobs, is_displayed) in [
            (Outcome::Shape { facts: facts.clone() }, &blobs, true),
            (Outcome::Shape { facts }, &broken, false),
            (Outcome::Failed { failure: crash }, &blobs, false),
        ] {
            let answer = of(outcome, &claims, blobs, &RunSpec::default());
            assert_eq!(answer.unscored.is_some(), is_displayed);
            let Build::Failed(failure) = answer.build else {
                panic!("it was scored")
            };
            assert_eq!(
                (failure.kind, &Some(failure.message)),
                (Kind::MissingFixture, &claims.refusal)
            );
        }
    }

    #[test]
    fn each_contradiction_is_forged() {
        type Change = fn(&mut BrepFacts, &mut DoneBlobs);
        let changes: [(&str, Change); 13] = [
            ("a triangle too many in the header", |_, blobs| blobs.stl[80] = 2),
            ("no STL", |_, blobs| blobs.stl.clear()),
            ("a face with two triangles", |_, blobs| blobs.faces[0] = 2),
            ("an unknown curve", |_, blobs| blobs.edges[0] = CURVES.len() as u8),
            ("an edge longer than the blob", |_, blobs| blobs.edges[4] = 0xff),
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
    fn numbers_that_are_not_finite_are_empty_geometry() {
        let (mut facts, blobs) = triangle();
        facts.volume = f64::NAN;
        assert_eq!(kind(facts, &blobs), Some(Kind::EmptyGeometry));
        let (facts, mut blobs) = triangle();
        blobs.stl[96..100].copy_from_slice(&f32::INFINITY.to_le_bytes());
        assert_eq!(kind(facts, &blobs), Some(Kind::EmptyGeometry));
    }

    #[test]
    fn a_failure_cannot_report_a_kind_of_success() {
        let stated = Failure {
            kind: Kind::BuildOk,
            message: String::new(),
            line: None,
            traceback: String::new(),
        };
        assert_eq!(checked_failure(stated).kind, Kind::Forged);
    }

    #[test]
    fn code_that_is_not_utf8_names_byte_and_line() {
        let code = [b"fine\nfi".as_slice(), &[0xff], b"ne"].concat();
        let execution = bad_encoding(&code, std::str::from_utf8(&code).unwrap_err());
        let Build::Failed(failure) = execution.build else {
            panic!("built")
        };
        assert_eq!((failure.kind, failure.line), (Kind::BadEncoding, Some(2)));
        assert!(failure.message.contains("0xff"), "{}", failure.message);
    }
}
