//! What candidate code is confined by.
//!
//! Without Landlock or seccomp it runs with rights of whoever starts it, and every result says so.

use super::Check;
use crate::executor::kernel::{landlock_abi, seccomp_actions};

const GROUP: &str = "sandbox";

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
    let actions = seccomp_actions();
    let seccomp = if actions.split_whitespace().any(|action| action == "errno") {
        Check::ok(GROUP, "seccomp", actions)
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
