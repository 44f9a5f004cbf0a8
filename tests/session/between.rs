//! What a surface asks of a session besides its tasks: words in place of others, another mode, a question beside the work, what a
//! command of the user's printed, a summary now.

use super::talk::{Talk, again, messages, soon};
use crate::run::ending::texts;
use crate::run::steering::{parts, words};
use crate::support::*;
use agent::base::access::Mode;
use agent::base::command::{Command, Signal, Steer};
use agent::base::event::{Aside, Event, Source, Status, UserMessage};
use agent::base::model::Price;
use agent::base::money::Usd;
use agent::policy::Policy;
use agent::session::Parts;
use agent::store::costs::By;
use serde_json::json;

fn question(text: &str) -> Command {
    Command::Aside { text: text.into() }
}

fn is_aside(event: &Event) -> bool {
    matches!(event, Event::Aside(_))
}

fn steer(texts: &[&str]) -> Command {
    Command::Steer(texts.iter().map(|text| Steer { text: (*text).into(), images: Vec::new() }).collect())
}

fn waiting_command() -> Step {
    Reply::call("shell", json!({"command": "until test -e go; do sleep 0.01; done"})).into()
}

fn go(project: &Project) {
    std::fs::write(project.path().join("go"), "").unwrap();
}

/// A session of a model with a price: a dollar for a million tokens of input, two for output.
fn priced(project: &Project, server: &Server) -> Parts {
    let mut parts = parts(project, server);
    for candidate in &mut parts.candidates {
        candidate.model.price = Some(Price { input: 1_000_000, output: 2_000_000, ..Price::default() });
    }
    parts
}

async fn aside(talk: &mut Talk, text: &str) -> Aside {
    let Event::Aside(aside) = talk.ask(question(text), is_aside).await else { unreachable!() };
    aside
}

#[test]
fn words_that_steer_take_the_place_of_those_that_wait() {
    let project = Project::new();
    let server =
        Server::start(Wire::Chat, vec![waiting_command(), Reply::text("Done.").into(), Reply::text("Again.").into()]);
    soon(async {
        let mut talk = Talk::begin(parts(&project, &server));
        talk.ask(words("do it"), |event| matches!(event, Event::ToolStarted(_))).await;
        talk.send(words("in German")).await;
        talk.send(steer(&["in French", "and short"])).await;
        go(&project);
        talk.until(|event| matches!(event, Event::Outcome(_))).await;
        // Nothing is going on that it could steer.
        talk.send(steer(&["too late"])).await;
        talk.task("once more").await;
        let spoken = talk.end().await.into_iter().filter_map(|record| match record.event {
            Event::UserMessage(UserMessage { source, text, .. }) => Some((source, text)),
            _ => None,
        });
        let expected = [
            (Source::Task, "do it"),
            (Source::Steer, "in French"),
            (Source::Steer, "and short"),
            (Source::Task, "once more"),
        ];
        let expected = expected.map(|(source, text)| (source, text.to_owned()));
        assert_eq!(spoken.collect::<Vec<_>>(), expected);
    });
    server.assert_no_violations();
}

#[test]
fn words_that_a_task_leaves_behind_are_dropped() {
    let project = Project::new();
    let server = Server::start(Wire::Chat, vec![waiting_command(), Reply::text("Done.").into()]);
    soon(async {
        let mut talk = Talk::begin(parts(&project, &server));
        talk.ask(words("do it"), |event| matches!(event, Event::ToolStarted(_))).await;
        talk.send(steer(&["left behind"])).await;
        talk.send(Command::Interrupt(Signal::Int)).await;
        talk.until(|event| matches!(event, Event::Outcome(_))).await;
        assert_eq!(talk.task("something else").await.status, Status::Done);
        let records = talk.end().await;
        assert!(!format!("{records:?}").contains("left behind"));
    });
}

#[test]
fn another_mode_takes_effect_with_the_next_step() {
    let project = Project::new();
    let write = |name: &str| -> Step { Reply::call("write", json!({"path": name, "content": "x\n"})).into() };
    let done = || -> Step { Reply::text("Done.").into() };
    let server = Server::start(Wire::Chat, vec![waiting_command(), write("asked"), done(), write("unasked"), done()]);
    soon(async {
        let mut talk = Talk::begin(Parts {
            policy: Policy { jailed: true, attended: true, ..Policy::new(Mode::Auto) },
            ..parts(&project, &server)
        });
        talk.ask(words("do it"), |event| matches!(event, Event::ToolStarted(_))).await;
        talk.send(Command::SetMode(Mode::Ask)).await;
        go(&project);
        let Event::Asked(ask) = talk.until(|event| matches!(event, Event::Asked(_))).await else { unreachable!() };
        talk.send(Command::Answer { ask: ask.id, answer: agent::base::access::Answer::Deny { comment: None } }).await;
        talk.until(|event| matches!(event, Event::Outcome(_))).await;
        let changed = |event: &Event| matches!(event, Event::ModeChanged { .. });
        let event = talk.ask(Command::SetMode(Mode::Auto), changed).await;
        assert_eq!(event, Event::ModeChanged { from: Mode::Ask, to: Mode::Auto });
        assert!(talk.notice(Command::SetMode(Mode::Full)).await.contains("opened anew"));
        talk.task("write it").await;
        let records = talk.end().await;
        let kinds = |wanted: fn(&Event) -> bool| records.iter().filter(|record| wanted(&record.event)).count();
        assert_eq!(kinds(|event| matches!(event, Event::Asked(_))), 1);
        assert_eq!(kinds(|event| matches!(event, Event::ModeChanged { .. })), 2, "what is so already is no change");
    });
    assert!(project.exists("unasked") && !project.exists("asked"));
    let system = |nth: usize| messages(&server, nth)[0].clone();
    assert_eq!(system(0), system(4), "what the model was told stays");
}

#[test]
fn a_question_beside_the_work_is_answered_and_forgotten() {
    let project = Project::new();
    let texts_of = ["First.", "Beside.", "Second."];
    let server = Server::start(Wire::Chat, texts_of.map(|text| Reply::text(text).into()).into());
    soon(async {
        let parts = priced(&project, &server);
        let ledger = parts.ledger.clone();
        let mut talk = Talk::begin(parts);
        let first = talk.task("one").await;
        let aside = aside(&mut talk, "and by the way?").await;
        assert_eq!((aside.question.as_str(), aside.answer.as_str()), ("and by the way?", "Beside."));
        assert_eq!((aside.tokens.input, aside.cost_usd, aside.error), (100, Some(Usd(140)), None));
        let second = talk.task("two").await;
        assert_eq!((first.cost_usd, second.cost_usd, second.turns), (Some(Usd(140)), Some(Usd(140)), 1));
        assert_eq!(talk.deltas, "First.Second.", "its words are not taken for the answer's");
        talk.end().await;
        let cost = ledger.costs(By::Session, 0).unwrap().remove(0);
        assert_eq!((cost.requests, cost.spent, cost.unsettled), (3, Usd(420), 0), "it is in the session's money");
    });
    let (before, beside, after) = (messages(&server, 0), messages(&server, 1), messages(&server, 2));
    assert_eq!(beside[..before.len()], before[..], "it begins as the work's requests do");
    assert!(texts(beside.last().unwrap()).contains("and by the way?"));
    assert_eq!(after[..before.len()], before[..]);
    assert!(!after.iter().any(|message| texts(message).contains("by the way") || texts(message).contains("Beside")));
    let tools = |nth: usize| server.requests()[nth].body["tools"].clone();
    assert_eq!(tools(0), tools(1));
    server.assert_no_violations();
}

#[test]
fn a_question_in_the_middle_of_a_task_comes_between_its_steps_and_runs_nothing() {
    let project = Project::new();
    let calls = Reply::call("write", json!({"path": "beside", "content": "x\n"}));
    let server = Server::start(Wire::Chat, vec![waiting_command(), calls.into(), Reply::text("Done.").into()]);
    soon(async {
        let mut talk = Talk::begin(parts(&project, &server));
        talk.ask(words("do it"), |event| matches!(event, Event::ToolStarted(_))).await;
        talk.send(question("what is it doing?")).await;
        go(&project);
        let Event::Aside(aside) = talk.until(is_aside).await else { unreachable!() };
        assert!(aside.answer.contains("wanted to run `write`"), "{}", aside.answer);
        let Event::Outcome(end) = talk.until(|event| matches!(event, Event::Outcome(_))).await else { unreachable!() };
        assert_eq!((end.status, end.turns, end.summary.as_str()), (Status::Done, 2, "Done."));
        talk.end().await;
    });
    assert!(!project.exists("beside"));
    let (first, last) = (messages(&server, 0), messages(&server, 2));
    assert_eq!(last[..first.len()], first[..]);
    assert!(!last.iter().any(|message| texts(message).contains("what is it doing?")));
    server.assert_no_violations();
}

#[test]
fn a_question_that_fails_says_why() {
    let project = Project::new();
    let refused = Step::Status { code: 500, headers: Vec::new(), body: "{}".into() };
    let server = Server::start(Wire::Chat, vec![refused, Step::Hang]);
    soon(async {
        let mut talk = Talk::begin(parts(&project, &server));
        let failed = aside(&mut talk, "are you there?").await;
        assert!(failed.answer.is_empty() && failed.error.is_some(), "{failed:?}");
        talk.send(question("and now?")).await;
        while server.requests().len() < 2 {
            tokio::task::yield_now().await;
        }
        talk.send(Command::Interrupt(Signal::Int)).await;
        let Event::Aside(stopped) = talk.until(is_aside).await else { unreachable!() };
        assert_eq!(stopped.error.unwrap().message, "interrupted");
        let records = talk.end().await;
        assert!(
            !records.iter().any(|record| matches!(record.event, Event::TurnFinished(_) | Event::TurnStarted { .. }))
        );
    });
}

#[test]
fn a_question_that_no_budget_has_room_for_is_not_asked() {
    let project = Project::new();
    let server = Server::start(Wire::Chat, Vec::new());
    soon(async {
        let mut parts = priced(&project, &server);
        parts.limits.max_cost = Some(Usd(1));
        let ledger = parts.ledger.clone();
        let mut talk = Talk::begin(parts);
        let aside = aside(&mut talk, "can I afford it?").await;
        assert_eq!(aside.error.unwrap().kind, agent::base::Kind::Limit);
        talk.end().await;
        assert!(ledger.costs(By::Session, 0).unwrap().iter().all(|cost| cost.spent == Usd(0) && cost.unsettled == 0));
    });
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn the_model_is_told_what_the_user_ran() {
    let project = Project::new();
    let server = Server::start(Wire::Chat, vec![Reply::text("I see.").into(), Reply::text("Still.").into()]);
    let ran = |output: &str, exit| Command::Ran { command: "make".into(), output: output.into(), exit };
    soon(async {
        let mut talk = Talk::begin(parts(&project, &server));
        talk.send(ran("```\nfenced\n```\n", Some(2))).await;
        talk.send(ran("", None)).await;
        talk.send(ran(&"a long line of output\n".repeat(100_000), Some(0))).await;
        talk.task("what went wrong?").await;
        talk.end().await;
    });
    let told = texts(messages(&server, 0).last().unwrap());
    assert!(told.contains("The user ran `make` (exit 2):\n````\n```\nfenced\n```\n````"), "{}", &told[..400]);
    assert!(told.contains("The user ran `make` (it was killed). It printed nothing."));
    assert!(told.contains("bytes left out; read output:o1 in parts") && told.len() < 1_000_000, "{}", told.len());
    assert!(told.ends_with("what went wrong?\n"), "the task comes last");
    soon(async {
        let mut talk = Talk::begin(again(&project, &server));
        talk.task("and now?").await;
        talk.end().await;
    });
    assert_eq!(messages(&server, 1)[..2], messages(&server, 0)[..], "it is told the same when the session goes on");
}

#[test]
fn the_history_is_summarised_when_the_user_wants_it() {
    let project = Project::new();
    let replies = ["There are three otters.", "Goal: otters.", "Four."];
    let server = Server::start(Wire::Chat, replies.map(|text| Reply::text(text).into()).into());
    soon(async {
        let mut talk = Talk::begin(parts(&project, &server));
        let compact = || Command::Compact { focus: Some("the otters' names".into()) };
        assert_eq!(talk.notice(compact()).await, "there is nothing to summarise yet");
        talk.task("count the otters").await;
        let is_compacted = |event: &Event| matches!(event, Event::Compacted { .. });
        let Event::Compacted { summary, by, .. } = talk.ask(compact(), is_compacted).await else { unreachable!() };
        assert_eq!((summary.as_str(), by.as_deref()), ("Goal: otters.", Some("lab/test-model")));
        talk.task("and now?").await;
        talk.end().await;
    });
    assert!(
        texts(messages(&server, 1).last().unwrap())
            .contains("Above all, keep what the user asks for here: the otters' names")
    );
    let last: String = messages(&server, 2).iter().map(texts).collect();
    assert!(
        last.contains("Goal: otters.") && last.contains("count the otters") && !last.contains("three otters"),
        "{last}"
    );
    server.assert_no_violations();
}

#[test]
fn a_session_that_is_closed_without_a_task_is_whole() {
    let project = Project::new();
    let server = Server::start(Wire::Chat, vec![Reply::text("Here.").into()]);
    soon(async {
        let talk = Talk::begin(parts(&project, &server));
        talk.send(Command::Interrupt(Signal::Term)).await;
        talk.send(Command::Answer { ask: 7, answer: agent::base::access::Answer::Deny { comment: None } }).await;
        assert_eq!(talk.end().await, []);
        let mut talk = Talk::begin(again(&project, &server));
        assert_eq!(talk.task("are you there?").await.status, Status::Done);
        talk.end().await;
    });
}
