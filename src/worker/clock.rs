//! Where the time of a run goes: computing, sleeping, waiting for the processor.
//!
//! Load is never the candidate's fault. Time that it waits for the processor counts towards no limit; time that it
//! sleeps counts as sleep; and what the kernel does not tell apart counts for the candidate. Equal code therefore comes to
//! the same end on a busy machine, later.
//!
//! Waiting for a disk (the state `D`, as after a page fault in a file that had to leave memory) is no sleep, but counts
//! towards the wall limit: a candidate can bring it about by itself, with writes that it waits for. Honest ones hardly
//! wait: beside four programs that wrote and synced without end, with the page cache dropped 20 times a second, none of
//! 422 looks at the processes of ten candidates found one, and none had a page fault that needed the disk.

use std::time::{Duration, Instant};

use cadforge_platform::load;
use nix::unistd::Pid;

use cadforge_platform::linux;

/// What one look may add to the time slept, in seconds: a whole machine that stood still, or a stopped worker, must not
/// be put down to the candidate.
const AT_MOST: f64 = 1.0;

/// Less CPU time than this between two looks, in seconds, is none: a signal, a clock.
const NOTHING: f64 = 0.000_5;

/// A process at one moment.
#[derive(Clone, Copy, Debug)]
pub struct ProcessSample {
    /// Seconds since the run began.
    pub at_s: f64,
    /// Its CPU time.
    pub cpu_s: f64,
    /// How long it has waited for the processor.
    pub delay_s: f64,
    /// It neither runs nor wants to, nor does it wait for a disk. Whether it waits for its supervisor, that one knows.
    pub asleep: bool,
    /// It wants to run, or does.
    pub runnable: bool,
}

impl ProcessSample {
    /// As it is now.
    pub fn at(process: Pid, at_s: f64) -> Self {
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

    /// Seconds slept since an earlier look.
    fn slept_s(&self, before: &Self) -> f64 {
        if !self.asleep {
            return 0.0;
        }
        let busy = (self.cpu_s - before.cpu_s) + (self.delay_s - before.delay_s);
        (self.at_s - before.at_s - busy).max(0.0)
    }

    /// Whether it has used the processor since an earlier look.
    fn ran(&self, before: &Self) -> bool {
        self.cpu_s - before.cpu_s > NOTHING
    }
}

/// The time of one run, over all its processes.
pub struct Clock {
    started: Instant,
    /// Processes of the run and of this program, with the delays that they had at the start and have now.
    delays: Vec<(Pid, f64, f64)>,
    /// Where the kernel has no account of single processes: its account of all.
    pressure_s: Option<f64>,
    last: Option<ProcessSample>,
    slept_s: f64,
    /// Without a moment of work up to now.
    asleep_s: f64,
    /// Of which the candidate was not the cause.
    forgiven_s: f64,
}

impl Clock {
    /// Starts it. The candidate also waits whenever one of `helpers` does: they fork and reap its processes.
    pub fn start(helpers: &[Pid]) -> Self {
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
            forgiven_s: 0.0,
        }
    }

    /// Wall seconds so far.
    pub fn wall_s(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Seconds slept so far.
    pub fn slept_s(&self) -> f64 {
        self.slept_s
    }

    /// Seconds slept without a moment of work up to now.
    pub fn asleep_s(&self) -> f64 {
        self.asleep_s
    }

    /// The next look is the first one at a process, or the first since it was answered.
    pub fn restart(&mut self) {
        self.last = None;
        self.asleep_s = 0.0;
    }

    /// Does not count this much.
    pub fn forgive(&mut self, time: Duration) {
        self.forgiven_s += time.as_secs_f64();
        self.restart();
    }

    /// Takes account of a look at the process that is watched. `long` says that we have been elsewhere since the last one.
    pub fn note(&mut self, process: Pid, look: ProcessSample, long: bool) -> Seen {
        match self.delays.iter_mut().find(|(known, ..)| *known == process) {
            Some((.., now_s)) => *now_s = now_s.max(look.delay_s),
            // All of it is of this run: the process was forked for it.
            None => self.delays.push((process, 0.0, look.delay_s)),
        }
        let at_most = if long { f64::INFINITY } else { AT_MOST };
        let ran = self.last.is_none_or(|last| look.ran(&last));
        let slept = self.last.map_or(0.0, |last| look.slept_s(&last)).min(at_most);
        self.slept_s += slept;
        self.asleep_s = if look.asleep && !ran {
            self.asleep_s + slept
        } else {
            0.0
        };
        self.last = Some(look);
        Seen {
            cpu_s: look.cpu_s,
            waits: look.runnable && !ran,
        }
    }

    /// Wall seconds without those that the run waited for the processor.
    pub fn own_s(&mut self) -> f64 {
        for (process, _, now_s) in &mut self.delays {
            // Of one that is gone the last look stands.
            let delay_s = load::run_delay_s(process.as_raw().unsigned_abs()).unwrap_or(0.0);
            *now_s = now_s.max(delay_s);
        }
        let waited_s: f64 = match self.pressure_s {
            Some(before) => load::pressure_s().map_or(0.0, |now| now - before),
            None => self.delays.iter().map(|(_, before, now)| now - before).sum(),
        };
        self.wall_s() - waited_s - self.forgiven_s
    }
}

/// What a look showed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// CPU time of the process.
    pub cpu_s: f64,
    /// It has wanted the processor since the last look and not got it. How long it has waited, the kernel tells when it
    /// gets it.
    pub waits: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody's number.
    const PROCESS: Pid = Pid::from_raw(i32::MAX);

    fn look(at_s: f64, cpu_s: f64, delay_s: f64, state: char) -> ProcessSample {
        ProcessSample {
            at_s,
            cpu_s,
            delay_s,
            asleep: state == 'S',
            runnable: state == 'R',
        }
    }

    fn clock(looks: &[ProcessSample]) -> Clock {
        let mut clock = Clock::start(&[]);
        for &look in looks {
            clock.note(PROCESS, look, false);
        }
        clock
    }

    #[test]
    fn sleep_is_what_is_neither_work_nor_waiting() {
        let asleep = [
            look(0.0, 0.1, 0.0, 'S'),
            look(0.5, 0.1, 0.0, 'S'),
            look(0.9, 0.1, 0.0, 'S'),
        ];
        let asleep = clock(&asleep);
        assert!((asleep.slept_s() - 0.9).abs() < 1e-9 && (asleep.asleep_s() - 0.9).abs() < 1e-9);
        let mixed = clock(&[look(0.0, 0.0, 0.0, 'R'), look(0.5, 0.1, 0.2, 'S')]);
        assert!((mixed.slept_s() - 0.2).abs() < 1e-9);
        assert_eq!(mixed.asleep_s(), 0.0);
    }

    #[test]
    fn waiting_for_the_processor_or_a_disk_is_no_sleep_though_the_account_is_late() {
        // The delay of a wait shows when it ends.
        let waiting = clock(&[
            look(0.0, 0.1, 0.0, 'R'),
            look(0.5, 0.1, 0.0, 'R'),
            look(1.0, 0.1, 0.0, 'R'),
            look(1.1, 0.15, 0.95, 'R'),
            look(1.2, 0.2, 0.95, 'S'),
        ]);
        assert!(waiting.slept_s() < 0.06, "{}", waiting.slept_s());
        let disk = clock(&[look(0.0, 0.1, 0.0, 'D'), look(0.8, 0.1, 0.0, 'D')]);
        assert_eq!(disk.slept_s(), 0.0);
    }

    #[test]
    fn a_machine_that_stood_still_is_not_put_down_to_the_candidate() {
        let stopped = clock(&[look(0.0, 0.1, 0.0, 'S'), look(3600.0, 0.1, 0.0, 'S')]);
        assert_eq!(stopped.slept_s(), AT_MOST);
        let mut elsewhere = clock(&[look(0.0, 0.1, 0.0, 'S')]);
        elsewhere.note(PROCESS, look(3.0, 0.1, 0.0, 'S'), true);
        assert_eq!(elsewhere.slept_s(), 3.0);
    }

    #[test]
    fn one_that_wants_the_processor_and_does_not_get_it_waits() {
        let mut clock = clock(&[look(0.0, 0.1, 0.0, 'R')]);
        assert!(clock.note(PROCESS, look(0.1, 0.1, 0.0, 'R'), false).waits);
        assert!(!clock.note(PROCESS, look(0.2, 0.15, 0.1, 'R'), false).waits);
        assert!(!clock.note(PROCESS, look(0.3, 0.15, 0.1, 'S'), false).waits);
    }

    #[test]
    fn what_helpers_and_candidates_waited_for_is_taken_off_the_wall_time() {
        let mut clock = Clock::start(&[Pid::this()]);
        if clock.delays.is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
        let before = clock.own_s();
        assert!(before <= clock.wall_s());
        // One that is gone by now.
        clock.delays.push((PROCESS, 0.0, 0.04));
        assert!(clock.own_s() < before - 0.03);
        clock.forgive(Duration::from_millis(10));
        assert!(clock.own_s() < before - 0.04);
    }
}
