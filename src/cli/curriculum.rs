//! `cadforge curriculum`: prompts of the next round.

use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use super::context::{self, CliError, Global};
use crate::data::curriculum::{self, CurriculumOptions, CurriculumSummary, Stage};
use crate::locate;
use crate::repair::endpoint::Template;

#[derive(Debug, clap::Args)]
pub(crate) struct CurriculumArgs {
    /// Scored rows: JSON Lines, plain or compressed with gzip, and trajectory folders
    #[arg(value_name = "IN.jsonl", required = true)]
    inputs: Vec<PathBuf>,
    /// Output file, JSON Lines; replaced if it exists
    #[arg(short, long, value_name = "OUT.jsonl")]
    output: PathBuf,
    /// Only this stage; may be repeated
    #[arg(long, value_enum)]
    stage: Vec<Stage>,
    /// Candidates that built are low-scoring below this total, or by their kind
    #[arg(long, value_name = "TOTAL", default_value_t = 0.70)]
    below: f64,
    /// Maximum number of rows, drawn by weight
    #[arg(long, value_name = "N")]
    rows: Option<usize>,
    /// Seed of the draw
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Prompt template, by the name of the adapter
    #[arg(long, value_name = "NAME", default_value = "default")]
    prompt: String,
    /// Print a summary as one JSON object
    #[arg(long)]
    json: bool,
}

/// The object that `curriculum --json` prints.
#[derive(Debug, Serialize)]
struct CurriculumReport<'a> {
    format: u32,
    output: &'a PathBuf,
    #[serde(flatten)]
    summary: &'a CurriculumSummary,
}

pub(super) fn run(args: CurriculumArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let tasks = global.task_set()?;
    let options = CurriculumOptions {
        stages: args.stage,
        below: args.below,
        rows: args.rows,
        seed: args.seed,
    };
    let summary = curriculum::write(
        &args.inputs,
        &args.output,
        &tasks,
        &template(global, &args.prompt)?,
        &options,
    )?;
    context::report_malformed(&summary.malformed);
    if args.json {
        context::print_json(&CurriculumReport {
            format: 1,
            output: &args.output,
            summary: &summary,
        })?;
    } else {
        context::print(&text(&summary, &args.output))?;
    }
    if summary.rows == 0 {
        let message = "no row failed or scored low: nothing to train on\nhint: a higher --below includes more candidates that built";
        return Err(CliError::NotReached(message.to_owned()).into());
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn template(global: &Global, name: &str) -> anyhow::Result<Template> {
    let folder = locate::assets(&global.overrides())
        .ok()
        .map(|assets| assets.join("prompts"));
    Ok(Template::find(folder.as_deref(), name).map_err(CliError::Input)?)
}

fn text(summary: &CurriculumSummary, output: &std::path::Path) -> String {
    let CurriculumSummary {
        read,
        fit,
        copies,
        rows,
        stages,
        kinds,
        unscored,
        unknown_tasks,
        malformed,
    } = summary;
    let mut text = format!(
        "{rows} prompts in {}\n{fit} of {read} rows failed or scored low; {copies} more are copies\n",
        output.display()
    );
    for (stage, count) in stages {
        text.push_str(&format!("  {stage:<22} {count:>6}\n"));
    }
    for (kind, count) in kinds {
        text.push_str(&format!("  {kind:<22} {count:>6}\n"));
    }
    for (count, what) in [
        (unscored, "rows without a scored candidate"),
        (unknown_tasks, "rows of unknown tasks"),
        (&malformed.count, "malformed lines"),
    ] {
        if *count > 0 {
            text.push_str(&format!("{count} {what}\n"));
        }
    }
    text
}
