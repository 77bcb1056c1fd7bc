//! `cadforge`: the studio window and every command-line verb.

use std::process::ExitCode;

fn main() -> ExitCode {
    cadforge::cli::run()
}
