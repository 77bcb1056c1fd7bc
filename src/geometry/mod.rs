//! Meshes and boundary representations, and how to compare them.
//!
//! Pure: equal inputs (and seeds) give equal bits on any number of threads. Does no I/O but for
//! reading mesh files, and never sees Python, so candidate code cannot reach it.

mod brep;
mod connectivity;
mod gaps;
mod glb;
mod mesh;
mod nearest;
mod normalised;
mod obj;
mod sample;
#[cfg(test)]
pub(crate) mod shapes;
mod silhouette;
mod stl;

pub use brep::{BrepEdge, BrepFacts, BrepSurface, Shape};
pub use connectivity::Connectivity;
pub use gaps::nearest_gaps;
pub use mesh::{Aabb, MeshError, TriMesh};
pub use nearest::NearestPoints;
pub use normalised::{NORMAL_HEIGHT, NormalisedMesh};
pub use sample::sample_surface;
pub use silhouette::{Drawn, Silhouette, View};
