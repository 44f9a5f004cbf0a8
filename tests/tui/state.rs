//! The screen's state, from the outside: what is typed and what the session says, to what goes out.

use agent::base::access::{Access, Answer, Ask, Mode, Network, Remember};
use agent::base::command::{Command, Signal, Steer};
use agent::base::desk::{Act, Done, Found, Look, ModelRow, Open, Page, Settings, Standing, Which};
use agent::base::event::{Event, Outcome, Record, SessionStarted, Source, Status, UserMessage};
use agent::base::message::ImageRef;
use agent::base::model::Wire;
use agent::base::port::Item;
use agent::base::{Error, Kind};
use agent::tui::Setup;
use agent::tui::draw::Drawer;
use agent::tui::preferences::{Colors, Preferences, Terminal};
use agent::tui::state::{Effect, For, Input, Over, Phase, State};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::sync::Arc;

const TERMINAL: Terminal = Terminal { colors: Colors::Sixteen, dark: true, reflows: true, tmux: false };

fn setup(preferences: Preferences, task: Option<&str>, resume: Option<Option<String>>) -> Setup {
    Setup {
        preferences,
        terminal: TERMINAL,
        settings: Settings::default(),
        task: task.map(str::to_owned),
        images: Vec::new(),
        resume,
        folder: "/home/ada/project".into(),
    }
}

/// A screen, and a session that says what it is told to say.
pub(super) struct Screen {
    pub state: State,
    seq: u64,
    pub now: u64,
    out: Vec<Effect>,
}

impl Screen {
    pub fn new() -> Self {
        Self::with(None, None).0
    }

    pub fn with(task: Option<&str>, resume: Option<Option<String>>) -> (Self, Vec<Effect>) {
        Self::with_preferences(Preferences::default(), task, resume)
    }

    pub fn with_preferences(
        preferences: Preferences,
        task: Option<&str>,
        resume: Option<Option<String>>,
    ) -> (Self, Vec<Effect>) {
        let (state, effects) = State::new(setup(preferences, task, resume), (80, 24)).expect("a state");
        (Self { state, seq: 0, now: 10_000, out: Vec::new() }, effects)
    }

    pub fn take(&mut self, input: Input) -> &mut Self {
        let effects = self.state.update(input, self.now);
        self.out.extend(effects);
        self
    }

    /// Types letters, or keys in angle brackets: `<enter>`, `<alt-enter>`, `<ctrl-c>`.
    pub fn keys(&mut self, text: &str) -> &mut Self {
        let mut rest = text;
        while let Some(char) = rest.chars().next() {
            let (key, after) = match rest.strip_prefix('<').and_then(|named| named.split_once('>')) {
                Some((name, after)) => (named(name), after),
                None => (KeyEvent::new(KeyCode::Char(char), KeyModifiers::NONE), &rest[char.len_utf8()..]),
            };
            rest = after;
            self.take(Input::Key(key));
        }
        self
    }

    pub fn says(&mut self, event: Event) -> &mut Self {
        self.seq += 1;
        let record = Record { schema: 1, seq: self.seq, time: "2026-11-22T10:00:00.000Z".into(), event };
        self.take(Input::Item(Item::Record(Arc::new(record))))
    }

    /// A session with a task that goes on.
    pub fn busy(&mut self) -> &mut Self {
        self.keys("do it<enter>").take(Input::Opened(Ok(("0199".into(), 0))));
        self.says(started(Mode::Ask)).says(said(Source::Task, "do it"));
        self.out.clear();
        self
    }

    pub fn ends(&mut self, status: Status) -> &mut Self {
        self.says(Event::Outcome(outcome(status)))
    }

    /// What went out, the title and all.
    pub fn all_out(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.out)
    }

    /// The whole screen as text.
    pub fn drawn(&mut self, columns: u16, rows: u16) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
        self.state.size = (columns, rows);
        Drawer::default().full(&mut self.state, &mut buffer, self.now);
        super::snapshot::text(&buffer)
    }

    /// Why no screen begins with these preferences.
    pub fn refused(preferences: Preferences) -> Error {
        State::new(setup(preferences, None, None), (80, 24)).err().expect("it is refused")
    }

    pub fn out(&mut self) -> Vec<Effect> {
        let quiet = |effect: &Effect| {
            matches!(effect, Effect::Title(_) | Effect::Act(For::Nobody, _) | Effect::Look(Look::Head))
        };
        std::mem::take(&mut self.out).into_iter().filter(|effect| !quiet(effect)).collect()
    }
}

pub(super) fn named(name: &str) -> KeyEvent {
    let mut modifiers = KeyModifiers::NONE;
    let mut rest = name;
    for (prefix, modifier) in
        [("ctrl-", KeyModifiers::CONTROL), ("alt-", KeyModifiers::ALT), ("shift-", KeyModifiers::SHIFT)]
    {
        if let Some(after) = rest.strip_prefix(prefix) {
            (rest, modifiers) = (after, modifiers | modifier);
        }
    }
    let code = match rest {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        "tab" => KeyCode::Tab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "page-up" => KeyCode::PageUp,
        _ => KeyCode::Char(rest.chars().next().expect("a key")),
    };
    KeyEvent::new(code, modifiers)
}

pub(super) fn started(mode: Mode) -> Event {
    Event::SessionStarted(SessionStarted {
        session: "0199".into(),
        version: "0.1.0".into(),
        root: "/home/ada/project".into(),
        project: "/home/ada/project".into(),
        branch: None,
        model: "local/m".into(),
        models: Vec::new(),
        wire: Wire::Chat,
        mode,
        sandbox: "namespaces".into(),
        network: Network::Off,
        user: "ada".into(),
        resumed: false,
        replayed: false,
    })
}

pub(super) fn said(source: Source, text: &str) -> Event {
    Event::UserMessage(UserMessage { source, text: text.into(), images: Vec::new() })
}

pub(super) fn outcome(status: Status) -> Outcome {
    let error = Error::new(Kind::Interrupted, "interrupted");
    Outcome { status, error: None, ..Outcome::failed(&error, "0199".into()) }
}

pub(super) fn ask(id: u64) -> Event {
    Event::Asked(Ask {
        id,
        call: "c".into(),
        tool: "shell".into(),
        why: "it leaves the jail".into(),
        access: vec![Access::Exec { command: "make".into() }],
        change: Vec::new(),
        made: false,
    })
}

fn steer(text: &str) -> Steer {
    Steer { text: text.into(), images: Vec::new() }
}

#[test]
fn a_session_is_opened_by_the_first_task_alone() {
    let (_, begun) = Screen::with(None, None);
    assert!(!begun.iter().any(|effect| matches!(effect, Effect::Open(_))), "{begun:?}");
    let mut screen = Screen::new();
    let open = Effect::Open(Open { which: Which::New, settings: Settings::default() });
    assert_eq!(screen.keys("hello<enter>").out(), [open]);
    assert_eq!(screen.state.phase, Phase::Opening);
    screen.take(Input::Opened(Ok(("0199".into(), 0))));
    assert_eq!(screen.out(), [Effect::Send(Command::Send { text: "hello".into(), images: Vec::new() })]);
    assert_eq!(screen.state.phase, Phase::Busy);
}

#[test]
fn a_session_that_cannot_be_opened_loses_nothing_that_was_typed() {
    let mut screen = Screen::new();
    screen.keys("hello<enter>").take(Input::Opened(Err(Error::usage("no key").hint("/login stores one"))));
    assert_eq!(screen.state.composer.text(), "hello");
    assert_eq!(screen.state.phase, Phase::Idle);
}

#[test]
fn enter_steers_a_task_and_alt_enter_waits_for_its_end() {
    let mut screen = Screen::new();
    screen.busy().keys("use tabs<enter>");
    assert_eq!(screen.out(), [Effect::Send(Command::Steer(vec![steer("use tabs")]))]);
    screen.keys("then test<alt-enter>");
    assert_eq!(screen.out(), []);
    assert_eq!(screen.state.queue.held().len(), 2);
    // The model has the first: it waits no longer.
    screen.says(said(Source::Steer, "use tabs"));
    assert_eq!(screen.state.queue.held().len(), 1);
    screen.ends(Status::Done);
    assert_eq!(screen.out(), [Effect::Send(Command::Send { text: "then test".into(), images: Vec::new() })]);
}

#[test]
fn what_waits_can_be_edited_and_is_kept_where_a_task_fails() {
    let mut screen = Screen::new();
    screen.busy().keys("one<enter>two<enter>").out();
    screen.keys("<alt-up>");
    assert_eq!(screen.state.composer.text(), "two");
    assert_eq!(screen.out(), [Effect::Send(Command::Steer(vec![steer("one")]))]);
    screen.keys("<ctrl-u>").ends(Status::Interrupted);
    assert_eq!(screen.out(), []);
    assert_eq!(screen.state.queue.held().len(), 1);
}

#[test]
fn esc_interrupts_and_ctrl_c_clears_interrupts_and_quits() {
    let mut screen = Screen::new();
    screen.busy().keys("<esc>");
    assert_eq!(screen.out(), [Effect::Send(Command::Interrupt(Signal::Int))]);
    screen.keys("half<ctrl-c>");
    assert!(screen.state.composer.is_empty());
    assert_eq!(screen.out(), []);
    screen.keys("<ctrl-c>");
    assert_eq!(screen.out(), [Effect::Send(Command::Interrupt(Signal::Int))]);
    screen.ends(Status::Interrupted).out();
    assert_eq!(screen.keys("<ctrl-c>").out(), []);
    assert_eq!(screen.keys("<ctrl-c>").out(), [Effect::Close, Effect::Quit(0)]);
}

#[test]
fn two_presses_far_apart_do_not_quit() {
    let mut screen = Screen::new();
    screen.keys("<ctrl-c>").now += 5_000;
    assert_eq!(screen.keys("<ctrl-c>").out(), []);
}

/// A terminal that was stopped, or a full screen in front of it, kept it from being read.
#[test]
fn a_question_takes_no_key_before_it_was_on_the_screen() {
    let mut screen = Screen::new();
    screen.busy().says(ask(1));
    screen.now += 5_000;
    screen.state.drawn(screen.now);
    screen.keys("y");
    assert_eq!((screen.out(), screen.state.composer.text().as_str()), (vec![], "y"));
    screen.keys("<ctrl-u>").now += 1_000;
    screen.state.drawn(screen.now);
    screen.keys("y");
    assert!(matches!(&screen.out()[..], [Effect::Send(Command::Answer { ask: 1, .. })]));
}

#[test]
fn a_question_takes_no_key_that_was_being_typed() {
    let mut screen = Screen::new();
    screen.busy().keys("yes but").says(ask(1));
    screen.now += 5_000;
    screen.keys(" y n a");
    assert_eq!(screen.state.composer.text(), "yes but y n a");
    assert_eq!(screen.out(), []);
    screen.keys("<alt-a>y");
    let allow = Answer::Allow { remember: Remember::Once };
    assert_eq!(screen.out(), [Effect::Send(Command::Answer { ask: 1, answer: allow })]);
}

#[test]
fn a_question_that_just_appeared_takes_no_key() {
    let mut screen = Screen::new();
    screen.busy().says(ask(1)).keys("y");
    assert_eq!(screen.out(), []);
    assert_eq!(screen.state.composer.text(), "y");
}

#[test]
fn questions_end_with_their_task() {
    let mut screen = Screen::new();
    screen.busy().says(ask(1)).says(ask(2));
    assert_eq!(screen.state.asks.len(), 2);
    screen.says(Event::Answered { ask: 1, answer: Answer::Deny { comment: None } });
    assert_eq!(screen.state.asks.len(), 1);
    screen.ends(Status::Interrupted);
    assert!(screen.state.asks.is_empty());
}

#[test]
fn a_mode_that_has_another_jail_holds_from_the_next_task_on() {
    let mut screen = Screen::new();
    screen.busy().keys("<shift-tab>");
    assert_eq!(screen.out(), [Effect::Send(Command::SetMode(Mode::Auto))]);
    assert_eq!(screen.state.mode(), Mode::Auto);
    screen.says(Event::ModeChanged { from: Mode::Ask, to: Mode::Auto });
    assert_eq!(screen.state.mode(), Mode::Auto);
    screen.ends(Status::Done).out();
    screen.keys("/mode read<enter>").out();
    screen.keys("look<enter>");
    let settings = Settings { mode: Some(Mode::Read), ..Settings::default() };
    assert_eq!(screen.out(), [Effect::Open(Open { which: Which::Resume("0199".into()), settings })]);
}

#[test]
fn a_command_of_the_users_own_is_told_to_the_session_after_the_task() {
    let mut screen = Screen::new();
    screen.busy().keys("!make<enter>");
    assert_eq!(screen.out(), [Effect::Act(For::Command, Act::Run { command: "make".into() })]);
    let ran = Done::Ran { command: "make".into(), output: "ok\n".into(), exit: Some(0) };
    screen.take(Input::Done(For::Command, Ok(ran)));
    assert_eq!(screen.out(), []);
    screen.ends(Status::Done);
    let told = Command::Ran { command: "make".into(), output: "ok\n".into(), exit: Some(0) };
    assert_eq!(screen.out(), [Effect::Send(told)]);
}

#[test]
fn undo_waits_for_no_task_to_go_on() {
    let mut screen = Screen::new();
    screen.busy().keys("/undo<enter>/redo<enter>");
    assert_eq!(screen.out(), []);
    screen.ends(Status::Done).out();
    screen.keys("/undo<enter>");
    assert_eq!(screen.out(), [Effect::Act(For::Words, Act::Undo { session: "0199".into(), before: None })]);
    screen.keys("/redo<enter>");
    assert_eq!(screen.out(), [Effect::Act(For::Words, Act::Redo)]);
}

#[test]
fn one_goes_back_to_an_earlier_message_with_or_without_its_files() {
    let mut screen = Screen::new();
    screen.busy().ends(Status::Done).out();
    screen.keys("<esc><esc>");
    assert!(matches!(screen.state.over, Some(Over::Picker { .. })));
    screen.keys("<enter><enter>");
    assert_eq!(screen.state.composer.text(), "do it");
    assert_eq!(screen.out(), [Effect::Send(Command::Rewind { before: 2 })]);
    // With its files: they are taken back first, then the history is.
    screen.keys("<ctrl-u><esc><esc><enter><down><enter>");
    assert_eq!(screen.out(), [Effect::Act(For::Rewind(2), Act::Undo { session: "0199".into(), before: Some(2) })]);
    screen.take(Input::Done(For::Rewind(2), Ok(Done::Said("done: 1 path".into()))));
    assert_eq!(screen.out(), [Effect::Send(Command::Rewind { before: 2 })]);
    // Files that cannot be taken back leave the history as it is.
    screen.keys("<ctrl-u><esc><esc><enter>2");
    screen.take(Input::Done(For::Rewind(2), Err(Error::usage("it was changed since"))));
    assert!(!screen.out().iter().any(|effect| matches!(effect, Effect::Send(_))));
}

#[test]
fn enter_without_a_word_sends_what_waits_after_a_task_that_was_ended() {
    let mut screen = Screen::new();
    screen.busy().keys("one<alt-enter>two<alt-enter>").ends(Status::Interrupted).out();
    assert_eq!(screen.keys("<enter>").out(), [Effect::Send(Command::Send { text: "one".into(), images: Vec::new() })]);
    assert_eq!(screen.keys("<enter>").out(), [], "a task goes on, and the other waits for its end");
    assert_eq!(screen.state.queue.held().len(), 1);
}

#[test]
fn any_message_that_waits_can_be_edited() {
    let mut screen = Screen::new();
    screen.busy().keys("one<enter>two<alt-enter>three<alt-enter>").out();
    screen.keys("<alt-up><alt-up>");
    assert_eq!(screen.state.composer.text(), "two\nthree");
    screen.keys("<alt-up>");
    assert_eq!(screen.state.composer.text(), "one\ntwo\nthree");
    assert!(screen.state.queue.is_empty());
    assert_eq!(screen.out().last(), Some(&Effect::Send(Command::Steer(Vec::new()))), "nothing steers any more");
}

#[test]
fn a_closed_terminal_interrupts_the_task_and_ends_the_program() {
    let mut screen = Screen::new();
    screen.busy().take(Input::Signal(Signal::Term));
    let wanted = [Effect::Send(Command::Interrupt(Signal::Term)), Effect::Close, Effect::Quit(143)];
    assert_eq!(screen.out(), wanted);
}

#[test]
fn a_project_that_brings_something_is_asked_about_once() {
    let mut screen = Screen::new();
    let trust = agent::base::desk::Trust {
        project: "/home/ada/project".into(),
        brings: vec!["mode read".into()],
        hash: "abc".into(),
    };
    let standing = Standing { trust: Some(trust), ..Standing::default() };
    screen.take(Input::Found(Ok(Found::Standing(Box::new(standing)))));
    assert!(matches!(screen.state.over, Some(Over::Picker { .. })));
    // What was being typed when it came up is no answer.
    screen.keys("2").out();
    assert_eq!(screen.state.composer.text(), "2");
    screen.now += 300;
    screen.keys("2");
    assert_eq!(screen.out(), [Effect::Act(For::Words, Act::Trust { hash: "abc".into(), yes: true })]);
}

/// A screen with a session that did one task.
pub(super) fn done() -> Screen {
    let mut screen = Screen::new();
    screen.busy().ends(Status::Done).out();
    screen
}

pub(super) fn words(screen: &Screen) -> String {
    format!("{:?}", screen.state.session.view.cells())
}

#[test]
fn settings_that_change_during_a_task_leave_it_alone() {
    let mut screen = Screen::new();
    screen.busy().keys("/model local/other<enter>/mode read<enter>").out();
    assert_eq!(screen.state.mode(), Mode::Ask, "the task goes on in its own mode");
    screen.keys("/btw why?<enter>");
    assert_eq!(screen.out(), [Effect::Send(Command::Aside { text: "why?".into() })]);
    screen.keys("<shift-tab>");
    assert_eq!(screen.out(), [Effect::Send(Command::SetMode(Mode::Auto))]);
    screen.ends(Status::Done).out();
    screen.keys("next<enter>");
    let model = Some("local/other".to_owned());
    let settings = Settings { model, mode: Some(Mode::Auto), ..Settings::default() };
    assert_eq!(screen.out(), [Effect::Open(Open { which: Which::Resume("0199".into()), settings })]);
}

#[test]
fn settings_that_change_while_a_session_is_opened_hold_for_its_first_task() {
    let mut screen = Screen::new();
    screen.keys("do it<enter>/effort high<enter>").out();
    screen.take(Input::Opened(Ok(("0199".into(), 0))));
    let out = screen.out();
    let [Effect::Open(open)] = out.as_slice() else { panic!("{out:?}") };
    assert_eq!(open.settings.effort.map(|effort| effort.name()), Some("high"));
    screen.take(Input::Opened(Ok(("0199".into(), 0))));
    assert_eq!(screen.out(), [Effect::Send(Command::Send { text: "do it".into(), images: Vec::new() })]);
}

#[test]
fn esc_ends_the_opening_of_a_session_and_gives_the_task_back() {
    let mut screen = Screen::new();
    screen.keys("do it<enter>").out();
    screen.keys("<esc>");
    assert_eq!(screen.out(), [Effect::Close]);
    assert_eq!((screen.state.phase, screen.state.composer.text()), (Phase::Idle, "do it".to_owned()));
}

#[test]
fn a_task_that_is_typed_before_a_session_is_read_goes_to_that_session() {
    let (mut screen, _) = Screen::with(None, Some(Some("0199".into())));
    assert_eq!(screen.keys("and now?<enter>").out(), []);
    // What the project brings is asked meanwhile, and takes nothing away.
    let trust = agent::base::desk::Trust { project: "p".into(), brings: vec!["mode".into()], hash: "abc".into() };
    let standing = Standing { trust: Some(trust), ..Standing::default() };
    screen.take(Input::Found(Ok(Found::Standing(Box::new(standing)))));
    screen.take(Input::Found(Ok(Found::Records("0199".into(), Vec::new()))));
    let which = Which::Resume("0199".into());
    assert_eq!(screen.out(), [Effect::Open(Open { which, settings: Settings::default() })]);
    screen.take(Input::Opened(Ok(("0199".into(), 9))));
    assert_eq!(screen.out(), [Effect::Send(Command::Send { text: "and now?".into(), images: Vec::new() })]);
}

#[test]
fn a_session_that_cannot_be_read_leaves_the_screen_usable() {
    let (mut screen, _) = Screen::with(None, Some(Some("0199".into())));
    screen.keys("and now?<enter>").take(Input::Found(Err(Error::usage("there is no session `0199`"))));
    assert_eq!((screen.state.phase, screen.state.composer.text()), (Phase::Idle, "and now?".to_owned()));
    assert!(words(&screen).contains("there is no session"));
}

#[test]
fn a_session_that_breaks_off_ends_its_task_and_is_opened_again() {
    let mut screen = Screen::new();
    screen.busy().says(ask(1)).take(Input::Ended(None));
    assert!(screen.state.asks.is_empty() && screen.state.phase == Phase::Idle);
    assert!(words(&screen).contains("broke off"), "{}", words(&screen));
    screen.out();
    screen.keys("go on<enter>");
    let which = Which::Resume("0199".into());
    assert_eq!(screen.out(), [Effect::Open(Open { which, settings: Settings::default() })]);
}

#[test]
fn a_task_that_does_not_reach_its_session_is_given_back() {
    let mut screen = done();
    screen.keys("more<enter>").take(Input::Ended(Some(Command::Send { text: "more".into(), images: Vec::new() })));
    assert_eq!((screen.state.phase, screen.state.composer.text()), (Phase::Idle, "more".to_owned()));
}

#[test]
fn two_modes_further_are_two_presses_however_fast() {
    let mut screen = done();
    screen.keys("<shift-tab><shift-tab>").out();
    assert_eq!(screen.state.mode(), Mode::Read);
}

#[test]
fn a_message_that_one_goes_back_to_is_there_with_all_its_words() {
    let mut screen = Screen::new();
    let long = format!("{}\n  indented", "word ".repeat(200));
    screen.busy().says(said(Source::Task, &long)).ends(Status::Done).out();
    screen.keys("<esc><esc><enter><enter>");
    assert_eq!(screen.state.composer.text(), long);
}

#[test]
fn a_key_that_answered_one_question_does_not_answer_the_next() {
    let mut screen = Screen::new();
    screen.busy().says(ask(1)).says(ask(2)).now += 5_000;
    screen.keys("yy");
    let allow = Answer::Allow { remember: Remember::Once };
    assert_eq!(screen.out(), [Effect::Send(Command::Answer { ask: 1, answer: allow })]);
    assert_eq!(screen.state.asks.len(), 1);
}

#[test]
fn a_question_takes_keys_again_after_a_message_was_sent() {
    let mut screen = Screen::new();
    screen.busy().says(ask(1)).keys("wait<enter>").out();
    screen.now += 5_000;
    screen.keys("y");
    let allow = Answer::Allow { remember: Remember::Once };
    assert_eq!(screen.out(), [Effect::Send(Command::Answer { ask: 1, answer: allow })]);
}

#[test]
fn a_command_of_the_users_own_that_is_ended_is_over() {
    let mut screen = Screen::new();
    screen.keys("!sleep 1000<enter>").out();
    screen.keys("<esc>");
    assert_eq!(screen.out(), [Effect::Cancel]);
    assert!(!screen.state.is_working() && words(&screen).contains("`sleep 1000` was ended"));
}

#[test]
fn what_a_command_printed_is_shown_where_no_session_can_be_told() {
    let mut screen = Screen::new();
    let ran = Done::Ran { command: "date".into(), output: "monday\n".into(), exit: Some(0) };
    screen.keys("!date<enter>").take(Input::Done(For::Command, Ok(ran)));
    screen.take(Input::Opened(Err(Error::usage("no key"))));
    assert!(words(&screen).contains("monday"));
}

#[test]
fn models_that_complete_a_line_take_no_key_from_it() {
    let row = ModelRow { name: "local/m".into(), window: 8_000, price: String::new() };
    let mut screen = Screen::new();
    screen.keys("/model lo");
    assert_eq!(screen.out(), [Effect::Look(Look::Models)]);
    screen.take(Input::Found(Ok(Found::Models(vec![row.clone()]))));
    assert!(screen.state.over.is_none());
    screen.keys("<ctrl-u>/model<enter>").take(Input::Found(Ok(Found::Models(vec![row]))));
    assert!(matches!(screen.state.over, Some(Over::Picker { .. })));
}

#[test]
fn a_line_that_is_a_sentence_answers_no_question() {
    let mut screen = Screen::new();
    screen.busy().says(ask(1)).now += 5_000;
    for line in ["you should not", "can it wait?", "c", "yesterday", "q", ""] {
        screen.take(Input::Line(line.into()));
    }
    assert_eq!(screen.out(), []);
    assert!(words(&screen).contains("a question is open"));
    screen.take(Input::Line("c use make".into()));
    let deny = Answer::Deny { comment: Some("use make".into()) };
    assert_eq!(screen.out(), [Effect::Send(Command::Answer { ask: 1, answer: deny })]);
    screen.says(ask(2)).take(Input::Line("yes".into()));
    let allow = Answer::Allow { remember: Remember::Once };
    assert_eq!(screen.out(), [Effect::Send(Command::Answer { ask: 2, answer: allow })]);
}

#[test]
fn where_lines_are_typed_ctrl_c_ends_the_task_and_then_the_program() {
    let mut screen = Screen::new();
    screen.state.preferences.plain = true;
    screen.busy().take(Input::Signal(Signal::Int));
    assert_eq!(screen.out(), [Effect::Send(Command::Interrupt(Signal::Int))]);
    screen.ends(Status::Interrupted).out();
    screen.take(Input::Signal(Signal::Int));
    assert_eq!(screen.out(), [Effect::Close, Effect::Quit(130)]);
}

#[test]
fn seconds_count_from_the_beginning_of_what_goes_on() {
    let mut screen = Screen::new();
    screen.keys("!sleep 1000<enter>");
    assert_eq!(screen.state.began(), screen.now);
}

#[test]
fn a_project_is_asked_about_when_nothing_is_being_typed() {
    let mut screen = Screen::new();
    let trust = agent::base::desk::Trust { project: "p".into(), brings: vec!["mode".into()], hash: "abc".into() };
    let standing = Standing { trust: Some(trust), ..Standing::default() };
    screen.keys("ha").take(Input::Found(Ok(Found::Standing(Box::new(standing)))));
    assert!(screen.state.over.is_none());
    screen.keys("<ctrl-u>");
    assert!(matches!(screen.state.over, Some(Over::Picker { .. })));
}

#[test]
fn whoever_types_is_not_stopped_by_what_a_project_brings() {
    let mut screen = Screen::new();
    let trust = agent::base::desk::Trust { project: "engine".into(), brings: Vec::new(), hash: "abc".into() };
    let standing = Standing { trust: Some(trust), ..Standing::default() };
    screen.keys("what").take(Input::Found(Ok(Found::Standing(Box::new(standing)))));
    assert!(screen.state.over.is_none());
}

#[test]
fn a_line_answers_a_question_however_soon_it_comes() {
    let mut screen = Screen::new();
    screen.busy().says(ask(1)).out();
    screen.take(Input::Line("c\n".into()));
    assert_eq!(screen.out(), []);
    let cells = format!("{:?}", screen.state.session.view.cells());
    assert!(cells.contains("with c and your words"), "{cells}");
    screen.take(Input::Line("y\n".into()));
    let answer = Answer::Allow { remember: Remember::Once };
    assert_eq!(screen.out(), [Effect::Send(Command::Answer { ask: 1, answer })]);
}

#[test]
fn an_unknown_command_says_what_it_is_near_to() {
    let mut screen = Screen::new();
    assert_eq!(screen.keys("/modle<enter>").out(), []);
    let cells = format!("{:?}", screen.state.session.view.cells());
    assert!(cells.contains("there is no command `/modle`") && cells.contains("did you mean /mode"), "{cells}");
}

/// A picture that was taken anew under its old name, with the words it was sent with before.
#[test]
fn an_image_steers_with_its_own_message() {
    let mut screen = Screen::new();
    screen.busy();
    for blob in ["01", "02"] {
        screen.take(Input::Paste("/tmp/shot.png".into())).keys("<enter>");
        let [Effect::Act(purpose @ For::Message(_), Act::Attach { paths, .. })] = &screen.out()[..] else { panic!() };
        assert_eq!(paths, &["/tmp/shot.png"]);
        let image = ImageRef { blob: blob.repeat(32), media_type: "image/png".into(), bytes: 9 };
        screen.take(Input::Done(purpose.clone(), Ok(Done::Attached(vec![image.clone()]))));
        let [Effect::Send(Command::Steer(steers))] = &screen.out()[..] else { panic!() };
        let [Steer { text, images }] = &steers[..] else { panic!("{steers:?}") };
        assert_eq!(images, &[image]);
        screen.says(said(Source::Steer, text));
    }
}

#[test]
fn what_a_project_brings_is_asked_about_again_where_the_user_wants_it() {
    let mut screen = Screen::new();
    let trust = agent::base::desk::Trust { project: "p".into(), brings: vec!["mode".into()], hash: "abc".into() };
    let standing = Standing { trust: Some(trust), ..Standing::default() };
    screen.take(Input::Found(Ok(Found::Standing(Box::new(standing)))));
    screen.now += 300;
    screen.keys("1");
    assert_eq!(screen.out(), [Effect::Act(For::Words, Act::Trust { hash: "abc".into(), yes: false })]);
    screen.keys("/trust<enter>").out();
    assert!(matches!(screen.state.over, Some(Over::Picker { .. })));
    screen.keys("2");
    assert_eq!(screen.out(), [Effect::Act(For::Words, Act::Trust { hash: "abc".into(), yes: true })]);
    screen.keys("/trust<enter>");
    assert_eq!(screen.out(), [Effect::Look(Look::Page(Page::Trust))], "there is nothing left to ask");
}

#[test]
fn commands_in_the_background_are_listed_and_ended() {
    let mut screen = Screen::new();
    screen.keys("/jobs<enter>");
    assert_eq!(screen.out(), [Effect::Look(Look::Page(Page::Jobs))]);
    screen.keys("/jobs end 2<enter>");
    assert_eq!(screen.out(), [Effect::Act(For::Words, Act::EndJob { number: 2 })]);
    screen.keys("/jobs end all<enter>");
    assert_eq!(screen.out(), []);
}

#[test]
fn a_theme_says_how_long_it_holds_and_which_one_it_is() {
    let mut screen = Screen::new();
    screen.keys("/theme<enter>");
    let Some(Over::Picker { picker, .. }) = &screen.state.over else { panic!("no list of themes") };
    assert!(picker.row(0).is_some_and(|row| row.title == "default" && row.current));
    screen.keys("<esc>").keys("/theme ember<enter>");
    let cells = format!("{:?}", screen.state.session.view.cells());
    assert!(cells.contains("tui.theme = ") && cells.contains("keeps it"), "{cells}");
}
