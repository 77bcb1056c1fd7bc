//! Failed builds: kinds, lines, messages, limits.

use cadforge::executor::{CancelToken, Limits, Priority, RunSpec};
use cadforge::failure::{Kind, NOTHING_TO_SCORE};

use super::{BOX, failure, run, run_with, shared};

/// Failure kind, line, part of the message, and the code.
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
        Kind::TypeOrValue,
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
        "the script ended itself with exit status 3",
        "import sys\nsys.exit(3)\n",
    ),
    (
        Kind::UnknownBuildFailure,
        Some(3),
        "the script ended itself: no such size",
        "import sys\nfixture = __import__('cadquery').Workplane().box(1, 1, 1)\nsys.exit('no such size')\n",
    ),
    (
        Kind::MissingFixture,
        None,
        NOTHING_TO_SCORE,
        "import sys\nsys.exit(0)\nfixture = __import__('cadquery').Workplane().box(1, 1, 1)\n",
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
        Kind::Sandbox,
        Some(1),
        "PermissionError: [Errno 13] Permission denied: '/etc/passwd' (the sandbox has no network,",
        "open('/etc/passwd')\n",
    ),
    (
        Kind::Sandbox,
        Some(2),
        "PermissionError: [Errno 1] Operation not permitted (the sandbox",
        "import subprocess\nsubprocess.run(['true'])\n",
    ),
    (
        Kind::Sandbox,
        Some(2),
        "RuntimeError: can't start new thread (the sandbox",
        "import threading\nthreading.Thread(target=print).start()\n",
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
fn each_failure_has_a_kind_a_line_and_a_one_line_message() {
    for &(kind, line, message, code) in FAILURES {
        let failure = failure(run(code));
        assert_eq!((failure.kind, failure.line), (kind, line), "{failure:?}\n{code}");
        assert!(failure.message.contains(message), "{failure:?}\n{code}");
        assert!(!failure.message.contains('\n'), "{failure:?}");
    }
}

#[test]
fn a_traceback_shows_only_the_candidates_frames() {
    let failure = failure(run(FAILURES
        .iter()
        .find(|case| case.0 == Kind::TypeOrValue)
        .unwrap()
        .3));
    let expected = "Traceback (most recent call last):\n  \
                    File \"candidate.py\", line 4, in <module>\n    fixture = make()\n  \
                    File \"candidate.py\", line 3, in make\n    return cq.Workplane().box(1, 1, 1).edges().fillet(5)\n\
                    fillet(5) could not be built on 12 edges: the largest that works there is about 0.469 (StdFail_NotDone: BRep_API: command not done)\n";
    assert_eq!(failure.traceback, expected);
}

#[test]
fn code_that_is_not_utf8_is_a_failed_build() {
    let execution = shared().build(
        b"x = '\xff'",
        &RunSpec::default(),
        Priority::Batch,
        &CancelToken::never(),
    );
    let failure = failure(execution.unwrap());
    assert_eq!((failure.kind, failure.line), (Kind::BadEncoding, Some(1)));
}

#[test]
fn a_timeout_names_its_line() {
    let limits = Limits {
        cpu_s: 0.5,
        ..Limits::default()
    };
    let endless = failure(run_with(shared(), "x = 0\nwhile True:\n    x += 1\n", &limits));
    assert_eq!(endless.kind, Kind::Timeout);
    assert!(matches!(endless.line, Some(2 | 3)), "{endless:?}");
    assert!(
        endless
            .message
            .starts_with("the code ran past its 0.5 s of CPU time at line"),
        "{endless:?}"
    );
    assert!(endless.traceback.contains("in <module>"), "{endless:?}");
}

#[test]
fn a_timeout_inside_the_geometry_kernel_names_its_line() {
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
fn exceeding_a_resource_limit_fails_the_build() {
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
fn memory_exhausted_by_the_geometry_kernel_is_out_of_memory() {
    // The geometry kernel allocates this memory, so Python may have no chance to raise `MemoryError`.
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
fn a_mesh_that_contradicts_its_facts_is_forged() {
    let code = "import cadquery as cq, OCP.StlAPI\n\
                class Writer:\n    def Write(self, shape, path):\n        open(path, 'wb').write(bytes(80) + (10**6).to_bytes(4, 'little'))\n        return True\n\
                import sys\nsys.modules['cadforge_mesher'].StlAPI_Writer = Writer\nfixture = cq.Workplane().box(1, 1, 1)\n";
    let failure = failure(run(code));
    assert_eq!(failure.kind, Kind::Forged, "{failure:?}");
}
