//! Who is let in, what is refused before the server listens, and how it ends.

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

fn refusal(command: &mut Command, code: i32) -> String {
    let output = expect_exit(command.stdin(Stdio::null()), code);
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn listening_beyond_this_machine_without_a_token_is_refused_unless_told_twice() {
    let folder = tempfile::tempdir().unwrap();
    for told in [&[][..], &["--unsafe"][..]] {
        for host in ["0.0.0.0", "::"] {
            let mut command = serve(folder.path(), &["--host", host, "--port", "0"]);
            let said = refusal(command.args(told), 2);
            assert!(
                said.contains("without a token") && said.contains("CADFORGE_TOKEN"),
                "{said}"
            );
        }
    }
    for token in ["short", "has a space in it, which no header takes"] {
        let said = refusal(&mut serve(folder.path(), &["--port", "0", "--token", token]), 2);
        assert!(said.contains("the token is too short or"), "{said}");
    }
    let server = Server::start(&["--host", "0.0.0.0", "--unsafe", "--unsafe"]);
    assert_eq!(server.get("/health").status, 200);
    let server = Server::start_with(&["--host", "0.0.0.0"], |command| {
        command.env("CADFORGE_TOKEN", TOKEN);
    });
    assert_eq!(server.get("/state").status, 401);
}

#[test]
fn listening_beyond_this_machine_without_a_sandbox_is_refused_unless_told_twice() {
    let folder = tempfile::tempdir().unwrap();
    let tasks = root().join("tasks").display().to_string();
    let arguments = [
        "serve", "--tasks", &tasks, "--host", "0.0.0.0", "--port", "0", "--token", TOKEN,
    ];
    let told = |times: usize| [&arguments[..], &vec!["--unsafe"; times]].concat();
    for (call, name) in [(LANDLOCK, "Landlock"), (SECCOMP, "seccomp")] {
        for times in [0, 1] {
            let said = refusal(&mut on_kernel_without(call, folder.path(), &told(times)), 3);
            assert!(
                said.contains("not sandboxed") && said.contains(name) && said.contains("--unsafe twice"),
                "{said}"
            );
        }
    }
    // Told twice it warns and serves, here until its standard input ends.
    let all = [&told(2)[..], &["--while-stdin"]].concat();
    let output = expect_exit(
        on_kernel_without(LANDLOCK, folder.path(), &all).stdin(Stdio::null()),
        0,
    );
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("listening on a public address anyway") && said.contains("listening on http://0.0.0.0"),
        "{said}"
    );
    // On this machine alone it says so and goes on.
    let local = ["serve", "--tasks", &tasks, "--port", "0", "--while-stdin"];
    let output = expect_exit(
        on_kernel_without(LANDLOCK, folder.path(), &local).stdin(Stdio::null()),
        0,
    );
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("not sandboxed"), "{said}");
}

#[test]
fn wrong_use_is_refused_before_anything_starts() {
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
    // A port that is taken.
    let port = shared().port.to_string();
    let said = refusal(&mut serve(folder.path(), &["--port", &port]), 3);
    assert!(
        said.contains("cannot listen on") && said.contains("--port"),
        "{said}"
    );
}

#[test]
fn a_token_is_wanted_by_every_route_but_health_and_the_page() {
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
        let answer = server.get(path);
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{path}");
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
            .ask("GET", "/state", &[("authorization", right.as_str())], b"")
            .status,
        200
    );
    assert_eq!(
        server
            .ask("GET", "/state", &[("authorization", "Bearer wrong")], b"")
            .status,
        401
    );
    assert_eq!(server.socket_with("/ws", &[]).err(), Some(401));
    let mut socket = server
        .socket_with("/ws", &[("authorization", right.as_str())])
        .expect("a socket");
    assert_eq!(socket.ask(&json!({ "type": "state" }))["type"], "state");
}

#[test]
fn pages_from_elsewhere_cannot_ask_through_a_browser() {
    let server = shared();
    let asked = |headers: &[(&str, &str)]| server.ask("POST", "/reset", headers, b"[]").status;
    assert_eq!(asked(&[("origin", "http://evil.example")]), 403);
    assert_eq!(asked(&[("host", "evil.example")]), 403);
    assert_eq!(
        asked(&[("host", "127.0.0.1"), ("origin", "http://127.0.0.1")]),
        422
    );
    assert_eq!(
        server
            .socket_with("/ws", &[("origin", "http://evil.example")])
            .err(),
        Some(403)
    );
    let own = format!("http://127.0.0.1:{}", server.port);
    assert!(server.socket_with("/ws", &[("origin", own.as_str())]).is_ok());
}

#[test]
fn a_signal_ends_it_once_everything_is_answered() {
    let mut server = Server::start_with(&[], |command| {
        command.stderr(Stdio::piped());
    });
    let (mut idle, mut busy) = (server.socket(), server.socket());
    assert_eq!(idle.ask(&json!({ "type": "state" }))["type"], "state");
    busy.send(&json!({ "type": "step", "data": { "code": format!("import time\ntime.sleep(2)\n{BOX}") } }));
    // Until the step is under way.
    while !server
        .get("/metrics")
        .text()
        .contains("cadforge_candidates_waiting 1")
    {}
    kill(Pid::from_raw(server.child.id() as i32), Signal::SIGTERM).unwrap();
    assert_eq!(idle.closed().map(|frame| frame.code), Some(CloseCode::Away));
    let reply = busy.receive();
    assert_eq!(reply["type"], "observation", "{reply}");
    assert_eq!(busy.closed().map(|frame| frame.code), Some(CloseCode::Away));
    let status = server.child.wait().unwrap();
    let mut said = String::new();
    server
        .child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn it_ends_with_its_standard_input() {
    let mut server = Server::start(&[]);
    drop(server._stdin.take());
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}
