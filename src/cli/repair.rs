//! `cadforge repair`: run a repair loop.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;

use super::context::{self, CliError, Global};
use super::endpoint::EndpointArgs;
use super::scoring::{ProjectArgs, ScoringArgs};
use crate::engine::{Event, LoopTarget, ProposerConfig, RepairJob, RepairProgress, RepairSummary};
use crate::locate;
use crate::repair::ProposerKind;
use crate::task::{Task, recording};
use crate::trajectory::{PLAN_FILE, Step};

#[derive(Debug, clap::Args)]
pub(crate) struct RepairArgs {
    /// The task
    #[arg(long, value_name = "ID")]
    task: String,
    /// Start from this file instead of the task's weak seed; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Proposer of the loop
    #[arg(long, value_enum, default_value_t = ProposerKind::Rules)]
    proposer: ProposerKind,
    /// Recorded repair to replay, or a trajectory folder [default: the first that starts from the weak seed]
    #[arg(long, value_name = "NAME|DIR")]
    recording: Option<String>,
    /// Keep the recorded pauses of recordings and cassettes
    #[arg(long)]
    paced: bool,
    /// Candidates per step; more than one form a group with advantages, scored side by side
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=256))]
    candidates: u32,
    /// Maximum number of steps; with --candidates a step is a whole group
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=1000))]
    max_steps: u32,
    /// Stop at this total [default: 0.92 under cadforge-v1; under grounded-v2 0.90 with every check passed]
    #[arg(long, value_name = "TOTAL", value_parser = parse_target)]
    target: Option<f64>,
    /// Print streamed text of proposals to standard error
    #[arg(long)]
    stream: bool,
    #[command(flatten)]
    endpoint: EndpointArgs,
    /// Write the trajectory to this folder: trajectory.jsonl and the artifacts of each step. The same command resumes
    /// an interrupted loop
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the loop as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    scoring: ScoringArgs,
}

/// The object that `repair --json` prints.
#[derive(Debug, Serialize)]
struct RepairReport<'a> {
    task_id: &'a str,
    proposer: &'static str,
    steps: &'a [Step],
    best: usize,
    delta_reward: f64,
    reached: bool,
    trajectory: &'a Option<PathBuf>,
}

pub(super) fn run(args: RepairArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let tasks = global.task_set()?;
    let mut task = tasks.get(&args.task)?.clone();
    let mut from = match &args.from {
        Some(path) => Some(context::read_candidate(path)?.into()),
        None => None,
    };
    let proposer = match args.proposer {
        ProposerKind::Rules => ProposerConfig::Rules,
        ProposerKind::Endpoint => {
            let prompts = locate::assets(&global.overrides())
                .ok()
                .map(|assets| assets.join("prompts"));
            ProposerConfig::Endpoint(Box::new(args.endpoint.config(prompts, args.paced)?))
        }
        ProposerKind::Replay => {
            let recording = match &args.recording {
                Some(name) if Path::new(name).join(recording::FILE).is_file() => {
                    Some(add_recording(&mut task, Path::new(name))?)
                }
                name => name.clone(),
            };
            // Checked before a worker is started.
            let found = crate::repair::Replay::find(&task, recording.as_deref())?;
            if from.is_none() {
                from = found.start.as_ref().map(|code| code.as_bytes().into());
            }
            if args.candidates > 1 {
                let message = "a recording has one candidate per step\nhint: leave out --candidates, or choose another --proposer";
                return Err(CliError::Input(message.to_owned()).into());
            }
            ProposerConfig::Replay {
                recording,
                skip: 0,
                paced: args.paced,
            }
        }
    };
    let mut scoring = args.scoring.scoring();
    scoring.project = args.project.open(Some(&task))?;
    let resumed = args.out.clone().filter(|dir| dir.join(PLAN_FILE).is_file());
    let job = RepairJob {
        task: task.clone(),
        from,
        earlier: Vec::new(),
        proposer,
        scoring,
        max_steps: args.max_steps as usize,
        candidates: args.candidates as usize,
        target: args.target.map_or(LoopTarget::Profile, LoopTarget::Total),
        out: args.out,
    };
    let handle = global
        .engine_with(workers(args.candidates), |config| {
            args.scoring.cache.apply(config);
        })?
        .submit(job, None);
    if let Some(dir) = resumed {
        eprintln!("resuming the loop in {}", dir.display());
    }
    let mut steps = Vec::new();
    let summary = loop {
        match handle.events.recv()? {
            Event::Progress(RepairProgress::Step(step, _)) => {
                if args.stream && step.step > 0 {
                    eprintln!();
                }
                if !args.json || std::io::stderr().is_terminal() {
                    eprintln!("{}", line(&step, steps.first()));
                }
                for warning in step.proposal.iter().flat_map(|proposal| &proposal.warnings) {
                    eprintln!("cadforge: warning: {warning}");
                }
                steps.push(*step);
            }
            Event::Done(summary) => break *summary,
            Event::Failed { message, input: true } => return Err(CliError::Input(message).into()),
            Event::Failed {
                message,
                input: false,
            } => anyhow::bail!(message),
            Event::Cancelled => anyhow::bail!("cancelled"),
            Event::Progress(RepairProgress::ProposalText { delta, .. }) if args.stream => eprint!("{delta}"),
            Event::Started
            | Event::Progress(RepairProgress::Proposing { .. } | RepairProgress::ProposalText { .. }) => {}
        }
    };
    let RepairSummary {
        best,
        delta_reward,
        reached,
        ref trajectory,
        ..
    } = summary;
    if args.json {
        let task_id = &task.id;
        let steps = &steps;
        context::print_json(&RepairReport {
            task_id,
            proposer: args.proposer.name(),
            steps,
            best,
            delta_reward,
            reached,
            trajectory,
        })?;
    } else {
        let total = steps[best].evaluation.reward.total;
        let reached = if reached {
            "target reached"
        } else {
            "target not reached"
        };
        let mut text =
            format!("{reached} · best step {best} · {total:.4} ({delta_reward:+.4} on the seed)\n");
        if let Some(dir) = trajectory {
            text.push_str(&format!("written to {}\n", dir.display()));
        }
        context::print(&text)?;
    }
    // The end of a recording is a success, whether or not it reached the target.
    let done = reached || args.proposer == ProposerKind::Replay;
    Ok(ExitCode::from(u8::from(!done)))
}

/// Adds a trajectory folder to the recordings of the task; returns its name there.
fn add_recording(task: &mut Arc<Task>, dir: &Path) -> Result<String, CliError> {
    let name = dir.display().to_string();
    let recorded = recording::read(dir, &name, &task.id).map_err(|message| {
        CliError::Input(format!(
            "{name}: {message}\nhint: give a folder that `cadforge repair --task {} --out` wrote",
            task.id
        ))
    })?;
    Arc::make_mut(task).repairs.push(recorded);
    Ok(name)
}

/// One worker per candidate, at most one per core.
fn workers(candidates: u32) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (candidates as usize).min(cores)
}

fn line(step: &Step, seed: Option<&Step>) -> String {
    let evaluation = &step.evaluation;
    let name = if seed.is_none() {
        "seed  ".to_owned()
    } else {
        format!("step {}", step.step)
    };
    let total = evaluation.reward.total;
    let delta = seed
        .map(|seed| format!(" {:+.4}", total - seed.evaluation.reward.total))
        .unwrap_or_default();
    let group = step
        .proposal
        .as_ref()
        .and_then(|proposal| proposal.group.as_ref());
    let advantage = group
        .map(|group| format!("  advantage {:+.2}", group.advantage))
        .unwrap_or_default();
    let failure = match &evaluation.failure {
        Some(failure) => {
            let line = failure
                .line
                .map(|line| format!(" · line {line}"))
                .unwrap_or_default();
            let mut message: String = failure.message.chars().take(160).collect();
            if message.len() < failure.message.len() {
                message.push('…');
            }
            format!("  {message}{line}")
        }
        None => String::new(),
    };
    // Rules give a reason; recordings and models do not.
    let reason = match &step.proposal {
        Some(proposal) if proposal.rule.is_some() => format!("\n        {}", proposal.reason),
        _ => String::new(),
    };
    format!("{name}  {total:>8.4}{delta}{advantage}{failure}{reason}")
}

fn parse_target(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(target) if (-1.0..=1.0).contains(&target) => Ok(target),
        _ => Err("give a total from -1 to 1".to_owned()),
    }
}
