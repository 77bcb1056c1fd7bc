//! Similarity to the reference, above baseline.

use super::above_baseline::above_baseline;
use super::details::SimilarityDetails;
use crate::candidate_geometry::CandidateGeometry;
use crate::details::ViewScores;
use crate::reference::Outlines;
use cadforge_geometry::{NormalisedMesh, TriMesh, TriangleTree, surface_points};

/// Points sampled on each surface; distances from them are exact.
const POINTS: usize = 1500;
/// Distances within which surfaces count as equal, as shares of the reference's diagonal.
const THRESHOLDS: [f64; 4] = [0.005, 0.01, 0.02, 0.04];

/// The reference, prepared for comparison with candidates.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) geometry: CandidateGeometry,
    outlines: Outlines,
    surface: SurfaceTree,
    diagonal: f64,
    /// The best quality among the trivial shapes.
    trivial: f64,
    /// Their best silhouette.
    trivial_outline: f64,
    /// Their best intersection over union.
    trivial_iou: f64,
}

#[derive(Debug)]
struct SurfaceTree {
    points: Vec<[f64; 3]>,
    tree: TriangleTree,
}

impl SurfaceTree {
    fn of(mesh: &TriMesh) -> Self {
        Self {
            points: surface_points(mesh, POINTS),
            tree: TriangleTree::new(mesh),
        }
    }

    /// For each threshold, the share of the other's points within it.
    fn near(&self, other: &Self, diagonal: f64) -> [f64; 4] {
        let mut within = [0u32; 4];
        let most = THRESHOLDS.iter().copied().fold(0.0, f64::max) * diagonal;
        for point in &other.points {
            let Some(distance) = self.tree.distance_within(*point, most) else {
                continue;
            };
            for (count, threshold) in within.iter_mut().zip(THRESHOLDS) {
                *count += u32::from(distance <= threshold * diagonal);
            }
        }
        within.map(|count| f64::from(count) / other.points.len() as f64)
    }
}

impl Compared {
    pub(super) fn new(geometry: CandidateGeometry, trivial: &[CandidateGeometry]) -> Self {
        let mut compared = Self {
            outlines: outlines(&geometry.mesh),
            surface: SurfaceTree::of(&geometry.mesh),
            diagonal: geometry.mesh.bbox().diagonal(),
            geometry,
            trivial: 0.0,
            trivial_outline: 0.0,
            trivial_iou: 0.0,
        };
        let similarities: Vec<SimilarityDetails> = trivial
            .iter()
            .map(|shape| compared.similarity(shape, compared.iou(shape)))
            .collect();
        let best = |of: &dyn Fn(&SimilarityDetails) -> f64| similarities.iter().map(of).fold(0.0, f64::max);
        compared.trivial = best(&|similarity| similarity.quality);
        compared.trivial_iou = best(&|similarity| similarity.iou);
        compared.trivial_outline = trivial
            .iter()
            .map(|shape| compared.views(shape).weighted())
            .fold(0.0, f64::max);
        compared
    }

    /// Intersection over union with the reference, 0 to 1; cheap to compute.
    pub(super) fn iou(&self, candidate: &CandidateGeometry) -> f64 {
        candidate.volume.iou(&self.geometry.volume)
    }

    /// Agreement of the volume with the reference's, above baseline: 0 to 1.
    pub(super) fn agreement(&self, iou: f64) -> f64 {
        above_baseline(iou, self.trivial_iou)
    }

    /// The overlap of the outlines.
    pub(super) fn views(&self, candidate: &CandidateGeometry) -> ViewScores {
        ViewScores::new(&outlines(&candidate.mesh), &self.outlines)
    }

    /// Score of the overlap of the outlines.
    pub(super) fn silhouette(&self, views: &ViewScores) -> f64 {
        above_baseline(views.weighted(), self.trivial_outline)
    }

    /// `iou`: see [`Self::iou`].
    pub(super) fn similarity(&self, candidate: &CandidateGeometry, iou: f64) -> SimilarityDetails {
        let surface = SurfaceTree::of(&candidate.mesh);
        let precision = self.surface.near(&surface, self.diagonal);
        let recall = surface.near(&self.surface, self.diagonal);
        let f1 = [0, 1, 2, 3].map(|index| {
            let (p, r) = (precision[index], recall[index]);
            if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 }
        });
        let quality = 0.5 * iou + 0.5 * f1.iter().sum::<f64>() / 4.0;
        SimilarityDetails {
            iou,
            f1,
            quality,
            trivial: self.trivial,
            score: above_baseline(quality, self.trivial),
        }
    }
}

fn outlines(mesh: &TriMesh) -> Outlines {
    Outlines::new(&NormalisedMesh::new(mesh))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidate_geometry::Frame;
    use cadforge_geometry::{Placement, Shape, boxed, shapes};

    fn table() -> Shape {
        shapes::blocks(&[
            ([0.0, 0.0, 40.0], [100.0, 60.0, 4.0]),
            ([0.0; 3], [6.0, 6.0, 40.0]),
            ([94.0, 54.0, 0.0], [6.0, 6.0, 40.0]),
        ])
    }

    #[test]
    fn the_reference_scores_one_and_its_box_almost_zero() {
        let table = table();
        let frame = Frame::new(table.mesh.bbox(), None);
        let own = CandidateGeometry::of_shape(&table, &Placement::NONE, &frame);
        let block = CandidateGeometry::of_mesh(boxed(&table.mesh.bbox()), &frame);
        let compared = Compared::new(own.clone(), std::slice::from_ref(&block));
        let found = compared.similarity(&own, compared.iou(&own));
        assert_eq!((found.iou, found.f1, found.score), (1.0, [1.0; 4], 1.0));
        assert!((compared.similarity(&block, compared.iou(&block)).score - 0.05).abs() < 1e-9);
        let legless = shapes::blocks(&[([0.0, 0.0, 40.0], [100.0, 60.0, 4.0])]);
        let legless = CandidateGeometry::of_shape(&legless, &Placement::NONE, &frame);
        let legless = compared.similarity(&legless, compared.iou(&legless));
        assert!((0.3..0.95).contains(&legless.score), "{legless:?}");
    }
}
