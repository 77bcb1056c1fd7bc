//! Collects what a candidate prints, up to a limit.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::unistd::read;

use crate::chain::Prefix;

/// Both outputs of a candidate, kept up to a common limit in bytes.
pub(crate) struct Output {
    pub(crate) stdout: Stream,
    pub(crate) stderr: Stream,
    left: u64,
    limit: u64,
}

/// What a candidate printed.
pub(crate) struct Printed {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// A pipe and the bytes read from it.
pub(crate) struct Stream {
    pipe: Option<OwnedFd>,
    pub(crate) bytes: Vec<u8>,
}

impl Output {
    /// The read ends must not block.
    pub(crate) fn new(stdout: OwnedFd, stderr: OwnedFd, limit: u64) -> Self {
        let stream = |pipe| Stream {
            pipe: Some(pipe),
            bytes: Vec::new(),
        };
        Self {
            stdout: stream(stdout),
            stderr: stream(stderr),
            left: limit,
            limit,
        }
    }

    /// Starts with the output of the steps that are not run again.
    pub(crate) fn resume(&mut self, prefix: &Prefix) {
        for (stream, printed) in [
            (&mut self.stdout, &prefix.stdout),
            (&mut self.stderr, &prefix.stderr),
        ] {
            stream.bytes.clone_from(printed);
            self.left = self.left.saturating_sub(printed.len() as u64);
        }
    }

    /// Takes what was read so far; the limit is as at the beginning.
    pub(crate) fn take(&mut self) -> Printed {
        let [stdout, stderr] =
            [&mut self.stdout, &mut self.stderr].map(|stream| std::mem::take(&mut stream.bytes));
        self.left = self.limit;
        Printed { stdout, stderr }
    }

    /// Replaces what was read.
    pub(crate) fn restore(&mut self, printed: Printed) {
        (self.stdout.bytes, self.stderr.bytes) = (printed.stdout, printed.stderr);
    }

    pub(crate) fn open(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        [&self.stdout, &self.stderr]
            .into_iter()
            .filter_map(|stream| stream.pipe.as_ref())
            .map(AsFd::as_fd)
    }

    /// Reads what is available; `true` once the output exceeds its limit.
    pub(crate) fn drain(&mut self) -> io::Result<bool> {
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
