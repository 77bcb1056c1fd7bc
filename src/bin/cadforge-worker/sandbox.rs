//! What a child gives up before it runs a candidate.
//!
//! Today: its session, its file descriptors, its life without its parent, and resources beyond the limits.
//! To come, in this order and at the end of [`enter`]: no new privileges, Landlock (the scratch folder
//! writable, Python's environment readable, nothing else), seccomp (no sockets, no signals to others;
//! `clone3` answers ENOSYS), a bound on processes.

use std::io;
use std::os::fd::RawFd;

use cadforge::executor::Limits;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid, setsid};

use crate::linux;

/// Address space kept back for the report of a candidate that used up its own, in bytes.
const RESERVE: u64 = 256 << 20;

/// What the sandbox has to know.
pub struct Confinement<'a> {
    /// The candidate's limits.
    pub limits: &'a Limits,
    /// Address space of the idle zygote in bytes.
    pub baseline: u64,
    /// The zygote.
    pub parent: Pid,
    /// Descriptors of the child's own; all others are closed.
    pub keep: &'a [RawFd],
}

/// Gives up everything a candidate does not need. An error means that it must not run.
pub fn enter(confinement: &Confinement<'_>) -> io::Result<()> {
    linux::close_all_but(confinement.keep)?;
    // A session of its own, so that all of it can be killed at once, and no terminal.
    setsid()?;
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    if getppid() != confinement.parent {
        return Err(io::Error::other("the zygote is gone"));
    }
    let limits = confinement.limits;
    let space = confinement
        .baseline
        .saturating_add(limits.memory_mb.saturating_mul(1 << 20));
    setrlimit(Resource::RLIMIT_AS, space, space.saturating_add(RESERVE))?;
    // The zygote watches CPU time more finely; this holds should it be held up.
    let seconds = limits.cpu_s.max(0.0).ceil() as u64;
    setrlimit(Resource::RLIMIT_CPU, seconds + 1, seconds + 2)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    let file = (100 * u64::from(limits.triangles)).max(RESERVE);
    setrlimit(Resource::RLIMIT_FSIZE, file, file)?;
    Ok(())
}

/// Gives the reserve of address space back, so that a candidate that ran out of memory can be reported.
pub fn release_reserve() {
    if let Ok((_, hard)) = nix::sys::resource::getrlimit(Resource::RLIMIT_AS) {
        // Raising the soft limit up to the hard one is always allowed; without it the report may fail,
        // which is reported too.
        let _ = setrlimit(Resource::RLIMIT_AS, hard, hard);
    }
}
