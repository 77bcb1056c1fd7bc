//! The repair loop and its proposers: rules, recordings, a model.
//!
//! A [`Proposer`] turns a task and a history into a stream of text and then a whole candidate file. [`run`] builds and scores each
//! proposal, keeps it or returns to the best step, and reports each step to a [`Listener`]. Knows nothing of windows.
//!
//! ```
//! use cadforge_repair::{Proposer as _, Rules};
//!
//! // The rules need no network and no model.
//! assert_eq!(Rules.origin().name(), "rules");
//! ```

pub mod endpoint;
mod keep;
mod proposer;
mod replay;
mod round;
pub mod rules;
mod run;
mod state;

pub use endpoint::{Endpoint, EndpointConfig};
pub use proposer::{Keep, ProposalRequest, ProposeError, Proposed, Proposer, ProposerKind};
pub use replay::{Replay, ReplayError};
pub use round::name_clipped;
pub use rules::Rules;
pub use run::{Listener, LoopTarget, Repair, RepairError, RepairSummary, run};

#[cfg(test)]
mod tests;
