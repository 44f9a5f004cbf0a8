//! What goes to the scrollback: every cell once and in order, however the session is cut.

use super::script::*;
use super::snapshot::check;
use agent::base::event::*;
use agent::base::message::Part;
use agent::base::model::Delta;
use agent::transcript::view::View;
use agent::tui::cell::Look;
use agent::tui::flow::Flow;
use agent::tui::preferences::Colors;
use agent::tui::theme::Theme;
use agent::tui::words::code::Highlighter;
use proptest::prelude::*;
use ratatui::text::Line;

/// What happens to a session, piece by piece.
#[derive(Debug, Clone)]
enum Piece {
    Event(Box<Event>),
    Delta(Delta),
}

fn event(event: Event) -> Piece {
    Piece::Event(Box::new(event))
}

fn feed(script: &mut Script, piece: &Piece) {
    match piece {
        Piece::Event(event) => {
            script.event((**event).clone());
        }
        Piece::Delta(delta) => script.view.delta(delta),
    }
}

fn plain(lines: &[Line<'_>]) -> Vec<String> {
    let text = |line: &Line<'_>| line.spans.iter().map(|span| span.content.as_ref()).collect::<String>();
    lines.iter().map(|line| text(line).trim_end().to_owned()).collect()
}

struct Screen {
    theme: Theme,
    highlighter: Highlighter,
}

impl Screen {
    fn new() -> Self {
        Self { theme: Theme::new(Colors::None), highlighter: Highlighter::empty() }
    }

    fn look(&self) -> Look<'_> {
        Look { width: 60, rows: 24, theme: &self.theme, highlighter: &self.highlighter, open: false }
    }
}

/// An answer in pieces, and the record that ends it; `missed` pieces at its end do not stream.
fn answer_of(number: usize, words: usize, cut: usize, missed: bool) -> Vec<Piece> {
    let text: String =
        (0..words).map(|word| format!("a{number}w{word}{}", if word % 7 == 6 { "\n\n" } else { " " })).collect();
    let text = format!("answer {number} begins\n\n{text}\n\n```\ncode {number}\n```\n\nanswer {number} ends");
    let chars: Vec<char> = text.chars().collect();
    let mut pieces: Vec<Piece> =
        chars.chunks(cut).map(|chunk| Piece::Delta(Delta::Text(chunk.iter().collect()))).collect();
    if missed {
        pieces.truncate(pieces.len() / 2);
    }
    pieces.push(event(answer(&text)));
    pieces
}

/// One step of a session, with its number in every word.
fn step(number: usize) -> impl Strategy<Value = Vec<Piece>> {
    let done = ToolStatus::Done;
    prop_oneof![
        (1..60usize, 1..30usize, any::<bool>())
            .prop_map(move |(words, cut, missed)| answer_of(number, words, cut, missed)),
        Just(vec![
            event(runs(&format!("{number}a"), "read", &format!("read {number}a"))),
            event(runs(&format!("{number}b"), "read", &format!("read {number}b"))),
            event(ran(&format!("{number}b"), "read", done, "")),
            event(ran(&format!("{number}a"), "read", done, "")),
        ]),
        Just(vec![
            event(plan(&[(&format!("step {number}"), StepStatus::InProgress)])),
            event(plan(&[(&format!("step {number} again"), StepStatus::Completed)])),
        ]),
        Just(vec![
            Piece::Delta(Delta::Reasoning(format!("thought {number}"))),
            Piece::Delta(Delta::Text(format!("said {number}"))),
            event(message(vec![thinks(&format!("thought {number}")), Part::Text { text: format!("said {number}") }])),
        ]),
        Just(vec![event(waiting(1)), event(waiting(2))]),
        Just(vec![Piece::Delta(Delta::Text(format!("half {number}"))), event(turned(1, usage(1, 0, 1), Some("cut"))),]),
        Just(vec![event(asks(1, "x", &format!("why {number}"))), event(deny(1, None))]),
        Just(vec![
            event(outcome(Status::Done, &format!("done {number}"), None)),
            event(task(&format!("task {number}")))
        ]),
    ]
}

fn session() -> impl Strategy<Value = Vec<Piece>> {
    let steps: Vec<_> = (0..8).map(step).collect();
    steps.prop_map(|steps| steps.into_iter().flatten().collect())
}

proptest! {
    #![proptest_config(crate::support::random::cases(96))]

    #[test]
    fn every_line_goes_once_and_in_order(pieces in session(), cuts in proptest::collection::vec(any::<bool>(), 400)) {
        let screen = Screen::new();
        let mut script = Script::default();
        let mut flow = Flow::new();
        let mut printed = Vec::new();
        script.event(task("begin"));
        for (piece, cut) in pieces.iter().zip(cuts.into_iter().cycle()) {
            feed(&mut script, piece);
            if cut {
                printed.extend(flow.advance(&script.view, &screen.look()).finished);
            }
        }
        script.event(outcome(Status::Done, "the end", None));
        let last = flow.advance(&script.view, &screen.look());
        printed.extend(last.finished);
        prop_assert!(last.live.is_empty());
        let at_once = Flow::new().advance(&script.view, &screen.look()).finished;
        prop_assert_eq!(plain(&printed), plain(&at_once));
        prop_assert_eq!(flow.printed(), script.view.cells().len());
        let all = plain(&printed).join("\n");
        for cell in script.view.tasks() {
            prop_assert_eq!(all.matches(&format!("› {}\n", cell.text)).count(), 1);
        }
    }
}

#[test]
fn an_answer_that_began_anew_says_so() {
    let screen = Screen::new();
    let mut script = Script::default();
    let mut flow = Flow::new();
    script.event(task("x")).text("One.\n\nTwo.\n\nThr");
    let first = plain(&flow.advance(&script.view, &screen.look()).finished);
    assert!(first.contains(&"One.".to_owned()), "{first:?}");
    script.event(answer("Another one."));
    assert_eq!(
        plain(&flow.advance(&script.view, &screen.look()).finished),
        ["the answer began anew", "", "Another one."]
    );
}

#[test]
fn what_is_live_is_short() {
    let screen = Screen::new();
    let mut script = Script::default();
    let mut flow = Flow::new();
    script.event(task("x")).text(&format!("```\n{}", "line\n".repeat(100)));
    let flowed = flow.advance(&script.view, &screen.look());
    assert!(flowed.finished.len() > 90 && flowed.live.len() <= 12, "{} {}", flowed.finished.len(), flowed.live.len());
    let mut script = Script::default();
    script.event(task("x"));
    for number in 0..40 {
        script.event(runs(&number.to_string(), "read", &format!("read {number}")));
    }
    let flowed = Flow::new().advance(&script.view, &screen.look());
    assert_eq!((flowed.live.len(), flowed.finished.len()), (12, 1));
}

#[test]
fn a_past_is_skipped_but_for_its_end() {
    let screen = Screen::new();
    let mut script = Script::default();
    for number in 0..50 {
        script.event(task(&format!("task {number}"))).event(outcome(Status::Done, &format!("done {number}"), None));
    }
    script.event(runs("1", "read", "read a"));
    let mut flow = Flow::new();
    let shown = plain(&flow.skip(&script.view, 10, &screen.look()));
    assert_eq!(shown.len(), 11);
    assert_eq!(shown.first().unwrap(), "… earlier: ctrl-o");
    assert!(shown.iter().any(|line| line == "› task 49") && !shown.iter().any(|line| line == "› task 40"));
    script.event(ran("1", "read", ToolStatus::Done, ""));
    assert_eq!(plain(&flow.advance(&script.view, &screen.look()).finished), ["", "· read a"]);
    let whole = plain(&Flow::new().skip(&script.view, 10_000, &screen.look()));
    assert_eq!(whole, plain(&Flow::new().advance(&script.view, &screen.look()).finished));
}

#[test]
fn a_session_as_it_flows() {
    let screen = Screen::new();
    let mut script = Script::default();
    let mut flow = Flow::new();
    let mut shown = String::new();
    let mut show = |name: &str, view: &View| {
        let flowed = flow.advance(view, &screen.look());
        shown.push_str(&format!(
            "== {name}\n{}\n-- live\n{}\n",
            plain(&flowed.finished).join("\n"),
            plain(&flowed.live).join("\n")
        ));
    };
    script.event(started(false)).event(task("mend the greeting")).event(turn(1));
    show("a task", &script.view);
    script.thought("The greeting is in main.rs.\nI should read it");
    show("it thinks", &script.view);
    script.text("I read it first.\n\nThen I");
    show("it writes", &script.view);
    script.text(" change it.").event(message(vec![
        thinks("The greeting is in main.rs.\nI should read it"),
        Part::Text { text: "I read it first.\n\nThen I change it.".into() },
        call("1", "read", "{}"),
    ]));
    script.event(runs("1", "read", "read src/main.rs"));
    show("it reads", &script.view);
    script.event(ran("1", "read", ToolStatus::Done, "fn main() {}"));
    script.event(plan(&[("read", StepStatus::Completed), ("mend", StepStatus::InProgress)]));
    script.event(runs("2", "shell", "shell cargo test"));
    show("a plan, and a command", &script.view);
    script.event(command("2", 101, "one\ntwo\n[exit code 101]")).event(turn(2)).event(waiting(2));
    show("it waits", &script.view);
    script.text("Mended.").event(answer("Mended.")).event(outcome(Status::Done, "Mended.", None));
    show("the end", &script.view);
    check("flow", &shown);
}

#[test]
fn twenty_thousand_deltas_cost_little() {
    let screen = Screen::new();
    let mut script = Script::default();
    let mut flow = Flow::new();
    script.event(task("x"));
    let (mut finished, mut most) = (0, 0);
    for number in 0..20_000 {
        script.text(if number % 40 == 39 { "word.\n\n" } else { "word " });
        if number % 20 == 0 {
            let flowed = flow.advance(&script.view, &screen.look());
            finished += flowed.finished.len();
            most = most.max(flowed.live.len());
        }
    }
    assert!(finished > 2000 && most <= 12, "{finished} {most}");
}
