//! MCP as JSON-RPC 2.0: the environment's tools for agents. Tools keep no state between calls. Over HTTP every
//! response is 200, errors too.

use std::sync::Arc;

use axum::extract::{Request, State};
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::app::App;
use super::episode::{self, MessageError};
use super::fields::{FieldError, FieldErrors, Fields};
use super::openenv::json_schema;
use super::scoring::ScoringService;
use super::wire::scorers::{RpcAnswer, RpcError as Error};
use super::wire::{Action, ENVIRONMENT};
use cadforge_data::{json_of, value_of};

const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const METHOD_NOT_FOUND: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;
const INTERNAL_ERROR: i64 = -32603;

/// Revision of MCP if the client names none that is known.
const PROTOCOL: &str = "2025-06-18";

pub async fn http(State(app): State<Arc<App>>, request: Request) -> Answer {
    let reply = match answer::body(request.into_body(), app.config.max_body).await {
        Ok(bytes) => reply(&app, &app.scoring.source(), &bytes).await,
        Err(_) => failed(Value::Null, Error::new(PARSE_ERROR, "the body could not be read")),
    };
    answer::ok(&reply)
}

/// The response to a message.
pub async fn reply(app: &App, scoring: &ScoringService, message: &[u8]) -> Value {
    match value_of(message) {
        Ok(request) => reply_to(app, scoring, &request).await,
        Err(error) => {
            let what = format!("Parse error: {error}");
            failed(Value::Null, Error::new(PARSE_ERROR, what))
        }
    }
}

/// The response to a JSON message.
pub async fn reply_to(app: &App, scoring: &ScoringService, request: &Value) -> Value {
    let id = match &request["id"] {
        id @ (Value::String(_) | Value::Number(_)) => id.clone(),
        _ => Value::Null,
    };
    let call = match read(request) {
        Ok(call) => call,
        Err(error) => return failed(id, error),
    };
    match run(app, scoring, call.0, call.1).await {
        Ok(result) => response(id, Some(result), None),
        Err(error) => failed(id, error),
    }
}

/// Method and parameters of a request.
fn read(request: &Value) -> Result<(&str, &Value), Error> {
    let invalid = |what: &str| Err(Error::new(INVALID_REQUEST, format!("Invalid Request: {what}")));
    let Value::Object(object) = request else {
        return invalid("an object is required");
    };
    if let Some(key) = object
        .keys()
        .find(|key| !["jsonrpc", "method", "params", "id"].contains(&key.as_str()))
    {
        return invalid(&format!(
            "unknown key `{}`",
            key.chars().take(40).collect::<String>()
        ));
    }
    if request["jsonrpc"] != "2.0" {
        return invalid("`jsonrpc` must be \"2.0\"");
    }
    if !matches!(&request["id"], Value::Null | Value::String(_) | Value::Number(_)) {
        return invalid("`id` must be a string or a number");
    }
    let Value::String(method) = &request["method"] else {
        return invalid("`method` must be a string");
    };
    match &request["params"] {
        params @ (Value::Object(_) | Value::Null) => Ok((method, params)),
        _ => Err(Error::new(INVALID_PARAMS, "Params must be an object")),
    }
}

async fn run(app: &App, scoring: &ScoringService, method: &str, params: &Value) -> Result<Value, Error> {
    match method {
        "initialize" => Ok(json!({
            "protocolVersion": params["protocolVersion"].as_str().filter(|version| version.starts_with("202")).unwrap_or(PROTOCOL),
            "capabilities": { "tools": {} },
            "serverInfo": { "name": ENVIRONMENT, "version": env!("CARGO_PKG_VERSION") },
        })),
        "ping" => Ok(json!({})),
        "tools/list" => Ok(json!({ "tools": tools() })),
        "tools/call" => {
            let Value::String(name) = &params["name"] else {
                return Err(Error::new(INVALID_PARAMS, "Missing 'name' in params"));
            };
            let none = json!({});
            let arguments = if params["arguments"].is_null() {
                &none
            } else {
                &params["arguments"]
            };
            let result = match name.as_str() {
                "score_candidate" => score_candidate(app, scoring, arguments).await?,
                "list_tasks" => list_tasks(app),
                "get_task" => get_task(app, arguments)?,
                other => {
                    let shown: String = other.chars().take(40).collect();
                    return Err(Error::new(INVALID_PARAMS, format!("Tool not found: {shown}")));
                }
            };
            Ok(json!({
                "content": [{ "type": "text", "text": json_of(&result) }],
                "structuredContent": result,
                "isError": false,
            }))
        }
        notification if notification.starts_with("notifications/") => Ok(Value::Null),
        other => {
            let shown: String = other.chars().take(80).collect();
            Err(Error::new(METHOD_NOT_FOUND, format!("Method not found: {shown}")))
        }
    }
}

fn tools() -> Value {
    let task_id = json!({ "type": "string", "description": "Id of a task, from list_tasks" });
    json!([
        {
            "name": "score_candidate",
            "description": "Build a whole CadQuery file in a sandbox and score its geometry against a task",
            "inputSchema": json_schema::<Action>(),
        },
        {
            "name": "list_tasks",
            "description": "Ids and labels of all tasks",
            "inputSchema": { "type": "object", "properties": {} },
        },
        {
            "name": "get_task",
            "description": "Brief, constraints and weak seed of a task",
            "inputSchema": { "type": "object", "properties": { "task_id": task_id }, "required": ["task_id"] },
        },
    ])
}

async fn score_candidate(app: &App, scoring: &ScoringService, arguments: &Value) -> Result<Value, Error> {
    let errors = FieldErrors::default();
    let read = Fields::of(arguments, &["arguments"], &errors).and_then(Action::read);
    let action = errors.or(read).map_err(invalid)?;
    let limit = app.config.step_limit;
    let mut environment =
        super::episode::Environment::new(scoring.clone(), Arc::clone(&app.tasks), limit, app.recorder(true));
    let observation = environment.step(action, None).await?;
    Ok(json!({
        "task_id": observation.task_id,
        "reward": observation.reward,
        "built": observation.trace.last().is_some_and(|step| step.built),
        "kind": observation.trace.last().map(|step| step.kind.as_str()),
        "reward_json": observation.reward_json,
        "verifier_notes": observation.verifier_notes,
    }))
}

fn list_tasks(app: &App) -> Value {
    let tasks = app
        .tasks
        .iter()
        .map(|task| json!({ "task_id": task.id, "label": task.label, "level": task.level.name() }));
    json!({ "tasks": tasks.collect::<Vec<_>>() })
}

fn get_task(app: &App, arguments: &Value) -> Result<Value, Error> {
    let errors = FieldErrors::default();
    let read = Fields::of(arguments, &["arguments"], &errors)
        .and_then(|mut fields| fields.required_text("task_id", 1));
    let id = errors.or(read).map_err(invalid)?;
    let task = episode::find(&app.tasks, &id)?;
    Ok(json!({
        "task_id": task.id,
        "task_brief": task.prompt,
        "constraints": episode::constraints(&task),
        "seed": task.weak_seed(),
    }))
}

impl Error {
    fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: Value::Null,
        }
    }
}

impl From<MessageError> for Error {
    fn from(refusal: MessageError) -> Self {
        match refusal {
            MessageError::UnknownTask(message) => Self::new(INVALID_PARAMS, message),
            MessageError::ScoringError(error) => Self {
                code: INTERNAL_ERROR,
                message: error.to_string(),
                data: json!({ "retry_after_s": error.retry_after_s() }),
            },
        }
    }
}

fn invalid(wrong: Vec<FieldError>) -> Error {
    Error {
        code: INVALID_PARAMS,
        message: "Invalid params".to_owned(),
        data: serde_json::to_value(wrong).expect("plain data"),
    }
}

fn failed(id: Value, error: Error) -> Value {
    response(id, None, Some(error))
}

fn response(id: Value, result: Option<Value>, error: Option<Error>) -> Value {
    let jsonrpc = "2.0".to_owned();
    let answer = RpcAnswer {
        jsonrpc,
        id,
        result,
        error,
    };
    serde_json::to_value(answer).expect("plain data")
}
