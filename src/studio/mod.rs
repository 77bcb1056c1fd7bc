//! The window.

pub mod viewport;
