//! Repair rules with real workers. In the folder of a case, `broken.py` fails with the kind in `case.toml`, and the rule named
//! there turns it into `expected.py`. `CADFORGE_UPDATE=1` rewrites `expected.py`; review the difference.

use std::sync::Arc;

use cadforge::assess::{ReferenceChoice, Scoring};
use cadforge::engine::{
    Engine, Event, JobHandle, LoopTarget, ProposerConfig, RepairJob, RepairProgress, RepairSummary,
};
use cadforge::executor::WorkerConfig;
use cadforge::failure::Kind;
use cadforge::task::{Task, TaskSet};
use cadforge::trajectory::Step;

use crate::support::{cadforge, expect_exit, json, python, root, worker};

#[derive(serde::Deserialize)]
struct Case {
    kind: Kind,
    rule: String,
}

fn engine() -> Engine {
    Engine::start(WorkerConfig::new(worker(), python(), 2))
}

fn caster() -> Arc<Task> {
    let tasks = TaskSet::load(&[root().join("tasks")]).expect("task packs");
    Arc::clone(tasks.get("caster_wheel_fork").expect("the caster"))
}

fn repair(
    engine: &Engine,
    code: &str,
    max_steps: usize,
    candidates: usize,
    target: f64,
) -> (Vec<Step>, RepairSummary) {
    let handle: JobHandle<RepairJob> = engine.submit(
        RepairJob {
            task: caster(),
            from: Some(code.as_bytes().into()),
            earlier: Vec::new(),
            proposer: ProposerConfig::Rules,
            scoring: Scoring {
                reference: ReferenceChoice::None,
                ..Scoring::default()
            },
            max_steps,
            candidates,
            target: LoopTarget::Total(target),
            out: None,
        },
        None,
    );
    let mut steps = Vec::new();
    for event in handle.events {
        match event {
            Event::Progress(RepairProgress::Step(step, _)) => steps.push(*step),
            Event::Done(summary) => return (steps, *summary),
            Event::Failed { message, .. } => panic!("{message}"),
            Event::Started
            | Event::Progress(RepairProgress::Proposing { .. } | RepairProgress::ProposalText { .. })
            | Event::Cancelled => {}
        }
    }
    panic!("the job has no final event")
}

#[test]
fn each_rule_repairs_its_case() {
    let engine = engine();
    let mut wrong = Vec::new();
    let mut folders: Vec<_> = std::fs::read_dir(root().join("tests/cases/repair"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    assert!(folders.len() > 50, "only {} cases", folders.len());
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let case: Case = toml::from_str(&std::fs::read_to_string(folder.join("case.toml")).unwrap()).unwrap();
        let broken = std::fs::read_to_string(folder.join("broken.py")).unwrap();
        // A candidate that builds must improve; a failed build must build.
        let built = case.kind >= Kind::LowEditability;
        let (steps, summary) = repair(&engine, &broken, 3, 1, if built { 1.0 } else { -1.0 });
        if steps[0].evaluation.kind != case.kind {
            wrong.push(format!(
                "{name}: kind {:?}: {:?}",
                steps[0].evaluation.kind, steps[0].evaluation.failure
            ));
            continue;
        }
        let best = &steps[summary.best];
        let used: Vec<_> = steps
            .iter()
            .filter_map(|step| step.proposal.as_ref()?.rule.clone())
            .collect();
        if !best.evaluation.ok || summary.best == 0 || !used.contains(&case.rule) {
            let failures: Vec<_> = steps
                .iter()
                .filter_map(|step| step.evaluation.failure.as_ref())
                .map(|failure| &failure.message)
                .collect();
            wrong.push(format!(
                "{name}: best {} with {used:?}: {failures:#?}",
                summary.best
            ));
            continue;
        }
        let expected = folder.join("expected.py");
        if std::env::var_os("CADFORGE_UPDATE").is_some() {
            std::fs::write(&expected, &best.code).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != best.code {
            wrong.push(format!("{name}: repaired to\n{}", best.code));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn good_candidates_are_never_made_worse() {
    let engine = engine();
    let task = caster();
    let reference = task.reference.as_deref().expect("a reference");
    let repaired = &task
        .repairs
        .iter()
        .find(|repair| repair.name == "guided")
        .expect("a recording")
        .steps[3]
        .code;
    for code in [reference, repaired] {
        let (steps, summary) = repair(&engine, code, 4, 1, 1.0);
        assert_eq!(
            summary.best,
            0,
            "{:?}",
            steps.last().and_then(|step| step.proposal.as_ref())
        );
    }
}

#[test]
fn failed_proposals_are_recorded_and_the_loop_branches_from_the_best() {
    let engine = engine();
    // No fraction of this chamfer is possible: each attempt is recorded, then the chamfer is removed.
    let code = "import cadquery as cq\nfixture = cq.Workplane(\"XY\").box(40, 30, 10).edges(\"|Z\").chamfer(4000.0)\n";
    let (steps, summary) = repair(&engine, code, 12, 1, -1.0);
    assert!(summary.reached && steps.len() > 2, "{} steps", steps.len());
    for step in &steps[1..] {
        assert_eq!(step.parent, Some(0), "no proposal before the last is kept");
        let proposal = step.proposal.as_ref().unwrap();
        assert_eq!(proposal.kept, Some(step.step == summary.best));
    }
}

#[test]
fn a_group_is_scored_and_gets_advantages() {
    let engine = engine();
    let code =
        "import cadquery as cq\nfixture = cq.Workplane(\"XY\").box(40, 30, 10).edges(\"|Z\").fillet(25.0)\n";
    let (steps, summary) = repair(&engine, code, 1, 3, -1.0);
    assert_eq!(steps.len(), 4);
    let groups: Vec<_> = steps[1..]
        .iter()
        .map(|step| step.proposal.as_ref().unwrap().group.clone().unwrap())
        .collect();
    assert!(groups.iter().all(|group| group.group_id == 1));
    let sum: f64 = groups.iter().map(|group| group.advantage).sum();
    assert!(sum.abs() < 1e-9, "{groups:?}");
    assert!(groups.iter().any(|group| group.advantage > 0.1), "{groups:?}");
    let kept: Vec<_> = steps
        .iter()
        .filter(|step| {
            step.proposal
                .as_ref()
                .is_some_and(|proposal| proposal.kept == Some(true))
        })
        .collect();
    assert_eq!(
        kept.iter().map(|step| step.step).collect::<Vec<_>>(),
        [summary.best]
    );
    // The codes differ: a group of equal candidates is not informative.
    let codes: std::collections::BTreeSet<_> = steps.iter().map(|step| &step.code).collect();
    assert_eq!(codes.len(), 4);
}

#[test]
fn repair_by_rules_reports_whether_the_target_is_reached() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("broken.py"),
        "import cadquery as cq\nfixture = cq.Workplane(\"XY\").annulus(30, 12).extrude(8)\n",
    )
    .unwrap();
    let arguments = [
        "repair",
        "--task",
        "caster_wheel_fork",
        "--from",
        "broken.py",
        "--profile",
        "cadforge-v1",
        "--reference",
        "none",
        "--json",
    ];
    let output = expect_exit(
        cadforge(dir.path())
            .args(arguments)
            .args(["--target", "0.3", "--out", "run"]),
        0,
    );
    let report = json(&output);
    assert_eq!(
        (&report["proposer"], &report["reached"]),
        (&"rules".into(), &true.into())
    );
    assert_eq!(report["steps"][1]["origin"], "rules");
    assert_eq!(report["steps"][1]["proposal"]["rule"], "invented call");
    let trajectory = cadforge::trajectory::read(&dir.path().join("run")).unwrap();
    assert_eq!(trajectory.header.proposer, "rules");
    assert_eq!(serde_json::to_value(&trajectory.steps).unwrap(), report["steps"]);
    // No rule turns a ring into a caster.
    expect_exit(cadforge(dir.path()).args(arguments).args(["--target", "0.99"]), 1);
}

#[test]
fn the_api_index_matches_the_installed_cadquery() {
    let output = std::process::Command::new(python())
        .arg(root().join("python/api_index.py"))
        .output()
        .expect("Python starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let committed = std::fs::read(root().join("assets/api/cadquery.json")).unwrap();
    assert!(
        committed == output.stdout,
        "assets/api/cadquery.json is out of date\nhint: .venv/bin/python python/api_index.py > assets/api/cadquery.json"
    );
}

#[test]
fn recordings_replay_identically_with_their_failures() {
    let engine = engine();
    let tasks = TaskSet::load(&[root().join("tasks")]).expect("task packs");
    let mut replayed = 0;
    for task in tasks.iter() {
        for recording in task.repairs.iter().filter(|recording| recording.start.is_some()) {
            let name = format!("{} {}", task.id, recording.name);
            let dir = task.dir.join("repairs").join(&recording.name);
            let recorded = cadforge::trajectory::read(&dir).expect("a trajectory").steps;
            let handle = engine.submit(
                RepairJob {
                    task: Arc::clone(task),
                    from: recording.start.as_ref().map(|code| code.as_bytes().into()),
                    earlier: Vec::new(),
                    proposer: ProposerConfig::Replay {
                        recording: Some(recording.name.clone()),
                        skip: 0,
                        paced: false,
                    },
                    scoring: Scoring::default(),
                    max_steps: 100,
                    candidates: 1,
                    target: LoopTarget::Total(1.0),
                    out: None,
                },
                None,
            );
            let steps: Vec<Step> = handle
                .events
                .iter()
                .filter_map(|event| match event {
                    Event::Progress(RepairProgress::Step(step, _)) => Some(*step),
                    Event::Failed { message, .. } => panic!("{name}: {message}"),
                    _ => None,
                })
                .collect();
            let stable_fields = |steps: &[Step]| -> Vec<_> {
                let stable_fields = steps.iter().map(|step| {
                    let kept = step.proposal.as_ref().and_then(|proposal| proposal.kept);
                    let evaluation = &step.evaluation;
                    (
                        step.parent,
                        step.code.clone(),
                        evaluation.kind,
                        evaluation.ok,
                        kept,
                    )
                });
                stable_fields.collect()
            };
            assert_eq!(stable_fields(&steps), stable_fields(&recorded), "{name}");
            assert!(
                !recorded[0].evaluation.ok,
                "{name}: the recording starts with a failed build"
            );
            assert!(
                recorded.iter().any(|step| step.evaluation.ok),
                "{name}: the recording contains a build that succeeds"
            );
            replayed += 1;
        }
    }
    assert!(replayed >= 6, "{replayed} recorded loops");
}
