//! Who proposes the next candidate, and the loop around it.
//!
//! A [`Proposer`] turns a task and a history into a stream of text and then a whole candidate file; [`run`] builds and
//! scores each proposal, keeps it or goes on from where it was, and tells a listener. Knows nothing of windows.

pub mod endpoint;
mod keep;
mod proposer;
mod replay;
mod round;
pub mod rules;
mod run;
mod state;

pub use endpoint::{Endpoint, EndpointConfig};
pub use proposer::{Ask, Keep, ProposeError, Proposed, Proposer};
pub use replay::{Replay, ReplayError};
pub use round::name_clipped;
pub use rules::Rules;
pub use run::{Listener, Repair, RepairError, RepairSummary, run};

#[cfg(test)]
mod tests;
