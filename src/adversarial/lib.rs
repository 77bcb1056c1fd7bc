//! Adversarial evaluation of a reward: scripted attacks, ladders of ever better parts, and an optimiser.
//!
//! An attack is a script that must not earn more than the weak seed of its task; the scripts of a ladder must earn more from step
//! to step. This crate reads such cases from folders, mutates scripts and judges totals. It scores nothing itself: the caller
//! evaluates the scripts (`cadforge attack` does). When a case fails, the reward is wrong, not the case.
//!
//! ```
//! // Rank correlation of a reward with a ranking by eye.
//! let totals = [0.1, 0.4, 0.7, 0.9];
//! assert_eq!(cadforge_adversarial::spearman(&totals, &[1.0, 2.0, 3.0, 4.0]), 1.0);
//! ```

mod cases;
mod climb;
mod mutants;
mod mutate;
mod ranks;

pub use cases::{Attack, AttackKind, CaseError, Ladder, attacks, ladders};
pub use climb::{Climb, Climber, Step};
pub use mutants::{Mutant, MutantKind, mutants};
pub use mutate::{Script, nearing_dimensions, wrong_dimensions};
pub use ranks::spearman;
