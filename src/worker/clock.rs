//! Accounts the time of a run: computing, sleeping, waiting for the processor.
//!
//! Load must not affect a candidate's result. Time in which it waits for the processor counts towards no limit; time in
//! which it sleeps counts as sleep; time that the kernel does not distinguish counts as the candidate's. Equal code
//! therefore gets the same result on a busy machine, only later.
//!
//! Waiting for a disk (state `D`, as after a page fault in an evicted file) is not sleep, but counts towards the wall
//! limit: a candidate can cause it by synchronous writes. Honest candidates hardly wait: beside four programs that
//! wrote and synced continuously, with the page cache dropped 20 times a second, none of 422 samples of ten candidates'
//! processes was in that state, and none had a page fault that needed the disk.

use std::time::{Duration, Instant};

use cadforge_platform::load;
use nix::unistd::Pid;

use cadforge_platform::linux;

/// Upper bound in seconds for the sleep between two samples: a suspended machine or a stopped worker is not the
/// candidate's sleep.
const MAX_SLEEP_S: f64 = 1.0;

/// CPU time between two samples, in seconds, below which the process counts as not having run: signals and timers use
/// some.
const MIN_CPU_S: f64 = 0.000_5;

/// State of a process at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcessSample {
    pub(crate) at_s: f64,
    pub(crate) cpu_s: f64,
    /// Total wait for the processor.
    pub(crate) delay_s: f64,
    /// Neither running, runnable nor waiting for a disk. It may still wait for the supervisor.
    pub(crate) asleep: bool,
    pub(crate) runnable: bool,
}

impl ProcessSample {
    pub(crate) fn at(process: Pid, at_s: f64) -> Self {
        let pid = process.as_raw().unsigned_abs();
        let state = load::state(pid);
        Self {
            at_s,
            cpu_s: linux::cpu_s(process).unwrap_or(0.0),
            delay_s: load::run_delay_s(pid).unwrap_or(0.0),
            asleep: matches!(state, Some('S' | 'T' | 't')),
            runnable: state == Some('R'),
        }
    }

    /// Seconds slept since an earlier sample.
    fn slept_s(&self, before: &Self) -> f64 {
        if !self.asleep {
            return 0.0;
        }
        let busy = (self.cpu_s - before.cpu_s) + (self.delay_s - before.delay_s);
        (self.at_s - before.at_s - busy).max(0.0)
    }

    /// Whether it has used the processor since an earlier sample.
    fn ran(&self, before: &Self) -> bool {
        self.cpu_s - before.cpu_s > MIN_CPU_S
    }
}

/// Time of one run, over all its processes.
pub(crate) struct Clock {
    started: Instant,
    /// Processes of the run and of this program, with their processor delays at the start and now.
    delays: Vec<(Pid, f64, f64)>,
    /// Delay of the whole system, where the kernel does not account processes.
    pressure_s: Option<f64>,
    last: Option<ProcessSample>,
    slept_s: f64,
    /// Seconds since it last worked.
    asleep_s: f64,
    /// Seconds that were not the candidate's.
    excluded_s: f64,
}

impl Clock {
    /// Starts the clock. The candidate also waits while one of `helpers` does: they fork and reap its processes.
    pub(crate) fn start(helpers: &[Pid]) -> Self {
        let delay = |&helper: &Pid| {
            let delay_s = load::run_delay_s(helper.as_raw().unsigned_abs())?;
            Some((helper, delay_s, delay_s))
        };
        let delays: Vec<_> = helpers.iter().filter_map(delay).collect();
        Self {
            started: Instant::now(),
            pressure_s: if delays.is_empty() {
                load::pressure_s()
            } else {
                None
            },
            delays,
            last: None,
            slept_s: 0.0,
            asleep_s: 0.0,
            excluded_s: 0.0,
        }
    }

    pub(crate) fn wall_s(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    pub(crate) fn slept_s(&self) -> f64 {
        self.slept_s
    }

    /// Seconds slept since it last worked.
    pub(crate) fn asleep_s(&self) -> f64 {
        self.asleep_s
    }

    /// Starts afresh: the next sample is the first of a process, or the first since a reply to it.
    pub(crate) fn restart(&mut self) {
        self.last = None;
        self.asleep_s = 0.0;
    }

    /// Excludes this time.
    pub(crate) fn exclude(&mut self, time: Duration) {
        self.excluded_s += time.as_secs_f64();
        self.restart();
    }

    /// Adds a sample of the process. `long` if a concurrent candidate ran since the last one.
    pub(crate) fn record(&mut self, process: Pid, sample: ProcessSample, long: bool) -> Usage {
        match self.delays.iter_mut().find(|(known, ..)| *known == process) {
            Some((.., now_s)) => *now_s = now_s.max(sample.delay_s),
            // The process was forked for this run: its whole delay counts.
            None => self.delays.push((process, 0.0, sample.delay_s)),
        }
        let at_most = if long { f64::INFINITY } else { MAX_SLEEP_S };
        let ran = self.last.is_none_or(|last| sample.ran(&last));
        let slept = self.last.map_or(0.0, |last| sample.slept_s(&last)).min(at_most);
        self.slept_s += slept;
        self.asleep_s = if sample.asleep && !ran {
            self.asleep_s + slept
        } else {
            0.0
        };
        self.last = Some(sample);
        Usage {
            cpu_s: sample.cpu_s,
            waits: sample.runnable && !ran,
        }
    }

    /// Wall seconds without the run's waits for the processor.
    pub(crate) fn unblocked_s(&mut self) -> f64 {
        for (process, _, now_s) in &mut self.delays {
            // For an ended process the last sample counts.
            let delay_s = load::run_delay_s(process.as_raw().unsigned_abs()).unwrap_or(0.0);
            *now_s = now_s.max(delay_s);
        }
        let waited_s: f64 = match self.pressure_s {
            Some(before) => load::pressure_s().map_or(0.0, |now| now - before),
            None => self.delays.iter().map(|(_, before, now)| now - before).sum(),
        };
        self.wall_s() - waited_s - self.excluded_s
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Usage {
    /// CPU time of the process.
    pub(crate) cpu_s: f64,
    /// It was runnable since the last sample without getting the processor. The kernel accounts that wait once it ends.
    pub(crate) waits: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number that no process has.
    const PROCESS: Pid = Pid::from_raw(i32::MAX);

    fn sample(at_s: f64, cpu_s: f64, delay_s: f64, state: char) -> ProcessSample {
        ProcessSample {
            at_s,
            cpu_s,
            delay_s,
            asleep: state == 'S',
            runnable: state == 'R',
        }
    }

    fn clock(samples: &[ProcessSample]) -> Clock {
        let mut clock = Clock::start(&[]);
        for &sample in samples {
            clock.record(PROCESS, sample, false);
        }
        clock
    }

    #[test]
    fn sleep_excludes_work_and_waiting() {
        let asleep = [
            sample(0.0, 0.1, 0.0, 'S'),
            sample(0.5, 0.1, 0.0, 'S'),
            sample(0.9, 0.1, 0.0, 'S'),
        ];
        let asleep = clock(&asleep);
        assert!((asleep.slept_s() - 0.9).abs() < 1e-9 && (asleep.asleep_s() - 0.9).abs() < 1e-9);
        let mixed = clock(&[sample(0.0, 0.0, 0.0, 'R'), sample(0.5, 0.1, 0.2, 'S')]);
        assert!((mixed.slept_s() - 0.2).abs() < 1e-9);
        assert_eq!(mixed.asleep_s(), 0.0);
    }

    #[test]
    fn waiting_for_the_processor_or_a_disk_is_not_sleep() {
        // The delay is accounted at the end of the wait.
        let waiting = clock(&[
            sample(0.0, 0.1, 0.0, 'R'),
            sample(0.5, 0.1, 0.0, 'R'),
            sample(1.0, 0.1, 0.0, 'R'),
            sample(1.1, 0.15, 0.95, 'R'),
            sample(1.2, 0.2, 0.95, 'S'),
        ]);
        assert!(waiting.slept_s() < 0.06, "{}", waiting.slept_s());
        let disk = clock(&[sample(0.0, 0.1, 0.0, 'D'), sample(0.8, 0.1, 0.0, 'D')]);
        assert_eq!(disk.slept_s(), 0.0);
    }

    #[test]
    fn a_suspended_machine_does_not_count_as_sleep() {
        let stopped = clock(&[sample(0.0, 0.1, 0.0, 'S'), sample(3600.0, 0.1, 0.0, 'S')]);
        assert_eq!(stopped.slept_s(), MAX_SLEEP_S);
        let mut concurrent = clock(&[sample(0.0, 0.1, 0.0, 'S')]);
        concurrent.record(PROCESS, sample(3.0, 0.1, 0.0, 'S'), true);
        assert_eq!(concurrent.slept_s(), 3.0);
    }

    #[test]
    fn a_runnable_process_without_cpu_time_waits() {
        let mut clock = clock(&[sample(0.0, 0.1, 0.0, 'R')]);
        assert!(clock.record(PROCESS, sample(0.1, 0.1, 0.0, 'R'), false).waits);
        assert!(!clock.record(PROCESS, sample(0.2, 0.15, 0.1, 'R'), false).waits);
        assert!(!clock.record(PROCESS, sample(0.3, 0.15, 0.1, 'S'), false).waits);
    }

    #[test]
    fn waits_of_helpers_and_candidates_reduce_the_wall_time() {
        let mut clock = Clock::start(&[Pid::this()]);
        if clock.delays.is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
        let before = clock.unblocked_s();
        assert!(before <= clock.wall_s());
        // An ended process.
        clock.delays.push((PROCESS, 0.0, 0.04));
        assert!(clock.unblocked_s() < before - 0.03);
        clock.exclude(Duration::from_millis(10));
        assert!(clock.unblocked_s() < before - 0.04);
    }
}
