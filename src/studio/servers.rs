//! Queries model servers and prepares prompt previews on background threads.
//!
//! Repairs do not use this module: they are jobs of the engine.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use super::proposing::{PromptRow, PromptView, ServerEntry, write_servers};
use crate::data::{DataError, Lines, Row};
use crate::engine::{EndpointConfig, Wake};
use crate::executor::CancelToken;
use crate::repair::endpoint::Timeouts;
use crate::repair::{Endpoint, ProposalRequest};
use crate::task::Task;
use crate::trajectory::Step;

/// Result of a query.
#[derive(Debug)]
pub enum ServerEvent {
    /// Models and adapters of the server at that address, or why it is unreachable.
    Looked {
        /// Address as entered.
        url: String,
        /// Names, with whether each is an adapter; or the error.
        found: Result<Vec<(String, bool)>, String>,
    },
    /// The requested prompt.
    Prompt(PromptView),
    /// The file of servers could not be saved.
    NotSaved(String),
}

/// Sends queries and collects their results.
pub struct Servers {
    sender: Sender<ServerEvent>,
    /// Results in order of arrival.
    pub events: Receiver<ServerEvent>,
    wake: Wake,
    latest: Arc<(AtomicU64, Mutex<()>)>,
}

impl Servers {
    /// Calls `wake` after each event.
    pub fn new(wake: Wake) -> Self {
        let (sender, events) = crossbeam_channel::unbounded();
        Self {
            sender,
            events,
            wake,
            latest: Arc::default(),
        }
    }

    /// Queries a server's models; gives up soon without a response.
    pub fn query(&self, url: String, config: EndpointConfig) {
        self.spawn(move || {
            let config = EndpointConfig {
                retries: 0,
                timeouts: Timeouts {
                    connect: Duration::from_secs(3),
                    first: Duration::from_secs(5),
                    between: Duration::from_secs(5),
                },
                ..config
            };
            let looked = Endpoint::new(config).describe(&CancelToken::never());
            let found = looked
                .map(|server| server.names())
                .map_err(|error| error.to_string());
            ServerEvent::Looked { url, found }
        });
    }

    /// Builds the prompt of the next proposal from the last of these steps, and finds the training row to compare it with.
    pub fn preview(
        &self,
        config: EndpointConfig,
        task: Arc<Task>,
        history: Vec<Step>,
        rows: Option<PathBuf>,
    ) {
        self.spawn(move || {
            let Some(head) = history.last() else {
                return ServerEvent::Prompt(PromptView::Failed("there is no step for a prompt".to_owned()));
            };
            let ask = ProposalRequest {
                task: &task,
                history: &history,
                head: head.step,
                shape: None,
                candidate: 0,
            };
            let config = EndpointConfig { retries: 0, ..config };
            let row = rows.map(|rows| find_row(&rows, &task.id, head.evaluation.kind.name()));
            ServerEvent::Prompt(match Endpoint::new(config).preview(&ask, &CancelToken::never()) {
                Ok((prompt, counted)) => PromptView::Shown {
                    text: prompt.text(),
                    tokens: counted.unwrap_or_else(|| prompt.tokens()),
                    counted: counted.is_some(),
                    omitted: prompt.left_out,
                    row,
                },
                Err(error) => PromptView::Failed(error.to_string()),
            })
        });
    }

    /// Saves servers in a file.
    pub fn save(&self, path: PathBuf, servers: Vec<ServerEntry>) {
        let sender = self.sender.clone();
        let wake = self.wake.clone();
        let latest = Arc::clone(&self.latest);
        // One write at a time; an outdated one is skipped.
        let serial = latest.0.fetch_add(1, Ordering::SeqCst) + 1;
        std::thread::spawn(move || {
            let _turn = latest.1.lock().unwrap_or_else(PoisonError::into_inner);
            if latest.0.load(Ordering::SeqCst) != serial {
                return;
            }
            if let Err(message) = write_servers(&path, &servers) {
                let _ = sender.send(ServerEvent::NotSaved(message));
                wake();
            }
        });
    }

    fn spawn(&self, work: impl FnOnce() -> ServerEvent + Send + 'static) {
        let sender = self.sender.clone();
        let wake = self.wake.clone();
        std::thread::spawn(move || {
            let _ = sender.send(work());
            wake();
        });
    }
}

/// Prompt of the first row of that task, preferably of one with the same failure kind.
fn find_row(path: &Path, task: &str, kind: &str) -> Result<PromptRow, String> {
    let fail = |error: DataError| error.to_string();
    let mut lines = Lines::open(path).map_err(fail)?;
    let mut found = None;
    while let Some(line) = lines.next_line().map_err(fail)? {
        let Ok(row) = line.row else { continue };
        if row.task_id() != Some(task) {
            continue;
        }
        let Some(text) = prompt_of(&row) else { continue };
        let row_found = PromptRow {
            place: format!("{}:{}", path.display(), line.number),
            text,
        };
        if row.text("failure_type") == Some(kind) {
            return Ok(row_found);
        }
        found.get_or_insert(row_found);
    }
    found.ok_or_else(|| format!("{}: no row of `{task}` with a prompt", path.display()))
}

fn prompt_of(row: &Row) -> Option<String> {
    let mut text = String::new();
    for message in row.prompt() {
        let (role, content) = (message["role"].as_str()?, message["content"].as_str()?);
        text.push_str(&format!("=== {role}\n{}\n", content.trim()));
    }
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preview_compares_with_a_row_of_the_same_failure() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.jsonl");
        let row = |task: &str, kind: &str, text: &str| {
            serde_json::json!({"task_id": task, "failure_type": kind, "messages": [
                {"role": "system", "content": "Repair."}, {"role": "user", "content": text},
                {"role": "assistant", "content": "answer"}]})
        };
        let rows = [
            row("ball", "invented_api", "a"),
            row("cube", "syntax_closure", "b"),
            row("cube", "invented_api", "c"),
        ];
        let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
        std::fs::write(&path, format!("half a line\n{text}")).unwrap();
        let found = find_row(&path, "cube", "invented_api").unwrap();
        assert_eq!(found.text, "=== system\nRepair.\n=== user\nc\n");
        assert!(found.place.ends_with("rows.jsonl:4"), "{}", found.place);
        let other = find_row(&path, "cube", "kernel_failure").unwrap();
        assert!(other.text.ends_with("b\n"), "the task counts before the failure");
        assert!(find_row(&path, "cone", "x").unwrap_err().contains("`cone`"));
    }
}
