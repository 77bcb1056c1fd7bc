//! Access control, start-up refusals, and shutdown of the server.

use std::io::Read;
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::{BOX, Server, serve, shared};
use crate::kernel::{LANDLOCK, SECCOMP, on_kernel_without};
use crate::support::{expect_exit, root};

const TOKEN: &str = "correct-horse-battery";

/// Runs a command that must fail without output; returns its message.
fn refusal(command: &mut Command, code: i32) -> String {
    let output = expect_exit(command.stdin(Stdio::null()), code);
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_public_address_requires_a_token_or_unsafe_twice() {
    let folder = tempfile::tempdir().unwrap();
    for flags in [&[][..], &["--unsafe"][..]] {
        for host in ["0.0.0.0", "::"] {
            let mut command = serve(folder.path(), &["--host", host, "--port", "0"]);
            let stderr = refusal(command.args(flags), 2);
            assert!(
                stderr.contains("without a token") && stderr.contains("CADFORGE_TOKEN"),
                "{stderr}"
            );
        }
    }
    for token in ["short", "has a space in it, which no header takes"] {
        let stderr = refusal(&mut serve(folder.path(), &["--port", "0", "--token", token]), 2);
        assert!(stderr.contains("the token is too short or"), "{stderr}");
    }
    let server = Server::start(&["--host", "0.0.0.0", "--unsafe", "--unsafe"]);
    assert_eq!(server.get("/health").status, 200);
    let server = Server::start_with(&["--host", "0.0.0.0"], |command| {
        command.env("CADFORGE_TOKEN", TOKEN);
    });
    assert_eq!(server.get("/state").status, 401);
}

#[test]
fn a_public_address_requires_a_sandbox_or_unsafe_twice() {
    let folder = tempfile::tempdir().unwrap();
    let tasks = root().join("tasks").display().to_string();
    let arguments = [
        "serve", "--tasks", &tasks, "--host", "0.0.0.0", "--port", "0", "--token", TOKEN,
    ];
    let with_unsafe = |times: usize| [&arguments[..], &vec!["--unsafe"; times]].concat();
    for (call, name) in [(LANDLOCK, "Landlock"), (SECCOMP, "seccomp")] {
        for times in [0, 1] {
            let stderr = refusal(
                &mut on_kernel_without(call, folder.path(), &with_unsafe(times)),
                3,
            );
            assert!(
                stderr.contains("not sandboxed")
                    && stderr.contains(name)
                    && stderr.contains("--unsafe twice"),
                "{stderr}"
            );
        }
    }
    // With `--unsafe` twice it warns and serves, here until its standard input ends.
    let all = [&with_unsafe(2)[..], &["--while-stdin"]].concat();
    let output = expect_exit(
        on_kernel_without(LANDLOCK, folder.path(), &all).stdin(Stdio::null()),
        0,
    );
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("listening on a public address anyway")
            && stderr.contains("listening on http://0.0.0.0"),
        "{stderr}"
    );
    // On the loopback address it warns and serves.
    let local = ["serve", "--tasks", &tasks, "--port", "0", "--while-stdin"];
    let output = expect_exit(
        on_kernel_without(LANDLOCK, folder.path(), &local).stdin(Stdio::null()),
        0,
    );
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("not sandboxed"), "{stderr}");
}

#[test]
fn usage_errors_are_reported_before_the_server_starts() {
    let folder = tempfile::tempdir().unwrap();
    let long = "x".repeat(300);
    for arguments in [
        &["--host", long.as_str()][..],
        &["--port", "70000"],
        &["--max-envs", "0"],
        &["--step-timeout", "60"],
        &["--tasks", "/nowhere"],
    ] {
        refusal(&mut serve(folder.path(), arguments), 2);
    }
    // A port that is in use.
    let port = shared().port.to_string();
    let stderr = refusal(&mut serve(folder.path(), &["--port", &port]), 3);
    assert!(
        stderr.contains("cannot listen on") && stderr.contains("--port"),
        "{stderr}"
    );
}

#[test]
fn every_route_but_health_and_the_page_requires_the_token() {
    let server = Server::start_with(&[], |command| {
        command.env("CADFORGE_TOKEN", TOKEN);
    });
    for path in ["/health", "/healthz", "/", "/web"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    for path in [
        "/state",
        "/schema",
        "/metadata",
        "/openapi.json",
        "/metrics",
        "/list_environments",
        "/api/space/stl/x",
        "/nothing",
    ] {
        let response = server.get(path);
        assert_eq!(response.status, 401, "{path}");
        assert_eq!(response.header("www-authenticate"), Some("Bearer"), "{path}");
    }
    for path in [
        "/reset",
        "/step",
        "/mcp",
        "/get_reward",
        "/score_batch",
        "/api/space/demo",
        "/health",
    ] {
        assert_eq!(server.post(path, &json!({})).status, 401, "{path}");
    }
    let right = format!("Bearer {TOKEN}");
    assert_eq!(
        server
            .request("GET", "/state", &[("authorization", right.as_str())], b"")
            .status,
        200
    );
    assert_eq!(
        server
            .request("GET", "/state", &[("authorization", "Bearer wrong")], b"")
            .status,
        401
    );
    assert_eq!(server.socket_with("/ws", &[]).err(), Some(401));
    let mut socket = server
        .socket_with("/ws", &[("authorization", right.as_str())])
        .expect("a socket");
    assert_eq!(socket.request(&json!({ "type": "state" }))["type"], "state");
}

#[test]
fn cross_origin_requests_are_refused() {
    let server = shared();
    let status = |headers: &[(&str, &str)]| server.request("POST", "/reset", headers, b"[]").status;
    assert_eq!(status(&[("origin", "http://evil.example")]), 403);
    assert_eq!(status(&[("host", "evil.example")]), 403);
    assert_eq!(
        status(&[("host", "127.0.0.1"), ("origin", "http://127.0.0.1")]),
        422
    );
    assert_eq!(
        server
            .socket_with("/ws", &[("origin", "http://evil.example")])
            .err(),
        Some(403)
    );
    let same_origin = format!("http://127.0.0.1:{}", server.port);
    assert!(
        server
            .socket_with("/ws", &[("origin", same_origin.as_str())])
            .is_ok()
    );
}

#[test]
fn a_signal_ends_the_server_after_pending_requests_are_answered() {
    let mut server = Server::start_with(&[], |command| {
        command.stderr(Stdio::piped());
    });
    let (mut idle, mut busy) = (server.socket(), server.socket());
    assert_eq!(idle.request(&json!({ "type": "state" }))["type"], "state");
    busy.send(&json!({ "type": "step", "data": { "code": format!("import time\ntime.sleep(2)\n{BOX}") } }));
    // Wait until the step runs.
    server.wait_for_metric("cadforge_candidates_waiting 1");
    kill(Pid::from_raw(server.child.id() as i32), Signal::SIGTERM).unwrap();
    assert_eq!(idle.close_frame().map(|frame| frame.code), Some(CloseCode::Away));
    let reply = busy.receive();
    assert_eq!(reply["type"], "observation", "{reply}");
    assert_eq!(busy.close_frame().map(|frame| frame.code), Some(CloseCode::Away));
    let status = server.child.wait().unwrap();
    let mut stderr = String::new();
    server
        .child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn the_server_ends_with_its_standard_input() {
    let mut server = Server::start(&[]);
    drop(server._stdin.take());
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}
