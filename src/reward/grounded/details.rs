//! Measurements under grounded-v2.

use serde::{Deserialize, Serialize};

/// Measurements of each component. Hidden checks appear only in their mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroundedDetails {
    /// Basis of `topology`.
    #[serde(rename = "soundness", alias = "validity")]
    pub validity: ValidityDetails,
    /// Basis of `contact`.
    pub assembly: AssemblyDetails,
    /// Pose of the part in the task's frame.
    pub pose: PoseDetails,
    /// Excess over the task's box; null if the prompt gives none.
    #[serde(default)]
    pub fit: Option<FitDetails>,
    /// Basis of `semantic_parts`; null for a task without checks.
    pub checks: Option<ChecksDetails>,
    /// Credit of the checks; null without a reference.
    #[serde(default)]
    pub agreement: Option<AgreementDetails>,
    /// Basis of `reference_similarity`; null without a reference, and in fast mode.
    #[serde(rename = "likeness", alias = "similarity")]
    pub similarity: Option<SimilarityDetails>,
    /// Basis of `editability`; null if no dimension was perturbed.
    #[serde(rename = "responses", alias = "sensitivity")]
    pub sensitivity: Option<SensitivityDetails>,
    /// CPU time of the build, as a share of the reference's; part of no total.
    pub cost: Option<f64>,
}

/// Whether the shape encloses its space once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValidityDetails {
    /// Result of the kernel's check.
    pub valid: bool,
    /// Valid solids without loose parts, or a mesh without open edges.
    pub closed: bool,
    /// Faces, edges and vertices that belong to no solid.
    pub loose: u32,
    /// Volume, mm³.
    pub volume_mm3: f64,
    /// Share of the volume in which a solid overlaps itself.
    pub own_overlap: f64,
    /// Share of the volume that is inside out.
    pub inverted: f64,
}

/// Relation of the solids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssemblyDetails {
    /// Number of solids.
    pub solids: u32,
    /// Required number, if the task gives one.
    pub asked: Option<u32>,
    /// Solids of less than a thousandth of the volume, and more than eight of less than a hundredth, beyond the
    /// reference's.
    #[serde(default)]
    pub specks: usize,
    /// Groups of solids that are near enough to be connected.
    pub groups: usize,
    /// Share of the volume of the largest group.
    pub main_share: f64,
    /// Share of the volume in which two solids overlap.
    pub overlap: f64,
    /// Holes beyond the number that a check requires.
    #[serde(default)]
    pub spare_holes: usize,
    /// Sealed cavities beyond the reference's.
    #[serde(default)]
    pub cavities: usize,
}

/// Pose of the part in the task's frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PoseDetails {
    /// It was rotated.
    pub turned: bool,
    /// It was moved, rotated or scaled.
    pub moved: bool,
    /// Scale factor; other than 1 if the task leaves the scale free, or if the part is of nearly the right size.
    pub scale: f64,
    /// Coarse intersection over union with the reference in that pose.
    #[serde(rename = "likeness", alias = "iou")]
    pub iou: f64,
    /// Factor on the total for this pose, 0 to 1: a wrong orientation or scale has a price.
    #[serde(default = "one")]
    pub factor: f64,
    /// Index of the reference that fits best: 0 is `reference.py`, then `references/` by name.
    #[serde(default)]
    pub reference: usize,
}

fn one() -> f64 {
    1.0
}

/// Excess of the part over the task's box.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitDetails {
    /// The largest excess along an axis, as a share of the box's side; 0 if the part fits.
    pub over: f64,
    /// That axis: x, y or z.
    pub axis: char,
    /// Factor on the total, from 1 down to 0.3.
    pub factor: f64,
}

/// Results of the checks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChecksDetails {
    /// Weighted mean of the visible checks, 0 to 1.
    pub public: Option<f64>,
    /// Weighted mean of the hidden checks: visible minus hidden indicates reward hacking.
    pub hidden: Option<f64>,
    /// Whether all checks pass, including the hidden ones.
    #[serde(default)]
    pub passed: bool,
    /// Product over all checks of 0.8 + 0.2·score.
    #[serde(default = "one")]
    pub factor: f64,
    /// Weighted mean of all checks, times `factor`.
    #[serde(default)]
    pub earned: f64,
    /// The best `earned` among the trivial shapes; the semantic score counts what is above it.
    #[serde(default)]
    pub trivial: f64,
    /// The visible checks.
    pub list: Vec<CheckDetails>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckDetails {
    /// The feature that it checks.
    pub name: String,
    /// Its kind, as in `task.toml`.
    pub kind: String,
    /// 0 to 1.
    pub score: f64,
    /// Share of the semantic score, 0 to 1.
    pub weight: f64,
    /// The measured value, as text.
    pub measured: String,
    /// The required value, as text.
    pub asked: String,
    /// Its position, in mm in the candidate's own frame, if it has one.
    pub place: Option<[f64; 3]>,
    /// Indices from 0 of the measured faces; empty for a check without faces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faces: Vec<u32>,
}

/// Agreement of the volume with the reference, which limits the credit of the checks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgreementDetails {
    /// Agreement of the volumes above baseline, 0 to 1.
    pub volume: f64,
    /// Factor on the score of the checks.
    pub credit: f64,
}

/// Similarity to the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimilarityDetails {
    /// Intersection over union of the volumes.
    pub iou: f64,
    /// F1 of the surfaces at 0.5, 1, 2 and 4 % of the reference's diagonal.
    pub f1: [f64; 4],
    /// Mean of `iou` and the mean F1.
    pub quality: f64,
    /// The best quality among trivial shapes.
    pub trivial: f64,
    /// The quality above baseline, 0 to 1.
    pub score: f64,
}

/// Results of perturbing named dimensions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SensitivityDetails {
    /// Named dimensions in the source.
    pub named: usize,
    /// Number of perturbed dimensions.
    pub tried: usize,
    /// Number of dimensions whose perturbation changed the part in proportion to the step, `partial` ones included.
    pub live: usize,
    /// Number of independent ways in which they change it.
    pub rank: f64,
    /// Names of perturbed dimensions that changed nothing that matters.
    pub dead: Vec<String>,
    /// Names of those whose effect does not grow with the step.
    #[serde(default)]
    pub irregular: Vec<String>,
    /// Names of those that count half: the number of faces changes, only one direction builds, or the change is slight.
    #[serde(default)]
    pub partial: Vec<String>,
}
