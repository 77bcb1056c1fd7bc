//! Whether the part matches the task: words in the source, proportions of the mesh.

use super::details::SemanticPartsDetails;
use super::evidence::Evidence;
use super::source::Counts;
use cadforge_geometry::NormalisedMesh;

/// Hints for a task that has none.
const CHAIR_HINTS: [&str; 10] = [
    "seat",
    "backrest",
    "headrest",
    "armrest",
    "gas_cylinder",
    "central_column",
    "star_base",
    "caster",
    "lumbar",
    "mechanism",
];

pub(super) fn score(
    evidence: &Evidence<'_>,
    mesh: &NormalisedMesh,
    counts: &Counts,
) -> (f64, SemanticPartsDetails) {
    let hints: Vec<&str> = if evidence.semantic_hints.is_empty() {
        CHAIR_HINTS.to_vec()
    } else {
        evidence.semantic_hints.iter().map(String::as_str).collect()
    };
    let (found, missing) = find_hints(evidence.code, &hints);
    let code = found.len() as f64 / hints.len() as f64;

    let proportions = super::reference::proportions(mesh.bbox().size());
    let target = evidence.bbox_mm.map(super::reference::proportions);
    let geometry = match target {
        Some(target) => super::reference::similarity_of_proportions(proportions, target),
        None => chair_similarity(mesh, proportions),
    };

    let score = 0.35 * code + 0.45 * geometry + 0.20 * (counts.functions as f64 / 6.0).min(1.0);
    let details = SemanticPartsDetails {
        code,
        geometry,
        hints_found: found,
        hints_missing: missing,
        functions: counts.functions,
        proportions,
        target,
    };
    (score.clamp(0.0, 1.0), details)
}

/// Hints that the lower-cased source contains, as they are or with underscores removed from both.
fn find_hints(code: &str, hints: &[&str]) -> (Vec<String>, Vec<String>) {
    let lower = code.to_lowercase();
    let joined = lower.replace('_', "");
    hints.iter().map(ToString::to_string).partition(|hint| {
        let hint = hint.to_lowercase();
        lower.contains(&hint) || joined.contains(&hint.replace('_', ""))
    })
}

/// Without a box the original environment expects an office chair: its proportions, a wide foot, much material above
/// the middle.
fn chair_similarity(mesh: &NormalisedMesh, [x, y, _]: [f64; 3]) -> f64 {
    let bottom = mesh.bbox().min[2];
    let height = mesh.height();
    let proportions = (1.0 - (x - 0.55).abs() - (y - 0.60).abs()).max(0.0);

    let foot = mesh
        .vertices()
        .iter()
        .filter(|vertex| vertex[2] < bottom + 0.25 * height);
    let radii: Vec<f64> = foot.map(|vertex| vertex[0].hypot(vertex[1])).collect();
    let spread = percentile_90(radii) / height;

    let above = mesh
        .vertices()
        .iter()
        .filter(|vertex| vertex[2] > bottom + 0.55 * height)
        .count();
    let enough = (0.08 * mesh.vertices().len() as f64).max(20.0);
    let upper = if above as f64 > enough { 1.0 } else { 0.0 };

    0.45 * proportions + 0.35 * (spread / 0.30).min(1.0) + 0.20 * upper
}

/// The 90th percentile, interpolated linearly between ranks as numpy does; 0 for no values.
fn percentile_90(mut values: Vec<f64>) -> f64 {
    let Some(last) = values.len().checked_sub(1) else {
        return 0.0;
    };
    values.sort_unstable_by(f64::total_cmp);
    let rank = 0.9 * last as f64;
    let below = rank.floor() as usize;
    let above = (below + 1).min(last);
    values[below] + (values[above] - values[below]) * (rank - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percentile_equals_numpys() {
        // numpy.percentile([3, 1, 2, 10], 90) == 7.9
        assert!((percentile_90(vec![3.0, 1.0, 2.0, 10.0]) - 7.9).abs() < 1e-12);
        assert_eq!(percentile_90(vec![5.0]), 5.0);
        assert_eq!(percentile_90(vec![]), 0.0);
    }

    #[test]
    fn hints_are_found_with_and_without_underscores() {
        let (found, missing) = find_hints(
            "def make_UFork():\n  axle_hole = 1",
            &["u_fork", "axle", "axlehole", "ring"],
        );
        assert_eq!(found, ["u_fork", "axle", "axlehole"]);
        assert_eq!(missing, ["ring"]);
    }
}
