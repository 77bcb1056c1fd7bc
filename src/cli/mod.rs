//! The command line: one file a verb.
//!
//! JSON goes to standard output, everything else to standard error. Exit 0: done, and a candidate that fails to
//! build is a result; 1: the thing asked for did not come about; 2: wrong use or bad input; 3: our own
//! machinery failed.

mod context;
mod eval;
mod repair;
mod scoring;

use std::process::ExitCode;

use clap::Parser;

pub use context::{Global, Problem};
pub use scoring::ScoringArgs;

/// Watch, edit and drive the repair of CadQuery code.
#[derive(Debug, Parser)]
#[command(name = "cadforge", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Build and score one candidate
    Eval(eval::EvalArgs),
    /// Run a repair loop
    Repair(repair::RepairArgs),
}

/// Parses the command line, does what it says and returns the exit code.
pub fn run() -> ExitCode {
    let Cli { global, verb } = Cli::parse();
    let done = match verb {
        None => unimplemented!(),
        Some(Verb::Eval(args)) => eval::run(&args, &global),
        Some(Verb::Repair(args)) => repair::run(args, &global),
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
