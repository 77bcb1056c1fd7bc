//! Sampling weights of a curriculum.

/// The weight of a row: `(1 + (1 - build_rate)²) · (1 + 0.20 · (kinds - rank))`.
///
/// `build_rate` is the share of the task's candidates that built, 0 to 1; `kinds` the number of kinds that occurred;
/// `rank` this kind's rank by count, from 1 for the most frequent to `kinds`.
pub fn curriculum_weight(build_rate: f64, kinds: usize, rank: usize) -> f64 {
    (1.0 + (1.0 - build_rate).powi(2)) * (1.0 + 0.20 * kinds.saturating_sub(rank) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hard_tasks_and_frequent_kinds_weigh_most() {
        assert_eq!(curriculum_weight(1.0, 1, 1), 1.0);
        assert_eq!(curriculum_weight(0.0, 1, 1), 2.0);
        assert!((curriculum_weight(0.5, 6, 1) - 1.25 * 2.0).abs() < 1e-12);
        assert!(curriculum_weight(0.5, 6, 1) > curriculum_weight(0.5, 6, 6));
    }
}
