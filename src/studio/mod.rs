//! The window. Each frame turns events into [`State`], draws the panels from it, and executes the commands that they send.
//!
//! Panels only read the state and send commands; the controller alone changes the state and submits engine jobs. This thread never
//! waits for a worker, a file or a dialog.

mod app;
pub(crate) mod backend;
pub(crate) mod command;
mod compare;
pub(crate) mod controller;
pub(crate) mod diagnostics;
pub(crate) mod dock;
pub(crate) mod editor;
pub(crate) mod environment;
pub(crate) mod exporting;
pub(crate) mod files;
pub(crate) mod new_task;
pub(crate) mod notes;
pub(crate) mod panels;
pub(crate) mod preflight;
pub(crate) mod proposing;
pub(crate) mod rows;
pub(crate) mod servers;
pub(crate) mod serving;
pub(crate) mod session_store;
pub(crate) mod settings;
pub(crate) mod share;
pub(crate) mod state;
pub(crate) mod theme;
pub(crate) mod viewport;

pub use app::{Opened, Studio, StudioOptions, run};
pub use editor::NAME as EDITOR_NAME;
pub use serving::ServingPhase;
pub use state::{Activity, State};
pub use theme::install as install_theme;

#[cfg(test)]
mod editor_tests;
#[cfg(test)]
mod exporting_tests;
#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod session_tests;
#[cfg(test)]
mod panel_tests;
#[cfg(test)]
mod project_tests;
#[cfg(test)]
mod proposing_tests;
#[cfg(test)]
mod scene_tests;
#[cfg(test)]
mod serving_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
