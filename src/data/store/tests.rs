use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::RowFormat;

fn row(number: usize) -> Value {
    json!({
        "reward_call": number / 8, "index": number % 8, "task_id": (["caster", "clip"][number % 2]), "code": format!("x = {number}"),
        "cadforge_build": !number.is_multiple_of(4), "cadforge_total": if number.is_multiple_of(4) { -1.0 } else { number as f64 / 100.0 },
        "kind": if number.is_multiple_of(4) { "syntax_closure" } else { "build_ok" }, "score": number as f64,
    })
}

fn write(path: &Path, rows: impl IntoIterator<Item = Value>) {
    let text: String = rows.into_iter().map(|row| format!("{row}\n")).collect();
    std::fs::write(path, text).unwrap();
}

fn import(store: &mut Store, path: &Path) -> Imported {
    store.import(path, None, &mut |_| {}).unwrap()
}

fn all(store: &Store) -> usize {
    store.ids(&Filter::default()).unwrap().len()
}

#[test]
fn importing_again_adds_new_rows_only() {
    let dir = tempfile::tempdir().unwrap();
    let [log, copy, other] = ["run 7.jsonl", "copy.jsonl", "other.jsonl"].map(|name| dir.path().join(name));
    // Two equal lines are two rows.
    write(&log, [row(0), row(1), row(1)]);
    let mut store = Store::open(&dir.path().join("store")).unwrap();
    let imported = import(&mut store, &log);
    assert_eq!(
        (imported.run.as_str(), imported.rows, imported.added),
        ("run 7", 3, 3)
    );
    assert_eq!(import(&mut store, &log).added, 0);
    write(&log, [row(0), row(1), row(1), row(1), row(2)]);
    assert_eq!(import(&mut store, &log).added, 2);
    assert_eq!(all(&store), 5);
    // Another run holds the same rows, as greedy or restarted runs do.
    std::fs::copy(&log, &copy).unwrap();
    write(&other, [row(2), row(3)]);
    assert_eq!(import(&mut store, &copy).added, 5);
    assert_eq!(import(&mut store, &other).added, 2);
    assert_eq!(
        store.import(&other, Some("by name"), &mut |_| {}).unwrap().added,
        2
    );
    for path in [&log, &copy, &other] {
        assert_eq!(import(&mut store, path).added, 0);
    }
    let count = |name: &str, rows: i64| Count {
        name: name.to_owned(),
        rows,
    };
    assert_eq!(
        store.counts(&Filter::default(), Column::Run).unwrap(),
        [
            count("copy", 5),
            count("run 7", 5),
            count("by name", 2),
            count("other", 2)
        ]
    );
    // Another process finds all rows.
    let other = Store::open_existing(&dir.path().join("store")).unwrap();
    assert_eq!(other.row(5).unwrap().unwrap().0["code"], "x = 2");
    assert_eq!(other.row(15).unwrap(), None);
}

#[test]
fn every_format_is_imported_and_malformed_lines_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("mixed.jsonl");
    let messages = json!([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "x = 1"}]);
    let rows = [
        row(1),
        json!({"messages": messages, "reward_before": 0.2, "reward_after": 0.8}),
        json!({"prompt": "p", "chosen": "a", "rejected": "b", "task_id": "caster"}),
        json!({"observation": {"task_id": "clip"}, "action": {"code": "x"}, "reward": 0.5}),
        json!({"messages": [messages[0]], "task_id": "clip", "failure_type": "timeout"}),
        json!({"task_id": "clip", "code": "x", "reward": {"total": 0.25}}),
    ];
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    std::fs::write(&log, format!("{text}not a row\n{{\"loss\": 0.5}}\n")).unwrap();
    let mut store = Store::open(&dir.path().join("store")).unwrap();
    let imported = import(&mut store, &log);
    assert_eq!((imported.rows, imported.malformed.count), (6, 2));
    assert_eq!(
        imported
            .malformed
            .first
            .iter()
            .map(|bad| bad.line)
            .collect::<Vec<_>>(),
        [7, 8]
    );
    for form in [
        RowFormat::Completion,
        RowFormat::Sft,
        RowFormat::Preference,
        RowFormat::Rollout,
        RowFormat::Curriculum,
        RowFormat::Evaluation,
    ] {
        let filter = Filter {
            row_format: Some(form),
            ..Filter::default()
        };
        let found = store.list(&filter, 10, 0).unwrap();
        assert_eq!(found.len(), 1, "{form:?}");
        assert_eq!(found[0].row_format, form);
    }
    assert_eq!(
        store.list(&Filter::default(), 10, 3).unwrap()[0]
            .task_id
            .as_deref(),
        Some("clip")
    );
}

#[test]
fn filters_agree_with_a_linear_scan() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log.jsonl");
    write(&log, (0..200).map(row));
    let mut store = Store::open(&dir.path().join("store")).unwrap();
    import(&mut store, &log);
    type Fits = fn(usize) -> bool;
    let cases: [(Filter, Fits); 5] = [
        (Filter::default(), |_| true),
        (
            Filter {
                task: Some("clip".to_owned()),
                ..Filter::default()
            },
            |number| number % 2 == 1,
        ),
        (
            Filter {
                kind: Some("syntax_closure".to_owned()),
                run: Some("log".to_owned()),
                ..Filter::default()
            },
            |number| number % 4 == 0,
        ),
        (
            Filter {
                built: Some(true),
                least: Some(0.5),
                most: Some(1.0),
                ..Filter::default()
            },
            |number| number % 4 != 0 && (50..=100).contains(&number),
        ),
        (
            Filter {
                task: Some("nowhere".to_owned()),
                ..Filter::default()
            },
            |_| false,
        ),
    ];
    for (filter, fits) in cases {
        let expected: Vec<usize> = (0..200).filter(|number| fits(*number)).collect();
        let ids = store.ids(&filter).unwrap();
        assert_eq!(
            ids,
            expected
                .iter()
                .map(|number| *number as i64 + 1)
                .collect::<Vec<_>>(),
            "{filter:?}"
        );
        let numbers = store.numbers(&filter).unwrap();
        assert_eq!(numbers.rows as usize, expected.len());
        let built = expected.iter().filter(|number| *number % 4 != 0).count();
        assert_eq!(
            numbers.build_rate,
            (!expected.is_empty()).then(|| built as f64 / expected.len() as f64)
        );
        let listed = store.list(&filter, 3, 1).unwrap();
        assert_eq!(
            listed.iter().map(|entry| entry.id).collect::<Vec<_>>(),
            ids.get(1..4.min(ids.len())).unwrap_or_default()
        );
    }
}

#[test]
fn an_index_of_another_format_is_an_error_and_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("store");
    let log = dir.path().join("log.jsonl");
    write(&log, [row(0), row(1)]);
    let mut store = Store::open(&folder).unwrap();
    import(&mut store, &log);
    store.import(&log, Some("by name"), &mut |_| {}).unwrap();
    assert_eq!(schema::format_of(&store.index).unwrap(), schema::FORMAT);
    assert!(
        store.index.execute("UPDATE rows SET run = 7", []).is_err(),
        "foreign keys are checked"
    );
    for format in 1..=schema::FORMAT + 1 {
        store.index.pragma_update(None, "user_version", format).unwrap();
        drop(store);
        let opened = Store::open(&folder);
        if format == schema::FORMAT {
            store = opened.unwrap();
            continue;
        }
        let error = opened.unwrap_err();
        let text = error.to_string();
        assert!(error.is_input(), "{text}");
        assert!(
            text.starts_with(&format!(
                "{} has format {format},",
                folder.join("index.sqlite").display()
            )),
            "{text}"
        );
        // Each file is named once.
        let command = format!("`cadforge store import {} --store DIR`", log.display());
        assert_eq!(text.contains(&command), format < schema::FORMAT, "{text}");
        let index = Connection::open(folder.join(INDEX)).unwrap();
        assert_eq!(schema::format_of(&index).unwrap(), format);
        let rows: i64 = index
            .query_row("SELECT count(*) FROM texts", [], |row| row.get(0))
            .unwrap();
        assert_eq!(rows, 4);
        index.pragma_update(None, "user_version", schema::FORMAT).unwrap();
        store = Store::open(&folder).unwrap();
    }
}

#[test]
fn numbers_count_scored_candidates_only() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log.jsonl");
    let messages = json!([{"role": "user", "content": "p"}]);
    write(
        &log,
        [
            json!({"task_id": "clip", "code": "x", "reward": {"build": 1.0, "total": 0.5}}),
            json!({"task_id": "clip", "code": "y", "reward": {"build": 0.0, "total": -1.0}, "score": -0.6}),
            // A failed row without a reward, a prompt with the kind to repair, and a pair.
            json!({"task_id": "clip", "code": "z", "kind": "crash"}),
            json!({"task_id": "clip", "messages": messages, "failure_type": "timeout"}),
            json!({"task_id": "clip", "prompt": "p", "chosen": "a", "rejected": "b", "score": 0.9}),
        ],
    );
    let mut store = Store::open(&dir.path().join("store")).unwrap();
    import(&mut store, &log);
    let numbers = store.numbers(&Filter::default()).unwrap();
    assert_eq!(
        numbers,
        Numbers {
            rows: 5,
            build_rate: Some(0.5),
            mean: Some(-0.25),
            best: Some(0.5)
        }
    );
}

#[test]
fn artifacts_are_imported_and_files_without_a_row_are_swept() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("run");
    std::fs::create_dir_all(folder.join("artifacts")).unwrap();
    std::fs::write(folder.join("artifacts/a.stl"), "solid").unwrap();
    std::fs::write(dir.path().join("secret"), "s").unwrap();
    let header = json!({"format": 1, "task_id": "caster", "proposer": "rules"});
    let step = |number: usize, code: &str| {
        json!({"step": number, "origin": "rules", "task_id": "caster", "code": "x", "ok": true, "kind": "build_ok",
            "reward": {"build": 1.0, "total": 0.5}, "artifacts": {"dir": "artifacts", "stl": "artifacts/a.stl", "code": code}})
    };
    write(
        &folder.join("trajectory.jsonl"),
        [header, step(0, "../secret"), step(1, "artifacts/lost.py")],
    );
    let mut store = Store::open(&dir.path().join("store")).unwrap();
    let imported = import(&mut store, &folder);
    assert_eq!(
        (imported.run.as_str(), imported.added, imported.malformed.count),
        ("run", 2, 0)
    );
    for id in [1, 2] {
        let artifacts = store.artifacts(id).unwrap();
        assert_eq!(artifacts.len(), 1);
        assert_eq!(
            (artifacts[0].0.as_str(), std::fs::read(&artifacts[0].1).unwrap()),
            ("stl", b"solid".to_vec())
        );
    }
    let kept = objects::keep(store.folder(), b"of an import that was killed", "py").unwrap();
    let left = objects::path(store.folder(), &kept);
    assert!(left.exists());
    assert_eq!(
        store.sweep().unwrap(),
        RemovedFiles {
            objects: 1,
            bytes: 28
        }
    );
    assert!(!left.exists());
    assert_eq!(
        (store.sweep().unwrap(), store.artifacts(1).unwrap().len()),
        (RemovedFiles::default(), 1)
    );
    // Other files in the folder stay.
    let own = store.folder().join("thesis.tex");
    std::fs::write(&own, "x").unwrap();
    let place = store.folder().to_owned();
    drop(store);
    remove(&place).unwrap();
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 1);
}

const FOLDER: &str = "CADFORGE_TEST_STORE_FOLDER";
const SHARED: usize = 5000;

/// Several processes create the store and import the same and different rows at the same time; one of them is killed.
#[test]
fn processes_that_share_a_store_neither_lose_nor_duplicate_rows() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("shared.jsonl"), (0..SHARED).map(row));
    let start = || {
        std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "store::tests::one_of_several_processes",
                "--include-ignored",
            ])
            .env(FOLDER, dir.path())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut killed = start();
    let children: Vec<_> = (0..3).map(|_| start()).collect();
    std::thread::sleep(std::time::Duration::from_millis(50));
    killed.kill().unwrap();
    killed.wait().unwrap();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
    }
    let store = Store::open(&dir.path().join("store")).unwrap();
    let shared = Filter {
        row_format: Some(RowFormat::Completion),
        ..Filter::default()
    };
    assert_eq!(store.ids(&shared).unwrap().len(), SHARED);
    let own = store.ids(&Filter::default()).unwrap().len() - SHARED;
    assert!((300..=400).contains(&own) && own.is_multiple_of(100), "{own}");
    let check: String = store
        .index
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
}

#[test]
#[ignore = "a part of the test above, which starts it several times"]
fn one_of_several_processes() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let folder = Path::new(&folder);
    let own = folder.join(format!("own-{}.jsonl", std::process::id()));
    write(
        &own,
        (0..100)
            .map(|number| json!({"task_id": "caster", "code": format!("{number} {}", std::process::id())})),
    );
    let mut store = Store::open(&folder.join("store")).unwrap();
    import(&mut store, &folder.join("shared.jsonl"));
    assert_eq!(import(&mut store, &own).added, 100);
}
