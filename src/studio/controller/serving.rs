//! The studio's server: start, stop, and the steps of its clients.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Controller, Effect};
use crate::assess::{Assessment, Scoring};
use crate::executor::Priority;
use crate::server::{Config, HostEvent, Hosting, SeenStep, Spectator};
use crate::studio::command::ServingCommand;
use crate::studio::dock::PanelKind;
use crate::studio::exporting;
use crate::studio::serving::{Serving, ServingPhase, new_token};
use crate::studio::state::{Card, CardId};
use crate::trajectory::Origin;

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

/// A running server and its observer.
pub(super) struct Host {
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

impl Controller {
    pub(super) fn start_server(&mut self) {
        self.effects.push(Effect::ShowPanel(PanelKind::Server));
        if self.state.serving.phase != ServingPhase::Off {
            return;
        }
        let token = match self.state.serving.with_token.then(new_token).transpose() {
            Ok(token) => token,
            Err(error) => {
                return self.report_error(&format!(
                    "cannot create a token: {error}\nhint: `cadforge serve` takes one of yours in CADFORGE_TOKEN"
                ));
            }
        };
        let tasks = exporting::task_set(
            self.state
                .sessions
                .iter()
                .map(|session| Arc::clone(&session.task)),
        );
        let mut scoring = self.state.scoring.clone();
        scoring.limits.cpu_s = scoring.limits.cpu_s.min(CPU_S);
        let spectator = Spectator::new(self.wake.clone());
        let config = Config {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, self.state.serving.port)),
            max_envs: MAX_ENVS,
            token: token.clone(),
            scoring,
            max_body: MAX_BODY,
            max_rate: MAX_RATE,
            workers: self.state.settings.workers + 1,
            queue: QUEUE,
            idle: IDLE,
            step_limit: STEP_LIMIT,
            signals: false,
            spectator: Some(Arc::clone(&spectator)),
        };
        let hosting = self.backend.host(tasks, config, self.wake.clone());
        self.host = Some(Host {
            hosting,
            spectator,
            changes: 0,
            ended: false,
        });
        let serving = &mut self.state.serving;
        *serving = Serving {
            token,
            phase: ServingPhase::Starting,
            problem: None,
            sessions: Vec::new(),
            shown: None,
            ..*serving
        };
    }

    pub(super) fn stop_server(&mut self) {
        if let Some(host) = self.host.as_ref().filter(|_| self.state.serving.may_stop()) {
            (host.hosting.stop)();
            self.state.serving.phase = ServingPhase::Stopping;
        }
    }

    /// Handles state changes of the server and steps of its clients.
    pub(super) fn handle_host_events(&mut self) {
        let Some(host) = &mut self.host else { return };
        if let Some((changes, sessions)) = host.spectator.since(host.changes) {
            host.changes = changes;
            self.state.serving.sessions = sessions;
        }
        while let Some(event) = self
            .host
            .as_ref()
            .and_then(|host| host.hosting.events.try_recv().ok())
        {
            match event {
                HostEvent::Listening(address) => {
                    if self.state.serving.phase == ServingPhase::Starting {
                        self.state.serving.phase = ServingPhase::Listening(address);
                    }
                    self.log(format!("serving at http://{address}"));
                }
                HostEvent::Ended(result) => {
                    if let Some(mut host) = self.host.take() {
                        host.ended = true;
                    }
                    let serving = &mut self.state.serving;
                    (serving.phase, serving.token) = (ServingPhase::Off, None);
                    match result {
                        Ok(()) => self.log("server stopped".to_owned()),
                        Err(message) => {
                            self.state.serving.problem = Some(message.clone());
                            self.report_error(&message);
                        }
                    }
                }
            }
        }
    }

    pub(super) fn handle_serving_command(&mut self, command: &ServingCommand) {
        match *command {
            ServingCommand::Port(port) => self.state.serving.port = port,
            ServingCommand::WithToken(wanted) => self.state.serving.with_token = wanted,
            ServingCommand::Show(serial) => {
                if let Some(step) = self.state.serving.step(serial).map(Arc::clone) {
                    self.show_client_step(&step);
                }
            }
        }
    }

    /// Description of client work that closing the window would interrupt.
    pub(super) fn client_activity(&self) -> Option<String> {
        let open = self.state.serving.open_sessions();
        let plural = if open == 1 { "" } else { "s" };
        (open > 0 && self.state.serving.phase != ServingPhase::Off)
            .then(|| format!("the server, with {open} open session{plural}"))
    }

    /// Displays a client's step as a candidate of its task, with the score that the client got; its part is built here.
    fn show_client_step(&mut self, step: &SeenStep) {
        let of_task = |id: &str| {
            self.state
                .sessions
                .iter()
                .position(|session| session.task.id == id)
        };
        let Some(index) = of_task(&step.task_id) else {
            return self.report_error(&format!("task `{}` is not loaded", step.task_id));
        };
        self.state.current = index;
        self.state.open_row = None;
        self.state.serving.shown = Some(step.serial);
        let name = format!("session {} step {}", step.session, step.step);
        let seed = self.state.sessions[index].seed().id;
        let id = CardId(self.fresh_id());
        let mut card = Card::new(id, Origin::Hand, Some(seed), step.code.clone());
        let scoring = Scoring {
            profile: step.evaluation.profile,
            mode: step.evaluation.mode,
            ..self.state.scoring.clone()
        };
        let assessment = Assessment {
            evaluation: step.evaluation.clone(),
            shape: None,
            scene: None,
            unscored: None,
        };
        card.take(assessment, 0, scoring, name.clone());
        card.row = Some(name);
        self.show_temporary(index, card);
        self.assess(index, id, Priority::Live);
    }
}
