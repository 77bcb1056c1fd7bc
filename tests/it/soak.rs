//! Long runs, for `make soak`: thousands of evaluations, and workers killed at any moment.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cadforge::assess::{Assessor, ReferenceChoice, Request, Scoring, Timing};
use cadforge::engine::Engine;
use cadforge::executor::{CancelToken, Recycle, WorkerConfig};
use cadforge::task::{Task, TaskSet};

use crate::support::{python, root};

fn engine() -> Engine {
    let worker = PathBuf::from(env!("CARGO_BIN_EXE_cadforge-worker"));
    // Of the first workers it is asked whether they stay as they are.
    let recycle = Recycle {
        runs: u64::MAX,
        growth_bytes: u64::MAX >> 1,
    };
    Engine::start(WorkerConfig {
        recycle,
        ..WorkerConfig::new(worker, python(), 2)
    })
}

fn caster() -> Arc<Task> {
    let tasks = TaskSet::load(&[root().join("tasks")]).expect("task packs");
    Arc::clone(tasks.get("caster_wheel_fork").expect("the caster"))
}

/// The evaluation without what differs between equal runs.
fn evaluate(assessor: &Assessor, task: &Task, code: &str) -> String {
    let scoring = Scoring {
        reference: ReferenceChoice::None,
        ..Scoring::default()
    };
    let request = Request::batch(task, code.as_bytes(), &scoring);
    let mut evaluation = assessor
        .assess(&request, &CancelToken::never())
        .expect("a result")
        .evaluation;
    evaluation.timing = Timing::default();
    serde_json::to_string(&evaluation).expect("plain data")
}

fn candidates(task: &Task) -> Vec<String> {
    let mut codes = vec![
        task.weak_seed().to_owned(),
        "fixture = (\n".to_owned(),
        "import cadquery as cq\nfixture = cq.Workplane().annulus(3)\n".to_owned(),
        "import os\nos.abort()\n".to_owned(),
        "print('x' * 5000000)\n".to_owned(),
        "import cadquery as cq\nfixture = cq.Workplane().box(90, 80, 130).edges().fillet(4)\n".to_owned(),
    ];
    codes.extend(
        task.repairs
            .iter()
            .flat_map(|repair| repair.steps.iter().map(|step| step.code.clone())),
    );
    codes
}

/// Attacks that come to the same end every time.
fn attacks() -> Vec<String> {
    let mut folders: Vec<_> = std::fs::read_dir(root().join("tests/cases/hostile"))
        .expect("hostile cases")
        .map(|entry| entry.expect("a folder").path())
        .collect();
    folders.sort();
    let certain = |folder: &PathBuf| {
        let expected = std::fs::read_to_string(folder.join("expected.toml")).expect("what is expected");
        !["any", "kinds", "cpu_s", "memory_mb", "triangles"]
            .iter()
            .any(|word| expected.contains(word))
    };
    let tasks = root().join("tasks").display().to_string();
    folders
        .iter()
        .filter(|folder| certain(folder))
        .filter_map(|folder| std::fs::read_to_string(folder.join("attack.py")).ok())
        // Whose failure names a process tells another number every time.
        .filter(|code| !code.contains("/proc/"))
        .map(|code| code.replace("@TASKS@", &tasks))
        .collect()
}

/// Resident memory of a process and its descendants, kB.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let own = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or(0);
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    own + children
        .split_whitespace()
        .filter_map(|child| child.parse().ok())
        .map(resident)
        .sum::<u64>()
}

#[test]
#[ignore = "minutes: run by `make soak`"]
fn ten_thousand_evaluations_with_hostile_ones_repeat_and_leave_memory_flat() {
    let (engine, task) = (engine(), caster());
    let (mut codes, mut expected) = (Vec::new(), Vec::new());
    for code in candidates(&task).into_iter().chain(attacks()) {
        let since = Instant::now();
        let result = evaluate(engine.assessor(), &task, &code);
        // Those that wait for a limit have their turn elsewhere.
        if since.elapsed() < Duration::from_secs(1) || codes.is_empty() {
            codes.push(code);
            expected.push(result);
        }
    }
    println!("{} kinds of candidates", codes.len());
    // At rest: the last candidates are still being taken down when their results are out.
    let memory = || {
        let now = || -> u64 {
            let pids = engine.assessor().executor().pids();
            pids.into_iter().map(resident).sum()
        };
        let looks = (0..30).map(|_| {
            std::thread::sleep(Duration::from_millis(100));
            now()
        });
        looks.min().unwrap()
    };
    // A second worker is started when two candidates wait.
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| evaluate(engine.assessor(), &task, "import time\ntime.sleep(15)\n"));
        }
    });
    assert_eq!(engine.status().ready, 2);
    let before = memory();
    let since = Instant::now();
    std::thread::scope(|scope| {
        for half in 0..2 {
            let (engine, task, codes, expected) = (&engine, &task, &codes, &expected);
            scope.spawn(move || {
                for turn in 0..5000 {
                    let index = (turn * 2 + half) % codes.len();
                    let found = evaluate(engine.assessor(), task, &codes[index]);
                    assert_eq!(found, expected[index], "turn {turn} of thread {half}");
                }
            });
        }
    });
    println!(
        "{:.1} candidates a second",
        10_000.0 / since.elapsed().as_secs_f64()
    );
    let after = memory();
    println!("workers: {before} kB before, {after} kB after");
    assert!(
        after < before + before / 20,
        "memory grew from {before} to {after} kB"
    );
    assert_eq!(engine.status().restarts, 0);
}

#[test]
#[ignore = "minutes: run by `make soak`"]
fn workers_killed_at_any_moment_never_change_a_result() {
    let (engine, task) = (engine(), caster());
    let code = format!("import time\ntime.sleep(0.3)\n{}", task.weak_seed());
    let expected = evaluate(engine.assessor(), &task, &code);
    let mut answers: BTreeMap<bool, usize> = BTreeMap::new();
    let mut killed = 0;
    for turn in 0..40u64 {
        std::thread::scope(|scope| {
            let result = scope.spawn(|| evaluate(engine.assessor(), &task, &code));
            // Moments spread over the run by a step that shares no factor with it.
            std::thread::sleep(Duration::from_millis(turn * 37 % 400));
            let pids = engine.assessor().executor().pids();
            if let Some(pid) = pids.get(turn as usize % pids.len().max(1)) {
                let status = std::process::Command::new("kill")
                    .args(["-9", &pid.to_string()])
                    .status();
                // One that was killed before may be named until its keeper has noticed.
                killed += usize::from(status.expect("kill runs").success());
            }
            let found = result.join().expect("no panic");
            *answers.entry(found == expected).or_default() += 1;
        });
    }
    println!(
        "{answers:?}, {killed} killed, {} restarts",
        engine.status().restarts
    );
    assert!(killed > 20, "only {killed} were killed");
    assert_eq!(answers, BTreeMap::from([(true, 40)]));
}
