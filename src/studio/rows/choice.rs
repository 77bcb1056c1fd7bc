//! Filter and order of listed rows.

use super::{IndexedGroup, RowIndex};
use crate::data::Summary;
use crate::failure::Kind;
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
    /// See [`RowIndex::scales_of`].
    pub scales: Vec<String>,
    /// See [`RowIndex::curve`].
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
    /// Of one failure kind.
    Kind(Kind),
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
    pub fn list(&self, rows: &RowIndex, among: Option<&[u32]>, notes: &Notes) -> RowList {
        let mut fitting = self.of(rows, among, notes);
        let (summary, curve) = (rows.summary(&fitting), rows.curve(&fitting, POINTS));
        let scales = rows.scales_of(&fitting).into_iter().map(str::to_owned).collect();
        self.order.sort(&mut fitting, rows);
        RowList {
            rows: fitting,
            summary,
            scales,
            curve,
        }
    }

    /// Matching rows in file order.
    fn of(&self, rows: &RowIndex, among: Option<&[u32]>, notes: &Notes) -> Vec<u32> {
        let fits = |index: &u32| self.fits(rows, *index as usize, notes);
        match among {
            Some(among) => among.iter().copied().filter(fits).collect(),
            None => (0..rows.rows.len() as u32).filter(fits).collect(),
        }
    }

    fn fits(&self, rows: &RowIndex, index: usize, notes: &Notes) -> bool {
        let row = &rows.rows[index];
        let [low, high] = self.range;
        let which = match self.which {
            RowClass::All => true,
            RowClass::Built => row.built == Some(true),
            RowClass::Failed => row.built == Some(false),
            RowClass::Unknown => row.built.is_none(),
            RowClass::Pinned => notes.of(index).is_some_and(|note| note.pinned),
            RowClass::Uninformative => rows.is_uninformative(index),
            RowClass::Kind(kind) => row.kind == Some(kind),
        };
        which
            && self.task.is_none_or(|task| row.task == task)
            && self.run.is_none_or(|run| row.run == run)
            && (self.range == WHOLE || (low..=high).contains(&row.score))
    }
}

impl RowClass {
    /// All classes that occur among the rows.
    pub fn all(rows: &RowIndex) -> Vec<Self> {
        let mut all = vec![Self::All, Self::Built, Self::Failed];
        if rows.rows.iter().any(|row| row.built.is_none()) {
            all.push(Self::Unknown);
        }
        all.push(Self::Pinned);
        if rows.groups.iter().any(IndexedGroup::is_uninformative) {
            all.push(Self::Uninformative);
        }
        all.extend(rows.kinds().into_iter().map(Self::Kind));
        all
    }

    /// Displayed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Built => "built",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Pinned => "pinned",
            Self::Uninformative => "uninformative groups",
            Self::Kind(kind) => kind.name(),
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
    fn sort(self, of: &mut [u32], rows: &RowIndex) {
        let score = |index: &u32| rows.rows[*index as usize].score;
        match self {
            Self::File => {}
            Self::Best => of.sort_by(|a, b| score(b).total_cmp(&score(a))),
            Self::Worst => of.sort_by(|a, b| score(a).total_cmp(&score(b))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lines: &[&str]) -> RowIndex {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.jsonl");
        std::fs::write(&path, lines.join("\n")).unwrap();
        RowIndex::read(&path).unwrap()
    }

    fn listed(filter: RowFilter, rows: &RowIndex, among: Option<&[u32]>) -> Vec<u32> {
        filter.list(rows, among, &Notes::default()).rows
    }

    #[test]
    fn rows_of_uninformative_groups_and_of_a_range_are_found() {
        let rows = rows(&[
            r#"{"group_id": 1, "code": "a", "reward": {"build": 1.0, "total": 0.50}, "profile": "grounded-v2"}"#,
            r#"{"group_id": 1, "code": "b", "reward": {"build": 1.0, "total": 0.51}, "profile": "grounded-v2"}"#,
            r#"{"group_id": 2, "code": "c", "reward": {"build": 0.0, "total": -1.0}, "score": -0.50, "profile": "grounded-v2"}"#,
            r#"{"group_id": 2, "code": "d", "reward": {"build": 0.0, "total": -1.0}, "score": -0.30, "profile": "grounded-v2"}"#,
        ]);
        let lost = RowFilter {
            which: RowClass::Uninformative,
            ..RowFilter::default()
        };
        assert!(RowClass::all(&rows).contains(&lost.which));
        assert_eq!(listed(lost, &rows, None), [0, 1]);
        assert_eq!(listed(lost, &rows, Some(&[1, 2])), [1]);
        // By the score that the run compared, not by the total of a failed build.
        let best = RowFilter {
            order: Order::Best,
            range: [-1.0, 0.505],
            ..RowFilter::default()
        };
        assert_eq!(listed(best, &rows, None), [0, 3, 2]);
    }

    #[test]
    fn rows_are_classed_by_build_status() {
        let rows = rows(&[
            r#"{"task_id": "a", "code": "a", "reward": 0.5, "kind": "build_ok"}"#,
            r#"{"task_id": "a", "code": "b", "score": -0.7}"#,
            r#"{"task_id": "b", "code": "c", "reward": 0.68}"#,
        ]);
        let of = |which: RowClass| {
            let filter = RowFilter {
                which,
                ..RowFilter::default()
            };
            listed(filter, &rows, None)
        };
        assert!(RowClass::all(&rows).contains(&RowClass::Unknown));
        assert!(!RowClass::all(&rows).contains(&RowClass::Uninformative));
        assert_eq!(
            [
                RowClass::Built,
                RowClass::Failed,
                RowClass::Unknown,
                RowClass::Kind(Kind::BuildOk)
            ]
            .map(of),
            [vec![0], vec![1], vec![2], vec![0]]
        );
    }
}
