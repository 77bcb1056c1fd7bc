use serde_json::{Value, json};

use super::reading::SEGMENTS;
use super::*;
use crate::DEFAULT_GENERATIONS;

fn read_rows(rows: &[Value]) -> Result<Run, DataError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.jsonl");
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    std::fs::write(&path, text).unwrap();
    read(&path, DEFAULT_GENERATIONS)
}

/// A completion of a test run: calls of eight for one task each; half of the second half built.
fn completion(number: usize) -> Value {
    let built = number >= 40 && number.is_multiple_of(2);
    json!({
        "reward_call": number / 8, "index": number % 8, "task_id": (["a", "b"][number / 8 % 2]),
        "code": if built { "import cadquery as cq\nfixture = 1\n" } else { "import cadquery as cq\nfixture = (\n" },
        "score": if built { 0.8 } else { -0.5 }, "cadforge_total": if built { 0.75 } else { -1.0 }, "cadforge_build": built,
        "cadforge_error": if built { "" } else { "SyntaxError: '(' was never closed" },
    })
}

#[test]
fn a_run_is_counted_as_a_whole_and_over_time() {
    let mut rows: Vec<Value> = (0..80).map(completion).collect();
    rows[3]["finish_reason"] = json!("length");
    rows.push(json!({"messages": [{"role": "user", "content": "?"}], "task_id": "a"}));
    rows.push(json!({"nothing": 1}));
    let run = read_rows(&rows).unwrap();
    assert_eq!(
        (run.completions, run.scored, run.built, run.clipped),
        (80, 80, 20, 1)
    );
    assert_eq!((run.other_rows, run.malformed.count), (1, 1));
    assert_eq!(
        (run.build_rate, run.best_reward, run.best_total),
        (Some(0.25), Some(0.8), Some(0.75))
    );
    let near =
        |found: f64, expected: f64| assert!((found - expected).abs() < 1e-6, "{found}, not {expected}");
    near(run.mean_reward.unwrap(), (20.0 * 0.8 - 60.0 * 0.5) / 80.0);
    near(run.mean_total.unwrap(), (20.0 * 0.75 - 60.0) / 80.0);
    assert_eq!((run.fixture_rate, run.import_rate), (Some(1.0), Some(1.0)));
    let kinds: Vec<_> = run.kinds.iter().map(|kind| (kind.kind, kind.count)).collect();
    assert_eq!(
        kinds,
        [(Kind::SyntaxClosure, 59), (Kind::BuildOk, 20), (Kind::Clipped, 1)]
    );
    // Ten calls of eight: in the first five all candidates fail, so they are uninformative.
    assert_eq!((run.groups.len(), run.informative_groups), (10, Some(0.5)));
    near(run.groups[9].mean, 0.15);
    assert_eq!(run.over_time.len(), SEGMENTS);
    assert!(run.over_time.iter().all(|stretch| stretch.to - stretch.from == 4));
    assert_eq!(
        run.over_time
            .iter()
            .filter_map(|stretch| stretch.build_rate)
            .sum::<f64>(),
        5.0
    );
    for (index, kind) in run.kinds.iter().enumerate() {
        let over: usize = run
            .over_time
            .iter()
            .map(|stretch| stretch.kinds[index].count)
            .sum();
        assert_eq!(over, kind.count);
    }
    let tasks: Vec<_> = run
        .tasks
        .iter()
        .map(|task| (task.task_id.as_str(), task.completions, task.built))
        .collect();
    assert_eq!(tasks, [("a", 40, 8), ("b", 40, 12)]);
}

#[test]
fn unknown_build_results_are_counted_separately() {
    let mut rows: Vec<Value> = (0..80).map(completion).collect();
    for row in &mut rows[..10] {
        // As other tools log: a shaped failure, and a number that does not tell whether it built.
        let negative = row["index"] == 3;
        *row = json!({"task_id": "a", "code": "x", "score": if negative { -0.7 } else { 0.43 }});
    }
    rows.push(json!({"task_id": "c", "code": "x", "reward": 0.53}));
    let run = read_rows(&rows).unwrap();
    assert_eq!((run.scored, run.built, run.unknown), (81, 20, 10));
    assert_eq!(run.build_rate, Some(20.0 / 71.0));
    let tasks: Vec<_> = run
        .tasks
        .iter()
        .map(|task| {
            (
                task.task_id.as_str(),
                task.built,
                task.unknown,
                task.build_rate.is_some(),
            )
        })
        .collect();
    assert_eq!(tasks, [("a", 8, 9, true), ("b", 12, 0, true), ("c", 0, 1, false)]);
    assert_eq!(run.over_time[0].build_rate, Some(0.0));
    let text = markdown(std::slice::from_ref(&run));
    for part in [
        "10 scored rows do not say whether they built",
        "| unknown | 10 |",
        "| c | 1 | 0 | – |",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    // Nothing is known, so there is no build rate.
    let dense: Vec<Value> = (0..8)
        .map(|_| json!({"task_id": "a", "code": "x", "reward": 0.34}))
        .collect();
    let run = read_rows(&dense).unwrap();
    assert_eq!((run.built, run.unknown, run.build_rate), (0, 8, None));
    assert!(!plot::plots(&[run]).iter().any(|(_, svg)| svg.contains("NaN")));
}

#[test]
fn informative_groups_depend_on_their_profile() {
    let rows: Vec<Value> = [("a", 0.50, 1), ("a", 0.51, 1), ("b", 0.1, 2), ("b", 0.9, 2), ("b", 0.5, 3)]
        .into_iter()
        .map(|(task, score, group)| {
            json!({"group_id": group, "task_id": task, "code": "x", "kind": "build_ok", "score": score})
        })
        .collect();
    let informative = |profile: Option<&str>| {
        let mut rows = rows.clone();
        rows.iter_mut().for_each(|row| row["profile"] = json!(profile));
        let run = read_rows(&rows).unwrap();
        let each: Vec<bool> = run.groups.iter().map(|group| group.informative).collect();
        (each, run.informative_groups)
    };
    // One of two: the third has one candidate and cannot inform.
    assert_eq!(
        informative(Some("grounded-v2")),
        (vec![false, true, false], Some(0.5))
    );
    for profile in [None, Some("cadforge-v1")] {
        assert_eq!(informative(profile), (vec![true, true, false], Some(1.0)));
    }
}

#[test]
fn scores_of_two_definitions_are_never_averaged_in_silence() {
    let row = |digest: Option<&str>, mode: &str| {
        json!({"task_id": "a", "code": "x", "kind": "build_ok", "score": 0.5, "profile": "grounded-v2", "mode": mode,
            "versions": digest.map(|digest| json!({"profile_digest": digest}))})
    };
    let text = |rows: &[Value]| markdown(&[read_rows(rows).unwrap()]);
    let one = [row(Some("aa"), "full"), row(Some("aa"), "full")];
    assert!(!text(&one).contains("scales"), "{}", text(&one));
    for other in [
        row(Some("bb"), "full"),
        row(None, "full"),
        row(Some("aa"), "fast"),
    ] {
        let rows = [one[0].clone(), one[1].clone(), other];
        let run = read_rows(&rows).unwrap();
        assert_eq!(
            run.scales.iter().map(|scale| scale.count).collect::<Vec<_>>(),
            [2, 1]
        );
        let text = text(&rows);
        assert!(
            text.contains("mix 2 scales") && text.contains("2 of grounded-v2 full aa, 1 of grounded-v2"),
            "{text}"
        );
    }
}

#[test]
fn supervised_runs_have_first_and_last_losses() {
    let log = [
        json!({"loss": 2.5, "step": 1}),
        json!({"eval_loss": 0.9, "step": 10}),
        json!({"loss": 0.5, "step": 20}),
        json!({"eval_loss": 0.3, "step": 20}),
        json!({"train_runtime": 10.0, "train_loss": 1.0}),
    ];
    let run = read_rows(&log).unwrap();
    let expected = Losses {
        first_train: Some(2.5),
        last_train: Some(0.5),
        first_eval: Some(0.9),
        last_eval: Some(0.3),
    };
    assert_eq!(
        (run.training, run.completions, run.malformed.count),
        (Some(expected), 0, 0)
    );
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("trainer_state.json");
    std::fs::write(
        &state,
        serde_json::to_string_pretty(&json!({"log_history": log})).unwrap(),
    )
    .unwrap();
    assert_eq!(read(&state, 8).unwrap().training, Some(expected));
    std::fs::write(&state, "{}").unwrap();
    assert!(read(&state, 8).unwrap_err().to_string().contains("log_history"));
    assert!(
        read_rows(&[json!({"prompt": "p", "chosen": "a", "rejected": "b"})])
            .unwrap_err()
            .is_input()
    );
}

#[test]
fn published_runs_are_listed_beside_new_ones() {
    let run = read_rows(&(0..80).map(completion).collect::<Vec<_>>()).unwrap();
    let text = markdown(&[run]);
    assert!(
        text.contains("| **run** | 80 | 20 | 25.0 % | -0.1750 | 0.8000 | 0 | – | – |"),
        "{text}"
    );
    for row in [
        "| 2B SFT | – | – | – | – | – | – | 1.4480 → 0.1658 | 0.4477 → 0.2676 |",
        "| 9B strict GRPO | 320 | 96 | 30.0 % | – | 0.9352 | – | – | – |",
        "| adaptive repair 8192 | 180 | 53 | 29.4 % | – | 0.8820 | 0 | – | – |",
    ] {
        assert!(text.contains(row), "{row}\n{text}");
    }
}

#[test]
fn plots_are_complete() {
    let mut run = read_rows(&(0..80).map(completion).collect::<Vec<_>>()).unwrap();
    run.name = "a <b> & c".to_owned();
    let plots = plot::plots(&[run.clone(), run]);
    let names: Vec<&str> = plots.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "reward.svg",
            "build_rate.svg",
            "groups.svg",
            "kinds-1.svg",
            "tasks-1.svg",
            "kinds-2.svg",
            "tasks-2.svg"
        ]
    );
    for (name, svg) in &plots {
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{name}");
        assert!(
            svg.contains("a &lt;b&gt; &amp; c") && !svg.contains("NaN"),
            "{name}"
        );
        assert_eq!(
            svg.matches("<text").count(),
            svg.matches("</text>").count(),
            "{name}"
        );
    }
    assert_eq!(plots[0].1.matches("<polyline").count(), 2);
}
