//! Creates the Python environment for a window that opened without one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::locate::{self, Overrides};

/// Number of lines of the script's output that are passed on.
const OUTPUT_LINES: usize = 8;

/// Folders of system interpreters, searched whatever `PATH` is.
const SYSTEM: [&str; 2] = ["/usr/bin", "/usr/local/bin"];

/// Files needed to create an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// Installs the pinned packages: `make_env.sh PYTHON FOLDER`.
    pub script: PathBuf,
    /// The environment must have the Python that this worker is linked with.
    pub worker: PathBuf,
    pub folder: PathBuf,
}

impl Recipe {
    /// Recipe for the environment with the interpreter `python`; `None` where this installation cannot create one.
    pub fn find(overrides: &Overrides, python: &Path) -> Option<Self> {
        let script = locate::assets(overrides).ok()?.join("python/make_env.sh");
        let recipe = Self {
            script,
            worker: locate::worker(overrides).ok()?,
            folder: python.parent()?.parent()?.to_owned(),
        };
        recipe.script.is_file().then_some(recipe)
    }

    /// Creates the environment unless it exists; takes minutes and the network.
    ///
    /// # Errors
    /// No suitable Python, or the script's output, with a hint.
    pub fn create(&self) -> Result<(), String> {
        let wanted = self.linked_version()?;
        let python = self
            .interpreters(&wanted)
            .into_iter()
            .find(|python| version_of(python).as_ref() == Some(&wanted))
            .ok_or_else(|| {
                format!(
                    "Python {wanted}, which cadforge-worker is linked with, was not found\nhint: install it, or build \
                     for the installed Python: make PYTHON=python3 build"
                )
            })?;
        let made = Command::new("sh")
            .arg(&self.script)
            .arg(&python)
            .arg(&self.folder)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("cannot run {}: {error}", self.script.display()))?;
        if made.status.success() {
            return Ok(());
        }
        let words = String::from_utf8_lossy(&made.stderr);
        let lines: Vec<&str> = words.lines().collect();
        Err(format!(
            "the Python environment could not be created: {}",
            lines[lines.len().saturating_sub(OUTPUT_LINES)..].join("\n")
        ))
    }

    fn linked_version(&self) -> Result<String, String> {
        let output = Command::new(&self.worker).arg("--version").output();
        let output = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let output = output.map_err(|error| format!("cannot run {}: {error}", self.worker.display()))?;
        let version = output.trim().trim_end_matches(')').rsplit(' ').next();
        match version {
            Some(version) if version.contains('.') => Ok(version.to_owned()),
            _ => Err(format!(
                "{} does not report its Python version\nhint: `cadforge doctor` finds the cause",
                self.worker.display()
            )),
        }
    }

    /// Interpreters that may be of that version, the likeliest first.
    fn interpreters(&self, version: &str) -> Vec<PathBuf> {
        // The interpreter chosen by a checkout's set-up.
        let chosen = self.folder.parent().map(|root| root.join("target/setup/python"));
        let chosen = chosen.and_then(|note| fs::read_to_string(note).ok());
        let minor: Vec<&str> = version.split('.').take(2).collect();
        let names = [format!("python{}", minor.join(".")), "python3".to_owned()];
        // All of them: the first one on the path may shadow the required one.
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(SYSTEM.map(PathBuf::from));
        let named = folders.flat_map(|folder| names.each_ref().map(|name| folder.join(name)));
        let chosen = chosen.map(|path| PathBuf::from(path.trim()));
        let mut seen = BTreeSet::new();
        chosen
            .into_iter()
            .chain(named)
            .filter(|path| path.is_file() && seen.insert(path.clone()))
            .collect()
    }
}

fn version_of(python: &Path) -> Option<String> {
    let output = Command::new(python)
        .args(["-I", "-c", "import platform; print(platform.python_version())"])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(version)
}

#[cfg(test)]
pub(super) mod testing {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    pub(in crate::studio) fn program(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A recipe with that script and a suitable Python.
    pub(in crate::studio) fn recipe_in(root: &Path, script: &str) -> Recipe {
        let recipe = Recipe {
            script: root.join("make_env.sh"),
            worker: root.join("worker"),
            folder: root.join(".venv"),
        };
        program(&root.join("python"), "echo 3.11.99");
        program(&recipe.worker, "echo 'cadforge-worker 0.1.0 (Python 3.11.99)'");
        program(&recipe.script, script);
        let note = root.join("target/setup/python");
        fs::create_dir_all(note.parent().unwrap()).unwrap();
        fs::write(note, format!("{}\n", root.join("python").display())).unwrap();
        recipe
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{program, recipe_in};
    use super::*;

    #[test]
    fn the_script_gets_the_python_that_the_worker_is_linked_with() {
        let root = tempfile::tempdir().unwrap();
        let recipe = recipe_in(root.path(), "mkdir \"$2\" && echo \"$1\" >\"$2/by\"");
        recipe.create().unwrap();
        let by = fs::read_to_string(root.path().join(".venv/by")).unwrap();
        assert_eq!(by.trim(), root.path().join("python").display().to_string());
    }

    #[test]
    fn errors_are_reported_with_a_hint() {
        let root = tempfile::tempdir().unwrap();
        let recipe = recipe_in(
            root.path(),
            "echo 'error: no network' >&2; echo 'hint: plug it in' >&2; exit 1",
        );
        let message = recipe.create().unwrap_err();
        assert!(
            message.ends_with("error: no network\nhint: plug it in"),
            "{message}"
        );

        program(&recipe.worker, "echo 'cadforge-worker 0.1.0 (Python 3.0.0)'");
        let message = recipe.create().unwrap_err();
        assert!(
            message.starts_with("Python 3.0.0, which cadforge-worker is linked with, was not found"),
            "{message}"
        );
        program(&recipe.worker, "echo oh");
        assert!(recipe.create().unwrap_err().contains("does not report"));
    }
}
