//! The reader: splits a candidate's code into steps, and measures the exported shape.
//!
//! It never executes candidate code, so that its facts about a shape are not the candidate's claims.

use std::time::Instant;

use cadforge_core::failure::Failure;
use cadforge_geometry::{BrepFacts, BrepFault, MassProperties};
use cadforge_protocol::MeshMethod;
use cadforge_protocol::frame::{ReaderReport, write_frame};
use cadforge_protocol::stage::StageProcess;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::candidate::describe;
use crate::context::{self, ChildContext};
use crate::control::{Command, Event, Role};
use crate::plan::Plan;
use crate::stages::Stages;
use crate::{sandbox, variants};

/// Limit for the triangles of all displayed objects besides the scored one: enough for a picture.
const SCENE_TRIANGLES: u32 = 500_000;

/// Plans the code, waits until it has been executed, and measures the shape.
pub(crate) fn work(harness: &Bound<'_, PyModule>, mut context: ChildContext) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    harness
        .call_method1(
            "prepare",
            (context.stack_dump.descriptor(), context.source.descriptor()),
        )
        .map_err(|error| text(&error))?;
    context
        .control
        .send(&Event::Prepared)
        .map_err(|error| text(&error))?;
    let mut stages = Stages::new(StageProcess::Reader, context.process_spec.timed);
    let source = context.source.read(u64::MAX).map_err(|error| text(&error))?;
    let started = Instant::now();
    let planned = harness
        .call_method1("plan", (PyBytes::new(harness.py(), &source),))
        .and_then(|steps| steps.extract::<Vec<Vec<u8>>>());
    let steps = match planned {
        Ok(steps) => steps,
        Err(error) => return report(harness, &mut context, started, Err(error), &mut stages),
    };
    let _ = harness.call_method0("flush");
    stages.end("parse");
    let count = Plan::write(&mut context.plan, &steps).map_err(|error| text(&error))?;
    context
        .control
        .send(&Event::Planned(count))
        .map_err(|error| text(&error))?;
    match context.control.next_command().map_err(|error| text(&error))? {
        Some(Command::Go(objects)) => {
            let started = Instant::now();
            stages.skip();
            let measured = measure(harness, &mut context, objects, &mut stages);
            report(harness, &mut context, started, measured, &mut stages)?;
            if context.process_spec.varies {
                variants::weigh(harness, &context).map_err(|error| text(&error))?;
            }
            Ok(())
        }
        // The build failed: there is no shape to measure.
        _ => Ok(()),
    }
}

struct Measured {
    facts: BrepFacts,
    edges: Vec<u8>,
    surfaces: Vec<u8>,
    step: Vec<u8>,
    faces: Vec<u8>,
    scene: Vec<u8>,
    mass: Option<MassProperties>,
}

fn report(
    harness: &Bound<'_, PyModule>,
    context: &mut ChildContext,
    started: Instant,
    measured: PyResult<Measured>,
    stages: &mut Stages,
) -> Result<(), String> {
    let ms = started.elapsed().as_secs_f64() * 1e3;
    sandbox::release_reserve();
    let mut mass_properties = None;
    let (outcome, blobs): (Result<BrepFacts, Failure>, _) = match measured {
        Ok(Measured {
            facts,
            edges,
            surfaces,
            step,
            faces,
            scene,
            mass,
        }) => {
            mass_properties = mass;
            (Ok(facts), [edges, surfaces, step, faces, scene])
        }
        Err(error) => (Err(describe(harness, &error)), Default::default()),
    };
    let _ = harness.call_method0("flush");
    let blobs = blobs.each_ref().map(Vec::as_slice);
    let report = ReaderReport {
        outcome,
        mass: mass_properties,
        ms,
        stages: stages.take().stages,
    };
    write_frame(context.report.file(), &report, &blobs).map_err(|error| error.to_string())?;
    context
        .control
        .send(&Event::Done)
        .map_err(|error| error.to_string())
}

fn measure(
    harness: &Bound<'_, PyModule>,
    context: &mut ChildContext,
    objects: u32,
    stages: &mut Stages,
) -> PyResult<Measured> {
    let mut shapes = harness
        .call_method1("read_brep", (context.brep.path(), objects))?
        .extract::<Vec<Bound<'_, PyAny>>>()?
        .into_iter();
    let shape = shapes.next().expect("at least the one that is scored");
    stages.end("read the shape");
    let edges: Vec<u8> = harness.call_method1("edges", (&shape,))?.extract()?;
    stages.end("edges");
    let surfaces: Vec<u8> = harness.call_method1("surfaces", (&shape,))?.extract()?;
    stages.end("surfaces");
    let facts = harness.call_method1("facts", (&shape,))?.cast_into::<PyDict>()?;
    stages.end("facts");
    let step = match context.process_spec.role {
        Role::ReadAndExport => harness.call_method1("step_file", (&shape,))?.extract()?,
        Role::Run | Role::Read | Role::Vary | Role::Weigh => Vec::new(),
    };
    if !step.is_empty() {
        stages.end("STEP file");
    }
    let exported = match context.process_spec.mesh {
        MeshMethod::Exported => None,
        MeshMethod::Verified => Some(true),
        MeshMethod::Bounded => Some(false),
    };
    let faces = match exported {
        None => Vec::new(),
        Some(exported) => {
            let hardest: String = harness.call_method1("hardest_face", (&shape,))?.extract()?;
            context::record_hardest_face(context, &hardest)?;
            let counts: Vec<u32> = harness
                .call_method1(
                    "mesh",
                    (
                        &shape,
                        exported,
                        context.stl.path(),
                        context.process_spec.triangles,
                    ),
                )?
                .extract()?;
            stages.end("mesh");
            counts.iter().flat_map(|count| count.to_le_bytes()).collect()
        }
    };
    let scene = match shapes.len() {
        0 => Vec::new(),
        _ => harness
            .call_method1(
                "scene",
                (
                    shapes.collect::<Vec<_>>(),
                    SCENE_TRIANGLES.min(context.process_spec.triangles),
                ),
            )?
            .extract()?,
    };
    if !scene.is_empty() {
        stages.end("displayed objects");
    }
    let mass = (context.process_spec.varies)
        .then(|| variants::mass(harness, &shape).ok())
        .flatten()
        .and_then(|numbers| MassProperties::from_numbers(&numbers));
    if mass.is_some() {
        stages.end("mass properties");
    }
    Ok(Measured {
        mass,
        facts: read_facts(&facts)?,
        edges,
        surfaces,
        step,
        faces,
        scene,
    })
}

fn read_facts(facts: &Bound<'_, PyDict>) -> PyResult<BrepFacts> {
    let field = |name: &str| facts.as_any().get_item(name);
    Ok(BrepFacts {
        solids: field("solids")?.extract()?,
        shells: field("shells")?.extract()?,
        faces: field("faces")?.extract()?,
        edges: field("edges")?.extract()?,
        vertices: field("vertices")?.extract()?,
        volume: field("volume")?.extract()?,
        area: field("area")?.extract()?,
        valid: field("valid")?.extract()?,
        faults: field("faults")?
            .extract::<Vec<(i64, String)>>()?
            .into_iter()
            .map(|(face, status)| BrepFault {
                face: u32::try_from(face).ok(),
                status,
            })
            .collect(),
        solid_faces: field("solid_faces")?.extract()?,
        loose: field("loose")?.extract()?,
    })
}
