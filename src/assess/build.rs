//! Evaluations depend on these sources, and on those of the builds that they are made from.

#[path = "../core/source_digest.rs"]
mod source_digest;

fn main() {
    source_digest::set(&["assess", "reward", "task"]);
}
