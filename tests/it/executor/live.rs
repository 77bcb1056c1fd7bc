//! Incremental execution: a resumed run gives the same result as a full run.

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

/// Everything that equal runs must have in common.
fn comparable(execution: &Execution) -> String {
    let build = match &execution.build {
        Build::Shape(shape) => format!(
            "{:?} {:?} {:?} {:?}",
            shape.stl, shape.face_triangles, shape.facts, shape.surfaces
        ),
        Build::Failed(failure) => format!("{failure:?}"),
    };
    format!("{build}\n{}\n{}", execution.stdout, execution.stderr)
}

/// Depends on all that could differ between a full and a resumed run: addresses, random numbers, the clock, partial lines
/// of output, the state of a generator.
const SENSITIVE: &str = "from __future__ import annotations
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
    let mut scripts = vec![SENSITIVE.to_owned()];
    for task in ["caster_wheel_fork", "axial_motor_stator_12_slot"] {
        scripts.push(repaired(task));
        let folder = root().join("tasks").join(task);
        scripts.push(fs::read_to_string(folder.join("reference.py")).unwrap());
        scripts.push(fs::read_to_string(folder.join("repairs/guided/4.py")).unwrap());
    }
    scripts
}

fn random_below(random: &mut Pcg32, bound: usize) -> usize {
    random.next_u32() as usize % bound
}

/// A small change, more often near the end of the code, where people work.
fn edited(code: &str, random: &mut Pcg32) -> String {
    let mut lines: Vec<String> = code.lines().map(str::to_owned).collect();
    let at = (0..4)
        .map(|_| random_below(random, lines.len()))
        .max()
        .unwrap_or(0);
    match random_below(random, 10) {
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
                let index = digits[random_below(random, digits.len())];
                let digit = (1 + random_below(random, 9)).to_string();
                lines[at].replace_range(index..=index, &digit);
            }
        }
    }
    lines.join("\n") + "\n"
}

fn compare_random_edits(edits: usize, seed: u64) {
    let editor = start(1);
    let mut random = Pcg32::new(seed, 1);
    let scripts = scripts();
    let mut resumed = 0;
    for turn in 0..edits {
        // Some edits build on each other, like a person's edits.
        let mut code = scripts[turn % scripts.len()].clone();
        live(&editor, &code);
        for _ in 0..=random_below(&mut random, 3) {
            code = edited(&code, &mut random);
            let (edit, full) = (live(&editor, &code), run(&code));
            assert_eq!(full.resumed, 0);
            assert!(
                comparable(&edit) == comparable(&full),
                "turn {turn}, resumed at {}\n{code}\n{:.2000}\nfull run:\n{:.2000}",
                edit.resumed,
                comparable(&edit),
                comparable(&full)
            );
            resumed += usize::from(edit.resumed > 0);
        }
    }
    println!("{resumed} runs resumed");
    assert!(resumed > 0, "no run resumed");
    assert_eq!(editor.status().restarts, 0);
}

#[test]
fn random_edits_give_the_result_of_a_full_run() {
    compare_random_edits(7, 1);
}

#[test]
#[ignore = "minutes: run by `make soak`"]
fn hundreds_of_random_edits_give_the_result_of_a_full_run() {
    compare_random_edits(300, 2);
}

#[test]
fn an_edit_of_the_last_line_resumes_near_the_end() {
    let editor = start(1);
    let code = repaired("axial_motor_stator_12_slot");
    let first = live(&editor, &code);
    assert_eq!(first.resumed, 0);
    shape(first);
    let again = live(&editor, &code.replace(".clean()", ""));
    assert!(again.resumed > 10, "resumed at {}", again.resumed);
    assert_eq!(
        comparable(&again),
        comparable(&run(&code.replace(".clean()", "")))
    );
    // A batch run on the same worker neither uses nor destroys the state to resume from.
    let batch = editor.build(
        code.as_bytes(),
        &RunSpec::default(),
        Priority::Batch,
        &CancelToken::never(),
    );
    assert_eq!(batch.unwrap().resumed, 0);
    assert!(live(&editor, &code).resumed > 10);
    // A run with other limits does not resume.
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
fn a_failure_names_the_line_of_the_edited_code() {
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
fn runs_with_side_effects_are_not_resumed() {
    let editor = start(1);
    let slow = "w = cq.Workplane().rarray(3, 3, 8, 8).circle(1.2).extrude(5).edges().fillet(0.3)\n";
    for side_effect in ["open('mark', 'w').write('x')", "import os; keep = os.dup(1)"] {
        let code = format!("import cadquery as cq\n{side_effect}\n{slow}{slow}fixture = w\n");
        shape(live(&editor, &code));
        let edit = live(&editor, &format!("{code}# more\nx = 1\n"));
        assert_eq!(edit.resumed, 0, "{side_effect}");
        shape(edit);
    }
}
