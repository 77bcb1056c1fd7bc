//! Runs one candidate: plans, executes and measures it.
//!
//! The reader splits the code into steps; the runner executes them, from the first or from a link of the chain; the
//! reader then measures the exported shape.

use std::io;
use std::rc::Rc;

use cadforge_core::failure::{Failure, Kind};
use cadforge_protocol::frame::{
    Claims, DoneBlobs, MAX_BLOBS, OperationEffect, Outcome, Purpose, ReaderReport, Remark, RunReport,
};
use cadforge_protocol::{Limits, MeshKind};
use nix::unistd::Pid;

use crate::candidate::METHODS;
use crate::chain::{Chain, Extended};
use crate::concurrent::ConcurrentFolders;
use crate::control::{Command, Event, INHERITED_FDS, Role, RunSpec};
use crate::exit_failure;
use crate::files::{Files, read_reader_report, read_run_report};
use crate::fonts;
use crate::listener::Listener;
use crate::plan::Plan;
use crate::process_tree::{Process, Zygote, end_strays};
use crate::scratch::Scratch;
use crate::supervisor::{Candidate, Client, Killed, Monitor, Observed, ProcessEvent};
use cadforge_platform::linux::{Ended, MemoryFile};

pub(crate) struct Runner {
    pub(crate) zygote: Zygote,
    /// The folder in which the current candidate may write.
    pub(crate) scratch: Scratch,
    /// Folders of candidates that run while another one sleeps.
    pub(crate) concurrent: ConcurrentFolders,
    chain: Option<Chain>,
    /// Finished processes, and whether the chain reaps them; reaped when no client waits.
    done: Vec<(Process, bool)>,
    /// The process that ran the candidate and can still be asked about its shape, and whether the chain reaps it.
    finished_runner: Option<(Process, bool)>,
}

/// Result of a run.
pub(crate) struct Finished {
    pub(crate) outcome: Outcome,
    pub(crate) cpu_ms: f64,
    /// Duration of the code in ms.
    pub(crate) run_ms: f64,
    /// Duration of meshing, export and measurement in ms.
    pub(crate) mesh_ms: f64,
    /// Steps that were not run again.
    pub(crate) resumed: u32,
    /// Reports of the candidate's process about its own run, unverified.
    pub(crate) claims: Claims,
    pub(crate) blobs: DoneBlobs,
}

/// Result of one stage: input of the next stage, or the outcome of the run.
type Step<T> = io::Result<Result<T, Outcome>>;

impl Runner {
    pub(crate) fn new(zygote: Zygote, scratch: Scratch) -> Self {
        Self {
            zygote,
            scratch,
            concurrent: ConcurrentFolders::default(),
            chain: None,
            done: Vec::new(),
            finished_runner: None,
        }
    }

    /// Runs one candidate. An error is the worker's or the client's, never the candidate's.
    pub(crate) fn run(&mut self, candidate: &Candidate, client: &mut dyn Client) -> io::Result<Finished> {
        let Candidate {
            id,
            code: source,
            limits,
            purpose,
        } = candidate;
        // The last candidate may have written after its folder was cleared.
        if !self.scratch.clear()? {
            self.end_chain()?;
        }
        self.scratch.place(limits.project.as_ref())?;
        let (files, output) = Files::new(source, limits)?;
        let resident = self.zygote.info.resident;
        let helpers = [Pid::this(), self.zygote.pid()];
        let mut monitor = Monitor::new(*id, limits, resident, &helpers, output, client);
        let mut finished = Finished {
            outcome: Outcome::Cancelled,
            cpu_ms: 0.0,
            run_ms: 0.0,
            mesh_ms: 0.0,
            resumed: 0,
            claims: Claims::default(),
            blobs: DoneBlobs::default(),
        };
        // A concurrent candidate must not use the sleeping candidate's process.
        let outer = self.finished_runner.take();
        let worked = self.work(&files, source, limits, *purpose, &mut monitor, &mut finished);
        if let Some((process, of_chain)) = self.finished_runner.take() {
            process.end();
            self.done.push((process, of_chain));
        }
        self.finished_runner = outer;
        finished.outcome = match worked? {
            Ok(outcome) | Err(outcome) => outcome,
        };
        monitor.check_client()?;
        if monitor.killed == Some(Killed::Cancelled) {
            finished.outcome = Outcome::Cancelled;
        }
        finished.blobs.stdout = monitor.output.stdout.bytes;
        finished.blobs.stderr = monitor.output.stderr.bytes;
        Ok(finished)
    }

    /// Forks children for the next candidate, reaps finished processes, clears the folder. To be called after every
    /// run, once its result is sent.
    pub(crate) fn tidy(&mut self) -> io::Result<()> {
        self.zygote.refill()?;
        self.reap_done(Process::has_ended)?;
        end_strays(Some(self.zygote.pid()));
        if !self.scratch.clear()? {
            self.end_chain()?;
        }
        Ok(())
    }

    /// Reaps the finished processes for which `ready` holds.
    pub(crate) fn reap_done(&mut self, ready: impl Fn(&Process) -> bool) -> io::Result<()> {
        let (ended, dying) = std::mem::take(&mut self.done)
            .into_iter()
            .partition(|(process, _)| ready(process));
        self.done = dying;
        let ended: Vec<(Process, bool)> = ended;
        for (process, of_chain) in ended {
            match &mut self.chain {
                Some(chain) if of_chain => drop(chain.reap(&process, &self.zygote)?),
                _ => drop(self.zygote.reap(&process)?),
            }
        }
        Ok(())
    }

    fn work(
        &mut self,
        files: &Files,
        source: &[u8],
        limits: &Limits,
        purpose: Purpose,
        monitor: &mut Monitor<'_>,
        finished: &mut Finished,
    ) -> Step<Outcome> {
        let reader = self.zygote.take()?;
        let role = match purpose {
            Purpose::Result | Purpose::Edit => Role::Read,
            Purpose::Export => Role::ReadAndExport,
        };
        let live = purpose == Purpose::Edit;
        let (reader, plan) = match self.plan(reader, role, files, source, limits, monitor)? {
            Ok((reader, plan)) => (reader, Rc::new(plan)),
            Err(outcome) => return Ok(Err(outcome)),
        };
        let ran = match self.execute(&reader, &plan, files, source, limits, live, monitor, finished)? {
            Ok(faces) => faces,
            Err(outcome) => {
                reader.end();
                self.zygote.reap(&reader)?;
                return Ok(Err(outcome));
            }
        };
        finished.blobs.faces = ran;
        self.measure(reader, files, source, limits, monitor, finished)
    }

    fn plan(
        &mut self,
        reader: Process,
        role: Role,
        files: &Files,
        source: &[u8],
        limits: &Limits,
        monitor: &mut Monitor<'_>,
    ) -> Step<(Process, Plan)> {
        let run_spec = self.run_spec(role, limits, 0, false);
        let fds = files.fds(
            &files.reader_report,
            &files.mesh,
            &files.reader_stack,
            self.scratch.run_folder(),
        )?;
        reader.control.send_command(&Command::Begin(run_spec, fds))?;
        let mut prepared = false;
        loop {
            match self.next(monitor, &reader, &files.reader_stack, None)? {
                ProcessEvent::Reported(Event::Prepared) => prepared = true,
                ProcessEvent::Reported(Event::Planned(_)) => {
                    files.plan.seal()?;
                    let plan = Plan::read(&files.plan)?;
                    return Ok(Ok((reader, plan)));
                }
                ProcessEvent::Reported(Event::Done) => {
                    monitor.drain()?;
                    self.done.push((reader, false));
                    let (ReaderReport { outcome, .. }, _) = read_reader_report(&files.reader_report)?;
                    let failure = outcome
                        .err()
                        .ok_or_else(|| io::Error::other("the reader failed without an error"))?;
                    return Ok(Err(failed_outcome(failure)));
                }
                ProcessEvent::Reported(other) => return Err(unexpected_event(&other)),
                ProcessEvent::Ended => break,
            }
        }
        let ended = self.zygote.reap(&reader)?;
        monitor.drain()?;
        check_prepared(prepared, monitor)?;
        let observed = Observed {
            killed: monitor.killed,
            cpu_s: ended.cpu_s,
            ended,
            silent: true,
        };
        self.failed(&observed, monitor, source, limits, &files.reader_stack)
            .map(Err)
            .ok_or_else(|| io::Error::other("the reader ended without a plan"))
    }

    /// Has the steps executed; returns the triangles of each face.
    #[expect(
        clippy::too_many_arguments,
        reason = "parts of one run that have different owners"
    )]
    fn execute(
        &mut self,
        reader: &Process,
        plan: &Rc<Plan>,
        files: &Files,
        source: &[u8],
        limits: &Limits,
        live: bool,
        monitor: &mut Monitor<'_>,
        finished: &mut Finished,
    ) -> Step<Vec<u8>> {
        let displays = live;
        let live = live && self.zygote.info.sandbox.listener;
        if live {
            // A process is reaped by its parent only, and the chain is about to change.
            self.reap_done(|_| true)?;
        }
        let mut chain = if live { self.chain.take() } else { None };
        let mut resumed = None;
        if let Some(links) = &mut chain {
            links.keep_shared(plan, limits, &self.zygote)?;
            resumed = links.resume();
        }
        let mut process = match resumed {
            Some(resumed) => {
                monitor.resume(&resumed.prefix);
                finished.resumed = resumed.step;
                resumed.process
            }
            None => {
                if let Some(old) = chain.take() {
                    old.end(&self.zygote)?;
                }
                self.zygote.take()?
            }
        };
        let begin = |runner: &Self, process: &Process, from: u32| {
            let run_spec = RunSpec {
                displays,
                ..runner.run_spec(Role::Run, limits, from, live)
            };
            let fds = files.fds(
                &files.run_report,
                &files.stl,
                &files.runner_stack,
                runner.scratch.run_folder(),
            )?;
            process.control.send_command(&Command::Begin(run_spec, fds))
        };
        begin(self, &process, finished.resumed)?;
        // If a fork of the zygote never starts, that is an internal error; if a fork of a candidate's process, it is
        // the candidate's.
        let mut begun = finished.resumed > 0;
        let mut awaited = true;
        let mut handed_over = false;
        let mut done = false;
        loop {
            let listener = chain.as_ref().map(Chain::listener);
            match self.next(monitor, &process, &files.runner_stack, listener)? {
                ProcessEvent::Reported(Event::Prepared) if awaited => (begun, awaited) = (true, false),
                ProcessEvent::Reported(Event::PreparedWithListener(listener))
                    if awaited && live && chain.is_none() =>
                {
                    (begun, awaited) = (true, false);
                    chain = Some(Chain::new(Listener::new(listener), limits.clone()));
                }
                ProcessEvent::Reported(Event::Paused(step)) if !awaited && let Some(links) = &mut chain => {
                    let prefix = monitor.prefix(&process)?;
                    let clean = self.scratch.is_untouched() && has_only_inherited_fds(&process);
                    match links.extend(process, step, plan, &prefix, &self.zygote, clean) {
                        Extended::Link(next) => {
                            monitor.cpu_before = prefix.cpu_s;
                            let _ = begin(self, &next, step);
                            awaited = true;
                            process = next;
                        }
                        Extended::Same(same) => {
                            // If it is gone or ignores the command, it ends by itself or at its limits.
                            let _ = same.control.send_command(&Command::Go(0));
                            process = same;
                        }
                        Extended::Violated(same) => {
                            monitor.killed.get_or_insert(Killed::ProtocolViolation);
                            same.end();
                            process = same;
                        }
                    }
                }
                ProcessEvent::Reported(Event::HandedOver(objects)) if begun && !handed_over => {
                    handed_over = true;
                    monitor.begin_mesh(&process);
                    // Sealed, so that even a candidate that kept a mapping of it cannot change it.
                    if files.brep.seal().is_err() {
                        monitor.killed.get_or_insert(Killed::ProtocolViolation);
                        process.end();
                    } else {
                        reader.control.send_command(&Command::Go(objects))?;
                    }
                }
                ProcessEvent::Reported(Event::Done) if begun => {
                    done = true;
                    break;
                }
                // Only a candidate that took over its process sends anything else.
                ProcessEvent::Reported(_) => {
                    monitor.killed.get_or_insert(Killed::ProtocolViolation);
                    process.end();
                }
                ProcessEvent::Ended => break,
            }
        }
        let ended = if done {
            let cpu_s = cadforge_platform::linux::cpu_s(process.pid).unwrap_or(0.0);
            self.finished_runner = Some((process, chain.is_some()));
            Ended {
                cpu_s,
                ..Ended::normal()
            }
        } else {
            match &mut chain {
                Some(links) => links.reap(&process, &self.zygote)?,
                None => self.zygote.reap(&process)?,
            }
        };
        self.chain = self.chain.take().or(chain);
        monitor.drain()?;
        let observed = Observed {
            killed: monitor.killed,
            cpu_s: monitor.cpu_before + ended.cpu_s,
            ended,
            silent: files.run_report.size()? == 0,
        };
        monitor.cpu_before = observed.cpu_s;
        finished.cpu_ms = observed.cpu_s * 1e3;
        finished.run_ms = monitor.wall_s() * 1e3;
        check_prepared(begun, monitor)?;
        if let Some(outcome) = self.failed(&observed, monitor, source, limits, &files.runner_stack) {
            return Ok(Err(outcome));
        }
        if files.run_report.seal().is_err() || files.stl.seal().is_err() {
            return Ok(Err(forged("it still has its output mapped")));
        }
        match read_run_report(&files.run_report) {
            Ok((RunReport { outcome: Ok(()), .. }, _)) if !handed_over => {
                Ok(Err(forged("it exported no shape")))
            }
            Ok((
                RunReport {
                    outcome,
                    run_ms,
                    mesh_ms,
                    claims,
                },
                faces,
            )) => {
                (finished.run_ms, finished.mesh_ms) = (run_ms, mesh_ms);
                finished.claims = claims;
                Ok(outcome.map(|()| faces).map_err(failed_outcome))
            }
            Err(error) => Ok(Err(forged(&format!("its report cannot be read: {error}")))),
        }
    }

    /// Waits until the reader has measured the shape.
    fn measure(
        &mut self,
        reader: Process,
        files: &Files,
        source: &[u8],
        limits: &Limits,
        monitor: &mut Monitor<'_>,
        finished: &mut Finished,
    ) -> Step<Outcome> {
        monitor.begin_mesh(&reader);
        match self.next(monitor, &reader, &files.reader_stack, None)? {
            ProcessEvent::Reported(Event::Done) => {
                finished.cpu_ms += cadforge_platform::linux::cpu_s(reader.pid).unwrap_or(0.0) * 1e3;
                self.done.push((reader, false));
            }
            ProcessEvent::Reported(other) => return Err(unexpected_event(&other)),
            ProcessEvent::Ended => {
                let ended = self.zygote.reap(&reader)?;
                let observed = Observed {
                    killed: monitor.killed,
                    cpu_s: monitor.cpu_before + ended.cpu_s,
                    ended,
                    silent: true,
                };
                return self
                    .failed(&observed, monitor, source, limits, &files.reader_stack)
                    .map(Err)
                    .ok_or_else(|| io::Error::other("the reader ended without a report"));
            }
        }
        monitor.drain()?;
        // No candidate code runs in the reader: a malformed report is an internal error.
        let (ReaderReport { outcome, ms }, blobs) = read_reader_report(&files.reader_report)?;
        let [edges, surfaces, step, faces, scene] = <[Vec<u8>; 5]>::try_from(blobs)
            .map_err(|_| io::Error::other("the reader's report lacks its blobs"))?;
        // The reader measures while the mesh is made: the longer of the two is the duration.
        finished.mesh_ms = finished.mesh_ms.max(ms);
        let mesh = match limits.mesh {
            MeshKind::Exported => &files.stl,
            MeshKind::Verified | MeshKind::Bounded => {
                finished.blobs.faces = faces;
                &files.mesh
            }
        };
        if outcome.as_ref().is_ok_and(|facts| !facts.valid) {
            finished.claims.remarks.extend(self.diagnose(files, monitor)?);
        }
        Ok(match outcome {
            Ok(facts) => match mesh.read(MAX_BLOBS / 2) {
                Ok(stl) => {
                    finished.blobs = DoneBlobs {
                        stl,
                        edges,
                        surfaces,
                        step,
                        scene,
                        ..std::mem::take(&mut finished.blobs)
                    };
                    Ok(Outcome::Shape { facts })
                }
                Err(error) => Err(forged(&format!("its mesh cannot be read: {error}"))),
            },
            Err(failure) => Err(failed_outcome(failure)),
        })
    }

    /// Asks the process that ran the candidate which clean-up broke its shape. The answer is an unverified claim; the
    /// result does not depend on getting one.
    fn diagnose(&mut self, files: &Files, monitor: &mut Monitor<'_>) -> io::Result<Option<Remark>> {
        let Some((process, of_chain)) = self.finished_runner.take() else {
            return Ok(None);
        };
        let chain = self.chain.take();
        let event = if monitor.killed.is_some() || process.control.send_command(&Command::Go(0)).is_err() {
            Ok(ProcessEvent::Ended)
        } else {
            monitor.begin_diagnosis(&process);
            let listener = chain.as_ref().map(Chain::listener);
            let event = self.next(monitor, &process, &files.runner_stack, listener);
            monitor.end_diagnosis();
            event
        };
        self.chain = chain;
        self.finished_runner = Some((process, of_chain));
        Ok(match event? {
            ProcessEvent::Reported(Event::Diagnosed(line @ 1.., method)) => Some(Remark {
                line,
                method: METHODS
                    .get(method as usize)
                    .copied()
                    .unwrap_or(METHODS[0])
                    .to_owned(),
                effect: OperationEffect::BrokenByClean,
            }),
            ProcessEvent::Reported(_) | ProcessEvent::Ended => None,
        })
    }

    fn failed(
        &self,
        observed: &Observed,
        monitor: &Monitor<'_>,
        source: &[u8],
        limits: &Limits,
        stack_dump: &MemoryFile,
    ) -> Option<Outcome> {
        if observed.killed == Some(Killed::Cancelled) {
            return Some(Outcome::Cancelled);
        }
        let stderr = &monitor.output.stderr.bytes;
        exit_failure::classify(
            observed,
            source,
            limits,
            stderr,
            stack_dump,
            self.zygote.info.resident,
        )
        .map(failed_outcome)
    }

    fn run_spec(&self, role: Role, limits: &Limits, from: u32, pausing: bool) -> RunSpec {
        let memory = limits.memory_mb.saturating_mul(1 << 20);
        RunSpec {
            role,
            cpu_s: limits.cpu_s,
            address_space: self.zygote.info.address_space.saturating_add(memory),
            triangles: limits.triangles,
            from,
            pausing,
            mesh_cpu_s: limits.mesh_cpu_s,
            mesh: limits.mesh,
            displays: false,
        }
    }

    fn end_chain(&mut self) -> io::Result<()> {
        self.reap_done(|_| true)?;
        self.chain.take().map_or(Ok(()), |chain| chain.end(&self.zygote))
    }
}

/// Whether a process has only the descriptors that it was given.
fn has_only_inherited_fds(process: &Process) -> bool {
    cadforge_platform::linux::open_descriptors(process.pid)
        .iter()
        .all(|&number| {
            number < 3
                || (100..=100 + INHERITED_FDS as i32).contains(&number)
                || fonts::DESCRIPTORS.contains(&number)
        })
}

/// A child that ends before it is prepared is an internal error.
fn check_prepared(prepared: bool, monitor: &Monitor<'_>) -> io::Result<()> {
    if prepared || monitor.killed.is_some() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&monitor.output.stderr.bytes);
    Err(io::Error::other(format!(
        "preparing a child process failed: {}",
        words.trim()
    )))
}

fn failed_outcome(failure: Failure) -> Outcome {
    Outcome::Failed { failure }
}

fn forged(reason: &str) -> Outcome {
    failed_outcome(Failure {
        kind: Kind::Forged,
        message: format!("the output of the candidate's process cannot be believed: {reason}"),
        line: None,
        traceback: String::new(),
    })
}

fn unexpected_event(event: &Event) -> io::Error {
    io::Error::other(format!("unexpected event of the reader: {event:?}"))
}
