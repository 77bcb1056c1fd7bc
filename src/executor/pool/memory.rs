//! Memory of a worker's processes, from `/proc`.
//!
//! Unknown values are 0, so that no worker is replaced because of them.

use std::fs;

/// Resident bytes of a process and its descendants: cheap, but an overestimate, as shared pages count for each process.
pub(crate) fn resident(pid: u32) -> u64 {
    process_tree(pid).into_iter().map(resident_alone).sum()
}

/// Bytes that a process and its descendants hold, with shared pages counted once.
///
/// Takes milliseconds for a worker: the kernel walks its pages. Falls back to [`resident`] if the kernel does not
/// support it.
pub(crate) fn proportional(pid: u32) -> u64 {
    process_tree(pid)
        .into_iter()
        .map(|pid| proportional_alone(pid).unwrap_or_else(|| resident_alone(pid)))
        .sum()
}

/// A process and its descendants. Processes that end meanwhile are left out.
fn process_tree(pid: u32) -> Vec<u32> {
    let mut found = vec![pid];
    let mut at = 0;
    while let Some(&parent) = found.get(at) {
        let threads = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten();
        for thread in threads.flatten() {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            found.extend(
                children
                    .split_whitespace()
                    .filter_map(|child| child.parse::<u32>().ok()),
            );
        }
        at += 1;
    }
    found
}

fn resident_alone(pid: u32) -> u64 {
    kilobytes(&format!("/proc/{pid}/status"), "VmRSS:").unwrap_or(0)
}

fn proportional_alone(pid: u32) -> Option<u64> {
    kilobytes(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
}

/// Parses a line like `Pss:   1234 kB`; returns bytes.
fn kilobytes(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? << 10)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_counts_with_its_children_and_shared_pages_once() {
        // Written, so that it is resident, and used, so that it is not optimised away.
        let ballast = std::hint::black_box(vec![7u8; 32 << 20]);
        let own = std::process::id();
        assert!(resident(own) > ballast.len() as u64, "{}", resident(own));
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        assert!(process_tree(own).contains(&child.id()));
        // The child waits for input, and its libraries are shared.
        let (shared_once, all) = (proportional(child.id()), resident(child.id()));
        assert!(shared_once <= all, "{shared_once} of {all}");
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(!process_tree(own).contains(&child.id()));
        assert_eq!(resident(child.id()), 0);
        drop(ballast);
    }
}
