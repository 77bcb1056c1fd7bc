//! Starts the worker: see the library.

#![allow(clippy::print_stderr, reason = "the client reads standard error")]

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments == ["--version"] {
        println!("{}", cadforge_worker::version());
        return ExitCode::SUCCESS;
    }
    cadforge_worker::main(&arguments, |message| eprintln!("{message}"))
}
