//! The result of a run.

use std::sync::Arc;

use cadforge_core::failure::Failure;
use cadforge_geometry::{Scene, Shape};
use cadforge_platform::kernel::SandboxSupport;

use super::mesh_check::DisputedMesh;

/// What is known of a candidate before its result is returned.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A coarse mesh of a hand edit, without facts and surfaces. Made by the candidate's own process: for display only.
    Preview(Arc<Shape>),
    /// The build.
    Built(&'a Execution),
}

/// Result of running a candidate.
#[derive(Clone, Debug)]
pub enum Build {
    /// The shape, with its mesh and facts.
    Shape(Arc<Shape>),
    /// The build failed; this is a result too.
    Failed(Failure),
}

impl Build {
    /// The failure kind's name, or `shape`.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Self::Shape(_) => "shape",
            Self::Failed(failure) => failure.kind.name(),
        }
    }
}

/// A [`Build`] with its output, notes and times.
#[derive(Clone, Debug)]
pub struct Execution {
    /// Shape or failure.
    pub build: Build,
    /// Captured standard output, lossily decoded.
    pub stdout: String,
    /// Captured standard error, lossily decoded.
    pub stderr: String,
    /// The shape as a STEP file, for [`Executor::export`](crate::Executor::export).
    pub step: Option<Arc<[u8]>>,
    /// Notes on the shape and on the code, for people and models.
    pub notes: Vec<String>,
    /// Whether the code showed more than one object, or gave one its own appearance.
    pub shows_more: bool,
    /// The shown objects, of a live run.
    pub scene: Option<Arc<Scene>>,
    /// The part of a failed live run that was only written to a file: displayed and never scored.
    pub unscored: Option<Arc<Shape>>,
    /// Set if the mesh contradicts the shape; a second mesh decides whether it is forged.
    pub disputed: Option<DisputedMesh>,
    /// Time in the queue, in ms.
    pub queue_ms: f64,
    /// Wall time of the code, in ms.
    pub run_ms: f64,
    /// Wall time of meshing, export and measurement, in ms.
    pub mesh_ms: f64,
    /// Steps that were not run again, because the run resumed after them.
    pub resumed: u32,
    /// The sandbox of the candidate; `None` if it never reached a worker.
    pub sandbox: Option<SandboxSupport>,
    /// Whether the build may be cached: it ran from its first line, in a worker of the requested identity. Other builds
    /// are results too, but are never cached.
    pub cacheable: bool,
}
