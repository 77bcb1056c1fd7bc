//! From evidence to a score.
//!
//! Pure: evidence in, report out; equal inputs give equal bits. Gathering evidence (building the
//! candidate and its references) is the work of [`crate::assess`].

use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Kind};
use crate::geometry::TriMesh;

/// Which formulas turn evidence into a total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
pub enum Profile {
    /// The published environment, to the last constant.
    #[default]
    #[serde(rename = "cadforge-v1")]
    #[value(name = "cadforge-v1")]
    CadforgeV1,
}

/// How much is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing is sampled or rasterised.
    Fast,
    /// Everything.
    #[default]
    Full,
}

/// What a training loop does with the total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Shaping {
    /// Nothing.
    #[default]
    None,
    /// The strict shaping of the published GRPO runs.
    Strict,
}

/// The reward JSON's numbers. Zero for everything but `total` behind a closed gate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reward {
    /// 1 if it built, else 0.
    pub build: f64,
    /// Soundness of the mesh.
    pub topology: Option<f64>,
    /// Whether parts touch.
    pub contact: Option<f64>,
    /// Whether it is the part that was asked for.
    pub semantic_parts: Option<f64>,
    /// Likeness to the reference.
    pub reference_similarity: Option<f64>,
    /// Likeness of the outlines.
    pub silhouette: Option<f64>,
    /// Whether the code can be edited.
    pub editability: Option<f64>,
    /// Cost to build.
    pub efficiency: Option<f64>,
    /// The weighted sum, or -1 behind a closed gate.
    pub total: f64,
}

/// A component of the reward, in the order in which it is shown.
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
    /// All of them, in order.
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

    /// Its key in the reward JSON.
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
    /// The reward behind a closed gate.
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

    /// One component; `None` where the profile has nothing to measure.
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

impl Profile {
    /// Weight of a component in the total; 0 where the mode leaves it out.
    pub fn weight(self, mode: Mode, component: Component) -> f64 {
        let _ = (mode, component);
        unimplemented!("to be written")
    }
}

/// What a built candidate is held against. Prepared once a task, then shared.
#[derive(Debug)]
pub struct Reference {
    // Normalised mesh, samples, search tree, silhouettes: whatever makes comparing fast.
}

impl Reference {
    /// Prepares a CadQuery ideal (`mesh_file` false) or a mesh file, which is first turned so that its longest
    /// axis is z (`mesh_file` true).
    pub fn new(mesh: &TriMesh, mesh_file: bool) -> Self {
        let _ = (mesh, mesh_file);
        unimplemented!("to be written")
    }
}

/// References of a task; either, both or none.
#[derive(Clone, Debug, Default)]
pub struct References {
    /// Built from `reference.py`.
    pub ideal: Option<std::sync::Arc<Reference>>,
    /// Read from a mesh file.
    pub mesh: Option<std::sync::Arc<Reference>>,
}

/// Everything a score of a built candidate depends on.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The candidate's source.
    pub code: &'a str,
    /// Its mesh.
    pub mesh: &'a TriMesh,
    /// The task's hints.
    pub semantic_hints: &'a [String],
    /// The task's box, mm.
    pub bbox_mm: Option<[f64; 3]>,
    /// What to compare with.
    pub references: &'a References,
}

/// A score with what explains it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    /// The numbers.
    pub reward: Reward,
    /// `build_ok`, `low_editability` or `disconnected_or_weak`.
    pub kind: Kind,
    /// Lines a model can act on.
    pub notes: Vec<String>,
    /// One object per component.
    pub details: Details,
}

/// The numbers behind each component; empty for a candidate that did not build.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// Mesh counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topology: Option<TopologyDetails>,
    // One optional struct per component follows, named as in the reward.
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

/// Scores a built candidate.
pub fn score(evidence: &Evidence<'_>, profile: Profile, mode: Mode) -> Scored {
    let _ = (evidence, profile, mode);
    unimplemented!("to be written")
}

/// Notes for a candidate that did not build: the failure's name and one-line error, then what to do.
pub fn failure_notes(failure: &Failure) -> Vec<String> {
    let _ = failure;
    unimplemented!("to be written")
}

/// The shaped reward of a training loop; `None` when no shaping is asked for.
///
/// `completion` is the model's whole answer where known, else the code.
pub fn shape(
    shaping: Shaping,
    total: f64,
    failure: Option<&Failure>,
    code: &str,
    completion: &str,
) -> Option<f64> {
    let _ = (shaping, total, failure, code, completion);
    unimplemented!("to be written")
}
