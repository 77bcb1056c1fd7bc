//! Attacks, each in a folder of its own with what it must come to and an honest candidate that must not notice.

use std::fs;
use std::path::{Path, PathBuf};

use cadforge::assess::{Assessor, Evaluation, ReferenceChoice, Request, Scoring, Timing};
use cadforge::executor::{CancelToken, Executor, Limits, Priority, Recycle, WorkerConfig};
use cadforge::failure::Kind;
use cadforge::task::{Task, TaskSet};
use serde::Deserialize;

use super::{config, start};
use crate::support::root;

/// What an attack must come to. Without a kind it must build.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expected {
    kind: Option<Kind>,
    /// Where machines differ in what stops it first.
    kinds: Vec<Kind>,
    /// Any result will do; that there is one, and what it leaves behind, is the point.
    any: bool,
    /// Part of the failure's message.
    message: Option<String>,
    /// All that it prints.
    stdout: Option<String>,
    cpu_s: Option<f64>,
    mesh_cpu_s: Option<f64>,
    memory_mb: Option<u64>,
    triangles: Option<u32>,
    /// Numbers of system calls differ.
    architecture: Option<String>,
}

struct Case {
    name: String,
    attack: Vec<u8>,
    honest: Vec<u8>,
    expected: Expected,
}

fn cases() -> Vec<Case> {
    let folder = root().join("tests/cases/hostile");
    let mut folders: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    folders.iter().map(|folder| read_case(folder)).collect()
}

fn read_case(folder: &Path) -> Case {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let expected = fs::read_to_string(folder.join("expected.toml")).unwrap();
    let attack = fs::read(folder.join("attack.py")).unwrap();
    // Where the tasks lie differs from machine to machine.
    let attack = match String::from_utf8(attack) {
        Ok(text) => text
            .replace("@TASKS@", &root().join("tasks").display().to_string())
            .into_bytes(),
        Err(error) => error.into_bytes(),
    };
    Case {
        expected: toml::from_str(&expected).unwrap_or_else(|error| panic!("{name}: {error}")),
        honest: fs::read(folder.join("honest.py")).unwrap(),
        attack,
        name,
    }
}

/// The evaluation without what differs between equal runs, with the bytes of the mesh.
fn evaluate(assessor: &Assessor, task: &Task, code: &[u8], priority: Priority, limits: Limits) -> String {
    let scoring = Scoring {
        reference: ReferenceChoice::None,
        limits,
        ..Scoring::default()
    };
    let request = Request {
        task,
        code,
        completion: None,
        scoring: &scoring,
        priority,
    };
    let assessment = assessor
        .assess(&request, &CancelToken::never())
        .unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(code)));
    let mut evaluation = assessment.evaluation;
    evaluation.timing = Timing::default();
    let stl = assessment.shape.map(|shape| shape.stl.clone());
    format!("{}\n{stl:?}", serde_json::to_string(&evaluation).unwrap())
}

/// What is wrong with a result.
fn wrong(case: &Case, result: &str) -> Option<String> {
    let expected = &case.expected;
    let json = result.split_once('\n').unwrap().0;
    let evaluation: Evaluation = serde_json::from_str(json).unwrap();
    let named: Vec<Kind> = expected.kinds.iter().chain(&expected.kind).copied().collect();
    let fits = if named.is_empty() {
        evaluation.ok
    } else {
        named.contains(&evaluation.kind)
    };
    let message = evaluation.failure.as_ref().map_or("", |failure| &failure.message);
    let told = expected
        .message
        .as_deref()
        .is_none_or(|part| message.contains(part));
    let printed = expected
        .stdout
        .as_ref()
        .is_none_or(|stdout| evaluation.stdout == *stdout);
    let gated = evaluation.ok || evaluation.reward.total == -1.0;
    let good = (expected.any || fits) && told && printed && gated;
    (!good).then(|| {
        format!(
            "{:?}, {:?}, printed {:?} and {:?}",
            evaluation.kind, evaluation.failure, evaluation.stdout, evaluation.stderr
        )
    })
}

#[test]
fn attacks_come_to_what_they_deserve_and_honest_candidates_do_not_notice() {
    let tasks = TaskSet::load(&[root().join("tasks")]).unwrap();
    let task = tasks.get("caster_wheel_fork").unwrap();
    let cases = cases();
    assert!(cases.len() >= 30, "{} cases", cases.len());
    let untouched = Assessor::new(start(1));
    let before: Vec<String> = cases
        .iter()
        .map(|case| evaluate(&untouched, task, &case.honest, Priority::Batch, Limits::default()))
        .collect();
    assert!(
        before.iter().all(|result| result.contains("\"ok\":true")),
        "{before:?}"
    );

    // A worker is also replaced when it seems to have grown, and pages that others gave up look like growth.
    let recycle = Recycle {
        runs: u64::MAX,
        growth_bytes: 1 << 50,
    };
    let attacked = Assessor::new(Executor::start(WorkerConfig { recycle, ..config(1) }));
    let worker = {
        attacked.executor().versions().unwrap();
        attacked.executor().pids()
    };
    let mut flaws = Vec::new();
    for (case, before) in cases.iter().zip(&before) {
        let Expected {
            cpu_s,
            mesh_cpu_s,
            memory_mb,
            triangles,
            architecture,
            ..
        } = &case.expected;
        if architecture
            .as_deref()
            .is_some_and(|name| name != std::env::consts::ARCH)
        {
            continue;
        }
        let limits = Limits {
            cpu_s: cpu_s.unwrap_or(Limits::default().cpu_s),
            memory_mb: memory_mb.unwrap_or(Limits::default().memory_mb),
            triangles: triangles.unwrap_or(Limits::default().triangles),
            mesh_cpu_s: mesh_cpu_s.unwrap_or(Limits::default().mesh_cpu_s),
            ..Limits::default()
        };
        for priority in [Priority::Batch, Priority::Live] {
            let result = evaluate(&attacked, task, &case.attack, priority, limits);
            flaws.extend(wrong(case, &result).map(|wrong| format!("{} ({priority:?}): {wrong}", case.name)));
            let after = evaluate(&attacked, task, &case.honest, priority, Limits::default());
            if after != *before {
                flaws.push(format!(
                    "{} ({priority:?}) changed an honest result: {after:.600}",
                    case.name
                ));
            }
        }
    }
    assert!(flaws.is_empty(), "{}", flaws.join("\n"));
    // The same worker to the end: none of them was more than a result.
    assert_eq!(
        (attacked.executor().pids(), attacked.executor().status().restarts),
        (worker, 0)
    );
    assert!(!Path::new("/tmp/cadforge-was-here").exists());
}
