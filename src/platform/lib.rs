//! What the program needs of Linux alone.
//!
//! The place to look when it is to run elsewhere, with the worker's `sandbox` and `listener`. Nothing here knows of candidates
//! or scores.
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
