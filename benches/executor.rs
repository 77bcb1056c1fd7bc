//! Overhead of a run beyond the candidate: forks, sandbox, protocol; and the savings of resumed runs.
//!
//! Only ratios are meaningful: compare within one run, on a quiet machine. Runs real CadQuery; `make bench` provides
//! the environment.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use cadforge::executor::{CancelToken, Execution, Executor, Priority, RunSpec, WorkerConfig};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const TASKS: [&str; 2] = ["caster_wheel_fork", "axial_motor_stator_12_slot"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn start(workers: usize, patches: &str) -> Executor {
    let python = std::env::var_os("CADFORGE_PYTHON").map_or(root().join(".venv/bin/python"), PathBuf::from);
    let worker = Path::new(env!("CARGO_BIN_EXE_cadforge")).with_file_name("cadforge-worker");
    let executor = Executor::start(WorkerConfig {
        patches: patches.to_owned(),
        ..WorkerConfig::new(worker, python, workers)
    });
    executor.warm_up();
    executor.versions().expect("a worker");
    executor
}

fn run(executor: &Executor, code: &str, priority: Priority) -> Execution {
    executor
        .build(
            code.as_bytes(),
            &RunSpec::default(),
            priority,
            &CancelToken::never(),
        )
        .expect("a worker")
}

fn repaired(task: &str) -> String {
    fs::read_to_string(root().join("tasks").join(task).join("repairs/published/1.py"))
        .expect("a recorded repair")
}

fn seed(task: &str) -> String {
    fs::read_to_string(root().join("tasks").join(task).join("seeds/weak.py")).expect("a weak seed")
}

/// Wall time of a run without execution, meshing and measurement.
fn overhead(criterion: &mut Criterion) {
    let executor = start(1, "all");
    let mut group = criterion.benchmark_group("overhead");
    group.sample_size(20);
    for task in TASKS {
        for (name, code) in [("seed", seed(task)), ("repaired", repaired(task))] {
            group.bench_function(format!("{task}/{name}"), |bencher| {
                bencher.iter_custom(|turns| {
                    let mut sum = Duration::ZERO;
                    for _ in 0..turns {
                        let since = Instant::now();
                        let execution = run(&executor, &code, Priority::Batch);
                        let inside = Duration::from_secs_f64((execution.run_ms + execution.mesh_ms) * 1e-3);
                        sum += since.elapsed().saturating_sub(inside);
                    }
                    sum
                });
            });
        }
    }
    let broken = [
        ("syntax error", "import cadquery as cq\nx = (\n"),
        ("undefined name", "import cadquery as cq\nfixture = radius\n"),
        (
            "invented API",
            "import cadquery as cq\nfixture = cq.Workplane().annulus(3)\n",
        ),
    ];
    for (name, code) in broken {
        group.bench_function(format!("broken/{name}"), |bencher| {
            bencher.iter(|| run(&executor, code, Priority::Batch));
        });
    }
    group.finish();
}

/// Edits of the last, the middle and the first statement, compared with a run from the start; all edits differ.
fn edits(criterion: &mut Criterion) {
    let executor = start(1, "all");
    for task in TASKS {
        let code = repaired(task);
        let lines: Vec<&str> = code.lines().collect();
        // A statement that makes geometry, halfway through those that do.
        let statements: Vec<usize> = (0..lines.len())
            .filter(|&at| lines[at].contains(" = ") && lines[at].contains('(') && !lines[at].starts_with(' '))
            .collect();
        let (middle, last) = (
            statements[statements.len() / 2],
            *statements.last().expect("a fixture"),
        );
        let turn = Cell::new(0u32);
        let edited = |at: usize| {
            turn.set(turn.get() + 1);
            let mut lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
            if at == 0 {
                lines[0] = format!("import cadquery as cq; edit = {}", turn.get());
            } else {
                lines[at] += &format!(".translate((0, 0, {}))", turn.get());
            }
            lines.join("\n") + "\n"
        };
        let mut group = criterion.benchmark_group(format!("edit/{task}"));
        group.sample_size(20);
        group.bench_function("full run", |bencher| {
            bencher.iter(|| run(&executor, &code, Priority::Batch));
        });
        for (name, at) in [("last", last), ("middle", middle), ("first", 0)] {
            run(&executor, &code, Priority::Live);
            group.bench_function(format!("{name} statement"), |bencher| {
                bencher.iter(|| run(&executor, &edited(at), Priority::Live));
            });
        }
        group.finish();
    }
}

/// Candidates per second on one worker and on two.
fn throughput(criterion: &mut Criterion) {
    let codes: Vec<String> = TASKS
        .iter()
        .flat_map(|task| [seed(task), repaired(task)])
        .collect();
    let mut group = criterion.benchmark_group("throughput");
    group.sample_size(10);
    group.throughput(Throughput::Elements(16));
    for workers in [1, 2] {
        let executor = start(workers, "all");
        group.bench_function(format!("{workers} workers"), |bencher| {
            bencher.iter(|| {
                thread::scope(|scope| {
                    for at in 0..workers {
                        let (executor, codes) = (executor.clone(), &codes);
                        scope.spawn(move || {
                            for turn in (0..16).skip(at).step_by(workers) {
                                run(&executor, &codes[turn / 2 % codes.len()], Priority::Batch);
                            }
                        });
                    }
                });
            });
        });
    }
    group.finish();
}

/// Effect of the patches of CadQuery.
fn patches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("patches");
    group.sample_size(20);
    for patches in ["none", "quick_planes", "rare_collection", "all"] {
        let executor = start(1, patches);
        for task in TASKS {
            let code = repaired(task);
            group.bench_function(format!("{task}/{patches}"), |bencher| {
                bencher.iter(|| run(&executor, &code, Priority::Batch));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, overhead, edits, throughput, patches);
criterion_main!(benches);
