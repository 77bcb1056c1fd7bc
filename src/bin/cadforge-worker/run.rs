//! One candidate from order to outcome, as its supervisor sees it.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::time::Instant;

use cadforge::executor::Limits;
use cadforge::executor::protocol::{DoneBlobs, MAX_BLOBS, Outcome, Report, read_frame, write_frame};
use cadforge::failure::{Failure, Kind};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, pipe2};

use crate::candidate::{Mailbox, Order};
use crate::control::{Control, News};
use crate::scratch::Scratch;
use crate::supervisor::{self, Interruption, Killed, Observed, Running};
use crate::verdict;
use crate::zygote::Warm;

/// A zygote as its supervisor knows it.
pub struct Zygote {
    /// Its process.
    pub pid: Pid,
    /// The connection to it.
    pub control: Control,
    /// What it said of itself.
    pub warm: Warm,
}

impl Drop for Zygote {
    /// Ends the process and waits until it is gone, so that nothing outlives a worker that ends in order.
    fn drop(&mut self) {
        let _ = kill(self.pid, Signal::SIGKILL);
        let _ = waitpid(self.pid, None);
    }
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

/// Runs one candidate. An error is the worker's or the client's, never the candidate's.
pub fn run(
    zygote: &mut Zygote,
    scratch: &Scratch,
    source: &[u8],
    limits: &Limits,
    client: BorrowedFd<'_>,
    interrupted: impl FnMut() -> io::Result<Interruption>,
) -> io::Result<Finished> {
    let mut mailbox = Mailbox::new()?;
    let folder = scratch.run_folder()?;
    let order = Order {
        limits: limits.clone(),
        scratch: folder.path().to_owned(),
    };
    write_frame(mailbox.order.file(), &order, &[source]).map_err(io::Error::other)?;
    let running = fork(&mut zygote.control, &mailbox)?;
    let observed = supervisor::watch(running, limits, &mailbox, zygote, client, interrupted)?;
    drop(folder);
    Ok(finish(observed, source, limits, &mailbox, zygote.warm.resident))
}

fn fork(control: &mut Control, mailbox: &Mailbox) -> io::Result<Running> {
    let started = Instant::now();
    let (stdout, child_stdout) = pipe()?;
    let (stderr, child_stderr) = pipe()?;
    let (prepared, child_prepared) = pipe()?;
    control.order([
        child_stdout.as_raw_fd(),
        child_stderr.as_raw_fd(),
        child_prepared.as_raw_fd(),
        mailbox.order.descriptor(),
        mailbox.report.descriptor(),
        mailbox.stl.descriptor(),
        mailbox.last_words.descriptor(),
    ])?;
    match control.hear()? {
        News::Forked(child) => Ok(Running {
            child,
            stdout,
            stderr,
            prepared,
            started,
        }),
        News::Failed(error) => {
            let error = io::Error::from_raw_os_error(error);
            Err(io::Error::new(
                error.kind(),
                format!("no process for a candidate: {error}"),
            ))
        }
        News::Ended(_) => Err(io::Error::other("a child ended before it was forked")),
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
    } else if let Some((failure, starved)) =
        verdict::of_death(&observed, source, limits, &mailbox.last_words, resident)
    {
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
                    Err(failure) => Outcome::Failed {
                        failure,
                        starved: false,
                    },
                }
            }
            Err(error) => Outcome::Failed {
                failure: forged(&error),
                starved: false,
            },
        }
    };
    blobs.stdout = observed.stdout;
    blobs.stderr = observed.stderr;
    Finished {
        outcome,
        cpu_ms,
        run_ms: times.0,
        mesh_ms: times.1,
        blobs,
    }
}

type Parts = (Report, Vec<u8>, Vec<u8>, Vec<u8>);

fn read_report(mailbox: &Mailbox) -> Result<Parts, String> {
    // Together with the output they must fit into one frame.
    let bytes = mailbox
        .report
        .read(MAX_BLOBS / 4)
        .map_err(|error| error.to_string())?;
    let frame = read_frame::<Report>(&mut bytes.as_slice()).map_err(|error| error.to_string())?;
    let (report, blobs) = frame.ok_or("the report is empty")?;
    let [faces, edges] = <[Vec<u8>; 2]>::try_from(blobs).map_err(|_| "the report lacks its blobs")?;
    let stl = if report.outcome.is_ok() {
        mailbox
            .stl
            .read(MAX_BLOBS / 2)
            .map_err(|error| error.to_string())?
    } else {
        Vec::new()
    };
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
