//! Scores for trainers: broken code has a score, an internal error has none.

use std::time::Instant;

use serde_json::{Value, json};

use super::{BOX, BROKEN, Server, shared};

const TASK: &str = "caster_wheel_fork";

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn batch(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

#[test]
fn openrlhf_gets_a_score_for_every_query() {
    let fenced = format!("Sure!\n```python\n{BOX}```\nDone.");
    let prompt = format!("Task caster_wheel_fork: repair this.\n{BROKEN}");
    let request = json!({
        "query": [fenced, format!("{prompt}{BROKEN}"), format!("{prompt}no code at all"), prompt, format!("{prompt}{BOX}")],
        "prompts": ["", prompt, prompt, prompt, prompt],
        "labels": [TASK, json!({ "task_id": TASK }).to_string(), json!({ "task_id": TASK }), null, ""],
    });
    let response = shared().post("/get_reward", &request);
    assert_eq!(response.status, 200, "{}", response.text());
    let response = response.json();
    let rewards: Vec<_> = response["rewards"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reward| reward.as_f64().unwrap())
        .collect();
    assert_eq!(response["rewards"], response["scores"]);
    assert!(
        rewards[0] > 0.0 && rewards[1..4] == [-1.0; 3] && rewards[4] == rewards[0],
        "{response}"
    );
    assert_eq!(response["extra_logs"]["built"], json!([1, 0, 0, 0, 1]));
    // Neither label nor prompt names a task.
    let response = shared().post("/get_reward", &json!({ "query": ["x"] }));
    assert_eq!(response.status, 422, "{response:?}");
    assert_eq!(
        shared().post("/get_reward", &json!({ "query": [] })).json()["rewards"],
        json!([])
    );
}

#[test]
fn the_prompt_is_found_anywhere_in_a_query_and_never_scored() {
    // The program of the prompt builds and that of the answer does not, and vice versa.
    let prompt = |code: &str| format!("<|im_start|>user\nRepair:\n{code}<|im_end|>\n<|im_start|>assistant\n");
    let (good, bad) = (prompt(BOX), prompt(BROKEN));
    let plain_prompt = format!("Repair:\n{BROKEN}");
    let queries = [
        format!("{good}{BROKEN}<|im_end|>"),
        format!("<|endoftext|><|endoftext|>{good}{BROKEN}<|im_end|>"),
        format!("{good}<|im_end|>"),
        format!("<|endoftext|>{bad}```python\n{BOX}```<|im_end|>"),
        format!("<s> [INST] {} [/INST] {BOX}</s>", plain_prompt.trim_end()),
        // Decoded without special tokens, or without the beginning of the prompt.
        format!("assistant\n{BOX}"),
        good.replace("<|im_start|>", "").replace("<|im_end|>", "") + BROKEN,
        good[30..].to_owned() + BROKEN,
    ];
    let prompts = [
        &good,
        &good,
        &good,
        &bad,
        &plain_prompt,
        &String::new(),
        &good,
        &good,
    ];
    let request = json!({ "query": queries, "prompts": prompts, "labels": vec![TASK; queries.len()] });
    let response = shared().post("/get_reward", &request);
    assert_eq!(response.status, 200, "{}", response.text());
    assert_eq!(
        response.json()["extra_logs"]["built"],
        json!([0, 0, 0, 1, 1, 1, 0, 0])
    );

    let request = json!({ "query": ["x", good, "", BOX], "prompts": [good, good, good, good], "labels": vec![TASK; 4] });
    let response = shared().post("/get_reward", &request);
    assert_eq!(response.status, 422);
    let detail = &response.json()["detail"];
    assert_eq!(detail.as_array().unwrap().len(), 1, "{detail}");
    assert_eq!(detail[0]["type"], "prompt_not_found");
    assert!(
        detail[0]["msg"].as_str().unwrap().contains("[0, 2, 3]"),
        "{detail}"
    );
}

#[test]
fn a_lone_surrogate_is_bad_encoding() {
    let body = format!(
        "{{\"task_id\":\"{TASK}\",\"code\":\"x = '\\ud800'\"}}\n{{\"task_id\":\"{TASK}\",\"completion\":\"\\uDC00 ```python\\n{}```\"}}\n",
        BOX.replace('\n', "\\n")
    );
    let response = shared().request("POST", "/score_batch", &[], body.as_bytes());
    assert_eq!(response.status, 200);
    let text = response.text();
    let written: Vec<&str> = text.lines().collect();
    assert!(
        written[0].contains("\"code\":\"x = '\\ud800'\"") && written[0].contains("\"kind\":\"bad_encoding\""),
        "{text}"
    );
    assert!(written[0].contains("\"score\":-1.0"), "{text}");
    assert!(
        written[1].contains("\\udc00 ```python") && written[1].contains("\"build\":1.0"),
        "{text}"
    );
}

#[test]
fn every_route_scores_a_lone_surrogate() {
    // Escaped as by Python's `json.dumps`: in code it is a bad encoding, in prose around code it is harmless.
    let part = BOX.replace('\n', "\\n");
    let answers = [
        (format!("{part}x = '\\ud83d'\\n"), false),
        (format!("Look \\ud83d:\\n```python\\n{part}```"), true),
    ];
    for (code, builds) in answers {
        let post = |path: &str, body: String| {
            let response = shared().request("POST", path, &[], body.as_bytes());
            let text = response.text();
            assert_eq!(response.status, 200, "{path}: {text}");
            assert!(!text.contains('\u{10fffd}'), "{path}: {text}");
            if !builds && path != "/get_reward" {
                assert!(text.contains("bad_encoding"), "{path}: {text}");
            }
            response.json()
        };
        let is_as_expected = |total: &Value| (total.as_f64().unwrap() > 0.0) == builds;
        let response = post(
            "/step",
            format!(r#"{{"action":{{"task_id":"{TASK}","code":"{code}"}}}}"#),
        );
        assert!(is_as_expected(&response["reward"]), "{response}");
        let response = post(
            "/get_reward",
            format!(r#"{{"query":["{code}"],"labels":["{{\"task_id\":\"{TASK}\",\"id\":\"\\ud83d\"}}"]}}"#),
        );
        assert!(is_as_expected(&response["rewards"][0]), "{response}");
        let response = post(
            "/api/space/demo",
            format!(r#"{{"task_id":"{TASK}","code":"{code}"}}"#),
        );
        assert!(is_as_expected(&response["reward"]["total"]), "{response}");
        let response = post(
            "/mcp",
            format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"score_candidate","arguments":{{"task_id":"{TASK}","code":"{code}"}}}}}}"#
            ),
        );
        assert!(
            is_as_expected(&response["result"]["structuredContent"]["reward"]),
            "{response}"
        );
    }
    // The echoed value of an invalid field keeps its escape.
    let body = r#"{"action":{"code":"x","task_id":"\uD83D"}}"#;
    let response = shared().request("POST", "/step", &[], body.as_bytes());
    assert_eq!(response.status, 422);
    assert!(
        response.text().contains(r#""input":"\ud83d""#),
        "{}",
        response.text()
    );
}

#[test]
fn sleepers_do_not_block_the_rest_of_their_batch() {
    let server = Server::start(&["--workers", "2"]);
    let sleeper = |number: usize| format!("import time\ntime.sleep(8.{number})\n{BOX}");
    let light = |number: usize| BOX.replace("130", &number.to_string());
    let rows = |codes: &[String]| {
        let rows = codes.iter().map(|code| json!({ "task_id": TASK, "code": code }));
        batch(&rows.collect::<Vec<_>>())
    };
    let warm = rows(&[BOX.to_owned()]);
    assert_eq!(
        server
            .request("POST", "/score_batch", &[], warm.as_bytes())
            .status,
        200
    );
    let body = rows(
        &[
            (0..4).map(sleeper).collect::<Vec<_>>(),
            (1..11).map(light).collect(),
        ]
        .concat(),
    );
    let since = Instant::now();
    let response = server.request("POST", "/score_batch", &[], body.as_bytes());
    let took = since.elapsed().as_secs_f64();
    let found = lines(&response.text());
    assert_eq!(found.len(), 14);
    for row in &found {
        assert!(row["score"].as_f64().unwrap() > 0.0, "{row}");
        let waited_s = row["timing"]["queue_ms"].as_f64().unwrap() / 1e3;
        assert!(waited_s < 6.0, "waited {waited_s} s: {row}");
    }
    // In two workers, the sleepers alone would take 16 s one after another.
    assert!((8.0..15.0).contains(&took), "{took} s");
}

#[test]
fn a_batch_keeps_its_order_and_keys() {
    let slow = format!("import time\ntime.sleep(1)\n{BOX}");
    let messages = json!([{ "role": "user", "content": "x" }, { "role": "assistant", "content": format!("```python\n{BOX}```") }]);
    let rows = [
        json!({ "task_id": TASK, "code": slow, "index": 0, "score": 0.25, "mine": { "a": null } }),
        json!({ "task_id": TASK, "code": BROKEN, "index": 1 }),
        json!({ "task_id": TASK, "completion": format!("<think>hm</think>\n```python\n{BOX}```"), "index": 2 }),
        json!({ "task_id": TASK, "messages": messages, "index": 3 }),
        json!({ "task_id": TASK, "completion": messages, "index": 4 }),
        json!({ "task_id": "no_such", "code": "x", "index": 5 }),
        json!({ "task_id": TASK, "index": 6 }),
        json!({ "code": "x" }),
        json!([1]),
    ];
    let body = batch(&rows) + "{broken\n\n   \n" + &batch(&rows[..1]);
    let response = shared().request("POST", "/score_batch", &[], body.as_bytes());
    assert_eq!(
        (response.status, response.header("content-type")),
        (200, Some("application/x-ndjson"))
    );
    let found = lines(&response.text());
    assert_eq!(found.len(), 11);
    for (index, row) in found[..5].iter().enumerate() {
        assert_eq!(row["index"], index, "{row}");
        assert_eq!(row["score"], row["reward"]["total"], "{row}");
        for key in ["kind", "failure", "profile", "mode", "timing", "versions"] {
            assert!(row.get(key).is_some(), "{key}: {row}");
        }
    }
    assert_eq!(
        (&found[0]["previous_score"], &found[0]["mine"]),
        (&json!(0.25), &json!({ "a": null }))
    );
    assert_eq!(
        (&found[1]["score"], &found[1]["kind"]),
        (&json!(-1.0), &json!("invented_api"))
    );
    assert_eq!(found[0]["score"], found[10]["score"]);
    assert_eq!(found[2]["score"], found[4]["score"]);
    for (at, line) in [(5, 6), (6, 7), (7, 8), (8, 9), (9, 10)] {
        assert_eq!(found[at]["malformed_line"], line, "{}", found[at]);
        // The deprecated marks of a malformed line.
        assert_eq!(found[at]["line"], line, "{}", found[at]);
        assert!(
            found[at]["error"].as_str().unwrap().starts_with("bad line"),
            "{}",
            found[at]
        );
        assert!(found[at].get("score").is_none(), "{}", found[at]);
    }
}

#[test]
fn a_full_queue_is_refused_with_retry_after() {
    let server = Server::start(&["--queue", "4"]);
    let slow = json!({ "task_id": TASK, "code": "import time\ntime.sleep(7)\n" });
    let five = batch(&vec![slow.clone(); 5]);
    assert_eq!(
        server
            .request("POST", "/score_batch", &[], five.as_bytes())
            .status,
        413
    );
    std::thread::scope(|scope| {
        let first = scope.spawn(|| {
            server.request(
                "POST",
                "/score_batch",
                &[],
                batch(&vec![slow.clone(); 4]).as_bytes(),
            )
        });
        server.wait_for_metric("cadforge_candidates_waiting 4");
        let refused = server.request(
            "POST",
            "/score_batch",
            &[],
            batch(std::slice::from_ref(&slow)).as_bytes(),
        );
        assert_eq!(refused.status, 429, "{refused:?}");
        assert!(
            refused
                .header("retry-after")
                .is_some_and(|after| after.parse::<u64>().is_ok_and(|s| s > 0))
        );
        let request = json!({ "query": ["x"], "labels": [TASK] });
        assert_eq!(server.post("/get_reward", &request).status, 429);
        assert_eq!(
            server.post("/step", &json!({ "action": { "code": "x" } })).status,
            429
        );
        let mut socket = server.socket();
        let reply = socket.request(&json!({ "type": "step", "data": { "code": "x" } }));
        assert_eq!(reply["data"]["code"], "EXECUTION_ERROR", "{reply}");
        let first = first.join().unwrap();
        assert_eq!(lines(&first.text()).len(), 4);
    });
    // The queue has room again.
    let response = server.request(
        "POST",
        "/score_batch",
        &[],
        batch(&[json!({ "task_id": TASK, "code": BROKEN })]).as_bytes(),
    );
    assert_eq!(lines(&response.text())[0]["score"], -1.0);
}

#[test]
fn an_internal_error_is_never_a_score() {
    // A server whose worker cannot start.
    let server = Server::start_with(&[], |command| {
        command.env("CADFORGE_WORKER", "/bin/false");
    });
    let action = json!({ "action": { "code": BOX } });
    for (path, body) in [
        ("/step", &action),
        ("/reset", &json!({})),
        ("/get_reward", &json!({ "query": [BOX], "labels": [TASK] })),
        ("/api/space/demo", &json!({})),
        ("/api/space/repair-loop", &json!({})),
    ] {
        let response = server.post(path, body);
        assert_eq!(response.status, 503, "{path}: {response:?}");
        assert!(response.header("retry-after").is_some(), "{path}");
        let response = response.json();
        assert!(
            response["detail"].is_string() && response.get("rewards").is_none(),
            "{path}: {response}"
        );
    }
    let rows = batch(&[json!({ "task_id": TASK, "code": BOX, "score": 0.5, "reward": 1 })]);
    let response = server.request("POST", "/score_batch", &[], rows.as_bytes());
    let row = &lines(&response.text())[0];
    assert!(
        row["error"].is_string() && row.get("score").is_none() && row.get("reward").is_none(),
        "{row}"
    );
    let mut socket = server.socket();
    let reply = socket.request(&json!({ "type": "step", "data": { "code": BOX } }));
    assert_eq!(reply["data"]["code"], "EXECUTION_ERROR", "{reply}");
    let call = json!({ "jsonrpc": "2.0", "method": "tools/call", "params": { "name": "score_candidate", "arguments": { "code": BOX } } });
    assert_eq!(server.post("/mcp", &call).json()["error"]["code"], -32603);
    // The server still runs, and counts the errors.
    let metrics = server.get("/metrics").text();
    let value = |name: &str| {
        let line = metrics.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().trim().parse::<u64>().unwrap()
    };
    assert!(value("cadforge_internal_errors_total ") > 0);
    assert_eq!(
        value("cadforge_faults_total "),
        value("cadforge_internal_errors_total ")
    );
    assert!(
        metrics.contains("# HELP cadforge_faults_total deprecated, use cadforge_internal_errors_total\n")
    );
}

#[test]
fn trainers_get_the_shaped_total_beside_the_plain_total() {
    let server = Server::start(&["--shaping", "strict"]);
    let rows = batch(&[
        json!({ "task_id": TASK, "code": BOX }),
        json!({ "task_id": TASK, "code": BROKEN }),
    ]);
    let response = server.request("POST", "/score_batch", &[], rows.as_bytes());
    let rows = lines(&response.text());
    let shaped = 0.15 + 0.85 * rows[0]["reward"]["total"].as_f64().unwrap();
    assert!(
        (rows[0]["score"].as_f64().unwrap() - shaped).abs() < 1e-12,
        "{}",
        rows[0]
    );
    let failed = rows[1]["score"].as_f64().unwrap();
    assert!(
        failed > -1.0 && failed < 0.0 && rows[1]["reward"]["total"] == -1.0,
        "{}",
        rows[1]
    );
}

#[test]
fn metrics_are_prometheus_text() {
    let server = shared();
    server.post("/step", &json!({ "action": { "code": BROKEN } }));
    let response = server.get("/metrics");
    assert!(
        response
            .header("content-type")
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    let text = response.text();
    let mut typed = std::collections::BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            assert!(
                typed.insert(rest.split(' ').next().unwrap().to_owned()),
                "duplicate: {line}"
            );
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let name = name.split('{').next().unwrap();
            let family = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|end| name.strip_suffix(end));
            assert!(
                typed.contains(name) || family.is_some_and(|family| typed.contains(family)),
                "{line}"
            );
            assert!(value.parse::<f64>().is_ok_and(f64::is_finite), "{line}");
        }
    }
    for name in [
        "queue",
        "build_rate",
        "candidate_duration_seconds",
        "worker_restarts_total",
        "cache_lookups_total",
    ] {
        assert!(typed.contains(&format!("cadforge_{name}")), "{name}");
    }
    assert!(
        text.contains("cadforge_http_requests_total{route=\"/step\",status=\"200\"}"),
        "{text}"
    );
}
