//! Kernels without Landlock or seccomp, simulated on this one by a filter that refuses their system calls.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{cadforge, expect_exit, json, python, root};

/// Runs a program as on a kernel without a system call, or without it for one first argument.
const WITHOUT: &str = "
import ctypes, os, struct, sys
number, argument = int(sys.argv[1]), int(sys.argv[2])
instruction = lambda code, yes, no, value: struct.pack('HBBI', code, yes, no, value)
refuse, allow = instruction(0x06, 0, 0, 0x50000 | 38), instruction(0x06, 0, 0, 0x7fff0000)
load = lambda at: instruction(0x20, 0, 0, at)
filter = load(0) + instruction(0x15, 0, 3, number)
filter += load(16) + instruction(0x15, 0, 1, argument) if argument >= 0 else load(0) + instruction(0x15, 0, 1, number)
filter += refuse + allow

buffer = ctypes.create_string_buffer(filter)
program = struct.pack('HP', len(filter) // 8, ctypes.addressof(buffer))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.create_string_buffer(program), 0, 0) == 0, ctypes.get_errno()
os.execv(sys.argv[3], sys.argv[3:])
";

/// `landlock_create_ruleset`; its number is the same on all architectures.
pub const LANDLOCK: (&str, &str) = ("444", "-1");

/// `seccomp(SECCOMP_GET_ACTION_AVAIL)`, which queries whether filters are available.
pub const SECCOMP: (&str, &str) = (
    if cfg!(target_arch = "x86_64") {
        "317"
    } else {
        "277"
    },
    "2",
);

pub fn on_kernel_without(call: (&str, &str), folder: &Path, arguments: &[&str]) -> Command {
    let base = cadforge(folder);
    let mut command = Command::new(python());
    command
        .args(["-c", WITHOUT, call.0, call.1])
        .arg(base.get_program())
        .args(arguments)
        .current_dir(folder)
        .envs(base.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

fn evaluate(call: (&str, &str), code: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.py"), code).unwrap();
    let tasks = root().join("tasks").display().to_string();
    let arguments = [
        "eval",
        "a.py",
        "--task",
        "caster_wheel_fork",
        "--reference",
        "none",
        "--json",
        "--tasks",
        &tasks,
    ];
    json(&expect_exit(
        &mut on_kernel_without(call, folder.path(), &arguments),
        0,
    ))
}

fn has_note(evaluation: &Value, part: &str) -> bool {
    let notes = evaluation["notes"].as_array().unwrap();
    notes.iter().any(|note| note.as_str().unwrap().contains(part))
}

#[test]
fn every_result_notes_a_kernel_without_sandbox() {
    let code = "import cadquery as cq\nprint(len(open('/etc/passwd').read()) > 0)\nfixture = cq.Workplane().box(1, 2, 3)\n";
    let evaluation = evaluate(LANDLOCK, code);
    assert_eq!(
        (&evaluation["ok"], &evaluation["stdout"]),
        (&true.into(), &"True\n".into()),
        "{evaluation}"
    );
    assert!(
        has_note(&evaluation, "not sandboxed: this kernel has no Landlock"),
        "{evaluation}"
    );

    let code = "import os\nif os.fork() == 0:\n    os._exit(0)\nprint('forked')\nimport nothing\n";
    let evaluation = evaluate(SECCOMP, code);
    assert_eq!(
        (&evaluation["kind"], &evaluation["stdout"]),
        (&"import_error".into(), &"forked\n".into()),
        "{evaluation}"
    );
    assert!(
        has_note(&evaluation, "not sandboxed: this kernel has no seccomp"),
        "{evaluation}"
    );
}

#[test]
fn doctor_warns_of_missing_kernel_features() {
    let folder = tempfile::tempdir().unwrap();
    for (call, name) in [(LANDLOCK, "Landlock"), (SECCOMP, "seccomp"), (SECCOMP, "edits")] {
        let report = json(&expect_exit(
            &mut on_kernel_without(call, folder.path(), &["doctor", "--json"]),
            0,
        ));
        let checks = report["checks"].as_array().unwrap();
        let check = checks
            .iter()
            .find(|check| check["group"] == "sandbox" && check["name"] == name)
            .unwrap_or_else(|| panic!("no {name} in {report}"));
        assert_eq!(check["status"], "warn", "{check}");
    }
}
