//! Scripts as people and models write them, each in a folder with its expected result.

use std::fs;
use std::path::Path;

use cadforge::executor::{Build, CancelToken, MeshMethod, Priority, RunSpec};
use cadforge::failure::Kind;
use serde::Deserialize;

use super::shared;
use crate::support::root;

/// The expected result of a script; an absent field is not checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    built: bool,
    /// Profiles under which it runs; both if none is given.
    #[serde(default)]
    profiles: Vec<String>,
    kind: Option<Kind>,
    line: Option<u32>,
    /// Parts of the failure's message.
    #[serde(default)]
    message: Vec<String>,
    /// Maximum length of the message in characters.
    longest: Option<usize>,
    /// Parts of the notes.
    #[serde(default)]
    notes: Vec<String>,
    /// Text that no note may contain.
    #[serde(default)]
    notes_lack: Vec<String>,
    /// Extents, mm.
    size: Option<[f64; 3]>,
    solids: Option<u32>,
    loose: Option<u32>,
    /// Part of the standard output.
    stdout: Option<String>,
}

#[test]
fn each_script_gives_its_expected_result() {
    let mut folders: Vec<_> = fs::read_dir(root().join("tests/cases/scripts"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    assert!(folders.len() >= 60, "{} cases", folders.len());
    let mismatches: Vec<String> = folders.iter().flat_map(|folder| mismatches(folder)).collect();
    assert!(mismatches.is_empty(), "{}", mismatches.join("\n"));
}

/// The mismatches between the result of a script and the expected one, one per line.
fn mismatches(folder: &Path) -> Vec<String> {
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
    let mut found = Vec::new();
    for (profile, mesh) in all.into_iter().filter(|(profile, _)| chosen(profile)) {
        let spec = RunSpec {
            mesh,
            ..RunSpec::default()
        };
        let execution = shared()
            .build(&code, &spec, Priority::Batch, &CancelToken::never())
            .unwrap();
        let notes = execution.notes.join("\n");
        let mut report = |text: String| found.push(format!("{name}, {profile}: {text}"));
        match &execution.build {
            Build::Shape(shape) => {
                if !expected.built {
                    report("built".to_owned());
                }
                let size = shape.mesh.bbox().size();
                let near = |size: &[f64; 3], wanted: [f64; 3]| {
                    size.iter()
                        .zip(wanted)
                        .all(|(x, y)| (x - y).abs() <= 1e-3 * y + 1e-3)
                };
                if expected.size.is_some_and(|wanted| !near(&size, wanted)) {
                    report(format!("size {size:?}"));
                }
                if expected.solids.is_some_and(|solids| solids != shape.facts.solids) {
                    report(format!("{} solids", shape.facts.solids));
                }
                if expected.loose.is_some_and(|loose| loose != shape.facts.loose) {
                    report(format!("{} loose", shape.facts.loose));
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
                    report(format!("{failure:?}"));
                }
            }
        }
        if !expected.notes.iter().all(|part| notes.contains(part))
            || expected.notes_lack.iter().any(|part| notes.contains(part))
        {
            report(format!("notes {:?}", execution.notes));
        }
        if expected
            .stdout
            .as_ref()
            .is_some_and(|part| !execution.stdout.contains(part))
        {
            report(format!("printed {:?}", execution.stdout));
        }
    }
    found
}
