//! Effects of load on processes, as the kernel reports them, and time-outs that allow for it.
//!
//! Used on both sides: a worker must not kill a candidate, nor a client replace a worker, because another process had
//! the processor.

use std::fs;
use std::time::{Duration, Instant};

/// Seconds since its fork in which the main thread of a process was runnable without a processor. Updated at the end of
/// each wait. `None` if the process is gone or the kernel does not account it.
pub fn run_delay_s(pid: u32) -> Option<f64> {
    parse_run_delay(&fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?)
}

/// Parses `schedstat`: nanoseconds on a processor, nanoseconds waiting for one, number of time slices.
fn parse_run_delay(schedstat: &str) -> Option<f64> {
    let mut fields = schedstat.split_ascii_whitespace().map(str::parse::<u64>);
    let (_, delay, turns) = (fields.next()?.ok()?, fields.next()?.ok()?, fields.next()?.ok()?);
    // A kernel without this accounting shows three zeros.
    (turns > 0).then_some(delay as f64 * 1e-9)
}

/// Seconds in which any process of the system waited for the processor: a fallback if single processes are not
/// accounted.
pub fn pressure_s() -> Option<f64> {
    parse_pressure(&fs::read_to_string("/proc/pressure/cpu").ok()?)
}

/// Parses `some avg10=1.20 avg60=0.30 avg300=0.10 total=21990004`, with the total in microseconds.
fn parse_pressure(pressure: &str) -> Option<f64> {
    let some = pressure.lines().find(|line| line.starts_with("some "))?;
    let (_, total) = some.rsplit_once("total=")?;
    Some(total.trim().parse::<u64>().ok()? as f64 * 1e-6)
}

/// State of a process's main thread: `R` runs or waits for a processor, `S` sleeps, `D` waits for a disk.
pub fn state(pid: u32) -> Option<char> {
    parse_state(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The name of a process may contain anything, including parentheses.
fn parse_state(stat: &str) -> Option<char> {
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

/// Page faults of a process that needed no disk, since its fork. `None` if it is gone.
pub fn minor_faults(pid: u32) -> Option<u64> {
    parse_minor_faults(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The eighth field after the name: state, parent, group, session, terminal, its group, flags, minor faults.
fn parse_minor_faults(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(7)?.parse().ok()
}

/// Children of a process's main thread; empty if the kernel does not list them.
fn children(pid: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_ascii_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

/// A time-out that does not run while the awaited processes wait for a processor.
#[derive(Debug)]
pub struct Timeout {
    limit: Duration,
    since: Instant,
    of: Vec<u32>,
    /// Whether their children count too.
    with_children: bool,
    delay_s: f64,
}

impl Timeout {
    /// A time-out for these processes, starting now.
    pub fn new(limit: Duration, of: Vec<u32>) -> Self {
        let mut timeout = Self {
            limit,
            since: Instant::now(),
            of,
            with_children: false,
            delay_s: 0.0,
        };
        timeout.delay_s = timeout.delays();
        timeout
    }

    /// A time-out for a process and its current and future children.
    pub fn with_children(limit: Duration, of: u32) -> Self {
        Self {
            with_children: true,
            ..Self::new(limit, vec![of])
        }
    }

    /// Remaining time; zero at the end.
    pub fn left(&self) -> Duration {
        let waited = Duration::try_from_secs_f64(self.delays() - self.delay_s).unwrap_or_default();
        (self.limit + waited).saturating_sub(self.since.elapsed())
    }

    fn delays(&self) -> f64 {
        let delay = |&pid: &u32| {
            let children = if self.with_children {
                children(pid)
            } else {
                Vec::new()
            };
            let family = std::iter::once(pid).chain(children);
            family.filter_map(run_delay_s).sum::<f64>()
        };
        self.of.iter().map(delay).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::thread;

    use super::*;

    #[test]
    fn accounts_of_the_kernel_are_parsed_and_missing_ones_are_none() {
        assert_eq!(parse_run_delay("20000 2866627 1\n"), Some(0.002_866_627));
        assert_eq!(parse_run_delay("20000 0 1\n"), Some(0.0));
        for text in ["0 0 0\n", "", "1 2", "a b c"] {
            assert_eq!(parse_run_delay(text), None, "{text:?}");
        }
        let pressure = "some avg10=41.74 avg60=16.39 avg300=5.57 total=21990004\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n";
        assert_eq!(parse_pressure(pressure), Some(21.990_004));
        assert_eq!(parse_pressure("full total=7\n"), None);
        assert_eq!(parse_state("17 (a) b) S 1 17 17"), Some('S'));
        assert_eq!(parse_state("17"), None);
        assert_eq!(
            parse_minor_faults("17 (a) b) S 1 17 17 0 -1 4194304 3245 0 2"),
            Some(3245)
        );
        assert_eq!(parse_minor_faults("17 (a) b) S 1"), None);
    }

    #[test]
    fn a_timeout_is_extended_by_waits_for_the_processor_and_not_by_sleep() {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let spin = || {
            let mut command = Command::new("sh");
            command.args(["-c", "while :; do :; done"]).stdin(Stdio::null());
            command.spawn().unwrap()
        };
        let mut sleeper = Command::new("sleep").arg("60").spawn().unwrap();
        // Each gets a third of a processor at most.
        let mut busy: Vec<_> = (0..3 * processors).map(|_| spin()).collect();
        thread::sleep(Duration::from_millis(50));
        let limit = Duration::from_millis(800);
        let (waiting, sleeping) = (
            Timeout::new(limit, vec![busy[0].id()]),
            Timeout::new(limit, vec![sleeper.id()]),
        );
        thread::sleep(limit);
        let left = (waiting.left(), sleeping.left());
        for child in busy.iter_mut().chain([&mut sleeper]) {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert_eq!(left.1, Duration::ZERO);
        if run_delay_s(std::process::id()).is_some() {
            assert!(left.0 > Duration::from_millis(100), "{left:?}");
        }
    }
}
