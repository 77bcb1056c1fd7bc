//! Numbers of listed rows.

use std::collections::BTreeMap;

use super::rows::{IndexedRow, RowIndex};
use crate::Summary;
use cadforge_core::failure::Kind;

/// What rows are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// Their task.
    Task,
    /// Their failure kind.
    Kind,
}

impl RowIndex {
    fn of<'a>(&'a self, rows: &'a [u32]) -> impl Iterator<Item = &'a IndexedRow> {
        rows.iter().filter_map(|row| self.rows.get(*row as usize))
    }

    /// Statistics of some rows.
    pub fn summary(&self, of: &[u32]) -> Summary {
        summary(self.of(of))
    }

    /// Statistics of some rows by task or kind, most rows first.
    pub fn by(&self, of: &[u32], key: GroupBy) -> Vec<(String, Summary)> {
        let mut found: BTreeMap<&str, Summary> = BTreeMap::new();
        for row in self.of(of) {
            let name = match key {
                GroupBy::Task => self.tasks.get(row.task as usize).map(String::as_str),
                GroupBy::Kind => row.kind.map(Kind::name),
            };
            if let Some(name) = name {
                add(found.entry(name).or_default(), row);
            }
        }
        let mut found: Vec<_> = found
            .into_iter()
            .map(|(name, summary)| (name.to_owned(), summary))
            .collect();
        found.sort_by_key(|(_, summary)| std::cmp::Reverse(summary.rows));
        found
    }

    /// Number of rows in each of `bins` equal intervals of the score from -1 to 1.
    pub fn histogram(&self, of: &[u32], bins: usize) -> Vec<u32> {
        let mut counts = vec![0; bins.max(1)];
        let last = counts.len() - 1;
        for row in self.of(of).filter(|row| row.score.is_finite()) {
            let share = (f64::from(row.score).clamp(-1.0, 1.0) + 1.0) / 2.0;
            let bin = (share * counts.len() as f64) as usize;
            counts[bin.min(last)] += 1;
        }
        counts
    }

    /// Mean score and share built of equal intervals of some rows, in file order; NaN where there is none.
    pub fn curve(&self, of: &[u32], points: usize) -> Vec<[f32; 2]> {
        let mut of = of.to_vec();
        of.sort_unstable();
        let size = of.len().div_ceil(points.max(1)).max(1);
        let number = |value: Option<f64>| value.map_or(f32::NAN, |value| value as f32);
        of.chunks(size)
            .map(|chunk| {
                let summary = self.summary(chunk);
                [number(summary.reward.mean()), number(summary.build_rate())]
            })
            .collect()
    }
}

fn summary<'a>(rows: impl Iterator<Item = &'a IndexedRow>) -> Summary {
    let mut summary = Summary::default();
    for row in rows {
        add(&mut summary, row);
    }
    summary
}

fn add(summary: &mut Summary, row: &IndexedRow) {
    let number = |value: f32| Some(f64::from(value)).filter(|value| value.is_finite());
    summary.add_values(number(row.score), number(row.total), row.built);
}
