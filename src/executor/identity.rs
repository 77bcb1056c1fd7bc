//! Identity of the software that makes builds: programs, the Python environment, the kernel.
//!
//! Computed from files, without starting Python: a cached result must not cost a worker.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::config::WorkerConfig;
use super::worker::INHERITED_VARIABLES;
use cadforge_core::cache::digests::stamp;
use cadforge_core::cache::{Key, KeyBuilder};
use cadforge_platform::kernel::{self, SandboxSupport};

/// Incremented with every change of the worker's behaviour that no file's time shows.
const FORMAT: u32 = 2;

/// Identity of the software that makes builds; equal identities make equal builds of equal code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity(Key);

impl Identity {
    /// Identity of workers that are started with this configuration now.
    pub(super) fn of(config: &WorkerConfig) -> Self {
        // Destructured completely: a new option requires a decision whether it affects results.
        let WorkerConfig {
            worker,
            python,
            workers: _,
            live_slot: _,
            queue: _,
            recycle: _,
            cache: _,
            patches,
            timed: _,
        } = config;
        let mut key = KeyBuilder::default()
            .part("format", &FORMAT.to_le_bytes())
            .part("cadforge", env!("CARGO_PKG_VERSION").as_bytes())
            // During development the sources change without a new version.
            .part("sources", env!("CADFORGE_SOURCES").as_bytes());
        key = file(key.part("patches", patches.as_bytes()), "worker", worker);
        key = environment(key, python);
        let SandboxSupport {
            landlock,
            seccomp,
            listener: _,
        } = kernel::sandbox_support();
        key = key
            .part("landlock", &landlock.to_le_bytes())
            .part("seccomp", &[u8::from(seccomp)]);
        for name in INHERITED_VARIABLES {
            key = key.optional(name, std::env::var_os(name).as_deref().map(OsStrExt::as_bytes));
        }
        Self(key.key())
    }

    /// The digest's bytes, as part of other keys.
    pub fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }
}

/// The interpreter and its installed packages: each distribution by name, version and file record.
///
/// Edits inside an installed package are not detected; `pip` does not detect them either.
fn environment(key: KeyBuilder, python: &Path) -> KeyBuilder {
    let root = python.parent().and_then(Path::parent).unwrap_or(Path::new("/"));
    let mut key = key
        // Candidates see it in paths.
        .part("environment", root.as_os_str().as_bytes())
        .optional("pyvenv", fs::read(root.join("pyvenv.cfg")).ok().as_deref());
    key = file(key, "interpreter", python);
    let mut libraries: Vec<_> = names(&root.join("lib"));
    libraries.retain(|name| name.starts_with(b"python3"));
    for library in libraries {
        let library = std::ffi::OsStr::from_bytes(&library);
        let packages = root.join("lib").join(library).join("site-packages");
        key = key.part("packages", library.as_bytes());
        for name in names(&packages) {
            let path = packages.join(std::ffi::OsStr::from_bytes(&name));
            key = if name.ends_with(b".dist-info") {
                file(key.part("distribution", &name), "record", &path.join("RECORD"))
            } else if path.is_dir() {
                // Its time changes when Python writes a bytecode cache there.
                key.part("folder", &name)
            } else {
                file(key.part("file", &name), "file", &path)
            };
        }
    }
    key
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .map(|entry| entry.file_name().as_bytes().to_vec())
        .collect();
    names.sort();
    names
}

/// Digest of a file's metadata, links followed: reading a whole program each time would cost too much.
fn file(key: KeyBuilder, name: &str, path: &Path) -> KeyBuilder {
    let known = fs::metadata(path).ok().map(|metadata| stamp(&metadata));
    key.optional(name, known.as_deref())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn every_input_of_workers_changes_their_identity() {
        let root = tempfile::tempdir().unwrap();
        let place = |below: &str| root.path().join(below);
        let write = |below: &str, text: &str| {
            fs::create_dir_all(place(below).parent().unwrap()).unwrap();
            fs::write(place(below), text).unwrap();
        };
        let packages = "venv/lib/python3.11/site-packages";
        write("worker", "one");
        write("venv/bin/python", "x");
        write("venv/pyvenv.cfg", "version = 3.11.2\n");
        write(&format!("{packages}/cadquery-2.8.0.dist-info/RECORD"), "a");
        write(&format!("{packages}/cadquery/cq.py"), "a");
        write(&format!("{packages}/stub.py"), "a");
        let config = |worker: PathBuf| WorkerConfig::new(worker, place("venv/bin/python"), 1);
        let identity = || Identity::of(&config(place("worker")));
        let mut seen = vec![identity()];
        let mut changed = |what: &str| {
            let now = identity();
            assert!(!seen.contains(&now), "{what} changed nothing");
            seen.push(now);
        };
        assert_eq!(identity(), identity());
        write("worker", "another");
        changed("another worker");
        write("venv/bin/python", "yy");
        changed("another interpreter");
        write("venv/pyvenv.cfg", "version = 3.11.3\n");
        changed("another version of it");
        write(&format!("{packages}/cadquery-2.8.0.dist-info/RECORD"), "ab");
        changed("a package installed anew");
        write(&format!("{packages}/numpy-2.4.6.dist-info/RECORD"), "a");
        changed("one more package");
        write(&format!("{packages}/stub.py"), "ab");
        changed("a stub");
        fs::create_dir(place(&format!("{packages}/vtkmodules"))).unwrap();
        changed("a stub that is a folder");
        // Bytecode and the number of workers have no effect.
        let before = identity();
        write(&format!("{packages}/cadquery/__pycache__/cq.pyc"), "a");
        assert_eq!(identity(), before);
        let more = WorkerConfig {
            workers: 7,
            live_slot: true,
            ..config(place("worker"))
        };
        assert_eq!(Identity::of(&more), before);
    }
}
