//! A score and its explanation: measurements of each component.

use serde::{Deserialize, Serialize};

use super::components::Reward;
use super::grounded::GroundedDetails;
use cadforge_core::failure::Kind;

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

/// Measurements of each component; empty for a failed build.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// Size of the part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<BuildDetails>,
    /// Mesh counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topology: Option<TopologyDetails>,
    /// Gaps between bodies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactDetails>,
    /// Hints, proportions, functions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semantic_parts: Option<SemanticPartsDetails>,
    /// Similarity to each reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_similarity: Option<ReferenceSimilarityDetails>,
    /// Outlines of each view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silhouette: Option<SilhouetteDetails>,
    /// Counts in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub editability: Option<EditabilityDetails>,
    /// Basis of the efficiency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub efficiency: Option<EfficiencyDetails>,
    /// Measurements under grounded-v2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grounded: Option<GroundedDetails>,
}

/// Size of the part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildDetails {
    /// Triangles of the exported STL.
    pub triangles: usize,
    /// Extents along x, y, z, mm.
    pub size_mm: [f64; 3],
}

/// Counts of the normalised mesh.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopologyDetails {
    /// Merged vertices.
    pub vertices: usize,
    /// Triangles.
    pub faces: usize,
    /// Connected components, joined across edges of exactly two faces.
    pub components: usize,
    /// Every edge in exactly two faces.
    pub watertight: bool,
    /// Edges in one face.
    pub boundary_edges: usize,
    /// Edges in more than two faces.
    pub non_manifold_edges: usize,
    /// Faces of area below 1e-8 of the normalised mesh.
    pub degenerate_faces: usize,
}

/// Gaps between the boxes of components, as shares of the height.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactDetails {
    /// Number of components that are large enough to count.
    pub bodies: usize,
    /// Number of ignored components: their diagonal is below 0.015 of the height.
    pub ignored: usize,
    /// Mean distance between a body's box and the nearest other box.
    pub mean_gap: f64,
    /// The greatest of these distances.
    pub max_gap: f64,
    /// Bodies whose distance is above 0.08.
    pub wide_gaps: usize,
}

/// Basis of the semantic score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SemanticPartsDetails {
    /// Share of hints found, 0 to 1.
    pub code: f64,
    /// Score of the proportions, 0 to 1.
    pub geometry: f64,
    /// Hints found in the source.
    pub hints_found: Vec<String>,
    /// Hints not found.
    pub hints_missing: Vec<String>,
    /// Function definitions in the source.
    pub functions: usize,
    /// Extents divided by the z extent.
    pub proportions: [f64; 3],
    /// Proportions of the task's box, if it has one.
    pub target: Option<[f64; 3]>,
}

/// Similarity to each available reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReferenceSimilarityDetails {
    /// Against the CadQuery ideal.
    pub ideal: Option<ReferenceMatch>,
    /// Against the mesh file.
    pub mesh: Option<ReferenceMatch>,
}

/// Similarity to one reference. In fast mode `chamfer` and `silhouette` repeat `bbox`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferenceMatch {
    /// Similarity of the proportions, 0 to 1.
    pub bbox: f64,
    /// Similarity of the surfaces, 0 to 1.
    pub chamfer: f64,
    /// Mean distance between the surfaces' samples, in thousandths of the height; null in fast mode.
    pub chamfer_distance: Option<f64>,
    /// Similarity of the outlines, 0 to 1.
    pub silhouette: f64,
    /// Weighted mean of the three.
    pub score: f64,
}

/// Overlap of the outlines with each available reference; null in fast mode.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SilhouetteDetails {
    /// With the CadQuery ideal.
    pub ideal: Option<ViewScores>,
    /// With the mesh file.
    pub mesh: Option<ViewScores>,
}

/// Intersection over union of the filled outlines, 0 to 1, by view.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ViewScores {
    /// Along y.
    pub front: f64,
    /// Against y.
    pub back: f64,
    /// Along x.
    pub left: f64,
    /// Against x.
    pub right: f64,
    /// From above.
    pub top: f64,
    /// Turned by 42° about z and 58° about x.
    pub isometric: f64,
}

/// Counts in the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditabilityDetails {
    /// Function definitions.
    pub functions: usize,
    /// Names bound to a number at the start of a line.
    pub named_values: usize,
    /// Return statements with a value.
    pub returns: usize,
    /// Whether the source contains the name of a final result (`show_object`, `fixture`, `result` or `chair`).
    pub names_result: bool,
}

/// Basis of the efficiency: under cadforge-v1, only that the candidate built.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EfficiencyDetails {
    /// Whether cost was measured.
    pub measured: bool,
}
