//! Repair loops with a model server and real workers: streams, lost servers, cancellation.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cadforge::assess::{ReferenceChoice, Scoring};
use cadforge::engine::{
    EndpointConfig, Engine, Event, LoopTarget, ProposerConfig, RepairJob, RepairProgress,
};
use cadforge::executor::WorkerConfig;
use cadforge::repair::endpoint::Address;
use cadforge::task::TaskSet;
use serde_json::json;

use crate::support::{expect_exit, json, python, repair_with_endpoint, root, worker};

/// How an answer ends after its pieces of text.
#[derive(Clone)]
pub enum End {
    Stop,
    Length,
    /// Closes the connection in mid-stream.
    Disconnect,
    /// Sends nothing more and waits for the client to close.
    Hang,
}

/// Pieces of text and the end of the answer to a chat request, by its number, counted from 0.
pub type Answer = fn(usize) -> (Vec<String>, End);

pub struct Model {
    pub url: String,
    closed: Arc<AtomicUsize>,
}

/// Starts a model server.
pub fn model(answer: Answer) -> Model {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let closed = Arc::new(AtomicUsize::new(0));
    let (count, closed_count) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&closed));
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (count, closed_count) = (Arc::clone(&count), Arc::clone(&closed_count));
            std::thread::spawn(move || serve(stream, answer, &count, &closed_count));
        }
    });
    Model { url, closed }
}

fn serve(stream: TcpStream, answer: Answer, count: &AtomicUsize, closed: &AtomicUsize) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = Vec::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = text.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut stream = stream;
    let response = |text: &str| {
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{text}",
            text.len()
        )
    };
    if lines[0].contains("/v1/models") {
        let _ = stream.write_all(
            response(&json!({"data": [{"id": "tiny", "owned_by": "vllm"}]}).to_string()).as_bytes(),
        );
        return;
    }
    if !lines[0].contains("/v1/chat/completions") {
        let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        return;
    }
    let (pieces, end) = answer(count.fetch_add(1, Ordering::SeqCst));
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    for piece in pieces {
        let chunk = json!({"choices": [{"delta": {"content": piece}}]});
        let _ = stream.write_all(format!("data: {chunk}\n\n").as_bytes());
        std::thread::sleep(Duration::from_millis(30));
    }
    let reason = match end {
        End::Stop => "stop",
        End::Length => "length",
        End::Disconnect => return,
        End::Hang => {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
            if matches!(stream.read(&mut [0; 8]), Ok(0)) {
                closed.fetch_add(1, Ordering::SeqCst);
            }
            return;
        }
    };
    let last = json!({"choices": [{"delta": {}, "finish_reason": reason}]});
    let _ = stream.write_all(format!("data: {last}\n\ndata: [DONE]\n\n").as_bytes());
}

const BOX: &str = "import cadquery as cq\nfixture = cq.Workplane(\"XY\").box(90, 80, 130)\n";

pub fn pieces(code: &str) -> Vec<String> {
    code.split_inclusive('\n').map(str::to_owned).collect()
}

#[test]
fn the_loop_ends_at_the_target_and_a_cut_answer_is_clipped() {
    let server = model(|number| match number {
        0 => (
            pieces("import cadquery as cq\nfixture = cq.Workplane(\"XY\").bo"),
            End::Length,
        ),
        _ => (
            pieces(&format!("<think>a box</think>```python\n{BOX}```")),
            End::Stop,
        ),
    });
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("broken.py"), "fixture = nothing\n").unwrap();
    let mut command = repair_with_endpoint(dir.path(), &server.url);
    command.args(["--target", "0.5", "--from", "broken.py", "--out", "run"]);
    let report = json(&expect_exit(&mut command, 0));
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 3);
    assert_eq!(
        (&steps[1]["kind"], &steps[1]["proposal"]["clipped"]),
        (&json!("clipped"), &json!(true))
    );
    assert_eq!(
        (&steps[2]["ok"], &steps[2]["code"], &steps[2]["origin"]),
        (&json!(true), &json!(BOX), &json!("endpoint"))
    );
    assert!(steps[2]["proposal"]["text"].as_str().unwrap().contains("<think>"));
    let trajectory = cadforge::trajectory::read(&dir.path().join("run")).unwrap();
    assert_eq!(
        (trajectory.header.proposer.as_str(), trajectory.steps.len()),
        ("endpoint", 3)
    );
}

#[test]
fn a_server_lost_in_mid_stream_ends_the_loop_and_its_text_is_kept() {
    let server = model(|_| (pieces(BOX), End::Disconnect));
    let dir = tempfile::tempdir().unwrap();
    let mut command = repair_with_endpoint(dir.path(), &server.url);
    command.args(["--out", "run"]);
    let output = expect_exit(&mut command, 3);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("hint:") && message.contains("partial text kept"),
        "{message}"
    );
    assert!(output.stdout.is_empty(), "a partial answer is not scored");
    assert_eq!(
        std::fs::read_to_string(dir.path().join("run/step-1.partial.txt")).unwrap(),
        BOX
    );
    assert_eq!(
        cadforge::trajectory::read(&dir.path().join("run"))
            .unwrap()
            .steps
            .len(),
        1,
        "only the seed"
    );
}

#[test]
fn cancelling_in_mid_stream_closes_the_connections() {
    let server = model(|_| (pieces("import cadquery as cq\n"), End::Hang));
    let engine = Engine::start(WorkerConfig::new(worker(), python(), 1));
    let tasks = TaskSet::load(&[root().join("tasks")]).unwrap();
    let mut handle = engine.submit(
        RepairJob {
            task: Arc::clone(tasks.get("caster_wheel_fork").unwrap()),
            from: None,
            earlier: Vec::new(),
            proposer: ProposerConfig::Endpoint(Box::new(EndpointConfig::new(
                Address::parse(&server.url).unwrap(),
            ))),
            scoring: Scoring {
                reference: ReferenceChoice::None,
                ..Scoring::default()
            },
            max_steps: 3,
            candidates: 2,
            target: LoopTarget::Total(1.0),
            out: None,
        },
        None,
    );
    // Cancel only after both candidates of the group stream.
    let mut streaming = std::collections::BTreeSet::new();
    while streaming.len() < 2 {
        match handle
            .events
            .recv_timeout(Duration::from_secs(120))
            .expect("text arrives")
        {
            Event::Progress(RepairProgress::ProposalText { step, delta }) => {
                assert!("import cadquery as cq\n".contains(&delta), "{delta}");
                streaming.insert(step);
            }
            Event::Failed { message, .. } => panic!("{message}"),
            _ => {}
        }
    }
    assert_eq!(streaming.into_iter().collect::<Vec<_>>(), [1, 2]);
    let cancelled = Instant::now();
    handle.cancel();
    let last = handle.events.iter().last();
    assert!(matches!(last, Some(Event::Cancelled)), "{last:?}");
    assert!(
        cancelled.elapsed() < Duration::from_millis(1000),
        "cancelling took {:?}",
        cancelled.elapsed()
    );
    while server.closed.load(Ordering::SeqCst) < 2 {
        assert!(
            cancelled.elapsed() < Duration::from_secs(10),
            "a connection to the server stays open"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A model server over TLS and a proxy in front of it, in one Python process.
struct SecureModel {
    process: std::process::Child,
    port: String,
    proxy: String,
}

impl SecureModel {
    fn start() -> Self {
        let folder = root().join("tests/tls");
        let mut process = std::process::Command::new(python())
            .arg(folder.join("server.py"))
            .args([folder.join("cert.pem"), folder.join("key.pem")])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut port = || lines.next().unwrap().unwrap();
        let (port, proxy) = (port(), port());
        Self { process, port, proxy }
    }

    /// A repair loop of one step with this model.
    fn repair(&self, dir: &std::path::Path, url: &str) -> std::process::Command {
        let mut command = repair_with_endpoint(dir, url);
        command
            .args(["--max-steps", "1"])
            .env("SSL_CERT_FILE", root().join("tests/tls/cert.pem"));
        for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        command
    }

    /// Ends the process and returns its log.
    fn log(mut self) -> String {
        drop(self.process.stdin.take());
        let output = self.process.wait_with_output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn tls_and_proxies_work_and_an_untrusted_certificate_is_refused() {
    let model = SecureModel::start();
    let dir = tempfile::tempdir().unwrap();
    let direct = format!("https://localhost:{}/v1", model.port);
    let assert_built = |mut command: std::process::Command| {
        let report = json(&expect_exit(&mut command, 1));
        assert_eq!(report["steps"][1]["ok"], true, "{report}");
    };
    // A server of this machine is reached without the proxy.
    let mut local = model.repair(dir.path(), &direct);
    local.env("HTTPS_PROXY", "http://127.0.0.1:1");
    assert_built(local);
    let mut proxied = model.repair(dir.path(), "https://models.test/v1");
    proxied.env("HTTPS_PROXY", format!("http://127.0.0.1:{}", model.proxy));
    assert_built(proxied);
    // The certificate is not among the trusted ones.
    let mut untrusted = model.repair(dir.path(), &direct);
    untrusted.env("SSL_CERT_FILE", "/etc/hostname");
    let message = String::from_utf8(expect_exit(&mut untrusted, 2).stderr).unwrap();
    assert!(
        message.contains("certificate") && message.contains("hint: SSL_CERT_FILE"),
        "{message}"
    );
    let log = model.log();
    assert!(log.contains("tunnel models.test:443"), "{log}");
    assert!(log.contains("POST /v1/chat/completions"), "{log}");
}
