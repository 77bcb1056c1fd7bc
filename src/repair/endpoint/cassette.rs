//! Recorded exchanges: the lines of an answer with their timing, in a file named by a hash of the request. A cassette
//! never holds an API key: the key is neither hashed nor written.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::address::Address;
use super::http::{self, HttpError, Request, Timeouts};
use super::sse::Lines;
use cadforge_executor::CancelToken;

/// Source of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A server.
    Live,
    /// A server, with every exchange recorded in this folder.
    Record(PathBuf),
    /// This folder only, without a server.
    Replay {
        /// The folder.
        dir: PathBuf,
        /// Whether to keep the recorded pauses.
        paced: bool,
    },
}

/// The response to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    pub content_type: String,
    /// `Retry-After` in seconds.
    pub retry_after: Option<u64>,
    /// All lines, without those of a stream that were passed on already.
    pub body: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// Error of the connection.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// No recording of this request.
    #[error(
        "nothing is recorded in {dir} for this request\nhint: record it with --record, with the same model, prompt and seed"
    )]
    NotRecorded {
        /// The folder.
        dir: PathBuf,
    },
    /// The folder cannot be used.
    #[error("cannot {action} the cassette {path}: {reason}")]
    File {
        /// The action, a verb.
        action: &'static str,
        path: PathBuf,
        /// The system's error.
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
struct RecordedHead {
    format: u32,
    method: String,
    path: String,
    body: Option<serde_json::Value>,
    status: u16,
    content_type: String,
}

#[derive(Serialize, Deserialize)]
struct Line {
    ms: u64,
    line: String,
}

/// Name of a request's file: a hash of everything that affects the answer.
pub fn key(request: &Request<'_>) -> String {
    let mut hash = Sha256::new();
    for part in [request.method, request.path, request.body.unwrap_or_default()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize()
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Sends a request and passes on the lines of a successful answer as they arrive.
pub fn exchange(
    transport: &Transport,
    address: &Address,
    request: &Request<'_>,
    timeouts: Timeouts,
    cancel: &CancelToken,
    on_line: &mut dyn FnMut(&str),
) -> Result<Reply, ExchangeError> {
    match transport {
        Transport::Live => Ok(live(address, request, timeouts, cancel, &mut |line, _| {
            on_line(line);
        })?),
        Transport::Record(dir) => {
            let mut lines = Vec::new();
            let reply = live(address, request, timeouts, cancel, &mut |line, ms| {
                lines.push(Line {
                    ms,
                    line: line.to_owned(),
                });
                on_line(line);
            });
            // Broken streams are recorded too.
            let (status, content_type) = reply.as_ref().map_or((200, String::new()), |reply| {
                (reply.status, reply.content_type.clone())
            });
            if let Ok(reply) = &reply {
                lines.extend(reply.body.lines().map(|line| Line {
                    ms: 0,
                    line: line.to_owned(),
                }));
            }
            write(dir, request, status, content_type, &lines)?;
            Ok(reply?)
        }
        Transport::Replay { dir, paced } => replay(dir, request, *paced, cancel, on_line),
    }
}

fn live(
    address: &Address,
    request: &Request<'_>,
    timeouts: Timeouts,
    cancel: &CancelToken,
    on_line: &mut dyn FnMut(&str, u64),
) -> Result<Reply, HttpError> {
    let start = Instant::now();
    let mut answer = http::send(address, request, timeouts, cancel)?;
    let mut reply = Reply {
        status: answer.status,
        content_type: answer.content_type().to_owned(),
        retry_after: answer
            .headers
            .iter()
            .find(|(name, _)| name == "retry-after")
            .and_then(|(_, value)| value.parse().ok()),
        body: String::new(),
    };
    if reply.status != 200 || !reply.content_type.contains("event-stream") {
        reply.body = answer.text(1 << 20)?;
        return Ok(reply);
    }
    let mut lines = Lines::default();
    while let Some(bytes) = answer.read()? {
        for line in lines.push(&bytes) {
            on_line(&line, start.elapsed().as_millis() as u64);
            // Some servers keep the connection open after the last line.
            if line.trim() == "data: [DONE]" {
                return Ok(reply);
            }
        }
    }
    if let Some(line) = lines.rest() {
        on_line(&line, start.elapsed().as_millis() as u64);
    }
    Ok(reply)
}

fn replay(
    dir: &Path,
    request: &Request<'_>,
    paced: bool,
    cancel: &CancelToken,
    on_line: &mut dyn FnMut(&str),
) -> Result<Reply, ExchangeError> {
    let path = dir.join(format!("{}.jsonl", key(request)));
    let file = |action, reason: String| ExchangeError::File {
        action,
        path: path.clone(),
        reason,
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ExchangeError::NotRecorded { dir: dir.to_owned() });
        }
        Err(error) => return Err(file("read", error.to_string())),
    };
    let mut lines = text.lines();
    let head: RecordedHead = serde_json::from_str(lines.next().unwrap_or_default())
        .map_err(|error| file("read", error.to_string()))?;
    let mut reply = Reply {
        status: head.status,
        content_type: head.content_type,
        retry_after: None,
        body: String::new(),
    };
    let streams = reply.content_type.contains("event-stream") || reply.content_type.is_empty();
    let start = Instant::now();
    for line in lines {
        let line: Line = serde_json::from_str(line).map_err(|error| file("read", error.to_string()))?;
        let due = Duration::from_millis(line.ms);
        while paced && start.elapsed() < due {
            if cancel.is_cancelled() {
                return Err(HttpError::Cancelled.into());
            }
            std::thread::sleep((due - start.elapsed().min(due)).min(Duration::from_millis(20)));
        }
        if streams {
            on_line(&line.line);
        } else {
            reply.body.push_str(&line.line);
            reply.body.push('\n');
        }
    }
    Ok(reply)
}

fn write(
    dir: &Path,
    request: &Request<'_>,
    status: u16,
    content_type: String,
    lines: &[Line],
) -> Result<(), ExchangeError> {
    let path = dir.join(format!("{}.jsonl", key(request)));
    let head = RecordedHead {
        format: 1,
        method: request.method.to_owned(),
        path: request.path.to_owned(),
        body: request.body.and_then(|body| serde_json::from_str(body).ok()),
        status,
        content_type,
    };
    let mut text = serde_json::to_string(&head).expect("plain data");
    text.push('\n');
    for line in lines {
        text.push_str(&serde_json::to_string(line).expect("plain data"));
        text.push('\n');
    }
    let done =
        std::fs::create_dir_all(dir).and_then(|()| cadforge_trajectory::replace_file(&path, text.as_bytes()));
    done.map_err(|error| ExchangeError::File {
        action: "write",
        path,
        reason: error.to_string(),
    })
}
