//! What candidate code is confined by.
//!
//! Without Landlock or seccomp it runs with the rights of whoever starts it, and every result says so.

use super::Check;
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
            "this kernel has none, or it is switched off: candidates can read your files",
            "a kernel of 5.13 or newer with `landlock` among its `lsm=`",
        ),
        abi => Check::ok(GROUP, "Landlock", format!("ABI {abi}")),
    };
    let seccomp = if seccomp {
        Check::ok(GROUP, "seccomp", "filters system calls")
    } else {
        Check::warn(
            GROUP,
            "seccomp",
            "this kernel has no filters: candidates can use the network and start processes",
            "a kernel built with CONFIG_SECCOMP_FILTER",
        )
    };
    let edits = if listener {
        Check::ok(GROUP, "edits", "go on from the last run")
    } else {
        Check::warn(
            GROUP,
            "edits",
            "this kernel cannot ask about a call: every run starts from its first line",
            "a kernel of 5.5 or newer with seccomp's user notifications",
        )
    };
    vec![landlock, seccomp, edits]
}
