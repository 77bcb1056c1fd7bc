//! Features of Linux that the worker needs: memory files, process descriptors, `/proc`.

use std::fs::{self, File};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::FileExt;
use std::time::Duration;
use std::{io, mem};

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::libc;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::personality::{self, Persona};
use nix::sys::signal::Signal;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, SysconfVar, sysconf};

/// A file in memory.
pub struct MemoryFile(File);

impl MemoryFile {
    /// An empty file; `name` appears in `/proc` only.
    pub fn new(name: &str) -> io::Result<Self> {
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        Ok(Self(File::from(memfd_create(name, flags)?)))
    }

    /// Makes the file immutable; fails if a writable mapping of it exists.
    pub fn seal(&self) -> io::Result<()> {
        let seals = SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SHRINK;
        fcntl(&self.0, FcntlArg::F_ADD_SEALS(seals))?;
        Ok(())
    }

    /// A further descriptor of the same file.
    pub fn share(&self) -> io::Result<OwnedFd> {
        self.0.as_fd().try_clone_to_owned()
    }

    /// A path by which this process, and no other, can open the file.
    pub fn path(&self) -> String {
        format!("/proc/self/fd/{}", self.0.as_raw_fd())
    }

    /// The file's descriptor, which `self` keeps open.
    pub fn descriptor(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// Takes over the descriptor of a memory file, as received from another process.
    pub fn from_descriptor(descriptor: OwnedFd) -> Self {
        Self(File::from(descriptor))
    }

    /// The file, for writing.
    pub fn file(&mut self) -> &mut File {
        &mut self.0
    }

    /// Fills `bytes` from offset `at` on.
    pub fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        self.0.read_exact_at(bytes, at)
    }

    /// Length in bytes.
    pub fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    /// The whole content; an error if it is longer than `limit` bytes.
    pub fn read(&self, limit: u64) -> io::Result<Vec<u8>> {
        let length = self.size()?;
        if length > limit {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("{length} bytes, limit {limit}"),
            ));
        }
        let mut bytes = vec![0; length as usize];
        self.0.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }
}

/// Collapses this process's memory into pages of 2 MiB, whose table a fork copies and an exit releases in a third of
/// the time (for an interpreter with CadQuery: 1.3 instead of 3.9 ms, 2.4 instead of 5.4 ms). A child's writes still
/// copy 4 KiB at a time. Kernels before 6.1 do not support it, which costs only time.
#[expect(unsafe_code, reason = "nix has no MADV_COLLAPSE")]
pub fn collapse_memory() {
    const HUGE: usize = 2 << 20;
    let Ok(maps) = fs::read_to_string("/proc/self/maps") else {
        return;
    };
    for (start, end) in maps.lines().filter_map(writable_memory) {
        let (start, end) = (start.next_multiple_of(HUGE), end / HUGE * HUGE);
        if start < end {
            // SAFETY: the contents of the memory stay as they are, wherever the range lies.
            unsafe { libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_COLLAPSE) };
        }
    }
}

/// The range of a line of `/proc/self/maps` if it is private memory without a file.
fn writable_memory(line: &str) -> Option<(usize, usize)> {
    let mut words = line.split_ascii_whitespace();
    let (range, mode, name) = (words.next()?, words.next()?, words.nth(3).unwrap_or_default());
    let (start, end) = range.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    (mode == "rw-p" && (name.is_empty() || name == "[heap]")).then_some((address(start)?, address(end)?))
}

/// A pidfd of a process.
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

/// Sends a signal to the process of a pidfd, and never to another process that reused its number.
#[expect(unsafe_code, reason = "nix has no pidfd_send_signal")]
pub fn signal(process: &OwnedFd, signal: Signal) -> io::Result<()> {
    let no_information = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: the only pointer is null, which the system call allows.
    let result = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            process.as_raw_fd(),
            signal as libc::c_int,
            no_information,
            0,
        )
    };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// How a process ended, and the resources it used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ended {
    /// Status as returned by `wait`.
    pub status: i32,
    /// CPU time in seconds.
    pub cpu_s: f64,
    /// Largest resident set in bytes.
    pub peak_resident: u64,
}

impl Ended {
    /// Normal end of a process.
    pub fn normal() -> Self {
        Self {
            status: 0,
            cpu_s: 0.0,
            peak_resident: 0,
        }
    }

    /// End of a process whose status is lost: as if it had exited by itself.
    pub fn unknown() -> Self {
        Self {
            status: 0xff00,
            cpu_s: 0.0,
            peak_resident: 0,
        }
    }
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
    let mut pages = text
        .split_ascii_whitespace()
        .map_while(|field| field.parse::<u64>().ok());
    match (pages.next(), pages.next()) {
        (Some(size), Some(resident)) => Ok((size * page_size(), resident * page_size())),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("/proc/{process}/statm: {text:?}"),
        )),
    }
}

/// Children of this process's main thread, dead or alive; empty if the kernel does not list them.
pub fn children() -> Vec<Pid> {
    let path = format!("/proc/self/task/{}/children", Pid::this());
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_ascii_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .map(Pid::from_raw)
        .collect()
}

/// Closes every descriptor from 3 on except those in `keep`.
#[expect(unsafe_code, reason = "nix has no close_range")]
pub fn close_all_but(keep: &[RawFd]) -> io::Result<()> {
    let mut keep: Vec<u32> = keep.iter().filter_map(|&kept| u32::try_from(kept).ok()).collect();
    keep.sort_unstable();
    keep.push(u32::MAX);
    let mut first = 3;
    for kept in keep {
        // SAFETY: a system call without pointers; whoever owned a closed descriptor is a copy of the parent's
        // owner that is never dropped, since the calling child leaves by `_exit`.
        if kept > first && unsafe { libc::syscall(libc::SYS_close_range, first, kept - 1, 0) } < 0 {
            return Err(io::Error::last_os_error());
        }
        first = first.max(kept.saturating_add(1));
    }
    Ok(())
}

/// Open descriptors of a process; empty if they cannot be listed.
pub fn open_descriptors(process: Pid) -> Vec<RawFd> {
    let entries = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten();
    let mut numbers: Vec<RawFd> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    numbers.sort_unstable();
    numbers
}

/// The machine's monotonic clock in microseconds: the same for all processes, and as in Python's `time.monotonic`.
pub fn monotonic_us() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from);
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}

/// CPU time of a process so far, in seconds.
pub fn cpu_s(process: Pid) -> Option<f64> {
    let clock = ClockId::pid_cpu_clock_id(process).ok()?;
    Some(Duration::from(clock_gettime(clock).ok()?).as_secs_f64())
}

/// CPU time of this process so far, in seconds. Allocates nothing.
pub fn own_cpu_s() -> f64 {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map_or(0.0, |time| Duration::from(time).as_secs_f64())
}

/// Drops all capabilities of the root user.
#[expect(unsafe_code, reason = "nix has no capset")]
pub fn drop_capabilities() -> io::Result<()> {
    const VERSION_3: u32 = 0x2008_0522;
    let header: [u32; 2] = [VERSION_3, 0];
    let none = [0u32; 6];
    // SAFETY: header and data have the layout of this version, which reads both and writes at most the header.
    let result = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), none.as_ptr()) };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// Number of threads of this process.
pub fn threads() -> usize {
    fs::read_dir("/proc/self/task").map_or(1, Iterator::count)
}

/// Disables address space randomisation for this process's next image; `false` if that is not needed or not possible.
///
/// The geometry kernel hashes by address, so equal results require equal addresses.
pub fn fix_addresses() -> bool {
    let Ok(current) = personality::get() else {
        return false;
    };
    let fixed = current | Persona::ADDR_NO_RANDOMIZE;
    fixed != current && personality::set(fixed).is_ok()
}

fn page_size() -> u64 {
    sysconf(SysconfVar::PAGE_SIZE)
        .ok()
        .flatten()
        .and_then(|size| u64::try_from(size).ok())
        .unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::writable_memory;

    #[test]
    fn only_private_memory_is_collapsed() {
        let range = Some((0x1000, 0x40_0000));
        assert_eq!(writable_memory("1000-400000 rw-p 00000000 00:00 0 "), range);
        assert_eq!(
            writable_memory("1000-400000 rw-p 00000000 00:00 0    [heap]"),
            range
        );
        for line in [
            "1000-400000 rw-p 00001000 fe:00 17    /usr/lib/libc.so.6",
            "1000-400000 rw-p 00000000 00:00 0    [stack]",
            "1000-400000 r--p 00000000 00:00 0 ",
            "1000-400000 rw-s 00000000 00:01 9    /memfd:x (deleted)",
            "",
        ] {
            assert_eq!(writable_memory(line), None, "{line}");
        }
    }
}
