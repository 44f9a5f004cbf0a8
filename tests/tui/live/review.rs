//! Changes that are looked at by file and by hunk before they are written.

use super::*;

/// A file with two places that are far enough from each other to be two hunks.
fn long() -> String {
    (1..=40).map(|line| format!("line {line}\n")).collect()
}

/// Two changes of `b.txt`, one of `a.txt`, in one call.
fn several() -> Step {
    let edit = |path: &str, old: &str, new: &str| json!({"path": path, "old_string": old, "new_string": new});
    let edits = [
        edit("b.txt", "line 3\n", "line three\n"),
        edit("b.txt", "line 33\n", "line thirty-three\n"),
        edit("a.txt", "two\n", "zwei\n"),
    ];
    Reply::call("edit", json!({"edits": edits})).into()
}

#[test]
fn what_is_accepted_is_written_and_nothing_else() {
    let project = project(vec![several(), Reply::text("As you like.").into()]).file("b.txt", &long());
    let mut screen = start(&project, &[]);
    screen.keys("change all of it\r").wait_for("asks to change 2 files");
    screen.answer("r").wait("the review never opens", Screen::is_full);
    screen.wait_for("line three");
    assert_eq!(project.read("b.txt"), long());
    // The first file is rejected where it stands first; of the other, the first hunk is taken and the second is not.
    let first = if screen.text().find("a.txt") < screen.text().find("b.txt") { "dyx" } else { "yxd" };
    screen.keys(first);
    screen.keys("\r").wait_for("As you like.");
    assert!(!screen.is_full());
    assert_eq!(project.read("b.txt"), long().replace("line 3\n", "line three\n"));
    assert_eq!(project.read("a.txt"), "one\ntwo\nthree\n");
}

#[test]
fn one_file_is_taken_and_the_other_left() {
    let project = project(vec![several(), Reply::text("As you like.").into()]).file("b.txt", &long());
    let mut screen = start(&project, &[]);
    screen.keys("change all of it\r").wait_for("asks to change 2 files");
    // The review opens by its own key as well, whatever was typed before.
    screen.keys("\u{1b}r").wait("the review never opens", Screen::is_full);
    // Its last row is drawn last.
    screen.wait_for("? all keys");
    let first = if screen.text().find("a.txt") < screen.text().find("b.txt") { "ad" } else { "da" };
    screen.keys(first);
    screen.keys("\r").wait_for("As you like.");
    assert_eq!(project.read("b.txt"), long());
    assert_eq!(project.read("a.txt"), "one\nzwei\nthree\n");
}

#[test]
fn a_comment_on_a_hunk_reaches_the_model() {
    let project = project(vec![several(), Reply::text("Then in French.").into()]).file("b.txt", &long());
    let mut screen = start(&project, &[]);
    screen.keys("change all of it\r").wait_for("asks to change 2 files");
    screen.answer("r").wait("the review never opens", Screen::is_full);
    screen.keys("c");
    screen.keys("in French, please\r").wait_for("in French, please");
    screen.keys("D");
    screen.keys("\r").wait_for("Then in French.");
    let told = request(&project, 1).to_string();
    assert!(told.contains("in French, please"), "{told}");
    assert_eq!(project.read("b.txt"), long());
}

#[test]
fn a_no_with_words_reaches_the_model() {
    let project = project(vec![edit("a.txt", "two", "zwei"), Reply::text("Sorry.").into()]);
    let mut screen = start(&project, &[]);
    screen.keys("translate\r").wait_for("asks to change a file");
    screen.answer("c").wait_for("no, because:");
    screen.keys("leave the numbers alone\r").wait_for("Sorry.");
    assert!(request(&project, 1).to_string().contains("leave the numbers alone"));
    assert_eq!(project.read("a.txt"), "one\ntwo\nthree\n");
}

#[test]
fn a_hunk_is_edited_by_hand_before_it_is_written() {
    let project = project(vec![edit("a.txt", "two", "zwei"), Reply::text("Yours is better.").into()]);
    let script = project.home().join("editor.sh");
    std::fs::write(&script, "sed s/zwei/deux/ \"$1\" > \"$1.new\" && cat \"$1.new\" > \"$1\"\n").expect("a script");
    let project = project.env("EDITOR", &format!("sh {}", script.display()));
    let mut screen = start(&project, &[]);
    screen.keys("translate\r").wait_for("asks to change a file");
    screen.answer("r").wait("the review never opens", Screen::is_full);
    screen.keys("e").wait_for("deux");
    screen.keys("y");
    screen.keys("\r").wait_for("Yours is better.");
    assert_eq!(project.read("a.txt"), "one\ndeux\nthree\n");
}

#[test]
fn a_review_of_what_a_task_changed_puts_back_what_is_not_wanted() {
    let project = project(vec![several(), Reply::text("Changed.").into()]).file("b.txt", &long());
    let mut screen = start(&project, &["--mode", "full"]);
    screen.keys("change all of it\r").wait_for(DONE);
    assert_eq!(project.read("a.txt"), "one\nzwei\nthree\n");
    screen.keys("\u{1b}r").wait("the review never opens", Screen::is_full);
    let first = if screen.text().find("a.txt") < screen.text().find("b.txt") { "da" } else { "ad" };
    screen.keys(first);
    screen.keys("\r").wait("the review never ends", |screen| !screen.is_full());
    screen.wait("the file is never put back", |_| project.read("a.txt") == "one\ntwo\nthree\n");
    assert!(project.read("b.txt").contains("line thirty-three"));
}
