//! Shared helpers: the built binaries in the places where users run them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Python of the pinned environment.
pub fn python() -> PathBuf {
    std::env::var_os("CADFORGE_PYTHON").map_or_else(|| root().join(".venv/bin/python"), PathBuf::from)
}

/// The worker of the same build, beside the program, where the program itself looks for it.
pub fn worker() -> PathBuf {
    let worker = Path::new(env!("CARGO_BIN_EXE_cadforge")).with_file_name("cadforge-worker");
    assert!(
        worker.exists(),
        "{} is missing: build it first with `cargo build -p cadforge-worker`",
        worker.display()
    );
    worker
}

/// `cadforge` with the built worker, away from the checkout so that nothing is found by accident. The cache
/// is off unless a test names a folder for it.
pub fn cadforge(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cadforge"));
    command
        .current_dir(directory)
        .env("CADFORGE_PYTHON", python())
        .env("CADFORGE_CACHE", "off")
        .env("CADFORGE_WORKER", worker());
    command
}

/// A repair loop of the caster wheel with the model behind an endpoint.
pub fn repair_with_endpoint(directory: &Path, url: &str) -> Command {
    let mut command = cadforge(directory);
    command
        .args(["repair", "--task", "caster_wheel_fork", "--proposer", "endpoint"])
        .args([
            "--endpoint",
            url,
            "--profile",
            "cadforge-v1",
            "--reference",
            "none",
        ])
        .arg("--json");
    command
}

/// Runs a command to its end and asserts its exit code; the panic message contains the output.
pub fn expect_exit(command: &mut Command, code: i32) -> Output {
    let output = command.output().expect("the program starts");
    assert_eq!(
        output.status.code(),
        Some(code),
        "{command:?}\nstdout: {}\nstderr: {}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    output
}

/// Standard output as JSON.
pub fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stdout)))
}
