//! Trial by fire for a reward: known attacks, ladders of honest parts, and an optimiser that looks for new holes.
//!
//! Reads cases from folders, makes scripts and judges totals; whoever calls it evaluates the scripts. A reward that fails
//! here is to be mended, not the case.

mod cases;
mod climb;
mod mutate;
mod ranks;

pub use cases::{Attack, CaseError, Ladder, Sort, attacks, ladders};
pub use climb::{Climb, Climber, Step};
pub use mutate::{Script, nearing_dimensions, wrong_dimensions};
pub use ranks::spearman;
