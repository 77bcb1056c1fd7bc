//! Adapters of llama.cpp, and recorded exchanges.

use super::*;

/// A llama.cpp server with two adapters, active or not.
fn llama(active: bool) -> FakeServer {
    serve(move |seen, _| match seen.line.split(' ').nth(1) {
        Some("/v1/models") => ok(&json!({"data": [{"id": "base.gguf", "owned_by": "llamacpp"}]})),
        Some("/lora-adapters") => ok(
            &json!([{"id": 0, "path": "/l/sft.gguf", "scale": 1.0}, {"id": 1, "path": "/l/grpo.gguf", "scale": 1.0}]),
        ),
        Some("/props") => ok(&json!({"default_generation_settings": {"n_ctx": 8192}})),
        _ => {
            let scales: Vec<f64> = seen.body["lora"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["scale"].as_f64().unwrap())
                .collect();
            let text = if active {
                format!("# {scales:?}\n{CODE}")
            } else {
                CODE.to_owned()
            };
            stream(&[delta(&text), finish("stop")])
        }
    })
}

#[test]
fn an_adapter_is_set_per_request_and_compared_with_its_base() {
    let server = llama(true);
    let chosen = EndpointConfig {
        model: Some("grpo".to_owned()),
        ..config(&server)
    };
    let (streamed, proposed) = propose(chosen.clone());
    assert!(streamed.starts_with("# [0.0, 1.0]"), "{streamed}");
    assert_eq!(proposed.unwrap().warnings, [""; 0]);
    let seen = server.seen.lock().unwrap().clone();
    let chats: Vec<&Value> = seen
        .iter()
        .filter(|seen| seen.line.starts_with("POST"))
        .map(|seen| &seen.body)
        .collect();
    assert_eq!(chats.len(), 3, "greedy with, greedy without, then the proposal");
    assert_eq!(
        (&chats[0]["temperature"], &chats[1]["temperature"]),
        (&json!(0.0), &json!(0.0))
    );
    assert_eq!(
        chats[1]["lora"],
        json!([{"id": 0, "scale": 0.0}, {"id": 1, "scale": 0.0}])
    );
    assert!(chats.iter().all(|chat| chat["cache_prompt"] == json!(false)));

    let silent = llama(false);
    let warnings = propose(EndpointConfig {
        model: Some("grpo".to_owned()),
        ..config(&silent)
    })
    .1
    .unwrap()
    .warnings;
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("`grpo`") && warning.contains("may not be active")),
        "{warnings:?}"
    );
    let error = propose(EndpointConfig {
        model: Some("dpo".to_owned()),
        ..config(&silent)
    })
    .1
    .unwrap_err();
    assert!(
        error.message.contains("it has base.gguf, sft, grpo"),
        "{}",
        error.message
    );
}

#[test]
fn an_exchange_is_recorded_without_its_key_and_replayed_without_a_server() {
    let dir = tempfile::tempdir().unwrap();
    let variable = "CADFORGE_TEST_ENDPOINT_KEY";
    // A variable that only this test uses.
    let key = std::env::var("PATH").unwrap();
    let server = chat(|_, _| stream(&[delta(CODE), finish("stop")]));
    let recording = EndpointConfig {
        key_variable: "PATH".to_owned(),
        transport: Transport::Record(dir.path().to_owned()),
        ..config(&server)
    };
    let live = propose(recording.clone());
    let sent = server
        .seen
        .lock()
        .unwrap()
        .iter()
        .all(|seen| seen.head.contains(&format!("authorization: Bearer {key}")));
    assert!(sent, "the key goes with every request");
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains(&key), "{text}");
    }

    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let offline = |seed| EndpointConfig {
        address: Address::parse(&unused.to_string()).unwrap(),
        key_variable: variable.to_owned(),
        transport: Transport::Replay {
            dir: dir.path().to_owned(),
            paced: true,
        },
        seed,
        ..recording.clone()
    };
    let replayed = propose(offline(0));
    assert_eq!(replayed.0, live.0);
    assert_eq!(replayed.1.unwrap().code, live.1.unwrap().code);
    let error = propose(offline(1)).1.unwrap_err();
    assert!(error.message.contains("nothing is recorded"), "{}", error.message);
}
