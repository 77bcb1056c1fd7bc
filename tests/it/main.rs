//! Integration tests: one binary, because each one links the whole program.
//!
//! They run real workers with real CadQuery; `make test` provides both.

#![expect(missing_docs, reason = "tests are read, not linked to")]

mod cli;
mod doctor;
mod engine;
mod layers;
mod locate;
mod support;
