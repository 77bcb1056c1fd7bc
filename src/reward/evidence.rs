//! What a score depends on: the candidate, the references, and what the task requires.

use serde::{Deserialize, Serialize};

use super::checks::Check;
use super::reference::References;
use cadforge_geometry::TriMesh;

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
    /// Number of named dimensions in the code of the reference; 0 without one.
    pub dimensions: usize,
}
