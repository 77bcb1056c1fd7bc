//! The worker: the only executable that embeds Python.
//!
//! A zygote: imports CadQuery once, then forks per candidate; the child takes on limits, runs the code,
//! reports and dies. Scores nothing, and is not meant to be started by hand: it speaks the framed protocol
//! of `cadforge::executor` over the socket that is its standard input.

mod candidate;
mod linux;
mod python;
mod sandbox;
mod scratch;
mod supervisor;
mod verdict;
mod zygote;

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use cadforge::executor::WorkerVersions;
use cadforge::executor::protocol::{DoneBlobs, PROTOCOL, Reply, Request, read_frame, write_frame};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, dup2_stdin, getppid};
use pyo3::prelude::*;

use crate::scratch::Scratch;
use crate::supervisor::Interruption;
use crate::zygote::{Finished, Zygote};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--version"] => {
            println!("cadforge-worker {} (Python {})", env!("CARGO_PKG_VERSION"), python::linked_version());
            ExitCode::SUCCESS
        }
        ["--python", python, "--parent", parent] => work(&PathBuf::from(python), parent.parse().unwrap_or(0)),
        _ => {
            eprintln!("cadforge-worker is started by cadforge\nhint: to see its versions: cadforge-worker --version");
            ExitCode::from(2)
        }
    }
}

fn work(python: &std::path::Path, parent: i32) -> ExitCode {
    // The new image starts over in here, with nothing left to change.
    if linux::fix_addresses() {
        let error = Command::new("/proc/self/exe").args(std::env::args_os().skip(1)).exec();
        eprintln!("warning: could not start again with fixed addresses: {error}");
    }
    let started = Instant::now();
    // A worker whose client died, however it died, is of no use; asked twice, because it may be dead already.
    let tied = prctl::set_pdeathsig(Signal::SIGKILL);
    if tied.is_err() || getppid() != Pid::from_raw(parent) {
        eprintln!("the process that started this worker is gone");
        return ExitCode::from(3);
    }
    // Grandchildren of a candidate that outlive it become children here, where they are ended.
    if let Err(error) = prctl::set_child_subreaper(true) {
        eprintln!("warning: stray processes of candidates will not be found: {error}");
    }
    let mut client = match take_client() {
        Ok(client) => client,
        Err(error) => {
            eprintln!("standard input is no socket: {error}");
            return ExitCode::from(2);
        }
    };
    match serve(python, started, &mut client) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            // The client may be gone, which is the most common reason to be here.
            let _ = write_frame(&mut client, &Reply::Refused { message }, &[]);
            ExitCode::from(3)
        }
    }
}

/// Moves the connection away from standard input, which candidates inherit.
fn take_client() -> io::Result<UnixStream> {
    let client = io::stdin().as_fd().try_clone_to_owned()?;
    dup2_stdin(File::open("/dev/null")?)?;
    let client = UnixStream::from(client);
    client.peer_addr()?;
    Ok(client)
}

fn serve(python: &std::path::Path, started: Instant, client: &mut UnixStream) -> Result<(), String> {
    python::start(python)?;
    Python::attach(|py| {
        let scratch = Scratch::new().map_err(|error| {
            format!("no folder for candidates in {}: {error}\nhint: set TMPDIR", std::env::temp_dir().display())
        })?;
        let (harness, versions) = import(py, &scratch)
            .map_err(|error| format!("CadQuery cannot be used: {error}\nhint: make env"))?;
        let threads = linux::threads();
        if threads != 1 {
            return Err(format!("the idle worker has {threads} threads, and a fork takes only one along"));
        }
        let zygote = Zygote::new(harness, scratch).map_err(|error| format!("/proc cannot be read: {error}"))?;
        let startup_ms = started.elapsed().as_secs_f64() * 1e3;
        say(client, &Reply::Hello { protocol: PROTOCOL, versions, startup_ms }, &DoneBlobs::default())?;
        loop {
            match hear(client)? {
                None => return Ok(()),
                // For a candidate that is done already.
                Some((Request::Cancel { .. }, _)) => {}
                Some((Request::Run { id, limits }, code)) => {
                    let connection = client.try_clone().map_err(|error| error.to_string())?;
                    let finished = zygote
                        .run(&code, &limits, connection.as_fd(), || interruption(client, id))
                        .map_err(|error| format!("the worker failed: {error}"))?;
                    let Finished { outcome, cpu_ms, run_ms, mesh_ms, blobs } = finished;
                    say(client, &Reply::Done { id, outcome, cpu_ms, run_ms, mesh_ms }, &blobs)?;
                }
            }
        }
    })
}

fn import<'py>(py: Python<'py>, scratch: &Scratch) -> PyResult<(Bound<'py, PyModule>, WorkerVersions)> {
    let harness = PyModule::from_code(
        py,
        c_str(include_str!("harness.py")).as_c_str(),
        c"cadforge_harness.py",
        c"cadforge_harness",
    )?;
    let versions = harness.call_method1("warm", (scratch.path(),))?;
    let version = |name: &str| versions.get_item(name)?.extract::<String>();
    let versions =
        WorkerVersions { cadquery: version("cadquery")?, ocp: version("ocp")?, python: version("python")? };
    Ok((harness, versions))
}

fn c_str(text: &str) -> std::ffi::CString {
    std::ffi::CString::new(text).expect("the harness holds no zero byte")
}

/// What the client says while candidate `id` runs.
fn interruption(client: &mut UnixStream, id: u64) -> io::Result<Interruption> {
    match hear(client).map_err(io::Error::other)? {
        Some((Request::Cancel { id: cancelled }, _)) if cancelled == id => Ok(Interruption::Cancel),
        Some((Request::Cancel { .. }, _)) => Ok(Interruption::None),
        Some((Request::Run { .. }, _)) => Err(io::Error::other("a second candidate before the first was done")),
        None => Err(io::ErrorKind::ConnectionAborted.into()),
    }
}

fn hear(client: &mut impl Read) -> Result<Option<(Request, Vec<u8>)>, String> {
    let frame = read_frame::<Request>(client).map_err(|error| error.to_string())?;
    Ok(frame.map(|(request, mut blobs)| (request, if blobs.is_empty() { Vec::new() } else { blobs.swap_remove(0) })))
}

fn say(client: &mut UnixStream, reply: &Reply, blobs: &DoneBlobs) -> Result<(), String> {
    write_frame(client, reply, &blobs.as_slices()).map_err(|error| error.to_string())
}
