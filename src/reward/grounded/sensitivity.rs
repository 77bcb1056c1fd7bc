//! Editability by experiment: how a part changes when its named dimensions are perturbed, one at a time.
//!
//! A dimension that changes nothing is dead. Dimensions that all change the part in the same way, as a common scale
//! factor does, count as one: the effective rank of the responses counts independent ways.

use super::details::SensitivityDetails;
use cadforge_geometry::{Moments, TriMesh};

/// Number of measures that describe a part.
pub const MEASURES: usize = 14;
/// Threshold for a change. Equal code builds equal meshes, so that a dead dimension changes nothing at all, while a
/// live one may move only a small hole.
const LIVE: f64 = 1e-6;
/// Number of live dimensions of a parametric part.
const MIN_LIVE: usize = 6;
/// With fewer perturbations the rank is not meaningful.
const MIN_TRIALS: usize = 6;

/// Results of perturbing the dimensions of a script.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Perturbations {
    /// Named dimensions in the script.
    pub named: usize,
    /// The perturbed dimensions.
    pub perturbations: Vec<Perturbation>,
}

/// The perturbation of one dimension.
#[derive(Clone, Debug, PartialEq)]
pub struct Perturbation {
    /// Its name.
    pub name: String,
    /// Change of the measures; `None` if the perturbed script does not build.
    pub response: Option<[f64; MEASURES]>,
}

/// Measures of a part, independent of its position and, except for the last one, of its size: logarithms of extents and
/// area, second moments and centroid over powers of the volume, and the logarithm of the volume.
pub fn measures(mesh: &TriMesh) -> [f64; MEASURES] {
    let moments = Moments::of(mesh);
    let bbox = mesh.bbox();
    let length = moments
        .volume
        .abs()
        .cbrt()
        .max(1e-6 * bbox.diagonal())
        .max(f64::MIN_POSITIVE);
    let log = |x: f64| x.max(1e-9).ln();
    let size = bbox.size();
    let center = bbox.center();
    let mut found = [0.0; MEASURES];
    for axis in 0..3 {
        found[axis] = log(size[axis] / length);
        found[10 + axis] = (moments.centroid[axis] - center[axis]) / length;
    }
    found[3] = log(moments.area / length.powi(2));
    for (measure, moment) in found[4..10].iter_mut().zip(moments.second) {
        *measure = moment / length.powi(5);
    }
    found[13] = log(length);
    found
}

impl Perturbation {
    /// Whether the part changed.
    pub fn is_live(&self) -> bool {
        self.response
            .is_some_and(|response| response.iter().any(|change| change.abs() > LIVE))
    }
}

impl Perturbations {
    fn live(&self) -> usize {
        self.perturbations.iter().filter(|trial| trial.is_live()).count()
    }

    /// Estimated number of live dimensions, from the share among the perturbed ones.
    fn estimated(&self) -> f64 {
        self.live() as f64 * self.named as f64 / self.perturbations.len().max(1) as f64
    }

    /// Effective rank: exp of the entropy of the normalised squared singular values of the responses, each scaled to
    /// length 1; 0 without responses.
    fn rank(&self) -> f64 {
        let mut gram = [[0.0; MEASURES]; MEASURES];
        for trial in self.perturbations.iter().filter(|trial| trial.is_live()) {
            let Some(response) = trial.response else { continue };
            let length = response.iter().map(|x| x * x).sum::<f64>().sqrt();
            for (row, one) in gram.iter_mut().zip(response) {
                for (sum, other) in row.iter_mut().zip(response) {
                    *sum += one / length * (other / length);
                }
            }
        }
        let values = eigenvalues(gram);
        let sum: f64 = values.iter().map(|value| value.max(0.0)).sum();
        if sum <= 0.0 {
            return 0.0;
        }
        let entropy: f64 = values
            .iter()
            .map(|value| value.max(0.0) / sum)
            .filter(|p| *p > 0.0)
            .map(|p| -p * p.ln())
            .sum();
        entropy.exp()
    }
}

/// Share of live dimensions, times their number and rank relative to the reference.
pub(super) fn score(
    perturbations: &Perturbations,
    reference: Option<&Perturbations>,
) -> (f64, SensitivityDetails) {
    let (live, rank) = (perturbations.live(), perturbations.rank());
    let share = live as f64 / perturbations.perturbations.len().max(1) as f64;
    let wanted = reference
        .map_or(0.0, Perturbations::estimated)
        .max(MIN_LIVE as f64);
    let many = (perturbations.estimated() / wanted).min(1.0);
    let enough = perturbations.perturbations.len() >= MIN_TRIALS;
    let ways = match reference.map(Perturbations::rank) {
        Some(of_reference) if enough && of_reference > 0.0 => (rank / of_reference).min(1.0),
        _ => 1.0,
    };
    let dead = perturbations
        .perturbations
        .iter()
        .filter(|trial| !trial.is_live())
        .map(|trial| trial.name.clone());
    let details = SensitivityDetails {
        named: perturbations.named,
        tried: perturbations.perturbations.len(),
        live,
        rank,
        reference_live: reference.map(Perturbations::live),
        reference_rank: reference.map(Perturbations::rank),
        dead: dead.collect(),
    };
    (share * many * ways, details)
}

/// Eigenvalues of a symmetric matrix by Jacobi rotations.
fn eigenvalues(mut a: [[f64; MEASURES]; MEASURES]) -> [f64; MEASURES] {
    for _ in 0..40 {
        let off: f64 = (0..MEASURES)
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|(i, j)| a[i][j] * a[i][j])
            .sum();
        if off < 1e-24 {
            break;
        }
        for p in 0..MEASURES {
            for q in p + 1..MEASURES {
                if a[p][q] == 0.0 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = if theta >= 0.0 { 1.0 } else { -1.0 } / (theta.abs() + (theta * theta + 1.0).sqrt());
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for row in &mut a {
                    let (x, y) = (row[p], row[q]);
                    row[p] = c * x - s * y;
                    row[q] = s * x + c * y;
                }
                let (upper, lower) = a.split_at_mut(q);
                for (x, y) in upper[p].iter_mut().zip(&mut lower[0]) {
                    (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
                }
            }
        }
    }
    std::array::from_fn(|i| a[i][i])
}

#[cfg(test)]
mod tests {
    use super::*;
    use cadforge_geometry::{Placement, shapes};

    fn trial(name: usize, mesh: &TriMesh, whole: &TriMesh) -> Perturbation {
        let (new, old) = (measures(mesh), measures(whole));
        Perturbation {
            name: format!("d{name}"),
            response: Some(std::array::from_fn(|i| new[i] - old[i])),
        }
    }

    fn block(size: [f64; 3]) -> TriMesh {
        shapes::block([0.0; 3], size)
    }

    fn perturbations(meshes: &[TriMesh]) -> Perturbations {
        let whole = block([10.0, 20.0, 30.0]);
        Perturbations {
            named: meshes.len(),
            perturbations: meshes
                .iter()
                .enumerate()
                .map(|(at, mesh)| trial(at, mesh, &whole))
                .collect(),
        }
    }

    #[test]
    fn dead_dimensions_score_nothing_and_moving_the_part_is_no_change() {
        let whole = block([10.0, 20.0, 30.0]);
        let moved = whole.placed(&Placement::moved(1.0, [0.0; 3], [50.0, 0.0, 0.0]));
        let dead = perturbations(&[whole.clone(), moved, whole]);
        assert_eq!(score(&dead, None).0, 0.0);
        assert_eq!(score(&Perturbations::default(), None).0, 0.0);
    }

    #[test]
    fn the_rank_counts_independent_ways() {
        let three = perturbations(&[
            block([11.0, 20.0, 30.0]),
            block([10.0, 22.0, 30.0]),
            block([10.0, 20.0, 33.0]),
        ]);
        let scaled = |by: f64| block([10.0 * by, 20.0 * by, 30.0 * by]);
        let one = perturbations(&[scaled(1.1), scaled(1.05), scaled(0.9)]);
        assert!((1.8..3.01).contains(&three.rank()), "{}", three.rank());
        assert!((one.rank() - 1.0).abs() < 1e-6, "{}", one.rank());
    }

    #[test]
    fn a_dimension_that_moves_a_hole_is_live() {
        // A slot in a plate, moved by a millimetre: extents, area and volume are unchanged.
        let plate = |x: f64| {
            shapes::together(&[
                shapes::block([0.0; 3], [x, 50.0, 4.0]),
                shapes::block([x + 3.0, 0.0, 0.0], [97.0 - x, 50.0, 4.0]),
            ])
        };
        let (new, old) = (measures(&plate(21.0)), measures(&plate(20.0)));
        let response = std::array::from_fn(|i| new[i] - old[i]);
        assert!(
            Perturbation {
                name: "x".to_owned(),
                response: Some(response)
            }
            .is_live()
        );
    }

    #[test]
    #[expect(clippy::needless_range_loop, reason = "two places of one matrix")]
    fn eigenvalues_keep_trace_and_squares() {
        let mut a = [[0.0; MEASURES]; MEASURES];
        for i in 0..MEASURES {
            for j in 0..=i {
                let x = ((7 * i + 3 * j) % 5) as f64 - 2.0;
                (a[i][j], a[j][i]) = (x, x);
            }
        }
        let values = eigenvalues(a);
        let trace: f64 = (0..MEASURES).map(|i| a[i][i]).sum();
        let squares: f64 = a.iter().flatten().map(|x| x * x).sum();
        assert!((values.iter().sum::<f64>() - trace).abs() < 1e-8);
        assert!((values.iter().map(|x| x * x).sum::<f64>() - squares).abs() < 1e-6);
    }
}
