//! Tests of panels, training runs, new tasks, settings and exports, which find widgets by name.

use std::path::Path;
use std::time::{Duration, Instant};

use egui_kittest::kittest::Queryable as _;

use super::command::{ControllerCommand, WindowCommand};
use super::notes::Notes;
use super::rows::RowIndex;
use super::state::ExportFormat;
use super::state::{BuildPhase, PathPurpose, State};
use super::testing::{
    FakeBackend, SentJob, Window, ask, built, failed, notice, scored, state, step, studio, until,
};
use crate::assess::Versions;
use crate::engine::RepairProgress;
use crate::executor::Priority;
use crate::failure::Kind;
use crate::reward::{Mode, Profile};
use crate::trajectory::Header;

fn rows(folder: &Path, name: &str, lift: f64) -> std::path::PathBuf {
    let path = folder.join(name);
    let text: String = (0..6)
        .map(|index| {
            let reward = f64::from(index) / 10.0 + lift;
            let group = index / 3;
            format!(
                "{{\"task_id\": \"part\", \"group_id\": \"g{group}\", \"code\": \"box {index}\", \"reward\": {reward}, \"kind\": \"build_ok\"}}\n"
            )
        })
        .collect();
    std::fs::write(&path, text).unwrap();
    path
}

/// A window with an open training run.
fn training_run(folder: &Path) -> (FakeBackend, Window) {
    let (backend, mut window) = scored();
    let path = rows(folder, "run.jsonl", 0.0);
    ask(&mut window, ControllerCommand::Open(vec![path]));
    until(&mut window, "the rows", |state| state.runs.rows.is_some());
    (backend, window)
}

#[test]
fn a_group_is_built_and_shown_with_rewards_and_advantages() {
    let dir = tempfile::tempdir().unwrap();
    let (backend, mut window) = training_run(dir.path());
    let before = backend.count();
    window.get_by_label("Run").click();
    window.run_steps(3);
    window.get_by_label("Groups").click();
    window.run_steps(3);
    let building = |state: &State| {
        let group = state.runs.group.as_ref();
        group.is_some_and(|group| {
            group
                .members
                .iter()
                .all(|member| matches!(member.phase, BuildPhase::Building(_)))
        })
    };
    until(&mut window, "the codes of the group", building);
    assert_eq!(backend.count(), before + 3);
    assert_eq!(backend.job(before, |job| job.assess().priority), Priority::Batch);
    backend.job(before, |job| job.answer(built(0.3, 0.3)));
    backend.job(before + 1, |job| {
        job.answer(failed(Kind::SyntaxClosure, "never closed", 1));
    });
    window.run_steps(3);
    let members = &state(&window).runs.group.as_ref().unwrap().members;
    assert!(matches!(members[0].phase, BuildPhase::Built(_)));
    assert!(matches!(&members[1].phase, BuildPhase::Broken(why) if why == "never closed"));
    window.get_by_label("candidate 2, 0.100").click();
    until(&mut window, "the row's code", |state| {
        state.runs.open_row == Some(1)
    });
    assert_eq!(state(&window).card().code, "box 1");

    window.get_by_label("Next group").click();
    until(&mut window, "the next group", |state| {
        state.runs.group.as_ref().is_some_and(|group| group.group == 1)
    });
    assert!(
        backend.job(before + 2, super::testing::SubmittedJob::is_cancelled),
        "hidden candidates are not built"
    );
}

#[test]
fn rows_are_pinned_annotated_chosen_and_written() {
    let dir = tempfile::tempdir().unwrap();
    let (_standin, mut window) = training_run(dir.path());
    window.get_by_label("row 2, build_ok 0.100").click();
    until(&mut window, "the row", |state| state.runs.open_row == Some(1));
    window.get_by_label("pinned").click();
    window.run_steps(3);
    ask(
        &mut window,
        ControllerCommand::AnnotateRow(1, "a word".to_owned()),
    );
    let path = dir.path().join("run.jsonl");
    let start = Instant::now();
    while Notes::read(&path)
        .unwrap()
        .of(1)
        .is_none_or(|note| !note.pinned || note.text != "a word")
    {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    studio(&mut window).choose_rows(vec![1, 4]);
    let out = dir.path().join("chosen.jsonl");
    ask(
        &mut window,
        ControllerCommand::UsePath(PathPurpose::Rows, out.clone()),
    );
    until(&mut window, "the export", |state| {
        state
            .messages
            .log
            .iter()
            .any(|line| line.text.starts_with("wrote "))
    });
    let chosen = RowIndex::read(&out).unwrap();
    assert_eq!(chosen.rows.len(), 2);
    assert!(std::fs::read_to_string(&out).unwrap().contains("a word"));
    // Rows are never written over their source file.
    ask(&mut window, ControllerCommand::UsePath(PathPurpose::Rows, path));
    assert!(notice(&window).contains("would replace"));
}

#[test]
fn a_compressed_run_is_browsed_like_a_plain_one() {
    let dir = tempfile::tempdir().unwrap();
    let (backend, mut window) = scored();
    let path = rows(dir.path(), "run.jsonl", 0.0);
    let gz = dir.path().join("packed.jsonl.gz");
    let text = std::fs::read_to_string(&path).unwrap() + "no row\n";
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
    std::fs::write(&gz, packed.finish().unwrap()).unwrap();
    ask(&mut window, ControllerCommand::Open(vec![gz]));
    until(&mut window, "the rows", |state| state.runs.rows.is_some());
    let report = state(&window)
        .messages
        .log
        .iter()
        .any(|line| line.text.contains("packed.jsonl.gz:7: expected"));
    assert!(report, "the malformed line is reported with its number");
    window.get_by_label("row 5, build_ok 0.400").click();
    until(&mut window, "the row", |state| state.runs.open_row == Some(4));
    backend.last(|job| assert_eq!(job.code(), "box 4"));
    ask(&mut window, ControllerCommand::SearchRows("box 2".to_owned()));
    until(&mut window, "the match", |state| {
        state.runs.matches.as_deref() == Some(&[2])
    });
}

#[test]
fn a_mean_over_two_rewards_is_named_as_one() {
    let dir = tempfile::tempdir().unwrap();
    let (_backend, mut window) = scored();
    let row = |profile: &str, reward: f64| {
        format!(
            "{{\"task_id\": \"part\", \"code\": \"box\", \"kind\": \"build_ok\", \"reward\": {reward}, \"profile\": \"{profile}\"}}\n"
        )
    };
    let mut opened = |name: &str, profiles: [&str; 2]| {
        let path = dir.path().join(name);
        std::fs::write(&path, profiles.map(|profile| row(profile, 0.5)).concat()).unwrap();
        ask(&mut window, ControllerCommand::Open(vec![path.clone()]));
        until(&mut window, "the rows", |state| {
            state.runs.rows.as_ref().is_some_and(|rows| rows.path == path)
        });
        window.run_steps(3);
        window.query_by_label_contains("Mixes 2 scales").is_some()
    };
    assert!(opened("two.jsonl", ["grounded-v2", "cadforge-v1"]));
    assert!(!opened("one.jsonl", ["grounded-v2", "grounded-v2"]));
}

#[test]
fn an_uninformative_group_is_marked_everywhere() {
    let dir = tempfile::tempdir().unwrap();
    let (_standin, mut window) = scored();
    let path = dir.path().join("run.jsonl");
    let row = |group: u32, score: f64| {
        format!(
            "{{\"task_id\": \"part\", \"group_id\": {group}, \"code\": \"box\", \"kind\": \"build_ok\", \"reward\": {score}, \"profile\": \"grounded-v2\"}}\n"
        )
    };
    std::fs::write(
        &path,
        [row(1, 0.5), row(1, 0.51), row(2, 0.2), row(2, 0.8)].concat(),
    )
    .unwrap();
    ask(&mut window, ControllerCommand::Open(vec![path]));
    until(&mut window, "the rows", |state| state.runs.rows.is_some());
    window.get_by_label("row 2, build_ok 0.510, uninformative");
    window.get_by_label("row 3, build_ok 0.200");
    window.get_by_label("Run").click();
    window.run_steps(3);
    window.get_by_label("Groups").click();
    window.run_steps(3);
    window.get_by_label("uninformative");
    window.get_by_label("Next group").click();
    window.run_steps(3);
    assert!(window.query_by_label("uninformative").is_none());
    window.get_by_label("Report").click();
    window.run_steps(3);
    until(&mut window, "the report", |state| {
        matches!(state.runs.report, super::state::RunReport::Read(_))
    });
    window.get_by_label("groups: 2; informative: 50 % of those with two candidates or more");
}

#[test]
fn a_folder_of_trajectories_is_browsed_and_one_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    for (name, totals) in [("first", [0.2, 0.4]), ("second", [0.3, 0.9])] {
        let header = Header {
            format: 1,
            task_id: "other".to_owned(),
            profile: Profile::CadforgeV1,
            mode: Mode::Full,
            proposer: "rules".to_owned(),
            versions: Versions::default(),
        };
        let mut lines = vec![serde_json::to_string(&header).unwrap()];
        for (number, total) in totals.into_iter().enumerate() {
            let RepairProgress::Step(step, _) = step(number, &format!("{name} {number}"), built(total, 0.4))
            else {
                panic!("a step");
            };
            lines.push(serde_json::to_string(&step).unwrap());
        }
        let folder = dir.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("trajectory.jsonl"), lines.join("\n")).unwrap();
    }
    let (_standin, mut window) = scored();
    ask(&mut window, ControllerCommand::ChooseFolder);
    until(&mut window, "the path field", |state| {
        state.documents.path_prompt.is_some()
    });
    ask(
        &mut window,
        ControllerCommand::UsePath(PathPurpose::Folder, dir.path().to_owned()),
    );
    until(&mut window, "the rows", |state| state.runs.rows.is_some());
    window.get_by_label("Filter by run");
    window.get_by_label("row 4, build_ok 0.900").click();
    until(&mut window, "the row", |state| state.runs.open_row == Some(3));
    assert_eq!(state(&window).card().code, "second 1");
    window.run_steps(3);
    window.get_by_label("All steps").click();
    until(&mut window, "its steps", |state| {
        state.session().task.id == "other" && state.session().cards.iter().any(|card| card.code == "second 0")
    });
    assert!(
        state(&window)
            .session()
            .cards
            .iter()
            .all(|card| card.code != "first 1")
    );
}

#[test]
fn two_runs_are_compared() {
    let dir = tempfile::tempdir().unwrap();
    let (_standin, mut window) = training_run(dir.path());
    let other = rows(dir.path(), "other.jsonl", 0.2);
    window.get_by_label("Run").click();
    window.run_steps(3);
    window.get_by_label("Compare").click();
    window.run_steps(3);
    // Needs a file, and tests have no file dialog.
    window.get_by_label("Compare with…");
    ask(
        &mut window,
        ControllerCommand::UsePath(PathPurpose::Compare, other),
    );
    until(&mut window, "the other run", |state| state.runs.other.is_some());
    assert!(window.query_by_label("Compare with…").is_none());
    window.get_by_label("mean reward");
    for mean in ["0.250", "0.450"] {
        assert!(window.get_all_by_label(mean).count() > 0);
    }
    window.get_by_label("Close the other run").click();
    window.run_steps(3);
    assert!(state(&window).runs.other.is_none());
}

#[test]
fn a_new_task_is_written_and_shown() {
    let dir = tempfile::tempdir().unwrap();
    let (_standin, mut window) = scored();
    studio(&mut window).setup_mut().pack = Some(dir.path().to_owned());
    ask(&mut window, WindowCommand::ToggleNewTask);
    window.get_by_label("Create task").click();
    until(&mut window, "what is wrong", |state| {
        state.setup.new_task_problem.is_some()
    });
    window.run_steps(2);
    window.get_by_label_contains("is not a valid id");
    use egui::accesskit::Role::{MultilineTextInput, TextInput};
    for (role, name, text) in [
        (TextInput, "id", "hinge_leaf"),
        (TextInput, "name", "Hinge leaf"),
        (MultilineTextInput, "prompt", "Design a leaf."),
        (TextInput, "keywords", "leaf, knuckle"),
    ] {
        let field = window.get_by_role_and_label(role, name);
        field.focus();
        window.run_steps(2);
        window.event(egui::Event::Text(text.to_owned()));
        window.run_steps(2);
    }
    window.get_by_label("Create task").click();
    until(&mut window, "the task", |state| state.sessions.all.len() == 3);
    assert_eq!(state(&window).session().task.id, "hinge_leaf");
    assert!(window.query_by_label("Create task").is_none());
    assert!(crate::task::check_statically(&dir.path().join("hinge_leaf")).is_empty());
}

#[test]
fn diagnostics_are_copied_and_settings_show_the_cache() {
    let (_standin, mut window) = scored();
    studio(&mut window).apply(WindowCommand::CopyDiagnostics);
    window.step();
    let copied = window.output().platform_output.commands.iter().any(
        |command| matches!(command, egui::OutputCommand::CopyText(text) if text.starts_with("CADForge Studio: ")),
    );
    assert!(copied);
    ask(&mut window, WindowCommand::ToggleSettings);
    until(&mut window, "the size of the store", |state| {
        state.setup.cache.is_some()
    });
    window.get_by_label("Clear");
    window.get_by_label("Apply");
}

#[test]
fn a_timeline_is_shared_as_a_page() {
    let dir = tempfile::tempdir().unwrap();
    let (_standin, mut window) = scored();
    let out = dir.path().join("part.html");
    ask(
        &mut window,
        ControllerCommand::UsePath(PathPurpose::Export(ExportFormat::Page), out.clone()),
    );
    until(&mut window, "the page", |state| {
        state
            .messages
            .log
            .iter()
            .any(|line| line.text.starts_with("wrote "))
    });
    let page = std::fs::read_to_string(&out).unwrap();
    assert!(page.contains("First part") && page.contains("\"total\":0.5"));
}

#[test]
fn a_step_export_runs_the_code_on_screen() {
    let (backend, mut window) = scored();
    ask(
        &mut window,
        ControllerCommand::UsePath(PathPurpose::Step, "part.step".into()),
    );
    // The command first checks whether the file exists.
    until(&mut window, "the job", |state| !state.sessions.running.is_empty());
    let code = state(&window).card().code.clone();
    backend.last(|sent| match &sent.job {
        SentJob::Export(job, _) => assert_eq!(
            (&*job.code, &*job.path),
            (code.as_bytes(), Path::new("part.step"))
        ),
        SentJob::Assess(..) | SentJob::Repair(..) => panic!("not an export"),
    });
    backend.last(|sent| sent.written("part.step"));
    until(&mut window, "word of the file", |state| {
        state
            .messages
            .log
            .iter()
            .any(|line| line.text == "wrote part.step")
    });
    assert!(state(&window).sessions.running.is_empty());
}

/// Widgets without an accessible name.
fn nameless(window: &Window) -> Vec<String> {
    use egui::accesskit::Role;
    use egui_kittest::kittest::NodeT as _;
    const CONTROLS: [Role; 9] = [
        Role::Button,
        Role::CheckBox,
        Role::ComboBox,
        Role::TextInput,
        Role::MultilineTextInput,
        Role::Slider,
        Role::SpinButton,
        Role::ListItem,
        Role::DisclosureTriangle,
    ];
    let nodes = window.root().children_recursive();
    nodes
        .filter_map(|node| {
            let node = node.accesskit_node();
            let named = node.label().is_some_and(|label| !label.trim().is_empty());
            (CONTROLS.contains(&node.role()) && !named)
                .then(|| format!("{:?} {:?} at {:?}", node.role(), node.value(), node.raw_bounds()))
        })
        .collect()
}

#[test]
fn every_control_has_a_name() {
    let dir = tempfile::tempdir().unwrap();
    let (_standin, mut window) = training_run(dir.path());
    let other = rows(dir.path(), "other.jsonl", 0.2);
    ask(&mut window, ControllerCommand::OpenRow(1));
    until(&mut window, "the row", |state| state.runs.open_row == Some(1));
    assert_eq!(nameless(&window), [""; 0], "at first");
    window.get_by_label("Run").click();
    window.run_steps(3);
    for tab in ["Groups", "Compare"] {
        if tab == "Compare" {
            ask(
                &mut window,
                ControllerCommand::UsePath(PathPurpose::Compare, other.clone()),
            );
            until(&mut window, "the other run", |state| state.runs.other.is_some());
        }
        window.get_by_label(tab).click();
        window.run_steps(3);
        assert_eq!(nameless(&window), [""; 0], "{tab}");
    }
    for page in [
        WindowCommand::TogglePalette,
        WindowCommand::ToggleShortcuts,
        WindowCommand::ToggleSettings,
        WindowCommand::ToggleNewTask,
        WindowCommand::Editor(super::command::EditorAction::Replace),
        WindowCommand::ToggleDiff,
    ] {
        ask(&mut window, page.clone());
        window.run_steps(3);
        assert_eq!(nameless(&window), [""; 0], "{page:?}");
        ask(&mut window, page);
    }
}
