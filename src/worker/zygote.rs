//! The zygote: loads CadQuery once, and is forked for every candidate.
//!
//! Candidate code never runs in it, and no data of a candidate enters it: its children are equal copies, down to their
//! addresses.

use std::ffi::CString;
use std::io;
use std::path::{Path, PathBuf};

use cadforge_protocol::WorkerVersions;
use cadforge_protocol::frame::write_frame;
use nix::unistd::Pid;
use pyo3::prelude::*;

use crate::child::{self, Harness};
use crate::control::Control;
use crate::greeting::ZygoteInfo;
use crate::sandbox::{self, Sandbox};
use crate::waiting::{WaitEnd, Waiting, leave, wait_for_commands};
use crate::{fonts, python};
use cadforge_platform::linux::{self, MemoryFile};

/// Loads CadQuery, sends the result on `greeting`, and forks until the supervisor is gone.
pub(crate) fn serve(
    python: &Path,
    patches: &str,
    supervisor: Pid,
    mut greeting: impl io::Write,
    control: &Control,
) -> Result<(), String> {
    sandbox::die_with(supervisor).map_err(|error| error.to_string())?;
    let mut greeted = false;
    let result = python::start(python).and_then(|()| {
        Python::attach(|py| {
            let (harness, sandbox, info) = start(py, patches)?;
            write_frame(&mut greeting, &Ok::<_, String>(&info), &[]).map_err(|error| error.to_string())?;
            greeted = true;
            let parent = Pid::this();
            match wait_for_commands(control, None, Waiting::Zygote).map_err(|error| error.to_string())? {
                WaitEnd::SupervisorGone => Ok(()),
                WaitEnd::Forked(control) => leave(|| child::run_child(&harness, &sandbox, parent, control)),
            }
        })
    });
    match result {
        Err(message) if !greeted => {
            write_frame(&mut greeting, &Err::<ZygoteInfo, _>(message), &[]).map_err(|error| error.to_string())
        }
        other => other,
    }
}

fn start<'py>(py: Python<'py>, patches: &str) -> Result<(Harness<'py>, Sandbox, ZygoteInfo), String> {
    let (harness, versions, readable) = import(py, patches)
        .map_err(|error| format!("CadQuery cannot be imported: {error}\nhint: make env"))?;
    let sandbox = Sandbox::new(readable)
        .map_err(|error| format!("cannot compile the filter of system calls: {error}"))?;
    let threads = linux::threads();
    if threads != 1 {
        return Err(format!(
            "the interpreter has {threads} threads; a fork copies only one"
        ));
    }
    linux::collapse_memory();
    let (address_space, resident) =
        linux::memory(Pid::this()).map_err(|error| format!("cannot read /proc: {error}"))?;
    let info = ZygoteInfo {
        versions,
        sandbox: sandbox.support().clone(),
        address_space,
        resident,
    };
    Ok((harness, sandbox, info))
}

type Imported<'py> = (Harness<'py>, WorkerVersions, Vec<PathBuf>);

fn import<'py>(py: Python<'py>, patches: &str) -> PyResult<Imported<'py>> {
    let load = |name: &str, code: &str| {
        let file = CString::new(format!("cadforge_{name}.py"))?;
        PyModule::from_code(
            py,
            &CString::new(code)?,
            &file,
            &CString::new(format!("cadforge_{name}"))?,
        )
    };
    for (name, code) in [
        // Loaded before all others, which import CadQuery.
        ("threads", include_str!("threads.py")),
        ("mesher", include_str!("mesher.py")),
        ("fonts", include_str!("fonts.py")),
        // Both are used in messages.
        ("advice", include_str!("advice.py")),
        ("diagnosis", include_str!("diagnosis.py")),
        ("messages", include_str!("messages.py")),
        ("determinism", include_str!("determinism.py")),
        ("exports", include_str!("exports.py")),
        ("operations", include_str!("operations.py")),
        ("reuse", include_str!("reuse.py")),
        ("timing", include_str!("timing.py")),
        ("shapes", include_str!("shapes.py")),
        ("syntax", include_str!("syntax.py")),
        ("viewers", include_str!("viewers.py")),
    ] {
        load(name, code)?;
    }
    let run = load("harness", include_str!("harness.py"))?;
    // After the harness, which keeps the import of CadQuery from starting threads.
    load("patches", include_str!("patches.py"))?.call_method1("apply", (patches,))?;
    let read = load("reader", include_str!("reader.py"))?;
    let stl = MemoryFile::new("cadforge-warm")?;
    let brep = MemoryFile::new("cadforge-warm")?;
    let versions = run.call_method1("warm", (stl.path(), brep.path(), fonts::open()?))?;
    let readable = run.call_method0("libraries")?.extract()?;
    read.call_method1("warm", (brep.path(),))?;
    run.call_method0("settle")?;
    let version = |name: &str| versions.get_item(name)?.extract::<String>();
    let versions = WorkerVersions {
        cadquery: version("cadquery")?,
        ocp: version("ocp")?,
        python: version("python")?,
    };
    Ok((Harness { run, read }, versions, readable))
}
