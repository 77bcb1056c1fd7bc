//! Tests against a server that misbehaves.

mod adapters;
mod misbehaving;

use std::net::TcpListener;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use misbehaving::{Act, FakeServer, STREAM, Seen, chunk, delta, finish, models, ok, reply, serve, stream};

use super::*;
use cadforge_executor::CancelSource;
use cadforge_task::Task;
use cadforge_trajectory::Step;

const CODE: &str = "import cadquery as cq\nfixture = cq.Workplane().box(1, 2, 3)\n";

fn task() -> Task {
    Task {
        bbox_mm: Some([10.0, 10.0, 10.0]),
        ..crate::tests::task()
    }
}

fn seed() -> Step {
    serde_json::from_value(json!({
        "step": 0, "origin": "seed", "parent": null, "format": 1, "task_id": "cube", "profile": "cadforge-v1", "mode": "full", "ok": false,
        "kind": "invented_api",
        "failure": {"kind": "invented_api", "message": "AttributeError: 'Workplane' object has no attribute 'cube'", "line": 2, "traceback": ""},
        "reward": {"build": 0.0, "topology": 0.0, "contact": 0.0, "semantic_parts": 0.0, "reference_similarity": 0.0, "silhouette": 0.0, "editability": 0.0, "efficiency": 0.0, "total": -1.0},
        "notes": ["the build failed"], "details": {}, "bbox": null,
        "timing": {"queue_ms": 0.0, "run_ms": 0.0, "mesh_ms": 0.0, "score_ms": 0.0, "editability_ms": 0.0, "total_ms": 0.0},
        "artifacts": {"dir": null, "code": null, "stl": null, "reward": null}, "stdout": "", "stderr": "",
        "versions": {"cadforge": "", "cadquery": "", "ocp": "", "python": "", "task": ""},
        "code": "import cadquery as cq\nfixture = cq.Workplane().cube(1)\n", "proposal": null,
    }))
    .expect("a step")
}

fn config(server: &FakeServer) -> EndpointConfig {
    EndpointConfig {
        retries: 2,
        pause: Duration::from_millis(20),
        timeouts: Timeouts {
            connect: Duration::from_secs(2),
            first: Duration::from_millis(900),
            between: Duration::from_millis(600),
        },
        ..EndpointConfig::new(server.address.clone())
    }
}

/// One proposal, with its streamed text.
fn propose(config: EndpointConfig) -> (String, Result<Proposed, ProposeError>) {
    propose_until(config, &CancelToken::never())
}

fn propose_until(config: EndpointConfig, cancel: &CancelToken) -> (String, Result<Proposed, ProposeError>) {
    let (task, history) = (task(), [seed()]);
    let proposal_request = ProposalRequest {
        task: &task,
        history: &history,
        head: 0,
        shape: None,
        candidate: 0,
    };
    let mut streamed = String::new();
    let proposed =
        Endpoint::new(config).propose(&proposal_request, &mut |text| streamed.push_str(text), cancel);
    (
        streamed,
        proposed.map(|proposed| proposed.expect("an endpoint always proposes")),
    )
}

/// A server with one model that answers chat requests with `play`.
fn chat(play: impl Fn(&Seen, usize) -> Vec<Act> + Send + Sync + 'static) -> FakeServer {
    serve(move |seen, before| match seen.line.split(' ').nth(1) {
        Some("/v1/models") => models(),
        Some("/v1/chat/completions") => play(seen, before),
        _ => reply("404 Not Found", "application/json", r#"{"detail":"Not Found"}"#),
    })
}

#[test]
fn an_unusual_stream_arrives_complete() {
    let server = chat(|_, _| {
        let first = format!(
            "data: {}\n\n",
            json!({"choices": [{"delta": {"role": "assistant", "content": null}}]})
        );
        let counted = format!(
            "data: {}\n\n",
            json!({"choices": [], "usage": {"prompt_tokens": 120, "completion_tokens": 30}})
        );
        let (a, b) = CODE.split_at(20);
        let mut events = vec![
            ": ping\n\n".to_owned(),
            first,
            delta(a),
            delta(b),
            counted,
            finish("stop"),
        ];
        // Split a line and a multi-byte character.
        let umlaut = delta("# ü\n");
        let at = umlaut.find("\\u").or(umlaut.find('ü')).unwrap() + 1;
        let (left, right) = umlaut.as_bytes().split_at(at);
        let mut acts = vec![Act::Send(STREAM.as_bytes().to_vec())];
        let last = events.split_off(4);
        acts.extend(events.iter().map(|event| Act::Send(chunk(event))));
        for half in [left, right] {
            acts.push(Act::Send(
                [format!("{:x}\r\n", half.len()).as_bytes(), half, b"\r\n"].concat(),
            ));
            acts.push(Act::Wait(60));
        }
        acts.extend(last.iter().map(|event| Act::Send(chunk(event))));
        // The connection stays open: the end of the stream suffices.
        acts.push(Act::UntilClosed);
        acts
    });
    let (streamed, proposed) = propose(config(&server));
    let proposed = proposed.unwrap();
    assert_eq!(proposed.code, format!("{CODE}# ü\n"));
    assert_eq!(streamed, proposed.code);
    assert!(!proposed.clipped);
    assert!(
        proposed.reason.contains("120 tokens of prompt, 30 of answer"),
        "{}",
        proposed.reason
    );
    let seen = server.seen.lock().unwrap().clone();
    let body = &seen.last().unwrap().body;
    assert_eq!(
        (&body["model"], &body["seed"], &body["stream"]),
        (&json!("repairer"), &json!(0), &json!(true))
    );
    assert_eq!(body["chat_template_kwargs"], json!({"enable_thinking": false}));
    let prompt = body["messages"][1]["content"].as_str().unwrap();
    assert!(
        prompt.contains("Design a cube.")
            && prompt.contains("no attribute 'cube'")
            && prompt.contains(".cube(1)"),
        "{prompt}"
    );
}

#[test]
fn reasoning_is_streamed_and_stripped() {
    for key in ["reasoning_content", "reasoning"] {
        let server = chat(move |_, _| {
            let thought = format!(
                "data: {}\n\n",
                json!({"choices": [{"delta": {key: "a cube is a box"}}]})
            );
            stream(&[thought, delta(CODE), finish("stop")])
        });
        let (streamed, proposed) = propose(config(&server));
        let proposed = proposed.unwrap();
        assert_eq!(proposed.code, CODE);
        assert!(
            streamed.starts_with("<think>a cube is a box</think>"),
            "{streamed}"
        );
        assert!(proposed.text.unwrap().contains("a cube is a box"));
    }
    // The template opened the reasoning in the prompt, and fences follow.
    let server = chat(|_, _| {
        stream(&[
            delta("a box, then.</think>\n```python\n"),
            delta(CODE),
            delta("```\n"),
            finish("stop"),
        ])
    });
    assert_eq!(propose(config(&server)).1.unwrap().code, CODE);
}

#[test]
fn an_answer_at_the_token_limit_is_clipped_and_kept() {
    let server = chat(|_, _| stream(&[delta(&CODE[..40]), finish("length")]));
    let proposed = propose(config(&server)).1.unwrap();
    assert!(proposed.clipped);
    assert_eq!(proposed.code.trim_end(), CODE[..40].trim_end());
    assert!(
        proposed.reason.contains("cut at 4096 tokens"),
        "{}",
        proposed.reason
    );
}

#[test]
fn an_answer_in_one_piece_is_accepted() {
    let server = chat(|_, _| {
        ok(
            &json!({"choices": [{"message": {"role": "assistant", "content": CODE}, "finish_reason": "stop"}]}),
        )
    });
    let (streamed, proposed) = propose(config(&server));
    assert_eq!((streamed.as_str(), proposed.unwrap().code.as_str()), (CODE, CODE));
}

#[test]
fn text_before_the_death_of_a_server_is_kept() {
    let half = || {
        vec![
            Act::Send(STREAM.as_bytes().to_vec()),
            Act::Send(chunk(&delta("import cadquery as cq\n"))),
        ]
    };
    let cases: [(&str, Vec<Act>, &str); 5] = [
        ("closed between chunks", half(), "in the middle of its answer"),
        (
            "a half-written line",
            [half(), vec![Act::Send(b"40\r\ndata: {\"choi".to_vec())]].concat(),
            "in the middle of its answer",
        ),
        (
            "silence",
            [half(), vec![Act::Wait(1500)]].concat(),
            "sent nothing",
        ),
        (
            "an error in the stream",
            stream(&[
                delta("import cadquery as cq\n"),
                "data: {\"error\":{\"message\":\"out of memory\"}}\n\n".to_owned(),
            ]),
            "out of memory",
        ),
        (
            "an end without a reason",
            stream(&[delta("import cadquery as cq\n")]),
            "without saying why",
        ),
    ];
    for (name, acts, expected) in cases {
        let server = chat(move |_, _| acts.clone());
        let (streamed, proposed) = propose(config(&server));
        let error = proposed.expect_err(name);
        assert!(
            error.message.contains(expected) && error.message.contains("hint:"),
            "{name}: {}",
            error.message
        );
        assert_eq!(error.partial, "import cadquery as cq\n", "{name}");
        assert_eq!(streamed, error.partial, "{name}: streamed once, without a retry");
        assert!(!error.input, "{name}");
    }
}

#[test]
fn a_server_that_is_not_ready_is_retried() {
    let server = chat(|_, before| match before {
        0 => reply(
            "503 Service Unavailable",
            "application/json",
            r#"{"error":{"message":"Loading model","code":503}}"#,
        ),
        1 => Vec::new(),
        _ => stream(&[delta(CODE), finish("stop")]),
    });
    assert_eq!(propose(config(&server)).1.unwrap().code, CODE);
    let server = chat(|_, _| {
        reply(
            "503 Service Unavailable",
            "application/json",
            r#"{"error":{"message":"Loading model"}}"#,
        )
    });
    let error = propose(config(&server)).1.unwrap_err();
    assert!(
        error.message.contains("Loading model") && error.message.contains("still loading"),
        "{}",
        error.message
    );
    let tries = server
        .seen
        .lock()
        .unwrap()
        .iter()
        .filter(|seen| seen.line.starts_with("POST"))
        .count();
    assert_eq!(tries, 3, "two retries");
}

#[test]
fn other_servers_are_recognised() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = EndpointConfig {
        pause: Duration::from_millis(5),
        retries: 1,
        ..EndpointConfig::new(Address::parse(&unused.to_string()).unwrap())
    };
    let error = propose(refused).1.unwrap_err();
    assert!(
        error.message.contains("cannot connect") && error.message.contains("start the server") && error.input,
        "{}",
        error.message
    );

    let cases: [(&str, Vec<Act>, &str); 4] = [
        (
            "a web page",
            reply("200 OK", "text/html", "<html><body>hello</body></html>"),
            "web page",
        ),
        (
            "no HTTP",
            vec![Act::Send(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())],
            "does not speak HTTP",
        ),
        (
            "a wrong key",
            reply(
                "401 Unauthorized",
                "application/json",
                r#"{"error":"Unauthorized"}"#,
            ),
            "--api-key-env",
        ),
        ("silence", vec![Act::Wait(3000)], "sent nothing"),
    ];
    for (name, acts, expected) in cases {
        let server = serve(move |_, _| acts.clone());
        let error = propose(config(&server)).1.expect_err(name);
        assert!(error.message.contains(expected), "{name}: {}", error.message);
    }
}

#[test]
fn a_cancel_closes_the_connection() {
    let server = chat(|_, _| {
        vec![
            Act::Send(STREAM.as_bytes().to_vec()),
            Act::Send(chunk(&delta("import"))),
            Act::UntilClosed,
        ]
    });
    let (source, token) = CancelToken::pair();
    let timer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(250));
        CancelSource::cancel(source);
    });
    let start = Instant::now();
    let (streamed, proposed) = propose_until(config(&server), &token);
    assert!(proposed.is_err());
    assert!(
        start.elapsed() < Duration::from_millis(550),
        "it took {:?}",
        start.elapsed()
    );
    assert_eq!(streamed, "import");
    timer.join().unwrap();
    let deadline = Instant::now() + Duration::from_secs(5);
    while !server.closed.load(Ordering::SeqCst) {
        assert!(
            Instant::now() < deadline,
            "the server never saw the connection close"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_prompt_that_is_too_long_loses_its_optional_parts() {
    let server = chat(|seen, _| {
        let prompt = seen.body["messages"].to_string();
        if prompt.contains("the build failed") {
            let body = json!({"error": {"code": 400, "message": "the request exceeds the available context size", "type": "exceed_context_size_error"}});
            return reply("400 Bad Request", "application/json", &body.to_string());
        }
        stream(&[delta(CODE), finish("stop")])
    });
    let proposed = propose(config(&server)).1.unwrap();
    assert_eq!(proposed.code, CODE);
    assert!(
        proposed.warnings.iter().any(|warning| warning.contains("notes")),
        "{:?}",
        proposed.warnings
    );
    // A prompt that cannot fit is an error before anything is sent.
    let long = EndpointConfig {
        max_tokens: 9000,
        ..config(&server)
    };
    let error = propose(long).1.unwrap_err();
    assert!(error.message.contains("8192") && error.input, "{}", error.message);
}
