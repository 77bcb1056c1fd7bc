//! Scheduling as pure data: hand edits first, then batches of several sources in turn.
//!
//! Independent of workers and clocks: times are seconds since any fixed moment, passed by the caller.

use std::collections::{BTreeMap, VecDeque};

/// Priority of a run; hand edits go before batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A batch or a training loop.
    Batch,
    /// A hand edit.
    Live,
}

/// A submitter. Batches of different sources take turns, whatever their numbers of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source(pub u64);

/// The jobs that a worker accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AcceptedJobs {
    pub(crate) live: bool,
    pub(crate) batch: bool,
}

/// Seconds of worker time by which a source may be ahead of another waiting one before the other gets its turns.
/// Sources with shorter jobs take turns job by job; a source with longer jobs waits for the time they took.
const MAX_AHEAD_S: f64 = 1.0;

/// Number of sleeping jobs of one source in a worker beside which that source may run another job. Beyond it, only
/// other sources may.
const MAX_ASLEEP_OF_SOURCE: usize = 2;

/// Waiting jobs.
#[derive(Debug)]
pub(crate) struct Queue<J> {
    live: VecDeque<J>,
    /// One entry per source with jobs; the first has the next turn.
    batch: VecDeque<(Source, VecDeque<J>)>,
    /// Use of each source that has waiting or running jobs.
    shares: BTreeMap<Source, Share>,
}

/// Worker time of one source.
#[derive(Clone, Debug, Default)]
struct Share {
    /// Seconds of jobs that have ended.
    used_s: f64,
    /// Start times of running jobs.
    running: Vec<f64>,
}

impl Share {
    fn used_s(&self, now_s: f64) -> f64 {
        self.used_s + self.running.iter().map(|began_s| now_s - began_s).sum::<f64>()
    }
}

impl<J> Default for Queue<J> {
    fn default() -> Self {
        Self {
            live: VecDeque::new(),
            batch: VecDeque::new(),
            shares: BTreeMap::new(),
        }
    }
}

impl<J> Queue<J> {
    /// Number of waiting jobs.
    pub(crate) fn len(&self) -> usize {
        self.waiting(Priority::Live) + self.waiting(Priority::Batch)
    }

    /// Number of waiting jobs of a priority.
    pub(crate) fn waiting(&self, priority: Priority) -> usize {
        match priority {
            Priority::Live => self.live.len(),
            Priority::Batch => self.batch.iter().map(|(_, jobs)| jobs.len()).sum(),
        }
    }

    /// Number of jobs that a worker accepting these could start as soon as it is free.
    pub(crate) fn demand(&self, accepts: AcceptedJobs) -> usize {
        let live = if accepts.live { self.live.len() } else { 0 };
        let batch = if accepts.batch {
            self.waiting(Priority::Batch)
        } else {
            0
        };
        live + batch
    }

    /// Appends a job to the jobs of its source.
    pub(crate) fn push(&mut self, priority: Priority, source: Source, job: J, now_s: f64) {
        match priority {
            Priority::Live => self.live.push_back(job),
            Priority::Batch => {
                self.admit(source, now_s);
                match self.of_source(source) {
                    Some(jobs) => jobs.push_back(job),
                    None => self.batch.push_back((source, VecDeque::from([job]))),
                }
            }
        }
    }

    /// Puts back a job that had its turn and failed through no fault of its own.
    pub(crate) fn push_back_in_front(&mut self, priority: Priority, source: Source, job: J, now_s: f64) {
        match priority {
            Priority::Live => self.live.push_front(job),
            Priority::Batch => {
                self.admit(source, now_s);
                let mut jobs = match self.batch.iter().position(|(own, _)| *own == source) {
                    Some(at) => self.batch.remove(at).map(|(_, jobs)| jobs).unwrap_or_default(),
                    None => VecDeque::new(),
                };
                jobs.push_front(job);
                self.batch.push_front((source, jobs));
            }
        }
    }

    /// A source that was idle starts level with the one that used least: idle time earns no credit.
    fn admit(&mut self, source: Source, now_s: f64) {
        if self.shares.contains_key(&source) {
            return;
        }
        let least = self.shares.values().map(|share| share.used_s(now_s));
        let used_s = least.min_by(f64::total_cmp).unwrap_or(0.0);
        let share = Share {
            used_s,
            running: Vec::new(),
        };
        self.shares.insert(source, share);
    }

    fn of_source(&mut self, source: Source) -> Option<&mut VecDeque<J>> {
        let found = self.batch.iter_mut().find(|(own, _)| *own == source);
        found.map(|(_, jobs)| jobs)
    }

    /// The next job for a worker accepting these. Of `batch_workers` workers for batches, no source gets all while another
    /// waits.
    pub(crate) fn next(&mut self, accepts: AcceptedJobs, batch_workers: usize, now_s: f64) -> Option<J> {
        if accepts.live
            && let Some(job) = self.live.pop_front()
        {
            return Some(job);
        }
        if !accepts.batch {
            return None;
        }
        let leaves_a_seat = |queue: &Self, source: Source| {
            let running = queue.shares.get(&source).map_or(0, |share| share.running.len());
            running + 1 < batch_workers
        };
        let at = self
            .choose(now_s, leaves_a_seat)
            .or_else(|| self.choose(now_s, |_, _| true))?;
        self.take(at, now_s)
    }

    /// The next job for a worker whose current jobs sleep: of another source than those, else of one with few jobs
    /// sleeping there, so that no source fills a worker with sleeping jobs.
    pub(crate) fn next_concurrent(&mut self, asleep: &[Source], now_s: f64) -> Option<J> {
        let count = |source: Source| asleep.iter().filter(|&&one| one == source).count();
        let at = self
            .choose(now_s, |_, source| count(source) == 0)
            .or_else(|| self.choose(now_s, |_, source| count(source) <= MAX_ASLEEP_OF_SOURCE))?;
        self.take(at, now_s)
    }

    /// The source with the next turn among those allowed: the first that is not too far ahead of the others.
    fn choose(&self, now_s: f64, may: impl Fn(&Self, Source) -> bool) -> Option<usize> {
        let used = |source: &Source| self.shares.get(source).map_or(0.0, |share| share.used_s(now_s));
        let waiting: Vec<(usize, f64)> = self
            .batch
            .iter()
            .enumerate()
            .filter(|(_, (source, _))| may(self, *source))
            .map(|(at, (source, _))| (at, used(source)))
            .collect();
        let least = waiting.iter().map(|&(_, used_s)| used_s).min_by(f64::total_cmp)?;
        let turn = waiting.iter().find(|&&(_, used_s)| used_s <= least + MAX_AHEAD_S);
        turn.map(|&(at, _)| at)
    }

    fn take(&mut self, at: usize, now_s: f64) -> Option<J> {
        let (source, mut jobs) = self.batch.remove(at)?;
        let job = jobs.pop_front()?;
        if !jobs.is_empty() {
            self.batch.push_back((source, jobs));
        }
        self.shares.entry(source).or_default().running.push(now_s);
        Some(job)
    }

    /// Records the end of a job that was started at `began_s`, whatever its result.
    pub(crate) fn ended(&mut self, priority: Priority, source: Source, began_s: f64, now_s: f64) {
        if priority == Priority::Batch
            && let Some(share) = self.shares.get_mut(&source)
            && let Some(at) = share.running.iter().position(|&began| began == began_s)
        {
            share.running.swap_remove(at);
            share.used_s += now_s - began_s;
        }
        self.forget_idle_sources();
    }

    /// Removes jobs that nobody waits for any more.
    pub(crate) fn retain(&mut self, mut wanted: impl FnMut(&J) -> bool) {
        self.live.retain(&mut wanted);
        for (_, jobs) in &mut self.batch {
            jobs.retain(&mut wanted);
        }
        self.batch.retain(|(_, jobs)| !jobs.is_empty());
        self.forget_idle_sources();
    }

    /// Removes all jobs.
    pub(crate) fn drain(&mut self) -> Vec<J> {
        let batch = self.batch.drain(..).flat_map(|(_, jobs)| jobs);
        let jobs = self.live.drain(..).chain(batch).collect();
        self.forget_idle_sources();
        jobs
    }

    /// Every request of a server is a source of its own.
    fn forget_idle_sources(&mut self) {
        let batch = &self.batch;
        self.shares
            .retain(|source, share| !share.running.is_empty() || batch.iter().any(|(own, _)| own == source));
    }
}

#[cfg(test)]
mod tests;
