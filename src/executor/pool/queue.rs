//! Who runs next, as pure data: hand edits first, batches in turn, and nothing beside one that runs alone.
//!
//! Knows neither workers nor time. Jobs come back in the order in which they are to be run.

use std::collections::VecDeque;

use crate::executor::Priority;

/// Who submits. Batches of different sources take turns, a job each, however many jobs one of them has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source(pub u64);

/// Which jobs a worker may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Takes {
    /// Hand edits.
    pub live: bool,
    /// Batches.
    pub batch: bool,
}

impl Takes {
    fn priority(self, priority: Priority) -> bool {
        match priority {
            Priority::Live => self.live,
            Priority::Batch => self.batch,
        }
    }
}

/// A job whose turn it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Turn<J> {
    /// The job.
    pub job: J,
    /// Whether batches are held back until [`Queue::alone_ended`].
    pub alone: bool,
}

/// The jobs that wait.
#[derive(Debug)]
pub struct Queue<J> {
    live: VecDeque<J>,
    /// To be run once more with no batch beside them.
    alone: VecDeque<(Priority, J)>,
    /// One entry a source that has jobs; whose turn is next stands first.
    batch: VecDeque<(Source, VecDeque<J>)>,
    running_alone: bool,
}

impl<J> Default for Queue<J> {
    fn default() -> Self {
        Self {
            live: VecDeque::new(),
            alone: VecDeque::new(),
            batch: VecDeque::new(),
            running_alone: false,
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
        let alone = self.alone.iter().filter(|(own, _)| *own == priority).count();
        alone
            + match priority {
                Priority::Live => self.live.len(),
                Priority::Batch => self.batches(),
            }
    }

    fn batches(&self) -> usize {
        self.batch.iter().map(|(_, jobs)| jobs.len()).sum()
    }

    /// Jobs that a worker which takes these could start on as soon as it is free.
    pub fn demand(&self, takes: Takes) -> usize {
        let live = if takes.live { self.live.len() } else { 0 };
        let rest = match self.alone.front() {
            _ if self.running_alone => 0,
            Some((priority, _)) => usize::from(takes.priority(*priority)),
            None if takes.batch => self.batches(),
            None => 0,
        };
        live + rest
    }

    /// Lets a job wait behind all others of its source.
    pub fn push(&mut self, priority: Priority, source: Source, job: J) {
        match priority {
            Priority::Live => self.live.push_back(job),
            Priority::Batch => match self.of_source(source) {
                Some(jobs) => jobs.push_back(job),
                None => self.batch.push_back((source, VecDeque::from([job]))),
            },
        }
    }

    /// Puts a job back that has had its turn and was not to blame for what came of it.
    pub fn push_back_in_front(&mut self, priority: Priority, source: Source, job: J) {
        match priority {
            Priority::Live => self.live.push_front(job),
            Priority::Batch => {
                let mut jobs = match self.batch.iter().position(|(own, _)| *own == source) {
                    Some(at) => self.batch.remove(at).map(|(_, jobs)| jobs).unwrap_or_default(),
                    None => VecDeque::new(),
                };
                jobs.push_front(job);
                self.batch.push_front((source, jobs));
            }
        }
    }

    /// Lets a job wait until no batch runs; then it runs with none beside it.
    pub fn push_alone(&mut self, priority: Priority, job: J) {
        self.alone.push_back((priority, job));
    }

    fn of_source(&mut self, source: Source) -> Option<&mut VecDeque<J>> {
        let found = self.batch.iter_mut().find(|(own, _)| *own == source);
        found.map(|(_, jobs)| jobs)
    }

    /// The next job for a worker that takes these; `busy` says whether any other worker runs one.
    pub fn next(&mut self, takes: Takes, busy: bool) -> Option<Turn<J>> {
        if takes.live
            && let Some(job) = self.live.pop_front()
        {
            return Some(Turn { job, alone: false });
        }
        if self.running_alone {
            return None;
        }
        if let Some((priority, _)) = self.alone.front() {
            if busy || !takes.priority(*priority) {
                return None;
            }
            self.running_alone = true;
            return self.alone.pop_front().map(|(_, job)| Turn { job, alone: true });
        }
        if !takes.batch {
            return None;
        }
        let (source, mut jobs) = self.batch.pop_front()?;
        let job = jobs.pop_front()?;
        if !jobs.is_empty() {
            self.batch.push_back((source, jobs));
        }
        Some(Turn { job, alone: false })
    }

    /// The job that ran alone has ended.
    pub fn alone_ended(&mut self) {
        self.running_alone = false;
    }

    /// Forgets jobs that nobody waits for any more.
    pub fn retain(&mut self, mut wanted: impl FnMut(&J) -> bool) {
        self.live.retain(&mut wanted);
        self.alone.retain(|(_, job)| wanted(job));
        for (_, jobs) in &mut self.batch {
            jobs.retain(&mut wanted);
        }
        self.batch.retain(|(_, jobs)| !jobs.is_empty());
    }

    /// Takes out all jobs.
    pub fn drain(&mut self) -> Vec<J> {
        let alone = self.alone.drain(..).map(|(_, job)| job);
        let batch = self.batch.drain(..).flat_map(|(_, jobs)| jobs);
        self.live.drain(..).chain(alone).chain(batch).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: Takes = Takes {
        live: true,
        batch: true,
    };
    const LIVE: Takes = Takes {
        live: true,
        batch: false,
    };
    const BATCH: Takes = Takes {
        live: false,
        batch: true,
    };

    fn batch(queue: &mut Queue<&'static str>, source: u64, jobs: &[&'static str]) {
        for job in jobs {
            queue.push(Priority::Batch, Source(source), job);
        }
    }

    /// Everything that a worker is given until there is nothing left for it.
    fn order(queue: &mut Queue<&'static str>, takes: Takes) -> Vec<&'static str> {
        std::iter::from_fn(|| queue.next(takes, false).map(|turn| turn.job)).collect()
    }

    #[test]
    fn sources_take_turns_however_much_one_of_them_has() {
        let mut queue = Queue::default();
        batch(&mut queue, 1, &["a1", "a2", "a3", "a4"]);
        batch(&mut queue, 2, &["b1", "b2"]);
        batch(&mut queue, 3, &["c1"]);
        assert_eq!(order(&mut queue, ALL), ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]);
    }

    #[test]
    fn a_hand_edit_goes_before_every_batch_and_to_workers_that_take_it() {
        let mut queue = Queue::default();
        batch(&mut queue, 1, &["a1"]);
        queue.push(Priority::Live, Source(2), "edit");
        assert_eq!(queue.next(BATCH, false).map(|turn| turn.job), Some("a1"));
        batch(&mut queue, 1, &["a2"]);
        assert_eq!(order(&mut queue, LIVE), ["edit"]);
        assert_eq!((queue.len(), queue.waiting(Priority::Batch)), (1, 1));
        queue.push(Priority::Live, Source(2), "edit");
        assert_eq!(order(&mut queue, ALL), ["edit", "a2"]);
    }

    #[test]
    fn one_that_runs_alone_waits_for_rest_and_then_holds_batches_back_but_no_hand_edit() {
        let mut queue = Queue::default();
        batch(&mut queue, 1, &["a1"]);
        queue.push_alone(Priority::Batch, "starved");
        assert_eq!(queue.next(ALL, true), None);
        assert_eq!(queue.demand(BATCH), 1);
        let alone = queue.next(ALL, false);
        assert_eq!(
            alone,
            Some(Turn {
                job: "starved",
                alone: true
            })
        );
        queue.push(Priority::Live, Source(2), "edit");
        assert_eq!(order(&mut queue, ALL), ["edit"]);
        assert_eq!(queue.demand(ALL), 0);
        queue.alone_ended();
        assert_eq!(order(&mut queue, ALL), ["a1"]);
    }

    #[test]
    fn a_hand_edit_that_is_to_run_alone_stays_with_the_worker_for_hand_edits() {
        let mut queue = Queue::default();
        queue.push_alone(Priority::Live, "edit");
        batch(&mut queue, 1, &["a1"]);
        assert_eq!((queue.demand(BATCH), queue.demand(LIVE)), (0, 1));
        assert_eq!(queue.next(BATCH, false), None);
        assert_eq!(order(&mut queue, LIVE), ["edit"]);
    }

    #[test]
    fn a_job_put_back_is_next_and_before_those_of_its_source() {
        let mut queue = Queue::default();
        batch(&mut queue, 1, &["a1", "a2"]);
        batch(&mut queue, 2, &["b1"]);
        let first = queue.next(ALL, false).map(|turn| turn.job);
        assert_eq!(first, Some("a1"));
        queue.push_back_in_front(Priority::Batch, Source(1), "a1");
        assert_eq!(order(&mut queue, ALL), ["a1", "b1", "a2"]);
    }

    #[test]
    fn what_nobody_waits_for_takes_no_turn() {
        let mut queue = Queue::default();
        batch(&mut queue, 1, &["a1"]);
        batch(&mut queue, 2, &["b1", "b2"]);
        queue.push_alone(Priority::Batch, "starved");
        queue.retain(|job| *job == "b2");
        assert_eq!((queue.len(), order(&mut queue, ALL)), (1, vec!["b2"]));
        batch(&mut queue, 1, &["a1"]);
        assert_eq!((queue.drain(), queue.len()), (vec!["a1"], 0));
    }

    proptest! {
        /// No source waits for more than one job of each other source, and none of its own jobs overtakes another.
        #[test]
        fn turns_are_fair(submitted in prop::collection::vec(0u64..4, 0..60)) {
            let mut queue = Queue::default();
            for (index, &source) in submitted.iter().enumerate() {
                queue.push(Priority::Batch, Source(source), (source, index));
            }
            let ran: Vec<(u64, usize)> =
                std::iter::from_fn(|| queue.next(BATCH, true).map(|turn| turn.job)).collect();
            prop_assert_eq!(ran.len(), submitted.len());
            for (at, &(source, index)) in ran.iter().enumerate() {
                let next = ran[at + 1..].iter().position(|&(other, _)| other == source);
                if let Some(distance) = next {
                    prop_assert!(ran[at + 1 + distance].1 > index);
                    let between = &ran[at + 1..at + 1 + distance];
                    for other in 0..4 {
                        let turns = between.iter().filter(|(own, _)| *own == other).count();
                        prop_assert!(turns <= 1, "{} turns of {} between two of {}", turns, other, source);
                    }
                }
            }
        }
    }
}
