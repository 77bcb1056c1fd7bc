//! OpenEnv over a WebSocket: one environment a connection, one reply a request.
//!
//! While a step runs the socket is read on, so that pings are answered and a client that goes away ends its step.

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
use serde_json::{Value, json};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode};

use super::answer::{self, Answer};
use super::episode::{Environment, Refusal};
use super::fields::{Fields, Mistakes, Wrong};
use super::judge::Judge;
use super::listen::Alive;
use super::wire::{Action, Observation, ResetRequest, StepResponse};
use super::{App, rpc};

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// A client that does not take an answer for so long has gone.
const SEND_PATIENCE: Duration = Duration::from_secs(30);

/// Messages that may come while another one is being answered; a client is to wait for its reply.
const AHEAD: usize = 16;

/// `/ws`: an environment.
pub async fn environment(State(app): State<Arc<App>>, request: Request) -> Answer {
    upgrade(app, request, Speaks::Environment)
}

/// `/mcp` as a socket: JSON-RPC, a message a text.
pub async fn mcp(State(app): State<Arc<App>>, request: Request) -> Answer {
    upgrade(app, request, Speaks::Mcp)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaks {
    Environment,
    Mcp,
}

/// What is done about a message.
enum Reply {
    Text(Value),
    /// The client said goodbye.
    Close,
}

fn upgrade(app: Arc<App>, mut request: Request, speaks: Speaks) -> Answer {
    let Some(key) = wanted(request.headers()) else {
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
    let alive = request.extensions_mut().remove::<Alive>();
    let upgraded = hyper::upgrade::on(request);
    tokio::spawn(async move {
        // A client that breaks off its own handshake has nobody to tell.
        let Ok(upgraded) = upgraded.await else { return };
        let config = WebSocketConfig::default()
            .max_message_size(Some(app.config.max_body))
            .max_frame_size(Some(app.config.max_body));
        let socket =
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        session(&app, socket, speaks).await;
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

/// The key of a client's handshake, if these headers are one.
fn wanted(headers: &HeaderMap) -> Option<String> {
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

async fn session(app: &App, mut socket: Socket, speaks: Speaks) {
    let Ok(_permit) = Arc::clone(&app.environments).try_acquire_owned() else {
        app.metrics.refused();
        let _ = send(&mut socket, &capacity(app, speaks)).await;
        let _ = close(&mut socket, CloseCode::Normal, "at capacity").await;
        return;
    };
    app.metrics.sessions.fetch_add(1, Ordering::Relaxed);
    let mut environment = app.environment();
    let judge = app.judge.source();
    // Why it ends matters to the client only, who has been told.
    let _ = converse(app, &mut socket, &mut environment, &judge, speaks).await;
    app.metrics.sessions.fetch_sub(1, Ordering::Relaxed);
}

/// Answers messages until either side ends it; `None` if the client is gone.
async fn converse(
    app: &App,
    socket: &mut Socket,
    environment: &mut Environment,
    judge: &Judge,
    speaks: Speaks,
) -> Option<()> {
    let mut ending = app.ending.clone();
    let mut ahead = VecDeque::new();
    loop {
        let message = match ahead.pop_front() {
            Some(message) => message,
            None => tokio::select! {
                biased;
                message = socket.next() => match message? {
                    Ok(message @ (Message::Text(_) | Message::Binary(_))) => message,
                    Ok(Message::Close(_)) => return finish(socket).await,
                    Ok(_) => continue,
                    Err(error) => return broken(socket, &error).await,
                },
                () = super::listen::ended(&mut ending) => {
                    return close(socket, CloseCode::Away, "the server ends").await;
                }
                () = tokio::time::sleep(app.config.idle) => {
                    let message = format!("closed after {} s without a message", app.config.idle.as_secs());
                    send(socket, &error("SESSION_ERROR", &message)).await?;
                    return close(socket, CloseCode::Away, "idle").await;
                }
            },
        };
        let reply = {
            let work = answer_to(app, environment, judge, speaks, &message);
            tokio::pin!(work);
            loop {
                tokio::select! {
                    reply = &mut work => break reply,
                    message = socket.next() => match message? {
                        Ok(message @ (Message::Text(_) | Message::Binary(_))) if ahead.len() < AHEAD => {
                            ahead.push_back(message);
                        }
                        Ok(Message::Text(_) | Message::Binary(_)) => {
                            return close(socket, CloseCode::Policy, "too many messages ahead of their replies").await;
                        }
                        // The step is dropped with its future: nobody waits for it.
                        Ok(Message::Close(_)) => return finish(socket).await,
                        Ok(_) => {}
                        Err(error) => return broken(socket, &error).await,
                    },
                }
            }
        };
        app.metrics.message();
        match reply {
            Reply::Text(value) => send(socket, &value).await?,
            Reply::Close => return close(socket, CloseCode::Normal, "").await,
        }
    }
}

async fn answer_to(
    app: &App,
    environment: &mut Environment,
    judge: &Judge,
    speaks: Speaks,
    message: &Message,
) -> Reply {
    let bytes: &[u8] = match message {
        Message::Text(text) => text.as_bytes(),
        Message::Binary(bytes) => bytes,
        _ => &[],
    };
    if speaks == Speaks::Mcp {
        return Reply::Text(rpc::reply(app, judge, bytes).await);
    }
    let value: Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(wrong) => return Reply::Text(error("INVALID_JSON", &format!("Invalid JSON: {wrong}"))),
    };
    let done = match read(&value) {
        Ok(call) => act(app, environment, judge, call).await,
        Err(denied) => Err(denied),
    };
    match done {
        Ok(reply) => reply,
        Err(Denied::Invalid(wrong)) => Reply::Text(json!({
            "type": "error",
            "data": { "message": "Invalid message", "code": "VALIDATION_ERROR", "errors": wrong },
        })),
        Err(Denied::Unknown(name)) => {
            Reply::Text(error("UNKNOWN_TYPE", &format!("Unknown message type: {name}")))
        }
        Err(Denied::Refused(refusal)) => Reply::Text(error("EXECUTION_ERROR", &refusal.to_string())),
    }
}

/// Why a message has no effect.
enum Denied {
    Invalid(Vec<Wrong>),
    Unknown(String),
    Refused(Refusal),
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// A message that is well formed.
enum Call {
    Reset(ResetRequest),
    Step(Action),
    State,
    Close,
    Mcp(Value),
}

/// Whether a message is well formed.
#[cfg(test)]
pub(super) fn is_known(message: &Value) -> bool {
    read(message).is_ok()
}

fn read(message: &Value) -> Result<Call, Denied> {
    let mistakes = Mistakes::default();
    let Some(mut fields) = Fields::of(message, &[], &mistakes) else {
        return mistakes.or(None).map_err(Denied::Invalid);
    };
    fields.skip("type");
    let call = match message["type"].as_str().unwrap_or_default() {
        "reset" => {
            let data = fields.object("data").unwrap_or_default().into();
            fields.finish_strictly();
            Fields::of(&data, &["data"], &mistakes).map(|fields| Call::Reset(ResetRequest::read(fields)))
        }
        "step" => {
            let data = fields.required_fields("data");
            fields.finish_strictly();
            data.and_then(Action::read).map(Call::Step)
        }
        "state" => {
            fields.finish_strictly();
            Some(Call::State)
        }
        "close" => {
            fields.finish_strictly();
            Some(Call::Close)
        }
        "mcp" => {
            let data = fields
                .required_fields("data")
                .map(|_| Call::Mcp(message["data"].clone()));
            fields.finish_strictly();
            data
        }
        other => return Err(Denied::Unknown(other.chars().take(80).collect())),
    };
    mistakes.or(call).map_err(Denied::Invalid)
}

async fn act(app: &App, environment: &mut Environment, judge: &Judge, call: Call) -> Result<Reply, Denied> {
    match call {
        Call::Reset(request) => Ok(observed(environment.reset(request).await?)),
        Call::Step(action) => Ok(observed(environment.step(action, None).await?)),
        Call::State => Ok(Reply::Text(
            json!({ "type": "state", "data": environment.state() }),
        )),
        Call::Close => Ok(Reply::Close),
        Call::Mcp(request) => {
            let reply = rpc::reply_to(app, judge, &request).await;
            Ok(Reply::Text(json!({ "type": "mcp", "data": reply })))
        }
    }
}

fn observed(observation: Observation) -> Reply {
    Reply::Text(json!({ "type": "observation", "data": StepResponse::from(observation) }))
}

fn error(code: &str, message: &str) -> Value {
    json!({ "type": "error", "data": { "message": message, "code": code } })
}

fn capacity(app: &App, speaks: Speaks) -> Value {
    let most = app.config.max_envs;
    let active = most - app.environments.available_permits();
    let message = format!(
        "all {most} environments are in use\nhint: close one, or start the server with a higher --max-envs"
    );
    let counts = json!({ "active_sessions": active, "max_sessions": most });
    match speaks {
        Speaks::Environment => json!({
            "type": "error",
            "data": {
                "message": message,
                "code": "CAPACITY_REACHED",
                "active_sessions": active,
                "max_sessions": most,
            },
        }),
        Speaks::Mcp => json!({
            "jsonrpc": "2.0",
            "id": null,
            "error": { "code": -32000, "message": message, "data": counts },
        }),
    }
}

async fn send(socket: &mut Socket, value: &Value) -> Option<()> {
    let sending = socket.send(Message::text(value.to_string()));
    tokio::time::timeout(SEND_PATIENCE, sending).await.ok()?.ok()
}

async fn close(socket: &mut Socket, code: CloseCode, reason: &'static str) -> Option<()> {
    let frame = CloseFrame {
        code,
        reason: reason.into(),
    };
    let closing = async {
        socket.close(Some(frame)).await.ok()?;
        // Until the other side has said so too: a socket closed over unread bytes loses what was sent last.
        while let Some(Ok(_)) = socket.next().await {}
        Some(())
    };
    tokio::time::timeout(Duration::from_secs(5), closing).await.ok()?
}

/// Says goodbye to a client that said so.
async fn finish(socket: &mut Socket) -> Option<()> {
    tokio::time::timeout(Duration::from_secs(5), socket.flush())
        .await
        .ok()?
        .ok()
}

/// Tells a client what it sent that no socket can take, if it is still there.
async fn broken(socket: &mut Socket, error: &tokio_tungstenite::tungstenite::Error) -> Option<()> {
    use tokio_tungstenite::tungstenite::Error;
    match error {
        Error::Capacity(_) => close(socket, CloseCode::Size, "the message is too large").await,
        Error::Utf8(_) => close(socket, CloseCode::Invalid, "the text is no UTF-8").await,
        Error::Protocol(_) => close(socket, CloseCode::Protocol, "").await,
        _ => None,
    }
}
