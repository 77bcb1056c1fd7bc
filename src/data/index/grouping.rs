//! Groups of an index.

use super::RowIndex;
use crate::{DEFAULT_GENERATIONS, Groups, Row, compare};
use cadforge_reward::Profile;

/// A group of rows.
#[derive(Debug, PartialEq)]
pub struct IndexedGroup {
    /// Place of its rows among the members of all groups.
    start: u32,
    end: u32,
    /// Index of its run.
    run: u16,
    /// Whether the scores differ enough for training.
    pub informative: bool,
    /// Line of its first row.
    line: u64,
    /// Its id, if the rows have one.
    id: Option<Box<str>>,
}

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

impl RowIndex {
    /// Rows of a group, in order.
    pub fn members(&self, group: &IndexedGroup) -> &[u32] {
        &self.members[group.start as usize..group.end as usize]
    }

    /// Name of a group: its id, or where it begins; with its run, if there are several.
    pub fn group_name(&self, group: &IndexedGroup) -> String {
        let name = match &group.id {
            Some(id) => id.to_string(),
            None => format!("at line {}", group.line),
        };
        match self.runs.get(group.run as usize) {
            Some(run) => format!("{run} {name}"),
            None => name,
        }
    }

    /// Index of a row's group.
    pub fn group_of(&self, row: usize) -> Option<usize> {
        let group = *self.group_of.get(row)? as usize;
        (group < self.groups.len()).then_some(group)
    }

    /// Advantage of a row in its group; none without a score.
    pub fn advantage(&self, row: usize) -> Option<f64> {
        let advantage = self.advantages.get(row).filter(|value| value.is_finite())?;
        Some(f64::from(*advantage))
    }

    /// Whether the scores of a row's group hardly differ, so that it gives no training signal. A group of one has nothing to compare.
    pub fn is_uninformative(&self, row: usize) -> bool {
        self.group_of(row)
            .is_some_and(|group| self.groups[group].is_uninformative())
    }
}

impl IndexedGroup {
    /// See [`RowIndex::is_uninformative`].
    pub fn is_uninformative(&self) -> bool {
        !self.informative && self.end - self.start > 1
    }
}
