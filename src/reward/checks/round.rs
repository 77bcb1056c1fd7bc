//! Common parts of holes and cylinders: round features, matched with the required positions.

use super::axis::{across, letter, point};
use super::fields::CheckFields;
use super::grade::{count_score, graded, length_tolerance, mm};
use super::kind::{CheckInput, CheckResult};
use crate::candidate_geometry::Frame;
use cadforge_geometry::Cylinder;

/// Minimum cosine between parallel directions: within a degree.
const PARALLEL: f64 = 0.9998;
/// Minimum share of the volume of a body whose features count; smaller bodies are debris.
const MIN_SHARE: f64 = 0.003;
/// Relative difference within which diameters count as the same feature size.
const SAME: f64 = 0.12;
/// Minimum score for matching a feature to a position.
const MIN_SCORE: f64 = 0.02;

/// Required round features.
#[derive(Debug)]
pub(super) struct Round {
    /// Direction of their axes.
    pub(super) axis: usize,
    /// Positions; any position if empty.
    pub(super) at: Vec<[f64; 2]>,
    /// Required number, if no positions are given.
    pub(super) count: Option<u32>,
    /// Required diameter, if any.
    pub(super) diameter: Option<f64>,
    /// Minimum length along the axis, as a share of the box.
    pub(super) length: f64,
    /// Whether it must be open at both ends; for holes only.
    pub(super) through: bool,
    /// Minimum share of the full turn.
    pub(super) coverage: f64,
    /// Range of the middle along the axis, as shares of the box.
    pub(super) between: [f64; 2],
}

impl Round {
    /// `coverage` is the default; only what can be `through` may be `blind`.
    pub(super) fn parse(fields: &mut CheckFields<'_>, coverage: f64, through: bool) -> Option<Self> {
        let axis = fields.axis();
        let at = if fields.has("at") {
            fields.places("at")?
        } else {
            Vec::new()
        };
        let count = if fields.has("count") {
            Some(fields.count("count")?)
        } else {
            None
        };
        let diameter = if fields.has("diameter") {
            Some(fields.number("diameter")?)
        } else {
            None
        };
        if diameter.is_some_and(|diameter| diameter <= 0.0) {
            fields.refuse("diameter", "must be above 0");
            return None;
        }
        if at.is_empty() && count.is_none() {
            fields.refuse("at", "is missing: say where, or give `count`");
            return None;
        }
        Some(Self {
            axis: axis?,
            at,
            count,
            diameter,
            length: fields.limited("length", 1.0).unwrap_or(0.0),
            through: through && !fields.flag("blind"),
            coverage: fields.limited("coverage", 1.0).unwrap_or(coverage),
            between: fields.range("between", [0.0, 1.0]),
        })
    }

    /// Features with the required axis and range, of any length, in the order of the shape's faces.
    pub(super) fn candidates<'a>(&self, input: &CheckInput<'a>, hollow: bool) -> Vec<&'a Cylinder> {
        let CheckInput { geometry, frame, .. } = *input;
        let fits = |feature: &&Cylinder| {
            let middle = feature.middle()[self.axis];
            let [low, high] = self.between.map(|share| frame.place(self.axis, share));
            let slack = 1e-6 * frame.bbox.size()[self.axis];
            feature.hollow == hollow
                && feature.axis[self.axis].abs() >= PARALLEL
                && feature.coverage >= self.coverage - 0.02
                // A range of the whole box is no restriction: the envelope check scores features outside the box.
                && (self.between == [0.0, 1.0] || (middle >= low - slack && middle <= high + slack))
                && geometry.shares.get(usize::from(feature.body)).is_none_or(|share| *share >= MIN_SHARE)
        };
        geometry.cylinders.iter().filter(fits).collect()
    }

    /// Matches features with the required ones. `noun` is in the singular: `hole`.
    pub(super) fn matched(
        &self,
        found: &[&Cylinder],
        input: &CheckInput<'_>,
        noun: &str,
        exact: bool,
    ) -> CheckResult {
        if self.at.is_empty() {
            return self.by_count(found, input, noun, exact);
        }
        let CheckInput { frame, tolerance, .. } = *input;
        let place_tolerance = tolerance.unwrap_or(frame.tolerance());
        let mut free: Vec<&Cylinder> = found.to_vec();
        let (mut sum, mut worst): (f64, Option<(f64, String)>) = (0.0, None);
        let mut missing = 0;
        let mut note = |score: f64, text: String| {
            if worst.as_ref().is_none_or(|(least, _)| score < *least) {
                worst = Some((score, text));
            }
        };
        for at in &self.at {
            let off = |feature: &Cylinder| distance(feature, self.axis, *at);
            let wrong = |feature: &Cylinder| {
                let size = self
                    .diameter
                    .map_or(0.0, |diameter| (2.0 * feature.radius - diameter).abs());
                let short = self.shortfall(feature, frame) / length_tolerance(self.min_length(frame));
                (off(feature) / place_tolerance)
                    .max(size / length_tolerance(self.diameter.unwrap_or(1.0)))
                    .max(short)
            };
            let best = (0..free.len()).min_by(|&a, &b| wrong(free[a]).total_cmp(&wrong(free[b])));
            let Some(index) = best else {
                missing += 1;
                continue;
            };
            let feature = free[index];
            let diameter = 2.0 * feature.radius;
            let place = graded(off(feature), place_tolerance);
            let size = self.diameter.map_or(1.0, |asked| {
                graded((diameter - asked).abs(), length_tolerance(asked))
            });
            let long = self.long(feature, frame);
            let score = place * size * long;
            // Too far from the position, it is another feature, and stays available for others.
            if score < MIN_SCORE {
                missing += 1;
                continue;
            }
            free.remove(index);
            sum += score;
            if place < 1.0 {
                note(score, format!("one is {} mm beside its place", mm(off(feature))));
            } else if size < 1.0 {
                note(score, format!("one has {} mm instead", mm(diameter)));
            } else if long < 1.0 {
                let [short, least] = [length(feature), self.min_length(frame)].map(mm);
                note(score, format!("one is {short} mm long, and not {least}"));
            }
        }
        let asked = self.at.len();
        let extra = self.spare(found, input);
        let mut score = sum / asked as f64;
        // One spare feature halves the score; a sieve has one at every position.
        if exact && extra > 0 {
            score *= 0.5 / extra as f64;
        }
        let measured = if missing == 0 && extra == 0 {
            worst.map_or_else(|| format!("{asked} found"), |(_, text)| text)
        } else if missing > 0 {
            format!("{} of {asked} found", asked - missing)
        } else {
            format!("{} found", asked + extra)
        };
        let first = self.at[0];
        CheckResult {
            score,
            measured,
            asked: self.describe(noun),
            place: Some(point(self.axis, first, frame.bbox.center()[self.axis])),
        }
    }

    /// Number of features beyond the required ones. If positions but no diameter are required, other features along the
    /// axis are unrelated.
    pub(super) fn spare(&self, found: &[&Cylinder], input: &CheckInput<'_>) -> usize {
        let meant = |feature: &&&Cylinder| {
            self.is_sized(input.tolerance, feature) && self.long(feature, input.frame) == 1.0
        };
        let same = found.iter().filter(meant).count();
        match (self.at.len(), self.diameter) {
            (0, _) => same.saturating_sub(self.count.unwrap_or(1) as usize),
            (_, None) => 0,
            (asked, Some(_)) => same.saturating_sub(asked),
        }
    }

    /// The faces of the features of about the required size.
    pub(super) fn faces(&self, found: &[&Cylinder], input: &CheckInput<'_>) -> Vec<u32> {
        let meant = |feature: &&&Cylinder| {
            self.is_sized(input.tolerance, feature) && self.long(feature, input.frame) >= MIN_SCORE
        };
        let sized = found.iter().filter(meant);
        sized.flat_map(|feature| feature.faces.iter().copied()).collect()
    }

    /// Whether a feature has about the required diameter. Without positions the tolerance applies to the diameter, and
    /// bounds the accepted features.
    fn is_sized(&self, tolerance: Option<f64>, feature: &Cylinder) -> bool {
        let given = tolerance.filter(|_| self.at.is_empty()).unwrap_or(0.0);
        self.diameter.is_none_or(|diameter| {
            (2.0 * feature.radius - diameter).abs() <= (SAME * diameter + 0.2).max(given)
        })
    }

    /// The required minimum length, in mm.
    fn min_length(&self, frame: &Frame) -> f64 {
        self.length * frame.bbox.size()[self.axis]
    }

    fn shortfall(&self, feature: &Cylinder, frame: &Frame) -> f64 {
        (self.min_length(frame) - length(feature)).max(0.0)
    }

    /// 1 for a feature of the required length.
    fn long(&self, feature: &Cylinder, frame: &Frame) -> f64 {
        graded(
            self.shortfall(feature, frame),
            length_tolerance(self.min_length(frame)),
        )
    }

    fn by_count(&self, found: &[&Cylinder], input: &CheckInput<'_>, noun: &str, exact: bool) -> CheckResult {
        let CheckInput { frame, tolerance, .. } = *input;
        let found: Vec<&Cylinder> = found
            .iter()
            .filter(|feature| self.long(feature, frame) == 1.0)
            .copied()
            .collect();
        let same: Vec<&Cylinder> = found
            .iter()
            .filter(|feature| self.is_sized(tolerance, feature))
            .copied()
            .collect();
        let asked = self.count.unwrap_or(1) as usize;
        let score = if same.len() >= asked {
            let count = if exact {
                count_score(same.len(), asked)
            } else {
                1.0
            };
            let size = self.diameter.map_or(1.0, |diameter| {
                let mut errors: Vec<f64> = same
                    .iter()
                    .map(|feature| (2.0 * feature.radius - diameter).abs())
                    .collect();
                errors.sort_by(f64::total_cmp);
                let tolerance = tolerance.unwrap_or(length_tolerance(diameter));
                errors[..asked]
                    .iter()
                    .map(|error| graded(*error, tolerance))
                    .sum::<f64>()
                    / asked as f64
            });
            count * size
        } else {
            count_score(same.len(), asked)
        };
        let other = found.len() - same.len();
        let mut measured = format!("{} found", same.len());
        if let Some(feature) = same.first()
            && self.diameter.is_some()
            && score < 1.0
        {
            measured += &format!(", of {} mm", mm(2.0 * feature.radius));
        } else if other > 0 && same.len() < asked {
            measured += &format!(" and {other} of another diameter");
        }
        CheckResult {
            score,
            measured,
            asked: self.describe(noun),
            place: same.first().or(found.first()).map(|feature| feature.middle()),
        }
    }

    fn describe(&self, noun: &str) -> String {
        let count = if self.at.is_empty() {
            self.count.unwrap_or(1) as usize
        } else {
            self.at.len()
        };
        let diameter = self
            .diameter
            .map_or(String::new(), |diameter| format!(" of {} mm", mm(diameter)));
        let [first, second] = across(self.axis).map(letter);
        let places: Vec<String> = self
            .at
            .iter()
            .take(4)
            .map(|[u, v]| format!("({}, {})", mm(*u), mm(*v)))
            .collect();
        let places = if places.is_empty() {
            String::new()
        } else {
            format!(", at ({first}, {second}) = {}", places.join(", "))
        };
        format!(
            "{count} {noun}{}{diameter} along {}{places}",
            if count == 1 { "" } else { "s" },
            letter(self.axis)
        )
    }
}

/// Length along its axis, in mm.
fn length(feature: &Cylinder) -> f64 {
    feature.extent[1] - feature.extent[0]
}

/// Distance across the axis between a feature's axis and the required position, in mm.
fn distance(feature: &Cylinder, axis: usize, at: [f64; 2]) -> f64 {
    let middle = feature.middle();
    let [first, second] = across(axis);
    (middle[first] - at[0]).hypot(middle[second] - at[1])
}
