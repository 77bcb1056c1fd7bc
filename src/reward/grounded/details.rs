//! The numbers behind a score under grounded-v2.

use serde::{Deserialize, Serialize};

/// The numbers behind each component. Says nothing of a hidden check but what all of them come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroundedDetails {
    /// Behind `topology`.
    pub soundness: ValidityDetails,
    /// Behind `contact`.
    pub assembly: AssemblyDetails,
    /// How the part was laid on the task's frame.
    pub pose: PoseDetails,
    /// How far it sticks out of the box that was given; null where the prompt gives none.
    #[serde(default)]
    pub fit: Option<FitDetails>,
    /// Behind `semantic_parts`; null for a task without checks.
    pub checks: Option<ChecksDetails>,
    /// What the checks pay for; null without a reference.
    #[serde(default)]
    pub agreement: Option<AgreementDetails>,
    /// Behind `reference_similarity`; null without a reference, and in fast mode.
    pub likeness: Option<SimilarityDetails>,
    /// Behind `editability`; null where no dimension was tried.
    pub responses: Option<SensitivityDetails>,
    /// CPU time to build, as a share of the reference's; in no total.
    pub cost: Option<f64>,
}

/// Whether the shape encloses space, once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValidityDetails {
    /// The kernel's check.
    pub valid: bool,
    /// Valid solids and nothing loose, or no edge of the mesh lies in one triangle alone.
    pub closed: bool,
    /// Faces, edges and vertices that belong to no solid.
    pub loose: u32,
    /// Volume, mm³.
    pub volume_mm3: f64,
    /// Share of the volume where a solid runs into itself.
    pub own_overlap: f64,
    /// Share of the volume that is inside out.
    pub inverted: f64,
}

/// How the solids stand to each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssemblyDetails {
    /// Number of solids.
    pub solids: u32,
    /// Number asked for, where the task says so.
    pub asked: Option<u32>,
    /// Groups of solids that are near enough to belong together.
    pub groups: usize,
    /// Share of the volume that the largest group has.
    pub main_share: f64,
    /// Share of the volume where two solids are at once.
    pub overlap: f64,
    /// Holes beyond the number that a check asks for.
    #[serde(default)]
    pub spare_holes: usize,
}

/// How the part was laid on the task's frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PoseDetails {
    /// It had to be turned, which costs a tenth.
    pub turned: bool,
    /// It had to be moved, turned or scaled.
    pub moved: bool,
    /// By how much it was scaled; 1 unless the task leaves the scale free.
    pub scale: f64,
    /// Coarse intersection over union with the reference in that pose.
    pub likeness: f64,
}

/// How far the part sticks out of the box that was given.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitDetails {
    /// By how much of the box's side, along the axis where that is most; 0 if it fits.
    pub over: f64,
    /// That axis: x, y or z.
    pub axis: char,
    /// What is left of the total, from 1 down to 0.3.
    pub factor: f64,
}

/// What came of the checks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChecksDetails {
    /// Weighted mean of the checks that are shown, 0 to 1.
    pub public: Option<f64>,
    /// Weighted mean of those that are not: public less hidden is the hack gauge.
    pub hidden: Option<f64>,
    /// Every one passes, those that are not shown too.
    #[serde(default)]
    pub passed: bool,
    /// Weighted mean of all of them.
    #[serde(default)]
    pub earned: f64,
    /// The best that a trivial shape has of all of them; what is above it counts.
    #[serde(default)]
    pub trivial: f64,
    /// The checks that are shown.
    pub list: Vec<CheckDetails>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckDetails {
    /// What it is about.
    pub name: String,
    /// Its kind, as in `task.toml`.
    pub kind: String,
    /// 0 to 1.
    pub score: f64,
    /// Its share of the semantic score, 0 to 1.
    pub weight: f64,
    /// What was found.
    pub measured: String,
    /// What was asked for.
    pub asked: String,
    /// Where, mm in the candidate's own frame, if it is at a place.
    pub place: Option<[f64; 3]>,
    /// The faces that were measured, as the shape counts them, from 0; empty where a check is about no face.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faces: Vec<u32>,
}

/// Whether what passes the checks is on the way to the part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgreementDetails {
    /// Agreement of the volume with the reference's above what trivial shapes have, 0 to 1.
    pub volume: f64,
    /// What the checks pay of what they come to.
    pub credit: f64,
}

/// Likeness to the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimilarityDetails {
    /// Intersection over union of the volumes.
    pub iou: f64,
    /// F1 of the surfaces at 0.5, 1, 2 and 4 % of the reference's diagonal.
    pub f1: [f64; 4],
    /// Half of each.
    pub quality: f64,
    /// The best quality among trivial shapes.
    pub trivial: f64,
    /// The quality above that, 0 to 1.
    pub score: f64,
}

/// What came of changing named dimensions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SensitivityDetails {
    /// Named dimensions in the source.
    pub named: usize,
    /// Those that were changed.
    pub tried: usize,
    /// Those whose change changed the part.
    pub live: usize,
    /// In how many independent ways they change it.
    pub rank: f64,
    /// The same of the reference.
    pub reference_live: Option<usize>,
    /// The same of the reference.
    pub reference_rank: Option<f64>,
    /// Names of those that were tried and changed nothing.
    pub dead: Vec<String>,
}
