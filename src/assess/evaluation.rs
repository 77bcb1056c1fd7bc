//! The evaluation that every surface prints, and the choices that lead to it.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use cadforge_core::failure::{Failure, Kind};
use cadforge_executor::{Limits, MeshKind};
use cadforge_geometry::{Scene, Shape};
use cadforge_reward::{Details, Mode, Profile, Reward, Shaping};

/// Everything that is chosen about scoring, the same flags everywhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scoring {
    /// The formulas.
    pub profile: Profile,
    /// How much is measured.
    pub mode: Mode,
    /// For training loops.
    pub shaping: Shaping,
    /// What to compare with.
    pub reference: ReferenceChoice,
    /// What a candidate may use.
    pub limits: Limits,
    /// Under grounded-v2, how many named dimensions are changed and rebuilt; the mode's own number if none.
    pub editability: Option<u32>,
}

impl Scoring {
    /// The limits of a candidate's run, with the mesh that the profile measures.
    pub fn run_limits(&self) -> Limits {
        let mesh = match self.profile {
            Profile::CadforgeV1 => MeshKind::Exported,
            Profile::GroundedV2 => MeshKind::Bounded,
        };
        Limits {
            mesh,
            ..self.limits.clone()
        }
    }

    /// How many named dimensions are changed and rebuilt: 16 in full mode and none in fast mode, unless said otherwise.
    pub fn trials(&self) -> u32 {
        match (self.profile, self.mode) {
            (Profile::CadforgeV1, _) => 0,
            (Profile::GroundedV2, Mode::Fast) => self.editability.unwrap_or(0),
            (Profile::GroundedV2, Mode::Full) => self.editability.unwrap_or(16),
        }
    }
}

/// What a candidate is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReferenceChoice {
    /// The task's own.
    #[default]
    Task,
    /// Nothing.
    None,
    /// A `.py`, STL, OBJ or GLB file in its place.
    File(PathBuf),
}

/// The object that `eval --json` prints. Its keys are a contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Version of this object's layout: 1.
    pub format: u32,
    /// The task scored against.
    pub task_id: String,
    /// Formulas used.
    pub profile: Profile,
    /// Mode used.
    pub mode: Mode,
    /// Whether it built.
    pub ok: bool,
    /// The one class it falls into.
    pub kind: Kind,
    /// Null if and only if it built.
    pub failure: Option<Failure>,
    /// The numbers.
    pub reward: Reward,
    /// The shaped reward, when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shaped: Option<f64>,
    /// Lines a model can act on.
    pub notes: Vec<String>,
    /// The numbers behind each component.
    pub details: Details,
    /// The mesh's box, null if nothing was built.
    pub bbox: Option<Bbox>,
    /// Where the time went.
    pub timing: Timing,
    /// Where the files went.
    pub artifacts: Artifacts,
    /// What the candidate printed.
    pub stdout: String,
    /// What the candidate printed to standard error.
    pub stderr: String,
    /// What made this score.
    pub versions: Versions,
}

impl Evaluation {
    /// Whether an attempt is over with this: it built, and has a total of `target`. Without one it takes what its profile
    /// asks for, which under grounded-v2 is that every check passes, too.
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
    /// Least corner.
    pub min: [f64; 3],
    /// Greatest corner.
    pub max: [f64; 3],
    /// Extents.
    pub size: [f64; 3],
}

/// Wall time of each part of the work, ms.
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
    /// All of it, with the reference's own build where this was the first to need it.
    pub total_ms: f64,
}

/// Paths of what was kept, null where nothing was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifacts {
    /// The folder.
    pub dir: Option<PathBuf>,
    /// The candidate's source.
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
}

/// An evaluation and the geometry it speaks of.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// What is printed and stored.
    pub evaluation: Evaluation,
    /// The built shape, if it built.
    pub shape: Option<Arc<Shape>>,
    /// What the code shows beside or instead of it, where someone looks.
    pub scene: Option<Arc<Scene>>,
    /// Where someone looks, the part of code that is not scored because it only writes the part to a file.
    pub unscored: Option<Arc<Shape>>,
}

/// What a candidate built, before it is scored.
#[derive(Clone, Debug)]
pub struct Built {
    /// The shape that will be scored.
    pub shape: Arc<Shape>,
    /// What the code shows beside or instead of it, where someone looks.
    pub scene: Option<Arc<Scene>>,
}
