//! What a child gives up before it sees a candidate.
//!
//! Its session, its descriptors, its environment, root's privileges, resources beyond the limits; then, as far as
//! the kernel has them, Landlock (reads Python and its libraries, writes one empty folder, nothing else) and seccomp
//! (no sockets, no programs, no threads, no signals to others). Needs neither root nor set-up.

mod landlock;
mod seccomp;

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::PathBuf;

pub use self::seccomp::stops;
use cadforge_platform::kernel::{self, SandboxSupport};
use cadforge_protocol::project::Project;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, fchdir, getppid, setsid};

use crate::control::{Role, RunSpec};
use cadforge_platform::linux;

/// Address space kept back for the report of a candidate that used up its own, in bytes.
const RESERVE: u64 = 256 << 20;

/// Largest file that may be written, in bytes; meshes of more triangles get more.
const LARGEST_FILE: u64 = 256 << 20;

/// Descriptors open at once: our own lie at 100 and above.
const DESCRIPTORS: u64 = 256;

/// What can be made ready before the first fork, so that a child has as little to do as possible.
pub struct Sandbox {
    readable: Vec<PathBuf>,
    filters: Option<seccomp::Filters>,
    support: SandboxSupport,
}

impl Sandbox {
    /// For candidates that may read what lies below `readable`.
    pub fn new(readable: Vec<PathBuf>) -> io::Result<Self> {
        let support = kernel::sandbox_support();
        Ok(Self {
            readable: readable.into_iter().chain(landlock::system_paths()).collect(),
            filters: support.seccomp.then(seccomp::Filters::new).transpose()?,
            support,
        })
    }

    /// Gives up everything a candidate does not need. An error means that it must not run.
    ///
    /// A child that will be paused gets a listener, for the supervisor: it has to allow every fork.
    pub fn enter(
        &self,
        run_spec: &RunSpec,
        scratch: BorrowedFd<'_>,
        project: Option<&Project>,
        parent: Pid,
    ) -> io::Result<Option<OwnedFd>> {
        // A session of its own, so that all of it can be killed at once, and no terminal.
        setsid()?;
        die_with(parent)?;
        fchdir(scratch)?;
        limit(run_spec)?;
        // Fails where there was nothing to give up.
        let _ = linux::drop_capabilities();
        if self.support.landlock > 0 {
            // Whoever reads needs none of it.
            let project = project.filter(|_| run_spec.role == Role::Run);
            landlock::restrict(&self.readable, scratch, project)?;
        }
        match &self.filters {
            Some(filters) => filters.install(run_spec.pausing),
            None => Ok(None),
        }
    }

    /// What of it this kernel has.
    pub fn support(&self) -> &SandboxSupport {
        &self.support
    }
}

/// Has this process end when its parent does. To be said again after every fork.
pub fn die_with(parent: Pid) -> io::Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    if getppid() == parent {
        Ok(())
    } else {
        Err(io::Error::other("the parent is gone"))
    }
}

fn limit(run_spec: &RunSpec) -> io::Result<()> {
    let space = run_spec.address_space;
    setrlimit(Resource::RLIMIT_AS, space, space.saturating_add(RESERVE))?;
    // The supervisor watches CPU time more finely; this holds should it be held up.
    let seconds = (run_spec.cpu_s + run_spec.mesh_cpu_s).max(0.0).ceil() as u64;
    setrlimit(Resource::RLIMIT_CPU, seconds + 1, seconds + 2)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    let file = (100 * u64::from(run_spec.triangles)).max(LARGEST_FILE);
    setrlimit(Resource::RLIMIT_FSIZE, file, file)?;
    setrlimit(Resource::RLIMIT_NOFILE, DESCRIPTORS, DESCRIPTORS)?;
    setrlimit(Resource::RLIMIT_MEMLOCK, 0, 0)?;
    setrlimit(Resource::RLIMIT_MSGQUEUE, 0, 0)?;
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
