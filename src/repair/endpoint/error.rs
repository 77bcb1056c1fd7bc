//! Classifies errors of requests: whether the input is at fault, and whether to retry.

use serde_json::Value;

use super::address::Address;
use super::cassette::{ExchangeError, Reply};
use super::http::HttpError;
use super::sse::error_of;
use crate::proposer::ProposeError;

/// Error of a request, and whether to retry.
#[derive(Clone, Debug)]
pub(super) struct RequestError {
    pub(super) message: String,
    pub(super) again: bool,
    pub(super) after: Option<u64>,
    pub(super) input: bool,
    pub(super) partial: String,
}

impl RequestError {
    /// An error after part of an answer arrived.
    pub(super) fn after(message: &str, partial: String) -> Self {
        let message = format!("{message}\nhint: check the server's log, then run again");
        Self {
            message,
            again: false,
            after: None,
            input: false,
            partial,
        }
    }
}

pub(super) fn request_error(error: &ExchangeError) -> RequestError {
    let (hint, again, input) = match error {
        ExchangeError::Http(HttpError::Connect { .. }) => {
            ("start the server, or check --endpoint", true, true)
        }
        ExchangeError::Http(HttpError::Tls { .. }) => (
            "SSL_CERT_FILE=authority.pem makes a certificate authority trusted; a server without TLS has an http:// address",
            false,
            true,
        ),
        ExchangeError::Http(HttpError::Silent { .. }) => {
            ("the server may be overloaded: check its log", false, false)
        }
        ExchangeError::Http(HttpError::Cut { .. }) => ("check the server's log", true, false),
        ExchangeError::Http(HttpError::Nonsense { .. }) => {
            ("is this the address of a model's server?", false, true)
        }
        ExchangeError::Http(HttpError::Cancelled) => ("", false, false),
        ExchangeError::NotRecorded { .. } | ExchangeError::File { .. } => ("", false, true),
    };
    let message = if hint.is_empty() {
        error.to_string()
    } else {
        format!("{error}\nhint: {hint}")
    };
    RequestError {
        message,
        again,
        after: None,
        input,
        partial: String::new(),
    }
}

pub(super) fn input_error(message: String) -> ProposeError {
    ProposeError {
        message,
        input: true,
        partial: String::new(),
    }
}

/// Error of a response without an answer.
pub(super) fn response_error(address: &Address, reply: &Reply) -> RequestError {
    let value = serde_json::from_str::<Value>(&reply.body).ok();
    let detail = value
        .as_ref()
        .and_then(error_of)
        .unwrap_or_else(|| first_words(&reply.body));
    let html = reply.content_type.contains("html") || reply.body.trim_start().starts_with('<');
    let (hint, again, input) = match reply.status {
        _ if html => (
            "is this the address of the model's server? it answers with a web page",
            false,
            true,
        ),
        401 | 403 => (
            "put the key into the environment variable CADFORGE_API_KEY, or set another one with --api-key-env",
            false,
            true,
        ),
        404 => (
            "check the address, and whether the server lists --model",
            false,
            true,
        ),
        400 | 413 | 422 if detail.contains("context") || detail.contains("exceed") => (
            "use a smaller --max-tokens, or a server with a longer context",
            false,
            true,
        ),
        400 | 422 => ("the server rejects the request", false, true),
        429 | 503 => (
            "the server is busy or still loading: try again later",
            true,
            false,
        ),
        500..=599 => ("check the server's log", true, false),
        200 => ("the answer is not the JSON of a chat completion", false, true),
        _ => ("check the server's log", false, false),
    };
    RequestError {
        message: format!("{address} answers with {}: {detail}\nhint: {hint}", reply.status),
        again,
        after: reply.retry_after,
        input,
        partial: String::new(),
    }
}

fn first_words(body: &str) -> String {
    let line = body.trim().lines().next().unwrap_or_default();
    let short: String = line.chars().take(120).collect();
    if short.is_empty() {
        "nothing".to_owned()
    } else {
        short
    }
}
