//! A reward and its components.

use serde::{Deserialize, Serialize};

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
