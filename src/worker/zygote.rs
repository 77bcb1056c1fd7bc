//! Processes that hold an interpreter and are forked: the warm one, and candidates that stand between two steps.
//!
//! Candidate code never runs in the warm one, and nothing of one candidate ever enters it: its children are equal
//! copies, down to their addresses. A fork waits for an order of its own, so that it can be made before there is
//! work for it.

use std::io;
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
use crate::{child, fonts, python, verdict};
use cadforge_platform::linux::{self, MemoryFile};

/// What a zygote says once it is warm.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Warm {
    /// Versions inside.
    pub versions: WorkerVersions,
    /// What its children will be confined by.
    pub sandbox: SandboxSupport,
    /// Address space of the idle process in bytes.
    pub address_space: u64,
    /// Its resident set in bytes.
    pub resident: u64,
}

/// Python's side of the work.
pub struct Harness<'py> {
    /// Runs candidates.
    pub run: Bound<'py, PyModule>,
    /// Reads code and shapes.
    pub read: Bound<'py, PyModule>,
}

/// Warms up, says so or why not on `greeting`, and forks until the supervisor is gone.
pub fn serve(
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
            let (harness, sandbox, warm) = warm(py, patches)?;
            write_frame(&mut greeting, &Ok::<_, String>(&warm), &[]).map_err(|error| error.to_string())?;
            greeted = true;
            let parent = Pid::this();
            match wait_for_orders(control, None, Waiting::Warm).map_err(|error| error.to_string())? {
                Departure::Supervisor => Ok(()),
                Departure::Forked(control) => leave(|| child::live(&harness, &sandbox, parent, control)),
            }
        })
    });
    match result {
        Err(message) if !greeted => {
            write_frame(&mut greeting, &Err::<Warm, _>(message), &[]).map_err(|error| error.to_string())
        }
        other => other,
    }
}

fn warm<'py>(py: Python<'py>, patches: &str) -> Result<(Harness<'py>, Sandbox, Warm), String> {
    let (harness, versions, readable) =
        import(py, patches).map_err(|error| format!("CadQuery cannot be used: {error}\nhint: make env"))?;
    let sandbox = Sandbox::new(readable)
        .map_err(|error| format!("the filter of system calls cannot be made: {error}"))?;
    let threads = linux::threads();
    if threads != 1 {
        return Err(format!(
            "the warm interpreter has {threads} threads, and a fork takes only one along"
        ));
    }
    linux::collapse_memory();
    let (address_space, resident) =
        linux::memory(Pid::this()).map_err(|error| format!("/proc cannot be read: {error}"))?;
    let warm = Warm {
        versions,
        sandbox: sandbox.support().clone(),
        address_space,
        resident,
    };
    Ok((harness, sandbox, warm))
}

type Imported<'py> = (Harness<'py>, WorkerVersions, Vec<PathBuf>);

fn import<'py>(py: Python<'py>, patches: &str) -> PyResult<Imported<'py>> {
    let module = |code: &str, file: &std::ffi::CStr, name: &std::ffi::CStr| {
        PyModule::from_code(py, &std::ffi::CString::new(code)?, file, name)
    };
    for (code, file, name) in [
        // Before all others, which import CadQuery.
        (
            include_str!("threads.py"),
            c"cadforge_threads.py",
            c"cadforge_threads",
        ),
        (
            include_str!("mesher.py"),
            c"cadforge_mesher.py",
            c"cadforge_mesher",
        ),
        (include_str!("fonts.py"), c"cadforge_fonts.py", c"cadforge_fonts"),
        // Messages are made of both.
        (
            include_str!("advice.py"),
            c"cadforge_advice.py",
            c"cadforge_advice",
        ),
        (
            include_str!("diagnosis.py"),
            c"cadforge_diagnosis.py",
            c"cadforge_diagnosis",
        ),
        (
            include_str!("messages.py"),
            c"cadforge_messages.py",
            c"cadforge_messages",
        ),
        (
            include_str!("operations.py"),
            c"cadforge_operations.py",
            c"cadforge_operations",
        ),
        (
            include_str!("syntax.py"),
            c"cadforge_syntax.py",
            c"cadforge_syntax",
        ),
        (
            include_str!("viewers.py"),
            c"cadforge_viewers.py",
            c"cadforge_viewers",
        ),
    ] {
        module(code, file, name)?;
    }
    let run = module(
        include_str!("harness.py"),
        c"cadforge_harness.py",
        c"cadforge_harness",
    )?;
    // After the harness, which sees to it that importing CadQuery starts no threads.
    module(
        include_str!("patches.py"),
        c"cadforge_patches.py",
        c"cadforge_patches",
    )?
    .call_method1("apply", (patches,))?;
    let read = module(
        include_str!("reader.py"),
        c"cadforge_reader.py",
        c"cadforge_reader",
    )?;
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

/// What a process is that waits for orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// The zygote.
    Warm,
    /// A candidate between two steps.
    Standing,
}

impl Waiting {
    fn fork(self) -> nix::Result<ForkResult> {
        match self {
            Self::Warm => fork_python(),
            Self::Standing => fork_plainly(),
        }
    }
}

/// How a process leaves its waiting.
pub enum Departure {
    /// Its supervisor is gone.
    Supervisor,
    /// It is a child that was just forked, and answers to this connection.
    Forked(Control),
}

/// Forks and buries children as told, beginning with `first`. In a child it returns at once; in the parent, when the
/// supervisor is gone.
///
/// Allocates nothing, so that every child finds the same memory.
pub fn wait_for_orders(control: &Control, first: Option<Command>, waiting: Waiting) -> io::Result<Departure> {
    let mut next = first;
    loop {
        let order = match next.take() {
            Some(order) => order,
            None => match control.next_order()? {
                Some(order) => order,
                None => return Ok(Departure::Supervisor),
            },
        };
        match order {
            Command::Fork(theirs) => match waiting.fork() {
                Ok(ForkResult::Child) => return Ok(Departure::Forked(theirs)),
                Ok(ForkResult::Parent { .. }) => drop(theirs),
                Err(error) => control.send(&Event::ForkFailed(error as i32))?,
            },
            Command::Reap(child) => {
                if waiting == Waiting::Warm {
                    // While it is not reaped its number cannot be another's: now its whole session can go. There
                    // may be no one else in it.
                    let _ = killpg(child, Signal::SIGKILL);
                }
                control.send(&Event::Ended(linux::reap(child)?))?;
            }
            Command::Begin(..) | Command::Go(_) => {
                return Err(io::Error::other("an order for somebody else"));
            }
        }
    }
}

/// Forks as `os.fork` does.
#[expect(unsafe_code, reason = "fork, and the interpreter's hooks around it")]
fn fork_python() -> nix::Result<ForkResult> {
    // SAFETY: this thread holds the interpreter, as the hooks demand, and is the only thread of the process
    // (checked when it was warm), so that the child may go on as an ordinary program.
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

/// Forks without Python's hooks, which would give the child other random numbers than its parent would have had.
#[expect(unsafe_code, reason = "fork")]
fn fork_plainly() -> nix::Result<ForkResult> {
    // SAFETY: the only thread of the process, so that no lock can be held by another one; it holds the interpreter
    // and will in the child, where it has the same identity.
    unsafe { fork() }
}

/// The zygote's greeting.
pub fn read_greeting(from: &mut impl io::Read) -> Result<Result<Warm, String>, String> {
    let frame = read_frame::<Result<Warm, String>>(from).map_err(|error| error.to_string())?;
    frame
        .map(|(greeting, _)| greeting)
        .ok_or_else(|| "the interpreter died at its start".to_owned())
}

/// Ends this process after `work`: nothing may unwind or return into the zygote's loop, of which it is a copy.
#[expect(
    unsafe_code,
    reason = "std's exit would run destructors that belong to the zygote"
)]
pub fn leave(work: impl FnOnce() -> Result<(), String>) -> ! {
    let status = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => 0,
        Ok(Err(message)) => {
            eprintln!("{message}");
            verdict::NO_REPORT
        }
        Err(_) => verdict::NO_REPORT,
    };
    // SAFETY: ends the process at once.
    unsafe { libc::_exit(status) }
}
