//! The next round's prompts, from failed and low-scoring candidates. Equal inputs, flags and task packs give equal
//! rows, in whatever order they were scored. Files are read twice; some sixty bytes per row stay in memory.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::output::write_whole;
use super::prompt::{repair_prompt, task_spec};
use super::{Content, DataError, Lines, MalformedLines, Row};
use cadforge_core::failure::Kind;
use cadforge_repair::endpoint::Template;
use cadforge_reward::{curriculum_weight, repair_hints};
use cadforge_task::{Level, Task, TaskSet};

/// `dataset_type` of every row of a curriculum.
pub const DATASET_TYPE: &str = "adaptive_repair_grpo_prompt";

/// Stage of a prompt in a curriculum. Rows are written in this order.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Errors in the text, on easy or medium tasks: brackets, names, imports, invented calls, a missing `fixture`
    Foundation,
    /// All others
    Balanced,
    /// Hard tasks without errors in the text: the geometry fails, or the part that builds scores low
    Hard,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 3] = [Self::Foundation, Self::Balanced, Self::Hard];

    /// Name in a row.
    pub fn name(self) -> &'static str {
        match self {
            Self::Foundation => "foundation",
            Self::Balanced => "balanced",
            Self::Hard => "hard",
        }
    }

    /// The stage of a failure kind on a task of the given level.
    pub fn of(level: Level, kind: Kind) -> Self {
        let text = matches!(
            kind,
            Kind::Clipped
                | Kind::BadEncoding
                | Kind::SyntaxClosure
                | Kind::MissingFixture
                | Kind::InventedApi
                | Kind::UndefinedName
                | Kind::ImportError
        );
        match (level, text) {
            (Level::Easy | Level::Medium, true) => Self::Foundation,
            (Level::Hard, false) => Self::Hard,
            _ => Self::Balanced,
        }
    }
}

/// Options of a curriculum.
#[derive(Clone, Debug, PartialEq)]
pub struct CurriculumOptions {
    /// Stages to write; all if empty.
    pub stages: Vec<Stage>,
    /// A candidate that built is low-scoring below this total, or by its kind.
    pub below: f64,
    /// Maximum number of rows, drawn by weight; all if `None`.
    pub rows: Option<usize>,
    /// Seed of the draw.
    pub seed: u64,
}

/// Counts of a curriculum.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CurriculumSummary {
    /// Rows read.
    pub read: usize,
    /// Failed and low-scoring rows, without copies.
    pub fit: usize,
    /// Copies of those: equal code for the same task.
    pub copies: usize,
    /// Rows written.
    pub rows: usize,
    /// Rows per stage, by name.
    pub stages: BTreeMap<&'static str, usize>,
    /// Rows per kind, by name.
    pub kinds: BTreeMap<String, usize>,
    /// Rows without a score or without a candidate.
    pub unscored: usize,
    /// Rows of unknown tasks.
    pub unknown_tasks: usize,
    /// Malformed lines.
    #[serde(flatten)]
    pub malformed: MalformedLines,
}

/// A failed or low-scoring row.
struct WeakRow {
    file: u32,
    line: u64,
    task: u32,
    kind: Kind,
    stage: Stage,
    digest: [u8; 16],
    weight: f64,
}

/// Writes the curriculum of JSON Lines files and trajectory folders.
pub fn write(
    inputs: &[PathBuf],
    output: &Path,
    tasks: &TaskSet,
    template: &Template,
    options: &CurriculumOptions,
) -> Result<CurriculumSummary, DataError> {
    let tasks: Vec<&Task> = tasks.iter().map(|task| &**task).collect();
    let mut summary = CurriculumSummary::default();
    let weak = choose(inputs, &tasks, options, &mut summary)?;
    write_whole(output, |out| {
        for stage in Stage::ALL {
            let chosen = |weak: &&WeakRow| weak.stage == stage;
            let mut chosen = weak.iter().filter(chosen).peekable();
            for (number, input) in inputs.iter().enumerate() {
                if chosen.peek().is_none_or(|weak| weak.file as usize != number) {
                    continue;
                }
                let mut lines = Lines::open(input)?;
                while let Some(weak) = chosen.next_if(|weak| weak.file as usize == number) {
                    let row = lines.row_at(weak.line)?.ok_or_else(|| {
                        DataError::Input(format!(
                            "{} has changed since it was read\nhint: run the same command again",
                            input.display()
                        ))
                    })?;
                    let prompt = prompt(&row, weak, tasks[weak.task as usize], template, input);
                    writeln!(out, "{prompt}").map_err(DataError::io("write", output))?;
                    summary.rows += 1;
                    *summary.stages.entry(stage.name()).or_default() += 1;
                    *summary.kinds.entry(weak.kind.name().to_owned()).or_default() += 1;
                }
            }
        }
        Ok(())
    })?;
    Ok(summary)
}

/// The rows to make prompts of, by file and line, with their weights.
fn choose(
    inputs: &[PathBuf],
    tasks: &[&Task],
    options: &CurriculumOptions,
    summary: &mut CurriculumSummary,
) -> Result<Vec<WeakRow>, DataError> {
    let mut weak = Vec::new();
    let mut seen = HashSet::new();
    // Candidates and builds per task, over all rows.
    let mut builds = vec![(0_usize, 0_usize); tasks.len()];
    let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    for (file, input) in inputs.iter().enumerate() {
        let mut lines = Lines::open(input)?;
        while let Some(line) = lines.next_line()? {
            let row = match line.row {
                Ok(row) => row,
                Err(message) => {
                    summary.malformed.push(lines.path(), line.number, message);
                    continue;
                }
            };
            match Content::of(&row) {
                Content::Header => continue,
                Content::Candidate(_) => summary.read += 1,
                Content::Other(_) | Content::Unknown => {
                    summary.read += 1;
                    summary.unscored += 1;
                    continue;
                }
            }
            let (Some(code), Some(built), Some(kind)) = (row.code(), row.built(), row.kind()) else {
                summary.unscored += 1;
                continue;
            };
            let found = row
                .task_id()
                .and_then(|id| tasks.iter().position(|task| task.id == id));
            let Some(task) = found else {
                summary.unknown_tasks += 1;
                continue;
            };
            builds[task].0 += 1;
            builds[task].1 += usize::from(built);
            let is_weak =
                !built || kind != Kind::BuildOk || row.total().is_some_and(|total| total < options.below);
            if !is_weak {
                continue;
            }
            *kinds.entry(kind).or_default() += 1;
            let digest = digest(&[tasks[task].id.as_bytes(), code.as_bytes()]);
            if !seen.insert(digest) {
                summary.copies += 1;
                continue;
            }
            weak.push(WeakRow {
                file: file as u32,
                line: line.number,
                task: task as u32,
                kind,
                stage: Stage::of(tasks[task].level, kind),
                digest,
                weight: 0.0,
            });
        }
    }
    summary.fit = weak.len();
    // Kinds by count, most frequent first; ties in order of name.
    let mut ranks: Vec<(Kind, usize)> = kinds.into_iter().collect();
    ranks.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
    for entry in &mut weak {
        let (all, built) = builds[entry.task as usize];
        let rank = ranks
            .iter()
            .position(|(kind, _)| *kind == entry.kind)
            .unwrap_or_default()
            + 1;
        entry.weight = curriculum_weight(built as f64 / all as f64, ranks.len(), rank);
    }
    weak.retain(|weak| options.stages.is_empty() || options.stages.contains(&weak.stage));
    if let Some(rows) = options.rows {
        draw(&mut weak, rows, options.seed);
    }
    Ok(weak)
}

/// Draws `rows` rows by weight (Efraimidis and Spirakis: the largest of u^(1/w)). The random number is a hash of seed
/// and candidate, so that the draw depends on nothing else.
fn draw(weak: &mut Vec<WeakRow>, rows: usize, seed: u64) {
    let key = |weak: &WeakRow| {
        let hash = digest(&[&seed.to_le_bytes(), &weak.digest]);
        let number = u64::from_le_bytes(hash[..8].try_into().expect("eight of sixteen"));
        // In (0, 1], with the 53 bits of a float's mantissa.
        let chance = ((number >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        chance.ln() / weak.weight
    };
    let mut keys: Vec<(f64, usize)> = weak
        .iter()
        .enumerate()
        .map(|(index, weak)| (key(weak), index))
        .collect();
    keys.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let mut kept: Vec<bool> = vec![false; weak.len()];
    for (_, index) in keys.into_iter().take(rows) {
        kept[index] = true;
    }
    let mut kept = kept.into_iter();
    weak.retain(|_| kept.next().unwrap_or(false));
}

/// A row of the curriculum.
fn prompt(row: &Row, weak: &WeakRow, task: &Task, template: &Template, input: &Path) -> Value {
    let code = row.code().unwrap_or_default();
    let hash = Sha256::digest(code.as_bytes());
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "messages": repair_prompt(template, task, row),
        "task_id": task.id,
        "task_spec": task_spec(task),
        "task_level": task.level.name(),
        "dataset_type": DATASET_TYPE,
        "stage": weak.stage.name(),
        "failure_type": weak.kind,
        "repair_hints": repair_hints(weak.kind),
        // Deprecated name.
        "repair_policy": repair_hints(weak.kind),
        "curriculum_weight": weak.weight,
        "previous_score": row.score(),
        "previous_reward": row.total(),
        "round": row.count("round").unwrap_or(0) + 1,
        "source_file": input.file_name().unwrap_or_default().to_string_lossy(),
        "source_line": weak.line,
        "source_reward_call": row.call(),
        "source_index": row.count("index").or_else(|| row.count("step")),
        "source_code_sha256": hash,
    })
}

fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize()[..16].try_into().expect("sixteen of thirty-two")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weak(number: u64, weight: f64) -> WeakRow {
        WeakRow {
            file: 0,
            line: number,
            task: 0,
            kind: Kind::Timeout,
            stage: Stage::Balanced,
            digest: digest(&[&number.to_le_bytes()]),
            weight,
        }
    }

    #[test]
    fn the_draw_depends_on_weight_seed_and_candidates_only() {
        let all = || (0..2000).map(|number| weak(number, if number % 2 == 0 { 3.0 } else { 1.0 }));
        let lines = |mut weak: Vec<WeakRow>, seed: u64| {
            draw(&mut weak, 400, seed);
            let mut lines: Vec<u64> = weak.iter().map(|weak| weak.line).collect();
            lines.sort_unstable();
            lines
        };
        let drawn = lines(all().collect(), 1);
        assert_eq!(drawn.len(), 400);
        assert_eq!(lines(all().rev().collect(), 1), drawn, "the order of rows counts");
        assert_ne!(lines(all().collect(), 2), drawn);
        // Expected 290 of 400; ten standard deviations below is 200.
        let heavy = drawn.iter().filter(|line| *line % 2 == 0).count();
        assert!(heavy > 240, "{heavy} of 400 have three times the weight");
    }

    #[test]
    fn stages_go_from_text_to_geometry() {
        use Level::{Easy, Hard, Medium};
        for (level, kind, stage) in [
            (Easy, Kind::SyntaxClosure, Stage::Foundation),
            (Medium, Kind::InventedApi, Stage::Foundation),
            (Hard, Kind::SyntaxClosure, Stage::Balanced),
            (Easy, Kind::TypeOrValue, Stage::Balanced),
            (Medium, Kind::DisconnectedOrWeak, Stage::Balanced),
            (Hard, Kind::TypeOrValue, Stage::Hard),
            (Hard, Kind::BuildOk, Stage::Hard),
        ] {
            assert_eq!(Stage::of(level, kind), stage, "{level:?} {kind:?}");
        }
    }
}
