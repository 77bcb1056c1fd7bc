//! What the window shows.
//!
//! Plain data: panels read it and never change it, the [`super::controller`] alone writes it.

use std::path::PathBuf;
use std::sync::Arc;

use super::files::Stored;
use super::keeper::Draft;
use super::notes::Notes;
use super::proposing::{Pick, Proposing};
use super::rows::Rows;
use super::settings::Settings;
use super::share::Form;
use crate::assess::{Assessment, Evaluation, Scoring};
use crate::engine::JobId;
use crate::executor::PoolStatus;
use crate::failure::{Failure, Kind};
use crate::geometry::Shape;
use crate::task::{RecordedRepair, Task};
use crate::trajectory::{GroupPlace, Origin};

/// Everything that is shown.
#[derive(Debug)]
pub struct State {
    /// One session per task, in the order of the task set; never empty.
    pub sessions: Vec<Session>,
    /// Index of the session on screen.
    pub current: usize,
    /// How candidates are scored.
    pub scoring: Scoring,
    /// The workers.
    pub pool: PoolStatus,
    /// Since when no worker is ready, s of window time; none once one was.
    pub warming_since: Option<f64>,
    /// Jobs under way, oldest first.
    pub running: Vec<Running>,
    /// Long work on files under way, oldest first.
    pub work: Vec<Work>,
    /// What happened, oldest first.
    pub log: Vec<LogLine>,
    /// Something to be told above the panels.
    pub notice: Option<Notice>,
    /// A path is wanted, because no file dialog came up.
    pub path_prompt: Option<PathPrompt>,
    /// Rows of a training run, if a file of them is open.
    pub rows: Option<Arc<Rows>>,
    /// Those that hold the text looked for; none while nothing is looked for.
    pub row_matches: Option<Vec<u32>>,
    /// Grows with every change of `row_matches`.
    pub row_matches_serial: u64,
    /// The row whose code is on screen.
    pub open_row: Option<usize>,
    /// What was said of the rows.
    pub notes: Notes,
    /// Another training run, to be compared.
    pub other_rows: Option<Arc<Rows>>,
    /// The group on screen, with what its candidates built.
    pub group: Option<GroupView>,
    /// Who proposes, and what it says.
    pub proposing: Proposing,
    /// What a person has set.
    pub settings: Settings,
    /// The file that keeps it, if there is a place for one.
    pub settings_file: Option<PathBuf>,
    /// The folder for tasks of one's own, if there is a place for one.
    pub pack: Option<PathBuf>,
    /// Why the task that was asked for was not written.
    pub new_task_problem: Option<String>,
    /// What is kept on the disk, once somebody has asked.
    pub store: Option<Stored>,
    /// Edits that a window left which was not closed, until somebody decides.
    pub rescued: Vec<Draft>,
    /// A file changed outside while it had edits here.
    pub conflict: Option<Conflict>,
    /// The window was asked to close and is busy.
    pub quit: Option<Quit>,
    /// Window time of the last update, s.
    pub now: f64,
}

/// A job under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    /// Its id.
    pub job: JobId,
    /// What it does, for people.
    pub what: String,
    /// Whether it is a repair rather than an assessment.
    pub repair: bool,
    /// Window time of its submission, s.
    pub since: f64,
    /// Whether it left the queue.
    pub started: bool,
}

/// The candidates of one prompt, built to be looked at.
#[derive(Clone, Debug)]
pub struct GroupView {
    /// Index of the group.
    pub group: usize,
    /// Its first candidates, in order.
    pub members: Vec<Member>,
}

/// A candidate of a group.
#[derive(Clone, Debug)]
pub struct Member {
    /// Index of its row.
    pub row: usize,
    /// How far it has come.
    pub phase: Phase,
}

/// How far a candidate of a group has come.
#[derive(Clone, Debug)]
pub enum Phase {
    /// Its code is read.
    Reading,
    /// It is built.
    Building(JobId),
    /// It was built.
    Built(Arc<Shape>),
    /// It does not build, or cannot be built here; and why.
    Broken(String),
}

/// Long work on a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// What is done, for people.
    pub what: String,
    /// The share that is done, 0 to 1.
    pub share: f32,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Whether it tells of a fault of our own.
    pub fault: bool,
    /// The text.
    pub text: String,
}

/// A banner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What is wrong.
    pub text: String,
    /// The way out, if known.
    pub hint: Option<String>,
    /// Whether it goes away by itself once the workers are well.
    pub from_pool: bool,
}

impl Notice {
    /// Splits a message of our own into what failed and its `hint:`.
    pub fn from_message(message: &str, from_pool: bool) -> Self {
        match message.split_once("hint:") {
            Some((text, hint)) => {
                let hint = Some(hint.trim().to_owned());
                Self {
                    text: text.trim().to_owned(),
                    hint,
                    from_pool,
                }
            }
            None => Self {
                text: message.trim().to_owned(),
                hint: None,
                from_pool,
            },
        }
    }
}

/// A file that changed outside while it had edits here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The card with the edits.
    pub card: CardId,
    /// The file.
    pub path: PathBuf,
    /// What it holds now.
    pub code: String,
}

/// Why closing the window is a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quit {
    /// What is under way.
    pub running: Option<String>,
    /// Files with edits that are not saved.
    pub unsaved: Vec<String>,
}

/// The last part of a path, for people.
pub fn file_name(path: &std::path::Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// What a typed path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathPurpose {
    /// A file to read.
    Open,
    /// A file to write that card to, whatever is on screen by then.
    Save(CardId),
    /// A file of rows to compare with.
    Compare,
    /// A file to write chosen rows to.
    Rows,
    /// A file to write what is on screen to.
    Export(Form),
}

/// The path field in place of a file dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPrompt {
    /// What for.
    pub purpose: PathPurpose,
    /// What the field starts with.
    pub start: String,
    /// Grows with every prompt, so that a view knows a new one.
    pub serial: u64,
}

/// A task and what was done on it since the window opened.
#[derive(Debug)]
pub struct Session {
    /// The task.
    pub task: Arc<Task>,
    /// The timeline; the first is the seed.
    pub cards: Vec<Card>,
    /// The card on screen.
    pub selected: CardId,
    /// Name of the recording that proposes; none if the task has none.
    pub recording: Option<String>,
    /// The card that others are compared with, if one was chosen.
    pub pinned: Option<CardId>,
    /// What the task's reference looks like, once somebody has asked.
    pub reference: ReferenceShape,
}

/// The shape of a task's reference, for the viewport.
#[derive(Clone, Debug, Default)]
pub enum ReferenceShape {
    /// Nobody has asked for it yet.
    #[default]
    Unknown,
    /// It is being built.
    Building(JobId),
    /// Here it is.
    Built(Arc<Shape>),
    /// It cannot be shown, and why.
    Missing(String),
}

/// Identifies a card for the life of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardId(pub u64);

/// Identifies a text field with its undo history: a draft takes over that of the step it grew from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EditorId(pub u64);

/// One candidate of the timeline.
#[derive(Clone, Debug)]
pub struct Card {
    /// Its id.
    pub id: CardId,
    /// Its text field.
    pub editor: EditorId,
    /// Where its code came from.
    pub origin: Origin,
    /// The card it was made from.
    pub parent: Option<CardId>,
    /// Which step of which recording it is, if any.
    pub recorded: Option<Recorded>,
    /// The code as it stands in the editor.
    pub code: String,
    /// Grows with every change of `code`.
    pub revision: u64,
    /// What the proposer said.
    pub reason: String,
    /// Its place among several candidates for one prompt.
    pub group: Option<GroupPlace>,
    /// Whether a person turned it down.
    pub rejected: bool,
    /// The row of a training run that it was read from.
    pub row: Option<String>,
    /// The file that it was read from or saved to.
    pub file: Option<PathBuf>,
    /// The revision that the file holds.
    pub saved_revision: u64,
    /// What is known about the code.
    pub outcome: Outcome,
    /// What is going on with it.
    pub activity: Activity,
    /// The last shape that it, or what it grew from, built.
    pub last_shape: Option<Arc<Shape>>,
    /// Title of the card that built `last_shape`.
    pub last_shape_of: String,
    /// The total that `last_shape` had.
    pub last_total: f64,
}

/// A place in a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Name of the recording.
    pub recording: String,
    /// Step in it, from 1.
    pub step: usize,
}

/// What is known about a card's code.
#[derive(Clone, Debug, Default)]
pub enum Outcome {
    /// Nothing yet.
    #[default]
    Unknown,
    /// Its score, which may be a closed gate.
    Scored(Arc<Scored>),
    /// It could not be scored: not a score.
    Fault {
        /// Why, with the way out.
        message: String,
        /// Whether what it is scored against was at fault, not we.
        input: bool,
    },
}

/// A score and what it belongs to.
#[derive(Debug)]
pub struct Scored {
    /// The evaluation.
    pub evaluation: Evaluation,
    /// The evaluation as JSON, for the tree.
    pub json: serde_json::Value,
    /// Revision of the code that was scored.
    pub revision: u64,
    /// How it was scored.
    pub scoring: Scoring,
}

impl Scored {
    /// Takes an assessment apart from its shape.
    pub fn new(evaluation: Evaluation, revision: u64, scoring: Scoring) -> Self {
        // An evaluation is plain data with string keys: turning it into JSON has no way to fail.
        let json = serde_json::to_value(&evaluation).unwrap_or_default();
        Self {
            evaluation,
            json,
            revision,
            scoring,
        }
    }
}

/// What is going on with a card.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Activity {
    /// Nothing.
    #[default]
    Idle,
    /// It was edited; a run starts at this window time, s.
    Due(f64),
    /// A job assesses it.
    Assessing(JobId),
    /// A repair job writes or builds it.
    Proposing(JobId),
}

impl Card {
    /// A new card of that code, not scored.
    pub fn new(id: CardId, origin: Origin, parent: Option<CardId>, code: String) -> Self {
        Self {
            id,
            editor: EditorId(id.0),
            origin,
            parent,
            recorded: None,
            code,
            revision: 0,
            reason: String::new(),
            group: None,
            rejected: false,
            row: None,
            file: None,
            saved_revision: 0,
            outcome: Outcome::Unknown,
            activity: Activity::Idle,
            last_shape: None,
            last_shape_of: String::new(),
            last_total: 0.0,
        }
    }

    /// Shows the shape of the card that it grew from until it builds itself.
    pub fn keep_shape_of(&mut self, parent: Option<&Self>) {
        if let Some(parent) = parent {
            self.last_shape.clone_from(&parent.last_shape);
            self.last_shape_of.clone_from(&parent.last_shape_of);
            self.last_total = parent.last_total;
        }
    }

    /// Its score, if it has one.
    pub fn scored(&self) -> Option<&Arc<Scored>> {
        match &self.outcome {
            Outcome::Scored(scored) => Some(scored),
            Outcome::Unknown | Outcome::Fault { .. } => None,
        }
    }

    /// Why it did not build, if it did not.
    pub fn failure(&self) -> Option<&Failure> {
        self.scored()?.evaluation.failure.as_ref()
    }

    /// Its total, if it was scored.
    pub fn total(&self) -> Option<f64> {
        self.scored().map(|scored| scored.evaluation.reward.total)
    }

    /// Whether its file lacks the latest edit.
    pub fn unsaved(&self) -> bool {
        self.file.is_some() && self.saved_revision != self.revision
    }

    /// Takes an assessment of revision `revision` in.
    pub fn take(&mut self, assessment: Assessment, revision: u64, scoring: Scoring, title: String) {
        if let Some(shape) = assessment.shape {
            self.last_shape = Some(shape);
            self.last_shape_of = title;
            self.last_total = assessment.evaluation.reward.total;
        }
        self.outcome = Outcome::Scored(Arc::new(Scored::new(assessment.evaluation, revision, scoring)));
    }
}

/// How a card stands, in one word: the colour of its dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not scored.
    Unknown,
    /// Built and good.
    Good,
    /// Built, with something to say against it.
    Weak,
    /// Did not build.
    Failed,
    /// Could not be scored, through our fault.
    Fault,
}

impl Standing {
    /// Of a card.
    pub fn of(card: &Card) -> Self {
        match &card.outcome {
            Outcome::Unknown => Self::Unknown,
            Outcome::Fault { .. } => Self::Fault,
            Outcome::Scored(scored) if !scored.evaluation.ok => Self::Failed,
            Outcome::Scored(scored) if scored.evaluation.kind == Kind::BuildOk => Self::Good,
            Outcome::Scored(_) => Self::Weak,
        }
    }

    /// In words, for those who do not see the dot.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "not scored",
            Self::Good => "good",
            Self::Weak => "weak",
            Self::Failed => "failed",
            Self::Fault => "fault",
        }
    }
}

impl Session {
    /// A session that holds the weak seed alone.
    pub fn new(task: Arc<Task>, seed: CardId) -> Self {
        let card = Card::new(seed, Origin::Seed, None, task.weak_seed().to_owned());
        // What starts from something broken has more to show.
        let broken = task.repairs.iter().find(|recording| recording.start.is_some());
        let recording = broken.or(task.repairs.first());
        let recording = recording.map(|recording| recording.name.clone());
        Self {
            task,
            cards: vec![card],
            selected: seed,
            recording,
            pinned: None,
            reference: ReferenceShape::Unknown,
        }
    }

    /// The seed's card.
    pub fn seed(&self) -> &Card {
        &self.cards[0]
    }

    /// The card on screen.
    pub fn card(&self) -> &Card {
        self.get(self.selected).unwrap_or_else(|| self.seed())
    }

    /// The card that others are compared with, if one was chosen and is still there.
    pub fn pinned(&self) -> Option<&Card> {
        self.get(self.pinned?)
    }

    /// The card of that id, if it is still there.
    pub fn get(&self, id: CardId) -> Option<&Card> {
        self.cards.iter().find(|card| card.id == id)
    }

    /// The card of that id, to be changed.
    pub fn get_mut(&mut self, id: CardId) -> Option<&mut Card> {
        self.cards.iter_mut().find(|card| card.id == id)
    }

    /// The recording that proposes.
    pub fn repair(&self) -> Option<&RecordedRepair> {
        let name = self.recording.as_ref()?;
        self.task.repairs.iter().find(|recording| recording.name == *name)
    }

    /// Who proposes here, if that is what was picked.
    pub fn pick(&self, picked: Pick) -> Pick {
        match (picked, self.repair()) {
            (Pick::Replay, None) => Pick::Rules,
            (picked, _) => picked,
        }
    }

    /// How many steps of the recording lie behind a card: 0 for the seed, that of its origin for a draft.
    pub fn steps_behind(&self, card: &Card) -> usize {
        self.recorded_behind(card).unwrap_or(0)
    }

    /// The same; none for a card that did not grow from the recording.
    pub fn recorded_behind(&self, card: &Card) -> Option<usize> {
        let mut card = card;
        loop {
            match &card.recorded {
                Some(recorded) if Some(&recorded.recording) == self.recording.as_ref() => {
                    return Some(recorded.step);
                }
                Some(_) | None => {}
            }
            card = card.parent.and_then(|parent| self.get(parent))?;
        }
    }

    /// How many recorded steps come after the card on screen.
    pub fn steps_ahead(&self) -> usize {
        let total = self.repair().map_or(0, |recording| recording.steps.len());
        total.saturating_sub(self.steps_behind(self.card()))
    }

    /// What a card is called: `seed`, `step 2`, `edited` or its file's name.
    pub fn title(&self, card: &Card) -> String {
        if card.origin == Origin::Seed {
            return "seed".to_owned();
        }
        if let Some(name) = card.file.as_ref().and_then(|path| path.file_name()) {
            return name.to_string_lossy().into_owned();
        }
        match card.origin {
            Origin::Seed => "seed".to_owned(),
            Origin::Hand if card.recorded.is_some() && card.revision == 0 => "start".to_owned(),
            Origin::Hand => match &card.row {
                Some(row) if card.revision == 0 => row.clone(),
                Some(row) => format!("{row}, edited"),
                None => "edited".to_owned(),
            },
            Origin::Rules | Origin::Replay | Origin::Endpoint => {
                let made =
                    |other: &&Card| matches!(other.origin, Origin::Rules | Origin::Replay | Origin::Endpoint);
                let before = self
                    .cards
                    .iter()
                    .take_while(|other| other.id != card.id)
                    .filter(made)
                    .count();
                format!("step {}", before + 1)
            }
        }
    }
}

impl State {
    /// A session for each task, with nothing scored; `None` without a task.
    pub fn new(tasks: impl IntoIterator<Item = Arc<Task>>, scoring: Scoring) -> Option<Self> {
        let sessions: Vec<_> = tasks
            .into_iter()
            .zip(1..)
            .map(|(task, id)| Session::new(task, CardId(id)))
            .collect();
        (!sessions.is_empty()).then(|| Self {
            sessions,
            current: 0,
            scoring,
            pool: PoolStatus::default(),
            warming_since: None,
            running: Vec::new(),
            work: Vec::new(),
            log: Vec::new(),
            notice: None,
            path_prompt: None,
            rows: None,
            row_matches: None,
            row_matches_serial: 0,
            open_row: None,
            notes: Notes::default(),
            other_rows: None,
            group: None,
            proposing: Proposing::default(),
            settings: Settings::default(),
            settings_file: None,
            pack: None,
            new_task_problem: None,
            store: None,
            rescued: Vec::new(),
            conflict: None,
            quit: None,
            now: 0.0,
        })
    }

    /// The session on screen.
    pub fn session(&self) -> &Session {
        &self.sessions[self.current]
    }

    /// The session on screen, to be changed.
    pub fn session_mut(&mut self) -> &mut Session {
        &mut self.sessions[self.current]
    }

    /// The card on screen.
    pub fn card(&self) -> &Card {
        self.session().card()
    }

    /// The repair under way, if any.
    pub fn repair(&self) -> Option<&Running> {
        self.running.iter().find(|running| running.repair)
    }
}
