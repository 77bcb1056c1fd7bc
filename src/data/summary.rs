//! Counts and means of rows: one definition for reports, the store and the studio.

use super::Row;

/// Numbers of some rows. A rate of builds counts the rows that are scored and tell whether they built.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Rows, scored or not.
    pub rows: usize,
    /// Scored rows that built.
    pub built: usize,
    /// Scored rows that do not tell whether they built.
    pub unknown: usize,
    /// Scores that the training loop compared.
    pub reward: Stats,
    /// Unshaped totals.
    pub total: Stats,
}

/// Statistics of some numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stats {
    count: usize,
    sum: f64,
    best: f64,
    /// Running mean and sum of squared differences from it (Welford).
    centre: f64,
    squares: f64,
}

impl Summary {
    /// Adds a row.
    pub fn add(&mut self, row: &Row) {
        self.add_values(row.score(), row.total(), row.built());
    }

    /// Adds a row by its score, its total and whether it built.
    pub fn add_values(&mut self, score: Option<f64>, total: Option<f64>, built: Option<bool>) {
        self.rows += 1;
        let Some(score) = score else { return };
        self.reward.add(score);
        self.built += usize::from(built == Some(true));
        self.unknown += usize::from(built.is_none());
        if let Some(total) = total {
            self.total.add(total);
        }
    }

    /// Rows with a score.
    pub fn scored(&self) -> usize {
        self.reward.count
    }

    /// Share that built, 0 to 1.
    pub fn build_rate(&self) -> Option<f64> {
        share(self.built, self.scored() - self.unknown)
    }
}

impl Stats {
    fn add(&mut self, number: f64) {
        self.best = if self.count == 0 {
            number
        } else {
            self.best.max(number)
        };
        self.count += 1;
        self.sum += number;
        let off = number - self.centre;
        self.centre += off / self.count as f64;
        self.squares += off * (number - self.centre);
    }

    /// Mean.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }

    /// Highest number.
    pub fn best(&self) -> Option<f64> {
        (self.count > 0).then_some(self.best)
    }

    /// Standard deviation of a sample (n - 1); 0 for a single number.
    pub fn std(&self) -> Option<f64> {
        let others = self.count.saturating_sub(1).max(1) as f64;
        (self.count > 0).then(|| (self.squares / others).max(0.0).sqrt())
    }
}

/// A share, 0 to 1; `None` of nothing.
pub(crate) fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_a_score_counts_in_no_rate_and_no_mean() {
        let mut summary = Summary::default();
        assert_eq!((summary.build_rate(), summary.reward.mean()), (None, None));
        assert_eq!((summary.reward.best(), summary.reward.std()), (None, None));
        for (score, total, built) in [
            (Some(-0.5), Some(-1.0), Some(false)),
            (Some(0.7), Some(0.6), Some(true)),
            (Some(0.1), None, None),
            (None, None, Some(false)),
        ] {
            summary.add_values(score, total, built);
        }
        assert_eq!((summary.rows, summary.scored()), (4, 3));
        assert_eq!((summary.built, summary.unknown), (1, 1));
        assert_eq!(summary.build_rate(), Some(0.5));
        let near = |found: Option<f64>, expected: f64| {
            assert!(
                (found.unwrap() - expected).abs() < 1e-12,
                "{found:?}, not {expected}"
            );
        };
        near(summary.reward.mean(), 0.1);
        near(summary.reward.std(), 0.6);
        near(summary.total.mean(), -0.2);
        assert_eq!(
            (summary.reward.best(), summary.total.best()),
            (Some(0.7), Some(0.6))
        );
    }

    #[test]
    fn the_best_of_negative_numbers_is_negative() {
        let mut stats = Stats::default();
        stats.add(-0.9);
        stats.add(-0.4);
        assert_eq!(stats.best(), Some(-0.4));
    }
}
