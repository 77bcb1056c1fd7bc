//! Integration tests, in one binary because every test binary links the whole program.
//!
//! They run real workers with real CadQuery; `make test` provides both.

mod adversarial;
mod attack;
mod cache;
mod cli;
mod data;
mod doctor;
mod endpoint;
mod engine;
mod executor;
mod kernel;
mod llama;
mod locate;
mod project;
mod render;
mod repair;
mod resume;
mod reward;
mod serve;
mod soak;
mod studio;
mod support;
mod tasks;
mod timing;
