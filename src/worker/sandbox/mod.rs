//! Confinement of a child before it receives a candidate.
//!
//! The child gives up its session, descriptors, environment, root's privileges and resources beyond the limits; then,
//! where the kernel has them, Landlock restricts files (reads Python and its libraries, writes one empty folder) and
//! seccomp restricts system calls (no sockets, programs, threads, or signals to others). Needs neither root nor set-up.

mod landlock;
mod seccomp;

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::PathBuf;

pub(crate) use self::seccomp::is_stop_signal;
use cadforge_platform::kernel::{self, SandboxSupport};
use cadforge_protocol::project::Project;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, fchdir, getppid, setsid};

use crate::control::{ProcessSpec, Role};
use cadforge_platform::linux;

/// Address space reserved for the report of a candidate that used up its own, in bytes.
const RESERVE: u64 = 256 << 20;

/// Largest file that may be written, in bytes; larger mesh limits raise it.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// Runs of a candidate and its variants that the CPU time of its process allows.
const MAX_RUNS: u64 = 64;

/// Open descriptors; the child's own have numbers from 100.
const MAX_DESCRIPTORS: u64 = 256;

/// Parts of the sandbox that are prepared before the first fork, so that a child has little to do.
pub(crate) struct Sandbox {
    readable: Vec<PathBuf>,
    filters: Option<seccomp::Filters>,
    support: SandboxSupport,
}

impl Sandbox {
    /// For candidates that may read below `readable`.
    pub(crate) fn new(readable: Vec<PathBuf>) -> io::Result<Self> {
        let support = kernel::sandbox_support();
        Ok(Self {
            readable: readable.into_iter().chain(landlock::system_paths()).collect(),
            filters: support.seccomp.then(seccomp::Filters::new).transpose()?,
            support,
        })
    }

    /// Confines this process. On an error no candidate may run in it.
    ///
    /// A pausing child returns a listener for the supervisor, which has to allow every fork.
    pub(crate) fn enter(
        &self,
        process_spec: &ProcessSpec,
        scratch: BorrowedFd<'_>,
        project: Option<&Project>,
        parent: Pid,
    ) -> io::Result<Option<OwnedFd>> {
        // A session of its own, so that all its processes can be killed at once, and without a terminal.
        setsid()?;
        die_with(parent)?;
        fchdir(scratch)?;
        limit(process_spec)?;
        // Fails if there are no capabilities to drop.
        let _ = linux::drop_capabilities();
        if self.support.landlock > 0 {
            // The reader needs no project files.
            let project = project.filter(|_| process_spec.role == Role::Run);
            landlock::restrict(&self.readable, scratch, project)?;
        }
        match &self.filters {
            Some(filters) => filters.install(process_spec.pausing),
            None => Ok(None),
        }
    }

    /// What this kernel supports.
    pub(crate) fn support(&self) -> &SandboxSupport {
        &self.support
    }
}

/// Has this process killed when its parent ends. Forks do not inherit this setting.
pub(crate) fn die_with(parent: Pid) -> io::Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    if getppid() == parent {
        Ok(())
    } else {
        Err(io::Error::other("the parent is gone"))
    }
}

fn limit(process_spec: &ProcessSpec) -> io::Result<()> {
    let space = process_spec.address_space;
    setrlimit(Resource::RLIMIT_AS, space, space.saturating_add(RESERVE))?;
    // The supervisor enforces CPU time more precisely; this limit holds if the supervisor is delayed.
    let seconds = (process_spec.cpu_s + process_spec.mesh_cpu_s).max(0.0).ceil() as u64;
    let runs = if process_spec.varies { MAX_RUNS } else { 1 };
    let seconds = runs.saturating_mul(seconds);
    setrlimit(Resource::RLIMIT_CPU, seconds + 1, seconds + 2)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    let file = (100 * u64::from(process_spec.triangles)).max(MAX_FILE_BYTES);
    setrlimit(Resource::RLIMIT_FSIZE, file, file)?;
    setrlimit(Resource::RLIMIT_NOFILE, MAX_DESCRIPTORS, MAX_DESCRIPTORS)?;
    setrlimit(Resource::RLIMIT_MEMLOCK, 0, 0)?;
    setrlimit(Resource::RLIMIT_MSGQUEUE, 0, 0)?;
    Ok(())
}

/// Releases the reserved address space, so that a candidate that ran out of memory can be reported.
pub(crate) fn release_reserve() {
    if let Ok((_, hard)) = nix::sys::resource::getrlimit(Resource::RLIMIT_AS) {
        // Raising the soft limit to the hard one is always allowed; if it fails, writing the report may fail, which is
        // reported too.
        let _ = setrlimit(Resource::RLIMIT_AS, hard, hard);
    }
}
