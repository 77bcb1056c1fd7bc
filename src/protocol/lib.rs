//! Messages between a worker and its client, and the limits of a run.
//!
//! [`frame`] holds the messages and their encoding; [`RunSpec`] is what a run depends on besides its code; [`Limits`] bounds it; [`stage`] times it; [`project`] describes the folder whose
//! files a script may read. This crate runs no code, starts no processes and opens no connections.
//!
//! ```
//! use cadforge_protocol::frame::{Request, read_frame, write_frame};
//!
//! let mut socket = Vec::new();
//! write_frame(&mut socket, &Request::Cancel { id: 7 }, &[])?;
//! let (request, blobs) = read_frame::<Request>(&mut socket.as_slice())?.expect("a whole frame");
//! assert_eq!((request, blobs.len()), (Request::Cancel { id: 7 }, 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod frame;
mod limits;
pub mod project;
mod run_spec;
pub mod stage;

use serde::{Deserialize, Serialize};

pub use limits::Limits;
pub use run_spec::{MeshMethod, RunSpec};

/// Versions inside the worker, from its handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerVersions {
    /// CadQuery.
    pub cadquery: String,
    /// The OCP bindings.
    pub ocp: String,
    /// Python.
    pub python: String,
}

/// Patches that speed CadQuery up without changing results: see the worker's `patches.py`.
pub const PATCHES: [&str; 2] = ["quick_planes", "rare_collection"];
