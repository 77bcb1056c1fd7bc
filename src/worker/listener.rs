//! Answers what a pausing child may not decide alone: whether it may fork, and signals.
//!
//! A child forks when it was told to, once, and never otherwise: so the number of processes is bounded by orders
//! given, whatever its code tries. Linux only (seccomp's user notifications).

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::libc;
use nix::unistd::Pid;

use crate::sandbox;

/// Where questions of one chain of processes arrive.
pub struct Listener(OwnedFd);

/// What `fork` of the C library asks for: a plain copy.
const PLAIN_FORK: u64 = (libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID | libc::SIGCHLD) as u64;

impl Listener {
    /// What a child handed over.
    pub fn new(descriptor: OwnedFd) -> Self {
        Self(descriptor)
    }

    /// Answers one question, if one is there. `may_fork` is the process that was told to fork; it is taken once.
    #[expect(unsafe_code, reason = "ioctls of seccomp")]
    pub fn answer(&self, may_fork: &mut Option<Pid>) -> io::Result<()> {
        let mut question = MaybeUninit::<libc::seccomp_notif>::zeroed();
        // SAFETY: the kernel wants zeroed memory of this size, and fills it.
        let question = unsafe {
            if libc::ioctl(
                self.0.as_raw_fd(),
                libc::SECCOMP_IOCTL_NOTIF_RECV,
                question.as_mut_ptr(),
            ) < 0
            {
                return gone(io::Error::last_os_error());
            }
            question.assume_init()
        };
        let asker = Pid::from_raw(question.pid as i32);
        let allowed = match i64::from(question.data.nr) {
            libc::SYS_clone if question.data.args[0] == PLAIN_FORK && *may_fork == Some(asker) => {
                *may_fork = None;
                true
            }
            libc::SYS_kill => {
                question.data.args[0] == u64::from(question.pid) && !sandbox::stops(question.data.args[1])
            }
            libc::SYS_tgkill => {
                question.data.args[0] == u64::from(question.pid) && !sandbox::stops(question.data.args[2])
            }
            _ => false,
        };
        let mut answer = libc::seccomp_notif_resp {
            id: question.id,
            val: 0,
            error: if allowed { 0 } else { -libc::EPERM },
            // The arguments are numbers, which nobody can change behind the kernel's back.
            flags: if allowed {
                libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32
            } else {
                0
            },
        };
        // SAFETY: the kernel reads this answer, which lives longer than the call.
        if unsafe {
            libc::ioctl(
                self.0.as_raw_fd(),
                libc::SECCOMP_IOCTL_NOTIF_SEND,
                &raw mut answer,
            )
        } < 0
        {
            return gone(io::Error::last_os_error());
        }
        Ok(())
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Whoever asked may have been killed meanwhile.
fn gone(error: io::Error) -> io::Result<()> {
    match error.raw_os_error() {
        Some(libc::ENOENT | libc::EINTR) => Ok(()),
        _ => Err(error),
    }
}
