//! Project folders: what a script may read, what is refused, and how results depend on files.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use cadforge::cache::{Bounds, Cache};
use cadforge::executor::project::Project;
use cadforge::executor::{
    Build, CancelToken, Execution, Executor, Priority, RunSpec, WorkerConfig, kernel::sandbox_support,
};
use cadforge::failure::{Failure, Kind};
use serde_json::Value;

use crate::support::{cadforge, expect_exit, json, python, root, worker};

const TASK: &str = "caster_wheel_fork";

fn write(folder: &Path, below: &str, text: &str) {
    let path = folder.join(below);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn executor(cache: Option<&Path>) -> Executor {
    let cache = cache.map_or_else(Cache::off, |folder| {
        Cache::open(folder.to_owned(), Bounds::default())
    });
    Executor::start(WorkerConfig {
        cache,
        ..WorkerConfig::new(worker(), python(), 1)
    })
}

fn spec(folder: &Path) -> RunSpec {
    RunSpec {
        project: Some(Project::open(folder).unwrap()),
        ..RunSpec::default()
    }
}

fn run(executor: &Executor, code: &str, spec: &RunSpec, priority: Priority) -> Execution {
    executor
        .build(code.as_bytes(), spec, priority, &CancelToken::never())
        .unwrap_or_else(|error| panic!("{error}\n{code}"))
}

fn printed(execution: &Execution) -> &str {
    match &execution.build {
        Build::Shape(_) => &execution.stdout,
        Build::Failed(failure) => panic!("{failure:?}"),
    }
}

fn failure(execution: Execution) -> Failure {
    match execution.build {
        Build::Shape(_) => panic!("built, and printed {:?}", execution.stdout),
        Build::Failed(failure) => failure,
    }
}

/// Fails on a kernel without Landlock, which would refuse nothing.
fn require_landlock() {
    assert!(
        sandbox_support().landlock > 0,
        "this test needs Landlock: a kernel of 5.13 or newer with `landlock` in `lsm=`"
    );
}

const PART: &str = "import cadquery as cq\nresult = cq.Workplane().box(1, 1, 1)\n";

#[test]
fn a_script_reads_the_files_of_its_project_folder() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "sizes.json", "{\"width\": 7}");
    write(
        at,
        "helper.py",
        "from parts.depth import DEPTH\ndef size(): return (7, DEPTH, 3)\n",
    );
    write(at, "parts/depth.py", "DEPTH = 5\n");
    // A hidden file in the same folder, which no sandbox rule may cover.
    write(at, "parts/.hidden", "secret");
    write(at, "parts/data/points.txt", "1 2 3");
    let executor = executor(None);
    let code = "import json, os
import cadquery as cq
import helper
from pathlib import Path
width = json.load(open('sizes.json'))['width']
assert (Path(__file__).parent / 'parts' / 'data' / 'points.txt').read_text() == '1 2 3'
print(sorted(os.listdir('.')), sorted(os.listdir('parts')))
result = cq.Workplane().box(*helper.size())
assert width == 7
";
    let execution = run(&executor, code, &spec(at), Priority::Batch);
    assert_eq!(
        printed(&execution),
        "['helper.py', 'parts', 'sizes.json'] ['data', 'depth.py']\n"
    );
    let Build::Shape(shape) = execution.build else {
        unreachable!()
    };
    assert!((shape.facts.volume - 105.0).abs() < 1e-6);
    // Without the project folder none of its files are visible.
    let without = failure(run(&executor, code, &RunSpec::default(), Priority::Batch));
    assert_eq!(without.kind, Kind::ImportError, "{without:?}");
    assert!(without.message.contains("--project"), "{without:?}");
}

#[test]
fn hidden_files_outside_links_and_writes_are_refused() {
    require_landlock();
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let at = folder.path();
    write(outside.path(), "secret.txt", "secret");
    write(at, "base.txt", "base");
    write(at, ".env", "secret");
    write(at, ".git/config", "secret");
    write(at, "parts/.env", "secret");
    write(at, "whole/a.txt", "");
    symlink(outside.path().join("secret.txt"), at.join("out.txt")).unwrap();
    symlink(outside.path(), at.join("out")).unwrap();
    symlink(at.join(".env"), at.join("env.txt")).unwrap();
    symlink("base.txt", at.join("inside.txt")).unwrap();
    let (executor, spec) = (executor(None), spec(at));
    let absolute = at.canonicalize().unwrap();
    let absolute = absolute.display();
    for path in [
        ".env".to_owned(),
        ".git/config".to_owned(),
        "parts/.env".to_owned(),
        "out.txt".to_owned(),
        "out/secret.txt".to_owned(),
        "env.txt".to_owned(),
        format!("{absolute}/.env"),
        format!("{absolute}/.git/config"),
        format!("{absolute}/parts/.env"),
        format!("{absolute}/out.txt"),
        outside.path().join("secret.txt").display().to_string(),
    ] {
        let code = format!("{PART}print(open({path:?}).read())\n");
        let failure = failure(run(&executor, &code, &spec, Priority::Batch));
        assert_eq!(failure.line, Some(3), "{path}: {failure:?}");
        assert!(failure.message.contains("project folder"), "{path}: {failure:?}");
    }
    for action in [
        "open('base.txt', 'w')",
        "open('inside.txt', 'a')",
        "open('whole/new.txt', 'w')",
        "import os; os.truncate('base.txt', 0)",
        "import os; os.symlink('x', 'whole/new.txt')",
        "import os; os.remove(os.path.realpath('base.txt'))",
        "import os; os.rename('new', os.path.realpath('base.txt'))",
        "import os; os.mkdir(os.path.join(os.path.dirname(os.path.realpath('base.txt')), 'new'))",
    ] {
        let code = format!("{PART}open('new', 'w').write('x')\n{action}\n");
        let failure = failure(run(&executor, &code, &spec, Priority::Batch));
        assert_eq!(failure.kind, Kind::Sandbox, "{action}: {failure:?}");
        assert!(
            failure.message.contains("project folder"),
            "{action}: {failure:?}"
        );
    }
    assert_eq!(fs::read_to_string(at.join("base.txt")).unwrap(), "base");
    assert!(!at.join("new").exists() && !at.join("whole/new.txt").exists());
    let code = format!(
        "{PART}print(open('inside.txt').read(), open({:?}).read())\n",
        format!("{absolute}/base.txt")
    );
    assert_eq!(
        printed(&run(&executor, &code, &spec, Priority::Batch)),
        "base base\n"
    );
}

#[test]
fn an_export_named_like_a_project_file_does_not_overwrite_it() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "base.step", "as it was");
    write(folder.path(), "out/base.step", "as it was");
    let (executor, spec) = (executor(None), spec(folder.path()));
    let code = format!(
        "{PART}cq.exporters.export(result, 'out/base.step')\nresult.val().exportStep('base.step')\n\
         print(cq.importers.importStep('base.step').val().Volume())\n"
    );
    let execution = run(&executor, &code, &spec, Priority::Batch);
    assert!(printed(&execution).starts_with("1.0") || printed(&execution).starts_with("0.99"));
    for below in ["base.step", "out/base.step"] {
        assert_eq!(
            fs::read_to_string(folder.path().join(below)).unwrap(),
            "as it was"
        );
    }
}

#[test]
fn results_follow_changes_of_project_files() {
    let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let at = folder.path();
    write(at, "size.txt", "3");
    let executor = executor(Some(cache.path()));
    let given = spec(at);
    let code = "import cadquery as cq\nimport os\nsize = float(open('size.txt').read())\n\
                result = cq.Workplane().box(size, 1, 1)\nprint(size, os.path.exists('more.txt'))\n";
    for priority in [Priority::Batch, Priority::Live] {
        let run_and_key = |expected: &str| {
            let key = executor.key(code.as_bytes(), &given).unwrap();
            assert_eq!(printed(&run(&executor, code, &given, priority)), expected);
            key
        };
        write(at, "size.txt", "3");
        let first = run_and_key("3.0 False\n");
        assert_eq!(run_and_key("3.0 False\n"), first);
        write(at, "size.txt", "4");
        let second = run_and_key("4.0 False\n");
        assert_ne!(first, second);
        write(at, "more.txt", "");
        assert_ne!(run_and_key("4.0 True\n"), second);
        fs::remove_file(at.join("more.txt")).unwrap();
        // Equal contents give an equal key, whatever the modification time.
        let file = fs::File::options().write(true).open(at.join("size.txt")).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(100))
            .unwrap();
        assert_eq!(run_and_key("4.0 False\n"), second);
    }
    let without = executor.key(code.as_bytes(), &RunSpec::default());
    assert_ne!(without, executor.key(code.as_bytes(), &given));
}

#[test]
fn a_run_resumes_only_while_the_project_folder_is_unchanged() {
    assert!(
        sandbox_support().listener,
        "this test needs a kernel with seccomp's listener"
    );
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "size.txt", "3");
    let executor = executor(None);
    let given = spec(folder.path());
    let code = |end: &str| {
        format!(
            "import cadquery as cq\nsize = float(open('size.txt').read())\nt = 0\nfor i in range(3_000_000): t += i\n\
             part = cq.Workplane().box(size, 1, 1).edges().fillet(0.1)\nresult = part{end}\nprint(size)\n"
        )
    };
    let resumed = |end: &str, expected: &str| {
        let execution = run(&executor, &code(end), &given, Priority::Live);
        assert_eq!(printed(&execution), expected);
        execution.resumed
    };
    resumed("", "3.0\n");
    assert!(resumed(".translate((1, 0, 0))", "3.0\n") > 0);
    write(folder.path(), "size.txt", "4");
    assert_eq!(resumed(".translate((2, 0, 0))", "4.0\n"), 0);
}

fn eval(directory: &Path, script: &Path) -> Command {
    let mut command = cadforge(directory);
    command
        .arg("eval")
        .arg(script)
        .args(["--reference", "none", "--mode", "fast", "--json"]);
    command
}

fn is_ok(output: &Value) -> bool {
    output["ok"].as_bool().unwrap()
}

#[test]
fn a_part_exported_by_one_run_is_read_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(
        at,
        "base.py",
        "import cadquery as cq\nfixture = cq.Workplane().box(30, 20, 10)\n",
    );
    write(
        at,
        "drilled.py",
        "import cadquery as cq\nfixture = cq.importers.importStep('base.step').faces('>Z').workplane().hole(5)\n",
    );
    let evaluated = |script: &str, more: &[&str]| {
        json(&expect_exit(
            eval(at, &at.join(script)).args(["--task", TASK]).args(more),
            0,
        ))
    };
    assert!(is_ok(&evaluated("base.py", &["--step", "base.step"])));
    let without = evaluated("drilled.py", &[]);
    assert!(!is_ok(&without));
    let message = without["failure"]["message"].as_str().unwrap();
    assert!(message.contains("--project"), "{message}");
    let drilled = evaluated("drilled.py", &["--project", ".", "--step", "drilled.step"]);
    assert!(is_ok(&drilled), "{drilled}");
    assert!(
        fs::read_to_string(at.join("drilled.step"))
            .unwrap()
            .contains("CYLINDRICAL")
    );
}

#[test]
fn folders_that_expose_too_much_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    write(&home, "parts/a.py", PART);
    let script = home.join("parts/a.py");
    let tasks = root().join("tasks");
    for (project, reason) in [
        (Path::new("/"), "root"),
        (&home, "home folder"),
        (folder.path(), "home folder"),
        (&tasks, "task"),
        (&tasks.join(TASK), "task"),
        (&tasks.join(TASK).join("seeds"), "task"),
        (&home.join("missing"), "cannot be read"),
    ] {
        let output = expect_exit(
            eval(folder.path(), &script)
                .args(["--task", TASK, "--project"])
                .arg(project)
                .env("HOME", &home),
            2,
        );
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(
            message.contains(reason) && message.contains("hint:"),
            "{}: {message}",
            project.display()
        );
    }
    let allowed = eval(folder.path(), &script)
        .args(["--task", TASK, "--project"])
        .arg(home.join("parts"))
        .env("HOME", &home)
        .output()
        .unwrap();
    assert!(is_ok(&json(&allowed)));
}

#[test]
fn candidates_and_references_read_the_files_of_their_task() {
    let pack = tempfile::tempdir().unwrap();
    let task = pack.path().join("spacer");
    fs::create_dir(&task).unwrap();
    let card = "id = \"spacer\"\nlevel = \"easy\"\nfamily = \"hardware\"\nlabel = \"Spacer\"\n\
                prompt = \"Design a spacer.\"\nsemantic_hints = [\"spacer\"]\nbbox_mm = [20.0, 20.0, 10.0]\n";
    let part = "import cadquery as cq\nheight = 10.0\nwidth = float(open('width.txt').read())\n\
                fixture = cq.Workplane().box(width, 20, height)\n";
    write(&task, "task.toml", card);
    write(&task, "seeds/weak.py", part);
    write(&task, "reference.py", part);
    write(&task, "files/width.txt", "20");
    write(pack.path(), "candidate.py", part);
    let candidate = pack.path().join("candidate.py");
    let command = |more: &[&str]| {
        let mut command = cadforge(pack.path());
        command
            .arg("--tasks")
            .arg(pack.path())
            .arg("eval")
            .arg(&candidate)
            .args(["--task", "spacer", "--json"])
            .args(more);
        command
    };
    for profile in ["cadforge-v1", "grounded-v2"] {
        let evaluated = json(&expect_exit(&mut command(&["--profile", profile]), 0));
        assert!(is_ok(&evaluated), "{evaluated}");
        // The reference reads the same file.
        let similarity = evaluated["reward"]["reference_similarity"].as_f64();
        assert!(
            similarity.is_some_and(|similarity| similarity > 0.8),
            "{evaluated}"
        );
        let version = evaluated["versions"]["task"].as_str().unwrap().to_owned();
        write(
            &task,
            "files/width.txt",
            if profile == "cadforge-v1" { "20.0" } else { "20.00" },
        );
        let after = json(&expect_exit(&mut command(&["--profile", profile]), 0));
        assert_ne!(after["versions"]["task"].as_str().unwrap(), version);
    }
    // A candidate reads only `files`; the reference in the folder above is refused.
    let reads_reference = "import cadquery as cq\nimport os\nhere = os.path.dirname(os.path.realpath('width.txt'))\n\
                 print(open(os.path.join(here, '..', 'reference.py')).read())\n";
    require_landlock();
    write(pack.path(), "candidate.py", reads_reference);
    let refused = json(&expect_exit(&mut command(&[]), 0));
    assert_eq!(refused["kind"], "sandbox", "{refused}");
    let both = tempfile::tempdir().unwrap();
    let refused = expect_exit(&mut command(&["--project", both.path().to_str().unwrap()]), 2);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("own files"));
}

#[test]
fn rows_and_other_tasks_read_no_project_files() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "sizes.txt", "3");
    let code = format!("{PART}open('sizes.txt')\nopen({:?})\n", at.join("sizes.txt"));
    let row = serde_json::json!({"task_id": TASK, "code": code}).to_string();
    write(at, "rows.jsonl", &row);
    let mut command = cadforge(at);
    command.args([
        "score",
        "rows.jsonl",
        "--output",
        "scored.jsonl",
        "--mode",
        "fast",
    ]);
    expect_exit(&mut command, 0);
    let scored = fs::read_to_string(at.join("scored.jsonl")).unwrap();
    assert!(
        scored.contains("sizes.txt") && scored.contains("--project"),
        "{scored}"
    );
    // `score` has no `--project` flag.
    expect_exit(
        cadforge(at).args(["score", "rows.jsonl", "--output", "again.jsonl", "--project", "."]),
        2,
    );
}
