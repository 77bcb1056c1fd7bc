//! The two executables, and whether the worker can build a box.

use std::path::Path;
use std::time::Instant;

use super::places::Places;
use super::python::Environment;
use super::report::Check;
use crate::executor::{Build, CancelToken, Executor, Priority, RunSpec, WorkerConfig};
use crate::locate::Env;

const GROUP: &str = "programs";

/// A box of 1 by 2 by 3 mm.
const BOX: &[u8] = b"import cadquery as cq\n\nfixture = cq.Workplane(\"XY\").box(1, 2, 3)\n";

pub(super) fn check(env: &Env, places: &Places, environment: Option<&Environment>) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some(executable) = &env.executable {
        checks.push(Check::ok(GROUP, "cadforge", executable.display().to_string()));
    }
    let worker = match &places.worker {
        Ok(worker) => worker,
        Err(error) => {
            checks.push(Check::failed(GROUP, "cadforge-worker", error, ""));
            return checks;
        }
    };
    checks.push(Check::ok(GROUP, "cadforge-worker", worker.display().to_string()));
    checks.push(libpython(worker, environment));
    checks.push(match &places.python {
        Ok(python) => build_a_box(worker, python),
        Err(_) => Check::missing(
            GROUP,
            "a box",
            "not tried: no Python environment",
            "see `python` below",
        ),
    });
    checks
}

/// Whether the worker is linked to the Python of the environment.
fn libpython(worker: &Path, environment: Option<&Environment>) -> Check {
    let name = "libpython";
    let linked = match std::fs::read(worker) {
        Ok(bytes) => linked_python(&bytes),
        Err(error) => return Check::failed(GROUP, name, &error, "make the worker readable"),
    };
    let Some(linked) = linked else {
        return Check::missing(
            GROUP,
            name,
            "the worker is not linked to a libpython",
            "build it again with `make build`",
        );
    };
    match environment.and_then(Environment::minor_version) {
        Some(version) if version != linked => Check::missing(
            GROUP,
            name,
            format!("the worker is linked to Python {linked}, the environment has {version}"),
            "build both with one Python: `make clean`, then `make run`, with PYTHON=/path/to/python3 for another one",
        ),
        _ => Check::ok(GROUP, name, format!("the worker is linked to Python {linked}")),
    }
}

/// Version in the name of the Python library that an executable is linked to, e.g. `3.11`. The full name is only in
/// the string table.
fn linked_python(executable: &[u8]) -> Option<String> {
    let lead = b"libpython";
    executable
        .windows(lead.len())
        .enumerate()
        .filter(|(_, window)| window == lead)
        .find_map(|(at, _)| {
            let rest = &executable[at + lead.len()..];
            let end = rest.windows(3).take(8).position(|window| window == b".so")?;
            let version = std::str::from_utf8(&rest[..end]).ok()?;
            let (major, minor) = version.split_once('.')?;
            (major == "3" && minor.parse::<u32>().is_ok()).then(|| version.to_owned())
        })
}

/// Starts one worker, which builds, meshes and measures a box.
fn build_a_box(worker: &Path, python: &Path) -> Check {
    let name = "a box";
    let fix = "read the message above; `make env` and `make build` rebuild environment and worker";
    let begin = Instant::now();
    let config = WorkerConfig::new(worker.to_path_buf(), python.to_path_buf(), 1);
    let executor = Executor::start(config);
    let versions = match executor.versions() {
        Ok(versions) => versions,
        Err(error) => return Check::failed(GROUP, name, &error, fix),
    };
    let ready_s = begin.elapsed().as_secs_f64();
    match executor.build(BOX, &RunSpec::default(), Priority::Batch, &CancelToken::never()) {
        Ok(execution) => match execution.build {
            Build::Shape(shape) if (shape.facts.volume - 6.0).abs() < 1e-6 => Check::ok(
                GROUP,
                name,
                format!(
                    "built with CadQuery {}, OCP {}, Python {}: worker ready after {ready_s:.1} s, box after {:.0} ms more",
                    versions.cadquery,
                    versions.ocp,
                    versions.python,
                    execution.run_ms + execution.mesh_ms,
                ),
            ),
            Build::Shape(shape) => Check::missing(
                GROUP,
                name,
                format!("a box of 6 mm³ measures {} mm³", shape.facts.volume),
                "create the environment again: `make clean`, then `make env`",
            ),
            Build::Failed(failure) => Check::failed(GROUP, name, &failure.message, fix),
        },
        Err(error) => Check::failed(GROUP, name, &error, fix),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linked_python_is_read_from_the_string_table() {
        assert_eq!(
            linked_python(b"\0libc.so.6\0libpython3.11.so.1.0\0").as_deref(),
            Some("3.11")
        );
        assert_eq!(
            linked_python(b"\0libpython in a message\0libpython3.14.so.1.0\0").as_deref(),
            Some("3.14")
        );
        assert_eq!(linked_python(b"\0libpython2.7.so.1.0\0"), None);
        assert_eq!(linked_python(b"\0libpython3.11.a"), None);
        assert_eq!(linked_python(b"libpython"), None);
    }
}
