//! Whatever a model, a command, a vendor, a file or a branch is called or says: no control character of it reaches the terminal.

use crate::run::ending::*;
use crate::support::*;
use agent::text::sanitise::{json as escaped, one_line, sanitise};
use proptest::prelude::*;
use serde_json::json;

/// A title, a colour, a C1 introducer, an order of letters, what cannot be seen, a step back, a reset, a link, DCS, tags.
const HOSTILE: &str = "\u{1b}]0;title\u{7}\u{1b}[31mred\u{9b}2J\u{202e}order\u{200b}\u{2066}\u{feff}\u{8}\u{1b}c\u{1b}]8;;http://x\u{1b}\\\u{1b}Pq\u{9d}52\u{9c}\u{e0041}\u{7f}";

/// As much of it as a name in git may have.
const BRANCH: &str = "b\u{9b}2J\u{202e}order\u{200b}\u{9d}52\u{9c}";

/// Written down anew, and not taken from the code: what a terminal acts on, or does not show.
fn is_bad(char: char) -> bool {
    (char.is_control() && !matches!(char, '\n' | '\t'))
        || matches!(char, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[track_caller]
fn is_harmless(what: &str, text: &str) {
    let found: Vec<char> = text.chars().filter(|char| is_bad(*char)).collect();
    assert!(found.is_empty(), "{what}: {found:?} in {text:?}");
}

#[track_caller]
fn both(what: &str, outcome: &Outcome) {
    is_harmless(what, &outcome.stdout);
    is_harmless(what, &outcome.stderr);
}

/// A project where all that has a name has a bad one, and a model that says bad things.
fn hostile() -> Project {
    let name = HOSTILE.replace('/', ":");
    let project = Project::new()
        .git()
        .file(&format!("{name}.txt"), &format!("{HOSTILE}\n"))
        .file("AGENTS.md", HOSTILE)
        .reply(
            Reply::text(HOSTILE)
                .and_call("read", json!({"path": format!("{name}.txt")}))
                .and_call("read", json!({"path": format!("{HOSTILE} is not there")}))
                .and_call("search", json!({"pattern": "title"}))
                .and_call("write", json!({"path": format!("new {name}"), "content": format!("{HOSTILE}\n")}))
                .and_call("shell", json!({"command": format!("cat *.txt; echo '{HOSTILE}' >&2; false")}))
                .and_call("plan", json!({"steps": [{"step": HOSTILE, "status": "pending"}]}))
                .and_call(format!("tool {BRANCH}"), json!({})),
        )
        .reply(Reply::text(HOSTILE));
    project.git_command(&["checkout", "-q", "-b", BRANCH]);
    project
}

#[test]
fn a_run_shows_no_escape() {
    for args in [&["run", "--check", "true", HOSTILE][..], &["run", "--json", "--json-deltas", HOSTILE]] {
        let project = hostile();
        let outcome = project.agent(args).code(0);
        both(&format!("{args:?}"), &outcome);
        assert!(outcome.stdout.contains("title"), "{outcome}");
        if args.contains(&"--json") {
            // The values are what they were.
            let said = of_type(&outcome.json(), "message")[0]["parts"].to_string();
            assert!(serde_json::from_str::<serde_json::Value>(&said).unwrap().to_string().contains("\u{202e}order"));
        }
    }
}

#[test]
fn no_command_shows_an_escape_of_what_was_kept() {
    let project = hostile();
    project.agent(&["run", HOSTILE]).code(0);
    let session = project.sessions().remove(0);
    let session = session.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    let missing = format!("no{HOSTILE}");
    let commands: Vec<Vec<&str>> = vec![
        vec!["sessions"],
        vec!["sessions", "--json"],
        vec!["cost"],
        vec!["cost", "--json"],
        vec!["cost", "--csv"],
        vec!["cost", "--by", "project"],
        vec!["cost", "--by", "branch"],
        vec!["models"],
        vec!["models", HOSTILE],
        vec!["models", "--json"],
        vec!["route", "explain", HOSTILE],
        vec!["route", "explain", "--json", HOSTILE],
        vec!["config", "show"],
        vec!["config", "keys"],
        vec!["doctor"],
        vec!["doctor", "--json"],
        vec!["recoveries"],
        vec!["undo", "--list"],
        vec!["undo", "--list", "--json"],
        vec!["undo", "--dry-run"],
        vec!["undo", "--dry-run", "--json"],
        vec!["undo"],
        vec!["redo"],
        vec!["undo", &missing],
        vec!["sessions", "delete", &missing],
        vec!["sessions", "delete", &session],
        vec!["login", "--status"],
        vec!["login", &missing],
        vec!["logout", &missing],
        vec!["apply", &missing],
        vec!["run", "-C", &missing, "x"],
        vec!["run", "-m", &missing, "x"],
        vec!["run", "-m", HOSTILE, "--json", "x"],
        vec!["run", "-c", HOSTILE, "x"],
        vec!["run", "--key-file", &missing, "x"],
        vec!["run", "--replay", &missing, "x"],
        vec!["run", "--max-cost", HOSTILE, "x"],
        vec!["run", "--output-schema", &missing, "--json", "x"],
        vec![HOSTILE],
        vec!["run", HOSTILE, "--no-such-flag\u{1b}[31m"],
    ];
    let mut spoke = 0;
    for args in commands {
        let outcome = project.agent(&args);
        spoke += usize::from(!outcome.stdout.is_empty() || !outcome.stderr.is_empty());
        both(&format!("{args:?}"), &outcome);
    }
    assert!(spoke > 30, "{spoke} said something");
}

#[test]
fn a_vendors_words_are_harmless_where_the_error_is_made() {
    let body = Server::error_body(Wire::Messages, 400, HOSTILE);
    let refused = || Step::Status { code: 400, headers: Vec::new(), body: body.clone() };
    let plain = || Step::Status { code: 400, headers: Vec::new(), body: HOSTILE.into() };
    let in_stream = || Step::ErrorInStream {
        reply_prefix: Reply::text("half"),
        kind: "invalid_request_error".into(),
        message: HOSTILE.into(),
    };
    for step in [refused(), plain(), in_stream()] {
        let project = Project::new().step(step);
        let outcome = project.run(&["--json", "x"]);
        assert_ne!(outcome.code, 0);
        both("an error", &outcome);
        // Also once a program has read the JSON.
        let words = outcome.outcome()["error"]["message"].as_str().unwrap().to_owned();
        assert!(words.contains("title"), "{words}");
        is_harmless("the words themselves", &words);
    }
}

#[test]
fn what_is_written_with_joiners_stays_as_it_is() {
    for text in
        ["plain\n\ttext", "नमस्ते क्\u{200d}ष", "می\u{200c}خواهم", "👩\u{200d}💻 ❤\u{fe0f} 1\u{fe0f}⃣", "日本語 ñ é"]
    {
        assert_eq!(sanitise(text), text);
    }
    let cases = [
        ("a\u{200d}b", "a\u{fffd}b"),
        ("x\u{fe0f}\u{fe0f}", "x\u{fffd}\u{fffd}"),
        ("\u{1b}[31mred", "␛[31mred"),
        ("a\rb\u{8}", "a␍b␈"),
        ("\u{9b}31m \u{7f}", "\u{fffd}31m ␡"),
        ("a\u{ad}b\u{2028}c\u{61c}", "a\u{fffd}b\u{fffd}c\u{fffd}"),
    ];
    for (text, expected) in cases {
        assert_eq!(sanitise(text), expected);
    }
    assert_eq!(one_line("a\n b\tc\u{1b}"), "a b c␛");
}

proptest! {
    #![proptest_config(crate::support::random::cases(256))]

    #[test]
    fn nothing_gets_through(text in proptest::collection::vec(any::<char>(), 0..200), hostile in "[\u{0}-\u{9f}\u{200b}-\u{206f}]{0,40}") {
        let text: String = text.into_iter().collect::<String>() + &hostile;
        let clean = sanitise(&text).into_owned();
        prop_assert!(!clean.chars().any(is_bad), "{:?}", clean);
        prop_assert_eq!(clean.chars().count(), text.chars().count());
        prop_assert_eq!(sanitise(&clean), clean.as_str());
        let line = one_line(&text);
        prop_assert!(!line.chars().any(|char| char.is_control()), "{:?}", line);
        let value = json!({ "text": text });
        let line = escaped(&value.to_string()).into_owned();
        prop_assert!(!line.chars().any(is_bad), "{:?}", line);
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), value);
    }
}
