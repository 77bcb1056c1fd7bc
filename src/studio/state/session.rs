//! A session: a task, its cards and their results.

use std::path::PathBuf;
use std::sync::Arc;

use crate::assess::{Assessment, Built, Evaluation, Scoring};
use crate::engine::JobId;
use crate::failure::{Failure, Kind};
use crate::geometry::{Scene, Shape};
use crate::repair::ProposerKind;
use crate::task::{RecordedRepair, Task};
use crate::trajectory::{GroupPlace, Origin};

/// A task and the steps made on it since the window opened.
#[derive(Debug)]
pub struct Session {
    pub task: Arc<Task>,
    /// The timeline; the first card is the seed.
    pub cards: Vec<Card>,
    pub selected: CardId,
    /// Recording that is replayed; none if the task has none.
    pub recording: Option<String>,
    /// Card that others are compared with, if pinned.
    pub pinned: Option<CardId>,
    /// Shape of the task's reference.
    pub reference: ReferenceShape,
}

/// Shape of a task's reference for the viewport.
#[derive(Clone, Debug, Default)]
pub enum ReferenceShape {
    #[default]
    Unknown,
    /// Being built.
    Building(JobId),
    Built(Arc<Shape>),
    /// Not available, with the reason.
    Missing(String),
}

/// Identifies a card for the lifetime of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardId(pub u64);

/// Identifies a text field with its undo history: a draft takes over that of its step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EditorId(pub u64);

/// A candidate on the timeline.
#[derive(Clone, Debug)]
pub struct Card {
    pub id: CardId,
    /// Text field of the card.
    pub editor: EditorId,
    pub origin: Origin,
    pub parent: Option<CardId>,
    pub recorded: Option<Recorded>,
    pub code: String,
    /// Incremented with every change of `code`.
    pub revision: u64,
    /// Window time of the last edit, s.
    pub edited_at: f64,
    /// Explanation of the proposer.
    pub reason: String,
    /// Position among several candidates of one prompt.
    pub group: Option<GroupPlace>,
    pub rejected: bool,
    /// Row of a training run that it was read from.
    pub row: Option<String>,
    /// File that it was read from or saved to.
    pub file: Option<PathBuf>,
    /// Revision that the file holds.
    pub saved_revision: u64,
    /// Result of the last assessment.
    pub result: CardResult,
    /// Running or scheduled work.
    pub activity: Activity,
    /// Last shape that it, or an ancestor, built.
    pub last_shape: Option<Arc<Shape>>,
    /// Coarse mesh of code that is being measured, in the place of `last_shape`.
    pub preview: Option<Arc<Shape>>,
    /// All objects that the script of `last_shape` displays, if more than the shape.
    pub last_scene: Option<Arc<Scene>>,
    /// Revision of `last_scene`, once requested.
    pub scene_of: Option<u64>,
    /// Title of the card that built `last_shape`.
    pub last_shape_of: String,
    /// Total of `last_shape`, once scored.
    pub last_total: Option<f64>,
    /// Revision that built `last_shape`, while its score is pending.
    pub unscored_shape: Option<u64>,
    /// Revision whose `last_shape` is displayed but never scored, because the script only exports it to a file.
    pub exported_shape: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub recording: String,
    /// Step number, from 1.
    pub step: usize,
}

/// Result of a card's last assessment.
#[derive(Clone, Debug, Default)]
pub enum CardResult {
    #[default]
    Unknown,
    /// Score, which may be that of a failed build.
    Scored(Arc<Scored>),
    /// Not scored because of an internal error.
    InternalError {
        /// Message with a hint.
        message: String,
        /// Whether the input of the scoring failed, such as the reference, rather than the program.
        input: bool,
    },
}

#[derive(Debug)]
pub struct Scored {
    pub evaluation: Evaluation,
    /// The evaluation as JSON, for the tree.
    pub json: serde_json::Value,
    /// Revision of the scored code.
    pub revision: u64,
    pub scoring: Scoring,
    /// Whether editability is not measured yet: the total is the most that it can be.
    pub awaits_editability: bool,
}

impl Scored {
    pub fn new(evaluation: Evaluation, revision: u64, scoring: Scoring) -> Self {
        // Serialising plain data with string keys cannot fail.
        let json = serde_json::to_value(&evaluation).unwrap_or_default();
        Self {
            evaluation,
            json,
            revision,
            scoring,
            awaits_editability: false,
        }
    }
}

/// Work on a card.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Activity {
    #[default]
    Idle,
    /// Edited; a run starts at this window time, s.
    Due(f64),
    Assessing(JobId),
    /// A repair job is writing or building it.
    Proposing(JobId),
}

impl Card {
    /// Creates a card without a score.
    pub fn new(id: CardId, origin: Origin, parent: Option<CardId>, code: String) -> Self {
        Self {
            id,
            editor: EditorId(id.0),
            origin,
            parent,
            recorded: None,
            code,
            revision: 0,
            edited_at: f64::NEG_INFINITY,
            reason: String::new(),
            group: None,
            rejected: false,
            row: None,
            file: None,
            saved_revision: 0,
            result: CardResult::Unknown,
            activity: Activity::Idle,
            last_shape: None,
            preview: None,
            last_scene: None,
            scene_of: None,
            last_shape_of: String::new(),
            last_total: None,
            unscored_shape: None,
            exported_shape: None,
        }
    }

    /// Displays the shape of its parent until it builds one.
    pub fn keep_shape_of(&mut self, parent: Option<&Self>) {
        if let Some(parent) = parent {
            self.last_shape.clone_from(&parent.last_shape);
            self.last_scene.clone_from(&parent.last_scene);
            self.last_shape_of.clone_from(&parent.last_shape_of);
            self.last_total = parent.last_total;
        }
    }

    pub fn scored(&self) -> Option<&Arc<Scored>> {
        match &self.result {
            CardResult::Scored(scored) => Some(scored),
            CardResult::Unknown | CardResult::InternalError { .. } => None,
        }
    }

    /// Why the build failed.
    pub fn failure(&self) -> Option<&Failure> {
        self.scored()?.evaluation.failure.as_ref()
    }

    /// Failure of code that is newer than the last shape.
    pub fn failure_since(&self) -> Option<&Failure> {
        self.failure()
            .filter(|_| self.unscored_shape.is_none() && self.not_scored().is_none())
    }

    /// Why the last shape, which is that of the current code, is displayed but not scored.
    pub fn not_scored(&self) -> Option<&Failure> {
        let revision = self.scored()?.revision;
        self.failure()
            .filter(|_| self.unscored_shape.is_none() && self.exported_shape == Some(revision))
    }

    /// Total, if scored.
    pub fn total(&self) -> Option<f64> {
        self.scored().map(|scored| scored.evaluation.reward.total)
    }

    /// Whether its file lacks the latest edit.
    pub fn unsaved(&self) -> bool {
        self.file.is_some() && self.saved_revision != self.revision
    }

    /// Whether it holds code that no file holds.
    pub fn is_draft(&self) -> bool {
        let of_row = self.row.is_some() && self.revision == 0;
        self.origin == Origin::Hand && !of_row && (self.file.is_none() || self.unsaved())
    }

    /// Whether its shape is displayed and its score is pending.
    pub fn is_being_scored(&self) -> bool {
        self.unscored_shape == Some(self.revision) && matches!(self.activity, Activity::Assessing(_))
    }

    /// The shape to draw.
    pub fn drawn_shape(&self) -> Option<&Arc<Shape>> {
        self.preview.as_ref().or(self.last_shape.as_ref())
    }

    /// Stores the build of revision `revision` before it is scored.
    pub fn apply_built(&mut self, built: Built, revision: u64, title: String) {
        self.last_shape = Some(built.shape);
        self.preview = None;
        self.apply_scene(built.scene, revision);
        self.last_shape_of = title;
        self.last_total = None;
        self.unscored_shape = Some(revision);
    }

    /// A run without a scene does not replace a known one.
    fn apply_scene(&mut self, scene: Option<Arc<Scene>>, revision: u64) {
        if scene.is_some() || self.scene_of != Some(revision) {
            self.scene_of = scene.is_some().then_some(revision);
            self.last_scene = scene;
        }
    }

    /// Stores the evaluation of the build of revision `revision` before its editability is measured.
    pub fn take_without_editability(&mut self, evaluation: Evaluation, revision: u64, scoring: Scoring) {
        self.last_total = Some(evaluation.reward.total);
        self.unscored_shape = None;
        self.exported_shape = None;
        self.result = CardResult::Scored(Arc::new(Scored {
            awaits_editability: true,
            ..Scored::new(evaluation, revision, scoring)
        }));
    }

    /// Stores an assessment of revision `revision`.
    pub fn take(&mut self, assessment: Assessment, revision: u64, scoring: Scoring, title: String) {
        self.exported_shape = assessment.unscored.is_some().then_some(revision);
        self.preview = None;
        if let Some(shape) = assessment.shape {
            self.last_shape = Some(shape);
            self.apply_scene(assessment.scene, revision);
            self.last_shape_of = title;
            self.last_total = Some(assessment.evaluation.reward.total);
        } else if let Some(shape) = assessment.unscored {
            self.last_shape = Some(shape);
            self.last_scene = None;
            self.scene_of = Some(revision);
            self.last_shape_of = title;
            self.last_total = None;
        }
        self.unscored_shape = None;
        self.result = CardResult::Scored(Arc::new(Scored::new(assessment.evaluation, revision, scoring)));
    }
}

/// Status of a card: the colour of its dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardStatus {
    Unknown,
    /// Built, with a high score.
    Good,
    /// Built, with a low score.
    Weak,
    Failed,
    /// Not scored because of an internal error.
    InternalError,
}

impl CardStatus {
    pub fn of(card: &Card) -> Self {
        match &card.result {
            CardResult::Unknown => Self::Unknown,
            CardResult::InternalError { .. } => Self::InternalError,
            CardResult::Scored(scored) if !scored.evaluation.ok => Self::Failed,
            CardResult::Scored(scored) if scored.evaluation.kind == Kind::BuildOk => Self::Good,
            CardResult::Scored(_) => Self::Weak,
        }
    }

    /// Accessible name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "not scored",
            Self::Good => "good",
            Self::Weak => "weak",
            Self::Failed => "failed",
            Self::InternalError => "internal error",
        }
    }
}

impl Session {
    /// Creates a session that holds only the weak seed.
    pub fn new(task: Arc<Task>, seed: CardId) -> Self {
        let card = Card::new(seed, Origin::Seed, None, task.weak_seed().to_owned());
        // A recording that starts from a broken seed has more to show.
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

    pub fn seed(&self) -> &Card {
        &self.cards[0]
    }

    pub fn card(&self) -> &Card {
        self.get(self.selected).unwrap_or_else(|| self.seed())
    }

    /// Pinned card, if it still exists.
    pub fn pinned(&self) -> Option<&Card> {
        self.get(self.pinned?)
    }

    /// Card of that id, if it still exists.
    pub fn get(&self, id: CardId) -> Option<&Card> {
        self.cards.iter().find(|card| card.id == id)
    }

    /// Selects a card, if it still exists: a loop may end after its cards were removed.
    pub fn select(&mut self, id: CardId) {
        if self.get(id).is_some() {
            self.selected = id;
        }
    }

    pub fn get_mut(&mut self, id: CardId) -> Option<&mut Card> {
        self.cards.iter_mut().find(|card| card.id == id)
    }

    pub fn repair(&self) -> Option<&RecordedRepair> {
        let name = self.recording.as_ref()?;
        self.task.repairs.iter().find(|recording| recording.name == *name)
    }

    /// Effective proposer of this session for a selected kind.
    pub fn effective_proposer(&self, picked: ProposerKind) -> ProposerKind {
        match (picked, self.repair()) {
            (ProposerKind::Replay, None) => ProposerKind::Rules,
            (picked, _) => picked,
        }
    }

    /// Number of recorded steps before a card: 0 for the seed, that of its origin for a draft.
    pub fn steps_before(&self, card: &Card) -> usize {
        self.recorded_steps_before(card).unwrap_or(0)
    }

    /// Like [`Self::steps_before`]; none for a card that does not descend from the recording.
    pub fn recorded_steps_before(&self, card: &Card) -> Option<usize> {
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

    /// Number of recorded steps after the card on screen.
    pub fn steps_after(&self) -> usize {
        let total = self.repair().map_or(0, |recording| recording.steps.len());
        total.saturating_sub(self.steps_before(self.card()))
    }

    /// Candidates of one prompt around the card on screen, in order: those of the running loop, else the group of the card, else
    /// the last group made from it. None if it is not one of several.
    pub fn group(&self) -> Option<Vec<&Card>> {
        let card = self.card();
        let under_way = |other: &&Card| matches!(other.activity, Activity::Proposing(_));
        let members: Vec<_> = self.cards.iter().filter(under_way).collect();
        let settled = self.cards.iter().rfind(|other| !under_way(other));
        let follows = under_way(&card)
            || members.first().is_some_and(|first| first.parent == Some(card.id))
            || settled.is_some_and(|settled| settled.id == card.id);
        if members.len() > 1 && follows {
            return Some(members);
        }
        // Another loop from the same card restarts its step numbers: its scores identify it.
        let place = |card: &Card| {
            let group = card.group.as_ref()?;
            let scores = [group.group_mean, group.group_std].map(f64::to_bits);
            Some((card.parent, group.group_id, scores))
        };
        let made = |other: &&Card| other.parent == Some(card.id);
        let wanted = place(card).or_else(|| self.cards.iter().rev().filter(made).find_map(place))?;
        let of_group = |other: &&Card| place(other) == Some(wanted);
        Some(self.cards.iter().filter(of_group).collect())
    }

    /// Folder of the file that a card, or its nearest ancestor with a file, was opened from or saved to.
    pub fn folder_of(&self, card: &Card) -> Option<PathBuf> {
        let mut next = Some(card);
        while let Some(card) = next {
            // Code of a row has no folder.
            if card.row.is_some() {
                return None;
            }
            if let Some(file) = &card.file {
                return file.parent()?.canonicalize().ok();
            }
            next = card.parent.and_then(|parent| self.get(parent));
        }
        None
    }

    /// Title of a card: `seed`, `step 2`, `edited` or its file's name.
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
