//! The optimiser against a profile. Its best scripts are scored under both profiles and by the hidden checks.
//!
//! The file of `--out` records the results: a call that was killed resumes after its last task.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use clap::ValueEnum as _;
use serde::{Deserialize, Serialize};

use super::args::AttackArgs;
use super::evaluator::{Evaluator, check_scores, iou};
use crate::adversarial::{Climber, Script};
use crate::assess::{Scoring, with_task_files};
use crate::cli::context::{self, CliError};
use crate::cli::sheet::{Sheet, shape};
use crate::render::{ShotPane, Tone};
use crate::reward::{Mode, Profile, Reward};
use crate::task::Task;

/// Tiles per row of the sheet; width and height of a tile in pixels.
const COLUMNS: u32 = 4;
const TILE: [u32; 2] = [520, 240];

/// The inputs of a climb.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ClimbKey {
    task: String,
    version: String,
    profile: Profile,
    mode: Mode,
    /// Changed and rebuilt dimensions.
    rebuilt: u32,
    seed: u64,
    evaluations: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct ClimbResult {
    #[serde(flatten)]
    asked: ClimbKey,
    /// Scored scripts.
    evaluated: usize,
    /// The best total under the climbed profile.
    total: f64,
    /// The best script under either profile.
    v1: f64,
    v2: f64,
    /// Its components under grounded-v2, with the default number of rebuilds.
    grounded: Reward,
    public_checks: Option<f64>,
    hidden_checks: Option<f64>,
    /// Intersection over union of its volume with the reference's.
    iou: Option<f64>,
    weak_v2: f64,
    reference_v2: Option<f64>,
    /// (evaluations, total) of each script that was better than all previous ones.
    steps: Vec<(usize, f64)>,
    code: String,
}

pub(super) fn run(tasks: &[&Task], args: &AttackArgs, evaluator: &Evaluator) -> anyhow::Result<bool> {
    let mut rows = match &args.out {
        Some(path) => read(path)?,
        None => Vec::new(),
    };
    for task in tasks {
        let asked = ClimbKey {
            task: task.id.clone(),
            version: task.version.clone(),
            profile: evaluator.scoring.profile,
            mode: evaluator.scoring.mode,
            rebuilt: evaluator.scoring.perturbation_count(),
            seed: args.seed,
            evaluations: args.evaluations,
        };
        if rows.iter().any(|row| row.asked == asked) {
            continue;
        }
        let found = climb(task, asked, evaluator)?;
        if let Some(path) = &args.out {
            append(path, &found)?;
        }
        context::progress(&format!("{}: best total {:.3}", found.asked.task, found.total));
        rows.push(found);
    }
    rows.sort_by(|a, b| {
        let key = |row: &ClimbResult| {
            (
                row.asked.task.clone(),
                name(row.asked.profile),
                row.asked.evaluations,
            )
        };
        key(a).cmp(&key(b))
    });
    if args.json {
        context::print_json(&rows)?;
    } else {
        context::print(&table(&rows))?;
        // Print the code only if a single task was requested.
        if let (Some(_), [row]) = (&args.task, &rows[..]) {
            context::print(&format!("\n{}", row.code))?;
        }
    }
    if let Some(picture) = &args.draw {
        rows.retain(|row| tasks.iter().any(|task| task.id == row.asked.task));
        draw(&rows, evaluator, picture)?;
    }
    Ok(true)
}

fn climb(task: &Task, asked: ClimbKey, evaluator: &Evaluator) -> anyhow::Result<ClimbResult> {
    let mut climber = Climber::new(task, asked.seed);
    while climber.evaluated() < asked.evaluations {
        let scripts = climber.ask();
        let codes: Vec<String> = scripts.iter().map(Script::code).collect();
        let totals = evaluator.totals_above(task, &codes, climber.current())?;
        climber.tell(scripts, &totals);
        if climber.evaluated() % 200 < 8 {
            context::progress(&format!("{} of {}", climber.evaluated(), asked.evaluations));
        }
    }
    let climb = climber.finish();
    let mut scripts = vec![climb.code.clone(), task.weak_seed().to_owned()];
    scripts.extend(task.reference.clone());
    let published = evaluator.evaluate(task, &scripts[..1], &evaluator.with_profile(Profile::CadforgeV1))?;
    // The climb may have skipped rebuilds; the final score has them.
    let whole = Scoring {
        mode: Mode::Full,
        editability: None,
        ..evaluator.with_profile(Profile::GroundedV2)
    };
    let grounded = evaluator.evaluate(task, &scripts, &whole)?;
    let (public_checks, hidden_checks) = check_scores(&grounded[0]);
    Ok(ClimbResult {
        asked,
        evaluated: climb.evaluated,
        total: climb.total,
        v1: published[0].reward.total,
        v2: grounded[0].reward.total,
        grounded: grounded[0].reward,
        public_checks,
        hidden_checks,
        iou: iou(&grounded[0]),
        weak_v2: grounded[1].reward.total,
        reference_v2: grounded.get(2).map(|evaluation| evaluation.reward.total),
        steps: climb
            .steps
            .iter()
            .map(|step| (step.evaluated, step.total))
            .collect(),
        code: climb.code,
    })
}

/// Draws the reference and the best script of each row's task.
fn draw(rows: &[ClimbResult], evaluator: &Evaluator, out: &Path) -> anyhow::Result<()> {
    let mut sheet = Sheet::new(rows.len() as u32, COLUMNS, TILE)?;
    for row in rows {
        let id = &row.asked.task;
        let build = |code: &str, what: &str, hint: &str| {
            let what = format!("the {what} of `{id}`");
            let spec = with_task_files(evaluator.scoring.export_spec(), evaluator.tasks.get(id)?)?;
            shape(code, evaluator.executor(), &spec, &what, hint)
        };
        let reference = evaluator.tasks.get(id)?.reference.as_deref();
        let hint = format!("`cadforge tasks check {id}`");
        let reference = reference
            .map(|code| build(code, "reference", &hint))
            .transpose()?;
        let best = build(&row.code, "best script", "climb again, with another --out file")?;
        let title = format!("{:.3} after {}", row.total, row.evaluated);
        let mut panes = Vec::new();
        panes.extend(reference.as_ref().map(|shape| ShotPane {
            title: id,
            tone: Tone::Reference,
            shape,
            scene: None,
        }));
        panes.push(ShotPane {
            title: &title,
            tone: Tone::Step,
            shape: &best,
            scene: None,
        });
        sheet.add(&panes)?;
    }
    sheet.write(out)
}

fn name(profile: Profile) -> String {
    let value = profile.to_possible_value().expect("no profile is hidden");
    value.get_name().to_owned()
}

/// Reads the file; empty if it does not exist.
fn read(path: &Path) -> anyhow::Result<Vec<ClimbResult>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.lines()
        .enumerate()
        .map(|(at, line)| {
            serde_json::from_str(line).map_err(|error| {
                CliError::Input(format!(
                    "{}:{}: is not a result of the optimiser: {error}",
                    path.display(),
                    at + 1
                ))
                .into()
            })
        })
        .collect()
}

fn append(path: &Path, found: &ClimbResult) -> anyhow::Result<()> {
    let mut line = serde_json::to_string(found).context("cannot write JSON")?;
    line.push('\n');
    File::options()
        .create(true)
        .append(true)
        .open(path)
        .and_then(|mut file| file.write_all(line.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn table(rows: &[ClimbResult]) -> String {
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
    let mut text = String::from(
        "| task | climbed | evaluations | own total | v1 | v2 | checks shown | checks hidden | IoU | weak seed v2 |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.3} | {:.3} | {:.3} | {} | {} | {} | {:.3} |",
            row.asked.task,
            name(row.asked.profile),
            row.evaluated,
            row.total,
            row.v1,
            row.v2,
            number(row.public_checks),
            number(row.hidden_checks),
            number(row.iou),
            row.weak_v2
        );
    }
    text
}
