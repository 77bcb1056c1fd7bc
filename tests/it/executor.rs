//! Candidates in real workers: builds and what they return.

mod failures;
mod hostile;
mod live;
pub mod load;
mod patches;
mod pool;
pub mod processes;
mod scripts;
mod shown;
mod starting;
mod variants;

use std::fs;
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::thread;

use cadforge::executor::{Build, CancelToken, Execution, Executor, Limits, Priority, RunSpec, WorkerConfig};
use cadforge::failure::Failure;
use cadforge::geometry::Shape;

use crate::support::{python, root, worker};

fn start(workers: usize) -> Executor {
    Executor::start(config(workers))
}

fn config(workers: usize) -> WorkerConfig {
    WorkerConfig::new(worker(), python(), workers)
}

/// Two workers, shared by all tests that leave them intact.
fn shared() -> &'static Executor {
    static EXECUTOR: OnceLock<Executor> = OnceLock::new();
    EXECUTOR.get_or_init(|| start(2))
}

fn run_with(executor: &Executor, code: &str, limits: &Limits) -> Execution {
    executor
        .build(
            code.as_bytes(),
            &RunSpec::from(*limits),
            Priority::Batch,
            &CancelToken::never(),
        )
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

const BOX: &str = "import cadquery as cq\nfixture = cq.Workplane().box(1, 2, 3)\n";

#[test]
fn a_box_returns_its_mesh_edges_and_facts() {
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
        shape.mesh.bbox().size().map(|x| (x * 1e9).round() / 1e9),
        [1.0, 2.0, 3.0]
    );
}

#[test]
fn equal_scripts_have_the_same_addresses_in_every_worker() {
    let code = format!("{BOX}print(id(object()), hash(fixture.val()))\n");
    let printed: Vec<_> = (0..3)
        .map(|_| run_with(&start(1), &code, &Limits::default()).stdout)
        .collect();
    assert!(printed.iter().all(|one| *one == printed[0]), "{printed:?}");
}

#[test]
fn text_faces_have_the_same_order_in_every_worker() {
    // A selector runs first and frees memory, whose order must not matter.
    let code = "import cadquery as cq\nplate = cq.Workplane().box(80, 30, 4).faces('>Z').workplane()\n\
                fixture = plate.text('CADForge &09', 12, -1)\nfaces = set(fixture.faces().vals())\n\
                for kind in ['bold', 'italic']:\n    faces |= set(plate.text('a', 9, 1, kind=kind).faces().vals())\n\
                print(sum(place * face.Area() for place, face in enumerate(faces)), [hash(face) for face in faces])\n";
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let execution = run_with(&start(1), code, &Limits::default());
            let printed = execution.stdout.clone();
            (printed, shape(execution).stl.clone())
        })
        .collect();
    assert!(runs[0].0.len() > 100, "{}", runs[0].0);
    for run in &runs {
        assert_eq!(run.0, runs[0].0);
        assert!(run.1 == runs[0].1, "the meshes differ");
    }
}

#[test]
fn every_kind_of_object_is_exported_as_by_cadquery() {
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

#[test]
fn arbitrary_output_bytes_do_not_disturb_the_worker() {
    let code = format!(
        "import os, sys\nsys.stdout.buffer.write(bytes(range(256)) * 20)\nos.write(1, b'CFW\\x01' * 10)\n\
         os.write(2, b'\\xff\\x00')\nfor fd in range(3, 300):\n    try:\n        os.write(fd, b'CFW\\x01garbage')\n    \
         except OSError:\n        pass\n{BOX}"
    );
    // The candidate may have corrupted its own report; the worker must continue.
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
fn the_stl_equals_cadquerys_byte_for_byte() {
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
fn named_planes_equal_cadquerys() {
    let code = "import cadquery as cq\n\
                for name in 'XY YZ ZX XZ YX ZY front back left right top bottom XX'.split():\n    try:\n        \
                p = cq.Plane.named(name, (1, 2, 3))\n        \
                print(name, p.origin, p.xDir, p.yDir, p.zDir, p.rG.transposed_list())\n    except ValueError as error:\n        print(error)\n";
    let direct = Command::new(python()).args(["-c", code]).output().unwrap();
    let direct = String::from_utf8(direct.stdout).unwrap();
    assert!(direct.contains("Supported names are"), "{direct}");
    assert_eq!(run(&format!("{code}{BOX}")).stdout, direct);
}

fn repaired(task: &str) -> String {
    fs::read_to_string(root().join("tasks").join(task).join("repairs/published/1.py")).unwrap()
}

#[test]
fn equal_code_gives_equal_bytes_in_every_worker() {
    let one = start(1);
    // Iterates over sets of strings and of addresses, and draws random numbers.
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
        "the bytes differ"
    );
}

#[test]
fn concurrent_callers_get_their_own_results() {
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
fn every_installed_package_can_be_imported() {
    // One process inside and one outside, because imports persist. An import that fails outside may fail inside.
    let code = "import importlib, json, pkgutil, sys, warnings\n\
                warnings.simplefilter('ignore')\n\
                skipped = {'antigravity', 'this', 'idlelib', 'turtledemo', '__main__', 'pip', 'setuptools', 'pkg_resources'}\n\
                found = sorted({m.name for m in pkgutil.iter_modules() if not m.name.startswith('cadforge')} | set(sys.stdlib_module_names))\n\
                failed = {}\n\
                for name in found:\n    if name not in skipped:\n        try:\n            importlib.import_module(name)\n        \
                except BaseException as error:\n            failed[name] = type(error).__name__\n\
                print(len(found), json.dumps(failed))\n";
    let outside = Command::new(python()).args(["-I", "-c", code]).output().unwrap();
    let outside = String::from_utf8(outside.stdout).unwrap();
    let inside = run(&format!("{code}{BOX}"));
    let failures = |text: &str| text.lines().last().unwrap().split_once(' ').unwrap().1.to_owned();
    assert!(
        inside
            .stdout
            .lines()
            .last()
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .parse::<usize>()
            .unwrap()
            > 200,
        "{}",
        inside.stdout
    );
    assert_eq!(failures(&inside.stdout), failures(&outside));
    shape(inside);
}
