//! The OpenAPI document, generated from the types of requests and responses.

use axum::response::Response;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::answer;
use super::openenv::DESCRIPTION;
use super::routes::routes;
use super::wire::{ENVIRONMENT, Problem, ValidationProblem};

/// Version of OpenEnv's HTTP contract.
const CONTRACT: &str = "1.0.0";

pub(super) const JSON: &str = "application/json";
/// JSON Lines; the schema is that of a line.
pub(super) const LINES: &str = "application/x-ndjson";

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
        let path = route.path.replace("{environment}", ENVIRONMENT);
        let operation = route.operation.describe(&path, &mut asked, &mut told);
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        methods[route.operation.method] = operation;
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

/// Generates the schema of a body.
type SchemaFn = fn(&mut SchemaGenerator) -> Schema;

/// What the document says of a route.
pub(super) struct Operation {
    method: &'static str,
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

pub(super) fn bytes(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": "string", "format": "binary" })
}

pub(super) fn text(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<String>()
}

impl Operation {
    /// `method` is a key of OpenAPI's path items, such as `get`.
    pub(super) fn new(method: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            summary,
            takes: None,
            answers: None,
            // Responses of the guard, for every route: wrong token, other site, too many requests.
            fails: vec![401, 403, 429],
            reads_fields: false,
        }
    }

    /// Takes a JSON body.
    pub(super) fn takes<T: JsonSchema>(mut self, required: bool) -> Self {
        self.reads_fields = true;
        self.takes = Some((JSON, required, SchemaGenerator::subschema_for::<T>));
        self.fails(&[400, 408, 413])
    }

    /// Takes a body of this media type, of which `T` is the content or a line.
    pub(super) fn carries<T: JsonSchema>(mut self, media: &'static str) -> Self {
        self.takes = Some((media, true, SchemaGenerator::subschema_for::<T>));
        self
    }

    pub(super) fn answers<T: JsonSchema>(self) -> Self {
        self.answers_as::<T>(JSON)
    }

    pub(super) fn answers_as<T: JsonSchema>(self, media: &'static str) -> Self {
        self.answers_with(media, SchemaGenerator::subschema_for::<T>)
    }

    pub(super) fn answers_with(mut self, media: &'static str, schema: SchemaFn) -> Self {
        self.answers = Some((media, schema));
        self
    }

    /// Becomes a WebSocket.
    pub(super) fn upgrades(self) -> Self {
        self.fails(&[426])
    }

    pub(super) fn fails(mut self, statuses: &[u16]) -> Self {
        self.fails.extend(statuses);
        self
    }

    fn describe(&self, path: &str, asked: &mut SchemaGenerator, told: &mut SchemaGenerator) -> Value {
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
            "operationId": format!("{}{}", self.method, path.replace(['/', '-', '.', '{', '}'], "_")),
            "responses": responses,
        });
        if let Some((media, required, schema)) = self.takes {
            operation["requestBody"] =
                json!({ "required": required, "content": { media: { "schema": schema(asked) } } });
        }
        let parameters = parameters(path);
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        operation
    }
}

fn parameters(path: &str) -> Vec<Value> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect()
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
