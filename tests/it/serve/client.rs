//! A minimal HTTP client and WebSocket on raw streams, so that tests can violate the protocols.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use cadforge::data::value_of;
use serde_json::Value;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

use super::Server;

/// Far longer than a healthy response takes; only a hang reaches it.
pub const TIMEOUT: Duration = Duration::from_secs(180);

/// An HTTP response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Response {
    pub fn json(&self) -> Value {
        value_of(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Server {
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server listens");
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream
    }

    pub fn get(&self, path: &str) -> Response {
        self.request("GET", path, &[], b"")
    }

    /// Waits until the metrics have a line.
    pub fn wait_for_metric(&self, line: &str) {
        let since = Instant::now();
        loop {
            let metrics = self.get("/metrics").text();
            if metrics.lines().any(|found| found == line) {
                return;
            }
            assert!(since.elapsed() < TIMEOUT, "waited for `{line}` in {metrics}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn post(&self, path: &str, body: &Value) -> Response {
        self.request("POST", path, &[], body.to_string().as_bytes())
    }

    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let mut stream = self.connect();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n",
            body.len()
        );
        if !headers.iter().any(|(name, _)| *name == "host") {
            head.push_str("host: localhost\r\n");
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        // A server that refuses early may close the connection while the body is still being sent.
        let _ = stream.write_all(body);
        read_response(&mut stream)
    }

    pub fn socket(&self) -> Socket {
        self.socket_with("/ws", &[]).expect("a WebSocket")
    }

    /// Opens a WebSocket, or returns the status of the refusal.
    pub fn socket_with(&self, path: &str, headers: &[(&str, &str)]) -> Result<Socket, u16> {
        let mut request = tokio_tungstenite::tungstenite::client::IntoClientRequest::into_client_request(
            format!("ws://127.0.0.1:{}{path}", self.port),
        )
        .unwrap();
        for (name, value) in headers {
            let name = name.parse::<axum::http::HeaderName>().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        match client(request, self.connect()) {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(tokio_tungstenite::tungstenite::HandshakeError::Failure(
                tokio_tungstenite::tungstenite::Error::Http(response),
            )) => Err(response.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }
}

pub fn read_response(stream: &mut TcpStream) -> Response {
    let mut bytes = Vec::new();
    // The connection is reset if the server closed it before reading all bytes.
    let _ = stream.read_to_end(&mut bytes);
    let at = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no response: {:?}", String::from_utf8_lossy(&bytes)));
    let head = String::from_utf8_lossy(&bytes[..at]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let mut response = Response {
        status: status.unwrap_or_else(|| panic!("no status: {head}")),
        body: bytes[at + 4..].to_vec(),
        head,
    };
    if response.header("transfer-encoding") == Some("chunked") {
        response.body = decode_chunks(&response.body);
    }
    response
}

fn decode_chunks(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(at) = chunks.windows(2).position(|window| window == b"\r\n") {
        let size = std::str::from_utf8(&chunks[..at]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        body.extend_from_slice(&chunks[at + 2..at + 2 + size]);
        if size == 0 {
            return body;
        }
        chunks = &chunks[at + 4 + size..];
    }
    panic!("the last chunk is missing");
}

pub struct Socket(pub WebSocket<TcpStream>);

impl Socket {
    pub fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string());
    }

    pub fn send_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).expect("the socket is open");
    }

    /// Receives the next text message; answers pings meanwhile.
    pub fn receive(&mut self) -> Value {
        loop {
            match self.0.read().expect("a reply") {
                Message::Text(text) => return value_of(text.as_bytes()).expect("JSON"),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    pub fn request(&mut self, message: &Value) -> Value {
        self.send(message);
        self.receive()
    }

    /// Waits for the server to close; returns its close frame, if it sends one.
    pub fn close_frame(&mut self) -> Option<CloseFrame> {
        loop {
            match self.0.read() {
                Ok(Message::Close(frame)) => return frame,
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }
}
