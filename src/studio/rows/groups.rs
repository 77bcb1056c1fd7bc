//! Groups of candidates of one prompt, compared as `cadforge score` does it.

use std::collections::BTreeMap;

use super::Rows;
use crate::data::compare;
use crate::reward::Profile;

/// Candidates of one prompt.
#[derive(Debug, PartialEq)]
pub struct Group {
    /// Group id.
    pub name: String,
    /// Indices of its rows.
    pub rows: Vec<u32>,
    /// Whether the scores differ enough for training.
    pub informative: bool,
}

/// Groups while rows are being read.
#[derive(Default)]
pub(super) struct Grouping {
    known: BTreeMap<String, u32>,
    groups: Vec<PendingGroup>,
    of_row: Vec<u32>,
}

struct PendingGroup {
    name: String,
    /// Profile of the first row.
    profile: Profile,
    rows: Vec<u32>,
    scores: Vec<Option<f64>>,
}

impl Grouping {
    /// Adds the next row.
    pub(super) fn push(&mut self, name: Option<String>, score: Option<f64>, profile: Profile) {
        let row = self.of_row.len() as u32;
        let group = name.map_or(u32::MAX, |name| {
            let next = self.groups.len() as u32;
            let group = *self.known.entry(name).or_insert_with_key(|name| {
                self.groups.push(PendingGroup {
                    name: name.clone(),
                    profile,
                    rows: Vec::new(),
                    scores: Vec::new(),
                });
                next
            });
            let gathered = &mut self.groups[group as usize];
            gathered.rows.push(row);
            gathered.scores.push(score);
            group
        });
        self.of_row.push(group);
    }

    /// Compares the candidates of each group.
    pub(super) fn finish(self, rows: &mut Rows) {
        rows.advantages = vec![f32::NAN; self.of_row.len()];
        rows.group_of = self.of_row;
        let compared = self.groups.into_iter().map(|group| {
            let of = compare(&group.scores, group.profile);
            for (row, advantage) in group.rows.iter().zip(of.advantages) {
                rows.advantages[*row as usize] = advantage.map_or(f32::NAN, |advantage| advantage as f32);
            }
            Group {
                name: group.name,
                rows: group.rows,
                informative: of.informative,
            }
        });
        rows.groups = compared.collect();
    }
}

impl Rows {
    /// Advantage of a row in its group; none without a group or a score.
    pub fn advantage(&self, row: usize) -> Option<f64> {
        let advantage = self
            .advantages
            .get(row)
            .copied()
            .filter(|value| value.is_finite());
        advantage.map(f64::from)
    }

    /// Whether the scores of a row's group hardly differ, so that it gives no training signal.
    pub fn is_uninformative(&self, row: usize) -> bool {
        self.group_of
            .get(row)
            .and_then(|group| self.groups.get(*group as usize))
            .is_some_and(|group| !group.informative)
    }
}
