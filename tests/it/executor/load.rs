//! Busy machines and sleeping candidates: neither changes any result.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use cadforge::executor::{
    Build, CancelToken, Execution, Executor, ExecutorError, Limits, Priority, WorkerConfig,
};
use cadforge::failure::Kind;

use super::processes::wait_until;
use super::{BOX, config, failure, run_with, shape, start, worker};

/// Processes that keep one processor busy.
pub struct Spinners(Vec<Child>);

impl Spinners {
    /// Starts each in its own session: a kernel that shares CPU time among sessions would count all as one.
    pub fn start(count: usize, processor: Option<&str>) -> Self {
        let spin = "while :; do :; done";
        let spinner = |_| {
            let mut command = Command::new("setsid");
            if let Some(processor) = processor {
                command.args(["taskset", "--cpu-list", processor]);
            }
            command
                .args(["sh", "-c", spin])
                .stdin(Stdio::null())
                .spawn()
                .unwrap()
        };
        Self((0..count).map(spinner).collect())
    }
}

impl Drop for Spinners {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The number of a processor that this process may use.
fn processor() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .unwrap();
    list.trim().split([',', '-']).next_back().unwrap().to_owned()
}

/// An executor whose only worker is pinned to that processor.
fn pinned(folder: &Path, processor: &str) -> Executor {
    let script = folder.join("pinned");
    let text = format!(
        "#!/bin/sh\nexec taskset --cpu-list {processor} '{}' \"$@\"\n",
        worker().display()
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    Executor::start(WorkerConfig {
        worker: script,
        ..config(1)
    })
}

/// Everything that equal runs must have in common.
fn comparable(execution: &Execution) -> String {
    let build = match &execution.build {
        Build::Shape(shape) => format!("{:?} {:?}", shape.stl, shape.facts),
        Build::Failed(failure) => format!("{failure:?}"),
    };
    format!("{build}\n{}\n{}", execution.stdout, execution.stderr)
}

#[test]
fn a_busy_machine_changes_no_result() {
    let folder = tempfile::tempdir().unwrap();
    let processor = processor();
    let executor = pinned(folder.path(), &processor);
    // Nearly all of its time is computation: with a seventeenth of the processor it takes 17 times as long, far beyond three
    // times the CPU limit.
    let work = "total = 0\nfor i in range(2_000_000):\n    total += i * i\nprint(total)\n";
    let codes = [
        format!("{work}{BOX}"),
        format!("{work}fixture = radius\n"),
        format!(
            "import cadquery as cq\n{work}fixture = cq.Workplane().sphere(3).cut(cq.Workplane().box(1, 1, 9))\n"
        ),
    ];
    let quiet: Vec<Execution> = codes
        .iter()
        .map(|code| run_with(&executor, code, &Limits::default()))
        .collect();
    let worker = executor.pids();
    let slowest_ms = quiet
        .iter()
        .map(|execution| execution.run_ms + execution.mesh_ms)
        .fold(0.0, f64::max);
    // Twice the time: processor caches that the spinners fill cost CPU time too.
    let limits = Limits {
        cpu_s: 2.0 * slowest_ms / 1e3,
        ..Limits::default()
    };
    let spinners = Spinners::start(16, Some(&processor));
    let mut longest = Duration::ZERO;
    for (code, quiet) in codes.iter().zip(&quiet) {
        let since = Instant::now();
        let busy = run_with(&executor, code, &limits);
        longest = longest.max(since.elapsed());
        assert_eq!(comparable(&busy), comparable(quiet), "{code}");
    }
    drop(spinners);
    println!(
        "at most {slowest_ms:.0} ms alone, {} ms beside sixteen spinners, wall limit {:.0} ms",
        longest.as_millis(),
        limits.wall_s() * 1e3
    );
    assert_eq!((executor.pids(), executor.status().restarts), (worker, 0));
}

#[test]
fn a_sleeping_candidate_times_out_once_at_the_sleep_limit() {
    let executor = start(1);
    executor.versions().unwrap();
    let once = "waited for 3 s without using the processor, as in a sleep or for input at line 3";
    let cases = [
        ("\nimport time\ntime.sleep(100)\n", 3, 1.0, 3.0, once),
        // Many short sleeps count like one.
        (
            "import time\nwhile True:\n    time.sleep(0.01)\n",
            3,
            1.0,
            3.0,
            once,
        ),
        (
            "import os\nreader, writer = os.pipe()\nos.read(reader, 1)\n",
            3,
            1.0,
            3.0,
            once,
        ),
        // With a long wall limit, the sleep limit applies long before it.
        (
            "import time\ntime.sleep(100)\n",
            2,
            8.0,
            10.0,
            "waited for 10 s without using the processor, as in a sleep or for input at line 2",
        ),
    ];
    for (code, line, cpu_s, seconds, message) in cases {
        let limits = Limits {
            cpu_s,
            ..Limits::default()
        };
        let since = Instant::now();
        let asleep = failure(run_with(&executor, code, &limits));
        let took = since.elapsed().as_secs_f64();
        assert_eq!(
            (asleep.kind, asleep.line),
            (Kind::Timeout, Some(line)),
            "{asleep:?}"
        );
        assert!(asleep.message.contains(message), "{asleep:?}");
        println!("{took:.2} s of {seconds} s");
        // A second run would double the time.
        assert!(took >= 0.9 * seconds && took < 1.7 * seconds, "{took} s");
    }
    assert_eq!(executor.status().restarts, 0);
}

#[test]
fn a_candidate_with_a_short_sleep_builds() {
    let limits = Limits {
        cpu_s: 1.0,
        ..Limits::default()
    };
    let short_sleep = format!("import time\ntime.sleep(1.2)\n{BOX}");
    let built = shape(run_with(&start(1), &short_sleep, &limits));
    assert!((built.facts.volume - 6.0).abs() < 1e-9);
}

#[test]
fn sleepers_of_one_client_do_not_block_another() {
    let executor = start(1);
    executor.versions().unwrap();
    let worker = executor.pids();
    let (sleepy, light) = (executor.source(), executor.source());
    let (sender, ended) = mpsc::channel();
    let limits = Limits {
        cpu_s: 60.0,
        ..Limits::default()
    };
    let mut cancels: Vec<_> = (0..4)
        .map(|number| {
            let (cancel, token) = CancelToken::pair();
            let (sleepy, sender, limits) = (sleepy.clone(), sender.clone(), limits);
            // The first one wakes up and builds.
            let code = if number == 0 {
                format!("import time\ntime.sleep(2)\n{BOX}")
            } else {
                "import time\ntime.sleep(1000)\n".to_owned()
            };
            thread::spawn(move || {
                let answer = sleepy.build(code.as_bytes(), &limits.into(), Priority::Batch, &token);
                let _ = sender.send((number, answer));
            });
            if number == 0 {
                wait_until("the sleeper runs", || executor.status().busy == 1);
            }
            cancel
        })
        .collect();
    let expected = comparable(&run_with(&start(1), BOX, &Limits::default()));
    // The only worker runs a sleeper; three more sleep beside it or wait.
    let since = Instant::now();
    let mut count = 0;
    while count < 10 || since.elapsed() < Duration::from_secs(3) {
        let execution = run_with(&light, BOX, &Limits::default());
        assert_eq!(comparable(&execution), expected);
        count += 1;
    }
    println!("{count} candidates in {:?} beside sleepers", since.elapsed());
    // Sleepers can be cancelled although others run beside them. The first one has woken up and is not cancelled.
    cancels.truncate(1);
    for _ in 0..4 {
        match ended.recv().unwrap() {
            (0, answer) => assert_eq!(comparable(&answer.unwrap()), expected),
            (_, answer) => assert!(matches!(answer, Err(ExecutorError::Cancelled)), "{answer:?}"),
        }
    }
    assert_eq!(comparable(&run_with(&light, BOX, &Limits::default())), expected);
    assert_eq!((executor.pids(), executor.status().restarts), (worker, 0));
}

#[test]
fn a_dying_worker_loses_neither_of_its_two_candidates() {
    let executor = start(1);
    executor.versions().unwrap();
    let first = executor.pids()[0];
    let (sleepy, light) = (executor.source(), executor.source());
    let sleeper = thread::spawn(move || {
        run_with(
            &sleepy,
            &format!("import time\ntime.sleep(3)\n{BOX}"),
            &Limits::default(),
        )
    });
    wait_until("the sleeper runs", || executor.status().busy == 1);
    let beside = thread::spawn(move || {
        let code = format!("for i in range(20_000_000):\n    pass\n{BOX}");
        run_with(&light, &code, &Limits::default())
    });
    wait_until("the other candidate waits", || executor.status().queued == 1);
    wait_until("the other candidate runs beside it", || {
        executor.status().queued == 0
    });
    super::processes::kill(first);
    for running in [sleeper, beside] {
        shape(running.join().unwrap());
    }
    assert_eq!(executor.status().restarts, 1);
}
