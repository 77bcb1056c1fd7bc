//! The worker: the only executable that embeds Python.
//!
//! Three processes, each for what the next must not touch: the supervisor (this one) talks to the client and
//! watches; the zygote imports CadQuery once and forks; of two children per candidate one runs the code in a
//! sandbox, hands the shape over and dies, the other reads the code before and the shape after. Scores nothing, and is not meant to be started by hand: it speaks the framed protocol of
//! `cadforge_executor` over the socket that is its standard input.

mod beside;
mod candidate;
mod chain;
mod child;
mod clock;
mod control;
mod files;
mod fonts;
mod listener;
mod plan;
mod process_tree;
mod python;
mod reader;
mod run;
mod sandbox;
mod scratch;
mod supervisor;
mod verdict;
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
use cadforge_protocol::Limits;
use cadforge_protocol::frame::{Outcome, PROTOCOL, Purpose, Reply, Request, read_frame, write_frame};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::{ForkResult, Pid, dup2_stdin, fork, getppid};

use crate::control::Control;
use crate::process_tree::Zygote;
use crate::run::Runner;
use crate::scratch::Scratch;
use crate::supervisor::{Candidate, Client, Interruption};
use crate::zygote::Warm;

/// Run before the first candidate. Whatever would keep candidates from running keeps this from running, and
/// the first fork leaves the zygote in the state in which all later ones find it.
const TRIAL: &[u8] = b"import cadquery as cq\nfixture = cq.Workplane().box(1, 2, 3)\n";

/// Runs the worker on the connection that is its standard input, until its client leaves or asks it to end.
///
/// `arguments` are those of the program without its name. Exit codes: 0 at the end of the connection, 2 for wrong
/// arguments, 3 when the worker could not start or failed.
pub fn main(arguments: &[String]) -> ExitCode {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--version"] => {
            println!(
                "cadforge-worker {} (Python {})",
                env!("CARGO_PKG_VERSION"),
                python::linked_version()
            );
            ExitCode::SUCCESS
        }
        ["--python", python, "--parent", parent, "--patches", patches] => {
            work(Path::new(python), patches, parent.parse().unwrap_or(0))
        }
        _ => {
            eprintln!(
                "cadforge-worker is started by cadforge\nhint: to see its versions: cadforge-worker --version"
            );
            ExitCode::from(2)
        }
    }
}

fn work(python: &Path, patches: &str, client: i32) -> ExitCode {
    // The new image starts over in here, with nothing left to change.
    if linux::fix_addresses() {
        let executable = std::env::current_exe().unwrap_or_else(|_| "/proc/self/exe".into());
        let error = Command::new(executable).args(std::env::args_os().skip(1)).exec();
        eprintln!("warning: could not start again with fixed addresses: {error}");
    }
    let started = Instant::now();
    // A worker whose client died, however it died, is of no use; asked after, because it may be dead already.
    let tied = prctl::set_pdeathsig(Signal::SIGKILL);
    if tied.is_err() || getppid() != Pid::from_raw(client) {
        eprintln!("the process that started this worker is gone");
        return ExitCode::from(3);
    }
    // Grandchildren of a candidate that outlive it become children here, where they are ended.
    if let Err(error) = prctl::set_child_subreaper(true) {
        eprintln!("warning: stray processes of candidates will not be found: {error}");
    }
    let mut client = match take_client() {
        Ok(client) => client,
        Err(error) => {
            eprintln!("standard input is no socket: {error}");
            return ExitCode::from(2);
        }
    };
    match supervise(python, patches, started, &mut client) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            // The client may be gone, which is the most common reason to be here.
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
    // First of all: whatever was done before, such as listing a folder, would be left in the zygote's memory.
    let (pid, control, mut greeting) = fork_zygote(python, patches)?;
    let scratch = Scratch::new(0).map_err(|error| {
        format!(
            "no folder for candidates in {}: {error}\nhint: set TMPDIR",
            std::env::temp_dir().display()
        )
    })?;
    let warm = await_greeting(&mut greeting, client)??;
    let hello = Reply::Hello {
        protocol: PROTOCOL,
        versions: warm.versions.clone(),
        sandbox: warm.sandbox.clone(),
        startup_ms: 0.0,
    };
    let mut runner = Runner::new(Zygote::new(pid, control, warm), scratch);
    let run = |runner: &mut Runner, client: &mut UnixStream, candidate: &Candidate| {
        runner
            .run(candidate, client)
            .map_err(|error| format!("the worker failed: {error}"))
    };
    let trial = Candidate {
        id: 0,
        code: TRIAL.to_vec(),
        limits: Limits::default(),
        purpose: Purpose::Result,
    };
    let trial = run(&mut runner, client, &trial)?;
    tidy(&mut runner)?;
    if let Outcome::Failed { failure } = trial.outcome {
        return Err(format!(
            "a box could not be built: {}\nhint: make env",
            failure.message
        ));
    }
    let mut hello = hello;
    if let Reply::Hello { startup_ms, .. } = &mut hello {
        *startup_ms = started.elapsed().as_secs_f64() * 1e3;
    }
    client.send(&hello, &[]).map_err(|error| error.to_string())?;
    while let Some((request, code)) = receive(client)? {
        // A cancel that is heard here is for a candidate that is done already.
        if let Request::Run { id, limits, purpose } = request {
            let candidate = Candidate {
                id,
                code,
                limits,
                purpose,
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

/// Forks the process that will load Python. Its greeting comes on a connection of its own: what is said on the
/// other one is of fixed size.
#[expect(unsafe_code, reason = "fork")]
fn fork_zygote(python: &Path, patches: &str) -> Result<(Pid, Control, UnixStream), String> {
    let failed = |error: io::Error| format!("no process for the interpreter: {error}");
    let supervisor = Pid::this();
    let (ours, theirs) = Control::pair().map_err(failed)?;
    let (our_greeting, their_greeting) = UnixStream::pair().map_err(failed)?;
    // SAFETY: this process has one thread only, so that the child may go on as an ordinary program.
    match unsafe { fork() }.map_err(|error| failed(error.into()))? {
        ForkResult::Child => {
            let keep = [theirs.as_fd().as_raw_fd(), their_greeting.as_raw_fd()];
            let served = linux::close_all_but(&keep)
                .map_err(|error| error.to_string())
                .and_then(|()| zygote::serve(python, patches, supervisor, their_greeting, &theirs));
            zygote::leave(|| served)
        }
        ForkResult::Parent { child } => Ok((child, ours, our_greeting)),
    }
}

/// The outer result is the connection's, the inner one what the zygote says.
fn await_greeting(greeting: &mut UnixStream, client: &UnixStream) -> Result<Result<Warm, String>, String> {
    loop {
        let mut interests =
            [greeting.as_fd(), client.as_fd()].map(|connection| PollFd::new(connection, PollFlags::POLLIN));
        match poll(&mut interests, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.to_string()),
        }
        let [zygote, client] = interests.map(|interest| interest.any().unwrap_or(false));
        if zygote {
            return zygote::read_greeting(greeting);
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
            Some((Request::Run { id, limits, purpose }, code)) => {
                Ok(Interruption::Run(Box::new(Candidate {
                    id,
                    code,
                    limits,
                    purpose,
                })))
            }
            None => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }

    fn send(&mut self, reply: &Reply, blobs: &[&[u8]]) -> io::Result<()> {
        write_frame(self, reply, blobs).map_err(io::Error::other)
    }
}

fn receive(client: &mut impl Read) -> Result<Option<(Request, Vec<u8>)>, String> {
    let frame = read_frame::<Request>(client).map_err(|error| error.to_string())?;
    Ok(frame.map(|(request, mut blobs)| {
        (
            request,
            if blobs.is_empty() {
                Vec::new()
            } else {
                blobs.swap_remove(0)
            },
        )
    }))
}
