//! Runs variants of a candidate, in the process that ran it, and has their mass properties measured by its reader.
//!
//! In that process the kernel's results of the candidate's own run are reused (`reuse.py`). A variant whose process ends has no
//! result; the rest then runs in a new process. Nothing here decides about the candidate itself.

use std::io::{self, Write as _};

use cadforge_geometry::MassProperties;
use cadforge_protocol::frame::{Reply, Variants};
use cadforge_protocol::stage::StageProcess;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::context::ChildContext;
use crate::control::{Command, Event, Reuse, Role};
use crate::exit_failure::Killed;
use crate::process_tree::Process;
use crate::run::{CandidateRun, Runner};
use crate::supervisor::{Interruption, ProcessEvent};
use cadforge_platform::linux::MemoryFile;

/// CPU seconds for the mass properties of one shape.
const MASS_CPU_S: f64 = 10.0;

impl Runner {
    /// Runs the variants that the client asks for, until it asks for none.
    pub(super) fn run_variants(
        &mut self,
        reader: Process,
        nominal: MassProperties,
        run: &mut CandidateRun<'_>,
    ) -> io::Result<()> {
        let mut processes = Processes {
            runner: self.finished_runner.take().map(|(process, _)| process),
            reader: Some(reader),
        };
        // What variants print is discarded.
        let printed = run.monitor.output.take();
        let (mut changed, mut interrupted) = (Vec::new(), false);
        'rounds: loop {
            let variants = Variants {
                nominal,
                changed,
                interrupted,
            };
            let Some((asked, reuse)) = self.ask_client(variants, run)? else {
                break;
            };
            run.stages.end("choice of variants by the client");
            changed = Vec::new();
            for code in &asked {
                changed.push(self.run_variant(code, reuse, &mut processes, run)?);
                interrupted |= processes.runner.is_none() || processes.reader.is_none();
                if run.monitor.is_abandoned() {
                    break 'rounds;
                }
                run.monitor.killed = None;
                run.monitor.drain()?;
                run.monitor.output.take();
            }
        }
        let Processes { runner, reader } = processes;
        for (process, of) in [
            (&runner, StageProcess::Candidate),
            (&reader, StageProcess::Reader),
        ] {
            if let Some(process) = process {
                run.stages.record_use(of, process.pid);
            }
        }
        for process in [runner, reader].into_iter().flatten() {
            process.end();
            self.done.push((process, false));
        }
        run.monitor.output.restore(printed);
        Ok(())
    }

    /// Reports results, and returns the next variants; `None` if there are none.
    fn ask_client(
        &mut self,
        variants: Variants,
        run: &mut CandidateRun<'_>,
    ) -> io::Result<Option<(Vec<Vec<u8>>, Reuse)>> {
        let id = run.candidate.id;
        run.monitor.client.send(&Reply::Varied { id, variants }, &[])?;
        loop {
            match run.monitor.client.receive()? {
                Interruption::Vary(of, variants, reuse) if of == id => {
                    return Ok((!variants.is_empty()).then_some((variants, reuse)));
                }
                Interruption::Cancel(of) if of == id => {
                    run.monitor.killed = Some(Killed::Cancelled);
                    return Ok(None);
                }
                // For a candidate that has ended.
                Interruption::Cancel(_) | Interruption::Vary(..) => {}
                // It was sent while this candidate still slept.
                Interruption::Run(candidate) => self.run_concurrently(&candidate, run.monitor.client)?,
            }
        }
    }

    fn run_variant(
        &mut self,
        code: &[u8],
        reuse: Reuse,
        processes: &mut Processes,
        run: &mut CandidateRun<'_>,
    ) -> io::Result<Option<MassProperties>> {
        let mut source = MemoryFile::new("cadforge-source")?;
        let brep = MemoryFile::new("cadforge-brep")?;
        source.file().write_all(code)?;
        source.seal()?;
        let cpu_s = run.candidate.spec.limits.cpu_s;
        let command = Command::Vary([source.share()?, brep.share()?], reuse);
        let handed_over = self.ask(&mut processes.runner, Role::Vary, &command, cpu_s, run)?;
        run.stages.end("variant: code");
        // Sealed, so that even a candidate that kept a mapping of it cannot change it.
        if !matches!(handed_over, Some(Event::HandedOver(_))) || brep.seal().is_err() {
            return Ok(None);
        }
        let report = MemoryFile::new("cadforge-mass")?;
        let command = Command::Vary([brep.share()?, report.share()?], reuse);
        let weighed = self.ask(&mut processes.reader, Role::Weigh, &command, MASS_CPU_S, run)?;
        run.stages.end("variant: mass properties");
        match weighed {
            Some(Event::Done) => {
                let bytes = report.read(1 << 10)?;
                let numbers: Vec<f64> = bytes
                    .chunks_exact(8)
                    .map(|number| f64::from_le_bytes(number.try_into().expect("chunks of eight")))
                    .collect();
                Ok(MassProperties::from_numbers(&numbers))
            }
            _ => Ok(None),
        }
    }

    /// Sends a command to a process, which is started with `role` if there is none; `None` if it ends instead of an answer.
    fn ask(
        &mut self,
        place: &mut Option<Process>,
        role: Role,
        command: &Command,
        cpu_s: f64,
        run: &mut CandidateRun<'_>,
    ) -> io::Result<Option<Event>> {
        let process = match place.take() {
            Some(process) => process,
            None => match self.begin(role, run)? {
                Some(process) => process,
                None => return Ok(None),
            },
        };
        run.monitor.allow(&process, cpu_s);
        // A process that is gone is noticed below.
        let _ = process.control.send_command(command);
        let Some((process, event)) = self.answer(process, run)? else {
            return Ok(None);
        };
        *place = Some(process);
        Ok(Some(event))
    }

    /// The next event of a process; `None` if it ends or is killed at a limit.
    fn answer(
        &mut self,
        process: Process,
        run: &mut CandidateRun<'_>,
    ) -> io::Result<Option<(Process, Event)>> {
        match self.next(&mut run.monitor, &process, &run.files.runner_stack, None)? {
            ProcessEvent::Reported(event) if run.monitor.killed.is_none() => Ok(Some((process, event))),
            ProcessEvent::Reported(_) => {
                process.end();
                self.done.push((process, false));
                Ok(None)
            }
            ProcessEvent::Ended => {
                self.zygote.reap(&process)?;
                Ok(None)
            }
        }
    }

    /// A new process for variants or their mass properties.
    fn begin(&mut self, role: Role, run: &mut CandidateRun<'_>) -> io::Result<Option<Process>> {
        let process = self.zygote.take()?;
        let CandidateRun { candidate, files, .. } = run;
        let process_spec = self.process_spec(role, candidate, 0, false);
        let fds = files.fds(
            &files.run_report,
            &files.stl,
            &files.runner_stack,
            self.scratch.run_folder(),
        )?;
        process.control.send_command(&Command::Begin(process_spec, fds))?;
        run.monitor.allow(&process, MASS_CPU_S);
        // Trusted code runs up to its first event, which is `Prepared`.
        Ok(self.answer(process, run)?.map(|(process, _)| process))
    }
}

/// The processes of a candidate's variants, while they live.
struct Processes {
    runner: Option<Process>,
    reader: Option<Process>,
}

/// Prepares a process that only runs variants, and runs them.
pub(crate) fn run_only(
    harness: &Bound<'_, PyModule>,
    context: &ChildContext,
    has_project: bool,
) -> Result<(), String> {
    let descriptors = (
        context.stack_dump.descriptor(),
        context.source.descriptor(),
        has_project,
    );
    harness
        .call_method1("prepare", descriptors)
        .map_err(|error| error.to_string())?;
    context
        .control
        .send(&Event::Prepared)
        .map_err(|error| error.to_string())?;
    while let Ok(Some(Command::Vary([source, brep], reuse))) = context.control.next_command() {
        let (source, brep) = (
            MemoryFile::from_descriptor(source),
            MemoryFile::from_descriptor(brep),
        );
        run_one(harness, context, &source, &brep, reuse).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Runs one variant, and reports whether it exported a shape.
pub(crate) fn run_one(
    harness: &Bound<'_, PyModule>,
    context: &ChildContext,
    source: &MemoryFile,
    brep: &MemoryFile,
    Reuse(reuse): Reuse,
) -> io::Result<()> {
    let code = source.read(u64::MAX)?;
    let built = harness
        .call_method1("vary", (PyBytes::new(harness.py(), &code), brep.path(), reuse))
        .and_then(|built| built.extract::<bool>())
        .unwrap_or(false);
    // What it printed must not be left to the next one.
    let _ = harness.call_method0("flush");
    context
        .control
        .send(&if built { Event::HandedOver(0) } else { Event::Done })
}

/// Prepares a process that only measures mass properties, and measures them.
pub(crate) fn weigh_only(harness: &Bound<'_, PyModule>, context: &ChildContext) -> Result<(), String> {
    harness
        .call_method1(
            "prepare",
            (context.stack_dump.descriptor(), context.source.descriptor()),
        )
        .map_err(|error| error.to_string())?;
    context
        .control
        .send(&Event::Prepared)
        .map_err(|error| error.to_string())?;
    weigh(harness, context).map_err(|error| error.to_string())
}

/// Measures the mass properties of exported shapes until the supervisor ends this process. The report of a shape that cannot
/// be measured is empty.
pub(crate) fn weigh(harness: &Bound<'_, PyModule>, context: &ChildContext) -> io::Result<()> {
    while let Ok(Some(Command::Vary([brep, report], _))) = context.control.next_command() {
        let (brep, mut report) = (
            MemoryFile::from_descriptor(brep),
            MemoryFile::from_descriptor(report),
        );
        let numbers = harness
            .call_method1("read_brep", (brep.path(), 0))
            .and_then(|shapes| shapes.get_item(0))
            .and_then(|shape| mass(harness, &shape))
            .unwrap_or_default();
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        report.file().write_all(&bytes)?;
        context.control.send(&Event::Done)?;
    }
    Ok(())
}

/// The numbers of [`MassProperties::from_numbers`].
pub(crate) fn mass(harness: &Bound<'_, PyModule>, shape: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    harness.call_method1("mass", (shape,))?.extract()
}
