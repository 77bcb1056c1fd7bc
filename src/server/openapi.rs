//! The OpenAPI document, generated from the types that travel.

use axum::response::Response;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use super::answer;
use super::openenv::DESCRIPTION;
use super::wire::{ResetRequest, State, StepRequest, StepResponse, ValidationProblem};

/// The version of OpenEnv's HTTP contract that the server speaks.
const CONTRACT: &str = "1.0.0";

pub async fn document() -> Response {
    answer::ok(&build())
}

/// The document.
pub fn build() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut types = settings.into_generator();
    let problem = types.subschema_for::<ValidationProblem>().to_value();
    let state = types.subschema_for::<State>().to_value();
    let answered = types.subschema_for::<StepResponse>().to_value();
    let mut paths = Map::new();
    let reset = body::<ResetRequest>(&mut types, false);
    add(
        &mut paths,
        "/reset",
        "post",
        "Begin an episode",
        Some(reset),
        Some(&answered),
        &problem,
    );
    let step = body::<StepRequest>(&mut types, true);
    add(
        &mut paths,
        "/step",
        "post",
        "Build and score a candidate",
        Some(step),
        Some(&answered),
        &problem,
    );
    add(
        &mut paths,
        "/state",
        "get",
        "The state of a fresh environment",
        None,
        Some(&state),
        &problem,
    );
    for (path, method, summary) in OTHERS {
        let free = json!({ "content": { "application/json": { "schema": {} } } });
        let body = (method == "post").then_some(free);
        add(&mut paths, path, method, summary, body, None, &problem);
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "CADForge environment", "version": CONTRACT, "description": DESCRIPTION },
        "paths": paths,
        "components": {
            "schemas": types.take_definitions(true),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

/// Routes whose bodies are told in `docs/serve.md`.
const OTHERS: [(&str, &str, &str); 18] = [
    ("/health", "get", "Whether the server runs"),
    (
        "/healthz",
        "get",
        "Whether the server runs, with the environment's name",
    ),
    ("/metadata", "get", "What the environment is"),
    ("/schema", "get", "JSON Schema of action, observation and state"),
    ("/mcp", "post", "The environment's tools as JSON-RPC 2.0"),
    ("/list_environments", "get", "The environment's name"),
    ("/cadforge_cadquery/splits", "get", "Splits of the tasks"),
    ("/cadforge_cadquery/tasks", "post", "All tasks of a split"),
    (
        "/cadforge_cadquery/num_tasks",
        "post",
        "How many tasks a split has",
    ),
    ("/cadforge_cadquery/task", "post", "A task by its index"),
    (
        "/cadforge_cadquery/task_range",
        "post",
        "Tasks by a range of indices",
    ),
    (
        "/api/space/repair-loop",
        "post",
        "Run a repair loop and keep its shapes",
    ),
    (
        "/api/space/demo",
        "post",
        "Score a seed or given code and keep its shape",
    ),
    ("/api/space/stl/{task_id}", "get", "The last shape of the demo"),
    (
        "/api/space/loop-stl/{task_id}/{step_id}",
        "get",
        "A shape of the last loop",
    ),
    (
        "/get_reward",
        "post",
        "Rewards of completions, as OpenRLHF asks for them",
    ),
    ("/score_batch", "post", "Rewards of rows, JSON Lines in and out"),
    ("/metrics", "get", "Counters as Prometheus text"),
];

fn body<T: schemars::JsonSchema>(types: &mut SchemaGenerator, required: bool) -> Value {
    let schema = types.subschema_for::<T>().to_value();
    json!({ "required": required, "content": { "application/json": { "schema": schema } } })
}

fn add(
    paths: &mut Map<String, Value>,
    path: &str,
    method: &str,
    summary: &str,
    body: Option<Value>,
    answered: Option<&Value>,
    problem: &Value,
) {
    let schema = answered.cloned().unwrap_or_else(|| json!({}));
    let mut operation = json!({
        "summary": summary,
        "operationId": format!("{method}{}", path.replace(['/', '-', '{', '}'], "_")),
        "responses": {
            "200": { "description": "Done", "content": { "application/json": { "schema": schema } } },
            "422": { "description": "Fields that are wrong", "content": { "application/json": { "schema": problem } } },
        },
    });
    if let Some(body) = body {
        operation["requestBody"] = body;
    }
    let parameters: Vec<_> = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    paths.insert(path.to_owned(), json!({ method: operation }));
}
