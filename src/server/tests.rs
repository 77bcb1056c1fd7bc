//! The parsers of what clients send, attacked by chance.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::fields::{FieldError, FieldErrors, Fields};
use super::wire::{Action, ResetRequest, StepRequest};

/// JSON as a client might make it up: often the right keys with the wrong values.
fn made_up() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(Value::from("fast")),
    ];
    let key = prop_oneof![
        Just("action".to_owned()),
        Just("code".to_owned()),
        Just("task_id".to_owned()),
        Just("reward_mode".to_owned()),
        Just("metadata".to_owned()),
        Just("seed".to_owned()),
        Just("timeout_s".to_owned()),
        ".{0,6}",
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|pairs| pairs.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

/// Either a value or at least one mistake, and mistakes that are small whatever the message was.
fn judged<T>(read: Result<T, Vec<FieldError>>) -> Result<Option<T>, TestCaseError> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(wrong) => {
            prop_assert!(!wrong.is_empty());
            for one in &wrong {
                prop_assert!(one.input.to_string().len() < 20_000, "{:?}", one);
            }
            Ok(None)
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_sent_is_read_or_told_to_be_wrong(value in made_up()) {
        let mistakes = FieldErrors::default();
        let action = Fields::of(&value, &["body"], &mistakes).and_then(Action::read);
        if let Some(action) = judged(mistakes.or(action))? {
            prop_assert!(!action.code.is_empty());
        }
        let step = Fields::of(&value, &["body"], &mistakes).and_then(StepRequest::read);
        if let Some(step) = judged(mistakes.or(step))? {
            prop_assert!(step.timeout_s.is_none_or(|seconds| seconds > 0.0));
        }
        let reset = Fields::of(&value, &["body"], &mistakes).map(ResetRequest::read);
        if let Some(reset) = judged(mistakes.or(reset))? {
            prop_assert!(reset.episode_id.is_none_or(|id| id.chars().count() <= 255));
        }
        // A frame of the socket: whatever it holds, there is a call or a refusal.
        let _ = super::message::is_known(&value);
    }

    #[test]
    fn an_action_comes_through_as_it_was_sent(code in ".{1,80}", task in prop::option::of("[a-z_]{0,12}"), full in any::<bool>()) {
        let value = json!({ "code": code, "task_id": task, "reward_mode": if full { "full" } else { "fast" } });
        let mistakes = FieldErrors::default();
        let action = Fields::of(&value, &[], &mistakes).and_then(Action::read);
        let action = mistakes.or(action).expect("well formed");
        prop_assert_eq!(action.code, code);
        prop_assert_eq!(action.task_id, task);
    }
}

#[test]
fn the_document_and_the_schemas_hold_what_is_read() {
    let document = super::openapi::build();
    let schema = super::openenv::json_schema::<Action>();
    assert_eq!(schema["required"], json!(["code"]));
    let wanted: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(
        wanted,
        ["code", "task_id", "reward_mode", "task_prompt", "metadata"]
    );
    assert!(document["components"]["schemas"]["StepRequest"]["properties"]["action"].is_object());
}
