//! Standard input of a run: read where it is meant, never waited for where it is not.

use super::ending::*;
use crate::support::*;
use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

const IGNORED: &str = "standard input ignored; pass `-` to wait for it";

fn project() -> Project {
    Project::new().reply(Reply::text("It is done."))
}

#[track_caller]
fn given(project: &Project, args: &[&str], input: impl Into<Stdio>) -> Outcome {
    let mut command = project.command(args);
    command.stdin(input);
    run(command)
}

/// The program is started by a shell that closes its standard input.
fn with_closed_input(project: &Project, args: &[&str]) -> Command {
    let prepared = project.command(args);
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" \"$@\" <&-"]).arg(prepared.get_program()).args(prepared.get_args());
    command.env_clear().envs(prepared.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(project.path());
    command
}

#[test]
fn an_open_pipe_that_says_nothing_is_left_alone_with_a_notice() {
    for json in [false, true] {
        let project = project();
        let (reader, writer) = std::io::pipe().unwrap();
        let args: &[&str] = if json { &["run", "--json", "look"] } else { &["run", "look"] };
        let outcome = given(&project, args, reader).code(0);
        assert!(outcome.took < Duration::from_secs(5), "{outcome}");
        if json {
            let lines = outcome.json();
            assert_eq!(of_type(&lines, "notice")[0]["text"], IGNORED);
        } else {
            outcome.stderr_has(IGNORED).stdout_has("It is done.");
        }
        assert!(!told(&project, 0).contains("```"));
        drop(writer);
    }
}

#[test]
fn what_a_pipe_brings_is_appended_as_a_block() {
    let project = project();
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all("first\n```\ninner\n```\nlast, mit Übung\n".as_bytes()).unwrap();
    drop(writer);
    given(&project, &["run", "review", "this"], reader).code(0).stderr_lacks(IGNORED);
    let told = told(&project, 0);
    assert!(told.contains("review this\n\n````\nfirst\n```\ninner\n```\nlast, mit Übung\n````"), "{told}");
}

#[test]
fn a_regular_file_is_read_to_its_end() {
    let project = project().file("input.txt", &"line\n".repeat(20_000));
    given(&project, &["run", "look"], File::open(project.path().join("input.txt")).unwrap()).code(0);
    assert_eq!(told(&project, 0).matches("line\n").count(), 20_000);
}

#[test]
fn input_alone_is_the_task() {
    let project = project().file("task.txt", "\nmend the test\n");
    given(&project, &["run"], File::open(project.path().join("task.txt")).unwrap()).code(0);
    let told = told(&project, 0);
    assert!(told.contains("mend the test") && !told.contains("```"), "{told}");
}

/// The pipe is silent for longer than a run without `-` would listen.
#[test]
fn a_dash_waits_for_the_end() {
    let project = project();
    let (reader, mut writer) = std::io::pipe().unwrap();
    let late = std::thread::spawn(move || {
        for part in ["early ", "late ", "later\n"] {
            std::thread::sleep(Duration::from_millis(250));
            writer.write_all(part.as_bytes()).unwrap();
        }
    });
    given(&project, &["run", "look", "-"], reader).code(0);
    late.join().unwrap();
    let told = told(&project, 0);
    assert!(told.contains("look\n\n```\nearly late later\n```"), "{told}");
}

#[test]
fn a_dash_waits_no_longer_than_the_time_limit() {
    let project = project();
    let (reader, writer) = std::io::pipe().unwrap();
    let outcome = given(&project, &["run", "--json", "--timeout", "300ms", "look", "-"], reader);
    let message = "standard input stopped after 0 bytes and stayed open";
    ends(&outcome, Ending { exit: 2, status: "usage", message, hint: "close it" });
    drop(writer);
}

#[test]
fn more_than_ten_mebibytes_are_refused() {
    let project = project().bytes("big.txt", &vec![b'a'; 10 * 1024 * 1024 + 1]);
    for args in [&["run", "--json", "look"][..], &["run", "--json", "look", "-"]] {
        let outcome = given(&project, args, File::open(project.path().join("big.txt")).unwrap());
        let message = "standard input has more than 10 MiB";
        ends(&outcome, Ending { exit: 2, status: "usage", message, hint: "put it into a file" });
    }
    assert!(project.model_server().requests().is_empty());
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let garbage: Vec<u8> = (0..=255).cycle().take(3000).collect();
    let project = project().bytes("garbage.bin", &garbage);
    let outcome = given(&project, &["run", "look"], File::open(project.path().join("garbage.bin")).unwrap()).code(0);
    assert!(!outcome.stderr.contains('\u{1b}'), "{outcome}");
    assert!(told(&project, 0).contains('\u{fffd}'));
    project.model_server().assert_no_violations();
}

#[test]
fn an_input_that_is_closed_or_empty_is_no_input() {
    let project = Project::new().reply(Reply::text("1")).reply(Reply::text("2")).reply(Reply::text("3"));
    run(project.command(&["run", "look"])).code(0).stderr_lacks(IGNORED);
    run(with_closed_input(&project, &["run", "look"])).code(0).stderr_lacks(IGNORED);
    run(with_closed_input(&project, &["run", "look", "-"])).code(0).stderr_lacks(IGNORED);
    for nth in 0..3 {
        assert!(!told(&project, nth).contains("```"));
    }
}

#[test]
fn an_input_that_cannot_be_read_is_an_error_where_it_was_asked_for() {
    let project = project();
    let folder = || File::open(project.path()).unwrap();
    let outcome = given(&project, &["run", "--json", "look", "-"], folder());
    let message = "cannot read `standard input`: is a directory";
    ends(&outcome, Ending { exit: 2, status: "usage", message, hint: "" });
    given(&project, &["run", "look"], folder()).code(0);
}
