//! The command line: one file a verb.
//!
//! JSON goes to standard output, everything else to standard error. Exit 0: done, and a candidate that fails to
//! build is a result; 1: the thing asked for did not come about; 2: wrong use or bad input; 3: our own
//! machinery failed.

mod attack;
mod clean;
mod context;
mod curriculum;
mod doctor;
mod endpoint;
mod eval;
mod export;
mod render;
mod repair;
mod report;
mod score;
mod scoring;
mod serve;
mod sheet;
mod size;
mod store;
mod studio;
mod tasks;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::engine::Engine;
use crate::executor::Limits;

pub use context::{CliError, Global};
pub use scoring::{CacheArgs, ScoringArgs};

/// Watch, edit and drive the repair of CadQuery code.
#[derive(Debug, Parser)]
#[command(name = "cadforge", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Option<CliCommand>,
    #[command(flatten)]
    studio: studio::StudioArgs,
}

#[derive(Debug, clap::Subcommand)]
enum CliCommand {
    /// Open the window (what `cadforge` alone does too)
    Studio(studio::StudioArgs),
    /// Say what is there, what is missing and how to get it
    Doctor(doctor::DoctorArgs),
    /// List, show and check tasks
    Tasks(tasks::TasksArgs),
    /// Put a reward to the trial: attacks, ladders, an optimiser
    Attack(Box<attack::AttackArgs>),
    /// Build and score one candidate
    Eval(eval::EvalArgs),
    /// Run a repair loop
    Repair(Box<repair::RepairArgs>),
    /// Serve the environment to others: OpenEnv, Space routes, scorers for trainers
    Serve(Box<serve::ServeArgs>),
    /// Score the rows of a file; a run that was stopped goes on where it was
    Score(Box<score::ScoreArgs>),
    /// Say what training runs came to, beside the published ones
    Report(report::ReportArgs),
    /// Make the next round's prompts out of what failed and what came out weak
    Curriculum(Box<curriculum::CurriculumArgs>),
    /// Make data sets for training out of scored rows and trajectories
    Export(Box<export::ExportArgs>),
    /// Keep rows and trajectories of all runs in one place, and find them again
    Store(store::StoreArgs),
    /// Draw a candidate or an STL file as a PNG, without a display
    Render(render::Args),
    /// Remove kept results and what killed workers left behind
    Clean(clean::CleanArgs),
}

/// Parses the command line, does what it says and returns the exit code.
pub fn run() -> ExitCode {
    let Cli { global, verb, studio } = Cli::parse();
    // Not left to clap, whose ready-made check would refuse the global flags before a verb too.
    if verb.is_some() && !studio.is_empty() {
        let message = "a file or --task for the window cannot stand before a verb";
        Cli::command().error(ErrorKind::ArgumentConflict, message).exit();
    }
    if let Err(error) = global.check(std::env::args_os()) {
        eprintln!("cadforge: {error}");
        return ExitCode::from(2);
    }
    let done = match verb {
        None => studio::run(studio, &global),
        Some(CliCommand::Studio(args)) => studio::run(args, &global),
        Some(CliCommand::Doctor(args)) => doctor::run(args, &global),
        Some(CliCommand::Tasks(args)) => tasks::run(args, &global),
        Some(CliCommand::Attack(args)) => attack::run(&args, &global),
        Some(CliCommand::Eval(args)) => eval::run(&args, &global),
        Some(CliCommand::Repair(args)) => repair::run(*args, &global),
        Some(CliCommand::Serve(args)) => serve::run(&args, &global),
        Some(CliCommand::Score(args)) => score::run(*args, &global),
        Some(CliCommand::Report(args)) => report::run(&args),
        Some(CliCommand::Curriculum(args)) => curriculum::run(*args, &global),
        Some(CliCommand::Export(args)) => export::run(*args, &global),
        Some(CliCommand::Store(args)) => store::run(args, &global),
        Some(CliCommand::Render(args)) => draw(&args, &global),
        Some(CliCommand::Clean(args)) => clean::run(args),
    };
    match done {
        Ok(code) => code,
        Err(error) if context::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cadforge: {error:#}");
            ExitCode::from(context::exit_code(&error))
        }
    }
}

fn draw(args: &render::Args, global: &Global) -> anyhow::Result<ExitCode> {
    // One worker serves both files; none is started for STL alone.
    let engine = std::cell::OnceCell::new();
    let mut limits = Limits::default();
    args.project.apply(None, &mut limits)?;
    render::run(args, |file| {
        if render::is_stl(file) {
            return render::load_stl(file);
        }
        let code = context::read_candidate(file)?;
        if engine.get().is_none() {
            let _ = engine.set(global.engine(1)?);
        }
        let engine: &Engine = engine.get().expect("just set");
        context::build_drawing(engine, file, &code, &limits)
    })?;
    Ok(ExitCode::SUCCESS)
}
