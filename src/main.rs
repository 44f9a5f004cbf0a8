//! The `agent` program: parse, run, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(agent::cli::main())
}
