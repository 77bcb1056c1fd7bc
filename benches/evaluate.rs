//! From code to reward through a warm worker: what a keystroke costs after its debounce.
//!
//! Runs real CadQuery in one worker; `make bench` provides the environment.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cadforge::assess::{ReferenceChoice, Request, Scoring};
use cadforge::engine::Engine;
use cadforge::executor::{CancelToken, Priority, WorkerConfig};
use cadforge::reward::Mode;
use cadforge::task::{Task, TaskSet};
use criterion::{Criterion, criterion_group, criterion_main};

fn engine() -> Engine {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = std::env::var_os("CADFORGE_PYTHON").map_or(root.join(".venv/bin/python"), PathBuf::from);
    let worker = PathBuf::from(env!("CARGO_BIN_EXE_cadforge-worker"));
    Engine::start(WorkerConfig {
        worker,
        python,
        workers: 1,
    })
}

fn assess(engine: &Engine, task: &Task, code: &str, scoring: &Scoring) -> f64 {
    let request = Request {
        task,
        code: code.as_bytes(),
        completion: None,
        scoring,
        priority: Priority::Live,
    };
    engine
        .assessor()
        .assess(&request, &CancelToken::never())
        .expect("a worker")
        .evaluation
        .reward
        .total
}

fn evaluate(criterion: &mut Criterion) {
    let tasks = TaskSet::load(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("tasks")]).expect("task packs");
    let engine = engine();
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
    }
    group.finish();
}

criterion_group!(benches, evaluate);
criterion_main!(benches);
