//! `cadforge export`: data sets for training.

use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use super::context::{self, CliError, Global};
use super::curriculum::template;
use crate::data::DEFAULT_GENERATIONS;
use crate::data::export::{self, DataSetKind, ExportOptions, ExportSummary, POSITIVE, STRICT, SplitBy};

#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    /// Kind of data set
    #[arg(value_enum)]
    kind: DataSetKind,
    /// Scored rows: JSON Lines, plain or compressed with gzip, and trajectory folders
    #[arg(value_name = "IN.jsonl", required = true)]
    inputs: Vec<PathBuf>,
    /// Folder of the data set: train.jsonl, validation.jsonl and README.md, replaced if they exist
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Only this task; may be repeated
    #[arg(long, value_name = "ID")]
    task: Vec<String>,
    /// Lowest total of an example or a preferred answer [default: 0.60]
    #[arg(long, value_name = "TOTAL", allow_negative_numbers = true)]
    min_reward: Option<f64>,
    /// Same as --min-reward 0.70
    #[arg(long, conflicts_with = "min_reward")]
    strict: bool,
    /// Smallest lead of a preferred answer
    #[arg(long, value_name = "REWARD", default_value_t = 0.05)]
    margin: f64,
    /// Maximum number of pairs per group
    #[arg(long, value_name = "N", default_value_t = 4)]
    pairs: usize,
    /// Share of rows in the validation split
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, value_parser = parse_share)]
    validation: f64,
    /// Unit of the split: whole tasks, or similar candidates only
    #[arg(long, value_enum, default_value_t = SplitBy::Task)]
    split_by: SplitBy,
    /// Candidates at least this similar (Jaccard of token sequences) are on the same side
    #[arg(long, value_name = "SHARE", default_value_t = 0.8, value_parser = parse_similarity)]
    similarity: f64,
    /// Seed of the split
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Completions per prompt, if rows have neither `group_id` nor prompt
    #[arg(long, value_name = "N", default_value_t = DEFAULT_GENERATIONS, value_parser = clap::value_parser!(u32).range(1..))]
    num_generations: u32,
    /// Prompt template, by the name of the adapter
    #[arg(long, value_name = "NAME", default_value = "default")]
    prompt: String,
    /// Print a summary as one JSON object
    #[arg(long)]
    json: bool,
}

/// The object that `export --json` prints.
#[derive(Debug, Serialize)]
struct ExportReport<'a> {
    format: u32,
    output: &'a PathBuf,
    kind: DataSetKind,
    #[serde(flatten)]
    summary: &'a ExportSummary,
}

pub(super) fn run(args: ExportArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let tasks = global.task_set()?;
    for task in &args.task {
        tasks.get(task)?;
    }
    let options = ExportOptions {
        kind: args.kind,
        tasks: args.task,
        least: args
            .min_reward
            .unwrap_or(if args.strict { STRICT } else { POSITIVE }),
        margin: args.margin,
        pairs: args.pairs,
        validation: args.validation,
        split_by: args.split_by,
        similarity: args.similarity,
        seed: args.seed,
        generations: args.num_generations,
    };
    let template = template(global, &args.prompt)?;
    let summary = export::write(&args.inputs, &args.output, &tasks, &template, &options)?;
    context::report_malformed(&summary.malformed);
    if args.json {
        context::print_json(&ExportReport {
            format: 1,
            output: &args.output,
            kind: args.kind,
            summary: &summary,
        })?;
    } else {
        let ExportSummary {
            read,
            train,
            validation,
            copies,
            tokens,
            ..
        } = &summary;
        context::print(&format!(
            "{train} training rows and {validation} validation rows of {read} rows, in {}\n{copies} copies left out · about {} tokens, median {}, largest {}\n",
            args.output.display(),
            tokens.sum,
            tokens.median,
            tokens.max
        ))?;
    }
    if summary.train == 0 {
        let message = "no row qualifies for this data set\nhint: rows need scores (`cadforge score`); an example needs a good candidate (--min-reward) and a worse one: of its task for sft, of its group, by --margin, for preference";
        return Err(CliError::NotReached(message.to_owned()).into());
    }
    if summary.validation == 0 && args.validation > 0.0 {
        eprintln!(
            "cadforge: the validation split is empty: all rows are similar\nhint: `--split-by code` splits tasks too"
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn parse_share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=0.9).contains(&share) => Ok(share),
        _ => Err("give a share from 0 to 0.9".to_owned()),
    }
}

fn parse_similarity(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.1..=1.0).contains(&share) => Ok(share),
        _ => Err("give a share from 0.1 to 1".to_owned()),
    }
}
