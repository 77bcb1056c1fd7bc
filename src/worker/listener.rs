//! Answers seccomp notifications of a pausing child, which may neither fork nor send signals by itself.
//!
//! A child may fork once per `Fork` command: the number of processes is bounded by the supervisor, whatever the
//! candidate does. Linux only.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::libc;
use nix::unistd::Pid;

use crate::sandbox;

/// Receives the notifications of one chain of processes.
pub(crate) struct Listener(OwnedFd);

/// Flags of the C library's `fork`.
const PLAIN_FORK: u64 = (libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID | libc::SIGCHLD) as u64;

impl Listener {
    pub(crate) fn new(descriptor: OwnedFd) -> Self {
        Self(descriptor)
    }

    /// Answers one pending notification, if any. `may_fork` is the process that may fork; it is taken once.
    #[expect(unsafe_code, reason = "ioctls of seccomp")]
    pub(crate) fn answer(&self, may_fork: &mut Option<Pid>) -> io::Result<()> {
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
                question.data.args[0] == u64::from(question.pid)
                    && !sandbox::is_stop_signal(question.data.args[1])
            }
            libc::SYS_tgkill => {
                question.data.args[0] == u64::from(question.pid)
                    && !sandbox::is_stop_signal(question.data.args[2])
            }
            _ => false,
        };
        let mut answer = libc::seccomp_notif_resp {
            id: question.id,
            val: 0,
            error: if allowed { 0 } else { -libc::EPERM },
            // Safe to continue: the arguments are plain numbers, which no other thread can change after the check.
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

/// The asking process may have been killed meanwhile.
fn gone(error: io::Error) -> io::Result<()> {
    match error.raw_os_error() {
        Some(libc::ENOENT | libc::EINTR) => Ok(()),
        _ => Err(error),
    }
}
