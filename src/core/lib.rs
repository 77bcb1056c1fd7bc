//! Foundation of all crates: failure kinds, the cache, places of files, fields of TOML files.
//!
//! Independent of tasks, geometry and rewards; starts no processes.
//!
//! ```
//! use cadforge_core::failure::Kind;
//!
//! assert_eq!(Kind::Timeout.name(), "timeout");
//! ```

pub mod cache;
pub mod failure;
pub mod fields;
pub mod locate;
mod task_problem;

pub use task_problem::TaskProblem;
