//! Property tests of the parsers of requests.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::fields::{FieldError, FieldErrors, Fields};
use super::wire::{Action, ResetRequest, StepRequest};

/// JSON that resembles a request: often the right keys with wrong values.
fn request_like_json() -> impl Strategy<Value = Value> {
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

/// Either a value or at least one error, and errors that are small whatever the message was.
fn check_errors<T>(read: Result<T, Vec<FieldError>>) -> Result<Option<T>, TestCaseError> {
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
    fn every_message_is_read_or_has_errors(value in request_like_json()) {
        let errors = FieldErrors::default();
        let action = Fields::of(&value, &["body"], &errors).and_then(Action::read);
        if let Some(action) = check_errors(errors.or(action))? {
            prop_assert!(!action.code.is_empty());
        }
        let step = Fields::of(&value, &["body"], &errors).and_then(StepRequest::read);
        if let Some(step) = check_errors(errors.or(step))? {
            prop_assert!(step.timeout_s.is_none_or(|seconds| seconds > 0.0));
        }
        let reset = Fields::of(&value, &["body"], &errors).map(ResetRequest::read);
        if let Some(reset) = check_errors(errors.or(reset))? {
            prop_assert!(reset.episode_id.is_none_or(|id| id.chars().count() <= 255));
        }
        // A frame of the socket: any content gives a call or an error.
        let _ = super::message::is_known(&value);
    }

    #[test]
    fn an_action_is_read_unchanged(code in ".{1,80}", task in prop::option::of("[a-z_]{0,12}"), full in any::<bool>()) {
        let value = json!({ "code": code, "task_id": task, "reward_mode": if full { "full" } else { "fast" } });
        let errors = FieldErrors::default();
        let action = Fields::of(&value, &[], &errors).and_then(Action::read);
        let action = errors.or(action).expect("well formed");
        prop_assert_eq!(action.code, code);
        prop_assert_eq!(action.task_id, task);
    }
}

#[test]
fn the_document_and_the_schemas_have_the_fields_that_are_read() {
    let document = super::openapi::build();
    let schema = super::openenv::json_schema::<Action>();
    assert_eq!(schema["required"], json!(["code"]));
    let expected: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(
        expected,
        ["code", "task_id", "reward_mode", "task_prompt", "metadata"]
    );
    assert!(document["components"]["schemas"]["StepRequest"]["properties"]["action"].is_object());
}
