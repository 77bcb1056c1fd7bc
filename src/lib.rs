//! CADForge Studio: watch, edit and drive the repair of CadQuery code.
//!
//! (architecture page: written when the parts stand)

pub mod assess;
pub mod cli;
pub mod engine;
pub mod executor;
pub mod failure;
pub mod geometry;
pub mod locate;
pub mod repair;
pub mod reward;
pub mod studio;
pub mod task;
pub mod trajectory;
