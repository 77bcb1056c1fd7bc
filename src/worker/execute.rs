//! Executes the steps of a candidate, from the first or from a link of the chain.

use std::rc::Rc;

use cadforge_platform::linux::Ended;
use cadforge_protocol::MeshMethod;
use cadforge_protocol::frame::{Purpose, RunReport};
use cadforge_protocol::stage::StageProcess;

use crate::chain::{Chain, Extended};
use crate::control::{Command, Event, INHERITED_FDS, ProcessSpec, Role};
use crate::exit_failure::{Killed, Observed};
use crate::files::read_run_report;
use crate::fonts;
use crate::listener::Listener;
use crate::plan::Plan;
use crate::process_tree::Process;
use crate::run::{CandidateRun, Runner, Step, check_prepared, failed_outcome, forged};
use crate::supervisor::ProcessEvent;

impl Runner {
    /// Has the steps executed; returns the triangles of each face.
    pub(super) fn execute(
        &mut self,
        reader: &Process,
        plan: &Rc<Plan>,
        run: &mut CandidateRun<'_>,
    ) -> Step<Vec<u8>> {
        let CandidateRun {
            candidate,
            files,
            monitor,
            stages,
            finished,
        } = run;
        let displays = candidate.purpose == Purpose::Edit;
        let live = displays && self.zygote.info.sandbox.listener;
        if live {
            // A process is reaped by its parent only, and the chain is about to change.
            self.reap_done(|_| true)?;
        }
        let mut chain = if live { self.chain.take() } else { None };
        let mut resumed = None;
        if let Some(links) = &mut chain {
            links.keep_shared(plan, &candidate.spec, &self.zygote)?;
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
            let process_spec = ProcessSpec {
                displays,
                ..runner.process_spec(Role::Run, candidate, from, live)
            };
            let fds = files.fds(
                &files.run_report,
                &files.stl,
                &files.runner_stack,
                runner.scratch.run_folder(),
            )?;
            process.control.send_command(&Command::Begin(process_spec, fds))
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
                ProcessEvent::Reported(Event::Prepared) if awaited => {
                    (begun, awaited) = (true, false);
                    stages.end("start of the candidate's process");
                }
                ProcessEvent::Reported(Event::PreparedWithListener(listener))
                    if awaited && live && chain.is_none() =>
                {
                    (begun, awaited) = (true, false);
                    chain = Some(Chain::new(Listener::new(listener), candidate.spec.clone()));
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
                    stages.end("wait for the code");
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
                    stages.end("wait for the mesh");
                    stages.record_use(StageProcess::Candidate, process.pid);
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
            if displays && candidate.spec.mesh != MeshMethod::Exported {
                monitor.await_preview(&process, &files.stl)?;
            }
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
        if let Some(outcome) = self.failed(&observed, monitor, candidate, &files.runner_stack) {
            return Ok(Err(outcome));
        }
        // In the place of a mesh it may still write a preview.
        let meshes = candidate.spec.mesh == MeshMethod::Exported;
        if files.run_report.seal().is_err() || meshes && files.stl.seal().is_err() {
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
                    stages: of_candidate,
                },
                faces,
            )) => {
                stages.add_reported(StageProcess::Candidate, of_candidate);
                (finished.run_ms, finished.mesh_ms) = (run_ms, mesh_ms);
                finished.claims = claims;
                Ok(outcome.map(|()| faces).map_err(failed_outcome))
            }
            Err(error) => Ok(Err(forged(&format!("its report cannot be read: {error}")))),
        }
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
