use std::io::Write as _;

use super::*;

fn rows(lines: &[&str]) -> (tempfile::TempDir, Result<Rows, String>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rows.jsonl");
    std::fs::write(&path, lines.join("\n")).unwrap();
    let rows = Rows::read(&path);
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
    let rows = rows.unwrap();
    assert_eq!((rows.rows.len(), rows.malformed), (3, 1));
    assert_eq!(
        rows.rows.iter().map(|row| row.built).collect::<Vec<_>>(),
        [true, false, true].map(Some)
    );
    assert_eq!(rows.code(0), Ok((Some("a".to_owned()), "x = 1".to_owned())));
    assert_eq!(rows.code(1), Ok((Some("b".to_owned()), "y = 2\n".to_owned())));
    assert_eq!(rows.code(2), Ok((None, "z = 3\n".to_owned())));
    assert_eq!(rows.search("SYNTAX").unwrap(), [1]);
    assert_eq!(rows.search("z = 3").unwrap(), [2]);
    let summary = rows.summary(&[0, 1]);
    assert_eq!(
        (summary.count, summary.built, summary.mean, summary.best),
        (2, Some(0.5), -0.25, 0.5)
    );
    assert!((summary.std - 1.5 / 2f64.sqrt()).abs() < 1e-9);
    assert_eq!(rows.curve(&[2, 0, 1], 2), [[-0.25, 0.5], [0.9, 1.0]]);
}

#[test]
fn groups_have_advantages_and_a_selection_is_exported_with_notes() {
    let (dir, rows) = rows(&[
        r#"{"group_id": 7, "code": "a", "reward": 0.2, "kind": "build_ok"}"#,
        r#"{"group_id": "x", "code": "b", "reward": 0.9, "kind": "build_ok"}"#,
        r#"{"group_id": 7, "code": "c", "reward": 0.6, "kind": "syntax_closure"}"#,
        r#"{"code": "d", "reward": -1.0}"#,
    ]);
    let rows = rows.unwrap();
    assert_eq!(rows.groups.len(), 2);
    assert_eq!(
        (rows.groups[0].name.as_str(), &rows.groups[0].rows[..]),
        ("7", &[0, 2][..])
    );
    let half = 0.5f64.sqrt();
    assert!((rows.advantage(0).unwrap() + half).abs() < 1e-3);
    assert!((rows.advantage(2).unwrap() - half).abs() < 1e-3);
    assert_eq!((rows.advantage(1), rows.advantage(3)), (Some(0.0), None));
    assert_eq!(rows.histogram(&[0, 1, 2, 3], 4), [1, 0, 1, 2]);
    assert_eq!(rows.by(&[0, 1, 2, 3], Key::Kind)[0].0, "build_ok");

    assert_eq!(
        rows.groups
            .iter()
            .map(|group| group.informative)
            .collect::<Vec<_>>(),
        [true, false]
    );

    let mut notes = Notes::default();
    notes.annotate(2, "nearly");
    let out = dir.path().join("chosen.jsonl");
    rows.export(&[0, 2], &notes, &out, &|_| ()).unwrap();
    let chosen = Rows::read(&out).unwrap();
    assert_eq!(chosen.code(1).unwrap().1, "c");
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(
        text.lines().nth(1).unwrap().contains(r#""annotation":"nearly""#),
        "{text}"
    );
    // Through a link.
    let link = dir.path().join("link.jsonl");
    std::os::unix::fs::symlink(&rows.path, &link).unwrap();
    for own in [&rows.path, &link, &dir.path().join("./rows.jsonl")] {
        assert_eq!(
            rows.export(&[0], &notes, own, &|_| ()),
            Err(REPLACES_ITSELF.to_owned())
        );
    }
    let nowhere = dir.path().join("no/out.jsonl");
    assert!(
        rows.export(&[0], &notes, &nowhere, &|_| ())
            .unwrap_err()
            .contains("hint:")
    );
}

const GROUNDED: [&str; 4] = [
    r#"{"group_id": 1, "code": "a", "reward": {"build": 1.0, "total": 0.50}, "profile": "grounded-v2"}"#,
    r#"{"group_id": 1, "code": "b", "reward": {"build": 1.0, "total": 0.51}, "profile": "grounded-v2"}"#,
    r#"{"group_id": 2, "code": "c", "reward": {"build": 0.0, "total": -1.0}, "score": -0.50, "profile": "grounded-v2"}"#,
    r#"{"group_id": 2, "code": "d", "reward": {"build": 0.0, "total": -1.0}, "score": -0.30, "profile": "grounded-v2"}"#,
];

fn assert_grounded(rows: &Rows) {
    // Differences of 0.01 are compared on a scale of 0.10; scores are compared, not the totals of failed builds.
    let expected = [-0.05, 0.05, -0.5f64.sqrt(), 0.5f64.sqrt()];
    for (row, expected) in expected.into_iter().enumerate() {
        let found = rows.advantage(row).unwrap();
        assert!((found - expected).abs() < 1e-6, "row {row}: {found}");
    }
    let lost: Vec<bool> = (0..4).map(|row| rows.is_uninformative(row)).collect();
    assert_eq!(lost, [true, true, false, false]);
    let choice = RowFilter {
        which: RowClass::Uninformative,
        ..RowFilter::default()
    };
    assert!(RowClass::all(rows).contains(&choice.which));
    assert_eq!(choice.list(rows, None, &Notes::default()).rows, [0, 1]);
    assert_eq!(choice.list(rows, Some(&[1, 2]), &Notes::default()).rows, [1]);
    let best = RowFilter {
        order: Order::Best,
        range: [-1.0, 0.505],
        ..RowFilter::default()
    };
    assert_eq!(best.list(rows, None, &Notes::default()).rows, [0, 2, 3]);
}

#[test]
fn advantages_follow_the_profile_in_files_and_stores() {
    let (dir, rows) = rows(&GROUNDED);
    assert_grounded(&rows.unwrap());
    let mut store = data::store::Store::open(&dir.path().join("store")).unwrap();
    let path = dir.path().join("rows.jsonl");
    assert_eq!(store.import(&path, None, &mut |_| ()).unwrap().added, 4);
    drop(store);
    assert_grounded(&Rows::from_store(&dir.path().join("store")).unwrap());
}

#[test]
fn rows_of_a_trainer_log_have_total_and_kind() {
    let (_dir, rows) = rows(&[
        r#"{"task_id": "a", "code": "fixture = x", "score": -0.6, "cadforge_total": -1.0, "cadforge_build": 0.0, "cadforge_error": "NameError: name 'x' is not defined"}"#,
        r#"{"task_id": "a", "code": "fixture = 1", "score": 0.7, "cadforge_total": 0.65, "cadforge_build": 1.0}"#,
    ]);
    let rows = rows.unwrap();
    let seen = rows.rows.iter().map(|row| (row.total, row.built));
    assert_eq!(
        seen.collect::<Vec<_>>(),
        [(-1.0, Some(false)), (0.65, Some(true))]
    );
    assert_eq!(rows.kinds, ["undefined_name", "build_ok"]);
}

#[test]
fn a_file_without_rows_is_an_error() {
    assert!(rows(&["{}", "x"]).1.unwrap_err().contains("hint:"));
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
    let start = std::time::Instant::now();
    let rows = Rows::read(&path).unwrap();
    eprintln!("100,000 rows: read in {:?}", start.elapsed());
    assert_eq!((rows.rows.len(), rows.tasks.len()), (100_000, 24));
    assert!(size_of::<Row>() <= 24);
    assert!(rows.code(99_999).unwrap().1.starts_with("part = "));
}

#[test]
fn rows_without_build_status_count_in_no_build_rate() {
    let (_dir, rows) = rows(&[
        r#"{"task_id": "a", "code": "a", "reward": 0.5, "kind": "build_ok"}"#,
        r#"{"task_id": "a", "code": "b", "score": -0.7}"#,
        r#"{"task_id": "b", "code": "c", "reward": 0.68}"#,
    ]);
    let rows = rows.unwrap();
    let built: Vec<_> = rows.rows.iter().map(|row| row.built).collect();
    assert_eq!(built, [Some(true), Some(false), None]);
    let summary = rows.summary(&[0, 1, 2]);
    assert_eq!((summary.built, summary.unknown, summary.count), (Some(0.5), 1, 3));
    assert_eq!(rows.summary(&[2]).built, None);
    let which = RowClass::all(&rows);
    let shown = |which: RowClass| {
        let choice = RowFilter {
            which,
            ..RowFilter::default()
        };
        choice.list(&rows, None, &Notes::default()).rows
    };
    assert!(which.contains(&RowClass::Unknown));
    assert_eq!(
        [RowClass::Built, RowClass::Failed, RowClass::Unknown].map(shown),
        [vec![0], vec![1], vec![2]]
    );
}

#[test]
fn text_in_any_script_is_found_escaped_or_not() {
    let (_dir, rows) = rows(&[
        r##"{"code": "# GR\u00d6\u00dfE", "reward": -1.0}"##,
        r##"{"code": "# Größe", "reward": -1.0}"##,
        "{\"code\": \"# \u{130}Z 300 \u{212a}\", \"reward\": -1.0}",
        r#"{"code": "x = 1", "reward": -1.0}"#,
    ]);
    let rows = rows.unwrap();
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
