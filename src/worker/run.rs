//! One candidate from order to outcome: read, run, read again.
//!
//! One child reads the code into steps; another runs them, from the first or from where an earlier run of the same
//! steps stands; the first then reads the shape that came of it.

use std::io;
use std::rc::Rc;

use cadforge_core::failure::{Failure, Kind};
use cadforge_protocol::frame::{
    Claims, DoneBlobs, MAX_BLOBS, OperationEffect, Outcome, Purpose, ReaderReport, Remark, RunReport,
};
use cadforge_protocol::{Limits, MeshKind};
use nix::unistd::Pid;

use crate::beside::Beside;
use crate::candidate::METHODS;
use crate::chain::{Chain, Extended};
use crate::control::{Command, Event, INHERITED_FDS, Role, RunSpec};
use crate::files::{Files, read_ran, read_reading};
use crate::fonts;
use crate::listener::Listener;
use crate::plan::Plan;
use crate::process_tree::{Process, Zygote, end_strays};
use crate::scratch::Scratch;
use crate::supervisor::{Candidate, Client, Killed, Monitor, Observed, ProcessEvent};
use crate::verdict;
use cadforge_platform::linux::{Ended, MemoryFile};

/// All that candidates are run with.
pub struct Runner {
    /// Forks children.
    pub zygote: Zygote,
    /// Where the candidate that runs may write.
    pub scratch: Scratch,
    /// The same for those that run while others sleep.
    pub beside: Beside,
    chain: Option<Chain>,
    /// Processes that are done, and whether the chain is to bury them: to be done when nobody waits.
    done: Vec<(Process, bool)>,
    /// The process that ran the candidate and may be asked about its shape; and whether it belongs to the chain.
    standing: Option<(Process, bool)>,
}

/// What came of one candidate.
pub struct Finished {
    /// Shape, failure or cancelled.
    pub outcome: Outcome,
    /// CPU time in ms.
    pub cpu_ms: f64,
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

/// How a step of the work ended: with what the next one needs, or with the run's outcome.
type Step<T> = io::Result<Result<T, Outcome>>;

impl Runner {
    /// Around a warm zygote.
    pub fn new(zygote: Zygote, scratch: Scratch) -> Self {
        Self {
            zygote,
            scratch,
            beside: Beside::default(),
            chain: None,
            done: Vec::new(),
            standing: None,
        }
    }

    /// Runs one candidate. An error is the worker's or the client's, never the candidate's.
    pub fn run(&mut self, candidate: &Candidate, client: &mut dyn Client) -> io::Result<Finished> {
        let Candidate {
            id,
            code: source,
            limits,
            purpose,
        } = candidate;
        // What the last candidate's end was a moment late for.
        if !self.scratch.clear()? {
            self.end_chain()?;
        }
        self.scratch.place(limits.project.as_ref())?;
        let (files, output) = Files::new(source, limits)?;
        let resident = self.zygote.warm.resident;
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
        // One that is run beside another leaves that one's process alone.
        let outer = self.standing.take();
        let worked = self.work(&files, source, limits, *purpose, &mut monitor, &mut finished);
        if let Some((process, of_chain)) = self.standing.take() {
            process.end();
            self.done.push((process, of_chain));
        }
        self.standing = outer;
        finished.outcome = match worked? {
            Ok(outcome) | Err(outcome) => outcome,
        };
        monitor.client_is_there()?;
        if monitor.killed == Some(Killed::Cancelled) {
            finished.outcome = Outcome::Cancelled;
        }
        finished.blobs.stdout = monitor.output.stdout.bytes;
        finished.blobs.stderr = monitor.output.stderr.bytes;
        Ok(finished)
    }

    /// Makes children for the next candidate, buries the dead, empties the folder. To be called after every run, once
    /// its result is on the way.
    pub fn tidy(&mut self) -> io::Result<()> {
        self.zygote.refill()?;
        self.reap_done(Process::has_ended)?;
        end_strays(Some(self.zygote.pid()));
        if !self.scratch.clear()? {
            self.end_chain()?;
        }
        Ok(())
    }

    /// Buries those of the processes that are done which are `ready` for it.
    pub fn reap_done(&mut self, ready: impl Fn(&Process) -> bool) -> io::Result<()> {
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

    /// Has the code read.
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
            &files.read,
            &files.mesh,
            &files.reader_words,
            self.scratch.run_folder(),
        )?;
        reader.control.send_command(&Command::Begin(run_spec, fds))?;
        let mut prepared = false;
        loop {
            match self.next(monitor, &reader, &files.reader_words, None)? {
                ProcessEvent::Said(Event::Prepared) => prepared = true,
                ProcessEvent::Said(Event::Planned(_)) => {
                    files.plan.seal()?;
                    let plan = Plan::read(&files.plan)?;
                    return Ok(Ok((reader, plan)));
                }
                ProcessEvent::Said(Event::Done) => {
                    monitor.drain()?;
                    self.done.push((reader, false));
                    let (ReaderReport { outcome, .. }, _) = read_reading(&files.read)?;
                    let failure = outcome
                        .err()
                        .ok_or_else(|| io::Error::other("code without a plan"))?;
                    return Ok(Err(plain(failure)));
                }
                ProcessEvent::Said(other) => return Err(out_of_turn(&other)),
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
        self.failed(&observed, monitor, source, limits, &files.reader_words)
            .map(Err)
            .ok_or_else(|| io::Error::other("the code was read without a plan"))
    }

    /// Has the steps run; what comes of it are the triangles of each face.
    #[expect(
        clippy::too_many_arguments,
        reason = "one run's parts, which belong to different owners"
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
        let live = live && self.zygote.warm.sandbox.listener;
        if live {
            // Only the process that forked it can bury one, and the chain is about to change.
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
        let begin = |shop: &Self, process: &Process, from: u32| {
            let run_spec = RunSpec {
                displays,
                ..shop.run_spec(Role::Run, limits, from, live)
            };
            let fds = files.fds(
                &files.ran,
                &files.stl,
                &files.runner_words,
                shop.scratch.run_folder(),
            )?;
            process.control.send_command(&Command::Begin(run_spec, fds))
        };
        begin(self, &process, finished.resumed)?;
        // A child of the zygote that never begins is our fault; one of a candidate's is its own.
        let mut begun = finished.resumed > 0;
        let mut awaited = true;
        let mut handed_over = false;
        let mut done = false;
        loop {
            let listener = chain.as_ref().map(Chain::listener);
            match self.next(monitor, &process, &files.runner_words, listener)? {
                ProcessEvent::Said(Event::Prepared) if awaited => (begun, awaited) = (true, false),
                ProcessEvent::Said(Event::PreparedWithListener(listener))
                    if awaited && live && chain.is_none() =>
                {
                    (begun, awaited) = (true, false);
                    chain = Some(Chain::new(Listener::new(listener), limits.clone()));
                }
                ProcessEvent::Said(Event::Paused(step)) if !awaited && let Some(links) = &mut chain => {
                    let prefix = monitor.prefix(&process)?;
                    let clean = self.scratch.is_untouched() && has_only_ours(&process);
                    match links.extend(process, step, plan, &prefix, &self.zygote, clean) {
                        Extended::Link(next) => {
                            monitor.cpu_before = prefix.cpu_s;
                            let _ = begin(self, &next, step);
                            awaited = true;
                            process = next;
                        }
                        Extended::Same(same) => {
                            // It may be gone, or not listen: then it ends by itself or by its limits.
                            let _ = same.control.send_command(&Command::Go(0));
                            process = same;
                        }
                        Extended::Deceived(same) => {
                            monitor.killed.get_or_insert(Killed::Nonsense);
                            same.end();
                            process = same;
                        }
                    }
                }
                ProcessEvent::Said(Event::HandedOver(objects)) if begun && !handed_over => {
                    handed_over = true;
                    monitor.begin_mesh(&process);
                    // From here on nobody can change it, not even a candidate that left a map of it somewhere.
                    if files.brep.seal().is_err() {
                        monitor.killed.get_or_insert(Killed::Nonsense);
                        process.end();
                    } else {
                        reader.control.send_command(&Command::Go(objects))?;
                    }
                }
                ProcessEvent::Said(Event::Done) if begun => {
                    done = true;
                    break;
                }
                // Only a candidate that took over its child says anything else.
                ProcessEvent::Said(_) => {
                    monitor.killed.get_or_insert(Killed::Nonsense);
                    process.end();
                }
                ProcessEvent::Ended => break,
            }
        }
        let ended = if done {
            let cpu_s = cadforge_platform::linux::cpu_s(process.pid).unwrap_or(0.0);
            self.standing = Some((process, chain.is_some()));
            Ended {
                cpu_s,
                ..Ended::well()
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
            silent: files.ran.len()? == 0,
        };
        monitor.cpu_before = observed.cpu_s;
        finished.cpu_ms = observed.cpu_s * 1e3;
        finished.run_ms = monitor.wall_s() * 1e3;
        check_prepared(begun, monitor)?;
        if let Some(outcome) = self.failed(&observed, monitor, source, limits, &files.runner_words) {
            return Ok(Err(outcome));
        }
        if files.ran.seal().is_err() || files.stl.seal().is_err() {
            return Ok(Err(forged("it holds on to what it handed over")));
        }
        match read_ran(&files.ran) {
            Ok((RunReport { outcome: Ok(()), .. }, _)) if !handed_over => {
                Ok(Err(forged("it handed no shape over")))
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
                Ok(outcome.map(|()| faces).map_err(plain))
            }
            Err(error) => Ok(Err(forged(&format!("its report cannot be read: {error}")))),
        }
    }

    /// Waits until the shape has been read that was handed over.
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
        match self.next(monitor, &reader, &files.reader_words, None)? {
            ProcessEvent::Said(Event::Done) => {
                finished.cpu_ms += cadforge_platform::linux::cpu_s(reader.pid).unwrap_or(0.0) * 1e3;
                self.done.push((reader, false));
            }
            ProcessEvent::Said(other) => return Err(out_of_turn(&other)),
            ProcessEvent::Ended => {
                let ended = self.zygote.reap(&reader)?;
                let observed = Observed {
                    killed: monitor.killed,
                    cpu_s: monitor.cpu_before + ended.cpu_s,
                    ended,
                    silent: true,
                };
                return self
                    .failed(&observed, monitor, source, limits, &files.reader_words)
                    .map(Err)
                    .ok_or_else(|| io::Error::other("a shape was read without a report"));
            }
        }
        monitor.drain()?;
        // Of the reader, whom no candidate has touched: what cannot be read is our own fault.
        let (ReaderReport { outcome, ms }, blobs) = read_reading(&files.read)?;
        let [edges, surfaces, step, faces, scene] =
            <[Vec<u8>; 5]>::try_from(blobs).map_err(|_| io::Error::other("a reading without its blobs"))?;
        // Read while the mesh was made: the longer of the two is what it took.
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
            Err(failure) => Err(plain(failure)),
        })
    }

    /// Asks the process that ran the candidate which clean-up broke its shape. Whatever it answers is a claim, and a
    /// process that does not answer takes nothing from the result.
    fn diagnose(&mut self, files: &Files, monitor: &mut Monitor<'_>) -> io::Result<Option<Remark>> {
        let Some((process, of_chain)) = self.standing.take() else {
            return Ok(None);
        };
        let chain = self.chain.take();
        let event = if monitor.killed.is_some() || process.control.send_command(&Command::Go(0)).is_err() {
            Ok(ProcessEvent::Ended)
        } else {
            monitor.begin_diagnosis(&process);
            let listener = chain.as_ref().map(Chain::listener);
            let event = self.next(monitor, &process, &files.runner_words, listener);
            monitor.end_diagnosis();
            event
        };
        self.chain = chain;
        self.standing = Some((process, of_chain));
        Ok(match event? {
            ProcessEvent::Said(Event::Diagnosed(line @ 1.., method)) => Some(Remark {
                line,
                method: METHODS
                    .get(method as usize)
                    .copied()
                    .unwrap_or(METHODS[0])
                    .to_owned(),
                effect: OperationEffect::BrokenByClean,
            }),
            ProcessEvent::Said(_) | ProcessEvent::Ended => None,
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
        verdict::of_death(
            observed,
            source,
            limits,
            stderr,
            stack_dump,
            self.zygote.warm.resident,
        )
        .map(plain)
    }

    fn run_spec(&self, role: Role, limits: &Limits, from: u32, pausing: bool) -> RunSpec {
        let memory = limits.memory_mb.saturating_mul(1 << 20);
        RunSpec {
            role,
            cpu_s: limits.cpu_s,
            address_space: self.zygote.warm.address_space.saturating_add(memory),
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

/// Whether a process has no descriptor but those that it was given.
fn has_only_ours(process: &Process) -> bool {
    cadforge_platform::linux::open_descriptors(process.pid)
        .iter()
        .all(|&number| {
            number < 3
                || (100..=100 + INHERITED_FDS as i32).contains(&number)
                || fonts::DESCRIPTORS.contains(&number)
        })
}

/// Whoever never got as far as the candidate's code tells nothing about it.
fn check_prepared(prepared: bool, monitor: &Monitor<'_>) -> io::Result<()> {
    if prepared || monitor.killed.is_some() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&monitor.output.stderr.bytes);
    Err(io::Error::other(format!(
        "a child could not be prepared: {}",
        words.trim()
    )))
}

fn plain(failure: Failure) -> Outcome {
    Outcome::Failed { failure }
}

fn forged(reason: &str) -> Outcome {
    plain(Failure {
        kind: Kind::Forged,
        message: format!("what the candidate handed over cannot be believed: {reason}"),
        line: None,
        traceback: String::new(),
    })
}

fn out_of_turn(event: &Event) -> io::Error {
    io::Error::other(format!("a child that reads reported {event:?}"))
}
