//! One worker process: start, runs, end.
//!
//! Independent of queues and retries. A worker that misbehaves in any way counts as dead: see [`WorkerDied`]. A worker
//! that is slow on a busy machine does not misbehave: its time-outs do not run while it waits for the processor.

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

use super::cancel::CancelToken;
use super::config::WorkerConfig;
use super::stages;
use super::vary::{Variants, Vary};
use cadforge_platform::kernel::SandboxSupport;
use cadforge_platform::load::Timeout;
use cadforge_protocol::frame::{
    Claims, DoneBlobs, Outcome, PROTOCOL, Purpose, Reply, Request, read_frame, write_frame,
};
use cadforge_protocol::{RunSpec, WorkerVersions};

/// Time-out for importing CadQuery, without the time in which the worker waits for the processor. The import takes
/// seconds, or a minute from a cold disk.
const START_TIMEOUT: Duration = Duration::from_secs(180);

/// Time-out for messages of the worker, without the time in which it waits for the processor. While a candidate runs,
/// the worker reports progress every second; between two messages it works for less than a second, or for a few while
/// the kernel frees gigabytes of a candidate's memory.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(20);

/// Extra time-out: if this program was suspended itself, messages have arrived that are not read yet.
const EXTRA_TIMEOUT: Duration = Duration::from_secs(1);

/// Time-out for a worker to end, or to stop a candidate, on request.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// Bytes of a worker's standard error that are kept.
const STDERR_TAIL_BYTES: usize = 8 << 10;

/// Environment variables that a worker inherits. Others may hold secrets, which must not reach candidate code.
pub(super) const INHERITED_VARIABLES: [&str; 4] = ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"];

/// A running worker that has sent its hello.
pub(crate) struct Worker {
    child: Child,
    connection: Option<UnixStream>,
    replies: Receiver<Received>,
    stderr_tail: Arc<Mutex<Vec<u8>>>,
    versions: WorkerVersions,
    sandbox: SandboxSupport,
    next_id: u64,
    /// Sleeping candidates, beside which another one runs.
    asleep: Vec<u64>,
    /// Whether a variant of the current candidate was interrupted.
    interrupted: bool,
    /// Whether runs are timed.
    timed: bool,
    /// Those of them that ended before the other one.
    ended: Vec<(u64, Received)>,
}

pub(crate) struct Run<'a> {
    pub(crate) code: &'a [u8],
    pub(crate) vary: Option<&'a dyn Vary>,
    pub(crate) spec: &'a RunSpec,
    pub(crate) purpose: Purpose,
    /// Receives a coarse mesh of a hand edit, as the worker sent it.
    pub(crate) preview: Option<&'a Sender<Vec<u8>>>,
    pub(crate) cancel: &'a CancelToken,
    /// Disconnects when the pool is dropped.
    pub(crate) closing: &'a Receiver<()>,
}

/// Why a worker cannot be used any more, in one line and a hint.
#[derive(Debug)]
pub(crate) struct WorkerDied(pub String);

pub(crate) enum RunResult {
    Done(Box<FinishedRun>),
    /// It was cancelled, and the worker is free again.
    Cancelled,
}

/// Result of a candidate that ended.
pub(crate) struct FinishedRun {
    /// As the worker reported it.
    pub(crate) outcome: Outcome,
    /// Duration of the code, in ms.
    pub(crate) run_ms: f64,
    /// Duration of meshing, export and measurement, in ms.
    pub(crate) mesh_ms: f64,
    /// Steps that were not run again.
    pub(crate) resumed: u32,
    /// Unverified reports of the candidate's process.
    pub(crate) claims: Claims,
    pub(crate) blobs: DoneBlobs,
    /// Whether a variant of it was interrupted.
    pub(crate) interrupted: bool,
}

type Received = Result<(Reply, Vec<Vec<u8>>), String>;

impl Worker {
    /// Starts a worker and waits until it is ready.
    ///
    /// The worker ends with the calling thread. `gone` is called, from another thread, once its connection is closed;
    /// `closing` disconnects to abort the start.
    pub(crate) fn start(
        config: &WorkerConfig,
        closing: &Receiver<()>,
        started: impl FnOnce(u32),
        gone: impl FnOnce() + Send + 'static,
    ) -> Result<Self, WorkerDied> {
        let (ours, theirs) = UnixStream::pair()
            .map_err(|error| WorkerDied(format!("cannot create a socket for a worker: {error}")))?;
        let mut command = Command::new(&config.worker);
        command
            .arg("--python")
            .arg(&config.python)
            .args(["--parent", &std::process::id().to_string()])
            .args(["--patches", &config.patches])
            .env_clear()
            .envs(
                INHERITED_VARIABLES
                    .iter()
                    .filter_map(|name| Some((name, std::env::var_os(name)?))),
            )
            .envs([("LC_ALL", "C.UTF-8"), ("TZ", "UTC")])
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Ctrl-C in a terminal must reach the client only, which ends its workers in order.
            .process_group(0);
        let mut child = command.spawn().map_err(|error| {
            WorkerDied(format!(
                "{} cannot be started: {error}\nhint: build it with `make build`, or name it with CADFORGE_WORKER",
                config.worker.display()
            ))
        })?;
        // The command holds the other end of the socket: until it is dropped, the end of the worker goes unnoticed.
        drop(command);
        started(child.id());
        let stderr_tail = Arc::default();
        if let Some(stderr) = child.stderr.take() {
            keep_tail(stderr, Arc::clone(&stderr_tail));
        }
        let replies = spawn_reader(&ours, gone);
        let mut worker = Self {
            child,
            connection: Some(ours),
            replies: replies?,
            stderr_tail,
            versions: WorkerVersions::default(),
            sandbox: SandboxSupport::default(),
            next_id: 0,
            asleep: Vec::new(),
            interrupted: false,
            timed: config.timed,
            ended: Vec::new(),
        };
        (worker.versions, worker.sandbox) = worker.await_hello(closing)?;
        Ok(worker)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn versions(&self) -> &WorkerVersions {
        &self.versions
    }

    /// The sandbox of its candidates.
    pub(crate) fn sandbox(&self) -> &SandboxSupport {
        &self.sandbox
    }

    /// Runs one candidate. An error means that the worker must be replaced.
    ///
    /// A hand edit may resume from an earlier one that began with the same steps. A worker for hand edits runs nothing
    /// else while the pool has other workers, so that its earlier runs remain.
    ///
    /// `beside` is called repeatedly while the candidate sleeps: the worker may run another one meanwhile.
    pub(crate) fn run(
        &mut self,
        run: &Run<'_>,
        beside: &mut dyn FnMut(&mut Self) -> Result<(), WorkerDied>,
    ) -> Result<RunResult, WorkerDied> {
        self.next_id += 1;
        let id = self.next_id;
        let request = Request::Run {
            id,
            spec: run.spec.clone(),
            purpose: run.purpose,
            varies: run.vary.is_some(),
            timed: self.timed,
        };
        self.interrupted = false;
        self.send(&request, &[run.code])?;
        let mut silence = Timeout::new(SILENCE_TIMEOUT, vec![self.child.id()]);
        let mut deadline = crossbeam_channel::after(silence.left());
        let mut looked_twice = false;
        let mut asked_at = Instant::now();
        let never = crossbeam_channel::never();
        let mut cancelled = false;
        loop {
            let fired = if cancelled { &never } else { run.cancel.receiver() };
            select! {
                recv(self.replies) -> reply => {
                    let asleep = match reply.unwrap_or_else(|_| Err("the connection is closed".to_owned())) {
                        Ok((Reply::Running { id: of, asleep }, _)) => asleep && of == id,
                        Ok(frame @ (Reply::Done { id: of, .. }, _)) if self.asleep.contains(&of) => {
                            self.ended.push((of, Ok(frame)));
                            false
                        }
                        Ok((Reply::Preview { id: of }, mut blobs)) if of == id => {
                            if let Some((preview, bytes)) = run.preview.zip(blobs.pop()) {
                                // The caller may be gone.
                                let _ = preview.try_send(bytes);
                            }
                            false
                        }
                        Ok((Reply::Varied { id: of, variants }, _)) if of == id => {
                            self.interrupted |= variants.interrupted;
                            tracing::debug!(
                                variants = variants.changed.len(),
                                ms = asked_at.elapsed().as_secs_f64() * 1e3,
                                "variants have run"
                            );
                            let next = match run.vary {
                                Some(vary) if !cancelled => vary.next(&variants.nominal, &variants.changed),
                                _ => Variants::default(),
                            };
                            let blobs: Vec<&[u8]> = next.scripts.iter().map(Vec::as_slice).collect();
                            let reuse = next.reuse;
                            self.send(&Request::Vary { id, reuse }, &blobs)?;
                            asked_at = Instant::now();
                            false
                        }
                        reply => return self.done(reply, id),
                    };
                    if asleep && !cancelled {
                        self.asleep.push(id);
                        beside(self)?;
                        self.asleep.pop();
                        if let Some(at) = self.ended.iter().position(|(of, _)| *of == id) {
                            let (_, reply) = self.ended.swap_remove(at);
                            return self.done(reply, id);
                        }
                    }
                    silence = Timeout::new(SILENCE_TIMEOUT, vec![self.child.id()]);
                    deadline = crossbeam_channel::after(silence.left());
                    looked_twice = false;
                }
                recv(fired) -> _ => {
                    cancelled = true;
                    // The caller has its answer already, so the worker may take its time.
                    self.send(&Request::Cancel { id }, &[])?;
                }
                recv(run.closing) -> _ => return Err(WorkerDied("the pool is closing".to_owned())),
                recv(deadline) -> _ => {
                    let left = silence.left();
                    if left.is_zero() && looked_twice {
                        return Err(self.died("it did not reply in time"));
                    }
                    looked_twice = left.is_zero();
                    deadline = crossbeam_channel::after(left.max(EXTRA_TIMEOUT));
                }
            }
        }
    }

    fn done(&mut self, reply: Received, expected: u64) -> Result<RunResult, WorkerDied> {
        match reply {
            Ok((
                Reply::Done {
                    id,
                    outcome,
                    run_ms,
                    mesh_ms,
                    resumed,
                    claims,
                    stages,
                    ..
                },
                blobs,
            )) if id == expected => {
                stages::report(self.child.id(), &stages);
                let blobs = DoneBlobs::from_blobs(blobs).map_err(|error| self.died(&error.to_string()))?;
                Ok(match outcome {
                    Outcome::Cancelled => RunResult::Cancelled,
                    outcome => RunResult::Done(Box::new(FinishedRun {
                        outcome,
                        run_ms,
                        mesh_ms,
                        resumed,
                        claims,
                        blobs,
                        interrupted: self.interrupted,
                    })),
                })
            }
            Ok((Reply::Refused { message }, _)) => Err(WorkerDied(message)),
            Ok((reply, _)) => Err(self.died(&format!("unexpected reply {reply:?}"))),
            Err(reason) => Err(self.died(&reason)),
        }
    }

    fn await_hello(
        &mut self,
        closing: &Receiver<()>,
    ) -> Result<(WorkerVersions, SandboxSupport), WorkerDied> {
        let timeout = Timeout::with_children(START_TIMEOUT, self.child.id());
        let reply = loop {
            let left = timeout.left();
            if left.is_zero() {
                break Err(RecvTimeoutError::Timeout);
            }
            select! {
                recv(self.replies) -> reply => break reply.map_err(|_| RecvTimeoutError::Disconnected),
                recv(closing) -> _ => return Err(WorkerDied("the pool is closing".to_owned())),
                default(left) => {}
            }
        };
        match reply {
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
            Ok(Ok((reply, _))) => Err(self.died(&format!("unexpected first reply {reply:?}"))),
            Ok(Err(reason)) => Err(self.died(&reason)),
            Err(RecvTimeoutError::Disconnected) => Err(self.died("the connection is closed")),
            Err(RecvTimeoutError::Timeout) => Err(self.died("it was not ready in time")),
        }
    }

    fn send(&mut self, request: &Request, blobs: &[&[u8]]) -> Result<(), WorkerDied> {
        let Some(connection) = &mut self.connection else {
            return Err(self.died("the connection is closed"));
        };
        write_frame(connection, request, blobs).map_err(|error| self.died(&error.to_string()))
    }

    /// Kills the worker; the error says everything known about its end.
    fn died(&mut self, reason: &str) -> WorkerDied {
        let status = self.stop();
        // Its last output is still in a pipe whose other end is closed by now.
        thread::sleep(Duration::from_millis(20));
        let stderr = self.stderr_tail.lock().unwrap_or_else(PoisonError::into_inner);
        let stderr = String::from_utf8_lossy(&stderr);
        let stderr = stderr.trim();
        if stderr.contains("error while loading shared libraries") {
            return WorkerDied(format!(
                "the worker cannot load a library: {stderr}\n\
                 hint: it needs the libpython it was built with: install it (apt install libpython3-dev), or build \
                 again with `make build`"
            ));
        }
        let status = status.map_or_else(String::new, |status| format!(" ({status})"));
        let stderr = if stderr.is_empty() {
            String::new()
        } else {
            format!("; its standard error: {stderr}")
        };
        WorkerDied(format!(
            "the worker died: {reason}{status}{stderr}\nhint: `cadforge doctor` looks for the cause"
        ))
    }

    /// Ends the process, first by closing the connection, and waits for its end.
    fn stop(&mut self) -> Option<ExitStatus> {
        if let Some(connection) = self.connection.take() {
            // The reading thread holds the same socket: dropping it does not close the connection.
            let _ = connection.shutdown(Shutdown::Both);
        }
        let deadline = Instant::now() + STOP_TIMEOUT;
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(2)),
                Ok(status) => return status,
                Err(_) => break,
            }
        }
        // Its candidate ends with it: children request that from the system.
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
fn spawn_reader(
    connection: &UnixStream,
    gone: impl FnOnce() + Send + 'static,
) -> Result<Receiver<Received>, WorkerDied> {
    let cannot_read = |error: std::io::Error| WorkerDied(format!("cannot read from a worker: {error}"));
    // A worker that stops reading must not block its client for ever.
    connection
        .set_write_timeout(Some(SILENCE_TIMEOUT))
        .map_err(cannot_read)?;
    let mut connection = connection.try_clone().map_err(cannot_read)?;
    let (sender, receiver): (Sender<Received>, _) = bounded(1);
    thread::Builder::new()
        .name("worker-replies".to_owned())
        .spawn(move || {
            loop {
                let reply = match read_frame(&mut connection) {
                    Ok(Some(frame)) => Ok(frame),
                    Ok(None) => Err("it closed the connection".to_owned()),
                    Err(error) => Err(error.to_string()),
                };
                let last = reply.is_err();
                if sender.send(reply).is_err() || last {
                    break;
                }
            }
            drop(sender);
            gone();
        })
        .map_err(cannot_read)?;
    Ok(receiver)
}

fn keep_tail(mut stderr: impl Read + Send + 'static, tail: Arc<Mutex<Vec<u8>>>) {
    let keep = move || {
        let mut buffer = [0; 1024];
        while let Ok(length @ 1..) = stderr.read(&mut buffer) {
            let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
            tail.extend_from_slice(&buffer[..length]);
            let excess = tail.len().saturating_sub(STDERR_TAIL_BYTES);
            tail.drain(..excess);
        }
    };
    // Without this thread the worker blocks once the pipe is full, and is then replaced.
    let _ = thread::Builder::new()
        .name("worker-stderr".to_owned())
        .spawn(keep);
}
