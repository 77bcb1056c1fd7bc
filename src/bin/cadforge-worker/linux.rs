//! What the worker needs of Linux alone: memory files, process descriptors, `/proc`.
//!
//! The one place to look when the worker is to run elsewhere. Nothing here knows of candidates.

use std::fs::{self, File};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::FileExt;
use std::{io, mem};

use nix::libc;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::Pid;

/// A file that lives in memory only.
pub struct MemoryFile(File);

impl MemoryFile {
    /// An empty file; `name` is for people who look into `/proc`.
    pub fn new(name: &str) -> io::Result<Self> {
        Ok(Self(File::from(memfd_create(name, MFdFlags::MFD_CLOEXEC)?)))
    }

    /// A path by which this process, and no other, can open the file.
    pub fn path(&self) -> String {
        format!("/proc/self/fd/{}", self.0.as_raw_fd())
    }

    /// Its descriptor.
    pub fn descriptor(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// The file itself, to be written.
    pub fn file(&mut self) -> &mut File {
        &mut self.0
    }

    /// Bytes in the file.
    pub fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    /// All of it, or an error if it is longer than `limit` bytes.
    pub fn read(&self, limit: u64) -> io::Result<Vec<u8>> {
        let length = self.len()?;
        if length > limit {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("{length} bytes, limit {limit}")));
        }
        let mut bytes = vec![0; length as usize];
        self.0.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }
}

/// A descriptor that becomes readable when the process ends.
#[expect(unsafe_code, reason = "nix has no pidfd_open")]
pub fn process_descriptor(process: Pid) -> io::Result<OwnedFd> {
    // SAFETY: a system call without pointers.
    let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, process.as_raw(), 0) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor as RawFd) })
}

/// How a process ended and what it used.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// As `wait` gives it.
    pub status: i32,
    /// CPU time in seconds.
    pub cpu_s: f64,
    /// Largest resident set in bytes.
    pub peak_resident: u64,
}

/// Waits for a child and reaps it.
#[expect(unsafe_code, reason = "nix has no wait4")]
pub fn reap(process: Pid) -> io::Result<Ended> {
    let mut status = 0;
    loop {
        // SAFETY: all zeros is a valid rusage, and both pointers live longer than the call.
        let (result, usage) = unsafe {
            let mut usage: libc::rusage = mem::zeroed();
            (libc::wait4(process.as_raw(), &mut status, 0, &mut usage), usage)
        };
        if result >= 0 {
            let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
            return Ok(Ended {
                status,
                cpu_s: seconds(usage.ru_utime) + seconds(usage.ru_stime),
                peak_resident: usage.ru_maxrss as u64 * 1024,
            });
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Address space and resident set of a process in bytes.
pub fn memory(process: Pid) -> io::Result<(u64, u64)> {
    let text = fs::read_to_string(format!("/proc/{process}/statm"))?;
    let mut pages = text.split_ascii_whitespace().map_while(|field| field.parse::<u64>().ok());
    match (pages.next(), pages.next()) {
        (Some(size), Some(resident)) => Ok((size * page_size(), resident * page_size())),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, format!("/proc/{process}/statm: {text:?}"))),
    }
}

/// Living children of this process's main thread; empty where the kernel does not tell.
pub fn children() -> Vec<Pid> {
    let path = format!("/proc/self/task/{}/children", Pid::this());
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).map(Pid::from_raw).collect()
}

/// Number of threads of this process.
pub fn threads() -> usize {
    fs::read_dir("/proc/self/task").map_or(1, Iterator::count)
}

/// Turns address space randomisation off for this process's next image; `false` if that changed nothing.
///
/// The geometry kernel hashes by address, so equal addresses are part of equal results.
#[expect(unsafe_code, reason = "nix offers personality only behind a feature that is not needed otherwise")]
pub fn fix_addresses() -> bool {
    const QUERY: libc::c_ulong = 0xffff_ffff;
    // SAFETY: a system call without pointers.
    let current = unsafe { libc::personality(QUERY) };
    if current < 0 || current & libc::ADDR_NO_RANDOMIZE != 0 {
        return false;
    }
    // SAFETY: as above.
    unsafe { libc::personality((current | libc::ADDR_NO_RANDOMIZE) as libc::c_ulong) >= 0 }
}

#[expect(unsafe_code, reason = "nix offers sysconf only behind a feature that is not needed otherwise")]
fn page_size() -> u64 {
    // SAFETY: a call without pointers.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}
