//! Measures the overhead of the endpoint proposer: the same request to the same server by the endpoint and by curl,
//! alternately.
//!
//!     endpoint-overhead URL MODEL [ROUNDS] [TOKENS]
//!
//! curl's times are its own (`--write-out`), without its start. Greedy answers are equal token by token; the server's
//! prompt cache is off.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use cadforge::executor::CancelToken;
use cadforge::repair::endpoint::{Address, Transport};
use cadforge::repair::{Endpoint, EndpointConfig, ProposalRequest, Proposer as _};
use cadforge::task::TaskSet;
use cadforge::trajectory::Step;
use serde_json::{Value, json};

type Time = fn(&Answer) -> f64;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "endpoint-overhead URL MODEL [ROUNDS] [TOKENS]";
    let url = arguments.next().context(usage)?;
    let model = arguments.next().context(usage)?;
    let rounds: usize = arguments.next().map_or(Ok(20), |text| text.parse())?;
    let max_tokens: u64 = arguments.next().map_or(Ok(512), |text| text.parse())?;

    let config = EndpointConfig {
        model: Some(model),
        temperature: 0.0,
        max_tokens,
        ..EndpointConfig::new(Address::parse(&url).map_err(anyhow::Error::msg)?)
    };
    let tasks = TaskSet::load(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("tasks")])?;
    let task = tasks.get("caster_wheel_fork")?;
    let history = [seed()?];
    let ask = ProposalRequest {
        task,
        history: &history,
        head: 0,
        shape: None,
        candidate: 0,
    };
    // Recorded once, for the bytes that curl sends.
    let scratch = tempfile::tempdir()?;
    let recorder = Endpoint::new(EndpointConfig {
        transport: Transport::Record(scratch.path().to_owned()),
        ..config.clone()
    });
    recorder.propose(&ask, &mut |_| {}, &CancelToken::never())?;
    let body = chat_body(scratch.path(), max_tokens)?;
    let body_file = scratch.path().join("body.json");
    std::fs::write(&body_file, &body)?;

    let endpoint = Endpoint::new(config);
    let connected = Instant::now();
    endpoint.connect(&CancelToken::never())?;
    let connected = connected.elapsed().as_secs_f64() * 1e3;
    let (mut ours, mut curls) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(by_us(&endpoint, &ask)?);
        curls.push(by_curl(&url, &body_file)?);
    }
    let tokens = curls[0].tokens;
    ensure!(
        ours.iter().all(|answer| answer.text == curls[0].text),
        "the answers differ: is the model greedy and the server otherwise idle?"
    );
    println!(
        "{rounds} rounds of {tokens} streamed pieces, {} bytes of request",
        body.len()
    );
    println!("querying the server, once: {connected:.1} ms");
    let times: [(&str, Time); 2] = [
        ("first text", |answer| answer.first),
        ("whole answer", |answer| answer.whole),
    ];
    for (name, pick) in times {
        let (us, curl) = (median(&ours, pick), median(&curls, pick));
        println!(
            "{name}: {us:.2} ms by the endpoint, {curl:.2} ms by curl, {:+.2} ms ({:+.1} %), {:+.2} µs a piece",
            us - curl,
            (us / curl - 1.0) * 100.0,
            (us - curl) * 1e3 / tokens as f64
        );
    }
    Ok(())
}

/// One answer; times in ms.
struct Answer {
    first: f64,
    whole: f64,
    tokens: usize,
    text: String,
}

fn by_us(endpoint: &Endpoint, ask: &ProposalRequest<'_>) -> anyhow::Result<Answer> {
    let start = Instant::now();
    let mut first = None;
    let mut tokens = 0;
    let mut text = String::new();
    endpoint.propose(
        ask,
        &mut |delta| {
            first.get_or_insert_with(|| start.elapsed().as_secs_f64() * 1e3);
            tokens += 1;
            text.push_str(delta);
        },
        &CancelToken::never(),
    )?;
    Ok(Answer {
        first: first.context("the server sent nothing")?,
        whole: start.elapsed().as_secs_f64() * 1e3,
        tokens,
        text,
    })
}

fn by_curl(url: &str, body: &Path) -> anyhow::Result<Answer> {
    let output = Command::new("curl")
        .args([
            "--silent",
            "--no-buffer",
            "--header",
            "Content-Type: application/json",
        ])
        .arg("--data-binary")
        .arg(format!("@{}", body.display()))
        .args(["--write-out", "\n%{time_starttransfer} %{time_total}"])
        .arg(format!("{url}/v1/chat/completions"))
        .output()
        .context("curl does not start")?;
    let output = String::from_utf8(output.stdout)?;
    let (stream, times) = output.rsplit_once('\n').context("curl printed nothing")?;
    let mut times = times.split(' ').map(str::parse::<f64>);
    let mut time = || anyhow::Ok(times.next().context("curl gave no time")?? * 1e3);
    let pieces = stream.lines().filter_map(|line| {
        let chunk: Value = serde_json::from_str(line.strip_prefix("data: ")?).ok()?;
        Some(chunk["choices"][0]["delta"]["content"].as_str()?.to_owned())
    });
    let pieces: Vec<String> = pieces.filter(|piece| !piece.is_empty()).collect();
    Ok(Answer {
        first: time()?,
        whole: time()?,
        tokens: pieces.len(),
        text: pieces.concat(),
    })
}

fn median(answers: &[Answer], pick: fn(&Answer) -> f64) -> f64 {
    let mut values: Vec<f64> = answers.iter().map(pick).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The body of the chat request among the exchanges of a cassette.
fn chat_body(cassette: &Path, max_tokens: u64) -> anyhow::Result<String> {
    for entry in std::fs::read_dir(cassette)? {
        let text = std::fs::read_to_string(entry?.path())?;
        let head: Value = serde_json::from_str(text.lines().next().unwrap_or_default())?;
        // The comparison of adapter and base requests fewer tokens.
        if head["path"] == "/v1/chat/completions" && head["body"]["max_tokens"] == json!(max_tokens) {
            return Ok(head["body"].to_string());
        }
    }
    anyhow::bail!("the request was not recorded")
}

/// A failed step to repair.
fn seed() -> anyhow::Result<Step> {
    Ok(serde_json::from_value(json!({
        "step": 0, "origin": "seed", "parent": null, "format": 1, "task_id": "caster_wheel_fork",
        "profile": "cadforge-v1", "mode": "full", "ok": false, "kind": "undefined_name",
        "failure": {"kind": "undefined_name", "message": "NameError: name 'nothing' is not defined", "line": 1,
            "traceback": ""},
        "reward": {"build": 0.0, "topology": 0.0, "contact": 0.0, "semantic_parts": 0.0, "reference_similarity": 0.0,
            "silhouette": 0.0, "editability": 0.0, "efficiency": 0.0, "total": -1.0},
        "notes": [], "details": {}, "bbox": null,
        "timing": {"queue_ms": 0.0, "run_ms": 0.0, "mesh_ms": 0.0, "score_ms": 0.0, "editability_ms": 0.0,
            "total_ms": 0.0},
        "artifacts": {"dir": null, "code": null, "stl": null, "reward": null}, "stdout": "", "stderr": "",
        "versions": {"cadforge": "", "cadquery": "", "ocp": "", "python": "", "task": ""},
        "code": "fixture = nothing\n", "proposal": null,
    }))?)
}
