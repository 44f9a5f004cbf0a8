//! How it goes away: for a while, by a signal, with its window, and by a fault of its own.

use super::*;
use agent::base::desk::{Act, Desk, Done, Found, Look, Open, Opened, Settings};
use agent::base::{Error, Result};
use agent::tui::preferences::{Colors, Preferences, Terminal};
use agent::tui::{self, Setup};
use futures_core::future::BoxFuture;
use rustix::process::Signal;
use std::process::Command;
use std::sync::Arc;

/// A session with a command that goes on for long; the command's process.
#[track_caller]
fn with_child(project: &Project) -> (Screen, String) {
    let mut screen = start(project, &["--mode", "full"]);
    screen.keys("wait\r");
    screen.wait("the command never starts", |_| project.exists("pid") && project.read("pid").ends_with('\n'));
    (screen, project.read("pid").trim().to_owned())
}

fn with_long_command() -> Project {
    project(vec![shell("echo $$ > pid; sleep 600"), Reply::text("done").into()])
}

#[track_caller]
fn is_all_over(project: &Project, child: &str) {
    let folder = std::path::Path::new("/proc").join(child);
    let gone = || std::fs::read_to_string(folder.join("stat")).map_or(true, |stat| stat.contains(") Z "));
    assert!(gone(), "the command is still there");
    let log = log(project);
    assert!(log.lines().last().expect("a record").contains("\"outcome\""), "{log}");
}

#[test]
fn a_closed_terminal_keeps_the_session_and_ends_the_children() {
    let project = with_long_command();
    let (mut screen, child) = with_child(&project);
    screen.close();
    screen.wait_exit();
    is_all_over(&project, &child);
}

#[test]
fn a_signal_to_end_keeps_the_session_ends_the_children_and_puts_the_terminal_back() {
    let project = with_long_command();
    let (mut screen, child) = with_child(&project);
    assert!(!screen.echoes());
    screen.signal(Signal::TERM);
    assert_eq!(screen.wait_exit(), 143);
    is_all_over(&project, &child);
    is_restored(&screen);
}

#[track_caller]
fn is_restored(screen: &Screen) {
    assert!(screen.echoes(), "the terminal is still raw");
    assert!(!screen.is_full());
    let bytes = screen.bytes();
    let text = String::from_utf8_lossy(&bytes);
    for (on, off) in
        [("\u{1b}[?2004h", "\u{1b}[?2004l"), ("\u{1b}[?1004h", "\u{1b}[?1004l"), ("\u{1b}[>1u", "\u{1b}[<1u")]
    {
        assert!(text.rfind(off) > text.rfind(on), "{on:?} was never taken back");
    }
    assert!(text.rfind("\u{1b}[?25h") >= text.rfind("\u{1b}[?25l"), "the cursor is hidden");
}

/// A shell as people have it, so that there is somebody to bring the program back.
fn in_a_shell(project: &Project) -> Screen {
    let program = project.command(&[]);
    let mut shell = Command::new("/bin/sh");
    shell.arg("-i").current_dir(project.path()).env_clear();
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.env("PS1", "prompt> ").env("PROGRAM", program.get_program());
    let screen = Screen::start(&shell, 24, 80);
    screen.wait_for("prompt>");
    screen
}

#[test]
fn it_is_suspended_and_goes_on() {
    let project = project(vec![Reply::text("Back again.").into()]);
    let mut screen = in_a_shell(&project);
    screen.keys("$PROGRAM\r").wait_for(SIGN);
    screen.keys("half a thought").wait_for("half a thought");
    screen.keys("\u{1a}").wait("it never stops", |screen| screen.text().matches("prompt>").count() == 2);
    screen.keys("echo $((6 * 7))\r").wait_for("42");
    screen.wait("the shell is gone", |screen| screen.text().matches("prompt>").count() == 3);
    screen.keys("fg\r").wait_for("half a thought");
    screen.keys(" and the rest").wait_for("half a thought and the rest");
    // Of the composer as it was, nothing stays above.
    once(&screen.all(), "half a thought");
    screen.keys("\r").wait_for("Back again.");
    screen.wait_for(DONE);
    screen.keys("/quit\r").wait("the shell never comes back", |screen| screen.text().matches("prompt>").count() >= 4);
    once(&screen.all(), "Back again.");
}

#[test]
fn a_task_goes_on_after_it_was_suspended() {
    let project = project(vec![held(), Reply::text("All of it is done.").into()]);
    let mut screen = in_a_shell(&project);
    screen.keys("$PROGRAM --mode full\r").wait_for(SIGN);
    screen.keys("begin\r");
    wait_held(&project, &screen);
    // It is brought back from the transcript as well.
    for keys in ["\u{1a}", "\u{f}\u{1a}"] {
        let before = screen.all().matches("prompt>").count();
        screen.keys(keys).wait("it never stops", |screen| screen.all().matches("prompt>").count() == before + 1);
        assert!(screen.echoes() && !screen.is_full());
        screen.keys("fg\r");
        if keys.starts_with('\u{f}') {
            screen.wait("the transcript is gone", Screen::is_full);
            screen.keys("\u{3}").wait("it is never closed", |screen| !screen.is_full());
        }
        screen.wait_for("esc interrupts");
    }
    go(&project);
    screen.wait_for("All of it is done.");
    screen.wait_for(DONE);
    once(&screen.all(), "All of it is done.");
}

/// A desk at which everything breaks as soon as something is typed.
struct Breaking;

impl Desk for Breaking {
    fn open(&self, _: Open) -> BoxFuture<'static, Result<Opened>> {
        panic!("the desk broke\u{1b}]0;owned\u{7}")
    }

    fn look(&self, _: Look) -> BoxFuture<'static, Result<Found>> {
        Box::pin(async { Err(Error::usage("nothing to see")) })
    }

    fn act(&self, _: Act) -> BoxFuture<'static, Result<Done>> {
        Box::pin(async { Ok(Done::Quietly) })
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}

/// Says that this process is to be the program that breaks.
const BREAKS: &str = "AGENT_TEST_BREAKS";

#[test]
fn a_fault_of_its_own_puts_the_terminal_back_and_says_so() {
    if std::env::var_os(BREAKS).is_some() {
        return break_down();
    }
    let project = project(Vec::new());
    let name = module_path!().split_once("::").expect("a module of the tests").1;
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.arg("--exact").arg(format!("{name}::a_fault_of_its_own_puts_the_terminal_back_and_says_so"));
    command.args(["--nocapture", "--test-threads=1"]).current_dir(project.path());
    command.env(BREAKS, "1").env("HOME", project.home());
    let mut screen = Screen::start(&command, 24, 80);
    screen.wait_for(SIGN);
    assert!(!screen.echoes());
    screen.keys("break\r").wait_for("this is a bug");
    assert_ne!(screen.wait_exit(), 0);
    let all = screen.all();
    assert!(all.contains("the desk broke") && all.contains("agent resume"), "{all}");
    is_restored(&screen);
    let bytes = screen.bytes();
    assert!(!String::from_utf8_lossy(&bytes).contains("\u{1b}]0;owned"));
}

fn break_down() {
    let terminal = Terminal { colors: Colors::None, dark: true, reflows: false, tmux: false };
    let setup = Setup {
        preferences: Preferences::default(),
        terminal,
        settings: Settings::default(),
        task: None,
        images: Vec::new(),
        resume: None,
        folder: "/home/ada/engine".into(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let code = runtime.block_on(tui::run(Arc::new(Breaking), setup)).expect("it breaks before");
    panic!("it ended with {code}");
}
