//! The endpoint against llama.cpp's own HTTP server with a tiny model and its `LoRA` adapters; `make llama` makes them. What
//! the model says is noise, which is enough to hear a stream, tell adapters apart, stop, cut and overflow.

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

use crate::support::{cadforge, expect_exit, json, root};

/// How long a busy machine may take for what is quick on an idle one.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running server; gone with the value.
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
            "llama.cpp's server is not there\nhint: make llama"
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
            .expect("the server says its address");
        let url = url.trim().to_owned();
        assert!(url.starts_with("http://"), "the server says {url:?}");
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
        let place = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(place).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// A counter or gauge of the server's own.
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

/// A seed that failed, as the loop would tell it.
fn seed() -> Step {
    serde_json::from_value(json!({
        "step": 0, "origin": "seed", "parent": null, "format": 1, "task_id": "caster_wheel_fork", "profile": "cadforge-v1",
        "mode": "full", "ok": false, "kind": "undefined_name",
        "failure": {"kind": "undefined_name", "message": "NameError: name 'nothing' is not defined", "line": 1, "traceback": ""},
        "reward": {"build": 0.0, "topology": 0.0, "contact": 0.0, "semantic_parts": 0.0, "reference_similarity": 0.0,
            "silhouette": 0.0, "editability": 0.0, "efficiency": 0.0, "total": -1.0},
        "notes": ["the build failed", "this is told at length, so that a short context has something to leave out. ".repeat(8)], "details": {}, "bbox": null,
        "timing": {"queue_ms": 0.0, "run_ms": 0.0, "mesh_ms": 0.0, "score_ms": 0.0, "editability_ms": 0.0, "total_ms": 0.0},
        "artifacts": {"dir": null, "code": null, "stl": null, "reward": null}, "stdout": "", "stderr": "",
        "versions": {"cadforge": "", "cadquery": "", "ocp": "", "python": "", "task": ""},
        "code": "fixture = nothing\n", "proposal": null,
    }))
    .expect("a step")
}

/// One proposal and the pieces of text that were heard.
fn propose(config: EndpointConfig, cancel: &CancelToken) -> (Vec<String>, Result<Proposed, ProposeError>) {
    let (task, history) = (caster(), [seed()]);
    let ask = ProposalRequest {
        task: &task,
        history: &history,
        head: 0,
        shape: None,
        candidate: 0,
    };
    let mut heard = Vec::new();
    let proposed = Endpoint::new(config).propose(&ask, &mut |text| heard.push(text.to_owned()), cancel);
    (
        heard,
        proposed.map(|proposed| proposed.expect("an endpoint always proposes")),
    )
}

#[test]
fn each_adapter_streams_an_answer_of_its_own_and_an_inactive_one_is_found_out() {
    let server = Llama::start(8192, &["sft", "grpo", "fresh"]);
    let ask = |model: &str| {
        let (heard, proposed) = propose(server.config(model), &CancelToken::never());
        let proposed = proposed.unwrap_or_else(|error| panic!("{model}: {error}"));
        // A token is a character here: they arrive as they are made, not in one piece at the end.
        assert!(heard.len() > 100, "{model}: {} pieces", heard.len());
        (heard.concat(), proposed)
    };
    let [base, sft, grpo, fresh] = ["base.gguf", "sft", "grpo", "fresh"].map(|name| {
        let name = if name == "base.gguf" {
            root().join("target/llama/models/base.gguf").display().to_string()
        } else {
            name.to_owned()
        };
        ask(&name)
    });
    // The last two are greedy too: the same adapter says the same again, whatever was asked in between.
    assert_eq!(ask("sft").0, sft.0);
    assert_ne!(sft.0, grpo.0);
    assert_ne!(sft.0, base.0);
    assert_eq!(fresh.0, base.0, "its second factor is zero");
    let warned = |(_, proposed): &(String, Proposed)| {
        proposed
            .warnings
            .iter()
            .any(|warning| warning.contains("word for word"))
    };
    assert!(warned(&fresh), "{:?}", fresh.1.warnings);
    assert!(!warned(&sft) && !warned(&grpo) && !warned(&base));
    // 200 tokens, then cut.
    assert!(
        sft.1.clipped && sft.1.reason.contains("cut at 200 tokens"),
        "{}",
        sft.1.reason
    );
}

#[test]
fn a_stop_in_mid_stream_ends_the_work_on_the_server() {
    const TOKENS: u64 = 60_000;
    let server = Llama::start(65_536, &["sft"]);
    let (cancel, token) = CancelToken::pair();
    let mut cancel = Some(cancel);
    let (task, history) = (caster(), [seed()]);
    let ask = ProposalRequest {
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
    let mut heard = 0;
    let stopped = Endpoint::new(config).propose(
        &ask,
        &mut |text| {
            heard += text.len();
            if heard > 20
                && let Some(cancel) = cancel.take()
            {
                cancel.cancel();
            }
        },
        &token,
    );
    assert!(heard > 20 && stopped.is_err(), "{stopped:?} after {heard}");
    let deadline = Instant::now() + PATIENCE;
    while server.metric("requests_processing") > 0.0 {
        assert!(Instant::now() < deadline, "the server works on");
        std::thread::sleep(Duration::from_millis(20));
    }
    let made = server.metric("tokens_predicted_total");
    assert!(made < TOKENS as f64, "it made all {made} tokens");
}

#[test]
fn a_prompt_that_is_too_long_is_shortened_or_refused_with_the_way_out() {
    // A token a character is far more than our estimate: only the server knows that the prompt is too long.
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
    let (heard, proposed) = propose(server.config("sft"), &CancelToken::never());
    let error = proposed.unwrap_err();
    assert!(heard.is_empty() && error.input, "{error}");
    assert!(error.message.contains("--max-tokens"), "{error}");
}

#[test]
fn a_cut_answer_is_its_own_failure_and_a_group_has_different_candidates() {
    let server = Llama::start(8192, &["sft", "grpo"]);
    let dir = tempfile::tempdir().unwrap();
    let mut command = cadforge(dir.path());
    command.args(["repair", "--task", "caster_wheel_fork", "--proposer", "endpoint"]);
    command.args([
        "--endpoint",
        &server.url,
        "--model",
        "grpo",
        "--max-tokens",
        "120",
    ]);
    command.args([
        "--reference",
        "none",
        "--max-steps",
        "1",
        "--candidates",
        "3",
        "--json",
    ]);
    let report = json(&expect_exit(&mut command, 1));
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 4);
    let mut codes = std::collections::BTreeSet::new();
    for step in &steps[1..] {
        assert_eq!((&step["kind"], &step["ok"]), (&json!("clipped"), &json!(false)));
        let stream = step["proposal"]["stream"].as_array().unwrap();
        assert!(!stream.is_empty(), "the pace of the text is kept");
        codes.insert(step["code"].as_str().unwrap().to_owned());
    }
    assert_eq!(codes.len(), 3, "each candidate has its seed");
}

#[test]
fn a_server_that_is_killed_in_mid_stream_leaves_what_it_said() {
    let mut server = Llama::start(65_536, &["sft"]);
    let dir = tempfile::tempdir().unwrap();
    let mut command = cadforge(dir.path());
    command.args([
        "repair",
        "--task",
        "caster_wheel_fork",
        "--proposer",
        "endpoint",
        "--stream",
    ]);
    command.args([
        "--endpoint",
        &server.url,
        "--model",
        "sft",
        "--max-tokens",
        "60000",
    ]);
    command.args(["--reference", "none", "--out", "run", "--json"]);
    let mut loop_of = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // The first words are there.
    let mut told = loop_of.stderr.take().unwrap();
    let mut start = [0; 64];
    told.read_exact(&mut start).unwrap();
    server.process.kill().unwrap();
    let mut rest = Vec::new();
    told.read_to_end(&mut rest).unwrap();
    let message = String::from_utf8_lossy(&rest);
    assert_eq!(loop_of.wait().unwrap().code(), Some(3), "{message}");
    assert!(message.contains("partial text kept"), "{message}");
    let partial = std::fs::read_to_string(dir.path().join("run/step-1.partial.txt")).unwrap();
    assert!(!partial.is_empty());
    assert_eq!(
        cadforge::trajectory::read(&dir.path().join("run"))
            .unwrap()
            .steps
            .len(),
        1,
        "the seed alone"
    );
}
