//! The format of a scored row.

use serde_json::{Map, Value, json};

use crate::{Compared, Row};
use cadforge_assess::{Evaluation, Scoring};
use cadforge_reward::{self as reward, Shaping};

/// Keys of the score, which replace the row's own.
const SCORE_KEYS: [&str; 8] = [
    "shaped",
    "kind",
    "failure",
    "verifier_notes",
    "profile",
    "mode",
    "timing",
    "versions",
];
/// Keys of the group's comparison.
const GROUP_KEYS: [&str; 4] = ["group_mean", "group_std", "group_informative", "advantage"];
/// Keys whose old value is renamed.
const RENAMED_KEYS: [(&str, &str); 3] = [
    ("score", "previous_score"),
    ("reward", "previous_reward"),
    ("error", "previous_error"),
];

/// The keys of an input row that are kept.
pub(super) fn kept(row: Row) -> Map<String, Value> {
    let mut map = row.0;
    for key in SCORE_KEYS.iter().chain(&GROUP_KEYS) {
        map.shift_remove(*key);
    }
    for (from, to) in RENAMED_KEYS {
        if let Some(old) = map.shift_remove(from) {
            map.insert(to.to_owned(), old);
        }
    }
    map
}

/// The row with its evaluation, and the score that its group compares.
pub fn scored(row: Row, evaluation: &Evaluation) -> (Map<String, Value>, f64) {
    let mut map = kept(row);
    let score = evaluation.shaped.unwrap_or(evaluation.reward.total);
    add_evaluation(&mut map, evaluation);
    (map, score)
}

/// Adds an evaluation to a row.
pub fn add_evaluation(row: &mut Map<String, Value>, evaluation: &Evaluation) {
    let score = evaluation.shaped.unwrap_or(evaluation.reward.total);
    let own_notes = !row.contains_key("notes") || row.contains_key("verifier_notes");
    let mut set = |key: &str, value: Value| row.insert(key.to_owned(), value);
    set("reward", json!(evaluation.reward));
    set("score", json!(score));
    if let Some(shaped) = evaluation.shaped {
        set("shaped", json!(shaped));
    }
    set("kind", json!(evaluation.kind));
    set("failure", json!(evaluation.failure));
    // The key of `eval --json`, unless the row has notes of its own there.
    if own_notes {
        set("notes", json!(evaluation.notes));
    }
    set("verifier_notes", json!(evaluation.notes));
    set("profile", json!(evaluation.profile));
    set("mode", json!(evaluation.mode));
    set("timing", json!(evaluation.timing));
    set("versions", json!(evaluation.versions));
}

/// A row with an internal error.
pub fn failed(row: Row, error: &str, scoring: &Scoring) -> Map<String, Value> {
    let mut map = kept(row);
    map.insert("error".to_owned(), json!(error));
    map.insert("profile".to_owned(), json!(scoring.profile));
    map.insert("mode".to_owned(), json!(scoring.mode));
    map
}

/// A row of an earlier run, without the keys of its group.
pub(super) fn without_group_keys(row: Row) -> (Map<String, Value>, f64) {
    let score = row.number("score").unwrap_or_default();
    let mut map = row.0;
    for key in GROUP_KEYS {
        map.shift_remove(key);
    }
    (map, score)
}

/// Whether an earlier run scored it.
pub(super) fn is_scored(row: &Row) -> bool {
    row.get("error").is_none() && row.get("reward").is_some_and(Value::is_object) && row.score().is_some()
}

/// Appends the keys of the group, the end of the JSON object, and a line break.
pub(super) fn finish(line: &mut Vec<u8>, of: &Compared, place: usize) {
    debug_assert_eq!(line.last(), Some(&b'}'), "a row is an object");
    line.pop();
    let mut set = |key: &str, value: Value| {
        line.extend_from_slice(format!(",\"{key}\":{value}").as_bytes());
    };
    set("group_mean", json!(of.spread.map(|spread| spread.mean)));
    set("group_std", json!(of.spread.map(|spread| spread.std)));
    set("group_informative", json!(of.informative));
    set("advantage", json!(of.advantages[place]));
    line.extend_from_slice(b"}\n");
}

/// Why an output row does not match an input row; scores are not compared.
pub(super) fn mismatch(input: Row, output: &Row, group_line: u64, scoring: &Scoring) -> Option<String> {
    let group_id = input
        .get("group_id")
        .cloned()
        .unwrap_or_else(|| json!(group_line));
    let kept = kept(input);
    if let Some((key, _)) = kept
        .iter()
        .find(|(key, value)| output.0.get(*key) != Some(*value))
    {
        return Some(format!("its `{key}` differs from the input's"));
    }
    for (key, value) in [("profile", json!(scoring.profile)), ("mode", json!(scoring.mode))] {
        if output.0.get(key) != Some(&value) {
            return Some(format!("its {key} is not {value}"));
        }
    }
    // Rows of older programs name no digest.
    if is_scored(output) && output.profile_digest() != Some(scoring.profile.digest()) {
        return Some(format!(
            "its score is of another definition of {}",
            json!(scoring.profile)
        ));
    }
    if output.get("group_id") != Some(&group_id) {
        return Some("its group differs".to_owned());
    }
    if is_scored(output) && !matches_shaping(output, scoring.shaping) {
        return Some("its score is shaped differently".to_owned());
    }
    None
}

/// Whether a row's score matches the shaping. A failure's shaped score depends on too much to be recomputed.
fn matches_shaping(row: &Row, shaping: Shaping) -> bool {
    let (Some(score), Some(total)) = (row.number("score"), row.total()) else {
        return false;
    };
    match shaping {
        Shaping::None => row.get("shaped").is_none() && score == total,
        _ if row.built() == Some(true) => reward::shape(shaping, total, None, None, "", "") == Some(score),
        _ => row.get("shaped").is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Spread;
    use cadforge_reward::Profile;

    fn row(value: &Value) -> Row {
        Row::parse(value.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn unknown_keys_are_kept_and_old_results_renamed() {
        let input = row(
            &json!({"z": 1, "score": 0.3, "a": [null], "kind": "timeout", "reward": 0.2, "group_id": "g", "advantage": 3}),
        );
        assert_eq!(
            serde_json::to_string(&kept(input)).unwrap(),
            r#"{"z":1,"a":[null],"group_id":"g","previous_score":0.3,"previous_reward":0.2}"#
        );
    }

    #[test]
    fn the_keys_of_the_group_end_the_object() {
        let of = Compared {
            spread: Some(Spread { mean: 0.5, std: 0.25 }),
            advantages: vec![Some(-1.5)],
            informative: true,
        };
        let mut line = b"{\"a\":1}".to_vec();
        finish(&mut line, &of, 0);
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "{\"a\":1,\"group_mean\":0.5,\"group_std\":0.25,\"group_informative\":true,\"advantage\":-1.5}\n"
        );
        let mut line = b"{\"group_id\":\"g\"}".to_vec();
        let of = Compared {
            spread: None,
            advantages: vec![None],
            informative: false,
        };
        finish(&mut line, &of, 0);
        let value: Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(
            value,
            json!({"group_id": "g", "group_mean": null, "group_std": null, "group_informative": false, "advantage": null})
        );
    }

    #[test]
    fn an_output_of_another_input_or_other_flags_is_rejected() {
        let input = || row(&json!({"task_id": "t", "code": "x", "score": 0.1}));
        let good = json!({"task_id": "t", "code": "x", "previous_score": 0.1, "reward": {"build": 1.0, "total": 0.5}, "score": 0.5,
            "profile": "cadforge-v1", "mode": "full", "group_id": 3,
            "versions": {"profile_digest": Profile::CadforgeV1.digest()}});
        let scoring = Scoring::default();
        let check = |change: &dyn Fn(&mut Value), scoring: &Scoring| {
            let mut output = good.clone();
            change(&mut output);
            mismatch(input(), &row(&output), 3, scoring)
        };
        assert_eq!(check(&|_| {}, &scoring), None);
        assert_eq!(check(&|output| output["more"] = json!(1), &scoring), None);
        for (key, value) in [
            ("code", json!("y")),
            ("previous_score", json!(0.2)),
            ("mode", json!("fast")),
            ("group_id", json!(4)),
            ("score", json!(0.575)),
            (
                "versions",
                json!({"profile_digest": Profile::GroundedV2.digest()}),
            ),
            ("versions", json!({})),
        ] {
            assert!(
                check(&|output| output[key] = value.clone(), &scoring).is_some(),
                "{key}"
            );
        }
        let strict = Scoring {
            shaping: Shaping::Strict,
            ..Scoring::default()
        };
        assert!(check(&|_| {}, &strict).is_some());
        assert_eq!(
            check(&|output| output["score"] = json!(0.15 + 0.85 * 0.5), &strict),
            None
        );
    }
}
