//! Scores of built candidates: from evidence to a reward.
//!
//! [`Profile::CadforgeV1`] reproduces the published environment, including every constant; [`Profile::GroundedV2`]
//! rewards geometry only; `docs/reward.md` states both. Pure: equal evidence gives equal bits. `cadforge-assess`
//! gathers the evidence, that is, builds the candidate and its references.
//!
//! ```
//! use cadforge_geometry::shapes;
//! use cadforge_reward::{Evidence, Mode, References, score};
//!
//! let mesh = shapes::block([0.0, 0.0, 0.0], [10.0, 20.0, 30.0]);
//! let evidence = Evidence {
//!     code: "import cadquery as cq\nfixture = cq.Workplane().box(10, 20, 30)\n",
//!     mesh: &mesh,
//!     semantic_hints: &[],
//!     bbox_mm: None,
//!     references: &References::default(),
//! };
//! let scored = score(&evidence, Mode::Full);
//! assert_eq!(scored.reward.build, 1.0);
//! ```

mod candidate_geometry;
mod checks;
mod contact;
mod curriculum;
mod details;
mod editability;
mod grounded;
mod notes;
mod profile;
mod reference;
mod repair_hints;
mod score;
mod semantic_parts;
mod shaping;
mod similarity;
mod source;
mod topology;

use serde::{Deserialize, Serialize};

use cadforge_core::failure::Kind;
use cadforge_geometry::TriMesh;

pub use checks::{Check, CheckKind, read_checks};
pub use curriculum::curriculum_weight;
pub use details::{
    BuildDetails, ContactDetails, Details, EditabilityDetails, EfficiencyDetails, ReferenceMatch,
    ReferenceSimilarityDetails, SemanticPartsDetails, SilhouetteDetails, TopologyDetails, ViewScores,
};
pub use grounded::{
    AgreementDetails, AssemblyDetails, CheckDetails, ChecksDetails, Comparison, FitDetails, GroundedDetails,
    GroundedEvidence, MEASURES, Perturbation, Perturbations, PoseDetails, SensitivityDetails,
    SimilarityDetails, TaskBaselines, ValidityDetails, added as added_grounded, measures,
    score as score_grounded,
};
pub use notes::failure_notes;
pub use reference::{Reference, References};
pub use repair_hints::repair_hints;
pub use score::{kind_of, score};
pub use shaping::{Advantages, advantages, shape};
pub use source::assigns_fixture;

/// A set of formulas that turn evidence into a total.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
    schemars::JsonSchema,
)]
pub enum Profile {
    /// The published environment, including every constant.
    #[default]
    #[serde(rename = "cadforge-v1")]
    #[value(name = "cadforge-v1")]
    CadforgeV1,
    /// Rewards geometry only, measured by the task's checks.
    #[serde(rename = "grounded-v2")]
    #[value(name = "grounded-v2")]
    GroundedV2,
}

/// How much is measured.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Without surface sampling and rasterisation.
    Fast,
    /// All measurements.
    #[default]
    Full,
}

/// Adjustment of the total for training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Shaping {
    /// The total itself.
    #[default]
    None,
    /// The strict shaping of the published GRPO runs.
    Strict,
    /// For grounded-v2: the wording of the script has no influence.
    Grounded,
}

/// Whether a task gives sizes in mm, or leaves the scale free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Sizes are in mm.
    #[default]
    Mm,
    /// The prompt gives no size.
    Free,
}

/// What a task requires of the part's geometry.
#[derive(Clone, Copy, Debug)]
pub struct Requirements<'a> {
    /// Required extents in mm.
    pub bbox_mm: Option<[f64; 3]>,
    /// Whether sizes are absolute.
    pub scale: Scale,
    /// An axis (0, 1, 2 for x, y, z) about which the phase is free.
    pub axis: Option<usize>,
    /// The checks.
    pub checks: &'a [Check],
}

/// Numbers of the reward JSON, 0 to 1 except `total`. For a failed build, all but `total` are 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Reward {
    /// 1 if the candidate built, else 0.
    pub build: f64,
    /// Validity of the mesh.
    pub topology: Option<f64>,
    /// Whether parts touch.
    pub contact: Option<f64>,
    /// Whether the part matches the task.
    pub semantic_parts: Option<f64>,
    /// Similarity to the reference.
    pub reference_similarity: Option<f64>,
    /// Similarity of the outlines.
    pub silhouette: Option<f64>,
    /// Whether the code can be edited.
    pub editability: Option<f64>,
    /// Cost of the build.
    pub efficiency: Option<f64>,
    /// The weighted sum, or -1 for a failed build.
    pub total: f64,
}

/// A component of the reward, in display order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Component {
    /// See [`Reward::build`].
    Build,
    /// See [`Reward::topology`].
    Topology,
    /// See [`Reward::contact`].
    Contact,
    /// See [`Reward::semantic_parts`].
    SemanticParts,
    /// See [`Reward::reference_similarity`].
    ReferenceSimilarity,
    /// See [`Reward::silhouette`].
    Silhouette,
    /// See [`Reward::editability`].
    Editability,
    /// See [`Reward::efficiency`].
    Efficiency,
}

impl Component {
    /// All components, in order.
    pub const ALL: [Self; 8] = [
        Self::Build,
        Self::Topology,
        Self::Contact,
        Self::SemanticParts,
        Self::ReferenceSimilarity,
        Self::Silhouette,
        Self::Editability,
        Self::Efficiency,
    ];

    /// Key in the reward JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Topology => "topology",
            Self::Contact => "contact",
            Self::SemanticParts => "semantic_parts",
            Self::ReferenceSimilarity => "reference_similarity",
            Self::Silhouette => "silhouette",
            Self::Editability => "editability",
            Self::Efficiency => "efficiency",
        }
    }
}

impl Reward {
    /// The reward of a failed build.
    pub fn gated() -> Self {
        Self {
            build: 0.0,
            topology: Some(0.0),
            contact: Some(0.0),
            semantic_parts: Some(0.0),
            reference_similarity: Some(0.0),
            silhouette: Some(0.0),
            editability: Some(0.0),
            efficiency: Some(0.0),
            total: -1.0,
        }
    }

    /// One component; `None` if the profile measures nothing for it.
    pub fn component(&self, component: Component) -> Option<f64> {
        match component {
            Component::Build => Some(self.build),
            Component::Topology => self.topology,
            Component::Contact => self.contact,
            Component::SemanticParts => self.semantic_parts,
            Component::ReferenceSimilarity => self.reference_similarity,
            Component::Silhouette => self.silhouette,
            Component::Editability => self.editability,
            Component::Efficiency => self.efficiency,
        }
    }
}

/// Everything that a score of a built candidate depends on.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Source of the candidate.
    pub code: &'a str,
    /// Exported mesh, in mm.
    pub mesh: &'a TriMesh,
    /// Semantic hints of the task.
    pub semantic_hints: &'a [String],
    /// Envelope of the task along x, y and z, in mm.
    pub bbox_mm: Option<[f64; 3]>,
    /// References of the task.
    pub references: &'a References,
}

/// A score and its explanation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    /// The components and the total.
    pub reward: Reward,
    /// `build_ok`, `low_editability` or `disconnected_or_weak`.
    pub kind: Kind,
    /// Notes for a person or a model, the costliest first.
    pub notes: Vec<String>,
    /// Measurements of each component.
    pub details: Details,
}

#[cfg(test)]
mod tests;
