//! Scripts as people and models write them, each in a folder of its own with what must come of it.

use std::fs;
use std::path::Path;

use cadforge::executor::{Build, CancelToken, MeshMethod, Priority, RunSpec};
use cadforge::failure::Kind;
use serde::Deserialize;

use super::shared;
use crate::support::root;

/// What must come of a script; what is not given may be anything.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    built: bool,
    /// Those under which it is run; both if none is given.
    #[serde(default)]
    profiles: Vec<String>,
    kind: Option<Kind>,
    line: Option<u32>,
    /// Parts of the failure's message.
    #[serde(default)]
    message: Vec<String>,
    /// Characters that the message has at most.
    longest: Option<usize>,
    /// Parts of the notes.
    #[serde(default)]
    notes: Vec<String>,
    /// What no note may have.
    #[serde(default)]
    notes_lack: Vec<String>,
    /// Extents, mm.
    size: Option<[f64; 3]>,
    solids: Option<u32>,
    loose: Option<u32>,
    /// Part of what is printed.
    stdout: Option<String>,
}

#[test]
fn each_script_comes_to_what_its_author_expects() {
    let mut folders: Vec<_> = fs::read_dir(root().join("tests/cases/scripts"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    assert!(folders.len() >= 60, "{} cases", folders.len());
    let wrong: Vec<String> = folders.iter().flat_map(|folder| wrong(folder)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All that is wrong with the result of a script, a line each.
fn wrong(folder: &Path) -> Vec<String> {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let expected = fs::read_to_string(folder.join("expected.toml")).unwrap();
    let expected: Expected = toml::from_str(&expected).unwrap_or_else(|error| panic!("{name}: {error}"));
    let code = fs::read(folder.join("candidate.py")).unwrap();
    let all = [
        ("cadforge-v1", MeshMethod::Exported),
        ("grounded-v2", MeshMethod::Bounded),
    ];
    let chosen = |profile: &str| {
        expected.profiles.is_empty() || expected.profiles.iter().any(|given| given == profile)
    };
    let mut flaws = Vec::new();
    for (profile, mesh) in all.into_iter().filter(|(profile, _)| chosen(profile)) {
        let spec = RunSpec {
            mesh,
            ..RunSpec::default()
        };
        let execution = shared()
            .build(&code, &spec, Priority::Batch, &CancelToken::never())
            .unwrap();
        let notes = execution.notes.join("\n");
        let mut flaw = |text: String| flaws.push(format!("{name}, {profile}: {text}"));
        match &execution.build {
            Build::Shape(shape) => {
                if !expected.built {
                    flaw("built".to_owned());
                }
                let size = shape.mesh.bbox().size();
                let near = |size: &[f64; 3], wanted: [f64; 3]| {
                    size.iter()
                        .zip(wanted)
                        .all(|(x, y)| (x - y).abs() <= 1e-3 * y + 1e-3)
                };
                if expected.size.is_some_and(|wanted| !near(&size, wanted)) {
                    flaw(format!("size {size:?}"));
                }
                if expected.solids.is_some_and(|solids| solids != shape.facts.solids) {
                    flaw(format!("{} solids", shape.facts.solids));
                }
                if expected.loose.is_some_and(|loose| loose != shape.facts.loose) {
                    flaw(format!("{} loose", shape.facts.loose));
                }
            }
            Build::Failed(failure) => {
                let fits = !expected.built
                    && expected.kind.is_none_or(|kind| kind == failure.kind)
                    && (expected.line.is_none() || expected.line == failure.line)
                    && expected.message.iter().all(|part| failure.message.contains(part))
                    && expected
                        .longest
                        .is_none_or(|most| failure.message.chars().count() <= most)
                    && failure.kind != Kind::Forged;
                if !fits {
                    flaw(format!("{failure:?}"));
                }
            }
        }
        if !expected.notes.iter().all(|part| notes.contains(part))
            || expected.notes_lack.iter().any(|part| notes.contains(part))
        {
            flaw(format!("notes {:?}", execution.notes));
        }
        if expected
            .stdout
            .as_ref()
            .is_some_and(|part| !execution.stdout.contains(part))
        {
            flaw(format!("printed {:?}", execution.stdout));
        }
    }
    flaws
}
