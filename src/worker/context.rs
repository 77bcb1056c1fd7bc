//! What a child has: its descriptors and limits, and how it pauses.

use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};

use nix::libc;
use nix::unistd::Pid;

use crate::control::{Command, Control, Event, INHERITED_FDS, ProcessSpec};
use crate::waiting::{self, WaitEnd, Waiting};
use crate::{exit_failure, sandbox};
use cadforge_platform::linux::MemoryFile;

/// First descriptor number of a child. The numbers are fixed, so that a child that resumes another one's run finds its
/// own descriptors at the same numbers.
pub(crate) const FIRST_FD: RawFd = 100;

/// The connection to the supervisor.
pub(crate) const CONTROL: RawFd = FIRST_FD + INHERITED_FDS as RawFd;

/// Descriptors and limits of a child.
pub(crate) struct ChildContext {
    pub(crate) control: Control,
    pub(crate) process_spec: ProcessSpec,
    pub(crate) source: MemoryFile,
    pub(crate) plan: MemoryFile,
    pub(crate) report: MemoryFile,
    pub(crate) stl: MemoryFile,
    pub(crate) brep: MemoryFile,
    /// Where the interpreter was when the child was killed or crashed.
    pub(crate) stack_dump: MemoryFile,
}

/// Records the face that is hardest to mesh before meshing starts, for the message of a time-out.
pub(crate) fn record_hardest_face(context: &mut ChildContext, hardest: &str) -> io::Result<()> {
    use io::Write;
    writeln!(context.stack_dump.file(), "{}{hardest}", exit_failure::MESHING)
}

/// Waits before `step` for a command. Returns in a fork of this process, which then has limits of its own; the process
/// itself returns only if it gets the command to continue without having forked.
pub(crate) fn pause(context: &mut ChildContext, step: u32) -> io::Result<()> {
    context.control.send(&Event::Paused(step))?;
    let gone = || io::Error::other("the supervisor is gone");
    let command = context.control.next_command()?.ok_or_else(gone)?;
    if matches!(command, Command::Go(_)) {
        return Ok(());
    }
    let parent = Pid::this();
    match waiting::wait_for_commands(&context.control, Some(command), Waiting::Paused)? {
        WaitEnd::SupervisorGone => waiting::leave(|| Ok(())),
        WaitEnd::Forked(control) => {
            sandbox::die_with(parent)?;
            // Placed at the descriptor numbers of the parent, where this child's code uses them.
            context.process_spec = take_context(control)?.ok_or_else(gone)?;
            context.control.send(&Event::Prepared)
        }
    }
}

/// Waits for `Begin` and places its descriptors.
pub(crate) fn take_context(control: Control) -> io::Result<Option<ProcessSpec>> {
    control.send(&Event::Alive)?;
    let (process_spec, fds) = match control.next_command()? {
        Some(Command::Begin(process_spec, fds)) => (process_spec, fds),
        Some(_) => return Err(io::Error::other("unexpected command")),
        None => return Ok(None),
    };
    for (index, fd) in fds.iter().enumerate() {
        place(fd.as_raw_fd(), FIRST_FD + index as RawFd)?;
    }
    place(control.as_fd().as_raw_fd(), CONTROL)?;
    place_output(FIRST_FD, 1)?;
    place_output(FIRST_FD + 1, 2)?;
    // Closes the number that it had before.
    drop(control);
    Ok(Some(process_spec))
}

/// Takes ownership of a descriptor at a fixed number; the next descriptor placed there closes it.
#[expect(unsafe_code, reason = "descriptors at known numbers")]
pub(crate) fn owned(number: RawFd) -> OwnedFd {
    // SAFETY: open, since it was placed there, and owned once: a later descriptor at the same number replaces it under
    // the same owner.
    unsafe { OwnedFd::from_raw_fd(number) }
}

/// Duplicates a descriptor to a number without an owner.
#[expect(unsafe_code, reason = "nix wants an owner for the target")]
pub(crate) fn place(from: RawFd, to: RawFd) -> io::Result<()> {
    // SAFETY: a system call without pointers.
    check(unsafe { libc::dup3(from, to, libc::O_CLOEXEC) })
}

#[expect(unsafe_code, reason = "nix wants an owner for the target")]
fn place_output(from: RawFd, to: RawFd) -> io::Result<()> {
    // SAFETY: a system call without pointers.
    check(unsafe { libc::dup2(from, to) })
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
