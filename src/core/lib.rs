//! Foundation of all crates: failure kinds, tasks, the cache, places of files.
//!
//! Independent of geometry and rewards; starts no processes.
//!
//! ```
//! use cadforge_core::failure::Kind;
//!
//! assert_eq!(Kind::Timeout.name(), "timeout");
//! ```

pub mod cache;
pub mod failure;
pub mod locate;
pub mod task;
