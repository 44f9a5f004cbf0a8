//! Sessions as files: what stands in them, and that nothing foreign gets out of its place.

use crate::tui::script::*;
use crate::tui::snapshot;
use agent::base::Kind;
use agent::base::access::Remember;
use agent::base::change::{ChangeKind, FileChange};
use agent::base::desk::Format;
use agent::base::event::*;
use agent::base::money::Usd;
use agent::text::redact::Redactor;
use agent::transcript::export::{About, Export, Facts, export};
use serde_json::Value;

const FORMATS: [(Format, &str); 3] = [(Format::Markdown, "md"), (Format::Html, "html"), (Format::Json, "json")];

fn about() -> About {
    About { version: "0.1.0".into(), time: "2026-11-22T11:00:00.000Z".into(), home: "/home/ada".into(), unread: 0 }
}

fn records(events: Vec<Event>) -> Vec<Record> {
    let at = |seq: u64| format!("2026-11-22T10:{:02}:{:02}.000Z", seq / 60 % 60, seq % 60);
    (1..).zip(events).map(|(seq, event)| Record { schema: 1, seq, time: at(seq), event }).collect()
}

/// A session with everything in it.
fn everything() -> Vec<Event> {
    let long: String = (1..=200).map(|line| format!("line {line}\n")).collect();
    let created = FileChange {
        path: "/home/ada/engine/new.txt".into(),
        kind: ChangeKind::Create,
        from: None,
        added: 2,
        removed: 0,
        diff: "--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n\\ No newline at end of file\n".into(),
    };
    vec![
        started(false),
        task("mend the failing test\n\nand say why it failed"),
        turn(1),
        turned(1, usage(12_345, 8_000, 400), None),
        message(vec![
            thinks("The total is wrong where there are no rows, so I look there first, and then at the rest."),
            agent::base::message::Part::Text {
                text: "I **look** at `total.sh`:\n\n1. read it\n2. mend it\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```sh\necho '<b>' \\\n  && ls\n```\n".into(),
            },
            call("c1", "read", r#"{"path":"total.sh"}"#),
        ]),
        runs("c1", "read", "read `total.sh`"),
        ran("c1", "read", ToolStatus::Done, "1\techo $((a + b))\n"),
        plan(&[("read it", StepStatus::Completed), ("mend it", StepStatus::InProgress), ("test", StepStatus::Pending)]),
        runs("c2", "edit", "edit `src/main.rs`"),
        asks(1, "c2", "mode ask shows each edit"),
        allow(1, Remember::Session),
        edited("c2", vec![change("src/main.rs"), created]),
        ran("c2", "edit", ToolStatus::Done, "written\n"),
        runs("c3", "shell", "cargo test"),
        Event::HostDenied(HostDenied { call: "c3".into(), host: "evil.example".into(), port: 443, why: "it is on no list".into() }),
        command("c3", 101, &format!("\u{1b}[31merror\u{1b}[0m: it failed in /home/ada/engine/src\nprogress 10%\rprogress 100%\n{long}")),
        waiting(1),
        switched(),
        with_image("use the other one, please"),
        check("cargo test", false, 1),
        Event::CheckStarted { command: "cargo test".into(), round: 2 },
        check("cargo test", true, 2),
        aside("what is a monad?", "A *monoid* in the category of endofunctors."),
        Event::Ran { command: "git status".into(), output: "nothing to commit\n".into(), exit: Some(0) },
        asks(2, "c4", "it leaves the sandbox"),
        deny(2, Some("not on Fridays")),
        answer("All is well now."),
        Event::Outcome(Outcome { checks: vec![CheckResult { command: "cargo test".into(), passed: true, round: 2, exit: Some(0), duration_ms: 1200 }], ..match outcome(Status::Done, "All is well now.", None) {
            Event::Outcome(outcome) => outcome,
            other => panic!("{other:?}"),
        } }),
        started(true),
        task("now the docs"),
        turn(2),
        turned(2, usage(900, 0, 40), Some("connection lost")),
        Event::Outcome(Outcome {
            error: Some(Fault { kind: Kind::Network, message: "anthropic cannot be reached".into(), hint: Some("try again".into()) }),
            ..Outcome::failed(&agent::base::Error::new(Kind::Network, "x"), "s".into())
        }),
    ]
}

fn check_file(name: &str, shown: &str) {
    snapshot::check(&format!("../../transcript/snapshots/{name}"), shown);
}

#[test]
fn a_session_with_everything_in_it() {
    for (format, end) in FORMATS {
        check_file(&format!("everything.{end}"), &export(&records(everything()), format, &about()));
    }
}

#[test]
fn json_says_what_it_is_and_what_was_spent() {
    let value: Value = serde_json::from_str(&export(&records(everything()), Format::Json, &about())).unwrap();
    assert_eq!(value["schema"], 1);
    assert_eq!(value["session"]["id"], "019a9f3e-7c55-7000-8000-0123456789ab");
    assert_eq!(value["session"]["root"], "~/engine");
    assert_eq!(value["total"]["cost_usd"], "0.0067", "two requests and a question beside the work");
    assert_eq!(value["total"]["requests"], 3);
    assert_eq!(value["tasks"][0]["status"], "done");
    assert_eq!(value["tasks"][1]["spent"]["requests"], 1);
    let kinds: Vec<&str> =
        value["cells"].as_array().unwrap().iter().map(|cell| cell["kind"].as_str().unwrap()).collect();
    for kind in [
        "started",
        "user",
        "answer",
        "reasoning",
        "tool",
        "plan",
        "check",
        "asked",
        "aside",
        "ran",
        "notice",
        "outcome",
    ] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    let read = value["cells"].as_array().unwrap().iter().find(|cell| cell["call"] == "c1").unwrap();
    assert_eq!((&read["time"], &read["status"]), (&"2026-11-22T10:00:06.000Z".into(), &"done".into()));
}

/// What a hostile model, tool or repository might write, wherever it can.
const HOSTILE: &str = "</pre></details><script>alert(1)</script><img src=x onerror=alert(2)> \" onload=\"alert(3) ' & \u{1b}]0;t\u{7}\u{202e} `````\n```\n# spoof\n<!-- ![x](https://evil.example/t.png)";

fn hostile() -> Vec<Event> {
    let text = || HOSTILE.to_owned();
    let file = FileChange {
        path: text(),
        kind: ChangeKind::Rename,
        from: Some(text()),
        added: 1,
        removed: 1,
        diff: format!("--- a/x\n+++ b/x\n@@ -1 +1 @@ </pre><script>\n-{0}\n+{0} more\n", HOSTILE.replace('\n', " ")),
    };
    let fault = || Fault { kind: Kind::Limit, message: text(), hint: Some(text()) };
    let mut ask = match asks(1, &text(), &text()) {
        Event::Asked(ask) => ask,
        other => panic!("{other:?}"),
    };
    ask.change = vec![file.clone()];
    ask.access = vec![agent::base::access::Access::Leave { command: text(), reason: text() }];
    let mut begun = match started(false) {
        Event::SessionStarted(begun) => begun,
        other => panic!("{other:?}"),
    };
    (begun.session, begun.root, begun.branch, begun.model, begun.user, begun.sandbox) =
        (text(), text(), Some(text()), text(), text(), text());
    let mut turned = match turned(1, usage(1, 0, 1), None) {
        Event::TurnFinished(turned) => turned,
        other => panic!("{other:?}"),
    };
    turned.model = text();
    let check = CheckResult { command: text(), passed: false, round: 1, exit: None, duration_ms: 1 };
    let mut ended = match outcome(Status::Limit, HOSTILE, None) {
        Event::Outcome(ended) => ended,
        other => panic!("{other:?}"),
    };
    ended.summary = format!("{HOSTILE} at the end");
    ended.error = Some(fault());
    ended.checks = vec![check.clone()];
    ended.changed = vec![ChangedFile { path: text(), added: 1, removed: 1 }];
    let mut finish = finished("c", "shell", ToolStatus::Failed, HOSTILE);
    finish.limit = Some(text());
    let mut start = match runs("c", "shell", HOSTILE) {
        Event::ToolStarted(start) => start,
        other => panic!("{other:?}"),
    };
    (start.rule, start.jail) = (text(), text());
    let links = "[a](javascript:alert(4)) <javascript:alert(5)> ![i](https://evil.example/u.png) [ok](https://example.org/?a=\"b\") <b onclick=x>";
    vec![
        Event::SessionStarted(begun),
        task(HOSTILE),
        says(Source::Steer, HOSTILE),
        says(Source::Check, HOSTILE),
        Event::TurnFinished(turned),
        message(vec![
            thinks(HOSTILE),
            agent::base::message::Part::Text { text: text() },
            agent::base::message::Part::Refusal { text: text() },
        ]),
        answer(links),
        answer(&format!("```{HOSTILE}")),
        Event::ToolStarted(start),
        Event::Asked(ask),
        deny(1, Some(HOSTILE)),
        edited("c", vec![file]),
        Event::HostDenied(HostDenied { call: "c".into(), host: text(), port: 1, why: text() }),
        Event::ToolFinished(finish),
        plan(&[(HOSTILE, StepStatus::Pending)]),
        Event::CheckStarted { command: text(), round: 1 },
        Event::CheckFinished(check),
        aside(HOSTILE, HOSTILE),
        Event::Ran { command: text(), output: text(), exit: None },
        Event::Notice { text: text() },
        Event::Outcome(ended),
    ]
}

/// The tags of a page, each as it stands in it.
fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()).collect()
}

#[test]
fn hostile_text_stays_text_in_html() {
    let html = export(&records(hostile()), Format::Html, &about());
    let known = [
        "!doctype html",
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "header",
        "footer",
        "section",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "p",
        "dl",
        "dt",
        "dd",
        "table",
        "tr",
        "td",
        "th",
        "ol",
        "ul",
        "li",
        "span",
        "code",
        "pre",
        "details",
        "summary",
        "ins",
        "del",
        "b",
        "em",
        "strong",
        "a",
        "blockquote",
        "hr",
        "br",
    ];
    for tag in tags(&html) {
        let name = tag.trim_start_matches('/').split(' ').next().unwrap();
        assert!(known.contains(&name) || tag == "!doctype html", "<{tag}>");
        let outside: String = tag.split('"').step_by(2).collect();
        assert!(
            !outside.contains("on") || name == "meta" || name == "section",
            "an attribute of somebody else's: <{tag}>"
        );
    }
    let count = |wanted: &str| tags(&html).iter().filter(|tag| tag.split(' ').next() == Some(wanted)).count();
    for name in
        ["details", "section", "pre", "p", "code", "span", "a", "blockquote", "summary", "del", "ins", "b", "li", "ul"]
    {
        assert_eq!(count(name), count(&format!("/{name}")), "{name}");
    }
    assert!(!html.contains("href=\"javascript") && html.contains("href=\"https://example.org/?a=&quot;b&quot;\""));
    assert!(!html.contains(['\u{1b}', '\u{7}', '\u{202e}']));
    assert!(html.contains("default-src &#39;none&#39;") || html.contains("default-src 'none'"));
    assert!(!html.contains("src=\"") && !html.contains("url(") && !html.contains("@import"), "nothing is loaded");
}

#[test]
fn hostile_text_stays_where_it_belongs_in_markdown() {
    use pulldown_cmark::{Event as Piece, Options, Parser, Tag};
    let text = export(&records(hostile()), Format::Markdown, &about());
    let (mut depth, mut opened, mut closed) = (0_usize, 0, 0);
    for (piece, range) in Parser::new_ext(&text, Options::ENABLE_TABLES).into_offset_iter() {
        let shown = &text[range];
        match piece {
            Piece::Start(Tag::BlockQuote(_)) => depth += 1,
            Piece::End(pulldown_cmark::TagEnd::BlockQuote(_)) => depth -= 1,
            Piece::Start(Tag::Heading { .. }) if depth == 0 => {
                assert!(
                    ["# ", "## Task · ", "## Said while it worked · "].iter().any(|ours| shown.starts_with(ours)),
                    "{shown}"
                );
                assert!(!shown.starts_with("# spoof"));
            }
            Piece::Start(Tag::Image { .. }) => panic!("an image: {shown}"),
            Piece::Html(html) | Piece::InlineHtml(html) => {
                let html = html.trim();
                opened += html.matches("<details>").count();
                closed += html.matches("</details>").count();
                let ours = html.is_empty()
                    || html == "</details>"
                    || (html.starts_with("<details><summary>") && html.ends_with("</summary>"));
                assert!(ours, "{html}");
            }
            _ => {}
        }
    }
    assert_eq!((depth, closed), (0, opened));
    assert!(opened >= 4, "outputs are folded: {opened}");
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']));
    assert!(text.trim_end().lines().last().unwrap().starts_with("Made by agent 0.1.0 on "));
}

#[test]
fn hostile_text_stays_text_in_json() {
    let text = export(&records(hostile()), Format::Json, &about());
    let value: Value = serde_json::from_str(&text).unwrap();
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']));
    let answer = value["cells"].as_array().unwrap().iter().find(|cell| cell["kind"] == "answer").unwrap();
    assert!(answer["text"].as_str().unwrap().contains("<script>alert(1)</script>"), "JSON needs no escapes of HTML");
}

#[test]
fn secrets_are_replaced_and_counted_and_the_home_folder_is_not_named() {
    let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let colored = format!("\u{1b}[32m{}\u{1b}[0m{}", &token[..9], &token[9..]);
    let events = vec![
        started(false),
        task(&format!("use {token} in /home/ada/engine, not in /home/adam or /mnt/home/ada")),
        runs("c", "shell", "env"),
        command("c", 0, &format!("TOKEN={colored}\nHOME=/home/ada\n")),
        Event::Ran { command: "env".into(), output: colored.clone(), exit: Some(0) },
        edited("c", vec![change(&format!("{token}.txt"))]),
    ];
    for (format, name) in FORMATS {
        let text = export(&records(events.clone()), format, &about());
        assert!(!text.contains(&token) && !text.contains(&token[9..]), "{name}: {text}");
        assert!(text.contains("~/engine") && text.contains("HOME=~"), "{name}");
        assert!(text.contains("/home/adam") && text.contains("/mnt/home/ada"), "{name}: other folders are named");
        assert!(!text.contains("/home/ada/engine"), "{name}");
        match format {
            Format::Json => {
                let value: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(value["secrets"].as_array().unwrap().len(), 1);
                assert_eq!(value["secrets"][0]["kind"], "github-token");
            }
            Format::Markdown | Format::Html => {
                assert!(text.contains("Secrets: 1 was found and replaced by its name: 1 github-token"), "{name}")
            }
        }
    }
}

#[test]
fn pieces_make_the_same_file_wherever_a_reader_stops_in_between() {
    let records = records(everything());
    let about = about();
    for (format, name) in FORMATS {
        let mut facts = Facts::default();
        records.iter().for_each(|record| facts.push(record));
        let mut made = Export::new(format, &about, &facts, Redactor::default());
        let mut text = made.begin();
        let pieces: Vec<String> = records.iter().map(|record| made.push(record)).collect();
        assert!(
            pieces.iter().filter(|piece| !piece.is_empty()).count() > 15,
            "{name}: cells are written when they are settled"
        );
        text.push_str(&pieces.concat());
        text.push_str(&made.end());
        assert_eq!(text, export(&records, format, &about), "{name}");
    }
}

#[test]
fn a_session_that_was_cut_off_anywhere_is_whole_in_every_format() {
    let all = records(everything());
    for cut in 1..=all.len() {
        let value: Value = serde_json::from_str(&export(&all[..cut], Format::Json, &about()))
            .unwrap_or_else(|error| panic!("{cut}: {error}"));
        assert!(!value["cells"].as_array().unwrap().is_empty(), "{cut}");
        let html = export(&all[..cut], Format::Html, &about());
        assert!(
            html.ends_with("</html>\n") && html.matches("<details").count() == html.matches("</details>").count(),
            "{cut}"
        );
    }
}

#[test]
fn a_price_that_is_not_known_is_not_made_up() {
    let mut events = everything();
    for event in &mut events {
        if let Event::TurnFinished(turn) = event {
            turn.cost_usd = None;
        }
    }
    let value: Value = serde_json::from_str(&export(&records(events.clone()), Format::Json, &about())).unwrap();
    assert_eq!(value["total"]["cost_usd"], Value::Null);
    assert!(export(&records(events), Format::Markdown, &about()).contains("cost not known"));
    assert_eq!(Usd(6700).to_string(), "0.0067");
}

#[test]
fn words_that_changed_are_marked_and_lines_that_have_little_in_common_are_not() {
    let diff = "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-let total = first + second;\n-entirely\n+let total = first - second;\n+different words here\n";
    let file =
        FileChange { path: "x".into(), kind: ChangeKind::Modify, from: None, added: 2, removed: 2, diff: diff.into() };
    let html = export(
        &records(vec![started(false), runs("c", "edit", "edit x"), edited("c", vec![file])]),
        Format::Html,
        &about(),
    );
    assert!(html.contains("<del>-let total = first <b>+</b> second;</del>"), "{html}");
    assert!(html.contains("<ins>+let total = first <b>-</b> second;</ins>"), "{html}");
    assert!(html.contains("<del>-entirely</del>") && html.contains("<ins>+different words here</ins>"), "{html}");
}
