//! Evaluations depend on these sources, and on those of the build that they are made of.

#[path = "../core/source_digest.rs"]
mod source_digest;

fn main() {
    source_digest::set(&["assess", "reward"]);
}
