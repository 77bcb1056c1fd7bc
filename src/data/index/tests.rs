use std::fs::File;
use std::io::Write as _;

use super::*;
use crate::lines::tests::packed;
use crate::report;
use crate::store::{Filter, Store};
use cadforge_core::failure::Kind;

fn rows(lines: &[&str]) -> (tempfile::TempDir, RowIndex) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rows.jsonl");
    std::fs::write(&path, lines.join("\n")).unwrap();
    let rows = RowIndex::read(&path).unwrap();
    (dir, rows)
}

#[test]
fn rows_of_all_formats_are_read_with_their_code() {
    let (_dir, rows) = rows(&[
        r#"{"task_id": "a", "code": "x = 1", "reward": 0.5, "kind": "build_ok"}"#,
        "",
        r#"{"task_id": "b", "completion": "so:\n```python\ny = 2\n```", "score": -1.0, "kind": "syntax_closure"}"#,
        "no row",
        r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "z = 3"}], "reward": {"total": 0.9}}"#,
    ]);
    assert_eq!((rows.rows.len(), rows.malformed.count), (3, 1));
    assert_eq!(
        rows.rows.iter().map(|row| row.built).collect::<Vec<_>>(),
        [true, false, true].map(Some)
    );
    assert_eq!(rows.code(0).unwrap(), (Some("a".to_owned()), "x = 1".to_owned()));
    assert_eq!(
        rows.code(1).unwrap(),
        (Some("b".to_owned()), "y = 2\n".to_owned())
    );
    assert_eq!(rows.code(2).unwrap(), (None, "z = 3\n".to_owned()));
    assert_eq!(rows.search("SYNTAX").unwrap(), [1]);
    assert_eq!(rows.search("z = 3").unwrap(), [2]);
    let summary = rows.summary(&[0, 1]);
    assert_eq!((summary.rows, summary.build_rate()), (2, Some(0.5)));
    assert_eq!(
        (summary.reward.mean(), summary.reward.best()),
        (Some(-0.25), Some(0.5))
    );
    assert!((summary.reward.std().unwrap() - 1.5 / 2f64.sqrt()).abs() < 1e-9);
    assert_eq!(rows.curve(&[2, 0, 1], 2), [[-0.25, 0.5], [0.9, 1.0]]);
}

#[test]
fn rows_of_two_definitions_of_a_reward_have_two_scales() {
    let (_dir, rows) = rows(&[
        r#"{"code": "a", "reward": 0.2, "profile": "grounded-v2", "mode": "full", "versions": {"profile_digest": "aa"}}"#,
        r#"{"code": "b", "reward": 0.3, "profile": "grounded-v2", "mode": "full", "versions": {"profile_digest": "bb"}}"#,
        r#"{"code": "c", "reward": 0.4, "profile": "grounded-v2", "mode": "full", "versions": {"profile_digest": "aa"}}"#,
        r#"{"code": "d", "kind": "syntax_closure", "profile": "cadforge-v1"}"#,
    ]);
    assert_eq!(rows.scales_of(&[0, 2, 3]), ["grounded-v2 aa full"]);
    assert_eq!(
        rows.scales_of(&[2, 1]),
        ["grounded-v2 aa full", "grounded-v2 bb full"]
    );
}

#[test]
fn groups_have_advantages_and_a_selection_is_written() {
    let (dir, rows) = rows(&[
        r#"{"group_id": 7, "code": "a", "reward": 0.2, "kind": "build_ok"}"#,
        r#"{"group_id": "x", "code": "b", "reward": 0.9, "kind": "build_ok"}"#,
        r#"{"group_id": 7, "code": "c", "reward": 0.6, "kind": "syntax_closure"}"#,
        r#"{"code": "d", "reward": -1.0}"#,
        r#"{"code": "e", "reward": -1.0, "task_id": "t"}"#,
        r#"{"code": "f", "reward": 0.5, "task_id": "t"}"#,
    ]);
    let groups = rows.groups.iter().map(|group| {
        (
            rows.group_name(group),
            rows.members(group).to_vec(),
            group.informative,
        )
    });
    assert_eq!(
        groups.collect::<Vec<_>>(),
        [
            ("7".to_owned(), vec![0, 2], true),
            ("x".to_owned(), vec![1], false),
            ("at line 5".to_owned(), vec![4, 5], true)
        ]
    );
    let half = 0.5f64.sqrt();
    assert!((rows.advantage(0).unwrap() + half).abs() < 1e-3);
    assert!((rows.advantage(2).unwrap() - half).abs() < 1e-3);
    assert_eq!((rows.advantage(1), rows.group_of(1)), (Some(0.0), Some(1)));
    assert_eq!((rows.advantage(3), rows.group_of(3)), (Some(0.0), None));
    assert!(
        (0..6).all(|row| !rows.is_uninformative(row)),
        "alone is not alike"
    );
    assert_eq!(rows.histogram(&[0, 1, 2, 3], 4), [1, 0, 1, 2]);
    assert_eq!(rows.by(&[0, 1, 2], GroupBy::Kind)[0].0, "build_ok");

    let out = dir.path().join("chosen.jsonl");
    let change = |index, line: &[u8]| {
        let mut row = Row::parse(line).unwrap();
        row.0.insert("annotation".to_owned(), "nearly".into());
        (index == 2).then(|| crate::line_of(&row.0))
    };
    rows.write(&[0, 2], &out, &change, &|_| ()).unwrap();
    let chosen = RowIndex::read(&out).unwrap();
    assert_eq!(chosen.code(1).unwrap().1, "c");
    let text = std::fs::read_to_string(&out).unwrap();
    let noted: Vec<bool> = text
        .lines()
        .map(|line| line.contains(r#""annotation":"nearly""#))
        .collect();
    assert_eq!(noted, [false, true], "{text}");
    // Through a link.
    let link = dir.path().join("link.jsonl");
    std::os::unix::fs::symlink(&rows.path, &link).unwrap();
    for own in [&rows.path, &link, &dir.path().join("./rows.jsonl")] {
        let error = rows.write(&[0], own, &change, &|_| ()).unwrap_err();
        assert!(error.to_string().contains("would replace"), "{error}");
    }
    let nowhere = dir.path().join("no/out.jsonl");
    let error = rows.write(&[0], &nowhere, &change, &|_| ()).unwrap_err();
    assert!(error.to_string().contains("hint:"));
}

const GROUNDED: [&str; 4] = [
    r#"{"group_id": 1, "code": "a", "reward": {"build": 1.0, "total": 0.50}, "profile": "grounded-v2"}"#,
    r#"{"group_id": 1, "code": "b", "reward": {"build": 1.0, "total": 0.51}, "profile": "grounded-v2"}"#,
    r#"{"group_id": 2, "code": "c", "reward": {"build": 0.0, "total": -1.0}, "score": -0.50, "profile": "grounded-v2"}"#,
    r#"{"group_id": 2, "code": "d", "reward": {"build": 0.0, "total": -1.0}, "score": -0.30, "profile": "grounded-v2"}"#,
];

fn assert_grounded(rows: &RowIndex) {
    // Differences of 0.01 are compared on a scale of 0.10; scores are compared, not the totals of failed builds.
    let expected = [-0.05, 0.05, -0.5f64.sqrt(), 0.5f64.sqrt()];
    for (row, expected) in expected.into_iter().enumerate() {
        let found = rows.advantage(row).unwrap();
        assert!((found - expected).abs() < 1e-6, "row {row}: {found}");
    }
    let lost: Vec<bool> = (0..4).map(|row| rows.is_uninformative(row)).collect();
    assert_eq!(lost, [true, true, false, false]);
}

#[test]
fn advantages_follow_the_profile_in_files_and_stores() {
    let (dir, rows) = rows(&GROUNDED);
    assert_grounded(&rows);
    let mut store = Store::open(&dir.path().join("store")).unwrap();
    let path = dir.path().join("rows.jsonl");
    assert_eq!(store.import(&path, None, &mut |_| ()).unwrap().added, 4);
    drop(store);
    assert_grounded(&RowIndex::from_store(&dir.path().join("store")).unwrap());
}

#[test]
fn rows_of_a_trainer_log_have_total_and_kind() {
    let (_dir, rows) = rows(&[
        r#"{"task_id": "a", "code": "fixture = x", "score": -0.6, "cadforge_total": -1.0, "cadforge_build": 0.0, "cadforge_error": "NameError: name 'x' is not defined"}"#,
        r#"{"task_id": "a", "code": "fixture = 1", "score": 0.7, "cadforge_total": 0.65, "cadforge_build": 1.0}"#,
    ]);
    let seen = rows.rows.iter().map(|row| (row.score, row.total, row.built));
    assert_eq!(
        seen.collect::<Vec<_>>(),
        [(-0.6, -1.0, Some(false)), (0.7, 0.65, Some(true))]
    );
    assert_eq!(rows.kinds(), [Kind::UndefinedName, Kind::BuildOk]);
}

#[test]
fn a_file_without_rows_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rows.jsonl");
    std::fs::write(&path, "{}\nx\n{\"code\": \"unscored\"}\n").unwrap();
    assert!(RowIndex::read(&path).unwrap_err().to_string().contains("hint:"));
}

#[test]
fn a_hundred_thousand_rows_are_read_quickly() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rows.jsonl");
    let mut file = std::io::BufWriter::new(File::create(&path).unwrap());
    let code = "part = cq.Workplane('XY').box(1, 2, 3)\\n".repeat(20);
    for index in 0..100_000 {
        let reward = f64::from(index % 100) / 100.0;
        writeln!(
            file,
            r#"{{"task_id": "t{}", "code": "{code}", "reward": {reward}, "kind": "build_ok"}}"#,
            index % 24
        )
        .unwrap();
    }
    drop(file.into_inner().unwrap());
    let gz = dir.path().join("rows.jsonl.gz");
    std::fs::write(&gz, packed(&std::fs::read(&path).unwrap())).unwrap();
    for path in [path, gz] {
        let start = std::time::Instant::now();
        let rows = RowIndex::read(&path).unwrap();
        let read = start.elapsed();
        assert!(rows.code(99_999).unwrap().1.starts_with("part = "));
        eprintln!(
            "100,000 rows: read in {read:?}, the last text after {:?}",
            start.elapsed()
        );
        assert_eq!((rows.rows.len(), rows.tasks.len()), (100_000, 24));
        assert_eq!(rows.line(99_999).unwrap(), 100_000);
        assert!(size_of::<IndexedRow>() <= 24);
        let groups = rows.groups.len() * size_of::<IndexedGroup>();
        assert!(
            groups + 36 * rows.rows.len() < 50 * rows.rows.len(),
            "{groups} bytes for groups"
        );
    }
}

#[test]
fn rows_without_build_status_count_in_no_build_rate() {
    let (_dir, rows) = rows(&[
        r#"{"task_id": "a", "code": "a", "reward": 0.5, "kind": "build_ok"}"#,
        r#"{"task_id": "a", "code": "b", "score": -0.7}"#,
        r#"{"task_id": "b", "code": "c", "reward": 0.68}"#,
    ]);
    let built: Vec<_> = rows.rows.iter().map(|row| row.built).collect();
    assert_eq!(built, [Some(true), Some(false), None]);
    let summary = rows.summary(&[0, 1, 2]);
    assert_eq!(
        (summary.build_rate(), summary.unknown, summary.rows),
        (Some(0.5), 1, 3)
    );
    assert_eq!(rows.summary(&[2]).build_rate(), None);
}

#[test]
fn text_in_any_script_is_found_escaped_or_not() {
    let (_dir, rows) = rows(&[
        r##"{"code": "# GR\u00d6\u00dfE", "reward": -1.0}"##,
        r##"{"code": "# Größe", "reward": -1.0}"##,
        "{\"code\": \"# \u{130}Z 300 \u{212a}\", \"reward\": -1.0}",
        r#"{"code": "x = 1", "reward": -1.0}"#,
    ]);
    for (text, found) in [
        ("größe", &[0, 1][..]),
        ("GRÖ", &[0, 1]),
        ("\u{130}z", &[2]),
        ("300 k", &[2]),
        ("i\u{307}", &[2]),
        ("X = 1", &[3]),
        ("ё", &[]),
        ("\"code\"", &[0, 1, 2, 3]),
    ] {
        assert_eq!(rows.search(text).unwrap(), found, "{text}");
    }
}

#[test]
fn a_row_that_changed_on_disk_is_an_error() {
    let (dir, rows) = rows(&[
        r#"{"code": "a", "reward": 0.5}"#,
        r#"{"code": "b", "reward": 0.5}"#,
    ]);
    let path = dir.path().join("rows.jsonl");
    std::fs::write(&path, "{\"code\": \"abc\", \"reward\": 0.5}\n").unwrap();
    for error in [rows.code(1).unwrap_err(), rows.line(1).unwrap_err()] {
        assert!(error.to_string().contains("changed"), "{error}");
    }
    std::fs::remove_file(&path).unwrap();
    assert!(rows.code(0).unwrap_err().to_string().contains("rows.jsonl"));
}

mod agreement;
