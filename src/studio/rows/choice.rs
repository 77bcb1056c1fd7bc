//! Filter and order of listed rows.

use super::{Rows, Summary};
use crate::studio::notes::Notes;

/// The full reward range.
const WHOLE: [f32; 2] = [-1.0, 1.0];
/// Number of points of the curve below a list.
const POINTS: usize = 120;

/// Filter and order of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowFilter {
    pub which: RowClass,
    /// Task index; none for all tasks.
    pub task: Option<u16>,
    /// Run index; none for all runs.
    pub run: Option<u16>,
    /// Reward range; rows without a reward match the full range only.
    pub range: [f32; 2],
    /// Order.
    pub order: Order,
}

/// Listed rows with statistics.
#[derive(Clone, Debug, Default)]
pub struct RowList {
    /// Rows in the list's order.
    pub rows: Vec<u32>,
    /// Statistics of the rows.
    pub summary: Summary,
    /// See [`Rows::curve`].
    pub curve: Vec<[f32; 2]>,
}

/// Classes of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowClass {
    /// All rows.
    All,
    /// Built.
    Built,
    /// Failed builds.
    Failed,
    /// Unknown build status.
    Unknown,
    /// Pinned.
    Pinned,
    /// Of uninformative groups.
    Uninformative,
    /// Of one failure kind, by index.
    Kind(u16),
}

/// Orders of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// File order.
    File,
    /// Highest reward first.
    Best,
    /// Lowest reward first.
    Worst,
}

impl Default for RowFilter {
    fn default() -> Self {
        Self {
            which: RowClass::All,
            task: None,
            run: None,
            range: WHOLE,
            order: Order::File,
        }
    }
}

impl RowFilter {
    /// Lists the matching rows; only those of `among`, if given by a search.
    pub fn list(&self, rows: &Rows, among: Option<&[u32]>, notes: &Notes) -> RowList {
        let mut fitting = self.of(rows, among, notes);
        let (summary, curve) = (rows.summary(&fitting), rows.curve(&fitting, POINTS));
        self.order.sort(&mut fitting, rows);
        RowList {
            rows: fitting,
            summary,
            curve,
        }
    }

    /// Matching rows in file order.
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
            RowClass::All => true,
            RowClass::Built => row.built == Some(true),
            RowClass::Failed => row.built == Some(false),
            RowClass::Unknown => row.built.is_none(),
            RowClass::Pinned => notes.of(index).is_some_and(|note| note.pinned),
            RowClass::Uninformative => rows.is_uninformative(index),
            RowClass::Kind(kind) => row.kind == kind,
        };
        which
            && self.task.is_none_or(|task| row.task == task)
            && self.run.is_none_or(|run| row.run == run)
            && (self.range == WHOLE || (low..=high).contains(&row.total))
    }
}

impl RowClass {
    /// All classes that occur among the rows.
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

    /// Displayed name.
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
    /// All orders.
    pub const ALL: [Self; 3] = [Self::File, Self::Best, Self::Worst];

    /// Displayed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "in order",
            Self::Best => "best first",
            Self::Worst => "worst first",
        }
    }

    /// Sorts rows given in file order.
    fn sort(self, of: &mut [u32], rows: &Rows) {
        let total = |index: &u32| rows.rows[*index as usize].total;
        match self {
            Self::File => {}
            Self::Best => of.sort_by(|a, b| total(b).total_cmp(&total(a))),
            Self::Worst => of.sort_by(|a, b| total(a).total_cmp(&total(b))),
        }
    }
}
