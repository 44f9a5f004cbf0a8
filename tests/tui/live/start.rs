//! From the first key to the first answer.

use super::*;
use crate::tui::live;
use agent::tui::approval::SETTLES;
use std::time::Duration;

#[test]
fn a_question_is_asked_and_answered_and_the_program_left() {
    let project = project(vec![Reply::text("Forty-two.").into()]);
    let mut screen = start(&project, &[]);
    screen.keys("what is six times seven?\r").wait_for("Forty-two.");
    screen.wait_for(DONE);
    screen.keys("\u{3}").wait_for("ctrl-c again quits");
    screen.keys("\u{3}");
    assert_eq!(screen.wait_exit(), 0);
    let all = screen.all();
    once(&all, "what is six times seven?");
    once(&all, "Forty-two.");
    assert!(all.contains("agent resume "), "{all}");
    // What is not known yet is not said to be missing.
    assert!(!String::from_utf8_lossy(&screen.bytes()).contains("no model"));
}

#[test]
fn keys_typed_before_the_first_frame_are_kept() {
    let project = project(vec![Reply::text("Here at once.").into()]);
    let mut screen = Screen::start(&project.command(&[]), 24, 80);
    screen.keys("quick, before it is there\r").wait_for("Here at once.");
    assert!(request(&project, 0).to_string().contains("quick, before it is there"));
}

#[test]
fn a_task_on_the_command_line_goes_out_at_once() {
    let project = project(vec![Reply::text("Hello to you.").into()]);
    let screen = start(&project, &["say hello to me"]);
    screen.wait_for("Hello to you.");
}

#[test]
fn nothing_is_left_behind_by_looking_in() {
    let project = project(Vec::new());
    let mut screen = start(&project, &[]);
    screen.keys("\u{4}");
    assert_eq!(screen.wait_exit(), 0);
    assert!(project.sessions().is_empty());
}

#[test]
fn a_first_start_without_a_key_says_what_to_do_and_loses_nothing() {
    let project = Project::new();
    let mut screen = start(&project, &[]);
    screen.wait_for("/login stores a key");
    screen.wait_for("no model");
    screen.keys("a first task\r").wait("the task is lost", |screen| {
        let text = screen.text();
        text.lines().any(|line| line.starts_with(SIGN) && line.contains("a first task"))
    });
    assert!(project.sessions().is_empty());
}

#[test]
fn what_a_project_brings_is_asked_about_before_it_holds() {
    let project = Project::new().file(".agent/config.toml", "policy.deny = [\"shell(rm *)\"]\n");
    let project = project.server(Server::start(Wire::Messages, Vec::new()));
    let mut screen = start(&project, &[]);
    screen.wait_for("wants to bring");
    screen.wait_for(".agent/config.toml");
    // A key that comes with the question may be meant for something else.
    std::thread::sleep(Duration::from_millis(SETTLES + 20));
    screen.keys("2").wait_for("trusted; ");
    quit(&mut screen);
    let mut screen = start(&project, &[]);
    screen.keys("/trust\r").wait_for(".agent/config.toml");
    assert!(!screen.text().contains("wants to bring"), "{}", screen.text());
}

#[test]
fn a_session_goes_on_by_its_id_and_from_the_list() {
    let project = project(vec![Reply::text("A lighthouse.").into(), Reply::text("Still lit.").into()]);
    let mut screen = start(&project, &["what stands on the cliff?"]);
    screen.wait_for(DONE);
    quit(&mut screen);
    let id = session(&project);
    let mut screen = start(&project, &["resume", &id]);
    screen.wait_for("A lighthouse.");
    screen.keys("is it lit?\r").wait_for("Still lit.");
    screen.wait_for(DONE);
    let told = request(&project, 1).to_string();
    assert!(told.contains("what stands on the cliff?") && told.contains("A lighthouse."), "{told}");
    quit(&mut screen);

    let mut screen = Screen::start(&project.command(&["resume"]), 24, 80);
    screen.wait_for("what stands on the cliff?");
    screen.keys("\r").wait_for(SIGN);
    screen.wait_for("Still lit.");
    project.model_server().push(Reply::text("Ships see it."));
    screen.keys("who sees it?\r").wait_for("Ships see it.");
    assert!(request(&project, 2).to_string().contains("is it lit?"));
    assert_eq!(session(&project), id);
}

#[test]
fn sessions_are_found_by_their_text_and_previewed_before_one_goes_on() {
    let project = project(vec![Reply::text("A lighthouse.").into(), Reply::text("A reef.").into()]);
    for task in ["what stands on the cliff?", "what lies in the bay?"] {
        let mut screen = start(&project, &[task]);
        screen.wait_for(DONE);
        quit(&mut screen);
    }
    let mut screen = Screen::start(&project.command(&["resume"]), 24, 80);
    screen.wait_for("what stands on the cliff?").wait_for("what lies in the bay?");
    // The word is in the answer, and in no title.
    screen.keys("lighthouse").wait_gone("what lies in the bay?");
    screen.wait_for("agent: A lighthouse.");
    screen.keys("\r").wait_for(SIGN).wait_for("A lighthouse.");
    quit(&mut screen);
    let mut screen = start(&project, &[]);
    screen.keys("/resume reef\r").wait_for("what lies in the bay?").wait_gone("what stands on the cliff?");
}

fn session(project: &Project) -> String {
    let sessions = project.sessions();
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    let folder = sessions[0].parent().expect("a folder of its own");
    folder.file_name().expect("its id").to_string_lossy().into_owned()
}

#[test]
fn a_plain_screen_is_lines_and_nothing_else() {
    let project = live::project(vec![Reply::text("A plain answer.").into(), edit("a.txt", "two", "zwei")]);
    project.model_server().push(Reply::text("Changed it."));
    let mut screen = Screen::start(&project.command(&["--plain"]), 24, 80);
    screen.wait_for("ready");
    screen.keys("tell me plainly\n").wait_for("agent: A plain answer.");
    screen.wait("it is never ready again", |screen| screen.text().matches("ready").count() == 2);
    screen.keys("translate it\n").wait_for("answer with a letter and enter");
    screen.keys("y\n").wait_for("agent: Changed it.");
    assert_eq!(project.read("a.txt"), "one\nzwei\nthree\n");
    screen.wait("it is never ready again", |screen| screen.all().matches("ready").count() == 3);
    screen.keys("/resume\n").wait_for("1: tell me plainly");
    assert_eq!(screen.text().matches("type a number").count(), 1, "the list is read once: {}", screen.text());
    screen.keys("\n/quit\n");
    assert_eq!(screen.wait_exit(), 0);
    let bytes = screen.bytes();
    assert!(!bytes.contains(&0x1b), "{}", String::from_utf8_lossy(&bytes));
}
