//! HTTP responses and the reading of bodies. Every error has a JSON body with the key `detail`, as in OpenEnv's own
//! server: a list for invalid fields, else a string.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::{Response, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use serde::Serialize;
use serde_json::{Value, json};

use super::episode::MessageError;
use super::fields::FieldError;
use super::guard::GuardError;
use super::scoring::ScoringError;
use super::wire::{Problem, ValidationProblem};
use cadforge_data::{json_of, value_of};

pub type Answer = Response<Body>;

/// Time limit for receiving a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// 200 with a JSON body.
pub fn ok(value: &impl Serialize) -> Answer {
    with_status(StatusCode::OK, value)
}

/// A JSON body with the given status.
pub fn with_status(status: StatusCode, value: &impl Serialize) -> Answer {
    // Non-finite numbers become null; fields that promise a number are always finite.
    let body = json_of(value);
    raw(status, "application/json", body.into())
}

pub fn raw(status: StatusCode, content_type: &'static str, body: Body) -> Answer {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, content_type)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::CACHE_CONTROL, "no-store")
        .body(body)
        .expect("known header values")
}

/// An error with a message.
pub fn problem(status: StatusCode, message: &str) -> Answer {
    let detail = message.to_owned();
    with_status(status, &Problem { detail })
}

/// An error with a message and `Retry-After`.
pub fn try_later(status: StatusCode, message: &str, after_s: u64) -> Answer {
    let mut answer = problem(status, message);
    answer.headers_mut().insert(header::RETRY_AFTER, after_s.into());
    answer
}

/// 422 with the invalid fields.
pub fn invalid(wrong: Vec<FieldError>) -> Answer {
    let detail = wrong;
    with_status(StatusCode::UNPROCESSABLE_ENTITY, &ValidationProblem { detail })
}

/// The response to a [`ScoringError`]: 429 for a full queue, else 503, both with `Retry-After`.
pub fn scoring_error_answer(error: &ScoringError) -> Answer {
    let status = match error {
        ScoringError::Overloaded { .. } => StatusCode::TOO_MANY_REQUESTS,
        ScoringError::Late { .. } | ScoringError::Broken(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    try_later(status, &error.to_string(), error.retry_after_s())
}

/// The response to a [`MessageError`].
pub fn message_error(error: &MessageError, place: &[&str], input: &Value) -> Answer {
    match error {
        MessageError::UnknownTask(message) => invalid(vec![FieldError {
            kind: "unknown_task".to_owned(),
            loc: place.iter().map(|&step| step.into()).collect(),
            msg: message.clone(),
            input: input.clone(),
        }]),
        MessageError::ScoringError(error) => scoring_error_answer(error),
    }
}

/// The response to a request that the guard rejects.
pub fn guard_error(refused: &GuardError) -> Answer {
    match refused.retry_after_s {
        Some(after) => try_later(refused.status, &refused.message, after),
        None => {
            let mut answer = problem(refused.status, &refused.message);
            if refused.status == StatusCode::UNAUTHORIZED {
                let challenge = header::HeaderValue::from_static("Bearer");
                answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            }
            answer
        }
    }
}

/// Reads a body of at most `most` bytes within the time limit.
pub async fn body(body: Body, most: usize) -> Result<Bytes, Box<Answer>> {
    let fail = |status, message: String| Err(Box::new(problem(status, &message)));
    let too_large = || {
        let message = format!(
            "the body is larger than {} MB\nhint: send less at once, or start the server with a higher --max-body",
            most >> 20
        );
        fail(StatusCode::PAYLOAD_TOO_LARGE, message)
    };
    // The declared length suffices; no byte of the body needs to be read.
    if body.size_hint().lower() > most as u64 {
        return too_large();
    }
    match tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, most).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => too_large(),
        Ok(Err(error)) => fail(
            StatusCode::BAD_REQUEST,
            format!("the body is incomplete: {error}"),
        ),
        Err(_) => {
            let message = format!("the body took longer than {} s", BODY_TIMEOUT.as_secs());
            fail(StatusCode::REQUEST_TIMEOUT, message)
        }
    }
}

/// Reads a JSON body; `empty` is the value of an empty body, if that is allowed.
pub async fn json_body(request: Body, most: usize, empty: Option<Value>) -> Result<Value, Box<Answer>> {
    let bytes = body(request, most).await?;
    if bytes.is_empty()
        && let Some(value) = empty
    {
        return Ok(value);
    }
    value_of(&bytes).map_err(|error| {
        Box::new(invalid(vec![FieldError {
            kind: "json_invalid".to_owned(),
            loc: vec!["body".into(), error.column().into()],
            msg: format!("JSON decode error: {error}"),
            input: json!({}),
        }]))
    })
}
