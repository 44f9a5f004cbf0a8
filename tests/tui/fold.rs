//! Records to cells: each event has its place, and an answer that streams is shown once.

use super::script::*;
use agent::base::access::{Mode, Remember};
use agent::base::event::*;
use agent::base::message::Part;
use agent::base::model::Delta;
use agent::base::money::Usd;
use agent::transcript::view::{Body, Cell, Fill, Output, Tone, View, Working};

/// Cells in a few words each; those that may still change end with `…`.
fn told(view: &View) -> Vec<String> {
    view.cells().iter().map(|cell| format!("{}{}", words(cell), if cell.done { "" } else { " …" })).collect()
}

fn words(cell: &Cell) -> String {
    match &cell.body {
        Body::Started(started) => format!("started {}", started.model),
        Body::User { source, text, images } => format!("{source:?} {text} {images}"),
        Body::Answer { text } => format!("answer {text}"),
        Body::Reasoning { text } => format!("thought {text}"),
        Body::Refusal { text } => format!("refusal {text}"),
        Body::Tool(tool) => {
            let files: Vec<&str> = tool.files.iter().map(|file| file.path.as_str()).collect();
            format!("tool {} {:?} {:?} {:?} {}", tool.summary, tool.status, files, tool.notes, tool.output.text)
        }
        Body::Plan(steps) => format!("plan {}", steps.len()),
        Body::Check { command, round, result } => {
            format!("check {command} {round} {:?}", result.as_ref().map(|result| result.passed))
        }
        Body::Asked { ask, answer } => format!("asked {} {}", ask.why, answer.is_some()),
        Body::Aside(aside) => format!("aside {} {}", aside.question, aside.answer),
        Body::Ran { command, output, exit } => format!("ran {command} {output} {exit:?}"),
        Body::Notice { tone, text } => format!("{tone:?} {text}"),
        Body::Outcome(outcome) => format!("outcome {:?} {}", outcome.status, outcome.summary),
    }
}

/// What comes of these events behind the start of a session and a task.
fn check(name: &str, events: Vec<Event>, expected: &[&str]) {
    let mut script = Script::default();
    script.event(started(false)).event(task("do it"));
    for event in events {
        script.event(event);
    }
    assert_eq!(told(&script.view).get(2..).unwrap(), expected, "{name}");
}

#[test]
fn each_event_has_its_place() {
    use StepStatus::{Completed, InProgress};
    let done = ToolStatus::Done;
    let model = format!("started {MODEL}");
    check("a session goes on", vec![started(true)], &[&model]);
    check(
        "log cut",
        vec![Event::LogCut { bytes: 7 }],
        &["Warning the end of the log was torn by a crash; 7 bytes of it were dropped"],
    );
    check("context", vec![Event::Context { text: "Linux".into(), instructions: Vec::new() }], &[]);
    check("steer", vec![with_image("look")], &["Steer look 1"]);
    check("harness", vec![says(Source::Harness, "go on")], &["Harness go on 0"]);
    check(
        "switched",
        vec![switched()],
        &["Warning going on with openai/gpt-5.5: anthropic is overloaded (12000 tokens are read anew, $0.0200 more)"],
    );
    check(
        "waiting: one line for all in a row",
        vec![waiting(1), waiting(2)],
        &["Warning anthropic is overloaded; waiting 2.0 s, attempt 2 …"],
    );
    check(
        "waiting: over",
        vec![waiting(1), answer("so")],
        &["Warning anthropic is overloaded; waiting 2.0 s", "answer so"],
    );
    check(
        "message",
        vec![message(vec![thinks("hm"), Part::Text { text: "so".into() }, Part::Refusal { text: "no".into() }])],
        &["thought hm", "answer so", "refusal no"],
    );
    check(
        "tool",
        vec![runs("1", "read", "read a"), ran("1", "read", done, "text")],
        &["tool read a Some(Done) [] [] text"],
    );
    check("tool that runs", vec![runs("1", "read", "read a")], &["tool read a None [] []  …"]);
    check(
        "tool that never began",
        vec![
            message(vec![call("1", "shell", r#"{"command":"rm -rf /"}"#)]),
            ran("1", "shell", ToolStatus::Denied, "not allowed"),
        ],
        &["tool shell rm -rf / Some(Denied) [] [] not allowed"],
    );
    check(
        "two side by side",
        vec![
            runs("1", "read", "read a"),
            runs("2", "read", "read b"),
            ran("2", "read", done, "B"),
            ran("1", "read", done, "A"),
        ],
        &["tool read a Some(Done) [] [] A", "tool read b Some(Done) [] [] B"],
    );
    let denied =
        HostDenied { call: "1".into(), host: "evil.example".into(), port: 443, why: "it is on no list".into() };
    let made = Committed {
        call: "1".into(),
        commits: vec![Commit { id: "abcdef0123456789".into(), subject: "mend".into(), marked: false }],
    };
    let found = Quarantined {
        call: "1".into(),
        files: vec![GuardedFile { path: ".git/hooks/x".into(), what: Tampering::Added }],
        kept: "k".into(),
    };
    check(
        "what else there is to say of a call",
        vec![
            runs("1", "shell", "shell x"),
            edited("1", vec![change("a.rs")]),
            Event::HostDenied(denied.clone()),
            Event::Committed(made),
            Event::Quarantined(found),
            command("1", 0, "ok"),
        ],
        &[
            r#"tool shell x Some(Done) ["a.rs"] ["evil.example:443 was not reached: it is on no list", "commit abcdef012345 mend (does not say that an agent made it)", "protected, and taken away again: .git/hooks/x"] ok"#,
        ],
    );
    check(
        "a host that was denied later",
        vec![Event::HostDenied(denied)],
        &["Warning evil.example:443 was not reached: it is on no list"],
    );
    check("files that no call changed", vec![edited("9", vec![change("a.rs")])], &["Quiet changed a.rs (+2 −1)"]);
    check(
        "proposed",
        vec![Event::Proposed { files: vec![change("a.rs")], left_out: vec!["b.bin".into()] }],
        &["Warning proposes changes to 1 file; no patch can hold b.bin"],
    );
    check("asked", vec![asks(1, "1", "why")], &["asked why false …"]);
    check("answered", vec![asks(1, "1", "why"), allow(1, Remember::Once)], &["asked why true"]);
    check(
        "plan: in place, anew behind another cell, and its own call is not shown",
        vec![
            runs("1", "plan", "plan"),
            plan(&[("a", InProgress)]),
            plan(&[("a", InProgress), ("b", InProgress)]),
            ran("1", "plan", done, "noted"),
            answer("x"),
            plan(&[("a", Completed)]),
        ],
        &["plan 2", "answer x", "plan 1 …"],
    );
    check(
        "check",
        vec![Event::CheckStarted { command: "make".into(), round: 2 }, super::script::check("make", false, 2)],
        &["check make 2 Some(false)"],
    );
    check(
        "pruned",
        vec![Event::Pruned { calls: vec!["1".into()], tokens_before: 9, tokens_after: 4 }],
        &["Quiet made room: 1 old outputs left out (about 9 to 4 tokens); each can be read again"],
    );
    check(
        "loop",
        vec![Event::LoopNoticed { tool: "read".into(), times: 3 }],
        &["Warning the model called `read` 3 times in the same way; it was told"],
    );
    check(
        "mode",
        vec![Event::ModeChanged { from: Mode::Auto, to: Mode::Ask }],
        &["Quiet mode ask from here on (was auto)"],
    );
    check("aside", vec![aside("what?", "that")], &["aside what? that"]);
    check("ran", vec![Event::Ran { command: "ls".into(), output: "a".into(), exit: Some(0) }], &["ran ls a Some(0)"]);
    check("rewound", vec![Event::Rewound { before: 2 }], &["Quiet went back to before: do it"]);
    check("notice", vec![Event::Notice { text: "so".into() }], &["Quiet so"]);
    check(
        "outcome: said already",
        vec![answer("all done"), outcome(Status::Done, "all done", None)],
        &["answer all done", "outcome Done "],
    );
    check("outcome: not said", vec![outcome(Status::Done, "all done", None)], &["outcome Done all done"]);
    check(
        "what runs at the end was interrupted",
        vec![runs("1", "shell", "shell x"), outcome(Status::Interrupted, "", None)],
        &["tool shell x Some(Interrupted) [] [] ", "outcome Interrupted "],
    );
}

/// What is shown after a streamed answer; the streamed part is the pieces before `|`.
fn streams(name: &str, pieces: &[Delta], end: Vec<Event>, expected: &[&str]) {
    let mut script = Script::default();
    script.event(task("do it")).event(turn(1));
    for piece in pieces {
        script.view.delta(piece);
    }
    for event in end {
        script.event(event);
    }
    assert_eq!(told(&script.view).get(1..).unwrap(), expected, "{name}");
}

#[test]
fn a_streamed_answer_is_shown_once() {
    let text = |text: &str| Delta::Text(text.into());
    let thought = |text: &str| Delta::Reasoning(text.into());
    let parts = |reasoning: &str, text: &str| message(vec![thinks(reasoning), Part::Text { text: text.into() }]);
    let failed = || turned(1, usage(10, 0, 1), Some("the connection broke"));
    streams(
        "while it streams",
        &[thought("h"), thought("m"), text("he"), text("llo")],
        vec![],
        &["thought hm", "answer hello …"],
    );
    streams("the same", &[thought("hm"), text("hello")], vec![parts("hm", "hello")], &["thought hm", "answer hello"]);
    streams("but for blanks", &[text("a\n"), text("b")], vec![answer("ab")], &["answer a\nb"]);
    streams("the end was missed", &[text("hel")], vec![answer("hello there")], &["answer hello there"]);
    streams("thoughts were missed", &[text("hello")], vec![parts("hm", "hello")], &["answer hello", "thought hm"]);
    streams(
        "in turns",
        &[text("a"), thought("x"), text("b")],
        vec![parts("x", "ab")],
        &["answer a", "thought x", "answer b"],
    );
    streams("another text", &[text("hello")], vec![answer("good bye")], &["answer good bye"]);
    streams(
        "another text, of which a part is settled",
        &[text("hello"), thought("x"), text("b")],
        vec![answer("good bye")],
        &["answer hello", "thought x", "answer b", "Quiet the answer began anew", "answer good bye"],
    );
    streams(
        "a refusal",
        &[text("I must not")],
        vec![message(vec![Part::Refusal { text: "I must not".into() }])],
        &["refusal I must not"],
    );
    let broke = "Warning the answer broke off";
    streams("it broke off", &[text("hel")], vec![failed()], &["answer hel", broke]);
    streams(
        "and was told anew",
        &[text("hel")],
        vec![failed(), answer("hello")],
        &["answer hel", broke, "answer hello"],
    );
    streams(
        "interrupted",
        &[text("hel")],
        vec![outcome(Status::Interrupted, "", None)],
        &["answer hel", broke, "outcome Interrupted "],
    );
    streams("nothing had come", &[], vec![failed(), answer("hello")], &["answer hello"]);
}

#[test]
fn what_is_settled_never_changes() {
    let mut script = Script::default();
    let mut before: Vec<Cell> = Vec::new();
    let mut look = |script: &Script| {
        let settled = script.view.cells().get(..script.view.settled()).unwrap();
        assert_eq!(settled.get(..before.len()).unwrap(), before);
        before = settled.iter().map(|cell| Cell { seq: cell.seq, ..cell.clone() }).collect();
    };
    script.event(started(false)).event(task("x")).event(turn(1));
    look(&script);
    script.text("I look").event(turned(1, usage(9, 0, 1), None)).event(message(vec![
        Part::Text { text: "I look".into() },
        call("1", "read", "{}"),
        call("2", "read", "{}"),
    ]));
    look(&script);
    script.event(runs("1", "read", "read a")).event(runs("2", "read", "read b"));
    assert_eq!(script.view.settled(), 3);
    script.event(ran("2", "read", ToolStatus::Done, "b"));
    assert_eq!(script.view.settled(), 3, "the first still runs");
    look(&script);
    script.event(ran("1", "read", ToolStatus::Done, "a")).event(outcome(Status::Done, "", None));
    look(&script);
    assert_eq!(script.view.settled(), script.view.cells().len());
}

#[test]
fn what_goes_on_is_known() {
    let mut script = Script::default();
    let now = |script: &Script| script.view.working();
    script.event(started(false));
    assert_eq!(now(&script), None);
    script.event(task("x"));
    assert!(matches!(now(&script), Some(Working::Preparing { .. })));
    script.event(turn(1));
    assert!(matches!(now(&script), Some(Working::Requesting { since, .. }) if since == "2026-11-22T10:00:03.000Z"));
    script.thought("hm");
    assert!(matches!(now(&script), Some(Working::Thinking { since }) if since == "2026-11-22T10:00:03.000Z"));
    script.text("so");
    assert!(matches!(now(&script), Some(Working::Writing { .. })));
    script.view.delta(&Delta::Call("shell".into()));
    assert!(matches!(now(&script), Some(Working::Calling { tool, .. }) if tool == "shell"));
    script.event(message(vec![Part::Text { text: "so".into() }, call("1", "shell", "{}")])).event(asks(3, "1", "why"));
    assert!(matches!(now(&script), Some(Working::Asking { ask: 3, .. })));
    script
        .event(allow(3, Remember::Session))
        .event(runs("1", "shell", "shell make"))
        .event(runs("2", "read", "read a"));
    assert!(matches!(now(&script), Some(Working::Running { summary, calls: 2, .. }) if summary == "shell make"));
    script.event(command("1", 0, "")).event(ran("2", "read", ToolStatus::Done, ""));
    assert!(matches!(now(&script), Some(Working::Preparing { .. })));
    script.event(waiting(2));
    assert!(matches!(now(&script), Some(Working::Waiting { wait_ms: 2000, attempt: 2, .. })));
    script.event(Event::CheckStarted { command: "make".into(), round: 1 });
    assert!(matches!(now(&script), Some(Working::Checking { .. })));
    script.event(outcome(Status::Done, "", None));
    assert_eq!(now(&script), None);
}

#[test]
fn jobs_tasks_and_the_plan_are_known() {
    let mut script = Script::default();
    script.event(started(false)).event(task("first\n  task")).event(runs("1", "shell", "shell npm start"));
    script.event(command("1", 0, "started as job 4; {\"job\": 4} shows its output, with \"kill\": true it ends"));
    assert_eq!(
        script.view.jobs().iter().map(|job| (job.number, job.summary.as_str())).collect::<Vec<_>>(),
        [(4, "shell npm start")]
    );
    script.event(runs("2", "shell", "shell job 4")).event(command(
        "2",
        0,
        "listening\n[job 4 has been running for 3 s]",
    ));
    assert_eq!(script.view.jobs().len(), 1);
    script.event(plan(&[("a", StepStatus::InProgress)]));
    assert_eq!(script.view.plan().len(), 1);
    script.event(runs("3", "shell", "shell job 4, end it")).event(command("3", 0, "listening"));
    assert_eq!(script.view.jobs().len(), 0);
    script.event(outcome(Status::Done, "", None)).event(task("second"));
    assert_eq!(script.view.plan().len(), 0, "another task has no plan yet");
    let tasks =
        |script: &Script| script.view.tasks().iter().map(|task| (task.seq, task.text.clone())).collect::<Vec<_>>();
    assert_eq!(tasks(&script), [(2, "first task".to_owned()), (11, "second".to_owned())]);
    script.event(Event::Rewound { before: 11 });
    assert_eq!(tasks(&script), [(2, "first task".to_owned())]);
}

#[test]
fn tokens_and_money_are_summed() {
    let mut script = Script::default();
    script.event(started(false)).event(Event::Context { text: "x".repeat(3000), instructions: Vec::new() });
    script.event(task(&"word ".repeat(300))).event(turn(1)).event(turned(1, usage(5000, 4000, 500), None));
    script.event(message(vec![call("1", "read", "{}")])).event(runs("1", "read", "read a"));
    let spent = script.view.spent();
    assert_eq!((spent.last_input, spent.last_cached, spent.cached_percent(), spent.context), (5000, 4000, 80, 5500));
    assert_eq!(
        (spent.task_cost, spent.session_cost, spent.turn, spent.task_turns),
        (Some(Usd(3000)), Some(Usd(3000)), 1, 1)
    );
    script.event(ran("1", "read", ToolStatus::Done, &"y".repeat(3000)));
    let spent = script.view.spent();
    assert_eq!(spent.context, 5500 + 1000 + 16, "what came since is estimated");
    let fills = spent.fills();
    let sum: u64 = fills.iter().map(|(_, tokens)| tokens).sum();
    assert!(sum <= spent.context && sum + 10 > spent.context, "{fills:?}");
    let of = |fill: Fill| fills.iter().find(|(known, _)| *known == fill).map_or(0, |(_, tokens)| *tokens);
    assert!(
        of(Fill::System) > 3000 && of(Fill::Instructions) > 500 && of(Fill::Tool("read".into())) > 500,
        "{fills:?}"
    );
    script.event(aside("what?", "that"));
    assert_eq!((script.view.spent().task_cost, script.view.spent().session_cost), (Some(Usd(3000)), Some(Usd(3700))));
    script.event(outcome(Status::Done, "", None)).event(task("more"));
    assert_eq!((script.view.spent().task_cost, script.view.spent().session.input), (Some(Usd(0)), 5900));
    script.event(Event::Pruned { calls: vec!["1".into()], tokens_before: 6000, tokens_after: 4500 });
    assert_eq!(script.view.spent().context, 4500);
    assert!(!script.view.spent().fills().iter().any(|(fill, _)| matches!(fill, Fill::Tool(_))));
    script.event(Event::Rewound { before: 2 });
    assert_eq!(script.view.spent().fills().len(), 1, "only what is always there");
}

#[test]
fn outputs_are_kept_by_their_two_ends() {
    let lines: String = (1..=500).map(|number| format!("line {number}\n")).collect();
    let kept = Output::of(&lines);
    let (head, tail) = kept.parts();
    assert_eq!((head.lines().count(), tail.lines().count(), kept.left_out), (20, 80, 400));
    assert!(head.starts_with("line 1\n") && head.ends_with("line 20\n") && tail.starts_with("line 421\n"));
    let short = Output::of("a\nb");
    assert_eq!((short.parts(), short.left_out), (("a\nb", ""), 0));
    for text in ["ä".repeat(60_000), format!("{}\nend", "x".repeat(40_000)), "y\n".repeat(40_000), "\n".repeat(50_000)]
    {
        let kept = Output::of(&text);
        assert!(kept.text.len() <= 16 * 1024 + 8 && kept.left_out > 0, "{} {}", kept.text.len(), kept.left_out);
        let (head, tail) = kept.parts();
        assert!(text.starts_with(head) && text.ends_with(tail));
    }
}

#[test]
fn a_long_session_stays_small() {
    let mut script = Script::default();
    script.event(started(false)).event(task("x"));
    let output: String = (0..200).map(|number| format!("{number:>48}\n")).collect();
    for number in 0..10_000 {
        let id = number.to_string();
        script.event(runs(&id, "shell", "shell make")).event(command(&id, 0, &output));
    }
    let held: usize = script
        .view
        .cells()
        .iter()
        .map(|cell| if let Body::Tool(tool) = &cell.body { tool.output.text.len() } else { 0 })
        .sum();
    assert!(held < 24 << 20, "{held}");
    assert!(script.view.trimmed() > 1000);
    let last = script.view.cells().last().unwrap();
    assert!(matches!(&last.body, Body::Tool(tool) if tool.output.text.len() > 4000), "the newest are whole");
    let first = script.view.cells().get(2).unwrap();
    assert!(matches!(&first.body, Body::Tool(tool) if tool.output.text.len() <= 1024 && tool.output.left_out > 100));
    assert!(!script.view.cells().iter().any(|cell| matches!(cell.body, Body::Notice { tone: Tone::Error, .. })));
}
