//! Running jobs and the cards that their events change.
//!
//! A superseded or cancelled job leaves `pending` and drops the only receiver of its events: nothing that it still sends reaches
//! the state.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::Controller;
use crate::assess::{ReferenceChoice, Scoring};
use crate::engine::{AssessJob, ExportJob, Job, JobId, RepairJob};
use crate::executor::Priority;
use crate::repair::ProposerKind;
use crate::reward::Mode;
use crate::studio::backend::Ticket;
use crate::studio::state::{Activity, Card, CardId, Outcome, Phase, ReferenceShape, Running};
use crate::trajectory::Origin;

/// A running job.
pub(super) struct Pending {
    pub session: usize,
    pub ticket: Ticket,
    pub purpose: Purpose,
}

pub(super) enum Purpose {
    Assess {
        card: CardId,
        revision: u64,
        scoring: Scoring,
        priority: Priority,
    },
    Repair(RepairRun),
    /// Builds a task's reference for the viewport.
    Reference,
    /// Runs a scored card again for the objects that it displays.
    Scene {
        card: CardId,
        revision: u64,
    },
    /// Builds a candidate of the group on screen.
    Member,
    /// Writes the part on screen as a STEP file.
    Export,
}

/// A running repair.
pub(super) struct RepairRun {
    /// Cards by the job's step index; 0 is the base.
    pub cards: BTreeMap<usize, CardId>,
    /// Revision of the base.
    pub base_revision: u64,
    pub scoring: Scoring,
    /// Recording that is replayed, if any.
    pub recording: Option<String>,
    /// Number of recorded steps before the base.
    pub behind: usize,
    /// Origin of its cards.
    pub origin: Origin,
    /// Step of the job that the next one probably starts from.
    pub head: usize,
    /// Total at which it stops.
    pub target: f64,
    /// Whether a single step was requested rather than a loop.
    pub single: bool,
}

impl Controller {
    /// Scores a card's code and replaces a running assessment of it.
    pub(super) fn assess(&mut self, session: usize, card: CardId, priority: Priority) {
        let scoring = self.state.scoring.clone();
        let task = self.state.sessions[session].task.clone();
        let Some(found) = self.state.sessions[session].get(card) else {
            return;
        };
        let (revision, code, superseded) = (found.revision, Arc::from(found.code.as_bytes()), found.activity);
        let what = self.state.sessions[session].title(found);
        let in_project = self.with_project(&self.state.sessions[session], found);
        self.drop_assessment(superseded);
        let job = Job::Assess(AssessJob {
            task,
            code,
            scoring: in_project,
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
                priority,
            },
        );
        if let Some(card) = self.state.sessions[session].get_mut(card) {
            card.activity = Activity::Assessing(id);
        }
    }

    /// Scores every card on screen that has no score under the current scoring.
    pub(super) fn score_unscored(&mut self) {
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
            (Activity::Due(_) | Activity::Proposing(_), _)
            | (Activity::Idle, Outcome::InternalError { .. }) => false,
            (Activity::Assessing(job), _) => match self.pending.get(&job).map(|pending| &pending.purpose) {
                Some(Purpose::Assess { scoring, .. }) => *scoring != self.state.scoring,
                Some(
                    Purpose::Repair(_)
                    | Purpose::Reference
                    | Purpose::Scene { .. }
                    | Purpose::Member
                    | Purpose::Export,
                )
                | None => false,
            },
            (Activity::Idle, Outcome::Unknown) => true,
            (Activity::Idle, Outcome::Scored(scored)) => scored.scoring != self.state.scoring,
        }
    }

    /// Builds the reference of the task on screen, unless it is built or being built.
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
                "the reference of this task is a mesh with a different scale"
            } else {
                "this task has no reference"
            };
            self.state.session_mut().reference = ReferenceShape::Missing(why.to_owned());
            return;
        };
        let job = Job::Assess(AssessJob {
            code: Arc::from(code.as_bytes()),
            task,
            // Only the shape is needed.
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

    /// Proposes from the card on screen: one step, or a loop to the target or the step limit.
    pub(super) fn repair(&mut self, single: bool) {
        if self.state.repair().is_some() {
            return;
        }
        let index = self.state.current;
        let pick = self.state.session().effective_proposer(self.state.proposing.kind);
        if pick == ProposerKind::Replay
            && self
                .state
                .session()
                .recorded_steps_before(self.state.card())
                .is_none()
            && let Some(start) = self.start_of_recording(index)
        {
            self.state.session_mut().select(start);
        }
        let session = &self.state.sessions[index];
        let base = session.card();
        let behind = session.steps_before(base);
        let recording = session.recording.clone().filter(|_| pick == ProposerKind::Replay);
        if let Some(recording) = &recording
            && session.steps_after() == 0
        {
            return self.log(format!("the recording `{recording}` has no further step"));
        }
        let proposer = match self.choice(session, behind) {
            Ok(proposer) => proposer,
            Err(message) => return self.report_error(&message),
        };
        let (earlier, known) = match pick {
            ProposerKind::Replay => (Vec::new(), Vec::new()),
            ProposerKind::Rules | ProposerKind::Endpoint => self.known_steps(session, base),
        };
        let proposing = &self.state.proposing;
        let first: Vec<CardId> = if known.is_empty() { vec![base.id] } else { known };
        // The default stands for the target of the profile.
        let target = if single {
            Some(f64::INFINITY)
        } else {
            (proposing.target != super::TARGET).then_some(proposing.target)
        };
        let run = RepairRun {
            cards: first.into_iter().enumerate().collect(),
            base_revision: base.revision,
            scoring: self.state.scoring.clone(),
            recording,
            behind,
            origin: match pick {
                ProposerKind::Replay => Origin::Replay,
                ProposerKind::Rules => Origin::Rules,
                ProposerKind::Endpoint => Origin::Endpoint,
            },
            head: 0,
            target: target.unwrap_or(self.state.scoring.profile.target()),
            single,
        };
        // Earlier proposals count as rounds of a loop.
        let max_steps = earlier.len().saturating_sub(1) + if single { 1 } else { proposing.max_steps };
        let tells_base = earlier.is_empty();
        let job = Job::Repair(RepairJob {
            task: session.task.clone(),
            from: (base.origin != Origin::Seed).then(|| base.code.as_bytes().into()),
            earlier,
            proposer,
            scoring: self.with_project(session, base),
            max_steps,
            candidates: if pick == ProposerKind::Replay {
                1
            } else {
                proposing.candidates
            },
            target,
            out: None,
        });
        let what = format!(
            "{} from {}",
            if single { "proposal" } else { "loop" },
            session.title(base)
        );
        let (base, activity) = (base.id, base.activity);
        self.state.proposing.streamed.clear();
        self.state.proposing.pending = None;
        // The repair scores its base, so a separate run of the same code is redundant.
        self.drop_assessment(activity);
        let id = self.submit(index, job, what, Purpose::Repair(run));
        if tells_base && let Some(card) = self.state.sessions[index].get_mut(base) {
            card.activity = Activity::Assessing(id);
        }
    }

    /// Builds a candidate of a group, at the lowest priority.
    pub(super) fn build_member(&mut self, session: usize, code: &str, what: String) -> JobId {
        let job = Job::Assess(AssessJob {
            task: self.state.sessions[session].task.clone(),
            code: Arc::from(code.as_bytes()),
            // Only the shape is needed: the row has the reward.
            scoring: Scoring {
                mode: Mode::Fast,
                reference: ReferenceChoice::None,
                ..self.state.scoring.clone()
            },
            priority: Priority::Batch,
        });
        self.submit(session, job, what, Purpose::Member)
    }

    /// Writes the part on screen as a STEP file.
    pub(super) fn export_step(&mut self, path: PathBuf) {
        let card = self.state.card();
        let what = format!("STEP of {}", self.state.session().title(card));
        let session = self.state.session();
        let job = Job::Export(ExportJob {
            task: Arc::clone(&session.task),
            code: Arc::from(card.code.as_bytes()),
            spec: self.with_project(session, card).export_spec(),
            path,
        });
        self.submit(self.state.current, job, what, Purpose::Export);
    }

    pub(super) fn submit(&mut self, session: usize, job: Job, what: String, purpose: Purpose) -> JobId {
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

    /// Cancels a job and removes it.
    pub(super) fn drop_job(&mut self, job: JobId) {
        self.state.running.retain(|running| running.job != job);
        if let Some(pending) = self.pending.remove(&job) {
            (pending.ticket.cancel)();
        }
    }

    /// Cancels the assessment that a card waits for; a repair that starts from the card continues.
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

    /// Whether a job belongs to the task on screen.
    pub(super) fn is_of_current_session(&self, job: JobId) -> bool {
        self.pending
            .get(&job)
            .is_some_and(|pending| pending.session == self.state.current)
    }

    /// Cancels a job on request: its cards stay as they are.
    pub(super) fn cancel_job(&mut self, job: JobId) {
        let Some(pending) = self.pending.get(&job) else {
            return;
        };
        let (session, is_repair) = (pending.session, matches!(pending.purpose, Purpose::Repair(_)));
        if let Some(running) = self.state.running.iter().find(|running| running.job == job) {
            let text = format!("stopped: {}", running.what);
            self.log(text);
        }
        if is_repair {
            self.mark_interrupted();
        }
        self.drop_job(job);
        self.detach_job(session, job);
    }

    /// Cancels all running and scheduled jobs.
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

    /// Detaches an ended job from its cards; removes a proposal without code.
    pub(super) fn detach_job(&mut self, session: usize, job: JobId) {
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

    /// Starts the scheduled runs whose pause has passed; returns the seconds to the next one.
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
}
