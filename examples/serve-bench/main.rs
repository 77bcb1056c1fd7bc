//! Measures episodes per second and step times of `cadforge serve`, with 1, 4 and 16 clients, against the executor
//! alone.
//!
//! `cargo run --release --example serve-bench -- [EPISODES]`, after a build of the programs. An episode is a reset
//! and the recorded repair of the caster, each code changed by a comment; the cache is off.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cadforge::assess::{Assessor, ReferenceChoice, Request, Scoring};
use cadforge::engine::Engine;
use cadforge::executor::{CancelToken, WorkerConfig};
use cadforge::locate::{self, Overrides};
use cadforge::reward::Mode;
use cadforge::task::{Task, TaskSet};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, client};

const TASK: &str = "caster_wheel_fork";
const CLIENTS: [usize; 3] = [1, 4, 16];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let episodes: usize = std::env::args().nth(1).map_or(Ok(48), |text| text.parse())?;
    let overrides = Overrides::default();
    let tasks = TaskSet::load(&locate::tasks(&overrides)?)?;
    let task = tasks.get(TASK)?;
    let codes = codes(task);
    println!("{episodes} episodes of {} steps", codes.len());
    println!("| | episodes/s | step p50 | step p99 |\n|---|---|---|---|");
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let engine = Engine::start(WorkerConfig::new(
        locate::worker(&overrides)?,
        locate::python(&overrides)?,
        workers,
    ));
    for clients in CLIENTS {
        let assessor = engine.assessor();
        measure("executor alone", clients, episodes, || {
            let (assessor, task, codes) = (assessor.source(), task.clone(), codes.clone());
            move |number: usize| -> Vec<Duration> {
                evaluate(&assessor, &task, task.weak_seed(), number);
                codes
                    .iter()
                    .map(|code| timed(|| evaluate(&assessor, &task, code, number)))
                    .collect()
            }
        });
    }
    drop(engine);
    let program = std::env::current_exe()?
        .ancestors()
        .nth(2)
        .ok_or("no folder above")?
        .join("cadforge");
    let (mut server, address) = serve(&program)?;
    for clients in CLIENTS {
        measure("served", clients, episodes, || {
            let codes = codes.clone();
            let stream = TcpStream::connect(&address).expect("the server listens");
            let (mut socket, _) = client(format!("ws://{address}/ws"), stream).expect("a WebSocket");
            move |number: usize| -> Vec<Duration> {
                let mut ask = |message: Value| {
                    socket
                        .send(Message::text(message.to_string()))
                        .expect("the server lives");
                    let reply = socket.read().expect("a reply");
                    let reply: Value = serde_json::from_str(reply.to_text().expect("text")).expect("JSON");
                    assert_eq!(reply["type"], "observation", "{reply}");
                };
                ask(json!({ "type": "reset", "data": { "task_id": TASK } }));
                let step = |code: &String| {
                    let code = format!("{code}# {number}\n");
                    timed(|| ask(json!({ "type": "step", "data": { "code": code } })))
                };
                codes.iter().map(step).collect()
            }
        });
    }
    drop(server.stdin.take());
    server.wait()?;
    Ok(())
}

fn codes(task: &Task) -> Vec<String> {
    let longest = task.repairs.iter().max_by_key(|repair| repair.steps.len());
    let steps = longest.map(|repair| repair.steps.iter().map(|step| step.code.clone()).collect());
    steps.unwrap_or_default()
}

fn evaluate(assessor: &Assessor, task: &Task, code: &str, number: usize) {
    let scoring = Scoring {
        mode: Mode::Fast,
        reference: ReferenceChoice::None,
        ..Scoring::default()
    };
    let code = format!("{code}# {number}\n");
    let request = Request::batch(task, code.as_bytes(), &scoring);
    assessor
        .evaluate(&request, &CancelToken::never())
        .expect("a result");
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Runs episodes on `clients` threads and prints a row; the first episodes of each thread are warm-up.
fn measure<W>(name: &str, clients: usize, episodes: usize, worker: impl Fn() -> W)
where
    W: FnMut(usize) -> Vec<Duration> + Send,
{
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let left = AtomicUsize::new(episodes);
    let mut workers: Vec<_> = (0..clients).map(|_| worker()).collect();
    workers[0](NUMBER.fetch_add(1, Ordering::Relaxed));
    let start = Instant::now();
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let running: Vec<_> = workers
            .into_iter()
            .map(|mut episode| {
                let left = &left;
                scope.spawn(move || {
                    let mut times = Vec::new();
                    while left
                        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                        .is_ok()
                    {
                        times.extend(episode(NUMBER.fetch_add(1, Ordering::Relaxed)));
                    }
                    times
                })
            })
            .collect();
        running
            .into_iter()
            .flat_map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    let seconds = start.elapsed().as_secs_f64();
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "| {name}, {clients} at once | {:.2} | {:.0} ms | {:.0} ms |",
        episodes as f64 / seconds,
        at(0.5),
        at(0.99)
    );
}

/// A server that ends with its standard input, and its address.
fn serve(program: &Path) -> Result<(std::process::Child, String), Box<dyn std::error::Error>> {
    let mut server = Command::new(program)
        .args([
            "serve",
            "--port",
            "0",
            "--max-envs",
            "64",
            "--no-cache",
            "--reference",
            "none",
            "--while-stdin",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(server.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let said: Value = serde_json::from_str(&line)?;
    let url = said["url"].as_str().ok_or("no address")?;
    Ok((server, url.trim_start_matches("http://").to_owned()))
}
