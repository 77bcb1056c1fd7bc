//! Meshes and boundary representations: reading, measuring, sampling and comparing them.
//!
//! Lengths are in mm, angles in degrees unless a name says otherwise. Pure: equal inputs (and seeds) give equal bits on
//! any number of threads. Does no I/O except reading mesh files, and never loads Python, so that candidate code cannot
//! reach it.
//!
//! ```
//! use cadforge_geometry::{Connectivity, NormalisedMesh, shapes};
//!
//! let cube = shapes::block([0.0, 0.0, 0.0], [10.0, 20.0, 30.0]);
//! assert_eq!(cube.bbox().size(), [10.0, 20.0, 30.0]);
//! assert_eq!(cube.triangles().len(), 12);
//! let connectivity = Connectivity::of(&NormalisedMesh::new(&cube));
//! assert!(connectivity.watertight);
//! ```

mod assembly;
mod brep;
mod coarse;
mod connectivity;
mod cylinders;
mod dexel;
mod gaps;
mod glb;
mod hull;
mod mass;
pub mod measure;
mod mesh;
mod mesh_format;
mod moments;
mod nearest;
mod normalised;
mod obj;
mod placement;
mod pose;
pub mod recognise;
mod sample;
pub mod section;
pub mod shapes;
mod signed;
mod silhouette;
mod slice;
mod stl;
mod tree;
mod trivial;
pub(crate) mod vector;
mod volume;

pub use assembly::Assembly;
pub use brep::{BrepEdge, BrepFacts, BrepFault, BrepSurface, Scene, SceneObject, Shape};
pub use coarse::clustered;
pub use connectivity::Connectivity;
pub use cylinders::{Cylinder, cylinders};
pub use dexel::{Dexels, Lattice, Overlaps};
pub use gaps::nearest_gaps;
pub use hull::{boxed, convex_hull, cylinder};
pub use mass::MassProperties;
pub use mesh::{Aabb, MeshError, TriMesh};
pub use mesh_format::MeshFormat;
pub use moments::Moments;
pub use nearest::NearestPoints;
pub use normalised::{NORMAL_HEIGHT, NormalisedMesh};
pub use placement::{Placement, rotation};
pub use pose::{Pose, Poses, Target};
pub use sample::{sample_surface, surface_points};
pub use signed::SignedDistance;
pub use silhouette::{Silhouette, View};
pub use slice::{Piece, Slice};
pub use tree::{Hit, Nearest, Part, TriangleTree};
pub use trivial::{hollow_box, slabs, tube};
pub use volume::Volume;
