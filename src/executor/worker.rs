//! One worker process: its start, one candidate at a time, its end.
//!
//! Knows nothing of queues or retries. A worker that misbehaves in any way is dead: see [`WorkerDied`]. One that is slow because
//! the machine is busy does not misbehave: its time limits do not run while it waits for the processor.

use std::io::Read;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, select};

use super::load::Timeout;
use super::protocol::{
    Claims, DoneBlobs, Outcome, PROTOCOL, Purpose, Reply, Request, read_frame, write_frame,
};
use super::{CancelToken, Limits, SandboxSupport, WorkerConfig, WorkerVersions};

/// How long the import of CadQuery may take, without the time in which it waits for the processor: seconds, or a minute
/// from a cold disk.
const START_LIMIT: Duration = Duration::from_secs(180);

/// How long a worker may stay silent, without the time in which it waits for the processor. While a candidate runs it
/// says so every second, however long that takes; what it does between two words takes less than a second, or a few to
/// have the kernel take down a candidate with gigabytes of memory.
const SILENCE: Duration = Duration::from_secs(20);

/// A program that was stopped itself has the worker's words before it when it goes on, but not yet read.
const SECOND_LOOK: Duration = Duration::from_secs(1);

/// How long a worker may take to end, or to stop a candidate, when asked.
const STOP_LIMIT: Duration = Duration::from_secs(1);

/// How much of a worker's own standard error is kept, in bytes.
const TAIL: usize = 8 << 10;

/// Variables a worker inherits. All others stay here: secrets have no business near candidate code.
pub(super) const INHERITED: [&str; 4] = ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"];

/// A running worker that has said hello.
pub struct Worker {
    child: Child,
    connection: Option<UnixStream>,
    replies: Receiver<Received>,
    words: Arc<Mutex<Vec<u8>>>,
    versions: WorkerVersions,
    sandbox: SandboxSupport,
    next_id: u64,
    /// Candidates that sleep while another one is run beside them.
    asleep: Vec<u64>,
    /// Those of them that ended before the other one did.
    ended: Vec<(u64, Received)>,
}

/// A candidate to run.
pub struct Run<'a> {
    /// Its code.
    pub code: &'a [u8],
    /// What it may use.
    pub limits: &'a Limits,
    /// What for.
    pub purpose: Purpose,
    /// Stops it.
    pub cancel: &'a CancelToken,
    /// Disconnects when the pool goes.
    pub closing: &'a Receiver<()>,
}

/// Why a worker is of no use any more, in one line and a hint.
#[derive(Debug)]
pub struct WorkerDied(pub String);

/// What came of one candidate.
pub enum Ran {
    /// It ended.
    Done(Box<Done>),
    /// It was cancelled, and the worker is free again.
    Cancelled,
}

/// A candidate's end.
pub struct Done {
    /// As the worker saw it.
    pub outcome: Outcome,
    /// Ran the code, ms.
    pub run_ms: f64,
    /// Meshed, exported and measured, ms.
    pub mesh_ms: f64,
    /// Steps that an earlier run had done already.
    pub resumed: u32,
    /// What the candidate said of its own run.
    pub claims: Claims,
    /// What goes with it.
    pub blobs: DoneBlobs,
}

type Received = Result<(Reply, Vec<Vec<u8>>), String>;

impl Worker {
    /// Starts a worker and waits until it is ready.
    ///
    /// The worker lives no longer than the calling thread. `gone` is called, from another thread, once its
    /// connection is closed; `closing` disconnects when the start is to be given up.
    pub fn start(
        config: &WorkerConfig,
        closing: &Receiver<()>,
        started: impl FnOnce(u32),
        gone: impl FnOnce() + Send + 'static,
    ) -> Result<Self, WorkerDied> {
        let (ours, theirs) =
            UnixStream::pair().map_err(|error| WorkerDied(format!("no socket for a worker: {error}")))?;
        let mut command = Command::new(&config.worker);
        command
            .arg("--python")
            .arg(&config.python)
            .args(["--parent", &std::process::id().to_string()])
            .args(["--patches", &config.patches])
            .env_clear()
            .envs(
                INHERITED
                    .iter()
                    .filter_map(|name| Some((name, std::env::var_os(name)?))),
            )
            .envs([("LC_ALL", "C.UTF-8"), ("TZ", "UTC")])
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Ctrl-C in a terminal is for the client, which decides what becomes of its workers.
            .process_group(0);
        let mut child = command.spawn().map_err(|error| {
            WorkerDied(format!(
                "{} cannot be started: {error}\nhint: build it with `make build`, or name it with CADFORGE_WORKER",
                config.worker.display()
            ))
        })?;
        // The command holds the other end of the socket: as long as it does, the worker's end goes unnoticed.
        drop(command);
        started(child.id());
        let words = Arc::default();
        if let Some(stderr) = child.stderr.take() {
            keep_tail(stderr, Arc::clone(&words));
        }
        let replies = listen(&ours, gone);
        let mut worker = Self {
            child,
            connection: Some(ours),
            replies: replies?,
            words,
            versions: WorkerVersions::default(),
            sandbox: SandboxSupport::default(),
            next_id: 0,
            asleep: Vec::new(),
            ended: Vec::new(),
        };
        (worker.versions, worker.sandbox) = worker.await_hello(closing)?;
        Ok(worker)
    }

    /// Versions inside.
    pub fn versions(&self) -> &WorkerVersions {
        &self.versions
    }

    /// What its candidates are confined by.
    pub fn sandbox(&self) -> &SandboxSupport {
        &self.sandbox
    }

    /// Runs one candidate. An error means that the worker must be replaced.
    ///
    /// A hand edit may go on from where an earlier one with the same beginning stands. A worker that is told of hand edits
    /// is told of nothing else while the pool has others, so that there is such a one.
    ///
    /// `beside` is called again and again while the candidate sleeps: its worker may run another one meanwhile.
    pub fn run(
        &mut self,
        run: &Run<'_>,
        beside: &mut dyn FnMut(&mut Self) -> Result<(), WorkerDied>,
    ) -> Result<Ran, WorkerDied> {
        self.next_id += 1;
        let id = self.next_id;
        let request = Request::Run {
            id,
            limits: run.limits.clone(),
            purpose: run.purpose,
        };
        self.say(&request, &[run.code])?;
        let mut silence = Timeout::new(SILENCE, vec![self.child.id()]);
        let mut deadline = crossbeam_channel::after(silence.left());
        let mut looked_twice = false;
        let never = crossbeam_channel::never();
        let mut cancelled = false;
        loop {
            let fired = if cancelled { &never } else { run.cancel.receiver() };
            select! {
                recv(self.replies) -> heard => {
                    let asleep = match heard.unwrap_or_else(|_| Err("it is gone".to_owned())) {
                        Ok((Reply::Running { id: of, asleep }, _)) => asleep && of == id,
                        Ok(frame @ (Reply::Done { id: of, .. }, _)) if self.asleep.contains(&of) => {
                            self.ended.push((of, Ok(frame)));
                            false
                        }
                        heard => return self.done(heard, id),
                    };
                    if asleep && !cancelled {
                        self.asleep.push(id);
                        beside(self)?;
                        self.asleep.pop();
                        if let Some(at) = self.ended.iter().position(|(of, _)| *of == id) {
                            let (_, heard) = self.ended.swap_remove(at);
                            return self.done(heard, id);
                        }
                    }
                    silence = Timeout::new(SILENCE, vec![self.child.id()]);
                    deadline = crossbeam_channel::after(silence.left());
                    looked_twice = false;
                }
                recv(fired) -> _ => {
                    cancelled = true;
                    // The caller has its answer already: there is all the time that the worker needs.
                    self.say(&Request::Cancel { id }, &[])?;
                }
                recv(run.closing) -> _ => return Err(WorkerDied("the pool is closing".to_owned())),
                recv(deadline) -> _ => {
                    let left = silence.left();
                    if left.is_zero() && looked_twice {
                        return Err(self.died("it did not answer in time"));
                    }
                    looked_twice = left.is_zero();
                    deadline = crossbeam_channel::after(left.max(SECOND_LOOK));
                }
            }
        }
    }

    fn done(&mut self, heard: Received, expected: u64) -> Result<Ran, WorkerDied> {
        match heard {
            Ok((
                Reply::Done {
                    id,
                    outcome,
                    run_ms,
                    mesh_ms,
                    resumed,
                    claims,
                    ..
                },
                blobs,
            )) if id == expected => {
                let blobs = DoneBlobs::from_blobs(blobs).map_err(|error| self.died(&error.to_string()))?;
                Ok(match outcome {
                    Outcome::Cancelled => Ran::Cancelled,
                    outcome => Ran::Done(Box::new(Done {
                        outcome,
                        run_ms,
                        mesh_ms,
                        resumed,
                        claims,
                        blobs,
                    })),
                })
            }
            Ok((Reply::Refused { message }, _)) => Err(WorkerDied(message)),
            Ok((reply, _)) => Err(self.died(&format!("it answered out of turn: {reply:?}"))),
            Err(reason) => Err(self.died(&reason)),
        }
    }

    fn await_hello(
        &mut self,
        closing: &Receiver<()>,
    ) -> Result<(WorkerVersions, SandboxSupport), WorkerDied> {
        let timeout = Timeout::with_children(START_LIMIT, self.child.id());
        let heard = loop {
            let left = timeout.left();
            if left.is_zero() {
                break Err(RecvTimeoutError::Timeout);
            }
            select! {
                recv(self.replies) -> heard => break heard.map_err(|_| RecvTimeoutError::Disconnected),
                recv(closing) -> _ => return Err(WorkerDied("the pool is closing".to_owned())),
                default(left) => {}
            }
        };
        match heard {
            Ok(Ok((
                Reply::Hello {
                    protocol: PROTOCOL,
                    versions,
                    sandbox,
                    ..
                },
                _,
            ))) => Ok((versions, sandbox)),
            Ok(Ok((Reply::Hello { protocol, .. }, _))) => Err(WorkerDied(format!(
                "the worker speaks protocol {protocol}, this program speaks {PROTOCOL}\n\
                 hint: both come from one build: make build"
            ))),
            Ok(Ok((Reply::Refused { message }, _))) => Err(WorkerDied(message)),
            Ok(Ok((reply, _))) => Err(self.died(&format!("it began with {reply:?}"))),
            Ok(Err(reason)) => Err(self.died(&reason)),
            Err(RecvTimeoutError::Disconnected) => Err(self.died("it is gone")),
            Err(RecvTimeoutError::Timeout) => Err(self.died("it was not ready in time")),
        }
    }

    fn say(&mut self, request: &Request, blobs: &[&[u8]]) -> Result<(), WorkerDied> {
        let Some(connection) = &mut self.connection else {
            return Err(self.died("it is gone"));
        };
        write_frame(connection, request, blobs).map_err(|error| self.died(&error.to_string()))
    }

    /// The worker's death with all that can be told of it.
    fn died(&mut self, reason: &str) -> WorkerDied {
        let status = self.stop();
        // The last words are on their way through a pipe whose other end is closed by now.
        thread::sleep(Duration::from_millis(20));
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        let words = String::from_utf8_lossy(&words);
        let words = words.trim();
        if words.contains("error while loading shared libraries") {
            return WorkerDied(format!(
                "the worker cannot load a library: {words}\n\
                 hint: it needs the libpython it was built with: install it (apt install libpython3-dev), or build \
                 again with `make build`"
            ));
        }
        let status = status.map_or_else(String::new, |status| format!(" ({status})"));
        let words = if words.is_empty() {
            String::new()
        } else {
            format!("; it said: {words}")
        };
        WorkerDied(format!(
            "the worker died: {reason}{status}{words}\nhint: `cadforge doctor` looks for the cause"
        ))
    }

    /// Ends the process, kindly first, and waits until it is gone.
    fn stop(&mut self) -> Option<ExitStatus> {
        if let Some(connection) = self.connection.take() {
            // The listening thread holds the same socket: closing is not enough.
            let _ = connection.shutdown(Shutdown::Both);
        }
        let deadline = Instant::now() + STOP_LIMIT;
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(2)),
                Ok(status) => return status,
                Err(_) => break,
            }
        }
        // Its candidate dies with it: children ask the system for that.
        let _ = self.child.kill();
        self.child.wait().ok()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Reads replies on a thread of its own, until the connection ends.
fn listen(
    connection: &UnixStream,
    gone: impl FnOnce() + Send + 'static,
) -> Result<Receiver<Received>, WorkerDied> {
    let refuse = |error: std::io::Error| WorkerDied(format!("a worker cannot be listened to: {error}"));
    // A worker that stops reading must not hold its client up for ever.
    connection.set_write_timeout(Some(SILENCE)).map_err(refuse)?;
    let mut connection = connection.try_clone().map_err(refuse)?;
    let (sender, receiver): (Sender<Received>, _) = bounded(1);
    thread::Builder::new()
        .name("worker-replies".to_owned())
        .spawn(move || {
            loop {
                let heard = match read_frame(&mut connection) {
                    Ok(Some(frame)) => Ok(frame),
                    Ok(None) => Err("it closed the connection".to_owned()),
                    Err(error) => Err(error.to_string()),
                };
                let last = heard.is_err();
                if sender.send(heard).is_err() || last {
                    break;
                }
            }
            drop(sender);
            gone();
        })
        .map_err(refuse)?;
    Ok(receiver)
}

fn keep_tail(mut stderr: impl Read + Send + 'static, words: Arc<Mutex<Vec<u8>>>) {
    let keep = move || {
        let mut buffer = [0; 1024];
        while let Ok(length @ 1..) = stderr.read(&mut buffer) {
            let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
            words.extend_from_slice(&buffer[..length]);
            let excess = words.len().saturating_sub(TAIL);
            words.drain(..excess);
        }
    };
    // Without it the worker blocks on its first few thousand lines, and is then replaced.
    let _ = thread::Builder::new().name("worker-words".to_owned()).spawn(keep);
}
