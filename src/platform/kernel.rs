//! What the kernel offers for confining candidate code.
//!
//! Asked by the client, without a worker: it is part of what a result depends on. Asked by the worker, which confines.

use nix::libc;
use serde::{Deserialize, Serialize};

/// What a kernel has to confine candidates with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxSupport {
    /// Landlock's ABI, which keeps files away; 0 without it.
    pub landlock: u32,
    /// Whether system calls are filtered.
    pub seccomp: bool,
    /// Whether a supervisor can be asked about a call: needed for going on from where an earlier run stands.
    pub listener: bool,
}

impl SandboxSupport {
    /// What is missing, in words for the notes of a result.
    pub fn missing(&self) -> Option<String> {
        let what = match (self.landlock > 0, self.seccomp) {
            (true, true) => return None,
            (false, true) => "Landlock, so that candidates can read files",
            (true, false) => "seccomp, so that candidates can use the network and start processes",
            (false, false) => "Landlock and seccomp, so that candidates have the rights of whoever runs them",
        };
        Some(format!("not sandboxed: this kernel has no {what}"))
    }
}

/// All of it.
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

/// The highest Landlock ABI of the running kernel; `None` where it has none or it is switched off.
pub fn landlock_abi() -> Option<i64> {
    const VERSION: u32 = 1; // LANDLOCK_CREATE_RULESET_VERSION
    #[expect(unsafe_code, reason = "no safe wrapper asks for the version alone")]
    // SAFETY: with this flag the kernel reads no memory and makes no file descriptor: it returns a number.
    let abi = unsafe {
        let nothing: *const libc::c_void = std::ptr::null();
        libc::syscall(libc::SYS_landlock_create_ruleset, nothing, 0usize, VERSION)
    };
    (abi > 0).then_some(abi)
}

/// Whether a seccomp filter can end a call in this way.
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
