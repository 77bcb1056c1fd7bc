//! The studio's server: start, stop, and the steps of its clients.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::assess::Scoring;
use crate::engine::Wake;
use crate::server::{Config, HostEvent, Hosting, Spectator};
use crate::studio::backend::Backend;
use crate::studio::serving::{Serving, ServingPhase, new_token};
use crate::studio::state::Messages;
use crate::task::TaskSet;

/// Maximum number of sockets with an environment.
const MAX_ENVS: usize = 16;
/// Maximum number of queued candidates; more are refused.
const QUEUE: usize = 1024;
/// Maximum size of a message in bytes.
const MAX_BODY: usize = 16 << 20;
/// Maximum requests per second and address.
const MAX_RATE: u32 = 1000;
/// Time after which a socket without messages is closed.
const IDLE: Duration = Duration::from_secs(1800);
// Clients wait 60 s for a step.
const STEP_LIMIT: Duration = Duration::from_secs(55);
/// CPU time limit of a candidate in seconds: two runs of it, both stopped at the limit, fit into [`STEP_LIMIT`].
const CPU_S: f64 = 8.0;
/// Time that a closing window waits for running requests.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// The studio's server.
pub(super) struct ServingPart {
    pub state: Serving,
    wake: Wake,
    host: Option<Host>,
}

/// A running server and its observer.
struct Host {
    hosting: Hosting,
    spectator: Arc<Spectator>,
    /// Number of changes processed.
    changes: u64,
    ended: bool,
}

impl Drop for Host {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        (self.hosting.stop)();
        let until = Instant::now() + SHUTDOWN_TIMEOUT;
        while let Ok(event) = self.hosting.events.recv_deadline(until) {
            if matches!(event, HostEvent::Ended(_)) {
                return;
            }
        }
    }
}

impl ServingPart {
    pub fn new(wake: Wake) -> Self {
        Self {
            state: Serving::default(),
            wake,
            host: None,
        }
    }

    /// Starts a server that shares the workers, unless one is running.
    pub fn start(
        &mut self,
        backend: &dyn Backend,
        tasks: TaskSet,
        mut scoring: Scoring,
        workers: usize,
        messages: &mut Messages,
    ) {
        if self.state.phase != ServingPhase::Off {
            return;
        }
        let token = match self.state.with_token.then(new_token).transpose() {
            Ok(token) => token,
            Err(error) => {
                return messages.report_error(&format!(
                    "cannot create a token: {error}\nhint: `cadforge serve` takes one of yours in CADFORGE_TOKEN"
                ));
            }
        };
        scoring.limits.cpu_s = scoring.limits.cpu_s.min(CPU_S);
        let spectator = Spectator::new(self.wake.clone());
        let config = Config {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, self.state.port)),
            max_envs: MAX_ENVS,
            token: token.clone(),
            scoring,
            max_body: MAX_BODY,
            max_rate: MAX_RATE,
            workers: workers + 1,
            queue: QUEUE,
            idle: IDLE,
            step_limit: STEP_LIMIT,
            signals: false,
            spectator: Some(Arc::clone(&spectator)),
        };
        self.host = Some(Host {
            hosting: backend.host(tasks, config, self.wake.clone()),
            spectator,
            changes: 0,
            ended: false,
        });
        self.state = Serving {
            token,
            phase: ServingPhase::Starting,
            problem: None,
            sessions: Vec::new(),
            shown: None,
            ..self.state
        };
    }

    /// Stops the server after the running requests.
    pub fn stop(&mut self) {
        if let Some(host) = self.host.as_ref().filter(|_| self.state.may_stop()) {
            (host.hosting.stop)();
            self.state.phase = ServingPhase::Stopping;
        }
    }

    /// Handles state changes of the server and steps of its clients.
    pub fn update(&mut self, messages: &mut Messages) {
        let Some(host) = &mut self.host else { return };
        if let Some((changes, sessions)) = host.spectator.since(host.changes) {
            host.changes = changes;
            self.state.sessions = sessions;
        }
        while let Ok(event) = host.hosting.events.try_recv() {
            match event {
                HostEvent::Listening(address) => {
                    if self.state.phase == ServingPhase::Starting {
                        self.state.phase = ServingPhase::Listening(address);
                    }
                    messages.log(format!("serving at http://{address}"));
                }
                HostEvent::Ended(result) => {
                    host.ended = true;
                    self.host = None;
                    (self.state.phase, self.state.token) = (ServingPhase::Off, None);
                    match result {
                        Ok(()) => messages.log("server stopped"),
                        Err(message) => {
                            messages.report_error(&message);
                            self.state.problem = Some(message);
                        }
                    }
                    return;
                }
            }
        }
    }

    /// Description of client work that closing the window would interrupt.
    pub fn client_activity(&self) -> Option<String> {
        let open = self.state.open_sessions();
        let plural = if open == 1 { "" } else { "s" };
        (open > 0 && self.state.phase != ServingPhase::Off)
            .then(|| format!("the server, with {open} open session{plural}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::testing::FakeBackend;

    #[test]
    fn a_server_that_cannot_listen_is_off_and_says_why() {
        let backend = FakeBackend::ready();
        let (mut part, mut messages) = (ServingPart::new(Arc::new(|| {})), Messages::default());
        let start = |part: &mut ServingPart, messages: &mut Messages| {
            part.start(&backend, TaskSet::default(), Scoring::default(), 2, messages);
        };
        start(&mut part, &mut messages);
        start(&mut part, &mut messages);
        assert_eq!(backend.0.borrow().servers.len(), 1, "it is starting");
        assert_eq!(backend.0.borrow().servers[0].0.scoring.limits.cpu_s, CPU_S);
        let ended = HostEvent::Ended(Err("the port is in use".to_owned()));
        backend.0.borrow().servers[0].1.send(ended).unwrap();
        part.update(&mut messages);
        assert_eq!((part.state.phase, part.state.token), (ServingPhase::Off, None));
        assert_eq!(part.state.problem.as_deref(), Some("the port is in use"));
        assert_eq!(messages.log.len(), 1);
    }
}
