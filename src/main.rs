//! `cadforge`: the studio window and every command-line verb.

fn main() {}
