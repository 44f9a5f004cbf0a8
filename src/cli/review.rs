//! `--review`: the terminal, the editor and the mode that a review needs.

use super::args::Run;
use crate::base::access::Mode;
use crate::base::{Error, Result};
use crate::config::keys::Value;
use crate::config::paths::Environment;
use crate::config::{Config, Source};
use crate::disk::Disk;
use crate::headless::{Edit, Review, Terminal};
use crate::process::editor::Editor;
use futures_util::FutureExt;
use rustix::termios::{QueueSelector, tcflush};
use std::io::{BufReader, IsTerminal, stderr, stdin};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use tempfile::TempDir;

/// `--review` needs somebody at a terminal, and a mode that asks; where none was named on the command line it is that one.
pub fn settle(args: &Run, config: &mut Config) -> Result<()> {
    if !args.review {
        return Ok(());
    }
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return Err(Error::usage("--review asks on a terminal, and standard input or standard error is none")
            .hint("--propose collects all changes in one patch to look at later, --mode auto writes them"));
    }
    let named = matches!(config.source("mode"), Some(Source::Flag(_) | Source::CommandLine));
    match config.mode() {
        Some(Mode::Ask) if named => {}
        Some(mode) if named => {
            return Err(Error::usage(format!(
                "--review asks before each change and command, and mode `{}` does not",
                mode.name()
            ))
            .hint("leave --mode out, or leave --review out"));
        }
        Some(_) | None => config.set("mode", Value::Text(Mode::Ask.name().into()), Source::Flag("--review")),
    }
    Ok(())
}

/// The review of a run at this terminal.
pub fn review(environment: &Environment, color: bool) -> Review {
    Review::new(Terminal {
        input: Box::new(BufReader::new(stdin())),
        output: Box::new(stderr()),
        // Where it cannot be dropped it is an answer, as at every other prompt.
        forget: Box::new(|| {
            let _ = tcflush(stdin(), QueueSelector::IFlush);
        }),
        edit: edit(environment.clone()),
        color,
    })
}

fn edit(environment: Environment) -> Edit {
    Box::new(move |path, text| {
        let (environment, path) = (environment.clone(), path.to_owned());
        async move { edited(&environment, &path, &text).await.map_err(|error| with_hints(&error)) }.boxed()
    })
}

/// The text as the user's editor left it.
pub(super) async fn edited(environment: &Environment, path: &str, text: &str) -> Result<String> {
    let editor = editor(environment)?;
    let failed = |error: &std::io::Error| Error::io("make", "a file for the editor", error);
    let folder = TempDir::with_prefix("agent-").map_err(|error| failed(&error))?;
    let file = folder.path().join(name(path));
    let disk = Disk::default();
    let mut made = disk.create_private_file(&file).map_err(|error| failed(&error))?;
    disk.write(&mut made, text.as_bytes()).map_err(|error| failed(&error))?;
    drop(made);
    let terminal: OwnedFd = stderr().as_fd().try_clone_to_owned().map_err(|error| failed(&error))?;
    match editor.open(&file, terminal).await? {
        0 => std::fs::read(&file)
            .map_err(|error| Error::io("read", "the edited text", &error))
            .and_then(|bytes| String::from_utf8(bytes).map_err(|_| Error::usage("the edited text is not UTF-8"))),
        code => Err(Error::usage(format!("`{}` ended with exit code {code}; nothing of it is taken", editor.command))
            .hint("VISUAL or EDITOR names another")),
    }
}

/// VISUAL, EDITOR, or what most machines have.
fn editor(environment: &Environment) -> Result<Editor> {
    let usual = ["editor", "nano", "vi"].into_iter().find(|name| environment.find_program(name).is_some());
    let command = environment.get("VISUAL").or(environment.get("EDITOR")).or(usual);
    match (command, environment.find_program("sh")) {
        (Some(command), Some(shell)) => Ok(Editor {
            shell,
            command: command.to_owned(),
            environment: environment.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect(),
        }),
        (None, _) | (_, None) => {
            Err(Error::usage("there is no editor: VISUAL and EDITOR are not set").hint("export EDITOR=vi"))
        }
    }
}

/// A plain name with the ending of the file, by which editors know its language.
fn name(path: &str) -> String {
    let ending = Path::new(path).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let plain = !ending.is_empty() && ending.len() <= 16 && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain { format!("hunk.{ending}") } else { "hunk".into() }
}

fn with_hints(error: &Error) -> String {
    std::iter::once(error.message.as_str()).chain(error.hints.iter().map(String::as_str)).collect::<Vec<_>>().join("; ")
}
