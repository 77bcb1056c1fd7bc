//! Submits, supersedes and cancels jobs.
//!
//! A superseded or cancelled job leaves `pending` and drops the only receiver of its events: nothing that it still sends reaches
//! the state.

use std::path::PathBuf;
use std::sync::Arc;

use super::repair::RepairRun;
use super::{JobReport, SessionPart};
use crate::assess::{Assessment, ReferenceChoice, Scoring};
use crate::engine::{AssessJob, ExportJob, JobHandle, JobId, RepairJob};
use crate::executor::Priority;
use crate::reward::Mode;
use crate::studio::state::{Activity, Card, CardId, CardResult, Messages, ReferenceShape, Running, Session};

/// A running job.
pub(super) struct Pending {
    pub session: usize,
    pub job: PendingJob,
}

/// Each kind of job with what its result is for.
pub(super) enum PendingJob {
    Assess(JobHandle<AssessJob>, AssessPurpose),
    Repair(JobHandle<RepairJob>, RepairRun),
    /// Writes the part on screen as a STEP file.
    Export(JobHandle<ExportJob>),
}

pub(super) enum AssessPurpose {
    Score {
        card: CardId,
        revision: u64,
        scoring: Scoring,
        priority: Priority,
        /// A failed build that is not displayed yet, and the window time at which it is.
        held: Option<(Box<Assessment>, f64)>,
    },
    /// The shape of a task's reference.
    Reference,
    /// The objects that a scored card displays.
    Scene { card: CardId, revision: u64 },
    /// A shape that another part asked for.
    Shape,
}

impl SessionPart {
    /// Scores a card's code and replaces a running assessment of it.
    pub fn assess(&mut self, session: usize, card: CardId, priority: Priority) {
        let of = &self.state.all[session];
        let Some(found) = of.get(card) else { return };
        let job = AssessJob {
            task: of.task.clone(),
            code: Arc::from(found.code.as_bytes()),
            scoring: self.with_project(of, found),
            priority,
        };
        let (revision, what, superseded) = (found.revision, of.title(found), found.activity);
        let scoring = self.state.scoring.clone();
        self.drop_assessment(superseded);
        let purpose = AssessPurpose::Score {
            card,
            revision,
            scoring,
            priority,
            held: None,
        };
        let id = self.submit_assess(session, job, what, purpose);
        if let Some(card) = self.state.all[session].get_mut(card) {
            card.activity = Activity::Assessing(id);
        }
    }

    /// Scores the card on screen now.
    pub fn run_now(&mut self) {
        self.assess(self.state.current, self.state.card().id, Priority::Live);
    }

    /// Scores every card on screen that has no score under the current scoring.
    pub fn score_unscored(&mut self) {
        let index = self.state.current;
        let session = &self.state.all[index];
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
        match (card.activity, &card.result) {
            (Activity::Due(_) | Activity::Proposing(_), _)
            | (Activity::Idle, CardResult::InternalError { .. }) => false,
            (Activity::Assessing(job), _) => self
                .scoring_of(job)
                .is_some_and(|scoring| *scoring != self.state.scoring),
            (Activity::Idle, CardResult::Unknown) => true,
            (Activity::Idle, CardResult::Scored(scored)) => scored.scoring != self.state.scoring,
        }
    }

    /// Scoring of a job that scores a single card.
    fn scoring_of(&self, job: JobId) -> Option<&Scoring> {
        match &self.pending.get(&job)?.job {
            PendingJob::Assess(_, AssessPurpose::Score { scoring, .. }) => Some(scoring),
            PendingJob::Assess(
                _,
                AssessPurpose::Reference | AssessPurpose::Scene { .. } | AssessPurpose::Shape,
            )
            | PendingJob::Repair(..)
            | PendingJob::Export(_) => None,
        }
    }

    /// The current scoring with the files that a card may read. The current scoring alone allows none: rows and steps of clients
    /// are scored without files.
    pub(super) fn with_project(&self, session: &Session, card: &Card) -> Scoring {
        let mut scoring = self.state.scoring.clone();
        scoring.project = session
            .folder_of(card)
            .and_then(|folder| self.projects.get(&folder))
            .cloned();
        scoring
    }

    /// Builds the reference of the task on screen, unless it is built or being built.
    pub fn build_reference(&mut self) {
        let index = self.state.current;
        let session = &self.state.all[index];
        if matches!(
            session.reference,
            ReferenceShape::Building(_) | ReferenceShape::Built(_)
        ) {
            return;
        }
        let Some(code) = session.task.reference.clone() else {
            let why = if session.task.reference_mesh.is_some() {
                "the reference of this task is a mesh with a different scale"
            } else {
                "this task has no reference"
            };
            self.state.session_mut().reference = ReferenceShape::Missing(why.to_owned());
            return;
        };
        let what = "reference".to_owned();
        let id = self.submit_build(index, &code, Priority::Live, what, AssessPurpose::Reference);
        self.state.all[index].reference = ReferenceShape::Building(id);
    }

    /// Builds code for another part, at the lowest priority; a [`JobReport::Shape`] follows.
    pub fn build_shape(&mut self, session: usize, code: &str, what: String) -> JobId {
        self.submit_build(session, code, Priority::Batch, what, AssessPurpose::Shape)
    }

    /// Submits a run of which only the shapes are needed.
    pub(super) fn submit_build(
        &mut self,
        session: usize,
        code: &str,
        priority: Priority,
        what: String,
        purpose: AssessPurpose,
    ) -> JobId {
        let job = AssessJob {
            task: self.state.all[session].task.clone(),
            code: Arc::from(code.as_bytes()),
            scoring: Scoring {
                mode: Mode::Fast,
                reference: ReferenceChoice::None,
                ..self.state.scoring.clone()
            },
            priority,
        };
        self.submit_assess(session, job, what, purpose)
    }

    fn submit_assess(
        &mut self,
        session: usize,
        job: AssessJob,
        what: String,
        purpose: AssessPurpose,
    ) -> JobId {
        let handle = self.backend.assess(job, self.wake.clone());
        let id = handle.id;
        self.add_job(id, session, what, PendingJob::Assess(handle, purpose));
        id
    }

    /// Writes the part on screen as a STEP file.
    pub fn export_step(&mut self, path: PathBuf) {
        let session = self.state.session();
        let card = session.card();
        let what = format!("STEP of {}", session.title(card));
        let job = ExportJob {
            task: Arc::clone(&session.task),
            code: Arc::from(card.code.as_bytes()),
            spec: self.with_project(session, card).export_spec(),
            path,
        };
        let handle = self.backend.export(job, self.wake.clone());
        self.add_job(handle.id, self.state.current, what, PendingJob::Export(handle));
    }

    pub(super) fn add_job(&mut self, id: JobId, session: usize, what: String, job: PendingJob) {
        self.state.running.push(Running {
            job: id,
            what,
            repair: matches!(job, PendingJob::Repair(..)),
            since: self.state.now,
            started: false,
        });
        self.pending.insert(id, Pending { session, job });
    }

    /// Cancels builds for another part, without reports.
    pub fn cancel_shapes(&mut self, jobs: Vec<JobId>) {
        for job in jobs {
            self.drop_job(job);
        }
    }

    /// Seconds until the next failed build is displayed.
    pub(super) fn next_held(&self) -> Option<f64> {
        let held_until = |pending: &Pending| match &pending.job {
            PendingJob::Assess(_, AssessPurpose::Score { held, .. }) => {
                held.as_ref().map(|(_, until)| *until)
            }
            PendingJob::Assess(..) | PendingJob::Repair(..) | PendingJob::Export(_) => None,
        };
        let until = self.pending.values().filter_map(held_until).reduce(f64::min)?;
        Some((until - self.state.now).max(0.0))
    }

    /// Removes a job; dropping its handle cancels it.
    pub(super) fn drop_job(&mut self, job: JobId) -> Option<Pending> {
        self.state.running.retain(|running| running.job != job);
        self.pending.remove(&job)
    }

    /// Cancels the assessment that a card waits for; a repair that starts from the card continues.
    pub(super) fn drop_assessment(&mut self, activity: Activity) {
        if let Activity::Assessing(job) = activity
            && self.scoring_of(job).is_some()
        {
            self.drop_job(job);
        }
    }

    /// Cancels a job on request: its cards stay as they are.
    fn cancel_job(&mut self, job: JobId, messages: &mut Messages) {
        if let Some(running) = self.state.running.iter().find(|running| running.job == job) {
            messages.log(format!("stopped: {}", running.what));
        }
        let Some(Pending { session, job: kind }) = self.drop_job(job) else {
            return;
        };
        match kind {
            PendingJob::Repair(..) => self.mark_interrupted(),
            PendingJob::Assess(_, AssessPurpose::Shape) => {
                self.reports
                    .push(JobReport::Shape(job, Err("stopped".to_owned())));
            }
            PendingJob::Assess(..) | PendingJob::Export(_) => {}
        }
        self.detach_job(session, job);
    }

    pub(super) fn cancel_repair_on_screen(&mut self, messages: &mut Messages) {
        if let Some(job) = self.state.repair().map(|running| running.job)
            && let Some(pending) = self.pending.get(&job)
            && pending.session == self.state.current
        {
            self.cancel_job(job, messages);
        }
    }

    /// Cancels all running and scheduled jobs.
    pub fn cancel_all(&mut self, messages: &mut Messages) {
        let jobs: Vec<_> = self.pending.keys().copied().collect();
        for job in jobs {
            self.cancel_job(job, messages);
        }
        for card in self.state.all.iter_mut().flat_map(|session| &mut session.cards) {
            if matches!(card.activity, Activity::Due(_)) {
                card.activity = Activity::Idle;
            }
        }
    }

    /// Detaches an ended job from its cards; removes a proposal without code.
    pub(super) fn detach_job(&mut self, session: usize, job: JobId) {
        let session = &mut self.state.all[session];
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
        for (index, session) in self.state.all.iter().enumerate() {
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
