//! Scores for trainers: bad code is a number, our own fault never is.

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
fn openrlhf_gets_a_number_for_every_query() {
    let fenced = format!("Sure!\n```python\n{BOX}```\nDone.");
    let prompt = format!("Task caster_wheel_fork: repair this.\n{BROKEN}");
    let request = json!({
        "query": [fenced, format!("{prompt}{BROKEN}"), format!("{prompt}no code at all"), prompt, format!("{prompt}{BOX}")],
        "prompts": ["", prompt, prompt, prompt, prompt],
        "labels": [TASK, json!({ "task_id": TASK }).to_string(), json!({ "task_id": TASK }), null, ""],
    });
    let answer = shared().post("/get_reward", &request);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    let rewards: Vec<_> = answer["rewards"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reward| reward.as_f64().unwrap())
        .collect();
    assert_eq!(answer["rewards"], answer["scores"]);
    assert!(
        rewards[0] > 0.0 && rewards[1..4] == [-1.0; 3] && rewards[4] == rewards[0],
        "{answer}"
    );
    assert_eq!(answer["extra_logs"]["built"], json!([1, 0, 0, 0, 1]));
    // Nothing to go by.
    let answer = shared().post("/get_reward", &json!({ "query": ["x"] }));
    assert_eq!(answer.status, 422, "{answer:?}");
    assert_eq!(
        shared().post("/get_reward", &json!({ "query": [] })).json()["rewards"],
        json!([])
    );
}

#[test]
fn the_prompt_of_a_query_is_found_anywhere_and_never_scored() {
    // The prompt's own program builds, the answer's does not, and the other way round.
    let prompt = |code: &str| format!("<|im_start|>user\nRepair:\n{code}<|im_end|>\n<|im_start|>assistant\n");
    let (good, bad) = (prompt(BOX), prompt(BROKEN));
    let plain = format!("Repair:\n{BROKEN}");
    let queries = [
        format!("{good}{BROKEN}<|im_end|>"),
        format!("<|endoftext|><|endoftext|>{good}{BROKEN}<|im_end|>"),
        format!("{good}<|im_end|>"),
        format!("<|endoftext|>{bad}```python\n{BOX}```<|im_end|>"),
        format!("<s> [INST] {} [/INST] {BOX}</s>", plain.trim_end()),
        // Decoded without special tokens, and without the prompt's beginning.
        format!("assistant\n{BOX}"),
        good.replace("<|im_start|>", "").replace("<|im_end|>", "") + BROKEN,
        good[30..].to_owned() + BROKEN,
    ];
    let prompts = [&good, &good, &good, &bad, &plain, &String::new(), &good, &good];
    let request = json!({ "query": queries, "prompts": prompts, "labels": vec![TASK; queries.len()] });
    let answer = shared().post("/get_reward", &request);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(
        answer.json()["extra_logs"]["built"],
        json!([0, 0, 0, 1, 1, 1, 0, 0])
    );

    let request = json!({ "query": ["x", good, "", BOX], "prompts": [good, good, good, good], "labels": vec![TASK; 4] });
    let answer = shared().post("/get_reward", &request);
    assert_eq!(answer.status, 422);
    let detail = &answer.json()["detail"];
    assert_eq!(detail.as_array().unwrap().len(), 1, "{detail}");
    assert_eq!(detail[0]["type"], "prompt_not_found");
    assert!(
        detail[0]["msg"].as_str().unwrap().contains("[0, 2, 3]"),
        "{detail}"
    );
}

#[test]
fn half_of_a_surrogate_pair_is_bad_encoding() {
    let body = format!(
        "{{\"task_id\":\"{TASK}\",\"code\":\"x = '\\ud800'\"}}\n{{\"task_id\":\"{TASK}\",\"completion\":\"\\uDC00 ```python\\n{}```\"}}\n",
        BOX.replace('\n', "\\n")
    );
    let answer = shared().ask("POST", "/score_batch", &[], body.as_bytes());
    assert_eq!(answer.status, 200);
    let text = answer.text();
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
fn half_of_a_surrogate_pair_is_scored_by_every_route() {
    // As Python's json.dumps writes it: in code it is no text, in prose around code it does no harm.
    let part = BOX.replace('\n', "\\n");
    let answers = [
        (format!("{part}x = '\\ud83d'\\n"), false),
        (format!("Look \\ud83d:\\n```python\\n{part}```"), true),
    ];
    for (code, builds) in answers {
        let post = |path: &str, body: String| {
            let answer = shared().ask("POST", path, &[], body.as_bytes());
            let text = answer.text();
            assert_eq!(answer.status, 200, "{path}: {text}");
            assert!(!text.contains('\u{10fffd}'), "{path}: {text}");
            if !builds && path != "/get_reward" {
                assert!(text.contains("bad_encoding"), "{path}: {text}");
            }
            answer.json()
        };
        let pays = |total: &Value| (total.as_f64().unwrap() > 0.0) == builds;
        let answer = post(
            "/step",
            format!(r#"{{"action":{{"task_id":"{TASK}","code":"{code}"}}}}"#),
        );
        assert!(pays(&answer["reward"]), "{answer}");
        let answer = post(
            "/get_reward",
            format!(r#"{{"query":["{code}"],"labels":["{{\"task_id\":\"{TASK}\",\"id\":\"\\ud83d\"}}"]}}"#),
        );
        assert!(pays(&answer["rewards"][0]), "{answer}");
        let answer = post(
            "/api/space/demo",
            format!(r#"{{"task_id":"{TASK}","code":"{code}"}}"#),
        );
        assert!(pays(&answer["reward"]["total"]), "{answer}");
        let answer = post(
            "/mcp",
            format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"score_candidate","arguments":{{"task_id":"{TASK}","code":"{code}"}}}}}}"#
            ),
        );
        assert!(pays(&answer["result"]["structuredContent"]["reward"]), "{answer}");
    }
    // What is echoed of a wrong field is escaped as it came.
    let body = r#"{"action":{"code":"x","task_id":"\uD83D"}}"#;
    let answer = shared().ask("POST", "/step", &[], body.as_bytes());
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains(r#""input":"\ud83d""#), "{}", answer.text());
}

#[test]
fn sleepers_of_a_batch_do_not_keep_the_rest_of_it_waiting() {
    let server = Server::start(&["--workers", "2"]);
    let sleeper = |number: usize| format!("import time\ntime.sleep(8.{number})\n{BOX}");
    let light = |number: usize| BOX.replace("130", &number.to_string());
    let rows = |codes: &[String]| {
        let rows = codes.iter().map(|code| json!({ "task_id": TASK, "code": code }));
        batch(&rows.collect::<Vec<_>>())
    };
    let warm = rows(&[BOX.to_owned()]);
    assert_eq!(
        server.ask("POST", "/score_batch", &[], warm.as_bytes()).status,
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
    let answer = server.ask("POST", "/score_batch", &[], body.as_bytes());
    let took = since.elapsed().as_secs_f64();
    let found = lines(&answer.text());
    assert_eq!(found.len(), 14);
    for row in &found {
        assert!(row["score"].as_f64().unwrap() > 0.0, "{row}");
        let waited_s = row["timing"]["queue_ms"].as_f64().unwrap() / 1e3;
        assert!(waited_s < 6.0, "waited {waited_s} s: {row}");
    }
    // One after the other in two workers, the sleepers alone take 16 s.
    assert!((8.0..15.0).contains(&took), "{took} s");
}

#[test]
fn a_batch_comes_back_in_order_with_its_keys() {
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
    let answer = shared().ask("POST", "/score_batch", &[], body.as_bytes());
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("application/x-ndjson"))
    );
    let found = lines(&answer.text());
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
        // The deprecated signs of a malformed line.
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
fn too_much_is_refused_with_a_time_to_come_back() {
    let server = Server::start(&["--queue", "4"]);
    let slow = json!({ "task_id": TASK, "code": "import time\ntime.sleep(7)\n" });
    let five = batch(&vec![slow.clone(); 5]);
    assert_eq!(
        server.ask("POST", "/score_batch", &[], five.as_bytes()).status,
        413
    );
    std::thread::scope(|scope| {
        let first = scope.spawn(|| {
            server.ask(
                "POST",
                "/score_batch",
                &[],
                batch(&vec![slow.clone(); 4]).as_bytes(),
            )
        });
        while !server
            .get("/metrics")
            .text()
            .contains("cadforge_candidates_waiting 4")
        {}
        let refused = server.ask(
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
        let reply = socket.ask(&json!({ "type": "step", "data": { "code": "x" } }));
        assert_eq!(reply["data"]["code"], "EXECUTION_ERROR", "{reply}");
        let first = first.join().unwrap();
        assert_eq!(lines(&first.text()).len(), 4);
    });
    // Room again.
    let answer = server.ask(
        "POST",
        "/score_batch",
        &[],
        batch(&[json!({ "task_id": TASK, "code": BROKEN })]).as_bytes(),
    );
    assert_eq!(lines(&answer.text())[0]["score"], -1.0);
}

#[test]
fn a_fault_of_ours_is_never_a_number() {
    // A worker that cannot start.
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
        let answer = server.post(path, body);
        assert_eq!(answer.status, 503, "{path}: {answer:?}");
        assert!(answer.header("retry-after").is_some(), "{path}");
        let answer = answer.json();
        assert!(
            answer["detail"].is_string() && answer.get("rewards").is_none(),
            "{path}: {answer}"
        );
    }
    let rows = batch(&[json!({ "task_id": TASK, "code": BOX, "score": 0.5, "reward": 1 })]);
    let answer = server.ask("POST", "/score_batch", &[], rows.as_bytes());
    let row = &lines(&answer.text())[0];
    assert!(
        row["error"].is_string() && row.get("score").is_none() && row.get("reward").is_none(),
        "{row}"
    );
    let mut socket = server.socket();
    let reply = socket.ask(&json!({ "type": "step", "data": { "code": BOX } }));
    assert_eq!(reply["data"]["code"], "EXECUTION_ERROR", "{reply}");
    let call = json!({ "jsonrpc": "2.0", "method": "tools/call", "params": { "name": "score_candidate", "arguments": { "code": BOX } } });
    assert_eq!(server.post("/mcp", &call).json()["error"]["code"], -32603);
    // It still says that it runs, and tells of the faults.
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
fn shaping_is_what_trainers_get_and_the_total_stays_beside_it() {
    let server = Server::start(&["--shaping", "strict"]);
    let rows = batch(&[
        json!({ "task_id": TASK, "code": BOX }),
        json!({ "task_id": TASK, "code": BROKEN }),
    ]);
    let answer = server.ask("POST", "/score_batch", &[], rows.as_bytes());
    let rows = lines(&answer.text());
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
    let answer = server.get("/metrics");
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    let text = answer.text();
    let mut typed = std::collections::BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            assert!(
                typed.insert(rest.split(' ').next().unwrap().to_owned()),
                "twice: {line}"
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
