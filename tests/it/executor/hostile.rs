//! Attacks on the worker. The folder of each has its expected result and an honest candidate that it must not affect.

use std::fs;
use std::path::{Path, PathBuf};

use cadforge::assess::{Assessor, Evaluation, ReferenceChoice, Request, Scoring, Timing};
use cadforge::executor::{CancelToken, Executor, Limits, Priority, Recycle, WorkerConfig};
use cadforge::failure::Kind;
use cadforge::task::{Task, TaskSet};
use serde::Deserialize;

use super::{config, start};
use crate::support::root;

/// The expected result of an attack. Without a kind it must build.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expected {
    kind: Option<Kind>,
    /// Used where machines differ in the limit that stops it first.
    kinds: Vec<Kind>,
    /// Any result is accepted; only that there is one, and its side effects, are tested.
    any: bool,
    /// Part of the failure's message.
    message: Option<String>,
    /// The whole standard output.
    stdout: Option<String>,
    cpu_s: Option<f64>,
    mesh_cpu_s: Option<f64>,
    memory_mb: Option<u64>,
    triangles: Option<u32>,
    /// The only architecture on which it runs; numbers of system calls differ.
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
    // The path of the tasks differs between machines.
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

/// The evaluation without its timing, which differs between equal runs, and the bytes of the STL.
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

/// Describes how a result differs from the expected one.
fn mismatch(case: &Case, result: &str) -> Option<String> {
    let expected = &case.expected;
    let json = result.split_once('\n').unwrap().0;
    let evaluation: Evaluation = serde_json::from_str(json).unwrap();
    let kinds: Vec<Kind> = expected.kinds.iter().chain(&expected.kind).copied().collect();
    let has_kind = if kinds.is_empty() {
        evaluation.ok
    } else {
        kinds.contains(&evaluation.kind)
    };
    let message = evaluation.failure.as_ref().map_or("", |failure| &failure.message);
    let has_message = expected
        .message
        .as_deref()
        .is_none_or(|part| message.contains(part));
    let has_stdout = expected
        .stdout
        .as_ref()
        .is_none_or(|stdout| evaluation.stdout == *stdout);
    let has_valid_total = evaluation.ok || evaluation.reward.total == -1.0;
    let matches = (expected.any || has_kind) && has_message && has_stdout && has_valid_total;
    (!matches).then(|| {
        format!(
            "{:?}, {:?}, stdout {:?}, stderr {:?}",
            evaluation.kind, evaluation.failure, evaluation.stdout, evaluation.stderr
        )
    })
}

#[test]
fn each_attack_ends_as_expected_and_honest_candidates_score_as_before() {
    let tasks = TaskSet::load(&[root().join("tasks")]).unwrap();
    let task = tasks.get("caster_wheel_fork").unwrap();
    let cases = cases();
    assert!(cases.len() >= 30, "{} cases", cases.len());
    let undisturbed = Assessor::new(start(1));
    let before: Vec<String> = cases
        .iter()
        .map(|case| {
            evaluate(
                &undisturbed,
                task,
                &case.honest,
                Priority::Batch,
                Limits::default(),
            )
        })
        .collect();
    assert!(
        before.iter().all(|result| result.contains("\"ok\":true")),
        "{before:?}"
    );

    // Recycling is off: pages that other processes gave up look like growth, and a worker that grew is recycled.
    let recycle = Recycle {
        runs: u64::MAX,
        growth_bytes: 1 << 50,
    };
    let attacked = Assessor::new(Executor::start(WorkerConfig { recycle, ..config(1) }));
    let worker = {
        attacked.executor().versions().unwrap();
        attacked.executor().pids()
    };
    let mut mismatches = Vec::new();
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
            mismatches.extend(
                mismatch(case, &result).map(|mismatch| format!("{} ({priority:?}): {mismatch}", case.name)),
            );
            let after = evaluate(&attacked, task, &case.honest, priority, Limits::default());
            if after != *before {
                mismatches.push(format!(
                    "{} ({priority:?}) changed an honest result: {after:.600}",
                    case.name
                ));
            }
        }
    }
    assert!(mismatches.is_empty(), "{}", mismatches.join("\n"));
    // The worker is still the same: no attack ended or replaced it.
    assert_eq!(
        (attacked.executor().pids(), attacked.executor().status().restarts),
        (worker, 0)
    );
    assert!(!Path::new("/tmp/cadforge-was-here").exists());
}
