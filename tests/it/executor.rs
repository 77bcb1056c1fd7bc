//! Candidates in real workers: what builds, what fails and how, and what happens when a process dies.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use cadforge::executor::{
    Build, CancelToken, Execution, Executor, ExecutorError, Limits, Priority, WorkerConfig,
};
use cadforge::failure::{Failure, Kind};
use cadforge::geometry::Shape;

use crate::support::{cadforge, python, root};

fn start(workers: usize) -> Executor {
    Executor::start(WorkerConfig {
        worker: worker(),
        python: python(),
        workers,
    })
}

fn worker() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_cadforge-worker"))
}

/// Two workers for all tests that leave them whole.
fn shared() -> &'static Executor {
    static EXECUTOR: OnceLock<Executor> = OnceLock::new();
    EXECUTOR.get_or_init(|| start(2))
}

fn run_with(executor: &Executor, code: &str, limits: &Limits) -> Execution {
    executor
        .build(code.as_bytes(), limits, Priority::Batch, &CancelToken::never())
        .unwrap_or_else(|error| panic!("{error}\n{code}"))
}

fn run(code: &str) -> Execution {
    run_with(shared(), code, &Limits::default())
}

fn shape(execution: Execution) -> Arc<Shape> {
    match execution.build {
        Build::Shape(shape) => shape,
        Build::Failed(failure) => panic!("did not build: {failure:?}\n{}", execution.stderr),
    }
}

fn failure(execution: Execution) -> Failure {
    match execution.build {
        Build::Shape(shape) => panic!("built: {:?}", shape.facts),
        Build::Failed(failure) => failure,
    }
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn alive(pid: u32) -> bool {
    // A zombie has ended; its parent has not looked yet.
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(") ").next().unwrap_or_default().starts_with('Z'))
}

fn kill(pid: u32) {
    let status = Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Of all of its threads: a worker is the child of the thread that keeps it.
fn children(pid: u32) -> Vec<u32> {
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

/// Generations below a process, on its main thread and others.
fn deepest(pid: u32) -> usize {
    children(pid)
        .into_iter()
        .map(|child| 1 + deepest(child))
        .max()
        .unwrap_or(0)
}

fn resident_kb(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

const BOX: &str = "import cadquery as cq\nfixture = cq.Workplane().box(1, 2, 3)\n";

#[test]
fn a_box_comes_back_with_all_that_is_known_of_it() {
    let execution = run("import cadquery as cq\nprint('hello')\nfixture = cq.Workplane().box(1, 2, 3)\n");
    assert_eq!(execution.stdout, "hello\n");
    let shape = shape(execution);
    assert_eq!(
        (shape.stl.len(), shape.mesh.triangles().len()),
        (84 + 50 * 12, 12)
    );
    assert_eq!(shape.face_triangles, [2; 6]);
    assert_eq!(shape.edges.len(), 12);
    assert!(
        shape
            .edges
            .iter()
            .all(|edge| edge.curve == "LINE" && edge.points.len() == 2)
    );
    let facts = &shape.facts;
    assert_eq!(
        (
            facts.solids,
            facts.shells,
            facts.faces,
            facts.edges,
            facts.vertices
        ),
        (1, 1, 6, 12, 8)
    );
    assert!(
        (facts.volume - 6.0).abs() < 1e-9 && (facts.area - 22.0).abs() < 1e-9 && facts.valid,
        "{facts:?}"
    );
    assert_eq!(
        facts.bbox.size().map(|x| (x * 1e9).round() / 1e9),
        [1.0, 2.0, 3.0]
    );
}

#[test]
fn every_kind_of_object_is_exported_as_cadquery_would() {
    let volume = |code: &str| shape(run(&format!("import cadquery as cq\n{code}"))).facts.volume;
    let cases = [
        ("result = cq.Workplane().box(1, 1, 1)", 1.0),
        ("part = cq.Solid.makeBox(1, 1, 2)", 2.0),
        (
            "show_object(cq.Workplane().box(1, 1, 1))\nshow_object(cq.Workplane().box(1, 1, 3), name='last')",
            3.0,
        ),
        (
            "fixture = cq.Workplane().box(1, 1, 1)\nshow_object(cq.Workplane().box(1, 1, 4))",
            4.0,
        ),
        (
            "part = cq.Workplane().box(1, 1, 1)\nresult = cq.Workplane().box(1, 1, 5)",
            5.0,
        ),
        (
            "model = cq.Assembly(cq.Workplane().box(1, 1, 1)).add(cq.Workplane().box(1, 1, 5), loc=cq.Location((9, 0, 0)))",
            6.0,
        ),
        ("fixture = None\nbody = cq.Workplane().box(1, 1, 7)", 7.0),
        (
            "debug(cq.Workplane().box(1, 1, 1))\nsolid = cq.Workplane().box(1, 1, 8)",
            8.0,
        ),
        (
            "if __name__ == '__main__':\n    fixture = cq.Workplane().box(1, 1, 9)",
            9.0,
        ),
    ];
    for (code, expected) in cases {
        assert!((volume(code) - expected).abs() < 1e-6, "{code}");
    }
}

/// Kind, line, a part of the message, and the code that gives them.
const FAILURES: &[(Kind, Option<u32>, &str, &str)] = &[
    (
        Kind::SyntaxClosure,
        Some(2),
        "SyntaxError: '(' was never closed",
        "import cadquery as cq\nfixture = cq.Workplane(\n",
    ),
    (Kind::SyntaxClosure, Some(1), "IndentationError", "  x = 1\n"),
    (Kind::SyntaxClosure, None, "null bytes", "x = 1\0\n"),
    (
        Kind::MissingFixture,
        None,
        "fixture, result, model, solid, body, part",
        "import cadquery as cq\nx = 1\n",
    ),
    (
        Kind::MissingFixture,
        None,
        "`fixture` is of type int",
        "fixture = 3\n",
    ),
    (
        Kind::EmptyGeometry,
        None,
        "no faces",
        "import cadquery as cq\nfixture = cq.Workplane().rect(1, 2)\n",
    ),
    (
        Kind::EmptyGeometry,
        None,
        "no faces",
        "import cadquery as cq\nfixture = cq.Workplane()\n",
    ),
    (
        Kind::InventedApi,
        Some(3),
        "AttributeError: 'Workplane' object has no attribute 'filet'",
        "import cadquery as cq\n\nfixture = cq.Workplane().box(1, 1, 1).filet(0.1)\n",
    ),
    (
        Kind::InventedApi,
        Some(2),
        "unexpected keyword argument 'depth'",
        "import cadquery as cq\nfixture = cq.Workplane().box(1, 1, 1, depth=3)\n",
    ),
    (
        Kind::UndefinedName,
        Some(3),
        "NameError: name 'radius'",
        "def f():\n    pass\nfixture = radius\n",
    ),
    (
        Kind::ImportError,
        Some(1),
        "ModuleNotFoundError: No module named 'trimesh'",
        "import trimesh\n",
    ),
    (
        Kind::ImportError,
        Some(3),
        "needs the package casadi",
        "import cadquery as cq\na = cq.Assembly(cq.Workplane().box(1,1,1), name='a').add(cq.Workplane().box(1,1,1), name='b')\n\
         a.constrain('a@faces@>Z', 'b@faces@<Z', 'Plane').solve()\n",
    ),
    (
        Kind::TypeOrValue,
        Some(3),
        "StdFail_NotDone: BRep_API: command not done",
        "import cadquery as cq\ndef make():\n    return cq.Workplane().box(1, 1, 1).edges().fillet(5)\nfixture = make()\n",
    ),
    (
        Kind::TypeOrValue,
        Some(2),
        "ValueError: No pending wires present",
        "import cadquery as cq\nfixture = cq.Workplane().extrude(1)\n",
    ),
    (
        Kind::TypeOrValue,
        Some(2),
        "Standard_DomainError",
        "import cadquery as cq\nfixture = cq.Workplane().box(0, 1, 1)\n",
    ),
    (
        Kind::UnknownBuildFailure,
        Some(1),
        "ZeroDivisionError: division by zero",
        "x = 1 / 0\n",
    ),
    (
        Kind::UnknownBuildFailure,
        Some(2),
        "RecursionError",
        "def f():\n    return f()\nf()\n",
    ),
    (
        Kind::UnknownBuildFailure,
        Some(2),
        "SystemExit: 0",
        "import sys\nsys.exit(0)\n",
    ),
    (
        Kind::UnknownBuildFailure,
        None,
        "ended its process, with status 0,",
        "import os\nos._exit(0)\n",
    ),
    (
        Kind::UnknownBuildFailure,
        None,
        "ended its process, with status 113,",
        "import os\nos._exit(113)\n",
    ),
    (
        Kind::UnknownBuildFailure,
        Some(1),
        "KeyboardInterrupt",
        "raise KeyboardInterrupt\n",
    ),
    (
        Kind::Crash,
        Some(2),
        "crashed with SIGSEGV at line 2 (`ctypes.string_at(0)`)",
        "import ctypes\nctypes.string_at(0)\n",
    ),
    (
        Kind::Crash,
        Some(2),
        "crashed with SIGABRT",
        "import os\nos.abort()\n",
    ),
    (
        Kind::Crash,
        None,
        "crashed with SIGTERM",
        "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n",
    ),
    (
        Kind::OutOfMemory,
        Some(1),
        "MemoryError",
        "x = bytearray(1 << 40)\n",
    ),
    (
        Kind::OutOfMemory,
        Some(3),
        "MemoryError",
        "x = []\nwhile True:\n    x.append(bytearray(1 << 24))\n",
    ),
];

#[test]
fn each_failure_has_its_kind_its_line_and_one_line_of_message() {
    for &(kind, line, message, code) in FAILURES {
        let failure = failure(run(code));
        assert_eq!((failure.kind, failure.line), (kind, line), "{failure:?}\n{code}");
        assert!(failure.message.contains(message), "{failure:?}\n{code}");
        assert!(!failure.message.contains('\n'), "{failure:?}");
    }
}

#[test]
fn a_traceback_shows_the_candidates_frames_and_no_others() {
    let failure = failure(run(FAILURES
        .iter()
        .find(|case| case.0 == Kind::TypeOrValue)
        .unwrap()
        .3));
    let expected = "Traceback (most recent call last):\n  \
                    File \"candidate.py\", line 4, in <module>\n    fixture = make()\n  \
                    File \"candidate.py\", line 3, in make\n    return cq.Workplane().box(1, 1, 1).edges().fillet(5)\n\
                    StdFail_NotDone: BRep_API: command not done\n";
    assert_eq!(failure.traceback, expected);
}

#[test]
fn code_that_is_no_text_is_a_result() {
    let execution = shared().build(
        b"x = '\xff'",
        &Limits::default(),
        Priority::Batch,
        &CancelToken::never(),
    );
    let failure = failure(execution.unwrap());
    assert_eq!((failure.kind, failure.line), (Kind::BadEncoding, Some(1)));
}

#[test]
fn time_limits_name_the_line() {
    let limits = Limits {
        cpu_s: 0.5,
        ..Limits::default()
    };
    let endless = failure(run_with(shared(), "x = 0\nwhile True:\n    x += 1\n", &limits));
    assert_eq!(endless.kind, Kind::Timeout);
    assert!(matches!(endless.line, Some(2 | 3)), "{endless:?}");
    // On a machine with much else to do the wall limit comes first.
    let sayings = [
        "the code ran past its 0.5 s limit at line",
        "the code was not done after 1.5 s",
    ];
    assert!(
        sayings.iter().any(|saying| endless.message.starts_with(saying)),
        "{endless:?}"
    );
    assert!(endless.traceback.contains("in <module>"), "{endless:?}");

    let limits = Limits {
        cpu_s: 0.2,
        ..Limits::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let marks = folder.path().join("marks");
    let code = format!("open({marks:?}, 'a').write('x')\nimport time\ntime.sleep(100)\n");
    let asleep = failure(run_with(shared(), &code, &limits));
    assert_eq!((asleep.kind, asleep.line), (Kind::Timeout, Some(3)), "{asleep:?}");
    assert!(asleep.message.contains("of CPU time"), "{asleep:?}");
    // So little CPU time may have been the machine's fault: it was tried once more.
    assert_eq!(fs::read_to_string(&marks).unwrap(), "xx");
}

#[test]
fn a_loop_inside_the_kernel_is_ended_and_located_too() {
    let code = "import cadquery as cq\nw = cq.Workplane()\nw = w.rarray(2, 2, 300, 300).circle(1.2).extrude(5)\nfixture = w\n";
    let limits = Limits {
        cpu_s: 0.5,
        ..Limits::default()
    };
    let failure = failure(run_with(shared(), code, &limits));
    assert_eq!(
        (failure.kind, failure.line),
        (Kind::Timeout, Some(3)),
        "{failure:?}"
    );
}

#[test]
fn resources_beyond_the_limits_are_refused() {
    let limits = Limits {
        output_bytes: 10_000,
        ..Limits::default()
    };
    let flood = run_with(shared(), "while True:\n    print('x' * 100)\n", &limits);
    assert_eq!(flood.stdout.len(), 10_000);
    assert_eq!(failure(flood).kind, Kind::OutputFlood);

    let limits = Limits {
        triangles: 11,
        ..Limits::default()
    };
    let failure = failure(run_with(shared(), BOX, &limits));
    assert_eq!(failure.kind, Kind::TooManyTriangles);
    assert!(
        failure.message.contains("12 triangles, the limit is 11"),
        "{failure:?}"
    );
}

#[test]
fn memory_the_interpreter_cannot_refuse_is_named_too() {
    // Anonymous shared memory is no address space of the child that fills it through a file.
    let limits = Limits {
        memory_mb: 256,
        ..Limits::default()
    };
    let code = "import cadquery as cq\nw = cq.Workplane().box(1,1,1)\nkeep = []\nwhile True:\n    \
                keep.append([w.translate((i, 0, 0)) for i in range(500)])\n";
    let failure = failure(run_with(shared(), code, &limits));
    assert_eq!(failure.kind, Kind::OutOfMemory, "{failure:?}");
}

#[test]
fn prints_of_any_bytes_do_no_harm() {
    let code = format!(
        "import os, sys\nsys.stdout.buffer.write(bytes(range(256)) * 20)\nos.write(1, b'CFW\\x01' * 10)\n\
         os.write(2, b'\\xff\\x00')\nfor fd in range(3, 100):\n    try:\n        os.write(fd, b'CFW\\x01garbage')\n    \
         except OSError:\n        pass\n{BOX}"
    );
    // Whatever became of a report that its own candidate wrote into, the worker goes on.
    let execution = run(&code);
    assert!(execution.stdout.len() > 256 * 20, "{}", execution.stdout.len());
    assert!(execution.stderr.contains('\0'));
    let quiet = run(
        "import sys\nsys.stdout.buffer.write(b'\\xff\\xfe\\n')\nprint('é\\udcff')\nimport cadquery as cq\nfixture = cq.Workplane().box(1,1,1)\n",
    );
    assert!(quiet.stdout.contains("é\\udcff"), "{:?}", quiet.stdout);
    shape(quiet);
}

#[test]
fn a_candidate_cannot_pass_off_a_mesh_that_contradicts_its_facts() {
    let code = "import cadquery as cq, OCP.StlAPI\n\
                class Writer:\n    def Write(self, shape, path):\n        open(path, 'wb').write(bytes(80) + (10**6).to_bytes(4, 'little'))\n        return True\n\
                import sys\nsys.modules['cadforge_harness'].StlAPI_Writer = Writer\nfixture = cq.Workplane().box(1, 1, 1)\n";
    let failure = failure(run(code));
    assert_eq!(failure.kind, Kind::Forged, "{failure:?}");
}

#[test]
fn files_and_processes_of_a_candidate_go_with_it() {
    let code = "import os, subprocess, tempfile\nprint(os.getcwd())\nopen('left.txt', 'w').write('x')\n\
                child = subprocess.Popen(['sleep', '1000'], start_new_session=True)\nprint(child.pid)\nprint(os.listdir('.'))\n";
    let execution = run(&format!("{code}{BOX}"));
    let lines: Vec<&str> = execution.stdout.lines().collect();
    assert_eq!(lines[2], "['left.txt']");
    assert!(
        !alive(lines[1].parse().unwrap()),
        "a process outlived its candidate"
    );
    assert!(
        !Path::new(lines[0]).join("left.txt").exists(),
        "a file outlived its candidate"
    );
    shape(execution);
}

#[test]
fn the_stl_is_cadquerys_own_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    for task in ["caster_wheel_fork", "axial_motor_stator_12_slot"] {
        let code = repaired(task);
        let script = folder.path().join("plain.py");
        let target = folder.path().join("plain.stl");
        fs::write(
            &script,
            format!("{code}\ncq.exporters.export(fixture, {target:?})\n"),
        )
        .unwrap();
        let status = Command::new(python()).arg(&script).status().unwrap();
        assert!(status.success());
        let shape = shape(run(&code));
        assert!(
            *shape.stl == *fs::read(&target).unwrap(),
            "{task}: the bytes differ"
        );
        if task == "caster_wheel_fork" {
            assert_eq!(
                (shape.mesh.vertices().len(), shape.mesh.triangles().len()),
                (2040, 4100)
            );
        }
    }
}

#[test]
fn named_planes_are_cadquerys_own() {
    let code = "import cadquery as cq\n\
                for name in 'XY YZ ZX XZ YX ZY front back left right top bottom XX'.split():\n    try:\n        \
                p = cq.Plane.named(name, (1, 2, 3))\n        \
                print(name, p.origin, p.xDir, p.yDir, p.zDir, p.rG.transposed_list())\n    except ValueError as error:\n        print(error)\n";
    let plain = Command::new(python()).args(["-c", code]).output().unwrap();
    let plain = String::from_utf8(plain.stdout).unwrap();
    assert!(plain.contains("Supported names are"), "{plain}");
    assert_eq!(run(&format!("{code}{BOX}")).stdout, plain);
}

fn repaired(task: &str) -> String {
    fs::read_to_string(root().join("tasks").join(task).join("repairs/published/1.py")).unwrap()
}

#[test]
fn equal_code_gives_equal_bits_in_any_worker() {
    let one = start(1);
    // Iterates over sets of strings and of addresses, and asks for random numbers.
    let code = "import cadquery as cq, random, numpy\n\
                w = cq.Workplane().box(10, 10, 10)\n\
                for edge in list(set(w.edges().vals()))[:3]:\n    w = w.union(cq.Workplane(obj=edge.Center()).sphere(random.random() + numpy.random.rand()))\n\
                print(list({'a', 'b', 'c', 'd'}), id(object()))\nfixture = w\n";
    let first = run(code);
    let (again, elsewhere) = (run(code), run_with(&one, code, &Limits::default()));
    assert_eq!((&first.stdout, &first.stdout), (&again.stdout, &elsewhere.stdout));
    let stl = shape(first).stl.clone();
    assert!(
        stl == shape(again).stl && stl == shape(elsewhere).stl,
        "the bits differ"
    );
}

#[test]
fn a_worker_killed_in_mid_run_costs_one_retry() {
    let executor = start(1);
    executor.versions().unwrap();
    let first = executor.pids()[0];
    let folder = tempfile::tempdir().unwrap();
    // Runs for ever the first time, and leaves a mark that makes the second time short.
    let mark = folder.path().join("mark");
    let code = format!(
        "import os, time\nif not os.path.exists({mark:?}):\n    open({mark:?}, 'w').close()\n    time.sleep(1000)\n{BOX}"
    );
    let runner = executor.clone();
    let running = thread::spawn(move || run_with(&runner, &code, &Limits::default()));
    wait_until("the candidate runs", || mark.exists());
    let family = descendants(first);
    kill(first);
    let built = shape(running.join().unwrap());
    assert!((built.facts.volume - 6.0).abs() < 1e-9);
    assert_eq!(executor.status().restarts, 1);
    assert_ne!(executor.pids(), [first]);
    // The interpreter and its candidate.
    assert_eq!(family.len(), 2);
    wait_until("all of it is gone", || !family.iter().any(|&pid| alive(pid)));
}

#[test]
fn a_candidate_that_kills_two_workers_is_broken_and_the_pool_goes_on() {
    let executor = start(1);
    let code = "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(1000)\n";
    let result = executor.build(
        code.as_bytes(),
        &Limits::default(),
        Priority::Batch,
        &CancelToken::never(),
    );
    assert!(matches!(&result, Err(ExecutorError::Broken(_))), "{result:?}");
    shape(run_with(&executor, BOX, &Limits::default()));
    assert_eq!(executor.status().restarts, 2);
}

#[test]
fn a_worker_killed_while_idle_is_replaced_without_anyone_asking() {
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
fn a_worker_that_hangs_is_replaced_too() {
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
    // The limits are too small for the second run on a busy machine: what counts is that there is an answer.
    run_with(&executor, "x = 1\n", &limits);
    assert_ne!(executor.pids(), [first]);
    assert!(!alive(first));
}

#[test]
fn nothing_outlives_a_program_that_was_killed() {
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
    // A worker, its interpreter and the candidate.
    wait_until("the candidate runs", || deepest(pid) == 3);
    let family = descendants(pid);
    kill(pid);
    program.wait().unwrap();
    wait_until("all of it is gone", || !family.iter().any(|&pid| alive(pid)));
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
        let running =
            thread::spawn(move || runner.build(code.as_bytes(), &Limits::default(), Priority::Batch, &token));
        (source, running)
    };
    let (source, running) = call("import time\ntime.sleep(1000)\n");
    wait_until("the first runs", || descendants(pid).len() == 2);
    let (queued_source, queued) = call(BOX);
    wait_until("the second is queued", || executor.status().queued == 1);

    queued_source.cancel();
    assert!(matches!(queued.join().unwrap(), Err(ExecutorError::Cancelled)));
    assert_eq!(executor.status().queued, 0);
    let since = Instant::now();
    source.cancel();
    assert!(matches!(running.join().unwrap(), Err(ExecutorError::Cancelled)));
    println!("cancelled after {:?}", since.elapsed());
    shape(run_with(&executor, BOX, &Limits::default()));
    // The same worker, not a new one.
    assert_eq!((executor.pids(), executor.status().restarts), (vec![pid], 0));
}

#[test]
fn a_hand_edit_overtakes_a_batch() {
    let executor = start(1);
    executor.versions().unwrap();
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let submit = |name: &'static str, priority| {
        let (runner, order) = (executor.clone(), Arc::clone(&order));
        thread::spawn(move || {
            let code = format!("import time\ntime.sleep(0.2)\n{BOX}");
            runner
                .build(
                    code.as_bytes(),
                    &Limits::default(),
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
fn many_threads_get_each_its_own_answer() {
    thread::scope(|scope| {
        for size in 1..=8 {
            scope.spawn(move || {
                let code = format!(
                    "import cadquery as cq\nfixture = cq.Workplane().box({size}, 1, 1)\nprint({size})\n"
                );
                let execution = run(&code);
                assert_eq!(execution.stdout, format!("{size}\n"));
                assert!((shape(execution).facts.volume - f64::from(size)).abs() < 1e-9);
            });
        }
    });
}

#[test]
fn two_hundred_candidates_leave_the_worker_as_large_as_it_was() {
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
    let executor = start(2);
    wait_until("both are ready", || executor.status().ready == 2);
    let workers = executor.pids();
    assert_eq!(workers.len(), 2);
    let pids = [
        workers.clone(),
        workers.into_iter().flat_map(descendants).collect(),
    ]
    .concat();
    assert_eq!(pids.len(), 4);
    drop(executor);
    assert!(pids.iter().all(|&pid| !alive(pid)), "{pids:?}");
}

#[test]
fn what_cannot_start_says_why_and_what_to_do() {
    let start = |worker: &Path, python: &Path| {
        let executor = Executor::start(WorkerConfig {
            worker: worker.into(),
            python: python.into(),
            workers: 1,
        });
        let Err(ExecutorError::Start(message)) = executor.versions() else {
            panic!("it started")
        };
        assert_eq!(executor.status().error.as_ref(), Some(&message));
        let built = executor.build(b"x", &Limits::default(), Priority::Live, &CancelToken::never());
        assert!(matches!(built, Err(ExecutorError::Start(_))), "{built:?}");
        message
    };
    let nowhere = Path::new("nowhere/bin/python");
    let message = start(&worker(), nowhere);
    assert!(
        message.contains("nowhere/bin/python") && message.contains("hint: make env"),
        "{message}"
    );
    let message = start(nowhere, &python());
    assert!(
        message.contains("cannot be started") && message.contains("make build"),
        "{message}"
    );
    let message = start(Path::new("/bin/false"), &python());
    assert!(message.contains("died"), "{message}");

    let folder = tempfile::tempdir().unwrap();
    // What the loader says on a machine without the library; the file is closed before it is run.
    let unloadable = folder.path().join("unloadable");
    let words = "error while loading shared libraries: libpython3.11.so.1.0: cannot open shared object file";
    fs::write(&unloadable, format!("#!/bin/sh\necho '{words}' >&2\nexit 127\n")).unwrap();
    fs::set_permissions(&unloadable, fs::Permissions::from_mode(0o755)).unwrap();
    let message = start(&unloadable, &python());
    assert!(
        message.contains("libpython3.11.so.1.0") && message.contains("apt install"),
        "{message}"
    );

    let bare = folder.path().join("bare");
    let status = Command::new(python())
        .args(["-m", "venv", "--without-pip"])
        .arg(&bare)
        .status()
        .unwrap();
    assert!(status.success());
    let message = start(&worker(), &bare.join("bin/python"));
    assert!(
        message.contains("No module named 'cadquery'") && message.contains("hint: make env"),
        "{message}"
    );

    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let other = bin.join("python");
    fs::write(&other, "#!/bin/sh\necho 3.10.1\n").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(
        folder.path().join("pyvenv.cfg"),
        "home = /usr/bin\nversion = 3.10.1\n",
    )
    .unwrap();
    let message = start(&worker(), &other);
    assert!(
        message.contains("3.10.1") && message.contains("is linked with Python 3."),
        "{message}"
    );
}

#[test]
fn only_the_worker_is_linked_with_python() {
    let needs_python = |executable: &str| {
        let output = Command::new("readelf").args(["-d", executable]).output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (
            text.lines()
                .any(|line| line.contains("NEEDED") && line.contains("libpython")),
            text,
        )
    };
    assert!(!needs_python(env!("CARGO_BIN_EXE_cadforge")).0);
    let (worker, text) = needs_python(env!("CARGO_BIN_EXE_cadforge-worker"));
    assert!(worker);
    // RUNPATH would let LD_LIBRARY_PATH swap the interpreter.
    assert!(text.contains("(RPATH)") && !text.contains("(RUNPATH)"), "{text}");
}
