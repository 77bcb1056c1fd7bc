//! Attacks and ladders as folders.
//!
//! An attack is a folder with `attack.toml` (`trick`, `task`, `kind`) and `attack.py`. A script of the kind
//! `not_the_part` builds something else: it may score at most 0.05 more than the task's weak seed. A `defect` changes the
//! reference: `replace` changes its text, `attack.py` is appended to it, and it must cost at least 0.10 of the total, or
//! `costs`. A `partial` part has half or less of the features that the prompt names, and may score at most 0.5; it is a
//! script of its own, or has `replace`. `exceeds` is the total of an attack that is known to exceed its limit; `rebuilds`
//! means that it is scored with rebuilds.
//!
//! A ladder is a folder with the task's name and `ladder.toml`, whose `stages` replace the reference's last line; the
//! reference itself is the last stage.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Highest lead over the weak seed of a script that is not the part.
const MAX_LEAD: f64 = 0.05;
/// Lowest cost of a defect.
const MIN_COST: f64 = 0.10;

/// Highest total of a part with half or less of its features.
const MAX_PARTIAL: f64 = 0.5;

/// Error of reading a folder of cases.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {message}")]
pub struct CaseError {
    path: PathBuf,
    message: String,
}

/// An attack on a reward.
#[derive(Clone, Debug, PartialEq)]
pub struct Attack {
    /// Name of the folder.
    pub name: String,
    /// Its trick, one line.
    pub trick: String,
    /// Id of the task.
    pub task: String,
    /// Its kind.
    pub kind: AttackKind,
    /// The total that it has, if it is known to exceed its limit: a fault of the reward or of the task's checks.
    pub exceeds: Option<f64>,
    /// Whether it is scored with rebuilds, as an attack on editability.
    pub rebuilds: bool,
    code: String,
}

/// Kind of an attack, which determines its limit.
#[derive(Clone, Debug, PartialEq)]
pub enum AttackKind {
    /// Not the part.
    NotThePart,
    /// The part with a defect.
    Defect {
        /// Replacements in the reference's text.
        replace: Vec<(String, String)>,
        /// Its lowest cost.
        costs: f64,
    },
    /// Half of the part, or less.
    Partial {
        /// Replacements in the reference's text; without any the code stands alone.
        replace: Vec<(String, String)>,
    },
}

/// Honest stages of a part.
#[derive(Clone, Debug, PartialEq)]
pub struct Ladder {
    /// Id of the task.
    pub task: String,
    /// Replacements of the reference's last line.
    pub stages: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttackCard {
    trick: String,
    task: String,
    kind: String,
    #[serde(default)]
    replace: Vec<(String, String)>,
    costs: Option<f64>,
    exceeds: Option<f64>,
    #[serde(default)]
    rebuilds: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LadderCard {
    stages: Vec<String>,
}

/// All attacks in a folder of folders, by name.
pub fn attacks(folder: &Path) -> Result<Vec<Attack>, CaseError> {
    folders(folder)?
        .into_iter()
        .map(|dir| {
            let file = dir.join("attack.toml");
            let card: AttackCard = card(&file)?;
            let kind = match card.kind.as_str() {
                // `talk` is its deprecated name.
                "not_the_part" | "talk" => AttackKind::NotThePart,
                "defect" => AttackKind::Defect {
                    replace: card.replace,
                    costs: card.costs.unwrap_or(MIN_COST),
                },
                "partial" => AttackKind::Partial {
                    replace: card.replace,
                },
                other => {
                    return Err(wrong(
                        &file,
                        format!("`kind` must be not_the_part, defect or partial, but is `{other}`"),
                    ));
                }
            };
            let script = dir.join("attack.py");
            let code = if script.exists() {
                text(&script)?
            } else {
                String::new()
            };
            Ok(Attack {
                name: name(&dir),
                trick: card.trick,
                task: card.task,
                kind,
                exceeds: card.exceeds,
                rebuilds: card.rebuilds,
                code,
            })
        })
        .collect()
}

/// All ladders in a folder of folders, by task.
pub fn ladders(folder: &Path) -> Result<Vec<Ladder>, CaseError> {
    folders(folder)?
        .into_iter()
        .map(|dir| {
            let card: LadderCard = card(&dir.join("ladder.toml"))?;
            Ok(Ladder {
                task: name(&dir),
                stages: card.stages,
            })
        })
        .collect()
}

impl Attack {
    /// The script, given the task's reference; an error if the reference lacks the text of a `replace`.
    pub fn script(&self, reference: &str) -> Result<String, String> {
        match &self.kind {
            AttackKind::NotThePart => Ok(self.code.clone()),
            AttackKind::Partial { replace } if replace.is_empty() => Ok(self.code.clone()),
            AttackKind::Defect { replace, .. } | AttackKind::Partial { replace } => {
                let mut code = reference.to_owned();
                for (old, new) in replace {
                    if !code.contains(old) {
                        return Err(format!("{}: the reference has no `{old}`", self.name));
                    }
                    code = code.replace(old, new);
                }
                Ok(format!("{code}\n{}", self.code))
            }
        }
    }

    /// The most that it may have, given what weak seed and reference have.
    pub fn most(&self, weak: f64, reference: f64) -> f64 {
        match &self.kind {
            AttackKind::NotThePart => weak + MAX_LEAD,
            AttackKind::Defect { costs, .. } => reference - costs,
            AttackKind::Partial { .. } => MAX_PARTIAL,
        }
    }
}

impl Ladder {
    /// The scripts from the first stage to the reference.
    pub fn scripts(&self, reference: &str) -> Vec<String> {
        let body = reference.trim_end();
        let head = body.rfind("\nfixture").map_or(body, |at| &body[..=at]);
        let stage = |stage: &String| format!("{head}{}\n", stage.trim());
        self.stages
            .iter()
            .map(stage)
            .chain([reference.to_owned()])
            .collect()
    }
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, CaseError> {
    let entries = std::fs::read_dir(folder).map_err(|error| wrong(folder, error.to_string()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| wrong(folder, error.to_string()))?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn card<T: for<'a> Deserialize<'a>>(file: &Path) -> Result<T, CaseError> {
    toml::from_str(&text(file)?).map_err(|error| wrong(file, error.message().to_owned()))
}

fn text(file: &Path) -> Result<String, CaseError> {
    std::fs::read_to_string(file).map_err(|error| wrong(file, error.to_string()))
}

fn name(dir: &Path) -> String {
    dir.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn wrong(path: &Path, message: String) -> CaseError {
    CaseError {
        path: path.to_owned(),
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_stands_for_the_last_line() {
        let ladder = Ladder {
            task: "spacer".to_owned(),
            stages: vec!["fixture = ring()".to_owned()],
        };
        let reference = "def ring():\n    return 1\n\n\nfixture = drilled(ring())\n";
        let scripts = ladder.scripts(reference);
        assert_eq!(
            scripts,
            ["def ring():\n    return 1\n\n\nfixture = ring()\n", reference]
        );
    }

    #[test]
    fn a_script_that_is_not_the_part_has_a_deprecated_name_too() {
        let kind = |name: &str| {
            let dir = tempfile::tempdir().unwrap();
            let own = dir.path().join("box");
            std::fs::create_dir(&own).unwrap();
            let card = format!("trick = \"a box\"\ntask = \"spacer\"\nkind = \"{name}\"\n");
            std::fs::write(own.join("attack.toml"), card).unwrap();
            attacks(dir.path()).map(|attacks| attacks[0].kind.clone())
        };
        assert_eq!(kind("not_the_part").unwrap(), AttackKind::NotThePart);
        assert_eq!(kind("talk").unwrap(), AttackKind::NotThePart);
        assert!(kind("box").unwrap_err().to_string().contains("not_the_part"));
    }

    #[test]
    fn a_partial_part_is_a_script_of_its_own_or_changes_the_reference() {
        let attack = |replace: &[(&str, &str)]| Attack {
            name: "half".to_owned(),
            trick: String::new(),
            task: "spacer".to_owned(),
            kind: AttackKind::Partial {
                replace: replace
                    .iter()
                    .map(|(old, new)| ((*old).to_owned(), (*new).to_owned()))
                    .collect(),
            },
            exceeds: None,
            rebuilds: false,
            code: "own = 1\n".to_owned(),
        };
        assert_eq!(attack(&[]).script("wall = 4\n").unwrap(), "own = 1\n");
        assert_eq!(
            attack(&[("wall = 4", "wall = 2")]).script("wall = 4\n").unwrap(),
            "wall = 2\n\nown = 1\n"
        );
        assert_eq!(attack(&[]).most(0.1, 1.0), 0.5);
    }

    #[test]
    fn a_defect_is_done_to_the_reference() {
        let attack = Attack {
            name: "thin".to_owned(),
            trick: String::new(),
            task: "spacer".to_owned(),
            kind: AttackKind::Defect {
                replace: vec![("wall = 4".to_owned(), "wall = 2".to_owned())],
                costs: 0.1,
            },
            exceeds: None,
            rebuilds: false,
            code: "fixture = fixture.mirror()\n".to_owned(),
        };
        assert_eq!(
            attack.script("wall = 4\n").unwrap(),
            "wall = 2\n\nfixture = fixture.mirror()\n"
        );
        assert!(attack.script("wall = 5\n").unwrap_err().contains("wall = 4"));
        assert!((attack.most(0.2, 0.97) - 0.87).abs() < 1e-12);
    }
}
