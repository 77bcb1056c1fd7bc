//! OpenEnv over HTTP: every call has a fresh environment.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::app::App;
use super::fields::{FieldErrors, Fields};
use super::wire::tasks::{Health, Metadata, NamedHealth, Schemas};
use super::wire::{self, ENVIRONMENT, ResetRequest, StepRequest, StepResponse};

/// Description of the environment.
pub const DESCRIPTION: &str =
    "Repair CadQuery code: each step builds a candidate in a sandbox and scores its geometry against a task.";

pub async fn health() -> Answer {
    let status = "healthy".to_owned();
    answer::ok(&Health { status })
}

pub async fn healthz() -> Answer {
    let env = ENVIRONMENT.to_owned();
    answer::ok(&NamedHealth {
        ok: "true".to_owned(),
        env,
    })
}

pub async fn metadata() -> Answer {
    answer::ok(&Metadata {
        name: ENVIRONMENT.to_owned(),
        description: DESCRIPTION.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        author: "CADForge Studio contributors".to_owned(),
        readme_content: include_str!("../../docs/serve.md").to_owned(),
        documentation_url: None,
    })
}

pub async fn schema() -> Answer {
    answer::ok(&Schemas {
        action: json_schema::<wire::Action>(),
        observation: json_schema::<wire::Observation>(),
        state: json_schema::<wire::State>(),
    })
}

/// The self-contained JSON Schema of a type.
pub fn json_schema<T: schemars::JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12();
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

pub async fn state(State(app): State<Arc<App>>) -> Answer {
    answer::ok(&app.environment(true).state())
}

pub async fn reset(State(app): State<Arc<App>>, request: Request) -> Answer {
    let body = match answer::json_body(request.into_body(), app.config.max_body, Some(json!({}))).await {
        Ok(body) => body,
        Err(answer) => return *answer,
    };
    let errors = FieldErrors::default();
    let read = Fields::of(&body, &["body"], &errors).map(ResetRequest::read);
    let request = match errors.or(read) {
        Ok(request) => request,
        Err(wrong) => return answer::invalid(wrong),
    };
    match app.environment(true).reset(request).await {
        Ok(observation) => answer::ok(&StepResponse::from(observation)),
        Err(refused) => answer::message_error(&refused, &["body", "task_id"], &body["task_id"]),
    }
}

pub async fn step(State(app): State<Arc<App>>, request: Request) -> Answer {
    let body = match answer::json_body(request.into_body(), app.config.max_body, None).await {
        Ok(body) => body,
        Err(answer) => return *answer,
    };
    let errors = FieldErrors::default();
    let read = Fields::of(&body, &["body"], &errors).and_then(StepRequest::read);
    let StepRequest {
        action, timeout_s, ..
    } = match errors.or(read) {
        Ok(request) => request,
        Err(wrong) => return answer::invalid(wrong),
    };
    match app.environment(true).step(action, timeout_s).await {
        Ok(observation) => answer::ok(&StepResponse::from(observation)),
        Err(refused) => answer::message_error(
            &refused,
            &["body", "action", "task_id"],
            &body["action"]["task_id"],
        ),
    }
}

pub async fn metrics(State(app): State<Arc<App>>) -> Answer {
    let text = app.metrics.text(&app.scoring);
    answer::raw(
        StatusCode::OK,
        "text/plain; version=0.0.4; charset=utf-8",
        Body::from(text),
    )
}
