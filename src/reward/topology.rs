//! Validity of the mesh.

use super::details::TopologyDetails;
use cadforge_geometry::{Connectivity, NormalisedMesh};

/// Up to this number, components count as one assembly.
const FEW_COMPONENTS: usize = 120;
/// Above this number, components count as debris.
const MANY_COMPONENTS: usize = 250;

pub(super) fn score(mesh: &NormalisedMesh, connectivity: &Connectivity) -> (f64, TopologyDetails) {
    let faces = mesh.triangles().len();
    let components = connectivity.components.len();
    let details = TopologyDetails {
        vertices: mesh.vertices().len(),
        faces,
        components,
        watertight: connectivity.watertight,
        boundary_edges: connectivity.boundary_edges,
        non_manifold_edges: connectivity.non_manifold_edges,
        degenerate_faces: connectivity.degenerate_faces,
    };

    let share = |count: usize| count as f64 / faces as f64;
    let shares = [
        share(connectivity.boundary_edges),
        share(connectivity.non_manifold_edges),
        share(connectivity.degenerate_faces),
    ];
    let mut score = match components {
        1..=FEW_COMPONENTS => 0.25,
        ..=MANY_COMPONENTS => 0.12,
        _ => 0.0,
    };
    score += if connectivity.watertight { 0.15 } else { 0.05 };
    for (weight, share) in [0.20, 0.15, 0.15].iter().zip(shares) {
        score += weight * (1.0 - 250.0 * share).max(0.0);
    }
    score += if (50..=750_000).contains(&faces) {
        0.10
    } else {
        0.03
    };
    if components > MANY_COMPONENTS {
        score -= 0.20;
    }
    score -= 0.10 * shares.iter().filter(|&&share| share > 0.02).count() as f64;
    (score.clamp(0.0, 1.0), details)
}
