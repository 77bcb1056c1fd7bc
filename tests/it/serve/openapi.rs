//! The OpenAPI document, compared with the responses and requests of the server.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::client::Response;
use super::{BOX, BROKEN, Server, shared};

/// Violations of a schema of the document by a value. Undeclared keys are violations too.
fn violations(document: &Value, schema: &Value, value: &Value, location: &str) -> Vec<String> {
    let violation = |what: String| vec![format!("{location}: {what}")];
    let Some(keywords) = schema.as_object() else {
        return if schema == &json!(true) {
            Vec::new()
        } else {
            violation(format!("refused by {schema}"))
        };
    };
    if let Some(reference) = keywords.get("$ref") {
        let path = reference.as_str().unwrap().strip_prefix('#').unwrap();
        return violations(document, document.pointer(path).expect(path), value, location);
    }
    if let Some(choices) = keywords
        .get("anyOf")
        .or(keywords.get("oneOf"))
        .and_then(Value::as_array)
    {
        let tried: Vec<_> = choices
            .iter()
            .map(|one| violations(document, one, value, location))
            .collect();
        return if tried.iter().any(Vec::is_empty) {
            Vec::new()
        } else {
            tried.concat()
        };
    }
    let supported = [
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "prefixItems",
        "enum",
        "const",
        "description",
        "title",
        "format",
        "default",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
    ];
    for keyword in keywords.keys() {
        assert!(
            supported.contains(&keyword.as_str()),
            "{location}: this test does not support `{keyword}`"
        );
    }
    if let Some(allowed) = keywords.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        return violation(format!("{value} is not one of {allowed:?}"));
    }
    if let Some(only) = keywords.get("const")
        && only != value
    {
        return violation(format!("{value} is not {only}"));
    }
    let is = |name: &Value| match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other}"),
    };
    let fits = match keywords.get("type") {
        None => true,
        Some(Value::Array(names)) => names.iter().any(is),
        Some(name) => is(name),
    };
    if !fits {
        return violation(format!("{value} is not of type {}", keywords["type"]));
    }
    let mut found = Vec::new();
    if let Some(least) = keywords.get("exclusiveMinimum").and_then(Value::as_f64)
        && value.as_f64().is_some_and(|number| number <= least)
    {
        found.extend(violation(format!("{value} is not greater than {least}")));
    }
    for (keyword, is_upper) in [("minimum", false), ("maximum", true)] {
        if let (Some(bound), Some(number)) = (keywords.get(keyword).and_then(Value::as_f64), value.as_f64())
            && ((is_upper && number > bound) || (!is_upper && number < bound))
        {
            found.extend(violation(format!("{value}, {keyword} is {bound}")));
        }
    }
    for (keyword, is_upper) in [("minItems", false), ("maxItems", true)] {
        if let (Some(bound), Some(items)) = (keywords.get(keyword).and_then(Value::as_u64), value.as_array())
            && ((is_upper && items.len() as u64 > bound) || (!is_upper && (items.len() as u64) < bound))
        {
            found.extend(violation(format!("{} items, {keyword} is {bound}", items.len())));
        }
    }
    for (keyword, many) in [("minLength", false), ("maxLength", true)] {
        if let (Some(bound), Some(text)) = (keywords.get(keyword).and_then(Value::as_u64), value.as_str()) {
            let length = text.chars().count() as u64;
            if (many && length > bound) || (!many && length < bound) {
                found.extend(violation(format!("{length} characters, {keyword} is {bound}")));
            }
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        // `items` describes what follows the listed first items.
        let first = keywords.get("prefixItems").and_then(|schemas| schemas.get(index));
        if let Some(schema) = first.or(keywords.get("items")) {
            found.extend(violations(document, schema, item, &format!("{location}/{index}")));
        }
    }
    let Some(object) = value.as_object() else {
        return found;
    };
    for name in keywords
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if !object.contains_key(name.as_str().unwrap()) {
            found.extend(violation(format!("{name} is missing")));
        }
    }
    let rest = keywords.get("additionalProperties");
    for (name, value) in object {
        let schema = keywords
            .get("properties")
            .and_then(|properties| properties.get(name))
            .or(rest);
        match schema {
            Some(schema) => found.extend(violations(document, schema, value, &format!("{location}/{name}"))),
            None if keywords.contains_key("properties") => {
                found.extend(violation(format!("`{name}` is not declared")));
            }
            None => {}
        }
    }
    found
}

struct Document {
    json: Value,
    checked: BTreeSet<(String, String)>,
}

impl Document {
    fn operation(&self, method: &str, path: &str) -> &Value {
        let operation = &self.json["paths"][path][method.to_ascii_lowercase()];
        assert!(operation.is_object(), "{method} {path} is not in the document");
        operation
    }

    /// Asserts that a response matches the document for its route and status; each line of NDJSON is a body.
    fn check_response(&mut self, method: &str, path: &str, status: u16, response: &Response) {
        assert_eq!(response.status, status, "{method} {path}: {}", response.text());
        let content = &self.operation(method, path)["responses"][status.to_string()]["content"];
        let content_type = response.header("content-type").unwrap();
        let media = content_type.split(';').next().unwrap();
        let schema = &content[media]["schema"];
        assert!(
            !schema.is_null(),
            "{method} {path} {status} has type {media}: {content}"
        );
        let bodies: Vec<Value> = match media {
            "application/json" => vec![response.json()],
            "application/x-ndjson" => response
                .text()
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect(),
            _ => Vec::new(),
        };
        for body in &bodies {
            let found = violations(&self.json, schema, body, "");
            assert!(found.is_empty(), "{method} {path} {status}: {found:#?}\n{body}");
        }
        self.checked.insert((method.to_owned(), path.to_owned()));
    }

    /// Violations of the document by the body of a request.
    fn request_violations(&self, path: &str, body: &Value) -> Vec<String> {
        let content = self.operation("POST", path)["requestBody"]["content"]
            .as_object()
            .unwrap();
        violations(&self.json, &content.values().next().unwrap()["schema"], body, "")
    }
}

fn document(server: &Server) -> Document {
    Document {
        json: server.get("/openapi.json").json(),
        checked: BTreeSet::new(),
    }
}

#[test]
fn every_response_matches_the_openapi_document() {
    let server = Server::start(&["--queue", "4", "--shaping", "strict"]);
    let mut document = document(&server);
    for path in [
        "/health",
        "/healthz",
        "/metadata",
        "/schema",
        "/state",
        "/openapi.json",
        "/metrics",
        "/list_environments",
        "/cadforge_cadquery/splits",
        "/",
        "/web",
    ] {
        document.check_response("GET", path, 200, &server.get(path));
    }
    for path in ["/ws", "/mcp"] {
        document.check_response("GET", path, 426, &server.get(path));
    }
    let task = "caster_wheel_fork";
    let rpc = |method: &str, params: Value| json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let split = json!({ "split": "train" });
    let requests = [
        ("/reset", json!({})),
        (
            "/reset",
            json!({ "task_id": task, "seed": 3, "episode_id": "e", "more": 1 }),
        ),
        (
            "/step",
            json!({ "action": { "code": BOX, "task_id": task }, "timeout_s": 50.0 }),
        ),
        (
            "/step",
            json!({ "action": { "code": BROKEN, "reward_mode": "full", "metadata": { "a": 1 } } }),
        ),
        ("/mcp", rpc("tools/list", json!({}))),
        (
            "/mcp",
            rpc(
                "tools/call",
                json!({ "name": "score_candidate", "arguments": { "code": BOX } }),
            ),
        ),
        ("/mcp", rpc("no/such", json!({}))),
        ("/cadforge_cadquery/tasks", split.clone()),
        ("/cadforge_cadquery/num_tasks", split),
        (
            "/cadforge_cadquery/task",
            json!({ "split": "train", "index": -1 }),
        ),
        (
            "/cadforge_cadquery/task_range",
            json!({ "split": "train", "start": 1, "stop": null }),
        ),
        ("/api/space/demo", json!({ "task_id": task })),
        ("/api/space/demo", json!({ "task_id": task, "code": BROKEN })),
        ("/api/space/demo", json!({ "task_id": task, "code": BOX })),
        ("/api/space/repair-loop", json!({ "task_id": task })),
        (
            "/get_reward",
            json!({ "query": [BOX, BROKEN], "labels": [task, { "task_id": task }] }),
        ),
        (
            "/score_batch",
            json!({ "task_id": task, "code": BOX, "own": "key" }),
        ),
        ("/score_batch", json!({ "task_id": task, "code": BROKEN })),
        ("/score_batch", json!({ "task_id": "no_such", "code": BOX })),
    ];
    for (path, body) in requests {
        let found: Vec<_> = document
            .request_violations(path, &body)
            .into_iter()
            // The schema permits undeclared keys here.
            .filter(|found| !found.ends_with("is not declared"))
            .collect();
        assert!(found.is_empty(), "{path}: {found:#?}");
        document.check_response("POST", path, 200, &server.post(path, &body));
    }
    let shapes = [
        ("/api/space/stl/{task_id}", format!("/api/space/stl/{task}")),
        (
            "/api/space/loop-stl/{task_id}",
            format!("/api/space/loop-stl/{task}"),
        ),
        (
            "/api/space/loop-stl/{task_id}/{step_id}",
            format!("/api/space/loop-stl/{task}/final"),
        ),
    ];
    for (path, url) in &shapes {
        document.check_response("GET", path, 200, &server.get(url));
        document.check_response("GET", path, 404, &server.get(&url.replace(task, "unknown")));
    }
    // The document declares no other operation.
    for (path, methods) in document.json["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let operation = (method.to_ascii_uppercase(), path.clone());
            assert!(
                document.checked.contains(&operation),
                "{method} {path} was not checked"
            );
        }
    }
}

#[test]
fn every_error_matches_the_openapi_document() {
    let server = shared();
    let mut document = document(server);
    // Invalid by the document, and refused by the server.
    let wrong = [
        ("/reset", json!({ "seed": "x" })),
        ("/reset", json!({ "episode_id": "x".repeat(256) })),
        ("/step", json!({})),
        ("/step", json!({ "action": { "code": "" } })),
        ("/step", json!({ "action": { "code": "x", "other": 1 } })),
        ("/step", json!({ "action": { "code": "x" }, "timeout_s": 0 })),
        (
            "/step",
            json!({ "action": { "code": "x", "reward_mode": "slow" } }),
        ),
        ("/cadforge_cadquery/tasks", json!({})),
        ("/cadforge_cadquery/num_tasks", json!({ "split": 1 })),
        (
            "/cadforge_cadquery/task",
            json!({ "split": "train", "index": "x" }),
        ),
        (
            "/cadforge_cadquery/task",
            json!({ "split": "train", "index": null }),
        ),
        (
            "/cadforge_cadquery/task_range",
            json!({ "split": "train", "start": 0.5 }),
        ),
        ("/api/space/demo", json!({ "code": 1 })),
        ("/api/space/repair-loop", json!({ "task_id": [] })),
        ("/get_reward", json!({ "query": "x" })),
    ];
    for (path, body) in wrong {
        assert!(
            !document.request_violations(path, &body).is_empty(),
            "{path} {body}"
        );
        document.check_response("POST", path, 422, &server.post(path, &body));
    }
    let out_of_range = json!({ "split": "train", "index": 9999 });
    let path = "/cadforge_cadquery/task";
    document.check_response("POST", path, 400, &server.post(path, &out_of_range));
    let path = "/cadforge_cadquery/tasks";
    document.check_response("POST", path, 404, &server.post(path, &json!({ "split": "test" })));
    let elsewhere = [("origin", "http://evil.example")];
    document.check_response(
        "POST",
        "/reset",
        403,
        &server.request("POST", "/reset", &elsewhere, b"{}"),
    );
    let small = Server::start_with(
        &["--max-body", "1", "--max-rate", "4", "--queue", "1"],
        |command| {
            command.env("CADFORGE_TOKEN", "correct-horse-battery");
        },
    );
    document.check_response("GET", "/state", 401, &small.get("/state"));
    let token = [("authorization", "Bearer correct-horse-battery")];
    let large = vec![b' '; 2 << 20];
    document.check_response(
        "POST",
        "/step",
        413,
        &small.request("POST", "/step", &token, &large),
    );
    let last = (0..64)
        .map(|_| small.request("GET", "/state", &token, b""))
        .find(|response| response.status != 200);
    document.check_response("GET", "/state", 429, &last.expect("more than the rate allows"));
}
