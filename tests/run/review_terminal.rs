//! `agent run --review`: on a terminal each change is shown before it is written, nothing but a clear yes writes it, and
//! standard output stays data.

use super::ending::*;
use crate::support::*;
use serde_json::{Value, json};

const FORTY: usize = 40;

/// Lines by their number.
type Lines = &'static [(usize, &'static str)];

fn numbers(changed: &[(usize, &str)]) -> String {
    let line = |number: usize| {
        changed.iter().find(|(at, _)| *at == number).map_or(number.to_string(), |(_, text)| (*text).into())
    };
    (1..=FORTY).map(|number| format!("{}\n", line(number))).collect()
}

/// A file of forty lines and a change of three hunks.
fn three_hunks() -> Project {
    let edit = |number: usize| json!({"path": "a.txt", "old_string": format!("{}\n{number}\n", number - 1), "new_string": format!("{}\nchanged {number}\n", number - 1)});
    Project::new()
        .file("a.txt", &numbers(&[]))
        .reply(Reply::call("edit", json!({"edits": [edit(2), edit(20), edit(39)]})))
        .reply(Reply::text("Done."))
}

fn one_edit(old: &str, new: &str) -> Reply {
    Reply::call("edit", json!({"edits": [{"path": "a.txt", "old_string": old, "new_string": new}]}))
}

fn review(project: &Project, args: &[&str]) -> Terminal {
    let args: Vec<&str> = ["run", "--review"].iter().chain(args).chain(&["x"]).copied().collect();
    Terminal::start(&project.command(&args), &project.home().join("stdout"))
}

fn stdout(project: &Project) -> String {
    std::fs::read_to_string(project.home().join("stdout")).unwrap()
}

#[test]
fn a_change_is_shown_before_it_is_written() {
    let project = Project::new()
        .file("a.txt", "one\ntwo\n")
        .reply(
            Reply::text("I change it.")
                .and_call("edit", json!({"path": "a.txt", "old_string": "two", "new_string": "2"})),
        )
        .reply(Reply::text("Done."));
    let mut terminal = review(&project, &[]);
    let shown = terminal.wait_for("write it? [y,n,e,?] ");
    let (talk, question) = shown.split_once("I change it.").expect("what was said comes first");
    assert!(
        talk.contains("mode ask") && question.contains("edit asks to change a file\nchange a.txt (+1 -1)\n"),
        "{shown}"
    );
    assert!(question.contains("\n   one\n  -two\n  +2\n"), "{shown}");
    assert_eq!(project.read("a.txt"), "one\ntwo\n");
    terminal.keys("y\n");
    assert_eq!(terminal.end(), 0);
    assert_eq!((project.read("a.txt").as_str(), stdout(&project).as_str()), ("one\n2\n", "Done.\n"));
    assert_eq!(of_type(&log(&project), "answered")[0]["answer"], json!({"answer": "allow"}));
}

#[test]
fn hunks_are_taken_one_by_one() {
    const FIRST: (usize, &str) = (2, "changed 2");
    const SECOND: (usize, &str) = (20, "changed 20");
    const THIRD: (usize, &str) = (39, "changed 39");
    let cases: &[(&[&str], Lines)] = &[
        (&["n", "y", "n"], &[SECOND]),
        (&["y", "d"], &[FIRST]),
        (&["n", "a"], &[SECOND, THIRD]),
        (&["yes", "q"], &[FIRST]),
        (&["y", "y", "y"], &[FIRST, SECOND, THIRD]),
        (&["n", "n", "n"], &[]),
    ];
    for (answers, changed) in cases {
        let project = three_hunks();
        let mut terminal = review(&project, &[]);
        terminal.answer("write it? [y,n,h", "h");
        for (number, answer) in answers.iter().enumerate() {
            let shown = terminal.answer("write this hunk? [y,n,a,d,e,q,?", answer);
            assert!(shown.contains(&format!("({}/3) a.txt\n", number + 1)), "{shown}");
        }
        assert_eq!(terminal.end(), 0, "{}", terminal.text());
        assert_eq!(project.read("a.txt"), numbers(changed), "{answers:?}");
        let part = told(&project, 1).contains("accepted only a part");
        assert_eq!(part, !changed.is_empty() && changed.len() < 3, "{answers:?}");
    }
}

#[test]
fn files_are_taken_one_by_one() {
    let edits =
        ["a.txt", "b.txt", "c.txt", "d.txt"].map(|path| json!({"path": path, "old_string": "", "new_string": "new\n"}));
    let cases: &[(&[&str], &[&str])] = &[
        (&["n", "y", "n no more", "y"], &["b.txt", "d.txt"]),
        (&["n", "a"], &["b.txt", "c.txt", "d.txt"]),
        (&["y", "q"], &["a.txt"]),
    ];
    for (answers, written) in cases {
        let project = Project::new().reply(Reply::call("edit", json!({"edits": edits}))).reply(Reply::text("Done."));
        let mut terminal = review(&project, &[]);
        terminal.answer("write all of it? [y,n,f,h", "f");
        for (answer, path) in answers.iter().zip(["a.txt", "b.txt", "c.txt", "d.txt"]) {
            terminal.answer(&format!("write {path}? [y,n,e,a,q,?"), answer);
        }
        assert_eq!(terminal.end(), 0, "{}", terminal.text());
        assert_eq!(project.tree().keys().map(String::as_str).collect::<Vec<_>>(), *written, "{answers:?}");
        if answers.len() == 4 {
            assert!(told(&project, 1).contains("c.txt: no more"), "{}", told(&project, 1));
        }
    }
}

#[test]
fn words_after_a_key_reach_the_model() {
    for (answer, written, words) in [
        ("n use a list instead", false, "the user said no: use a list instead"),
        ("y and now the tests", true, "the user said: and now the tests"),
    ] {
        let project = Project::new().file("a.txt", "one\n").reply(one_edit("one", "two")).reply(Reply::text("Done."));
        let mut terminal = review(&project, &[]);
        terminal.answer("write it?", answer);
        assert_eq!(terminal.end(), 0);
        assert_eq!(project.read("a.txt"), if written { "two\n" } else { "one\n" });
        assert!(told(&project, 1).contains(words), "{}", told(&project, 1));
    }
}

#[test]
fn what_is_no_key_is_no_answer() {
    let project = Project::new().file("a.txt", "one\n").reply(one_edit("one", "two")).reply(Reply::text("Done."));
    let mut terminal = review(&project, &[]);
    for typed in ["", "?", "yolo", "h", "f"] {
        terminal.answer("write it? [y,n,e,?", typed);
        let help = terminal.wait_for("  e  edit");
        assert!(help.contains("  y  write all of it") && !help.contains("  h  "), "{help}");
        assert_eq!(project.read("a.txt"), "one\n");
    }
    terminal.answer("write it?", "Y");
    assert_eq!((terminal.end(), project.read("a.txt").as_str()), (0, "two\n"));
    assert!(
        terminal.text().lines().all(|line| line.starts_with("agent ") || line.contains("session") || line.len() <= 80)
    );
}

/// The editor is a script that replaces one word.
fn with_editor(project: Project, script: &str) -> Project {
    use std::os::unix::fs::PermissionsExt;
    let path = project.home().join("my editor");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let command = format!("'{}' --wait", path.display());
    project.env("VISUAL", &command).env("EDITOR", "false")
}

const REPLACE: &str = r#"[ "$1" = --wait ] && [ -t 0 ] && [ -t 1 ] || exit 3
sed 's/changed/mended/' "$2" > "$2.new" && mv "$2.new" "$2""#;

#[test]
fn a_hunk_is_edited_in_the_users_editor() {
    let project = with_editor(three_hunks(), REPLACE);
    let mut terminal = review(&project, &[]);
    terminal.answer("write it?", "h");
    terminal.answer("write this hunk?", "y");
    terminal.answer("write this hunk?", "e");
    let shown = terminal.answer("write it as you edited it?", "y");
    assert!(
        shown.contains("(2/3) a.txt, as you edited it\n   17\n   18\n   19\n  -20\n  +mended 20\n   21\n"),
        "{shown}"
    );
    terminal.answer("write this hunk?", "n not the last");
    assert_eq!(terminal.end(), 0);
    assert_eq!(project.read("a.txt"), numbers(&[(2, "changed 2"), (20, "mended 20")]));
    let told = told(&project, 1);
    assert!(told.contains("or changed it, and said: a.txt, hunk 3: not the last"), "{told}");
}

#[test]
fn an_editor_that_fails_or_changes_nothing_loses_nothing() {
    for (script, words) in [
        ("echo lost > \"$2\"; exit 1", "ended with exit code 1; nothing of it is taken"),
        ("exit 0", "nothing was changed in the editor"),
        (": > \"$2\"", "the saved text is empty"),
        ("printf '\\377' > \"$2\"", "the edited text is not UTF-8"),
    ] {
        let project = with_editor(
            Project::new().file("a.txt", "one\n").reply(one_edit("one", "two")).reply(Reply::text("Done.")),
            script,
        );
        let mut terminal = review(&project, &[]);
        terminal.answer("write it? [y,n,e,?", "e");
        terminal.wait_for(words);
        assert_eq!(project.read("a.txt"), "one\n");
        terminal.answer("write this hunk?", "y");
        assert_eq!((terminal.end(), project.read("a.txt").as_str()), (0, "two\n"), "{script}");
    }
}

#[test]
fn an_edit_keeps_bytes_line_ends_and_secrets() {
    let add_line_end = "sed 's/two/2/' \"$2\" > \"$2.new\"; echo >> \"$2.new\"; mv \"$2.new\" \"$2\"";
    let cases: &[(&[u8], &str, &[u8])] = &[
        (
            b"caf\xe9\r\none\r\nlast\r\n",
            "sed 's/two/2/' \"$2\" > \"$2.new\"; mv \"$2.new\" \"$2\"",
            b"caf\xe9\r\n2\r\nlast\r\n",
        ),
        (b"caf\xe9\none\nlast", add_line_end, b"caf\xe9\n2\nlast"),
        (
            b"key = s3cret-value-1\none\n",
            "sed 's/two/2/' \"$2\" > \"$2.new\"; mv \"$2.new\" \"$2\"",
            b"key = s3cret-value-1\n2\n",
        ),
    ];
    for (before, script, after) in cases {
        let project = Project::new().bytes("a.txt", before).reply(one_edit("one", "two")).reply(Reply::text("Done."));
        let project = with_editor(project.env("MY_TOKEN", "s3cret-value-1"), script);
        let mut terminal = review(&project, &[]);
        terminal.answer("write it?", "e");
        terminal.answer("write it as you edited it?", "y");
        assert_eq!(terminal.end(), 0, "{}", terminal.text());
        let text = std::fs::read(project.path().join("a.txt")).unwrap();
        assert_eq!(text, *after, "{:?}", String::from_utf8_lossy(&text));
        assert!(!terminal.text().contains("s3cret") && !terminal.text().contains('\u{240d}'), "{}", terminal.text());
    }
}

#[test]
fn commands_are_asked_for_and_shown_whole() {
    for (answer, ran) in [("y", true), ("n use make", false), ("y but slowly\nn", false)] {
        let project = Project::new()
            .reply(Reply::call("shell", json!({"command": "echo ran \\\n  > b.txt # \u{1b}[2J"})))
            .reply(Reply::text("Done."));
        let mut terminal = review(&project, &["-c", "sandbox.backend=\"none\""]);
        let shown = terminal.answer("run it? [y,n,s,p,a,?", answer);
        if ran {
            assert!(terminal.answer("keep it?", "y").contains("shell has changed a file\n"));
        }
        assert!(
            shown.contains("shell asks: runs a command\n  $ echo ran \\\n      > b.txt # \u{241b}[2J\n"),
            "{shown}"
        );
        assert_eq!(terminal.end(), 0, "{}", terminal.text());
        assert_eq!(project.exists("b.txt"), ran, "{answer}");
        assert_eq!(told(&project, 1).contains("the user said no: use make"), answer.starts_with("n "));
    }
}

#[test]
fn ctrl_c_at_a_question_ends_the_run() {
    let project = Project::new().file("a.txt", "one\n").reply(one_edit("one", "two"));
    let mut terminal = review(&project, &["--json"]);
    terminal.wait_for("write it? [y,n,e,?] ");
    terminal.keys("\u{3}");
    assert_eq!(terminal.end(), 130);
    assert_eq!(project.read("a.txt"), "one\n");
    let lines = stdout(&project);
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!((&last["type"], &last["data"]["status"]), (&json!("outcome"), &json!("interrupted")));
}

#[test]
fn ctrl_c_in_an_editor_without_keys_of_its_own_ends_the_run_and_the_editor() {
    let project = Project::new().file("a.txt", "one\n").reply(one_edit("one", "two"));
    let project =
        with_editor(project, "trap '' INT; echo $$ > number.new; mv number.new number; stty -echo; sleep 300");
    let mut terminal = review(&project, &[]);
    terminal.answer("write it?", "e");
    let editor = process_in(&project.path().join("number"));
    terminal.keys("\u{3}");
    assert_eq!(terminal.end(), 130);
    is_gone("the editor", editor);
    assert_eq!(project.read("a.txt"), "one\n");
}

#[test]
fn the_end_of_input_is_a_no_and_says_so() {
    let project = Project::new().file("a.txt", "one\n").reply(one_edit("one", "two")).reply(Reply::text("Done."));
    let mut terminal = review(&project, &[]);
    terminal.wait_for("write it? [y,n,e,?] ");
    terminal.keys("\u{4}");
    terminal.wait_for("end of input: that is a no to this one");
    assert_eq!((terminal.end(), project.read("a.txt").as_str()), (0, "one\n"));
}

#[test]
fn an_open_question_does_not_outlive_the_time_limit() {
    let project = Project::new().file("a.txt", "one\n").reply(one_edit("one", "two"));
    let mut terminal = review(&project, &["--timeout", "6s"]);
    terminal.wait_for("write it? [y,n,e,?] \n");
    terminal.wait_for("error: ");
    assert_eq!((terminal.end(), project.read("a.txt").as_str()), (5, "one\n"));
}

#[test]
fn what_was_typed_before_a_question_does_not_answer_it() {
    let project = Project::new()
        .reply(Reply::call("shell", json!({"command": "touch asked; until test -e go; do sleep 0.01; done"})))
        .reply(Reply::call("shell", json!({"command": "touch b.txt"})))
        .reply(Reply::text("Done."));
    let mut terminal = review(&project, &["-c", "sandbox.backend=\"none\""]);
    terminal.answer("run it?", "y");
    wait_until("the first command runs", || project.exists("asked"));
    terminal.keys("y\n");
    terminal.wait_for("y\n");
    std::fs::write(project.path().join("go"), "").unwrap();
    terminal.answer("keep all of it?", "y");
    terminal.answer("run it?", "n");
    assert_eq!((terminal.end(), project.exists("b.txt")), (0, false), "{}", terminal.text());
}

#[test]
fn a_file_that_changed_meanwhile_is_not_written_over() {
    let project = Project::new().file("a.txt", "one\n").reply(one_edit("one", "two")).reply(Reply::text("Done."));
    let mut terminal = review(&project, &[]);
    terminal.wait_for("write it? [y,n,e,?] ");
    std::fs::write(project.path().join("a.txt"), "the user's\n").unwrap();
    terminal.keys("y\n");
    assert_eq!((terminal.end(), project.read("a.txt").as_str()), (0, "the user's\n"));
    assert!(told(&project, 1).contains("changed"), "{}", told(&project, 1));
}

#[test]
fn escapes_of_content_are_shown_and_never_sent() {
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}";
    let project = Project::new()
        .file("a.txt", &format!("one {evil}\n-- a comment\r\n"))
        .reply(Reply::call("write", json!({"path": format!("{evil}.txt"), "content": format!("{evil}\n")})))
        .reply(one_edit("-- a comment\r\n", "++ another\r\n"))
        .reply(Reply::text("Done."));
    let mut terminal = review(&project, &[]);
    terminal.answer("write it?", "y");
    let shown = terminal.answer("write it?", "y");
    assert!(shown.contains("one \u{241b}]0;owned\u{2407}\u{241b}[2J"), "{shown}");
    assert!(
        shown.contains("\n  --- a comment\u{240d}\n  +++ another\u{240d}\n"),
        "no line is left out, no end hidden: {shown}"
    );
    assert_eq!(terminal.end(), 0);
    let found =
        terminal.text().chars().find(|char| char.is_control() && !"\n\t\r".contains(*char) || *char == '\u{202e}');
    assert_eq!(found, None, "{}", terminal.text().escape_debug());
}

#[test]
fn with_json_the_events_go_to_standard_output_and_the_questions_do_not() {
    let project = Project::new()
        .bytes("a.txt", b"one\0")
        .reply(Reply::call("write", json!({"path": "b.txt", "content": "b"})))
        .reply(Reply::call("read", json!({"path": ".env"})))
        .reply(Reply::text("Done."))
        .file(".env", "A=1\n");
    let mut terminal = review(&project, &["--json"]);
    terminal.answer("write it?", "y");
    let shown = terminal.answer("allow it?", "n");
    assert!(shown.contains("`.env` holds secrets by its name\n  read .env\n"), "{shown}");
    assert_eq!(terminal.end(), 0);
    let lines: Vec<Value> = stdout(&project).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((of_type(&lines, "asked").len(), of_type(&lines, "answered").len()), (2, 2));
    assert!(!terminal.text().contains("session_started"));
}

#[test]
fn a_review_needs_a_terminal_and_a_mode_that_asks() {
    let project = Project::new().reply(Reply::text("Done."));
    project
        .run(&["--review", "x"])
        .code(2)
        .stderr_has("asks on a terminal")
        .stderr_has("--propose")
        .stderr_has("--mode auto");
    for (args, code) in
        [(&["--mode", "auto"][..], 2), (&["--mode", "read"], 2), (&["-c", "mode=\"full\""], 2), (&["--mode", "ask"], 0)]
    {
        let mut terminal = review(&project, args);
        if code == 2 {
            terminal.wait_for("hint: leave --mode out");
        }
        assert_eq!(terminal.end(), code, "{args:?}\n{}", terminal.text());
        assert!(code == 2 || !terminal.text().contains("hint: leave --mode out"), "{}", terminal.text());
    }
    assert_eq!(project.model_server().requests().len(), 1);
}
