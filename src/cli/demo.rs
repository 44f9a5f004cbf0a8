//! `agent demo`: the main job on an embedded default. The model is recorded and says so; everything else is real: the
//! folder, the reads, the edit, the commands, the log.

use super::args::{Action, Cli, Common, Demo, Mode, Run};
use super::recording::Recording;
use super::run;
use super::{interactive, print, report};
use crate::base::{Error, Kind, Result};
use crate::config::paths::Environment;
use crate::disk::Disk;
use crate::process::environment;
use crate::process::jobs::{Job, State};
use crate::process::spawn::Exec;
use clap::Parser;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

const RECORDING: &str = include_str!("demo.jsonl");
const TEST: &str = "sh test.sh";
const TASK: &str = "the test fails; fix total.sh";

const NEXT: &str =
    "Next: `agent login`, `agent doctor`, and `agent` in a folder of yours, or `agent run \"…\"` for one task.";

/// The project: a script with a mistake, and a test that finds it. Nothing in it needs more than a POSIX shell.
const FILES: &[(&str, &str)] =
    &[("total.sh", include_str!("demo/total.sh")), ("test.sh", include_str!("demo/test.sh"))];

pub fn main(args: Demo, environment: Environment) -> Result<u8> {
    if args.screen {
        interactive::need_terminal("agent demo shows the same without a screen")?;
    }
    // Where the log could not be kept there is nothing to show.
    let disk = Disk::default();
    let state = environment.state_folder()?;
    disk.create_private_folder(&state).map_err(|error| {
        Error::io("create", state.display(), &error).hint("set AGENT_STATE_DIR to a folder that can be written")
    })?;
    let folder = scratch(args.dir.as_deref())?;
    for (name, text) in FILES {
        let path = folder.join(name);
        disk.write_user_file(&path, text.as_bytes()).map_err(|error| Error::io("write", path.display(), &error))?;
    }
    print(
        "This is a demo. The model is a recording: no network, no key, no cost. Files, edits, commands and the log are real.",
    )?;
    print(&format!("Folder: {}", folder.display()))?;
    let git = "git init -q && git add . && git -c user.name=demo -c user.email=demo@localhost -c commit.gpgsign=false commit -qm start";
    if command(git, &folder, &environment)?.0 != 0 {
        print("(no git: the folder is a plain one, which works as well)")?;
    }
    if args.screen {
        return on_screen(&folder, &environment);
    }
    let (before, output) = command(TEST, &folder, &environment)?;
    print(&format!("\n$ {TEST}\n{}\n(exit code {before})\n", output.trim_end()))?;
    print(&format!("$ agent run --check \"{TEST}\" \"{TASK}\""))?;
    let code = played(request(TASK, &folder)?, &environment).unwrap_or_else(|error| {
        report(&error);
        error.kind.exit()
    });
    let (after, output) = command(TEST, &folder, &environment)?;
    print(&format!("\n$ {TEST}\n{}\n(exit code {after})\n", output.trim_end()))?;
    if before == 0 || after != 0 || code != 0 {
        return Err(
            Error::new(Kind::Incomplete, "the demo did not do what it shows").hint("agent doctor says what is missing")
        );
    }
    finish(&folder, &environment)
}

/// Its commands are known, so that it may do without a sandbox where there is none.
fn played(mut run: Box<Run>, environment: &Environment) -> Result<u8> {
    match run::execute(&run, environment, Some(recording())) {
        Err(error) if error.kind == Kind::NoSandbox => {
            print(&format!("({}; the demo goes on without)", error.message))?;
            run.common.mode = Some(Mode::Full);
            run::execute(&run, environment, Some(recording()))
        }
        ended => ended,
    }
}

fn recording() -> Recording {
    Recording { name: "the demo".into(), text: RECORDING.into() }
}

/// The same task on the screen, where the user decides.
fn on_screen(folder: &Path, environment: &Environment) -> Result<u8> {
    print(&format!("\n$ agent \"{TASK}\""))?;
    let common = Common { cd: Some(folder.into()), mode: Some(Mode::Ask), ..Common::default() };
    let code = interactive::played(common, TASK.into(), recording(), environment)?;
    print(&format!("The folder stays for you to look at: {}", folder.display()))?;
    print(NEXT)?;
    Ok(code)
}

fn finish(folder: &Path, environment: &Environment) -> Result<u8> {
    let session = crate::store::sessions::latest(&environment.state_folder()?, folder)?;
    let log = crate::store::sessions::folder(&environment.state_folder()?, &session.session).join("log.jsonl");
    print(&format!("The test failed before and passes now. Everything that happened: {}", log.display()))?;
    print(&format!(
        "The folder stays for you to look at (`git diff` in it shows the change, `agent undo` takes it back): {}",
        folder.display()
    ))?;
    print(NEXT)?;
    Ok(0)
}

/// A new folder of its own; one that the user names must be empty or missing.
fn scratch(wanted: Option<&Path>) -> Result<PathBuf> {
    let made = match wanted {
        None => tempfile::Builder::new().prefix("agent-demo-").tempdir().map(tempfile::TempDir::keep),
        Some(path) if std::fs::read_dir(path).is_ok_and(|mut names| names.next().is_some()) => {
            return Err(Error::usage(format!("`{}` is not empty", path.display()))
                .hint("--dir takes a folder that is empty or does not exist"));
        }
        Some(path) => Disk::default().create_folder(path).map(|_| path.to_path_buf()),
    };
    let shown = wanted.map_or_else(|| "a scratch folder".into(), |path| path.display().to_string());
    made.and_then(|path| path.canonicalize()).map_err(|error| Error::io("create", shown, &error))
}

/// What the user would type, parsed as what the user types.
fn request(task: &str, folder: &Path) -> Result<Box<Run>> {
    let folder = folder.as_os_str();
    let words = ["agent", "run", "--bare", "--mode", "auto", "--check", TEST, task, "-C"].map(OsStr::new);
    match Cli::try_parse_from(words.into_iter().chain([folder])).map(|cli| cli.action) {
        Ok(Some(Action::Run(run))) => Ok(run),
        _ => Err(Error::usage("the demo's own command line is broken")),
    }
}

/// Runs a command in the folder: exit code and output.
fn command(line: &str, folder: &Path, environment: &Environment) -> Result<(i32, String)> {
    let program = environment
        .find_program("sh")
        .ok_or_else(|| Error::usage("there is no `sh` on PATH").hint("the demo needs a POSIX shell"))?;
    let exec = Exec {
        program,
        arguments: vec!["-c".into(), line.into()],
        folder: folder.into(),
        environment: environment::for_commands(environment, &[], &[folder.to_path_buf()]),
        ..Exec::default()
    };
    let runtime = run::runtime()?;
    runtime.block_on(async {
        let job = Job::start(&exec, line, Some(Duration::from_secs(60)), Box::new(|| None))?;
        let code = if let State::Exited(code) = job.ended().await { code } else { -1 };
        Ok((code, String::from_utf8_lossy(&job.said().head).into_owned()))
    })
}
