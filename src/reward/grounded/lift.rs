//! What a score is worth above what anybody gets.

/// What is left to gain for scores below the best trivial shape's, so that there is a slope to climb.
const BELOW: f64 = 0.05;
/// Where a trivial shape has nearly all, the last hundredth still counts.
const MOST: f64 = 0.99;

/// A score from 0 to 1, lifted above `trivial`, the best that box, cylinders, hull and weak seed have: up to there it earns a
/// twentieth, from there the rest. Rises with the score, and leaves 0 and 1 as they are.
pub(super) fn lift(score: f64, trivial: f64) -> f64 {
    let trivial = trivial.min(MOST);
    if score <= trivial {
        BELOW * score / trivial.max(f64::MIN_POSITIVE)
    } else {
        BELOW + (1.0 - BELOW) * (score - trivial) / (1.0 - trivial)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_stay_and_what_is_trivial_has_a_twentieth() {
        for trivial in [0.0, 0.3, 0.9, 1.0] {
            assert_eq!(lift(1.0, trivial), 1.0, "{trivial}");
            assert!(lift(trivial, trivial) <= 1.0);
        }
        assert_eq!((lift(0.0, 0.3), lift(0.3, 0.3)), (0.0, BELOW));
    }

    #[test]
    fn more_is_always_worth_more() {
        let scores: Vec<f64> = (0..=100).map(|step| lift(f64::from(step) / 100.0, 0.4)).collect();
        assert!(scores.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
