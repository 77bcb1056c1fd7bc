//! A task at work: its cards, and what came of each.

use std::path::PathBuf;
use std::sync::Arc;

use crate::assess::{Assessment, Built, Evaluation, Scoring};
use crate::engine::JobId;
use crate::failure::{Failure, Kind};
use crate::geometry::{Scene, Shape};
use crate::studio::proposing::ProposerKind;
use crate::task::{RecordedRepair, Task};
use crate::trajectory::{GroupPlace, Origin};

/// Why there is no group to be seen.
pub const NO_GROUP: &str = "the step on screen is not one of several candidates: \
    let the rules or a model propose more than one at a time";

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
    /// All that the script of `last_shape` shows, if that is more than the shape.
    pub last_scene: Option<Arc<Scene>>,
    /// The revision that `last_scene` is of, once it was asked for.
    pub scene_of: Option<u64>,
    /// Title of the card that built `last_shape`.
    pub last_shape_of: String,
    /// The total that `last_shape` had, once it is scored.
    pub last_total: Option<f64>,
    /// The revision that built `last_shape`, while its score is outstanding.
    pub unscored_shape: Option<u64>,
    /// The revision of which `last_shape` is a part that is displayed and never scored: it is only written to a file.
    pub exported_shape: Option<u64>,
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
    InternalError {
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
            last_scene: None,
            scene_of: None,
            last_shape_of: String::new(),
            last_total: None,
            unscored_shape: None,
            exported_shape: None,
        }
    }

    /// Shows the shape of the card that it grew from until it builds itself.
    pub fn keep_shape_of(&mut self, parent: Option<&Self>) {
        if let Some(parent) = parent {
            self.last_shape.clone_from(&parent.last_shape);
            self.last_scene.clone_from(&parent.last_scene);
            self.last_shape_of.clone_from(&parent.last_shape_of);
            self.last_total = parent.last_total;
        }
    }

    /// Its score, if it has one.
    pub fn scored(&self) -> Option<&Arc<Scored>> {
        match &self.outcome {
            Outcome::Scored(scored) => Some(scored),
            Outcome::Unknown | Outcome::InternalError { .. } => None,
        }
    }

    /// Why it did not build, if it did not.
    pub fn failure(&self) -> Option<&Failure> {
        self.scored()?.evaluation.failure.as_ref()
    }

    /// The failure of code that is newer than the last shape.
    pub fn failure_since(&self) -> Option<&Failure> {
        self.failure()
            .filter(|_| self.unscored_shape.is_none() && self.not_scored().is_none())
    }

    /// Why the last shape, which is of the code as it stands, is displayed and not scored.
    pub fn not_scored(&self) -> Option<&Failure> {
        let revision = self.scored()?.revision;
        self.failure()
            .filter(|_| self.unscored_shape.is_none() && self.exported_shape == Some(revision))
    }

    /// Its total, if it was scored.
    pub fn total(&self) -> Option<f64> {
        self.scored().map(|scored| scored.evaluation.reward.total)
    }

    /// Whether its file lacks the latest edit.
    pub fn unsaved(&self) -> bool {
        self.file.is_some() && self.saved_revision != self.revision
    }

    /// Whether its shape is there and its score is being worked out.
    pub fn is_being_scored(&self) -> bool {
        self.unscored_shape == Some(self.revision) && matches!(self.activity, Activity::Assessing(_))
    }

    /// Takes in what revision `revision` built, before it is scored.
    pub fn take_built(&mut self, built: Built, revision: u64, title: String) {
        self.last_shape = Some(built.shape);
        self.take_scene(built.scene, revision);
        self.last_shape_of = title;
        self.last_total = None;
        self.unscored_shape = Some(revision);
    }

    /// A run that nobody looked at brings no scene: it does not replace what is known.
    fn take_scene(&mut self, scene: Option<Arc<Scene>>, revision: u64) {
        if scene.is_some() || self.scene_of != Some(revision) {
            self.scene_of = scene.is_some().then_some(revision);
            self.last_scene = scene;
        }
    }

    /// Takes an assessment of revision `revision` in.
    pub fn take(&mut self, assessment: Assessment, revision: u64, scoring: Scoring, title: String) {
        self.exported_shape = assessment.unscored.is_some().then_some(revision);
        if let Some(shape) = assessment.shape {
            self.last_shape = Some(shape);
            self.take_scene(assessment.scene, revision);
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
        self.outcome = Outcome::Scored(Arc::new(Scored::new(assessment.evaluation, revision, scoring)));
    }
}

/// How a card stands, in one word: the colour of its dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardStatus {
    /// Not scored.
    Unknown,
    /// Built and good.
    Good,
    /// Built, with something to say against it.
    Weak,
    /// Did not build.
    Failed,
    /// Could not be scored, through our fault.
    InternalError,
}

impl CardStatus {
    /// Of a card.
    pub fn of(card: &Card) -> Self {
        match &card.outcome {
            Outcome::Unknown => Self::Unknown,
            Outcome::InternalError { .. } => Self::InternalError,
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
            Self::InternalError => "fault",
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

    /// Puts a card on screen, if it is still there: a loop may end after its cards were taken away.
    pub fn select(&mut self, id: CardId) {
        if self.get(id).is_some() {
            self.selected = id;
        }
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
    pub fn pick(&self, picked: ProposerKind) -> ProposerKind {
        match (picked, self.repair()) {
            (ProposerKind::Replay, None) => ProposerKind::Rules,
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

    /// The candidates of one prompt that belong to the card on screen, in order: those under way for whoever follows a loop,
    /// else those that it is one of, else the last that were made from it. Empty where there are not several.
    pub fn group(&self) -> Vec<&Card> {
        let card = self.card();
        let under_way = |other: &&Card| matches!(other.activity, Activity::Proposing(_));
        let members: Vec<_> = self.cards.iter().filter(under_way).collect();
        let settled = self.cards.iter().rfind(|other| !under_way(other));
        let follows = under_way(&card)
            || members.first().is_some_and(|first| first.parent == Some(card.id))
            || settled.is_some_and(|settled| settled.id == card.id);
        if members.len() > 1 && follows {
            return members;
        }
        // Another loop from the same card counts its steps anew: its scores tell it apart.
        let place = |card: &Card| {
            let group = card.group.as_ref()?;
            let scores = [group.group_mean, group.group_std].map(f64::to_bits);
            Some((card.parent, group.group_id, scores))
        };
        let made = |other: &&Card| other.parent == Some(card.id);
        let Some(wanted) = place(card).or_else(|| self.cards.iter().rev().filter(made).find_map(place))
        else {
            return Vec::new();
        };
        self.cards
            .iter()
            .filter(|other| place(other) == Some(wanted))
            .collect()
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
