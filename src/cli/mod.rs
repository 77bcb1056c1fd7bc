//! The command line: one file per subcommand. JSON goes to standard output, everything else to standard error. Exit
//! codes: 0 success (a failed build is a result), 1 goal not reached, 2 wrong use or bad input, 3 internal error.

#![allow(clippy::print_stderr, reason = "the command line is a program")]

mod attack;
mod clean;
mod context;
mod curriculum;
mod doctor;
mod endpoint;
mod eval;
mod export;
mod log;
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
mod timing;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::engine::Engine;
use crate::executor::RunSpec;

pub(crate) use context::{CliError, Global};

/// Inspect, edit and repair CadQuery code, and score the parts that it builds.
#[derive(Debug, Parser)]
#[command(name = "cadforge", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<CliCommand>,
    #[command(flatten)]
    studio: studio::StudioArgs,
}

#[derive(Debug, clap::Subcommand)]
enum CliCommand {
    /// Open the window; the default
    Studio(studio::StudioArgs),
    /// List what is installed, what is missing and how to get it
    Doctor(doctor::DoctorArgs),
    /// List, show and check tasks
    Tasks(tasks::TasksArgs),
    /// Evaluate a reward adversarially: attacks, ladders, an optimiser
    Attack(Box<attack::AttackArgs>),
    /// Build and score one candidate
    Eval(eval::EvalArgs),
    /// Run a repair loop
    Repair(Box<repair::RepairArgs>),
    /// Serve the environment: OpenEnv, Space routes, scorers for trainers
    Serve(Box<serve::ServeArgs>),
    /// Score the rows of a file; resumes an interrupted run
    Score(Box<score::ScoreArgs>),
    /// Summarise training runs, beside the published ones
    Report(report::ReportArgs),
    /// Make the next round's prompts from failed and low-scoring candidates
    Curriculum(Box<curriculum::CurriculumArgs>),
    /// Make training data sets from scored rows and trajectories
    Export(Box<export::ExportArgs>),
    /// Store rows and trajectories of all runs, and query them
    Store(store::StoreArgs),
    /// Draw a candidate or an STL file as a PNG, without a display
    Render(render::RenderArgs),
    /// Remove cached results and what killed workers left
    Clean(clean::CleanArgs),
}

/// Parses the command line, runs the subcommand and returns the exit code.
pub fn run() -> ExitCode {
    let Cli {
        global,
        command,
        studio,
    } = Cli::parse();
    // clap's own check would also reject global flags before a subcommand.
    if command.is_some() && !studio.is_empty() {
        let message = "a file or --task for the window cannot be given before a subcommand";
        Cli::command().error(ErrorKind::ArgumentConflict, message).exit();
    }
    if let Err(error) = global.check(std::env::args_os()) {
        eprintln!("cadforge: {error}");
        return ExitCode::from(2);
    }
    let timing = match &command {
        Some(CliCommand::Eval(args)) => args.timing.recorder(),
        Some(CliCommand::Score(args)) => args.timing.recorder(),
        _ => None,
    };
    if let Err(error) = log::init(global.log.as_deref(), timing) {
        eprintln!("cadforge: {error}");
        return ExitCode::from(2);
    }
    let done = match command {
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

fn draw(args: &render::RenderArgs, global: &Global) -> anyhow::Result<ExitCode> {
    // One worker serves both files; STL files alone start none.
    let engine = std::cell::OnceCell::new();
    let spec = RunSpec {
        project: args.project.open(None)?,
        ..RunSpec::default()
    };
    render::run(args, |file| {
        if render::is_stl(file) {
            return render::load_stl(file);
        }
        let code = context::read_candidate(file)?;
        if engine.get().is_none() {
            let _ = engine.set(global.engine(1)?);
        }
        let engine: &Engine = engine.get().expect("just set");
        context::build_drawing(engine, file, &code, &spec)
    })?;
    Ok(ExitCode::SUCCESS)
}
