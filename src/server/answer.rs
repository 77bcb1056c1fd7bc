//! Answers over HTTP, and the reading of bodies.
//!
//! Every error has a JSON body with the key `detail`, as OpenEnv's own server has it: a list for wrong fields, else a text.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::{Response, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use serde::Serialize;
use serde_json::{Value, json};

use super::episode::MessageError;
use super::fields::FieldError;
use super::guard::Refused;
use super::scoring::ScoringError;
use super::wire::{Problem, ValidationProblem};
use cadforge_data::{json_of, value_of};

/// An answer.
pub type Answer = Response<Body>;

/// A sender who needs longer than this for a body has gone, or means harm.
const BODY_PATIENCE: Duration = Duration::from_secs(30);

/// 200 with a JSON body.
pub fn ok(value: &impl Serialize) -> Answer {
    with_status(StatusCode::OK, value)
}

/// Whatever status with a JSON body.
pub fn with_status(status: StatusCode, value: &impl Serialize) -> Answer {
    // Non-finite numbers become null on the way; there are none where a number is promised.
    let body = json_of(value);
    raw(status, "application/json", body.into())
}

/// Whatever body.
pub fn raw(status: StatusCode, content_type: &'static str, body: Body) -> Answer {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, content_type)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::CACHE_CONTROL, "no-store")
        .body(body)
        .expect("known header values")
}

/// An error in words.
pub fn problem(status: StatusCode, message: &str) -> Answer {
    let detail = message.to_owned();
    with_status(status, &Problem { detail })
}

/// An error in words that is worth another try.
pub fn try_later(status: StatusCode, message: &str, after_s: u64) -> Answer {
    let mut answer = problem(status, message);
    answer.headers_mut().insert(header::RETRY_AFTER, after_s.into());
    answer
}

/// 422: fields that are wrong.
pub fn invalid(wrong: Vec<FieldError>) -> Answer {
    let detail = wrong;
    with_status(StatusCode::UNPROCESSABLE_ENTITY, &ValidationProblem { detail })
}

/// The answer to a fault of ours: 429 for too much, else 503, both with Retry-After.
pub fn fault_answer(fault: &ScoringError) -> Answer {
    let status = match fault {
        ScoringError::Overloaded { .. } => StatusCode::TOO_MANY_REQUESTS,
        ScoringError::Late { .. } | ScoringError::Broken(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    try_later(status, &fault.to_string(), fault.retry_after_s())
}

/// The answer to what an environment refuses.
pub fn refusal(refusal: &MessageError, place: &[&str], input: &Value) -> Answer {
    match refusal {
        MessageError::UnknownTask(message) => invalid(vec![FieldError {
            kind: "unknown_task".to_owned(),
            loc: place.iter().map(|&step| step.into()).collect(),
            msg: message.clone(),
            input: input.clone(),
        }]),
        MessageError::ScoringError(fault) => fault_answer(fault),
    }
}

/// The answer to a request that the guard refuses.
pub fn refused(refused: &Refused) -> Answer {
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

/// A whole body, if it is no larger than `most` bytes and comes in time.
pub async fn body(body: Body, most: usize) -> Result<Bytes, Box<Answer>> {
    let fail = |status, message: String| Err(Box::new(problem(status, &message)));
    let too_large = || {
        let message = format!(
            "the body is larger than {} MB\nhint: send less at once, or start the server with a higher --max-body",
            most >> 20
        );
        fail(StatusCode::PAYLOAD_TOO_LARGE, message)
    };
    // Said beforehand: not a byte of it needs to be read.
    if body.size_hint().lower() > most as u64 {
        return too_large();
    }
    match tokio::time::timeout(BODY_PATIENCE, Limited::new(body, most).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => too_large(),
        Ok(Err(error)) => fail(StatusCode::BAD_REQUEST, format!("the body broke off: {error}")),
        Err(_) => {
            let message = format!("the body took longer than {} s", BODY_PATIENCE.as_secs());
            fail(StatusCode::REQUEST_TIMEOUT, message)
        }
    }
}

/// A JSON body; `empty` stands for one of no bytes, where that is allowed.
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
