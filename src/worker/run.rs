//! Runs one candidate: plans, executes and measures it.
//!
//! The reader splits the code into steps; the runner executes them, from the first or from a link of the chain; the
//! reader then measures the exported shape.

use std::io;
use std::rc::Rc;

use cadforge_core::failure::{Failure, Kind};
use cadforge_protocol::frame::{
    Claims, DoneBlobs, MAX_BLOBS, OperationEffect, Outcome, Purpose, ReaderReport, Remark,
};
use cadforge_protocol::stage::{RunStages, StageProcess};
use cadforge_protocol::{MeshMethod, RunSpec};
use nix::unistd::Pid;

use crate::candidate::METHODS;
use crate::chain::Chain;
use crate::concurrent::ConcurrentFolders;
use crate::control::{Command, Event, ProcessSpec, Role};
use crate::exit_failure::{self, Killed, Observed};
use crate::files::{Files, read_reader_report};
use crate::plan::Plan;
use crate::process_tree::{Process, Zygote, end_strays};
use crate::scratch::Scratch;
use crate::stages::Stages;
use crate::supervisor::{Candidate, Client, Monitor, ProcessEvent};
use cadforge_platform::linux::MemoryFile;

pub(crate) struct Runner {
    pub(crate) zygote: Zygote,
    /// The folder in which the current candidate may write.
    pub(crate) scratch: Scratch,
    /// Folders of candidates that run while another one sleeps.
    pub(crate) concurrent: ConcurrentFolders,
    pub(super) chain: Option<Chain>,
    /// Finished processes, and whether the chain reaps them; reaped when no client waits.
    pub(super) done: Vec<(Process, bool)>,
    /// The process that ran the candidate and can still be asked about its shape, and whether the chain reaps it.
    pub(super) finished_runner: Option<(Process, bool)>,
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
    pub(crate) stages: RunStages,
    pub(crate) blobs: DoneBlobs,
}

/// A candidate under way: what its stages share.
pub(crate) struct CandidateRun<'a> {
    pub(super) candidate: &'a Candidate,
    pub(super) files: Files,
    pub(super) monitor: Monitor<'a>,
    pub(super) stages: Stages,
    pub(super) finished: Finished,
}

/// Result of one stage: input of the next stage, or the outcome of the run.
pub(super) type Step<T> = io::Result<Result<T, Outcome>>;

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
            code,
            spec,
            timed,
            ..
        } = candidate;
        let stages = Stages::new(StageProcess::Worker, *timed);
        // The last candidate may have written after its folder was cleared.
        if !self.scratch.clear()? {
            self.end_chain()?;
        }
        self.scratch.place(spec.project.as_ref())?;
        let (files, output) = Files::new(code, spec)?;
        let resident = self.zygote.info.resident;
        let helpers = [Pid::this(), self.zygote.pid()];
        let monitor = Monitor::new(*id, &spec.limits, resident, &helpers, output, client);
        let finished = Finished {
            outcome: Outcome::Cancelled,
            cpu_ms: 0.0,
            run_ms: 0.0,
            mesh_ms: 0.0,
            resumed: 0,
            claims: Claims::default(),
            stages: RunStages::default(),
            blobs: DoneBlobs::default(),
        };
        let mut run = CandidateRun {
            candidate,
            files,
            monitor,
            stages,
            finished,
        };
        // A concurrent candidate must not use the sleeping candidate's process.
        let outer = self.finished_runner.take();
        let worked = self.work(&mut run);
        if let Some((process, of_chain)) = self.finished_runner.take() {
            process.end();
            self.done.push((process, of_chain));
        }
        self.finished_runner = outer;
        let CandidateRun {
            mut monitor,
            mut stages,
            mut finished,
            ..
        } = run;
        finished.stages = stages.take();
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

    fn work(&mut self, run: &mut CandidateRun<'_>) -> Step<Outcome> {
        let (reader, plan) = match self.plan(run)? {
            Ok((reader, plan)) => (reader, Rc::new(plan)),
            Err(outcome) => return Ok(Err(outcome)),
        };
        match self.execute(&reader, &plan, run)? {
            Ok(faces) => run.finished.blobs.faces = faces,
            Err(outcome) => {
                reader.end();
                self.zygote.reap(&reader)?;
                return Ok(Err(outcome));
            }
        }
        self.measure(reader, run)
    }

    /// Has a reader split the code into steps.
    fn plan(&mut self, run: &mut CandidateRun<'_>) -> Step<(Process, Plan)> {
        let CandidateRun {
            candidate,
            files,
            monitor,
            stages,
            ..
        } = run;
        stages.end("files of the run");
        let reader = self.zygote.take()?;
        let role = match candidate.purpose {
            Purpose::Result | Purpose::Edit => Role::Read,
            Purpose::Export => Role::ReadAndExport,
        };
        let process_spec = self.process_spec(role, candidate, 0, false);
        let fds = files.fds(
            &files.reader_report,
            &files.mesh,
            &files.reader_stack,
            self.scratch.run_folder(),
        )?;
        reader.control.send_command(&Command::Begin(process_spec, fds))?;
        let mut prepared = false;
        loop {
            match self.next(monitor, &reader, &files.reader_stack, None)? {
                ProcessEvent::Reported(Event::Prepared) => {
                    prepared = true;
                    stages.end("start of the reader");
                }
                ProcessEvent::Reported(Event::Planned(_)) => {
                    stages.end("parse");
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
        self.failed(&observed, monitor, candidate, &files.reader_stack)
            .map(Err)
            .ok_or_else(|| io::Error::other("the reader ended without a plan"))
    }

    /// Waits until the reader has measured the shape.
    fn measure(&mut self, reader: Process, run: &mut CandidateRun<'_>) -> Step<Outcome> {
        let CandidateRun {
            candidate,
            files,
            monitor,
            stages,
            finished,
        } = run;
        monitor.begin_mesh(&reader);
        match self.next(monitor, &reader, &files.reader_stack, None)? {
            ProcessEvent::Reported(Event::Done) => {
                finished.cpu_ms += cadforge_platform::linux::cpu_s(reader.pid).unwrap_or(0.0) * 1e3;
                stages.end("wait for the reader");
                stages.record_use(StageProcess::Reader, reader.pid);
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
                    .failed(&observed, monitor, candidate, &files.reader_stack)
                    .map(Err)
                    .ok_or_else(|| io::Error::other("the reader ended without a report"));
            }
        }
        monitor.forget_preview();
        monitor.drain()?;
        // No candidate code runs in the reader: a malformed report is an internal error.
        let (
            ReaderReport {
                outcome,
                mass,
                ms,
                stages: of_reader,
            },
            blobs,
        ) = read_reader_report(&files.reader_report)?;
        stages.add_reported(StageProcess::Reader, of_reader);
        let [edges, surfaces, step, faces, scene] = <[Vec<u8>; 5]>::try_from(blobs)
            .map_err(|_| io::Error::other("the reader's report lacks its blobs"))?;
        // The reader measures while the mesh is made: the longer of the two is the duration.
        finished.mesh_ms = finished.mesh_ms.max(ms);
        let mesh = match candidate.spec.mesh {
            MeshMethod::Exported => &files.stl,
            MeshMethod::Verified | MeshMethod::Bounded => {
                finished.blobs.faces = faces;
                &files.mesh
            }
        };
        if outcome.as_ref().is_ok_and(|facts| !facts.valid) {
            finished.claims.remarks.extend(self.diagnose(files, monitor)?);
        }
        let outcome = match outcome {
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
        };
        stages.end("reports");
        match mass {
            Some(nominal) if outcome.is_ok() => self.run_variants(reader, nominal, run)?,
            _ => self.done.push((reader, false)),
        }
        Ok(outcome)
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
            let mut event = self.next(monitor, &process, &files.runner_stack, listener);
            if matches!(event, Ok(ProcessEvent::Reported(Event::Previewed))) {
                event = self.next(monitor, &process, &files.runner_stack, listener);
            }
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

    pub(super) fn failed(
        &self,
        observed: &Observed,
        monitor: &Monitor<'_>,
        candidate: &Candidate,
        stack_dump: &MemoryFile,
    ) -> Option<Outcome> {
        if observed.killed == Some(Killed::Cancelled) {
            return Some(Outcome::Cancelled);
        }
        let stderr = &monitor.output.stderr.bytes;
        exit_failure::classify(
            observed,
            &candidate.code,
            &candidate.spec.limits,
            stderr,
            stack_dump,
            self.zygote.info.resident,
        )
        .map(failed_outcome)
    }

    pub(super) fn process_spec(
        &self,
        role: Role,
        candidate: &Candidate,
        from: u32,
        pausing: bool,
    ) -> ProcessSpec {
        let RunSpec { limits, mesh, .. } = &candidate.spec;
        let memory = limits.memory_mb.saturating_mul(1 << 20);
        ProcessSpec {
            role,
            cpu_s: limits.cpu_s,
            address_space: self.zygote.info.address_space.saturating_add(memory),
            triangles: limits.triangles,
            from,
            pausing,
            mesh_cpu_s: limits.mesh_cpu_s,
            mesh: *mesh,
            displays: false,
            varies: candidate.varies,
            timed: candidate.timed,
        }
    }

    fn end_chain(&mut self) -> io::Result<()> {
        self.reap_done(|_| true)?;
        self.chain.take().map_or(Ok(()), |chain| chain.end(&self.zygote))
    }
}

/// A child that ends before it is prepared is an internal error.
pub(super) fn check_prepared(prepared: bool, monitor: &Monitor<'_>) -> io::Result<()> {
    if prepared || monitor.killed.is_some() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&monitor.output.stderr.bytes);
    Err(io::Error::other(format!(
        "preparing a child process failed: {}",
        words.trim()
    )))
}

pub(super) fn failed_outcome(failure: Failure) -> Outcome {
    Outcome::Failed { failure }
}

pub(super) fn forged(reason: &str) -> Outcome {
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
