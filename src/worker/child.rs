//! The life of a forked child: takes its descriptors and limits, enters the sandbox, works and exits.

use std::io;
use std::os::fd::{AsFd, RawFd};

use cadforge_protocol::project::Project;
use nix::unistd::Pid;
use pyo3::prelude::*;

use crate::context::{CONTROL, ChildContext, FIRST_FD, owned, take_context};
use crate::control::{Control, Role};
use crate::sandbox::Sandbox;
use crate::{candidate, fonts, reader, variants};
use cadforge_platform::linux::{self, MemoryFile};

/// Python modules of the worker.
pub(crate) struct Harness<'py> {
    /// Executes candidates.
    pub(crate) run: Bound<'py, PyModule>,
    /// Parses code and reads shapes.
    pub(crate) read: Bound<'py, PyModule>,
}

/// Entry point of a child of the zygote.
pub(crate) fn run_child(
    harness: &Harness<'_>,
    sandbox: &Sandbox,
    parent: Pid,
    control: Control,
) -> Result<(), String> {
    let Some(process_spec) = take_context(control).map_err(|error| error.to_string())? else {
        return Ok(());
    };
    let keep: Vec<RawFd> = (FIRST_FD..=CONTROL).chain(fonts::DESCRIPTORS).collect();
    linux::close_all_but(&keep)
        .and_then(|()| fonts::reopen())
        .map_err(|error| error.to_string())?;
    let file = |index: RawFd| MemoryFile::from_descriptor(owned(FIRST_FD + index));
    let context = ChildContext {
        control: Control::from_descriptor(owned(CONTROL)),
        process_spec,
        source: file(2),
        plan: file(3),
        report: file(4),
        stl: file(5),
        brep: file(6),
        stack_dump: file(7),
    };
    let project = read_project(&file(8)).map_err(|error| error.to_string())?;
    let scratch = owned(FIRST_FD + 9);
    let listener = sandbox
        .enter(&process_spec, scratch.as_fd(), project.as_ref(), parent)
        .map_err(|error| format!("cannot enter the sandbox: {error}"))?;
    match process_spec.role {
        Role::Run => candidate::run(&harness.run, context, listener, project.is_some()),
        Role::Read | Role::ReadAndExport => reader::work(&harness.read, context),
        Role::Vary => variants::run_only(&harness.run, &context, project.is_some()),
        Role::Weigh => variants::weigh_only(&harness.read, &context),
    }
}

/// The project folder of the run. Allocates nothing if there is none.
fn read_project(file: &MemoryFile) -> io::Result<Option<Project>> {
    match file.size()? {
        0 => Ok(None),
        _ => Ok(serde_json::from_slice(&file.read(u64::MAX)?)?),
    }
}
