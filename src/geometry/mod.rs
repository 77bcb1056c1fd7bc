//! Meshes and boundary representations, and how to compare them.
//!
//! Pure: equal inputs (and seeds) give equal bits on any number of threads. Does no I/O but for
//! reading mesh files, and never sees Python, so candidate code cannot reach it.

mod brep;
mod mesh;

pub use brep::{BrepEdge, BrepFacts, Shape};
pub use mesh::{Aabb, MeshError, TriMesh};
