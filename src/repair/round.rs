//! A round: all candidates of a group are proposed, built and scored in parallel.

use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender};

use super::proposer::{ProposalRequest, ProposeError, Proposed, Proposer};
use super::run::{Listener, Repair, RepairError};
use cadforge_assess::{Assessment, Assessor, Evaluation, Request};
use cadforge_core::failure::Kind;
use cadforge_executor::{CancelToken, ExecutorError};
use cadforge_reward::{self as reward, Shaping};

/// A proposal with its evaluation.
pub(super) struct Attempt {
    pub proposed: Proposed,
    /// See [`cadforge_trajectory::Proposal::stream`].
    pub stream: Vec<[u32; 2]>,
    pub assessment: Assessment,
}

impl Attempt {
    /// The score that a group compares: the shaped reward, strict unless another shaping is set.
    pub(super) fn score(&self) -> f64 {
        let evaluation = &self.assessment.evaluation;
        let completion = self.proposed.text.as_deref().unwrap_or(&self.proposed.code);
        evaluation.shaped.unwrap_or_else(|| {
            let failure = evaluation.failure.as_ref();
            reward::shape(
                Shaping::Strict,
                evaluation.reward.total,
                failure,
                None,
                &self.proposed.code,
                completion,
            )
            .expect("strict shaping gives a number")
        })
    }
}

/// After this time without text, the listener flushes its display: two frames at 60 Hz.
const FLUSH_AFTER: Duration = Duration::from_millis(33);

enum Message {
    Begins(usize),
    Text(usize, String),
    Done(usize, Box<Result<Option<Attempt>, RepairError>>),
}

/// All proposals in the group's order; empty if there are no further proposals.
pub(super) fn run(
    repair: &Repair<'_>,
    proposal_request: &ProposalRequest<'_>,
    proposer: &dyn Proposer,
    assessor: &Assessor,
    listener: &mut dyn Listener,
    cancel: &CancelToken,
) -> Result<Vec<Attempt>, RepairError> {
    let first = proposal_request.history.len();
    let (sender, receiver) = crossbeam_channel::unbounded();
    std::thread::scope(|scope| {
        for candidate in 0..repair.candidates.max(1) {
            let sender = sender.clone();
            let proposal_request = ProposalRequest {
                candidate,
                ..*proposal_request
            };
            scope.spawn(move || {
                let done = one(repair, &proposal_request, proposer, assessor, &sender, cancel);
                let _ = sender.send(Message::Done(candidate, Box::new(done)));
            });
        }
        drop(sender);
        let mut done = Vec::new();
        loop {
            let message = match receiver.recv_timeout(FLUSH_AFTER) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => {
                    listener.pause();
                    // Blocks until the next message.
                    match receiver.recv() {
                        Ok(message) => message,
                        Err(_) => break,
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            match message {
                Message::Begins(candidate) => listener.proposing(first + candidate),
                Message::Text(candidate, delta) => listener.text(first + candidate, &delta),
                Message::Done(candidate, result) => done.push((candidate, result)),
            }
        }
        done.sort_by_key(|(candidate, _)| *candidate);
        let mut tried = Vec::new();
        for (_, result) in done {
            tried.extend((*result)?);
        }
        Ok(tried)
    })
}

fn one(
    repair: &Repair<'_>,
    proposal_request: &ProposalRequest<'_>,
    proposer: &dyn Proposer,
    assessor: &Assessor,
    sender: &Sender<Message>,
    cancel: &CancelToken,
) -> Result<Option<Attempt>, RepairError> {
    let span = tracing::debug_span!(
        "proposal",
        candidate = proposal_request.candidate,
        step = proposal_request.history.len()
    );
    let _entered = span.enter();
    let mut begun = false;
    let mut begin = || {
        if !std::mem::replace(&mut begun, true) {
            let _ = sender.send(Message::Begins(proposal_request.candidate));
        }
    };
    let mut stream = Stream::default();
    let mut on_text = |delta: &str| {
        begin();
        stream.push(delta);
        let _ = sender.send(Message::Text(proposal_request.candidate, delta.to_owned()));
    };
    let proposed = proposer.propose(proposal_request, &mut on_text, cancel);
    if cancel.is_cancelled() {
        return Err(ExecutorError::Cancelled.into());
    }
    let Some(proposed) = proposed.map_err(|error: ProposeError| RepairError::Propose(error))? else {
        return Ok(None);
    };
    begin();
    let request = Request {
        task: repair.task,
        code: proposed.code.as_bytes(),
        completion: proposed.text.as_deref(),
        scoring: repair.scoring,
        priority: repair.priority,
    };
    let mut assessment = assessor.assess(&request, cancel)?;
    if proposed.clipped {
        let completion = proposed.text.as_deref().unwrap_or(&proposed.code);
        name_clipped(
            &mut assessment.evaluation,
            &proposed.code,
            completion,
            repair.scoring.shaping,
        );
    }
    Ok(Some(Attempt {
        proposed,
        stream: stream.pairs,
        assessment,
    }))
}

/// Records the arrival times of text; text within one frame is merged.
struct Stream {
    start: Instant,
    characters: u32,
    pairs: Vec<[u32; 2]>,
}

impl Default for Stream {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            characters: 0,
            pairs: Vec::new(),
        }
    }
}

impl Stream {
    fn push(&mut self, delta: &str) {
        self.characters = self
            .characters
            .saturating_add(u32::try_from(delta.chars().count()).unwrap_or(u32::MAX));
        let now = u32::try_from(self.start.elapsed().as_millis()).unwrap_or(u32::MAX);
        match self.pairs.last_mut() {
            Some(last) if now - last[0] < FRAME => last[1] = self.characters,
            Some(_) | None => self.pairs.push([now, self.characters]),
        }
    }
}

/// One frame at 60 Hz, ms.
const FRAME: u32 = 16;

/// A cut answer that does not build failed because it was cut, whatever error its last line causes.
pub fn name_clipped(evaluation: &mut Evaluation, code: &str, completion: &str, shaping: Shaping) {
    let Some(failure) = &mut evaluation.failure else {
        return;
    };
    failure.kind = Kind::Clipped;
    failure.message = format!("the answer was cut at its token limit: {}", failure.message);
    evaluation.kind = Kind::Clipped;
    evaluation.notes = reward::failure_notes(failure);
    let total = evaluation.reward.total;
    evaluation.shaped = reward::shape(shaping, total, Some(failure), None, code, completion);
}
