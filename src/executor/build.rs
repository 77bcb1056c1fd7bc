//! Builds of candidates depend on these sources.

#[path = "../core/source_digest.rs"]
mod source_digest;

fn main() {
    source_digest::set(&["core", "executor", "geometry", "platform", "protocol"]);
}
