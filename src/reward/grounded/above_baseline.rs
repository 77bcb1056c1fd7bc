//! What a score is worth above what anybody gets.

/// What is left to gain for scores below the best trivial shape's, so that there is a slope to climb.
const BELOW: f64 = 0.05;
/// Where a trivial shape has nearly all, the last hundredth still counts.
const MOST: f64 = 0.99;

/// A score from 0 to 1, lifted above `trivial`, the best that box, cylinders, hull and weak seed have: up to there it earns a
/// twentieth, from there the rest. Rises with the score, and leaves 0 and 1 as they are.
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
    fn ends_stay_and_what_is_trivial_has_a_twentieth() {
        for trivial in [0.0, 0.3, 0.9, 1.0] {
            assert_eq!(above_baseline(1.0, trivial), 1.0, "{trivial}");
            assert!(above_baseline(trivial, trivial) <= 1.0);
        }
        assert_eq!((above_baseline(0.0, 0.3), above_baseline(0.3, 0.3)), (0.0, BELOW));
    }

    #[test]
    fn more_is_always_worth_more() {
        let scores: Vec<f64> = (0..=100)
            .map(|step| above_baseline(f64::from(step) / 100.0, 0.4))
            .collect();
        assert!(scores.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
