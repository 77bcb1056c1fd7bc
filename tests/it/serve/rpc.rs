//! MCP over HTTP, and the answers to invalid calls.

use serde_json::{Value, json};

use super::{BROKEN, shared};

#[test]
fn tools_are_called_by_json_rpc() {
    let server = shared();
    let cases = [
        (json!({}), -32600),
        (json!([]), -32600),
        (json!({ "jsonrpc": "1.0", "method": "tools/list" }), -32600),
        (json!({ "jsonrpc": "2.0", "method": 7 }), -32600),
        (
            json!({ "jsonrpc": "2.0", "method": "tools/list", "id": [] }),
            -32600,
        ),
        (
            json!({ "jsonrpc": "2.0", "method": "tools/list", "more": 1 }),
            -32600,
        ),
        (json!({ "jsonrpc": "2.0", "method": "no/such" }), -32601),
        (
            json!({ "jsonrpc": "2.0", "method": "tools/list", "params": [] }),
            -32602,
        ),
        (
            json!({ "jsonrpc": "2.0", "method": "tools/call", "params": {} }),
            -32602,
        ),
        (
            json!({ "jsonrpc": "2.0", "method": "tools/call", "params": { "name": "no_such" } }),
            -32602,
        ),
        (
            json!({ "jsonrpc": "2.0", "method": "tools/call", "params": { "name": "score_candidate" } }),
            -32602,
        ),
        (
            json!({ "jsonrpc": "2.0", "method": "tools/call", "params": { "name": "get_task", "arguments": { "task_id": "x" } } }),
            -32602,
        ),
    ];
    for (request, code) in cases {
        let response = server.post("/mcp", &request);
        assert_eq!(response.status, 200);
        let response = response.json();
        assert_eq!(
            (&response["jsonrpc"], &response["error"]["code"]),
            (&json!("2.0"), &json!(code)),
            "{request}: {response}"
        );
    }
    let response = server.request("POST", "/mcp", &[], b"{nonsense");
    assert_eq!(
        (response.status, &response.json()["error"]["code"]),
        (200, &json!(-32700))
    );

    let call = |method: &str, params: Value| {
        let request = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        let response = server.post("/mcp", &request).json();
        assert_eq!(response["id"], 7, "{response}");
        response["result"].clone()
    };
    assert_eq!(
        call("initialize", json!({}))["serverInfo"]["name"],
        "cadforge_cadquery"
    );
    let tools = call("tools/list", json!({}));
    let names: Vec<_> = tools["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| &tool["name"])
        .collect();
    assert_eq!(names, ["score_candidate", "list_tasks", "get_task"]);
    let arguments = json!({ "code": BROKEN, "task_id": "caster_wheel_fork" });
    let scored = call(
        "tools/call",
        json!({ "name": "score_candidate", "arguments": arguments }),
    );
    assert_eq!(scored["structuredContent"]["reward"], -1.0, "{scored}");
    let text: Value = serde_json::from_str(scored["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(text, scored["structuredContent"]);
    let listed = call("tools/call", json!({ "name": "list_tasks" }));
    assert!(listed["structuredContent"]["tasks"].as_array().unwrap().len() >= 24);
}
