//! The OpenAPI document, generated from the types of requests and responses.

use axum::response::Response;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::answer;
use super::openenv::DESCRIPTION;
use super::wire::scorers::{BatchAnswer, BatchRow, RewardRequest, Rewards, RpcAnswer, RpcRequest};
use super::wire::space::{Demo, DemoRequest, Loop, LoopRequest};
use super::wire::tasks::{
    Health, IndexRequest, Metadata, NamedHealth, OneTask, RangeRequest, Schemas, SomeTasks, Split,
    SplitRequest, TaskCount, Tasks,
};
use super::wire::{Problem, ResetRequest, State, StepRequest, StepResponse, ValidationProblem};

/// Version of OpenEnv's HTTP contract.
const CONTRACT: &str = "1.0.0";

const JSON: &str = "application/json";
/// JSON Lines; the schema is that of a line.
const LINES: &str = "application/x-ndjson";

pub async fn document() -> Response {
    answer::ok(&build())
}

pub fn build() -> Value {
    let settings = |settings: SchemaSettings| {
        settings.with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        })
    };
    // Fields that may be missing in a request are always present in a response.
    let mut asked = settings(SchemaSettings::draft2020_12()).into_generator();
    let mut told = settings(SchemaSettings::draft2020_12().for_serialize()).into_generator();
    let mut paths = Map::new();
    for route in routes() {
        let operation = route.operation(&mut asked, &mut told);
        let methods = paths.entry(route.path).or_insert_with(|| json!({}));
        methods[route.method] = operation;
    }
    let mut schemas = asked.take_definitions(true);
    schemas.extend(told.take_definitions(true));
    json!({
        "openapi": "3.1.0",
        "info": { "title": "CADForge environment", "version": CONTRACT, "description": DESCRIPTION },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
        // A token is required if the server has one.
        "security": [{}, { "token": [] }],
    })
}

fn routes() -> Vec<Route> {
    const ENVIRONMENT: &str = "/cadforge_cadquery";
    let of_tasks = |name: &str, summary| post(&format!("{ENVIRONMENT}/{name}"), summary).fails(&[404]);
    vec![
        get("/health", "Whether the server runs").answers::<Health>(),
        get("/healthz", "Whether the server runs, with the environment's name").answers::<NamedHealth>(),
        get("/metadata", "Description of the environment").answers::<Metadata>(),
        get("/schema", "JSON Schema of action, observation and state").answers::<Schemas>(),
        get("/state", "The state of a fresh environment").answers::<State>(),
        get("/openapi.json", "This document").answers::<Map<String, Value>>(),
        get("/metrics", "Counters as Prometheus text")
            .answers_with("text/plain", SchemaGenerator::subschema_for::<String>),
        post("/reset", "Begin an episode")
            .takes::<ResetRequest>(false)
            .answers::<StepResponse>()
            .fails(&[503]),
        post("/step", "Build and score a candidate")
            .takes::<StepRequest>(true)
            .answers::<StepResponse>()
            .fails(&[503]),
        post(
            "/mcp",
            "The environment's tools as JSON-RPC 2.0; the response has the errors",
        )
        .carries(JSON, true, SchemaGenerator::subschema_for::<RpcRequest>)
        .answers::<RpcAnswer>(),
        get("/mcp", "The same over a WebSocket, one message per text frame").upgrades(),
        get("/ws", "OpenEnv over a WebSocket: one environment per connection").upgrades(),
        get("/list_environments", "The environment's name").answers::<Vec<String>>(),
        get(&format!("{ENVIRONMENT}/splits"), "Splits of the tasks").answers::<Vec<Split>>(),
        of_tasks("tasks", "All tasks of a split")
            .takes::<SplitRequest>(true)
            .answers::<Tasks>(),
        of_tasks("num_tasks", "Number of tasks of a split")
            .takes::<SplitRequest>(true)
            .answers::<TaskCount>(),
        of_tasks("task", "A task by its index")
            .takes::<IndexRequest>(true)
            .answers::<OneTask>(),
        of_tasks("task_range", "Tasks by a range of indices")
            .takes::<RangeRequest>(true)
            .answers::<SomeTasks>(),
        get("/", "A page that shows a repair loop")
            .answers_with("text/html", SchemaGenerator::subschema_for::<String>),
        get("/web", "The same page").answers_with("text/html", SchemaGenerator::subschema_for::<String>),
        post("/api/space/demo", "Score a seed or given code and store its mesh")
            .takes::<DemoRequest>(false)
            .answers::<Demo>()
            .fails(&[404, 503]),
        post("/api/space/repair-loop", "Run a repair loop and store its meshes")
            .takes::<LoopRequest>(false)
            .answers::<Loop>()
            .fails(&[404, 503]),
        get("/api/space/stl/{task_id}", "The last mesh of the demo")
            .answers_with("model/stl", bytes)
            .fails(&[404]),
        get("/api/space/loop-stl/{task_id}", "The best mesh of the last loop")
            .answers_with("model/stl", bytes)
            .fails(&[404]),
        get(
            "/api/space/loop-stl/{task_id}/{step_id}",
            "A mesh of the last loop",
        )
        .answers_with("model/stl", bytes)
        .fails(&[404]),
        post("/get_reward", "Rewards of completions, in OpenRLHF's format")
            .takes::<RewardRequest>(true)
            .answers::<Rewards>()
            .fails(&[503]),
        post("/score_batch", "Rewards of rows, in order")
            .carries(LINES, true, SchemaGenerator::subschema_for::<BatchRow>)
            .answers_with(LINES, SchemaGenerator::subschema_for::<BatchAnswer>)
            .fails(&[400, 408, 413]),
    ]
}

/// Generates the schema of a body.
type SchemaFn = fn(&mut SchemaGenerator) -> Schema;

struct Route {
    method: &'static str,
    path: String,
    summary: &'static str,
    /// Media type of the body, whether it is required, and its schema.
    takes: Option<(&'static str, bool, SchemaFn)>,
    /// Media type and schema of the response; `None` for a WebSocket.
    answers: Option<(&'static str, SchemaFn)>,
    /// Statuses of errors with a message.
    fails: Vec<u16>,
    /// Whether invalid fields are listed.
    reads_fields: bool,
}

fn route(method: &'static str, path: &str, summary: &'static str) -> Route {
    Route {
        method,
        path: path.to_owned(),
        summary,
        takes: None,
        answers: None,
        // Responses of the guard, for every route: wrong token, other site, too many requests.
        fails: vec![401, 403, 429],
        reads_fields: false,
    }
}

fn get(path: &str, summary: &'static str) -> Route {
    route("get", path, summary)
}

fn post(path: &str, summary: &'static str) -> Route {
    route("post", path, summary)
}

fn bytes(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": "string", "format": "binary" })
}

impl Route {
    /// Takes a JSON body.
    fn takes<T: JsonSchema>(mut self, required: bool) -> Self {
        self.reads_fields = true;
        self.carries(JSON, required, SchemaGenerator::subschema_for::<T>)
            .fails(&[400, 408, 413])
    }

    fn carries(mut self, media: &'static str, required: bool, schema: SchemaFn) -> Self {
        self.takes = Some((media, required, schema));
        self
    }

    fn answers<T: JsonSchema>(self) -> Self {
        self.answers_with(JSON, SchemaGenerator::subschema_for::<T>)
    }

    fn answers_with(mut self, media: &'static str, schema: SchemaFn) -> Self {
        self.answers = Some((media, schema));
        self
    }

    /// Becomes a WebSocket.
    fn upgrades(self) -> Self {
        self.fails(&[426])
    }

    fn fails(mut self, statuses: &[u16]) -> Self {
        self.fails.extend(statuses);
        self
    }

    fn operation(&self, asked: &mut SchemaGenerator, told: &mut SchemaGenerator) -> Value {
        let carrying = |status: u16, media: &str, schema: Schema| json!({ "description": meaning(status), "content": { media: { "schema": schema } } });
        let mut responses = Map::new();
        let done = match self.answers {
            Some((media, schema)) => ("200", carrying(200, media, schema(told))),
            None => ("101", json!({ "description": meaning(101) })),
        };
        responses.insert(done.0.to_owned(), done.1);
        for status in &self.fails {
            let problem = told.subschema_for::<Problem>();
            responses.insert(status.to_string(), carrying(*status, JSON, problem));
        }
        if self.reads_fields {
            let problem = told.subschema_for::<ValidationProblem>();
            responses.insert("422".to_owned(), carrying(422, JSON, problem));
        }
        let mut operation = json!({
            "summary": self.summary,
            "operationId": format!("{}{}", self.method, self.path.replace(['/', '-', '.', '{', '}'], "_")),
            "responses": responses,
        });
        if let Some((media, required, schema)) = self.takes {
            operation["requestBody"] =
                json!({ "required": required, "content": { media: { "schema": schema(asked) } } });
        }
        let parameters = self.parameters();
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        operation
    }

    fn parameters(&self) -> Vec<Value> {
        self.path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .collect()
    }
}

fn meaning(status: u16) -> &'static str {
    match status {
        101 => "The connection is a WebSocket",
        200 => "Done",
        400 => "The body is incomplete, or the index is invalid",
        401 => "The token is missing or wrong",
        403 => "Request from a page of another site",
        404 => "Not found",
        408 => "The body took too long",
        413 => "More than the server accepts at once",
        422 => "Invalid fields, each with its location",
        426 => "A WebSocket is required",
        429 => "Too many requests or candidates; try again after `Retry-After` seconds",
        503 => "Internal error; try again after `Retry-After` seconds",
        _ => unreachable!("a status of the routes above"),
    }
}
