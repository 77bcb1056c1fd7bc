//! Workers that cannot start, and what they are linked with.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use cadforge::executor::{CancelToken, Executor, ExecutorError, Limits, Priority, RunSpec, WorkerConfig};

use super::{BOX, config, run_with, shape, worker};
use crate::support::python;

#[test]
fn failed_workers_start_on_retry_once_the_environment_exists() {
    let folder = tempfile::tempdir().unwrap();
    let environment = folder.path().join("venv");
    let executor = Executor::start(WorkerConfig {
        python: environment.join("bin/python"),
        live_slot: true,
        ..config(2)
    });
    let result = executor.build(
        BOX.as_bytes(),
        &RunSpec::default(),
        Priority::Live,
        &CancelToken::never(),
    );
    let Err(ExecutorError::Start(message)) = result else {
        panic!("{result:?}")
    };
    assert!(message.contains("no Python environment at"), "{message}");
    std::os::unix::fs::symlink(python().parent().unwrap().parent().unwrap(), &environment).unwrap();
    executor.retry_failed_slots();
    shape(run_with(&executor, BOX, &Limits::default()));
    assert_eq!(executor.status().error, None);
}

#[test]
fn start_errors_name_the_cause_and_a_fix() {
    let start = |worker: &Path, python: &Path| {
        let executor = Executor::start(WorkerConfig::new(worker.into(), python.into(), 1));
        let Err(ExecutorError::Start(message)) = executor.versions() else {
            panic!("the worker started")
        };
        assert_eq!(executor.status().error.as_ref(), Some(&message));
        let built = executor.build(b"x", &RunSpec::default(), Priority::Live, &CancelToken::never());
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
    // Prints the message of the loader on a machine without the library. `fs::write` closes the file before it is run.
    let unloadable = folder.path().join("unloadable");
    let loader_error =
        "error while loading shared libraries: libpython3.11.so.1.0: cannot open shared object file";
    fs::write(
        &unloadable,
        format!("#!/bin/sh\necho '{loader_error}' >&2\nexit 127\n"),
    )
    .unwrap();
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
fn only_the_worker_links_python() {
    let needs_python = |executable: &Path| {
        let output = Command::new("readelf")
            .arg("-d")
            .arg(executable)
            .output()
            .unwrap();
        assert!(output.status.success());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (
            text.lines()
                .any(|line| line.contains("NEEDED") && line.contains("libpython")),
            text,
        )
    };
    assert!(!needs_python(Path::new(env!("CARGO_BIN_EXE_cadforge"))).0);
    let (worker, text) = needs_python(&worker());
    assert!(worker);
    // With RUNPATH, LD_LIBRARY_PATH could replace the interpreter.
    assert!(text.contains("(RPATH)") && !text.contains("(RUNPATH)"), "{text}");
}
