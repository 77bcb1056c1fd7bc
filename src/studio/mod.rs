//! The window: one loop from events to [`state::State`], from state to panels, from panels to
//! [`command::Command`]s, and from those to engine jobs.
//!
//! Panels only read state and push commands; [`controller::Controller`] alone changes state and talks to the
//! engine. Nothing on this thread waits for a worker, a file or a dialog.

mod app;
pub mod backend;
pub mod command;
mod compare;
pub mod controller;
pub mod diagnostics;
pub mod dock;
pub mod editor;
pub mod environment;
pub mod exporting;
pub mod files;
pub mod new_task;
pub mod notes;
pub mod panels;
pub mod preflight;
pub mod proposing;
pub mod rows;
pub mod servers;
pub mod serving;
pub mod session_store;
pub mod settings;
pub mod share;
pub mod state;
pub mod theme;
pub mod viewport;

pub use app::{Opened, Studio, StudioOptions, run};

#[cfg(test)]
mod editor_tests;
#[cfg(test)]
mod exporting_tests;
#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod keeping_tests;
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
