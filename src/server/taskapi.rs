//! The task routes of OpenEnv 0.10: one split, `train`, which holds all tasks sorted by id.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::App;
use super::answer::{self, Answer};
use super::episode;
use super::fields::{Fields, Mistakes};
use super::wire::ENVIRONMENT;
use crate::task::Task;

const SPLIT: &str = "train";

pub async fn environments() -> Answer {
    answer::ok(&[ENVIRONMENT])
}

pub async fn splits(Path(environment): Path<String>) -> Answer {
    match known(&environment) {
        Ok(()) => answer::ok(&[json!({ "name": SPLIT, "type": SPLIT })]),
        Err(answer) => *answer,
    }
}

pub async fn tasks(State(app): State<Arc<App>>, Path(environment): Path<String>, request: Request) -> Answer {
    asked(&app, &environment, request, |tasks, _| {
        Ok(json!({ "tasks": tasks, "env_name": ENVIRONMENT }))
    })
    .await
}

pub async fn num_tasks(
    State(app): State<Arc<App>>,
    Path(environment): Path<String>,
    request: Request,
) -> Answer {
    asked(&app, &environment, request, |tasks, _| {
        Ok(json!({ "num_tasks": tasks.len() }))
    })
    .await
}

pub async fn task(State(app): State<Arc<App>>, Path(environment): Path<String>, request: Request) -> Answer {
    asked(&app, &environment, request, |tasks, fields| {
        if !fields.has("index") {
            fields.wrong("missing", "index", "Field required", &Value::Null);
        }
        // As Python counts: from the end if negative.
        let index = fields.signed_number("index").unwrap_or(0);
        let index = if index < 0 {
            index + tasks.len() as i64
        } else {
            index
        };
        let task = usize::try_from(index).ok().and_then(|index| tasks.get(index));
        task.map(|task| json!({ "task": task }))
            .ok_or(StatusCode::BAD_REQUEST)
    })
    .await
}

pub async fn task_range(
    State(app): State<Arc<App>>,
    Path(environment): Path<String>,
    request: Request,
) -> Answer {
    asked(&app, &environment, request, |tasks, fields| {
        let bound = |given: Option<i64>, otherwise: usize| match given {
            None => otherwise,
            Some(index) if index < 0 => tasks.len().saturating_sub(index.unsigned_abs() as usize),
            Some(index) => (index as usize).min(tasks.len()),
        };
        let (start, stop) = (fields.signed_number("start"), fields.signed_number("stop"));
        let (start, stop) = (bound(start, 0), bound(stop, tasks.len()));
        Ok(json!({ "tasks": tasks.get(start..stop).unwrap_or_default() }))
    })
    .await
}

/// Answers a request that names a split.
async fn asked(
    app: &App,
    environment: &str,
    request: Request,
    answer_with: impl FnOnce(&[Value], &mut Fields<'_>) -> Result<Value, StatusCode>,
) -> Answer {
    if let Err(answer) = known(environment) {
        return *answer;
    }
    let body = match answer::json_body(request.into_body(), app.config.max_body, None).await {
        Ok(body) => body,
        Err(answer) => return *answer,
    };
    let tasks: Vec<_> = app.tasks.iter().map(|task| description(task)).collect();
    let mistakes = Mistakes::default();
    let read = Fields::of(&body, &["body"], &mistakes).and_then(|mut fields| {
        let split = fields.required_text("split", 0)?;
        let value = answer_with(&tasks, &mut fields);
        Some((split, value))
    });
    match mistakes.or(read) {
        Err(wrong) => answer::invalid(wrong),
        Ok((split, _)) if split != SPLIT => {
            let message = format!("unknown split\nhint: there is one, `{SPLIT}`");
            answer::problem(StatusCode::NOT_FOUND, &message)
        }
        Ok((_, Err(status))) => answer::problem(status, "Invalid task index"),
        Ok((_, Ok(value))) => answer::ok(&value),
    }
}

/// A task as others see it.
fn description(task: &Task) -> Value {
    json!({
        "task_id": task.id,
        "level": task.level.name(),
        "family": task.family,
        "label": task.label,
        "task_brief": task.prompt,
        "constraints": episode::constraints(task),
        "bbox_mm": task.bbox_mm,
        "semantic_hints": task.semantic_hints,
    })
}

fn known(environment: &str) -> Result<(), Box<Answer>> {
    if environment.eq_ignore_ascii_case(ENVIRONMENT) {
        return Ok(());
    }
    let message = format!("unknown environment\nhint: there is one, `{ENVIRONMENT}`");
    Err(Box::new(answer::problem(StatusCode::NOT_FOUND, &message)))
}
