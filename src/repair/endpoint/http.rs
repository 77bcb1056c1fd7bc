//! A small HTTP/1.1 client over plain TCP: one request per connection, the response read as it arrives.
//!
//! For servers on the same machine or network, which speak plain HTTP. Reads wake up often enough to notice a
//! cancellation, and
//! dropping a response closes its connection, which cancels the work on the server.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use cadforge_executor::CancelToken;

/// Address of a server: `http://host:port/prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
    /// Without a trailing slash; empty if there is none.
    prefix: String,
}

/// Timeouts of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For connecting.
    pub connect: Duration,
    /// For the head of a response: a server may load a model or process a long prompt first.
    pub first: Duration,
    /// Between two pieces of a response.
    pub between: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first: Duration::from_secs(300),
            between: Duration::from_secs(60),
        }
    }
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path below the address's prefix, with a leading slash.
    pub path: &'a str,
    /// A JSON body.
    pub body: Option<&'a str>,
    /// API key, sent as a bearer token; never logged.
    pub key: Option<&'a str>,
}

/// Error of a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No server at the address, or an unknown name.
    #[error("cannot connect to {address}: {reason}")]
    Connect {
        /// The address.
        address: String,
        /// The reason.
        reason: String,
    },
    /// Timeout.
    #[error("{address} sent nothing for {seconds} s")]
    Silent {
        /// The address.
        address: String,
        /// The timeout.
        seconds: u64,
    },
    /// The connection was closed before the end of the response.
    #[error("{address} closed the connection in the middle of its answer")]
    Cut {
        /// The address.
        address: String,
    },
    /// The response is not HTTP.
    #[error("{address} does not speak HTTP: {reason}")]
    Nonsense {
        /// The address.
        address: String,
        /// The reason.
        reason: String,
    },
    /// Cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl Address {
    /// Parses `http://host[:port][/prefix]`; the scheme may be missing, and a trailing `/v1` is removed, since
    /// requests add it.
    pub fn parse(url: &str) -> Result<Self, String> {
        let url = url.trim();
        if url.starts_with("https://") {
            return Err(format!(
                "`{url}` needs TLS, which is not supported\nhint: give a local http:// address, or one end of an SSH tunnel"
            ));
        }
        let rest = url.strip_prefix("http://").unwrap_or(url);
        let wrong = || format!("`{url}` is not an address\nhint: give one like http://127.0.0.1:8080");
        if rest.contains("://") || rest.is_empty() || rest.contains(char::is_whitespace) {
            return Err(wrong());
        }
        let (place, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']').ok_or_else(wrong)?;
                // With the interface of a link-local address, as `%eth0`.
                let address = host.split_once('%').map_or(host, |(address, _)| address);
                address.parse::<std::net::Ipv6Addr>().map_err(|_| wrong())?;
                let port = match after.strip_prefix(':') {
                    Some(port) => Some(port),
                    None if after.is_empty() => None,
                    None => return Err(wrong()),
                };
                (host, port)
            }
            None => match place.split_once(':') {
                Some((_, port)) if port.contains(':') => {
                    return Err(format!(
                        "`{url}` is not an address: IPv6 needs brackets\nhint: give one like http://[::1]:8080"
                    ));
                }
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        let port = match port {
            Some(port) => port.parse().map_err(|_| wrong())?,
            None => 80,
        };
        if host.is_empty() || host.contains(['@', '[', ']']) {
            return Err(wrong());
        }
        let prefix = prefix.trim_end_matches('/');
        let prefix = prefix.strip_suffix("v1").unwrap_or(prefix).trim_end_matches('/');
        let prefix = if prefix.is_empty() {
            String::new()
        } else {
            format!("/{prefix}")
        };
        Ok(Self {
            host: host.to_owned(),
            port,
            prefix,
        })
    }

    /// Host and port, in the form of addresses and of the `Host` header.
    fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "http://{}{}", self.authority(), self.prefix)
    }
}

/// A response whose head has arrived.
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Lower-case header names with their values.
    pub headers: Vec<(String, String)>,
    body: Body,
}

struct Body {
    stream: TcpStream,
    address: String,
    cancel: CancelToken,
    between: Duration,
    /// Received bytes that are not returned yet.
    held: Vec<u8>,
    framing: Framing,
    ended: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// Number of remaining bytes.
    Length(usize),
    /// Chunked, with the number of remaining bytes of the current chunk; `None` before a size line.
    Chunked(Option<usize>),
    /// Until the server closes.
    Close,
}

/// Interval at which a waiting read checks for cancellation.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Maximum size of a head.
const HEAD: usize = 64 * 1024;

/// Sends a request and waits for the head of the response.
pub fn send(
    address: &Address,
    request: &Request<'_>,
    timeouts: Timeouts,
    cancel: &CancelToken,
) -> Result<Response, HttpError> {
    let name = address.to_string();
    let mut stream = connect(address, timeouts.connect, cancel)?;
    let io = |error: std::io::Error| HttpError::Connect {
        address: name.clone(),
        reason: error.to_string(),
    };
    stream.set_read_timeout(Some(POLL_INTERVAL)).map_err(io)?;
    stream.set_write_timeout(Some(timeouts.between)).map_err(io)?;
    let _ = stream.set_nodelay(true);
    let body = request.body.unwrap_or_default();
    let mut head = format!(
        "{} {}{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: cadforge/{}\r\nAccept: application/json, text/event-stream\r\nConnection: close\r\n",
        request.method,
        address.prefix,
        request.path,
        address.authority(),
        env!("CARGO_PKG_VERSION"),
    );
    if let Some(key) = request.key {
        head.push_str(&format!("Authorization: Bearer {key}\r\n"));
    }
    if request.body.is_some() {
        head.push_str(&format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        ));
    }
    head.push_str("\r\n");
    // A server that rejects a large body may respond and close before it has read everything; the response counts.
    let written = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(body.as_bytes()));
    let mut reader = Body {
        stream,
        address: name.clone(),
        cancel: cancel.clone(),
        between: timeouts.first,
        held: Vec::new(),
        framing: Framing::Close,
        ended: false,
    };
    let (status, headers, used) = loop {
        if let Some(found) = parse_head(&reader.held, &name)? {
            break found;
        }
        if reader.held.len() > HEAD {
            return Err(HttpError::Nonsense {
                address: name,
                reason: "its head does not end".to_owned(),
            });
        }
        if !reader.more()? {
            return Err(match written {
                Err(error) => io(error),
                Ok(()) => HttpError::Cut { address: name },
            });
        }
    };
    reader.held.drain(..used);
    reader.between = timeouts.between;
    let header = |name: &str| {
        headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    reader.framing =
        if header("transfer-encoding").is_some_and(|value| value.to_ascii_lowercase().contains("chunked")) {
            Framing::Chunked(None)
        } else {
            match header("content-length").map(str::parse) {
                Some(Ok(length)) => Framing::Length(length),
                Some(Err(_)) => {
                    return Err(HttpError::Nonsense {
                        address: name,
                        reason: "its length is not a number".to_owned(),
                    });
                }
                None => Framing::Close,
            }
        };
    Ok(Response {
        status,
        headers,
        body: reader,
    })
}

type Head = (u16, Vec<(String, String)>, usize);

fn parse_head(bytes: &[u8], address: &str) -> Result<Option<Head>, HttpError> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(bytes) {
        Ok(httparse::Status::Partial) => Ok(None),
        Ok(httparse::Status::Complete(used)) => {
            let status = response.code.unwrap_or(0);
            let headers = response.headers.iter().map(|header| {
                (
                    header.name.to_ascii_lowercase(),
                    String::from_utf8_lossy(header.value).into_owned(),
                )
            });
            Ok(Some((status, headers.collect(), used)))
        }
        Err(error) => Err(HttpError::Nonsense {
            address: address.to_owned(),
            reason: error.to_string(),
        }),
    }
}

fn connect(address: &Address, timeout: Duration, cancel: &CancelToken) -> Result<TcpStream, HttpError> {
    let failed = |reason: String| HttpError::Connect {
        address: address.to_string(),
        reason,
    };
    let places = (address.host.as_str(), address.port)
        .to_socket_addrs()
        .map_err(|error| failed(error.to_string()))?;
    let mut last = "the name has no address".to_owned();
    for place in places {
        if cancel.is_cancelled() {
            return Err(HttpError::Cancelled);
        }
        match TcpStream::connect_timeout(&place, timeout) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error.to_string(),
        }
    }
    Err(failed(last))
}

impl Response {
    /// The next bytes of the body; `None` at its end.
    pub fn read(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        self.body.next()
    }

    /// The whole body as text, at most `limit` bytes.
    pub fn text(mut self, limit: usize) -> Result<String, HttpError> {
        let mut all = Vec::new();
        while let Some(bytes) = self.read()? {
            all.extend(bytes);
            if all.len() > limit {
                all.truncate(limit);
                break;
            }
        }
        Ok(String::from_utf8_lossy(&all).into_owned())
    }

    /// The `Content-Type`.
    pub fn content_type(&self) -> &str {
        self.headers
            .iter()
            .find(|(name, _)| name == "content-type")
            .map_or("", |(_, value)| value)
    }
}

impl Body {
    fn next(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        loop {
            if self.ended {
                return Ok(None);
            }
            if let Some(bytes) = self.take()? {
                return Ok(Some(bytes));
            }
            if !self.ended && !self.more()? {
                self.ended = true;
                return match self.framing {
                    Framing::Close => Ok(None),
                    Framing::Length(_) | Framing::Chunked(_) => Err(HttpError::Cut {
                        address: self.address.clone(),
                    }),
                };
            }
        }
    }

    /// The next bytes of the body among those received.
    fn take(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        match self.framing {
            Framing::Close => Ok((!self.held.is_empty()).then(|| std::mem::take(&mut self.held))),
            Framing::Length(0) => {
                self.ended = true;
                Ok(None)
            }
            Framing::Length(left) => {
                let now: Vec<u8> = self.held.drain(..left.min(self.held.len())).collect();
                self.framing = Framing::Length(left - now.len());
                Ok((!now.is_empty()).then_some(now))
            }
            Framing::Chunked(None) => {
                // The line end of the previous chunk.
                let start = self
                    .held
                    .iter()
                    .take_while(|byte| **byte == b'\r' || **byte == b'\n')
                    .count();
                let Some(end) = self.held[start..].iter().position(|byte| *byte == b'\n') else {
                    return if self.held.len() > HEAD {
                        Err(self.protocol_error("a chunk's size line does not end"))
                    } else {
                        Ok(None)
                    };
                };
                let line = String::from_utf8_lossy(&self.held[start..start + end]).into_owned();
                let digits = line.split(';').next().unwrap_or_default().trim();
                let Ok(size) = usize::from_str_radix(digits, 16) else {
                    return Err(self.protocol_error("a chunk's size is not a number"));
                };
                self.held.drain(..=start + end);
                self.ended = size == 0;
                self.framing = Framing::Chunked(Some(size));
                if self.ended { Ok(None) } else { self.take() }
            }
            Framing::Chunked(Some(left)) => {
                let now: Vec<u8> = self.held.drain(..left.min(self.held.len())).collect();
                let left = left - now.len();
                self.framing = Framing::Chunked((left > 0).then_some(left));
                Ok((!now.is_empty()).then_some(now))
            }
        }
    }

    fn protocol_error(&self, reason: &str) -> HttpError {
        HttpError::Nonsense {
            address: self.address.clone(),
            reason: reason.to_owned(),
        }
    }

    /// Waits for more bytes; `false` when the server has closed.
    fn more(&mut self) -> Result<bool, HttpError> {
        let start = Instant::now();
        let mut buffer = [0; 16 * 1024];
        loop {
            if self.cancel.is_cancelled() {
                return Err(HttpError::Cancelled);
            }
            match self.stream.read(&mut buffer) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    self.held.extend_from_slice(&buffer[..count]);
                    return Ok(true);
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                    ) =>
                {
                    if start.elapsed() >= self.between {
                        return Err(HttpError::Silent {
                            address: self.address.clone(),
                            seconds: self.between.as_secs(),
                        });
                    }
                }
                // A killed server resets the connection during a response.
                Err(_) => {
                    return Err(HttpError::Cut {
                        address: self.address.clone(),
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_parsed_in_all_usual_forms() {
        let cases = [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("127.0.0.1:11434", "http://127.0.0.1:11434"),
            ("http://gpu:8000/v1", "http://gpu:8000"),
            ("http://gpu:8000/v1/", "http://gpu:8000"),
            ("http://gpu/llm/v1", "http://gpu:80/llm"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://[::1]:8080/v1", "http://[::1]:8080"),
            ("[::1]", "http://[::1]:80"),
            (
                "http://[fe80::1%eth0]:8080/llm/v1",
                "http://[fe80::1%eth0]:8080/llm",
            ),
        ];
        for (given, expected) in cases {
            assert_eq!(Address::parse(given).unwrap().to_string(), expected, "{given}");
        }
        for wrong in [
            "https://api.example",
            "ftp://x",
            "",
            "http://:80",
            "http://a b",
            "http://gpu:port",
            "http://user@gpu",
            "http://::1:8080",
            "::1",
            "http://[::1",
            "http://::1]:80",
            "http://[gpu]:80",
            "http://[::1]8080",
            "http://[::1]:80:80",
            "http://127.0.0.1:80:80",
        ] {
            let message = Address::parse(wrong).unwrap_err();
            assert!(message.contains("hint:"), "{wrong}: {message}");
        }
    }

    #[test]
    fn ipv6_hosts_have_brackets_in_the_host_header() {
        // Skipped on a machine without IPv6.
        let Ok(listener) = std::net::TcpListener::bind("[::1]:0") else {
            return;
        };
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 1024];
            let read = stream.read(&mut head).unwrap();
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                .unwrap();
            String::from_utf8_lossy(&head[..read]).into_owned()
        });
        let address = Address::parse(&format!("http://[::1]:{port}/v1")).unwrap();
        let request = Request {
            method: "GET",
            path: "/v1/models",
            body: None,
            key: None,
        };
        let answer = send(&address, &request, Timeouts::default(), &CancelToken::never()).unwrap();
        assert_eq!((answer.status, answer.text(10).unwrap().as_str()), (200, "{}"));
        let head = server.join().unwrap();
        assert!(head.contains(&format!("\r\nHost: [::1]:{port}\r\n")), "{head}");
    }
}
