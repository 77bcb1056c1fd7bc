//! State of the studio's server: address, token, sessions of clients.

use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::server::{SeenSession, SeenStep};

/// Default port, as for `cadforge serve`.
const PORT: u16 = 8000;
/// Random bytes of a token.
const TOKEN: usize = 16;

/// State of the studio's server.
#[derive(Clone, Debug)]
pub struct Serving {
    /// Port to listen on; 0 selects a free one.
    pub port: u16,
    /// Whether clients need a token.
    pub with_token: bool,
    /// Token of the running server, if it requires one.
    pub token: Option<String>,
    pub phase: ServingPhase,
    /// Error of the last start.
    pub problem: Option<String>,
    /// Sessions of clients, oldest first; they stay after a stop.
    pub sessions: Vec<SeenSession>,
    /// Serial number of the step on screen.
    pub shown: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServingPhase {
    #[default]
    Off,
    /// Not listening yet.
    Starting,
    Listening(SocketAddr),
    /// Finishes running requests and accepts no new ones.
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
    /// Whether a server is running that can be stopped.
    pub fn may_stop(&self) -> bool {
        matches!(self.phase, ServingPhase::Starting | ServingPhase::Listening(_))
    }

    /// Number of open WebSocket sessions.
    pub fn open_sessions(&self) -> usize {
        let open = |session: &&SeenSession| session.open && !session.of_calls;
        self.sessions.iter().filter(open).count()
    }

    /// Step of that serial number, if still held.
    pub fn step(&self, serial: u64) -> Option<&Arc<SeenStep>> {
        self.sessions
            .iter()
            .flat_map(|session| &session.steps)
            .find(|step| step.serial == serial)
    }
}

/// An unguessable token from the system's random source.
pub fn new_token() -> std::io::Result<String> {
    let mut bytes = [0; TOKEN];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
