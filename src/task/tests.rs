use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use proptest::prelude::*;
use toml::Value;

use super::*;

const CARD: &str = r#"
id = "spacer"
level = "easy"
family = "hardware"
label = "Spacer"
prompt = "Design a round spacer with a through hole."
semantic_hints = ["spacer", "through_hole"]
bbox_mm = [20, 20.0, 10]
scale = "free"
reference_mesh = "spacer.stl"
"#;

/// A pack with one complete task, `spacer`.
pub(super) fn pack() -> tempfile::TempDir {
    let pack = tempfile::tempdir().unwrap();
    for (file, content) in [
        ("task.toml", CARD),
        ("README.md", "A spacer.\n"),
        ("spacer.stl", "solid spacer\nendsolid spacer\n"),
        ("reference.py", "reference = 1\n"),
        ("seeds/weak.py", "weak = 1\n"),
        ("seeds/strong.py", "strong = 1\n"),
        ("repairs/short/repair.toml", "[[step]]\nfile = \"1.py\"\n"),
        ("repairs/short/1.py", "short = 1\n"),
        ("repairs/long/1.py", "first = 1\n"),
        ("repairs/long/last.py", "last = 1\n"),
        (
            "repairs/long/repair.toml",
            "[[step]]\nfile = \"1.py\"\nreason = \"starts\"\n\n[[step]]\nfile = \"last.py\"\nreason = \"ends\"\n",
        ),
    ] {
        write(pack.path(), file, content);
    }
    pack
}

fn write(pack: &Path, file: &str, content: &str) {
    let path = pack.join("spacer").join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

pub(super) fn spacer(pack: &Path) -> Task {
    read(&pack.join("spacer")).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn messages(pack: &Path) -> Vec<String> {
    let folder = pack.join("spacer");
    let prefix = format!("{}/", folder.display());
    check_statically(&folder)
        .iter()
        .map(|problem| problem.to_string().replace(&prefix, ""))
        .collect()
}

#[test]
fn a_valid_folder_is_a_task() {
    let pack = pack();
    let task = spacer(pack.path());
    assert_eq!(task.level, Level::Easy);
    assert_eq!(task.scale, Scale::Free);
    assert_eq!(task.bbox_mm, Some([20.0, 20.0, 10.0]));
    assert_eq!(task.semantic_hints, ["spacer", "through_hole"]);
    assert_eq!(task.weak_seed(), "weak = 1\n");
    assert_eq!(task.seeds.keys().collect::<Vec<_>>(), ["strong", "weak"]);
    assert_eq!(task.reference.as_deref(), Some("reference = 1\n"));
    assert_eq!(task.reference_mesh, Some(pack.path().join("spacer/spacer.stl")));
    let step = |code: &str, reason: &str| RecordedStep {
        code: code.to_owned(),
        reason: reason.to_owned(),
        ..RecordedStep::default()
    };
    assert_eq!(
        task.repairs,
        [
            RecordedRepair {
                name: "long".to_owned(),
                start: None,
                steps: vec![step("first = 1\n", "starts"), step("last = 1\n", "ends")]
            },
            RecordedRepair {
                name: "short".to_owned(),
                start: None,
                steps: vec![step("short = 1\n", "")]
            },
        ]
    );
}

#[test]
fn further_references_are_read_by_name_and_belong_to_the_version() {
    let pack = pack();
    let before = spacer(pack.path()).version;
    write(pack.path(), "references/square.py", "square = 1\n");
    write(pack.path(), "references/long.py", "long = 1\n");
    let task = spacer(pack.path());
    let names: Vec<&str> = task.further_references.keys().map(String::as_str).collect();
    assert_eq!(names, ["long", "square"]);
    assert_eq!(task.further_references["square"], "square = 1\n");
    assert_ne!(task.version, before);
    write(pack.path(), "references/Notes.txt", "");
    let problems = check_statically(&pack.path().join("spacer"));
    assert!(
        problems.len() == 1 && problems[0].to_string().contains("Notes.txt: is not a reference"),
        "{problems:?}"
    );
    std::fs::remove_file(pack.path().join("spacer/references/Notes.txt")).unwrap();
    std::fs::remove_file(pack.path().join("spacer/reference.py")).unwrap();
    let problems = check_statically(&pack.path().join("spacer"));
    assert!(
        problems.len() == 1 && problems[0].to_string().contains("needs a first reference"),
        "{problems:?}"
    );
}

#[test]
fn optional_fields_and_files_may_be_absent() {
    let pack = tempfile::tempdir().unwrap();
    let kept = |line: &&str| {
        !["bbox_mm", "scale", "reference_mesh"]
            .iter()
            .any(|field| line.starts_with(field))
    };
    write(
        pack.path(),
        "task.toml",
        &CARD.lines().filter(kept).collect::<Vec<_>>().join("\n"),
    );
    write(pack.path(), "seeds/weak.py", "weak = 1\n");
    // Python's cache and hidden files are allowed.
    write(pack.path(), "__pycache__/reference.pyc", "");
    write(pack.path(), "seeds/.weak.py.swp", "");
    let task = spacer(pack.path());
    assert_eq!((task.bbox_mm, task.scale), (None, Scale::Mm));
    assert_eq!((task.reference, task.reference_mesh), (None, None));
    assert!(task.repairs.is_empty());
}

#[test]
fn the_version_changes_with_inputs_of_scores_only() {
    let pack = pack();
    let version = spacer(pack.path()).version;
    assert_eq!(version.len(), 12);
    assert!(
        version
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
        "{version}"
    );
    assert_eq!(version, spacer(pack.path()).version, "equal files, equal version");

    let scoring = [
        ("task.toml", CARD.replace("\"through_hole\"", "\"hole\"")),
        (
            "task.toml",
            CARD.replace("[\"spacer\", \"through_hole\"]", "[\"spacerthrough_hole\"]"),
        ),
        ("task.toml", CARD.replace("[20, 20.0, 10]", "[20, 20.0, 10.5]")),
        ("task.toml", CARD.replace("bbox_mm = [20, 20.0, 10]\n", "")),
        ("task.toml", CARD.replace("\"free\"", "\"mm\"")),
        ("reference.py", "reference = 2\n".to_owned()),
        ("spacer.stl", "solid other\nendsolid other\n".to_owned()),
    ];
    let mut seen = vec![version.clone()];
    for (file, content) in scoring {
        let path = pack.path().join("spacer").join(file);
        let before = fs::read(&path).unwrap();
        write(pack.path(), file, &content);
        let changed = spacer(pack.path()).version;
        assert!(
            !seen.contains(&changed),
            "{file} changed to\n{content}\nand the version did not"
        );
        seen.push(changed);
        fs::write(path, before).unwrap();
    }
    fs::rename(
        pack.path().join("spacer/spacer.stl"),
        pack.path().join("spacer/spacer.obj"),
    )
    .unwrap();
    write(
        pack.path(),
        "task.toml",
        &CARD.replace("spacer.stl", "spacer.obj"),
    );
    let as_obj = spacer(pack.path()).version;
    assert!(!seen.contains(&as_obj), "the same bytes read as another format");
    fs::rename(
        pack.path().join("spacer/spacer.obj"),
        pack.path().join("spacer/spacer.stl"),
    )
    .unwrap();

    let card = CARD
        .replace("\"Spacer\"", "\"Distance piece\"")
        .replace("Design a round", "Model a round")
        .replace("\"easy\"", "\"hard\"")
        .replace("\"hardware\"", "\"tooling\"");
    write(pack.path(), "task.toml", &card);
    write(pack.path(), "seeds/weak.py", "weak = 2\n");
    write(pack.path(), "repairs/short/1.py", "short = 2\n");
    assert_eq!(spacer(pack.path()).version, version);
}

#[test]
fn a_later_pack_replaces_tasks_of_the_same_id() {
    let (first, second) = (pack(), pack());
    write(
        second.path(),
        "task.toml",
        &CARD.replace("\"Spacer\"", "\"Distance piece\""),
    );
    let set = TaskSet::load(&[first.path(), second.path()]).unwrap();
    assert_eq!(
        set.iter().map(|task| task.label.as_str()).collect::<Vec<_>>(),
        ["Distance piece"]
    );
    let set = TaskSet::load(&[second.path(), first.path()]).unwrap();
    assert_eq!(set.get("spacer").unwrap().label, "Spacer");
    let error = set.get("bushing").unwrap_err().to_string();
    assert_eq!(error, "unknown task `bushing`\nhint: known tasks are spacer");
}

#[test]
fn a_task_is_known_by_its_prompt() {
    let pack = pack();
    let set = TaskSet::load(&[pack.path()]).unwrap();
    let prompt = &set.get("spacer").unwrap().prompt;
    let asked = format!(
        "You write CadQuery.\n\n  {}\nAnswer with code.",
        prompt.replace(' ', "\n ")
    );
    assert_eq!(set.of_prompt(&asked).map(|task| task.id.as_str()), Some("spacer"));
    let (most, _) = prompt.trim_end().rsplit_once(' ').unwrap();
    assert!(set.of_prompt(most).is_none(), "a part of it");
    assert!(set.of_prompt("").is_none());
}

#[test]
fn a_folder_that_is_not_a_pack_is_refused() {
    let pack = pack();
    let error = TaskSet::load(&[pack.path().join("spacer")])
        .unwrap_err()
        .to_string();
    assert!(error.contains("is a task, not a pack"), "{error}");
    let error = TaskSet::load(&[pack.path().join("nowhere")])
        .unwrap_err()
        .to_string();
    assert!(error.contains("nowhere") && error.contains("hint:"), "{error}");
    // Files and hidden folders are skipped; any other folder must be a task.
    fs::write(pack.path().join("README.md"), "Tasks.\n").unwrap();
    fs::create_dir(pack.path().join(".git")).unwrap();
    assert_eq!(TaskSet::load(&[pack.path()]).unwrap().iter().count(), 1);
    fs::create_dir(pack.path().join("drafts")).unwrap();
    let error = TaskSet::load(&[pack.path()]).unwrap_err().to_string();
    assert!(
        error.contains("drafts/task.toml: is missing (and 1 more"),
        "{error}"
    );
}

#[test]
fn links_may_not_leave_the_folder() {
    let pack = pack();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("weak.py"), "secret = 1\n").unwrap();
    fs::write(outside.path().join("spacer.stl"), "solid secret\n").unwrap();
    let folder = pack.path().join("spacer");
    let relink = |file: &str, target: &Path| {
        let path = folder.join(file);
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
        symlink(target, path).unwrap();
    };

    relink("seeds/strong.py", Path::new("weak.py"));
    assert_eq!(messages(pack.path()), [""; 0], "a link within the folder is fine");
    relink("seeds/strong.py", &outside.path().join("weak.py"));
    assert_eq!(
        messages(pack.path()),
        ["seeds/strong.py: leads out of the task folder"]
    );
    relink("seeds/strong.py", Path::new("nowhere.py"));
    assert_eq!(messages(pack.path()), ["seeds/strong.py: is missing"]);
    relink("seeds/strong.py", Path::new("weak.py"));
    relink("spacer.stl", &outside.path().join("spacer.stl"));
    assert_eq!(
        messages(pack.path()),
        ["task.toml: `reference_mesh` leads out of the task folder: `spacer.stl`"]
    );
    fs::remove_file(folder.join("spacer.stl")).unwrap();
    write(pack.path(), "spacer.stl", "solid spacer\n");
    relink("repairs", outside.path());
    assert_eq!(messages(pack.path()), ["repairs: leads out of the task folder"]);
}

#[test]
fn a_pipe_in_place_of_a_file_is_refused_without_waiting_on_it() {
    let pack = pack();
    let path = pack.path().join("spacer/reference.py");
    fs::remove_file(&path).unwrap();
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert_eq!(messages(pack.path()), ["reference.py: is not a file"]);
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<String>().prop_map(Value::String),
        "[a-z0-9_]{1,8}".prop_map(Value::String),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Float),
        any::<bool>().prop_map(Value::Boolean),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map("[a-z_]{1,6}", inner, 0..3)
                .prop_map(|map| Value::Table(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Any value in one field: the folder is read, or that field and no other is reported.
    #[test]
    fn an_invalid_value_is_reported_with_its_field(
        key in prop::sample::select(vec![
            "id", "level", "family", "label", "prompt", "semantic_hints", "bbox_mm", "scale", "reference_mesh", "size",
        ]),
        value in value(),
    ) {
        let pack = pack();
        fs::remove_file(pack.path().join("spacer/spacer.stl")).unwrap();
        let mut card: toml::Table = CARD.parse().unwrap();
        card.remove("reference_mesh");
        card.insert(key.to_owned(), value);
        write(pack.path(), "task.toml", &card.to_string());
        match read(&pack.path().join("spacer")) {
            Ok(task) => {
                prop_assert!(!["size", "reference_mesh"].contains(&key));
                prop_assert!(task.bbox_mm.is_none_or(|size| size.iter().all(|mm| mm.is_finite() && *mm > 0.0)));
                prop_assert!(!task.semantic_hints.is_empty() && !task.prompt.trim().is_empty());
            }
            Err(problems) => {
                for problem in problems {
                    prop_assert_eq!(problem.field.as_deref(), Some(key), "{}", problem);
                }
            }
        }
    }
}
