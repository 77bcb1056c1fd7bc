//! The endpoint against llama.cpp's HTTP server with a tiny model and its `LoRA` adapters, which `make llama` creates. The
//! model's output is noise, which is enough to test streams, adapters, cancellation, token limits and the context limit.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cadforge::executor::CancelToken;
use cadforge::repair::endpoint::Address;
use cadforge::repair::{Endpoint, EndpointConfig, ProposalRequest, ProposeError, Proposed, Proposer as _};
use cadforge::task::{Task, TaskSet};
use cadforge::trajectory::Step;
use serde_json::json;

use crate::support::{expect_exit, json, repair_with_endpoint, root};

/// Long enough for a busy machine; an idle one needs little of it.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A running server, killed on drop.
struct Llama {
    process: Child,
    url: String,
}

impl Llama {
    fn start(context: u32, adapters: &[&str]) -> Self {
        let environment = root().join("target/llama");
        let models = environment.join("models");
        let python = environment.join("bin/python");
        assert!(
            python.is_file() && models.join("base.gguf").is_file(),
            "llama.cpp's server is missing\nhint: make llama"
        );
        let mut process = Command::new(python)
            .arg(root().join("tests/llama/serve.py"))
            .args(["--context", &context.to_string(), "--slots", "2"])
            .arg(models.join("base.gguf"))
            .args(
                adapters
                    .iter()
                    .map(|adapter| models.join(format!("{adapter}.gguf"))),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Python starts");
        let mut url = String::new();
        BufReader::new(process.stdout.take().expect("piped"))
            .read_line(&mut url)
            .expect("the server prints its address");
        let url = url.trim().to_owned();
        assert!(url.starts_with("http://"), "the server printed {url:?}");
        Self { process, url }
    }

    fn config(&self, model: &str) -> EndpointConfig {
        EndpointConfig {
            model: Some(model.to_owned()),
            temperature: 0.0,
            max_tokens: 200,
            ..EndpointConfig::new(Address::parse(&self.url).unwrap())
        }
    }

    fn get(&self, path: &str) -> String {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// A counter or gauge of the server.
    fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics");
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("llamacpp:{name} ")));
        line.unwrap_or_else(|| panic!("no {name} in {text}"))
            .trim()
            .parse()
            .unwrap()
    }
}

impl Drop for Llama {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn caster() -> Arc<Task> {
    let tasks = TaskSet::load(&[root().join("tasks")]).unwrap();
    Arc::clone(tasks.get("caster_wheel_fork").unwrap())
}

/// A failed seed, as a repair loop reports it.
fn seed() -> Step {
    serde_json::from_value(json!({
        "step": 0, "origin": "seed", "parent": null, "format": 1, "task_id": "caster_wheel_fork", "profile": "cadforge-v1",
        "mode": "full", "ok": false, "kind": "undefined_name",
        "failure": {"kind": "undefined_name", "message": "NameError: name 'nothing' is not defined", "line": 1, "traceback": ""},
        "reward": {"build": 0.0, "topology": 0.0, "contact": 0.0, "semantic_parts": 0.0, "reference_similarity": 0.0,
            "silhouette": 0.0, "editability": 0.0, "efficiency": 0.0, "total": -1.0},
        "notes": ["the build failed", "this note is very long, so that a short context has something to leave out. ".repeat(8)], "details": {}, "bbox": null,
        "timing": {"queue_ms": 0.0, "run_ms": 0.0, "mesh_ms": 0.0, "score_ms": 0.0, "editability_ms": 0.0, "total_ms": 0.0},
        "artifacts": {"dir": null, "code": null, "stl": null, "reward": null}, "stdout": "", "stderr": "",
        "versions": {"cadforge": "", "cadquery": "", "ocp": "", "python": "", "task": ""},
        "code": "fixture = nothing\n", "proposal": null,
    }))
    .expect("a step")
}

/// One proposal and its streamed pieces of text.
fn propose(config: EndpointConfig, cancel: &CancelToken) -> (Vec<String>, Result<Proposed, ProposeError>) {
    let (task, history) = (caster(), [seed()]);
    let request = ProposalRequest {
        task: &task,
        history: &history,
        head: 0,
        shape: None,
        candidate: 0,
    };
    let mut received = Vec::new();
    let proposed =
        Endpoint::new(config).propose(&request, &mut |text| received.push(text.to_owned()), cancel);
    (
        received,
        proposed.map(|proposed| proposed.expect("an endpoint always proposes")),
    )
}

#[test]
fn each_adapter_streams_its_own_answer_and_an_inactive_one_is_reported() {
    let server = Llama::start(8192, &["sft", "grpo", "fresh"]);
    let ask = |model: &str| {
        let (received, proposed) = propose(server.config(model), &CancelToken::never());
        let proposed = proposed.unwrap_or_else(|error| panic!("{model}: {error}"));
        // A token is a character here. Tokens arrive as they are generated, not in one piece at the end.
        assert!(received.len() > 100, "{model}: {} pieces", received.len());
        (received.concat(), proposed)
    };
    let [base, sft, grpo, fresh] = ["base.gguf", "sft", "grpo", "fresh"].map(|name| {
        let name = if name == "base.gguf" {
            root().join("target/llama/models/base.gguf").display().to_string()
        } else {
            name.to_owned()
        };
        ask(&name)
    });
    // Decoding is greedy: an adapter repeats its answer, whatever requests come in between.
    assert_eq!(ask("sft").0, sft.0);
    assert_ne!(sft.0, grpo.0);
    assert_ne!(sft.0, base.0);
    assert_eq!(fresh.0, base.0, "the second factor of `fresh` is zero");
    let warned = |(_, proposed): &(String, Proposed)| {
        proposed
            .warnings
            .iter()
            .any(|warning| warning.contains("word for word"))
    };
    assert!(warned(&fresh), "{:?}", fresh.1.warnings);
    assert!(!warned(&sft) && !warned(&grpo) && !warned(&base));
    // Cut off after 200 tokens.
    assert!(
        sft.1.clipped && sft.1.reason.contains("cut at 200 tokens"),
        "{}",
        sft.1.reason
    );
}

#[test]
fn cancelling_in_mid_stream_stops_generation_on_the_server() {
    const TOKENS: u64 = 60_000;
    let server = Llama::start(65_536, &["sft"]);
    let (cancel, token) = CancelToken::pair();
    let mut cancel = Some(cancel);
    let (task, history) = (caster(), [seed()]);
    let request = ProposalRequest {
        task: &task,
        history: &history,
        head: 0,
        shape: None,
        candidate: 0,
    };
    let config = EndpointConfig {
        max_tokens: TOKENS,
        ..server.config("sft")
    };
    let mut received = 0;
    let stopped = Endpoint::new(config).propose(
        &request,
        &mut |text| {
            received += text.len();
            if received > 20
                && let Some(cancel) = cancel.take()
            {
                cancel.cancel();
            }
        },
        &token,
    );
    assert!(received > 20 && stopped.is_err(), "{stopped:?} after {received}");
    let deadline = Instant::now() + TIMEOUT;
    while server.metric("requests_processing") > 0.0 {
        assert!(Instant::now() < deadline, "the server still generates");
        std::thread::sleep(Duration::from_millis(20));
    }
    let generated = server.metric("tokens_predicted_total");
    assert!(
        generated < TOKENS as f64,
        "the server generated all {generated} tokens"
    );
}

#[test]
fn a_prompt_that_is_too_long_is_shortened_or_refused_with_a_hint() {
    // One token per character is far more than the estimate: only the server knows that the prompt is too long.
    let server = Llama::start(1280, &["sft"]);
    let (_, proposed) = propose(server.config("sft"), &CancelToken::never());
    let proposed = proposed.unwrap_or_else(|error| panic!("{error}"));
    assert!(
        proposed
            .warnings
            .iter()
            .any(|warning| warning.contains("left out of the prompt")),
        "{:?}",
        proposed.warnings
    );
    let server = Llama::start(512, &["sft"]);
    let (received, proposed) = propose(server.config("sft"), &CancelToken::never());
    let error = proposed.unwrap_err();
    assert!(received.is_empty() && error.input, "{error}");
    assert!(error.message.contains("--max-tokens"), "{error}");
}

#[test]
fn a_cut_answer_is_clipped_and_candidates_of_a_group_differ() {
    let server = Llama::start(8192, &["sft", "grpo"]);
    let dir = tempfile::tempdir().unwrap();
    let mut command = repair_with_endpoint(dir.path(), &server.url);
    command.args(["--model", "grpo", "--max-tokens", "120"]);
    command.args(["--max-steps", "1", "--candidates", "3"]);
    let report = json(&expect_exit(&mut command, 1));
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 4);
    let mut codes = std::collections::BTreeSet::new();
    for step in &steps[1..] {
        assert_eq!((&step["kind"], &step["ok"]), (&json!("clipped"), &json!(false)));
        let stream = step["proposal"]["stream"].as_array().unwrap();
        assert!(!stream.is_empty(), "the timing of the stream is recorded");
        codes.insert(step["code"].as_str().unwrap().to_owned());
    }
    assert_eq!(codes.len(), 3, "each candidate has its own random seed");
}

#[test]
fn text_streamed_before_the_server_is_killed_is_kept() {
    let mut server = Llama::start(65_536, &["sft"]);
    let dir = tempfile::tempdir().unwrap();
    let mut command = repair_with_endpoint(dir.path(), &server.url);
    command.args([
        "--model",
        "sft",
        "--max-tokens",
        "60000",
        "--stream",
        "--out",
        "run",
    ]);
    let mut process = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // The first text has arrived.
    let mut stderr = process.stderr.take().unwrap();
    let mut start = [0; 64];
    stderr.read_exact(&mut start).unwrap();
    server.process.kill().unwrap();
    let mut rest = Vec::new();
    stderr.read_to_end(&mut rest).unwrap();
    let message = String::from_utf8_lossy(&rest);
    assert_eq!(process.wait().unwrap().code(), Some(3), "{message}");
    assert!(message.contains("partial text kept"), "{message}");
    let partial = std::fs::read_to_string(dir.path().join("run/step-1.partial.txt")).unwrap();
    assert!(!partial.is_empty());
    assert_eq!(
        cadforge::trajectory::read(&dir.path().join("run"))
            .unwrap()
            .steps
            .len(),
        1,
        "only the seed"
    );
}
