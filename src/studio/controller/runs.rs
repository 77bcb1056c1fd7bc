//! Training runs: rows, a run to compare with, notes, exports, and the candidates of a group.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::data::DataError;
use crate::data::file_stem;
use crate::data::report::Run;
use crate::data::store::{Imported, Store};
use crate::engine::{JobId, Wake};
use crate::geometry::Shape;
use crate::locate::{self, Overrides};
use crate::studio::background::{Background, LatestWrite, Operations};
use crate::studio::exporting::{self, ExportKind, Repaired};
use crate::studio::notes::Notes;
use crate::studio::rows::{REPLACES_ITSELF, RowIndex, write_rows};
use crate::studio::state::{BuildPhase, Card, GroupMember, GroupView, Messages, RunReport, Runs, file_name};
use crate::task::TaskSet;

/// Number of candidates of a group that are built; more would block the workers.
pub const MAX_MEMBERS: usize = 24;

const NO_RUN: &str = "no training run is open\nhint: open a JSONL file of candidates (Ctrl+O)";

/// Rows of training runs and what is read from them.
pub(super) struct RunPart {
    pub state: Runs,
    background: Background<RunEvent>,
    note_writes: LatestWrite,
    /// Selected rows that wait for a path.
    chosen_rows: Vec<u32>,
    /// Whether the notes file could not be read and must not be overwritten.
    notes_unreadable: bool,
}

/// Task and code of a row, or the error.
pub(super) type RowCode = Result<(Option<String>, String), String>;

/// Result of work on rows.
#[derive(Debug)]
pub(super) enum RunEvent {
    /// Rows to compare with were read.
    Other(Result<Arc<RowIndex>, String>),
    /// Codes of a group were read: index and code of each row.
    Group(usize, Vec<(usize, RowCode)>),
    /// A row's code was read.
    RowCode(usize, RowCode),
    /// Rows that contain a text, with the serial number of the search.
    Matches(u64, Result<Vec<u32>, String>),
    Report(Arc<RowIndex>, Result<Vec<Run>, String>),
    /// Rows were imported into the store in a folder.
    Imported(PathBuf, Result<Imported, String>),
    Exported(PathBuf, Result<(), String>),
    NotSaved(String),
}

/// What the rows need of the sessions.
#[derive(Debug)]
pub(super) enum RunRequest {
    /// Display the code of a row.
    Show {
        row: usize,
        task: Option<String>,
        code: String,
    },
    /// Build the codes of a group's rows.
    Build(usize, Vec<(usize, RowCode)>),
}

impl RunPart {
    pub fn new(wake: Wake, operations: Operations) -> Self {
        Self {
            state: Runs::default(),
            background: Background::new(wake, operations),
            note_writes: LatestWrite::default(),
            chosen_rows: Vec::new(),
            notes_unreadable: false,
        }
    }

    /// Handles the results received so far; returns what the sessions have to do.
    pub fn update(&mut self, messages: &mut Messages) -> Vec<RunRequest> {
        let mut requests = Vec::new();
        while let Some(event) = self.background.next() {
            requests.extend(self.handle(event, messages));
        }
        requests
    }

    fn handle(&mut self, event: RunEvent, messages: &mut Messages) -> Option<RunRequest> {
        match event {
            RunEvent::RowCode(row, Ok((task, code))) => return Some(RunRequest::Show { row, task, code }),
            RunEvent::Group(group, codes) => {
                let on_screen = self.state.group.as_ref().map(|view| view.group);
                return (on_screen == Some(group)).then_some(RunRequest::Build(group, codes));
            }
            RunEvent::Other(Ok(rows)) => {
                messages.log(format!(
                    "comparing with {} rows of {}",
                    rows.rows.len(),
                    rows.path.display()
                ));
                self.state.other = Some(rows);
                self.state.report = RunReport::Unread;
            }
            RunEvent::Matches(serial, found) if serial == self.state.matches_serial => {
                self.state.matches_serial += 1;
                match found {
                    Ok(found) => self.state.matches = Some(found),
                    Err(message) => messages.report_error(&message),
                }
            }
            // Of an earlier search.
            RunEvent::Matches(..) => {}
            RunEvent::Report(rows, read) => {
                // Other rows may have been opened in the meantime.
                if self
                    .state
                    .rows
                    .as_ref()
                    .is_some_and(|open| Arc::ptr_eq(open, &rows))
                {
                    self.state.report = match read {
                        Ok(runs) => RunReport::Read(runs.into()),
                        Err(message) => RunReport::Failed(message),
                    };
                }
            }
            RunEvent::Imported(folder, Ok(imported)) => {
                messages.log(format!(
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
                    messages.log(message);
                }
            }
            RunEvent::Exported(path, Ok(())) => messages.log(format!("wrote {}", path.display())),
            RunEvent::RowCode(_, Err(message))
            | RunEvent::Other(Err(message))
            | RunEvent::Imported(_, Err(message))
            | RunEvent::Exported(_, Err(message))
            | RunEvent::NotSaved(message) => messages.report_error(&message),
        }
        None
    }

    /// Displays rows in place of the open ones; returns the jobs that these no longer need.
    pub fn show(
        &mut self,
        rows: Arc<RowIndex>,
        notes: Result<Notes, String>,
        messages: &mut Messages,
    ) -> Vec<JobId> {
        let mut text = format!("opened {} rows of {}", rows.rows.len(), rows.path.display());
        for (count, what) in [
            (rows.malformed.count, "malformed lines skipped"),
            (rows.unlisted, "rows without a scored candidate not listed"),
        ] {
            if count > 0 {
                text.push_str(&format!("; {count} {what}"));
            }
        }
        messages.log(text);
        for message in rows.malformed.messages() {
            messages.log(message);
        }
        let needless = self.close();
        match notes {
            Ok(notes) => self.state.notes = notes,
            Err(message) => {
                self.notes_unreadable = true;
                messages.report_error(&message);
            }
        }
        self.state.rows = Some(rows);
        needless
    }

    /// Closes the rows; returns the jobs that they no longer need.
    pub fn close(&mut self) -> Vec<JobId> {
        let needless = self.drop_group();
        self.notes_unreadable = false;
        self.state = Runs {
            matches_serial: self.state.matches_serial + 1,
            store: self.state.store.take(),
            ..Runs::default()
        };
        needless
    }

    pub fn read_row(&self, row: usize) {
        if let Some(rows) = self.state.rows.clone() {
            self.background
                .run(move || RunEvent::RowCode(row, code(&rows, row)));
        }
    }

    pub fn search(&mut self, text: String) {
        self.state.matches_serial += 1;
        let serial = self.state.matches_serial;
        if text.is_empty() {
            self.state.matches = None;
        } else if let Some(rows) = self.state.rows.clone() {
            self.background.run_long("searching", move |_| {
                let found = rows.search(&text).map_err(|error| error.to_string());
                RunEvent::Matches(serial, found)
            });
        }
    }

    pub fn pin(&mut self, row: usize, pinned: bool) {
        self.state.notes.pin(row, pinned);
        self.save_notes();
    }

    pub fn annotate(&mut self, row: usize, text: &str) {
        self.state.notes.annotate(row, text);
        self.save_notes();
    }

    fn save_notes(&mut self) {
        if let Some(rows) = self.state.rows.as_ref().filter(|_| !self.notes_unreadable) {
            let (path, notes) = (rows.path.clone(), self.state.notes.clone());
            let write = move || notes.write(&path);
            self.note_writes
                .write(self.background.sender(), write, RunEvent::NotSaved);
        }
    }

    /// Reads rows to compare with: a file, a store or a folder.
    pub fn read_other(&self, path: PathBuf) {
        let what = format!("reading {}", file_name(&path));
        self.background.run_long(what, move |progress| {
            let rows = RowIndex::open(&path, progress);
            RunEvent::Other(rows.map(Arc::new).map_err(|error| error.to_string()))
        });
    }

    pub fn close_other(&mut self) {
        self.state.other = None;
        self.state.report = RunReport::Unread;
    }

    /// Computes the report of the runs among the rows, and of the run to compare with.
    pub fn read_report(&mut self) {
        let Some(rows) = self.state.rows.clone() else {
            return;
        };
        self.state.report = RunReport::Reading;
        let other = self.state.other.clone();
        self.background.run_long("reading the report", move |_| {
            let read = exporting::runs(&rows).and_then(|mut runs| {
                if let Some(other) = other {
                    runs.extend(exporting::runs(&other)?);
                }
                Ok(runs)
            });
            RunEvent::Report(rows, read)
        });
    }

    /// Selects rows to write once a path is chosen.
    pub fn choose_rows(&mut self, rows: Vec<u32>) {
        self.chosen_rows = rows;
    }

    pub fn suggested_name(&self) -> String {
        let rows = self.state.rows.as_ref();
        let name = rows.map_or(String::new(), |rows| file_stem(&rows.path));
        format!("{name}-selection.jsonl")
    }

    /// Writes the selected rows with their notes.
    pub fn export_rows(&mut self, path: PathBuf, messages: &mut Messages) {
        let chosen = std::mem::take(&mut self.chosen_rows);
        let Some(rows) = self.state.rows.clone() else {
            return;
        };
        if path == rows.path {
            return messages.report_error(REPLACES_ITSELF);
        }
        let notes = self.state.notes.clone();
        let what = format!("writing {}", file_name(&path));
        self.background.run_long(what, move |progress| {
            let done = write_rows(&rows, &chosen, &notes, &path, progress);
            RunEvent::Exported(path, done)
        });
    }

    /// Exports all rows, or the selected ones; for a repair, the card on screen.
    pub fn export(
        &self,
        kind: ExportKind,
        chosen: Option<Vec<u32>>,
        card: &Card,
        tasks: TaskSet,
        messages: &mut Messages,
    ) {
        let Some(rows) = self.state.rows.clone() else {
            return messages.report_error(NO_RUN);
        };
        let path = kind.path(&rows.path);
        let what = format!("writing {}", file_name(&path));
        if kind == ExportKind::Repair {
            return match repaired(card) {
                Ok(repaired) => self.background.run_long(what, move |_| {
                    RunEvent::Exported(path, exporting::save_repair(&rows, &repaired))
                }),
                Err(message) => messages.report_error(message),
            };
        }
        self.background.run_long(what, move |_| {
            let assets = locate::assets(&Overrides::default()).ok();
            let prompts = assets.map(|assets| assets.join("prompts"));
            let done = exporting::write_export(kind, &rows, chosen.as_deref(), &tasks, prompts.as_deref());
            RunEvent::Exported(path, done)
        });
    }

    /// Imports the open rows into the store, which is created if missing. The counts of several files are summed, without a
    /// run's name.
    pub fn import(&self, messages: &mut Messages) {
        let (Some(rows), Some(folder)) = (self.state.rows.clone(), self.state.store.clone()) else {
            return messages.report_error(NO_RUN);
        };
        if rows.stored {
            return messages.report_error("these rows are already in a store");
        }
        let what = format!("importing {}", file_name(&rows.path));
        self.background.run_long(what, move |progress| {
            let imported = import(&rows, &folder, progress).map_err(|error| error.to_string());
            RunEvent::Imported(folder, imported)
        });
    }

    /// Displays a group in place of another one; returns the jobs that this one no longer needs.
    pub fn open_group(&mut self, index: usize) -> Vec<JobId> {
        if self.state.group.as_ref().is_some_and(|view| view.group == index) {
            return Vec::new();
        }
        let needless = self.drop_group();
        let Some(rows) = self.state.rows.clone() else {
            return needless;
        };
        let Some(group) = rows.groups.get(index) else {
            return needless;
        };
        let members: Vec<usize> = rows
            .members(group)
            .iter()
            .take(MAX_MEMBERS)
            .map(|row| *row as usize)
            .collect();
        let reading = |row: &usize| GroupMember {
            row: *row,
            phase: BuildPhase::Reading,
        };
        self.state.group = Some(GroupView {
            group: index,
            members: members.iter().map(reading).collect(),
        });
        self.background.run(move || {
            let codes = members.into_iter().map(|row| (row, code(&rows, row))).collect();
            RunEvent::Group(index, codes)
        });
        needless
    }

    /// Sets the phases of a group's members, in order.
    pub fn set_phases(&mut self, group: usize, phases: Vec<BuildPhase>) {
        if let Some(view) = self.state.group.as_mut().filter(|view| view.group == group) {
            for (member, phase) in view.members.iter_mut().zip(phases) {
                member.phase = phase;
            }
        }
    }

    /// Result of a build of the group on screen.
    pub fn settle(&mut self, job: JobId, result: Result<Arc<Shape>, String>) {
        let mut members = self.state.group.iter_mut().flat_map(|view| &mut view.members);
        let of_job =
            |member: &&mut GroupMember| matches!(member.phase, BuildPhase::Building(own) if own == job);
        if let Some(member) = members.find(of_job) {
            member.phase = match result {
                Ok(shape) => BuildPhase::Built(shape),
                Err(message) => BuildPhase::Broken(message),
            };
        }
    }

    /// Closes the group; returns its running jobs.
    fn drop_group(&mut self) -> Vec<JobId> {
        let members = self.state.group.take().map(|view| view.members);
        let job = |member: GroupMember| match member.phase {
            BuildPhase::Building(job) => Some(job),
            BuildPhase::Reading | BuildPhase::Built(_) | BuildPhase::Broken(_) => None,
        };
        members.into_iter().flatten().filter_map(job).collect()
    }
}

/// The repair of a row that a card holds.
fn repaired(card: &Card) -> Result<Repaired, &'static str> {
    // Rows are named by their number.
    let number = |name: &str| name.strip_prefix("row ")?.parse::<usize>().ok()?.checked_sub(1);
    let (Some(row), Some(scored)) = (card.row.as_deref().and_then(number), card.scored()) else {
        return Err(
            "the code on screen is not a scored repair of a row\nhint: open a row, change its code and wait for its score",
        );
    };
    if scored.revision != card.revision {
        return Err("the code on screen is not scored yet\nhint: wait for its score");
    }
    Ok(Repaired {
        row,
        code: card.code.clone(),
        evaluation: scored.evaluation.clone(),
    })
}

fn code(rows: &RowIndex, index: usize) -> RowCode {
    rows.code(index).map_err(|error| error.to_string())
}

fn import(rows: &RowIndex, folder: &Path, progress: &dyn Fn(f32)) -> Result<Imported, DataError> {
    let mut store = Store::open(folder)?;
    let mut all = Imported::default();
    for (done, file) in rows.files.iter().enumerate() {
        let imported = store.import(file, None, &mut |_| {})?;
        all.rows += imported.rows;
        all.added += imported.added;
        all.malformed.append(imported.malformed);
        if rows.files.len() == 1 {
            all.run = imported.run;
        }
        progress((done + 1) as f32 / rows.files.len() as f32);
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
