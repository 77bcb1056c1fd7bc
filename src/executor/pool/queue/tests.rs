use proptest::prelude::*;

use super::*;

const ALL: AcceptedJobs = AcceptedJobs {
    live: true,
    batch: true,
};
const LIVE: AcceptedJobs = AcceptedJobs {
    live: true,
    batch: false,
};
const BATCH: AcceptedJobs = AcceptedJobs {
    live: false,
    batch: true,
};

/// So many that none is the last one.
const MANY: usize = 1000;

fn batch(queue: &mut Queue<&'static str>, source: u64, jobs: &[&'static str]) {
    for job in jobs {
        queue.push(Priority::Batch, Source(source), job, 0.0);
    }
}

/// All jobs in the order in which a worker gets them.
fn order(queue: &mut Queue<&'static str>, accepts: AcceptedJobs) -> Vec<&'static str> {
    std::iter::from_fn(|| queue.next(accepts, MANY, 0.0)).collect()
}

#[test]
fn sources_take_turns_whatever_their_numbers_of_jobs() {
    let mut queue = Queue::default();
    batch(&mut queue, 1, &["a1", "a2", "a3", "a4"]);
    batch(&mut queue, 2, &["b1", "b2"]);
    batch(&mut queue, 3, &["c1"]);
    assert_eq!(order(&mut queue, ALL), ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]);
}

#[test]
fn a_hand_edit_precedes_every_batch_on_workers_that_accept_it() {
    let mut queue = Queue::default();
    batch(&mut queue, 1, &["a1"]);
    queue.push(Priority::Live, Source(2), "edit", 0.0);
    assert_eq!(queue.next(BATCH, MANY, 0.0), Some("a1"));
    batch(&mut queue, 1, &["a2"]);
    assert_eq!(queue.demand(BATCH), 1);
    assert_eq!(order(&mut queue, LIVE), ["edit"]);
    assert_eq!((queue.len(), queue.waiting(Priority::Batch)), (1, 1));
    queue.push(Priority::Live, Source(2), "edit", 0.0);
    assert_eq!(queue.demand(ALL), 2);
    assert_eq!(order(&mut queue, ALL), ["edit", "a2"]);
}

#[test]
fn a_job_put_back_is_next_and_before_those_of_its_source() {
    let mut queue = Queue::default();
    batch(&mut queue, 1, &["a1", "a2"]);
    batch(&mut queue, 2, &["b1"]);
    assert_eq!(queue.next(ALL, MANY, 0.0), Some("a1"));
    queue.push_back_in_front(Priority::Batch, Source(1), "a1", 0.0);
    assert_eq!(order(&mut queue, ALL), ["a1", "b1", "a2"]);
}

#[test]
fn cancelled_jobs_take_no_turn() {
    let mut queue = Queue::default();
    batch(&mut queue, 1, &["a1"]);
    batch(&mut queue, 2, &["b1", "b2"]);
    queue.retain(|job| *job == "b2");
    assert_eq!((queue.len(), order(&mut queue, ALL)), (1, vec!["b2"]));
    batch(&mut queue, 1, &["a1"]);
    assert_eq!((queue.drain(), queue.len()), (vec!["a1"], 0));
}

#[test]
fn no_source_gets_the_last_worker_while_another_waits() {
    let mut queue = Queue::default();
    batch(&mut queue, 1, &["a1", "a2", "a3"]);
    assert_eq!(queue.next(BATCH, 2, 0.0), Some("a1"));
    batch(&mut queue, 2, &["b1", "b2"]);
    // By count the first source would be next.
    assert_eq!(queue.next(BATCH, 2, 0.0), Some("b1"));
    queue.ended(Priority::Batch, Source(2), 0.0, 0.1);
    assert_eq!(queue.next(BATCH, 2, 0.1), Some("b2"));
    queue.ended(Priority::Batch, Source(2), 0.1, 0.2);
    // No other source waits.
    assert_eq!(queue.next(BATCH, 2, 0.2), Some("a2"));
    // A single worker is the last one for every source.
    batch(&mut queue, 2, &["b3"]);
    assert_eq!(queue.next(BATCH, 1, 0.2), Some("a3"));
}

#[test]
fn a_source_with_long_jobs_waits_for_their_time() {
    let mut queue = Queue::default();
    batch(&mut queue, 1, &["a1", "a2"]);
    batch(&mut queue, 2, &["b1", "b2", "b3", "b4"]);
    assert_eq!(queue.next(BATCH, 1, 0.0), Some("a1"));
    queue.ended(Priority::Batch, Source(1), 0.0, 5.0);
    let mut ran = Vec::new();
    let mut now_s = 5.0;
    while let Some(job) = queue.next(BATCH, 1, now_s) {
        let source = Source(if job.starts_with('a') { 1 } else { 2 });
        queue.ended(Priority::Batch, source, now_s, now_s + 2.0);
        now_s += 2.0;
        ran.push(job);
    }
    // After two of its jobs the second source has used 4 s, which is within a second of 5.
    assert_eq!(ran, ["b1", "b2", "a2", "b3", "b4"]);
}

#[test]
fn an_idle_source_earns_no_turns() {
    let mut queue = Queue::default();
    batch(&mut queue, 1, &["a1", "a2", "a3", "a4"]);
    assert_eq!(queue.next(BATCH, 1, 0.0), Some("a1"));
    queue.ended(Priority::Batch, Source(1), 0.0, 60.0);
    for job in ["b1", "b2", "b3"] {
        queue.push(Priority::Batch, Source(2), job, 60.0);
    }
    let ran: Vec<_> = (0..4)
        .map(|turn| {
            let now_s = 60.0 + f64::from(turn) * 0.1;
            let job = queue.next(BATCH, 1, now_s).unwrap();
            let source = Source(if job.starts_with('a') { 1 } else { 2 });
            queue.ended(Priority::Batch, source, now_s, now_s + 0.1);
            job
        })
        .collect();
    assert_eq!(ran, ["a2", "b1", "a3", "b2"]);
}

#[test]
fn beside_a_job_that_sleeps_run_those_of_others() {
    let mut queue = Queue::default();
    batch(&mut queue, 1, &["a1", "a2"]);
    assert_eq!(queue.next(BATCH, 1, 0.0), Some("a1"));
    batch(&mut queue, 2, &["b1", "b2"]);
    batch(&mut queue, 3, &["c1"]);
    assert_eq!(queue.next_concurrent(&[Source(1)], 0.1), Some("b1"));
    assert_eq!(queue.next_concurrent(&[Source(1), Source(2)], 0.2), Some("c1"));
    assert_eq!(queue.len(), 2);
}

#[test]
fn beside_few_jobs_that_sleep_run_those_of_the_same_source() {
    let mut queue = Queue::default();
    let own = [Source(1); 3];
    batch(&mut queue, 1, &["a1", "a2", "a3", "a4"]);
    assert_eq!(queue.next(BATCH, 1, 0.0), Some("a1"));
    assert_eq!(queue.next_concurrent(&own[..1], 0.1), Some("a2"));
    assert_eq!(queue.next_concurrent(&own[..2], 0.2), Some("a3"));
    // The rest of the worker is for other sources.
    assert_eq!(queue.next_concurrent(&own, 0.3), None);
    batch(&mut queue, 2, &["b1", "b2"]);
    assert_eq!(queue.next_concurrent(&own[..1], 0.4), Some("b1"));
    assert_eq!(queue.next_concurrent(&own, 0.5), Some("b2"));
}

#[test]
fn idle_sources_leave_no_state() {
    let mut queue = Queue::default();
    for source in 0..100 {
        queue.push(Priority::Batch, Source(source), "job", 0.0);
        assert!(queue.next(BATCH, 2, 0.0).is_some());
        queue.ended(Priority::Batch, Source(source), 0.0, 1.0);
    }
    assert!(queue.shares.is_empty());
}

/// Simulates two clients with an artificial clock.
struct Simulation {
    workers: usize,
    /// Whether both clients are one source.
    same: bool,
    /// Whether a sleeping job shares its worker after a while, as in real workers.
    shares_worker: bool,
    /// Jobs of the first client, each sleeping for this long.
    sleepers: usize,
    sleep_s: f64,
    /// Jobs of the second client, each working for this long.
    light: usize,
    light_s: f64,
    /// When the second client starts.
    later_s: f64,
}

impl Simulation {
    /// Seconds from the start of the second client until its last job ends.
    fn run(&self) -> f64 {
        const LEND_AFTER_S: f64 = 0.1;
        let (sleepers, light) = (Source(1), Source(if self.same { 1 } else { 2 }));
        let mut queue = Queue::default();
        for _ in 0..self.sleepers {
            queue.push(Priority::Batch, sleepers, true, 0.0);
        }
        // Each worker's jobs, the outermost first: whether it sleeps, start, end.
        let mut workers: Vec<Vec<(bool, f64, f64)>> = vec![Vec::new(); self.workers];
        let (mut come, mut left) = (false, self.light);
        let step = 0.01;
        let mut now_s = 0.0;
        while left > 0 {
            if !come && now_s >= self.later_s {
                come = true;
                for _ in 0..self.light {
                    queue.push(Priority::Batch, light, false, now_s);
                }
            }
            for jobs in &mut workers {
                // Only the innermost can end: a sleeper is sampled when its worker is free.
                while let Some(&(sleeps, began_s, ends_s)) = jobs.last()
                    && ends_s <= now_s + 1e-9
                {
                    jobs.pop();
                    queue.ended(
                        Priority::Batch,
                        if sleeps { sleepers } else { light },
                        began_s,
                        now_s,
                    );
                    left -= usize::from(!sleeps);
                }
                let shares_worker = |&(sleeps, began_s, _): &(bool, f64, f64)| {
                    self.shares_worker && sleeps && now_s >= began_s + LEND_AFTER_S - 1e-9
                };
                let next = match jobs.last() {
                    None => queue.next(BATCH, self.workers, now_s),
                    Some(last) if shares_worker(last) => {
                        queue.next_concurrent(&vec![sleepers; jobs.len()], now_s)
                    }
                    Some(_) => None,
                };
                if let Some(sleeps) = next {
                    let length_s = if sleeps { self.sleep_s } else { self.light_s };
                    jobs.push((sleeps, now_s, now_s + length_s));
                }
            }
            now_s += step;
        }
        now_s - step - self.later_s
    }
}

#[test]
fn light_jobs_beside_sleepers_take_at_most_twice_their_time_alone() {
    for (workers, light_s) in [(1, 0.1), (2, 0.1), (2, 0.3), (4, 0.1)] {
        for later_s in [0.0, 0.05, 1.0] {
            let play = |sleepers, shares_worker| {
                let play = Simulation {
                    workers,
                    same: false,
                    shares_worker,
                    sleepers,
                    sleep_s: 10.0,
                    light: 40,
                    light_s,
                    later_s,
                };
                play.run()
            };
            let alone = play(0, true);
            let whole = 40.0 * light_s / workers as f64;
            assert!((alone - whole).abs() < 0.05, "{alone} s alone, not {whole} s");
            for sleepers in [1, 4] {
                let beside = play(sleepers, true);
                assert!(
                    beside <= 1.25 * alone,
                    "{workers} workers, {sleepers} sleepers {later_s} s before: {beside} s, alone {alone} s"
                );
            }
            // The benefit of sharing.
            if later_s > 0.0 && workers < 4 {
                assert!(play(4, false) > 2.0 * alone);
            }
        }
    }
}

#[test]
fn light_jobs_behind_sleepers_of_their_own_client_do_not_wait_for_them() {
    for workers in [2, 4] {
        let play = Simulation {
            workers,
            same: true,
            shares_worker: true,
            sleepers: 4,
            sleep_s: 10.0,
            light: 40,
            light_s: 0.1,
            later_s: 0.0,
        };
        let behind = play.run();
        let alone = Simulation { sleepers: 0, ..play }.run();
        assert!(
            behind <= alone + 0.5,
            "{workers} workers: {behind} s, alone {alone} s"
        );
    }
}

proptest! {
    /// Among jobs of no duration, no source waits for more than one job of each other source, and no job overtakes an
    /// earlier one of its source.
    #[test]
    fn turns_are_fair(submitted in prop::collection::vec(0u64..4, 0..60)) {
        let mut queue = Queue::default();
        for (index, &source) in submitted.iter().enumerate() {
            queue.push(Priority::Batch, Source(source), (source, index), 0.0);
        }
        let ran: Vec<(u64, usize)> =
            std::iter::from_fn(|| queue.next(BATCH, MANY, 0.0)).collect();
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

    /// Whatever the durations, a waiting source is behind any other by at most the longest job and the allowance.
    #[test]
    fn time_is_shared(lengths in prop::collection::vec(prop::collection::vec(0.01f64..5.0, 1..20), 2..5)) {
        let mut queue = Queue::default();
        for (source, jobs) in lengths.iter().enumerate() {
            for &length in jobs {
                queue.push(Priority::Batch, Source(source as u64), (source, length), 0.0);
            }
        }
        let longest = lengths.iter().flatten().copied().fold(0.0, f64::max);
        let mut had = vec![0.0; lengths.len()];
        let mut left: Vec<usize> = lengths.iter().map(Vec::len).collect();
        let mut now_s = 0.0;
        while let Some((source, length)) = queue.next(BATCH, 1, now_s) {
            queue.ended(Priority::Batch, Source(source as u64), now_s, now_s + length);
            now_s += length;
            had[source] += length;
            left[source] -= 1;
            for other in 0..had.len() {
                let waits = left[other] > 0;
                prop_assert!(!waits || had[source] <= had[other] + MAX_AHEAD_S + longest + 1e-6);
            }
        }
        prop_assert!(left.iter().all(|&left| left == 0));
    }
}
