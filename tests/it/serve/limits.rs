//! Oversized, slow and numerous requests do not keep other clients from their responses.

use std::io::Write;
use std::net::Shutdown;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde_json::json;

use super::client::read_response;
use super::{BOX, Server, shared};

#[test]
fn an_oversized_body_is_refused() {
    let server = shared();
    for path in [
        "/step",
        "/reset",
        "/get_reward",
        "/score_batch",
        "/api/space/demo",
    ] {
        // With a content length: refused before any byte of the body arrives.
        let mut stream = server.connect();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            1u64 << 40
        )
        .unwrap();
        assert_eq!(read_response(&mut stream).status, 413, "{path}");
    }
    // Without a content length.
    let mut stream = server.connect();
    write!(
        stream,
        "POST /step HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    .unwrap();
    let chunk = [
        format!("{:x}\r\n", 1 << 20).into_bytes(),
        vec![b'x'; 1 << 20],
        b"\r\n".to_vec(),
    ]
    .concat();
    for _ in 0..17 {
        if stream.write_all(&chunk).is_err() {
            break;
        }
    }
    let _ = stream.shutdown(Shutdown::Write);
    assert_eq!(read_response(&mut stream).status, 413);
    assert_eq!(server.get("/health").status, 200);
}

#[test]
fn malformed_request_heads_are_refused() {
    let server = shared();
    let mut heads = vec![
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"GET /\x00 HTTP/1.1\r\n\r\n".to_vec(),
        b"POST /step HTTP/1.1\r\ncontent-length: -1\r\n\r\n".to_vec(),
        b"POST /step HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n".to_vec(),
        [
            b"GET / HTTP/1.1\r\nx: ".to_vec(),
            vec![b'x'; 1 << 20],
            b"\r\n\r\n".to_vec(),
        ]
        .concat(),
    ];
    heads.push(
        [
            b"GET / HTTP/1.1\r\n".to_vec(),
            b"a: b\r\n".repeat(5000),
            b"\r\n".to_vec(),
        ]
        .concat(),
    );
    for head in heads {
        let mut stream = server.connect();
        let _ = stream.write_all(&head);
        let _ = stream.shutdown(Shutdown::Write);
        let mut reply = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stream, &mut reply);
        let reply = String::from_utf8_lossy(&reply);
        assert!(
            reply.is_empty() || reply.starts_with("HTTP/1.1 4"),
            "{:?}: {reply}",
            String::from_utf8_lossy(&head[..head.len().min(60)])
        );
    }
    assert_eq!(server.get("/health").status, 200);
}

#[test]
fn slow_senders_and_half_closed_sockets_do_not_block_others() {
    let server = shared();
    let mut slow = Vec::new();
    for number in 0..100 {
        let mut stream = server.connect();
        // Each request stops in the middle of a head, a body or a handshake.
        let partial: &[u8] = match number % 3 {
            0 => b"POST /step HTTP/1.1\r\nhost: local",
            1 => b"POST /step HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{\"action\"",
            _ => b"GET /ws HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upg",
        };
        stream.write_all(partial).unwrap();
        slow.push(stream);
    }
    let response = server.post("/step", &json!({ "action": { "code": BOX } }));
    assert_eq!(response.status, 200);
    // A half-closed connection can send no more: the server must end the request and not wait forever.
    for stream in &mut slow {
        stream.shutdown(Shutdown::Write).unwrap();
        let mut rest = Vec::new();
        let _ = std::io::Read::read_to_end(stream, &mut rest);
        let rest = String::from_utf8_lossy(&rest);
        assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 4"), "{rest}");
    }
}

#[test]
fn the_server_answers_beside_a_thousand_connections() {
    // The test program needs a file descriptor for each connection too.
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(4096.min(hard)), hard).unwrap();
    let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    let count = 1000.min(soft as usize / 2);
    let server = Server::start(&["--max-envs", "2000"]);
    let mut sockets: Vec<_> = (0..count / 2).map(|_| server.socket()).collect();
    let streams: Vec<_> = (0..count / 2).map(|_| server.connect()).collect();
    assert_eq!(server.get("/health").status, 200);
    for socket in &mut sockets {
        socket.send(&json!({ "type": "state" }));
    }
    for socket in &mut sockets {
        assert_eq!(socket.receive()["type"], "state");
    }
    let text = server.get("/metrics").text();
    assert!(
        text.contains(&format!("cadforge_sessions {}", count / 2)),
        "{text}"
    );
    drop(streams);
}

#[test]
fn requests_beyond_the_rate_limit_are_refused_with_retry_after() {
    let server = Server::start(&["--max-rate", "5"]);
    let refused = (0..200)
        .map(|_| server.get("/health"))
        .find(|response| response.status != 200)
        .expect("the rate is reached");
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
}

/// A small pseudo-random generator; a fixed seed makes the test repeatable.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    /// Changes, removes, inserts or duplicates some bytes.
    fn corrupt(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        for _ in 0..=self.next(4) {
            let at = self.next(bytes.len().max(1));
            match self.next(4) {
                0 => bytes.truncate(at),
                1 if at < bytes.len() => bytes[at] = self.next(256) as u8,
                2 if at < bytes.len() => bytes.insert(at, self.next(256) as u8),
                _ => {
                    let tail = bytes[at.min(bytes.len())..].to_vec();
                    bytes.extend(tail);
                }
            }
        }
        bytes
    }
}

#[test]
fn corrupted_requests_and_frames_never_crash_the_server() {
    let server = Server::start(&["--max-envs", "500"]);
    let mut random = Random(7);
    let body = json!({ "action": { "code": "x = (", "metadata": { "a": [1, 2.5, null] } } }).to_string();
    let request = format!(
        "POST /step HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\ncontent-type: application/json\r\n\r\n{body}",
        body.len()
    );
    for _ in 0..150 {
        let mut stream = server.connect();
        let _ = stream.write_all(&random.corrupt(request.clone().into_bytes()));
        let _ = stream.shutdown(Shutdown::Write);
        let mut reply = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stream, &mut reply);
        let reply = String::from_utf8_lossy(&reply);
        assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 "), "{reply}");
        assert!(!reply.starts_with("HTTP/1.1 500"), "{reply}");
    }
    // A masked text frame, a ping, and a message in two frames.
    let text = b"{\"type\": \"state\"}";
    let frame = |head: u8, payload: &[u8]| {
        let mask = [1u8, 2, 3, 4];
        let masked = payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask);
        [
            vec![head, 0x80 | payload.len() as u8],
            mask.to_vec(),
            masked.collect(),
        ]
        .concat()
    };
    let frames = [
        frame(0x81, text),
        frame(0x89, b"ping"),
        frame(0x01, &text[..4]),
        frame(0x80, &text[4..]),
    ]
    .concat();
    for _ in 0..150 {
        let mut socket = server.socket();
        let stream = socket.0.get_mut();
        let _ = stream.write_all(&random.corrupt(frames.clone()));
        let _ = stream.shutdown(Shutdown::Write);
        let _ = std::io::Read::read_to_end(stream, &mut Vec::new());
    }
    assert_eq!(
        server.socket().request(&json!({ "type": "state" }))["type"],
        "state"
    );
    let since = std::time::Instant::now();
    while !server.get("/metrics").text().contains("cadforge_sessions 0") {
        assert!(
            since.elapsed() < super::client::TIMEOUT,
            "a session is not released"
        );
    }
}
