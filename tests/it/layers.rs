//! The table of layers in `src/lib.rs`, held against what the modules really use.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::root;

/// Layers from the bottom up; a module may use modules of lower layers only.
const LAYERS: [&[&str]; 10] = [
    &["cache", "extraction", "failure", "locate"],
    &["geometry", "task"],
    &["executor", "reward", "render"],
    &["assess"],
    &["trajectory"],
    &["repair", "ordeal"],
    &["data"],
    &["engine"],
    &["server"],
    &["cli", "studio"],
];

/// `cli` opens the window: the only step sideways.
const ALLOWED: [(&str, &str); 1] = [("cli", "studio")];

#[test]
fn no_module_uses_one_above_or_beside_it() {
    let rank: BTreeMap<&str, usize> = LAYERS
        .iter()
        .enumerate()
        .flat_map(|(rank, names)| names.iter().map(move |name| (*name, rank)))
        .collect();
    let declared: Vec<String> = std::fs::read_to_string(root().join("src/lib.rs"))
        .unwrap()
        .lines()
        .filter_map(|line| {
            line.strip_prefix("pub mod ")?
                .strip_suffix(';')
                .map(str::to_owned)
        })
        .collect();
    for module in &declared {
        assert!(
            rank.contains_key(module.as_str()),
            "`{module}` has no layer: add it to lib.rs's page and here"
        );
    }
    let mut wrong = Vec::new();
    let mut uses = 0;
    for (path, text) in sources(&root().join("src")) {
        let relative = path.strip_prefix("src/").unwrap_or(&path);
        let module = relative.split(['/', '.']).next().unwrap_or_default();
        let Some(&own) = rank.get(module) else { continue };
        assert!(
            !text.contains("crate::{"),
            "{path}: name one module a `use`, or this test does not see it"
        );
        for used in modules_used(&text) {
            let Some(&other) = rank.get(used) else { continue };
            uses += 1;
            if used != module && other >= own && !ALLOWED.contains(&(module, used)) {
                wrong.push(format!("{path}: {module} uses {used}"));
            }
        }
    }
    assert!(
        uses > 50,
        "the scan found only {uses} uses: it no longer sees the code"
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Modules named as `crate::name` outside comments.
fn modules_used(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| {
            line.match_indices("crate::").map(|(at, found)| {
                let rest = &line[at + found.len()..];
                &rest[..rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len())]
            })
        })
}

/// All Rust sources below `folder` with their path relative to the project.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    found
}
