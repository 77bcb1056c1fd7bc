//! Serves the environment: OpenEnv over HTTP and WebSocket, MCP, Space routes and scorers for trainers.
//!
//! Requests become jobs of the engine, as on the command line; the server never runs a candidate itself. No path that a client
//! sends reaches the disk. `docs/serve.md` is the guide; `tests/openenv` checks the server against the real Python clients.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use cadforge_core::task::TaskSet;
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
pub use spectator::{PendingStep, Seat, SeenSession, SeenStep, Spectator};
pub use wire::ENVIRONMENT;

use cadforge_assess::Scoring;
use cadforge_core::task::TaskSet;
use cadforge_engine::Engine;
use episode::Environment;
use guard::Guard;
use metrics::Metrics;
use scoring::ScoringService;

/// How to serve.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes any that is free.
    pub address: SocketAddr,
    /// Sockets that may hold an environment at a time, at least 1.
    pub max_envs: usize,
    /// What a client must present.
    pub token: Option<String>,
    /// How candidates are scored, unless an action says otherwise.
    pub scoring: Scoring,
    /// Bytes of a body or message at most.
    pub max_body: usize,
    /// Requests a second of one address; 0 for any.
    pub max_rate: u32,
    /// Worker processes of the engine.
    pub workers: usize,
    /// Candidates that may be under way or wait; more are refused.
    pub queue: usize,
    /// A socket without a message for so long is closed.
    pub idle: Duration,
    /// A reset or a step is answered within this, with a score or an error.
    pub step_limit: Duration,
    /// Whether SIGTERM and SIGINT end it: where the process is the server's own.
    pub signals: bool,
    /// Sees what goes on in the environments.
    pub spectator: Option<Arc<Spectator>>,
}

/// Why a server does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be had.
    #[error(
        "cannot listen on {address}: {error}\nhint: choose another --port (0 for any that is free) or stop what uses it"
    )]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
    /// The system refuses a thread or a timer.
    #[error("cannot start the server: {0}")]
    Runtime(std::io::Error),
}

/// What all routes share.
struct App {
    engine: Engine,
    tasks: Arc<TaskSet>,
    scoring: ScoringService,
    guard: Guard,
    metrics: Arc<Metrics>,
    shapes: space::Shapes,
    /// A permit a socket that holds an environment.
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
            self.seat(of_call),
        )
    }

    /// A place for an environment, if somebody watches.
    fn seat(&self, of_call: bool) -> Option<spectator::Seat> {
        let spectator = self.config.spectator.as_ref()?;
        Some(spectator.seat(of_call))
    }
}

/// Serves until a signal comes, if it is to hear them, or `stop` becomes true, and then until what is under way is
/// answered. `ready` hears the address once it is listened on.
pub fn serve(
    engine: &Engine,
    tasks: TaskSet,
    config: Config,
    stop: watch::Receiver<bool>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // They only carry messages; the waiting for workers has threads of its own.
        .worker_threads(2)
        .thread_name("serve")
        .enable_all()
        .build()
        .map_err(ServeError::Runtime)?;
    let done = runtime.block_on(listen::serve(engine, Arc::new(tasks), config, stop, ready));
    // Whoever still waits for a worker was cancelled; nothing of it is needed.
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

/// Whether an address is of this machine only.
pub fn is_local(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}
