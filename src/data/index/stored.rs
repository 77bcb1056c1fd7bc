//! Rows of a store: its index holds what a list needs, the rows are read on demand.

use std::collections::HashMap;
use std::path::Path;

use super::grouping::{FirstRow, Grouping};
use super::rows::{IndexedRow, RowIndex, index_of};
use crate::DataError;
use crate::store::{Filter, Store};

impl RowIndex {
    /// Reads the index of the store in a folder.
    ///
    /// # Errors
    /// If there is no store, it cannot be read, or it holds no rows to list.
    pub fn from_store(folder: &Path) -> Result<Self, DataError> {
        let store = Store::open_existing(folder)?;
        let mut index = Self {
            path: folder.to_owned(),
            stored: true,
            ..Self::default()
        };
        let mut grouping = Grouping::new();
        // Groups were formed when the rows were imported.
        let mut groups: HashMap<(u32, i64), u32> = HashMap::new();
        for row in store.list(&Filter::default(), u32::MAX, 0)? {
            if !row.row_format.is_candidate() {
                index.unlisted += 1;
                continue;
            }
            let next = groups.len() as u32;
            let group = *groups.entry((row.source, row.group_line)).or_insert(next);
            grouping.add(group, || FirstRow {
                profile: row.profile,
                line: row.group_line.cast_unsigned(),
                id: row.group_id,
            });
            if row.score.is_none() && row.kind.is_none() {
                index.unlisted += 1;
                continue;
            }
            grouping.list(group, row.score);
            let profile = serde_json::to_value(row.profile).unwrap_or_default();
            let number = |value: Option<f64>| value.map_or(f32::NAN, |value| value as f32);
            index.rows.push(IndexedRow {
                start: row.id.cast_unsigned(),
                score: number(row.score),
                total: number(row.total),
                run: index_of(&mut index.runs, Some(&row.run)),
                task: index_of(&mut index.tasks, row.task_id.as_deref()),
                scale: index_of(&mut index.scales, profile.as_str()),
                kind: row.kind.and_then(|name| serde_json::from_value(name.into()).ok()),
                built: row.built,
            });
        }
        grouping.finish(&mut index);
        if index.rows.is_empty() {
            return Err(DataError::Input(format!(
                "the store in {} holds no rows with a reward or a kind\nhint: open a run and import it",
                folder.display()
            )));
        }
        Ok(index)
    }

    /// Opens the store of the rows.
    pub(super) fn open_store(&self) -> Result<Store, DataError> {
        Store::open_existing(&self.path)
    }

    /// Id of a row in the store.
    pub fn id(&self, index: usize) -> Option<i64> {
        let row = self.rows.get(index).filter(|_| self.stored)?;
        Some(row.start.cast_signed())
    }
}
