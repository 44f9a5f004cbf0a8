//! `agent` without a command, and `agent resume`: what the screen is told before its first frame, which is little.

use super::args::{Cli, Common, Resume, Run, Screen};
use super::desk::Local;
use super::recording::Recording;
use super::run;
use super::{given, wire};
use crate::base::desk::Settings;
use crate::base::{Error, Result};
use crate::config::Config;
use crate::config::keys::{self, Value};
use crate::config::paths::Environment;
use crate::process::spawn;
use crate::tui::preferences::{Colors, Preferences, Terminal};
use crate::tui::{self, Setup};
use clap::CommandFactory;
use std::io::{IsTerminal, stdin, stdout};
use std::sync::Arc;

/// Opens the screen, with the words of the command line as the first task.
pub fn main(screen: Screen, environment: &Environment) -> Result<u8> {
    if let [word] = screen.task.as_slice() {
        mistyped(word)?;
    }
    need_terminal(match screen.task.as_slice() {
        [] => "agent run \"TASK\" works on a task, agent demo shows how, agent --help lists all",
        _ => "agent run \"TASK\" works on a task without a screen",
    })?;
    let task = Some(screen.task.join(" ").trim().to_owned()).filter(|task| !task.is_empty());
    start(screen.common, Start { plain: screen.plain, task, ..Start::default() }, environment)
}

/// Opens the screen on a recorded model.
pub(super) fn played(common: Common, task: String, recording: Recording, environment: &Environment) -> Result<u8> {
    start(common, Start { task: Some(task), recording: Some(recording), ..Start::default() }, environment)
}

/// Opens the screen with a session that goes on; without a terminal, a run goes on with it.
pub fn resume(resume: Resume, environment: Environment) -> Result<u8> {
    let Resume { id, common, plain } = resume;
    if is_terminal() {
        return start(common, Start { plain, resume: Some(id), ..Start::default() }, &environment);
    }
    let again = id.is_none();
    Ok(run::main(Box::new(Run { common, again, resume: id, ..Run::default() }), environment))
}

/// How the screen begins.
#[derive(Default)]
struct Start {
    plain: bool,
    task: Option<String>,
    resume: Option<Option<String>>,
    /// Answers in the place of a model.
    recording: Option<Recording>,
}

fn start(common: Common, start: Start, environment: &Environment) -> Result<u8> {
    let Start { plain, task, resume, recording } = start;
    let config = wire::configure(&common, false, environment)?;
    let place = wire::place(&common, environment, None)?;
    // A mistake is said before there is a screen to clear.
    given::images(&common.image)?;
    let mut preferences = preferences(&config);
    preferences.plain |= plain || environment.get("TERM") == Some("dumb");
    let setup = Setup {
        preferences,
        terminal: terminal(environment),
        settings: Settings::default(),
        task,
        images: common.image.iter().map(|path| path.display().to_string()).collect(),
        resume,
        folder: place.folder().display().to_string(),
    };
    let runtime = run::runtime()?;
    let code = runtime.block_on(async {
        spawn::prepare();
        tui::run(Arc::new(Local::answered(common, place, environment.clone(), recording)), setup).await
    });
    spawn::end_descendants();
    // A walk on another thread may still be winding down; nobody waits for it.
    runtime.shutdown_background();
    code
}

fn is_terminal() -> bool {
    stdin().is_terminal() && stdout().is_terminal()
}

/// An error with the way out where standard input or standard output is no terminal.
pub(super) fn need_terminal(way_out: &str) -> Result<()> {
    if is_terminal() {
        return Ok(());
    }
    Err(Error::usage("the screen needs a terminal, and standard input or standard output is none").hint(way_out))
}

/// One word that is nearly a command is no task.
fn mistyped(word: &str) -> Result<()> {
    let commands = Cli::command();
    let names = commands.get_subcommands().map(|command| command.get_name().to_owned());
    let near = keys::closest(word, names).filter(|_| !word.contains(char::is_whitespace));
    near.map_or(Ok(()), |near| {
        Err(Error::usage(format!("unknown command `{word}`, did you mean `{near}`?"))
            .hint("`agent --help` lists all commands; a task has more than one word"))
    })
}

/// The keys `tui.*`.
pub fn preferences(config: &Config) -> Preferences {
    let mut preferences = Preferences {
        theme: config.text("tui.theme").unwrap_or_default().to_owned(),
        full: config.flag("tui.full") == Some(true),
        vim: config.flag("tui.vim") == Some(true),
        status: config.list("tui.status").to_vec(),
        notify: config.text("tui.notify").unwrap_or_default().to_owned(),
        plain: config.flag("tui.plain") == Some(true),
        ..Preferences::default()
    };
    for (key, value, _) in config.iter() {
        match (key.strip_prefix("tui.keys."), key.strip_prefix("tui.themes."), value) {
            (Some(action), _, Value::List(keys)) => {
                preferences.keys.insert(action.to_owned(), keys.clone());
            }
            (_, Some(rest), Value::Text(color)) => {
                if let Some((theme, role)) = rest.rsplit_once('.') {
                    let roles = preferences.themes.entry(theme.to_owned()).or_default();
                    roles.insert(role.to_owned(), color.clone());
                }
            }
            (_, _, _) => {}
        }
    }
    preferences
}

/// What the terminal can do, by what it says of itself.
pub fn terminal(environment: &Environment) -> Terminal {
    let get = |name: &str| environment.get(name).unwrap_or_default();
    let term = get("TERM");
    let tmux = environment.get("TMUX").is_some();
    let is_screen = environment.get("STY").is_some() || (!tmux && term.starts_with("screen"));
    let is_xterm = environment.get("XTERM_VERSION").is_some() && !tmux;
    Terminal {
        colors: colors(environment),
        dark: is_dark(get("COLORFGBG")),
        reflows: !is_screen && !is_xterm && !matches!(term, "linux" | "vt100" | "vt220"),
        tmux,
    }
}

fn colors(environment: &Environment) -> Colors {
    const TRUE: &[&str] =
        &["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio", "Tabby", "WarpTerminal", "zed"];
    const TERMS: &[&str] = &["kitty", "alacritty", "foot", "ghostty", "wezterm", "direct", "truecolor", "contour"];
    let get = |name: &str| environment.get(name).unwrap_or_default();
    let term = get("TERM");
    let of_vte = get("VTE_VERSION").parse::<u32>().is_ok_and(|version| version >= 3600);
    if environment.get("NO_COLOR").is_some() || matches!(term, "" | "dumb" | "vt100" | "vt220") {
        Colors::None
    } else if matches!(get("COLORTERM"), "truecolor" | "24bit")
        || TERMS.iter().any(|part| term.contains(part))
        // These say what the terminal around a multiplexer is, which shows what the multiplexer lets through.
        || (environment.get("TMUX").is_none()
            && (TRUE.contains(&get("TERM_PROGRAM")) || environment.get("WT_SESSION").is_some() || of_vte))
    {
        Colors::True
    } else if term.contains("256color") || term.starts_with("tmux") {
        Colors::Many
    } else {
        Colors::Sixteen
    }
}

/// `COLORFGBG` is `foreground;background`, each a number of the palette.
fn is_dark(said: &str) -> bool {
    let background = said.rsplit(';').next().and_then(|number| number.parse::<u8>().ok());
    background.is_none_or(|number| number < 7 || number == 8)
}
