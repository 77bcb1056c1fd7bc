//! OpenEnv over HTTP, and the answers to invalid requests.

use serde_json::{Value, json};

use super::{BOX, BROKEN, shared};

const OBSERVATION: [&str; 11] = [
    "task_brief",
    "task_id",
    "constraints",
    "current_code",
    "reward_json",
    "verifier_notes",
    "artifacts_dir",
    "renders",
    "trace",
    "done",
    "reward",
];

fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    object.keys().map(String::as_str).collect()
}

#[test]
fn metadata_routes_answer_as_openenv_expects() {
    let server = shared();
    assert_eq!(server.get("/health").json(), json!({ "status": "healthy" }));
    assert_eq!(
        server.get("/healthz").json(),
        json!({ "ok": "true", "env": "cadforge_cadquery" })
    );
    let metadata = server.get("/metadata").json();
    assert_eq!(metadata["name"], "cadforge_cadquery");
    assert_eq!(
        keys(&metadata),
        [
            "name",
            "description",
            "version",
            "author",
            "readme_content",
            "documentation_url"
        ]
    );
    let schema = server.get("/schema").json();
    assert_eq!(keys(&schema), ["action", "observation", "state"]);
    assert_eq!(schema["action"]["required"], json!(["code"]));
    assert_eq!(schema["action"]["properties"]["reward_mode"]["default"], "fast");
    assert_eq!(schema["action"]["additionalProperties"], false);
    assert_eq!(keys(&schema["observation"]["properties"]), OBSERVATION);
    let state = server.get("/state").json();
    assert_eq!(
        keys(&state),
        [
            "episode_id",
            "step_count",
            "task_id",
            "task_brief",
            "current_code",
            "last_reward",
            "trace"
        ]
    );
    assert_eq!(state["step_count"], 0);
}

#[test]
fn the_openapi_document_is_complete() {
    let document = shared().get("/openapi.json").json();
    assert_eq!(document["info"]["version"], "1.0.0");
    for path in [
        "/reset",
        "/step",
        "/state",
        "/health",
        "/metadata",
        "/schema",
        "/mcp",
    ] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    // Every reference resolves.
    let text = document.to_string();
    let references: Vec<_> = text
        .split("\"$ref\":\"#")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(references.len() > 5, "{references:?}");
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
    for schema in document["components"]["schemas"].as_object().unwrap().values() {
        assert!(schema.is_object() || schema.is_boolean(), "{schema}");
    }
}

#[test]
fn tasks_form_one_split_sorted_by_id() {
    let server = shared();
    assert_eq!(
        server.get("/list_environments").json(),
        json!(["cadforge_cadquery"])
    );
    assert_eq!(
        server.get("/cadforge_cadquery/splits").json(),
        json!([{ "name": "train", "type": "train" }])
    );
    let train = json!({ "split": "train" });
    let tasks = server.post("/cadforge_cadquery/tasks", &train).json();
    let ids: Vec<_> = tasks["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["task_id"].as_str().unwrap().to_owned())
        .collect();
    assert!(ids.is_sorted() && ids.len() >= 24, "{ids:?}");
    assert_eq!(
        server.post("/cadforge_cadquery/num_tasks", &train).json(),
        json!({ "num_tasks": ids.len() })
    );
    let post = |path: &str, body: Value| server.post(&format!("/cadforge_cadquery/{path}"), &body);
    assert_eq!(
        post("task", json!({ "split": "train", "index": 2 })).json()["task"]["task_id"],
        ids[2]
    );
    let last = post("task", json!({ "split": "train", "index": -1 })).json();
    assert_eq!(last["task"]["task_id"], *ids.last().unwrap());
    let range = |start: Value, stop: Value| {
        let response = post(
            "task_range",
            json!({ "split": "train", "start": start, "stop": stop }),
        )
        .json();
        let tasks = response["tasks"].as_array().unwrap().clone();
        tasks
            .iter()
            .map(|task| task["task_id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(range(json!(1), json!(3)), ids[1..3]);
    assert_eq!(range(Value::Null, Value::Null), ids);
    assert_eq!(range(json!(-2), Value::Null), ids[ids.len() - 2..]);
    assert_eq!(range(json!(5), json!(2)), Vec::<String>::new());
    assert_eq!(
        post("task", json!({ "split": "train", "index": 9999 })).status,
        400
    );
    assert_eq!(post("task", json!({ "split": "train" })).status, 422);
    assert_eq!(post("tasks", json!({ "split": "test" })).status, 404);
    assert_eq!(server.post("/other/tasks", &train).status, 404);
}

#[test]
fn a_reset_scores_the_seed_of_the_requested_task() {
    let server = shared();
    let ids: Vec<_> = server
        .post("/cadforge_cadquery/tasks", &json!({ "split": "train" }))
        .json()["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["task_id"].as_str().unwrap().to_owned())
        .collect();
    let first = server.request("POST", "/reset", &[], b"").json();
    assert_eq!(keys(&first), ["observation", "reward", "done"]);
    assert_eq!(keys(&first["observation"]), OBSERVATION);
    assert_eq!(first["observation"]["task_id"], ids[0]);
    assert_eq!(
        (&first["reward"], &first["done"]),
        (&first["observation"]["reward"], &json!(false))
    );
    let seeded = server
        .post(
            "/reset",
            &json!({ "seed": ids.len() + 5, "further": "keys are let be" }),
        )
        .json();
    assert_eq!(seeded["observation"]["task_id"], ids[5]);
    let named = server
        .post(
            "/reset",
            &json!({ "task_id": "caster_wheel_fork", "task_brief": "make it", "seed": 3 }),
        )
        .json();
    let observation = &named["observation"];
    assert_eq!(observation["task_id"], "caster_wheel_fork");
    assert_eq!(observation["task_brief"], "make it");
    assert_eq!(observation["trace"][0]["step"], 0);
    assert_eq!(observation["reward_json"]["total"], observation["reward"]);
    assert_eq!(observation["reward_json"]["mode"], "fast");
}

#[test]
fn a_step_scores_valid_and_broken_code() {
    let server = shared();
    let step = |action: Value| server.post("/step", &json!({ "action": action, "timeout_s": 50.0 }));
    let built = step(json!({ "code": BOX, "task_id": "caster_wheel_fork" })).json();
    assert_eq!(built["observation"]["trace"][0]["built"], true);
    assert!(built["reward"].as_f64().unwrap() > 0.0, "{built}");
    // A fence around the file is stripped; a file without one is unchanged, byte for byte.
    let spaced = format!("\n \n{BOX}  # ```python\n\t");
    for (code, run) in [(format!("```python\n{BOX}```\n"), BOX), (spaced.clone(), &spaced)] {
        let again = step(json!({ "code": code, "task_id": "caster_wheel_fork" })).json();
        assert_eq!(
            (&again["observation"]["current_code"], &again["reward"]),
            (&json!(run), &built["reward"])
        );
    }
    let full = step(json!({ "code": BOX, "task_id": "caster_wheel_fork", "reward_mode": "full" })).json();
    assert_eq!(full["observation"]["reward_json"]["mode"], "full");
    let broken =
        step(json!({ "code": BROKEN, "task_prompt": "hello", "metadata": { "a": [1, { "b": null }] } }))
            .json();
    assert_eq!(broken["reward"], -1.0);
    assert_eq!(broken["observation"]["trace"][0]["kind"], "invented_api");
    assert_eq!(broken["observation"]["task_brief"], "hello");
    assert!(
        !broken["observation"]["verifier_notes"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn invalid_fields_are_reported_with_their_location() {
    let code = "x = 1";
    let cases = [
        ("/step", json!({}), "missing", json!(["body", "action"])),
        ("/step", json!([]), "dict_type", json!(["body"])),
        ("/step", json!(null), "dict_type", json!(["body"])),
        (
            "/step",
            json!({ "action": "x" }),
            "dict_type",
            json!(["body", "action"]),
        ),
        (
            "/step",
            json!({ "action": {} }),
            "missing",
            json!(["body", "action", "code"]),
        ),
        (
            "/step",
            json!({ "action": { "code": "" } }),
            "string_too_short",
            json!(["body", "action", "code"]),
        ),
        (
            "/step",
            json!({ "action": { "code": 7 } }),
            "string_type",
            json!(["body", "action", "code"]),
        ),
        (
            "/step",
            json!({ "action": { "code": code, "reward_mode": "slow" } }),
            "literal_error",
            json!(["body", "action", "reward_mode"]),
        ),
        (
            "/step",
            json!({ "action": { "code": code, "metadata": [] } }),
            "dict_type",
            json!(["body", "action", "metadata"]),
        ),
        (
            "/step",
            json!({ "action": { "code": code, "other": 1 } }),
            "extra_forbidden",
            json!(["body", "action", "other"]),
        ),
        (
            "/step",
            json!({ "action": { "code": code, "task_id": "no_such" } }),
            "unknown_task",
            json!(["body", "action", "task_id"]),
        ),
        (
            "/step",
            json!({ "action": { "code": code, "task_id": "../../etc" } }),
            "unknown_task",
            json!(["body", "action", "task_id"]),
        ),
        (
            "/step",
            json!({ "action": { "code": code }, "timeout_s": 0 }),
            "greater_than",
            json!(["body", "timeout_s"]),
        ),
        (
            "/step",
            json!({ "action": { "code": code }, "timeout_s": "soon" }),
            "float_type",
            json!(["body", "timeout_s"]),
        ),
        (
            "/reset",
            json!({ "seed": -1 }),
            "greater_than_equal",
            json!(["body", "seed"]),
        ),
        (
            "/reset",
            json!({ "seed": "x" }),
            "int_type",
            json!(["body", "seed"]),
        ),
        (
            "/reset",
            json!({ "seed": 1.5 }),
            "int_type",
            json!(["body", "seed"]),
        ),
        (
            "/reset",
            json!({ "seed": true }),
            "int_type",
            json!(["body", "seed"]),
        ),
        (
            "/reset",
            json!({ "episode_id": "x".repeat(256) }),
            "string_too_long",
            json!(["body", "episode_id"]),
        ),
        (
            "/reset",
            json!({ "task_id": "no_such" }),
            "unknown_task",
            json!(["body", "task_id"]),
        ),
        (
            "/cadforge_cadquery/tasks",
            json!({}),
            "missing",
            json!(["body", "split"]),
        ),
        (
            "/cadforge_cadquery/task",
            json!({ "split": "train", "index": "x" }),
            "int_type",
            json!(["body", "index"]),
        ),
        ("/get_reward", json!({}), "missing", json!(["body", "query"])),
        (
            "/get_reward",
            json!({ "query": "x" }),
            "list_type",
            json!(["body", "query"]),
        ),
        (
            "/get_reward",
            json!({ "query": ["x"], "labels": [] }),
            "wrong_length",
            json!(["body", "labels"]),
        ),
        (
            "/get_reward",
            json!({ "query": [1], "labels": ["caster_wheel_fork"] }),
            "string_type",
            json!(["body", "query"]),
        ),
        (
            "/get_reward",
            json!({ "query": ["x"], "labels": ["no_such"] }),
            "unknown_task",
            json!(["body", "labels"]),
        ),
        (
            "/api/space/demo",
            json!({ "task_id": 1 }),
            "string_type",
            json!(["body", "task_id"]),
        ),
        (
            "/api/space/repair-loop",
            json!({ "task_id": "../x" }),
            "unknown_task",
            json!(["body", "task_id"]),
        ),
    ];
    for (path, body, kind, location) in cases {
        let response = shared().post(path, &body);
        assert_eq!(response.status, 422, "{path} {body}: {response:?}");
        let detail = &response.json()["detail"][0];
        assert_eq!(
            (&detail["type"], &detail["loc"]),
            (&json!(kind), &location),
            "{path} {body}: {detail}"
        );
        assert!(detail["msg"].is_string(), "{detail}");
        assert!(detail.as_object().unwrap().contains_key("input"), "{detail}");
    }
    // The message for an unknown task lists the known ones.
    let response = shared().post("/reset", &json!({ "task_id": "no_such" })).json();
    assert!(
        response["detail"][0]["msg"]
            .as_str()
            .unwrap()
            .contains("caster_wheel_fork"),
        "{response}"
    );
    // Several errors are reported at once.
    let response = shared()
        .post(
            "/step",
            &json!({ "action": { "metadata": 1, "other": 2 }, "timeout_s": -1 }),
        )
        .json();
    assert_eq!(response["detail"].as_array().unwrap().len(), 4, "{response}");
}

#[test]
fn invalid_json_is_reported() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies: [&[u8]; 7] = [
        b"{",
        b"{\"action\": {\"code\": NaN}}",
        b"{\"seed\": Infinity}",
        b"\xff\xfe",
        b"code=x",
        b"{} {}",
        deep.as_bytes(),
    ];
    for body in bodies {
        for path in ["/step", "/reset", "/get_reward", "/cadforge_cadquery/tasks"] {
            let response = shared().request("POST", path, &[], body);
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
            assert_eq!(response.status, 422, "{path} {shown}: {}", response.text());
            assert_eq!(
                response.json()["detail"][0]["type"],
                "json_invalid",
                "{path} {shown}"
            );
        }
    }
}

#[test]
fn unknown_paths_and_methods_are_refused() {
    let server = shared();
    for path in [
        "/nothing",
        "/../../etc/passwd",
        "/%2e%2e/etc/passwd",
        "/api/space/stl/",
        "//",
    ] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
    for (method, path) in [
        ("POST", "/health"),
        ("GET", "/reset"),
        ("DELETE", "/step"),
        ("PUT", "/score_batch"),
    ] {
        assert_eq!(
            server.request(method, path, &[], b"").status,
            405,
            "{method} {path}"
        );
    }
    assert_eq!(server.get("/ws").status, 426);
    let incomplete = [("connection", "upgrade"), ("upgrade", "websocket")];
    assert_eq!(
        server.request("GET", "/ws", &incomplete, b"").status,
        426,
        "a handshake without key and version"
    );
}
