//! Workers, interpreters and candidates as processes: deaths, replacement, cancellation.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use cadforge::executor::{CancelToken, Executor, ExecutorError, Limits, Priority, RunSpec, WorkerConfig};
use serde_json::json;

use super::{BOX, config, repaired, run, run_with, shape, start};
use crate::serve::Server;
use crate::support::{cadforge, root};

pub fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(180);
    while !condition() {
        assert!(Instant::now() < deadline, "timed out waiting until {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

pub fn alive(pid: u32) -> bool {
    // A zombie has ended; its parent has not reaped it yet.
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(") ").next().unwrap_or_default().starts_with('Z'))
}

pub fn kill(pid: u32) {
    let status = Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Children of all threads of a process: a worker is a child of the thread that manages its slot.
pub fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let texts = tasks.map(|task| fs::read_to_string(task.path().join("children")).unwrap_or_default());
    let numbers = |text: String| {
        text.split_whitespace()
            .filter_map(|pid| pid.parse().ok())
            .collect::<Vec<_>>()
    };
    texts.flat_map(numbers).collect()
}

fn descendants(pid: u32) -> Vec<u32> {
    children(pid)
        .into_iter()
        .flat_map(|child| [vec![child], descendants(child)].concat())
        .collect()
}

/// The depth of the process tree below a process.
fn tree_depth(pid: u32) -> usize {
    children(pid)
        .into_iter()
        .map(|child| 1 + tree_depth(child))
        .max()
        .unwrap_or(0)
}

fn resident_kb(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn the_files_of_a_candidate_are_removed_after_its_run() {
    let code = "import os, tempfile\nprint(os.getcwd())\nopen('left.txt', 'w').write('x')\nos.makedirs('a/b')\n\
                handle, path = tempfile.mkstemp()\nprint(os.path.dirname(path) == os.getcwd(), len(os.listdir('.')))\n";
    let execution = run(&format!("{code}{BOX}"));
    let lines: Vec<&str> = execution.stdout.lines().collect();
    assert_eq!(lines[1], "True 3");
    // Removal follows the result, so that no caller waits for it. The folder itself stays for the next candidate: one that
    // cannot be read from here would look empty.
    wait_until("its files are removed", || {
        let left = fs::read_dir(lines[0]).unwrap_or_else(|error| panic!("{}: {error}", lines[0]));
        left.count() == 0
    });
    shape(execution);
}

#[test]
fn a_worker_killed_in_mid_run_costs_one_retry() {
    let executor = start(1);
    executor.versions().unwrap();
    let first = executor.pids()[0];
    let code = format!("import time\ntime.sleep(3)\n{BOX}");
    let runner = executor.clone();
    let running = thread::spawn(move || run_with(&runner, &code, &Limits::default()));
    wait_until("the candidate runs", || executor.status().busy == 1);
    thread::sleep(Duration::from_millis(500));
    let process_tree = descendants(first);
    kill(first);
    let built = shape(running.join().unwrap());
    assert!((built.facts.volume - 6.0).abs() < 1e-9);
    assert_eq!(executor.status().restarts, 1);
    assert_ne!(executor.pids(), [first]);
    // The interpreter, the reader and runner of the candidate, and perhaps those that wait for the next one.
    assert!((3..=5).contains(&process_tree.len()), "{process_tree:?}");
    wait_until("the whole process tree is gone", || {
        !process_tree.iter().any(|&pid| alive(pid))
    });
}

#[test]
fn a_candidate_whose_worker_dies_twice_is_an_error_and_the_pool_recovers() {
    let executor = start(1);
    executor.versions().unwrap();
    let first = executor.pids()[0];
    let runner = executor.clone();
    let running = thread::spawn(move || {
        runner.build(
            b"import time\ntime.sleep(1000)\n",
            &RunSpec::default(),
            Priority::Batch,
            &CancelToken::never(),
        )
    });
    wait_until("the candidate runs", || executor.status().busy == 1);
    kill(first);
    wait_until("it runs again", || {
        executor.status().busy == 1 && executor.pids().first().is_some_and(|&pid| pid != first)
    });
    kill(executor.pids()[0]);
    let result = running.join().unwrap();
    assert!(matches!(&result, Err(ExecutorError::Broken(_))), "{result:?}");
    shape(run_with(&executor, BOX, &Limits::default()));
    assert_eq!(executor.status().restarts, 2);
}

#[test]
fn a_worker_killed_while_idle_is_replaced_without_a_request() {
    let executor = start(1);
    executor.versions().unwrap();
    let first = executor.pids();
    kill(first[0]);
    wait_until("another worker is ready", || {
        executor.status().ready == 1 && executor.pids() != first
    });
    shape(run_with(&executor, BOX, &Limits::default()));
}

#[test]
fn the_death_of_an_idle_worker_is_logged() {
    let mut server = Server::start_with(&["--workers", "1", "--log", "warn"], |command| {
        command.stderr(Stdio::piped());
    });
    let (sender, lines) = mpsc::channel();
    let stderr = BufReader::new(server.child.stderr.take().unwrap());
    thread::spawn(move || {
        stderr
            .lines()
            .map_while(Result::ok)
            .try_for_each(|line| sender.send(line))
    });
    let step = json!({ "action": { "code": BOX } });
    assert_eq!(server.post("/step", &step).status, 200);
    server.wait_for_metric("cadforge_workers{state=\"busy\"} 0");
    let [worker] = children(server.child.id())[..] else {
        panic!("one worker: {:?}", children(server.child.id()))
    };
    kill(worker);
    let mut log = Vec::new();
    while !log
        .last()
        .is_some_and(|line: &String| line.contains("a worker died and is replaced"))
    {
        let next = lines.recv_timeout(Duration::from_secs(60));
        log.push(next.unwrap_or_else(|error| panic!("{error}: the log is {log:?}")));
    }
    let line = log.pop().unwrap();
    assert!(
        line.contains("WARN cadforge_executor") && line.contains("slot=0"),
        "{line}"
    );
    assert_eq!(server.post("/step", &step).status, 200);
    server.wait_for_metric("cadforge_worker_restarts_total 1");
}

#[test]
fn a_hanging_worker_is_replaced() {
    let executor = start(1);
    executor.versions().unwrap();
    let first = executor.pids()[0];
    let status = Command::new("kill")
        .args(["-STOP", &first.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
    let limits = Limits {
        cpu_s: 0.2,
        ..Limits::default()
    };
    // The limits are too small for the second run on a busy machine; only that the call returns is tested.
    run_with(&executor, "x = 1\n", &limits);
    assert_ne!(executor.pids(), [first]);
    assert!(!alive(first));
}

#[test]
fn no_process_outlives_a_killed_program() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("endless.py");
    fs::write(&file, "import time\ntime.sleep(1000)\n").unwrap();
    let mut program = cadforge(folder.path())
        .args([
            "eval",
            "endless.py",
            "--task",
            "caster_wheel_fork",
            "--reference",
            "none",
        ])
        .args(["--tasks".as_ref(), root().join("tasks").as_os_str()])
        .spawn()
        .unwrap();
    let pid = program.id();
    // A worker, its interpreter, the running candidate and a process beside it.
    wait_until("the candidate runs", || {
        tree_depth(pid) == 3 && descendants(pid).len() >= 4
    });
    let process_tree = descendants(pid);
    kill(pid);
    program.wait().unwrap();
    wait_until("the whole process tree is gone", || {
        !process_tree.iter().any(|&pid| alive(pid))
    });
}

#[test]
fn cancelling_answers_at_once_and_frees_the_worker() {
    let executor = start(1);
    let pid = {
        executor.versions().unwrap();
        executor.pids()[0]
    };
    let call = |code: &'static str| {
        let (source, token) = CancelToken::pair();
        let runner = executor.clone();
        let running = thread::spawn(move || {
            runner.build(code.as_bytes(), &RunSpec::default(), Priority::Batch, &token)
        });
        (source, running)
    };
    let (source, running) = call("import time\ntime.sleep(1000)\n");
    wait_until("the first runs", || executor.status().busy == 1);
    let (queued_source, queued) = call(BOX);
    wait_until("the second is queued", || executor.status().queued == 1);

    queued_source.cancel();
    assert!(matches!(queued.join().unwrap(), Err(ExecutorError::Cancelled)));
    assert_eq!(executor.status().queued, 0);
    source.cancel();
    assert!(matches!(running.join().unwrap(), Err(ExecutorError::Cancelled)));
    shape(run_with(&executor, BOX, &Limits::default()));
    // The worker is still the same.
    assert_eq!((executor.pids(), executor.status().restarts), (vec![pid], 0));
}

/// The contract is 100 ms for a candidate in Python code, in a call of the geometry kernel, and asleep. A busy machine may
/// delay one answer but not each of five; an answer that waited for the worker would always be late.
#[test]
fn a_cancelled_caller_is_answered_within_100_ms() {
    let executor = start(1);
    executor.versions().unwrap();
    let endless = [
        "while True:\n    pass\n",
        "import cadquery as cq\npart = cq.Workplane().box(1, 1, 1)\nfor i in range(100_000):\n    part = part.union(cq.Workplane().box(1, 1, 1).translate((i, 0, 0)))\n",
        "import time\ntime.sleep(1000)\n",
    ];
    for code in endless {
        let waited = (0..5).map(|_| {
            let (source, token) = CancelToken::pair();
            let runner = executor.clone();
            let running = thread::spawn(move || {
                runner.build(code.as_bytes(), &RunSpec::default(), Priority::Batch, &token)
            });
            wait_until("the candidate runs", || executor.status().busy == 1);
            let since = Instant::now();
            source.cancel();
            assert!(matches!(running.join().unwrap(), Err(ExecutorError::Cancelled)));
            let waited = since.elapsed();
            wait_until("the worker is free", || executor.status().busy == 0);
            waited
        });
        let least = waited.min().unwrap();
        assert!(
            least < Duration::from_millis(100),
            "{least:?} at least for {code}"
        );
    }
    assert_eq!(executor.status().restarts, 0, "the worker is not replaced");
}

#[test]
fn a_live_run_overtakes_a_batch() {
    let executor = start(1);
    executor.versions().unwrap();
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let submit = |name: &'static str, priority| {
        let (runner, order) = (executor.clone(), Arc::clone(&order));
        thread::spawn(move || {
            // It computes: beside a sleeping candidate the others would run.
            let code = format!("for i in range(20_000_000):\n    pass\n{BOX}");
            runner
                .build(
                    code.as_bytes(),
                    &RunSpec::default(),
                    priority,
                    &CancelToken::never(),
                )
                .unwrap();
            order.lock().unwrap().push(name);
        })
    };
    let mut threads = vec![submit("running", Priority::Batch)];
    wait_until("the first runs", || executor.status().busy == 1);
    threads.push(submit("batch", Priority::Batch));
    wait_until("a batch waits", || executor.status().queued == 1);
    threads.push(submit("live", Priority::Live));
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(*order.lock().unwrap(), ["running", "live", "batch"]);
}

#[test]
fn worker_memory_stays_flat_over_two_hundred_candidates() {
    let executor = start(1);
    let codes = [
        BOX.to_owned(),
        repaired("caster_wheel_fork"),
        "x = [".to_owned(),
        "raise ValueError\n".to_owned(),
    ];
    let round = |count: usize| {
        for code in codes.iter().cycle().take(count) {
            run_with(&executor, code, &Limits::default());
        }
    };
    round(20);
    let pid = executor.pids()[0];
    let interpreter = children(pid)[0];
    let memory = || resident_kb(pid) + resident_kb(interpreter);
    let before = memory();
    round(200);
    let after = memory();
    println!("worker memory: {before} kB before, {after} kB after 200 candidates");
    assert!(after < before + 2048, "{before} kB before, {after} kB after");
    assert_eq!((executor.pids(), executor.status().restarts), (vec![pid], 0));
}

#[test]
fn dropping_the_executor_leaves_no_process() {
    let executor = Executor::start(WorkerConfig {
        live_slot: true,
        ..config(2)
    });
    executor.warm_up();
    wait_until("both are ready", || executor.status().ready == 2);
    let workers = executor.pids();
    assert_eq!(workers.len(), 2);
    let pids = [
        workers.clone(),
        workers.into_iter().flat_map(descendants).collect(),
    ]
    .concat();
    // Each worker has an interpreter, and children that wait for the next candidate.
    assert!(pids.len() > 4, "{pids:?}");
    drop(executor);
    assert!(pids.iter().all(|&pid| !alive(pid)), "{pids:?}");
}
