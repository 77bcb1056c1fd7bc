//! `cadforge attack`: adversarial evaluation of a reward, by known attacks, ladders of honest parts, interpolation
//! from the weak seed to the reference, groups, and an optimiser.

mod args;
mod climb;
mod evaluator;
mod paths;
mod suite;

use std::process::ExitCode;

use super::context::Global;
pub(crate) use args::AttackArgs;

/// Exits with 1 if a limit is exceeded.
pub(super) fn run(args: &AttackArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let evaluator = evaluator::Evaluator::start(args, global)?;
    let good = if let Some(folder) = &args.suite {
        suite::attacks(folder, &evaluator, args.json)?
    } else if let Some(folder) = &args.ladders {
        suite::ladders(folder, args.task.as_deref(), &evaluator, args.json)?
    } else if args.interpolate {
        paths::interpolate(args, &evaluator)?
    } else if let Some(groups) = args.groups {
        paths::groups(args, groups, &evaluator)?
    } else {
        climb::run(&evaluator.selected_tasks(args.task.as_deref())?, args, &evaluator)?
    };
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}
