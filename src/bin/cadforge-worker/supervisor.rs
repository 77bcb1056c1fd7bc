//! Watches a running candidate, keeps its output, ends it when it must.
//!
//! Decides why a child ended, not what that is worth.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use cadforge::executor::Limits;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, read};

use crate::candidate::Mailbox;
use crate::control::News;
use crate::linux::{self, Ended, MemoryFile};
use crate::run::Zygote;

/// The wall limit is this many times the CPU limit.
pub const WALL_FACTOR: f64 = 3.0;

/// How often CPU time and memory are looked at. Below it, a limit of 20 s is kept to a thousandth.
const TICK: Duration = Duration::from_millis(20);

/// How long a child that is about to be killed may take to say where it is.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Why the supervisor killed a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Killed {
    /// CPU limit.
    Cpu,
    /// Wall limit.
    Wall,
    /// Memory limit.
    Memory,
    /// Output limit.
    Flood,
    /// The client asked.
    Cancelled,
}

/// All that is known of a child once it is gone.
pub struct Observed {
    /// Set if the supervisor killed it.
    pub killed: Option<Killed>,
    /// Exit status and use of resources.
    pub ended: Ended,
    /// Wall time in seconds.
    pub wall_s: f64,
    /// Standard output, cut at the limit.
    pub stdout: Vec<u8>,
    /// Standard error, cut so that both keep within the limit.
    pub stderr: Vec<u8>,
    /// Whether it ended without leaving a report.
    pub silent: bool,
}

/// A running child and the read ends of its pipes, which must not block.
pub struct Running {
    /// The child, leader of its own session.
    pub child: Pid,
    /// Standard output.
    pub stdout: OwnedFd,
    /// Standard error.
    pub stderr: OwnedFd,
    /// Holds a byte once the child has begun with the candidate's code.
    pub prepared: OwnedFd,
    /// When it was forked.
    pub started: Instant,
}

/// What the client's connection asks for while a candidate runs.
pub enum Interruption {
    /// Nothing that concerns this candidate.
    None,
    /// Stop it.
    Cancel,
}

/// Watches `running` until it is gone.
///
/// `interrupted` is called whenever `client` is readable; its error means that the client is gone, and is
/// passed on once the child is too.
pub fn watch(
    running: Running,
    limits: &Limits,
    mailbox: &Mailbox,
    zygote: &mut Zygote,
    client: BorrowedFd<'_>,
    mut interrupted: impl FnMut() -> io::Result<Interruption>,
) -> io::Result<Observed> {
    let Running {
        child,
        stdout,
        stderr,
        prepared,
        started,
    } = running;
    // Fails for a child that is gone already, whose end is then on its way.
    let handle = linux::process_descriptor(child).ok();
    let end = || {
        if let Some(handle) = &handle {
            // It may have ended meanwhile, which is what is wanted.
            let _ = linux::signal(handle, Signal::SIGKILL);
        }
    };
    let clock = ClockId::pid_cpu_clock_id(child);
    let wall_limit = Duration::try_from_secs_f64(limits.cpu_s * WALL_FACTOR).unwrap_or(Duration::MAX);
    let resident_limit = zygote
        .warm
        .resident
        .saturating_add(limits.memory_mb.saturating_mul(1 << 20));

    let mut output = Output::new(stdout, stderr, limits.output_bytes);
    let mut killed = None;
    let mut client_lost = None;
    let mut flooded = false;
    let mut next_look = started + TICK;
    loop {
        let now = Instant::now();
        if killed.is_none() && now >= next_look {
            next_look = now + TICK;
            let cpu = clock
                .as_ref()
                .ok()
                .and_then(|&clock| clock_gettime(clock).ok())
                .map(Duration::from);
            let resident = linux::memory(child).map_or(0, |(_, resident)| resident);
            killed = if resident > resident_limit {
                Some(Killed::Memory)
            } else if cpu.is_some_and(|cpu| cpu.as_secs_f64() >= limits.cpu_s) {
                Some(Killed::Cpu)
            } else if now - started >= wall_limit {
                Some(Killed::Wall)
            } else {
                None
            };
            if killed.is_some() {
                if let Some(handle) = &handle {
                    ask_last_words(handle, &mailbox.last_words);
                }
                end();
            }
        }

        let mut interests = vec![PollFd::new(zygote.control.as_fd(), PollFlags::POLLIN)];
        let client_at = client_lost.is_none().then(|| {
            interests.push(PollFd::new(client, PollFlags::POLLIN));
            interests.len() - 1
        });
        interests.extend(
            output
                .open()
                .map(|descriptor| PollFd::new(descriptor, PollFlags::POLLIN)),
        );
        match poll(
            &mut interests,
            PollTimeout::try_from(TICK).unwrap_or(PollTimeout::MAX),
        ) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready = |at: usize| interests[at].any().unwrap_or(false);
        let exited = ready(0);
        let client_ready = client_at.is_some_and(ready);
        drop(interests);

        if client_ready {
            match interrupted() {
                Ok(Interruption::None) => {}
                Ok(Interruption::Cancel) => {
                    killed.get_or_insert(Killed::Cancelled);
                    end();
                }
                Err(error) => {
                    client_lost = Some(error);
                    end();
                }
            }
        }
        // Kept, because what went beyond the limit is gone from the pipe and will not be seen again.
        flooded |= output.drain()?;
        if flooded && killed.is_none() && !exited {
            killed = Some(Killed::Flood);
            end();
        }
        if exited {
            break;
        }
    }
    let ended = match zygote.control.hear()? {
        News::Ended(ended) => ended,
        other => {
            return Err(io::Error::other(format!(
                "the zygote told {other:?} of a running child"
            )));
        }
    };
    let wall_s = started.elapsed().as_secs_f64();
    end_strays(zygote.pid);
    flooded |= output.drain()?;
    if flooded && killed.is_none() {
        killed = Some(Killed::Flood);
    }
    if let Some(error) = client_lost {
        return Err(error);
    }
    let silent = mailbox.report.len()? == 0;
    let (stdout, stderr) = (output.stdout.bytes, output.stderr.bytes);
    // Whoever never got as far as the candidate's code tells nothing about it.
    if killed.is_none() && !matches!(read(&prepared, &mut [0]), Ok(1)) {
        let words = String::from_utf8_lossy(&stderr);
        return Err(io::Error::other(format!(
            "a child could not be prepared: {}",
            words.trim()
        )));
    }
    Ok(Observed {
        killed,
        ended,
        wall_s,
        stdout,
        stderr,
        silent,
    })
}

/// Kills what a candidate left behind: orphans become children of this process, which has one of its own.
fn end_strays(zygote: Pid) {
    let deadline = Instant::now() + Duration::from_secs(2);
    while Instant::now() < deadline {
        let strays: Vec<Pid> = linux::children()
            .into_iter()
            .filter(|&child| child != zygote)
            .collect();
        if strays.is_empty() {
            return;
        }
        for stray in strays {
            // Both may fail for one that is gone; the next look tells.
            let _ = kill(stray, Signal::SIGKILL);
            let _ = waitpid(stray, None);
        }
    }
}

/// Asks a child where it is; the interpreter's fault handler answers even inside the kernel's C++.
fn ask_last_words(child: &OwnedFd, last_words: &MemoryFile) {
    if linux::signal(child, Signal::SIGUSR1).is_err() {
        return;
    }
    let deadline = Instant::now() + LAST_WORDS;
    while Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(4));
        // The outermost frame is told last.
        let words = last_words.read(1 << 20).unwrap_or_default();
        if String::from_utf8_lossy(&words).contains("in <module>") {
            return;
        }
    }
}

/// Both outputs of a child, kept up to a common limit.
struct Output {
    stdout: Stream,
    stderr: Stream,
    left: u64,
}

struct Stream {
    pipe: Option<OwnedFd>,
    bytes: Vec<u8>,
}

impl Output {
    fn new(stdout: OwnedFd, stderr: OwnedFd, limit: u64) -> Self {
        let stream = |pipe| Stream {
            pipe: Some(pipe),
            bytes: Vec::new(),
        };
        Self {
            stdout: stream(stdout),
            stderr: stream(stderr),
            left: limit,
        }
    }

    fn open(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        [&self.stdout, &self.stderr]
            .into_iter()
            .filter_map(|stream| stream.pipe.as_ref())
            .map(AsFd::as_fd)
    }

    /// Takes what is there; `true` once there was more than the limit.
    fn drain(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 16 << 10];
        for stream in [&mut self.stdout, &mut self.stderr] {
            while let Some(pipe) = &stream.pipe {
                match read(pipe, &mut buffer) {
                    Ok(0) => stream.pipe = None,
                    Ok(length) => {
                        let kept = length.min(usize::try_from(self.left).unwrap_or(usize::MAX));
                        stream.bytes.extend_from_slice(&buffer[..kept]);
                        self.left -= kept as u64;
                        if kept < length {
                            return Ok(true);
                        }
                    }
                    Err(Errno::EAGAIN) => break,
                    Err(Errno::EINTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(false)
    }
}
