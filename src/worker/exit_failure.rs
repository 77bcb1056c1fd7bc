//! Classifies the end of a child that left no report: limits, signals, an exit of its own.

use cadforge_core::failure::{Failure, Kind};
use cadforge_protocol::Limits;
use nix::libc;
use nix::sys::signal::Signal;

use cadforge_platform::linux::{Ended, MemoryFile};

/// Exit status of a child that failed to write its report.
pub(crate) const NO_REPORT: i32 = 113;

/// Prefix of the note on the face that is meshed.
pub(crate) const MESHING: &str = "meshing ";

/// Share of the memory limit from which an abort or a segmentation fault counts as out of memory.
const FULL: f64 = 0.8;

/// Why the supervisor killed a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Killed {
    Cpu,
    /// Slept for longer than the limit.
    Idle,
    Wall,
    Memory,
    Flood,
    /// Wrote more files than allowed.
    Files,
    /// Sent a message that no child of ours sends.
    ProtocolViolation,
    /// Cancelled by the client.
    Cancelled,
}

/// Everything known about a child after its end.
pub(crate) struct Observed {
    /// Set if the supervisor killed it.
    pub(crate) killed: Option<Killed>,
    pub(crate) ended: Ended,
    /// CPU seconds of the whole run, including those of resumed steps.
    pub(crate) cpu_s: f64,
    /// Whether it ended without writing a report.
    pub(crate) silent: bool,
}

/// The failure of a child that ended; `None` if it ended normally.
pub(crate) fn classify(
    observed: &Observed,
    source: &[u8],
    limits: &Limits,
    stderr: &[u8],
    stack_dump: &MemoryFile,
    resident_baseline: u64,
) -> Option<Failure> {
    let stack_dump = stack_dump.read(1 << 20).unwrap_or_default();
    let stack_dump = String::from_utf8_lossy(&stack_dump);
    let location = CrashLocation::new(&stack_dump, source);
    let at = location.suffix();
    let mesh = meshing(&stack_dump);
    let status = observed.ended.status;
    let full = observed.ended.peak_resident as f64
        >= resident_baseline as f64 + FULL * (limits.memory_mb << 20) as f64
        || reports_out_of_memory(stderr);
    let memory = mesh.as_ref().map_or_else(
        || {
            format!(
                "the code needed more than its {} MB of memory{at}",
                limits.memory_mb
            )
        },
        |face| {
            format!(
                "the mesh of the shape needed more than its {} MB of memory; the hardest is {face}",
                limits.memory_mb
            )
        },
    );

    let cpu = format!("the code ran past its {} s of CPU time{at}", limits.cpu_s);

    let (kind, message) = match observed.killed {
        Some(Killed::Cpu | Killed::Wall) if let Some(face) = &mesh => (
            Kind::Timeout,
            format!(
                "the mesh of the shape took more than its limit of {} s; the hardest is {face}",
                limits.mesh_cpu_s
            ),
        ),
        Some(Killed::Cpu) => (Kind::Timeout, cpu),
        Some(Killed::Idle) => (
            Kind::Timeout,
            format!(
                "the code waited for {} s without using the processor, as in a sleep or for input{at}",
                limits.idle_s()
            ),
        ),
        Some(Killed::Wall) => {
            let (used, wall) = (observed.cpu_s, limits.wall_s());
            (
                Kind::Timeout,
                format!("the code was not done after {wall} s, having used {used:.1} s of CPU time{at}"),
            )
        }
        Some(Killed::Memory) => (Kind::OutOfMemory, memory),
        Some(Killed::Flood) => (
            Kind::OutputFlood,
            format!(
                "the code printed more than its limit of {} bytes",
                limits.output_bytes
            ),
        ),
        Some(Killed::Files) => (
            Kind::OutputFlood,
            format!("the code wrote more files than its folder may hold{at}"),
        ),
        Some(Killed::ProtocolViolation) => (
            Kind::Forged,
            "the code sent messages to the supervisor in location of its runner".to_owned(),
        ),
        // A cancelled run has no failure; the caller checks for it.
        Some(Killed::Cancelled) => return None,
        None if libc::WIFSIGNALED(status) => match libc::WTERMSIG(status) {
            libc::SIGXCPU => (Kind::Timeout, cpu),
            libc::SIGKILL => (
                Kind::OutOfMemory,
                format!("the system killed the code, most likely for its memory{at}"),
            ),
            libc::SIGSEGV | libc::SIGBUS | libc::SIGABRT if full => (Kind::OutOfMemory, memory),
            signal => (
                Kind::Crash,
                format!(
                    "the code crashed with {}{at}{}",
                    signal_name(signal),
                    location.crash_hint()
                ),
            ),
        },
        None if libc::WEXITSTATUS(status) == 0 && !observed.silent => return None,
        None => {
            let status = libc::WEXITSTATUS(status);
            (
                Kind::UnknownBuildFailure,
                format!("the code ended its process, with status {status}, before it was done"),
            )
        }
    };
    let traceback = location.traceback(&message);
    Some(Failure {
        kind,
        message,
        line: location.line(),
        traceback,
    })
}

/// The face that the child was meshing, if it was.
fn meshing(stack_dump: &str) -> Option<String> {
    let line = stack_dump.lines().find_map(|line| line.strip_prefix(MESHING))?;
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, ' ' | ',');
    Some(line.chars().filter(plain).take(120).collect())
}

fn reports_out_of_memory(stderr: &[u8]) -> bool {
    let tail = String::from_utf8_lossy(&stderr[stderr.len().saturating_sub(4096)..]);
    ["std::bad_alloc", "memory allocation of", "MemoryError"]
        .iter()
        .any(|phrase| tail.contains(phrase))
}

/// Where the interpreter was in the candidate's code.
struct CrashLocation<'a> {
    /// Line, function and text of the candidate's frames, innermost first.
    frames: Vec<(u32, String, &'a str)>,
    /// Whether the innermost of all frames is CadQuery's.
    in_cadquery: bool,
}

impl<'a> CrashLocation<'a> {
    /// Parses the fault handler's dump: `  File "candidate.py", line 3 in make_wheel`.
    fn new(stack_dump: &str, source: &'a [u8]) -> Self {
        let source = std::str::from_utf8(source).unwrap_or_default();
        let frames = stack_dump
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix(r#"File "candidate.py", line "#))
            .filter_map(|rest| {
                let (number, function) = rest.split_once(" in ")?;
                let number: u32 = number.parse().ok()?;
                let text = source.lines().nth((number as usize).checked_sub(1)?)?.trim();
                Some((number, function.to_owned(), text))
            })
            .collect();
        let innermost = stack_dump
            .lines()
            .find(|line| line.trim_start().starts_with("File \""));
        Self {
            frames,
            in_cadquery: innermost.is_some_and(|line| line.contains("/cadquery/")),
        }
    }

    fn line(&self) -> Option<u32> {
        self.frames.first().map(|&(line, ..)| line)
    }

    /// ` at line 41 (`.fillet(3)`)`, or empty.
    fn suffix(&self) -> String {
        self.frames.first().map_or_else(String::new, |(line, _, text)| {
            let short: String = text.chars().take(60).collect();
            let more = if short.len() < text.len() { "…" } else { "" };
            format!(" at line {line} (`{short}{more}`)")
        })
    }

    /// Advice on a crash inside a call of CadQuery, for which the kernel gives no reason.
    fn crash_hint(&self) -> &'static str {
        if self.in_cadquery {
            ": the geometry kernel crashed inside this call; check the profiles, path or edges that it gets, or make the shape by \
             another call"
        } else {
            ""
        }
    }

    fn traceback(&self, message: &str) -> String {
        if self.frames.is_empty() {
            return String::new();
        }
        let frames = self.frames.iter().take(24).rev();
        let frames: String = frames
            .map(|(line, function, text)| {
                format!("  File \"candidate.py\", line {line}, in {function}\n    {text}\n")
            })
            .collect();
        format!("Traceback (most recent call last):\n{frames}{message}\n")
    }
}

/// The name of a signal by number, e.g. `SIGSEGV`.
fn signal_name(number: i32) -> String {
    Signal::try_from(number).map_or_else(
        |_| format!("signal {number}"),
        |signal| signal.as_str().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "Current thread 0x1 (most recent call first):\n  File \"shapes.py\", line 3 in cut\n  \
                         File \"candidate.py\", line 2 in make\n  File \"candidate.py\", line 3 in <module>\n";
    const SOURCE: &[u8] = b"def make():\n    return a.cut(b)\nfixture = make()\n";

    #[test]
    fn the_location_is_the_innermost_frame_of_the_candidate() {
        let location = CrashLocation::new(WORDS, SOURCE);
        assert_eq!(location.line(), Some(2));
        assert_eq!(location.suffix(), " at line 2 (`return a.cut(b)`)");
        let traceback = location.traceback("too late");
        assert!(traceback.find("fixture = make()").unwrap() < traceback.find("return a.cut(b)").unwrap());
    }

    #[test]
    fn a_time_out_names_the_exceeded_limit() {
        use std::io::Write;
        let mut stack_dump = MemoryFile::new("stack_dump").unwrap();
        stack_dump.file().write_all(WORDS.as_bytes()).unwrap();
        let message = |killed, status| {
            let observed = Observed {
                killed,
                ended: Ended {
                    status,
                    cpu_s: 0.0,
                    peak_resident: 0,
                },
                cpu_s: 3.21,
                silent: true,
            };
            let failure = classify(&observed, SOURCE, &Limits::default(), b"", &stack_dump, 0).unwrap();
            assert_eq!((failure.kind, failure.line), (Kind::Timeout, Some(2)));
            failure.message
        };
        let at = " at line 2 (`return a.cut(b)`)";
        let cpu = format!("the code ran past its 20 s of CPU time{at}");
        assert_eq!(message(Some(Killed::Cpu), libc::SIGKILL), cpu);
        assert_eq!(message(None, libc::SIGXCPU), cpu);
        assert_eq!(
            message(Some(Killed::Idle), libc::SIGKILL),
            format!("the code waited for 10 s without using the processor, as in a sleep or for input{at}")
        );
        assert_eq!(
            message(Some(Killed::Wall), libc::SIGKILL),
            format!("the code was not done after 60 s, having used 3.2 s of CPU time{at}")
        );
    }

    #[test]
    fn a_kill_while_meshing_names_the_mesh_and_not_the_code() {
        use std::io::Write;
        let mut stack_dump = MemoryFile::new("stack_dump").unwrap();
        writeln!(
            stack_dump.file(),
            "{MESHING}face 0, a SurfaceOfExtrusion with 72 spline spans"
        )
        .unwrap();
        let observed = Observed {
            killed: Some(Killed::Memory),
            ended: crate::linux::Ended {
                status: libc::SIGKILL,
                cpu_s: 0.0,
                peak_resident: 0,
            },
            cpu_s: 1.0,
            silent: true,
        };
        let failure = classify(&observed, SOURCE, &Limits::default(), b"", &stack_dump, 0).unwrap();
        assert_eq!((failure.kind, failure.line), (Kind::OutOfMemory, None));
        assert_eq!(
            failure.message,
            "the mesh of the shape needed more than its 2048 MB of memory; the hardest is face 0, a SurfaceOfExtrusion with 72 spline spans"
        );
    }

    #[test]
    fn a_crash_in_the_kernel_names_the_kernel() {
        let inside = format!("  File \"/somewhere/cadquery/occ_impl/shapes.py\", line 3 in loft\n{WORDS}");
        assert!(
            CrashLocation::new(&inside, SOURCE)
                .crash_hint()
                .contains("geometry kernel")
        );
        assert_eq!(CrashLocation::new(WORDS, SOURCE).crash_hint(), "");
    }

    #[test]
    fn a_forged_dump_gives_no_location() {
        let stack_dump = "  File \"candidate.py\", line 99 in x\n  File \"candidate.py\", line 0 in y\n";
        assert_eq!(CrashLocation::new(stack_dump, SOURCE).line(), None);
        assert_eq!(CrashLocation::new("", SOURCE).suffix(), "");
    }
}
