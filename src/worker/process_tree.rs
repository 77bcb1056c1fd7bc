//! The processes below the supervisor: the zygote, children that wait for work, candidates that stand and may be
//! gone on from.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use cadforge_platform::load::Timeout;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use crate::control::{Command, Control, Event};
use crate::listener::Listener;
use crate::zygote::Warm;
use cadforge_platform::linux::{self, Ended};

/// How long a process that only has to wait, fork or bury may take, without the time in which it waits for the processor.
const PATIENCE: Duration = Duration::from_secs(5);

/// A process of the family.
pub struct Process {
    /// Its number, as the kernel told it.
    pub pid: Pid,
    /// Stands for it, and becomes readable when it has ended.
    pub handle: OwnedFd,
    /// The connection to it.
    pub control: Control,
}

impl Process {
    /// A process that was just forked and says so on `control`. `listener` answers for its parent meanwhile.
    pub fn meet(control: Control, parent: &mut Asked<'_>) -> io::Result<Self> {
        match parent.receive_from(&control)? {
            (Event::Alive, pid) => Ok(Self {
                pid,
                handle: linux::process_descriptor(pid)?,
                control,
            }),
            (other, _) => Err(io::Error::other(format!("a new process began with {other:?}"))),
        }
    }

    /// Ends it. It may have ended before, which is what is wanted.
    pub fn end(&self) {
        let _ = linux::signal(&self.handle, Signal::SIGKILL);
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        let mut interest = [PollFd::new(self.handle.as_fd(), PollFlags::POLLIN)];
        poll(&mut interest, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
    }

    /// Has it bury `child`, which has ended or is about to.
    pub fn reap(&self, child: &Self, listener: Option<&Listener>) -> io::Result<Ended> {
        reap(self.pid, &self.control, child, listener)
    }
}

/// A process that has its questions answered while something is waited for.
#[derive(Default)]
pub struct Asked<'a> {
    /// Where they arrive.
    pub listener: Option<&'a Listener>,
    /// Who may fork, once.
    pub may_fork: Option<Pid>,
    /// Who has to do something for there to be news.
    pub busy: Vec<Pid>,
}

impl Asked<'_> {
    /// The next news on `control`, within a time that only a broken process exceeds.
    pub fn receive_from(&mut self, control: &Control) -> io::Result<(Event, Pid)> {
        let busy = self.busy.iter().map(|pid| pid.as_raw().unsigned_abs());
        let timeout = Timeout::new(PATIENCE, busy.collect());
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
                // Not before the last look: this process may have been kept from looking.
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "a process did not answer its supervisor",
                ));
            }
        }
    }
}

/// The zygote and its children that wait for work.
pub struct Zygote {
    pid: Pid,
    control: Control,
    /// What it said of itself.
    pub warm: Warm,
    waiting: Vec<Control>,
}

impl Zygote {
    /// A zygote that has said it is warm.
    pub fn new(pid: Pid, control: Control, warm: Warm) -> Self {
        Self {
            pid,
            control,
            warm,
            waiting: Vec::new(),
        }
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Has children made for the next candidate, and does not wait for them.
    pub fn refill(&mut self) -> io::Result<()> {
        // One to read the code, one to run it.
        while self.waiting.len() < 2 {
            let (ours, theirs) = Control::pair()?;
            self.control.send_command(&Command::Fork(theirs))?;
            self.waiting.push(ours);
        }
        Ok(())
    }

    /// A child that waits for its order.
    pub fn take(&mut self) -> io::Result<Process> {
        if self.waiting.is_empty() {
            self.refill()?;
        }
        // The oldest is the most likely to be there.
        let control = self.waiting.remove(0);
        let mut asked = Asked {
            busy: vec![self.pid],
            ..Asked::default()
        };
        Process::meet(control, &mut asked)
    }

    /// Has a child buried that has ended or is about to.
    pub fn reap(&self, child: &Process) -> io::Result<Ended> {
        reap(self.pid, &self.control, child, None)
    }
}

impl Drop for Zygote {
    /// Ends the process and waits until it is gone, so that nothing outlives a worker that ends in order.
    fn drop(&mut self) {
        let _ = kill(self.pid, Signal::SIGKILL);
        let _ = waitpid(self.pid, None);
        end_strays(None);
    }
}

fn reap(parent: Pid, control: &Control, child: &Process, listener: Option<&Listener>) -> io::Result<Ended> {
    control.send_command(&Command::Reap(child.pid))?;
    let mut asked = Asked {
        listener,
        may_fork: None,
        // One with gigabytes of memory has to work for its end.
        busy: vec![parent, child.pid],
    };
    match asked.receive_from(control)? {
        (Event::Ended(ended), _) => Ok(ended),
        (other, _) => Err(io::Error::other(format!(
            "{other:?} instead of the end of a child"
        ))),
    }
}

/// Kills what a candidate left behind: orphans become children of this process, which has one of its own.
pub fn end_strays(zygote: Option<Pid>) {
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
            // Both may fail for one that is gone; the next look tells.
            let _ = kill(stray, Signal::SIGKILL);
            let _ = waitpid(stray, None);
        }
    }
}
