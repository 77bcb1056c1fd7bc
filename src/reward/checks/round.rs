//! Common parts of holes and cylinders: round features, matched with the required positions.

use super::{CheckResult, count_score, graded, length_tolerance, letter, mm, point};
use crate::candidate_geometry::{CandidateGeometry, Frame};
use cadforge_core::task::checks::{Round, across};
use cadforge_geometry::Cylinder;

/// Minimum cosine between parallel directions: within a degree.
const PARALLEL: f64 = 0.9998;
/// Minimum share of the volume of a body whose features count; smaller bodies are debris.
const MIN_SHARE: f64 = 0.003;
/// Relative difference within which diameters count as the same feature size.
const SAME: f64 = 0.12;
/// Minimum score for matching a feature to a position.
const MIN_SCORE: f64 = 0.02;

/// Features with the required axis and range, of any length, in the order of the shape's faces.
pub(super) fn candidates<'a>(
    round: &Round,
    geometry: &'a CandidateGeometry,
    frame: &Frame,
    hollow: bool,
) -> Vec<&'a Cylinder> {
    let fits = |feature: &&Cylinder| {
        let middle = feature.middle()[round.axis];
        let [low, high] = round.between.map(|share| frame.place(round.axis, share));
        let slack = 1e-6 * frame.bbox.size()[round.axis];
        feature.hollow == hollow
            && feature.axis[round.axis].abs() >= PARALLEL
            && feature.coverage >= round.coverage - 0.02
            // A range of the whole box is no restriction: the envelope check scores features outside the box.
            && (round.between == [0.0, 1.0] || (middle >= low - slack && middle <= high + slack))
            && geometry.shares.get(usize::from(feature.body)).is_none_or(|share| *share >= MIN_SHARE)
    };
    geometry.cylinders.iter().filter(fits).collect()
}

/// Matches features with the required ones. `noun` is in the singular: `hole`.
pub(super) fn matched(
    round: &Round,
    tolerance: Option<f64>,
    found: &[&Cylinder],
    frame: &Frame,
    noun: &str,
    exact: bool,
) -> CheckResult {
    if round.at.is_empty() {
        return by_count(round, tolerance, found, frame, noun, exact);
    }
    let place_tolerance = tolerance.unwrap_or(frame.tolerance());
    let mut free: Vec<&Cylinder> = found.to_vec();
    let (mut sum, mut worst): (f64, Option<(f64, String)>) = (0.0, None);
    let mut missing = 0;
    let mut note = |score: f64, text: String| {
        if worst.as_ref().is_none_or(|(least, _)| score < *least) {
            worst = Some((score, text));
        }
    };
    for at in &round.at {
        let off = |feature: &Cylinder| distance(feature, round.axis, *at);
        let wrong = |feature: &Cylinder| {
            let size = round
                .diameter
                .map_or(0.0, |diameter| (2.0 * feature.radius - diameter).abs());
            let short = shortfall(round, feature, frame) / length_tolerance(min_length(round, frame));
            (off(feature) / place_tolerance)
                .max(size / length_tolerance(round.diameter.unwrap_or(1.0)))
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
        let size = round.diameter.map_or(1.0, |asked| {
            graded((diameter - asked).abs(), length_tolerance(asked))
        });
        let long = long(round, feature, frame);
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
            let [short, least] = [length(feature), min_length(round, frame)].map(mm);
            note(score, format!("one is {short} mm long, and not {least}"));
        }
    }
    let asked = round.at.len();
    let extra = spare(round, tolerance, found, frame);
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
    let first = round.at[0];
    CheckResult {
        score,
        measured,
        asked: describe(round, noun),
        place: Some(point(round.axis, first, frame.bbox.center()[round.axis])),
    }
}

/// Number of features beyond the required ones. If positions but no diameter are required, other features along the
/// axis are unrelated.
pub(super) fn spare(round: &Round, tolerance: Option<f64>, found: &[&Cylinder], frame: &Frame) -> usize {
    let meant =
        |feature: &&&Cylinder| is_sized(round, tolerance, feature) && long(round, feature, frame) == 1.0;
    let same = found.iter().filter(meant).count();
    match (round.at.len(), round.diameter) {
        (0, _) => same.saturating_sub(round.count.unwrap_or(1) as usize),
        (_, None) => 0,
        (asked, Some(_)) => same.saturating_sub(asked),
    }
}

/// The faces of the features of about the required size.
pub(super) fn faces(round: &Round, tolerance: Option<f64>, found: &[&Cylinder], frame: &Frame) -> Vec<u32> {
    let meant = |feature: &&&Cylinder| {
        is_sized(round, tolerance, feature) && long(round, feature, frame) >= MIN_SCORE
    };
    let sized = found.iter().filter(meant);
    sized.flat_map(|feature| feature.faces.iter().copied()).collect()
}

/// Whether a feature has about the required diameter. Without positions the tolerance applies to the diameter, and
/// bounds the accepted features.
fn is_sized(round: &Round, tolerance: Option<f64>, feature: &Cylinder) -> bool {
    let given = tolerance.filter(|_| round.at.is_empty()).unwrap_or(0.0);
    round
        .diameter
        .is_none_or(|diameter| (2.0 * feature.radius - diameter).abs() <= (SAME * diameter + 0.2).max(given))
}

/// Length along its axis, in mm.
fn length(feature: &Cylinder) -> f64 {
    feature.extent[1] - feature.extent[0]
}

/// The required minimum length, in mm.
fn min_length(round: &Round, frame: &Frame) -> f64 {
    round.length * frame.bbox.size()[round.axis]
}

fn shortfall(round: &Round, feature: &Cylinder, frame: &Frame) -> f64 {
    (min_length(round, frame) - length(feature)).max(0.0)
}

/// 1 for a feature of the required length.
fn long(round: &Round, feature: &Cylinder, frame: &Frame) -> f64 {
    graded(
        shortfall(round, feature, frame),
        length_tolerance(min_length(round, frame)),
    )
}

fn by_count(
    round: &Round,
    tolerance: Option<f64>,
    found: &[&Cylinder],
    frame: &Frame,
    noun: &str,
    exact: bool,
) -> CheckResult {
    let found: Vec<&Cylinder> = found
        .iter()
        .filter(|feature| long(round, feature, frame) == 1.0)
        .copied()
        .collect();
    let same: Vec<&Cylinder> = found
        .iter()
        .filter(|feature| is_sized(round, tolerance, feature))
        .copied()
        .collect();
    let asked = round.count.unwrap_or(1) as usize;
    let score = if same.len() >= asked {
        let count = if exact {
            count_score(same.len(), asked)
        } else {
            1.0
        };
        let size = round.diameter.map_or(1.0, |diameter| {
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
        && round.diameter.is_some()
        && score < 1.0
    {
        measured += &format!(", of {} mm", mm(2.0 * feature.radius));
    } else if other > 0 && same.len() < asked {
        measured += &format!(" and {other} of another diameter");
    }
    CheckResult {
        score,
        measured,
        asked: describe(round, noun),
        place: same.first().or(found.first()).map(|feature| feature.middle()),
    }
}

/// Distance across the axis between a feature's axis and the required position, in mm.
fn distance(feature: &Cylinder, axis: usize, at: [f64; 2]) -> f64 {
    let middle = feature.middle();
    let [first, second] = across(axis);
    (middle[first] - at[0]).hypot(middle[second] - at[1])
}

fn describe(round: &Round, noun: &str) -> String {
    let count = if round.at.is_empty() {
        round.count.unwrap_or(1) as usize
    } else {
        round.at.len()
    };
    let diameter = round
        .diameter
        .map_or(String::new(), |diameter| format!(" of {} mm", mm(diameter)));
    let [first, second] = across(round.axis).map(letter);
    let places: Vec<String> = round
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
        letter(round.axis)
    )
}
