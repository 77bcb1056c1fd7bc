//! The free end of a bar, finger or peg: rounded or pointed, not cut off square.

use std::sync::Arc;

use super::grade::{mm, percent};
use super::kind::{CheckInput, CheckKind, CheckResult, Requirement};
use cadforge_geometry::Aabb;

/// Allowed excess of the share.
const TOLERANCE: f64 = 0.05;
/// Depths of the two sections below the end, as shares of the size: a hemisphere has 0.44 of its area at the first.
const DEPTHS: [f64; 2] = [0.125, 0.5];
/// Thickness of a section, as a share of the size.
const THICKNESS: f64 = 1.0 / 16.0;
/// Filled share of a section below which there is nothing.
const NOTHING: f64 = 1e-3;
/// Halvings of the range in which the end is.
const HALVINGS: u32 = 24;

pub(super) static KIND: CheckKind = CheckKind {
    name: "tip",
    needs_bbox: false,
    measures: "an end in a box that gets narrower: its section an eighth of `size` below the end, as a share of that half of \
               `size` below it",
    fields: "`axis`, `down`, `min`, `max` (around the end alone), `size`, `share` (at most, 0.8)",
    parse: |fields| {
        let (axis, down) = (fields.axis(), fields.flag("down"));
        let (min, max) = (fields.list("min", 3), fields.list("max", 3));
        let (size, share) = (fields.number("size"), fields.limited("share", 1.0).unwrap_or(0.8));
        let (min, max): ([f64; 3], [f64; 3]) = (min?.try_into().ok()?, max?.try_into().ok()?);
        if (0..3).any(|axis| min[axis] >= max[axis]) {
            fields.refuse("max", "must be greater than `min` along every axis");
            return None;
        }
        if size.is_some_and(|size| size <= 0.0) {
            fields.refuse("size", "must be positive");
            return None;
        }
        Some(Arc::new(Tip {
            axis: axis?,
            down,
            region: Aabb { min, max },
            size: size?,
            share,
        }))
    },
};

#[derive(Debug)]
struct Tip {
    /// Axis along which the end points.
    axis: usize,
    /// Whether it points against the axis.
    down: bool,
    /// Where the end is, and nothing else.
    region: Aabb,
    /// Thickness of the bar, mm.
    size: f64,
    /// Largest share of the sections.
    share: f64,
}

impl Tip {
    /// The part of the region from `from` to `to` mm behind its outer side.
    fn section(&self, from: f64, to: f64) -> Aabb {
        let mut section = self.region;
        if self.down {
            section.min[self.axis] = self.region.min[self.axis] + from;
            section.max[self.axis] = self.region.min[self.axis] + to;
        } else {
            section.max[self.axis] = self.region.max[self.axis] - from;
            section.min[self.axis] = self.region.max[self.axis] - to;
        }
        section
    }

    /// Distance of the end from the region's outer side, mm; `None` if the region is empty.
    fn end(&self, input: &CheckInput<'_>) -> Option<f64> {
        let volume = &input.geometry.volume;
        let length = self.region.size()[self.axis];
        let is_empty = |to: f64| volume.filled(&self.section(0.0, to)) * to <= NOTHING * self.size / 64.0;
        if is_empty(length) {
            return None;
        }
        let (mut empty, mut filled) = (0.0, length);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (empty + filled);
            if is_empty(middle) {
                empty = middle;
            } else {
                filled = middle;
            }
        }
        Some(filled)
    }
}

impl Requirement for Tip {
    fn kind(&self) -> &'static CheckKind {
        &KIND
    }

    fn measure(&self, input: &CheckInput<'_>) -> CheckResult {
        let end = self.end(input);
        let share = end.and_then(|end| {
            let area = |depth: f64| {
                let at = end + depth * self.size;
                let half = 0.5 * THICKNESS * self.size;
                input.geometry.volume.filled(&self.section(at - half, at + half))
            };
            let [outer, inner] = DEPTHS.map(area);
            (inner > NOTHING).then(|| (outer / inner).min(1.0))
        });
        let most = self.share + input.tolerance.unwrap_or(TOLERANCE);
        let mut place = self.region.center();
        if let Some(end) = end {
            let section = self.section(end, end);
            place[self.axis] = section.min[self.axis];
        }
        CheckResult {
            score: match share {
                Some(share) if share <= most => 1.0,
                // A small fillet is more than none.
                Some(share) => 0.5 * ((1.0 - share) / (1.0 - most).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0),
                None => 0.0,
            },
            measured: share.map_or_else(
                || "no end there".to_owned(),
                |share| format!("{} near the end", percent(share)),
            ),
            asked: format!(
                "a section near the end of at most {} of that {} mm below it",
                percent(self.share),
                mm(DEPTHS[1] * self.size)
            ),
            place: Some(place),
        }
    }

    fn faces(&self, _input: &CheckInput<'_>) -> Vec<u32> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_blocks;
    use super::*;

    /// A bar of 20 mm with an end in steps of 2 mm, each of the given half width.
    fn score(end: &[f64], down: bool) -> f64 {
        let mirrored = |from: f64, to: f64| if down { 100.0 - to } else { from };
        let mut blocks = vec![([-10.0, -10.0, mirrored(0.0, 60.0)], [20.0, 20.0, 60.0])];
        for (step, half) in end.iter().enumerate() {
            let from = 60.0 + 2.0 * step as f64;
            blocks.push((
                [-half, -half, mirrored(from, from + 2.0)],
                [2.0 * half, 2.0 * half, 2.0],
            ));
        }
        // Sets the frame's box.
        blocks.push(([20.0, -10.0, 0.0], [4.0, 20.0, 100.0]));
        let tip = Tip {
            axis: 2,
            down,
            region: Aabb {
                min: [-12.0, -12.0, 10.0],
                max: [12.0, 12.0, 90.0],
            },
            size: 20.0,
            share: 0.8,
        };
        check_blocks(&tip, &blocks).score
    }

    #[test]
    fn a_stepped_dome_passes_and_a_square_end_does_not() {
        for down in [false, true] {
            assert_eq!(score(&[9.8, 9.2, 8.0, 6.0], down), 1.0, "{down}");
            assert_eq!(score(&[], down), 0.0, "{down}");
            let slight = score(&[10.0, 9.6], down);
            assert!(slight > 0.0 && slight < 0.5, "{down}: {slight}");
        }
    }

    #[test]
    fn a_bar_elsewhere_has_no_end() {
        let tip = Tip {
            axis: 2,
            down: false,
            region: Aabb {
                min: [30.0, 0.0, 0.0],
                max: [40.0, 10.0, 10.0],
            },
            size: 20.0,
            share: 0.8,
        };
        assert_eq!(check_blocks(&tip, &[([0.0; 3], [20.0, 60.0, 60.0])]).score, 0.0);
    }
}
