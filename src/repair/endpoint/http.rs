//! One HTTP request to a model's server, its response read as it arrives.
//!
//! The client is `ureq`: HTTP/1.1, TLS with the system's certificates, and the proxy that `HTTPS_PROXY`, `HTTP_PROXY` or
//! `ALL_PROXY` names unless `NO_PROXY` or a loopback address excludes the server. A thread does the blocking work, so that the
//! caller sees a cancelled token at once, in every phase. Dropping a response closes its connection, which stops the server.

use std::io::Read as _;
use std::net::ToSocketAddrs as _;
use std::thread;
use std::time::Duration;

use super::address::Address;
use cadforge_executor::CancelToken;
use crossbeam_channel::{Receiver, Sender, bounded, select};
use ureq::config::Config;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

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

/// Why there is no complete response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No server listens there, or the name is unknown.
    #[error("cannot connect to {address}: {reason}")]
    Connect { address: String, reason: String },
    /// The server's certificate is not valid or not trusted, or it does not speak TLS.
    #[error("no TLS connection to {address}: {reason}")]
    Tls { address: String, reason: String },
    /// Timeout.
    #[error("{address} sent nothing for {seconds} s")]
    Silent {
        address: String,
        /// The timeout.
        seconds: u64,
    },
    /// The connection was closed before the end of the response.
    #[error("{address} closed the connection in the middle of its answer")]
    Cut { address: String },
    /// The response is not HTTP.
    #[error("{address} does not speak HTTP: {reason}")]
    Nonsense { address: String, reason: String },
    #[error("cancelled")]
    Cancelled,
}

/// A response whose head has arrived.
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Lower-case header names with their values.
    pub headers: Vec<(String, String)>,
    pieces: Receiver<Result<Vec<u8>, HttpError>>,
    address: String,
    cancel: CancelToken,
    between: Duration,
    _guard: AgentGuard,
}

/// Closes the connection when it is dropped.
struct AgentGuard(Option<Agent>);

impl Drop for AgentGuard {
    fn drop(&mut self) {
        if let Some(agent) = self.0.take() {
            agent.shutdown();
        }
    }
}

/// Status and lower-case headers of a response.
type ResponseHead = (u16, Vec<(String, String)>);

type Sent = Result<ureq::http::Response<ureq::Body>, Error>;

/// Bytes that are read at a time.
const PIECE: usize = 16 * 1024;

/// Resolves names as `ureq` does, and link-local addresses with their zone, which a URL cannot hold.
#[derive(Debug)]
struct ZoneResolver(Option<(String, u16)>);

impl Resolver for ZoneResolver {
    fn resolve(
        &self,
        uri: &ureq::http::Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let Some((host, port)) = &self.0 else {
            return DefaultResolver::default().resolve(uri, config, timeout);
        };
        let mut found = self.empty();
        for address in (host.as_str(), *port).to_socket_addrs()?.take(1) {
            found.push(address);
        }
        Ok(found)
    }
}

fn agent(address: &Address, timeouts: Timeouts) -> Agent {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    let mut config = Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_connect(Some(timeouts.connect))
        .timeout_resolve(Some(timeouts.connect))
        .timeout_per_write(Some(timeouts.between))
        .user_agent(concat!("cadforge/", env!("CARGO_PKG_VERSION")))
        .accept("application/json, text/event-stream")
        .tls_config(tls);
    let zone = address.host.contains('%');
    if address.is_loopback() || zone {
        config = config.proxy(None);
    }
    let zone = zone.then(|| (address.host.clone(), address.port));
    Agent::with_parts(config.build(), DefaultConnector::default(), ZoneResolver(zone))
}

/// Sends a request and waits for the head of its response.
///
/// # Errors
/// [`HttpError::Cancelled`] at once when `cancel` fires, else the error of the connection. A status such as 404 is not an error.
pub fn send(
    address: &Address,
    request: &Request<'_>,
    timeouts: Timeouts,
    cancel: &CancelToken,
) -> Result<Response, HttpError> {
    let mut builder = ureq::http::Request::builder()
        .method(request.method)
        .uri(address.url(request.path))
        .header("Connection", "close");
    if let Some(key) = request.key {
        builder = builder.header("Authorization", format!("Bearer {key}"));
    }
    if request.body.is_some() {
        builder = builder.header("Content-Type", "application/json");
    }
    let unsendable = |error: ureq::http::Error| HttpError::Connect {
        address: address.to_string(),
        reason: error.to_string(),
    };
    let agent = agent(address, timeouts);
    let (head_sender, heads) = bounded(1);
    let (piece_sender, pieces) = bounded(16);
    let run: Box<dyn FnOnce(&Agent) -> Sent + Send> = match request.body {
        Some(body) => {
            let request = builder.body(body.to_owned()).map_err(unsendable)?;
            Box::new(move |agent| agent.run(request))
        }
        None => {
            let request = builder.body(()).map_err(unsendable)?;
            Box::new(move |agent| agent.run(request))
        }
    };
    let (name, worker) = (address.to_string(), agent.clone());
    thread::spawn(move || {
        let response = run(&worker);
        // The response owns the connection now; the agent is only needed to close it.
        drop(worker);
        match response {
            Err(error) => drop(head_sender.send(Err(error_of(&name, &error)))),
            Ok(response) => relay(response, &name, &head_sender, &piece_sender),
        }
    });
    let guard = AgentGuard(Some(agent));
    let address = address.to_string();
    let waited = timeouts.connect + timeouts.first;
    let (status, headers) = select! {
        recv(heads) -> head => head.unwrap_or_else(|_| Err(HttpError::Cut { address: address.clone() }))?,
        recv(cancel.receiver()) -> _ => return Err(HttpError::Cancelled),
        default(waited) => return Err(HttpError::Silent { address, seconds: timeouts.first.as_secs() }),
    };
    Ok(Response {
        status,
        headers,
        pieces,
        address,
        cancel: cancel.clone(),
        between: timeouts.between,
        _guard: guard,
    })
}

/// Passes a response on until it ends or the receiver is dropped.
fn relay(
    response: ureq::http::Response<ureq::Body>,
    address: &str,
    heads: &Sender<Result<ResponseHead, HttpError>>,
    pieces: &Sender<Result<Vec<u8>, HttpError>>,
) {
    let headers = response.headers().iter().map(|(name, value)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    });
    let head = (response.status().as_u16(), headers.collect());
    if heads.send(Ok(head)).is_err() {
        return;
    }
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; PIECE];
    loop {
        let piece = match body.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => Ok(buffer[..count].to_vec()),
            Err(error) => Err(match error.downcast::<Error>() {
                Ok(error @ Error::Protocol(_)) => error_of(address, &error),
                // A killed server resets the connection during a response.
                _ => HttpError::Cut {
                    address: address.to_owned(),
                },
            }),
        };
        let ends = piece.is_err();
        if pieces.send(piece).is_err() || ends {
            return;
        }
    }
}

/// Maps an error of the client. Connection errors before the head name their reason.
fn error_of(address: &str, error: &Error) -> HttpError {
    use std::io::ErrorKind as Io;
    let address = address.to_owned();
    match error {
        Error::Protocol(_) | Error::Http(_) | Error::LargeResponseHeader(..) => HttpError::Nonsense {
            address,
            reason: error.to_string(),
        },
        Error::Io(error)
            if matches!(
                error.kind(),
                Io::UnexpectedEof | Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe
            ) =>
        {
            HttpError::Cut { address }
        }
        // `rustls` reports a bad certificate as invalid data.
        Error::Io(error) if error.kind() == Io::InvalidData => HttpError::Tls {
            address,
            reason: error.to_string(),
        },
        Error::Tls(_) | Error::Rustls(_) => HttpError::Tls {
            address,
            reason: error.to_string(),
        },
        _ => HttpError::Connect {
            address,
            reason: error.to_string(),
        },
    }
}

impl Response {
    /// The next bytes of the body; `None` at its end.
    pub fn read(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        let address = || self.address.clone();
        if self.cancel.is_cancelled() {
            return Err(HttpError::Cancelled);
        }
        select! {
            recv(self.pieces) -> piece => piece.ok().transpose(),
            recv(self.cancel.receiver()) -> _ => Err(HttpError::Cancelled),
            default(self.between) => Err(HttpError::Silent { address: address(), seconds: self.between.as_secs() }),
        }
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

    pub fn content_type(&self) -> &str {
        self.headers
            .iter()
            .find(|(name, _)| name == "content-type")
            .map_or("", |(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

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
        assert!(head.contains(&format!("\r\nhost: [::1]:{port}\r\n")), "{head}");
    }
}
