//! Finds tasks, assets, the worker and Python from any working directory.
//!
//! Search order: flag, `CADFORGE_*` variable, next to the executable, XDG data folder. A path that a person names must
//! be valid: a wrong flag is an error and is never ignored. Only searches; creates no folder and starts nothing.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Paths given by flags, which take precedence.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Further task packs, in addition to the built-in ones.
    pub tasks: Vec<PathBuf>,
    /// The folder of fonts, icons and samples.
    pub assets: Option<PathBuf>,
    /// The `cadforge-worker` executable.
    pub worker: Option<PathBuf>,
    /// `<venv>/bin/python` of the environment that holds CadQuery.
    pub python: Option<PathBuf>,
}

/// Locations of all files; all paths are absolute.
#[derive(Clone, Debug)]
pub struct Locations {
    /// Task packs, the built-in ones first.
    pub tasks: Vec<PathBuf>,
    /// The folder of fonts, icons and samples.
    pub assets: PathBuf,
    /// The `cadforge-worker` executable.
    pub worker: PathBuf,
    /// `<venv>/bin/python`; not resolved, since the link selects the environment.
    pub python: PathBuf,
    /// Folder of trajectories, settings and recovery files; may not exist yet.
    pub data: PathBuf,
}

/// A file or folder was not found, or a named path is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocateError {
    /// The searched item, e.g. `the worker`.
    pub what: &'static str,
    /// The flag or variable with a wrong path, and its value; `None` if nothing was named.
    pub named: Option<(&'static str, PathBuf)>,
    /// The searched paths, in order.
    pub looked: Vec<PathBuf>,
    /// Advice, without `hint:`.
    pub hint: &'static str,
}

/// Inputs of the search besides the flags and the files.
#[derive(Clone, Debug, Default)]
pub struct Env {
    /// The running executable, links resolved.
    pub executable: Option<PathBuf>,
    /// Base of relative paths.
    pub working_dir: PathBuf,
    /// `CADFORGE_*`, `XDG_DATA_HOME`, `XDG_CACHE_HOME` and `HOME`; empty values count as unset.
    pub variables: BTreeMap<String, OsString>,
}

/// Finds everything, for this process.
pub fn locate(overrides: &Overrides) -> Result<Locations, LocateError> {
    Env::of_process().locate(overrides)
}

/// Finds the task packs, for this process: the built-in ones, then those of the flag.
///
/// Without built-in ones, those of the flag suffice.
pub fn tasks(overrides: &Overrides) -> Result<Vec<PathBuf>, LocateError> {
    Env::of_process().tasks(overrides)
}

/// Finds the assets, for this process.
pub fn assets(overrides: &Overrides) -> Result<PathBuf, LocateError> {
    Env::of_process().assets(overrides)
}

/// Finds the worker executable, for this process.
pub fn worker(overrides: &Overrides) -> Result<PathBuf, LocateError> {
    Env::of_process().worker(overrides)
}

/// Finds the environment's Python, for this process.
pub fn python(overrides: &Overrides) -> Result<PathBuf, LocateError> {
    Env::of_process().python(overrides)
}

/// Path for a new environment, for this process: in the checkout, or in the data folder.
pub fn environment() -> Result<PathBuf, LocateError> {
    Env::of_process().environment()
}

/// Finds the data folder, for this process; it may not exist yet.
pub fn data() -> Result<PathBuf, LocateError> {
    Env::of_process().data()
}

/// Finds the cache folder, for this process; it may not exist yet. `None` if caching is off.
pub fn cache() -> Option<PathBuf> {
    Env::of_process().cache()
}

impl LocateError {
    /// Whether a flag has a wrong path (wrong use, exit code 2), in contrast to an incomplete installation.
    pub fn is_input(&self) -> bool {
        self.named.as_ref().is_some_and(|(by, _)| by.starts_with("--"))
    }
}

impl std::error::Error for LocateError {}

impl fmt::Display for LocateError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.named {
            Some((by, path)) => write!(
                out,
                "{} is not at {}, which {by} names",
                self.what,
                path.display()
            )?,
            None => {
                write!(out, "cannot find {}", self.what)?;
                for (index, path) in self.looked.iter().enumerate() {
                    let lead = if index == 0 { "; looked at " } else { ", " };
                    write!(out, "{lead}{}", path.display())?;
                }
            }
        }
        write!(out, "\nhint: {}", self.hint)
    }
}

/// An item to find: its name, who can name it, and its locations.
struct Item {
    what: &'static str,
    flag: &'static str,
    variable: &'static str,
    /// Relative to the folder of the executable, e.g. `target/release` or `<prefix>/bin`.
    beside: &'static [&'static str],
    /// Relative to a checkout whose `target` holds the executable.
    in_checkout: Option<&'static str>,
    /// Relative to the XDG data folder.
    in_data: Option<&'static str>,
    fits: fn(&Path) -> bool,
    hint: &'static str,
}

const TASKS: Item = Item {
    what: "the folder of tasks",
    flag: "--tasks",
    variable: "CADFORGE_TASKS",
    beside: &["tasks", "../share/cadforge/tasks"],
    in_checkout: Some("tasks"),
    in_data: Some("tasks"),
    fits: Path::is_dir,
    hint: "name it with `--tasks DIR` or CADFORGE_TASKS, or run `make install` in the checkout",
};

const ASSETS: Item = Item {
    what: "the folder of assets",
    flag: "--assets",
    variable: "CADFORGE_ASSETS",
    beside: &["assets", "../share/cadforge/assets"],
    in_checkout: Some("assets"),
    in_data: Some("assets"),
    fits: Path::is_dir,
    hint: "name it with `--assets DIR` or CADFORGE_ASSETS, or run `make install` in the checkout",
};

const WORKER: Item = Item {
    what: "the executable `cadforge-worker`",
    flag: "--worker",
    variable: "CADFORGE_WORKER",
    // Test executables are in `target/debug/deps`, one level below the programs.
    beside: &[
        "cadforge-worker",
        "../cadforge-worker",
        "../libexec/cadforge/cadforge-worker",
    ],
    in_checkout: None,
    in_data: None,
    fits: is_executable,
    hint: "build it with `make build`, or name it with `--worker FILE` or CADFORGE_WORKER",
};

const PYTHON: Item = Item {
    what: "the Python environment that holds CadQuery",
    flag: "--python",
    variable: "CADFORGE_PYTHON",
    beside: &["venv/bin/python", "../share/cadforge/venv/bin/python"],
    in_checkout: Some(".venv/bin/python"),
    in_data: Some("venv/bin/python"),
    fits: is_executable,
    hint: "make it with `make env` in the checkout, or name its bin/python with `--python FILE` or CADFORGE_PYTHON",
};

const VARIABLES: [&str; 9] = [
    "CADFORGE_TASKS",
    "CADFORGE_ASSETS",
    "CADFORGE_WORKER",
    "CADFORGE_PYTHON",
    "CADFORGE_DATA",
    "CADFORGE_CACHE",
    "XDG_DATA_HOME",
    "XDG_CACHE_HOME",
    "HOME",
];

impl Env {
    /// Environment of the running process.
    pub fn of_process() -> Self {
        let variable = |name: &str| Some((name.to_owned(), std::env::var_os(name)?));
        Self {
            executable: std::env::current_exe().and_then(|path| path.canonicalize()).ok(),
            working_dir: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
            variables: VARIABLES.into_iter().filter_map(variable).collect(),
        }
    }

    /// As [`locate`].
    pub fn locate(&self, overrides: &Overrides) -> Result<Locations, LocateError> {
        Ok(Locations {
            tasks: self.tasks(overrides)?,
            assets: self.assets(overrides)?,
            worker: self.worker(overrides)?,
            python: self.python(overrides)?,
            data: self.data()?,
        })
    }

    /// As [`tasks`]. `CADFORGE_TASKS` may list several folders, separated by colons.
    pub fn tasks(&self, overrides: &Overrides) -> Result<Vec<PathBuf>, LocateError> {
        let added = overrides
            .tasks
            .iter()
            .map(|path| self.named(&TASKS, TASKS.flag, path));
        let added = added.collect::<Result<Vec<_>, _>>()?;
        let built_in = match self.variable(TASKS.variable) {
            Some(list) => std::env::split_paths(list)
                .filter(|path| !path.as_os_str().is_empty())
                .map(|path| self.named(&TASKS, TASKS.variable, &path))
                .collect(),
            None => self.search(&TASKS).map(|path| vec![path]),
        };
        match built_in {
            Ok(packs) => Ok(packs.into_iter().chain(added).collect()),
            Err(error) if added.is_empty() || error.named.is_some() => Err(error),
            Err(_) => Ok(added),
        }
    }

    /// As [`assets`].
    pub fn assets(&self, overrides: &Overrides) -> Result<PathBuf, LocateError> {
        self.find(&ASSETS, overrides.assets.as_deref())
    }

    /// As [`worker`].
    pub fn worker(&self, overrides: &Overrides) -> Result<PathBuf, LocateError> {
        self.find(&WORKER, overrides.worker.as_deref())
    }

    /// As [`python`].
    pub fn python(&self, overrides: &Overrides) -> Result<PathBuf, LocateError> {
        self.find(&PYTHON, overrides.python.as_deref())
    }

    /// As [`environment`].
    pub fn environment(&self) -> Result<PathBuf, LocateError> {
        let folder = self.executable.as_deref().and_then(Path::parent);
        match folder.and_then(checkout) {
            Some(root) => Ok(root.join(".venv")),
            // Not in `CADFORGE_DATA`, where the environment is not searched.
            None => Ok(self.xdg_data().map_or_else(|| self.data(), Ok)?.join("venv")),
        }
    }

    /// As [`data`].
    pub fn data(&self) -> Result<PathBuf, LocateError> {
        match self.variable("CADFORGE_DATA") {
            Some(path) => Ok(self.absolute(Path::new(path))),
            None => self.xdg_data().ok_or(LocateError {
                what: "a place for the data folder",
                named: None,
                looked: Vec::new(),
                hint: "set HOME, XDG_DATA_HOME or CADFORGE_DATA",
            }),
        }
    }

    /// As [`cache`]: `CADFORGE_CACHE`, where `off` means none, or `cadforge` in the XDG cache folder.
    pub fn cache(&self) -> Option<PathBuf> {
        match self.variable("CADFORGE_CACHE") {
            Some(value) if value == "off" => None,
            Some(path) => Some(self.absolute(Path::new(path))),
            None => self.xdg("XDG_CACHE_HOME", ".cache"),
        }
    }

    fn find(&self, item: &Item, flag: Option<&Path>) -> Result<PathBuf, LocateError> {
        if let Some(path) = flag {
            return self.named(item, item.flag, path);
        }
        if let Some(path) = self.variable(item.variable) {
            return self.named(item, item.variable, Path::new(path));
        }
        self.search(item)
    }

    /// Checks a path that a person named.
    fn named(&self, item: &Item, by: &'static str, path: &Path) -> Result<PathBuf, LocateError> {
        let path = self.absolute(path);
        if (item.fits)(&path) {
            return Ok(path);
        }
        Err(LocateError {
            what: item.what,
            named: Some((by, path.clone())),
            looked: vec![path],
            hint: "correct the path, or omit it for the default search",
        })
    }

    /// Next to the executable, then in the checkout around it, then in the data folder.
    fn search(&self, item: &Item) -> Result<PathBuf, LocateError> {
        let mut looked = Vec::new();
        if let Some(folder) = self.executable.as_deref().and_then(Path::parent) {
            looked.extend(item.beside.iter().map(|below| join(folder, below)));
            looked.extend(
                checkout(folder)
                    .zip(item.in_checkout)
                    .map(|(root, below)| root.join(below)),
            );
        }
        looked.extend(
            self.xdg_data()
                .zip(item.in_data)
                .map(|(data, below)| data.join(below)),
        );
        match looked.iter().find(|path| (item.fits)(path)) {
            Some(path) => Ok(path.clone()),
            None => Err(LocateError {
                what: item.what,
                named: None,
                looked,
                hint: item.hint,
            }),
        }
    }

    fn xdg_data(&self) -> Option<PathBuf> {
        self.xdg("XDG_DATA_HOME", ".local/share")
    }

    /// `cadforge` below the folder of that variable if it is absolute, else below its default.
    fn xdg(&self, variable: &str, default: &str) -> Option<PathBuf> {
        let given = self
            .variable(variable)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute());
        let home = || self.variable("HOME").map(|home| Path::new(home).join(default));
        Some(given.or_else(home)?.join("cadforge"))
    }

    fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables
            .get(name)
            .map(OsString::as_os_str)
            .filter(|value| !value.is_empty())
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        self.working_dir.join(path)
    }
}

/// `folder/below`, with each leading `..` of `below` resolved against `folder`, for readable messages.
fn join(folder: &Path, below: &str) -> PathBuf {
    match below.strip_prefix("../") {
        Some(rest) => folder.parent().unwrap_or(folder).join(rest),
        None => folder.join(below),
    }
}

/// The checkout of this project whose `target` contains `folder`.
fn checkout(folder: &Path) -> Option<PathBuf> {
    let target = folder
        .ancestors()
        .find(|ancestor| ancestor.file_name() == Some(OsStr::new("target")))?;
    target
        .parent()
        .filter(|root| root.join("Cargo.toml").is_file())
        .map(Path::to_path_buf)
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests;
