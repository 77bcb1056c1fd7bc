//! Which rows are listed, and in what order.

use super::{Rows, Summary};
use crate::studio::notes::Notes;

/// Every reward.
const WHOLE: [f32; 2] = [-1.0, 1.0];
/// Points of the curve below a list.
const POINTS: usize = 120;

/// What the listed rows have, and how they are sorted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// Rows of one sort.
    pub which: RowFilterKind,
    /// Index of their task; every one if none.
    pub task: Option<u16>,
    /// Index of their run; every one if none.
    pub run: Option<u16>,
    /// Least and greatest reward; rows without one are within the whole range alone.
    pub range: [f32; 2],
    /// How they are sorted.
    pub order: Order,
}

/// The rows of a list, and what they come to.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// In the list's order.
    pub rows: Vec<u32>,
    /// Numbers about them.
    pub summary: Summary,
    /// See [`Rows::curve`].
    pub curve: Vec<[f32; 2]>,
}

/// Sorts of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFilterKind {
    /// Every row.
    All,
    /// What built.
    Built,
    /// What did not.
    Failed,
    /// What does not say whether it did.
    Unknown,
    /// What somebody pinned.
    Pinned,
    /// Of groups that teach nothing.
    Uninformative,
    /// Of one kind, by its index.
    Kind(u16),
}

/// Orders of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// That of the file.
    File,
    /// The greatest reward first.
    Best,
    /// The least reward first.
    Worst,
}

impl Default for Choice {
    fn default() -> Self {
        Self {
            which: RowFilterKind::All,
            task: None,
            run: None,
            range: WHOLE,
            order: Order::File,
        }
    }
}

impl Choice {
    /// Lists the rows that fit; of `among` alone where a search has found those.
    pub fn list(&self, rows: &Rows, among: Option<&[u32]>, notes: &Notes) -> Listed {
        let mut fitting = self.of(rows, among, notes);
        let (summary, curve) = (rows.summary(&fitting), rows.curve(&fitting, POINTS));
        self.order.sort(&mut fitting, rows);
        Listed {
            rows: fitting,
            summary,
            curve,
        }
    }

    /// The rows that fit, in the order of the file.
    fn of(&self, rows: &Rows, among: Option<&[u32]>, notes: &Notes) -> Vec<u32> {
        let fits = |index: &u32| self.fits(rows, *index as usize, notes);
        match among {
            Some(among) => among.iter().copied().filter(fits).collect(),
            None => (0..rows.rows.len() as u32).filter(fits).collect(),
        }
    }

    fn fits(&self, rows: &Rows, index: usize, notes: &Notes) -> bool {
        let row = &rows.rows[index];
        let [low, high] = self.range;
        let which = match self.which {
            RowFilterKind::All => true,
            RowFilterKind::Built => row.built == Some(true),
            RowFilterKind::Failed => row.built == Some(false),
            RowFilterKind::Unknown => row.built.is_none(),
            RowFilterKind::Pinned => notes.of(index).is_some_and(|note| note.pinned),
            RowFilterKind::Uninformative => rows.is_uninformative(index),
            RowFilterKind::Kind(kind) => row.kind == kind,
        };
        which
            && self.task.is_none_or(|task| row.task == task)
            && self.run.is_none_or(|run| row.run == run)
            && (self.range == WHOLE || (low..=high).contains(&row.total))
    }
}

impl RowFilterKind {
    /// All sorts that there are among some rows.
    pub fn all(rows: &Rows) -> Vec<Self> {
        let mut all = vec![Self::All, Self::Built, Self::Failed];
        if rows.rows.iter().any(|row| row.built.is_none()) {
            all.push(Self::Unknown);
        }
        all.push(Self::Pinned);
        if rows.groups.iter().any(|group| !group.informative) {
            all.push(Self::Uninformative);
        }
        all.extend((0..rows.kinds.len() as u16).map(Self::Kind));
        all
    }

    /// What a person calls it.
    pub fn name(self, rows: &Rows) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Built => "built".to_owned(),
            Self::Failed => "failed".to_owned(),
            Self::Unknown => "unknown".to_owned(),
            Self::Pinned => "pinned".to_owned(),
            Self::Uninformative => "uninformative groups".to_owned(),
            Self::Kind(kind) => rows.kinds.get(kind as usize).cloned().unwrap_or_default(),
        }
    }
}

impl Order {
    /// Every order.
    pub const ALL: [Self; 3] = [Self::File, Self::Best, Self::Worst];

    /// What a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "in order",
            Self::Best => "best first",
            Self::Worst => "worst first",
        }
    }

    /// Sorts rows that are in the order of the file.
    fn sort(self, of: &mut [u32], rows: &Rows) {
        let total = |index: &u32| rows.rows[*index as usize].total;
        match self {
            Self::File => {}
            Self::Best => of.sort_by(|a, b| total(b).total_cmp(&total(a))),
            Self::Worst => of.sort_by(|a, b| total(a).total_cmp(&total(b))),
        }
    }
}
