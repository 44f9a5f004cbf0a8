//! A failover into a smaller window, and what makes room in a full one: a summary, by whom and for how much, or a larger
//! model where that is preferred.

use super::ending::PATIENCE;
use super::steering::{parts, words};
use super::vendors::*;
use crate::net::talk::{events, status};
use crate::support::*;
use agent::base::event::{Event, Role, Status};
use agent::base::model::{Price, Wire as Protocol};
use agent::base::port::{Item, Port};
use agent::provider::{Endpoint, codec};
use agent::session::{Candidate, Parts, start};
use futures_util::StreamExt;
use serde_json::{Value, json};

const SONNET: &str = "anthropic/claude-sonnet-5";
const SOL: &str = "openai/gpt-6-sol";
const LAB: &str = "lab/test-model";
const SUMMARY: &str = "The conversation is about to be shortened";

/// A vendor of Chat with a window of so many tokens, by its own count of four bytes a token.
fn small(context: usize) -> Server {
    Server::respond_with(Wire::Chat, move |request| {
        let text = String::from_utf8_lossy(&request.raw).into_owned();
        let input = text.len() / 4;
        let room = request.body["max_tokens"].as_u64().or(request.body["max_completion_tokens"].as_u64()).unwrap();
        if input as u64 + room > context as u64 {
            let message = format!("This model's maximum context length is {context} tokens.");
            let error = json!({"error": {"message": message, "type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded"}});
            return status(400, &[], error.to_string());
        }
        let words = if text.contains(SUMMARY) { "What was done so far." } else { "Done in a small window." };
        let usage = TokenUse { input: input as u64, cached: 0, cache_written: 0, output: 50, reasoning: 0 };
        Step::Reply(Reply::text(words).usage(usage))
    })
}

fn filler(bytes: usize) -> String {
    "a line of some length in a file\n".repeat(bytes / 32)
}

fn read(nth: usize) -> Step {
    let path = format!("file_{nth}");
    Step::Reply(Reply::default().think("I look.").and_call("read", json!({ "path": path })).usage(paid()))
}

/// Long words of the model itself, which no pruning takes out.
fn talk(nth: usize) -> Step {
    let words = "words that stay in the history ".repeat(900);
    Step::Reply(Reply::text(words).and_call("read", json!({"path": format!("file_{nth}")})).usage(paid()))
}

fn busy(wire: Wire) -> Step {
    status(429, &[("Retry-After", "600")], Server::error_body(wire, 429, "too many"))
}

fn with_files(project: Project) -> Project {
    (0..12).fold(project, |project, nth| project.file(&format!("file_{nth}"), &filler(6000)))
}

fn window(context: usize) -> String {
    format!("models.\"{LAB}\".context = {context}\nmodels.\"{LAB}\".max_output = 2000\n")
}

#[track_caller]
fn run(project: &Project, args: &[&str]) -> Outcome {
    project.run(&[&["--json"], args, &["read them all"]].concat())
}

fn switches(outcome: &Outcome) -> Vec<(Value, Value)> {
    let switched = events(outcome, "switched");
    switched.iter().map(|switched| (switched["to"].clone(), switched["cause"].clone())).collect()
}

#[track_caller]
fn is(outcome: &Outcome, wanted: &[(&str, &str)]) {
    let wanted: Vec<(Value, Value)> = wanted.iter().map(|(to, cause)| (json!(to), json!(cause))).collect();
    assert_eq!(switches(outcome), wanted, "{outcome}");
}

#[test]
fn old_outputs_go_first_where_the_next_window_is_smaller() {
    let first = Server::start(Wire::Messages, (0..10).map(read).chain([busy(Wire::Messages)]).collect());
    let second = small(24_000);
    let vendors = [(Wire::Messages, first.base_url()), (Wire::Chat, second.base_url())];
    let vendors = vendors.each_ref().map(|(wire, url)| (*wire, url.as_str()));
    let project = with_files(asking(&vendors, &format!("{AT_ONCE}{}", window(24_000))));
    let outcome = run(&project, &[]).code(0);
    assert_eq!(outcome.outcome()["summary"], "Done in a small window.");
    is(&outcome, &[(LAB, "overloaded")]);
    assert_eq!((events(&outcome, "pruned").len(), events(&outcome, "compacted").len()), (1, 0), "{outcome}");
    assert_eq!(second.requests().len(), 1, "nothing is sent that would not fit");
    first.assert_no_violations();
    second.assert_no_violations();
}

#[test]
fn a_summary_says_who_wrote_it_and_what_it_cost() {
    let first = Server::start(Wire::Messages, (0..4).map(talk).chain([busy(Wire::Messages)]).collect());
    let second = small(24_000);
    let vendors = [(Wire::Messages, first.base_url()), (Wire::Chat, second.base_url())];
    let vendors = vendors.each_ref().map(|(wire, url)| (*wire, url.as_str()));
    // Going back to the one that failed is no way out, however large it is.
    for settings in ["", "context.full = \"larger\"\n"] {
        let project = with_files(asking(&vendors, &format!("{AT_ONCE}{settings}{}", window(24_000))));
        if first.requests().len() > 4 {
            (0..4).map(talk).chain([busy(Wire::Messages)]).for_each(|step| first.push(step));
        }
        let outcome = run(&project, &[]).code(0);
        is(&outcome, &[(LAB, "overloaded")]);
        let compacted = events(&outcome, "compacted");
        assert_eq!(compacted.len(), 1, "{outcome}");
        assert_eq!((&compacted[0]["by"], &compacted[0]["summary"]), (&json!(LAB), &json!("What was done so far.")));
        let turns = events(&outcome, "turn_finished");
        let asked: Vec<&Value> = turns.iter().filter(|turn| turn["role"] == "fast").collect();
        assert_eq!(asked.len(), 1, "{outcome}");
        assert_eq!((&asked[0]["model"], &asked[0]["cost_usd"]), (&json!(LAB), &compacted[0]["cost_usd"]));
        assert!(micro(&compacted[0]["cost_usd"]) > 0);
        let paid: u64 = turns.iter().map(|turn| micro(&turn["cost_usd"])).sum();
        assert_eq!(micro(&costs(&project, &[])["total"]["cost_usd"]), paid);
    }
    first.assert_no_violations();
    second.assert_no_violations();
}

/// Two windows in a row are too small, each smaller than the one before: room is made for each.
#[test]
fn room_is_made_for_one_after_the_other() {
    let first = Server::start(Wire::Messages, (0..4).map(talk).chain([busy(Wire::Messages)]).collect());
    let second = Server::start(
        Wire::Responses,
        vec![Step::Reply(Reply::text("What was done. ".repeat(2200)).usage(paid())), busy(Wire::Responses)],
    );
    let third = small(12_000);
    let vendors =
        [(Wire::Messages, first.base_url()), (Wire::Responses, second.base_url()), (Wire::Chat, third.base_url())];
    let vendors = vendors.each_ref().map(|(wire, url)| (*wire, url.as_str()));
    let middle = format!("models.\"{SOL}\".context = 30000\nmodels.\"{SOL}\".max_output = 2000\n");
    let project = with_files(asking(&vendors, &format!("{AT_ONCE}{middle}{}", window(12_000))));
    let outcome = run(&project, &[]).code(0);
    is(&outcome, &[(SOL, "overloaded"), (LAB, "overloaded")]);
    let compacted = events(&outcome, "compacted");
    assert_eq!((compacted.len(), &compacted[0]["by"]), (2, &json!(SOL)), "{outcome}");
    assert_eq!(outcome.outcome()["summary"], "Done in a small window.");
}

#[test]
fn a_window_with_room_is_taken_before_a_nearer_one_without() {
    let first = Server::start(Wire::Messages, (0..4).map(talk).chain([busy(Wire::Messages)]).collect());
    let second = small(24_000);
    let third = Server::start(Wire::Responses, vec![Step::Reply(Reply::text("Done in a large one.").usage(paid()))]);
    let vendors =
        [(Wire::Messages, first.base_url()), (Wire::Chat, second.base_url()), (Wire::Responses, third.base_url())];
    let vendors = vendors.each_ref().map(|(wire, url)| (*wire, url.as_str()));
    let project = with_files(asking(&vendors, &format!("{AT_ONCE}{}", window(24_000))));
    let outcome = run(&project, &[]).code(0);
    is(&outcome, &[(SOL, "overloaded")]);
    assert!(events(&outcome, "compacted").is_empty() && second.requests().is_empty(), "{outcome}");
}

/// A vendor of Chat that reads file after file, and says itself when its window is full.
fn reader(context: u64) -> Server {
    Server::respond_with(Wire::Chat, move |request| {
        let text = String::from_utf8_lossy(&request.raw).into_owned();
        let input = text.len() as u64 / 4;
        if input > context {
            let error = json!({"error": {"message": "prompt is too long", "type": "invalid_request_error", "param": null, "code": "context_length_exceeded"}});
            return status(400, &[], error.to_string());
        }
        let usage = TokenUse { input, cached: 0, cache_written: 0, output: 50, reasoning: 0 };
        let nth = text.matches("\"tool_call_id\"").count();
        Step::Reply(
            match [SUMMARY, "left out to save room", "Done with less."].iter().any(|words| text.contains(words)) {
                true => Reply::text("Done with less."),
                false => Reply::call("read", json!({"path": format!("file_{nth}")})),
            }
            .usage(usage),
        )
    })
}

#[test]
fn a_full_window_is_left_for_a_larger_one_where_that_is_preferred() {
    // The first by our own count, the second by the provider's.
    for (known, real) in [(16_000, 100_000), (100_000, 9_000)] {
        for (full, wanted) in [("larger", &[(SONNET, "context_full")][..]), ("compact", &[][..])] {
            let first = reader(real);
            let second = Server::start(Wire::Messages, vec![Step::Reply(Reply::text("Done with more.").usage(paid()))]);
            let vendors = [(Wire::Chat, first.base_url()), (Wire::Messages, second.base_url())];
            let vendors = vendors.each_ref().map(|(wire, url)| (*wire, url.as_str()));
            let settings = format!("{AT_ONCE}context.full = \"{full}\"\n{}", window(known));
            let project = with_files(asking(&vendors, &settings));
            let outcome = run(&project, &[]).code(0);
            is(&outcome, wanted);
            let words = if full == "larger" { "Done with more." } else { "Done with less." };
            assert_eq!(outcome.outcome()["summary"], words, "{full} {known}");
            let rewritten = events(&outcome, "pruned").len() + events(&outcome, "compacted").len();
            assert_eq!(rewritten > 0, full == "compact", "{full} {known}\n{outcome}");
            let turns = events(&outcome, "turn_finished");
            let missed = turns.iter().any(|turn| turn["cache_miss"]["cause"] == "history");
            assert_eq!(missed, full == "compact", "{full} {known}: what was shortened is not in the cache\n{outcome}");
            first.assert_no_violations();
            second.assert_no_violations();
            if full == "larger" {
                // What does not fit the first is not brought back to it.
                second.push(Step::Reply(Reply::text("And on.").usage(paid())));
                let outcome = run(&project, &["--continue"]).code(0);
                assert!(known == 100_000 || outcome.outcome()["summary"] == "And on.", "{outcome}");
                assert!(known == 100_000 || events(&outcome, "switched").is_empty(), "{outcome}");
            }
        }
    }
}

/// A session whose summaries are written by a model of their own.
fn with_fast(project: &Project, main: &Server, fast: &Server) -> Parts {
    let mut parts = parts(project, main);
    let model = &mut parts.candidates[0].model;
    (model.context, model.max_input, model.max_output) = (16_000, 16_000, 2000);
    let base_url = fast.base_url();
    let mut small = parts.candidates[0].model.clone();
    (small.provider, small.id) = ("small".into(), "model".into());
    let endpoint = Endpoint { provider: "small".into(), base_url, ..Endpoint::default() };
    parts.fast = Some(Candidate { model: small, provider: codec(Protocol::Chat, endpoint), authorize: None });
    parts
}

async fn all_events(parts: Parts) -> Vec<Event> {
    let (session, work) = start(parts);
    let work = tokio::spawn(work);
    session.send(words("read them all")).await.unwrap();
    let (mut reader, mut events) = (session.read(0), Vec::new());
    while !matches!(events.last(), Some(Event::Outcome(_))) {
        if let Item::Record(record) = reader.next().await.unwrap().unwrap() {
            events.push(record.event.clone());
        }
    }
    drop((session, reader));
    work.await.unwrap();
    events
}

/// Where the model for summaries fails, whoever works on the task writes its own, and goes on with it.
#[test]
fn a_model_for_summaries_that_fails_is_done_without() {
    let summary = || Step::Reply(Reply::text("Done with less.").usage(paid()));
    let refused = || status(401, &[], Server::error_body(Wire::Chat, 401, "who are you"));
    let broken = || status(500, &[], Server::error_body(Wire::Chat, 500, "not now"));
    let cases = [(summary(), "small/model"), (refused(), LAB), (broken(), LAB)];
    for (step, wanted) in cases {
        let (main, fast) = (reader(100_000), Server::start(Wire::Chat, vec![step]));
        let project = with_files(Project::new());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let work = async { tokio::time::timeout(PATIENCE, all_events(with_fast(&project, &main, &fast))).await };
        let events = runtime.block_on(work).expect("it ends");
        let Some(Event::Outcome(end)) = events.last() else { panic!("no outcome: {events:?}") };
        assert_eq!((end.status, end.summary.as_str()), (Status::Done, "Done with less."), "{wanted}");
        assert_eq!(fast.requests().len(), 1, "{wanted}");
        let by: Vec<&str> = events
            .iter()
            .filter_map(|event| if let Event::Compacted { by, .. } = event { by.as_deref() } else { None })
            .collect();
        assert_eq!(by, [wanted]);
        assert!(!events.iter().any(|event| matches!(event, Event::Switched(_))), "{wanted}: {events:?}");
        let worked =
            events.iter().filter_map(|event| if let Event::TurnFinished(turn) = event { Some(turn) } else { None });
        assert!(worked.filter(|turn| turn.role == Role::Main).all(|turn| turn.model == LAB), "{wanted}");
        main.assert_no_violations();
    }
}

#[test]
fn a_model_that_takes_no_tools_is_sent_none() {
    let main = Server::start(Wire::Chat, vec![Step::Reply(Reply::text("Only words."))]);
    let project = Project::new();
    let mut parts = parts(&project, &main);
    parts.candidates[0].model.abilities.tools = false;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, all_events(parts)).await }).expect("it ends");
    assert!(main.requests()[0].body.get("tools").is_none(), "{}", main.requests()[0].body);
}

/// No budget could be kept with it.
#[test]
fn a_model_for_summaries_without_a_price_is_not_asked_under_a_budget() {
    let (main, fast) = (reader(100_000), Server::start(Wire::Chat, vec![]));
    let project = with_files(Project::new());
    let mut parts = with_fast(&project, &main, &fast);
    parts.limits.max_cost = Some("100".parse().unwrap());
    parts.candidates[0].model.price = Some(Price::default());
    parts.fast.as_mut().unwrap().model.price = None;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let events = runtime.block_on(async { tokio::time::timeout(PATIENCE, all_events(parts)).await }).expect("it ends");
    let Some(Event::Outcome(end)) = events.last() else { panic!("no outcome: {events:?}") };
    assert_eq!(end.status, Status::Done, "{end:?}");
    assert!(fast.requests().is_empty());
}

/// The smallest picture there is: one pixel.
const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\nIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";

#[test]
fn images_and_thoughts_go_with_the_conversation_as_the_next_vendor_takes_them() {
    let pairs = [
        (Wire::Messages, Wire::Responses),
        (Wire::Responses, Wire::Messages),
        (Wire::Messages, Wire::Chat),
        (Wire::Responses, Wire::Chat),
    ];
    for (one, other) in pairs {
        let look = Reply::default().think("A picture.").and_call("read", json!({"path": "picture.png"})).usage(paid());
        let first = Server::start(one, vec![Step::Reply(look), read(0), busy(one)]);
        let second = Server::start(other, vec![read(1), Step::Reply(Reply::text("Seen.").usage(paid()))]);
        let vendors = [(one, first.base_url()), (other, second.base_url())];
        let vendors = vendors.each_ref().map(|(wire, url)| (*wire, url.as_str()));
        let project = with_files(asking(&vendors, &format!("{AT_ONCE}models.\"{LAB}\".images = true\n")));
        let project = project.bytes("picture.png", PIXEL);
        let outcome = run(&project, &["-i", "picture.png"]).code(0);
        assert_eq!(outcome.outcome()["summary"], "Seen.", "{one:?} to {other:?}");
        first.assert_no_violations();
        second.assert_no_violations();
        let sent = String::from_utf8_lossy(&second.requests()[0].raw).into_owned();
        assert!(sent.contains("iVBORw0KGgo"), "{one:?} to {other:?}: the picture is there: {sent}");
        assert!(!sent.contains("A picture."), "{one:?} to {other:?}: a foreign thought is not: {sent}");
    }
}
