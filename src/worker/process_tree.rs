//! The processes below the supervisor: the zygote, its waiting children, and candidates paused between steps.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use cadforge_platform::load::Timeout;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use crate::control::{Command, Control, Event};
use crate::greeting::ZygoteInfo;
use crate::listener::Listener;
use cadforge_platform::linux::{self, Ended};

/// Time for a process to wait, fork or reap, without the time in which it waits for the processor.
const RESPONSE_TIME: Duration = Duration::from_secs(5);

pub(crate) struct Process {
    /// As the kernel reported it.
    pub(crate) pid: Pid,
    /// A pidfd, readable once the process has ended.
    pub(crate) handle: OwnedFd,
    pub(crate) control: Control,
}

impl Process {
    /// Awaits the first message of a process that was just forked; `parent`'s listener is answered meanwhile.
    pub(crate) fn meet(control: Control, parent: &mut NotificationHandler<'_>) -> io::Result<Self> {
        match parent.receive_from(&control)? {
            (Event::Alive, pid) => Ok(Self {
                pid,
                handle: linux::process_descriptor(pid)?,
                control,
            }),
            (other, _) => Err(io::Error::other(format!(
                "unexpected first event of a new process: {other:?}"
            ))),
        }
    }

    /// Kills it; a process that has ended already is no error.
    pub(crate) fn end(&self) {
        let _ = linux::signal(&self.handle, Signal::SIGKILL);
    }

    pub(crate) fn has_ended(&self) -> bool {
        let mut interest = [PollFd::new(self.handle.as_fd(), PollFlags::POLLIN)];
        poll(&mut interest, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
    }

    /// Has it reap `child`, which has ended or is about to.
    pub(crate) fn reap(&self, child: &Self, listener: Option<&Listener>) -> io::Result<Ended> {
        reap(self.pid, &self.control, child, listener)
    }
}

/// Processes whose seccomp notifications are answered during a wait.
#[derive(Default)]
pub(crate) struct NotificationHandler<'a> {
    pub(crate) listener: Option<&'a Listener>,
    /// The process that may fork, once.
    pub(crate) may_fork: Option<Pid>,
    /// Processes that have to work before the awaited event can come.
    pub(crate) busy: Vec<Pid>,
}

impl NotificationHandler<'_> {
    /// The next event on `control`, within a time that only a broken process exceeds.
    pub(crate) fn receive_from(&mut self, control: &Control) -> io::Result<(Event, Pid)> {
        let busy = self.busy.iter().map(|pid| pid.as_raw().unsigned_abs());
        let timeout = Timeout::new(RESPONSE_TIME, busy.collect());
        loop {
            let left = timeout.left();
            let mut interests = vec![PollFd::new(control.as_fd(), PollFlags::POLLIN)];
            if let Some(listener) = self.listener {
                interests.push(PollFd::new(listener.as_fd(), PollFlags::POLLIN));
            }
            poll(
                &mut interests,
                PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX),
            )?;
            let ready: Vec<bool> = interests
                .iter()
                .map(|interest| interest.any().unwrap_or(false))
                .collect();
            if ready[0] {
                return control.receive();
            }
            if let (Some(listener), Some(true)) = (self.listener, ready.get(1)) {
                listener.answer(&mut self.may_fork)?;
            } else if left.is_zero() {
                // Only counts up to the last sample: the supervisor itself may have been kept from running.
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "a process did not answer the supervisor",
                ));
            }
        }
    }
}

/// The zygote and its waiting children.
pub(crate) struct Zygote {
    pid: Pid,
    control: Control,
    pub(crate) info: ZygoteInfo,
    waiting: Vec<Control>,
}

impl Zygote {
    pub(crate) fn new(pid: Pid, control: Control, info: ZygoteInfo) -> Self {
        Self {
            pid,
            control,
            info,
            waiting: Vec::new(),
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Has children forked for the next candidate, without waiting for them.
    pub(crate) fn refill(&mut self) -> io::Result<()> {
        // One reader and one runner.
        while self.waiting.len() < 2 {
            let (ours, theirs) = Control::pair()?;
            self.control.send_command(&Command::Fork(theirs))?;
            self.waiting.push(ours);
        }
        Ok(())
    }

    /// A waiting child.
    pub(crate) fn take(&mut self) -> io::Result<Process> {
        if self.waiting.is_empty() {
            self.refill()?;
        }
        // The oldest is the most likely to be ready.
        let control = self.waiting.remove(0);
        let mut handler = NotificationHandler {
            busy: vec![self.pid],
            ..NotificationHandler::default()
        };
        Process::meet(control, &mut handler)
    }

    /// Has a child reaped that has ended or is about to.
    pub(crate) fn reap(&self, child: &Process) -> io::Result<Ended> {
        reap(self.pid, &self.control, child, None)
    }
}

impl Drop for Zygote {
    /// Kills the zygote and waits for its end, so that no process outlives a worker that ends normally.
    fn drop(&mut self) {
        let _ = kill(self.pid, Signal::SIGKILL);
        let _ = waitpid(self.pid, None);
        end_strays(None);
    }
}

fn reap(parent: Pid, control: &Control, child: &Process, listener: Option<&Listener>) -> io::Result<Ended> {
    control.send_command(&Command::Reap(child.pid))?;
    let mut handler = NotificationHandler {
        listener,
        may_fork: None,
        // Freeing gigabytes of memory takes a process CPU time.
        busy: vec![parent, child.pid],
    };
    match handler.receive_from(control)? {
        (Event::Ended(ended), _) => Ok(ended),
        (other, _) => Err(io::Error::other(format!(
            "{other:?} in place of the end of a child"
        ))),
    }
}

/// Kills processes that a candidate left behind: orphans become children of this process, whose only other child is the
/// zygote.
pub(crate) fn end_strays(zygote: Option<Pid>) {
    let deadline = Instant::now() + Duration::from_secs(2);
    while Instant::now() < deadline {
        let strays: Vec<Pid> = linux::children()
            .into_iter()
            .filter(|&child| Some(child) != zygote)
            .collect();
        if strays.is_empty() {
            return;
        }
        for stray in strays {
            // Both fail for a process that is gone; the next pass detects it.
            let _ = kill(stray, Signal::SIGKILL);
            let _ = waitpid(stray, None);
        }
    }
}
