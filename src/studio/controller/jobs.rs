//! Jobs: which are under way, and what their events change.
//!
//! A job that was superseded or cancelled leaves `pending`, and with it goes the only receiver of its events:
//! nothing that it still sends can reach the state.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossbeam_channel::TryRecvError;

use super::Controller;
use crate::assess::{Assessment, ReferenceChoice, Scoring};
use crate::engine::{AssessJob, Event, Job, JobId, Outcome as JobOutcome, RepairJob, RepairSummary};
use crate::executor::Priority;
use crate::geometry::Shape;
use crate::reward::Mode;
use crate::studio::backend::Ticket;
use crate::studio::proposing::{Arrived, Pick, SaidEnd};
use crate::studio::state::{
    Activity, Card, CardId, Outcome, Phase, Recorded, ReferenceShape, Running, Session,
};
use crate::trajectory::{Origin, Step};

/// A job under way.
pub(super) struct Pending {
    session: usize,
    ticket: Ticket,
    purpose: Purpose,
}

enum Purpose {
    Assess {
        card: CardId,
        revision: u64,
        scoring: Scoring,
    },
    Repair(RepairRun),
    /// Builds a task's reference for the viewport.
    Reference,
    /// Builds a candidate of the group on screen.
    Member,
}

/// A repair under way.
struct RepairRun {
    /// Cards by the job's own step index; 0 is the card that it started from.
    cards: BTreeMap<usize, CardId>,
    /// Revision of the card that it started from.
    base_revision: u64,
    scoring: Scoring,
    /// The recording that is followed, if one is.
    recording: Option<String>,
    /// Recorded steps that lie behind the start.
    behind: usize,
    /// Where its cards come from.
    origin: Origin,
    /// Step of the job that the next one probably grows from.
    head: usize,
    /// Stops at this total.
    target: f64,
    /// Whether the one step was asked for, rather than a loop.
    single: bool,
}

impl Controller {
    /// Scores a card's code, in place of any assessment of it that is still under way.
    pub(super) fn assess(&mut self, session: usize, card: CardId, priority: Priority) {
        let scoring = self.state.scoring.clone();
        let task = self.state.sessions[session].task.clone();
        let Some(found) = self.state.sessions[session].get(card) else {
            return;
        };
        let (revision, code, superseded) = (found.revision, Arc::from(found.code.as_bytes()), found.activity);
        let what = self.state.sessions[session].title(found);
        self.drop_assessment(superseded);
        let job = Job::Assess(AssessJob {
            task,
            code,
            scoring: scoring.clone(),
            priority,
        });
        let id = self.submit(
            session,
            job,
            what,
            Purpose::Assess {
                card,
                revision,
                scoring,
            },
        );
        if let Some(card) = self.state.sessions[session].get_mut(card) {
            card.activity = Activity::Assessing(id);
        }
    }

    /// Scores every card on screen that has no score under the scoring in force.
    pub(super) fn score_what_is_not(&mut self) {
        let index = self.state.current;
        let session = &self.state.sessions[index];
        let missing: Vec<_> = session
            .cards
            .iter()
            .filter(|card| self.lacks_score(card))
            .map(|card| card.id)
            .collect();
        let selected = session.selected;
        for card in missing {
            let priority = if card == selected {
                Priority::Live
            } else {
                Priority::Batch
            };
            self.assess(index, card, priority);
        }
    }

    fn lacks_score(&self, card: &Card) -> bool {
        match (card.activity, &card.outcome) {
            (Activity::Due(_) | Activity::Proposing(_), _) | (Activity::Idle, Outcome::Fault { .. }) => false,
            (Activity::Assessing(job), _) => match self.pending.get(&job).map(|pending| &pending.purpose) {
                Some(Purpose::Assess { scoring, .. }) => *scoring != self.state.scoring,
                Some(Purpose::Repair(_) | Purpose::Reference | Purpose::Member) | None => false,
            },
            (Activity::Idle, Outcome::Unknown) => true,
            (Activity::Idle, Outcome::Scored(scored)) => scored.scoring != self.state.scoring,
        }
    }

    /// Builds the reference of the task on screen, unless that is done or under way.
    pub(super) fn build_reference(&mut self) {
        let index = self.state.current;
        let session = &self.state.sessions[index];
        if matches!(
            session.reference,
            ReferenceShape::Building(_) | ReferenceShape::Built(_)
        ) {
            return;
        }
        let task = session.task.clone();
        let Some(code) = &task.reference else {
            let why = if task.reference_mesh.is_some() {
                "the reference of this task is a mesh of its own scale"
            } else {
                "this task has no reference"
            };
            self.state.session_mut().reference = ReferenceShape::Missing(why.to_owned());
            return;
        };
        let job = Job::Assess(AssessJob {
            code: Arc::from(code.as_bytes()),
            task,
            // Only its shape is wanted.
            scoring: Scoring {
                mode: Mode::Fast,
                reference: ReferenceChoice::None,
                ..self.state.scoring.clone()
            },
            priority: Priority::Live,
        });
        let id = self.submit(index, job, "reference".to_owned(), Purpose::Reference);
        self.state.sessions[index].reference = ReferenceShape::Building(id);
    }

    /// Proposes from the card on screen: once, or a loop to the target or the step limit.
    pub(super) fn repair(&mut self, single: bool) {
        if self.state.repair().is_some() {
            return;
        }
        let index = self.state.current;
        let pick = self.state.session().pick(self.state.proposing.pick);
        if pick == Pick::Replay
            && self.state.session().recorded_behind(self.state.card()).is_none()
            && let Some(start) = self.start_of_recording(index)
        {
            self.state.session_mut().selected = start;
        }
        let session = &self.state.sessions[index];
        let base = session.card();
        let behind = session.steps_behind(base);
        let recording = session.recording.clone().filter(|_| pick == Pick::Replay);
        if let Some(recording) = &recording
            && session.steps_ahead() == 0
        {
            return self.note(format!("the recording `{recording}` ends here"));
        }
        let proposer = match self.choice(session, behind) {
            Ok(proposer) => proposer,
            Err(message) => return self.tell(&message),
        };
        let (earlier, known) = match pick {
            Pick::Replay => (Vec::new(), Vec::new()),
            Pick::Rules | Pick::Endpoint => self.known_steps(session, base),
        };
        let proposing = &self.state.proposing;
        let first: Vec<CardId> = if known.is_empty() { vec![base.id] } else { known };
        let run = RepairRun {
            cards: first.into_iter().enumerate().collect(),
            base_revision: base.revision,
            scoring: self.state.scoring.clone(),
            recording,
            behind,
            origin: match pick {
                Pick::Replay => Origin::Replay,
                Pick::Rules => Origin::Rules,
                Pick::Endpoint => Origin::Endpoint,
            },
            head: 0,
            target: if single { f64::INFINITY } else { proposing.target },
            single,
        };
        // What was proposed before counts among the rounds of a loop.
        let max_steps = earlier.len().saturating_sub(1) + if single { 1 } else { proposing.max_steps };
        let tells_base = earlier.is_empty();
        let job = Job::Repair(RepairJob {
            task: session.task.clone(),
            from: (base.origin != Origin::Seed).then(|| base.code.as_bytes().into()),
            earlier,
            proposer,
            scoring: self.state.scoring.clone(),
            max_steps,
            candidates: if pick == Pick::Replay {
                1
            } else {
                proposing.candidates
            },
            target: run.target,
            out: None,
        });
        let what = format!(
            "{} from {}",
            if single { "proposal" } else { "loop" },
            session.title(base)
        );
        let (base, activity) = (base.id, base.activity);
        self.state.proposing.said.clear();
        self.state.proposing.arrived = None;
        // The repair scores what it starts from, so a run of the same code on its own is not needed.
        self.drop_assessment(activity);
        let id = self.submit(index, job, what, Purpose::Repair(run));
        if tells_base && let Some(card) = self.state.sessions[index].get_mut(base) {
            card.activity = Activity::Assessing(id);
        }
    }

    /// Builds a candidate of a group, after everything that somebody waits for.
    pub(super) fn build_member(&mut self, session: usize, code: &str, what: String) -> JobId {
        let job = Job::Assess(AssessJob {
            task: self.state.sessions[session].task.clone(),
            code: Arc::from(code.as_bytes()),
            // Only its shape is wanted: rewards are those of the row.
            scoring: Scoring {
                mode: Mode::Fast,
                reference: ReferenceChoice::None,
                ..self.state.scoring.clone()
            },
            priority: Priority::Batch,
        });
        self.submit(session, job, what, Purpose::Member)
    }

    fn submit(&mut self, session: usize, job: Job, what: String, purpose: Purpose) -> JobId {
        let repair = matches!(job, Job::Repair(_));
        let ticket = self.backend.submit(job, self.wake.clone());
        let id = ticket.id;
        let since = self.state.now;
        self.state.running.push(Running {
            job: id,
            what,
            repair,
            since,
            started: false,
        });
        self.pending.insert(
            id,
            Pending {
                session,
                ticket,
                purpose,
            },
        );
        id
    }

    /// Stops a job and forgets it.
    pub(super) fn drop_job(&mut self, job: JobId) {
        self.state.running.retain(|running| running.job != job);
        if let Some(pending) = self.pending.remove(&job) {
            (pending.ticket.cancel)();
        }
    }

    /// Stops the assessment that a card waits for; a repair that starts from the card goes on.
    pub(super) fn drop_assessment(&mut self, activity: Activity) {
        if let Activity::Assessing(job) = activity
            && matches!(
                self.pending.get(&job),
                Some(Pending {
                    purpose: Purpose::Assess { .. },
                    ..
                })
            )
        {
            self.drop_job(job);
        }
    }

    /// Whether a job works for the task on screen.
    pub(super) fn is_of_current_session(&self, job: JobId) -> bool {
        self.pending
            .get(&job)
            .is_some_and(|pending| pending.session == self.state.current)
    }

    /// Stops a job as a person asked: its cards rest as they are.
    pub(super) fn cancel_job(&mut self, job: JobId) {
        let Some(pending) = self.pending.get(&job) else {
            return;
        };
        let (session, is_repair) = (pending.session, matches!(pending.purpose, Purpose::Repair(_)));
        if let Some(running) = self.state.running.iter().find(|running| running.job == job) {
            let text = format!("stopped: {}", running.what);
            self.note(text);
        }
        if is_repair {
            self.break_off();
        }
        self.drop_job(job);
        self.settle(session, job);
    }

    /// Stops everything that runs or is about to.
    pub(super) fn cancel_all(&mut self) {
        let jobs: Vec<_> = self.pending.keys().copied().collect();
        for job in jobs {
            self.cancel_job(job);
        }
        for card in self
            .state
            .sessions
            .iter_mut()
            .flat_map(|session| &mut session.cards)
        {
            if matches!(card.activity, Activity::Due(_)) {
                card.activity = Activity::Idle;
            }
        }
    }

    /// Takes a job that is over off its cards; a proposal that never became code goes.
    fn settle(&mut self, session: usize, job: JobId) {
        self.settle_member(job, Phase::Broken("stopped".to_owned()));
        let session = &mut self.state.sessions[session];
        if matches!(session.reference, ReferenceShape::Building(building) if building == job) {
            session.reference =
                ReferenceShape::Missing("the reference was not built: choose it again".to_owned());
        }
        for card in &mut session.cards {
            if card.activity == Activity::Assessing(job) {
                card.activity = Activity::Idle;
            }
        }
        session
            .cards
            .retain(|card| card.activity != Activity::Proposing(job) || card.scored().is_some());
        for card in &mut session.cards {
            if card.activity == Activity::Proposing(job) {
                card.activity = Activity::Idle;
            }
        }
        if session.get(session.selected).is_none() {
            session.selected = session.seed().id;
        }
    }

    /// Starts the runs whose pause is over; returns the seconds to the next one.
    pub(super) fn start_due(&mut self) -> Option<f64> {
        let now = self.state.now;
        let mut due = Vec::new();
        let mut next: Option<f64> = None;
        for (index, session) in self.state.sessions.iter().enumerate() {
            for card in &session.cards {
                match card.activity {
                    Activity::Due(at) if at <= now => due.push((index, card.id)),
                    Activity::Due(at) => next = Some(next.map_or(at - now, |next| next.min(at - now))),
                    Activity::Idle | Activity::Assessing(_) | Activity::Proposing(_) => {}
                }
            }
        }
        for (session, card) in due {
            self.assess(session, card, Priority::Live);
        }
        next
    }

    /// Takes in every event that has arrived.
    pub(super) fn take_job_events(&mut self) {
        let jobs: Vec<_> = self.pending.keys().copied().collect();
        for job in jobs {
            // An event may end the job, or another one's, and drop it.
            while let Some(pending) = self.pending.get(&job) {
                let event = match pending.ticket.events.try_recv() {
                    Ok(event) => event,
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => {
                        let message =
                            "a job ended without an answer\nhint: press F5 to run it again".to_owned();
                        Event::Failed {
                            message,
                            input: false,
                        }
                    }
                };
                self.take_job_event(job, event);
            }
        }
    }

    fn take_job_event(&mut self, job: JobId, event: Event) {
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
                    self.hear(session, card, &delta);
                }
            }
            Event::Step(step, shape) => self.take_step(job, *step, shape),
            Event::Done(outcome) => {
                if let Some(pending) = self.finish(job) {
                    self.take_outcome(job, pending, *outcome);
                }
            }
            Event::Failed { message, input } => {
                if let Some(pending) = self.finish(job) {
                    self.break_off();
                    if matches!(&pending.purpose, Purpose::Repair(run) if run.origin == Origin::Endpoint) {
                        self.look_at(self.state.proposing.server);
                    }
                    let card = match &pending.purpose {
                        Purpose::Assess { card, .. } => Some(*card),
                        Purpose::Repair(run) => Some(run.cards[&0]),
                        Purpose::Reference | Purpose::Member => None,
                    };
                    let waits = |card: &CardId| {
                        self.state.sessions[pending.session]
                            .get(*card)
                            .is_some_and(|card| card.activity == Activity::Assessing(job))
                    };
                    if let Some(card) = card.filter(waits) {
                        self.fault(pending.session, card, &message, input);
                    }
                    self.settle_member(job, Phase::Broken(message.clone()));
                    self.settle(pending.session, job);
                    self.tell(&message);
                }
            }
            Event::Cancelled => {
                if let Some(pending) = self.finish(job) {
                    self.settle(pending.session, job);
                }
            }
        }
    }

    fn finish(&mut self, job: JobId) -> Option<Pending> {
        self.state.running.retain(|running| running.job != job);
        self.pending.remove(&job)
    }

    fn take_outcome(&mut self, job: JobId, pending: Pending, outcome: JobOutcome) {
        match (pending.purpose, outcome) {
            (
                Purpose::Assess {
                    card,
                    revision,
                    scoring,
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
            }
            (Purpose::Repair(run), JobOutcome::Repaired(summary)) => {
                self.note(describe(&run, &summary));
                self.arrive(pending.session, &run, summary.best);
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
            (Purpose::Member, JobOutcome::Assessed(assessment)) => self.take_member(job, assessment),
            (Purpose::Assess { .. } | Purpose::Reference | Purpose::Member, JobOutcome::Repaired(_))
            | (Purpose::Repair(_), JobOutcome::Assessed(_)) => {
                self.tell("the engine answered another question than was asked");
            }
        }
        self.settle(pending.session, job);
    }

    /// The end of a repair: one proposal is there to be decided on; whoever followed a loop sees its best step.
    fn arrive(&mut self, session: usize, run: &RepairRun, best: usize) {
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
                self.state.proposing.arrived = Some(Arrived { card, base });
            }
        } else if follows && let Some(best) = run.cards.get(&best).copied() {
            session.selected = best;
        }
    }

    /// The card of a proposal: one made before from the same place is taken again.
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

    fn take_step(&mut self, job: JobId, step: Step, shape: Option<Arc<Shape>>) {
        let index = step.step;
        let in_force = self.state.scoring.clone();
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
            let mut end = SaidEnd::Whole;
            if let Some(proposal) = step.proposal {
                card.reason = proposal.reason;
                card.group = proposal.group;
                warnings = proposal.warnings;
                if proposal.clipped {
                    end = SaidEnd::Clipped;
                }
            }
            let revision = card.revision;
            self.heard(id, end);
            let session = &mut self.state.sessions[session];
            score(session, id, assessment, revision, scoring.clone());
            // Whoever looks at the step before is taken along; whoever went elsewhere is left there.
            if before.contains(&session.selected) {
                session.selected = id;
            }
        }
        for warning in warnings {
            self.tell(&warning);
        }
        if scoring != in_force && session == self.state.current {
            self.score_what_is_not();
        }
    }

    fn repair_base(&self, job: JobId) -> Option<CardId> {
        match &self.pending.get(&job)?.purpose {
            Purpose::Repair(run) => run.cards.get(&0).copied(),
            Purpose::Assess { .. } | Purpose::Reference | Purpose::Member => None,
        }
    }
}

/// Gives a card its score, unless its code has changed since.
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
            1 => format!("{who} had nothing to propose"),
            _ => format!("step proposed by {who}"),
        };
    }
    let target = run.target;
    let end = match (summary.reached, &run.recording) {
        (true, _) => format!("target {target} reached"),
        (false, Some(_)) => format!("target {target} not reached, {who} ends here"),
        (false, None) => format!("target {target} not reached"),
    };
    format!(
        "loop ended: best step {}, {:+.3} over its start; {end}",
        summary.best + run.behind,
        summary.delta_reward
    )
}
