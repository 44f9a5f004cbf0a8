//! `shell`: what a command gives, how long it may take, what it gets of the world, and that nothing of it stays behind.

use super::bench::Bench;
use crate::support::*;
use agent::base::model::Family;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn bench() -> Bench {
    Bench::new(Family::Claude)
}

fn command(text: &str) -> Value {
    json!({ "command": text })
}

#[test]
fn output_and_end_come_in_few_words() {
    let bench = bench();
    let cases = [
        ("both outputs, in order", "echo out; echo err >&2; echo out", "out\nerr\nout", Some(0)),
        ("nothing to say", "true", "(no output)", Some(0)),
        ("a code", "echo no; exit 3", "no\n[exit code 3]", Some(3)),
        ("a code alone", "false", "[exit code 1]", Some(1)),
        ("no such program", "nosuchprogram 2>/dev/null", "[exit code 127]", Some(127)),
        ("ended by a signal", "kill -KILL $$", "[exit code 137]", Some(137)),
        ("in the working folder", "touch here && ls", "here", Some(0)),
        ("zeros and bytes that are no text", r"printf 'a\0b\377c\n'", "ab\u{fffd}c", Some(0)),
        ("colours", r"printf '\033[1;31mred\033[0m \033]0;title\007plain\n'", "red plain", Some(0)),
        ("a progress bar", r"printf '10%%\r50%%\r100%%\nnext\r\n'", "100%\nnext", Some(0)),
        ("tabs stay", r"printf 'a\tb'", "a\tb", Some(0)),
    ];
    for (name, text, expected, exit) in cases {
        let output = bench.call("shell", command(text), false);
        assert_eq!((output.text.as_str(), output.exit), (expected, exit), "{name}");
        assert_eq!(output.failed, exit != Some(0), "{name}");
    }
    for arguments in [json!({}), json!({"command": " "}), json!({"cmd": "ls"})] {
        assert_eq!(
            bench.fails("shell", arguments),
            r#"there is no command; send {"command": "ls"}, or {"job": 1} for a background job"#
        );
    }
}

/// What is left out is in a private file, and read by its name.
#[test]
fn of_a_long_output_both_ends_are_shown_and_all_can_be_read() {
    let bench = bench();
    let output = bench.call("shell", command("seq 1 20000"), false);
    let name = output.spill.expect("it is spilled");
    assert!(output.text.len() < 26_000 && output.text.starts_with("1\n2\n"), "{}", output.text.len());
    assert!(output.text.ends_with("\n19999\n20000"), "the end is there");
    let total: usize = (1..=20000).map(|nth: u32| nth.to_string().len() + 1).sum();
    let (head, rest) = output.text.split_once("[… ").expect("a note stands between");
    let (note, tail) = rest.split_once(" …]\n").expect("the note is a line");
    let shown = head.len() + tail.len() + "\n".len();
    assert_eq!(note, format!("{} bytes left out; read output:{name} for all of it", total - shown));
    assert!(shown > 24 * 1024 - 100, "only the lines at the cut are left out with the middle");
    let part = bench.says("read", json!({"path": format!("output:{name}"), "offset": 10_000, "limit": 2}));
    assert_eq!(part, "10000\t10000\n10001\t10001\n(9999 more lines; go on with offset 10002)");
    let kept = std::fs::read_to_string(bench.session.path().join("spill").join(&name)).unwrap();
    assert_eq!(kept, (1..=20000).map(|nth| format!("{nth}\n")).collect::<String>(), "every byte of it");
    let short = bench.call("shell", command("seq 1 4000"), false);
    assert_eq!((short.spill, short.text.lines().count()), (None, 4000), "what fits is whole");
}

/// Is this process there, and not merely waiting to be reaped?
fn lives(id: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
}

/// Waits for a process to be gone; it was killed, so that is soon.
fn ends(id: &str) -> bool {
    let deadline = Instant::now() + Duration::from_secs(30);
    while lives(id) {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

#[test]
fn the_time_limit_ends_all_that_a_command_started() {
    let bench = bench();
    let text = "echo begun; (trap '' TERM; sh -c 'echo $$ > child; sleep 60; :') & echo $! > parent; sleep 60";
    let started = Instant::now();
    let output = bench.call("shell", json!({"command": text, "timeout": 3}), false);
    assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
    assert_eq!(output.text, "begun\n[ended after 3 s, its time limit; pass a longer timeout, or background]");
    assert!(output.failed && output.exit.is_none());
    for name in ["parent", "child"] {
        let id = bench.text(name);
        assert!(ends(&id), "{name} {id} goes on");
    }
}

#[test]
fn a_daemon_that_holds_the_output_does_not_hold_us() {
    let answer = Reply::call(
        "shell",
        command(
            "setsid sh -c 'echo $$ > daemon; exec sleep 60' & while ! test -s daemon; do sleep 0.01; done; echo started",
        ),
    );
    let project = Project::new().config("mode = \"full\"\n").reply(answer).reply(Reply::text("done"));
    let outcome = project.run(&["start it"]).code(0);
    assert!(outcome.took < Duration::from_secs(40), "{:?}", outcome.took);
    assert!(!outcome.left_running);
    let second = String::from_utf8(project.model_server().requests()[1].raw.clone()).unwrap();
    assert!(second.contains("\"started\""), "its output came: {second}");
    assert!(ends(&project.read("daemon")), "it does not outlive the session");
}

#[test]
fn a_background_job_is_looked_at_and_ended() {
    let bench = bench();
    let said = bench.says("shell", json!({"command": "echo $$ > id; echo ready; exec sleep 60", "background": true}));
    assert_eq!(said, r#"started as job 1; {"job": 1} shows its output, with "kill": true it ends"#);
    let second = bench.says("shell", json!({"command": "echo quick; exit 4", "background": true}));
    assert!(second.starts_with("started as job 2;"), "{second}");
    assert_eq!(bench.says("shell", json!({"job": 2, "timeout": 10})), "quick\n[exit code 4]", "waits for its end");
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut shown = String::new();
    while !shown.starts_with("ready\n") {
        assert!(Instant::now() < deadline, "{shown}");
        shown = bench.says("shell", json!({"job": 1, "timeout": 0.05}));
    }
    assert!(
        shown.starts_with("ready\n\n[job 1 has been running for ")
            || shown.starts_with("ready\n[job 1 has been running for "),
        "{shown}"
    );
    assert_eq!(bench.says("shell", json!({"job": 1, "kill": true})), "ready\n[ended on request]");
    assert!(ends(&bench.text("id")));
    assert_eq!(bench.fails("shell", json!({"job": 7})), "there is no job 7; there are [1, 2]");
    assert_eq!(Bench::new(Family::Other).fails("shell", json!({"job": 1})), "there are no background jobs");
}

#[test]
fn a_command_has_no_input_and_no_terminal() {
    let bench = bench();
    assert_eq!(bench.says("shell", command("cat; echo end")), "end");
    assert_eq!(
        bench.says("shell", command("for fd in 0 1 2; do test -t $fd && echo tty $fd; done; echo none")),
        "none"
    );
    assert_eq!(bench.says("shell", command("(: < /dev/tty) 2>/dev/null && echo open || echo closed")), "closed");
    let open = "ls /proc/self/fd | wc -l";
    let plain = std::process::Command::new("sh").args(["-c", open]).output().unwrap();
    let plain = String::from_utf8(plain.stdout).unwrap();
    assert_eq!(bench.says("shell", command(open)), plain.trim_end(), "no file of ours is open in it");
}

#[test]
fn a_command_gets_no_secret_and_only_names_that_are_known() {
    let answer = Reply::call("shell", command("env; echo PATH=$PATH"));
    let project = Project::new()
        .reply(answer)
        .reply(Reply::text("done"))
        .file("bin/tool", "x")
        .config("mode = \"full\"\n[env]\npass = [\"LISTED\", \"LISTED_TOKEN\"]\n")
        .env("GITHUB_TOKEN", "ghp_0123456789")
        .env("AWS_SECRET_ACCESS_KEY", "aws0123456789")
        .env("LD_PRELOAD_X", "x")
        .env("BASH_ENV", "/tmp/evil")
        .env("GIT_DIR", "/tmp/evil")
        .env("SOMETHING_ELSE", "private")
        .env("LISTED", "wanted")
        .env("LISTED_TOKEN", "tok-0123456789")
        .env("CARGO_HOME", "/opt/cargo");
    let path =
        format!("{}:relative:{}", project.path().join("bin").display(), std::env::var_os("PATH").unwrap().display());
    let project = project.env("PATH", &path);
    project.run(&["show the environment"]).code(0);
    let request = project.model_server().requests().remove(1);
    let seen = request.body["messages"].as_array().unwrap().last().unwrap()["content"].to_string();
    for name in [
        "GITHUB_TOKEN",
        "ANTHROPIC_API_KEY",
        "AWS_SECRET",
        "LD_PRELOAD",
        "BASH_ENV",
        "GIT_DIR",
        "SOMETHING_ELSE",
        "AGENT_",
    ] {
        assert!(!seen.contains(name), "{name} is passed on: {seen}");
    }
    for text in ["LISTED=wanted", "CARGO_HOME=/opt/cargo", "TERM=dumb", "GIT_TERMINAL_PROMPT=0", "PAGER=cat", "HOME=/"]
    {
        assert!(seen.contains(text), "{text} is missing: {seen}");
    }
    assert!(seen.contains("LISTED_TOKEN=[secret LISTED_TOKEN]"), "passed on knowingly, and not shown: {seen}");
    assert!(!seen.contains("work/bin") && !seen.contains("relative"), "no folder of the workspace is on PATH: {seen}");
}
