//! The whole program on a terminal, as its user sees it: keys in, an emulator's screen out.

mod ends;
mod hosts;
mod review;
mod start;
mod text;
mod window;
mod work;

use crate::support::{Project, Reply, Screen, Server, Step, Wire};
use serde_json::{Value, json};

/// The sign before what is typed.
const SIGN: &str = "›";
/// What an ended task says.
const DONE: &str = "done ·";
const ESC: &str = "\u{1b}";
const ALT_ENTER: &str = "\u{1b}\r";
const SHIFT_TAB: &str = "\u{1b}[Z";

fn project(steps: Vec<Step>) -> Project {
    Project::new().git().file("a.txt", "one\ntwo\nthree\n").server(Server::start(Wire::Messages, steps))
}

#[track_caller]
fn start(project: &Project, args: &[&str]) -> Screen {
    let screen = Screen::start(&project.command(args), 24, 80);
    screen.wait_for(SIGN);
    screen
}

fn edit(path: &str, old: &str, new: &str) -> Step {
    Reply::call("edit", json!({"edits": [{"path": path, "old_string": old, "new_string": new}]})).into()
}

fn shell(command: &str) -> Step {
    Reply::call("shell", json!({"command": command})).into()
}

/// A command that goes on until the test writes the file `go`.
fn held() -> Step {
    shell("touch held; until [ -e go ]; do sleep 0.02; done")
}

#[track_caller]
fn wait_held(project: &Project, screen: &Screen) {
    screen.wait("the command never starts", |_| project.exists("held"));
}

fn go(project: &Project) {
    std::fs::write(project.path().join("go"), "").expect("the folder of the work");
}

/// All of an answer but its end, then silence.
fn unfinished(text: &str) -> Step {
    let reply = Reply::text(text);
    let at = Server::rendered_len(Wire::Messages, &reply) * 3 / 4;
    Step::Cut { reply, at, hang: true }
}

/// Quits an idle program, and waits for its end.
#[track_caller]
fn quit(screen: &mut Screen) {
    screen.keys("/quit\r");
    assert_eq!(screen.wait_exit(), 0, "{}", screen.text());
}

/// What a request says to the model.
#[track_caller]
fn request(project: &Project, number: usize) -> Value {
    let requests = project.model_server().requests();
    requests.get(number).unwrap_or_else(|| panic!("only {} requests", requests.len())).body["messages"].clone()
}

/// The log of the only session there is.
#[track_caller]
fn log(project: &Project) -> String {
    let sessions = project.sessions();
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    std::fs::read_to_string(&sessions[0]).expect("a log")
}

#[track_caller]
fn once(all: &str, text: &str) {
    assert_eq!(all.matches(text).count(), 1, "{text:?} in\n{all}");
}
