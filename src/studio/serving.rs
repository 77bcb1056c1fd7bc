//! The server of this window, as it is shown: where it listens, what clients need, what they do.

use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::server::{SeenSession, SeenStep};

/// The port that is offered at first; that of `cadforge serve`.
const PORT: u16 = 8000;
/// Random bytes of a token.
const TOKEN: usize = 16;

/// The server of this window.
#[derive(Clone, Debug)]
pub struct Serving {
    /// Where it listens, or is to listen; 0 for any port that is free.
    pub port: u16,
    /// Whether clients need a token.
    pub with_token: bool,
    /// The token of the server that runs, if it wants one.
    pub token: Option<String>,
    /// How far it is.
    pub phase: ServingPhase,
    /// Why it does not run, if it could not.
    pub problem: Option<String>,
    /// What its clients do, the oldest session first; stays to be looked at when it has stopped.
    pub sessions: Vec<SeenSession>,
    /// Serial of the step that is on screen.
    pub shown: Option<u64>,
}

/// How far a server is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServingPhase {
    /// None runs.
    #[default]
    Off,
    /// It does not listen yet.
    Starting,
    /// It listens there.
    Listening(SocketAddr),
    /// It answers what is under way and takes nothing new.
    Stopping,
}

impl Default for Serving {
    fn default() -> Self {
        Self {
            port: PORT,
            with_token: true,
            token: None,
            phase: ServingPhase::Off,
            problem: None,
            sessions: Vec::new(),
            shown: None,
        }
    }
}

impl Serving {
    /// Whether there is one that can be asked to stop.
    pub fn may_stop(&self) -> bool {
        matches!(self.phase, ServingPhase::Starting | ServingPhase::Listening(_))
    }

    /// Sessions of sockets that are open.
    pub fn open_sessions(&self) -> usize {
        let open = |session: &&SeenSession| session.open && !session.of_calls;
        self.sessions.iter().filter(open).count()
    }

    /// The step of that serial, if it is still kept.
    pub fn step(&self, serial: u64) -> Option<&Arc<SeenStep>> {
        self.sessions
            .iter()
            .flat_map(|session| &session.steps)
            .find(|step| step.serial == serial)
    }
}

/// A token that nobody can guess, from the system's random source.
pub fn new_token() -> std::io::Result<String> {
    let mut bytes = [0; TOKEN];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
