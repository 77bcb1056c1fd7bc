//! Stored repair loops: a folder with `trajectory.jsonl` and artifacts named by their content's hash.
//!
//! [`TrajectoryWriter`] appends steps; [`read`] reads them back. Complete steps are kept; a partial line at the end of a file that
//! was cut is discarded and reported. Knows nothing of how steps are made.
//!
//! ```no_run
//! let trajectory = cadforge_trajectory::read("runs/caster".as_ref())?;
//! for step in &trajectory.steps {
//!     println!("{} {}", step.step, step.evaluation.reward.total);
//! }
//! # Ok::<(), cadforge_trajectory::TrajectoryError>(())
//! ```

mod artifacts;
mod error;
mod read;
mod step;
mod under_way;
mod write;

pub use artifacts::{replace_file, write_atomically, write_evaluation};
pub use error::TrajectoryError;
pub use read::{MalformedStep, Trajectory, read};
pub use step::{FILE_NAME, GroupPlace, Header, Origin, Proposal, Step};
pub use under_way::{PLAN_FILE, begin, resume};
pub use write::TrajectoryWriter;

#[cfg(test)]
mod tests;
