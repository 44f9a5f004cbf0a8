//! `agent demo --screen`: the recorded model on the screen, with its user deciding.

use crate::support::{Project, Screen};
use serde_json::Value;

fn project() -> Project {
    Project::new().env("TERM", "xterm-256color")
}

#[test]
fn the_demo_on_the_screen_asks_before_it_writes_and_is_undone() {
    let project = project();
    let script = project.path().join("shop/total.sh");
    let read = || std::fs::read_to_string(&script).expect("the demo's script");
    let mut screen = Screen::start(&project.command(&["demo", "--screen", "--dir", "shop"]), 40, 100);
    screen.wait_for("y yes");
    let before = read();
    assert!(before.contains("echo"), "{before}");
    assert!(screen.all().contains("the model is a recording of one task"), "{}", screen.all());
    // A key that comes with the question is no answer to it.
    std::thread::sleep(std::time::Duration::from_secs(2));
    screen.keys("y").wait_for("done ·");
    assert!(read().contains("printf '%d.%02d"), "{}", read());
    screen.keys("/undo\r");
    screen.wait("the file is never put back", |_| read() == before);
    screen.keys("\u{4}");
    assert_eq!(screen.wait_exit(), 0);
    assert!(screen.all().contains("The folder stays for you to look at"), "{}", screen.all());
}

#[test]
fn a_new_session_of_the_demo_plays_it_again_from_its_start() {
    let project = project();
    let mut screen = Screen::start(&project.command(&["demo", "--screen", "--dir", "shop"]), 40, 100);
    screen.wait_for("y yes");
    std::thread::sleep(std::time::Duration::from_secs(2));
    screen.keys("n").wait_gone("y yes");
    screen.wait_for("done ·");
    screen.keys("/new\r");
    screen.keys("the test fails\r").wait_for("y yes");
}

#[test]
fn the_demo_on_the_screen_needs_a_terminal() {
    let project = Project::new();
    let outcome = project.agent(&["demo", "--screen", "--dir", "shop"]).code(2);
    outcome.stderr_has("needs a terminal").stderr_has("agent demo shows the same");
    assert!(!project.path().join("shop").exists());
}

/// `docs/record.py` makes it.
#[test]
fn the_recording_of_the_demo_is_short_and_says_nothing_of_where_it_was_made() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/demo.cast")).expect("the recording");
    assert!(text.len() < 60_000, "{} bytes", text.len());
    assert!(!text.contains("/tmp/") && !text.contains("/root"), "a path of the machine it was made on");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((&lines[0]["version"], &lines[0]["width"], &lines[0]["height"]), (&2.into(), &80.into(), &24.into()));
    let times: Vec<f64> = lines[1..].iter().map(|event| event[0].as_f64().expect("a time")).collect();
    assert!(times.is_sorted() && times.last().is_some_and(|last| *last < 40.0), "{times:?}");
    let mut parser = vt100::Parser::new(24, 80, 0);
    let mut screens = String::new();
    for event in &lines[1..] {
        parser.process(event[2].as_str().expect("text").as_bytes());
        screens.push_str(&parser.screen().contents());
    }
    for shown in
        ["the model is a recording of one task", "edit asks to change a file", "accepted", "redo", "goes on with this"]
    {
        assert!(screens.contains(shown), "{shown:?} is never shown");
    }
}
