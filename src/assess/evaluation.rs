//! The evaluation that every interface prints, and the scoring options.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use cadforge_core::failure::{Failure, Kind};
use cadforge_executor::project::Project;
use cadforge_executor::{Limits, MeshMethod, RunSpec};
use cadforge_geometry::{Scene, Shape};
use cadforge_reward::{Details, Mode, Profile, Reward, Shaping};

/// Scoring options, common to all interfaces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scoring {
    /// The profile.
    pub profile: Profile,
    /// The mode.
    pub mode: Mode,
    /// Shaping for training loops.
    pub shaping: Shaping,
    /// The reference to compare with.
    pub reference: ReferenceChoice,
    /// Limits of a candidate.
    pub limits: Limits,
    /// The folder whose files the candidate may read.
    pub project: Option<Project>,
    /// Under grounded-v2, number of named dimensions that are changed and rebuilt; `None` for the mode's default.
    pub editability: Option<u32>,
}

impl Scoring {
    /// A candidate's run, with the mesh that the profile measures.
    pub fn run_spec(&self) -> RunSpec {
        RunSpec {
            mesh: match self.profile {
                Profile::CadforgeV1 => MeshMethod::Exported,
                Profile::GroundedV2 => MeshMethod::Bounded,
            },
            ..self.export_spec()
        }
    }

    /// A run that exports the shape, with CadQuery's own mesh.
    pub fn export_spec(&self) -> RunSpec {
        RunSpec {
            limits: self.limits,
            mesh: MeshMethod::Exported,
            project: self.project.clone(),
        }
    }

    /// Number of named dimensions that are changed and rebuilt; default: 16 in full mode, none in fast mode.
    pub fn perturbation_count(&self) -> u32 {
        match (self.profile, self.mode) {
            (Profile::CadforgeV1, _) => 0,
            (Profile::GroundedV2, Mode::Fast) => self.editability.unwrap_or(0),
            (Profile::GroundedV2, Mode::Full) => self.editability.unwrap_or(16),
        }
    }
}

/// The reference of a candidate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReferenceChoice {
    /// The task's.
    #[default]
    Task,
    /// None.
    None,
    /// A `.py`, STL, OBJ or GLB file instead of the task's.
    File(PathBuf),
}

/// The object that `eval --json` prints. The keys are a contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Version of the layout: 1.
    pub format: u32,
    /// Id of the task.
    pub task_id: String,
    /// The profile.
    pub profile: Profile,
    /// The mode.
    pub mode: Mode,
    /// Whether it built.
    pub ok: bool,
    /// Kind of the result.
    pub kind: Kind,
    /// The failure; null if and only if it built.
    pub failure: Option<Failure>,
    /// Components and total.
    pub reward: Reward,
    /// The shaped reward, if shaping is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shaped: Option<f64>,
    /// Notes that a model can act on.
    pub notes: Vec<String>,
    /// Measurements behind each component.
    pub details: Details,
    /// Bounding box of the mesh; null for a failed build.
    pub bbox: Option<Bbox>,
    /// Wall times.
    pub timing: Timing,
    /// Paths of the artifacts.
    pub artifacts: Artifacts,
    /// Standard output of the candidate.
    pub stdout: String,
    /// Standard error of the candidate.
    pub stderr: String,
    /// Versions that the score depends on.
    pub versions: Versions,
}

impl Evaluation {
    /// Whether the target is reached: it built with a total of `target`. `None` is the profile's own target, which
    /// under grounded-v2 requires every check to pass.
    pub fn is_done(&self, target: Option<f64>) -> bool {
        let passed = || {
            let grounded = self.details.grounded.as_ref();
            let checks = grounded.and_then(|grounded| grounded.checks.as_ref());
            checks.is_none_or(|checks| checks.passed)
        };
        let total = self.reward.total;
        self.ok
            && match target {
                Some(target) => total >= target,
                None => total >= self.profile.target() && passed(),
            }
    }
}

/// A bounding box with its extents, mm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bbox {
    /// Lowest corner.
    pub min: [f64; 3],
    /// Highest corner.
    pub max: [f64; 3],
    /// Extents.
    pub size: [f64; 3],
}

/// Wall time of each stage, ms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Waiting for a worker.
    pub queue_ms: f64,
    /// Running the code.
    pub run_ms: f64,
    /// Meshing, exporting, measuring.
    pub mesh_ms: f64,
    /// Scoring.
    pub score_ms: f64,
    /// Rebuilds for editability; 0 under cadforge-v1.
    pub editability_ms: f64,
    /// Everything, including the reference's build if this evaluation was the first to need it.
    pub total_ms: f64,
}

/// Paths of written files; null if not written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifacts {
    /// The folder.
    pub dir: Option<PathBuf>,
    /// The candidate's code.
    pub code: Option<PathBuf>,
    /// Its STL.
    pub stl: Option<PathBuf>,
    /// Its reward JSON.
    pub reward: Option<PathBuf>,
}

/// Versions that a score depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// This program.
    pub cadforge: String,
    /// CadQuery.
    pub cadquery: String,
    /// The OCP bindings.
    pub ocp: String,
    /// CPython.
    pub python: String,
    /// The task's version.
    pub task: String,
    /// Digest of the profile's definition: rows of two digests are not on one scale. Empty in older files.
    #[serde(default)]
    pub profile_digest: String,
}

/// An evaluation with its geometry.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// The evaluation.
    pub evaluation: Evaluation,
    /// The built shape, if it built.
    pub shape: Option<Arc<Shape>>,
    /// Other objects that the code shows; for live runs only.
    pub scene: Option<Arc<Scene>>,
    /// A part that the code only exports and that is not scored; for live runs only.
    pub unscored: Option<Arc<Shape>>,
}

/// What is known of a candidate before its assessment ends.
#[derive(Clone, Debug)]
pub enum Progress {
    /// A coarse mesh of a hand edit, while it is measured: for display only, without facts and surfaces.
    Preview(Arc<Shape>),
    /// It is built.
    Built(Built),
    /// It is scored, but for editability, for which it is rebuilt with other dimensions. The total is the most that it can get.
    WithoutEditability(Box<Evaluation>),
}

/// A built candidate, before it is scored.
#[derive(Clone, Debug)]
pub struct Built {
    /// The shape that will be scored.
    pub shape: Arc<Shape>,
    /// Other objects that the code shows; for live runs only.
    pub scene: Option<Arc<Scene>>,
}
