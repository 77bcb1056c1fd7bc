//! What confines candidates. Without Landlock or seccomp they run with the rights of the user, and every result
//! reports it.

use super::report::Check;
use crate::executor::SandboxSupport;
use crate::executor::kernel::sandbox_support;

const GROUP: &str = "sandbox";

pub(super) fn check() -> Vec<Check> {
    let SandboxSupport {
        landlock,
        seccomp,
        listener,
    } = sandbox_support();
    let landlock = match landlock {
        0 => Check::warn(
            GROUP,
            "Landlock",
            "not in this kernel, or disabled: candidates can read your files",
            "use a kernel of 5.13 or newer with `landlock` in `lsm=`",
        ),
        abi => Check::ok(GROUP, "Landlock", format!("ABI {abi}")),
    };
    let seccomp = if seccomp {
        Check::ok(GROUP, "seccomp", "filters system calls")
    } else {
        Check::warn(
            GROUP,
            "seccomp",
            "not in this kernel: candidates can use the network and start processes",
            "use a kernel built with CONFIG_SECCOMP_FILTER",
        )
    };
    let edits = if listener {
        Check::ok(GROUP, "edits", "resume from the last run")
    } else {
        Check::warn(
            GROUP,
            "edits",
            "no seccomp user notifications: every run starts at its first line",
            "use a kernel of 5.5 or newer with seccomp's user notifications",
        )
    };
    vec![landlock, seccomp, edits]
}
