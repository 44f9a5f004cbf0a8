//! What comes in front of the composer, and which keys hold whatever is there.

use super::script::{change, message, runs};
use super::state::{Screen, ask, done, said, started};
use agent::base::access::{Answer, Mode, Remember};
use agent::base::command::Command;
use agent::base::desk::{Act, Found, Look, ModelRow, SessionRow, Standing, Trust, Which};
use agent::base::event::{Record, Source, Status};
use agent::base::message::Part;
use agent::tui::preferences::Preferences;
use agent::tui::state::{Effect, Input, Over, Phase};
use std::sync::Arc;

fn row(session: &str, title: &str) -> SessionRow {
    SessionRow {
        session: session.into(),
        title: title.into(),
        started: "2026-11-22T10:00:00.000Z".into(),
        root: "/home/ada/project".into(),
        model: "local/m".into(),
        bytes: 1_000,
        cost: None,
        here: true,
    }
}

fn found(query: &str, rows: &[SessionRow]) -> Input {
    Input::Found(Ok(Found::Sessions(query.into(), rows.to_vec())))
}

fn sessions(query: &str) -> Effect {
    Effect::Look(Look::Sessions { query: query.into(), most: 200 })
}

fn preview(session: &str) -> Effect {
    Effect::Look(Look::Records { session: session.into(), most: 60 })
}

#[test]
fn words_after_resume_search_the_sessions() {
    for line in ["/resume light house<enter>", "/sessions light house<enter>"] {
        let mut screen = Screen::new();
        assert_eq!(screen.keys(line).out().last(), Some(&sessions("light house")), "{line}");
        screen.take(found("light house", &[row("0197", "the cliff"), row("0198", "the sea")]));
        assert_eq!(screen.out(), [preview("0197")]);
        assert_eq!(screen.keys("<down>").out(), [preview("0198")]);
        screen.keys("<enter>");
        assert_eq!(screen.out(), [Effect::Close, Effect::Look(Look::Records { session: "0198".into(), most: 400 })]);
        assert_eq!(screen.state.phase, Phase::Opening);
    }
}

#[test]
fn a_session_that_is_named_whole_goes_on_at_once() {
    let mut screen = Screen::new();
    screen.keys("/resume 0197<enter>").out();
    screen.take(found("0197", &[row("0197", "the cliff")]));
    assert_eq!(screen.out(), [Effect::Close, Effect::Look(Look::Records { session: "0197".into(), most: 400 })]);
    assert!(screen.state.over.is_none());
}

#[test]
fn the_list_of_sessions_is_searched_as_it_is_typed() {
    let (mut screen, begun) = Screen::with(None, Some(None));
    assert!(begun.contains(&sessions("")), "{begun:?}");
    screen.take(found("", &[row("0197", "the cliff"), row("0198", "the sea")])).out();
    assert_eq!(screen.keys("s").out(), [sessions("s")]);
    // What was found for other words is dropped.
    screen.take(found("", &[row("0197", "the cliff")])).out();
    assert_eq!(screen.keys("e").out().last(), Some(&sessions("se")));
    screen.take(found("se", &[row("0198", "the sea")]));
    assert_eq!(screen.out().last(), Some(&preview("0198")));
    screen.keys("<enter>");
    assert!(screen.out().contains(&Effect::Close));
}

#[test]
fn keys_that_hold_everywhere_hold_in_front_of_the_composer_too() {
    let opened = ["<ctrl-o>", "/keys<enter>", "/theme<enter>", "<esc><esc>"];
    for open in opened {
        let mut screen = done();
        screen.keys(open).out();
        assert!(screen.state.over.is_some(), "{open}");
        assert_eq!(screen.keys("<ctrl-z>").out(), [Effect::Suspend], "{open}");
        assert_eq!(screen.keys("<ctrl-l>").out(), [Effect::Redraw], "{open}");
        assert!(screen.state.over.is_some(), "{open}");
        assert_eq!(screen.keys("<ctrl-c>").out(), [], "{open}");
        assert!(screen.state.over.is_none(), "ctrl-c leaves {open}");
    }
    let mut screen = done();
    screen.keys("<ctrl-o><ctrl-o>");
    assert!(screen.state.over.is_none());
}

#[test]
fn what_comes_late_takes_no_key_from_who_went_on_typing() {
    let late = || {
        let model = ModelRow { name: "local/m".into(), window: 8_000, price: String::new() };
        [
            ("/model<enter>", Found::Models(vec![model])),
            ("/review<enter>", Found::Changes(vec![change("a.txt")])),
            ("<alt-r>", Found::Changes(vec![change("a.txt")])),
            ("/doctor<enter>", Found::Page("all is well".into())),
        ]
    };
    for (keys, found) in late() {
        let mut screen = done();
        screen.keys(keys).keys("do").take(Input::Found(Ok(found)));
        screen.keys("Dy");
        assert!(screen.state.over.is_none(), "{keys}");
        assert_eq!(screen.state.composer.text(), "doDy", "{keys}");
        assert!(screen.state.hint.as_ref().is_some_and(|hint| hint.text.contains("ask for it again")), "{keys}");
    }
    // What stood there before it was asked for is no reason.
    for (keys, found) in late().into_iter().skip(2).take(1) {
        let mut screen = done();
        screen.keys("half a thought").keys(keys).take(Input::Found(Ok(found)));
        assert!(screen.state.over.is_some(), "{keys}");
    }
}

fn own(rows: &[(&str, &[&str])]) -> Preferences {
    let keys = rows.iter().map(|(name, keys)| ((*name).into(), keys.iter().map(|key| (*key).into()).collect()));
    Preferences { keys: keys.collect(), ..Preferences::default() }
}

#[test]
fn keys_of_the_users_own_do_not_get_into_words_that_are_typed() {
    let preferences = own(&[("hunk-accept", &["w"]), ("answer-once", &["o"]), ("search-next", &["e"])]);
    let screen = || Screen::with_preferences(preferences.clone(), None, None).0;
    let mut review = screen();
    review.busy().ends(Status::Done).out();
    review.keys("/review<enter>").take(Input::Found(Ok(Found::Changes(vec![change("a.txt")])))).out();
    review.keys("cwhy you<enter>xf");
    let sent = review.out();
    let told = |effect: &Effect| matches!(effect, Effect::Send(Command::Send { text, .. }) if text.contains("why you"));
    assert!(sent.iter().any(told), "{sent:?}");
    let mut question = screen();
    question.busy().says(ask(1)).now += 5_000;
    question.keys("cyou woo<enter>");
    let deny = Answer::Deny { comment: Some("you woo".into()) };
    assert_eq!(question.out(), [Effect::Send(Command::Answer { ask: 1, answer: deny })]);
    question.says(ask(2)).now += 5_000;
    question.keys("o");
    let allow = Answer::Allow { remember: Remember::Once };
    assert_eq!(question.out(), [Effect::Send(Command::Answer { ask: 2, answer: allow })]);
    let mut search = screen();
    search.busy().keys("<ctrl-o>/seen");
    assert!(search.drawn(80, 24).contains("/seen"), "{}", search.drawn(80, 24));
}

#[test]
fn the_key_that_turns_to_a_question_is_the_users_own() {
    let (mut screen, _) = Screen::with_preferences(own(&[("answer", &["ctrl-q"]), ("undo", &["alt-a"])]), None, None);
    screen.busy().keys("half a thought").says(ask(1)).out();
    screen.keys("<alt-a>y");
    assert_eq!(screen.out(), [], "alt-a is another key now");
    screen.keys("<ctrl-q>y");
    let allow = Answer::Allow { remember: Remember::Once };
    assert_eq!(screen.out(), [Effect::Send(Command::Answer { ask: 1, answer: allow })]);
}

#[test]
fn what_the_status_line_has_not_is_said_at_the_start() {
    let preferences = Preferences { status: vec!["model".into(), "weather".into()], ..Preferences::default() };
    let error = Screen::refused(preferences);
    assert!(error.message.contains("no item `weather`") && format!("{error:?}").contains("branch"), "{error:?}");
}

#[test]
fn the_user_is_called_where_they_look_elsewhere_and_only_then() {
    let calls = |screen: &mut Screen| screen.out().iter().filter(|effect| matches!(effect, Effect::Call(_))).count();
    // The terminal says where they look.
    let mut screen = Screen::new();
    screen.take(Input::Focus(true)).busy();
    screen.now += 60_000;
    screen.says(ask(1));
    assert_eq!(calls(&mut screen), 0);
    screen.take(Input::Focus(false)).says(ask(2));
    assert_eq!(calls(&mut screen), 1);
    screen.ends(Status::Done);
    assert_eq!(calls(&mut screen), 1, "a long task is done");
    // It does not: who has just typed is there.
    let mut screen = Screen::new();
    screen.busy();
    screen.now += 5_000;
    screen.says(ask(1));
    assert_eq!(calls(&mut screen), 0);
    screen.now += 6_000;
    screen.says(ask(2));
    assert_eq!(calls(&mut screen), 1);
    screen.keys("x").ends(Status::Done);
    assert_eq!(calls(&mut screen), 0);
}

#[test]
fn the_title_says_what_goes_on() {
    let titles = |screen: &mut Screen| -> Vec<String> {
        let title = |effect| if let Effect::Title(title) = effect { Some(title) } else { None };
        screen.all_out().into_iter().filter_map(title).collect()
    };
    let mut screen = Screen::new();
    screen.keys("do it<enter>");
    assert_eq!(titles(&mut screen), ["works: project · agent"]);
    screen.take(Input::Opened(Ok(("0199".into(), 0)))).says(started(Mode::Ask)).says(said(Source::Task, "do it"));
    screen.says(ask(1));
    assert_eq!(titles(&mut screen), ["asks: project · agent"]);
    screen.ends(Status::Done);
    assert_eq!(titles(&mut screen), ["project · agent"]);
}

#[test]
fn the_last_answer_its_code_and_the_last_command_are_copied() {
    let mut screen = Screen::new();
    let answer = "Two blocks:\n\n```rust\nfn one() {}\n```\n\n```sh\nmake two\n```\n";
    screen.busy().says(message(vec![Part::Text { text: answer.into() }]));
    screen.says(runs("1", "shell", "shell cargo test")).ends(Status::Done).out();
    for (line, copied) in [
        ("/copy<enter>", answer),
        ("/copy answer<enter>", answer),
        ("/copy code<enter>", "make two"),
        ("/copy command<enter>", "cargo test"),
    ] {
        let out = screen.keys(line).out();
        let [Effect::Copy(text)] = out.as_slice() else { panic!("{line}: {out:?}") };
        assert_eq!(text.trim_end(), copied.trim_end(), "{line}");
    }
    assert_eq!(screen.keys("/copy all of it<enter>").out(), []);
    // In the transcript, a block of the cell under the cursor.
    screen.keys("<ctrl-o>g/blocks<enter>").out();
    assert_eq!(screen.keys("c2").out(), [Effect::Copy("make two\n".into())]);
}

#[test]
fn a_login_offers_every_provider_that_takes_a_key() {
    let mut screen = Screen::new();
    let standing = Standing { providers: vec!["mistral".into(), "house".into()], ..Standing::default() };
    screen.take(Input::Found(Ok(Found::Standing(Box::new(standing)))));
    screen.keys("/login hou<tab><enter>");
    let login = Act::Login { provider: Some("house".into()) };
    assert!(screen.out().iter().any(|effect| matches!(effect, Effect::Act(_, act) if *act == login)));
}

#[test]
fn on_the_full_screen_page_up_goes_to_what_is_above() {
    let mut screen = done();
    screen.keys("<page-up>");
    assert!(screen.state.over.is_none(), "inline the scrollback is the terminal's");
    screen.keys("<alt-z><page-up>");
    assert!(matches!(screen.state.over, Some(Over::Transcript { .. })));
}

#[test]
fn a_session_is_previewed_by_its_last_words() {
    let (mut screen, _) = Screen::with(None, Some(None));
    screen.take(found("", &[row("0197", "the cliff")])).out();
    let record = |seq, event| Arc::new(Record { schema: 1, seq, time: "2026-11-22T10:00:00.000Z".into(), event });
    let records = vec![
        record(1, said(Source::Task, "what stands there?")),
        record(2, message(vec![Part::Text { text: "A lighthouse.".into() }])),
    ];
    screen.take(Input::Found(Ok(Found::Records("0197".into(), records))));
    let shown = screen.drawn(80, 24);
    assert!(shown.contains("what stands there?") && shown.contains("agent: A lighthouse."), "{shown}");
}

#[test]
fn a_question_that_comes_up_behind_something_is_told_of() {
    for open in ["<ctrl-o>", "/keys<enter>", "/theme<enter>"] {
        let mut screen = Screen::new();
        screen.busy().keys(open).says(ask(1)).now += 5_000;
        assert!(screen.drawn(80, 24).contains("a question waits · ctrl-c goes to it"), "{}", screen.drawn(80, 24));
        screen.keys("<ctrl-c>");
        assert!(screen.state.over.is_none() && screen.state.asks.len() == 1);
    }
}

#[test]
fn a_question_names_the_users_own_keys() {
    let (mut screen, _) = Screen::with_preferences(own(&[("answer-once", &["o"]), ("answer-always", &[])]), None, None);
    screen.busy().keys("<alt-z>").says(ask(1));
    let shown = screen.drawn(80, 24);
    assert!(shown.contains("o yes, once · s this session") && !shown.contains("always"), "{shown}");
}

#[test]
fn a_paste_goes_where_words_are_typed() {
    let mut screen = done();
    screen.keys("<ctrl-o>/").take(Input::Paste("do it\nand more".into()));
    assert!(screen.drawn(80, 24).contains("/do it"), "{}", screen.drawn(80, 24));
    screen.keys("<ctrl-c>");
    assert!(screen.state.composer.is_empty());
    // A question that has just come up was not there when it was copied.
    let trust = Trust { project: "p".into(), brings: vec!["mode".into()], hash: "abc".into() };
    let standing = Standing { trust: Some(trust), ..Standing::default() };
    screen.take(Input::Found(Ok(Found::Standing(Box::new(standing))))).take(Input::Paste("pasted".into()));
    assert_eq!(screen.state.composer.text(), "pasted");
}

#[test]
fn a_task_that_was_told_to_end_says_so_until_it_has() {
    let mut screen = Screen::new();
    screen.busy().keys("<alt-z>");
    assert!(screen.drawn(80, 24).contains("esc interrupts"), "{}", screen.drawn(80, 24));
    screen.keys("<esc>");
    assert!(screen.drawn(80, 24).contains("ending the task"), "{}", screen.drawn(80, 24));
    screen.ends(Status::Interrupted).keys("again<enter>").says(said(Source::Task, "again"));
    let shown = screen.drawn(80, 24);
    assert!(!shown.contains("ending the task") && shown.contains("esc interrupts"), "{shown}");
}

#[test]
fn a_fork_and_a_new_session_leave_the_one_before() {
    let mut screen = done();
    screen.keys("/fork<enter>");
    let out = screen.out();
    let Some(Effect::Open(open)) = out.last() else { panic!("{out:?}") };
    assert!(matches!(&open.which, Which::Fork { session, .. } if session == "0199"), "{open:?}");
    let mut screen = done();
    assert_eq!(screen.keys("/new<enter>").out(), [Effect::Close]);
    assert!(screen.state.session.id.is_none());
}
