//! The list of a run's rows and of their groups.

use std::path::{Path, PathBuf};

use crate::MalformedLines;
use crate::spool::Spool;
use cadforge_core::failure::Kind;

/// Rows of a file, a folder or a store.
#[derive(Debug, Default)]
pub struct RowIndex {
    /// The file, or the folder of a store or of several files.
    pub path: PathBuf,
    /// Whether the rows come from a store.
    pub stored: bool,
    /// Files of the rows, in the order of `runs`; empty for a store.
    pub files: Vec<PathBuf>,
    /// Candidates that have a score or a kind, in order.
    pub rows: Vec<IndexedRow>,
    /// Task names that rows refer to.
    pub tasks: Vec<String>,
    /// What scores can be compared with ([`Row::scale`](crate::Row::scale)), as rows refer to it.
    pub scales: Vec<String>,
    /// Run names that rows refer to; empty for one file.
    pub runs: Vec<String>,
    /// Groups of two rows or more, and those with an id, in order of their first row.
    pub groups: Vec<IndexedGroup>,
    /// Rows of the groups, group by group.
    pub(super) members: Vec<u32>,
    /// Group of each row; `u32::MAX` for none.
    pub(super) group_of: Vec<u32>,
    /// Advantage of each row in its group; NaN without a score.
    pub(super) advantages: Vec<f32>,
    /// Malformed lines.
    pub malformed: MalformedLines,
    /// Rows that are not listed: prompts, pairs, and candidates with neither a score nor a kind.
    pub unlisted: usize,
    /// Where the rows of each compressed file begin in the spool.
    pub(super) unpacked: Vec<Option<u64>>,
    pub(super) spool: Option<Spool>,
}

/// A row as displayed in a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IndexedRow {
    /// Offset of the line in the (unpacked) file, or id in the store.
    pub(super) start: u64,
    /// Score that the training loop compared; NaN for none.
    pub score: f32,
    /// Unshaped total; NaN for none.
    pub total: f32,
    /// Index of its run.
    pub run: u16,
    /// Index of its task; `u16::MAX` for none.
    pub task: u16,
    /// Index of its scale.
    pub(super) scale: u16,
    /// Its kind.
    pub kind: Option<Kind>,
    /// Whether it built; none if unknown.
    pub built: Option<bool>,
}

/// A group of rows.
#[derive(Debug, PartialEq)]
pub struct IndexedGroup {
    /// Place of its rows among the members of all groups.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Index of its run.
    pub(super) run: u16,
    /// Whether the scores differ enough for training.
    pub informative: bool,
    /// Line of its first row.
    pub(super) line: u64,
    /// Its id, if the rows have one.
    pub(super) id: Option<Box<str>>,
}

impl RowIndex {
    /// File of a row, or folder of the store.
    pub fn file(&self, row: &IndexedRow) -> &Path {
        self.files.get(row.run as usize).unwrap_or(&self.path)
    }

    /// Whether the rows come from the files of a folder.
    pub fn is_folder(&self) -> bool {
        !self.stored && !self.runs.is_empty()
    }

    /// Scales of the scores of some rows; means over several of them are not meaningful.
    pub fn scales_of(&self, rows: &[u32]) -> Vec<&str> {
        let scored = rows
            .iter()
            .filter_map(|&row| self.rows.get(row as usize))
            .filter(|row| row.score.is_finite());
        let found: std::collections::BTreeSet<u16> = scored.map(|row| row.scale).collect();
        let name = |scale: u16| self.scales.get(scale as usize).map(String::as_str);
        found.into_iter().filter_map(name).collect()
    }

    /// Kinds that occur among the rows.
    pub fn kinds(&self) -> Vec<Kind> {
        let kinds: std::collections::BTreeSet<Kind> = self.rows.iter().filter_map(|row| row.kind).collect();
        kinds.into_iter().collect()
    }

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

pub(super) fn index_of(names: &mut Vec<String>, name: Option<&str>) -> u16 {
    let Some(name) = name else { return u16::MAX };
    let index = names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    u16::try_from(index).unwrap_or(u16::MAX)
}
