//! Edits: a run that goes on from where an earlier one stands gives what a run from the start gives.

use std::fs;

use cadforge::executor::{Build, CancelToken, Execution, Executor, Limits, Priority, RunSpec};
use cadforge::failure::Kind;
use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

use super::{failure, repaired, run, shape, start};
use crate::support::root;

fn live(executor: &Executor, code: &str) -> Execution {
    executor
        .build(
            code.as_bytes(),
            &RunSpec::default(),
            Priority::Live,
            &CancelToken::never(),
        )
        .unwrap_or_else(|error| panic!("{error}\n{code}"))
}

/// Everything that equal runs have in common.
fn observed(execution: &Execution) -> String {
    let build = match &execution.build {
        Build::Shape(shape) => format!(
            "{:?} {:?} {:?} {:?}",
            shape.stl, shape.face_triangles, shape.facts, shape.surfaces
        ),
        Build::Failed(failure) => format!("{failure:?}"),
    };
    format!("{build}\n{}\n{}", execution.stdout, execution.stderr)
}

/// Depends on whatever could differ between a run from the start and one that goes on: addresses, random numbers, the
/// clock, half-printed lines, the state of a generator.
const DELICATE: &str = "from __future__ import annotations
import random, sys, time, uuid
import cadquery as cq
size: int = 20
def chosen(edges):
    for edge in set(edges):
        yield edge
w = cq.Workplane().box(size, size, size).edges('|Z').fillet(2).faces('>Z').workplane().hole(5)
numbers = (random.random() for _ in iter(int, 1))
print(next(numbers), end=' ')
edges = chosen(w.edges().vals())
w = w.union(cq.Workplane(obj=next(edges).Center()).sphere(1 + next(numbers)), clean=bool(len('x'))).union(cq.Workplane(obj=next(edges).Center()).box(3, 3, 3 + random.random()))
print(time.time(), uuid.uuid4(), id(object()), hash('x'))
sys.stdout.write('half a ')
w = w.cut(cq.Workplane(obj=next(edges).Center()).sphere(2)).union(cq.Workplane(obj=next(edges).Center()).sphere(next(numbers)))
print('line', list({'a', 'b', 'c'}), random.random())
fixture = w.faces('<Z').workplane().rect(size / 2, size / 2, forConstruction=True).vertices().hole(1.5)
";

fn scripts() -> Vec<String> {
    let mut scripts = vec![DELICATE.to_owned()];
    for task in ["caster_wheel_fork", "axial_motor_stator_12_slot"] {
        scripts.push(repaired(task));
        let folder = root().join("tasks").join(task);
        scripts.push(fs::read_to_string(folder.join("reference.py")).unwrap());
        scripts.push(fs::read_to_string(folder.join("repairs/guided/4.py")).unwrap());
    }
    scripts
}

fn below(random: &mut Pcg32, bound: usize) -> usize {
    random.next_u32() as usize % bound
}

/// A small change, more often near the end than near the start, where people work.
fn edited(code: &str, random: &mut Pcg32) -> String {
    let mut lines: Vec<String> = code.lines().map(str::to_owned).collect();
    let at = (0..4).map(|_| below(random, lines.len())).max().unwrap_or(0);
    match below(random, 10) {
        0 => lines.insert(at, format!("print({})", random.next_u32())),
        1 => lines[at].push_str("  # a comment"),
        2 => {
            lines.remove(at);
        }
        3 => lines[at].push_str(".nothing()"),
        4 => lines[at].push('('),
        5 => lines.truncate(at.max(1)),
        6 if lines[at].ends_with(')') => lines[at].push_str(".translate((0, 0, 1))"),
        _ => {
            let digits: Vec<usize> = (0..lines[at].len())
                .filter(|&index| lines[at].as_bytes()[index].is_ascii_digit())
                .collect();
            if !digits.is_empty() {
                let index = digits[below(random, digits.len())];
                let digit = (1 + below(random, 9)).to_string();
                lines[at].replace_range(index..=index, &digit);
            }
        }
    }
    lines.join("\n") + "\n"
}

fn attack(edits: usize, seed: u64) {
    let editor = start(1);
    let mut random = Pcg32::new(seed, 1);
    let scripts = scripts();
    let mut resumed = 0;
    for turn in 0..edits {
        // Some edits build on each other, as a person's do.
        let mut code = scripts[turn % scripts.len()].clone();
        live(&editor, &code);
        for _ in 0..=below(&mut random, 3) {
            code = edited(&code, &mut random);
            let (edit, whole) = (live(&editor, &code), run(&code));
            assert_eq!(whole.resumed, 0);
            assert!(
                observed(&edit) == observed(&whole),
                "turn {turn}, resumed at {}\n{code}\n{:.2000}\nfrom the start:\n{:.2000}",
                edit.resumed,
                observed(&edit),
                observed(&whole)
            );
            resumed += usize::from(edit.resumed > 0);
        }
    }
    println!("{resumed} runs went on from an earlier one");
    assert!(resumed > 0, "no run went on from an earlier one");
    assert_eq!(editor.status().restarts, 0);
}

#[test]
fn random_edits_give_what_a_run_from_the_start_gives() {
    attack(7, 1);
}

#[test]
#[ignore = "minutes: run by `make soak`"]
fn hundreds_of_random_edits_give_what_a_run_from_the_start_gives() {
    attack(300, 2);
}

#[test]
fn an_edit_of_the_last_line_runs_little_else() {
    let editor = start(1);
    let code = repaired("axial_motor_stator_12_slot");
    let first = live(&editor, &code);
    assert_eq!(first.resumed, 0);
    shape(first);
    let again = live(&editor, &code.replace(".clean()", ""));
    assert!(again.resumed > 10, "resumed at {}", again.resumed);
    assert_eq!(observed(&again), observed(&run(&code.replace(".clean()", ""))));
    // A batch on the same worker neither uses nor harms what stands.
    let batch = editor.build(
        code.as_bytes(),
        &RunSpec::default(),
        Priority::Batch,
        &CancelToken::never(),
    );
    assert_eq!(batch.unwrap().resumed, 0);
    assert!(live(&editor, &code).resumed > 10);
    // Other limits are another run.
    let limits = Limits {
        memory_mb: 1024,
        ..Limits::default()
    };
    let other = editor.build(
        code.as_bytes(),
        &limits.into(),
        Priority::Live,
        &CancelToken::never(),
    );
    assert_eq!(other.unwrap().resumed, 0);
}

#[test]
fn lines_are_those_of_the_code_after_an_edit() {
    let editor = start(1);
    let slow = "w = cq.Workplane().rarray(3, 3, 8, 8).circle(1.2).extrude(5).edges().fillet(0.3)\n";
    let start = format!("import cadquery as cq\n{slow}{slow}");
    shape(live(&editor, &format!("{start}fixture = w\n")));
    let broken = format!("{start}fixture = (w\n    .faces('>Z')\n    .nothing(\n        1))\n");
    let execution = live(&editor, &broken);
    assert!(execution.resumed > 0);
    let failure_of_edit = failure(execution);
    assert_eq!(
        (failure_of_edit.kind, failure_of_edit.line),
        (Kind::InventedApi, Some(6))
    );
    assert_eq!(failure_of_edit, failure(run(&broken)));
    assert!(
        failure_of_edit.traceback.contains(".nothing("),
        "{}",
        failure_of_edit.traceback
    );
}

#[test]
fn what_did_more_than_compute_is_not_gone_on_from() {
    let editor = start(1);
    let slow = "w = cq.Workplane().rarray(3, 3, 8, 8).circle(1.2).extrude(5).edges().fillet(0.3)\n";
    for deed in ["open('mark', 'w').write('x')", "import os; keep = os.dup(1)"] {
        let code = format!("import cadquery as cq\n{deed}\n{slow}{slow}fixture = w\n");
        shape(live(&editor, &code));
        let edit = live(&editor, &format!("{code}# more\nx = 1\n"));
        assert_eq!(edit.resumed, 0, "{deed}");
        shape(edit);
    }
}
