//! Code, help texts and documentation use the words of `docs/glossary.md`, which lists the retired ones.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// First column of the table below a heading of the glossary.
fn retired(heading: &str) -> Vec<String> {
    let glossary = fs::read_to_string(root().join("docs/glossary.md")).unwrap();
    let (_, section) = glossary.split_once(&format!("## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap_or_default();
    let cells = section
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .skip(1);
    cells.map(str::to_owned).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() {
            collect(&path, files);
        } else if matches!(extension, Some("rs" | "md" | "py" | "sh" | "html" | "toml")) {
            files.push(path);
        }
    }
}

/// Every text that people read, with its name: sources, documentation, help texts.
fn texts() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for folder in [
        "src",
        "docs",
        "benches",
        "examples",
        "scripts",
        "python",
        "assets/python",
        "tests/it",
    ] {
        collect(&root().join(folder), &mut files);
    }
    files.extend(
        [
            "README.md",
            "CONTRIBUTING.md",
            "CHANGELOG.md",
            "Makefile",
            "Cargo.toml",
        ]
        .map(|name| root().join(name)),
    );
    files.retain(|path| !path.ends_with("docs/glossary.md"));
    let mut texts: Vec<_> = files
        .iter()
        .map(|path| {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    assert!(texts.len() > 300, "only {} files are read", texts.len());
    let help = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_cadforge"))
            .args(arguments)
            .arg("--help")
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let main = help(&[]);
    let commands = main
        .split_once("Commands:\n")
        .and_then(|(_, rest)| rest.split_once("\n\n"))
        .unwrap()
        .0;
    let names = commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next());
    for name in names.filter(|name| *name != "help") {
        texts.push((format!("cadforge {name} --help"), help(&[name])));
    }
    texts.push(("cadforge --help".to_owned(), main));
    texts
}

/// On one line, without the marks of comments.
fn flowing(text: &str) -> String {
    let lines = text.lines().map(|line| {
        line.trim()
            .trim_start_matches(['/', '!', '#', '*'])
            .trim()
            .to_lowercase()
    });
    lines.collect::<Vec<_>>().join(" ")
}

fn has_identifier(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

#[test]
fn no_retired_word_is_used() {
    let identifiers: Vec<String> = retired("Retired identifiers")
        .iter()
        .flat_map(|cell| {
            cell.split(", ")
                .map(|name| name.trim_matches('`').to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    let phrases = retired("Retired phrases");
    assert!(identifiers.len() > 20 && phrases.len() > 20);
    let mut found = Vec::new();
    for (name, text) in texts() {
        let flowing = flowing(&text);
        let used = identifiers
            .iter()
            .filter(|identifier| has_identifier(&text, identifier));
        found.extend(used.map(|identifier| format!("{name}: `{identifier}`")));
        let used = phrases.iter().filter(|phrase| flowing.contains(phrase.as_str()));
        found.extend(used.map(|phrase| format!("{name}: \"{phrase}\"")));
    }
    assert!(
        found.is_empty(),
        "{} retired words, see docs/glossary.md:\n{}",
        found.len(),
        found.join("\n")
    );
}
