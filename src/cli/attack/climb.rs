//! The optimiser against a profile, its best judged by both profiles and by the hidden checks.

use std::fmt::Write;

use serde::Serialize;

use super::AttackArgs;
use super::judge::{Judge, gauges};
use crate::cli::context;
use crate::ordeal::{Climber, Script};
use crate::reward::Profile;

#[derive(Serialize)]
struct Found {
    task: String,
    profile: Profile,
    seed: u64,
    evaluated: usize,
    /// The best total under the profile that was climbed.
    total: f64,
    /// The best script under either profile.
    v1: f64,
    v2: f64,
    public_checks: Option<f64>,
    hidden_checks: Option<f64>,
    weak_v2: f64,
    reference_v2: Option<f64>,
    /// (evaluations, total) of each script that was better than all before.
    steps: Vec<(usize, f64)>,
    code: String,
}

pub(super) fn run(id: &str, args: &AttackArgs, judge: &Judge) -> anyhow::Result<bool> {
    let task = judge.tasks.get(id)?;
    let mut climber = Climber::new(task, args.seed);
    while climber.evaluated() < args.evaluations {
        let scripts = climber.ask();
        let codes: Vec<String> = scripts.iter().map(Script::code).collect();
        let totals: Vec<f64> = judge
            .all(task, &codes, &judge.scoring)?
            .iter()
            .map(|evaluation| evaluation.reward.total)
            .collect();
        climber.tell(scripts, &totals);
        if climber.evaluated() % 200 < 8 {
            context::progress(&format!("{} of {}", climber.evaluated(), args.evaluations));
        }
    }
    let climb = climber.finish();
    let mut scripts = vec![climb.code.clone(), task.weak_seed().to_owned()];
    scripts.extend(task.reference.clone());
    let published = judge.all(task, &scripts[..1], &judge.under(Profile::CadforgeV1))?;
    let grounded = judge.all(task, &scripts, &judge.under(Profile::GroundedV2))?;
    let (public_checks, hidden_checks) = gauges(&grounded[0]);
    let found = Found {
        task: task.id.clone(),
        profile: judge.scoring.profile,
        seed: args.seed,
        evaluated: climb.evaluated,
        total: climb.total,
        v1: published[0].reward.total,
        v2: grounded[0].reward.total,
        public_checks,
        hidden_checks,
        weak_v2: grounded[1].reward.total,
        reference_v2: grounded.get(2).map(|evaluation| evaluation.reward.total),
        steps: climb
            .steps
            .iter()
            .map(|step| (step.evaluated, step.total))
            .collect(),
        code: climb.code,
    };
    if args.json {
        context::print_json(&found)?;
    } else {
        let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{}: {} evaluations came to {:.3}",
            found.task, found.evaluated, found.total
        );
        let _ = writeln!(
            text,
            "  under v1 {:.3}, under v2 {:.3}; weak seed {:.3}, reference {}",
            found.v1,
            found.v2,
            found.weak_v2,
            number(found.reference_v2)
        );
        let _ = writeln!(
            text,
            "  checks that are shown {}, hidden {}",
            number(found.public_checks),
            number(found.hidden_checks)
        );
        let _ = writeln!(text, "\n{}", found.code);
        context::print(&text)?;
    }
    Ok(true)
}
