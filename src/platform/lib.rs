//! Features of Linux that the program needs.
//!
//! A port to another system has to replace this crate, and the worker's `sandbox` and `listener`. This crate is
//! independent of candidates and scores.
//!
//! ```
//! // A limit that does not run while this process waits for a processor.
//! use std::time::Duration;
//!
//! let timeout = cadforge_platform::load::Timeout::new(Duration::from_secs(60), vec![std::process::id()]);
//! assert!(timeout.left() > Duration::from_secs(30));
//! ```

pub mod kernel;
pub mod linux;
pub mod load;
