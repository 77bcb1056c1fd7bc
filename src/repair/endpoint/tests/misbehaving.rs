//! A server with scripted behaviour.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::Address;

/// An action of the server on a connection.
#[derive(Clone, Debug)]
pub enum Act {
    Send(Vec<u8>),
    Wait(u64),
    /// Waits until the client has closed.
    UntilClosed,
}

/// A received request.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub line: String,
    pub head: String,
    pub body: Value,
}

pub struct FakeServer {
    pub address: Address,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    pub closed: Arc<AtomicBool>,
}

pub type Play = dyn Fn(&Seen, usize) -> Vec<Act> + Send + Sync;

/// Serves until the test ends; `play` maps a request, and the number of earlier ones of its path, to actions.
pub fn serve(play: impl Fn(&Seen, usize) -> Vec<Act> + Send + Sync + 'static) -> FakeServer {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::parse(&format!("http://{}/v1", listener.local_addr().unwrap())).unwrap();
    let server = FakeServer {
        address,
        seen: Arc::default(),
        closed: Arc::default(),
    };
    let (seen, closed) = (Arc::clone(&server.seen), Arc::clone(&server.closed));
    let play: Arc<Play> = Arc::new(play);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { break };
            let (seen, closed, play) = (Arc::clone(&seen), Arc::clone(&closed), Arc::clone(&play));
            std::thread::spawn(move || talk(stream, &seen, &closed, &*play));
        }
    });
    server
}

pub fn talk(mut stream: TcpStream, seen: &Mutex<Vec<Seen>>, closed: &AtomicBool, play: &Play) {
    let Some(request) = receive(&mut stream) else {
        return;
    };
    let before = {
        let mut seen = seen.lock().unwrap();
        let before = seen.iter().filter(|other| other.line == request.line).count();
        seen.push(request.clone());
        before
    };
    for act in play(&request, before) {
        match act {
            Act::Send(bytes) => {
                if stream.write_all(&bytes).and_then(|()| stream.flush()).is_err() {
                    closed.store(true, Ordering::SeqCst);
                    return;
                }
            }
            Act::Wait(ms) => std::thread::sleep(Duration::from_millis(ms)),
            Act::UntilClosed => {
                let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
                if matches!(stream.read(&mut [0; 16]), Ok(0)) {
                    closed.store(true, Ordering::SeqCst);
                }
            }
        }
    }
}

pub fn receive(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head
        .lines()
        .find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            let is_length = name.eq_ignore_ascii_case("content-length");
            is_length.then(|| value.parse::<usize>().ok()).flatten()
        })
        .unwrap_or(0);
    while bytes.len() < end + length {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
    }
    let body = serde_json::from_slice(&bytes[end..]).unwrap_or(Value::Null);
    Some(Seen {
        line: head.lines().next().unwrap_or_default().to_owned(),
        head,
        body,
    })
}

pub fn reply(status: &str, kind: &str, body: &str) -> Vec<Act> {
    vec![Act::Send(
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes(),
    )]
}

pub fn ok(value: &Value) -> Vec<Act> {
    reply("200 OK", "application/json", &value.to_string())
}

pub fn models() -> Vec<Act> {
    ok(
        &json!({"object": "list", "data": [{"id": "repairer", "object": "model", "owned_by": "vllm", "max_model_len": 8192}]}),
    )
}

pub const STREAM: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";

pub fn chunk(text: &str) -> Vec<u8> {
    format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
}

pub fn delta(text: &str) -> String {
    format!(
        "data: {}\n\n",
        json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]})
    )
}

pub fn finish(reason: &str) -> String {
    format!(
        "data: {}\n\ndata: [DONE]\n\n",
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    )
}

/// A stream of these events, properly ended.
pub fn stream(events: &[String]) -> Vec<Act> {
    let mut acts = vec![Act::Send(STREAM.as_bytes().to_vec())];
    acts.extend(events.iter().map(|event| Act::Send(chunk(event))));
    acts.push(Act::Send(b"0\r\n\r\n".to_vec()));
    acts
}
