//! Training runs: rows, a run to compare with, notes, and the candidates of a group.

use std::path::PathBuf;
use std::sync::Arc;

use super::Controller;
use crate::assess::Assessment;
use crate::data::file_stem;
use crate::engine::JobId;
use crate::studio::files::RowCode;
use crate::studio::notes::Notes;
use crate::studio::rows::{REPLACES_ITSELF, RowIndex};
use crate::studio::state::{GroupView, Member, Phase, Report};

/// Number of candidates of a group that are built; more would block the workers.
pub const MAX_MEMBERS: usize = 24;

impl Controller {
    pub(super) fn show_rows(&mut self, rows: Arc<RowIndex>, notes: Result<Notes, String>) {
        let mut text = format!("opened {} rows of {}", rows.rows.len(), rows.path.display());
        for (count, what) in [
            (rows.malformed.count, "malformed lines skipped"),
            (rows.unlisted, "rows without a scored candidate not listed"),
        ] {
            if count > 0 {
                text.push_str(&format!("; {count} {what}"));
            }
        }
        self.log(text);
        for message in rows.malformed.messages() {
            self.log(message);
        }
        self.close_rows();
        match notes {
            Ok(notes) => self.state.notes = notes,
            Err(message) => {
                self.notes_unreadable = true;
                self.report_error(&message);
            }
        }
        self.state.rows = Some(rows);
    }

    pub(super) fn close_rows(&mut self) {
        self.drop_group();
        self.notes_unreadable = false;
        let state = &mut self.state;
        state.rows = None;
        state.row_matches = None;
        state.row_matches_serial += 1;
        state.open_row = None;
        state.other_rows = None;
        state.report = Report::Unread;
        state.notes = Notes::default();
    }

    pub(super) fn show_other(&mut self, rows: Arc<RowIndex>) {
        self.log(format!(
            "comparing with {} rows of {}",
            rows.rows.len(),
            rows.path.display()
        ));
        self.state.other_rows = Some(rows);
        self.state.report = Report::Unread;
    }

    pub(super) fn search_rows(&mut self, text: String) {
        self.state.row_matches_serial += 1;
        if text.is_empty() {
            self.state.row_matches = None;
        } else if let Some(rows) = &self.state.rows {
            self.files
                .search_rows(Arc::clone(rows), text, self.state.row_matches_serial);
        }
    }

    pub(super) fn save_notes(&mut self) {
        if let Some(rows) = self.state.rows.as_ref().filter(|_| !self.notes_unreadable) {
            self.files.save_notes(rows.path.clone(), self.state.notes.clone());
        }
    }

    /// Selects rows to write once a path is chosen.
    pub fn choose_rows(&mut self, rows: Vec<u32>) {
        self.chosen_rows = rows;
    }

    pub(super) fn suggested_rows(&self) -> String {
        let rows = self.state.rows.as_ref();
        let name = rows.map_or(String::new(), |rows| file_stem(&rows.path));
        format!("{name}-selection.jsonl")
    }

    pub(super) fn export_rows(&mut self, path: PathBuf) {
        let chosen = std::mem::take(&mut self.chosen_rows);
        let Some(rows) = &self.state.rows else { return };
        if path == rows.path {
            return self.report_error(REPLACES_ITSELF);
        }
        let notes = self.state.notes.clone();
        self.files.export_rows(path, Arc::clone(rows), chosen, notes);
    }

    /// Builds the candidates of a group, in place of those of another one.
    pub(super) fn open_group(&mut self, index: usize) {
        if self.state.group.as_ref().is_some_and(|view| view.group == index) {
            return;
        }
        self.drop_group();
        let Some(rows) = self.state.rows.clone() else {
            return;
        };
        let Some(group) = rows.groups.get(index) else {
            return;
        };
        let members: Vec<usize> = rows
            .members(group)
            .iter()
            .take(MAX_MEMBERS)
            .map(|row| *row as usize)
            .collect();
        self.state.group = Some(GroupView {
            group: index,
            members: members
                .iter()
                .map(|row| Member {
                    row: *row,
                    phase: Phase::Reading,
                })
                .collect(),
        });
        self.files.read_group(rows, index, members);
    }

    pub(super) fn build_group(&mut self, index: usize, codes: Vec<(usize, RowCode)>) {
        if self.state.group.as_ref().is_none_or(|view| view.group != index) {
            return;
        }
        let mut phases = Vec::new();
        for (row, code) in codes {
            phases.push(match code {
                Err(message) => Phase::Broken(message),
                Ok((task, code)) => {
                    let known = task.as_ref().map_or(Some(self.state.current), |task| {
                        self.state
                            .sessions
                            .iter()
                            .position(|session| session.task.id == *task)
                    });
                    match known {
                        Some(session) => {
                            Phase::Building(self.build_member(session, &code, format!("row {}", row + 1)))
                        }
                        None => Phase::Broken(format!("task not loaded: {}", task.unwrap_or_default())),
                    }
                }
            });
        }
        if let Some(view) = &mut self.state.group {
            for (member, phase) in view.members.iter_mut().zip(phases) {
                member.phase = phase;
            }
        }
    }

    /// Handles the result of a candidate of the group on screen.
    pub(super) fn handle_member(&mut self, job: JobId, assessment: Assessment) {
        let phase = match (assessment.shape, assessment.evaluation.failure) {
            (Some(shape), _) => Phase::Built(shape),
            (None, Some(failure)) => Phase::Broken(failure.message),
            (None, None) => Phase::Broken("no shape".to_owned()),
        };
        self.settle_member(job, phase);
    }

    pub(super) fn settle_member(&mut self, job: JobId, phase: Phase) {
        let members = self.state.group.iter_mut().flat_map(|view| &mut view.members);
        for member in members {
            if matches!(member.phase, Phase::Building(building) if building == job) {
                member.phase = phase;
                return;
            }
        }
    }

    fn drop_group(&mut self) {
        let Some(view) = self.state.group.take() else {
            return;
        };
        for member in view.members {
            if let Phase::Building(job) = member.phase {
                self.drop_job(job);
            }
        }
    }
}
