//! Editability measured by rebuilds: how a part changes when its named dimensions are perturbed, one at a time, by two steps.
//!
//! A dimension that changes nothing is dead. One whose effect does not grow with the step is irregular: a number that
//! makes a block appear when it differs from its value does not count. Dimensions that all change the part in the same way,
//! as a common scale factor does, count as one: the effective rank of the responses counts independent ways.

use super::details::SensitivityDetails;
use super::perturbation::{Effect, MEASURES, Perturbation};

/// Number of live dimensions that are enough for any part; for less, as many as the reference has named ones.
const MANY: usize = 8;
/// The same where no reference tells.
const MANY_UNKNOWN: usize = 6;
/// With fewer perturbations the rank is not meaningful.
const MIN_TRIALS: usize = 3;
/// Share of live dimensions from which on all counts, so that few perturbations decide. References of the tasks have 0.93 to 1.
const ENOUGH_LIVE: f64 = 0.75;
/// Rank from which on all counts: three dimensions of the tasks' references have 2.0 to 2.5 in the mean, and 1.5 to 1.9 in the
/// lowest tenth of all choices; all dimensions of a reference have 1.3 (the flat drone) to 5.9.
const ENOUGH_RANK: f64 = 1.2;
/// What is left where all dimensions change the part in one way.
const ONE_WAY: f64 = 0.4;
/// Maximum count of dimensions that stretch the whole part: there are three independent stretches.
const MAX_STRETCHES: f64 = 3.0;

/// Results of perturbing the dimensions of a script.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Perturbations {
    /// Named dimensions in the script.
    pub named: usize,
    /// The perturbed dimensions.
    pub perturbations: Vec<Perturbation>,
}

impl Perturbations {
    fn live(&self) -> usize {
        self.perturbations.iter().filter(|trial| trial.is_live()).count()
    }

    /// Live dimensions, each by its weight, of those tried.
    fn weighted(&self) -> f64 {
        let sum = |is_stretch: bool| -> f64 {
            let trials = self.perturbations.iter().map(|trial| trial.effect);
            trials
                .filter(|effect| (*effect == Effect::Stretch) == is_stretch)
                .map(Effect::weight)
                .sum()
        };
        sum(false) + sum(true).min(MAX_STRETCHES)
    }

    /// Live dimensions as a share of those tried, 0 to 1.
    fn share(&self) -> f64 {
        self.weighted() / self.perturbations.len().max(1) as f64
    }

    /// The share relative to what is enough, 0 to 1.
    fn live_enough(&self) -> f64 {
        (self.share() / ENOUGH_LIVE).min(1.0)
    }

    /// How far the rank is from one way to what is enough, up to 1.
    fn ways_enough(&self) -> f64 {
        if self.perturbations.len() < MIN_TRIALS {
            return 1.0;
        }
        let more = (self.rank() - 1.0) / (ENOUGH_RANK - 1.0);
        ONE_WAY + (1.0 - ONE_WAY) * more.clamp(0.0, 1.0)
    }

    /// Whether further perturbations would hardly change the score: all count in full, or none of many does.
    pub fn is_settled(&self) -> bool {
        let tried = self.perturbations.len();
        let full = self.live_enough() >= 1.0 && self.ways_enough() >= 1.0;
        tried >= MIN_TRIALS && full || tried >= 2 * MIN_TRIALS && self.weighted() == 0.0
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

/// Share of live dimensions, each by its weight, times their number and rank, all relative to what is enough. `wanted`: named
/// dimensions of the reference, 0 if unknown.
pub(super) fn score(perturbations: &Perturbations, wanted: usize) -> (f64, SensitivityDetails) {
    let live_enough = perturbations.live_enough();
    let wanted = if wanted == 0 {
        MANY_UNKNOWN
    } else {
        wanted.min(MANY)
    };
    let many = (live_enough * perturbations.named as f64 / wanted as f64).min(1.0);
    let ways = perturbations.ways_enough();
    let names = |effect: Effect| {
        let trials = perturbations.perturbations.iter();
        trials
            .filter(|trial| trial.effect == effect)
            .map(|trial| trial.name.clone())
            .collect()
    };
    let details = SensitivityDetails {
        named: perturbations.named,
        tried: perturbations.perturbations.len(),
        live: perturbations.live(),
        rank: perturbations.rank(),
        dead: names(Effect::Dead),
        irregular: names(Effect::Irregular),
        partial: names(Effect::Partial),
    };
    (live_enough * many * ways, details)
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
    use super::super::perturbation::PerturbationStep;
    use super::*;
    use cadforge_geometry::shapes::mass_of_blocks as mass;

    type Block = ([f64; 3], [f64; 3]);

    fn block(size: [f64; 3]) -> Vec<Block> {
        vec![([0.0; 3], size)]
    }

    /// The effect of a dimension of 20, of which `part` builds the blocks, by steps of 1 and -0.2.
    fn effect_of(part: impl Fn(f64) -> Vec<Block>) -> Perturbation {
        effect_by([1.0, -0.2], false, part)
    }

    fn effect_by(steps: [f64; 2], is_count: bool, part: impl Fn(f64) -> Vec<Block>) -> Perturbation {
        let whole = mass(&part(20.0));
        let built = steps.map(|size| mass(&part(20.0 + size)));
        let step = |index: usize| PerturbationStep {
            size: steps[index],
            mass: Some(&built[index]),
        };
        Perturbation::new("d", &whole, [step(0), step(1)], is_count)
    }

    fn all(perturbations: Vec<Perturbation>) -> Perturbations {
        Perturbations {
            named: perturbations.len(),
            perturbations,
        }
    }

    /// A plate and a block on it, whose sizes and place are dimensions.
    fn plate(dimension: usize) -> impl Fn(f64) -> Vec<Block> {
        move |d| {
            let mut values = [100.0, 60.0, 5.0, 10.0, 12.0, 8.0, 40.0, 20.0];
            values[dimension] *= d / 20.0;
            let [x, y, z, a, b, c, at, beside] = values;
            vec![([0.0; 3], [x, y, z]), ([at, beside, z], [a, b, c])]
        }
    }

    #[test]
    fn dead_dimensions_score_nothing_and_moving_the_part_is_no_change() {
        let dead = all(vec![
            effect_of(|_| block([10.0, 20.0, 30.0])),
            effect_of(|d| vec![([d, 0.0, 0.0], [10.0, 20.0, 30.0])]),
        ]);
        assert_eq!(score(&dead, 0).0, 0.0);
        assert_eq!(score(&dead, 0).1.dead.len(), 2);
        assert_eq!(score(&Perturbations::default(), 0).0, 0.0);
    }

    #[test]
    fn each_dimension_of_a_part_is_regular() {
        let honest = all((0..8).map(|index| effect_of(plate(index))).collect());
        for (index, trial) in honest.perturbations.iter().enumerate() {
            // The block on it is small: changing the plate nearly stretches the whole part.
            let nearly = index < 3 && trial.effect == Effect::Stretch;
            assert!(nearly || trial.effect == Effect::Regular, "{index}: {trial:?}");
        }
        assert_eq!(score(&honest, 12).0, 1.0);
    }

    #[test]
    fn a_number_that_adds_a_block_when_it_changes_is_not_live() {
        let with = |more: Option<Block>| -> Vec<Block> { plate(0)(20.0).into_iter().chain(more).collect() };
        let on_top = |size: f64| ([70.0, 40.0, 5.0], [size, 5.0, 5.0]);
        // Equal for every other value, and growing with the distance to its own, in both directions.
        let at_once = |d: f64| with((d != 20.0).then(|| on_top(5.0)));
        let both_ways = |d: f64| with((d != 20.0).then(|| on_top((d - 20.0).abs())));
        let one_way = |d: f64| with((d > 20.0).then(|| on_top(d - 20.0)));
        for part in [&at_once as &dyn Fn(f64) -> Vec<Block>, &both_ways, &one_way] {
            assert_eq!(effect_of(part).effect, Effect::Irregular);
            let canaries = all((0..48).map(|_| effect_of(part)).collect());
            assert_eq!(score(&canaries, 12).0, 0.0);
        }
    }

    #[test]
    fn a_dimension_of_a_tiny_detail_is_dead_and_of_a_small_one_counts_half() {
        let nub = |side: f64| {
            move |d: f64| -> Vec<Block> {
                let nub = ([70.0, 40.0, 5.0], [side * d / 20.0; 3]);
                plate(0)(20.0).into_iter().chain([nub]).collect()
            }
        };
        let effects = [0.5, 2.0, 6.0].map(|side| effect_of(nub(side)).effect);
        assert_eq!(effects, [Effect::Dead, Effect::Partial, Effect::Regular]);
    }

    #[test]
    fn a_count_of_copies_is_regular() {
        let posts = |d: f64| {
            (0..d as usize)
                .map(|at| ([4.0 * at as f64, 0.0, 0.0], [2.0, 2.0, 9.0]))
                .collect()
        };
        let spare = |d: f64| {
            let more = (20..(d as usize).max(20)).map(|at| ([4.0 * at as f64, 0.0, 0.0], [2.0, 2.0, 9.0]));
            plate(0)(20.0).into_iter().chain(more).collect()
        };
        assert_eq!(effect_by([2.0, -1.0], true, posts).effect, Effect::Regular);
        assert_eq!(effect_by([2.0, -1.0], false, posts).effect, Effect::Irregular);
        assert_eq!(effect_by([2.0, -1.0], true, spare).effect, Effect::Irregular);
    }

    #[test]
    fn stretching_the_whole_part_counts_three_times_at_most() {
        let stretched = |index: usize| {
            move |d: f64| -> Vec<Block> {
                let by: [f64; 3] = std::array::from_fn(|axis| if axis == index % 3 { d / 20.0 } else { 1.0 });
                let scaled = |x: [f64; 3]| std::array::from_fn(|axis| by[axis] * x[axis]);
                let parts = plate(0)(20.0).into_iter();
                parts.map(|(at, size)| (scaled(at), scaled(size))).collect()
            }
        };
        let canaries = all((0..24).map(|index| effect_of(stretched(index))).collect());
        assert!(
            canaries
                .perturbations
                .iter()
                .all(|trial| trial.effect == Effect::Stretch)
        );
        assert_eq!(canaries.weighted(), 3.0);
        let share: f64 = 3.0 / 24.0 / ENOUGH_LIVE;
        assert!((score(&canaries, 0).0 - share * (share * 24.0 / 6.0)).abs() < 1e-12);
    }

    fn sides_of_a_block() -> Perturbations {
        let size = |index: usize| {
            move |d: f64| {
                let mut size = [20.0, 30.0, 50.0];
                size[index] *= d / 20.0;
                block(size)
            }
        };
        all((0..3).map(|index| effect_of(size(index))).collect())
    }

    #[test]
    fn the_rank_counts_independent_ways() {
        let three = sides_of_a_block();
        let one = all((1..4)
            .map(|by| effect_of(move |d| block([f64::from(by) * d; 3])))
            .collect());
        assert!((1.8..3.01).contains(&three.rank()), "{}", three.rank());
        assert!((one.rank() - 1.0).abs() < 1e-6, "{}", one.rank());
        assert_eq!(score(&three, 3).0, 1.0);
        assert!((score(&one, 3).0 - ONE_WAY).abs() < 1e-4, "{}", score(&one, 3).0);
    }

    #[test]
    fn a_simple_part_needs_no_more_dimensions_than_its_reference() {
        let three = sides_of_a_block();
        assert_eq!(score(&three, 3).0, 1.0);
        assert_eq!(score(&three, 12).0, 3.0 / 8.0);
        assert_eq!(score(&three, 0).0, 0.5);
    }

    #[test]
    fn a_reference_has_everything_against_itself() {
        let mut honest = all((0..8).map(|index| effect_of(plate(index))).collect());
        honest.perturbations[0].effect = Effect::Partial;
        assert_eq!(honest.share(), 7.5 / 8.0);
        assert_eq!(score(&honest, 12).0, 1.0);
        // Three quarters are enough, half is not.
        assert_eq!(score(&honest, 0).0, 1.0);
        for trial in &mut honest.perturbations[1..4] {
            trial.effect = Effect::Dead;
        }
        let share = 4.5 / 8.0 / ENOUGH_LIVE;
        assert!((score(&honest, 0).0 - share * (share * 8.0 / 6.0_f64).min(1.0)).abs() < 1e-12);
    }

    #[test]
    fn a_step_that_does_not_build_leaves_half() {
        let [whole, one, other] = [20.0, 19.0, 19.8].map(|d| mass(&plate(0)(d)));
        let step = |size: f64, mass| PerturbationStep { size, mass };
        let of = |steps| Perturbation::new("d", &whole, steps, false).effect;
        assert_eq!(of([step(1.0, None), step(-0.2, None)]), Effect::Dead);
        assert_eq!(of([step(1.0, None), step(-0.2, Some(&other))]), Effect::Irregular);
        assert_eq!(
            of([step(-1.0, Some(&one)), step(-0.2, Some(&other))]),
            Effect::Partial
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
