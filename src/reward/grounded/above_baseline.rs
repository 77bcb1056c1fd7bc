//! Scores above what trivial shapes have.

/// Score of the best trivial shape itself: below it, scores still rise.
const BELOW: f64 = 0.05;
/// Upper bound for the best trivial shape: where the reference is nearly its own hull, a part whose hole is a little off
/// must still be told from one without a hole. No trivial shape of the tasks that come with the program reaches it.
const MOST: f64 = 0.85;

/// A score from 0 to 1 relative to `trivial`, the best score of box, cylinders, hull and weak seed: scores up to it
/// earn a twentieth, the rest is earned above it. Increases with the score, and maps 0 and 1 to themselves.
pub(super) fn above_baseline(score: f64, trivial: f64) -> f64 {
    let trivial = trivial.min(MOST);
    if score <= trivial {
        BELOW * score / trivial.max(f64::MIN_POSITIVE)
    } else {
        1.0 - (1.0 - BELOW) * (1.0 - score) / (1.0 - trivial)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_fixed_and_trivial_scores_earn_a_twentieth() {
        for trivial in [0.0, 0.3, 0.9, 1.0] {
            assert_eq!(above_baseline(1.0, trivial), 1.0, "{trivial}");
            assert!(above_baseline(trivial, trivial) <= 1.0);
        }
        assert_eq!((above_baseline(0.0, 0.3), above_baseline(0.3, 0.3)), (0.0, BELOW));
    }

    #[test]
    fn the_result_increases_with_the_score() {
        let scores: Vec<f64> = (0..=100)
            .map(|step| above_baseline(f64::from(step) / 100.0, 0.4))
            .collect();
        assert!(scores.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
