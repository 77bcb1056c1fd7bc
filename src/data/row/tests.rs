use serde_json::json;

use super::*;

const CODE: &str = "import cadquery as cq\nfixture = cq.Workplane().box(1, 2, 3)\n";

#[expect(clippy::needless_pass_by_value, reason = "a value made for the call")]
fn row(value: Value) -> Row {
    Row::parse(value.to_string().as_bytes()).unwrap()
}

#[test]
fn code_is_found_in_every_row_format() {
    let fenced = format!("So:\n```python\n{CODE}```");
    for (form, expected) in [
        (json!({"code": "x = 1", "completion": fenced}), "x = 1"),
        (json!({"code": fenced}), CODE),
        (json!({"code": "x = (\n"}), "x = (\n"),
        (json!({"completion": [fenced]}), CODE),
        (
            json!({"completion": {"role": "assistant", "content": fenced}}),
            CODE,
        ),
        (
            json!({"completion": [{"role": "assistant", "content": null, "tool_calls": [
                {"type": "function", "function": {"name": "run", "arguments": json!({"code": CODE}).to_string()}}]}]}),
            CODE,
        ),
        (
            json!({"messages": [{"role": "assistant", "content": [{"type": "thinking", "text": "hm"}, {"type": "tool_use", "input": {"code": CODE}}]}]}),
            CODE,
        ),
        (json!({"action": {"code": fenced}}), CODE),
        (json!({"completion": fenced}), CODE),
        (
            json!({"completion": [{"role": "assistant", "content": fenced}]}),
            CODE,
        ),
        (
            json!({"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": [{"type": "text", "text": fenced}]}]}),
            CODE,
        ),
        (json!({"action": {"code": CODE}}), CODE),
        (json!({"action": CODE}), CODE),
        (
            json!({"prompt": "p", "chosen": fenced, "rejected": "x = 2"}),
            CODE,
        ),
    ] {
        assert_eq!(row(form.clone()).code().as_deref(), Some(expected), "{form}");
        assert!(row(form.clone()).has_code(), "{form}");
    }
    // A prompt alone has no candidate.
    for form in [
        json!({"messages": [{"role": "user", "content": fenced}]}),
        json!({"code": null}),
    ] {
        assert_eq!(row(form.clone()).code(), None, "{form}");
        assert!(!row(form.clone()).has_code(), "{form}");
    }
}

#[test]
fn keys_of_other_trainers_are_read() {
    let fenced = format!("So:\n```python\n{CODE}```");
    let user = json!({"role": "user", "content": "a box"});
    // verl; OpenRLHF, SkyRL and ms-swift; an OpenAI batch; TRL.
    for form in [
        json!({"input": "a box", "output": fenced, "gts": null, "score": 0.5, "step": 3}),
        json!({"query": "a box", "response": fenced, "reward": 0.5, "step": 3}),
        json!({"prompt": [user], "completion": [{"role": "assistant", "content": fenced}], "reward": 0.5, "step": 3}),
        json!({"prompt": "a box", "response": {"body": {"choices": [{"message": {"role": "assistant", "content": fenced}}]}}, "score": 0.5, "step": 3}),
    ] {
        let row = row(form.clone());
        assert_eq!(row.code().as_deref(), Some(CODE), "{form}");
        assert!(row.has_code(), "{form}");
        assert_eq!(row.prompt(), std::slice::from_ref(&user), "{form}");
        assert_eq!((row.score(), row.call()), (Some(0.5), Some(3)), "{form}");
    }
    // What a program printed is no answer, and the step of an episode is no call.
    let printed = row(json!({"code": "x = 1", "output": "hello", "response": "bye"}));
    assert_eq!(
        (printed.code().as_deref(), printed.completion()),
        (Some("x = 1"), None)
    );
    for form in [
        json!({"origin": "rules", "step": 2, "code": "x"}),
        json!({"observation": {}, "action": {"code": "x"}, "step": 2}),
    ] {
        assert_eq!(row(form.clone()).call(), None, "{form}");
    }
    let both = row(json!({"reward_call": 1, "step": 2, "code": "x"}));
    assert_eq!(both.call(), Some(1));
}

#[test]
fn half_of_a_surrogate_pair_is_preserved() {
    let line = r#"{"code":"x = '\ud800'","task":"\ud83d\ude00"}"#;
    let row = Row::parse(line.as_bytes()).unwrap();
    assert_eq!(
        *super::super::file_of(&row.code().unwrap()),
        *b"x = '\xed\xa0\x80'"
    );
    assert_eq!(
        String::from_utf8(super::super::line_of(&row.0)).unwrap(),
        line.replace(r"\ud83d\ude00", "😀")
    );
    // Other errors of the line are still errors.
    assert!(Row::parse(br#"{"code": "\ud800", NaN}"#).is_err());
}

#[test]
fn rewards_of_every_form_are_found() {
    for (form, total, score, built, kind) in [
        (
            json!({"reward": {"build": 1.0, "total": 0.5}, "score": 0.6, "kind": "low_editability"}),
            Some(0.5),
            Some(0.6),
            Some(true),
            Some(Kind::LowEditability),
        ),
        (
            json!({"cadforge_build": 0, "cadforge_total": -1.0, "score": -0.7, "code": CODE, "cadforge_error": "NameError: name 'x' is not defined"}),
            Some(-1.0),
            Some(-0.7),
            Some(false),
            Some(Kind::UndefinedName),
        ),
        (
            json!({"cadforge_build": 1.0, "cadforge_total": 0.8, "code": CODE}),
            Some(0.8),
            Some(0.8),
            Some(true),
            Some(Kind::BuildOk),
        ),
        (
            json!({"reward": -1.0, "code": "x = (", "finish_reason": "length"}),
            Some(-1.0),
            Some(-1.0),
            Some(false),
            Some(Kind::Clipped),
        ),
        (
            json!({"reward_before": 0.1, "reward_after": 0.7}),
            Some(0.7),
            Some(0.7),
            Some(true),
            Some(Kind::BuildOk),
        ),
        (json!({"code": CODE}), None, None, None, None),
        (
            json!({"completion": CODE, "failure_type": "timeout", "reward": 0.9}),
            Some(0.9),
            Some(0.9),
            None,
            None,
        ),
        (
            json!({"messages": [], "failure_type": "timeout"}),
            None,
            None,
            Some(false),
            Some(Kind::Timeout),
        ),
    ] {
        let row = row(form.clone());
        assert_eq!(
            (row.total(), row.score(), row.built(), row.kind()),
            (total, score, built, kind),
            "{form}"
        );
    }
}

#[test]
fn only_rows_that_tell_count_as_built() {
    let observation = json!({"reward_json": {"build": 1.0, "total": 0.7}});
    for (form, built) in [
        // Shaped failures.
        (json!({"score": -0.7}), Some(false)),
        (json!({"reward": -0.05}), Some(false)),
        (json!({"reward": 0.4, "score": -0.2}), Some(false)),
        (json!({"cadforge_total": -0.85, "score": 0.1}), Some(false)),
        // Dense rewards are positive for failed builds too.
        (json!({"reward": 0.34}), None),
        (json!({"score": 0.68, "reward": 0.68}), None),
        (json!({"score": 0.68, "cadforge_total": -1.0}), Some(false)),
        // Totals of this environment, gated at -1.
        (json!({"cadforge_total": 0.34}), Some(true)),
        (json!({"cadforge_reward": {"total": 0.34}}), Some(true)),
        (json!({"reward": {"total": 0.34}}), Some(true)),
        (json!({"reward_before": -1.0, "reward_after": 0.6}), Some(true)),
        (json!({"reward_before": 0.5, "reward_after": -1.0}), Some(false)),
        (
            json!({"observation": observation, "action": {"code": "x"}, "reward": 0.6}),
            Some(true),
        ),
        // The observation precedes the step and tells nothing of it.
        (json!({"observation": observation, "action": {"code": "x"}}), None),
        // 0 tells nothing.
        (json!({"cadforge_total": 0.0}), None),
        (json!({"reward": 0}), None),
        // Explicit values precede numbers.
        (
            json!({"cadforge_build": 0.0, "cadforge_total": 0.5303}),
            Some(false),
        ),
        (json!({"ok": true, "reward": -0.01}), Some(true)),
        (json!({"ok": false, "reward": 0.5}), Some(false)),
        (json!({"kind": "crash", "reward": 0.5}), Some(false)),
        (json!({"kind": "low_editability", "reward": 0.5}), Some(true)),
        (json!({"kind": "of another tool", "reward": 0.5}), None),
        (
            json!({"failure": {"message": "x"}, "reward": {"total": 0.5}}),
            Some(false),
        ),
        (json!({"failure": null, "reward": {"total": 0.5}}), Some(true)),
        (
            json!({"cadforge_error": "NameError", "cadforge_total": 0.5}),
            Some(false),
        ),
        (json!({"cadforge_error": " ", "cadforge_total": 0.5}), Some(true)),
        (json!({"code": CODE}), None),
        (json!({"reward": null, "score": "good"}), None),
    ] {
        assert_eq!(row(form.clone()).built(), built, "{form}");
    }
}

#[test]
fn the_prompt_ends_where_the_answer_begins() {
    let (user, answer) = (
        json!({"role": "user", "content": "hi"}),
        json!({"role": "assistant", "content": "x"}),
    );
    assert_eq!(
        row(json!({"messages": [user, answer]})).prompt(),
        std::slice::from_ref(&user)
    );
    assert_eq!(
        row(json!({"prompt": "hi", "messages": [answer]})).prompt(),
        std::slice::from_ref(&user)
    );
    assert_eq!(row(json!({"messages": [user]})).prompt(), [user]);
    assert!(row(json!({"code": "x"})).prompt().is_empty());
}
