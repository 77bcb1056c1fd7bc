//! OpenEnv over a WebSocket: episodes, recoverable errors, pings during a step, disconnecting clients.

use std::io::Write;
use std::time::Instant;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::client::TIMEOUT;
use super::{BOX, BROKEN, Server, shared};

/// Runs long enough for other messages to arrive meanwhile.
const SLOW: &str =
    "import time\ntime.sleep(5)\nimport cadquery as cq\nfixture = cq.Workplane().box(1, 2, 3)\n";

fn step(code: &str) -> Value {
    json!({ "type": "step", "data": { "code": code } })
}

fn error_code(reply: &Value) -> &str {
    assert_eq!(reply["type"], "error", "{reply}");
    assert!(reply["data"]["message"].is_string(), "{reply}");
    reply["data"]["code"]
        .as_str()
        .unwrap_or_else(|| panic!("{reply}"))
}

#[test]
fn an_episode_runs_from_reset_to_close() {
    let mut socket = shared().socket();
    let reset = json!({ "type": "reset", "data": { "task_id": "caster_wheel_fork", "episode_id": "mine" } });
    let first = socket.request(&reset);
    assert_eq!(first["type"], "observation");
    assert_eq!(first["data"]["observation"]["task_id"], "caster_wheel_fork");
    let second = socket.request(&step(BOX));
    let (before, after) = (&first["data"]["reward"], &second["data"]["reward"]);
    let trace = &second["data"]["observation"]["trace"];
    assert_eq!(trace.as_array().unwrap().len(), 2, "{trace}");
    let delta = after.as_f64().unwrap() - before.as_f64().unwrap();
    assert!(
        (trace[1]["delta"].as_f64().unwrap() - delta).abs() < 1e-12,
        "{trace}"
    );
    let state = socket.request(&json!({ "type": "state" }));
    assert_eq!(state["type"], "state");
    assert_eq!(
        (&state["data"]["episode_id"], &state["data"]["step_count"]),
        (&json!("mine"), &json!(1))
    );
    assert_eq!(state["data"]["current_code"], BOX);
    assert_eq!(state["data"]["last_reward"]["total"], *after);
    // A step on another task starts a new episode.
    let other =
        socket.request(&json!({ "type": "step", "data": { "code": BOX, "task_id": "cable_clip_snap" } }));
    assert_eq!(other["data"]["observation"]["task_id"], "cable_clip_snap");
    assert_eq!(other["data"]["observation"]["trace"].as_array().unwrap().len(), 1);
    socket.send(&json!({ "type": "close" }));
    assert_eq!(
        socket.close_frame().map(|frame| frame.code),
        Some(CloseCode::Normal)
    );
}

#[test]
fn an_episode_ends_after_twelve_steps() {
    let mut socket = shared().socket();
    for number in 1..=13 {
        let reply = socket.request(&step(&format!("x = {number}\n")));
        assert_eq!(reply["data"]["reward"], -1.0, "{reply}");
        assert_eq!(reply["data"]["done"], number >= 12, "step {number}");
        assert_eq!(reply["data"]["observation"]["done"], reply["data"]["done"]);
    }
    let reply = socket.request(&json!({ "type": "reset", "data": {} }));
    assert_eq!(reply["data"]["done"], false);
    assert_eq!(reply["data"]["observation"]["trace"].as_array().unwrap().len(), 1);
}

#[test]
fn a_repaired_part_ends_its_episode() {
    let task = "caster_wheel_fork";
    let repaired =
        std::fs::read_to_string(crate::support::root().join("tasks/caster_wheel_fork/repairs/guided/4.py"));
    let mut socket = shared().socket();
    socket.request(&json!({ "type": "reset", "data": { "task_id": task } }));
    let reply = socket.request(&step(&repaired.unwrap()));
    let total = reply["data"]["reward"].as_f64().unwrap();
    assert!(total >= 0.92, "{total}");
    assert_eq!(reply["data"]["done"], true);
    // The seed does not.
    socket.request(&json!({ "type": "reset", "data": { "task_id": task } }));
    let seed = std::fs::read_to_string(crate::support::root().join("tasks/caster_wheel_fork/seeds/weak.py"));
    assert_eq!(socket.request(&step(&seed.unwrap()))["data"]["done"], false);
}

#[test]
fn invalid_messages_are_reported_and_the_socket_stays_open() {
    let mut socket = shared().socket();
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let texts = [
        ("{", "INVALID_JSON"),
        ("", "INVALID_JSON"),
        ("{\"type\": \"step\", \"data\": {\"code\": NaN}}", "INVALID_JSON"),
        (
            "{\"type\": \"reset\", \"data\": {\"seed\": Infinity}}",
            "INVALID_JSON",
        ),
        (deep.as_str(), "INVALID_JSON"),
        ("[]", "VALIDATION_ERROR"),
        ("null", "VALIDATION_ERROR"),
        ("7", "VALIDATION_ERROR"),
    ];
    for (text, expected) in texts {
        socket.send_text(text);
        let reply = socket.receive();
        assert_eq!(error_code(&reply), expected, "{text:.60}: {reply}");
    }
    let messages = [
        (json!({}), "UNKNOWN_TYPE"),
        (json!({ "type": "jump" }), "UNKNOWN_TYPE"),
        (json!({ "type": 7 }), "UNKNOWN_TYPE"),
        (json!({ "type": null, "data": {} }), "UNKNOWN_TYPE"),
        (json!({ "type": "step" }), "VALIDATION_ERROR"),
        (json!({ "type": "step", "data": "x" }), "VALIDATION_ERROR"),
        (json!({ "type": "step", "data": {} }), "VALIDATION_ERROR"),
        (
            json!({ "type": "step", "data": { "code": "" } }),
            "VALIDATION_ERROR",
        ),
        (
            json!({ "type": "step", "data": { "code": 7 } }),
            "VALIDATION_ERROR",
        ),
        (
            json!({ "type": "step", "data": { "code": "x", "reward_mode": "slow" } }),
            "VALIDATION_ERROR",
        ),
        (
            json!({ "type": "step", "data": { "action": { "code": "x" } } }),
            "VALIDATION_ERROR",
        ),
        (
            json!({ "type": "step", "data": { "code": "x" }, "more": 1 }),
            "VALIDATION_ERROR",
        ),
        (
            json!({ "type": "reset", "data": { "seed": "x" } }),
            "VALIDATION_ERROR",
        ),
        (json!({ "type": "reset", "data": [] }), "VALIDATION_ERROR"),
        (json!({ "type": "state", "data": {} }), "VALIDATION_ERROR"),
        (json!({ "type": "close", "data": {} }), "VALIDATION_ERROR"),
        (json!({ "type": "mcp" }), "VALIDATION_ERROR"),
        (
            json!({ "type": "reset", "data": { "task_id": "no_such" } }),
            "EXECUTION_ERROR",
        ),
        (
            json!({ "type": "step", "data": { "code": "x", "task_id": "/etc/passwd" } }),
            "EXECUTION_ERROR",
        ),
    ];
    for (message, expected) in messages {
        let reply = socket.request(&message);
        assert_eq!(error_code(&reply), expected, "{message}: {reply}");
        if expected == "VALIDATION_ERROR" {
            assert!(reply["data"]["errors"][0]["loc"].is_array(), "{message}: {reply}");
        }
    }
    socket.0.send(Message::binary(b"\xff\xfe".to_vec())).unwrap();
    assert_eq!(error_code(&socket.receive()), "INVALID_JSON");
    let mcp = socket
        .request(&json!({ "type": "mcp", "data": { "jsonrpc": "2.0", "id": "a", "method": "tools/list" } }));
    assert_eq!((&mcp["type"], &mcp["data"]["id"]), (&json!("mcp"), &json!("a")));
    assert!(mcp["data"]["result"]["tools"].is_array(), "{mcp}");
    let mcp = socket.request(&json!({ "type": "mcp", "data": {} }));
    assert_eq!(mcp["data"]["error"]["code"], -32600);
    // The socket still accepts a step.
    assert_eq!(socket.request(&step(BROKEN))["data"]["reward"], -1.0);
}

#[test]
fn every_socket_accepts_a_lone_surrogate() {
    let mut socket = shared().socket();
    socket.send_text(r#"{"type": "step", "data": {"code": "x = '\ud83d'"}}"#);
    let reply = socket.receive();
    assert_eq!(reply["type"], "observation", "{reply}");
    assert_eq!(reply["data"]["reward"], -1.0);
    assert!(reply.to_string().contains("bad_encoding"), "{reply}");

    let mut socket = shared().socket_with("/mcp", &[]).expect("a socket");
    socket.send_text(r#"{"jsonrpc": "2.0", "id": "\uD83D", "method": "ping"}"#);
    let text = socket.0.read().unwrap().into_text().unwrap();
    assert!(text.contains(r#""id":"\ud83d""#), "{text}");
}

#[test]
fn json_rpc_has_its_own_socket() {
    let mut socket = shared().socket_with("/mcp", &[]).expect("a socket");
    let reply = socket.request(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
    assert!(reply["result"]["tools"].is_array(), "{reply}");
    socket.send_text("{");
    assert_eq!(socket.receive()["error"]["code"], -32700);
}

#[test]
fn pings_are_answered_while_a_step_runs() {
    let mut socket = shared().socket();
    socket.send(&step(SLOW));
    socket
        .0
        .send(Message::Ping(b"still there?".to_vec().into()))
        .unwrap();
    match socket.0.read().unwrap() {
        Message::Pong(payload) => assert_eq!(&payload[..], b"still there?"),
        other => panic!("before the pong came {other:?}"),
    }
    assert_eq!(socket.receive()["type"], "observation");
}

#[test]
fn pipelined_messages_are_answered_in_order() {
    let mut socket = shared().socket();
    socket.send(&step("x = 1\n"));
    socket.send(&json!({ "type": "state" }));
    socket.send(&json!({ "type": "jump" }));
    assert_eq!(socket.receive()["type"], "observation");
    let state = socket.receive();
    assert_eq!(
        (&state["type"], &state["data"]["step_count"]),
        (&json!("state"), &json!(1))
    );
    assert_eq!(error_code(&socket.receive()), "UNKNOWN_TYPE");
    // The number of pipelined messages is limited.
    socket.send(&step(SLOW));
    for _ in 0..100 {
        if socket.0.send(Message::text("{\"type\": \"state\"}")).is_err() {
            break;
        }
    }
    assert_eq!(
        socket.close_frame().map(|frame| frame.code),
        Some(CloseCode::Policy)
    );
}

#[test]
fn a_step_timeout_is_an_error_and_the_episode_continues() {
    let server = Server::start(&["--step-timeout", "5", "--max-envs", "1"]);
    let mut socket = server.socket();
    // Wait until the worker has started, which the step timeout may not cover.
    let since = Instant::now();
    loop {
        let reply = socket.request(&step(BROKEN));
        if reply["type"] == "observation" {
            break;
        }
        assert!(since.elapsed() < TIMEOUT, "the worker does not start: {reply}");
    }
    let steps = socket.request(&json!({ "type": "state" }))["data"]["step_count"].clone();
    let reply = socket.request(&step("import time\ntime.sleep(20)\n"));
    assert_eq!(error_code(&reply), "EXECUTION_ERROR");
    assert!(
        reply["data"]["message"]
            .as_str()
            .unwrap()
            .contains("no score within 5 s"),
        "{reply}"
    );
    assert_eq!(
        socket.request(&json!({ "type": "state" }))["data"]["step_count"],
        steps
    );
    let request = json!({ "action": { "code": "import time\ntime.sleep(20)\n" }, "timeout_s": 0.5 });
    let response = server.post("/step", &request);
    assert_eq!(response.status, 503, "{response:?}");
    assert!(response.header("retry-after").is_some(), "{response:?}");
}

#[test]
fn a_disconnecting_client_cancels_its_step() {
    let server = Server::start(&["--timeout", "600"]);
    let endless = "while True:\n    pass\n";
    // In mid-step, one client drops the connection, one half-closes it, one sends a close frame.
    let mut dropped = server.socket();
    dropped.send(&step(endless));
    drop(dropped);
    let mut half_closed = server.socket();
    half_closed.send(&step(endless));
    half_closed
        .0
        .get_ref()
        .shutdown(std::net::Shutdown::Write)
        .unwrap();
    assert_eq!(half_closed.close_frame(), None);
    let mut closing = server.socket();
    closing.send(&step(endless));
    closing.0.close(None).unwrap();
    closing.close_frame();
    // An HTTP client that disconnects.
    let mut stream = server.connect();
    let body = json!({ "action": { "code": endless } }).to_string();
    write!(
        stream,
        "POST /step HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    drop(stream);
    let since = Instant::now();
    let waiting = |text: &str| {
        let line = text
            .lines()
            .find(|line| line.starts_with("cadforge_workers{state=\"busy\"}"));
        line.unwrap().rsplit(' ').next().unwrap() != "0"
    };
    // Well before the step timeout of 55 s.
    while waiting(&server.get("/metrics").text()) {
        assert!(since.elapsed().as_secs() < 45, "a worker is still busy");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(server.socket().request(&step(BROKEN))["data"]["reward"], -1.0);
}

#[test]
fn an_oversized_message_closes_only_its_own_socket() {
    let server = shared();
    let mut socket = server.socket();
    let huge = "x".repeat(17 << 20);
    // The server may close the socket before it has read the whole message.
    let _ = socket.0.send(Message::text(huge));
    if let Some(frame) = socket.close_frame() {
        assert_eq!(frame.code, CloseCode::Size);
    }
    assert!(socket.0.read().is_err(), "the socket is closed");
    assert_eq!(
        server.socket().request(&json!({ "type": "state" }))["type"],
        "state"
    );
}

#[test]
fn environments_are_limited_and_released() {
    let server = Server::start(&["--max-envs", "2"]);
    let (mut first, mut second) = (server.socket(), server.socket());
    // Both have their environments before the third asks.
    assert_eq!(first.request(&json!({ "type": "state" }))["type"], "state");
    assert_eq!(second.request(&json!({ "type": "state" }))["type"], "state");
    let mut third = server.socket();
    let refused = third.receive();
    assert_eq!(error_code(&refused), "CAPACITY_REACHED");
    assert_eq!(
        (
            &refused["data"]["active_sessions"],
            &refused["data"]["max_sessions"]
        ),
        (&json!(2), &json!(2))
    );
    assert_eq!(
        third.close_frame().map(|frame| frame.code),
        Some(CloseCode::Normal)
    );
    drop(second);
    // The environment is released once the server notices.
    let since = Instant::now();
    loop {
        let mut fourth = server.socket();
        if fourth.request(&json!({ "type": "state" }))["type"] == "state" {
            break;
        }
        assert!(since.elapsed() < TIMEOUT, "the environment is not released");
    }
}

#[test]
fn a_silent_socket_is_closed_with_a_reason() {
    let server = Server::start(&["--idle-timeout", "1"]);
    let mut idle = server.socket();
    // Pings alone do not keep a socket open.
    idle.0.send(Message::Ping(b"".to_vec().into())).unwrap();
    assert_eq!(error_code(&idle.receive()), "SESSION_ERROR");
    assert_eq!(idle.close_frame().map(|frame| frame.code), Some(CloseCode::Away));
}
