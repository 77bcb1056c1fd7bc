//! Features of the kernel for confining candidate code.
//!
//! The client queries them without a worker, since results depend on them; the worker uses them.

use nix::libc;
use serde::{Deserialize, Serialize};

/// Sandbox features of a kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxSupport {
    /// Version of Landlock's ABI, which restricts files; 0 without Landlock.
    pub landlock: u32,
    /// Whether system calls can be filtered.
    pub seccomp: bool,
    /// Whether a supervisor can decide on a call (seccomp's user notification), which resumed runs need.
    pub listener: bool,
}

impl SandboxSupport {
    /// Describes missing features, for the notes of a result.
    pub fn missing(&self) -> Option<String> {
        let what = match (self.landlock > 0, self.seccomp) {
            (true, true) => return None,
            (false, true) => "Landlock, so that candidates can read files",
            (true, false) => "seccomp, so that candidates can use the network and start processes",
            (false, false) => "Landlock and seccomp, so that candidates have all rights of the user",
        };
        Some(format!("not sandboxed: this kernel has no {what}"))
    }
}

/// Features of the running kernel.
pub fn sandbox_support() -> SandboxSupport {
    let seccomp = has_action(libc::SECCOMP_RET_ERRNO);
    SandboxSupport {
        landlock: landlock_abi()
            .and_then(|abi| u32::try_from(abi).ok())
            .unwrap_or(0),
        seccomp,
        listener: seccomp && has_action(libc::SECCOMP_RET_USER_NOTIF),
    }
}

/// The highest Landlock ABI of the running kernel; `None` if Landlock is missing or disabled.
pub(crate) fn landlock_abi() -> Option<i64> {
    const VERSION: u32 = 1; // LANDLOCK_CREATE_RULESET_VERSION
    #[expect(unsafe_code, reason = "no safe wrapper asks for the version alone")]
    // SAFETY: with this flag the kernel reads no memory and creates no file descriptor: it returns a number.
    let abi = unsafe {
        let nothing: *const libc::c_void = std::ptr::null();
        libc::syscall(libc::SYS_landlock_create_ruleset, nothing, 0usize, VERSION)
    };
    (abi > 0).then_some(abi)
}

/// Whether a seccomp filter supports this action.
fn has_action(action: u32) -> bool {
    #[expect(unsafe_code, reason = "no safe wrapper asks for an action alone")]
    // SAFETY: the kernel reads one number, which lives longer than the call.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_GET_ACTION_AVAIL,
            0,
            &raw const action,
        )
    };
    answer == 0
}
