//! The cache: results are found again without a worker, and only under equal inputs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use cadforge::assess::{Assessor, Evaluation, ReferenceChoice, Request, Scoring, Timing};
use cadforge::cache::{Bounds, Cache, Usage, usage};
use cadforge::executor::{Build, CancelToken, Executor, Limits, Priority, Progress, RunSpec, WorkerConfig};
use cadforge::failure::Kind;
use cadforge::reward::{Mode, Profile};
use cadforge::task::{Task, TaskSet};
use serde_json::Value;

use crate::support::{cadforge, expect_exit, json, python, root, worker};

const CASTER: &str = "caster_wheel_fork";
const BOX: &str = "import cadquery as cq\nfixture = cq.Workplane().box(90, 80, 130)\nprint('built')\n";

/// A fresh assessor, as after a new start of the program.
fn assessor(folder: &Path) -> Assessor {
    let worker = worker();
    Assessor::new(Executor::start(WorkerConfig {
        cache: Cache::open(folder.to_owned(), Bounds::default()),
        ..WorkerConfig::new(worker, python(), 1)
    }))
}

fn caster() -> Arc<Task> {
    let tasks = TaskSet::load(&[root().join("tasks")]).expect("task packs");
    Arc::clone(tasks.get(CASTER).expect("the caster"))
}

fn scoring(reference: ReferenceChoice) -> Scoring {
    Scoring {
        reference,
        ..Scoring::default()
    }
}

fn request<'a>(task: &'a Task, code: &'a str, scoring: &'a Scoring) -> Request<'a> {
    Request::batch(task, code.as_bytes(), scoring)
}

fn evaluate(assessor: &Assessor, code: &str, scoring: &Scoring) -> Evaluation {
    let task = caster();
    assessor
        .evaluate(&request(&task, code, scoring), &CancelToken::never())
        .expect("a result")
}

/// Whether no worker has been started.
fn is_idle(assessor: &Assessor) -> bool {
    let status = assessor.executor().status();
    assessor.executor().pids().is_empty() && status.ready + status.starting == 0
}

fn without_timing(evaluation: &Evaluation) -> Evaluation {
    Evaluation {
        timing: Timing::default(),
        ..evaluation.clone()
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(entries(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

#[test]
fn a_cached_candidate_needs_no_worker_and_a_damaged_entry_is_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let (task, scoring) = (caster(), scoring(ReferenceChoice::Task));
    let first = assessor(folder.path());
    let original = first
        .assess(&request(&task, BOX, &scoring), &CancelToken::never())
        .unwrap();
    assert!(!is_idle(&first));
    let stl = &original.shape.as_ref().unwrap().stl;

    let again = assessor(folder.path());
    let cached = evaluate(&again, BOX, &scoring);
    assert_eq!(without_timing(&cached), without_timing(&original.evaluation));
    assert_eq!(cached.stdout, "built\n");
    let (now, then) = (cached.timing, original.evaluation.timing);
    assert_eq!(
        (now.run_ms, now.score_ms, now.queue_ms),
        (then.run_ms, then.score_ms, 0.0)
    );
    assert!(now.total_ms < then.total_ms, "{now:?} after {then:?}");
    // The shape, and a score in another mode: both use the cached build.
    let assessment = again
        .assess(&request(&task, BOX, &scoring), &CancelToken::never())
        .unwrap();
    assert!(assessment.shape.unwrap().stl == *stl);
    let fast = Scoring {
        mode: Mode::Fast,
        ..scoring.clone()
    };
    let fast = evaluate(&again, BOX, &fast);
    assert_eq!(fast.mode, Mode::Fast);
    assert!((fast.reward.total - cached.reward.total).abs() > 1e-6);
    again.versions(&task, Profile::CadforgeV1).unwrap();
    assert!(is_idle(&again), "a worker was started for a cached result");

    // Damage every entry: truncate it or flip one bit.
    for (number, path) in entries(folder.path()).into_iter().enumerate() {
        let mut bytes = fs::read(&path).unwrap();
        if number % 2 == 0 {
            bytes.truncate(bytes.len() * 2 / 3);
        } else {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 4;
        }
        fs::write(&path, bytes).unwrap();
    }
    let damaged = assessor(folder.path());
    assert_eq!(
        without_timing(&evaluate(&damaged, BOX, &scoring)),
        without_timing(&original.evaluation)
    );
    assert!(!is_idle(&damaged));
    assert!(is_idle(&{
        let repaired = assessor(folder.path());
        evaluate(&repaired, BOX, &scoring);
        repaired
    }));
}

#[test]
fn reference_whitespace_and_limits_are_part_of_the_cache_key() {
    let folder = tempfile::tempdir().unwrap();
    let reference = folder.path().join("reference.stl");
    let kept = folder.path().join("cache");
    let scoring = scoring(ReferenceChoice::File(reference.clone()));
    let against = |stl: &[u8], assessor: &Assessor| {
        fs::write(&reference, stl).unwrap();
        evaluate(assessor, BOX, &scoring).reward.total
    };
    let one = assessor(&kept);
    let task = caster();
    let without = Scoring {
        reference: ReferenceChoice::None,
        ..scoring.clone()
    };
    let built = one
        .assess(&request(&task, BOX, &without), &CancelToken::never())
        .unwrap();
    let own = built.shape.unwrap().stl.clone();
    // The first 4 of its 12 triangles. A changed file of equal size would do too, but this surely changes the score.
    let mut other = own.to_vec();
    other.truncate(84 + 50 * 4);
    other[80..84].copy_from_slice(&4u32.to_le_bytes());

    let later = assessor(&kept);
    let perfect = against(&own, &later);
    let worse = against(&other, &later);
    assert!(
        perfect > worse + 1e-6,
        "{perfect} against itself, {worse} against a part of it"
    );
    assert_eq!(against(&own, &later).to_bits(), perfect.to_bits());
    assert_eq!(against(&other, &assessor(&kept)).to_bits(), worse.to_bits());
    assert!(is_idle(&later));

    let entries_before = usage(&kept).entries;
    evaluate(&one, &BOX.replace("box(90, 80", "box(90,  80"), &without);
    assert_eq!(
        usage(&kept).entries,
        entries_before + 2,
        "one build and one evaluation"
    );
    let limits = Limits {
        cpu_s: 19.0,
        ..Limits::default()
    };
    evaluate(&one, BOX, &Scoring { limits, ..without });
    assert_eq!(usage(&kept).entries, entries_before + 4);
}

#[test]
fn builds_of_an_outdated_worker_are_not_cached_and_it_is_recycled() {
    let dir = tempfile::tempdir().unwrap();
    let wrapper = wrapper(dir.path());
    let kept = dir.path().join("kept");
    let assessor = Assessor::new(Executor::start(WorkerConfig {
        cache: Cache::open(kept.clone(), Bounds::default()),
        ..WorkerConfig::new(wrapper.clone(), python(), 1)
    }));
    let scoring = scoring(ReferenceChoice::None);
    let build = |size: u32| evaluate(&assessor, &BOX.replace("90", &size.to_string()), &scoring);
    assert!(build(91).ok);
    let entries = usage(&kept).entries;
    assert_eq!(entries, 3, "one build, one evaluation, the versions");

    let another = [fs::read(&wrapper).unwrap(), b"# reinstalled\n".to_vec()].concat();
    fs::write(&wrapper, another).unwrap();
    assert!(build(92).ok, "the build still has a result");
    assert_eq!(usage(&kept).entries, entries);
    let deadline = Instant::now() + Duration::from_secs(180);
    while assessor.executor().status().recycled == 0 {
        assert!(Instant::now() < deadline, "the worker is not recycled");
        thread::sleep(Duration::from_millis(10));
    }
    assert!(build(93).ok);
    assert!(usage(&kept).entries >= entries + 2);
    // Earlier entries belong to the old worker and are not used.
    assert!(build(91).ok);
    assert!(usage(&kept).entries >= entries + 4);
}

/// A worker that appends a line to `starts`, beside it, at each start.
fn wrapper(dir: &Path) -> PathBuf {
    let (wrapper, log) = (dir.join("worker"), dir.join("starts"));
    let script = format!(
        "#!/bin/sh\necho started >> '{}'\nexec '{}' \"$@\"\n",
        log.display(),
        worker().display()
    );
    fs::write(&wrapper, script).unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
    wrapper
}

#[test]
fn machine_dependent_failures_are_not_cached() {
    let folder = tempfile::tempdir().unwrap();
    let one = assessor(folder.path());
    let scoring = Scoring {
        limits: Limits {
            cpu_s: 0.5,
            memory_mb: 256,
            ..Limits::default()
        },
        ..scoring(ReferenceChoice::None)
    };
    let cases = [
        ("while True:\n    pass\n", Kind::Timeout),
        ("x = bytearray(1 << 30)\n", Kind::OutOfMemory),
        ("import os\nos.abort()\n", Kind::Crash),
        ("while True:\n    print('x' * 100000)\n", Kind::OutputFlood),
    ];
    one.versions(&caster(), Profile::CadforgeV1).unwrap();
    let versions = usage(folder.path()).entries;
    assert_eq!(versions, 1);
    for (code, kind) in cases {
        for _ in 0..2 {
            assert_eq!(evaluate(&one, code, &scoring).kind, kind, "{code}");
        }
        assert_eq!(usage(folder.path()).entries, versions, "{kind:?} was cached");
    }
    assert_eq!(evaluate(&one, "x = (\n", &scoring).kind, Kind::SyntaxClosure);
    assert_eq!(usage(folder.path()).entries, versions + 2);
}

#[test]
fn eval_of_a_cached_file_starts_no_worker_and_clean_empties_the_cache() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("box.py"), BOX).unwrap();
    let (wrapper, log) = (wrapper(dir.path()), dir.path().join("starts"));
    let program = |arguments: &[&str]| {
        let mut command = cadforge(dir.path());
        command
            .env("CADFORGE_WORKER", &wrapper)
            .env("CADFORGE_CACHE", dir.path().join("kept"))
            .env("TMPDIR", dir.path())
            .args(arguments);
        json(&expect_exit(&mut command, 0))
    };
    let starts = || fs::read_to_string(&log).unwrap_or_default().lines().count();
    let eval = ["eval", "box.py", "--task", CASTER, "--json"];
    let without_timing = |mut evaluation: Value| {
        evaluation["timing"] = Value::Null;
        evaluation["artifacts"] = Value::Null;
        // A ratio of times.
        evaluation["details"]["grounded"]["cost"] = Value::Null;
        evaluation
    };
    let first = program(&eval);
    assert_eq!(starts(), 1);
    let again = program(&eval);
    let kept = program(&[&eval[..], &["--out", "out"]].concat());
    assert_eq!(starts(), 1, "a worker was started for a cached result");
    assert_eq!(again["timing"]["run_ms"], first["timing"]["run_ms"]);
    assert_eq!(kept["artifacts"]["stl"], "out/candidate.stl");
    assert_eq!(
        fs::read(dir.path().join("out/candidate.stl")).unwrap().len(),
        84 + 50 * 12
    );
    let uncached = program(&[&eval[..], &["--no-cache"]].concat());
    assert_eq!(starts(), 2);
    for other in [again, kept, uncached] {
        assert_eq!(without_timing(other), without_timing(first.clone()));
    }

    let Usage { entries, bytes } = usage(&dir.path().join("kept"));
    assert!(entries >= 3 && bytes > 0, "{entries} entries");
    let cleaned = program(&["clean", "--json"]);
    assert_eq!(cleaned["cache"]["entries"], entries);
    assert_eq!(cleaned["cache"]["bytes"], bytes);
    assert!(!dir.path().join("kept").exists());
    assert_eq!(program(&["clean", "--json"])["cache"]["entries"], 0);
}

#[test]
fn a_build_is_delivered_before_it_is_cached() {
    let folder = tempfile::tempdir().unwrap();
    let assessor = assessor(folder.path());
    let executor = assessor.executor();
    let spec = RunSpec::default();
    let key = executor.key(BOX.as_bytes(), &spec).expect("the cache is on");
    let mut reported = Vec::new();
    for _ in 0..2 {
        let mut built = |progress: Progress<'_>| {
            let Progress::Built(execution) = progress else {
                panic!("{progress:?} of a batch");
            };
            let is_cached = executor.cache().get(&key).is_some();
            reported.push((matches!(execution.build, Build::Shape(_)), is_cached));
        };
        let (code, never) = (BOX.as_bytes(), CancelToken::never());
        executor
            .build_observed(code, &spec, Priority::Batch, &mut built, &never)
            .unwrap();
    }
    assert_eq!(
        reported,
        [(true, false), (true, true)],
        "first built, then cached"
    );
}

#[test]
fn a_cached_failure_does_not_hide_an_exported_part_from_a_live_run() {
    let folder = tempfile::tempdir().unwrap();
    let assessor = assessor(folder.path());
    let (task, scoring) = (caster(), scoring(ReferenceChoice::None));
    let code = "import cadquery as cq\nr = cq.Workplane().box(9, 8, 7)\ncq.exporters.export(r, 'r.step')\n";
    let batch = request(&task, code, &scoring);
    let live = Request {
        priority: Priority::Live,
        ..batch
    };
    let assess = |request: &Request<'_>| assessor.assess(request, &CancelToken::never()).unwrap();
    assert!(assess(&batch).unscored.is_none());
    for _ in 0..2 {
        let assessment = assess(&live);
        assert_eq!(
            assessment.unscored.expect("a part").mesh.bbox().size(),
            [9.0, 8.0, 7.0]
        );
        assert_eq!(assessment.evaluation.reward.total, -1.0);
    }
    assert!(assess(&batch).unscored.is_none(), "a batch displays nothing");
}
