//! `cadforge serve` over real sockets: every route, and every kind of invalid input.

mod client;
mod clients;
mod http;
mod limits;
mod openapi;
mod rpc;
mod safety;
mod scorers;
mod soak;
mod socket;
mod space;
mod trainers;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::{cadforge, root};

/// Builds quickly and has no feature of the task.
pub const BOX: &str = "import cadquery as cq\nfixture = cq.Workplane().box(90, 80, 130)\n";

/// Does not build.
pub const BROKEN: &str = "import cadquery as cq\nfixture = cq.Workplane().bax(1, 2, 3)\n";

/// A running server. It ends with its standard input, thus when this value is dropped or the test program ends.
pub struct Server {
    pub port: u16,
    pub child: Child,
    _stdin: Option<ChildStdin>,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts a server on a free port.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, |_| {})
    }

    /// Like [`Self::start`], with changes to the command.
    pub fn start_with(arguments: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = serve(
            folder.path(),
            &["--port", "0", "--while-stdin", "--reference", "none"],
        );
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        change(&mut command);
        let mut child = command.spawn().expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let started: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        let url = started["url"].as_str().unwrap();
        Self {
            port: url.rsplit(':').next().unwrap().parse().unwrap(),
            _stdin: child.stdin.take(),
            child,
            _folder: folder,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `cadforge serve` with the tasks of the checkout.
pub fn serve(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = cadforge(folder);
    command
        .arg("serve")
        .arg("--tasks")
        .arg(root().join("tasks"))
        .args(arguments)
        .env_remove("CADFORGE_TOKEN");
    command
}

/// One server for all tests that need no special options.
pub fn shared() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(&["--max-envs", "64"]))
}
