//! A forked child from its first instruction to its last: takes on its role, is confined, works, and is gone.

use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};

use cadforge_protocol::project::Project;
use nix::libc;
use nix::unistd::Pid;

use crate::control::{Command, Control, Event, INHERITED_FDS, Role, RunSpec};
use crate::sandbox::{self, Sandbox};
use crate::zygote::{self, Departure, Harness, Waiting};
use crate::{candidate, fonts, reader, verdict};
use cadforge_platform::linux::{self, MemoryFile};

/// Where a child has its descriptors: always at the same numbers, so that a child that goes on in the place of
/// another one finds its own where the other had them.
const FIRST: RawFd = 100;

/// Where its orders come from.
pub const CONTROL: RawFd = FIRST + INHERITED_FDS as RawFd;

/// What a child was given, and what it may still ask for.
pub struct ChildContext {
    /// The connection to the supervisor.
    pub control: Control,
    /// What it may use and is to do.
    pub run_spec: RunSpec,
    /// The code.
    pub source: MemoryFile,
    /// Its steps.
    pub plan: MemoryFile,
    /// For its report.
    pub report: MemoryFile,
    /// For the mesh.
    pub stl: MemoryFile,
    /// For the boundary representation.
    pub brep: MemoryFile,
    /// Where the interpreter was when it was killed or crashed.
    pub stack_dump: MemoryFile,
}

/// The life of a child of the warm process.
pub fn live(harness: &Harness<'_>, sandbox: &Sandbox, parent: Pid, control: Control) -> Result<(), String> {
    let Some(run_spec) = take_context(control).map_err(|error| error.to_string())? else {
        return Ok(());
    };
    let keep: Vec<RawFd> = (FIRST..=CONTROL).chain(fonts::DESCRIPTORS).collect();
    linux::close_all_but(&keep)
        .and_then(|()| fonts::reopen())
        .map_err(|error| error.to_string())?;
    let file = |index: RawFd| MemoryFile::from_descriptor(owned(FIRST + index));
    let context = ChildContext {
        control: Control::from_descriptor(owned(CONTROL)),
        run_spec,
        source: file(2),
        plan: file(3),
        report: file(4),
        stl: file(5),
        brep: file(6),
        stack_dump: file(7),
    };
    let project = read_project(&file(8)).map_err(|error| error.to_string())?;
    let scratch = owned(FIRST + 9);
    let listener = sandbox
        .enter(&run_spec, scratch.as_fd(), project.as_ref(), parent)
        .map_err(|error| format!("the sandbox could not be entered: {error}"))?;
    match run_spec.role {
        Role::Run => candidate::run(&harness.run, context, listener, project.is_some()),
        Role::Read | Role::ReadAndExport => reader::work(&harness.read, context),
    }
}

/// The project folder of the run. Allocates nothing where there is none.
fn read_project(file: &MemoryFile) -> io::Result<Option<Project>> {
    match file.len()? {
        0 => Ok(None),
        _ => Ok(serde_json::from_slice(&file.read(u64::MAX)?)?),
    }
}

/// Leaves word of what is about to be meshed: should that take too long, it is told which face was the hardest.
pub fn note_mesh(context: &mut ChildContext, hardest: &str) -> io::Result<()> {
    use io::Write;
    writeln!(context.stack_dump.file(), "{}{hardest}", verdict::MESHING)
}

/// Stands before `step` until the supervisor says how to go on. A child that takes the place of the one that stands
/// returns with terms of its own; the one that stood goes on standing, and returns only if it never had a child.
pub fn pause(context: &mut ChildContext, step: u32) -> io::Result<()> {
    context.control.send(&Event::Paused(step))?;
    let gone = || io::Error::other("the supervisor is gone");
    let order = context.control.next_order()?.ok_or_else(gone)?;
    if matches!(order, Command::Go(_)) {
        return Ok(());
    }
    let parent = Pid::this();
    match zygote::wait_for_orders(&context.control, Some(order), Waiting::Standing)? {
        Departure::Supervisor => zygote::leave(|| Ok(())),
        Departure::Forked(control) => {
            sandbox::die_with(parent)?;
            // At the numbers that the files of this post have, which thereby are those of this child.
            context.run_spec = take_context(control)?.ok_or_else(gone)?;
            context.control.send(&Event::Prepared)
        }
    }
}

/// Waits for the order to begin and puts what comes with it where it belongs.
fn take_context(control: Control) -> io::Result<Option<RunSpec>> {
    control.send(&Event::Alive)?;
    let (run_spec, fds) = match control.next_order()? {
        Some(Command::Begin(run_spec, fds)) => (run_spec, fds),
        Some(_) => return Err(io::Error::other("an order for somebody else")),
        None => return Ok(None),
    };
    for (index, fd) in fds.iter().enumerate() {
        place(fd.as_raw_fd(), FIRST + index as RawFd)?;
    }
    place(control.as_fd().as_raw_fd(), CONTROL)?;
    place_output(FIRST, 1)?;
    place_output(FIRST + 1, 2)?;
    // Where it was before.
    drop(control);
    Ok(Some(run_spec))
}

/// Every descriptor of a child is known by its number, and closed by the next one that takes its place.
#[expect(unsafe_code, reason = "descriptors at known numbers")]
fn owned(number: RawFd) -> OwnedFd {
    // SAFETY: open, since it was placed there, and asked for once: later ones at the same number take its place
    // under the same owner.
    unsafe { OwnedFd::from_raw_fd(number) }
}

/// Puts a copy of a descriptor at a number where nobody owns what was there before.
#[expect(unsafe_code, reason = "nix wants an owner for the target")]
pub fn place(from: RawFd, to: RawFd) -> io::Result<()> {
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
