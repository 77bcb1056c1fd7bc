//! Engine jobs over real workers: order of events, cancellation, and recovery from a killed worker.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cadforge::assess::{Evaluation, Progress, ReferenceChoice, Scoring, Timing};
use cadforge::cache::{Bounds, Cache};
use cadforge::engine::{
    AssessJob, Engine, Event, ExportJob, Job, JobHandle, LoopTarget, ProposerConfig, RepairJob,
    RepairProgress,
};
use cadforge::executor::{Priority, RunSpec, WorkerConfig};
use cadforge::reward::Profile;
use cadforge::task::{Task, TaskSet};

use crate::support::{python, root, worker};

/// Far longer than a healthy run takes; only a hang reaches it.
const TIMEOUT: Duration = Duration::from_secs(120);

fn engine(workers: usize) -> Engine {
    let worker = worker();
    Engine::start(WorkerConfig::new(worker, python(), workers))
}

fn caster() -> Arc<Task> {
    let tasks = TaskSet::load(&[root().join("tasks")]).expect("task packs");
    Arc::clone(tasks.get("caster_wheel_fork").expect("the caster"))
}

fn without_reference() -> Scoring {
    Scoring {
        reference: ReferenceChoice::None,
        ..Scoring::default()
    }
}

fn assess_job(code: &str) -> AssessJob {
    AssessJob {
        task: caster(),
        code: code.as_bytes().into(),
        scoring: without_reference(),
        priority: Priority::Live,
    }
}

/// All events of a job; panics if the job does not end.
fn drain<J: Job<Progress: Debug, Output: Debug> + Debug>(handle: &JobHandle<J>) -> Vec<Event<J>> {
    let mut events = Vec::new();
    let deadline = Instant::now() + TIMEOUT;
    loop {
        match handle.events.recv_deadline(deadline) {
            Ok(event) => events.push(event),
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => return events,
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => panic!("no end after {events:?}"),
        }
    }
}

fn evaluation(events: Vec<Event<AssessJob>>) -> Evaluation {
    match events.into_iter().last() {
        Some(Event::Done(assessment)) => assessment.evaluation,
        last => panic!("ended with {last:?}"),
    }
}

const BOX: &str = "import cadquery as cq\nfixture = cq.Workplane().box(90, 80, 130)\n";

#[test]
fn a_job_cancelled_at_once_ends_as_cancelled() {
    let engine = engine(1);
    // The pool is still warming up: the job waits for a worker, but cancellation must not.
    let mut handle = engine.submit(assess_job(BOX), None);
    handle.cancel();
    let events = drain(&handle);
    assert!(matches!(events.last(), Some(Event::Cancelled)), "{events:?}");
    assert_eq!(
        engine.status().ready,
        0,
        "the job must end before a worker is ready"
    );
}

#[test]
fn cancelling_a_running_candidate_ends_it() {
    let engine = engine(1);
    let endless = "while True:\n    pass\n";
    let mut handle = engine.submit(assess_job(endless), None);
    wait_until("the candidate runs", || engine.status().busy == 1);
    handle.cancel();
    let events = drain(&handle);
    assert!(matches!(events.last(), Some(Event::Cancelled)), "{events:?}");
    // The worker is free for the next candidate.
    let next = engine.submit(assess_job(BOX), None);
    assert!(evaluation(drain(&next)).ok);
}

#[test]
fn a_build_is_reported_before_its_score_unless_it_is_cached() {
    let folder = tempfile::tempdir().unwrap();
    let worker = worker();
    let mut config = WorkerConfig::new(worker, python(), 1);
    config.cache = Cache::open(folder.path().to_owned(), Bounds::default());
    let engine = Engine::start(config);
    let shown =
        format!("{BOX}pin = cq.Workplane().circle(2).extrude(9)\nshow_object(pin)\nshow_object(fixture)\n");
    for (code, objects) in [(BOX, None), (&shown, Some(2))] {
        let events = drain(&engine.submit(assess_job(code), None));
        let [
            Event::Started,
            ..,
            Event::Progress(Progress::Built(built)),
            Event::Done(assessment),
        ] = &events[..]
        else {
            panic!("{events:?}");
        };
        assert!(Arc::ptr_eq(&built.shape, assessment.shape.as_ref().unwrap()));
        assert_eq!(built.scene.as_ref().map(|scene| scene.objects.len()), objects);
        let again = drain(&engine.submit(assess_job(code), None));
        assert!(
            matches!(&again[..], [Event::Started, Event::Done(_)]),
            "{again:?}"
        );
    }
    let broken = drain(&engine.submit(assess_job("fixture = 1 / 0\n"), None));
    assert!(
        matches!(&broken[..], [Event::Started, Event::Done(_)]),
        "{broken:?}"
    );
}

#[test]
fn a_hand_edit_is_scored_before_its_dimensions_are_changed() {
    let engine = engine(1);
    let code = "import cadquery as cq\nwidth = 90.0\nheight = 130.0\n\
                fixture = cq.Workplane().box(width, 80, height)\n";
    let job = |priority| AssessJob {
        scoring: Scoring {
            profile: Profile::GroundedV2,
            ..Scoring::default()
        },
        priority,
        ..assess_job(code)
    };
    let events = drain(&engine.submit(job(Priority::Live), None));
    let [
        Event::Started,
        ..,
        Event::Progress(Progress::Built(_)),
        Event::Progress(Progress::WithoutEditability(first)),
        Event::Done(last),
    ] = &events[..]
    else {
        panic!("{events:?}");
    };
    let last = &last.evaluation;
    assert_eq!(first.reward.editability, None);
    assert!(last.reward.editability.is_some());
    assert!(
        first.reward.total >= last.reward.total,
        "{} {}",
        first.reward.total,
        last.reward.total
    );
    assert_eq!(first.reward.semantic_parts, last.reward.semantic_parts);
    // A candidate of a batch is perturbed in the process that built it: the same score, without a first one.
    let batch = evaluation(drain(&engine.submit(job(Priority::Batch), None)));
    assert_eq!(batch.reward, last.reward);
}

#[test]
fn a_coarse_mesh_of_a_hand_edit_comes_before_its_part() {
    let engine = engine(1);
    // A surface whose mesh for scoring takes far longer than a coarse one.
    let code = "import cadquery as cq\n\
                fixture = cq.Workplane().box(80, 60, 20).edges().fillet(4)\n\
                for x in range(-30, 31, 10):\n    fixture = fixture.union(cq.Workplane().center(x, 0).sphere(12))\n";
    let job = |priority| AssessJob {
        priority,
        scoring: Scoring {
            profile: Profile::GroundedV2,
            editability: Some(0),
            ..without_reference()
        },
        ..assess_job(code)
    };
    let events = drain(&engine.submit(job(Priority::Live), None));
    let [
        Event::Started,
        Event::Progress(Progress::Preview(coarse)),
        Event::Progress(Progress::Built(built)),
        Event::Done(_),
    ] = &events[..]
    else {
        panic!("{events:?}");
    };
    let part = &built.shape;
    assert_eq!(coarse.face_triangles.len(), part.face_triangles.len());
    assert_eq!(coarse.edges, part.edges);
    let [few, many] = [coarse, part].map(|shape| shape.mesh.triangles().len());
    assert!(4 * few < many, "{few} of {many}");
    for (coarse, part) in coarse.mesh.bbox().size().into_iter().zip(part.mesh.bbox().size()) {
        assert!((coarse - part).abs() < 0.05 * part, "{coarse} for {part} mm");
    }
    // A batch draws nothing.
    let events = drain(&engine.submit(job(Priority::Batch), None));
    let is_preview = |event: &Event<AssessJob>| matches!(event, Event::Progress(Progress::Preview(_)));
    assert!(!events.iter().any(is_preview), "{events:?}");
}

#[test]
fn a_coarse_mesh_that_fails_or_never_comes_changes_no_result() {
    let engine = engine(1);
    let scoring = Scoring {
        profile: Profile::GroundedV2,
        editability: Some(0),
        ..without_reference()
    };
    let job = |code: &str| AssessJob {
        scoring: scoring.clone(),
        ..assess_job(code)
    };
    let plain = evaluation(drain(&engine.submit(job(BOX), None)));
    for replacement in [
        "1 / 0",
        "__import__('time').sleep(600)",
        "([2, 2], b'no edges')",
        "__import__('os')._exit(3)",
    ] {
        let code = format!(
            "{BOX}import sys\nsys.modules['cadforge_harness'].write_preview = lambda *_: {replacement}\n"
        );
        let events = drain(&engine.submit(job(&code), None));
        let is_preview = |event: &Event<AssessJob>| matches!(event, Event::Progress(Progress::Preview(_)));
        assert!(!events.iter().any(is_preview), "{replacement}: {events:?}");
        assert_eq!(evaluation(events).reward, plain.reward, "{replacement}");
        // The next edit resumes as ever.
        assert!(evaluation(drain(&engine.submit(job(&format!("{code}pass\n")), None))).ok);
    }
}

#[test]
fn a_repair_reports_each_step_in_order() {
    let engine = engine(1);
    let task = caster();
    let recorded = task.repairs[0].steps.len();
    let handle = engine.submit(
        RepairJob {
            task,
            from: None,
            earlier: Vec::new(),
            proposer: ProposerConfig::Replay {
                recording: None,
                skip: 0,
                paced: false,
            },
            scoring: without_reference(),
            max_steps: 12,
            candidates: 1,
            target: LoopTarget::Total(1.0),
            out: None,
        },
        None,
    );
    let mut events = Vec::new();
    let mut text = String::new();
    for event in drain(&handle) {
        match event {
            Event::Started => events.push("started".to_owned()),
            Event::Progress(RepairProgress::Proposing { step }) => events.push(format!("proposing {step}")),
            Event::Progress(RepairProgress::ProposalText { delta, .. }) => text.push_str(&delta),
            Event::Progress(RepairProgress::Step(step, shape)) => {
                assert_eq!(step.evaluation.ok, shape.is_some());
                if step.step > 0 {
                    assert_eq!(
                        std::mem::take(&mut text),
                        step.code,
                        "the streamed text is the step's code"
                    );
                }
                events.push(format!("step {}", step.step));
            }
            Event::Done(summary) => events.push(format!("done after {}", summary.steps)),
            Event::Failed { message, .. } => events.push(message),
            Event::Cancelled => events.push("cancelled".to_owned()),
        }
    }
    let mut expected = vec!["started".to_owned(), "step 0".to_owned()];
    for step in 1..=recorded {
        expected.extend([format!("proposing {step}"), format!("step {step}")]);
    }
    expected.push(format!("done after {}", recorded + 1));
    assert_eq!(events, expected);
}

#[test]
fn step_export_preserves_the_shape() {
    let engine = engine(1);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("part.step");
    let export = |code: &str| {
        let job = ExportJob {
            task: caster(),
            code: Arc::from(code.as_bytes()),
            spec: RunSpec::default(),
            path: path.clone(),
        };
        drain(&engine.submit(job, None)).pop().expect("an end")
    };
    // Two solids and a round face: a box in place of the part would be detected.
    let code = "import cadquery as cq\nplate = cq.Workplane().box(40, 30, 10).faces('>Z').workplane().hole(8)\n\
                fixture = plate.add(cq.Workplane().sphere(5).translate((0, 0, 40)))\n";
    match export(code) {
        Event::Done(written) => assert_eq!(*written, path),
        other => panic!("{other:?}"),
    }
    let read = "import sys, cadquery as cq\nparts = cq.importers.importStep(sys.argv[1]).solids().vals()\n\
                print(len(parts), round(sum(part.Volume() for part in parts), 3))";
    let read = std::process::Command::new(python())
        .args(["-c", read])
        .arg(&path)
        .output()
        .expect("Python runs");
    let volume = 12_000.0 - 160.0 * std::f64::consts::PI + 500.0 / 3.0 * std::f64::consts::PI;
    assert_eq!(
        String::from_utf8_lossy(&read.stdout).trim(),
        format!("2 {volume:.3}"),
        "{read:?}"
    );

    let before = std::fs::read(&path).expect("the file");
    match export("fixture = nonsense\n") {
        Event::Failed { message, input: true } => {
            assert!(message.contains("'nonsense' is not defined, line 1"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(std::fs::read(&path).expect("the file"), before);
}

#[test]
fn a_killed_worker_costs_one_retry_and_changes_no_score() {
    let engine = engine(1);
    let slow = format!("import time\ntime.sleep(1.5)\n{BOX}");
    let undisturbed = evaluation(drain(&engine.submit(assess_job(&slow), None)));
    assert_eq!(engine.status().restarts, 0);

    let handle = engine.submit(assess_job(&slow), None);
    wait_until("the candidate runs", || engine.status().busy == 1);
    let worker = engine.assessor().executor().pids()[0];
    let killed = std::process::Command::new("kill")
        .args(["-9", &worker.to_string()])
        .status();
    assert!(killed.expect("kill runs").success());
    let disturbed = evaluation(drain(&handle));

    let without_timing = |evaluation: Evaluation| Evaluation {
        timing: Timing::default(),
        ..evaluation
    };
    assert_eq!(without_timing(disturbed), without_timing(undisturbed));
    assert_eq!(engine.status().restarts, 1);
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !condition() {
        assert!(Instant::now() < deadline, "waited too long: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
