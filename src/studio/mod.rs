//! The window. Each frame turns events into [`state::State`], draws the panels from it, and executes the commands that they send.
//!
//! Panels only read the state and send commands; the controller alone changes the state and submits engine jobs. This thread never
//! waits for a worker, a file or a dialog.

mod app;
pub(crate) mod backend;
pub(crate) mod background;
mod compare;
pub(crate) mod console;
pub(crate) mod controller;
pub(crate) mod diagnostics;
pub(crate) mod dock;
pub(crate) mod environment;
pub(crate) mod exporting;
pub(crate) mod files;
pub(crate) mod new_task;
pub(crate) mod panels;
pub(crate) mod preflight;
pub(crate) mod proposing;
pub(crate) mod servers;
pub(crate) mod session_store;
pub(crate) mod settings;
pub(crate) mod share;

// Public for tests and benches of this package only.
#[doc(hidden)]
pub mod command;
#[doc(hidden)]
pub mod editor;
#[doc(hidden)]
pub mod notes;
#[doc(hidden)]
pub mod rows;
#[doc(hidden)]
pub mod serving;
#[doc(hidden)]
pub mod state;
#[doc(hidden)]
pub mod theme;
#[doc(hidden)]
pub mod viewport;

pub use app::{Opened, Studio, StudioOptions, run};

#[cfg(test)]
mod editor_tests;
#[cfg(test)]
mod exporting_tests;
#[cfg(test)]
mod file_tests;
#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod layout_tests;
#[cfg(test)]
mod panel_tests;
#[cfg(test)]
mod project_tests;
#[cfg(test)]
mod proposing_tests;
#[cfg(test)]
mod repair_tests;
#[cfg(test)]
mod scene_tests;
#[cfg(test)]
mod serving_tests;
#[cfg(test)]
mod session_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod typing_tests;
