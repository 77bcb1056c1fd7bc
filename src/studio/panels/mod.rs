//! Panels. Each reads [`super::state::State`], holds its view state and sends [`super::command::Command`]s; none holds a thread,
//! a file or a lock.

pub mod ask;
pub mod banner;
mod bars;
pub mod candidates;
pub mod checks;
pub mod console;
pub mod diff;
mod group_grid;
mod groups;
pub mod json_tree;
pub mod new_task;
pub mod palette;
pub mod path_prompt;
pub mod proposer;
pub mod proposer_prompt;
pub mod proposer_server;
pub mod proposer_verdict;
mod report;
pub mod reward;
pub mod rows;
pub mod runs;
pub mod server;
pub mod settings;
pub mod status_bar;
pub mod tasks;
pub mod timeline;
pub mod top_bar;
pub mod widgets;
