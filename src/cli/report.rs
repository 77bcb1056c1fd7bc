//! `cadforge report`: summarises training runs, beside the published ones.

use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use super::context;
use crate::data::DEFAULT_GENERATIONS;
use crate::data::report::{self, PUBLISHED, Published, Run};
use crate::trajectory::write_atomically;

#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    /// One file per run: rows with rewards (plain or compressed with gzip), a trajectory's folder, or a trainer's log of losses
    #[arg(value_name = "FILE.jsonl", required = true)]
    files: Vec<PathBuf>,
    /// Write report.md, report.json and plots as SVG to this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Completions per prompt, if rows have neither `group_id` nor prompt
    #[arg(long, value_name = "N", default_value_t = DEFAULT_GENERATIONS, value_parser = clap::value_parser!(u32).range(1..))]
    num_generations: u32,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Print Markdown (the default)
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

/// The object that `report --json` prints.
#[derive(Debug, Serialize)]
struct TrainingReport<'a> {
    format: u32,
    runs: &'a [Run],
    published: &'static [Published],
}

pub(super) fn run(args: &ReportArgs) -> anyhow::Result<ExitCode> {
    let mut runs = Vec::new();
    for file in &args.files {
        let run = report::read(file, args.num_generations)?;
        context::report_malformed(&run.malformed);
        runs.push(run);
    }
    let whole = TrainingReport {
        format: 1,
        runs: &runs,
        published: &PUBLISHED,
    };
    let mut text = report::markdown(&runs);
    if let Some(out) = &args.out {
        std::fs::create_dir_all(out).map_err(|error| crate::data::DataError::Io {
            action: "make",
            path: out.clone(),
            error,
        })?;
        let plots = report::plot::plots(&runs);
        if !plots.is_empty() {
            text.push_str("\n## Plots\n\n");
        }
        for (name, svg) in &plots {
            write_atomically(&out.join(name), svg.as_bytes())?;
            text.push_str(&format!("![{}]({name})\n\n", name.trim_end_matches(".svg")));
        }
        write_atomically(&out.join("report.md"), text.as_bytes())?;
        write_atomically(&out.join("report.json"), &serde_json::to_vec_pretty(&whole)?)?;
    }
    if args.json {
        context::print_json(&whole)?;
    } else {
        context::print(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}
