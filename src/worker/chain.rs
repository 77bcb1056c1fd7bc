//! Processes paused between two steps of a candidate, so that an edited candidate is not run from its start.
//!
//! A chain serves one sequence of edits: each link is a process that ran the first steps of a plan and forked the next
//! link. A plan that begins with the same steps resumes from the deepest link that shares them. A process that has done
//! anything besides computing, such as writing files, becomes no link: its state would differ from that of a run from
//! the start.

use std::io;
use std::rc::Rc;

use cadforge_protocol::RunSpec;

use crate::control::{Command, Control};
use crate::listener::Listener;
use crate::plan::Plan;
use crate::process_tree::{NotificationHandler, Process, Zygote};
use cadforge_platform::linux::{self, Ended};

const MAX_LINKS: usize = 32;

/// Memory that all links together may have beyond the zygote's, in bytes. They share most of it, so their real cost is
/// lower.
const MAX_LINK_MEMORY: u64 = 2 << 30;

/// A link must be this much deeper than the one before, as a share of the CPU time so far: the number of links grows
/// with the logarithm of the time.
const SPACING: f64 = 0.06;

/// CPU seconds that a link may spend on reaping a child; beyond that, candidate code has run in it.
const REAP_CPU_S: f64 = 0.02;

/// A process paused before a step.
struct Link {
    process: Process,
    plan: Rc<Plan>,
    step: u32,
    prefix: Prefix,
    /// Its CPU time when it paused; it must not have run since.
    cpu_s: f64,
    /// Memory beyond the zygote's, in bytes.
    memory: u64,
}

/// Use and output of a run up to a link.
#[derive(Clone, Default)]
pub(crate) struct Prefix {
    pub(crate) cpu_s: f64,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// The links of one sequence of edits, deepest last.
pub(crate) struct Chain {
    links: Vec<Link>,
    listener: Listener,
    spec: RunSpec,
}

/// A run that resumes from a link.
pub(crate) struct Resumed {
    pub(crate) process: Process,
    /// The first step that it runs.
    pub(crate) step: u32,
    /// Use and output of the steps before.
    pub(crate) prefix: Prefix,
}

/// Result of trying to make a link of a paused process.
pub(crate) enum Extended {
    /// It is a link now, and this fork of it continues.
    Link(Process),
    /// It is not worth a link, or must not be one, and continues itself.
    Same(Process),
    /// It did not behave as a paused process does.
    Violated(Process),
}

impl Chain {
    /// Has no links yet; `listener` is that of its first process.
    pub(crate) fn new(listener: Listener, spec: RunSpec) -> Self {
        Self {
            links: Vec::new(),
            listener,
            spec,
        }
    }

    /// Answers the seccomp notifications of its processes.
    pub(crate) fn listener(&self) -> &Listener {
        &self.listener
    }

    /// The parent of the running process; `None` if that is the zygote.
    pub(crate) fn last(&self) -> Option<&Process> {
        self.links.last().map(|link| &link.process)
    }

    /// Ends the links from which a run of `plan` cannot resume.
    pub(crate) fn keep_shared(&mut self, plan: &Plan, spec: &RunSpec, zygote: &Zygote) -> io::Result<()> {
        let same = self.spec == *spec;
        let usable = |link: &Link| {
            let idle = linux::cpu_s(link.process.pid).is_some_and(|cpu_s| cpu_s - link.cpu_s < REAP_CPU_S);
            same && idle && link.plan.shares(plan, link.step)
        };
        let kept = self.links.iter().rposition(usable).map_or(0, |at| at + 1);
        self.cut(kept, zygote)
    }

    /// Resumes from the deepest link, if that still obeys commands.
    pub(crate) fn resume(&mut self) -> Option<Resumed> {
        let process = self.fork(&self.links.last()?.process).ok()?;
        let link = self.links.last_mut()?;
        // The fork itself uses CPU time.
        link.cpu_s = linux::cpu_s(link.process.pid).unwrap_or(f64::NAN);
        Some(Resumed {
            process,
            step: link.step,
            prefix: link.prefix.clone(),
        })
    }

    /// Makes a link of a process paused before `step`, if that is worthwhile.
    pub(crate) fn extend(
        &mut self,
        process: Process,
        step: u32,
        plan: &Rc<Plan>,
        prefix: &Prefix,
        zygote: &Zygote,
        clean: bool,
    ) -> Extended {
        let before = self.links.last().map_or(0.0, |link| link.prefix.cpu_s);
        let memory = linux::memory(process.pid).map_or(u64::MAX, |(_, resident)| {
            resident.saturating_sub(zygote.info.resident)
        });
        let all = self
            .links
            .iter()
            .fold(memory, |sum, link| sum.saturating_add(link.memory));
        let worth = prefix.cpu_s - before > SPACING * prefix.cpu_s;
        if !(clean && worth && self.links.len() < MAX_LINKS && all < MAX_LINK_MEMORY) {
            return Extended::Same(process);
        }
        let Ok(next) = self.fork(&process) else {
            return Extended::Violated(process);
        };
        self.links.push(Link {
            cpu_s: linux::cpu_s(process.pid).unwrap_or(f64::NAN),
            process,
            plan: Rc::clone(plan),
            step,
            prefix: prefix.clone(),
            memory,
        });
        Extended::Link(next)
    }

    /// Reaps the last process that ran, which has ended.
    pub(crate) fn reap(&mut self, process: &Process, zygote: &Zygote) -> io::Result<Ended> {
        let Some(parent) = self.last() else {
            return zygote.reap(process);
        };
        match parent.reap(process, Some(&self.listener)) {
            Ok(ended) => Ok(ended),
            Err(_) => {
                // A parent that does not answer is controlled by the candidate: the chain ends, and the child's status
                // is lost.
                self.cut(0, zygote)?;
                Ok(Ended::unknown())
            }
        }
    }

    /// Ends all links.
    pub(crate) fn end(mut self, zygote: &Zygote) -> io::Result<()> {
        self.cut(0, zygote)
    }

    /// Ends the links from index `kept` on. Only the first of them has a parent left that reaps it; the others become
    /// children of this process and are reaped as strays.
    fn cut(&mut self, kept: usize, zygote: &Zygote) -> io::Result<()> {
        let gone = self.links.split_off(kept);
        for link in &gone {
            link.process.end();
        }
        match (gone.first(), self.last()) {
            // A parent that does not answer is ended later, and its orphans with it.
            (Some(first), Some(parent)) => drop(parent.reap(&first.process, Some(&self.listener))),
            (Some(first), None) => drop(zygote.reap(&first.process)?),
            (None, _) => {}
        }
        Ok(())
    }

    fn fork(&self, parent: &Process) -> io::Result<Process> {
        let (ours, theirs) = Control::pair()?;
        parent.control.send_command(&Command::Fork(theirs))?;
        let mut handler = NotificationHandler {
            listener: Some(&self.listener),
            may_fork: Some(parent.pid),
            busy: vec![parent.pid],
        };
        let child = Process::meet(ours, &mut handler)?;
        if child.pid == parent.pid {
            return Err(io::Error::other("a process claimed to be its own child"));
        }
        Ok(child)
    }
}
