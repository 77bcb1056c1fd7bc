//! The pool over real workers: starting, queueing, recycling and refusing.

use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use cadforge::executor::{
    CancelSource, CancelToken, Execution, Executor, ExecutorError, Limits, Priority, Recycle, RunSpec,
    WorkerConfig,
};

use super::processes::{alive, wait_until};
use super::{BOX, config, run_with, shape};

type Answer = Result<Execution, ExecutorError>;

/// Computes until it is cancelled. A sleeping candidate would not do: others run beside it.
const ENDLESS: &str = "while True:\n    pass\n";

fn submit(executor: &Executor, code: &str, priority: Priority) -> (CancelSource, JoinHandle<Answer>) {
    let (source, token) = CancelToken::pair();
    let (executor, code) = (executor.clone(), code.to_owned());
    let limits = Limits {
        cpu_s: 300.0,
        ..Limits::default()
    };
    let running = thread::spawn(move || executor.build(code.as_bytes(), &limits.into(), priority, &token));
    (source, running)
}

fn cancelled(answer: &Answer) -> bool {
    matches!(answer, Err(ExecutorError::Cancelled))
}

#[test]
fn workers_start_on_demand() {
    let executor = Executor::start(config(2));
    thread::sleep(Duration::from_millis(200));
    assert!(executor.pids().is_empty(), "no worker starts without a candidate");
    shape(run_with(&executor, BOX, &Limits::default()));
    shape(run_with(&executor, BOX, &Limits::default()));
    assert_eq!(executor.pids().len(), 1, "successive candidates need one worker");
    let jobs: Vec<_> = (0..3)
        .map(|_| submit(&executor, ENDLESS, Priority::Batch))
        .collect();
    wait_until("two run and one waits", || {
        let status = executor.status();
        (status.busy, status.queued) == (2, 1)
    });
    assert_eq!(executor.pids().len(), 2);
    for (source, running) in jobs {
        source.cancel();
        assert!(cancelled(&running.join().unwrap()));
    }
}

#[test]
fn the_live_slot_serves_live_runs_and_no_batch() {
    let executor = Executor::start(WorkerConfig {
        live_slot: true,
        ..config(2)
    });
    let batch: Vec<_> = (0..3)
        .map(|_| submit(&executor, ENDLESS, Priority::Batch))
        .collect();
    wait_until("one of the batch runs", || executor.status().busy == 1);
    // A live run ends although the batch never does, and the next one uses the same workers.
    let live_workers = || {
        let answer = submit(&executor, BOX, Priority::Live).1.join().unwrap();
        shape(answer.unwrap());
        executor.pids()
    };
    assert_eq!(live_workers(), live_workers());
    // The live worker is idle, but the batch waits for the other one.
    let status = executor.status();
    assert_eq!((status.ready, status.busy, status.queued), (2, 1, 2));
    for (source, running) in batch {
        source.cancel();
        assert!(cancelled(&running.join().unwrap()));
    }
}

#[test]
fn a_new_live_run_follows_a_cancelled_one_on_the_same_worker() {
    let executor = Executor::start(WorkerConfig {
        live_slot: true,
        ..config(2)
    });
    let (source, running) = submit(&executor, ENDLESS, Priority::Live);
    wait_until("it runs", || executor.status().busy == 1);
    let (_source, next) = submit(&executor, BOX, Priority::Live);
    wait_until("the next one waits", || executor.status().queued == 1);
    let worker = executor.pids();
    source.cancel();
    assert!(cancelled(&running.join().unwrap()));
    shape(next.join().unwrap().unwrap());
    assert_eq!((executor.pids(), executor.status().restarts), (worker, 0));
}

#[test]
fn a_worker_serves_until_its_successor_is_ready() {
    let executor = Executor::start(WorkerConfig {
        recycle: Recycle {
            runs: 3,
            ..Recycle::default()
        },
        ..config(1)
    });
    let run = |size: u32| {
        let code = format!("import cadquery as cq\nfixture = cq.Workplane().box({size}, 1, 1)\n");
        let built = shape(run_with(&executor, &code, &Limits::default()));
        assert!((built.facts.volume - f64::from(size)).abs() < 1e-9);
    };
    (1..=3).for_each(run);
    let first = executor.pids()[0];
    let mut runs_meanwhile = 0;
    let deadline = Instant::now() + Duration::from_secs(180);
    while executor.status().recycled == 0 {
        assert!(Instant::now() < deadline, "the worker is never recycled");
        run(1 + runs_meanwhile % 50);
        runs_meanwhile += 1;
    }
    println!("{runs_meanwhile} runs while the successor started");
    assert!(
        runs_meanwhile > 1,
        "the worker paused while its successor started"
    );
    run(60);
    wait_until("the first worker is gone", || !alive(first));
    assert_ne!(executor.pids()[0], first);
    assert_eq!(executor.status().restarts, 0, "no worker failed");
}

#[test]
fn a_worker_that_grew_is_recycled() {
    let executor = Executor::start(WorkerConfig {
        recycle: Recycle {
            runs: u64::MAX,
            growth_bytes: 64 << 20,
        },
        ..config(1)
    });
    // The state that a live run leaves for resuming contains every object of the code.
    let large = format!("ballast = b'x' * (128 << 20)\n{BOX}");
    let deadline = Instant::now() + Duration::from_secs(180);
    while executor.status().recycled == 0 {
        assert!(Instant::now() < deadline, "the worker is never recycled");
        let execution = executor.build(
            large.as_bytes(),
            &RunSpec::default(),
            Priority::Live,
            &CancelToken::never(),
        );
        shape(execution.unwrap());
    }
    assert_eq!(executor.status().restarts, 0);
}

#[test]
fn a_successor_killed_at_its_start_leaves_the_worker_in_service() {
    let executor = Executor::start(WorkerConfig {
        recycle: Recycle {
            runs: 1,
            ..Recycle::default()
        },
        ..config(1)
    });
    let run = || shape(run_with(&executor, BOX, &Limits::default()));
    run();
    let first = executor.pids()[0];
    wait_until("a successor starts", || executor.pids().len() == 2);
    super::processes::kill(executor.pids()[1]);
    wait_until("the successor is gone", || executor.pids().len() == 1);
    run();
    assert_eq!(executor.pids()[0], first);
    let status = executor.status();
    assert_eq!((status.restarts, status.recycled, status.ready), (0, 0, 1));
}

#[test]
fn a_worker_killed_while_its_successor_starts_loses_no_candidate() {
    let executor = Executor::start(WorkerConfig {
        recycle: Recycle {
            runs: 1,
            ..Recycle::default()
        },
        ..config(1)
    });
    shape(run_with(&executor, BOX, &Limits::default()));
    wait_until("a successor starts", || executor.pids().len() == 2);
    let slow = format!("import time\ntime.sleep(1)\n{BOX}");
    let (_source, running) = submit(&executor, &slow, Priority::Batch);
    wait_until("a candidate runs", || executor.status().busy == 1);
    super::processes::kill(executor.pids()[0]);
    shape(running.join().unwrap().unwrap());
}

#[test]
fn a_full_queue_refuses_batches_but_not_live_runs() {
    let executor = Executor::start(WorkerConfig {
        queue: 2,
        ..config(1)
    });
    let (source, running) = submit(&executor, ENDLESS, Priority::Batch);
    wait_until("it runs", || executor.status().busy == 1);
    let waiting: Vec<_> = (0..2).map(|_| submit(&executor, BOX, Priority::Batch)).collect();
    wait_until("two wait", || executor.status().queued == 2);
    let refused = submit(&executor, BOX, Priority::Batch).1.join().unwrap();
    let Err(ExecutorError::Overloaded {
        queued: 2,
        retry_after_ms,
    }) = refused
    else {
        panic!("{refused:?}")
    };
    assert!(retry_after_ms > 0);
    let (_source, live) = submit(&executor, BOX, Priority::Live);
    wait_until("the live run waits too", || executor.status().queued == 3);
    source.cancel();
    assert!(cancelled(&running.join().unwrap()));
    shape(live.join().unwrap().unwrap());
    for (_source, waiting) in waiting {
        shape(waiting.join().unwrap().unwrap());
    }
    // The queue has room again.
    shape(run_with(&executor, BOX, &Limits::default()));
}

#[test]
fn sources_are_served_in_turn() {
    let executor = Executor::start(config(1));
    // It computes: beside a sleeping candidate the others would run.
    let (blocker, running) = submit(&executor, "while True:\n    pass\n", Priority::Batch);
    wait_until("it runs", || executor.status().busy == 1);
    let (many, few) = (executor.source(), executor.source());
    let began = Arc::new(Mutex::new(Vec::new()));
    let mut threads = Vec::new();
    for (number, (name, source)) in [
        ("a1", &many),
        ("a2", &many),
        ("a3", &many),
        ("b1", &few),
        ("b2", &few),
    ]
    .into_iter()
    .enumerate()
    {
        let (source, began) = (source.clone(), Arc::clone(&began));
        threads.push(thread::spawn(move || {
            let submitted = Instant::now();
            let execution = run_with(&source, BOX, &Limits::default());
            let start = submitted + Duration::from_secs_f64(execution.queue_ms / 1e3);
            began.lock().unwrap().push((start, name));
        }));
        wait_until("it waits", || executor.status().queued == number + 1);
    }
    blocker.cancel();
    assert!(cancelled(&running.join().unwrap()));
    for thread in threads {
        thread.join().unwrap();
    }
    let mut began = began.lock().unwrap().clone();
    began.sort();
    let order: Vec<_> = began.into_iter().map(|(_, name)| name).collect();
    assert_eq!(order, ["a1", "b1", "a2", "b2", "a3"]);
}

#[test]
fn cancelling_a_queue_answers_every_caller_and_empties_it() {
    let executor = Executor::start(config(1));
    let jobs: Vec<_> = (0..20)
        .map(|_| submit(&executor, ENDLESS, Priority::Batch))
        .collect();
    // A candidate leaves the queue before its worker has started.
    wait_until("one runs", || {
        (executor.status().queued, executor.status().busy) == (19, 1)
    });
    let worker = executor.pids();
    assert_eq!(worker.len(), 1);
    // Cancels the running one and the waiting ones, in any order.
    for (source, running) in jobs {
        source.cancel();
        let since = Instant::now();
        assert!(cancelled(&running.join().unwrap()));
        // Long enough for a busy machine; only a hang takes longer.
        assert!(since.elapsed() < Duration::from_secs(60));
    }
    assert_eq!(executor.status().queued, 0);
    shape(run_with(&executor, BOX, &Limits::default()));
    assert_eq!((executor.pids(), executor.status().restarts), (worker, 0));
}
