//! The numbers of the studio's index, of reports, of the store and of scored rows agree on the same file, plain or compressed.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{DEFAULT_GENERATIONS, Groups, MalformedLines, compare};
use cadforge_reward::Profile;

/// A line of a log, in one of the forms that trainers write.
fn line() -> impl Strategy<Value = String> {
    let task = prop::sample::select(vec!["a", "b"]);
    let number = (-100_i32..=100).prop_map(|number| f64::from(number) / 100.0);
    let row = (
        0..9_u8,
        task,
        number.clone(),
        number,
        0..3_u8,
        prop::option::of(0..3_u8),
        any::<bool>(),
    );
    row.prop_map(|(form, task, score, total, call, group, grounded)| {
        let mut row = match form {
            0 => json!({"reward_call": call, "code": "x", "score": score, "cadforge_total": total}),
            1 => json!({"reward_call": call, "prompt": format!("p{call}"), "completion": "x", "reward": score}),
            2 => json!({"code": "x", "reward": {"build": u8::from(total > 0.0), "total": total}, "score": score}),
            3 => json!({"step": call, "origin": "rules", "parent": call, "code": "x", "ok": total > 0.0, "reward": {"total": total}}),
            4 => json!({"code": "x", "kind": "crash"}),
            5 => json!({"code": "x"}),
            6 => json!({"messages": [{"role": "user", "content": "p"}], "failure_type": "timeout"}),
            7 => json!({"prompt": "p", "chosen": "a", "rejected": "b", "score": score}),
            _ => return ["", "no row", "[1]", r#"{"code": "#, r#"{"nothing": 1}"#][call as usize].to_owned(),
        };
        row["task_id"] = task.into();
        if let Some(group) = group {
            row["group_id"] = group.into();
        }
        if grounded {
            row["profile"] = "grounded-v2".into();
        }
        row.to_string()
    })
}

/// Numbers of one reader.
#[derive(Debug, Default)]
struct Readings {
    scored: usize,
    build_rate: Option<f64>,
    reward: [Option<f64>; 2],
    total: [Option<f64>; 2],
    malformed: Vec<(u64, String)>,
    /// Rows with a reward, mean, deviation and whether they inform, of each group with rewards.
    groups: Vec<(usize, f64, f64, bool)>,
    advantages: Vec<f64>,
}

fn messages(malformed: &MalformedLines) -> Vec<(u64, String)> {
    let lines = malformed.first.iter();
    lines.map(|line| (line.line, line.message.clone())).collect()
}

/// As the studio shows them; groups in the order of their first lines.
fn of_index(index: &RowIndex, group_lines: &[u64]) -> Readings {
    let all: Vec<u32> = (0..index.rows.len() as u32).collect();
    let summary = index.summary(&all);
    let alone = |row: &usize| index.group_of(*row).is_none();
    let members = index.groups.iter().map(|group| index.members(group).to_vec());
    let lone = (0..index.rows.len()).filter(alone).map(|row| vec![row as u32]);
    let mut of: Vec<Vec<u32>> = members.chain(lone).collect();
    of.sort_by_key(|rows| group_lines[rows[0] as usize]);
    Readings {
        scored: summary.scored(),
        build_rate: summary.build_rate(),
        reward: [summary.reward.mean(), summary.reward.best()],
        total: [summary.total.mean(), summary.total.best()],
        malformed: messages(&index.malformed),
        groups: of
            .iter()
            .filter_map(|rows| {
                let stats = index.summary(rows).reward;
                let informative = index
                    .group_of(rows[0] as usize)
                    .is_some_and(|group| index.groups[group].informative);
                let scored = rows
                    .iter()
                    .filter(|row| index.rows[**row as usize].score.is_finite())
                    .count();
                Some((scored, stats.mean()?, stats.std()?, informative))
            })
            .collect(),
        advantages: (0..index.rows.len())
            .filter_map(|row| index.advantage(row))
            .collect(),
    }
}

/// As `cadforge report` prints them.
fn of_report(run: &report::Run) -> Readings {
    Readings {
        scored: run.scored,
        build_rate: run.build_rate,
        reward: [run.mean_reward, run.best_reward],
        total: [run.mean_total, run.best_total],
        malformed: messages(&run.malformed),
        groups: run
            .groups
            .iter()
            .map(|group| (group.rows, group.mean, group.std, group.informative))
            .collect(),
        advantages: Vec::new(),
    }
}

/// Advantages as `cadforge score` computes them, row by row, and the first line of the group of each row that the studio lists.
fn of_score(path: &Path) -> (Vec<f64>, Vec<u64>) {
    let mut groups = Groups::new(DEFAULT_GENERATIONS);
    let mut scores: Vec<(Profile, Vec<Option<f64>>)> = Vec::new();
    let (mut places, mut listed) = (Vec::new(), Vec::new());
    let mut lines = Lines::open(path).unwrap();
    while let Some(line) = lines.next_line().unwrap() {
        let Ok(row) = line.row else { continue };
        match Content::of(&row) {
            Content::Candidate(_) => {}
            Content::Other(_) => {
                groups.pass_over(&row);
                continue;
            }
            Content::Header | Content::Unknown => continue,
        }
        let group = groups.push(&row, line.number) as usize;
        if group == scores.len() {
            scores.push((row.profile(), Vec::new()));
        }
        places.push((group, scores[group].1.len()));
        scores[group].1.push(row.score());
        if row.score().is_some() || row.kind().is_some() {
            listed.push(groups.line(group));
        }
    }
    let compared: Vec<_> = scores
        .iter()
        .map(|(profile, scores)| compare(scores, *profile))
        .collect();
    let advantages = places
        .iter()
        .filter_map(|(group, place)| compared[*group].advantages[*place]);
    (advantages.collect(), listed)
}

/// The index holds numbers in single precision.
fn near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-5
}

fn both_near(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => near(one, other),
        (one, other) => one == other,
    }
}

fn assert_agree(one: &Readings, other: &Readings, what: &str) {
    assert_eq!(one.scored, other.scored, "{what}");
    let pairs = [
        (one.build_rate, other.build_rate),
        (one.reward[0], other.reward[0]),
        (one.reward[1], other.reward[1]),
        (one.total[0], other.total[0]),
        (one.total[1], other.total[1]),
    ];
    assert!(
        pairs.iter().all(|(one, other)| both_near(*one, *other)),
        "{what}: {one:?} {other:?}"
    );
    assert_eq!(one.groups.len(), other.groups.len(), "{what}: {one:?} {other:?}");
    for (one, other) in one.groups.iter().zip(&other.groups) {
        let same = (one.0, one.3) == (other.0, other.3) && near(one.1, other.1) && near(one.2, other.2);
        assert!(same, "{what}: {one:?} {other:?}");
    }
}

/// Reads a file in every way, and returns the numbers of its index.
fn agree(dir: &Path, lines: &[String]) -> Option<Readings> {
    let text = lines.join("\n");
    let plain = dir.join("run.jsonl");
    let gz = dir.join("packed.jsonl.gz");
    std::fs::write(&plain, &text).unwrap();
    std::fs::write(&gz, packed(text.as_bytes())).unwrap();
    let index = RowIndex::read(&plain).ok()?;
    let (expected, group_lines) = of_score(&plain);
    assert_eq!(group_lines.len(), index.rows.len());
    let numbers = of_index(&index, &group_lines);
    let same = numbers.advantages.len() == expected.len()
        && numbers
            .advantages
            .iter()
            .zip(&expected)
            .all(|(one, other)| near(*one, *other));
    assert!(same, "{:?} {expected:?}", numbers.advantages);

    let packed = RowIndex::read(&gz).unwrap();
    let of_packed = of_index(&packed, &group_lines);
    assert_agree(&numbers, &of_packed, "compressed");
    assert_eq!(
        (&numbers.malformed, &numbers.advantages),
        (&of_packed.malformed, &of_packed.advantages)
    );
    for row in 0..index.rows.len() {
        assert_eq!(index.code(row).unwrap(), packed.code(row).unwrap());
        assert_eq!(index.line(row).unwrap(), packed.line(row).unwrap());
    }
    assert_eq!(index.search("crash").unwrap(), packed.search("crash").unwrap());

    for path in [&plain, &gz] {
        let run = report::read(path, DEFAULT_GENERATIONS).unwrap();
        let of_run = of_report(&run);
        assert_agree(&numbers, &of_run, "report");
        assert_eq!(numbers.malformed, of_run.malformed);
    }

    let folder = dir.join("store");
    let mut store = Store::open(&folder).unwrap();
    let imported = store.import(&gz, None, &mut |_| {}).unwrap();
    assert_eq!(messages(&imported.malformed), numbers.malformed);
    let stored = store.numbers(&Filter::default()).unwrap();
    let pairs = [
        (stored.build_rate, numbers.build_rate),
        (stored.mean, numbers.total[0]),
        (stored.best, numbers.total[1]),
    ];
    assert!(
        pairs.iter().all(|(one, other)| both_near(*one, *other)),
        "{stored:?} {numbers:?}"
    );
    let runs = report::of_store(&store, DEFAULT_GENERATIONS).unwrap();
    assert_agree(&numbers, &of_report(&runs[0]), "report of a store");
    drop(store);
    let of_store = of_index(&RowIndex::from_store(&folder).unwrap(), &group_lines);
    assert_agree(&numbers, &of_store, "store");
    assert_eq!(numbers.advantages, of_store.advantages);
    Some(numbers)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_reader_gets_the_same_numbers(lines in prop::collection::vec(line(), 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        agree(dir.path(), &lines);
    }
}

/// The smallest change of a file changes the numbers of every reader in the same way.
#[test]
fn the_smallest_changes_are_seen_by_every_reader() {
    let row = |code: &str, score: f64| json!({"reward_call": 1, "task_id": "t", "code": code, "score": score, "cadforge_total": score, "profile": "grounded-v2"});
    let base: Vec<Value> = vec![row("a", 0.50), row("b", 0.52), row("c", -0.50)];
    let read = |lines: &[String]| {
        let dir = tempfile::tempdir().unwrap();
        agree(dir.path(), lines).unwrap()
    };
    let text = |rows: &[Value]| rows.iter().map(Value::to_string).collect::<Vec<_>>();
    let before = read(&text(&base));
    assert_eq!((before.scored, before.groups.len()), (3, 1));
    assert!(before.malformed.is_empty());

    // Another call: two groups. In one file of two, 0.50 and 0.52 differ enough, 0.50 and 0.5199 do not.
    for (score, informative) in [(0.52, true), (0.5199, false)] {
        let mut rows = base.clone();
        rows[1] = row("b", score);
        rows[2]["reward_call"] = 2.into();
        let after = read(&text(&rows));
        let groups: Vec<_> = after.groups.iter().map(|group| (group.0, group.3)).collect();
        assert_eq!(groups, [(2, informative), (1, false)]);
    }
    // A row without a score, a cut line, a blank line, a prompt between the rows.
    let mut rows = base.clone();
    rows[1].as_object_mut().unwrap().remove("score");
    rows[1].as_object_mut().unwrap().remove("cadforge_total");
    assert_eq!(read(&text(&rows)).groups[0].0, 2);
    let mut lines = text(&base);
    lines.insert(1, String::new());
    let half = lines[3].len() / 2;
    lines[3].truncate(half);
    let after = read(&lines);
    assert_eq!(after.scored, 2);
    assert_eq!(after.malformed.len(), 1);
    assert!(
        after.malformed[0].0 == 4 && after.malformed[0].1.contains("incomplete"),
        "{:?}",
        after.malformed
    );
    let mut lines = text(&base);
    lines.insert(
        1,
        json!({"task_id": "u", "messages": [{"role": "user", "content": "p"}]}).to_string(),
    );
    assert_eq!(read(&lines).groups.len(), 2);
}
