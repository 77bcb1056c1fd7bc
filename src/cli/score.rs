//! `cadforge score`: score the rows of a file.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::context::{self, Global};
use super::scoring::ScoringArgs;
use super::timing::TimingArgs;
use crate::data::DEFAULT_GENERATIONS;
use crate::data::score::{self, Progress, ScoreOptions, ScoreSummary};

#[derive(Debug, clap::Args)]
pub(crate) struct ScoreArgs {
    /// The rows: JSON Lines, plain or compressed with gzip
    #[arg(value_name = "IN.jsonl")]
    input: PathBuf,
    /// Output file: each row with its score; rows that it holds already are kept, and scoring resumes after them
    #[arg(short, long, value_name = "OUT.jsonl")]
    output: PathBuf,
    /// Candidates scored in parallel [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    jobs: Option<u32>,
    /// Score only part I of N, counted from 0; concatenate the parts to get the whole
    #[arg(long, value_name = "I/N", default_value = "0/1", value_parser = parse_shard)]
    shard: (u32, u32),
    /// Completions per prompt, if rows have neither `group_id` nor prompt
    #[arg(long, value_name = "N", default_value_t = DEFAULT_GENERATIONS, value_parser = clap::value_parser!(u32).range(1..))]
    num_generations: u32,
    /// Task of rows that name none
    #[arg(long, value_name = "ID")]
    task: Option<String>,
    /// Print a summary as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    scoring: ScoringArgs,
    #[command(flatten)]
    pub timing: TimingArgs,
}

/// The object that `score --json` prints.
#[derive(Debug, Serialize)]
struct ScoreReport<'a> {
    format: u32,
    output: &'a PathBuf,
    #[serde(flatten)]
    summary: &'a ScoreSummary,
    /// Deprecated name of `already_scored`.
    kept: usize,
    seconds: f64,
}

pub(super) fn run(args: ScoreArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let tasks = global.task_set()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = args.jobs.map_or(cores, |jobs| jobs as usize);
    let trace = args.timing.open()?;
    let engine = global.engine_with(jobs, |config| {
        args.scoring.cache.apply(config);
        args.timing.apply(config);
    })?;
    let options = ScoreOptions {
        input: args.input,
        output: args.output,
        jobs,
        shard: args.shard,
        generations: args.num_generations,
        task: args.task,
        scoring: args.scoring.scoring(),
    };
    let begun = Instant::now();
    let mut meter = ProgressLine::new();
    let done = score::run(&options, engine.assessor(), &tasks, &mut |progress| {
        meter.show(progress);
    });
    meter.clear();
    let summary = done?;
    context::report_malformed(&summary.malformed);
    let seconds = begun.elapsed().as_secs_f64();
    if args.json {
        context::print_json(&ScoreReport {
            format: 1,
            output: &options.output,
            summary: &summary,
            kept: summary.already_scored,
            seconds,
        })?;
    } else {
        context::print(&text(&summary, &options, seconds))?;
    }
    if let Some(stopped) = &summary.stopped {
        eprintln!(
            "cadforge: {stopped}\nhint: `cadforge doctor` lists what is missing; the same command resumes"
        );
    } else if summary.errors > 0 {
        eprintln!(
            "cadforge: {} rows were not scored because of internal errors: see their `error`\nhint: run the same command to try them again",
            summary.errors
        );
    }
    args.timing.finish(trace, true)?;
    let failed = summary.errors > 0 || summary.stopped.is_some();
    Ok(ExitCode::from(if failed { 3 } else { 0 }))
}

fn text(summary: &ScoreSummary, options: &ScoreOptions, seconds: f64) -> String {
    let ScoreSummary {
        rows,
        of,
        already_scored,
        scored,
        copies,
        malformed,
        ..
    } = summary;
    let mut text = format!("{rows} of {of} rows in {}\n", options.output.display());
    if *already_scored > 0 {
        text.push_str(&format!("{already_scored} already scored\n"));
    }
    text.push_str(&format!("{scored} scored in {seconds:.1} s"));
    if *copies > 0 {
        text.push_str(&format!(", {copies} of them copies"));
    }
    text.push('\n');
    if malformed.count > 0 {
        text.push_str(&format!("{} malformed lines skipped\n", malformed.count));
    }
    text
}

/// A progress line on a terminal; nothing elsewhere.
struct ProgressLine {
    begun: Instant,
    shown: Option<Instant>,
    terminal: bool,
}

/// Frequent enough to look continuous.
const SHOW_EVERY: Duration = Duration::from_millis(200);

impl ProgressLine {
    fn new() -> Self {
        Self {
            begun: Instant::now(),
            shown: None,
            terminal: std::io::stderr().is_terminal(),
        }
    }

    fn show(&mut self, progress: Progress) {
        if !self.terminal || self.shown.is_some_and(|at| at.elapsed() < SHOW_EVERY) {
            return;
        }
        self.shown = Some(Instant::now());
        let mut err = std::io::stderr().lock();
        let _ = write!(err, "\r\x1b[K{}", line(progress, self.begun.elapsed()));
        let _ = err.flush();
    }

    fn clear(&self) {
        if self.shown.is_some() {
            eprint!("\r\x1b[K");
        }
    }
}

fn line(progress: Progress, elapsed: Duration) -> String {
    let Progress { done, total, before } = progress;
    let rate = (done - before) as f64 / elapsed.as_secs_f64().max(1e-3);
    let left = (total - done) as f64 / rate.max(1e-6);
    format!("{done}/{total} rows · {rate:.1} rows/s · {} left", duration(left))
}

fn duration(seconds: f64) -> String {
    match seconds {
        ..90.0 => format!("{seconds:.0} s"),
        ..5400.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}

fn parse_shard(text: &str) -> Result<(u32, u32), String> {
    let shard = text
        .split_once('/')
        .and_then(|(index, shards)| Some((index.parse().ok()?, shards.parse().ok()?)));
    match shard {
        Some((index, shards)) if index < shards => Ok((index, shards)),
        _ => Err("give I/N with I from 0 to N - 1, as 0/4".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_count_from_zero() {
        assert_eq!(parse_shard("0/1"), Ok((0, 1)));
        assert_eq!(parse_shard("3/4"), Ok((3, 4)));
        for wrong in ["4/4", "1", "-1/2", "0/0", "a/b", ""] {
            assert!(parse_shard(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn time_left_counts_from_where_this_run_began() {
        let progress = Progress {
            done: 600,
            total: 1000,
            before: 500,
        };
        assert_eq!(
            line(progress, Duration::from_secs(50)),
            "600/1000 rows · 2.0 rows/s · 3 min left"
        );
    }
}
