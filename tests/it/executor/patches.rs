//! Patches that speed up CadQuery change no result and can be disabled.

use std::fs;

use cadforge::executor::{Executor, Limits, PATCHES, WorkerConfig};

use super::{run_with, shape, worker};
use crate::support::{python, root};

fn start(patches: &str) -> Executor {
    Executor::start(WorkerConfig {
        patches: patches.to_owned(),
        ..WorkerConfig::new(worker(), python(), 1)
    })
}

/// Code that ships with the tasks and builds; at most `limit` files.
fn shipped_code(limit: usize) -> Vec<String> {
    let mut tasks: Vec<_> = fs::read_dir(root().join("tasks")).unwrap().flatten().collect();
    tasks.sort_by_key(fs::DirEntry::file_name);
    let files = tasks.iter().flat_map(|task| {
        ["reference.py", "repairs/published/1.py", "seeds/weak.py"].map(|file| task.path().join(file))
    });
    files
        .filter_map(|file| fs::read_to_string(file).ok())
        .take(limit)
        .collect()
}

fn stls(patches: &str, codes: &[String]) -> Vec<std::sync::Arc<[u8]>> {
    let executor = start(patches);
    codes
        .iter()
        .map(|code| shape(run_with(&executor, code, &Limits::default())).stl.clone())
        .collect()
}

#[test]
fn shipped_code_has_the_same_mesh_without_any_patch() {
    let codes = shipped_code(8);
    assert!(codes.len() >= 6);
    let unpatched = stls("none", &codes);
    assert!(stls("all", &codes) == unpatched, "the bytes differ");
}

#[test]
#[ignore = "minutes: run by `make soak`"]
fn all_shipped_code_has_the_same_mesh_with_each_patch_alone() {
    let codes = shipped_code(usize::MAX);
    let unpatched = stls("none", &codes);
    for patch in PATCHES {
        assert!(stls(patch, &codes) == unpatched, "{patch}: the bytes differ");
    }
}

#[test]
fn each_patch_can_be_selected_and_an_unknown_one_is_refused() {
    let executor = start(&PATCHES.join(","));
    executor.versions().unwrap();
    let message = start("nonsense").versions().unwrap_err().to_string();
    assert!(message.contains("unknown patch 'nonsense'"), "{message}");
    for patch in PATCHES {
        assert!(message.contains(patch), "{message}");
    }
}
