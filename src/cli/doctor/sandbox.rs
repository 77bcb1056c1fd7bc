//! What the kernel offers for confining candidate code.
//!
//! Reports only: workers do not use it yet, and run candidates with the rights of whoever starts them.

use super::Check;

const GROUP: &str = "sandbox (not used yet)";

pub(super) fn check() -> Vec<Check> {
    let landlock = match landlock_abi() {
        Some(abi) => Check::ok(GROUP, "Landlock", format!("ABI {abi}")),
        None => Check::warn(
            GROUP,
            "Landlock",
            "this kernel has none, or it is switched off",
            "a kernel of 5.13 or newer with `landlock` among its `lsm=`",
        ),
    };
    let actions = std::fs::read_to_string("/proc/sys/kernel/seccomp/actions_avail").unwrap_or_default();
    let seccomp = if actions.split_whitespace().any(|action| action == "errno") {
        Check::ok(GROUP, "seccomp", actions.trim())
    } else {
        Check::warn(
            GROUP,
            "seccomp",
            "this kernel has no filters",
            "a kernel built with CONFIG_SECCOMP_FILTER",
        )
    };
    vec![landlock, seccomp]
}

/// The highest Landlock ABI of the running kernel.
fn landlock_abi() -> Option<i64> {
    const VERSION: u32 = 1; // LANDLOCK_CREATE_RULESET_VERSION
    #[expect(unsafe_code, reason = "no safe wrapper asks for the version alone")]
    // SAFETY: with this flag the kernel reads no memory and makes no file descriptor: it returns a number.
    let abi = unsafe {
        let nothing: *const nix::libc::c_void = std::ptr::null();
        nix::libc::syscall(nix::libc::SYS_landlock_create_ruleset, nothing, 0usize, VERSION)
    };
    (abi > 0).then_some(abi)
}
