//! The whole screen with every dialog, the review and every cell: at 80×24 and 200×50, in colours on a dark ground and without.

use super::cells::zoo;
use super::changes::{colored, numbered, one, plain, question, several, shown};
use super::script::{plan, runs};
use super::snapshot;
use super::state::{Screen, ask, done, said};
use agent::base::access::{Access, Ask};
use agent::base::desk::{Found, Head, Hit, ModelRow, SessionRow, Standing, Trust};
use agent::base::event::{Event, Record, Source, StepStatus};
use agent::base::money::Usd;
use agent::tui::draw::Drawer;
use agent::tui::state::Input;
use agent::tui::words::code::Highlighter;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::sync::{Arc, LazyLock};

/// Grammars take a while to read.
static COLOURS: LazyLock<Arc<Highlighter>> = LazyLock::new(|| {
    let highlighter = Highlighter::empty();
    highlighter.load();
    Arc::new(highlighter)
});
/// 2026-11-22, noon, in milliseconds since 1970.
const NOON: u64 = 1_795_348_800_000;

/// One screen, at both sizes and with both themes, after these keys.
fn shots(name: &str, build: &dyn Fn() -> Screen, keys: &str) -> String {
    let mut all = String::new();
    for size in [(80, 24), (200, 50)] {
        let draw = |theme| {
            let mut screen = build();
            screen.state.highlighter = Arc::clone(&COLOURS);
            (screen.state.theme, screen.state.size, screen.state.clock) = (theme, size, NOON);
            screen.state.composer.set_width(size.0);
            // Keys go by what was seen before them.
            let mut drawn = Buffer::empty(Rect::new(0, 0, size.0, size.1));
            Drawer::default().full(&mut screen.state, &mut drawn, screen.now);
            screen.keys(keys);
            drawn.reset();
            Drawer::default().full(&mut screen.state, &mut drawn, screen.now);
            drawn
        };
        let (dark, none) = (draw(colored()), draw(plain()));
        let same = snapshot::text(&dark) == snapshot::text(&none);
        let title = format!("== {name} {}x{}", size.0, size.1);
        all.push_str(&format!("{title}, dark\n{}", short(&snapshot::styled(&dark))));
        let none = snapshot::styled(&none);
        let none = if same { none.split_once("\n----\n").map_or("", |(_, styles)| styles) } else { &none };
        all.push_str(&format!("{title}, no colour\n{}", short(none)));
    }
    all
}

/// Without rows that are empty one after the other.
fn short(text: &str) -> String {
    let mut rows: Vec<&str> = Vec::new();
    for row in text.lines() {
        if !row.is_empty() || rows.last().is_none_or(|last| !last.is_empty()) {
            rows.push(row);
        }
    }
    rows.join("\n") + "\n"
}

/// Compares all screens of one kind.
fn check(kind: &str, screens: &[(&str, &dyn Fn() -> Screen, &str)]) {
    let all: Vec<String> = screens.iter().map(|(name, build, keys)| shots(name, *build, keys)).collect();
    snapshot::check(&format!("gallery-{kind}"), &all.join("\n"));
}

fn standing() -> Input {
    Input::Found(Ok(Found::Standing(Box::new(Standing {
        model: "anthropic/claude-sonnet-5".into(),
        sandbox: "namespaces".into(),
        window: 1_000_000,
        budget: Some(Usd(5_000_000)),
        ..Standing::default()
    }))))
}

/// On the full screen, so that all of it is in one buffer.
fn full(mut screen: Screen) -> Screen {
    screen.state.full = true;
    let head = Head { branch: Some("main".into()), dirty: 3, running: None };
    screen.take(standing()).take(Input::Found(Ok(Found::Head(head))));
    screen
}

/// A task that waits for the answer to a question.
fn asking(ask: Ask) -> Screen {
    let mut screen = Screen::new();
    screen.busy().says(Event::Asked(ask)).now += 5_000;
    full(screen)
}

fn access(why: &str, access: Access) -> Ask {
    Ask {
        id: 1,
        call: "c".into(),
        tool: "shell".into(),
        why: why.into(),
        access: vec![access],
        change: Vec::new(),
        made: false,
    }
}

fn leave() -> Ask {
    let access_of =
        Access::Leave { command: "docker compose up -d".into(), reason: "it needs the docker socket".into() };
    access("it would run outside of the jail", access_of)
}

fn run() -> Ask {
    let command = "rm -rf build\ncargo build --release".into();
    access("it deletes files that git does not know", Access::Exec { command })
}

fn connect() -> Ask {
    access("a command wanted to reach it", Access::Connect { host: "crates.io".into(), port: 443 })
}

fn change() -> Ask {
    question(vec![one("src/a.rs", "fn a() {\n    1\n}\n", "fn a() {\n    2\n}\n")])
}

#[test]
fn questions() {
    let two = || {
        let mut screen = asking(run());
        screen.says(ask(2));
        screen
    };
    check(
        "questions",
        &[
            ("run", &|| asking(run()), ""),
            ("one of two, while something is typed", &two, "half a thought"),
            ("leave the jail", &|| asking(leave()), ""),
            ("connect", &|| asking(connect()), ""),
            ("read", &|| asking(access("it is outside", Access::Read { path: "/etc/hosts".into() })), ""),
            ("money", &|| asking(Ask { access: Vec::new(), tool: "budget".into(), ..run() }), ""),
            ("change", &|| asking(change()), ""),
            ("no, with words", &|| asking(change()), "cuse a constant"),
        ],
    );
}

#[test]
fn reviews() {
    let several = || asking(question(shown(several())));
    let long = || asking(question(vec![one("src/a.rs", &numbered(30, &[]), &numbered(30, &[3, 25]))]));
    let turn = || {
        let mut screen = full(done());
        let changed = shown(super::changes::several());
        screen.keys("/review<enter>").take(Input::Found(Ok(Found::Changes(changed))));
        screen
    };
    check(
        "reviews",
        &[
            ("several files", &several, "r"),
            ("some decided", &several, "ryx"),
            ("a comment is typed", &several, "r<down><down>cis it not the other way round?"),
            ("open ones are asked for", &several, "ryf"),
            ("all is decided", &several, "rA"),
            ("all keys", &several, "r?"),
            ("two hunks, one above the other", &long, "rs"),
            ("after the task", &turn, ""),
        ],
    );
}

fn row(session: &str, title: &str, started: &str) -> SessionRow {
    SessionRow {
        session: session.into(),
        title: title.into(),
        started: started.into(),
        root: "/home/ada/project".into(),
        model: "anthropic/claude-sonnet-5".into(),
        bytes: 1_000,
        cost: Some(Usd(12_000)),
        here: true,
    }
}

/// `agent resume`, with what was found.
fn sessions(rows: &[SessionRow]) -> Screen {
    let (screen, _) = Screen::with(None, Some(None));
    let mut screen = full(screen);
    screen.state.clock = NOON;
    screen.take(Input::Found(Ok(Found::Sessions(String::new(), rows.to_vec()))));
    let event = said(Source::Task, "what stands on the cliff?");
    let record = Record { schema: 1, seq: 1, time: "2026-11-22T10:00:00.000Z".into(), event };
    screen.take(Input::Found(Ok(Found::Records("0198".into(), vec![Arc::new(record)]))));
    screen
}

#[test]
fn lists() {
    let rows = [
        row("0198", "what stands on the cliff?", "2026-11-22T11:50:00.000Z"),
        row("0197", "make the greeting polite", "2026-11-20T10:00:00.000Z"),
    ];
    let models = || {
        let mut screen = full(done());
        let row = |name: &str, price: &str| ModelRow { name: name.into(), window: 200_000, price: price.into() };
        let rows = vec![row("local/m", "free"), row("anthropic/claude-sonnet-5", "$3 / $15")];
        screen.keys("/model<enter>").take(Input::Found(Ok(Found::Models(rows))));
        screen
    };
    let trust = || {
        let mut screen = full(Screen::new());
        let file = |number: usize| {
            format!("new .agent/commands/number-{number}.md (a command of the project's, with what it may do)")
        };
        let brings = (1..=9).map(file).collect();
        let trust = Trust { project: "/home/ada/project".into(), brings, hash: "abc".into() };
        let standing = Standing { trust: Some(trust), ..Standing::default() };
        screen.take(Input::Found(Ok(Found::Standing(Box::new(standing)))));
        screen
    };
    check(
        "lists",
        &[
            ("sessions", &|| sessions(&rows), ""),
            ("no session", &|| sessions(&[]), ""),
            ("sessions are looked for", &|| sessions(&rows), "cliff"),
            ("models", &models, "sonnet"),
            ("themes", &|| full(done()), "/theme<enter>"),
            ("earlier messages", &|| full(done()), "<esc><esc>"),
            ("with files or without", &|| full(done()), "<esc><esc><enter>"),
            ("trust", &trust, ""),
        ],
    );
}

#[test]
fn pages() {
    check(
        "pages",
        &[
            ("help", &|| full(done()), "/help<enter>"),
            ("keys, searched", &|| full(done()), "/keys<enter>/queue<enter>"),
            ("status", &|| full(done()), "/status<enter>"),
            ("context", &|| full(done()), "/context<enter>"),
            ("all of a question", &|| asking(run()), "v"),
        ],
    );
}

#[test]
fn the_composer_and_what_goes_on() {
    let working = || {
        let mut screen = full(Screen::new());
        screen.busy().says(plan(&[("read it", StepStatus::Completed), ("mend it", StepStatus::InProgress)]));
        screen.says(runs("1", "shell", "shell cargo test")).now += 3_000;
        screen
    };
    let files = || {
        let mut screen = full(done());
        let hit = |text: &str| Hit { text: text.into(), detail: String::new(), fits: vec![0, 1] };
        screen
            .keys("look at @sr")
            .take(Input::Found(Ok(Found::Files("sr".into(), vec![hit("src/main.rs"), hit("src/a.rs")]))));
        screen
    };
    let remembers = || {
        let mut screen = full(done());
        screen.take(Input::Found(Ok(Found::History(vec!["make the greeting polite".into(), "say hello".into()]))));
        screen
    };
    check(
        "work",
        &[
            ("nothing yet", &|| full(Screen::new()), ""),
            ("a task goes on, and messages wait", &working, "use tabs<enter>then test<alt-enter>half a thought"),
            ("commands", &|| full(done()), "/re"),
            ("files", &files, ""),
            ("the history is searched", &remembers, "<ctrl-r>pol"),
            ("a question behind the transcript", &|| asking(run()), "<ctrl-o>"),
        ],
    );
}

#[test]
fn every_cell() {
    let cells = || {
        let mut screen = full(done());
        screen.state.session.view = zoo();
        screen
    };
    check(
        "cells",
        &[
            ("the end", &cells, ""),
            ("from the beginning", &cells, "<ctrl-o>g"),
            ("from the beginning, open", &cells, "<ctrl-o>ag"),
            ("tests", &cells, "<ctrl-o>a/tests<enter>"),
            ("the change", &cells, "<ctrl-o>a/greeting<enter>nn"),
            ("the budget", &cells, "<ctrl-o>a/budget<enter>"),
        ],
    );
}
