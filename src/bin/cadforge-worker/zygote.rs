//! The process that holds a warm interpreter and forks it, once a candidate.
//!
//! Candidate code never runs in it, and nothing of one candidate ever enters it: children are equal copies
//! of one process, down to its addresses.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use cadforge::executor::WorkerVersions;
use cadforge::executor::protocol::{read_frame, write_frame};
use nix::libc;
use nix::sys::prctl;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{ForkResult, Pid, chdir, dup2_stderr, dup2_stdout, fork, getppid, write};
use pyo3::ffi;
use pyo3::prelude::*;
use serde::{Deserialize, Serialize};

use crate::candidate::{self, Mailbox, Order};
use crate::control::{Control, GIFTS, News};
use crate::linux::{self, MemoryFile};
use crate::sandbox::{self, Confinement};
use crate::{python, verdict};

/// What a zygote says once it is warm.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Warm {
    /// Versions inside.
    pub versions: WorkerVersions,
    /// Address space of the idle process in bytes.
    pub address_space: u64,
    /// Its resident set in bytes.
    pub resident: u64,
}

/// Warms up, says so or why not, and forks until the supervisor is gone.
pub fn serve(python: &Path, supervisor: Pid, mut control: Control) -> Result<(), String> {
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(|error| error.to_string())?;
    if getppid() != supervisor {
        return Err("the supervisor is gone".to_owned());
    }
    let result = python::start(python).and_then(|()| {
        Python::attach(|py| {
            let (harness, warm) = warm(py)?;
            say(&mut control, &Ok(warm.clone()))?;
            fork_on_demand(&harness, warm.address_space, &mut control).map_err(|error| error.to_string())
        })
    });
    // Too late for whoever is past the greeting, and then the end of the connection says enough.
    result.or_else(|message| say(&mut control, &Err(message)))
}

fn say(control: &mut Control, greeting: &Result<Warm, String>) -> Result<(), String> {
    write_frame(control.stream(), greeting, &[]).map_err(|error| error.to_string())
}

fn warm(py: Python<'_>) -> Result<(Bound<'_, PyModule>, Warm), String> {
    let (harness, versions) =
        import(py).map_err(|error| format!("CadQuery cannot be used: {error}\nhint: make env"))?;
    let threads = linux::threads();
    if threads != 1 {
        return Err(format!(
            "the warm interpreter has {threads} threads, and a fork takes only one along"
        ));
    }
    let (address_space, resident) =
        linux::memory(Pid::this()).map_err(|error| format!("/proc cannot be read: {error}"))?;
    Ok((
        harness,
        Warm {
            versions,
            address_space,
            resident,
        },
    ))
}

fn import(py: Python<'_>) -> PyResult<(Bound<'_, PyModule>, WorkerVersions)> {
    let code = std::ffi::CString::new(include_str!("harness.py"))?;
    let harness = PyModule::from_code(py, &code, c"cadforge_harness.py", c"cadforge_harness")?;
    let stl = MemoryFile::new("cadforge-warm")?;
    let versions = harness.call_method1("warm", (stl.path(),))?;
    let version = |name: &str| versions.get_item(name)?.extract::<String>();
    let versions = WorkerVersions {
        cadquery: version("cadquery")?,
        ocp: version("ocp")?,
        python: version("python")?,
    };
    Ok((harness, versions))
}

fn fork_on_demand(
    harness: &Bound<'_, PyModule>,
    address_space: u64,
    control: &mut Control,
) -> io::Result<()> {
    let parent = Pid::this();
    while let Some(gifts) = control.next_order()? {
        let child = match fork_python() {
            Ok(ForkResult::Parent { child }) => child,
            Ok(ForkResult::Child) => leave(|| become_candidate(harness, address_space, parent, gifts)),
            Err(error) => {
                control.tell(News::Failed(error as i32))?;
                continue;
            }
        };
        drop(gifts);
        control.tell(News::Forked(child))?;
        waitid(Id::Pid(child), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
        // While the child is not reaped its number cannot be another's: now its whole session can go. There
        // may be no one else in it.
        let _ = killpg(child, Signal::SIGKILL);
        control.tell(News::Ended(linux::reap(child)?))?;
    }
    Ok(())
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

fn become_candidate(
    harness: &Bound<'_, PyModule>,
    address_space: u64,
    zygote: Pid,
    gifts: [OwnedFd; GIFTS],
) -> Result<(), String> {
    let keep = gifts.each_ref().map(AsRawFd::as_raw_fd);
    let [stdout, stderr, prepared, order, report, stl, last_words] = gifts;
    let [order, report, stl, last_words] = [order, report, stl, last_words].map(MemoryFile::from_descriptor);
    let mut mailbox = Mailbox {
        order,
        report,
        stl,
        last_words,
    };

    dup2_stdout(&stdout).map_err(|error| error.to_string())?;
    dup2_stderr(&stderr).map_err(|error| error.to_string())?;
    drop((stdout, stderr));
    let bytes = mailbox.order.read(u64::MAX).map_err(|error| error.to_string())?;
    let frame = read_frame::<Order>(&mut bytes.as_slice()).map_err(|error| error.to_string())?;
    let (Order { limits, scratch }, blobs) = frame.ok_or("an empty order")?;
    let source = blobs.first().ok_or("an order without code")?;

    chdir(scratch.as_str()).map_err(|error| format!("{scratch}: {error}"))?;
    let confinement = Confinement {
        limits: &limits,
        baseline: address_space,
        parent: zygote,
        keep: &keep[2..],
    };
    sandbox::enter(&confinement).map_err(|error| format!("the sandbox could not be entered: {error}"))?;
    candidate::prepare(harness, &scratch, &mailbox).map_err(|error| error.to_string())?;
    write(&prepared, &[1]).map_err(|error| error.to_string())?;
    drop(prepared);
    candidate::run(harness, source, limits.triangles, &mut mailbox)
}
