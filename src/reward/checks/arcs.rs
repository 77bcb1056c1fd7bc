//! Segments of material along a circle: teeth, spokes, slots between them.

use std::sync::Arc;

use super::axis::{across, letter, point};
use super::grade::{count_score, percent};
use super::kind::{CheckInput, CheckKind, CheckResult, Requirement};
use crate::candidate_geometry::CandidateGeometry;

/// Sampled points along a circle.
const POINTS: u32 = 720;
/// Number of tried heights and radii.
const STEPS: u32 = 9;
/// Allowed deviation of a gap from the mean gap, as a share of it.
const EVEN: f64 = 0.1;
/// Number of radii at which the width of the gaps is measured.
const RADII: u32 = 33;
/// Allowed deviation of a width from the mean of the widths at both sides, as a share of it. Across a fifth of the radius
/// the sides of round holes deviate by more than a tenth.
const BENT: f64 = 0.07;
/// Score of the right number without straight sides.
const NOT_STRAIGHT: f64 = 0.3;

pub(super) static KIND: CheckKind = CheckKind {
    name: "arcs",
    needs_bbox: false,
    measures: "stretches of material along a circle: teeth, spokes",
    fields: "`axis`, `at`, `count`, `radius` and `between` (shares: any circle counts), `straight` (share of the radius \
             over which the gaps have straight sides, unlike round holes)",
    parse: |fields| {
        let (axis, at, count) = (fields.axis(), fields.place("at"), fields.count("count"));
        Some(Arc::new(Arcs {
            axis: axis?,
            at: at?,
            count: count?,
            radius: fields.range("radius", [0.2, 0.98]),
            between: fields.range("between", [0.02, 0.98]),
            straight: fields.limited("straight", 1.0),
        }))
    },
};

#[derive(Debug)]
struct Arcs {
    /// Axis of the circle.
    axis: usize,
    /// Position of the axis.
    at: [f64; 2],
    /// Required number.
    count: u32,
    /// Range of radii, as shares of half the box.
    radius: [f64; 2],
    /// Range of heights, as shares of the box.
    between: [f64; 2],
    /// Share of half the box over which the sides of the gaps are straight.
    straight: Option<f64>,
}

impl Requirement for Arcs {
    fn kind(&self) -> &'static CheckKind {
        &KIND
    }

    fn measure(&self, input: &CheckInput<'_>) -> CheckResult {
        let CheckInput { geometry, frame, .. } = *input;
        let half = {
            let size = frame.bbox.size();
            let [first, second] = across(self.axis);
            0.5 * size[first].min(size[second])
        };
        let step = |range: [f64; 2], step: u32| {
            range[0] + (range[1] - range[0]) * f64::from(step) / f64::from(STEPS - 1)
        };
        let mut best = (0.0, 0);
        let mut matching = Vec::new();
        for height in 0..STEPS {
            for ring in 0..STEPS {
                let place = frame.place(self.axis, step(self.between, height));
                let found = along(
                    self.axis,
                    self.at,
                    half * step(self.radius, ring),
                    place,
                    geometry,
                );
                let score =
                    if found.is_even { 1.0 } else { 0.5 } * count_score(found.count, self.count as usize);
                if score > best.0 {
                    best = (score, found.count);
                }
                if score >= 1.0 && matching.last() != Some(&place) {
                    matching.push(place);
                }
            }
        }
        let straight = self.straight.map(|needed| {
            // From the first height with enough on, the others cannot change the score.
            let mut longest: f64 = 0.0;
            for place in &matching {
                if longest < needed {
                    longest = longest.max(self.straight_at(*place, half, geometry));
                }
            }
            (needed, longest)
        });
        if straight.is_some_and(|(needed, longest)| longest < needed) {
            best.0 = best.0.min(NOT_STRAIGHT);
        }
        let mut measured = format!("{} at best", best.1);
        let mut asked = format!("{} evenly spaced about {}", self.count, letter(self.axis));
        if let Some((needed, longest)) = straight {
            measured += &format!(", with straight sides over {} of the radius", percent(longest));
            asked += &format!(", with straight sides over {} of the radius", percent(needed));
        }
        CheckResult {
            score: best.0,
            measured,
            asked,
            place: Some(point(self.axis, self.at, frame.bbox.center()[self.axis])),
        }
    }

    fn faces(&self, _input: &CheckInput<'_>) -> Vec<u32> {
        Vec::new()
    }
}

impl Arcs {
    /// The longest range of radii, as a share of half the box, over which the required number of gaps has a width that
    /// changes linearly.
    fn straight_at(&self, place: f64, half: f64, geometry: &CandidateGeometry) -> f64 {
        let [low, high] = self.radius;
        let radius = |ring: u32| low + (high - low) * f64::from(ring) / f64::from(RADII - 1);
        let widths: Vec<Option<f64>> = (0..RADII)
            .map(|ring| {
                let found = along(self.axis, self.at, half * radius(ring), place, geometry);
                (found.is_even && found.count == self.count as usize && found.empty > 0.0)
                    .then(|| found.empty * radius(ring))
            })
            .collect();
        let is_linear = |first: usize, last: usize| {
            let (Some(one), Some(other)) = (widths[first], widths[last]) else {
                return false;
            };
            // A step of the circle's points is the resolution.
            let slack = f64::from(self.count) * radius(last as u32) / f64::from(POINTS);
            (first..=last).all(|ring| {
                let share = (ring - first) as f64 / (last - first).max(1) as f64;
                let expected = one + (other - one) * share;
                widths[ring].is_some_and(|width| (width - expected).abs() <= BENT * expected + slack)
            })
        };
        let mut longest = 0;
        for first in 0..widths.len() {
            for last in first + longest + 1..widths.len() {
                if is_linear(first, last) {
                    longest = last - first;
                }
            }
        }
        (high - low) * longest as f64 / f64::from(RADII - 1)
    }
}

struct ArcMatch {
    count: usize,
    is_even: bool,
    /// Share of the circle that is not material.
    empty: f64,
}

/// Counts the segments along one circle.
fn along(axis: usize, at: [f64; 2], radius: f64, place: f64, geometry: &CandidateGeometry) -> ArcMatch {
    let holds = |step: u32| {
        let (sin, cos) = (f64::from(step) / f64::from(POINTS) * std::f64::consts::TAU).sin_cos();
        geometry
            .volume
            .holds(point(axis, [at[0] + radius * cos, at[1] + radius * sin], place))
    };
    let filled: Vec<bool> = (0..POINTS).map(holds).collect();
    let starts: Vec<usize> = (0..filled.len())
        .filter(|&step| filled[step] && !filled[(step + filled.len() - 1) % filled.len()])
        .collect();
    let pitch = f64::from(POINTS) / starts.len().max(1) as f64;
    let gap = |index: usize| {
        let next = starts[(index + 1) % starts.len()];
        ((next + filled.len() - starts[index] - 1) % filled.len() + 1) as f64
    };
    // A full circle is one segment without a start.
    if starts.is_empty() {
        let count = usize::from(filled[0]);
        return ArcMatch {
            count,
            is_even: true,
            empty: 1.0 - count as f64,
        };
    }
    ArcMatch {
        count: starts.len(),
        is_even: (0..starts.len()).all(|index| (gap(index) - pitch).abs() <= (EVEN * pitch).max(2.0)),
        empty: filled.iter().filter(|filled| !**filled).count() as f64 / f64::from(POINTS),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_blocks;
    use super::*;

    #[test]
    fn four_spokes_pass_and_three_do_not() {
        let hub = ([-5.0, -5.0, 0.0], [10.0, 10.0, 6.0]);
        let spokes = [
            ([5.0, -3.0, 0.0], [25.0, 6.0, 6.0]),
            ([-30.0, -3.0, 0.0], [25.0, 6.0, 6.0]),
            ([-3.0, 5.0, 0.0], [6.0, 25.0, 6.0]),
            ([-3.0, -30.0, 0.0], [6.0, 25.0, 6.0]),
        ];
        let ask = Arcs {
            axis: 2,
            at: [0.0, 0.0],
            count: 4,
            radius: [0.4, 0.9],
            between: [0.2, 0.8],
            straight: None,
        };
        assert_eq!(
            check_blocks(&ask, &[hub, spokes[0], spokes[1], spokes[2], spokes[3]]).score,
            1.0
        );
        assert!(check_blocks(&ask, &[hub, spokes[0], spokes[1], spokes[2]]).score < 0.5);
        let plate = [([-30.0, -30.0, 0.0], [60.0, 60.0, 6.0])];
        assert!(check_blocks(&ask, &plate).score < 0.2);
        let ring = Arcs {
            axis: 2,
            at: [0.0, 0.0],
            count: 1,
            radius: [0.4, 0.9],
            between: [0.2, 0.8],
            straight: None,
        };
        assert_eq!(check_blocks(&ring, &plate).score, 1.0);
    }

    #[test]
    fn slots_have_straight_sides_and_stairs_around_a_circle_have_not() {
        // A disk of blocks, with gaps towards x and -x whose half width at a radius is given.
        let disk = |half: &dyn Fn(f64) -> f64| {
            let mut blocks = vec![([-6.0, -30.0, 0.0], [12.0, 60.0, 6.0])];
            for step in 0..24 {
                let x = 6.0 + f64::from(step);
                let gap = half(x + 0.5).max(0.0);
                for (x, y) in [(x, gap), (-x - 1.0, gap), (x, -30.0), (-x - 1.0, -30.0)] {
                    blocks.push(([x, y, 0.0], [1.0, 30.0 - gap, 6.0]));
                }
            }
            blocks
        };
        let score = |half: &dyn Fn(f64) -> f64| {
            let ask = Arcs {
                axis: 2,
                at: [0.0, 0.0],
                count: 2,
                radius: [0.25, 0.95],
                between: [0.2, 0.8],
                straight: Some(0.3),
            };
            check_blocks(&ask, &disk(half)).score
        };
        assert_eq!(score(&|_| 4.0), 1.0);
        let circle = |x: f64| (64.0 - (x - 17.0).powi(2)).max(0.0).sqrt();
        assert_eq!(score(&circle), NOT_STRAIGHT);
    }
}
