//! The worker: the only executable that embeds Python.
//!
//! Its processes: the supervisor (this one) talks to the client and monitors; the zygote imports CadQuery once and
//! forks; per candidate, a runner executes the code in a sandbox and exports the shape, and a reader parses the code
//! and measures the shape. Variants of a candidate, with other values of named dimensions, run in its runner, and its reader
//! measures them. The worker computes no scores. `cadforge_executor` starts it and speaks the framed protocol over the
//! socket that is its standard input.

mod candidate;
mod chain;
mod child;
mod clock;
mod concurrent;
mod context;
mod control;
mod execute;
mod exit_failure;
mod files;
mod fonts;
mod greeting;
mod listener;
mod output;
mod plan;
mod process_tree;
mod python;
mod reader;
mod run;
mod sandbox;
mod scratch;
mod stages;
mod supervisor;
mod variants;
mod waiting;
mod zygote;

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use cadforge_platform::linux;
use cadforge_protocol::RunSpec;
use cadforge_protocol::frame::{Frame, Outcome, PROTOCOL, Purpose, Reply, Request, read_frame, write_frame};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::{ForkResult, Pid, dup2_stdin, fork, getppid};

use crate::control::{Control, Reuse};
use crate::greeting::ZygoteInfo;
use crate::process_tree::Zygote;
use crate::run::Runner;
use crate::scratch::Scratch;
use crate::supervisor::{Candidate, Client, Interruption};

/// Run before the first candidate. It fails for every reason that would make all candidates fail, and its fork leaves
/// the zygote in the state in which all later forks find it.
const TRIAL: &[u8] = b"import cadquery as cq\nfixture = cq.Workplane().box(1, 2, 3)\n";

/// Runs the worker on the connection that is its standard input, until its client closes it.
///
/// `arguments` are those of the program without its name. Exit codes: 0 at the end of the connection, 2 for wrong
/// arguments, 3 if the worker cannot start or fails. `report` gets warnings and the error that ends the worker; the client reads
/// them from the worker's standard error.
pub fn main(arguments: &[String], report: fn(&str)) -> ExitCode {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--python", python, "--parent", parent, "--patches", patches] => {
            work(Path::new(python), patches, parent.parse().unwrap_or(0), report)
        }
        _ => {
            report(
                "cadforge-worker is started by cadforge\nhint: cadforge-worker --version prints its versions",
            );
            ExitCode::from(2)
        }
    }
}

/// Versions of the worker and of the Python that it is linked with.
pub fn version() -> String {
    format!(
        "cadforge-worker {} (Python {})",
        env!("CARGO_PKG_VERSION"),
        python::linked_version()
    )
}

fn work(python: &Path, patches: &str, client: i32, report: fn(&str)) -> ExitCode {
    // In the new process image addresses are fixed already, so that this happens once.
    if linux::fix_addresses() {
        let executable = std::env::current_exe().unwrap_or_else(|_| "/proc/self/exe".into());
        let error = Command::new(executable).args(std::env::args_os().skip(1)).exec();
        report(&format!("warning: cannot restart with fixed addresses: {error}"));
    }
    let started = Instant::now();
    // The worker ends with its client; the parent is compared because the client may have died already.
    let tied = prctl::set_pdeathsig(Signal::SIGKILL);
    if tied.is_err() || getppid() != Pid::from_raw(client) {
        report("the process that started this worker is gone");
        return ExitCode::from(3);
    }
    // Orphaned processes of a candidate become children of this process, which kills them.
    if let Err(error) = prctl::set_child_subreaper(true) {
        report(&format!(
            "warning: orphaned processes of candidates will not be killed: {error}"
        ));
    }
    let mut client = match take_client() {
        Ok(client) => client,
        Err(error) => {
            report(&format!("standard input is not a socket: {error}"));
            return ExitCode::from(2);
        }
    };
    match supervise(python, patches, started, &mut client) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            report(&message);
            // The client may be gone, which is the most common reason for an error.
            let _ = write_frame(&mut client, &Reply::Refused { message }, &[]);
            ExitCode::from(3)
        }
    }
}

/// Moves the connection away from standard input, which candidates inherit.
fn take_client() -> io::Result<UnixStream> {
    let client = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    client.peer_addr()?;
    dup2_stdin(File::open("/dev/null")?)?;
    Ok(client)
}

fn supervise(python: &Path, patches: &str, started: Instant, client: &mut UnixStream) -> Result<(), String> {
    // First of all: anything allocated before would stay in the zygote's memory.
    let (pid, control, mut greeting) = fork_zygote(python, patches)?;
    let scratch = Scratch::new(0).map_err(|error| {
        format!(
            "cannot create a folder for candidates in {}: {error}\nhint: set TMPDIR",
            std::env::temp_dir().display()
        )
    })?;
    let info = await_greeting(&mut greeting, client)??;
    let hello = Reply::Hello {
        protocol: PROTOCOL,
        versions: info.versions.clone(),
        sandbox: info.sandbox.clone(),
        startup_ms: 0.0,
    };
    let mut runner = Runner::new(Zygote::new(pid, control, info), scratch);
    let run = |runner: &mut Runner, client: &mut UnixStream, candidate: &Candidate| {
        runner
            .run(candidate, client)
            .map_err(|error| format!("the worker failed: {error}"))
    };
    let trial = Candidate {
        id: 0,
        code: TRIAL.to_vec(),
        spec: RunSpec::default(),
        purpose: Purpose::Result,
        varies: false,
        timed: false,
    };
    let trial = run(&mut runner, client, &trial)?;
    tidy(&mut runner)?;
    if let Outcome::Failed { failure } = trial.outcome {
        return Err(format!("cannot build a box: {}\nhint: make env", failure.message));
    }
    let mut hello = hello;
    if let Reply::Hello { startup_ms, .. } = &mut hello {
        *startup_ms = started.elapsed().as_secs_f64() * 1e3;
    }
    client.send(&hello, &[]).map_err(|error| error.to_string())?;
    while let Some((request, mut blobs)) = receive(client)? {
        // A cancel that arrives here is for a candidate that has finished.
        if let Request::Run {
            id,
            spec,
            purpose,
            varies,
            timed,
        } = request
        {
            let candidate = Candidate {
                id,
                code: blobs.pop().unwrap_or_default(),
                spec,
                purpose,
                varies,
                timed,
            };
            let finished = run(&mut runner, client, &candidate)?;
            finished.send(id, client).map_err(|error| error.to_string())?;
            tidy(&mut runner)?;
        }
    }
    Ok(())
}

fn tidy(runner: &mut Runner) -> Result<(), String> {
    runner
        .tidy()
        .map_err(|error| format!("the worker failed after a candidate: {error}"))
}

/// Forks the process that will load Python. Its greeting uses a connection of its own: messages on the control
/// connection have a fixed size.
#[expect(unsafe_code, reason = "fork")]
fn fork_zygote(python: &Path, patches: &str) -> Result<(Pid, Control, UnixStream), String> {
    let failed = |error: io::Error| format!("cannot start a process for the interpreter: {error}");
    let supervisor = Pid::this();
    let (ours, theirs) = Control::pair().map_err(failed)?;
    let (our_greeting, their_greeting) = UnixStream::pair().map_err(failed)?;
    // SAFETY: this process has one thread only, so that the child may continue as an ordinary program.
    match unsafe { fork() }.map_err(|error| failed(error.into()))? {
        ForkResult::Child => {
            let keep = [theirs.as_fd().as_raw_fd(), their_greeting.as_raw_fd()];
            let served = linux::close_all_but(&keep)
                .map_err(|error| error.to_string())
                .and_then(|()| zygote::serve(python, patches, supervisor, their_greeting, &theirs));
            waiting::leave(|| served)
        }
        ForkResult::Parent { child } => Ok((child, ours, our_greeting)),
    }
}

/// The outer error is the connection's, the inner one the zygote's.
fn await_greeting(
    greeting: &mut UnixStream,
    client: &UnixStream,
) -> Result<Result<ZygoteInfo, String>, String> {
    loop {
        let mut interests =
            [greeting.as_fd(), client.as_fd()].map(|connection| PollFd::new(connection, PollFlags::POLLIN));
        match poll(&mut interests, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.to_string()),
        }
        let [zygote, client] = interests.map(|interest| interest.any().unwrap_or(false));
        if zygote {
            return greeting::read(greeting);
        }
        if client {
            return Err("the client left before the worker was ready".to_owned());
        }
    }
}

impl Client for UnixStream {
    fn connection(&self) -> BorrowedFd<'_> {
        self.as_fd()
    }

    fn receive(&mut self) -> io::Result<Interruption> {
        match receive(self).map_err(io::Error::other)? {
            Some((Request::Cancel { id }, _)) => Ok(Interruption::Cancel(id)),
            Some((Request::Vary { id, reuse }, variants)) => {
                Ok(Interruption::Vary(id, variants, Reuse(reuse)))
            }
            Some((
                Request::Run {
                    id,
                    spec,
                    purpose,
                    varies,
                    timed,
                },
                mut blobs,
            )) => Ok(Interruption::Run(Box::new(Candidate {
                id,
                code: blobs.pop().unwrap_or_default(),
                spec,
                purpose,
                varies,
                timed,
            }))),
            None => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }

    fn send(&mut self, reply: &Reply, blobs: &[&[u8]]) -> io::Result<()> {
        write_frame(self, reply, blobs).map_err(io::Error::other)
    }
}

fn receive(client: &mut impl Read) -> Result<Option<Frame<Request>>, String> {
    read_frame::<Request>(client).map_err(|error| error.to_string())
}
