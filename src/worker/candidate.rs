//! The runner: executes a candidate's steps and exports the shape.
//!
//! It shares its process with the candidate, so everything that it reports is an unverified claim; facts about a shape
//! come from the reader, which reads the exported boundary representation.

use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::time::Instant;

use cadforge_core::failure::{Failure, Kind, classify_exception_lineage};
use cadforge_protocol::MeshMethod;
use cadforge_protocol::frame::{Claims, OperationEffect, Remark, RunReport, ShownObject, write_frame};
use cadforge_protocol::stage::{Stage, StageProcess};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::context::{self, ChildContext};
use crate::control::{Command, Event, ProcessSpec};
use crate::plan::Plan;
use crate::stages::Stages;
use crate::{sandbox, variants};
use cadforge_platform::linux::{self, MemoryFile};

/// Most triangles of a preview: what a software renderer draws while it is turned.
const MAX_PREVIEW_TRIANGLES: u32 = 200_000;

/// CPU seconds between two pauses. A pause costs about half of this, so a first run loses little, and a resumed run
/// repeats at most this much.
const PAUSE_INTERVAL_S: f64 = 0.012;

/// Runs the steps of the plan and writes the report.
///
/// With a project, the working folder holds links to the entries of the project folder.
pub(crate) fn run(
    harness: &Bound<'_, PyModule>,
    mut context: ChildContext,
    listener: Option<OwnedFd>,
    has_project: bool,
) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    harness
        .call_method1(
            "prepare",
            (
                context.stack_dump.descriptor(),
                context.source.descriptor(),
                has_project,
                context.process_spec.varies,
                context.process_spec.timed,
            ),
        )
        .map_err(|error| text(&error))?;
    let event = listener.map_or(Event::Prepared, Event::PreparedWithListener);
    context.control.send(&event).map_err(|error| text(&error))?;
    drop(event);

    let mut stages = Stages::new(StageProcess::Candidate, context.process_spec.timed);
    let mut started = Instant::now();
    let executed = execute(harness, &mut context, &mut started);
    let run_ms = milliseconds(started);
    stages.end("code");

    let started = Instant::now();
    let mut scored = None;
    let built = executed.and_then(|()| export(harness, &mut context, &mut stages, &mut scored));
    let mesh_ms = milliseconds(started);

    sandbox::release_reserve();
    let (outcome, faces, claims) = match built {
        Ok((faces, claims)) => (Ok(()), faces, claims),
        Err(error) => (Err(describe(harness, &error)), Vec::new(), Claims::default()),
    };
    // Buffered output belongs to the candidate, whatever its result.
    let _ = harness.call_method0("flush");
    let mut stages = stages.take().stages;
    if context.process_spec.timed {
        stages.extend(statements_and_operations(harness).unwrap_or_default());
    }
    let report = RunReport {
        outcome,
        run_ms,
        mesh_ms,
        claims,
        stages,
    };
    write_frame(context.report.file(), &report, &[&faces]).map_err(|error| text(&error))?;
    context.control.send(&Event::Done).map_err(|error| text(&error))?;
    // The reader measures meanwhile. Without a preview the part is seen once it is measured.
    if let Some(shape) = scored
        && preview(harness, &mut context, &shape).is_ok()
    {
        context
            .control
            .send(&Event::Previewed)
            .map_err(|error| text(&error))?;
    }
    loop {
        match context.control.next_command() {
            // The reader found the shape invalid: which operation broke it?
            Ok(Some(Command::Go(_))) => {
                let (line, method) = find_broken_clean(harness).unwrap_or_default();
                let event = Event::Diagnosed(line, method);
                context.control.send(&event).map_err(|error| text(&error))?;
            }
            Ok(Some(Command::Vary([source, brep], reuse))) => {
                let (source, brep) = (
                    MemoryFile::from_descriptor(source),
                    MemoryFile::from_descriptor(brep),
                );
                variants::run_one(harness, &context, &source, &brep, reuse).map_err(|error| text(&error))?;
            }
            _ => return Ok(()),
        }
    }
}

/// Methods by the index that `Event::Diagnosed` holds.
pub(crate) const METHODS: [&str; 20] = [
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

/// Line and method index of the first operation whose result a clean-up broke.
fn find_broken_clean(harness: &Bound<'_, PyModule>) -> Option<(u32, u32)> {
    let found = harness
        .getattr("operations")
        .and_then(|operations| operations.call_method0("find_broken_clean"))
        .ok()?;
    let (line, method, _): (u32, Option<String>, u32) = found.extract().ok()?;
    let named = METHODS.iter().position(|known| Some(*known) == method.as_deref());
    Some((line, named.unwrap_or_default() as u32))
}

/// Between two steps nothing may allocate that depends on later steps: a resumed run must find the memory that an
/// uninterrupted run would have.
fn execute(harness: &Bound<'_, PyModule>, context: &mut ChildContext, started: &mut Instant) -> PyResult<()> {
    let python = harness.py();
    let step = harness.getattr("step")?;
    let mut next = 0;
    let mut paused_at = linux::own_cpu_s();
    while let Some((at, length)) = Plan::entry(&context.plan, next)? {
        if context.process_spec.pausing && next > 0 && linux::own_cpu_s() - paused_at > PAUSE_INTERVAL_S {
            context::pause(context, next)?;
            if context.process_spec.from == next {
                // This is a fork that resumes: its plan may differ from here on.
                *started = Instant::now();
                context.process_spec.from = 0;
                paused_at = linux::own_cpu_s();
                continue;
            }
            paused_at = linux::own_cpu_s();
        }
        let code = PyBytes::new_with(python, length, |bytes| {
            Ok(context.plan.read_exact_at(bytes, at)?)
        })?;
        if !step.call1((code,))?.is_truthy()? {
            break;
        }
        next += 1;
    }
    Ok(())
}

/// An object that the code showed, as the harness returns it: shape, name, colour, opacity, whether it is scored.
type Shown<'py> = (Bound<'py, PyAny>, Option<String>, Option<[f32; 3]>, f32, bool);

/// Top-level statements and kernel operations, with their times.
fn statements_and_operations(harness: &Bound<'_, PyModule>) -> PyResult<Vec<Stage>> {
    let found: Vec<(String, u64, u64)> = harness.getattr("timing")?.call_method0("stages")?.extract()?;
    let stage = |(name, begin_ns, end_ns): (String, u64, u64)| Stage {
        process: StageProcess::Candidate,
        name,
        begin_us: begin_ns / 1000,
        us: end_ns.saturating_sub(begin_ns) / 1000,
    };
    Ok(found.into_iter().map(stage).collect())
}

/// Exports the shape and, if asked for, its mesh; returns the triangles of each face.
fn export(
    harness: &Bound<'_, PyModule>,
    context: &mut ChildContext,
    stages: &mut Stages,
    previewed: &mut Option<Py<PyAny>>,
) -> PyResult<(Vec<u8>, Claims)> {
    let chosen = harness.call_method1("choose", (context.process_spec.displays,))?;
    let refusal: Option<String> = chosen.getattr("refusal")?.extract()?;
    let ProcessSpec { displays, mesh, .. } = context.process_spec;
    if displays && mesh != MeshMethod::Exported && refusal.is_none() {
        *previewed = Some(chosen.getattr("shape")?.unbind());
    }
    match (
        hand_over(harness, context, &chosen, refusal.clone(), stages),
        refusal,
    ) {
        // Without a displayable part, the error to report is that nothing is scored.
        (Err(_), Some(refusal)) => {
            let error = harness.getattr("NotExportable")?.call1((refusal,))?;
            Err(PyErr::from_value(error))
        }
        (handed_over, _) => handed_over,
    }
}

fn hand_over(
    harness: &Bound<'_, PyModule>,
    context: &mut ChildContext,
    chosen: &Bound<'_, PyAny>,
    refusal: Option<String>,
    stages: &mut Stages,
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
    // A single part with the default appearance is displayed from the scored shape.
    let displayed = if context.process_spec.displays && claims.shows_more() {
        objects.len()
    } else {
        0
    };
    let shapes: Vec<_> = std::iter::once(&shape)
        .chain(objects.iter().take(displayed).map(|object| &object.0))
        .collect();
    harness.call_method1("write_brep", (shapes, context.brep.path()))?;
    stages.end("export of the shape");
    // The reader measures from here on, while this process makes the mesh.
    context.control.send(&Event::HandedOver(displayed as u32))?;
    let faces = match context.process_spec.mesh {
        MeshMethod::Exported => {
            let hardest: String = harness.call_method1("hardest_face", (&shape,))?.extract()?;
            context::record_hardest_face(context, &hardest)?;
            let counts: Vec<u32> = harness
                .call_method1(
                    "write_stl",
                    (&shape, context.stl.path(), context.process_spec.triangles),
                )?
                .extract()?;
            stages.end("mesh");
            counts.iter().flat_map(|count| count.to_le_bytes()).collect()
        }
        MeshMethod::Verified | MeshMethod::Bounded => Vec::new(),
    };
    Ok((faces, claims))
}

/// Writes a coarse mesh of the shape: its STL, then the triangles of each face (their number first, all `u32`), then its
/// edges.
fn preview(harness: &Bound<'_, PyModule>, context: &mut ChildContext, shape: &Py<PyAny>) -> PyResult<()> {
    let (counts, edges): (Vec<u32>, Vec<u8>) = harness
        .call_method1(
            "write_preview",
            (
                shape,
                context.stl.path(),
                MAX_PREVIEW_TRIANGLES.min(context.process_spec.triangles),
            ),
        )?
        .extract()?;
    let mut rest = (counts.len() as u32).to_le_bytes().to_vec();
    rest.extend(counts.iter().flat_map(|count| count.to_le_bytes()));
    rest.extend(edges);
    let end = context.stl.size()?;
    context.stl.file().write_all_at(&rest, end)?;
    Ok(())
}

/// Operations of the code without effect.
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

/// Description of an exception by the harness.
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

/// The failure as the harness describes it.
pub(crate) fn describe(harness: &Bound<'_, PyModule>, error: &PyErr) -> Failure {
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
                // Python reports line 0 for errors of a whole file.
                line: line.filter(|line| *line > 0),
                traceback,
            }
        }
        // The candidate may have broken the harness, or used up all memory.
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
