//! Meshes and boundary representations, and how to compare them.
//!
//! Pure: equal inputs (and seeds) give equal bits on any number of threads. Does no I/O but for
//! reading mesh files, and never sees Python, so candidate code cannot reach it.

mod brep;
mod coarse;
mod connectivity;
mod gaps;
mod glb;
pub mod measure;
mod mesh;
mod nearest;
mod normalised;
mod obj;
pub mod recognise;
mod sample;
pub mod section;
#[cfg(test)]
pub(crate) mod shapes;
mod signed;
mod silhouette;
mod stl;
mod tree;
pub(crate) mod vector;

pub use brep::{BrepEdge, BrepFacts, BrepSurface, Shape};
pub use coarse::clustered;
pub use connectivity::Connectivity;
pub use gaps::nearest_gaps;
pub use mesh::{Aabb, MeshError, TriMesh};
pub use nearest::NearestPoints;
pub use normalised::{NORMAL_HEIGHT, NormalisedMesh};
pub use sample::sample_surface;
pub use signed::SignedDistance;
pub use silhouette::{Drawn, Silhouette, View};
pub use tree::{Hit, Nearest, Part, TriangleTree};
