//! Monitors the processes of one candidate: collects their output and kills them when a limit is exceeded.
//! Reports why a process ended; the caller decides what that means for the candidate.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use cadforge_platform::load;
use cadforge_protocol::frame::{Purpose, Reply};
use cadforge_protocol::{Limits, RunSpec};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::chain::Prefix;
use crate::clock::{Clock, ProcessSample, Usage};
use crate::control::{Control, Event, Reuse};
use crate::exit_failure::Killed;
use crate::listener::Listener;
use crate::output::Output;
use crate::process_tree::Process;
use crate::scratch::Scratch;
use cadforge_platform::linux::{self, MemoryFile};

/// Interval between samples of CPU time and memory. With it, a limit of 20 s is exact to a thousandth.
const TICK: Duration = Duration::from_millis(20);

/// Most bytes of a preview: a candidate may write more.
const MAX_PREVIEW_BYTES: u64 = 64 << 20;

/// CPU seconds for finding the operation that made a shape invalid.
const DIAGNOSIS_CPU_S: f64 = 5.0;

/// Time for a child to dump its stack before it is killed, without the time in which it waits for the processor.
const STACK_DUMP_TIME: Duration = Duration::from_millis(300);

/// Upper bound of the same, including that time.
const MAX_STACK_DUMP_TIME: Duration = Duration::from_secs(5);

/// Interval of progress messages to the client.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// The same while the candidate sleeps: another candidate waits at most this long until it is run meanwhile.
const HEARTBEAT_ASLEEP: Duration = Duration::from_millis(50);

/// Seconds of sleep after which a candidate counts as sleeping. Honest candidates never sleep for so long.
const ASLEEP_AFTER_S: f64 = 0.1;

/// Requests of the client while a candidate runs.
pub(crate) enum Interruption {
    Cancel(u64),
    /// Run another candidate meanwhile.
    Run(Box<Candidate>),
    /// Run variants of a candidate that has built.
    Vary(u64, Vec<Vec<u8>>, Reuse),
}

/// A candidate as the client sends it.
pub(crate) struct Candidate {
    /// The client's id of the run; 0 for the worker's own trial run.
    pub(crate) id: u64,
    pub(crate) code: Vec<u8>,
    pub(crate) spec: RunSpec,
    pub(crate) purpose: Purpose,
    /// Whether the client is asked for variants of it, once it has built.
    pub(crate) varies: bool,
    /// Whether its stages are timed.
    pub(crate) timed: bool,
}

/// Connection to the client of a run.
pub(crate) trait Client {
    /// Readable when a message has arrived.
    fn connection(&self) -> BorrowedFd<'_>;

    /// Fails if the client is gone.
    fn receive(&mut self) -> io::Result<Interruption>;

    /// Fails if the client is gone.
    fn send(&mut self, reply: &Reply, blobs: &[&[u8]]) -> io::Result<()>;
}

pub(crate) enum ProcessEvent {
    Reported(Event),
    /// It has ended and is not reaped yet.
    Ended,
}

/// Monitors one candidate's run, over all its processes.
pub(crate) struct Monitor<'a> {
    /// Why the current process was killed.
    pub(crate) killed: Option<Killed>,
    /// CPU seconds of the run's earlier processes.
    pub(crate) cpu_before: f64,
    pub(crate) output: Output,
    id: u64,
    limits: &'a Limits,
    /// CPU seconds that the run may have used by the end of its current stage.
    cpu_limit_s: f64,
    /// The same for wall time.
    wall_limit_s: f64,
    clock: Clock,
    resident_limit: u64,
    pub(crate) client: &'a mut dyn Client,
    client_lost: Option<io::Error>,
    /// When the client was last notified that the candidate runs; `None` if a message is due.
    last_beat: Option<Instant>,
    /// When a concurrent candidate was started.
    concurrent_since: Option<Instant>,
    preview: Option<AwaitedPreview>,
}

/// A process that ran a candidate and makes a coarse mesh of it, while another one is monitored.
struct AwaitedPreview {
    pid: Pid,
    control: Control,
    file: MemoryFile,
}

impl<'a> Monitor<'a> {
    /// Starts the clock. `resident` is the zygote's memory in bytes; the zygote is one of `helpers`.
    pub(crate) fn new(
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
            concurrent_since: None,
            preview: None,
        }
    }

    /// From now on, passes the preview that `process` writes to `file` on to the client.
    pub(crate) fn await_preview(&mut self, process: &Process, file: &MemoryFile) -> io::Result<()> {
        self.preview = Some(AwaitedPreview {
            pid: process.pid,
            control: process.control.try_clone()?,
            file: MemoryFile::from_descriptor(file.share()?),
        });
        Ok(())
    }

    /// A preview that is not there yet is not needed any more.
    pub(crate) fn forget_preview(&mut self) {
        self.preview = None;
    }

    /// The process has reported something. Nothing depends on what it is: a candidate's code has run in it.
    fn pass_preview_on(&mut self) {
        let Some(AwaitedPreview { pid, control, file }) = self.preview.take() else {
            return;
        };
        if let Ok((Event::Previewed, sender)) = control.receive()
            && sender == pid
            && self.client_lost.is_none()
            && let Ok(bytes) = file.read(MAX_PREVIEW_BYTES)
        {
            let reply = Reply::Preview { id: self.id };
            if let Err(error) = self.client.send(&reply, &[&bytes]) {
                self.client_lost = Some(error);
            }
        }
    }

    pub(crate) fn wall_s(&self) -> f64 {
        self.clock.wall_s()
    }

    /// Starts the time limit of the mesh: earlier use by `process` does not count.
    pub(crate) fn begin_mesh(&mut self, process: &Process) {
        self.allow(process, self.limits.mesh_cpu_s);
    }

    /// Starts the time limit for diagnosing an invalid shape, whatever `process` has used so far.
    pub(crate) fn begin_diagnosis(&mut self, process: &Process) {
        self.allow(process, DIAGNOSIS_CPU_S);
    }

    /// Allows `process` this many CPU seconds from now on, and wall time in the usual proportion.
    pub(crate) fn allow(&mut self, process: &Process, cpu_s: f64) {
        let used = self.cpu_before + linux::cpu_s(process.pid).unwrap_or(0.0);
        self.cpu_limit_s = used + cpu_s;
        let more = Limits {
            cpu_s,
            ..*self.limits
        };
        self.wall_limit_s = self.clock.wall_s() + more.wall_s();
    }

    /// The candidate does not fail if the answer came too late.
    pub(crate) fn end_diagnosis(&mut self) {
        if matches!(
            self.killed,
            Some(Killed::Cpu | Killed::Idle | Killed::Wall | Killed::Memory | Killed::ProtocolViolation)
        ) {
            self.killed = None;
        }
    }

    /// Adds the use and the output of the steps that are not run again.
    pub(crate) fn resume(&mut self, prefix: &Prefix) {
        self.cpu_before = prefix.cpu_s;
        self.output.resume(prefix);
    }

    /// Use and output so far, for runs that will resume after this step.
    pub(crate) fn prefix(&mut self, process: &Process) -> io::Result<Prefix> {
        self.output.drain()?;
        Ok(Prefix {
            cpu_s: self.cpu_before + linux::cpu_s(process.pid).unwrap_or(0.0),
            stdout: self.output.stdout.bytes.clone(),
            stderr: self.output.stderr.bytes.clone(),
        })
    }

    /// Waits until `process` reports something or has ended; kills it at a limit. Fails once it has ended and the
    /// client is gone. The inner error is another candidate that is to be run first, because this one sleeps.
    pub(crate) fn next(
        &mut self,
        process: &Process,
        stack_dump: &MemoryFile,
        listener: Option<&Listener>,
        scratch: &Scratch,
    ) -> io::Result<Result<ProcessEvent, Box<Candidate>>> {
        let mut next_sample = Instant::now() + TICK;
        let mut control_closed = false;
        // A limit that ended one process of a run ends the run, even if that process had just reported success.
        if self.killed.is_some() || self.client_lost.is_some() {
            process.end();
        }
        let mut concurrent_since = self.concurrent_since.take();
        match concurrent_since {
            None => self.clock.restart(),
            // It may have waited for the supervisor all the time.
            Some(since) if self.awaits_supervisor(process, listener) => self.clock.exclude(since.elapsed()),
            Some(_) => (next_sample, self.last_beat) = (Instant::now(), None),
        }
        loop {
            let now = Instant::now();
            if now >= next_sample {
                next_sample = now + TICK;
                if self.killed.is_none() {
                    self.killed =
                        self.exceeded_limit(process, listener, scratch, concurrent_since.take().is_some());
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
                        self.concurrent_since = Some(Instant::now());
                        return Ok(Err(candidate));
                    }
                    // Of a candidate that has ended.
                    Ok(Interruption::Cancel(_)) => {}
                    answer @ (Ok(Interruption::Vary(..)) | Err(_)) => {
                        let unexpected = || io::Error::other("unexpected variants");
                        self.client_lost = Some(answer.err().unwrap_or_else(unexpected));
                        process.end();
                    }
                }
            }
            if ready.preview {
                self.pass_preview_on();
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
            if ready.reported && !control_closed {
                match process.control.receive() {
                    Ok((event, sender)) if sender == process.pid => {
                        return Ok(Ok(ProcessEvent::Reported(event)));
                    }
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => control_closed = true,
                    Ok(_) | Err(_) => {
                        self.killed.get_or_insert(Killed::ProtocolViolation);
                        control_closed = true;
                        process.end();
                    }
                }
            } else if ready.ended {
                return Ok(Ok(ProcessEvent::Ended));
            }
        }
    }

    /// Whether nobody waits for the candidate any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.killed == Some(Killed::Cancelled) || self.client_lost.is_some()
    }

    /// Fails if the client is gone. To be called once all processes have ended.
    pub(crate) fn check_client(&mut self) -> io::Result<()> {
        self.client_lost.take().map_or(Ok(()), Err)
    }

    /// Reads the rest of the output.
    pub(crate) fn drain(&mut self) -> io::Result<()> {
        if self.output.drain()? {
            self.killed.get_or_insert(Killed::Flood);
        }
        Ok(())
    }

    /// The limit that the process exceeds, if any.
    fn exceeded_limit(
        &mut self,
        process: &Process,
        listener: Option<&Listener>,
        scratch: &Scratch,
        long: bool,
    ) -> Option<Killed> {
        let usage = self.sample(process, listener, long);
        let resident = linux::memory(process.pid).map_or(0, |(_, resident)| resident);
        if resident > self.resident_limit {
            Some(Killed::Memory)
        } else if self.cpu_before + usage.cpu_s >= self.cpu_limit_s {
            Some(Killed::Cpu)
        } else if self.clock.slept_s() >= self.limits.idle_s() {
            Some(Killed::Idle)
        } else if self.is_past_wall_limit(usage) {
            // Where both limits are equal, either may be noticed first.
            let (idle_s, wall_s) = (self.limits.idle_s(), self.wall_limit_s);
            let asleep = idle_s >= wall_s && self.clock.slept_s() > 0.5 * wall_s;
            Some(if asleep { Killed::Idle } else { Killed::Wall })
        } else if scratch.is_too_full() {
            Some(Killed::Files)
        } else {
            None
        }
    }

    fn sample(&mut self, process: &Process, listener: Option<&Listener>, long: bool) -> Usage {
        let mut sample = ProcessSample::at(process.pid, self.clock.wall_s());
        // Checked after the sample: the process may have begun to wait since.
        sample.asleep = sample.asleep && !self.awaits_supervisor(process, listener);
        self.clock.record(process.pid, sample, long)
    }

    /// Whether a report, output or a request of the process is still unread.
    fn awaits_supervisor(&self, process: &Process, listener: Option<&Listener>) -> bool {
        self.wait(process, listener, Duration::ZERO)
            .is_ok_and(|ready| ready.reported || ready.printed || ready.listener)
    }

    /// The kernel accounts a wait for the processor when it ends: a waiting process is not judged before.
    fn is_past_wall_limit(&mut self, usage: Usage) -> bool {
        let wall_s = self.wall_limit_s;
        self.clock.wall_s() >= wall_s && !usage.waits && self.clock.unblocked_s() >= wall_s
    }

    /// Tells the client that the candidate runs and the worker is alive.
    fn report_progress(&mut self) {
        let asleep = self.killed.is_none() && self.clock.asleep_s() >= ASLEEP_AFTER_S;
        let beat = if asleep { HEARTBEAT_ASLEEP } else { HEARTBEAT };
        let due = self.last_beat.is_none_or(|at| at.elapsed() >= beat);
        if self.id == 0 || !due || self.client_lost.is_some() {
            return;
        }
        // A client that does not read must not block the monitoring.
        let mut interest = [PollFd::new(self.client.connection(), PollFlags::POLLOUT)];
        if poll(&mut interest, PollTimeout::ZERO).is_ok_and(|ready| ready > 0) {
            self.last_beat = Some(Instant::now());
            // A closed connection is noticed when it is read.
            let _ = self.client.send(&Reply::Running { id: self.id, asleep }, &[]);
        }
    }

    /// Waits for events, at most for `at_most`.
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
        let preview_at = interests.len();
        if let Some(preview) = &self.preview {
            interests.push(PollFd::new(preview.control.as_fd(), PollFlags::POLLIN));
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
        let is_ready = |at: usize| {
            let events = interests.get(at).and_then(PollFd::revents);
            events.is_some_and(|events| events.contains(PollFlags::POLLIN))
        };
        Ok(Ready {
            ended: ready(0),
            reported: ready(1),
            printed: (printed_at..client_at).any(ready),
            client: client_at < preview_at && ready(client_at),
            preview: preview_at < listener_at && ready(preview_at),
            listener: is_ready(listener_at),
        })
    }
}

struct Ready {
    ended: bool,
    reported: bool,
    printed: bool,
    client: bool,
    preview: bool,
    listener: bool,
}

/// Makes a child dump its stack; the interpreter's fault handler answers even inside the kernel's C++.
fn request_stack_dump(child: &Process, stack_dump: &MemoryFile) {
    if linux::signal(&child.handle, Signal::SIGUSR1).is_err() {
        return;
    }
    let pid = child.pid.as_raw().unsigned_abs();
    let delay_s = || load::run_delay_s(pid).unwrap_or(0.0);
    let (requested, delay_before) = (Instant::now(), delay_s());
    let cpu_before = linux::cpu_s(child.pid);
    while requested.elapsed() < MAX_STACK_DUMP_TIME {
        std::thread::sleep(Duration::from_millis(4));
        // The outermost frame is written last.
        let words = stack_dump.read(1 << 20).unwrap_or_default();
        if String::from_utf8_lossy(&words).contains("in <module>") {
            return;
        }
        let waited = Duration::try_from_secs_f64(delay_s() - delay_before).unwrap_or_default();
        // The kernel reports the wait when the process runs again.
        let waits = load::state(pid) == Some('R') && linux::cpu_s(child.pid) == cpu_before;
        if requested.elapsed() >= STACK_DUMP_TIME + waited && !waits {
            return;
        }
    }
}
