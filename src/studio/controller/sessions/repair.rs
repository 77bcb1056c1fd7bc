//! Repairs: single proposals and loops, their streamed texts, and their end.

use std::collections::BTreeMap;

use super::SessionPart;
use super::jobs::PendingJob;
use crate::assess::Scoring;
use crate::engine::{LoopTarget, RepairJob, RepairSummary};
use crate::repair::ProposerKind;
use crate::studio::proposing::Proposing;
use crate::studio::state::{
    Activity, Card, CardId, Messages, PendingProposal, Recorded, Session, StreamEnd, StreamedText,
};
use crate::trajectory::{Origin, Proposal, Step};

/// Number of characters of a streamed text that its card displays.
const PREVIEW_CHARS: usize = 200;

pub(super) struct RepairRun {
    /// Cards by the job's step index; 0 is the base.
    pub cards: BTreeMap<usize, CardId>,
    pub base_revision: u64,
    pub scoring: Scoring,
    pub recording: Option<String>,
    /// Number of recorded steps before the base.
    pub behind: usize,
    pub origin: Origin,
    /// Step of the job that the next one probably starts from.
    pub head: usize,
    pub goal: RepairGoal,
}

#[derive(Clone, Copy)]
pub(super) enum RepairGoal {
    SingleStep,
    /// Steps until a total, or the limit of steps.
    Loop {
        target: f64,
    },
}

impl SessionPart {
    /// Proposes from the card on screen: one step, or a loop to the target or the step limit.
    pub fn repair(&mut self, single: bool, proposing: &Proposing, messages: &mut Messages) {
        if self.state.repair().is_some() {
            return;
        }
        let index = self.state.current;
        let kind = self.state.session().effective_proposer(proposing.kind);
        let recorded = |session: &Session| session.recorded_steps_before(session.card());
        if kind == ProposerKind::Replay
            && recorded(self.state.session()).is_none()
            && let Some(start) = self.start_of_recording(index)
        {
            self.state.session_mut().select(start);
        }
        let session = &self.state.all[index];
        let base = session.card();
        let behind = session.steps_before(base);
        let recording = session.recording.clone().filter(|_| kind == ProposerKind::Replay);
        if let Some(recording) = &recording
            && session.steps_after() == 0
        {
            return messages.log(format!("the recording `{recording}` has no further step"));
        }
        let proposer = match proposing.config(session, behind) {
            Ok(proposer) => proposer,
            Err(message) => return messages.report_error(&message),
        };
        let (earlier, known) = match kind {
            ProposerKind::Replay => (Vec::new(), Vec::new()),
            ProposerKind::Rules | ProposerKind::Endpoint => self.known_steps(session, base),
        };
        let first: Vec<CardId> = if known.is_empty() { vec![base.id] } else { known };
        // Earlier proposals count as rounds of a loop.
        let rounds_before = earlier.len().saturating_sub(1);
        let (goal, target, rounds) = match (single, proposing.target) {
            (true, _) => (RepairGoal::SingleStep, LoopTarget::Never, 1),
            (false, Some(target)) => (
                RepairGoal::Loop { target },
                LoopTarget::Total(target),
                proposing.max_steps,
            ),
            (false, None) => {
                let target = self.state.scoring.profile.target();
                (
                    RepairGoal::Loop { target },
                    LoopTarget::Profile,
                    proposing.max_steps,
                )
            }
        };
        let scores_base = earlier.is_empty();
        let job = RepairJob {
            task: session.task.clone(),
            from: (base.origin != Origin::Seed).then(|| base.code.as_bytes().into()),
            earlier,
            proposer,
            scoring: self.with_project(session, base),
            max_steps: rounds_before + rounds,
            candidates: match kind {
                ProposerKind::Replay => 1,
                ProposerKind::Rules | ProposerKind::Endpoint => proposing.candidates,
            },
            target,
            out: None,
        };
        let run = RepairRun {
            cards: first.into_iter().enumerate().collect(),
            base_revision: base.revision,
            scoring: self.state.scoring.clone(),
            recording,
            behind,
            origin: match kind {
                ProposerKind::Replay => Origin::Replay,
                ProposerKind::Rules => Origin::Rules,
                ProposerKind::Endpoint => Origin::Endpoint,
            },
            head: 0,
            goal,
        };
        let what = format!(
            "{} from {}",
            if single { "proposal" } else { "loop" },
            session.title(base)
        );
        let (base, activity) = (base.id, base.activity);
        self.state.streamed.clear();
        self.state.proposal = None;
        // The repair scores its base, so a separate run of the same code is redundant.
        self.drop_assessment(activity);
        let handle = self.backend.repair(job, self.wake.clone());
        let id = handle.id;
        self.add_job(id, index, what, PendingJob::Repair(handle, run));
        if scores_base && let Some(card) = self.state.all[index].get_mut(base) {
            card.activity = Activity::Assessing(id);
        }
    }

    /// Card that the recording starts from, created if missing; none if that is the seed.
    fn start_of_recording(&mut self, index: usize) -> Option<CardId> {
        let fresh = self.fresh_card();
        let session = &mut self.state.all[index];
        let (name, start) = {
            let recording = session.repair()?;
            (recording.name.clone(), recording.start.clone()?)
        };
        if start == session.seed().code {
            return None;
        }
        let recorded = Recorded {
            recording: name.clone(),
            step: 0,
        };
        if let Some(card) = session
            .cards
            .iter()
            .find(|card| card.recorded.as_ref() == Some(&recorded) && card.code == start)
        {
            return Some(card.id);
        }
        let seed = session.seed().id;
        let mut card = Card::new(fresh, Origin::Hand, Some(seed), start);
        card.recorded = Some(recorded);
        card.reason = format!("start of the recording `{name}`");
        session.cards.push(card);
        Some(fresh)
    }

    /// Steps that a proposer gets about the card on screen; see [`Self::known_steps`].
    pub fn history(&self) -> Vec<Step> {
        let session = self.state.session();
        self.known_steps(session, session.card()).0
    }

    /// Steps that a proposer gets besides its base, and their cards: the base first, then earlier proposals from it, which
    /// should not be repeated. Empty while the base is not scored.
    fn known_steps(&self, session: &Session, base: &Card) -> (Vec<Step>, Vec<CardId>) {
        let current = |card: &Card| {
            card.scored()
                .filter(|scored| scored.revision == card.revision && scored.scoring == self.state.scoring)
                .map(|scored| scored.evaluation.clone())
        };
        let Some(evaluation) = current(base) else {
            return (Vec::new(), Vec::new());
        };
        let mut steps = vec![Step {
            step: 0,
            origin: Origin::Seed,
            parent: None,
            evaluation,
            code: base.code.clone(),
            proposal: None,
        }];
        let mut cards = vec![base.id];
        let proposed = |card: &&Card| {
            card.parent == Some(base.id) && matches!(card.origin, Origin::Rules | Origin::Endpoint)
        };
        for card in session.cards.iter().filter(proposed) {
            let Some(evaluation) = current(card) else { continue };
            steps.push(Step {
                step: steps.len(),
                origin: card.origin,
                parent: Some(0),
                evaluation,
                code: card.code.clone(),
                proposal: Some(Proposal {
                    reason: card.reason.clone(),
                    kept: Some(false),
                    ..Proposal::default()
                }),
            });
            cards.push(card.id);
        }
        (steps, cards)
    }

    /// Appends to a proposal's text.
    pub(super) fn append_text(&mut self, session: usize, card: CardId, delta: &str) {
        let texts = &mut self.state.streamed;
        let at = match texts.iter().position(|text| text.card == card) {
            Some(at) => at,
            None => {
                texts.push(StreamedText {
                    card,
                    text: String::new(),
                    end: None,
                });
                texts.len() - 1
            }
        };
        texts[at].text.push_str(delta);
        let text = &texts[at].text;
        let start = text
            .char_indices()
            .rev()
            .nth(PREVIEW_CHARS - 1)
            .map_or(0, |(at, _)| at);
        let glance = text[start..].to_owned();
        if let Some(card) = self.state.all[session].get_mut(card) {
            card.reason = glance;
        }
    }

    /// Marks the end of a card's text.
    pub(super) fn finish_text(&mut self, card: CardId, end: StreamEnd) {
        let texts = self.state.streamed.iter_mut();
        for text in texts.filter(|text| text.card == card && text.end.is_none()) {
            text.end = Some(end);
        }
    }

    /// Marks unfinished texts as incomplete.
    pub(super) fn mark_interrupted(&mut self) {
        for text in &mut self.state.streamed {
            text.end.get_or_insert(StreamEnd::Interrupted);
        }
    }

    /// End of a repair: a single proposal waits for a decision; after a loop its best step is selected.
    pub(super) fn finish_repair(&mut self, index: usize, run: &RepairRun, best: usize) {
        let session = &mut self.state.all[index];
        let follows = run.cards.values().any(|card| *card == session.selected);
        let Some(base) = run.cards.get(&0).copied() else {
            return;
        };
        if !follows {
            return;
        }
        match run.goal {
            RepairGoal::SingleStep => {
                let newest = run.cards.values().copied().max();
                if index == self.state.current
                    && let Some(card) = newest.filter(|card| *card != base)
                {
                    self.state.proposal = Some(PendingProposal { card, base });
                }
            }
            RepairGoal::Loop { .. } => {
                if let Some(best) = run.cards.get(&best).copied() {
                    session.select(best);
                }
            }
        }
    }
}

/// The end of a repair for the log.
pub(super) fn describe(run: &RepairRun, summary: &RepairSummary) -> String {
    let who = match &run.recording {
        Some(recording) => format!("`{recording}`"),
        None => format!("the {}", run.origin.name()),
    };
    let target = match run.goal {
        RepairGoal::SingleStep => {
            return match run.cards.len() {
                1 => format!("{who} proposed nothing"),
                _ => format!("step proposed by {who}"),
            };
        }
        RepairGoal::Loop { target } => target,
    };
    let end = match (summary.reached, &run.recording) {
        (true, _) => format!("target {target} reached"),
        (false, Some(_)) => format!("target {target} not reached, end of {who}"),
        (false, None) => format!("target {target} not reached"),
    };
    format!(
        "loop ended: best step {}, {:+.3} over its start; {end}",
        summary.best + run.behind,
        summary.delta_reward
    )
}
