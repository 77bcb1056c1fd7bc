//! Groups of an index, made while rows are being read.

use super::rows::{IndexedGroup, RowIndex};
use crate::{DEFAULT_GENERATIONS, Groups, Row, compare};
use cadforge_reward::Profile;

/// Groups while rows are being read.
pub(super) struct Grouping {
    groups: Groups,
    files: u32,
    /// Values of each group's first row, listed or not.
    firsts: Vec<FirstRow>,
    /// Group and score of each listed row.
    rows: Vec<(u32, Option<f64>)>,
}

pub(super) struct FirstRow {
    pub profile: Profile,
    pub line: u64,
    pub id: Option<String>,
}

impl Grouping {
    pub fn new() -> Self {
        Self {
            groups: Groups::new(DEFAULT_GENERATIONS),
            files: 0,
            firsts: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// The next rows are of another file.
    pub fn next_file(&mut self) {
        self.files += 1;
        self.groups.set_file(self.files);
    }

    /// Adds a candidate, and returns its group.
    pub fn push(&mut self, row: &Row, line: u64) -> u32 {
        let group = self.groups.push(row, line);
        self.add(group, || FirstRow {
            profile: row.profile(),
            line,
            id: row.group_id(),
        });
        group
    }

    pub fn pass_over(&mut self, row: &Row) {
        self.groups.pass_over(row);
    }

    /// Adds a group, unless it is known; groups are numbered in order.
    pub fn add(&mut self, group: u32, first: impl FnOnce() -> FirstRow) {
        if group as usize == self.firsts.len() {
            self.firsts.push(first());
        }
    }

    /// Lists a row of a group.
    pub fn list(&mut self, group: u32, score: Option<f64>) {
        self.rows.push((group, score));
    }

    /// Compares the rows of each group.
    pub fn finish(self, index: &mut RowIndex) {
        let Self { mut firsts, rows, .. } = self;
        let group_of = |row: &u32| rows[*row as usize].0;
        let mut members: Vec<u32> = (0..rows.len() as u32).collect();
        // Stable: rows of a group stay in order.
        members.sort_by_key(group_of);
        index.advantages = vec![f32::NAN; rows.len()];
        index.group_of = vec![u32::MAX; rows.len()];
        let mut end = 0;
        for group in members.chunk_by(|one, other| group_of(one) == group_of(other)) {
            let start = end;
            end += group.len() as u32;
            let first = &mut firsts[group_of(&group[0]) as usize];
            let scores: Vec<Option<f64>> = group.iter().map(|row| rows[*row as usize].1).collect();
            let compared = compare(&scores, first.profile);
            let is_listed = group.len() > 1 || first.id.is_some();
            for (row, advantage) in group.iter().zip(compared.advantages) {
                index.advantages[*row as usize] = advantage.map_or(f32::NAN, |advantage| advantage as f32);
                if is_listed {
                    index.group_of[*row as usize] = index.groups.len() as u32;
                }
            }
            if is_listed {
                index.groups.push(IndexedGroup {
                    start,
                    end,
                    run: index.rows[group[0] as usize].run,
                    informative: compared.informative,
                    line: first.line,
                    id: first.id.take().map(String::into_boxed_str),
                });
            }
        }
        index.members = members;
    }
}
