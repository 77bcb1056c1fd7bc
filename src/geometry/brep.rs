//! What the worker tells of a built shape besides its triangles.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Aabb, TriMesh};

/// Counts and measures of the boundary representation, as the geometry kernel states them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BrepFacts {
    /// Number of solids.
    pub solids: u32,
    /// Number of shells.
    pub shells: u32,
    /// Number of faces.
    pub faces: u32,
    /// Number of distinct edges.
    pub edges: u32,
    /// Number of distinct vertices.
    pub vertices: u32,
    /// Volume in mm³ (signed: negative for an inside-out solid).
    pub volume: f64,
    /// Surface area in mm².
    pub area: f64,
    /// Bounding box in mm.
    pub bbox: Aabb,
    /// Whether the kernel's own check finds the shape valid.
    pub valid: bool,
}

/// One edge of the boundary representation as a polyline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BrepEdge {
    /// Curve type as CadQuery names it, e.g. `LINE`, `CIRCLE`, `BSPLINE`.
    pub curve: String,
    /// At least two points in mm.
    pub points: Vec<[f32; 3]>,
}

/// A built candidate's geometry: everything a score or a picture needs.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The STL exactly as CadQuery exported it.
    pub stl: Arc<[u8]>,
    /// The same triangles, merged; in STL order.
    pub mesh: TriMesh,
    /// Triangles of each B-rep face, in face order; sums to the number of triangles.
    pub face_triangles: Vec<u32>,
    /// Edges of the boundary representation.
    pub edges: Vec<BrepEdge>,
    /// Counts and measures.
    pub facts: BrepFacts,
}
