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
mod app;
mod connection;
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
mod shapes;
mod socket;
mod space;
mod spectator;
mod taskapi;
#[cfg(test)]
mod tests;
mod wire;

pub use app::Config;
pub use guard::{is_local, is_loopback_name};
pub use host::{HostEvent, Hosting, host};
pub use listen::{ServeError, serve};
pub use spectator::{PendingStep, SeenSession, SeenStep, SessionRecorder, Spectator};
pub use wire::ENVIRONMENT;
