//! Requests exports of the open training run.

use std::path::Path;
use std::sync::Arc;

use super::Controller;
use crate::data::report::Run;
use crate::data::store::Imported;
use crate::locate::{self, Overrides};
use crate::studio::exporting::{self, ExportKind, Repaired};
use crate::studio::rows::RowIndex;
use crate::studio::state::Report;

impl Controller {
    /// Exports all rows, or the selected ones.
    pub(super) fn export_rows_as(&mut self, export: ExportKind, chosen: Option<Vec<u32>>) {
        let Some(rows) = self.state.rows.clone() else {
            return self
                .report_error("no training run is open\nhint: open a JSONL file of candidates (Ctrl+O)");
        };
        let path = export.path(&rows.path);
        if export == ExportKind::Repair {
            let card = self.state.card();
            // Rows are named by their number.
            let number = |name: &str| name.strip_prefix("row ")?.parse::<usize>().ok()?.checked_sub(1);
            let (Some(row), Some(scored)) = (card.row.as_deref().and_then(number), card.scored()) else {
                return self.report_error(
                    "the code on screen is not a scored repair of a row\nhint: open a row, change its code and wait for its score",
                );
            };
            if scored.revision != card.revision {
                return self.report_error("the code on screen is not scored yet\nhint: wait for its score");
            }
            let repaired = Repaired {
                row,
                code: card.code.clone(),
                evaluation: scored.evaluation.clone(),
            };
            return self
                .files
                .export_data(path, move || exporting::save_repair(&rows, &repaired));
        }
        let tasks = exporting::task_set(
            self.state
                .sessions
                .iter()
                .map(|session| Arc::clone(&session.task)),
        );
        let prompts = locate::assets(&Overrides::default())
            .ok()
            .map(|assets| assets.join("prompts"));
        self.files.export_data(path, move || {
            exporting::write_export(export, &rows, chosen.as_deref(), &tasks, prompts.as_deref())
        });
    }

    /// Opens the user's row store.
    pub(super) fn open_row_store(&mut self) {
        match self.state.row_store.clone() {
            Some(folder) => self.files.read_trajectory(folder),
            None => self.report_error("no folder for a row store\nhint: set CADFORGE_DATA"),
        }
    }

    /// Imports the open rows into the store.
    pub(super) fn import_rows(&mut self) {
        let (Some(rows), Some(folder)) = (&self.state.rows, self.state.row_store.clone()) else {
            return self
                .report_error("no training run is open\nhint: open a JSONL file of candidates (Ctrl+O)");
        };
        if rows.stored {
            return self.report_error("these rows are already in a store");
        }
        self.files.import_rows(Arc::clone(rows), folder);
    }

    pub(super) fn handle_import(&mut self, folder: &Path, imported: Result<Imported, String>) {
        match imported {
            Err(message) => self.report_error(&message),
            Ok(imported) => {
                self.log(format!(
                    "imported {} rows as {}, {} of them new, into the store in {}",
                    imported.rows,
                    match &imported.run[..] {
                        "" => "separate runs".to_owned(),
                        run => format!("`{run}`"),
                    },
                    imported.added,
                    folder.display()
                ));
                for message in imported.malformed.messages() {
                    self.log(message);
                }
            }
        }
    }

    pub(super) fn read_report(&mut self) {
        if let Some(rows) = self.state.rows.clone() {
            self.state.report = Report::Reading;
            self.files.read_report(rows, self.state.other_rows.clone());
        }
    }

    pub(super) fn handle_report(&mut self, rows: &Arc<RowIndex>, read: Result<Vec<Run>, String>) {
        // Other rows may have been opened in the meantime.
        if !self
            .state
            .rows
            .as_ref()
            .is_some_and(|open| Arc::ptr_eq(open, rows))
        {
            return;
        }
        self.state.report = match read {
            Ok(runs) => Report::Read(runs.into()),
            Err(message) => Report::Failed(message),
        };
    }
}
