//! What one named dimension does to a part, by two changed values, or by one and a change of several dimensions at once.

use cadforge_geometry::MassProperties;

/// Number of measures that describe a part.
pub(super) const MEASURES: usize = 14;
/// Threshold for a change. Equal code builds equal parts, so that a dead dimension changes nothing at all, while a
/// live one may move only a small hole.
const LIVE: f64 = 1e-6;
/// Length of the response to a large step below which a dimension edits nothing that matters, such as the side of a dimple. The
/// dimensions of the tasks' references have 5e-5 or more.
const NEGLIGIBLE: f64 = 3e-5;
/// The same below which it counts half: 5 % of the references' dimensions.
const SLIGHT: f64 = 2e-4;
/// Largest difference of the two responses per unit of their steps, as a share of the greater one.
const MAX_NONLINEAR: f64 = 0.5;
/// The same for a change of several dimensions at once, whose effects are about equal: a third of them that does not act in
/// proportion exceeds it.
const MAX_COMBINED_ERROR: f64 = 0.2;
/// Range of the parts of a large step by which a dimension is changed together with others.
const PARTS: std::ops::RangeInclusive<f64> = 0.001..=0.2;
/// Largest deviation of the expected effect of one dimension from that of the others, as a ratio.
const MAX_UNEVEN: f64 = 1.25;
/// Largest error of volume and moments against a stretch, as a share of their change.
const MAX_STRETCH_ERROR: f64 = 0.05;

/// The perturbation of one dimension.
#[derive(Clone, Debug, PartialEq)]
pub struct Perturbation {
    /// Its name.
    pub name: String,
    /// What it does.
    pub effect: Effect,
    /// Change of the measures by the larger step; `None` if no step builds.
    pub(super) response: Option<[f64; MEASURES]>,
}

/// What a dimension does to the part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It changes nothing that matters, or no step builds.
    Dead,
    /// The change of the part does not grow with the step, the number of solids changes, or only one step builds and
    /// changes the part.
    Irregular,
    /// The change grows with the step, but the number of faces changes out of proportion, both steps have one direction, or the
    /// change is slight.
    Partial,
    /// The change grows with the step.
    Regular,
    /// As `Regular`, and it stretches the whole part along the axes.
    Stretch,
}

/// A script with one dimension changed, and what it builds.
#[derive(Clone, Copy, Debug)]
pub struct PerturbationStep<'a> {
    /// Change of the dimension, in its own unit; not zero.
    pub size: f64,
    /// The part; `None` if the script does not build.
    pub mass: Option<&'a MassProperties>,
}

/// Measures of a part, independent of its position and, except for the last one, of its size: logarithms of extents and
/// area, second moments and centroid over powers of the volume, and the logarithm of the volume.
fn measures(part: &MassProperties) -> [f64; MEASURES] {
    let size = part.size();
    let diagonal = size.iter().map(|x| x * x).sum::<f64>().sqrt();
    let length = part
        .volume
        .abs()
        .cbrt()
        .max(1e-6 * diagonal)
        .max(f64::MIN_POSITIVE);
    let log = |x: f64| x.max(1e-9).ln();
    let mut found = [0.0; MEASURES];
    for axis in 0..3 {
        let center = 0.5 * (part.min[axis] + part.max[axis]);
        found[axis] = log(size[axis] / length);
        found[10 + axis] = (part.centroid[axis] - center) / length;
    }
    found[3] = log(part.area / length.powi(2));
    for (measure, moment) in found[4..10].iter_mut().zip(part.second) {
        *measure = moment / length.powi(5);
    }
    found[13] = log(length);
    found
}

/// The change of the measures from one part to another.
fn response(from: &MassProperties, to: &MassProperties) -> [f64; MEASURES] {
    let [before, after] = [from, to].map(measures);
    std::array::from_fn(|index| after[index] - before[index])
}

fn norm(x: &[f64; MEASURES]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

impl Effect {
    /// Weight of the dimension in the share of live ones.
    pub(super) fn weight(self) -> f64 {
        match self {
            Self::Dead | Self::Irregular => 0.0,
            Self::Partial => 0.5,
            Self::Regular | Self::Stretch => 1.0,
        }
    }

    /// The effect of a dimension whose response has this length.
    fn of_size(self, length: f64) -> Self {
        match self {
            Self::Partial | Self::Regular | Self::Stretch if length < NEGLIGIBLE => Self::Dead,
            Self::Regular | Self::Stretch if length < SLIGHT => Self::Partial,
            other => other,
        }
    }
}

impl Perturbation {
    /// The effect of a dimension whose value is changed by a larger and a smaller step. `is_count`: the number is
    /// whole, and may count copies of a feature, each with faces of its own.
    pub fn new(
        name: &str,
        nominal: &MassProperties,
        [large, small]: [PerturbationStep<'_>; 2],
        is_count: bool,
    ) -> Self {
        let change = |part: &MassProperties| response(nominal, part);
        let effect = match (large.mass, small.mass) {
            (None, None) => Effect::Dead,
            (Some(one), None) | (None, Some(one)) if is_change(&change(one)) => Effect::Irregular,
            (Some(_), None) | (None, Some(_)) => Effect::Dead,
            (Some(a), Some(b)) => {
                let by = [change(a), change(b)];
                if by.iter().any(is_change) {
                    let ratio = large.size / small.size;
                    effect(nominal, [a, b], by, ratio, is_count)
                } else {
                    Effect::Dead
                }
            }
        };
        let response = large.mass.or(small.mass).map(change);
        Self {
            name: name.to_owned(),
            effect: effect.of_size(response.as_ref().map_or(0.0, norm)),
            response,
        }
    }

    /// A dimension of which a combined change has shown that it acts in proportion: see [`Combination`].
    pub fn confirmed(name: &str, nominal: &MassProperties, large: &MassProperties) -> Self {
        let effect = if is_stretch(nominal, large) {
            Effect::Stretch
        } else {
            Effect::Regular
        };
        let response = response(nominal, large);
        Self {
            name: name.to_owned(),
            effect: effect.of_size(norm(&response)),
            response: Some(response),
        }
    }

    /// Whether the larger step, or else the smaller one, changes the part.
    pub fn is_change(&self) -> bool {
        self.response.as_ref().is_some_and(is_change)
    }

    /// Whether changing the dimension edits the part.
    pub fn is_live(&self) -> bool {
        self.effect.weight() > 0.0
    }
}

fn is_change(response: &[f64; MEASURES]) -> bool {
    response.iter().any(|change| change.abs() > LIVE)
}

/// A small change of several dimensions at once, which shows whether each acts in proportion: measured are large steps of each,
/// and small steps of all together, in the other direction, chosen so that all have about the same effect if they act in
/// proportion.
#[derive(Clone, Debug, PartialEq)]
pub struct Combination {
    /// For each dimension, the part of its large step; `None` if it cannot be among them.
    pub parts: Vec<Option<f64>>,
}

impl Combination {
    /// For dimensions whose large steps build these parts; `None` for one that is not to be among them.
    pub fn new(nominal: &MassProperties, large: &[Option<&MassProperties>]) -> Self {
        let equal = |part: &MassProperties| part.solids == nominal.solids && part.faces == nominal.faces;
        let size = |part: &Option<&MassProperties>| {
            let part = part.filter(|part| equal(part))?;
            let response = response(nominal, part);
            is_change(&response).then(|| norm(&response))
        };
        let sizes: Vec<Option<f64>> = large.iter().map(size).collect();
        let mut known: Vec<f64> = sizes.iter().flatten().copied().collect();
        known.sort_by(f64::total_cmp);
        // The weakest decides, but not one that is too weak beside the median.
        let median = known.get(known.len() / 2).copied().unwrap_or_default();
        let weakest = known
            .iter()
            .find(|&&size| size * PARTS.end() >= median * PARTS.start());
        let target = PARTS.end() * weakest.copied().unwrap_or_default();
        let part = |size: f64| {
            let part = (target / size).clamp(*PARTS.start(), *PARTS.end());
            let uneven = part * size / target;
            (1.0 / MAX_UNEVEN..=MAX_UNEVEN).contains(&uneven).then_some(part)
        };
        Self {
            parts: sizes.into_iter().map(|size| size.and_then(part)).collect(),
        }
    }

    /// Whether the combined change is that of dimensions that all act in proportion.
    pub fn confirms(
        &self,
        nominal: &MassProperties,
        large: &[Option<&MassProperties>],
        combined: &MassProperties,
    ) -> bool {
        let mut expected = [0.0; MEASURES];
        let mut most: f64 = 0.0;
        for (part, large) in self.parts.iter().zip(large) {
            let (Some(part), Some(large)) = (part, large) else {
                continue;
            };
            let one = response(nominal, large).map(|x| -part * x);
            most = most.max(norm(&one));
            for (sum, x) in expected.iter_mut().zip(one) {
                *sum += x;
            }
        }
        let found = response(nominal, combined);
        let error: [f64; MEASURES] = std::array::from_fn(|index| found[index] - expected[index]);
        let scale = norm(&found).max(norm(&expected)).max(most);
        let equal = combined.solids == nominal.solids && combined.faces == nominal.faces;
        equal && norm(&error) <= MAX_COMBINED_ERROR * scale
    }
}

/// The effect of two steps that both build, `ratio` times as large the first as the second, of which one changes the part.
fn effect(
    nominal: &MassProperties,
    [large, small]: [&MassProperties; 2],
    [by_large, by_small]: [[f64; MEASURES]; 2],
    ratio: f64,
    is_count: bool,
) -> Effect {
    let expected = by_small.map(|x| ratio * x);
    let difference: [f64; MEASURES] = std::array::from_fn(|i| by_large[i] - expected[i]);
    if norm(&difference) > MAX_NONLINEAR * norm(&by_large).max(norm(&expected)) {
        return Effect::Irregular;
    }
    // More copies of a feature have more faces: the number changes in proportion to the step.
    let grows = |count: fn(&MassProperties) -> u32| {
        let [new_large, new_small] =
            [large, small].map(|part| f64::from(count(part)) - f64::from(count(nominal)));
        let expected = ratio * new_small;
        (new_large - expected).abs() <= MAX_NONLINEAR * new_large.abs().max(expected.abs())
    };
    let equal =
        |count: fn(&MassProperties) -> u32| [large, small].iter().all(|part| count(part) == count(nominal));
    let solids: fn(&MassProperties) -> u32 = |part| part.solids;
    let faces: fn(&MassProperties) -> u32 = |part| part.faces;
    let agrees = |count| equal(count) || (is_count && grows(count));
    if !agrees(solids) {
        Effect::Irregular
    } else if !agrees(faces) || ratio > 0.0 {
        Effect::Partial
    } else if equal(faces) && is_stretch(nominal, large) {
        Effect::Stretch
    } else {
        Effect::Regular
    }
}

/// Whether the part is stretched as a whole along the axes: volume and second moments follow the extents.
fn is_stretch(before: &MassProperties, after: &MassProperties) -> bool {
    let [old, new] = [before, after].map(MassProperties::size);
    let by: [f64; 3] = std::array::from_fn(|axis| new[axis] / old[axis].max(f64::MIN_POSITIVE));
    let all: f64 = by.iter().product();
    let factors = [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (2, 0)].map(|(i, j)| by[i] * by[j] * all);
    // Each over its own size before, so that volume and moments count alike.
    let scale = before
        .second
        .iter()
        .map(|moment| moment.abs())
        .fold(0.0, f64::max);
    let (mut error, mut change) = (
        ((after.volume - all * before.volume) / before.volume).powi(2),
        ((after.volume - before.volume) / before.volume).powi(2),
    );
    for ((factor, old), new) in factors.iter().zip(before.second).zip(after.second) {
        error += ((new - factor * old) / scale).powi(2);
        change += ((new - old) / scale).powi(2);
    }
    error.sqrt() <= MAX_STRETCH_ERROR * change.sqrt()
}

#[cfg(test)]
mod tests {
    use cadforge_geometry::shapes::mass_of_blocks as mass;

    use super::*;

    type Block = ([f64; 3], [f64; 3]);

    /// A plate with a large and a small block on it, and what `more` adds to these, for values of four dimensions.
    fn plate(values: [f64; 4], more: impl Fn([f64; 4]) -> Option<Block>) -> MassProperties {
        let [length, width, large, small] = values;
        let mut blocks = vec![
            ([0.0; 3], [length, width, 5.0]),
            ([10.0, 10.0, 5.0], [20.0, 12.0, large]),
            ([55.0, 20.0, 5.0], [20.0, 20.0, small]),
        ];
        blocks.extend(more(values));
        mass(&blocks)
    }

    const NOMINAL: [f64; 4] = [100.0, 60.0, 10.0, 4.0];

    /// Whether a small change of all four confirms them, and the number that can be changed at once.
    fn confirms(part: impl Fn([f64; 4]) -> MassProperties) -> (bool, usize) {
        let nominal = part(NOMINAL);
        let step = |index: usize| 0.05 * NOMINAL[index];
        let large: Vec<MassProperties> = (0..4)
            .map(|index| {
                let mut values = NOMINAL;
                values[index] += step(index);
                part(values)
            })
            .collect();
        let large: Vec<_> = large.iter().map(Some).collect();
        let combination = Combination::new(&nominal, &large);
        let mut values = NOMINAL;
        for (index, part) in combination.parts.iter().enumerate() {
            values[index] -= part.unwrap_or_default() * step(index);
        }
        let known = combination.parts.iter().flatten().count();
        (combination.confirms(&nominal, &large, &part(values)), known)
    }

    #[test]
    fn dimensions_that_act_in_proportion_are_confirmed_at_once() {
        assert_eq!(confirms(|values| plate(values, |_| None)), (true, 4));
    }

    /// Whether all four are confirmed, with a block that has `height` for each difference of the second value to its own.
    fn confirms_with(height: impl Fn(f64) -> f64) -> bool {
        let part = |values: [f64; 4]| {
            let height = 3.0 + height(values[1] - NOMINAL[1]);
            let others = [values[0], NOMINAL[1], values[2], values[3]];
            plate(others, |_| Some(([80.0, 40.0, 5.0], [18.0, 18.0, height])))
        };
        confirms(part) == (true, 4)
    }

    #[test]
    fn one_of_four_that_does_not_is_noticed() {
        // The block grows with any change, with an increase only, or at once. It has its faces before, so that only its size
        // can give it away. Where it is too small beside the others, the dimension is not among those changed at once.
        for scale in [0.01, 0.1, 1.0] {
            assert!(!confirms_with(|d| scale * d.abs()), "{scale}");
            assert!(!confirms_with(|d| scale * d.max(0.0)), "{scale}");
            assert!(!confirms_with(|d| if d == 0.0 { 0.0 } else { scale }), "{scale}");
        }
        assert!(confirms_with(|d| d));
    }

    #[test]
    fn a_dimension_much_weaker_than_the_others_is_tried_alone() {
        let part = |values: [f64; 4]| {
            plate(
                [values[0], values[1], values[2], 4.0 + 1e-4 * (values[3] - 4.0)],
                |_| None,
            )
        };
        assert_eq!(confirms(part), (true, 3));
    }
}
