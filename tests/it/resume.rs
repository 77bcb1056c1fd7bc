//! A killed repair loop resumes from its trajectory.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cadforge::trajectory::{self, FILE_NAME, Step};

use crate::endpoint::{End, Model, model, pieces};
use crate::support::{cadforge, expect_exit, json};

/// Long enough for a busy machine; an idle one needs little of it.
const TIMEOUT: Duration = Duration::from_secs(240);

/// The answer to the request of that number.
fn answer(number: usize) -> Vec<String> {
    match number {
        // Fails to build: the next proposal starts from the same step.
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
    command.args(["--profile", "cadforge-v1"]);
    command.args(["--max-steps", "4", "--target", "1.0", "--out", "run", "--json"]);
    command
}

/// Number, parent, code, total, whether the loop continued from it.
type StableFields = (usize, Option<usize>, String, f64, Option<bool>);

/// The fields of steps that are equal in all runs.
fn stable_fields(steps: &[Step]) -> Vec<StableFields> {
    let fields = steps.iter().map(|step| {
        let kept = step.proposal.as_ref().and_then(|proposal| proposal.kept);
        let total = step.evaluation.reward.total;
        (step.step, step.parent, step.code.clone(), total, kept)
    });
    fields.collect()
}

#[test]
fn a_killed_loop_resumes_after_its_last_complete_line() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    // The third answer never ends; the loop is killed during it.
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
    let deadline = Instant::now() + TIMEOUT;
    while lines() < 4 {
        assert!(Instant::now() < deadline, "{} lines", lines());
        assert!(
            first.try_wait().unwrap().is_none(),
            "the loop ended before it was killed"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let before = std::fs::read(&file).unwrap();
    // A power failure may leave a partial line too.
    let mut partial = std::fs::OpenOptions::new().append(true).open(&file).unwrap();
    partial.write_all(b"{\"step\": 3, \"origin\": \"end").unwrap();
    drop(partial);

    // A loop with another plan is refused.
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
        "lines written before the kill are unchanged"
    );
    assert_eq!(serde_json::to_value(&resumed.steps).unwrap(), report["steps"]);

    // The result equals that of an uninterrupted loop.
    let uninterrupted = tempfile::tempdir().unwrap();
    let server = model(|number| (answer(number), End::Stop));
    let uninterrupted_report = json(&expect_exit(
        &mut command(uninterrupted.path(), &server, "tiny"),
        1,
    ));
    let steps = trajectory::read(&uninterrupted.path().join("run")).unwrap().steps;
    assert_eq!(stable_fields(&resumed.steps), stable_fields(&steps));
    assert_eq!(steps.len(), 5);
    for key in ["best", "delta_reward", "reached"] {
        assert_eq!(report[key], uninterrupted_report[key], "{key}");
    }

    // A finished trajectory is never appended to.
    let finished = expect_exit(&mut command(dir.path(), &server, "tiny"), 2);
    let message = String::from_utf8_lossy(&finished.stderr);
    assert!(message.contains("already holds a trajectory"), "{message}");
}
