//! Handles job events: they become cards, scores and shapes.

use std::sync::Arc;

use crossbeam_channel::TryRecvError;

use super::Controller;
use super::jobs::{Pending, Purpose, RepairRun};
use crate::assess::{Assessment, Built, Scoring};
use crate::engine::{Event, JobId, JobOutcome, RepairSummary};
use crate::executor::Priority;
use crate::geometry::Shape;
use crate::studio::proposing::{PendingProposal, StreamEnd};
use crate::studio::state::{Activity, Card, CardId, Phase, Recorded, ReferenceShape, Session};
use crate::trajectory::{Origin, Step};

impl Controller {
    /// Handles all events received so far.
    pub(super) fn handle_job_events(&mut self) {
        let jobs: Vec<_> = self.pending.keys().copied().collect();
        for job in jobs {
            // An event may end this job or another one, and drop it.
            while let Some(pending) = self.pending.get(&job) {
                let event = match pending.ticket.events.try_recv() {
                    Ok(event) => event,
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => {
                        let message =
                            "a job ended without a result\nhint: press F5 to run it again".to_owned();
                        Event::Failed {
                            message,
                            input: false,
                        }
                    }
                };
                self.handle_job_event(job, event);
            }
        }
    }

    fn handle_job_event(&mut self, job: JobId, event: Event) {
        match event {
            Event::Started => {
                if let Some(running) = self.state.running.iter_mut().find(|running| running.job == job) {
                    running.started = true;
                }
            }
            Event::Proposing { step } => {
                self.proposal_card(job, step);
            }
            Event::ProposalText { step, delta } => {
                let Some(card) = self.proposal_card(job, step).map(|card| card.id) else {
                    return;
                };
                if let Some(session) = self.pending.get(&job).map(|pending| pending.session) {
                    self.append_text(session, card, &delta);
                }
            }
            Event::Built(built) => self.apply_built(job, built),
            Event::Step(step, shape) => self.handle_step(job, *step, shape),
            Event::Done(outcome) => {
                if let Some(pending) = self.finish(job) {
                    self.handle_outcome(job, pending, *outcome);
                }
            }
            Event::Failed { message, input } => {
                if let Some(pending) = self.finish(job) {
                    self.mark_interrupted();
                    if matches!(&pending.purpose, Purpose::Repair(run) if run.origin == Origin::Endpoint) {
                        self.query_server(self.state.proposing.server);
                    }
                    let card = match &pending.purpose {
                        Purpose::Assess { card, .. } => Some(*card),
                        Purpose::Repair(run) => Some(run.cards[&0]),
                        Purpose::Reference | Purpose::Scene { .. } | Purpose::Member | Purpose::Export => {
                            None
                        }
                    };
                    let waits = |card: &CardId| {
                        self.state.sessions[pending.session]
                            .get(*card)
                            .is_some_and(|card| card.activity == Activity::Assessing(job))
                    };
                    if let Some(card) = card.filter(waits) {
                        self.mark_internal_error(pending.session, card, &message, input);
                    }
                    self.settle_member(job, Phase::Broken(message.clone()));
                    self.detach_job(pending.session, job);
                    self.report_error(&message);
                }
            }
            Event::Cancelled => {
                if let Some(pending) = self.finish(job) {
                    self.detach_job(pending.session, job);
                }
            }
        }
    }

    /// Displays a build while it is being scored; a later edit has dropped the job.
    fn apply_built(&mut self, job: JobId, built: Built) {
        let Some(Pending {
            session,
            purpose: Purpose::Assess { card, revision, .. },
            ..
        }) = self.pending.get(&job)
        else {
            return;
        };
        let (card, revision, session) = (*card, *revision, &mut self.state.sessions[*session]);
        let Some(title) = session.get(card).map(|card| session.title(card)) else {
            return;
        };
        if let Some(card) = session.get_mut(card)
            && card.revision == revision
        {
            card.apply_built(built, revision, title);
        }
    }

    fn finish(&mut self, job: JobId) -> Option<Pending> {
        self.state.running.retain(|running| running.job != job);
        self.pending.remove(&job)
    }

    fn handle_outcome(&mut self, job: JobId, pending: Pending, outcome: JobOutcome) {
        match (pending.purpose, outcome) {
            (
                Purpose::Assess {
                    card,
                    revision,
                    scoring,
                    priority,
                },
                JobOutcome::Assessed(assessment),
            ) => {
                score(
                    &mut self.state.sessions[pending.session],
                    card,
                    assessment,
                    revision,
                    scoring,
                );
                self.explain_project(pending.session, card);
                if priority == Priority::Live
                    && let Some(card) = self.state.sessions[pending.session].get_mut(card)
                {
                    card.scene_of = Some(revision);
                }
            }
            (Purpose::Scene { card, revision }, JobOutcome::Assessed(assessment)) => {
                self.apply_scene(pending.session, card, revision, assessment);
            }
            (Purpose::Repair(run), JobOutcome::Repaired(summary)) => {
                self.log(describe(&run, &summary));
                self.finish_repair(pending.session, &run, summary.best);
            }
            (Purpose::Reference, JobOutcome::Assessed(assessment)) => {
                let failure = assessment.evaluation.failure;
                self.state.sessions[pending.session].reference = match assessment.shape {
                    Some(shape) => ReferenceShape::Built(shape),
                    None => ReferenceShape::Missing(format!(
                        "the reference does not build: {}",
                        failure.map_or_else(String::new, |failure| failure.message)
                    )),
                };
            }
            (Purpose::Member, JobOutcome::Assessed(assessment)) => self.handle_member(job, assessment),
            (Purpose::Export, JobOutcome::Exported(path)) => self.log(format!("wrote {}", path.display())),
            (
                Purpose::Assess { .. } | Purpose::Reference | Purpose::Scene { .. } | Purpose::Member,
                JobOutcome::Repaired(_) | JobOutcome::Exported(_),
            )
            | (Purpose::Repair(_), JobOutcome::Assessed(_) | JobOutcome::Exported(_))
            | (Purpose::Export, JobOutcome::Assessed(_) | JobOutcome::Repaired(_)) => {
                self.report_error("internal error: the engine returned another kind of result");
            }
        }
        self.detach_job(pending.session, job);
    }

    /// End of a repair: a single proposal waits for a decision; after a loop its best step is selected.
    fn finish_repair(&mut self, session: usize, run: &RepairRun, best: usize) {
        let session_index = session;
        let session = &mut self.state.sessions[session];
        let follows = run.cards.values().any(|card| *card == session.selected);
        let Some(base) = run.cards.get(&0).copied() else {
            return;
        };
        if run.single {
            let newest = run.cards.values().copied().max();
            if follows
                && session_index == self.state.current
                && let Some(card) = newest.filter(|card| *card != base)
            {
                self.state.proposing.pending = Some(PendingProposal { card, base });
            }
        } else if follows && let Some(best) = run.cards.get(&best).copied() {
            session.select(best);
        }
    }

    /// Card of a proposal: an earlier card from the same position is reused.
    fn proposal_card(&mut self, job: JobId, step: usize) -> Option<&mut Card> {
        let fresh = CardId(self.fresh_id());
        let pending = self.pending.get_mut(&job)?;
        let Purpose::Repair(run) = &mut pending.purpose else {
            return None;
        };
        let session = &mut self.state.sessions[pending.session];
        if let Some(card) = run.cards.get(&step).copied() {
            return session.get_mut(card);
        }
        step.checked_sub(1)?;
        let parent = run.cards.get(&run.head).copied();
        let recorded = run.recording.as_ref().map(|recording| Recorded {
            recording: recording.clone(),
            step: run.behind + step,
        });
        let known = recorded.as_ref().and_then(|recorded| {
            session
                .cards
                .iter_mut()
                .find(|card| card.recorded.as_ref() == Some(recorded) && card.parent == parent)
        });
        let id = match known {
            Some(card) => {
                card.reason.clear();
                card.id
            }
            None => {
                let mut card = Card::new(fresh, run.origin, parent, String::new());
                card.recorded = recorded;
                card.keep_shape_of(parent.and_then(|parent| session.get(parent)));
                session.cards.push(card);
                fresh
            }
        };
        run.cards.insert(step, id);
        let card = session.get_mut(id)?;
        card.activity = Activity::Proposing(job);
        Some(card)
    }

    fn handle_step(&mut self, job: JobId, step: Step, shape: Option<Arc<Shape>>) {
        let index = step.step;
        let current_scoring = self.state.scoring.clone();
        let (base_revision, scoring, session, before, parent) = match self.pending.get_mut(&job) {
            Some(Pending {
                session,
                purpose: Purpose::Repair(run),
                ..
            }) => {
                let before: Vec<_> = run.cards.range(..index).map(|(_, card)| *card).collect();
                let parent = step.parent.and_then(|parent| run.cards.get(&parent).copied());
                let proposal = step.proposal.as_ref();
                if proposal.is_none_or(|proposal| proposal.kept != Some(false)) {
                    run.head = index;
                }
                (run.base_revision, run.scoring.clone(), *session, before, parent)
            }
            Some(_) | None => return,
        };
        let assessment = Assessment {
            evaluation: step.evaluation,
            shape,
            scene: None,
            unscored: None,
        };
        let mut warnings = Vec::new();
        if index == 0 {
            let Some(base) = self.repair_base(job) else { return };
            score(
                &mut self.state.sessions[session],
                base,
                assessment,
                base_revision,
                scoring.clone(),
            );
        } else if let Some(card) = self.proposal_card(job, index) {
            let id = card.id;
            if card.code != step.code {
                card.code = step.code;
                card.revision += 1;
            }
            card.origin = step.origin;
            card.parent = parent.or(card.parent);
            let mut end = StreamEnd::Complete;
            if let Some(proposal) = step.proposal {
                card.reason = proposal.reason;
                card.group = proposal.group;
                warnings = proposal.warnings;
                if proposal.clipped {
                    end = StreamEnd::Truncated;
                }
            }
            let revision = card.revision;
            self.finish_text(id, end);
            let session = &mut self.state.sessions[session];
            score(session, id, assessment, revision, scoring.clone());
            // The selection follows if the previous step was selected, and stays otherwise.
            if before.contains(&session.selected) {
                session.select(id);
            }
        }
        for warning in warnings {
            self.report_error(&warning);
        }
        if scoring != current_scoring && session == self.state.current {
            self.score_unscored();
        }
    }

    fn repair_base(&self, job: JobId) -> Option<CardId> {
        match &self.pending.get(&job)?.purpose {
            Purpose::Repair(run) => run.cards.get(&0).copied(),
            Purpose::Assess { .. }
            | Purpose::Reference
            | Purpose::Scene { .. }
            | Purpose::Member
            | Purpose::Export => None,
        }
    }
}

/// Sets a card's score, unless its code has changed since.
fn score(session: &mut Session, card: CardId, assessment: Assessment, revision: u64, scoring: Scoring) {
    let Some(title) = session.get(card).map(|card| session.title(card)) else {
        return;
    };
    if let Some(card) = session.get_mut(card)
        && card.revision == revision
    {
        card.take(assessment, revision, scoring, title);
        card.activity = Activity::Idle;
    }
}

fn describe(run: &RepairRun, summary: &RepairSummary) -> String {
    let who = match &run.recording {
        Some(recording) => format!("`{recording}`"),
        None => format!("the {}", run.origin.name()),
    };
    if run.single {
        return match run.cards.len() {
            1 => format!("{who} proposed nothing"),
            _ => format!("step proposed by {who}"),
        };
    }
    let target = run.target;
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
