//! The OpenAPI document, held against what the server really says and takes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::client::Answer;
use super::{BOX, BROKEN, Server, shared};

/// What is wrong with a value by a schema of the document; nothing if it fits. Keys that are not in the schema are wrong too.
fn misfits(document: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let wrong = |what: String| vec![format!("{place}: {what}")];
    let Some(keywords) = schema.as_object() else {
        return if schema == &json!(true) {
            Vec::new()
        } else {
            wrong(format!("refused by {schema}"))
        };
    };
    if let Some(reference) = keywords.get("$ref") {
        let path = reference.as_str().unwrap().strip_prefix('#').unwrap();
        return misfits(document, document.pointer(path).expect(path), value, place);
    }
    if let Some(choices) = keywords
        .get("anyOf")
        .or(keywords.get("oneOf"))
        .and_then(Value::as_array)
    {
        let tried: Vec<_> = choices
            .iter()
            .map(|one| misfits(document, one, value, place))
            .collect();
        return if tried.iter().any(Vec::is_empty) {
            Vec::new()
        } else {
            tried.concat()
        };
    }
    let known = [
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
            known.contains(&keyword.as_str()),
            "{place}: this test does not know `{keyword}`"
        );
    }
    if let Some(allowed) = keywords.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        return wrong(format!("{value} is none of {allowed:?}"));
    }
    if let Some(only) = keywords.get("const")
        && only != value
    {
        return wrong(format!("{value} is not {only}"));
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
        return wrong(format!("{value} is no {}", keywords["type"]));
    }
    let mut found = Vec::new();
    if let Some(least) = keywords.get("exclusiveMinimum").and_then(Value::as_f64)
        && value.as_f64().is_some_and(|number| number <= least)
    {
        found.extend(wrong(format!("{value} is not above {least}")));
    }
    for (keyword, many) in [("minLength", false), ("maxLength", true)] {
        if let (Some(bound), Some(text)) = (keywords.get(keyword).and_then(Value::as_u64), value.as_str()) {
            let length = text.chars().count() as u64;
            if (many && length > bound) || (!many && length < bound) {
                found.extend(wrong(format!("{length} characters, {keyword} is {bound}")));
            }
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        if let Some(schema) = keywords.get("items") {
            found.extend(misfits(document, schema, item, &format!("{place}/{index}")));
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
            found.extend(wrong(format!("{name} is missing")));
        }
    }
    let rest = keywords.get("additionalProperties");
    for (name, value) in object {
        let schema = keywords
            .get("properties")
            .and_then(|known| known.get(name))
            .or(rest);
        match schema {
            Some(schema) => found.extend(misfits(document, schema, value, &format!("{place}/{name}"))),
            None if keywords.contains_key("properties") => {
                found.extend(wrong(format!("`{name}` is not told of")));
            }
            None => {}
        }
    }
    found
}

struct Document {
    whole: Value,
    seen: BTreeSet<(String, String)>,
}

impl Document {
    fn operation(&self, method: &str, path: &str) -> &Value {
        let operation = &self.whole["paths"][path][method.to_ascii_lowercase()];
        assert!(operation.is_object(), "{method} {path} is not in the document");
        operation
    }

    /// An answer fits what the document says of its route and status; lines each.
    fn holds(&mut self, method: &str, path: &str, status: u16, answer: &Answer) {
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        let content = &self.operation(method, path)["responses"][status.to_string()]["content"];
        let said = answer.header("content-type").unwrap();
        let media = said.split(';').next().unwrap();
        let schema = &content[media]["schema"];
        assert!(
            !schema.is_null(),
            "{method} {path} {status} says {media}: {content}"
        );
        let bodies: Vec<Value> = match media {
            "application/json" => vec![answer.json()],
            "application/x-ndjson" => answer
                .text()
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect(),
            _ => Vec::new(),
        };
        for body in &bodies {
            let found = misfits(&self.whole, schema, body, "");
            assert!(found.is_empty(), "{method} {path} {status}: {found:#?}\n{body}");
        }
        self.seen.insert((method.to_owned(), path.to_owned()));
    }

    /// What is wrong with a request's body by the document.
    fn misfits_asked(&self, path: &str, body: &Value) -> Vec<String> {
        let content = self.operation("POST", path)["requestBody"]["content"]
            .as_object()
            .unwrap();
        misfits(&self.whole, &content.values().next().unwrap()["schema"], body, "")
    }
}

fn document(server: &Server) -> Document {
    Document {
        whole: server.get("/openapi.json").json(),
        seen: BTreeSet::new(),
    }
}

#[test]
fn every_answer_is_as_the_document_says() {
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
        document.holds("GET", path, 200, &server.get(path));
    }
    for path in ["/ws", "/mcp"] {
        document.holds("GET", path, 426, &server.get(path));
    }
    let task = "caster_wheel_fork";
    let rpc = |method: &str, params: Value| json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let split = json!({ "split": "train" });
    let asked = [
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
    for (path, body) in asked {
        let fits: Vec<_> = document
            .misfits_asked(path, &body)
            .into_iter()
            // Further keys are let be where the schema does not refuse them.
            .filter(|found| !found.ends_with("is not told of"))
            .collect();
        assert!(fits.is_empty(), "{path}: {fits:#?}");
        document.holds("POST", path, 200, &server.post(path, &body));
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
    for (path, asked) in &shapes {
        document.holds("GET", path, 200, &server.get(asked));
        document.holds("GET", path, 404, &server.get(&asked.replace(task, "unknown")));
    }
    // Nothing else is told of.
    for (path, methods) in document.whole["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let seen = (method.to_ascii_uppercase(), path.clone());
            assert!(document.seen.contains(&seen), "{method} {path} was not asked");
        }
    }
}

#[test]
fn every_error_is_as_the_document_says() {
    let server = shared();
    let mut document = document(server);
    // Wrong for the document too, and refused.
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
        assert!(!document.misfits_asked(path, &body).is_empty(), "{path} {body}");
        document.holds("POST", path, 422, &server.post(path, &body));
    }
    let out_of_range = json!({ "split": "train", "index": 9999 });
    let path = "/cadforge_cadquery/task";
    document.holds("POST", path, 400, &server.post(path, &out_of_range));
    let path = "/cadforge_cadquery/tasks";
    document.holds("POST", path, 404, &server.post(path, &json!({ "split": "test" })));
    let elsewhere = [("origin", "http://evil.example")];
    document.holds(
        "POST",
        "/reset",
        403,
        &server.ask("POST", "/reset", &elsewhere, b"{}"),
    );
    let small = Server::start_with(
        &["--max-body", "1", "--max-rate", "4", "--queue", "1"],
        |command| {
            command.env("CADFORGE_TOKEN", "correct-horse-battery");
        },
    );
    document.holds("GET", "/state", 401, &small.get("/state"));
    let token = [("authorization", "Bearer correct-horse-battery")];
    let large = vec![b' '; 2 << 20];
    document.holds("POST", "/step", 413, &small.ask("POST", "/step", &token, &large));
    let last = (0..64)
        .map(|_| small.ask("GET", "/state", &token, b""))
        .find(|answer| answer.status != 200);
    document.holds("GET", "/state", 429, &last.expect("more than the rate allows"));
}
