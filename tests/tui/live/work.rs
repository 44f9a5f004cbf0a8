//! A task while it goes on, and after it: interrupted, steered, queued behind, undone.

use super::*;

#[test]
fn an_edit_is_seen_before_it_is_written_undone_and_done_again() {
    let project = project(vec![edit("a.txt", "two", "zwei"), Reply::text("Changed it.").into()]);
    let mut screen = start(&project, &[]);
    screen.keys("translate the second line\r").wait_for("asks to change a file");
    screen.wait_for("zwei");
    assert_eq!(project.read("a.txt"), "one\ntwo\nthree\n");
    screen.answer("y").wait_for("Changed it.");
    screen.wait_for(DONE);
    assert_eq!(project.read("a.txt"), "one\nzwei\nthree\n");
    screen.keys("/undo\r");
    screen.wait("the file is never put back", |_| project.read("a.txt") == "one\ntwo\nthree\n");
    screen.wait_for("done: 1 path; /redo takes it back");
    screen.keys("/redo\r");
    screen.wait("it is never done again", |_| project.read("a.txt") == "one\nzwei\nthree\n");
    screen.wait_for("redo \"translate the second line\"");
    screen.wait_for("done: 1 path; /undo takes it back");
}

#[test]
fn a_key_that_comes_with_the_question_is_no_answer_to_it() {
    let project = project(vec![edit("a.txt", "two", "zwei"), Reply::text("Left it.").into()]);
    let mut screen = start(&project, &[]);
    // What is typed before, while and after the question comes up stays in the composer.
    screen.keys("translate it\ry").wait_for("asks to change a file");
    screen.keys("es, and then").wait_for("yes, and then");
    assert_eq!(project.read("a.txt"), "one\ntwo\nthree\n");
    screen.answer("n").wait_for("Left it.");
    screen.wait_for("yes, and then");
    assert_eq!(project.read("a.txt"), "one\ntwo\nthree\n");
}

#[test]
fn a_task_is_interrupted_and_the_next_one_goes_on() {
    let project = project(vec![unfinished("A long story about a very long road that never ends.")]);
    let mut screen = start(&project, &[]);
    screen.keys("tell me a story\r").wait_for("A long story");
    screen.keys(ESC).wait_for("interrupted");
    project.model_server().push(Reply::text("A short one."));
    screen.keys("shorter, please\r").wait_for("A short one.");
}

#[test]
fn a_task_is_interrupted_while_its_answer_streams_without_a_pause() {
    // An escape is a key only when nothing follows it, and what streams in meanwhile is no key.
    let story: String = (1..=20_000).map(|line| format!("Mile {line} of the road.\n\n")).collect();
    let project = project(vec![Step::Trickle { reply: Reply::text(story), bytes: 256, every_ms: 2 }]);
    let mut screen = start(&project, &[]);
    screen.keys("tell me a story\r").wait_for("Mile ");
    screen.keys(ESC).wait_for("interrupted");
}

#[test]
fn words_steer_the_task_after_the_step_that_goes_on() {
    let project = project(vec![held(), Reply::text("In brief: yes.").into()]);
    let mut screen = start(&project, &["--mode", "full"]);
    screen.keys("look into it\r");
    wait_held(&project, &screen);
    screen.keys("and be brief about it\r").wait_for("after this step");
    go(&project);
    screen.wait_for("In brief: yes.");
    screen.wait_for(DONE);
    assert!(request(&project, 1).to_string().contains("and be brief about it"));
    assert_eq!(project.model_server().requests().len(), 2);
    once(&screen.all(), "and be brief about it");
}

#[test]
fn what_is_queued_goes_out_when_the_task_is_done() {
    let project = project(vec![held(), Reply::text("First done.").into(), Reply::text("Second done.").into()]);
    let mut screen = start(&project, &["--mode", "full"]);
    screen.keys("the first\r");
    wait_held(&project, &screen);
    screen.keys(&format!("then the second{ALT_ENTER}")).wait_for("then the second");
    go(&project);
    screen.wait_for("Second done.");
    assert!(!request(&project, 1).to_string().contains("then the second"));
    assert!(request(&project, 2).to_string().contains("then the second"));
}

#[test]
fn a_mode_that_is_switched_in_the_middle_of_a_task_holds_at_once() {
    let steps = vec![edit("a.txt", "two", "zwei"), edit("a.txt", "three", "drei"), Reply::text("All done.").into()];
    let project = project(steps);
    let mut screen = start(&project, &[]);
    screen.keys("translate all\r").wait_for("asks to change a file");
    screen.keys(SHIFT_TAB).wait_for("test-model · auto");
    screen.answer("y").wait_for("All done.");
    assert_eq!(project.read("a.txt"), "one\nzwei\ndrei\n");
    assert_eq!(log(&project).matches("\"type\":\"asked\"").count(), 1, "{}", log(&project));
}

#[test]
fn a_command_of_the_users_own_is_run_and_told_to_the_model() {
    let project = project(vec![Reply::text("I see it.").into()]);
    let mut screen = start(&project, &[]);
    screen.keys("!printf '%s-%s' left right\r").wait_for("left-right");
    screen.keys("what did I print?\r").wait_for("I see it.");
    assert!(request(&project, 0).to_string().contains("left-right"));
}

#[test]
fn a_question_beside_the_work_is_never_in_the_history() {
    let project = project(vec![
        Reply::text("First.").into(),
        Reply::text("A counter that waits.").into(),
        Reply::text("Second.").into(),
    ]);
    let mut screen = start(&project, &[]);
    screen.keys("begin\r").wait_for(DONE);
    screen.keys("/btw what is a semaphore?\r").wait_for("A counter that waits.");
    screen.keys("go on\r").wait_for("Second.");
    assert!(request(&project, 1).to_string().contains("semaphore"));
    let after = request(&project, 2).to_string();
    assert!(after.contains("begin") && !after.contains("semaphore") && !after.contains("counter"), "{after}");
}

#[test]
fn the_composers_text_is_edited_in_the_users_editor() {
    let project = project(vec![Reply::text("Read it.").into()]);
    let script = project.home().join("editor.sh");
    std::fs::write(&script, "printf '%s' ' and more by hand' >> \"$1\"\n").expect("a script");
    let project = project.env("EDITOR", &format!("sh {}", script.display()));
    let mut screen = start(&project, &[]);
    screen.keys("begun here").wait_for("begun here");
    screen.keys("\u{7}").wait_for("begun here and more by hand");
    screen.keys("\r").wait_for("Read it.");
    assert!(request(&project, 0).to_string().contains("begun here and more by hand"));
}

#[test]
fn a_file_is_named_by_a_few_of_its_letters() {
    let project = project(vec![Reply::text("Looked.").into()]).file("src/deep/lantern.rs", "fn light() {}\n");
    let mut screen = start(&project, &[]);
    screen.keys("look at @lanrs").wait_for("src/deep/lantern.rs");
    screen.keys("\t").wait_for("look at @src/deep/lantern.rs");
    screen.keys("please\r").wait_for("Looked.");
    assert!(request(&project, 0).to_string().contains("look at @src/deep/lantern.rs please"));
}
