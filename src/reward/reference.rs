//! References that candidates are compared with.

use std::sync::Arc;

use cadforge_geometry::{NearestPoints, NormalisedMesh, Silhouette, TriMesh, View, sample_surface};

/// Points sampled on a reference.
const REFERENCE_SAMPLES: usize = 3000;

/// A reference, prepared once per task and shared.
#[derive(Debug)]
pub struct Reference {
    pub(super) proportions: [f64; 3],
    pub(super) surface: SurfaceSamples,
    pub(super) outlines: Outlines,
}

impl Reference {
    /// Prepares a CadQuery ideal (`mesh_file` false), or a mesh file (`mesh_file` true), whose longest axis is first
    /// rotated to z.
    pub fn new(mesh: &TriMesh, mesh_file: bool) -> Self {
        let mesh = mesh.merged_as_trimesh();
        let mesh = if mesh_file {
            NormalisedMesh::new(&mesh.longest_axis_up())
        } else {
            NormalisedMesh::new(&mesh)
        };
        Self {
            proportions: proportions(mesh.bbox().size()),
            surface: SurfaceSamples::new(&mesh, REFERENCE_SAMPLES),
            outlines: Outlines::new(&mesh),
        }
    }
}

/// References of a task: none, either or both.
#[derive(Clone, Debug, Default)]
pub struct References {
    /// Built from `reference.py`.
    pub ideal: Option<Arc<Reference>>,
    /// Read from a mesh file.
    pub mesh: Option<Arc<Reference>>,
}

/// Samples of a surface, indexed for searching.
#[derive(Debug)]
pub(super) struct SurfaceSamples {
    samples: Vec<[f64; 3]>,
    nearest: NearestPoints,
}

impl SurfaceSamples {
    pub(super) fn new(mesh: &NormalisedMesh, samples: usize) -> Self {
        let samples = sample_surface(mesh, samples);
        Self {
            nearest: NearestPoints::new(samples.clone()),
            samples,
        }
    }

    /// Mean of the two directed mean nearest distances, in thousandths of the height.
    pub(super) fn distance(&self, other: &Self) -> f64 {
        0.5 * (other.nearest.mean_distance(&self.samples) + self.nearest.mean_distance(&other.samples))
    }
}

/// The outline from each side. Back and right mirror front and left, but their overlap differs: outlines of different
/// widths are aligned at their other ends.
#[derive(Debug)]
pub(super) struct Outlines {
    pub(super) front: Silhouette,
    pub(super) back: Silhouette,
    pub(super) left: Silhouette,
    pub(super) right: Silhouette,
    pub(super) top: Silhouette,
    pub(super) isometric: Silhouette,
}

impl Outlines {
    pub(super) fn new(mesh: &NormalisedMesh) -> Self {
        let draw = |view| Silhouette::new(mesh, view);
        Self {
            front: draw(View::Front),
            back: draw(View::Back),
            left: draw(View::Left),
            right: draw(View::Right),
            top: draw(View::Top),
            isometric: draw(View::Isometric),
        }
    }
}

/// Extents divided by the z extent; a z extent of 0 counts as 1e-9.
pub(super) fn proportions(size: [f64; 3]) -> [f64; 3] {
    size.map(|extent| extent / size[2].max(1e-9))
}

/// 1 minus the mean relative deviation of a shape's proportions from a target's, at least 0.
pub(super) fn similarity_of_proportions(actual: [f64; 3], target: [f64; 3]) -> f64 {
    let deviation = |axis: usize| (actual[axis] - target[axis]).abs() / target[axis].max(1e-9);
    (1.0 - (0..3).map(deviation).sum::<f64>() / 3.0).max(0.0)
}
