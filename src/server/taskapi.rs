//! The task routes of OpenEnv 0.10: one split, `train`, which holds all tasks sorted by id.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use serde::Serialize;

use super::answer::{self, Answer};
use super::app::App;
use super::episode;
use super::fields::{FieldErrors, Fields};
use super::wire::ENVIRONMENT;
use super::wire::tasks::{
    Description, IndexRequest, OneTask, RangeRequest, SomeTasks, Split, SplitRequest, TaskCount, Tasks,
};
use cadforge_task::Task;

const SPLIT: &str = "train";

pub async fn environments() -> Answer {
    answer::ok(&[ENVIRONMENT])
}

pub async fn splits(Path(environment): Path<String>) -> Answer {
    let (name, kind) = (SPLIT.to_owned(), SPLIT.to_owned());
    match known(&environment) {
        Ok(()) => answer::ok(&[Split { name, kind }]),
        Err(answer) => *answer,
    }
}

pub async fn tasks(State(app): State<Arc<App>>, Path(environment): Path<String>, request: Request) -> Answer {
    let read = |fields: Fields<'_>| SplitRequest::read(fields).map(|respond| (respond.split, ()));
    respond(&app, &environment, request, read, |tasks, ()| {
        Some(Tasks {
            tasks,
            env_name: ENVIRONMENT.to_owned(),
        })
    })
    .await
}

pub async fn num_tasks(
    State(app): State<Arc<App>>,
    Path(environment): Path<String>,
    request: Request,
) -> Answer {
    let read = |fields: Fields<'_>| SplitRequest::read(fields).map(|respond| (respond.split, ()));
    respond(&app, &environment, request, read, |tasks, ()| {
        Some(TaskCount {
            num_tasks: tasks.len(),
        })
    })
    .await
}

pub async fn task(State(app): State<Arc<App>>, Path(environment): Path<String>, request: Request) -> Answer {
    let read = |fields: Fields<'_>| IndexRequest::read(fields).map(|respond| (respond.split, respond.index));
    respond(&app, &environment, request, read, |mut tasks, index| {
        // As in Python: from the end if negative.
        let index = if index < 0 {
            index.saturating_add(tasks.len() as i64)
        } else {
            index
        };
        let index = usize::try_from(index).ok().filter(|index| *index < tasks.len())?;
        Some(OneTask {
            task: tasks.swap_remove(index),
        })
    })
    .await
}

pub async fn task_range(
    State(app): State<Arc<App>>,
    Path(environment): Path<String>,
    request: Request,
) -> Answer {
    let read = |fields: Fields<'_>| {
        RangeRequest::read(fields).map(|respond| (respond.split, (respond.start, respond.stop)))
    };
    respond(&app, &environment, request, read, |mut tasks, (start, stop)| {
        let bound = |given: Option<i64>, otherwise: usize| match given {
            None => otherwise,
            Some(index) if index < 0 => tasks.len().saturating_sub(index.unsigned_abs() as usize),
            Some(index) => (index as usize).min(tasks.len()),
        };
        let (start, stop) = (bound(start, 0), bound(stop, tasks.len()));
        Some(SomeTasks {
            tasks: tasks.drain(start.min(stop)..stop).collect(),
        })
    })
    .await
}

/// Answers a request about a split.
async fn respond<W, A: Serialize>(
    app: &App,
    environment: &str,
    request: Request,
    read: impl FnOnce(Fields<'_>) -> Option<(String, W)>,
    answer_with: impl FnOnce(Vec<Description>, W) -> Option<A>,
) -> Answer {
    if let Err(answer) = known(environment) {
        return *answer;
    }
    let body = match answer::json_body(request.into_body(), app.config.max_body, None).await {
        Ok(body) => body,
        Err(answer) => return *answer,
    };
    let errors = FieldErrors::default();
    let read = Fields::of(&body, &["body"], &errors).and_then(read);
    match errors.or(read) {
        Err(wrong) => answer::invalid(wrong),
        Ok((split, _)) if split != SPLIT => {
            let message = format!("unknown split\nhint: the only split is `{SPLIT}`");
            answer::problem(StatusCode::NOT_FOUND, &message)
        }
        Ok((_, request)) => {
            let tasks = app.tasks.iter().map(|task| description(task)).collect();
            match answer_with(tasks, request) {
                Some(value) => answer::ok(&value),
                None => answer::problem(StatusCode::BAD_REQUEST, "Invalid task index"),
            }
        }
    }
}

fn description(task: &Task) -> Description {
    Description {
        task_id: task.id.clone(),
        level: task.level.name().to_owned(),
        family: task.family.clone(),
        label: task.label.clone(),
        task_brief: task.prompt.clone(),
        constraints: episode::constraints(task),
        bbox_mm: task.bbox_mm,
        semantic_hints: task.semantic_hints.clone(),
    }
}

fn known(environment: &str) -> Result<(), Box<Answer>> {
    if environment.eq_ignore_ascii_case(ENVIRONMENT) {
        return Ok(());
    }
    let message = format!("unknown environment\nhint: the only environment is `{ENVIRONMENT}`");
    Err(Box::new(answer::problem(StatusCode::NOT_FOUND, &message)))
}
