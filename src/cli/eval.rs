//! `cadforge eval`: build and score one candidate.

use std::fmt::Write;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use super::context::{self, Global};
use super::scoring::ScoringArgs;
use crate::assess::{Evaluation, Request};
use crate::executor::{CancelToken, Priority};
use crate::reward::Component;
use crate::trajectory;

/// Arguments of `cadforge eval`.
#[derive(Debug, clap::Args)]
pub struct EvalArgs {
    /// The candidate; `-` reads standard input
    file: PathBuf,
    /// The task to score against
    #[arg(long, value_name = "ID")]
    task: String,
    /// Keep candidate.py, candidate.stl and reward.json in this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the evaluation as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    scoring: ScoringArgs,
}

pub(super) fn run(args: &EvalArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let tasks = global.task_set()?;
    let task = tasks.get(&args.task)?;
    let code = context::read_candidate(&args.file)?;
    let scoring = args.scoring.scoring();
    if std::io::stderr().is_terminal() {
        eprintln!("starting a worker, then building and scoring …");
    }
    let engine = global.engine(1)?;
    let request = Request {
        task,
        code: &code,
        completion: None,
        scoring: &scoring,
        priority: Priority::Live,
    };
    let mut assessment = engine.assessor().assess(&request, &CancelToken::never())?;
    if let Some(dir) = &args.out {
        trajectory::write_evaluation(dir, &code, &mut assessment)?;
    }
    if args.json {
        context::print_json(&assessment.evaluation)?;
    } else {
        context::print(&summary(&assessment.evaluation))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// An evaluation for people.
fn summary(evaluation: &Evaluation) -> String {
    let mut text = String::new();
    let _ = match &evaluation.failure {
        None => writeln!(text, "built · {}", kind_name(evaluation)),
        Some(failure) => {
            let line = failure
                .line
                .map(|line| format!(" · line {line}"))
                .unwrap_or_default();
            writeln!(
                text,
                "did not build · {}{line}\n  {}",
                kind_name(evaluation),
                failure.message
            )
        }
    };
    let _ = writeln!(text, "total {:>27.4}", evaluation.reward.total);
    if evaluation.ok {
        for component in Component::ALL {
            let _ = match evaluation.reward.component(component) {
                Some(value) => writeln!(
                    text,
                    "  {:<22} {value:>8.4}   weight {:.2}",
                    component.key(),
                    evaluation.profile.weight(evaluation.mode, component)
                ),
                None => writeln!(text, "  {:<22} {:>8}", component.key(), "–"),
            };
        }
    }
    if let Some(shaped) = evaluation.shaped {
        let _ = writeln!(text, "shaped {shaped:>26.4}");
    }
    if let Some(bbox) = &evaluation.bbox {
        let [x, y, z] = bbox.size;
        let _ = writeln!(text, "size {x:.2} × {y:.2} × {z:.2} mm");
    }
    for note in &evaluation.notes {
        let _ = writeln!(text, "- {note}");
    }
    if let Some(dir) = &evaluation.artifacts.dir {
        let _ = writeln!(text, "kept in {}", dir.display());
    }
    text
}

fn kind_name(evaluation: &Evaluation) -> String {
    let name = serde_json::to_value(evaluation.kind).expect("a kind is a plain name");
    name.as_str().unwrap_or_default().replace('_', " ")
}
