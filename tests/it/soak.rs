//! Long runs, for `make soak`: thousands of evaluations, and workers killed at any moment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cadforge::assess::{Assessor, ReferenceChoice, Request, Scoring, Timing};
use cadforge::engine::Engine;
use cadforge::executor::{CancelToken, Recycle, WorkerConfig};
use cadforge::reward::Profile;
use cadforge::task::{Task, TaskSet};

use crate::executor::load::Spinners;
use crate::support::{python, root, worker};

fn engine() -> Engine {
    let worker = worker();
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

/// The evaluations under both profiles, without what differs between equal runs.
fn evaluate(assessor: &Assessor, task: &Task, code: &str) -> String {
    let evaluate = |profile| {
        let scoring = Scoring {
            reference: ReferenceChoice::None,
            profile,
            editability: Some(0),
            ..Scoring::default()
        };
        let request = Request::batch(task, code.as_bytes(), &scoring);
        let mut evaluation = assessor
            .assess(&request, &CancelToken::never())
            .expect("a result")
            .evaluation;
        evaluation.timing = Timing::default();
        if let Some(grounded) = &mut evaluation.details.grounded {
            // Measured CPU time.
            (grounded.cost, evaluation.reward.efficiency) = (None, None);
        }
        serde_json::to_string(&evaluation).expect("plain data")
    };
    [Profile::CadforgeV1, Profile::GroundedV2].map(evaluate).concat()
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

/// References, seeds and recorded repairs of all tasks, each with its task.
fn honest() -> Vec<(Arc<Task>, String)> {
    let tasks = TaskSet::load(&[root().join("tasks")]).expect("task packs");
    let mut found = Vec::new();
    for task in tasks.iter() {
        let folder = root().join("tasks").join(&task.id);
        let mut files: Vec<PathBuf> = ["", "seeds", "repairs"]
            .into_iter()
            .flat_map(|below| python_files(&folder.join(below), usize::from(below == "repairs")))
            .collect();
        files.sort();
        let codes = files
            .into_iter()
            .map(|file| std::fs::read_to_string(file).expect("a script"));
        found.extend(codes.map(|code| (Arc::clone(task), code)));
    }
    found
}

fn python_files(folder: &Path, deeper: usize) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| {
            let path = entry.path();
            if path.is_dir() && deeper > 0 {
                python_files(&path, deeper - 1)
            } else if path.extension().is_some_and(|extension| extension == "py") {
                vec![path]
            } else {
                Vec::new()
            }
        })
        .collect()
}

#[test]
#[ignore = "minutes: run by `make soak`"]
fn a_hundred_candidates_score_at_load_sixteen_what_they_score_alone() {
    let engine = engine();
    let candidates = honest();
    assert!(candidates.len() >= 100, "{} candidates", candidates.len());
    let candidates = &candidates[..100];
    let score_all = || {
        let next = AtomicUsize::new(0);
        let since = Instant::now();
        let (mut scores, mut longest) = (vec![String::new(); candidates.len()], Duration::ZERO);
        std::thread::scope(|scope| {
            let run = || {
                let mut own = Vec::new();
                while let Some((index, (task, code))) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    candidates.get(index).map(|candidate| (index, candidate))
                } {
                    let since = Instant::now();
                    own.push((index, evaluate(engine.assessor(), task, code), since.elapsed()));
                }
                own
            };
            let threads = [scope.spawn(run), scope.spawn(run)];
            for (index, score, took) in threads
                .into_iter()
                .flat_map(|thread| thread.join().expect("no panic"))
            {
                scores[index] = score;
                longest = longest.max(took);
            }
        });
        println!(
            "{:.1} s, the longest of them {:.1} s",
            since.elapsed().as_secs_f64(),
            longest.as_secs_f64()
        );
        scores
    };
    // Both workers, so that their start is in neither time.
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                evaluate(
                    engine.assessor(),
                    &candidates[0].0,
                    "import time\ntime.sleep(6)\n",
                )
            });
        }
    });
    assert_eq!(engine.status().ready, 2);
    let pids = engine.assessor().executor().pids();
    let quiet = score_all();
    let spinners = Spinners::start(16, None);
    let busy = score_all();
    drop(spinners);
    let built = quiet.iter().filter(|score| score.contains("\"ok\":true")).count();
    println!("{built} of {} build", quiet.len());
    let different: Vec<_> = quiet
        .iter()
        .zip(&busy)
        .filter(|(quiet, busy)| quiet != busy)
        .collect();
    assert!(different.is_empty(), "{} differ: {different:?}", different.len());
    assert_eq!(
        (engine.assessor().executor().pids(), engine.status().restarts),
        (pids, 0)
    );
}
