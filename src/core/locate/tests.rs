//! Each location, with the smallest change that disqualifies it.

use std::fs;

use super::*;

/// A simulated machine: files below a temporary folder, and the environment of a process.
struct Machine {
    root: tempfile::TempDir,
    env: Env,
}

impl Machine {
    /// The executable at `executable`, the home folder at `home`, the working directory at `elsewhere`.
    fn new(executable: &str) -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        let mut machine = Self {
            env: Env::default(),
            root,
        };
        machine.env.executable = Some(machine.file(executable));
        machine.env.working_dir = machine.dir("elsewhere");
        machine.set("HOME", &machine.dir("home").into_os_string());
        machine
    }

    fn path(&self, below: &str) -> PathBuf {
        self.root.path().join(below)
    }

    fn dir(&self, below: &str) -> PathBuf {
        let path = self.path(below);
        fs::create_dir_all(&path).expect("a folder");
        path
    }

    /// An executable file.
    fn file(&self, below: &str) -> PathBuf {
        let path = self.path(below);
        fs::create_dir_all(path.parent().expect("below the root")).expect("a folder");
        fs::write(&path, "").expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("permissions");
        path
    }

    fn set(&mut self, name: &str, value: &OsStr) {
        self.env.variables.insert(name.to_owned(), value.to_owned());
    }
}

/// A checkout with all build outputs.
fn checkout_machine() -> Machine {
    let machine = Machine::new("src/cadforge studio/target/release/cadforge");
    machine.file("src/cadforge studio/Cargo.toml");
    machine.file("src/cadforge studio/target/release/cadforge-worker");
    machine.file("src/cadforge studio/.venv/bin/python");
    machine.dir("src/cadforge studio/tasks");
    machine.dir("src/cadforge studio/assets");
    machine
}

/// The files of `make install`.
fn installed_machine() -> Machine {
    let machine = Machine::new("opt/bin/cadforge");
    machine.file("opt/bin/cadforge-worker");
    machine.file("opt/share/cadforge/venv/bin/python");
    machine.dir("opt/share/cadforge/tasks");
    machine.dir("opt/share/cadforge/assets");
    machine
}

#[test]
fn a_development_build_finds_its_checkout() {
    let machine = checkout_machine();
    let found = machine.env.locate(&Overrides::default()).expect("all of it");
    assert_eq!(found.tasks, [machine.path("src/cadforge studio/tasks")]);
    assert_eq!(found.assets, machine.path("src/cadforge studio/assets"));
    assert_eq!(
        found.worker,
        machine.path("src/cadforge studio/target/release/cadforge-worker")
    );
    assert_eq!(found.python, machine.path("src/cadforge studio/.venv/bin/python"));
    assert_eq!(found.data, machine.path("home/.local/share/cadforge"));
}

#[test]
fn a_test_executable_finds_the_worker_one_folder_up() {
    let mut machine = checkout_machine();
    machine.env.executable = Some(machine.file("src/cadforge studio/target/release/deps/it-0123"));
    let worker = machine.env.worker(&Overrides::default()).expect("the worker");
    assert_eq!(
        worker,
        machine.path("src/cadforge studio/target/release/cadforge-worker")
    );
}

#[test]
fn a_target_folder_without_a_crate_is_not_a_checkout() {
    let machine = checkout_machine();
    fs::remove_file(machine.path("src/cadforge studio/Cargo.toml")).expect("was there");
    let error = machine.env.tasks(&Overrides::default()).expect_err("no tasks");
    assert!(!error.is_input());
    assert!(
        !error.looked.contains(&machine.path("src/cadforge studio/tasks")),
        "{error}"
    );
}

#[test]
fn an_installed_program_finds_its_share_folder() {
    let machine = installed_machine();
    let found = machine.env.locate(&Overrides::default()).expect("all of it");
    assert_eq!(found.tasks, [machine.path("opt/share/cadforge/tasks")]);
    assert_eq!(found.assets, machine.path("opt/share/cadforge/assets"));
    assert_eq!(found.worker, machine.path("opt/bin/cadforge-worker"));
    assert_eq!(found.python, machine.path("opt/share/cadforge/venv/bin/python"));
}

#[test]
fn the_data_folder_is_searched_last() {
    let mut machine = installed_machine();
    let of_home = machine.dir("home/.local/share/cadforge/tasks");
    assert_eq!(
        machine.env.tasks(&Overrides::default()).expect("beside"),
        [machine.path("opt/share/cadforge/tasks")]
    );
    fs::remove_dir(machine.path("opt/share/cadforge/tasks")).expect("was there");
    assert_eq!(
        machine
            .env
            .tasks(&Overrides::default())
            .expect("in the data folder"),
        [of_home]
    );

    let of_xdg = machine.dir("xdg/cadforge/tasks");
    machine.set("XDG_DATA_HOME", &machine.path("xdg").into_os_string());
    assert_eq!(
        machine
            .env
            .tasks(&Overrides::default())
            .expect("in the data folder"),
        [of_xdg]
    );
}

#[test]
fn a_relative_xdg_folder_is_ignored() {
    let mut machine = installed_machine();
    machine.set("XDG_DATA_HOME", OsStr::new("xdg"));
    assert_eq!(
        machine.env.data().expect("below HOME"),
        machine.path("home/.local/share/cadforge")
    );
}

#[test]
fn flags_precede_variables_and_variables_precede_the_search() {
    let mut machine = installed_machine();
    let by_variable = machine.file("elsewhere/by-variable");
    let by_flag = machine.file("elsewhere/by-flag");
    // Relative paths are relative to the working directory.
    machine.set("CADFORGE_WORKER", OsStr::new("by-variable"));
    assert_eq!(
        machine.env.worker(&Overrides::default()).expect("the variable's"),
        by_variable
    );
    let overrides = Overrides {
        worker: Some("by-flag".into()),
        ..Overrides::default()
    };
    assert_eq!(machine.env.worker(&overrides).expect("the flag's"), by_flag);
}

#[test]
fn an_empty_variable_is_not_set() {
    let mut machine = installed_machine();
    machine.set("CADFORGE_WORKER", OsStr::new(""));
    machine.set("CADFORGE_TASKS", OsStr::new(""));
    machine.set("CADFORGE_DATA", OsStr::new(""));
    machine
        .env
        .locate(&Overrides::default())
        .expect("all of it, beside the executable");
}

#[test]
fn a_wrong_named_path_is_an_error() {
    let mut machine = installed_machine();
    machine.set("CADFORGE_PYTHON", OsStr::new("no-such-python"));
    let error = machine
        .env
        .python(&Overrides::default())
        .expect_err("named and absent");
    assert!(!error.is_input(), "a variable belongs to the installation");
    assert_eq!(
        error.named,
        Some(("CADFORGE_PYTHON", machine.path("elsewhere/no-such-python")))
    );
    let text = error.to_string();
    assert!(
        text.contains("CADFORGE_PYTHON") && text.contains("no-such-python"),
        "{text}"
    );
}

#[test]
fn a_file_that_is_not_executable_is_not_a_worker() {
    let machine = installed_machine();
    let worker = machine.path("opt/bin/cadforge-worker");
    fs::set_permissions(&worker, fs::Permissions::from_mode(0o644)).expect("permissions");
    let error = machine
        .env
        .worker(&Overrides::default())
        .expect_err("not executable");
    assert!(error.looked.contains(&worker), "{error}");
    let text = error.to_string();
    assert!(
        text.contains(worker.to_str().expect("UTF-8")) && text.contains("hint: build it"),
        "{text}"
    );
}

#[test]
fn the_flag_adds_task_packs_to_the_built_in_ones() {
    let mut machine = installed_machine();
    let own = machine.dir("elsewhere/own");
    let overrides = Overrides {
        tasks: vec!["own".into()],
        ..Overrides::default()
    };
    let built_in = machine.path("opt/share/cadforge/tasks");
    assert_eq!(
        machine.env.tasks(&overrides).expect("both"),
        [built_in.clone(), own.clone()]
    );

    // The variable replaces the built-in ones.
    let (first, second) = (machine.dir("first"), machine.dir("second"));
    machine.set(
        "CADFORGE_TASKS",
        &std::env::join_paths([&first, &second]).expect("no colons"),
    );
    assert_eq!(
        machine.env.tasks(&overrides).expect("all three"),
        [first, second, own.clone()]
    );

    machine.env.variables.remove("CADFORGE_TASKS");
    fs::remove_dir(built_in).expect("was there");
    assert_eq!(machine.env.tasks(&overrides).expect("the flag's alone"), [own]);
}

#[test]
fn a_wrong_task_pack_is_an_error_even_when_others_are_right() {
    let mut machine = installed_machine();
    let overrides = Overrides {
        tasks: vec!["absent".into()],
        ..Overrides::default()
    };
    assert!(machine.env.tasks(&overrides).expect_err("absent").is_input());

    machine.dir("elsewhere/own");
    machine.set("CADFORGE_TASKS", OsStr::new("absent"));
    let overrides = Overrides {
        tasks: vec!["own".into()],
        ..Overrides::default()
    };
    assert!(machine.env.tasks(&overrides).expect_err("absent").named.is_some());
}

#[test]
fn without_a_home_the_data_folder_must_be_named() {
    let mut machine = installed_machine();
    machine.env.variables.remove("HOME");
    let error = machine.env.data().expect_err("no place");
    assert!(error.to_string().contains("CADFORGE_DATA"), "{error}");
    machine.set("CADFORGE_DATA", OsStr::new("kept"));
    assert_eq!(machine.env.data().expect("named"), machine.path("elsewhere/kept"));
}

#[test]
fn the_cache_is_in_the_users_cache_folder_by_default() {
    let mut machine = installed_machine();
    let home = machine.env.variables["HOME"].clone();
    let below_home = Path::new(&home).join(".cache/cadforge");
    assert_eq!(machine.env.cache(), Some(below_home.clone()));
    machine.set("XDG_CACHE_HOME", OsStr::new("relative"));
    assert_eq!(machine.env.cache(), Some(below_home));
    let caches = machine.path("caches");
    machine.set("XDG_CACHE_HOME", caches.as_os_str());
    assert_eq!(machine.env.cache(), Some(caches.join("cadforge")));
    machine.set("CADFORGE_CACHE", OsStr::new("kept"));
    assert_eq!(machine.env.cache(), Some(machine.path("elsewhere/kept")));
    machine.set("CADFORGE_CACHE", OsStr::new("off"));
    assert_eq!(machine.env.cache(), None);
    for name in ["CADFORGE_CACHE", "XDG_CACHE_HOME", "HOME"] {
        machine.env.variables.remove(name);
    }
    assert_eq!(machine.env.cache(), None);
}
