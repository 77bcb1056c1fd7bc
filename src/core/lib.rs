//! What every other crate of CADForge names: failure kinds, tasks, cached bytes, places of files.
//!
//! Knows neither geometry nor rewards, and starts nothing.
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
