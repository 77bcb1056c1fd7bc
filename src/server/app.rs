//! The configuration of a server, and the state that its routes share.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use super::episode::Environment;
use super::guard::{Guard, is_local};
use super::metrics::Metrics;
use super::scoring::ScoringService;
use super::shapes::Shapes;
use super::spectator::{SessionRecorder, Spectator};
use cadforge_assess::Scoring;
use cadforge_engine::Engine;
use cadforge_task::TaskSet;

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

/// State shared by all routes.
pub(crate) struct App {
    pub(crate) engine: Engine,
    pub(crate) tasks: Arc<TaskSet>,
    pub(crate) scoring: ScoringService,
    pub(crate) guard: Guard,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) shapes: Shapes,
    /// One permit per socket with an environment.
    pub(crate) environments: Arc<Semaphore>,
    pub(crate) config: Config,
    /// Becomes true when the server is to end.
    pub(crate) ending: watch::Receiver<bool>,
}

impl App {
    pub(crate) fn new(
        engine: &Engine,
        tasks: Arc<TaskSet>,
        config: Config,
        ending: watch::Receiver<bool>,
    ) -> Self {
        let metrics = Arc::new(Metrics::default());
        Self {
            engine: engine.clone(),
            tasks,
            shapes: Shapes::default(),
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
    pub(crate) fn environment(&self, of_call: bool) -> Environment {
        Environment::new(
            self.scoring.source(),
            Arc::clone(&self.tasks),
            self.config.step_limit,
            self.recorder(of_call),
        )
    }

    /// A recorder for an environment, if there is a spectator.
    pub(crate) fn recorder(&self, of_call: bool) -> Option<SessionRecorder> {
        let spectator = self.config.spectator.as_ref()?;
        Some(spectator.recorder(of_call))
    }
}
