//! Processes that wait for commands and are forked: the zygote, and candidates paused between two steps.
//!
//! A fork waits for a command of its own, so that it can be made ahead of time.

use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::libc;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{ForkResult, fork};
use pyo3::ffi;

use crate::control::{Command, Control, Event};
use crate::exit_failure;
use cadforge_platform::linux;

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
            Command::Begin(..) | Command::Go(_) | Command::Vary(..) => {
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
