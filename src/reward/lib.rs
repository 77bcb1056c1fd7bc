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

/// Evaluates an expression in a span of that name, for `--timing`.
macro_rules! timed {
    ($name:literal, $work:expr) => {{
        let _span = tracing::trace_span!($name).entered();
        $work
    }};
}

mod candidate_geometry;
mod checks;
mod components;
mod contact;
mod curriculum;
mod details;
mod editability;
mod evidence;
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

pub use checks::{Check, CheckKind, read_checks};
pub use components::{Component, Reward};
pub use curriculum::curriculum_weight;
pub use details::{
    BuildDetails, ContactDetails, Details, EditabilityDetails, EfficiencyDetails, ReferenceMatch,
    ReferenceSimilarityDetails, Scored, SemanticPartsDetails, SilhouetteDetails, TopologyDetails, ViewScores,
};
pub use evidence::{Evidence, Requirements, Scale};
pub use grounded::{
    AgreementDetails, AssemblyDetails, CheckDetails, ChecksDetails, Combination, Comparison, Effect,
    FitDetails, GroundedDetails, GroundedEvidence, GroundedMeasurement, Perturbation, PerturbationStep,
    Perturbations, PoseDetails, SensitivityDetails, SimilarityDetails, TaskBaselines, ValidityDetails,
    added as added_grounded, score as score_grounded,
};
pub use notes::failure_notes;
pub use profile::{Mode, Profile, Shaping};
pub use reference::{Reference, References};
pub use repair_hints::repair_hints;
pub use score::{kind_of, score};
pub use shaping::{Advantages, advantages, shape};
pub use source::assigns_fixture;

#[cfg(test)]
mod tests;
