//! Time from code to reward in a warm worker: the cost of an edit after its debounce.
//!
//! Runs real CadQuery in one worker; `make bench` provides the environment. Also measures cached results, from memory
//! and from disk, with and without the shape.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cadforge::assess::{ReferenceChoice, Request, Scoring};
use cadforge::cache::{Bounds, Cache};
use cadforge::engine::Engine;
use cadforge::executor::{CancelToken, Priority, WorkerConfig};
use cadforge::reward::Mode;
use cadforge::task::{Task, TaskSet};
use criterion::{Criterion, criterion_group, criterion_main};

fn engine(cache: Cache) -> Engine {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = std::env::var_os("CADFORGE_PYTHON").map_or(root.join(".venv/bin/python"), PathBuf::from);
    let worker = Path::new(env!("CARGO_BIN_EXE_cadforge")).with_file_name("cadforge-worker");
    Engine::start(WorkerConfig {
        cache,
        ..WorkerConfig::new(worker, python, 1)
    })
}

fn request<'a>(task: &'a Task, code: &'a str, scoring: &'a Scoring) -> Request<'a> {
    Request {
        task,
        code: code.as_bytes(),
        completion: None,
        scoring,
        priority: Priority::Live,
    }
}

fn assess(engine: &Engine, task: &Task, code: &str, scoring: &Scoring) -> f64 {
    engine
        .assessor()
        .assess(&request(task, code, scoring), &CancelToken::never())
        .expect("a worker")
        .evaluation
        .reward
        .total
}

fn evaluate(criterion: &mut Criterion) {
    let tasks = TaskSet::load(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("tasks")]).expect("task packs");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let on_disk = Bounds {
        memory: 0,
        ..Bounds::default()
    };
    let caches = [("memory", Bounds::default()), ("disk", on_disk)]
        .map(|(name, bounds)| (name, engine(Cache::open(folder.path().join(name), bounds))));
    let engine = engine(Cache::off());
    let mut group = criterion.benchmark_group("evaluate");
    group.sample_size(20);
    let full = Scoring::default();
    let fast = Scoring {
        mode: Mode::Fast,
        reference: ReferenceChoice::None,
        ..Scoring::default()
    };
    for id in ["caster_wheel_fork", "axial_motor_stator_12_slot"] {
        let task: &Arc<Task> = tasks.get(id).expect("a demo task");
        let recording = task
            .repairs
            .iter()
            .find(|repair| repair.name == "published")
            .expect("recorded");
        let repaired = &recording.steps.last().expect("a step").code;
        let broken = repaired.replace("import cadquery as cq", "import cadquery as cq\nx = (");
        let candidates = [
            ("seed", task.weak_seed()),
            ("repaired", repaired),
            ("syntax error", &broken),
        ];
        for (name, code) in candidates {
            group.bench_function(format!("{id}/{name}/full"), |bencher| {
                bencher.iter(|| assess(&engine, task, black_box(code), &full));
            });
        }
        group.bench_function(format!("{id}/repaired/fast"), |bencher| {
            bencher.iter(|| assess(&engine, task, black_box(repaired), &fast));
        });
        for (name, engine) in &caches {
            let uncached = assess(engine, task, repaired, &full);
            group.bench_function(
                format!("{id}/repaired/full from {name}, with its shape"),
                |bencher| {
                    bencher.iter(|| assess(engine, task, black_box(repaired), &full));
                },
            );
            group.bench_function(format!("{id}/repaired/full from {name}"), |bencher| {
                bencher.iter(|| {
                    let request = request(task, black_box(repaired), &full);
                    let evaluation = engine.assessor().evaluate(&request, &CancelToken::never());
                    assert_eq!(
                        evaluation.expect("known").reward.total.to_bits(),
                        uncached.to_bits()
                    );
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, evaluate);
criterion_main!(benches);
