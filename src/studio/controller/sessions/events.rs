//! Handles job events: they become cards, scores and shapes.

use std::ops::ControlFlow;
use std::sync::Arc;

use crossbeam_channel::{Receiver, TryRecvError};

use super::jobs::{AssessPurpose, Pending, PendingJob};
use super::repair::{RepairRun, describe};
use super::{JobReport, SETTLE, SessionPart};
use crate::assess::{Assessment, Progress, Scoring};
use crate::engine::{AssessJob, Event, ExportJob, Job, JobId, RepairJob, RepairProgress};
use crate::executor::Priority;
use crate::geometry::Shape;
use crate::studio::state::{Activity, Card, CardId, Messages, Recorded, ReferenceShape, Session, StreamEnd};
use crate::trajectory::{Origin, Step};

/// A job and its session.
#[derive(Clone, Copy)]
struct JobSource {
    job: JobId,
    session: usize,
}

impl SessionPart {
    /// Handles all events received so far.
    pub(super) fn handle_events(&mut self, messages: &mut Messages) {
        let jobs: Vec<_> = self.pending.keys().copied().collect();
        for job in jobs {
            // A job is not in the list while its events are handled; another one may be dropped by them.
            let Some(Pending {
                session,
                job: mut kind,
            }) = self.pending.remove(&job)
            else {
                continue;
            };
            let source = JobSource { job, session };
            let end = match &mut kind {
                PendingJob::Assess(handle, purpose) => {
                    if is_held(purpose) {
                        self.display_held(source, purpose)
                    } else {
                        let end = drain(&handle.events, |event| {
                            self.handle_assess_event(source, purpose, event, messages)
                        });
                        // Its last event has come.
                        if is_held(purpose) {
                            ControlFlow::Continue(())
                        } else {
                            end
                        }
                    }
                }
                PendingJob::Repair(handle, run) => drain(&handle.events, |event| {
                    self.handle_repair_event(source, run, event, messages)
                }),
                PendingJob::Export(handle) => drain(&handle.events, |event| {
                    self.handle_export_event(source, event, messages)
                }),
            };
            match end {
                ControlFlow::Continue(()) => drop(self.pending.insert(job, Pending { session, job: kind })),
                ControlFlow::Break(()) => {
                    self.state.running.retain(|running| running.job != job);
                    self.detach_job(session, job);
                }
            }
        }
    }

    fn handle_assess_event(
        &mut self,
        source: JobSource,
        purpose: &mut AssessPurpose,
        event: Event<AssessJob>,
        messages: &mut Messages,
    ) -> ControlFlow<()> {
        match event {
            Event::Started => return self.mark_started(source.job),
            Event::Progress(progress) => {
                self.apply_progress(source.session, purpose, progress);
                return ControlFlow::Continue(());
            }
            Event::Done(assessment) => {
                if !self.hold(source.session, purpose, &assessment) {
                    self.handle_assessment(source, purpose, *assessment);
                }
            }
            Event::Failed { message, input } => match purpose {
                AssessPurpose::Score { card, .. } => self.fail(source, *card, &message, input, messages),
                AssessPurpose::Reference | AssessPurpose::Scene { .. } => messages.report_error(&message),
                AssessPurpose::Shape => {
                    messages.report_error(&message);
                    self.reports.push(JobReport::Shape(source.job, Err(message)));
                }
            },
            Event::Cancelled => match purpose {
                AssessPurpose::Shape => {
                    let stopped = Err("stopped".to_owned());
                    self.reports.push(JobReport::Shape(source.job, stopped));
                }
                AssessPurpose::Score { .. } | AssessPurpose::Reference | AssessPurpose::Scene { .. } => {}
            },
        }
        ControlFlow::Break(())
    }

    fn handle_repair_event(
        &mut self,
        source: JobSource,
        run: &mut RepairRun,
        event: Event<RepairJob>,
        messages: &mut Messages,
    ) -> ControlFlow<()> {
        match event {
            Event::Started => return self.mark_started(source.job),
            Event::Progress(progress) => {
                match progress {
                    RepairProgress::Proposing { step } => drop(self.proposal_card(source, run, step)),
                    RepairProgress::ProposalText { step, delta } => {
                        if let Some(card) = self.proposal_card(source, run, step) {
                            self.append_text(source.session, card, &delta);
                        }
                    }
                    RepairProgress::Step(step, shape) => {
                        self.handle_step(source, run, *step, shape, messages);
                    }
                }
                return ControlFlow::Continue(());
            }
            Event::Done(summary) => {
                messages.log(describe(run, &summary));
                self.finish_repair(source.session, run, summary.best);
            }
            Event::Failed { message, input } => {
                self.mark_interrupted();
                if run.origin == Origin::Endpoint {
                    self.reports.push(JobReport::EndpointFailed);
                }
                match run.cards.get(&0).copied() {
                    Some(base) => self.fail(source, base, &message, input, messages),
                    None => messages.report_error(&message),
                }
            }
            Event::Cancelled => {}
        }
        ControlFlow::Break(())
    }

    fn handle_export_event(
        &mut self,
        source: JobSource,
        event: Event<ExportJob>,
        messages: &mut Messages,
    ) -> ControlFlow<()> {
        match event {
            Event::Started => return self.mark_started(source.job),
            Event::Progress(never) => match never {},
            Event::Done(path) => messages.log(format!("wrote {}", path.display())),
            Event::Failed { message, .. } => messages.report_error(&message),
            Event::Cancelled => {}
        }
        ControlFlow::Break(())
    }

    fn mark_started(&mut self, job: JobId) -> ControlFlow<()> {
        if let Some(running) = self.state.running.iter_mut().find(|running| running.job == job) {
            running.started = true;
        }
        ControlFlow::Continue(())
    }

    /// Reports an error; it replaces the result of the card, if that waits for this job.
    fn fail(&mut self, source: JobSource, card: CardId, message: &str, input: bool, messages: &mut Messages) {
        let waits = self.state.all[source.session]
            .get(card)
            .is_none_or(|card| card.activity == Activity::Assessing(source.job));
        if waits {
            self.mark_internal_error(source.session, card, message, input, messages);
        } else {
            messages.report_error(message);
        }
    }

    /// Displays a build while it is being scored, then its score without editability; a later edit has dropped the job.
    fn apply_progress(&mut self, session: usize, purpose: &AssessPurpose, progress: Progress) {
        let (card, revision, scoring) = match purpose {
            AssessPurpose::Score {
                card,
                revision,
                scoring,
                ..
            } => (*card, *revision, scoring),
            AssessPurpose::Reference | AssessPurpose::Scene { .. } | AssessPurpose::Shape => return,
        };
        let session = &mut self.state.all[session];
        let Some(title) = session.get(card).map(|card| session.title(card)) else {
            return;
        };
        if let Some(card) = session.get_mut(card)
            && card.revision == revision
        {
            let ms = (self.state.now - card.edited_at) * 1e3;
            match progress {
                Progress::Preview(shape) => {
                    tracing::debug!(ms, "a coarse mesh of an edit is drawn");
                    card.preview = Some(shape);
                }
                Progress::Built(built) => {
                    tracing::debug!(ms, "the part of an edit is drawn");
                    card.apply_built(built, revision, title);
                }
                Progress::WithoutEditability(evaluation) => {
                    tracing::debug!(ms, "the score of an edit is drawn, without editability");
                    card.take_without_editability(*evaluation, revision, scoring.clone());
                }
            }
        }
    }

    /// Holds the failed build of code that was typed just now. Returns whether it is held.
    fn hold(&self, session: usize, purpose: &mut AssessPurpose, assessment: &Assessment) -> bool {
        let AssessPurpose::Score { card, held, .. } = purpose else {
            return false;
        };
        let Some(card) = self.state.all[session].get(*card) else {
            return false;
        };
        let until = card.edited_at + SETTLE;
        let displays_nothing = !assessment.evaluation.ok && assessment.unscored.is_none();
        let waits = displays_nothing && until > self.state.now && card.failure().is_none();
        if waits {
            *held = Some((Box::new(assessment.clone()), until));
        }
        waits
    }

    /// Displays a held build once typing has paused.
    fn display_held(&mut self, source: JobSource, purpose: &mut AssessPurpose) -> ControlFlow<()> {
        if let AssessPurpose::Score { held, .. } = purpose
            && let Some((assessment, _)) = held.take_if(|(_, until)| *until <= self.state.now)
        {
            self.handle_assessment(source, purpose, *assessment);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn handle_assessment(&mut self, source: JobSource, purpose: &AssessPurpose, assessment: Assessment) {
        let session = &mut self.state.all[source.session];
        match purpose {
            AssessPurpose::Score {
                card,
                revision,
                scoring,
                priority,
                held: _,
            } => {
                if let Some(card) = session.get(*card) {
                    let ms = (self.state.now - card.edited_at) * 1e3;
                    let timing = assessment.evaluation.timing;
                    tracing::debug!(ms, ?timing, "the score of an edit is drawn");
                }
                score(session, *card, assessment, *revision, scoring.clone());
                self.reports.push(JobReport::Scored(*card));
                if *priority == Priority::Live
                    && let Some(card) = session.get_mut(*card)
                {
                    card.scene_of = Some(*revision);
                }
            }
            AssessPurpose::Scene { card, revision } => {
                if let Some(card) = session.get_mut(*card)
                    && card.revision == *revision
                {
                    card.last_scene = assessment.scene;
                }
            }
            AssessPurpose::Reference => {
                let failure = assessment.evaluation.failure;
                session.reference = match assessment.shape {
                    Some(shape) => ReferenceShape::Built(shape),
                    None => ReferenceShape::Missing(format!(
                        "the reference does not build: {}",
                        failure.map_or_else(String::new, |failure| failure.message)
                    )),
                };
            }
            AssessPurpose::Shape => {
                let result = match (assessment.shape, assessment.evaluation.failure) {
                    (Some(shape), _) => Ok(shape),
                    (None, Some(failure)) => Err(failure.message),
                    (None, None) => Err("no shape".to_owned()),
                };
                self.reports.push(JobReport::Shape(source.job, result));
            }
        }
    }

    /// Card of a proposal: an earlier card from the same position is reused.
    fn proposal_card(&mut self, source: JobSource, run: &mut RepairRun, step: usize) -> Option<CardId> {
        let fresh = self.fresh_card();
        let session = &mut self.state.all[source.session];
        if let Some(card) = run.cards.get(&step).copied() {
            return session.get(card).map(|card| card.id);
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
        session.get_mut(id)?.activity = Activity::Proposing(source.job);
        Some(id)
    }

    fn handle_step(
        &mut self,
        source: JobSource,
        run: &mut RepairRun,
        step: Step,
        shape: Option<Arc<Shape>>,
        messages: &mut Messages,
    ) {
        let index = step.step;
        let before: Vec<_> = run.cards.range(..index).map(|(_, card)| *card).collect();
        let parent = step.parent.and_then(|parent| run.cards.get(&parent).copied());
        let proposal = step.proposal.as_ref();
        if proposal.is_none_or(|proposal| proposal.kept != Some(false)) {
            run.head = index;
        }
        let assessment = Assessment {
            evaluation: step.evaluation,
            shape,
            scene: None,
            unscored: None,
        };
        if index == 0 {
            let Some(base) = run.cards.get(&0).copied() else {
                return;
            };
            let session = &mut self.state.all[source.session];
            score(session, base, assessment, run.base_revision, run.scoring.clone());
        } else if let Some(id) = self.proposal_card(source, run, index)
            && let Some(card) = self.state.all[source.session].get_mut(id)
        {
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
                if proposal.clipped {
                    end = StreamEnd::Truncated;
                }
                for warning in proposal.warnings {
                    messages.report_error(&warning);
                }
            }
            let revision = card.revision;
            self.finish_text(id, end);
            let session = &mut self.state.all[source.session];
            score(session, id, assessment, revision, run.scoring.clone());
            // The selection follows if the previous step was selected, and stays otherwise.
            if before.contains(&session.selected) {
                session.select(id);
            }
        }
        if run.scoring != self.state.scoring && source.session == self.state.current {
            self.score_unscored();
        }
    }
}

fn is_held(purpose: &AssessPurpose) -> bool {
    matches!(purpose, AssessPurpose::Score { held: Some(_), .. })
}

/// Handles the events received so far, until the last one.
fn drain<J: Job>(
    events: &Receiver<Event<J>>,
    mut handle: impl FnMut(Event<J>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    loop {
        match events.try_recv() {
            Ok(event) => handle(event)?,
            Err(TryRecvError::Empty) => return ControlFlow::Continue(()),
            Err(TryRecvError::Disconnected) => handle(Event::Failed {
                message: "a job ended without a result\nhint: press F5 to run it again".to_owned(),
                input: false,
            })?,
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
