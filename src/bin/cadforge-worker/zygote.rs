//! Forks a child per candidate and turns what became of it into a reply.
//!
//! Candidate code never runs in this process.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use cadforge::executor::Limits;
use cadforge::executor::protocol::{DoneBlobs, MAX_BLOBS, Outcome, Report, read_frame};
use cadforge::failure::{Failure, Kind};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::unistd::{ForkResult, Pid, chdir, dup2_stderr, dup2_stdout, fork, pipe2, write};
use pyo3::ffi;
use pyo3::prelude::*;

use crate::candidate::{self, Mailbox};
use crate::linux;
use crate::sandbox::{self, Confinement};
use crate::scratch::Scratch;
use crate::supervisor::{self, Interruption, Killed, Observed, Running};
use crate::verdict;

/// A warm interpreter, ready to be forked.
pub struct Zygote<'py> {
    harness: Bound<'py, PyModule>,
    scratch: Scratch,
    address_space: u64,
    resident: u64,
}

/// What came of one candidate.
pub struct Finished {
    /// Shape, failure or cancelled.
    pub outcome: Outcome,
    /// CPU time in ms.
    pub cpu_ms: f64,
    /// Ran the code, ms.
    pub run_ms: f64,
    /// Meshed, exported and measured, ms.
    pub mesh_ms: f64,
    /// What goes with it.
    pub blobs: DoneBlobs,
}

impl<'py> Zygote<'py> {
    /// Notes how large the idle process is: a candidate's memory counts from there.
    pub fn new(harness: Bound<'py, PyModule>, scratch: Scratch) -> io::Result<Self> {
        let (address_space, resident) = linux::memory(Pid::this())?;
        Ok(Self { harness, scratch, address_space, resident })
    }

    /// Runs one candidate. An error is the zygote's or the client's, never the candidate's.
    pub fn run(
        &self,
        source: &[u8],
        limits: &Limits,
        client: BorrowedFd<'_>,
        interrupted: impl FnMut() -> io::Result<Interruption>,
    ) -> io::Result<Finished> {
        let mut mailbox = Mailbox::new()?;
        let folder = self.scratch.run_folder()?;
        let running = self.fork_child(source, limits, folder.path(), client.as_raw_fd(), &mut mailbox)?;
        let observed = supervisor::watch(running, limits, self.resident, &mailbox, client, interrupted)?;
        drop(folder);
        Ok(finish(observed, source, limits, &mailbox, self.resident))
    }

    /// Forks; in the child, never returns.
    #[expect(unsafe_code, reason = "fork, and the interpreter's hooks around it")]
    fn fork_child(
        &self,
        source: &[u8],
        limits: &Limits,
        scratch: &str,
        client: RawFd,
        mailbox: &mut Mailbox,
    ) -> io::Result<Running> {
        let started = Instant::now();
        let (stdout, child_stdout) = pipe()?;
        let (stderr, child_stderr) = pipe()?;
        let (prepared, child_prepared) = pipe()?;
        let parent = Pid::this();
        // SAFETY: this thread holds the interpreter, as the hooks demand, and is the only thread of the
        // process (checked at start), so that the child may go on as an ordinary program.
        let forked = unsafe {
            ffi::PyOS_BeforeFork();
            let forked = fork();
            match forked {
                Ok(ForkResult::Child) => ffi::PyOS_AfterFork_Child(),
                _ => ffi::PyOS_AfterFork_Parent(),
            }
            forked
        };
        let ForkResult::Parent { child } = forked? else {
            // Nothing may unwind into the zygote's loop, of which this is a copy.
            let status = catch_unwind(AssertUnwindSafe(|| {
                dup2_stdout(&child_stdout).map_err(|error| error.to_string())?;
                dup2_stderr(&child_stderr).map_err(|error| error.to_string())?;
                chdir(scratch).map_err(|error| error.to_string())?;
                let close = [client, stdout.as_raw_fd(), stderr.as_raw_fd(), child_stdout.as_raw_fd(), child_stderr.as_raw_fd(), prepared.as_raw_fd()];
                let confinement = Confinement { limits, baseline: self.address_space, parent, close: &close };
                sandbox::enter(&confinement).map_err(|error| format!("the sandbox could not be entered: {error}"))?;
                candidate::prepare(&self.harness, scratch, mailbox).map_err(|error| error.to_string())?;
                write(&child_prepared, &[1]).map_err(|error| error.to_string())?;
                drop(child_prepared);
                candidate::run(&self.harness, source, limits.triangles, mailbox)
            }));
            let status = match status {
                Ok(Ok(())) => 0,
                Ok(Err(message)) => {
                    eprintln!("{message}");
                    verdict::NO_REPORT
                }
                Err(_) => verdict::NO_REPORT,
            };
            // SAFETY: ends the process at once; no destructor of the zygote's may run in its copy.
            unsafe { libc::_exit(status) }
        };
        Ok(Running { child, stdout, stderr, prepared, started })
    }
}

/// A pipe whose read end does not block.
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
    fcntl(&reader, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok((reader, writer))
}

fn finish(observed: Observed, source: &[u8], limits: &Limits, mailbox: &Mailbox, resident: u64) -> Finished {
    let cpu_ms = observed.ended.cpu_s * 1e3;
    let wall_ms = observed.wall_s * 1e3;
    let mut blobs = DoneBlobs::default();
    let mut times = (wall_ms, 0.0);
    let outcome = if observed.killed == Some(Killed::Cancelled) {
        Outcome::Cancelled
    } else if let Some((failure, starved)) = verdict::of_death(&observed, source, limits, &mailbox.last_words, resident) {
        Outcome::Failed { failure, starved }
    } else {
        match read_report(mailbox) {
            Ok((report, stl, faces, edges)) => {
                times = (report.run_ms, report.mesh_ms);
                match report.outcome {
                    Ok(facts) => {
                        (blobs.stl, blobs.faces, blobs.edges) = (stl, faces, edges);
                        Outcome::Shape { facts }
                    }
                    Err(failure) => Outcome::Failed { failure, starved: false },
                }
            }
            Err(error) => Outcome::Failed { failure: forged(&error), starved: false },
        }
    };
    blobs.stdout = observed.stdout;
    blobs.stderr = observed.stderr;
    Finished { outcome, cpu_ms, run_ms: times.0, mesh_ms: times.1, blobs }
}

type Parts = (Report, Vec<u8>, Vec<u8>, Vec<u8>);

fn read_report(mailbox: &Mailbox) -> Result<Parts, String> {
    // Together with the output they must fit into one frame.
    let bytes = mailbox.report.read(MAX_BLOBS / 4).map_err(|error| error.to_string())?;
    let frame = read_frame::<Report>(&mut bytes.as_slice()).map_err(|error| error.to_string())?;
    let (report, blobs) = frame.ok_or("the report is empty")?;
    let [faces, edges] = <[Vec<u8>; 2]>::try_from(blobs).map_err(|_| "the report lacks its blobs")?;
    let stl = if report.outcome.is_ok() { mailbox.stl.read(MAX_BLOBS / 2).map_err(|error| error.to_string())? } else { Vec::new() };
    Ok((report, stl, faces, edges))
}

fn forged(reason: &str) -> Failure {
    Failure {
        kind: Kind::Forged,
        message: format!("the candidate's report cannot be read: {reason}"),
        line: None,
        traceback: String::new(),
    }
}
