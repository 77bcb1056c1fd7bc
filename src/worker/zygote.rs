//! Processes that hold an interpreter and are forked: the zygote, and candidates paused between two steps.
//!
//! Candidate code never runs in the zygote, and no data of a candidate enters it: its children are equal copies, down
//! to their addresses. A fork waits for a command of its own, so that it can be made ahead of time.

use std::ffi::CString;
use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use cadforge_platform::kernel::SandboxSupport;
use cadforge_protocol::WorkerVersions;
use cadforge_protocol::frame::{read_frame, write_frame};
use nix::libc;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{ForkResult, Pid, fork};
use pyo3::ffi;
use pyo3::prelude::*;
use serde::{Deserialize, Serialize};

use crate::control::{Command, Control, Event};
use crate::sandbox::{self, Sandbox};
use crate::{child, exit_failure, fonts, python};
use cadforge_platform::linux::{self, MemoryFile};

/// Description of a zygote that has loaded CadQuery.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ZygoteInfo {
    pub(crate) versions: WorkerVersions,
    /// Support of this kernel for the sandbox of its children.
    pub(crate) sandbox: SandboxSupport,
    /// Address space of the idle process in bytes.
    pub(crate) address_space: u64,
    /// Resident set of the idle process in bytes.
    pub(crate) resident: u64,
}

/// Python modules of the worker.
pub(crate) struct Harness<'py> {
    /// Executes candidates.
    pub(crate) run: Bound<'py, PyModule>,
    /// Parses code and reads shapes.
    pub(crate) read: Bound<'py, PyModule>,
}

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

/// The kind of a waiting process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    Zygote,
    Paused,
}

impl Waiting {
    fn fork(self) -> nix::Result<ForkResult> {
        match self {
            Self::Zygote => fork_python(),
            Self::Paused => fork_plainly(),
        }
    }
}

/// Reason why a process stops waiting.
pub(crate) enum WaitEnd {
    SupervisorGone,
    /// It is a new fork, with this connection.
    Forked(Control),
}

/// Executes fork and reap commands, beginning with `first`. Returns in a child at once; in the parent, when the
/// supervisor is gone or the process is to continue.
///
/// Allocates nothing, so that every child has the same memory.
pub(crate) fn wait_for_commands(
    control: &Control,
    first: Option<Command>,
    waiting: Waiting,
) -> io::Result<WaitEnd> {
    let mut next = first;
    loop {
        let command = match next.take() {
            Some(command) => command,
            None => match control.next_command()? {
                Some(command) => command,
                None => return Ok(WaitEnd::SupervisorGone),
            },
        };
        match command {
            Command::Fork(theirs) => match waiting.fork() {
                Ok(ForkResult::Child) => return Ok(WaitEnd::Forked(theirs)),
                Ok(ForkResult::Parent { .. }) => drop(theirs),
                Err(error) => control.send(&Event::ForkFailed(error as i32))?,
            },
            Command::Reap(child) => {
                if waiting == Waiting::Zygote {
                    // While the child is not reaped, its number cannot be reused: its whole session, which may hold
                    // further processes, can be killed.
                    let _ = killpg(child, Signal::SIGKILL);
                }
                control.send(&Event::Ended(linux::reap(child)?))?;
            }
            Command::Begin(..) | Command::Go(_) => {
                return Err(io::Error::other("unexpected command"));
            }
        }
    }
}

/// Forks as `os.fork` does.
#[expect(unsafe_code, reason = "fork, and the interpreter's hooks around it")]
fn fork_python() -> nix::Result<ForkResult> {
    // SAFETY: this thread holds the interpreter, as the hooks demand, and is the only thread of the process (checked at
    // start-up), so that the child may continue as an ordinary program.
    unsafe {
        ffi::PyOS_BeforeFork();
        let forked = fork();
        match forked {
            Ok(ForkResult::Child) => ffi::PyOS_AfterFork_Child(),
            _ => ffi::PyOS_AfterFork_Parent(),
        }
        forked
    }
}

/// Forks without Python's hooks, which would reseed the child's random numbers.
#[expect(unsafe_code, reason = "fork")]
fn fork_plainly() -> nix::Result<ForkResult> {
    // SAFETY: the only thread of the process, so that no other thread can hold a lock; it holds the interpreter and
    // still does in the child, where its identity is the same.
    unsafe { fork() }
}

pub(crate) fn read_greeting(from: &mut impl io::Read) -> Result<Result<ZygoteInfo, String>, String> {
    let frame = read_frame::<Result<ZygoteInfo, String>>(from).map_err(|error| error.to_string())?;
    frame
        .map(|(greeting, _)| greeting)
        .ok_or_else(|| "the interpreter ended while starting".to_owned())
}

/// Ends this process after `work`: nothing may unwind or return into the parent's loop, of which it is a copy.
#[expect(
    unsafe_code,
    reason = "std's exit would run destructors that belong to the zygote"
)]
pub(crate) fn leave(work: impl FnOnce() -> Result<(), String>) -> ! {
    let status = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => 0,
        Ok(Err(message)) => {
            // The client reads it; a closed standard error changes nothing.
            let _ = writeln!(io::stderr(), "{message}");
            exit_failure::NO_REPORT
        }
        Err(_) => exit_failure::NO_REPORT,
    };
    // SAFETY: ends the process at once.
    unsafe { libc::_exit(status) }
}
