//! The pinned Python environment: its Python, and each package compared with its pin.
//!
//! Reads the records of `pip`; starts no Python.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::places::Places;
use super::report::Check;

const GROUP: &str = "python";
const FIX: &str = "run `make env` in the checkout";

/// A virtual environment on disk.
pub(super) struct Environment {
    python: PathBuf,
    /// From `pyvenv.cfg`, e.g. `3.11.2`.
    version: Option<String>,
    /// Versions by normalised name.
    installed: BTreeMap<String, String>,
}

impl Environment {
    /// The environment whose interpreter is `<environment>/bin/python`.
    pub(super) fn of(python: &Path) -> Self {
        let root = python.parent().and_then(Path::parent).unwrap_or(Path::new("/"));
        let version = std::fs::read_to_string(root.join("pyvenv.cfg"))
            .ok()
            .and_then(|text| {
                let (_, version) = text
                    .lines()
                    .filter_map(|line| line.split_once('='))
                    .find(|(key, _)| key.trim() == "version")?;
                Some(version.trim().to_owned())
            });
        let mut environment = Self {
            python: python.to_path_buf(),
            version,
            installed: BTreeMap::new(),
        };
        if let Some(minor) = environment.minor_version() {
            environment.installed = installed(&root.join(format!("lib/python{minor}/site-packages")));
        }
        environment
    }

    /// Major and minor version, e.g. `3.11`.
    pub(super) fn minor_version(&self) -> Option<String> {
        let mut parts = self.version.as_deref()?.split('.');
        Some(format!("{}.{}", parts.next()?, parts.next()?))
    }
}

pub(super) fn check(places: &Places, environment: Option<&Environment>) -> Vec<Check> {
    let environment = match (&places.python, environment) {
        (Ok(_), Some(environment)) => environment,
        (Err(error), _) => return vec![Check::failed(GROUP, "environment", error, FIX)],
        (Ok(_), None) => return Vec::new(),
    };
    let Some(version) = &environment.version else {
        let found = format!(
            "{} is not part of a virtual environment",
            environment.python.display()
        );
        return vec![Check::missing(GROUP, "environment", found, FIX)];
    };
    let place = environment.python.display();
    let mut checks = vec![Check::ok(
        GROUP,
        "environment",
        format!("Python {version}, {place}"),
    )];
    let pins = match &places.assets {
        Ok(assets) => assets.join("python/requirements.txt"),
        Err(_) => return checks,
    };
    match std::fs::read_to_string(&pins) {
        Ok(text) => checks.extend(pinned(&text).map(|(name, pin)| package(environment, name, pin))),
        Err(error) => {
            let found = format!("cannot read {}: {error}", pins.display());
            checks.push(Check::missing(
                GROUP,
                "pinned packages",
                found,
                "restore the file from the repository",
            ));
        }
    }
    checks
}

fn package(environment: &Environment, name: &str, pin: &str) -> Check {
    match environment.installed.get(&normalised(name)) {
        Some(version) if version == pin => Check::ok(GROUP, name, pin),
        Some(version) => Check::missing(GROUP, name, format!("{version}, pinned is {pin}"), FIX),
        None => Check::missing(GROUP, name, format!("not installed, pinned is {pin}"), FIX),
    }
}

/// `name==version` of each requirement, without hashes, comments and markers.
fn pinned(requirements: &str) -> impl Iterator<Item = (&str, &str)> {
    requirements.lines().filter_map(|line| {
        let (name, rest) = line.trim().split_once("==")?;
        let version = rest.split([' ', ';', '\\']).next()?;
        (!name.starts_with(['#', '-'])).then_some((name, version))
    })
}

/// Reads the names of `*.dist-info` folders.
fn installed(site_packages: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(site_packages).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let (package, version) = name.strip_suffix(".dist-info")?.rsplit_once('-')?;
            Some((normalised(package), version.to_owned()))
        })
        .collect()
}

/// Name as the package index normalises it: lower case, runs of `-`, `_` and `.` as one dash.
fn normalised(name: &str) -> String {
    let parts: Vec<_> = name
        .split(['-', '_', '.'])
        .filter(|part| !part.is_empty())
        .collect();
    parts.join("-").to_lowercase()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cli::doctor::report::Status;

    const PINS: &str = "# made by a tool, ==never== by hand\ntyping-extensions==4.16.0 \\\n    --hash=sha256:00\n\
                        numpy==2.4.6 ; python_version >= '3.11' \\\n    --hash=sha256:00==\nnlopt==2.11.0\n";

    #[test]
    fn pins_are_read_without_hashes_and_markers() {
        let pins: Vec<_> = pinned(PINS).collect();
        assert_eq!(
            pins,
            [
                ("typing-extensions", "4.16.0"),
                ("numpy", "2.4.6"),
                ("nlopt", "2.11.0")
            ]
        );
    }

    #[test]
    fn each_package_is_compared_with_its_pin() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let place = |below: &str| root.path().join(below);
        let packages = place("venv/lib/python3.11/site-packages");
        fs::create_dir_all(packages.join("typing_extensions-4.16.0.dist-info")).expect("a folder");
        fs::create_dir_all(packages.join("numpy-1.26.0.dist-info")).expect("a folder");
        fs::write(place("venv/pyvenv.cfg"), "home = /usr/bin\nversion = 3.11.2\n").expect("a file");
        fs::create_dir_all(place("assets/python")).expect("a folder");
        fs::write(place("assets/python/requirements.txt"), PINS).expect("a file");

        let python = place("venv/bin/python");
        let environment = Environment::of(&python);
        let unknown = crate::locate::Env::default().data().expect_err("nothing is set");
        let places = Places {
            assets: Ok(place("assets")),
            worker: Err(unknown.clone()),
            python: Ok(python),
            data: Err(unknown),
            cache: None,
        };
        let checks = check(&places, Some(&environment));
        let seen: Vec<_> = checks
            .iter()
            .map(|check| (check.name.as_str(), check.status))
            .collect();
        assert_eq!(
            seen,
            [
                ("environment", Status::Ok),
                ("typing-extensions", Status::Ok),
                ("numpy", Status::Missing),
                ("nlopt", Status::Missing),
            ]
        );
        assert_eq!(checks[2].found, "1.26.0, pinned is 2.4.6");
    }

    #[test]
    fn a_python_without_an_environment_around_it_is_refused() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let environment = Environment::of(&root.path().join("bin/python"));
        assert_eq!(environment.minor_version(), None);
    }
}
