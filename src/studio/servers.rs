//! Queries model servers and prepares prompt previews; both block.
//!
//! Repairs do not use this module: they are jobs of the engine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::proposing::{PromptRow, PromptView};
use crate::data::{DataError, Lines, Row};
use crate::engine::EndpointConfig;
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
    Prompt(PromptView),
    /// The file of servers could not be saved.
    NotSaved(String),
}

/// Queries a server's models; gives up soon without a response.
pub fn query(url: String, config: EndpointConfig) -> ServerEvent {
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
}

/// Builds the prompt of the next proposal from the last of these steps, and finds the training row to compare it with.
pub fn preview(config: EndpointConfig, task: &Task, history: &[Step], rows: Option<PathBuf>) -> PromptView {
    let Some(head) = history.last() else {
        return PromptView::Failed("there is no step for a prompt".to_owned());
    };
    let request = ProposalRequest {
        task,
        history,
        head: head.step,
        shape: None,
        candidate: 0,
    };
    let config = EndpointConfig { retries: 0, ..config };
    let row = rows.map(|rows| find_row(&rows, &task.id, head.evaluation.kind.name()));
    match Endpoint::new(config).preview(&request, &CancelToken::never()) {
        Ok((prompt, counted)) => PromptView::Shown {
            text: prompt.text(),
            tokens: counted.unwrap_or_else(|| prompt.tokens()),
            counted: counted.is_some(),
            omitted: prompt.left_out,
            row,
        },
        Err(error) => PromptView::Failed(error.to_string()),
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
