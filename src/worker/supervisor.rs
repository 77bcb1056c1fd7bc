//! Watches the processes of one candidate, keeps their output, ends them when it must.
//!
//! Decides why a process ended, not what that is worth.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use cadforge_platform::load;
use cadforge_protocol::Limits;
use cadforge_protocol::frame::{Purpose, Reply};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, read};

use crate::chain::Prefix;
use crate::clock::{Clock, ProcessSample, Seen};
use crate::control::Event;
use crate::listener::Listener;
use crate::process_tree::Process;
use crate::scratch::Scratch;
use cadforge_platform::linux::{self, Ended, MemoryFile};

/// How often CPU time and memory are looked at. Below it, a limit of 20 s is kept to a thousandth.
const TICK: Duration = Duration::from_millis(20);

/// CPU seconds for the search of what made a shape invalid.
const DIAGNOSIS: f64 = 5.0;

/// How long a child that is about to be killed may take to say where it is, without the time in which it waits for the
/// processor.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// The same with that time, whatever it does.
const LAST_WORDS_AT_MOST: Duration = Duration::from_secs(5);

/// How often the client hears that the candidate runs.
const BEAT: Duration = Duration::from_secs(1);

/// How often while it sleeps: so long another candidate may wait at most until it is run meanwhile.
const BEAT_ASLEEP: Duration = Duration::from_millis(50);

/// From when on it sleeps. Honest candidates never do for so long.
const ASLEEP: f64 = 0.1;

/// Why the supervisor killed a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Killed {
    /// CPU limit.
    Cpu,
    /// It slept for longer than it may.
    Idle,
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

/// What the client asks for while a candidate runs.
pub enum Interruption {
    /// Stop that candidate.
    Cancel(u64),
    /// Run another one meanwhile.
    Run(Box<Candidate>),
}

/// A candidate as the client hands it over.
pub struct Candidate {
    /// The client's name for the run; 0 for one that no client asked for.
    pub id: u64,
    /// The code.
    pub code: Vec<u8>,
    /// What it may use.
    pub limits: Limits,
    /// What it is run for.
    pub purpose: Purpose,
}

/// The client's side of a run.
pub trait Client {
    /// Readable when it has something to say.
    fn connection(&self) -> BorrowedFd<'_>;

    /// Hears it; an error if it is gone.
    fn receive(&mut self) -> io::Result<Interruption>;

    /// Tells it; an error if it is gone.
    fn send(&mut self, reply: &Reply, blobs: &[&[u8]]) -> io::Result<()>;
}

/// What happens to a watched process.
pub enum ProcessEvent {
    /// It says something.
    Said(Event),
    /// It has ended, and is not buried yet.
    Ended,
}

/// One candidate's run, over all its processes.
pub struct Monitor<'a> {
    /// Why what runs now was killed.
    pub killed: Option<Killed>,
    /// CPU seconds used by processes before the one that is watched.
    pub cpu_before: f64,
    /// What was printed.
    pub output: Output,
    id: u64,
    limits: &'a Limits,
    /// CPU seconds that what runs now may have used, with those before it.
    cpu_limit_s: f64,
    /// The same in wall time.
    wall_limit_s: f64,
    clock: Clock,
    resident_limit: u64,
    /// Hears how it goes.
    pub client: &'a mut dyn Client,
    client_lost: Option<io::Error>,
    /// When the client last heard that the candidate runs; `None` if it is to hear it now.
    last_beat: Option<Instant>,
    /// Since when another candidate was run.
    elsewhere: Option<Instant>,
}

impl<'a> Monitor<'a> {
    /// Starts the clock. `resident` is the zygote's memory, which is one of `helpers`.
    pub fn new(
        id: u64,
        limits: &'a Limits,
        resident: u64,
        helpers: &[Pid],
        output: Output,
        client: &'a mut dyn Client,
    ) -> Self {
        Self {
            killed: None,
            cpu_before: 0.0,
            output,
            id,
            limits,
            cpu_limit_s: limits.cpu_s,
            wall_limit_s: limits.wall_s(),
            clock: Clock::start(helpers),
            resident_limit: resident.saturating_add(limits.memory_mb.saturating_mul(1 << 20)),
            client,
            client_lost: None,
            last_beat: Some(Instant::now()),
            elsewhere: None,
        }
    }

    /// Wall time so far.
    pub fn wall_s(&self) -> f64 {
        self.clock.wall_s()
    }

    /// Begins the time for the mesh: what `process` has used until now is no part of it.
    pub fn begin_mesh(&mut self, process: &Process) {
        self.allow(process, self.limits.mesh_cpu_s);
    }

    /// Gives `process` a moment to answer a question about its shape, whatever it has used so far.
    pub fn begin_diagnosis(&mut self, process: &Process) {
        self.allow(process, DIAGNOSIS);
    }

    /// Gives `process` so many CPU seconds from now on, and wall time in the usual proportion.
    fn allow(&mut self, process: &Process, cpu_s: f64) {
        let used = self.cpu_before + linux::cpu_s(process.pid).unwrap_or(0.0);
        self.cpu_limit_s = used + cpu_s;
        let more = Limits {
            cpu_s,
            ..self.limits.clone()
        };
        self.wall_limit_s = self.clock.wall_s() + more.wall_s();
    }

    /// Whether it answered in time is no matter of the candidate's.
    pub fn end_diagnosis(&mut self) {
        if matches!(
            self.killed,
            Some(Killed::Cpu | Killed::Idle | Killed::Wall | Killed::Memory | Killed::Nonsense)
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
    /// client is gone. What comes of it may also be another candidate that is to be run first, if this one sleeps.
    pub fn next(
        &mut self,
        process: &Process,
        stack_dump: &MemoryFile,
        listener: Option<&Listener>,
        scratch: &Scratch,
    ) -> io::Result<Result<ProcessEvent, Box<Candidate>>> {
        let mut next_look = Instant::now() + TICK;
        let mut deaf = false;
        // What ended one process of a run ends all of it, though that one had just said that it was done.
        if self.killed.is_some() || self.client_lost.is_some() {
            process.end();
        }
        let mut elsewhere = self.elsewhere.take();
        match elsewhere {
            None => self.clock.restart(),
            // It may have waited for us all the time.
            Some(since) if self.waits_for_us(process, listener) => self.clock.forgive(since.elapsed()),
            Some(_) => (next_look, self.last_beat) = (Instant::now(), None),
        }
        loop {
            let now = Instant::now();
            if now >= next_look {
                next_look = now + TICK;
                if self.killed.is_none() {
                    self.killed = self.judge(process, listener, scratch, elsewhere.take().is_some());
                    if self.killed.is_some() {
                        request_stack_dump(process, stack_dump);
                        process.end();
                    }
                }
                self.report_progress();
            }

            let ready = self.wait(process, listener, TICK)?;
            if ready.client {
                match self.client.receive() {
                    Ok(Interruption::Cancel(id)) if id == self.id => {
                        self.killed.get_or_insert(Killed::Cancelled);
                        process.end();
                    }
                    Ok(Interruption::Run(candidate)) => {
                        self.elsewhere = Some(Instant::now());
                        return Ok(Err(candidate));
                    }
                    // Of one that has ended.
                    Ok(Interruption::Cancel(_)) => {}
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
                match process.control.receive() {
                    Ok((event, sender)) if sender == process.pid => return Ok(Ok(ProcessEvent::Said(event))),
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => deaf = true,
                    Ok(_) | Err(_) => {
                        self.killed.get_or_insert(Killed::Nonsense);
                        deaf = true;
                        process.end();
                    }
                }
            } else if ready.ended {
                return Ok(Ok(ProcessEvent::Ended));
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

    /// Why the process has to be ended, if it has to.
    fn judge(
        &mut self,
        process: &Process,
        listener: Option<&Listener>,
        scratch: &Scratch,
        long: bool,
    ) -> Option<Killed> {
        let seen = self.look(process, listener, long);
        let resident = linux::memory(process.pid).map_or(0, |(_, resident)| resident);
        if resident > self.resident_limit {
            Some(Killed::Memory)
        } else if self.cpu_before + seen.cpu_s >= self.cpu_limit_s {
            Some(Killed::Cpu)
        } else if self.clock.slept_s() >= self.limits.idle_s() {
            Some(Killed::Idle)
        } else if self.is_past_wall_limit(seen) {
            // Where both limits are one, either may be seen first.
            let (idle_s, wall_s) = (self.limits.idle_s(), self.wall_limit_s);
            let asleep = idle_s >= wall_s && self.clock.slept_s() > 0.5 * wall_s;
            Some(if asleep { Killed::Idle } else { Killed::Wall })
        } else if scratch.is_too_full() {
            Some(Killed::Files)
        } else {
            None
        }
    }

    fn look(&mut self, process: &Process, listener: Option<&Listener>, long: bool) -> Seen {
        let mut look = ProcessSample::at(process.pid, self.clock.wall_s());
        // Asked after the look, or it could have begun to wait since.
        look.asleep = look.asleep && !self.waits_for_us(process, listener);
        self.clock.note(process.pid, look, long)
    }

    /// Whether it has said, printed or asked something that is still to be taken from it.
    fn waits_for_us(&self, process: &Process, listener: Option<&Listener>) -> bool {
        self.wait(process, listener, Duration::ZERO)
            .is_ok_and(|ready| ready.said || ready.printed || ready.listener)
    }

    /// A process that waits for the processor has its account of that when it gets it: it is not judged before.
    fn is_past_wall_limit(&mut self, seen: Seen) -> bool {
        let wall_s = self.wall_limit_s;
        self.clock.wall_s() >= wall_s && !seen.waits && self.clock.own_s() >= wall_s
    }

    /// Says that the candidate runs, so that the client knows that this worker does.
    fn report_progress(&mut self) {
        let asleep = self.killed.is_none() && self.clock.asleep_s() >= ASLEEP;
        let beat = if asleep { BEAT_ASLEEP } else { BEAT };
        let due = self.last_beat.is_none_or(|at| at.elapsed() >= beat);
        if self.id == 0 || !due || self.client_lost.is_some() {
            return;
        }
        // A client that does not listen must not keep the candidate from being watched.
        let mut interest = [PollFd::new(self.client.connection(), PollFlags::POLLOUT)];
        if poll(&mut interest, PollTimeout::ZERO).is_ok_and(|ready| ready > 0) {
            self.last_beat = Some(Instant::now());
            // That it is gone will be heard.
            let _ = self.client.send(&Reply::Running { id: self.id, asleep }, &[]);
        }
    }

    /// What has happened, waiting for it at most so long.
    fn wait(&self, process: &Process, listener: Option<&Listener>, at_most: Duration) -> io::Result<Ready> {
        let mut interests = vec![
            PollFd::new(process.handle.as_fd(), PollFlags::POLLIN),
            PollFd::new(process.control.as_fd(), PollFlags::POLLIN),
        ];
        let printed_at = interests.len();
        interests.extend(
            self.output
                .open()
                .map(|pipe| PollFd::new(pipe, PollFlags::POLLIN)),
        );
        let client_at = interests.len();
        if self.client_lost.is_none() {
            interests.push(PollFd::new(self.client.connection(), PollFlags::POLLIN));
        }
        let listener_at = interests.len();
        interests.extend(listener.map(|listener| PollFd::new(listener.as_fd(), PollFlags::POLLIN)));
        match poll(
            &mut interests,
            PollTimeout::try_from(at_most).unwrap_or(PollTimeout::MAX),
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
            printed: (printed_at..client_at).any(ready),
            client: client_at < listener_at && ready(client_at),
            listener: asked(listener_at),
        })
    }
}

struct Ready {
    ended: bool,
    said: bool,
    printed: bool,
    client: bool,
    listener: bool,
}

/// Asks a child where it is; the interpreter's fault handler answers even inside the kernel's C++.
fn request_stack_dump(child: &Process, stack_dump: &MemoryFile) {
    if linux::signal(&child.handle, Signal::SIGUSR1).is_err() {
        return;
    }
    let pid = child.pid.as_raw().unsigned_abs();
    let delay_s = || load::run_delay_s(pid).unwrap_or(0.0);
    let (asked, delay_before) = (Instant::now(), delay_s());
    let cpu_before = linux::cpu_s(child.pid);
    while asked.elapsed() < LAST_WORDS_AT_MOST {
        std::thread::sleep(Duration::from_millis(4));
        // The outermost frame is told last.
        let words = stack_dump.read(1 << 20).unwrap_or_default();
        if String::from_utf8_lossy(&words).contains("in <module>") {
            return;
        }
        let waited = Duration::try_from_secs_f64(delay_s() - delay_before).unwrap_or_default();
        // How long it has waited shows when it has the processor again.
        let waits = load::state(pid) == Some('R') && linux::cpu_s(child.pid) == cpu_before;
        if asked.elapsed() >= LAST_WORDS + waited && !waits {
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
