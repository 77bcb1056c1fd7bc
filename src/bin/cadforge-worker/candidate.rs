//! The child that runs a candidate's code, step by step, and hands over the shape that came of it.
//!
//! Shares its process with the candidate, so nothing it reports is more than a claim: what is believed of a shape
//! is what another child reads from the handed-over boundary representation.

use std::os::fd::OwnedFd;
use std::time::Instant;

use cadforge::executor::MeshKind;
use cadforge::executor::protocol::{Claims, OperationEffect, Ran, Remark, ShownObject, write_frame};
use cadforge::failure::{Failure, Kind, classify_exception_lineage};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::child::{self, Post};
use crate::control::{News, Order};
use crate::linux;
use crate::plan::Plan;
use crate::sandbox;

/// A step may be paused at when so much CPU time, in seconds, has passed since the last pause. A pause costs about
/// half of this, so that a first run loses little, and a resumed one starts at most this much too early.
const WORTH_A_PAUSE: f64 = 0.012;

/// Runs the steps of the plan and writes the report.
///
/// The working folder of a run with a project holds links to what lies in the project folder.
pub fn run(
    harness: &Bound<'_, PyModule>,
    mut post: Post,
    listener: Option<OwnedFd>,
    has_project: bool,
) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    harness
        .call_method1(
            "prepare",
            (
                post.last_words.descriptor(),
                post.source.descriptor(),
                has_project,
            ),
        )
        .map_err(|error| text(&error))?;
    let news = listener.map_or(News::Prepared, News::PreparedWithListener);
    post.control.tell(&news).map_err(|error| text(&error))?;
    drop(news);

    let mut started = Instant::now();
    let executed = execute(harness, &mut post, &mut started);
    let run_ms = milliseconds(started);

    let started = Instant::now();
    let built = executed.and_then(|()| export(harness, &mut post));
    let mesh_ms = milliseconds(started);

    sandbox::release_reserve();
    let (outcome, faces, claims) = match built {
        Ok((faces, claims)) => (Ok(()), faces, claims),
        Err(error) => (Err(describe(harness, &error)), Vec::new(), Claims::default()),
    };
    // Prints that are still buffered belong to the candidate, whatever became of it.
    let _ = harness.call_method0("flush");
    let report = Ran {
        outcome,
        run_ms,
        mesh_ms,
        claims,
    };
    write_frame(post.report.file(), &report, &[&faces]).map_err(|error| text(&error))?;
    post.control.tell(&News::Done).map_err(|error| text(&error))?;
    // Whoever reads the shape may find it invalid, and ask what made it so.
    if let Ok(Some(Order::Go(_))) = post.control.next_order() {
        let (line, method) = find_broken_clean(harness).unwrap_or_default();
        post.control
            .tell(&News::Diagnosed(line, method))
            .map_err(|error| text(&error))?;
    }
    Ok(())
}

/// Methods by the number under which a child tells of them.
pub const METHODS: [&str; 20] = [
    "a boolean",
    "cut",
    "union",
    "intersect",
    "extrude",
    "revolve",
    "sweep",
    "loft",
    "twistExtrude",
    "hole",
    "cboreHole",
    "cskHole",
    "cutBlind",
    "cutThruAll",
    "combine",
    "clean",
    "box",
    "sphere",
    "cylinder",
    "fillet",
];

/// Line and number of the method of the first operation that a clean-up broke.
fn find_broken_clean(harness: &Bound<'_, PyModule>) -> Option<(u32, u32)> {
    let found = harness
        .getattr("operations")
        .and_then(|operations| operations.call_method0("find_broken_clean"))
        .ok()?;
    let (line, method, _): (u32, Option<String>, u32) = found.extract().ok()?;
    let named = METHODS.iter().position(|known| Some(*known) == method.as_deref());
    Some((line, named.unwrap_or_default() as u32))
}

/// Nothing in here that depends on what is still to come may allocate: a child that goes on from a pause must find
/// the memory that an uninterrupted run would have.
fn execute(harness: &Bound<'_, PyModule>, post: &mut Post, started: &mut Instant) -> PyResult<()> {
    let python = harness.py();
    let step = harness.getattr("step")?;
    let mut next = 0;
    let mut paused_at = linux::own_cpu_s();
    while let Some((at, length)) = Plan::entry(&post.plan, next)? {
        if post.terms.pausing && next > 0 && linux::own_cpu_s() - paused_at > WORTH_A_PAUSE {
            child::pause(post, next)?;
            if post.terms.from == next {
                // A child that takes over: the plan may be another one from here on.
                *started = Instant::now();
                post.terms.from = 0;
                paused_at = linux::own_cpu_s();
                continue;
            }
            paused_at = linux::own_cpu_s();
        }
        let code = PyBytes::new_with(python, length, |bytes| Ok(post.plan.read_exact_at(bytes, at)?))?;
        if !step.call1((code,))?.is_truthy()? {
            break;
        }
        next += 1;
    }
    Ok(())
}

/// An object that the code showed, as the harness tells of it: shape, name, colour, opacity, whether it is scored.
type Shown<'py> = (Bound<'py, PyAny>, Option<String>, Option<[f32; 3]>, f32, bool);

/// Hands the shape over and, where it is asked for, its mesh; returns the triangles of each face.
fn export(harness: &Bound<'_, PyModule>, post: &mut Post) -> PyResult<(Vec<u8>, Claims)> {
    let chosen = harness.call_method1("choose", (post.terms.displays,))?;
    let refusal: Option<String> = chosen.getattr("refusal")?.extract()?;
    match (hand_over(harness, post, &chosen, refusal.clone()), refusal) {
        // Nobody looks at a part that has nothing to be seen; what is wrong with the code is that it is not scored.
        (Err(_), Some(refusal)) => {
            let error = harness.getattr("NotExportable")?.call1((refusal,))?;
            Err(PyErr::from_value(error))
        }
        (handed_over, _) => handed_over,
    }
}

fn hand_over(
    harness: &Bound<'_, PyModule>,
    post: &mut Post,
    chosen: &Bound<'_, PyAny>,
    refusal: Option<String>,
) -> PyResult<(Vec<u8>, Claims)> {
    let shape = chosen.getattr("shape")?;
    let objects: Vec<Shown<'_>> = chosen.getattr("objects")?.extract()?;
    let claims = Claims {
        shown: objects
            .iter()
            .map(|(_, name, color, opacity, is_scored)| ShownObject {
                name: name.clone(),
                color: *color,
                opacity: *opacity,
                is_scored: *is_scored,
            })
            .collect(),
        unscored: chosen.getattr("unscored")?.extract()?,
        remarks: remarks(harness).unwrap_or_default(),
        refusal,
    };
    // One part in its usual looks is displayed as what is scored.
    let displayed = if post.terms.displays && claims.shows_more() {
        objects.len()
    } else {
        0
    };
    let shapes: Vec<_> = std::iter::once(&shape)
        .chain(objects.iter().take(displayed).map(|object| &object.0))
        .collect();
    harness.call_method1("write_brep", (shapes, post.brep.path()))?;
    // From here on it is read, while this process makes the mesh.
    post.control.tell(&News::HandedOver(displayed as u32))?;
    let faces = match post.terms.mesh {
        MeshKind::Exported => {
            let hardest: String = harness.call_method1("hardest_face", (&shape,))?.extract()?;
            child::note_mesh(post, &hardest)?;
            let counts: Vec<u32> = harness
                .call_method1("write_stl", (&shape, post.stl.path(), post.terms.triangles))?
                .extract()?;
            counts.iter().flat_map(|count| count.to_le_bytes()).collect()
        }
        MeshKind::Verified | MeshKind::Bounded => Vec::new(),
    };
    Ok((faces, claims))
}

/// What the code did without effect.
fn remarks(harness: &Bound<'_, PyModule>) -> PyResult<Vec<Remark>> {
    let found: Vec<(u32, String, usize)> = harness
        .getattr("operations")?
        .call_method0("remarks")?
        .extract()?;
    let remark = |(line, method, effect): (u32, String, usize)| {
        let effect = *OperationEffect::ALL.get(effect)?;
        Some(Remark { line, method, effect })
    };
    Ok(found.into_iter().filter_map(remark).collect())
}

/// What the harness tells of an exception.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Description {
    lineage: Vec<String>,
    own: Option<String>,
    refused: bool,
    message: String,
    line: Option<u32>,
    traceback: String,
}

/// A failure in the words of the harness.
pub fn describe(harness: &Bound<'_, PyModule>, error: &PyErr) -> Failure {
    let python = harness.py();
    let described = harness
        .call_method1("describe", (error.value(python), error.traceback(python)))
        .and_then(|description| description.extract::<Description>());
    match described {
        Ok(Description {
            lineage,
            own,
            refused,
            message,
            line,
            traceback,
        }) => {
            let kind = match own.as_deref() {
                Some("NotExportable") => Kind::MissingFixture,
                Some("NoTriangles") => Kind::EmptyGeometry,
                Some("TooManyTriangles") => Kind::TooManyTriangles,
                Some("Unreadable") => Kind::Forged,
                _ if refused => Kind::Sandbox,
                _ => classify_exception_lineage(&lineage, &message),
            };
            Failure {
                kind,
                message,
                // Of a file as a whole Python says line 0.
                line: line.filter(|line| *line > 0),
                traceback,
            }
        }
        // The candidate may have broken whatever a description needs, or left no memory for it.
        Err(_) => {
            let name = error
                .get_type(python)
                .name()
                .map_or_else(|_| "Exception".to_owned(), |name| name.to_string());
            let kind = classify_exception_lineage(&[&name], "");
            Failure {
                kind,
                message: name,
                line: None,
                traceback: String::new(),
            }
        }
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
