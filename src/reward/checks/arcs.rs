//! Segments of material along a circle: teeth, spokes, slots between them.

use std::sync::Arc;

use super::axis::{across, letter, point};
use super::grade::count_score;
use super::kind::{CheckInput, CheckKind, CheckResult, Requirement};
use crate::candidate_geometry::CandidateGeometry;

/// Sampled points along a circle.
const POINTS: u32 = 720;
/// Number of tried heights and radii.
const STEPS: u32 = 9;
/// Allowed deviation of a gap from the mean gap, as a share of it.
const EVEN: f64 = 0.1;

pub(super) static KIND: CheckKind = CheckKind {
    name: "arcs",
    needs_bbox: false,
    measures: "stretches of material along a circle: teeth, spokes",
    fields: "`axis`, `at`, `count`, `radius` and `between` (shares: any circle counts)",
    parse: |fields| {
        let (axis, at, count) = (fields.axis(), fields.place("at"), fields.count("count"));
        Some(Arc::new(Arcs {
            axis: axis?,
            at: at?,
            count: count?,
            radius: fields.range("radius", [0.2, 0.98]),
            between: fields.range("between", [0.02, 0.98]),
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
            }
        }
        CheckResult {
            score: best.0,
            measured: format!("{} at best", best.1),
            asked: format!("{} evenly spaced about {}", self.count, letter(self.axis)),
            place: Some(point(self.axis, self.at, frame.bbox.center()[self.axis])),
        }
    }

    fn faces(&self, _input: &CheckInput<'_>) -> Vec<u32> {
        Vec::new()
    }
}

struct ArcMatch {
    count: usize,
    is_even: bool,
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
        return ArcMatch { count, is_even: true };
    }
    ArcMatch {
        count: starts.len(),
        is_even: (0..starts.len()).all(|index| (gap(index) - pitch).abs() <= (EVEN * pitch).max(2.0)),
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
        };
        assert_eq!(check_blocks(&ring, &plate).score, 1.0);
    }
}
