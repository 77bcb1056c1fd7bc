//! Records the last sessions of a server with their last steps. Bounded, and never blocks the server.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cadforge_assess::Evaluation;
use cadforge_engine::Wake;

/// Steps recorded per session; an episode has at most twelve.
const STEPS: usize = 24;
/// Sessions kept after their end.
const CLOSED: usize = 32;

/// A session: the steps of one socket, or of all HTTP calls, which have no session.
#[derive(Clone, Debug)]
pub struct SeenSession {
    /// Number of the session, from 1 in order of start.
    pub id: u64,
    /// Whether it stands for all HTTP calls.
    pub of_calls: bool,
    /// Whether its socket is open.
    pub open: bool,
    /// Candidates in progress.
    pub under_way: usize,
    /// Its last steps, oldest first.
    pub steps: VecDeque<Arc<SeenStep>>,
    /// Why its last step has no score; never the candidate's fault.
    pub internal_error: Option<String>,
}

/// A step of an episode, or its reset.
#[derive(Clone, Debug)]
pub struct SeenStep {
    /// Number of the step among all steps of the server, from 1.
    pub serial: u64,
    /// Number of its session.
    pub session: u64,
    /// Id of the episode.
    pub episode: String,
    /// Id of the task.
    pub task_id: String,
    /// Index in the episode; 0 for a reset, which scores the weak seed.
    pub step: u32,
    /// Code of the candidate.
    pub code: String,
    /// Its evaluation.
    pub evaluation: Evaluation,
    /// Whether the episode ended with this step.
    pub done: bool,
    /// From the request to the score, ms.
    pub elapsed_ms: f64,
}

/// Records the sessions of a server.
pub struct Spectator {
    seen: Mutex<SpectatorState>,
    wake: Wake,
}

#[derive(Default)]
struct SpectatorState {
    sessions: VecDeque<SeenSession>,
    last_session: u64,
    last_step: u64,
    changes: u64,
}

impl std::fmt::Debug for Spectator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Spectator")
    }
}

impl Spectator {
    /// An empty recorder; `wake` is called after each change.
    pub fn new(wake: Wake) -> Arc<Self> {
        Arc::new(Self {
            seen: Mutex::default(),
            wake,
        })
    }

    /// The sessions, oldest first, if there were changes after change number `changes`; with the current number.
    pub fn since(&self, changes: u64) -> Option<(u64, Vec<SeenSession>)> {
        let seen = self.lock();
        (seen.changes != changes).then(|| (seen.changes, seen.sessions.iter().cloned().collect()))
    }

    /// A recorder for the environment of a socket, or of a single call.
    pub fn recorder(self: &Arc<Self>, of_call: bool) -> SessionRecorder {
        let session = (!of_call).then(|| self.change(|seen| seen.open(false)));
        SessionRecorder {
            spectator: Arc::clone(self),
            session,
        }
    }

    fn lock(&self) -> MutexGuard<'_, SpectatorState> {
        // Each change leaves the state consistent, so a poisoned lock is usable.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<R>(&self, change: impl FnOnce(&mut SpectatorState) -> R) -> R {
        let result = {
            let mut seen = self.lock();
            seen.changes += 1;
            change(&mut seen)
        };
        (self.wake)();
        result
    }
}

impl SpectatorState {
    fn open(&mut self, of_calls: bool) -> u64 {
        self.last_session += 1;
        self.sessions.push_back(SeenSession {
            id: self.last_session,
            of_calls,
            open: true,
            under_way: 0,
            steps: VecDeque::new(),
            internal_error: None,
        });
        self.last_session
    }

    fn close(&mut self, id: u64) {
        if let Some(session) = self.session(id) {
            session.open = false;
            session.under_way = 0;
        }
        let closed = self.sessions.iter().filter(|session| !session.open).count();
        if closed > CLOSED
            && let Some(oldest) = self.sessions.iter().position(|session| !session.open)
        {
            self.sessions.remove(oldest);
        }
    }

    fn session(&mut self, id: u64) -> Option<&mut SeenSession> {
        self.sessions.iter_mut().find(|session| session.id == id)
    }

    fn calls(&mut self) -> u64 {
        match self.sessions.iter().find(|session| session.of_calls) {
            Some(session) => session.id,
            None => self.open(true),
        }
    }
}

/// Records the steps of an environment; the session closes on drop.
pub struct SessionRecorder {
    spectator: Arc<Spectator>,
    /// `None` for a call until it scores a candidate.
    session: Option<u64>,
}

/// A candidate in progress; ends on drop.
pub struct PendingStep {
    spectator: Arc<Spectator>,
    session: u64,
}

impl SessionRecorder {
    /// Starts a candidate.
    pub fn begin(&self) -> PendingStep {
        let session = self.spectator.change(|seen| {
            let id = self.session.unwrap_or_else(|| seen.calls());
            if let Some(session) = seen.session(id) {
                session.under_way += 1;
            }
            id
        });
        PendingStep {
            spectator: Arc::clone(&self.spectator),
            session,
        }
    }
}

impl PendingStep {
    /// Ends with a score; serial and session are filled in.
    pub fn scored(self, mut step: SeenStep) {
        self.spectator.change(|seen| {
            seen.last_step += 1;
            (step.serial, step.session) = (seen.last_step, self.session);
            if let Some(session) = seen.session(self.session) {
                session.internal_error = None;
                session.steps.push_back(Arc::new(step));
                if session.steps.len() > STEPS {
                    session.steps.pop_front();
                }
            }
        });
    }

    /// Ends without a score.
    pub fn failed(self, message: &str) {
        self.spectator.change(|seen| {
            if let Some(session) = seen.session(self.session) {
                session.internal_error = Some(message.to_owned());
            }
        });
    }
}

impl Drop for PendingStep {
    fn drop(&mut self) {
        self.spectator.change(|seen| {
            if let Some(session) = seen.session(self.session) {
                session.under_way = session.under_way.saturating_sub(1);
            }
        });
    }
}

impl Drop for SessionRecorder {
    fn drop(&mut self) {
        if let Some(session) = self.session {
            self.spectator.change(|seen| seen.close(session));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched() -> Arc<Spectator> {
        Spectator::new(Arc::new(|| {}))
    }

    fn sessions(spectator: &Spectator) -> Vec<SeenSession> {
        spectator
            .since(0)
            .map(|(_, sessions)| sessions)
            .unwrap_or_default()
    }

    #[test]
    fn sockets_are_sessions_until_they_end_and_calls_share_one() {
        let spectator = watched();
        assert!(spectator.since(0).is_none(), "nothing has happened");
        let (first, second) = (spectator.recorder(false), spectator.recorder(false));
        let call = spectator.recorder(true);
        assert_eq!(
            sessions(&spectator).len(),
            2,
            "a call without a score is not recorded"
        );
        let under_way = call.begin();
        assert_eq!(sessions(&spectator)[2].under_way, 1);
        under_way.failed("no workers");
        drop(call);
        drop(first);
        let seen = sessions(&spectator);
        assert_eq!(
            seen.iter()
                .map(|session| (session.id, session.open, session.of_calls, session.under_way))
                .collect::<Vec<_>>(),
            [(1, false, false, 0), (2, true, false, 0), (3, true, true, 0)]
        );
        assert_eq!(seen[2].internal_error.as_deref(), Some("no workers"));
        drop(spectator.recorder(true).begin());
        assert_eq!(sessions(&spectator).len(), 3, "all calls are one session");
        drop(second);
    }

    #[test]
    fn the_oldest_sessions_are_removed_and_open_ones_are_kept() {
        let spectator = watched();
        let open = spectator.recorder(false);
        for _ in 0..2 * CLOSED {
            drop(spectator.recorder(false));
        }
        let seen = sessions(&spectator);
        assert_eq!(seen.len(), CLOSED + 1);
        assert!(seen[0].open && seen[0].id == 1);
        assert_eq!(seen[1].id as usize, CLOSED + 2);
        drop(open);
    }
}
