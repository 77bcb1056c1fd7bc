//! Who proposes the next candidate, and the loop around it.
//!
//! A proposer turns a history into a stream of text and then a whole candidate file; [`run`] builds and scores
//! each proposal and tells a listener. Knows nothing of threads or windows.

mod replay;
mod run;

pub use replay::{Replay, ReplayError};
pub use run::{Listener, Repair, RepairError, RepairSummary, run};

#[cfg(test)]
mod tests;
