//! Messages of OpenEnv's socket, and the replies to them. Independent of the socket.

use serde_json::{Value, json};

use super::app::App;
use super::episode::{Environment, MessageError};
use super::fields::{FieldError, FieldErrors, Fields};
use super::rpc;
use super::scoring::ScoringService;
use super::wire::{Action, Observation, ResetRequest, StepResponse};
use cadforge_data::value_of;

/// Reaction to a message.
pub enum Reply {
    /// Send this text.
    Text(Value),
    /// Close: the client asked for it.
    Close,
}

/// Processes a message.
pub async fn answer(
    app: &App,
    environment: &mut Environment,
    scoring: &ScoringService,
    message: &[u8],
) -> Reply {
    let value = match value_of(message) {
        Ok(value) => value,
        Err(wrong) => return Reply::Text(error("INVALID_JSON", &format!("Invalid JSON: {wrong}"))),
    };
    let done = match read(&value) {
        Ok(call) => perform(app, environment, scoring, call).await,
        Err(denied) => Err(denied),
    };
    match done {
        Ok(reply) => reply,
        Err(CallError::Invalid(wrong)) => Reply::Text(json!({
            "type": "error",
            "data": { "message": "Invalid message", "code": "VALIDATION_ERROR", "errors": wrong },
        })),
        Err(CallError::Unknown(name)) => {
            Reply::Text(error("UNKNOWN_TYPE", &format!("Unknown message type: {name}")))
        }
        Err(CallError::Message(refusal)) => Reply::Text(error("EXECUTION_ERROR", &refusal.to_string())),
    }
}

/// Error of a message.
enum CallError {
    Invalid(Vec<FieldError>),
    Unknown(String),
    Message(MessageError),
}

impl From<MessageError> for CallError {
    fn from(refusal: MessageError) -> Self {
        Self::Message(refusal)
    }
}

/// A well-formed message.
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

fn read(message: &Value) -> Result<Call, CallError> {
    let errors = FieldErrors::default();
    let Some(mut fields) = Fields::of(message, &[], &errors) else {
        return errors.or(None).map_err(CallError::Invalid);
    };
    fields.skip("type");
    let call = match message["type"].as_str().unwrap_or_default() {
        "reset" => {
            let data = fields.object("data").unwrap_or_default().into();
            fields.finish_strictly();
            Fields::of(&data, &["data"], &errors).map(|fields| Call::Reset(ResetRequest::read(fields)))
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
        other => return Err(CallError::Unknown(other.chars().take(80).collect())),
    };
    errors.or(call).map_err(CallError::Invalid)
}

async fn perform(
    app: &App,
    environment: &mut Environment,
    scoring: &ScoringService,
    call: Call,
) -> Result<Reply, CallError> {
    match call {
        Call::Reset(request) => Ok(observed(environment.reset(request).await?)),
        Call::Step(action) => Ok(observed(environment.step(action, None).await?)),
        Call::State => Ok(Reply::Text(
            json!({ "type": "state", "data": environment.state() }),
        )),
        Call::Close => Ok(Reply::Close),
        Call::Mcp(request) => {
            let reply = rpc::reply_to(app, scoring, &request).await;
            Ok(Reply::Text(json!({ "type": "mcp", "data": reply })))
        }
    }
}

fn observed(observation: Observation) -> Reply {
    Reply::Text(json!({ "type": "observation", "data": StepResponse::from(observation) }))
}

/// An error message.
pub fn error(code: &str, message: &str) -> Value {
    json!({ "type": "error", "data": { "message": message, "code": code } })
}

/// The error for a client beyond the number of environments.
pub fn capacity(app: &App, as_json_rpc: bool) -> Value {
    let most = app.config.max_envs;
    let active = most - app.environments.available_permits();
    let message = format!(
        "all {most} environments are in use\nhint: close one, or start the server with a higher --max-envs"
    );
    let counts = json!({ "active_sessions": active, "max_sessions": most });
    if as_json_rpc {
        return json!({
            "jsonrpc": "2.0",
            "id": null,
            "error": { "code": -32000, "message": message, "data": counts },
        });
    }
    json!({
        "type": "error",
        "data": {
            "message": message,
            "code": "CAPACITY_REACHED",
            "active_sessions": active,
            "max_sessions": most,
        },
    })
}
