//! Candidates that stand between two of their steps, so that an edited one need not be run from its start.
//!
//! A chain belongs to one line of edits: each link is a process that ran the first steps of a plan and forked the next
//! one. A plan that begins with the same steps goes on from the deepest link that it shares. A link that has done
//! anything besides computing is not made: it would not be what a run from the start is.

use std::io;
use std::rc::Rc;

use cadforge_protocol::Limits;

use crate::control::{Command, Control};
use crate::listener::Listener;
use crate::plan::Plan;
use crate::process_tree::{Asked, Process, Zygote};
use cadforge_platform::linux::{self, Ended};

/// Links at most.
const MOST: usize = 32;

/// Memory that links may have beyond the zygote's, together, in bytes. Most of it they share, so that this is more
/// than they can cost.
const MOST_MEMORY: u64 = 2 << 30;

/// A link must be so much deeper than the one before, as a share of the CPU time so far: their number grows with the
/// logarithm of the time.
const SPACING: f64 = 0.06;

/// CPU seconds that a link may spend on burying a child; more than that is somebody else's work.
const IDLE_S: f64 = 0.02;

/// A candidate that stands before one of its steps.
struct Link {
    process: Process,
    plan: Rc<Plan>,
    /// The step it stands before.
    step: u32,
    prefix: Prefix,
    /// Its own CPU time when it stopped; it must not have run since.
    cpu_s: f64,
    /// Memory beyond the zygote's, in bytes.
    memory: u64,
}

/// What a run up to a link has used and printed.
#[derive(Clone, Default)]
pub struct Prefix {
    /// CPU seconds.
    pub cpu_s: f64,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

/// The links of one line of edits, deepest last.
pub struct Chain {
    links: Vec<Link>,
    listener: Listener,
    limits: Limits,
}

/// Where a run goes on.
pub struct Resumed {
    /// The process that goes on.
    pub process: Process,
    /// The step it goes on with.
    pub step: u32,
    /// What was before.
    pub prefix: Prefix,
}

/// What becomes of a process that stands before a step.
pub enum Extended {
    /// It is a link now, and this one goes on.
    Link(Process),
    /// It is not worth a link, or cannot be one, and is to go on itself.
    Same(Process),
    /// It did not do what a process that stands does.
    Deceived(Process),
}

impl Chain {
    /// Without links yet; `listener` is the one that its first process handed over.
    pub fn new(listener: Listener, limits: Limits) -> Self {
        Self {
            links: Vec::new(),
            listener,
            limits,
        }
    }

    /// Answers for its processes.
    pub fn listener(&self) -> &Listener {
        &self.listener
    }

    /// The process that forked what runs now; `None` if that was the zygote.
    pub fn last(&self) -> Option<&Process> {
        self.links.last().map(|link| &link.process)
    }

    /// Leaves only links that a run of `plan` could go on from.
    pub fn keep_shared(&mut self, plan: &Plan, limits: &Limits, zygote: &Zygote) -> io::Result<()> {
        let same = self.limits == *limits;
        let usable = |link: &Link| {
            let idle = linux::cpu_s(link.process.pid).is_some_and(|cpu_s| cpu_s - link.cpu_s < IDLE_S);
            same && idle && link.plan.shares(plan, link.step)
        };
        let kept = self.links.iter().rposition(usable).map_or(0, |at| at + 1);
        self.cut(kept, zygote)
    }

    /// Goes on from the deepest link, if there is one that still does what it is told.
    pub fn resume(&mut self) -> Option<Resumed> {
        let process = self.fork(&self.links.last()?.process).ok()?;
        let link = self.links.last_mut()?;
        // Forking costs it some.
        link.cpu_s = linux::cpu_s(link.process.pid).unwrap_or(f64::NAN);
        Some(Resumed {
            process,
            step: link.step,
            prefix: link.prefix.clone(),
        })
    }

    /// Makes a link of a process that stands before `step`, if that is worth it.
    pub fn extend(
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
            resident.saturating_sub(zygote.warm.resident)
        });
        let all = self
            .links
            .iter()
            .fold(memory, |sum, link| sum.saturating_add(link.memory));
        let worth = prefix.cpu_s - before > SPACING * prefix.cpu_s;
        if !(clean && worth && self.links.len() < MOST && all < MOST_MEMORY) {
            return Extended::Same(process);
        }
        let Ok(next) = self.fork(&process) else {
            return Extended::Deceived(process);
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

    /// Buries the process that ran last and has ended.
    pub fn reap(&mut self, process: &Process, zygote: &Zygote) -> io::Result<Ended> {
        let Some(parent) = self.last() else {
            return zygote.reap(process);
        };
        match parent.reap(process, Some(&self.listener)) {
            Ok(ended) => Ok(ended),
            Err(_) => {
                // A parent that does not answer is itself a candidate's process: it goes, and what it knew with it.
                self.cut(0, zygote)?;
                Ok(Ended::unknown())
            }
        }
    }

    /// Ends all of it.
    pub fn end(mut self, zygote: &Zygote) -> io::Result<()> {
        self.cut(0, zygote)
    }

    /// Ends the links from `kept` on. Only the first of them has a parent that is left to bury it; the others become
    /// children of this process, and go the way of all strays.
    fn cut(&mut self, kept: usize, zygote: &Zygote) -> io::Result<()> {
        let gone = self.links.split_off(kept);
        for link in &gone {
            link.process.end();
        }
        match (gone.first(), self.last()) {
            // One that does not answer is ended when it is its turn, and its orphans with it.
            (Some(first), Some(parent)) => drop(parent.reap(&first.process, Some(&self.listener))),
            (Some(first), None) => drop(zygote.reap(&first.process)?),
            (None, _) => {}
        }
        Ok(())
    }

    fn fork(&self, parent: &Process) -> io::Result<Process> {
        let (ours, theirs) = Control::pair()?;
        parent.control.send_command(&Command::Fork(theirs))?;
        let mut asked = Asked {
            listener: Some(&self.listener),
            may_fork: Some(parent.pid),
            busy: vec![parent.pid],
        };
        let child = Process::meet(ours, &mut asked)?;
        if child.pid == parent.pid {
            return Err(io::Error::other("a process that passes itself off as its child"));
        }
        Ok(child)
    }
}
