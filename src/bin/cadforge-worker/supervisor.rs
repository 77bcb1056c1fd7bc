//! Watches the processes of one candidate, keeps their output, ends them when it must.
//!
//! Decides why a process ended, not what that is worth.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use cadforge::executor::Limits;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::read;

use crate::chain::Prefix;
use crate::control::News;
use crate::family::Process;
use crate::linux::{self, Ended, MemoryFile};
use crate::listener::Listener;
use crate::scratch::Scratch;

/// The wall limit is this many times the CPU limit.
pub const WALL_FACTOR: f64 = 3.0;

/// How often CPU time and memory are looked at. Below it, a limit of 20 s is kept to a thousandth.
const TICK: Duration = Duration::from_millis(20);

/// CPU seconds for the search of what made a shape invalid.
const DIAGNOSIS: f64 = 5.0;

/// How long a child that is about to be killed may take to say where it is.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Why the supervisor killed a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Killed {
    /// CPU limit.
    Cpu,
    /// Wall limit.
    Wall,
    /// Memory limit.
    Memory,
    /// Output limit.
    Flood,
    /// More files than may be written.
    Files,
    /// It told what no child tells.
    Nonsense,
    /// The client asked.
    Cancelled,
}

/// All that is known of a child once it is gone.
pub struct Observed {
    /// Set if the supervisor killed it.
    pub killed: Option<Killed>,
    /// Exit status and use of resources.
    pub ended: Ended,
    /// CPU seconds of the whole run, with what was not run again.
    pub cpu_s: f64,
    /// Whether it ended without leaving a report.
    pub silent: bool,
}

/// What the client's connection asks for while a candidate runs.
pub enum Interruption {
    /// Nothing that concerns this candidate.
    None,
    /// Stop it.
    Cancel,
}

/// What happens to a watched process.
pub enum Event {
    /// It says something.
    Said(News),
    /// It has ended, and is not buried yet.
    Ended,
}

/// One candidate's run, over all its processes.
pub struct Watch<'a> {
    /// Why what runs now was killed.
    pub killed: Option<Killed>,
    /// CPU seconds used by processes before the one that is watched.
    pub cpu_before: f64,
    /// What was printed.
    pub output: Output,
    limits: &'a Limits,
    /// CPU seconds that what runs now may have used, with those before it.
    cpu_limit_s: f64,
    started: Instant,
    resident_limit: u64,
    client: BorrowedFd<'a>,
    client_lost: Option<io::Error>,
    interrupted: &'a mut dyn FnMut() -> io::Result<Interruption>,
}

impl<'a> Watch<'a> {
    /// Starts the clock. `resident` is the zygote's memory, `interrupted` is called whenever `client` is readable;
    /// its error means that the client is gone.
    pub fn new(
        limits: &'a Limits,
        resident: u64,
        output: Output,
        client: BorrowedFd<'a>,
        interrupted: &'a mut dyn FnMut() -> io::Result<Interruption>,
    ) -> Self {
        Self {
            killed: None,
            cpu_before: 0.0,
            output,
            limits,
            cpu_limit_s: limits.cpu_s,
            started: Instant::now(),
            resident_limit: resident.saturating_add(limits.memory_mb.saturating_mul(1 << 20)),
            client,
            client_lost: None,
            interrupted,
        }
    }

    /// Wall time so far.
    pub fn wall_s(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Begins the time for the mesh: what `process` has used until now is no part of it.
    pub fn begin_mesh(&mut self, process: &Process) {
        let used = self.cpu_before + linux::cpu_s(process.pid).unwrap_or(0.0);
        self.cpu_limit_s = used + self.limits.mesh_cpu_s;
    }

    /// Gives `process` a moment to answer a question about its shape, whatever it has used so far.
    pub fn begin_diagnosis(&mut self, process: &Process) {
        let used = self.cpu_before + linux::cpu_s(process.pid).unwrap_or(0.0);
        self.cpu_limit_s = used + DIAGNOSIS;
    }

    /// Whether it answered in time is no matter of the candidate's.
    pub fn end_diagnosis(&mut self) {
        if matches!(
            self.killed,
            Some(Killed::Cpu | Killed::Wall | Killed::Memory | Killed::Nonsense)
        ) {
            self.killed = None;
        }
    }

    /// What a run that goes on from elsewhere has behind it.
    pub fn resume(&mut self, prefix: &Prefix) {
        self.cpu_before = prefix.cpu_s;
        self.output.resume(prefix);
    }

    /// What a run that is to go on from here will have behind it.
    pub fn prefix(&mut self, process: &Process) -> io::Result<Prefix> {
        self.output.drain()?;
        Ok(Prefix {
            cpu_s: self.cpu_before + linux::cpu_s(process.pid).unwrap_or(0.0),
            stdout: self.output.stdout.bytes.clone(),
            stderr: self.output.stderr.bytes.clone(),
        })
    }

    /// Waits until `process` says something or has ended; ends it when it must. An error once it has ended and the
    /// client is gone.
    pub fn next(
        &mut self,
        process: &Process,
        last_words: &MemoryFile,
        listener: Option<&Listener>,
        scratch: &Scratch,
    ) -> io::Result<Event> {
        let wall_limit = Duration::try_from_secs_f64(self.cpu_limit_s * WALL_FACTOR).unwrap_or(Duration::MAX);
        let mut next_look = Instant::now() + TICK;
        let mut deaf = false;
        // What ended one process of a run ends all of it, though that one had just said that it was done.
        if self.killed.is_some() || self.client_lost.is_some() {
            process.end();
        }
        loop {
            let now = Instant::now();
            if self.killed.is_none() && now >= next_look {
                next_look = now + TICK;
                let cpu_s = self.cpu_before + linux::cpu_s(process.pid).unwrap_or(0.0);
                let resident = linux::memory(process.pid).map_or(0, |(_, resident)| resident);
                self.killed = if resident > self.resident_limit {
                    Some(Killed::Memory)
                } else if cpu_s >= self.cpu_limit_s {
                    Some(Killed::Cpu)
                } else if now - self.started >= wall_limit {
                    Some(Killed::Wall)
                } else if scratch.is_too_full() {
                    Some(Killed::Files)
                } else {
                    None
                };
                if self.killed.is_some() {
                    ask_last_words(&process.handle, last_words);
                    process.end();
                }
            }

            let ready = self.wait(process, listener)?;
            if ready.client {
                match (self.interrupted)() {
                    Ok(Interruption::None) => {}
                    Ok(Interruption::Cancel) => {
                        self.killed.get_or_insert(Killed::Cancelled);
                        process.end();
                    }
                    Err(error) => {
                        self.client_lost = Some(error);
                        process.end();
                    }
                }
            }
            if ready.listener
                && let Some(listener) = listener
            {
                listener.answer(&mut None)?;
            }
            if self.output.drain()? && self.killed.is_none() && !ready.ended {
                self.killed = Some(Killed::Flood);
                process.end();
            }
            if ready.said && !deaf {
                match process.control.hear() {
                    Ok((news, sender)) if sender == process.pid => return Ok(Event::Said(news)),
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => deaf = true,
                    Ok(_) | Err(_) => {
                        self.killed.get_or_insert(Killed::Nonsense);
                        deaf = true;
                        process.end();
                    }
                }
            } else if ready.ended {
                return Ok(Event::Ended);
            }
        }
    }

    /// An error if the client is gone; to be asked once all processes have ended.
    pub fn client_is_there(&mut self) -> io::Result<()> {
        self.client_lost.take().map_or(Ok(()), Err)
    }

    /// Takes what is left in the pipes.
    pub fn drain(&mut self) -> io::Result<()> {
        if self.output.drain()? {
            self.killed.get_or_insert(Killed::Flood);
        }
        Ok(())
    }

    fn wait(&self, process: &Process, listener: Option<&Listener>) -> io::Result<Ready> {
        let mut interests = vec![
            PollFd::new(process.handle.as_fd(), PollFlags::POLLIN),
            PollFd::new(process.control.as_fd(), PollFlags::POLLIN),
        ];
        interests.extend(
            self.output
                .open()
                .map(|pipe| PollFd::new(pipe, PollFlags::POLLIN)),
        );
        let client_at = self.client_lost.is_none().then_some(interests.len());
        if client_at.is_some() {
            interests.push(PollFd::new(self.client, PollFlags::POLLIN));
        }
        let listener_at = interests.len();
        interests.extend(listener.map(|listener| PollFd::new(listener.as_fd(), PollFlags::POLLIN)));
        match poll(
            &mut interests,
            PollTimeout::try_from(TICK).unwrap_or(PollTimeout::MAX),
        ) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready = |at: usize| {
            interests
                .get(at)
                .is_some_and(|interest| interest.any().unwrap_or(false))
        };
        let asked = |at: usize| {
            let events = interests.get(at).and_then(PollFd::revents);
            events.is_some_and(|events| events.contains(PollFlags::POLLIN))
        };
        Ok(Ready {
            ended: ready(0),
            said: ready(1),
            client: client_at.is_some_and(ready),
            listener: asked(listener_at),
        })
    }
}

struct Ready {
    ended: bool,
    said: bool,
    client: bool,
    listener: bool,
}

/// Asks a child where it is; the interpreter's fault handler answers even inside the kernel's C++.
fn ask_last_words(child: &OwnedFd, last_words: &MemoryFile) {
    if linux::signal(child, Signal::SIGUSR1).is_err() {
        return;
    }
    let deadline = Instant::now() + LAST_WORDS;
    while Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(4));
        // The outermost frame is told last.
        let words = last_words.read(1 << 20).unwrap_or_default();
        if String::from_utf8_lossy(&words).contains("in <module>") {
            return;
        }
    }
}

/// Both outputs of a candidate, kept up to a common limit.
pub struct Output {
    /// Standard output.
    pub stdout: Stream,
    /// Standard error.
    pub stderr: Stream,
    left: u64,
}

/// A pipe and what came out of it.
pub struct Stream {
    pipe: Option<OwnedFd>,
    /// As printed.
    pub bytes: Vec<u8>,
}

impl Output {
    /// Of pipes whose read ends do not block.
    pub fn new(stdout: OwnedFd, stderr: OwnedFd, limit: u64) -> Self {
        let stream = |pipe| Stream {
            pipe: Some(pipe),
            bytes: Vec::new(),
        };
        Self {
            stdout: stream(stdout),
            stderr: stream(stderr),
            left: limit,
        }
    }

    /// Begins with what was printed before.
    fn resume(&mut self, prefix: &Prefix) {
        for (stream, printed) in [
            (&mut self.stdout, &prefix.stdout),
            (&mut self.stderr, &prefix.stderr),
        ] {
            stream.bytes.clone_from(printed);
            self.left = self.left.saturating_sub(printed.len() as u64);
        }
    }

    fn open(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        [&self.stdout, &self.stderr]
            .into_iter()
            .filter_map(|stream| stream.pipe.as_ref())
            .map(AsFd::as_fd)
    }

    /// Takes what is there; `true` once there was more than the limit.
    fn drain(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 16 << 10];
        for stream in [&mut self.stdout, &mut self.stderr] {
            while let Some(pipe) = &stream.pipe {
                match read(pipe, &mut buffer) {
                    Ok(0) => stream.pipe = None,
                    Ok(length) => {
                        let kept = length.min(usize::try_from(self.left).unwrap_or(usize::MAX));
                        stream.bytes.extend_from_slice(&buffer[..kept]);
                        self.left -= kept as u64;
                        if kept < length {
                            return Ok(true);
                        }
                    }
                    Err(Errno::EAGAIN) => break,
                    Err(Errno::EINTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(false)
    }
}
