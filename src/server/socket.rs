//! OpenEnv over a WebSocket: one environment per connection, one reply per request. The socket is read while a step
//! runs, so that pings are answered and a disconnect cancels the step.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::answer::{self, Answer};
use super::app::App;
use super::connection::{ConnectionGuard, ended};
use super::episode::Environment;
use super::message::{self, Reply};
use super::rpc;
use super::scoring::ScoringService;
use cadforge_data::json_of;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Time limit for sending a reply.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum number of messages received while another one is processed; clients should wait for the reply.
const MAX_UNANSWERED: usize = 16;

/// Time that a rejected client has to send its first message, before the reason is sent.
const FIRST_MESSAGE_TIMEOUT: Duration = Duration::from_secs(1);

/// Time limit for the closing handshake.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// `/ws`: an environment.
pub async fn environment(State(app): State<Arc<App>>, request: Request) -> Answer {
    upgrade(app, request, Dialect::Environment)
}

/// `/mcp` over a socket: JSON-RPC, one message per text frame.
pub async fn mcp(State(app): State<Arc<App>>, request: Request) -> Answer {
    upgrade(app, request, Dialect::Mcp)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Environment,
    Mcp,
}

fn upgrade(app: Arc<App>, mut request: Request, dialect: Dialect) -> Answer {
    let Some(key) = handshake_key(request.headers()) else {
        let mut answer = answer::problem(
            StatusCode::UPGRADE_REQUIRED,
            "this is a WebSocket\nhint: connect with a WebSocket client, version 13",
        );
        let websocket = header::HeaderValue::from_static("websocket");
        answer.headers_mut().insert(header::UPGRADE, websocket);
        return answer;
    };
    let accept = derive_accept_key(key.as_bytes());
    // Held until the socket is closed: the server's end waits for it.
    let alive = request.extensions_mut().remove::<ConnectionGuard>();
    let upgraded = hyper::upgrade::on(request);
    tokio::spawn(async move {
        // A failed handshake has no client to report to.
        let Ok(upgraded) = upgraded.await else { return };
        let config = WebSocketConfig::default()
            .max_message_size(Some(app.config.max_body))
            .max_frame_size(Some(app.config.max_body));
        let socket =
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        session(&app, socket, dialect).await;
        drop(alive);
    });
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_ACCEPT, accept)
        .body(Body::empty())
        .expect("known header values")
}

/// The key of a WebSocket handshake, if the headers are one.
fn handshake_key(headers: &HeaderMap) -> Option<String> {
    let has = |name, word: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|part| part.trim().eq_ignore_ascii_case(word))
    };
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?.to_str().ok()?;
    let asked = has(header::CONNECTION, "upgrade")
        && has(header::UPGRADE, "websocket")
        && has(header::SEC_WEBSOCKET_VERSION, "13");
    asked.then(|| key.to_owned())
}

async fn session(app: &App, mut socket: Socket, dialect: Dialect) {
    let Ok(permit) = Arc::clone(&app.environments).try_acquire_owned() else {
        app.metrics.refused();
        let _ = send(&mut socket, &message::capacity(app, dialect == Dialect::Mcp)).await;
        // A client that sends before it reads would find the socket closed, without the reason.
        let _ = tokio::time::timeout(FIRST_MESSAGE_TIMEOUT, socket.next()).await;
        let _ = close(&mut socket, CloseCode::Normal, "at capacity").await;
        return;
    };
    app.metrics.sessions.fetch_add(1, Ordering::Relaxed);
    let end = {
        let mut environment = app.environment(false);
        let scoring = app.scoring.source();
        converse(app, &mut socket, &mut environment, &scoring, dialect).await
    };
    app.metrics.sessions.fetch_sub(1, Ordering::Relaxed);
    // Released before the closing handshake: the client may reconnect immediately after it.
    drop(permit);
    let _ = match end {
        SessionEnd::Close(code, reason) => close(&mut socket, code, reason).await,
        SessionEnd::Answer => finish(&mut socket).await,
        SessionEnd::Gone => None,
    };
}

/// Why a session ends.
enum SessionEnd {
    /// The server closes it.
    Close(CloseCode, &'static str),
    /// The client closes it and waits for the reply.
    Answer,
    /// The connection is lost.
    Gone,
}

impl SessionEnd {
    /// The end after something other than a message was received.
    fn of(received: Option<&Result<Message, Error>>) -> Self {
        match received {
            Some(Ok(_)) => Self::Answer,
            Some(Err(Error::Capacity(_))) => Self::Close(CloseCode::Size, "the message is too large"),
            Some(Err(Error::Utf8(_))) => Self::Close(CloseCode::Invalid, "the text is no UTF-8"),
            Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => Self::Gone,
            Some(Err(Error::Protocol(_))) => Self::Close(CloseCode::Protocol, ""),
            Some(Err(_)) | None => Self::Gone,
        }
    }
}

/// Answers messages until either side closes.
async fn converse(
    app: &App,
    socket: &mut Socket,
    environment: &mut Environment,
    scoring: &ScoringService,
    dialect: Dialect,
) -> SessionEnd {
    let mut ahead = VecDeque::new();
    loop {
        let message = match ahead.pop_front() {
            Some(message) => message,
            None => match next(app, socket).await {
                Ok(message) => message,
                Err(end) => return end,
            },
        };
        let reply = {
            let work = answer_to(app, environment, scoring, dialect, &message);
            tokio::pin!(work);
            loop {
                tokio::select! {
                    reply = &mut work => break reply,
                    received = socket.next() => match received {
                        Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                            ahead.push_back(message);
                            if ahead.len() > MAX_UNANSWERED {
                                return SessionEnd::Close(CloseCode::Policy, "too many messages ahead of their replies");
                            }
                        }
                        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                        // Dropping the future cancels the step: the client is gone.
                        other => return SessionEnd::of(other.as_ref()),
                    },
                }
            }
        };
        app.metrics.message();
        match reply {
            Reply::Text(value) => {
                if send(socket, &value).await.is_none() {
                    return SessionEnd::Gone;
                }
            }
            Reply::Close => return SessionEnd::Close(CloseCode::Normal, ""),
        }
    }
}

/// The next message of an idle client.
async fn next(app: &App, socket: &mut Socket) -> Result<Message, SessionEnd> {
    let mut ending = app.ending.clone();
    // Pings show that the client is alive, but do not reset the idle timer.
    let idle = tokio::time::sleep(app.config.idle);
    tokio::pin!(idle);
    loop {
        tokio::select! {
            biased;
            received = socket.next() => match received {
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => return Ok(message),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                other => return Err(SessionEnd::of(other.as_ref())),
            },
            () = ended(&mut ending) => return Err(SessionEnd::Close(CloseCode::Away, "the server ends")),
            () = &mut idle => {
                let message = format!("closed after {} s without a message", app.config.idle.as_secs());
                let _ = send(socket, &message::error("SESSION_ERROR", &message)).await;
                return Err(SessionEnd::Close(CloseCode::Away, "idle"));
            }
        }
    }
}

async fn answer_to(
    app: &App,
    environment: &mut Environment,
    scoring: &ScoringService,
    dialect: Dialect,
    message: &Message,
) -> Reply {
    let bytes: &[u8] = match message {
        Message::Text(text) => text.as_bytes(),
        Message::Binary(bytes) => bytes,
        _ => &[],
    };
    match dialect {
        Dialect::Mcp => Reply::Text(rpc::reply(app, scoring, bytes).await),
        Dialect::Environment => message::answer(app, environment, scoring, bytes).await,
    }
}

async fn send(socket: &mut Socket, value: &Value) -> Option<()> {
    let sending = socket.send(Message::text(json_of(value)));
    tokio::time::timeout(SEND_TIMEOUT, sending).await.ok()?.ok()
}

async fn close(socket: &mut Socket, code: CloseCode, reason: &'static str) -> Option<()> {
    let frame = CloseFrame {
        code,
        reason: reason.into(),
    };
    let closing = async {
        socket.close(Some(frame)).await.ok()?;
        // Wait for the client's close frame: closing over unread bytes would lose the last message.
        while let Some(Ok(_)) = socket.next().await {}
        Some(())
    };
    tokio::time::timeout(CLOSE_TIMEOUT, closing).await.ok()?
}

/// Completes a close that the client began.
async fn finish(socket: &mut Socket) -> Option<()> {
    tokio::time::timeout(CLOSE_TIMEOUT, socket.flush())
        .await
        .ok()?
        .ok()
}
