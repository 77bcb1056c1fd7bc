//! Scores for trainers: `/get_reward` for OpenRLHF, `/score_batch` for rows. A failed build has a score; an internal
//! error is a status or an `error`, never a score.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::answer::{self, Answer};
use super::app::App;
use super::episode;
use super::fields::{FieldErrors, Fields};
use super::scoring::{Candidate, Permit, ScoringService};
use super::wire::scorers::{ExtraLogs, Rewards};
use cadforge_data::{Line, Lines, Row, line_of, score, value_of};
use cadforge_extraction as extraction;
use cadforge_task::{Task, TaskSet};

/// Maximum number of sleeping candidates of one request that leave its further candidates access to the workers.
const MAX_SLEEPING: usize = 16;

/// `POST /get_reward`: `query`, `prompts` and `labels` are lists of equal length.
pub async fn get_reward(State(app): State<Arc<App>>, request: Request) -> Answer {
    let body = match answer::json_body(request.into_body(), app.config.max_body, None).await {
        Ok(body) => body,
        Err(answer) => return *answer,
    };
    let errors = FieldErrors::default();
    let read = Fields::of(&body, &["body"], &errors).and_then(|fields| queries(&app.tasks, fields));
    let candidates = match errors.or(read) {
        Ok(candidates) => candidates,
        Err(wrong) => return answer::invalid(wrong),
    };
    let _room = match admit(&app, candidates.len()) {
        Ok(room) => room,
        Err(answer) => return *answer,
    };
    let scoring = app.scoring.source();
    let work = candidates.into_iter().map(move |candidate| {
        let scoring = scoring.clone();
        async move { scoring.score(candidate, None).await }
    });
    let mut scores = pin!(in_order(work, concurrency(&app)));
    let (mut rewards, mut built, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(scored) = scores.next().await {
        match scored {
            Ok(assessment) => {
                rewards.push(episode::score(&assessment.evaluation));
                built.push(u8::from(assessment.evaluation.ok));
                kinds.push(assessment.evaluation.kind);
            }
            // Dropping the other futures cancels their candidates.
            Err(error) => return answer::scoring_error_answer(&error),
        }
    }
    answer::ok(&Rewards {
        scores: rewards.clone(),
        rewards,
        extra_logs: ExtraLogs { built },
        kinds,
    })
}

fn queries(tasks: &TaskSet, mut fields: Fields<'_>) -> Option<Vec<Candidate>> {
    let queries = fields.required_list("query")?;
    let (prompts, labels) = (fields.list("prompts"), fields.list("labels"));
    for (name, list) in [("prompts", prompts), ("labels", labels)] {
        if let Some(list) = list
            && list.len() != queries.len()
        {
            let msg = format!(
                "List should have {} items, as query has, not {}",
                queries.len(),
                list.len()
            );
            fields.wrong("wrong_length", name, msg, &Value::Null);
        }
    }
    let mut candidates = Vec::new();
    let mut without_prompt = Vec::new();
    for (index, query) in queries.iter().enumerate() {
        let at = |list: Option<&[Value]>| list.and_then(|list| list.get(index)).cloned().unwrap_or_default();
        let (prompt, label) = (at(prompts), at(labels));
        let Some(text) = query.as_str() else {
            fields.wrong(
                "string_type",
                "query",
                format!("Item {index} should be a valid string"),
                query,
            );
            continue;
        };
        let prompt = prompt.as_str().unwrap_or_default();
        let completion = extraction::answer(text, prompt);
        if completion.is_none() {
            without_prompt.push(index);
        }
        match task_of(tasks, &label, prompt, text) {
            Ok(task) => {
                let completion = completion.unwrap_or_default().to_owned();
                candidates.push(Candidate {
                    task,
                    code: extraction::program(&completion),
                    completion: Some(completion),
                    mode: None,
                    shape: false,
                });
            }
            Err(msg) => fields.wrong("unknown_task", "labels", format!("Item {index}: {msg}"), &label),
        }
    }
    if !without_prompt.is_empty() {
        // Scoring the whole query could reward the program in the prompt.
        let msg = format!(
            "the prompt is not in the query of items {without_prompt:?}\nhint: send prompts that the queries begin with, or no prompts"
        );
        fields.wrong("prompt_not_found", "query", msg, &Value::Null);
    }
    Some(candidates)
}

/// The task that a label names, as a string or under `task_id`; without a label, the task whose id or brief the
/// prompt contains.
fn task_of(tasks: &TaskSet, label: &Value, prompt: &str, query: &str) -> Result<Arc<Task>, String> {
    let named = match label {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => match value_of(text.as_bytes()) {
            Ok(Value::Object(object)) => object.get("task_id").and_then(Value::as_str).map(str::to_owned),
            _ => Some(text.clone()),
        },
        Value::Object(object) => object.get("task_id").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    };
    if let Some(id) = named {
        return episode::find(tasks, &id).map_err(|refusal| refusal.to_string());
    }
    let text = if prompt.is_empty() { query } else { prompt };
    let held = tasks
        .iter()
        .find(|task| text.contains(&task.id))
        .or_else(|| tasks.iter().find(|task| text.contains(task.prompt.trim())));
    held.map(Arc::clone).ok_or_else(|| {
        "no label names a task, and the prompt contains none\nhint: send task ids as labels".to_owned()
    })
}

/// `POST /score_batch`: JSON Lines in, the same rows with their scores out, in order, streamed.
pub async fn score_batch(State(app): State<Arc<App>>, request: Request) -> Answer {
    let body = match answer::body(request.into_body(), app.config.max_body).await {
        Ok(body) => body,
        Err(answer) => return *answer,
    };
    let mut lines = Lines::of_text(body);
    // Text in memory is read without errors.
    let lines = std::iter::from_fn(|| lines.next_line().ok().flatten());
    let rows: Vec<BatchLine> = lines.map(|line| BatchLine::read(&app.tasks, line)).collect();
    let room = match admit(&app, rows.len()) {
        Ok(room) => Arc::new(room),
        Err(answer) => return *answer,
    };
    let scoring = app.scoring.source();
    let concurrency = concurrency(&app);
    let work = rows
        .into_iter()
        .map(move |row| row.scored(Arc::clone(&app), scoring.clone(), Arc::clone(&room)));
    let lines = in_order(work, concurrency).map(Ok::<Bytes, Infallible>);
    answer::raw(StatusCode::OK, "application/x-ndjson", Body::from_stream(lines))
}

enum BatchLine {
    Row(Row, Box<Candidate>),
    Malformed(Value),
}

impl BatchLine {
    fn read(tasks: &TaskSet, line: Line) -> Self {
        let number = line.number;
        // `line`, and a message that begins like this, are how older clients recognise a malformed line.
        let malformed = |what: &str| {
            Self::Malformed(
                json!({ "malformed_line": number, "line": number, "error": format!("bad line: {what}") }),
            )
        };
        let row = match line.row {
            Ok(row) => row,
            Err(error) => return malformed(&error),
        };
        let Some(id) = row.task_id() else {
            return malformed("no task_id");
        };
        let task = match episode::find(tasks, id) {
            Ok(task) => task,
            Err(refusal) => return malformed(&refusal.to_string()),
        };
        let Some(code) = row.code() else {
            return malformed("neither code, nor completion, nor messages");
        };
        let candidate = Candidate {
            task,
            code,
            completion: row.completion(),
            mode: None,
            shape: false,
        };
        Self::Row(row, Box::new(candidate))
    }

    /// The line of the response.
    async fn scored(self, app: Arc<App>, scoring: ScoringService, room: Arc<Permit>) -> Bytes {
        let written = match self {
            Self::Malformed(report) => report,
            Self::Row(row, candidate) => {
                let map = match scoring.score(*candidate, None).await {
                    Ok(assessment) => score::scored(row, &assessment.evaluation).0,
                    Err(error) => {
                        let mut map = score::failed(row, &error.to_string(), &app.config.scoring);
                        map.insert("retry_after_s".into(), error.retry_after_s().into());
                        map
                    }
                };
                map.into()
            }
        };
        drop(room);
        let mut line = line_of(&written);
        line.push(b'\n');
        line.into()
    }
}

/// Admits a whole batch: 413 if it can never fit, 429 if it does not fit now.
fn admit(app: &App, count: usize) -> Result<Permit, Box<Answer>> {
    if count > app.config.queue {
        let message = format!(
            "{count} candidates exceed the limit of {}\nhint: send them in parts, or start the server with a higher --queue",
            app.config.queue
        );
        return Err(Box::new(answer::problem(StatusCode::PAYLOAD_TOO_LARGE, &message)));
    }
    app.scoring.admit(count).map_err(|error| {
        app.metrics.refused();
        Box::new(answer::scoring_error_answer(&error))
    })
}

/// Number of candidates of one request in progress, each of which occupies a thread: more than workers plus sleeping
/// candidates, so that no worker is idle.
fn concurrency(app: &App) -> usize {
    2 * app.config.workers.max(1) + MAX_SLEEPING
}

/// Results in the order of the work, with a bounded number in progress: slow work delays the results behind it, but
/// not their work.
fn in_order<F: Future>(
    work: impl ExactSizeIterator<Item = F>,
    concurrency: usize,
) -> impl Stream<Item = F::Output> {
    let count = work.len();
    let turns = Arc::new(Semaphore::new(concurrency));
    let work = work.map(move |one| {
        let turns = Arc::clone(&turns);
        async move {
            let _turn = turns.acquire().await;
            one.await
        }
    });
    futures_util::stream::iter(work).buffered(count.max(1))
}
