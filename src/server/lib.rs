//! Serves the environment: OpenEnv over HTTP and WebSocket, MCP, Space routes and scorers for trainers.
//!
//! Requests become jobs of the engine, as on the command line; the server never runs a candidate itself. No path that a client
//! sends reaches the disk. `docs/serve.md` is the guide; `tests/openenv` checks the server against the real Python clients.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use cadforge_task::TaskSet;
//! use cadforge_engine::Engine;
//! use cadforge_server::{Config, host};
//!
//! /// Serves until the caller asks it to end.
//! fn serve(engine: &Engine, tasks: TaskSet, config: Config) {
//!     let hosting = host(engine, tasks, config, Arc::new(|| {}));
//!     for event in &hosting.events {
//!         println!("{event:?}");
//!     }
//! }
//! ```

mod answer;
mod episode;
mod fields;
mod guard;
mod host;
mod listen;
mod message;
mod metrics;
mod openapi;
mod openenv;
mod routes;
mod rpc;
mod scorers;
mod scoring;
mod socket;
mod space;
mod spectator;
mod taskapi;
#[cfg(test)]
mod tests;
mod wire;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

pub use guard::is_loopback_name;
pub use host::{HostEvent, Hosting, host};
pub use spectator::{PendingStep, SeenSession, SeenStep, SessionRecorder, Spectator};
pub use wire::ENVIRONMENT;

use cadforge_assess::Scoring;
use cadforge_engine::Engine;
use cadforge_task::TaskSet;
use episode::Environment;
use guard::Guard;
use metrics::Metrics;
use scoring::ScoringService;

/// Configuration of a server.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on; port 0 takes any free port.
    pub address: SocketAddr,
    /// Maximum number of sockets with an environment, at least 1.
    pub max_envs: usize,
    /// Token that clients must send.
    pub token: Option<String>,
    /// Scoring options, unless an action overrides the mode.
    pub scoring: Scoring,
    /// Maximum size of a body or message in bytes.
    pub max_body: usize,
    /// Requests per second and address; 0 for no limit.
    pub max_rate: u32,
    /// Worker processes of the engine.
    pub workers: usize,
    /// Maximum number of candidates in progress or waiting; more are rejected.
    pub queue: usize,
    /// A socket without a message for this time is closed.
    pub idle: Duration,
    /// Time limit of a reset or a step.
    pub step_limit: Duration,
    /// Whether SIGTERM and SIGINT end the server: set if the process is the server's own.
    pub signals: bool,
    /// Records the steps of the environments.
    pub spectator: Option<Arc<Spectator>>,
}

/// Error of starting a server.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be used.
    #[error(
        "cannot listen on {address}: {error}\nhint: choose another --port (0 for any free port) or stop the program that uses it"
    )]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        error: std::io::Error,
    },
    /// A thread or a timer cannot be created.
    #[error("cannot start the server: {0}")]
    Runtime(std::io::Error),
}

/// State shared by all routes.
struct App {
    engine: Engine,
    tasks: Arc<TaskSet>,
    scoring: ScoringService,
    guard: Guard,
    metrics: Arc<Metrics>,
    shapes: space::Shapes,
    /// One permit per socket with an environment.
    environments: Arc<Semaphore>,
    config: Config,
    /// Becomes true when the server is to end.
    ending: watch::Receiver<bool>,
}

impl App {
    fn new(engine: &Engine, tasks: Arc<TaskSet>, config: Config, ending: watch::Receiver<bool>) -> Self {
        let metrics = Arc::new(Metrics::default());
        Self {
            engine: engine.clone(),
            tasks,
            shapes: space::Shapes::default(),
            scoring: ScoringService::new(engine, config.scoring.clone(), config.queue, Arc::clone(&metrics)),
            guard: Guard::new(
                config.token.clone(),
                is_local(config.address.ip()),
                config.max_rate,
            ),
            metrics,
            environments: Arc::new(Semaphore::new(config.max_envs)),
            config,
            ending,
        }
    }

    /// A fresh environment, for a socket or for a single call.
    fn environment(&self, of_call: bool) -> Environment {
        Environment::new(
            self.scoring.source(),
            Arc::clone(&self.tasks),
            self.config.step_limit,
            self.recorder(of_call),
        )
    }

    /// A recorder for an environment, if there is a spectator.
    fn recorder(&self, of_call: bool) -> Option<spectator::SessionRecorder> {
        let spectator = self.config.spectator.as_ref()?;
        Some(spectator.recorder(of_call))
    }
}

/// Serves until a signal arrives (if enabled) or `stop` becomes true, then finishes the requests in progress. `ready`
/// is called with the address once the server listens.
pub fn serve(
    engine: &Engine,
    tasks: TaskSet,
    config: Config,
    stop: watch::Receiver<bool>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // These threads only carry messages; waiting for workers happens on others.
        .worker_threads(2)
        .thread_name("serve")
        .enable_all()
        .build()
        .map_err(ServeError::Runtime)?;
    let done = runtime.block_on(listen::serve(engine, Arc::new(tasks), config, stop, ready));
    // Jobs that still wait for a worker are cancelled; their results are not needed.
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

/// Whether an address is loopback.
pub fn is_local(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}
