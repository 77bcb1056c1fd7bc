//! `cadforge eval`: build and score one candidate.

use std::fmt::Write;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;
use serde_json::Value;

use super::context::{self, Global};
use super::scoring::{ProjectArgs, ScoringArgs};
use super::timing::TimingArgs;
use crate::assess::{Assessment, Evaluation, Request, with_task_files};
use crate::engine::{Engine, write_step};
use crate::executor::CancelToken;
use crate::reward::{Component, Profile};
use crate::trajectory;

#[derive(Debug, clap::Args)]
pub(crate) struct EvalArgs {
    /// The candidate; `-` reads standard input
    file: PathBuf,
    /// The task to score against
    #[arg(long, value_name = "ID")]
    task: String,
    /// Write candidate.py, candidate.stl and reward.json to this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write the part as a STEP file (ISO 10303-21, AP214, mm)
    #[arg(long, value_name = "FILE")]
    step: Option<PathBuf>,
    /// Print the evaluation as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    scoring: ScoringArgs,
    #[command(flatten)]
    pub timing: TimingArgs,
}

pub(super) fn run(args: &EvalArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let tasks = global.task_set()?;
    let task = tasks.get(&args.task)?;
    let code = context::read_candidate(&args.file)?;
    let mut scoring = args.scoring.scoring();
    scoring.project = args.project.open(Some(task))?;
    let trace = args.timing.open()?;
    let engine = global.engine_with(1, |config| {
        args.scoring.cache.apply(config);
        args.timing.apply(config);
    })?;
    let request = Request::batch(task, &code, &scoring);
    let evaluation = with_notice(|| evaluate(&request, &engine, args.out.as_deref()))?;
    if let Some(path) = &args.step {
        let spec = &with_task_files(scoring.export_spec(), task)?;
        let execution = with_notice(|| {
            engine
                .assessor()
                .executor()
                .export(&code, spec, &CancelToken::never())
        })?;
        // A failed build is a result; its message is in the evaluation.
        if evaluation.ok {
            write_step(path, &execution).map_err(anyhow::Error::msg)?;
        }
    }
    if let Some(warning) = too_trivial(&evaluation) {
        eprintln!("cadforge: warning: {warning}");
    }
    if args.json {
        context::print_json(&with_new_names(serde_json::to_value(&evaluation)?))?;
    } else {
        context::print(&summary(&evaluation))?;
    }
    args.timing.finish(trace, false)?;
    Ok(ExitCode::SUCCESS)
}

/// A warning where the reference alone decides, and is nearly a box, a cylinder or its own hull.
fn too_trivial(evaluation: &Evaluation) -> Option<String> {
    let grounded = evaluation.details.grounded.as_ref()?;
    let trivial = grounded.similarity.as_ref()?.trivial;
    (grounded.checks.is_none() && trivial > TOO_TRIVIAL).then(|| {
        format!(
            "a box, a cylinder or the hull matches the reference of this task by {trivial:.2}, so that its totals \
             hardly distinguish a part from a block; add checks to its task.toml (docs/tasks.md)"
        )
    })
}

/// Match of a trivial shape from which the score of the volumes alone means little.
const TOO_TRIVIAL: f64 = 0.85;

/// Measurements under the glossary's names beside the deprecated ones. Only here: files of evaluations hold them once.
fn with_new_names(mut evaluation: Value) -> Value {
    let Some(grounded) = evaluation.pointer_mut("/details/grounded") else {
        return evaluation;
    };
    for (deprecated, name) in [
        ("soundness", "validity"),
        ("likeness", "similarity"),
        ("responses", "sensitivity"),
    ] {
        if let Some(value) = grounded.get(deprecated).cloned() {
            grounded[name] = value;
        }
    }
    if let Some(iou) = grounded.pointer("/pose/likeness").cloned() {
        grounded["pose"]["iou"] = iou;
    }
    evaluation
}

/// Requests the shape only if it is written: a cached evaluation then needs no worker.
fn evaluate(request: &Request<'_>, engine: &Engine, out: Option<&Path>) -> anyhow::Result<Evaluation> {
    let (assessor, never) = (engine.assessor(), CancelToken::never());
    let Some(dir) = out else {
        return Ok(assessor.evaluate(request, &never)?);
    };
    let mut assessment = assessor.assess(request, &never)?;
    trajectory::write_evaluation(dir, request.code, &mut assessment)?;
    let Assessment { evaluation, .. } = assessment;
    Ok(evaluation)
}

/// On a terminal, prints a message if `work` takes long.
fn with_notice<T>(work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let (done, finished) = crossbeam_channel::bounded::<()>(0);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if finished.recv_timeout(NOTICE_AFTER) == Err(RecvTimeoutError::Timeout) {
                eprintln!("starting a worker, then building and scoring …");
            }
        });
        let result = work();
        drop(done);
        result
    })
}

/// A cached evaluation takes less.
const NOTICE_AFTER: Duration = Duration::from_millis(300);

fn part_in_total(evaluation: &Evaluation, component: Component) -> String {
    match (evaluation.profile, component) {
        (Profile::GroundedV2, Component::Topology | Component::Contact) => "multiplies".to_owned(),
        (Profile::GroundedV2, Component::Efficiency) => "not in the total".to_owned(),
        (profile, _) => format!("weight {:.2}", profile.weight(evaluation.mode, component)),
    }
}

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
                "failed · {}{line}\n  {}",
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
                    "  {:<22} {value:>8.4}   {}",
                    component.key(),
                    part_in_total(evaluation, component)
                ),
                None => writeln!(text, "  {:<22} {:>8}", component.key(), "–"),
            };
        }
    }
    if let Some(grounded) = &evaluation.details.grounded
        && let Some(fit) = grounded.fit.filter(|fit| fit.factor < 1.0)
    {
        let _ = writeln!(
            text,
            "  {:<22} {:>8.4}   multiplies",
            "fit in the box", fit.factor
        );
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
        let _ = writeln!(text, "written to {}", dir.display());
    }
    text
}

fn kind_name(evaluation: &Evaluation) -> String {
    evaluation.kind.name().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reward::GroundedDetails;

    #[test]
    fn measurements_have_both_names_and_are_read_by_either() {
        let grounded = json!({
            "soundness": {"valid": true, "closed": true, "loose": 0, "volume_mm3": 1.0, "own_overlap": 0.0, "inverted": 0.0},
            "assembly": {"solids": 1, "asked": null, "groups": 1, "main_share": 1.0, "overlap": 0.0, "spare_holes": 0},
            "pose": {"turned": false, "moved": false, "scale": 1.0, "likeness": 0.75},
            "fit": null, "checks": null, "agreement": null, "likeness": null, "responses": null, "cost": null,
        });
        let printed = with_new_names(json!({"ok": true, "details": {"grounded": grounded}}));
        let of = &printed["details"]["grounded"];
        assert_eq!(
            (&of["validity"], &of["soundness"]),
            (&grounded["soundness"], &grounded["soundness"])
        );
        assert_eq!(
            (&of["pose"]["iou"], &of["pose"]["likeness"]),
            (&json!(0.75), &json!(0.75))
        );
        assert!(of.get("similarity").is_some() && of.get("sensitivity").is_some());
        // A file may hold either name.
        let mut renamed = of.clone();
        for deprecated in ["soundness", "likeness", "responses"] {
            renamed.as_object_mut().unwrap().shift_remove(deprecated);
        }
        renamed["pose"].as_object_mut().unwrap().shift_remove("likeness");
        let read = |value: &Value| serde_json::from_value::<GroundedDetails>(value.clone()).unwrap();
        assert_eq!(read(&renamed), read(&grounded));
        // Results of cadforge-v1 stay as they are.
        let plain = json!({"ok": true, "details": {}});
        assert_eq!(with_new_names(plain.clone()), plain);
    }
}
