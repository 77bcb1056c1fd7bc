//! The program in different places: it finds its files relative to itself, not to the current folder.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{expect_exit, json, root};

/// An empty folder for copies of the program, with an empty home folder.
struct Installation {
    root: tempfile::TempDir,
}

impl Installation {
    fn new() -> Self {
        let installation = Self {
            root: tempfile::tempdir().expect("a temporary folder"),
        };
        fs::create_dir(installation.path("home")).expect("a folder");
        fs::create_dir(installation.path("elsewhere")).expect("a folder");
        installation
    }

    fn path(&self, below: &str) -> PathBuf {
        self.root.path().join(below)
    }

    fn copy_program(&self, below: &str) -> PathBuf {
        let path = self.path(below);
        fs::create_dir_all(path.parent().expect("below the root")).expect("a folder");
        fs::copy(env!("CARGO_BIN_EXE_cadforge"), &path).expect("a copy of the program");
        path
    }

    /// Copies a task of the checkout under another id, which distinguishes it from the original.
    fn copy_task(&self, below: &str, id: &str) {
        let target = self.path(below).join(id);
        copy_folder(&root().join("tasks/caster_wheel_fork"), &target);
        let file = target.join("task.toml");
        let text = fs::read_to_string(&file)
            .expect("the task's file")
            .replace("caster_wheel_fork", id);
        fs::write(&file, text).expect("a file");
    }

    /// Starts a program from another folder, without environment variables that could help it.
    fn start(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path("elsewhere"))
            .env_clear()
            .env("HOME", self.path("home"));
        command
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from)
        .expect("a folder")
        .map(|entry| entry.expect("an entry"))
    {
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
        }
    }
}

fn ids(output: &Output) -> Vec<String> {
    let list = json(output);
    let tasks = list.as_array().expect("an array");
    tasks
        .iter()
        .map(|task| task["id"].as_str().expect("an id").to_owned())
        .collect()
}

#[test]
fn a_checkout_build_finds_its_tasks_from_any_folder() {
    let installation = Installation::new();
    let program = Path::new(env!("CARGO_BIN_EXE_cadforge"));
    let output = expect_exit(installation.start(program).args(["tasks", "list", "--json"]), 0);
    assert!(ids(&output).contains(&"caster_wheel_fork".to_owned()));

    let link = installation.path("linked");
    symlink(program, &link).expect("a link");
    let output = expect_exit(installation.start(&link).args(["tasks", "list", "--json"]), 0);
    assert!(ids(&output).contains(&"caster_wheel_fork".to_owned()));
}

#[test]
fn an_installed_program_finds_the_tasks_of_its_prefix() {
    let installation = Installation::new();
    let program = installation.copy_program("prefix with space/bin/cadforge");
    installation.copy_task("prefix with space/share/cadforge/tasks", "installed_one");
    let output = expect_exit(installation.start(&program).args(["tasks", "list", "--json"]), 0);
    assert_eq!(ids(&output), ["installed_one"]);

    installation.copy_task("elsewhere/own", "own_one");
    let output = expect_exit(
        installation
            .start(&program)
            .args(["tasks", "list", "--tasks", "own", "--json"]),
        0,
    );
    assert_eq!(ids(&output), ["installed_one", "own_one"]);
}

#[test]
fn a_standalone_program_finds_the_data_folder_or_lists_searched_paths() {
    let installation = Installation::new();
    let program = installation.copy_program("alone/cadforge");
    let output = expect_exit(installation.start(&program).args(["tasks", "list", "--json"]), 3);
    let message = String::from_utf8_lossy(&output.stderr);
    let data = installation.path("home/.local/share/cadforge/tasks");
    assert!(message.contains(data.to_str().expect("UTF-8")), "{message}");
    assert!(message.contains("hint: "), "{message}");
    assert!(output.stdout.is_empty());

    installation.copy_task("home/.local/share/cadforge/tasks", "kept_one");
    let output = expect_exit(installation.start(&program).args(["tasks", "list", "--json"]), 0);
    assert_eq!(ids(&output), ["kept_one"]);
}

#[test]
fn a_missing_tasks_folder_is_a_usage_error() {
    let installation = Installation::new();
    let program = Path::new(env!("CARGO_BIN_EXE_cadforge"));
    let output = expect_exit(
        installation
            .start(program)
            .args(["tasks", "list", "--tasks", "nowhere"]),
        2,
    );
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message.contains("nowhere") && message.contains("--tasks"),
        "{message}"
    );
}
