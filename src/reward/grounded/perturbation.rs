//! What one named dimension does to a part, by two changed values.

use cadforge_geometry::{Moments, Shape, TriMesh};

/// Number of measures that describe a part.
pub(super) const MEASURES: usize = 14;
/// Threshold for a change. Equal code builds equal meshes, so that a dead dimension changes nothing at all, while a
/// live one may move only a small hole.
const LIVE: f64 = 1e-6;
/// Largest difference of the two responses per unit of their steps, as a share of the greater one.
const MAX_NONLINEAR: f64 = 0.5;
/// Largest error of volume and moments against a stretch, as a share of their change; meshing curved faces anew takes some.
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
    /// It changes nothing, or no step builds.
    Dead,
    /// The change of the part does not grow with the step, the number of solids changes, or only one step builds and
    /// changes the part.
    Irregular,
    /// The change grows with the step, but the number of faces changes out of proportion, or both steps have one direction.
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
    pub shape: Option<&'a Shape>,
}

/// Measures of a part, independent of its position and, except for the last one, of its size: logarithms of extents and
/// area, second moments and centroid over powers of the volume, and the logarithm of the volume.
fn measures(mesh: &TriMesh) -> [f64; MEASURES] {
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

impl Effect {
    /// Weight of the dimension in the share of live ones.
    pub(super) fn weight(self) -> f64 {
        match self {
            Self::Dead | Self::Irregular => 0.0,
            Self::Partial => 0.5,
            Self::Regular | Self::Stretch => 1.0,
        }
    }
}

impl Perturbation {
    /// The effect of a dimension whose value is changed by a larger and a smaller step. `is_count`: the number is
    /// whole, and may count copies of a feature, each with faces of its own.
    pub fn new(
        name: &str,
        nominal: &Shape,
        [large, small]: [PerturbationStep<'_>; 2],
        is_count: bool,
    ) -> Self {
        let before = measures(&nominal.mesh);
        let change = |shape: &Shape| {
            let after = measures(&shape.mesh);
            std::array::from_fn(|index| after[index] - before[index])
        };
        let response = large.shape.or(small.shape).map(change);
        let effect = match (large.shape, small.shape) {
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
        Self {
            name: name.to_owned(),
            effect,
            response,
        }
    }

    /// Whether changing the dimension edits the part.
    pub fn is_live(&self) -> bool {
        self.effect.weight() > 0.0
    }
}

fn is_change(response: &[f64; MEASURES]) -> bool {
    response.iter().any(|change| change.abs() > LIVE)
}

/// The effect of two steps that both build, `ratio` times as large the first as the second, of which one changes the part.
fn effect(
    nominal: &Shape,
    [large, small]: [&Shape; 2],
    [by_large, by_small]: [[f64; MEASURES]; 2],
    ratio: f64,
    is_count: bool,
) -> Effect {
    let norm = |x: &[f64; MEASURES]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    let expected = by_small.map(|x| ratio * x);
    let difference: [f64; MEASURES] = std::array::from_fn(|i| by_large[i] - expected[i]);
    if norm(&difference) > MAX_NONLINEAR * norm(&by_large).max(norm(&expected)) {
        return Effect::Irregular;
    }
    // More copies of a feature have more faces: the number changes in proportion to the step.
    let grows = |count: fn(&Shape) -> u32| {
        let [new_large, new_small] =
            [large, small].map(|shape| f64::from(count(shape)) - f64::from(count(nominal)));
        let expected = ratio * new_small;
        (new_large - expected).abs() <= MAX_NONLINEAR * new_large.abs().max(expected.abs())
    };
    let equal = |count: fn(&Shape) -> u32| [large, small].iter().all(|shape| count(shape) == count(nominal));
    let solids: fn(&Shape) -> u32 = |shape| shape.facts.solids;
    let faces: fn(&Shape) -> u32 = |shape| shape.facts.faces;
    let agrees = |count| equal(count) || (is_count && grows(count));
    if !agrees(solids) {
        Effect::Irregular
    } else if !agrees(faces) || ratio > 0.0 {
        Effect::Partial
    } else if equal(faces) && is_stretch(&nominal.mesh, &large.mesh) {
        Effect::Stretch
    } else {
        Effect::Regular
    }
}

/// Whether the part is stretched as a whole along the axes: volume and second moments follow the extents. Measured by
/// moments, since a stretched B-rep has other surfaces and another mesh.
fn is_stretch(from: &TriMesh, to: &TriMesh) -> bool {
    let [before, after] = [from, to].map(Moments::of);
    let [old, new] = [from, to].map(|mesh| mesh.bbox().size());
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
