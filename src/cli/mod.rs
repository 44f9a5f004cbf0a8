//! Wiring: the only floor that names concrete types together. It prints, it does not decide.

mod again;
mod apply;
pub mod args;
mod audit;
mod check;
mod complete;
mod config;
mod cost;
mod decide;
mod demo;
pub mod desk;
mod doctor;
pub mod export;
mod given;
mod hosts;
pub mod interactive;
mod jail;
mod limits;
mod local;
mod login;
mod logout;
mod model;
mod models;
mod policy;
mod prepare;
mod probe;
mod propose;
mod recording;
pub mod recoveries;
mod review;
mod route;
mod run;
mod sandbox;
mod secret;
mod sessions;
mod signals;
mod status;
mod stdin;
mod telemetry;
mod trust;
mod undo;
mod wire;

use crate::base::event::Outcome;
use crate::base::{Error, Result};
use crate::config::paths::Environment;
use crate::sandbox::harden;
use crate::text::sanitise;
use args::{Action, Cli};
use clap::{CommandFactory, Parser};
use std::io::Write;

/// Parses the command line, runs it, and gives the exit code.
pub fn main() -> u8 {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    #[cfg(target_os = "linux")]
    if let [_, command, rest @ ..] = arguments.as_slice()
        && command == crate::sandbox::linux::helper::COMMAND
    {
        return jailed(rest);
    }
    if let [_, command, rest @ ..] = arguments.as_slice()
        && command == crate::tool::recover::COMMAND
    {
        return recoveries::save(rest);
    }
    // Not for the helper that becomes a command: it holds no key, and has to write to its own `/proc` folder.
    harden::begin();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return misused(&arguments, &error),
    };
    let environment = Environment::read();
    harden::forget(&harden::secret_names(&environment));
    let result = match cli.action {
        Some(Action::Run(run)) => return run::main(run, environment),
        Some(Action::Apply(apply)) => apply::main(&apply),
        Some(Action::Demo(demo)) => demo::main(demo, environment),
        Some(Action::Undo(args)) => undo::main(args, &environment),
        Some(Action::Redo(args)) => undo::redo(args, &environment),
        Some(Action::Login(login)) if login.status => status::main(&login, &environment),
        Some(Action::Login(login)) => login::main(&login, &environment),
        Some(Action::Logout(logout)) => logout::main(&logout, &environment),
        Some(Action::Sessions(sessions)) => sessions::main(sessions, &environment),
        Some(Action::Export(args)) => export::main(args, &environment),
        Some(Action::Cost(args)) => cost::main(args, &environment),
        Some(Action::Audit(args)) => audit::main(args, &environment),
        Some(Action::Models(models)) => models::main(models, &environment),
        Some(Action::Route(route)) => route::main(route, &environment),
        Some(Action::Sandbox(args)) => sandbox::main(&args, &environment),
        Some(Action::Trust(args)) => trust::main(&args, &environment),
        Some(Action::Policy(args)) => policy::main(&args, &environment),
        Some(Action::Config(config)) => config::main(config, &environment),
        Some(Action::Doctor(doctor)) => doctor::main(doctor, &environment),
        Some(Action::Completions { shell }) => complete::completions(shell),
        Some(Action::Man) => complete::man(),
        Some(Action::Resume(resume)) => interactive::resume(*resume, environment),
        None => interactive::main(cli.screen, &environment),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            report(&error);
            match error.kind.exit() {
                code @ (2 | 7) => code,
                _ => 1,
            }
        }
    }
}

/// The helper of the jail: it becomes the command, or says why not.
#[cfg(target_os = "linux")]
fn jailed(arguments: &[std::ffi::OsString]) -> u8 {
    let refusal = crate::sandbox::linux::helper::main(arguments);
    if !refusal.message.is_empty() {
        let _ = writeln!(std::io::stderr(), "{}", refusal.message);
    }
    refusal.code
}

/// Help and version are no errors; a command without its action gets its help; a bad command line of a `--json` run still ends in an
/// outcome line.
fn misused(arguments: &[std::ffi::OsString], error: &clap::Error) -> u8 {
    let lacks_action = error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if !error.use_stderr() || lacks_action {
        return match error.print().and_then(|()| std::io::stdout().flush()) {
            Err(failed) if failed.kind() != std::io::ErrorKind::BrokenPipe => {
                report(&Error::io("write", "the help", &failed));
                1
            }
            _ if lacks_action => 2,
            _ => 0,
        };
    }
    let command = meant(arguments);
    let help = match command.as_str() {
        "agent" => "`agent --help` lists all commands".to_owned(),
        command => format!("`{command} --help` lists all that it takes"),
    };
    let error = in_our_words(&error.to_string()).hint(help);
    report(&error);
    if command == "agent run" && arguments.iter().any(|argument| argument == "--json") {
        let outcome = Outcome::failed(&error, String::new());
        let _ = print_json(&crate::headless::outcome_line(outcome, crate::store::log::now()));
    }
    2
}

/// The command that a bad command line begins with, such as `agent models probe`.
fn meant(arguments: &[std::ffi::OsString]) -> String {
    let mut words = vec!["agent"];
    let mut command = &Cli::command();
    for argument in arguments.iter().skip(1) {
        let Some(inner) = argument.to_str().and_then(|word| command.find_subcommand(word)) else { break };
        words.push(inner.get_name());
        command = inner;
    }
    words.join(" ")
}

/// What the parser of the command line says: the first paragraph is the fact, its tips are hints.
fn in_our_words(text: &str) -> Error {
    let text = text.replace('\'', "`").replace("invalid digit found in string", "it takes a whole number");
    let fact: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let tips = text.lines().filter_map(|line| line.trim().strip_prefix("tip: "));
    tips.fold(Error::usage(fact.join(" ").trim_start_matches("error: ")), Error::hint)
}

/// An error and the ways out of it, on standard error.
fn report(error: &Error) {
    let mut text = format!("error: {}\n", error.message);
    for hint in &error.hints {
        text.push_str(&format!("hint: {hint}\n"));
    }
    say(&text);
}

/// Words on standard error, safe for a terminal.
fn say(text: &str) {
    let _ = std::io::stderr().write_all(sanitise::sanitise(text).as_bytes());
}

/// A line on standard output for people, safe for a terminal.
fn print(text: &str) -> Result<()> {
    put(&sanitise::sanitise(text))
}

/// A line of JSON on standard output: what is not safe for a terminal is escaped, and so the value is the same.
fn print_json(text: &str) -> Result<()> {
    put(&sanitise::json(text))
}

/// A line on standard output; a reader that has gone away is no error.
fn put(text: &str) -> Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::io("write", "standard output", &error))
        }
        _ => Ok(()),
    }
}
