//! `cadforge doctor`: lists what is installed, what is missing and how to get it. The checks are independent, so that
//! one problem does not hide the next. The only action is to start one worker and build a box.

mod files;
mod libraries;
mod places;
mod programs;
mod python;
mod report;
mod sandbox;
mod window;

use std::process::ExitCode;

use super::context::{Global, print, print_json};
use crate::locate::Env;
use places::Places;
use report::DoctorReport;

#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Exits with 0 if all requirements are met, else with 1.
pub(super) fn run(args: DoctorArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let report = diagnose(global);
    if args.json {
        print_json(&report)?;
    } else {
        print(&report.text())?;
    }
    Ok(if report.ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

fn diagnose(global: &Global) -> DoctorReport {
    let env = Env::of_process();
    let places = Places::of(&env, &global.overrides());
    let environment = places.python.as_deref().ok().map(python::Environment::of);

    let mut checks = programs::check(&env, &places, environment.as_ref());
    checks.extend(python::check(&places, environment.as_ref()));
    checks.extend(files::check(global, &places));
    checks.extend(window::check());
    checks.extend(sandbox::check());
    DoctorReport::of(checks)
}
