//! The life of a forked child: takes its descriptors and limits, enters the sandbox, works and exits.

use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};

use cadforge_protocol::project::Project;
use nix::libc;
use nix::unistd::Pid;

use crate::control::{Command, Control, Event, INHERITED_FDS, ProcessSpec, Role};
use crate::sandbox::{self, Sandbox};
use crate::zygote::{self, Harness, WaitEnd, Waiting};
use crate::{candidate, exit_failure, fonts, reader};
use cadforge_platform::linux::{self, MemoryFile};

/// First descriptor number of a child. The numbers are fixed, so that a child that resumes another one's run finds its
/// own descriptors at the same numbers.
const FIRST_FD: RawFd = 100;

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

/// Entry point of a child of the zygote.
pub(crate) fn run_child(
    harness: &Harness<'_>,
    sandbox: &Sandbox,
    parent: Pid,
    control: Control,
) -> Result<(), String> {
    let Some(process_spec) = take_context(control).map_err(|error| error.to_string())? else {
        return Ok(());
    };
    let keep: Vec<RawFd> = (FIRST_FD..=CONTROL).chain(fonts::DESCRIPTORS).collect();
    linux::close_all_but(&keep)
        .and_then(|()| fonts::reopen())
        .map_err(|error| error.to_string())?;
    let file = |index: RawFd| MemoryFile::from_descriptor(owned(FIRST_FD + index));
    let context = ChildContext {
        control: Control::from_descriptor(owned(CONTROL)),
        process_spec,
        source: file(2),
        plan: file(3),
        report: file(4),
        stl: file(5),
        brep: file(6),
        stack_dump: file(7),
    };
    let project = read_project(&file(8)).map_err(|error| error.to_string())?;
    let scratch = owned(FIRST_FD + 9);
    let listener = sandbox
        .enter(&process_spec, scratch.as_fd(), project.as_ref(), parent)
        .map_err(|error| format!("cannot enter the sandbox: {error}"))?;
    match process_spec.role {
        Role::Run => candidate::run(&harness.run, context, listener, project.is_some()),
        Role::Read | Role::ReadAndExport => reader::work(&harness.read, context),
    }
}

/// The project folder of the run. Allocates nothing if there is none.
fn read_project(file: &MemoryFile) -> io::Result<Option<Project>> {
    match file.size()? {
        0 => Ok(None),
        _ => Ok(serde_json::from_slice(&file.read(u64::MAX)?)?),
    }
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
    match zygote::wait_for_commands(&context.control, Some(command), Waiting::Paused)? {
        WaitEnd::SupervisorGone => zygote::leave(|| Ok(())),
        WaitEnd::Forked(control) => {
            sandbox::die_with(parent)?;
            // Placed at the descriptor numbers of the parent, where this child's code uses them.
            context.process_spec = take_context(control)?.ok_or_else(gone)?;
            context.control.send(&Event::Prepared)
        }
    }
}

/// Waits for `Begin` and places its descriptors.
fn take_context(control: Control) -> io::Result<Option<ProcessSpec>> {
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
fn owned(number: RawFd) -> OwnedFd {
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
