//! Computes the digest of the sources that builds of candidates depend on.

#[path = "../core/source_digest.rs"]
mod source_digest;

fn main() {
    source_digest::set(&["core", "executor", "geometry", "platform", "protocol"]);
}
