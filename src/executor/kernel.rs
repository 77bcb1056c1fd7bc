//! What the kernel offers for confining candidate code.
//!
//! Asked by the client, without a worker: it is part of what a result depends on. Asked by the worker, which confines.

use super::SandboxSupport;

/// All of it.
pub fn sandbox_support() -> SandboxSupport {
    let actions = seccomp_actions();
    let has = |action| actions.split_whitespace().any(|available| available == action);
    let seccomp = has("errno");
    SandboxSupport {
        landlock: landlock_abi()
            .and_then(|abi| u32::try_from(abi).ok())
            .unwrap_or(0),
        seccomp,
        listener: seccomp && has("user_notif"),
    }
}

/// The highest Landlock ABI of the running kernel; `None` where it has none or it is switched off.
pub fn landlock_abi() -> Option<i64> {
    const VERSION: u32 = 1; // LANDLOCK_CREATE_RULESET_VERSION
    #[expect(unsafe_code, reason = "no safe wrapper asks for the version alone")]
    // SAFETY: with this flag the kernel reads no memory and makes no file descriptor: it returns a number.
    let abi = unsafe {
        let nothing: *const nix::libc::c_void = std::ptr::null();
        nix::libc::syscall(nix::libc::SYS_landlock_create_ruleset, nothing, 0usize, VERSION)
    };
    (abi > 0).then_some(abi)
}

/// What a seccomp filter may do here, as the kernel lists it; empty where there are no filters.
pub fn seccomp_actions() -> String {
    std::fs::read_to_string("/proc/sys/kernel/seccomp/actions_avail")
        .unwrap_or_default()
        .trim()
        .to_owned()
}
