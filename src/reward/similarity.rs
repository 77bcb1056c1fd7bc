//! Similarity to the references: proportions, surfaces, outlines.

use super::details::{ReferenceMatch, ReferenceSimilarityDetails, SilhouetteDetails, ViewScores};
use super::reference::{
    Outlines, Reference, References, SurfaceSamples, proportions, similarity_of_proportions,
};
use cadforge_geometry::NormalisedMesh;

/// Points sampled on a candidate.
const CANDIDATE_SAMPLES: usize = 1500;
/// Both components of a candidate without a reference.
const NO_REFERENCE: f64 = 0.5;

/// Scores and details of `reference_similarity` and `silhouette`.
pub(super) struct Similarity {
    pub(super) reference_similarity: f64,
    pub(super) silhouette: f64,
    pub(super) details: ReferenceSimilarityDetails,
    pub(super) views: SilhouetteDetails,
}

/// Compares proportions only, without sampling or rasterising; the boxes stand for surfaces and outlines.
pub(super) fn fast(mesh: &NormalisedMesh, references: &References) -> Similarity {
    let actual = proportions(mesh.bbox().size());
    let compare = |reference: &Reference| {
        let bbox = similarity_of_proportions(actual, reference.proportions);
        ReferenceMatch {
            bbox,
            chamfer: bbox,
            chamfer_distance: None,
            silhouette: bbox,
            score: bbox,
        }
    };
    let details = ReferenceSimilarityDetails {
        ideal: references.ideal.as_deref().map(compare),
        mesh: references.mesh.as_deref().map(compare),
    };
    combine(details, SilhouetteDetails::default())
}

/// Compares proportions, surfaces and outlines.
pub(super) fn full(mesh: &NormalisedMesh, references: &References) -> Similarity {
    if references.ideal.is_none() && references.mesh.is_none() {
        return combine(
            ReferenceSimilarityDetails::default(),
            SilhouetteDetails::default(),
        );
    }
    let actual = proportions(mesh.bbox().size());
    let surface = SurfaceSamples::new(mesh, CANDIDATE_SAMPLES);
    let outlines = Outlines::new(mesh);
    let compare = |reference: &Reference| {
        let views = ViewScores::new(&outlines, &reference.outlines);
        let bbox = similarity_of_proportions(actual, reference.proportions);
        let distance = surface.distance(&reference.surface);
        let chamfer = (-(distance / 1000.0) / 0.10).exp();
        let silhouette = views.weighted();
        let score = 0.25 * bbox + 0.35 * chamfer + 0.40 * silhouette;
        (
            ReferenceMatch {
                bbox,
                chamfer,
                chamfer_distance: Some(distance),
                silhouette,
                score,
            },
            views,
        )
    };
    let (ideal, ideal_views) = references.ideal.as_deref().map(compare).unzip();
    let (mesh, mesh_views) = references.mesh.as_deref().map(compare).unzip();
    combine(
        ReferenceSimilarityDetails { ideal, mesh },
        SilhouetteDetails {
            ideal: ideal_views,
            mesh: mesh_views,
        },
    )
}

fn combine(details: ReferenceSimilarityDetails, views: SilhouetteDetails) -> Similarity {
    let blend = |part: fn(&ReferenceMatch) -> f64| {
        let value = match (details.ideal.as_ref().map(part), details.mesh.as_ref().map(part)) {
            (Some(ideal), Some(mesh)) => 0.60 * ideal + 0.40 * mesh,
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => NO_REFERENCE,
        };
        value.clamp(0.0, 1.0)
    };
    Similarity {
        reference_similarity: blend(|found| found.score),
        silhouette: blend(|found| found.silhouette),
        details,
        views,
    }
}

impl ViewScores {
    pub(super) fn new(one: &Outlines, other: &Outlines) -> Self {
        Self {
            front: one.front.iou(&other.front),
            back: one.back.iou(&other.back),
            left: one.left.iou(&other.left),
            right: one.right.iou(&other.right),
            top: one.top.iou(&other.top),
            isometric: one.isometric.iou(&other.isometric),
        }
    }

    /// The weighted mean, which is the score of the silhouette.
    pub fn weighted(&self) -> f64 {
        0.18 * self.front
            + 0.12 * self.back
            + 0.18 * self.left
            + 0.18 * self.right
            + 0.14 * self.top
            + 0.20 * self.isometric
    }
}
