//! Adjustments of a total for training. The reward JSON keeps the unshaped total as well.

use super::profile::{Profile, Shaping};
use super::source::assigns_fixture;
use cadforge_core::failure::{Failure, Kind};

/// The shaped reward; `None` without shaping.
///
/// `completion` is the model's whole answer if known, else the code. The result is in [0.05, 1] for a candidate that
/// built, in [-1, -0.05] for a failed one.
pub fn shape(
    shaping: Shaping,
    total: f64,
    failure: Option<&Failure>,
    partial: Option<f64>,
    code: &str,
    completion: &str,
) -> Option<f64> {
    match (shaping, failure) {
        (Shaping::None, _) => None,
        (Shaping::Strict, None) => Some((0.15 + 0.85 * total).clamp(0.05, 1.0)),
        (Shaping::Strict, Some(failure)) => Some(strict_failure(failure, code, completion)),
        (Shaping::Grounded, None) => Some(0.05 + 0.95 * total.clamp(0.0, 1.0)),
        (Shaping::Grounded, Some(_)) => Some(-0.5 + 0.35 * partial.unwrap_or(0.0).clamp(0.0, 1.0)),
    }
}

/// Advantages of a group of candidates.
#[derive(Clone, Debug, PartialEq)]
pub struct Advantages {
    /// Mean of the scores; 0 without any.
    pub mean: f64,
    /// Their standard deviation as a sample (n - 1); 0 for a single score.
    pub std: f64,
    /// Each score's difference from the group's mean, divided by the scale; in the group's order.
    pub values: Vec<f64>,
    /// Whether the scores differ enough to learn from.
    pub informative: bool,
}

/// Advantages of a group: (score - mean) / scale, with the standard deviation of a sample (n - 1).
///
/// Under cadforge-v1 the scale is the deviation + 1e-4, and any difference is informative. Under grounded-v2 the scale
/// is at least 0.10, so that tiny differences do not count as much as large ones, and a group is informative if its
/// scores differ by 0.02 or more: nearly equal scores would teach noise.
pub fn advantages(scores: &[f64], profile: Profile) -> Advantages {
    let count = scores.len().max(1) as f64;
    let mean = scores.iter().sum::<f64>() / count;
    let squares: f64 = scores.iter().map(|score| (score - mean).powi(2)).sum();
    let std = (squares / (count - 1.0).max(1.0)).sqrt();
    let least = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (scale, informative) = match profile {
        Profile::CadforgeV1 => (std + 1e-4, most > least),
        Profile::GroundedV2 => (std.max(0.10), most - least >= 0.02),
    };
    Advantages {
        mean,
        std,
        values: scores.iter().map(|score| (score - mean) / scale).collect(),
        informative,
    }
}

fn strict_failure(failure: &Failure, code: &str, completion: &str) -> f64 {
    let mut score = -0.85 + 0.30 * program_share(code, completion);
    if failure.kind == Kind::SyntaxClosure {
        score -= 0.10;
    }
    if names_attribute_or_name_error(failure) {
        score -= 0.05;
    }
    if !code.contains("import cadquery as cq") || !assigns_fixture(code) {
        score -= 0.10;
    }
    score.clamp(-1.0, -0.05)
}

/// How much of a program failed code contains, 0 to 1: `k` of the published shaping.
fn program_share(code: &str, completion: &str) -> f64 {
    let lower = code.to_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let signs = [
        (0.25, code.contains("import cadquery as cq")),
        (0.25, code.contains("fixture =")),
        (0.20, code.contains("cq.Workplane")),
        (0.15, code.contains("def ")),
        (
            0.10,
            any(&["seat", "back", "arm", "base", "jaw", "hook", "leg", "rail"]),
        ),
        (-0.25, completion.contains("```")),
        (
            -0.50,
            ["subprocess", "open(", "requests.", "os.system"]
                .iter()
                .any(|word| code.contains(word)),
        ),
    ];
    signs
        .iter()
        .filter(|(_, present)| *present)
        .map(|(weight, _)| weight)
        .sum::<f64>()
        .clamp(0.0, 1.0)
}

/// `invented_api` also includes unknown arguments, which Python reports as a `TypeError`.
fn names_attribute_or_name_error(failure: &Failure) -> bool {
    match failure.kind {
        Kind::UndefinedName => true,
        Kind::InventedApi => !failure.message.contains("TypeError"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "import cadquery as cq\ndef leg():\n    return cq.Workplane()\nfixture = leg()\n";

    fn failure(kind: Kind, message: &str) -> Failure {
        Failure {
            kind,
            message: message.into(),
            line: None,
            traceback: String::new(),
        }
    }

    fn strict(kind: Kind, code: &str, completion: &str) -> f64 {
        shape(
            Shaping::Strict,
            -1.0,
            Some(&failure(kind, "")),
            None,
            code,
            completion,
        )
        .unwrap()
    }

    #[track_caller]
    fn assert_near(actual: f64, expected: f64) {
        assert!(
            (actual - expected).abs() < 1e-12,
            "{actual} instead of {expected}"
        );
    }

    #[test]
    fn every_build_is_above_every_failure() {
        assert_near(shape(Shaping::Strict, 0.8, None, None, "", "").unwrap(), 0.83);
        assert_near(shape(Shaping::Strict, -1.0, None, None, "", "").unwrap(), 0.05);
        assert_eq!(shape(Shaping::None, 0.8, None, None, "", ""), None);
    }

    #[test]
    fn a_failure_is_shaped_by_its_text() {
        assert_near(strict(Kind::TypeOrValue, GOOD, GOOD), -0.85 + 0.30 * 0.95);
        assert_near(strict(Kind::SyntaxClosure, GOOD, GOOD), -0.95 + 0.30 * 0.95);
        assert_near(strict(Kind::UndefinedName, GOOD, GOOD), -0.90 + 0.30 * 0.95);
        assert_near(
            strict(Kind::TypeOrValue, GOOD, &format!("```python\n{GOOD}```")),
            -0.85 + 0.30 * 0.70,
        );
        assert_near(strict(Kind::TypeOrValue, "", ""), -0.95);
        assert_near(strict(Kind::SyntaxClosure, "open(", "```"), -1.0);
    }

    #[test]
    fn an_unknown_argument_is_not_an_attribute_error() {
        let score = |message: &str| {
            shape(
                Shaping::Strict,
                -1.0,
                Some(&failure(Kind::InventedApi, message)),
                None,
                GOOD,
                GOOD,
            )
            .unwrap()
        };
        assert_near(
            score("AttributeError: 'Workplane' object has no attribute 'tube'") + 0.05,
            score("TypeError: box()"),
        );
    }

    #[test]
    fn grounded_shaping_ignores_the_text() {
        let failed = failure(Kind::SyntaxClosure, "");
        let score =
            |partial, code| shape(Shaping::Grounded, -1.0, Some(&failed), partial, code, code).unwrap();
        assert_near(score(None, GOOD), -0.5);
        assert_near(score(None, ""), -0.5);
        assert_near(score(Some(1.0), ""), -0.15);
        assert_near(shape(Shaping::Grounded, 0.6, None, None, "", "").unwrap(), 0.62);
    }

    #[test]
    fn equal_scores_are_not_informative_and_near_ones_have_small_advantages() {
        let grounded = |scores: &[f64]| advantages(scores, Profile::GroundedV2);
        assert!(!grounded(&[0.5, 0.51, 0.505]).informative);
        assert!(grounded(&[0.5, 0.53]).informative);
        assert_near(grounded(&[0.5, 0.52]).values[1], 0.1);
        assert!(grounded(&[]).values.is_empty());
        let published = |scores: &[f64]| advantages(scores, Profile::CadforgeV1).informative;
        assert!(published(&[0.5, 0.51]));
        // The mean of equal numbers may differ from them by rounding.
        assert!(![&[][..], &[0.1; 1], &[0.1; 3]].into_iter().any(published));
    }

    #[test]
    fn advantages_are_centred_and_scaled_by_the_sample_deviation() {
        let published = |scores: &[f64]| advantages(scores, Profile::CadforgeV1).values;
        let values = published(&[1.0, 2.0, 3.0]);
        assert_near(values[2], 1.0 / 1.0001);
        assert_near(values.iter().sum(), 0.0);
        assert_eq!(published(&[0.4]), [0.0]);
        assert!(published(&[]).is_empty());
    }
}
