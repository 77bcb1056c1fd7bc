//! Long tests for `make soak`: thousands of steps, clients that disconnect in mid-step, incomplete requests, sleepers.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{BOX, BROKEN, Server};

/// Resident memory of the server process, kB.
fn resident(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn metric(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| line.split(' ').next() == Some(name));
    line.unwrap_or_else(|| panic!("no {name} in {text}"))
        .rsplit(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
#[ignore = "minutes: run by `make soak`"]
fn ten_thousand_steps_with_disconnecting_clients_leak_nothing() {
    const STEPS: usize = 10_000;
    const CLIENTS: usize = 16;
    let server = Server::start(&["--max-envs", "64"]);
    let step =
        |code: &str| json!({ "type": "step", "data": { "code": code, "task_id": "caster_wheel_fork" } });
    let reward = |reply: &Value| {
        reply["data"]["reward"]
            .as_f64()
            .unwrap_or_else(|| panic!("{reply}"))
    };
    let expected = reward(&server.socket().request(&step(BOX)));
    let (taken, disconnected) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let run = |steps: usize| {
        let goal = taken.load(Ordering::Relaxed) + steps;
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (server, taken, disconnected) = (&server, &taken, &disconnected);
                scope.spawn(move || {
                    let mut socket = server.socket();
                    loop {
                        let number = taken.fetch_add(1, Ordering::Relaxed);
                        if number >= goal {
                            return;
                        }
                        // Each code is new, so that no result is cached.
                        let code = if number % 3 == 0 { BROKEN } else { BOX };
                        let code = format!("{code}# {number}\n");
                        socket.send(&step(&code));
                        if number % 7 == client % 7 {
                            std::thread::sleep(Duration::from_millis((number % 40) as u64));
                            socket = server.socket();
                            disconnected.fetch_add(1, Ordering::Relaxed);
                            continue;
                        }
                        let reply = socket.receive();
                        let wanted = if number % 3 == 0 { -1.0 } else { expected };
                        assert_eq!(reward(&reply), wanted, "step {number}: {reply}");
                    }
                });
            }
        });
    };
    run(STEPS / 5);
    let before = resident(&server);
    let since = Instant::now();
    run(STEPS);
    let seconds = since.elapsed().as_secs_f64();
    let after = resident(&server);
    println!(
        "{:.0} steps a second, {} clients disconnected in mid-step; server: {before} kB before, {after} kB after",
        STEPS as f64 / seconds,
        disconnected.load(Ordering::Relaxed)
    );
    assert!(
        after < before + before / 5,
        "memory grew from {before} to {after} kB"
    );
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let text = server.get("/metrics").text();
        if metric(&text, "cadforge_candidates_waiting") == 0.0 && metric(&text, "cadforge_sessions") == 0.0 {
            assert_eq!(metric(&text, "cadforge_worker_restarts_total"), 0.0);
            break;
        }
        assert!(
            Instant::now() < deadline,
            "a session or candidate is not released: {text}"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(reward(&server.socket().request(&step(BOX))), expected);
}

#[test]
#[ignore = "half a minute of waiting: run by `make soak`"]
fn incomplete_requests_are_closed_after_a_timeout() {
    let server = Server::start(&[]);
    let partial: [&[u8]; 3] = [
        b"",
        b"POST /step HTTP/1.1\r\nhost: local",
        b"POST /step HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{\"action\"",
    ];
    let mut streams = partial.map(|bytes| {
        let mut stream = server.connect();
        stream.write_all(bytes).unwrap();
        stream
    });
    let replies = streams.each_mut().map(|stream| {
        let mut reply = Vec::new();
        // Ends, or fails at the read timeout of the test, which is far longer than that of the server.
        stream
            .read_to_end(&mut reply)
            .map(|_| String::from_utf8_lossy(&reply).into_owned())
            .unwrap()
    });
    // Without a complete head there is nothing to answer.
    assert_eq!((replies[0].as_str(), replies[1].as_str()), ("", ""));
    assert!(replies[2].starts_with("HTTP/1.1 408"), "{replies:?}");
}

#[test]
#[ignore = "minutes: run by `make soak`"]
fn light_rows_take_at_most_twice_as_long_beside_sleepers() {
    let server = Server::start(&["--workers", "2"]);
    let number = AtomicUsize::new(0);
    // Each code is new, so that no result is cached.
    let rows = |code: &str, count: usize| {
        let row = |_| {
            let number = number.fetch_add(1, Ordering::Relaxed);
            let row = json!({ "task_id": "caster_wheel_fork", "code": format!("{code}# {number}\n") });
            format!("{row}\n")
        };
        (0..count).map(row).collect::<String>()
    };
    let scores = |body: String| -> Vec<Value> {
        let response = server.request("POST", "/score_batch", &[], body.as_bytes());
        let lines = response.text();
        lines
            .lines()
            .map(|line| serde_json::from_str(line).expect(line))
            .collect()
    };
    let light = || {
        let since = Instant::now();
        let scored = scores(rows(BOX, 40));
        let took = since.elapsed();
        assert!(scored.len() == 40 && scored.iter().all(|row| row["kind"] == scored[0]["kind"]));
        assert!(
            scored
                .iter()
                .all(|row| row["reward"]["total"] == scored[0]["reward"]["total"]),
            "{scored:?}"
        );
        took
    };
    light();
    let alone = light().min(light());
    println!("40 light rows alone: {alone:?}");
    for sleepers in [1, 4] {
        let beside = std::thread::scope(|scope| {
            let sleepers = scope.spawn(|| scores(rows("import time\ntime.sleep(1000)\n", sleepers)));
            std::thread::sleep(Duration::from_millis(500));
            let beside = light();
            assert!(
                !sleepers.is_finished(),
                "the sleepers ended before the light rows"
            );
            for row in sleepers.join().expect("no panic") {
                assert_eq!(
                    (&row["kind"], &row["reward"]["total"]),
                    (&json!("timeout"), &json!(-1.0)),
                    "{row}"
                );
            }
            beside
        });
        println!("beside {sleepers} sleepers: {beside:?}");
        assert!(
            beside < 2 * alone,
            "{beside:?} beside {sleepers} sleepers, {alone:?} alone"
        );
    }
}
