//! A loop that is killed goes on from what it had written.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cadforge::trajectory::{self, FILE_NAME, Step};

use crate::endpoint::{End, Model, model, pieces};
use crate::support::{cadforge, expect_exit, json};

/// How long a busy machine may take for what is quick on an idle one.
const PATIENCE: Duration = Duration::from_secs(240);

/// The answer of that number in the life of the loop.
fn answer(number: usize) -> Vec<String> {
    match number {
        // One that fails, which is tried from the same step again.
        1 => pieces("fixture = nothing\n"),
        _ => pieces(&format!(
            "import cadquery as cq\nwidth = {0}.0\nfixture = cq.Workplane(\"XY\").box(width, 80, 130)\n",
            60 + 8 * number
        )),
    }
}

fn command(dir: &Path, server: &Model, model: &str) -> Command {
    let mut command = cadforge(dir);
    command.args(["repair", "--task", "caster_wheel_fork", "--proposer", "endpoint"]);
    command.args(["--endpoint", &server.url, "--model", model, "--reference", "none"]);
    command.args(["--max-steps", "4", "--target", "1.0", "--out", "run", "--json"]);
    command
}

/// Number, parent, code, total, whether the loop went on from it.
type Told = (usize, Option<usize>, String, f64, Option<bool>);

/// What of a step is the same in every run.
fn told(steps: &[Step]) -> Vec<Told> {
    let told = steps.iter().map(|step| {
        let kept = step.proposal.as_ref().and_then(|proposal| proposal.kept);
        let total = step.evaluation.reward.total;
        (step.step, step.parent, step.code.clone(), total, kept)
    });
    told.collect()
}

#[test]
fn a_killed_loop_goes_on_behind_its_last_whole_line() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    // The third answer never ends: the loop is killed in the middle of it.
    let server = model(|number| match number {
        0 | 1 => (answer(number), End::Stop),
        _ => (pieces("import cadquery as cq\n"), End::Hang),
    });
    let mut first = command(dir.path(), &server, "tiny")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let file = run.join(FILE_NAME);
    let lines = || {
        let text = std::fs::read(&file).unwrap_or_default();
        text.iter().filter(|&&byte| byte == b'\n').count()
    };
    let deadline = Instant::now() + PATIENCE;
    while lines() < 4 {
        assert!(Instant::now() < deadline, "{} lines", lines());
        assert!(first.try_wait().unwrap().is_none(), "the loop ended by itself");
        std::thread::sleep(Duration::from_millis(20));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let before = std::fs::read(&file).unwrap();
    // A machine that lost its power may leave half a line as well.
    let mut half = std::fs::OpenOptions::new().append(true).open(&file).unwrap();
    half.write_all(b"{\"step\": 3, \"origin\": \"end").unwrap();
    drop(half);

    // Another loop is not mixed into this one.
    let server = model(|number| (answer(number + 2), End::Stop));
    let refused = expect_exit(&mut command(dir.path(), &server, "other"), 2);
    let message = String::from_utf8_lossy(&refused.stderr);
    assert!(
        message.contains("unfinished loop") && message.contains("model tiny"),
        "{message}"
    );

    let report = json(&expect_exit(&mut command(dir.path(), &server, "tiny"), 1));
    let resumed = trajectory::read(&run).unwrap();
    assert!(
        resumed.malformed_lines.is_empty(),
        "{:?}",
        resumed.malformed_lines
    );
    assert!(
        std::fs::read(&file).unwrap().starts_with(&before),
        "what was written stays as it was"
    );
    assert_eq!(serde_json::to_value(&resumed.steps).unwrap(), report["steps"]);

    // As if nothing had happened.
    let whole = tempfile::tempdir().unwrap();
    let server = model(|number| (answer(number), End::Stop));
    let undisturbed = json(&expect_exit(&mut command(whole.path(), &server, "tiny"), 1));
    let steps = trajectory::read(&whole.path().join("run")).unwrap().steps;
    assert_eq!(told(&resumed.steps), told(&steps));
    assert_eq!(steps.len(), 5);
    for key in ["best", "delta_reward", "reached"] {
        assert_eq!(report[key], undisturbed[key], "{key}");
    }

    // It has ended now, and is never written again.
    let finished = expect_exit(&mut command(dir.path(), &server, "tiny"), 2);
    let message = String::from_utf8_lossy(&finished.stderr);
    assert!(message.contains("already holds a trajectory"), "{message}");
}
