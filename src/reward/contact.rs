//! Whether parts touch, measured on the boxes of connected components.

use super::details::ContactDetails;
use cadforge_geometry::{Connectivity, NormalisedMesh, nearest_gaps};

/// Components with a smaller diagonal, as a share of the height, are ignored.
const MIN_DIAGONAL: f64 = 0.015;
/// Gaps above this share of the height get an additional penalty.
const WIDE_GAP: f64 = 0.08;

pub(super) fn score(mesh: &NormalisedMesh, connectivity: &Connectivity) -> (f64, ContactDetails) {
    let height = mesh.height();
    let bodies: Vec<_> = connectivity
        .components
        .iter()
        .filter(|component| component.diagonal() >= MIN_DIAGONAL * height)
        .copied()
        .collect();
    let gaps: Vec<f64> = nearest_gaps(&bodies).iter().map(|gap| gap / height).collect();
    let mean_gap = if gaps.is_empty() {
        0.0
    } else {
        gaps.iter().sum::<f64>() / gaps.len() as f64
    };
    let max_gap = gaps.iter().copied().fold(0.0, f64::max);
    let wide_gaps = gaps.iter().filter(|&&gap| gap > WIDE_GAP).count();

    // With fewer than two bodies there are no gaps, and this is 1.
    let nearness = (-28.0 * mean_gap).exp() * (-4.0 * max_gap).exp();
    let score = (nearness - (0.04 * wide_gaps as f64).min(0.40)).clamp(0.0, 1.0);
    let ignored = connectivity.components.len() - bodies.len();
    (
        score,
        ContactDetails {
            bodies: bodies.len(),
            ignored,
            mean_gap,
            max_gap,
            wide_gaps,
        },
    )
}
