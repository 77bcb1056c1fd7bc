//! Who runs next, as pure data: hand edits first, batches of several sources in turn.
//!
//! Knows neither workers nor clocks: times are seconds since any moment, as the caller tells them.

use std::collections::{BTreeMap, VecDeque};

use crate::Priority;

/// Who submits. Batches of different sources take turns, a job each, however many jobs one of them has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source(pub u64);

/// Which jobs a worker may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Takes {
    /// Hand edits.
    pub live: bool,
    /// Batches.
    pub batch: bool,
}

/// By how many seconds of workers' time a source may be ahead of another one that waits before its turns are the
/// other's. Jobs of up to this length take turns one by one; a source with longer ones waits for the time they took.
const AHEAD_S: f64 = 1.0;

/// Jobs of one source that may sleep in a worker while it runs a further one of that source. What else sleeps there
/// leaves its place to other sources alone.
const ASLEEP_OF_ONE: usize = 2;

/// The jobs that wait.
#[derive(Debug)]
pub struct Queue<J> {
    live: VecDeque<J>,
    /// One entry a source that has jobs; whose turn is next stands first.
    batch: VecDeque<(Source, VecDeque<J>)>,
    /// What each source has had, for as long as it has jobs that wait or run.
    shares: BTreeMap<Source, Share>,
}

/// Workers' time of one source.
#[derive(Clone, Debug, Default)]
struct Share {
    /// Seconds, of jobs that have ended.
    used_s: f64,
    /// When each job that runs began.
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
    /// All jobs that wait.
    pub fn len(&self) -> usize {
        self.waiting(Priority::Live) + self.waiting(Priority::Batch)
    }

    /// Jobs of that priority that wait.
    pub fn waiting(&self, priority: Priority) -> usize {
        match priority {
            Priority::Live => self.live.len(),
            Priority::Batch => self.batch.iter().map(|(_, jobs)| jobs.len()).sum(),
        }
    }

    /// Jobs that a worker which takes these could start on as soon as it is free.
    pub fn demand(&self, takes: Takes) -> usize {
        let live = if takes.live { self.live.len() } else { 0 };
        let batch = if takes.batch {
            self.waiting(Priority::Batch)
        } else {
            0
        };
        live + batch
    }

    /// Lets a job wait behind all others of its source.
    pub fn push(&mut self, priority: Priority, source: Source, job: J, now_s: f64) {
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

    /// Puts a job back that has had its turn and was not to blame for what came of it.
    pub fn push_back_in_front(&mut self, priority: Priority, source: Source, job: J, now_s: f64) {
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

    /// A source that had nothing to do starts level with the one that has had least: having been away earns nothing.
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

    /// The next job for a worker that takes these. Of `seats` workers for batches, no source gets all while another waits.
    pub fn next(&mut self, takes: Takes, seats: usize, now_s: f64) -> Option<J> {
        if takes.live
            && let Some(job) = self.live.pop_front()
        {
            return Some(job);
        }
        if !takes.batch {
            return None;
        }
        let leaves_a_seat = |queue: &Self, source: Source| {
            let running = queue.shares.get(&source).map_or(0, |share| share.running.len());
            running + 1 < seats
        };
        let at = self
            .choose(now_s, leaves_a_seat)
            .or_else(|| self.choose(now_s, |_, _| true))?;
        self.take(at, now_s)
    }

    /// The next job for a worker whose own job sleeps: of another source than those whose jobs sleep there, else of one
    /// that has only few of them there, so that one that has many such jobs does not fill it with them.
    pub fn next_beside(&mut self, asleep: &[Source], now_s: f64) -> Option<J> {
        let count = |source: Source| asleep.iter().filter(|&&one| one == source).count();
        let at = self
            .choose(now_s, |_, source| count(source) == 0)
            .or_else(|| self.choose(now_s, |_, source| count(source) <= ASLEEP_OF_ONE))?;
        self.take(at, now_s)
    }

    /// Whose turn it is among sources that may have one: the first that is not too far ahead of the others.
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
        let turn = waiting.iter().find(|&&(_, used_s)| used_s <= least + AHEAD_S);
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

    /// A job that was taken at `began_s` has ended, whatever came of it.
    pub fn ended(&mut self, priority: Priority, source: Source, began_s: f64, now_s: f64) {
        if priority == Priority::Batch
            && let Some(share) = self.shares.get_mut(&source)
            && let Some(at) = share.running.iter().position(|&began| began == began_s)
        {
            share.running.swap_remove(at);
            share.used_s += now_s - began_s;
        }
        self.forget_idle_sources();
    }

    /// Forgets jobs that nobody waits for any more.
    pub fn retain(&mut self, mut wanted: impl FnMut(&J) -> bool) {
        self.live.retain(&mut wanted);
        for (_, jobs) in &mut self.batch {
            jobs.retain(&mut wanted);
        }
        self.batch.retain(|(_, jobs)| !jobs.is_empty());
        self.forget_idle_sources();
    }

    /// Takes out all jobs.
    pub fn drain(&mut self) -> Vec<J> {
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
