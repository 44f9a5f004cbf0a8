//! Around a failover: who is left alone and for how long, who is asked then, what it comes to when nobody answers, and what
//! no other model would mend.

use super::ending::*;
use super::vendors::*;
use crate::net::talk::{events, message, side_by_side, status};
use crate::support::*;
use agent::store::moment;
use rustix::process::Signal;
use serde_json::{Value, json};

const SONNET: &str = "anthropic/claude-sonnet-5";
const SOL: &str = "openai/gpt-6-sol";
const MINUTE: u64 = 60_000;

fn done(text: &str) -> Step {
    Step::Reply(Reply::text(text).usage(paid()))
}

fn refusal(wire: Wire, code: u16) -> Step {
    status(code, &[], Server::error_body(wire, code, "not you"))
}

fn busy(wire: Wire, seconds: &str) -> Step {
    status(429, &[("Retry-After", seconds)], Server::error_body(wire, 429, "too many requests"))
}

/// A server of Messages, one of Responses, and a project that asks them in this order.
fn two(first: Vec<Step>, second: Vec<Step>, settings: &str) -> (Project, Server, Server) {
    let (first, second) = (Server::start(Wire::Messages, first), Server::start(Wire::Responses, second));
    let vendors = [(Wire::Messages, first.base_url()), (Wire::Responses, second.base_url())];
    let project = asking(&vendors.each_ref().map(|(wire, url)| (*wire, url.as_str())), settings);
    (project, first, second)
}

#[track_caller]
fn run(project: &Project, args: &[&str]) -> Outcome {
    project.run(&[&["--json"], args, &["say it"]].concat())
}

/// The notices of a run that name a model which is left alone.
fn left_alone(outcome: &Outcome) -> Vec<String> {
    let notices = events(outcome, "notice");
    let texts = notices.iter().map(|notice| notice["text"].as_str().expect("a text").to_owned());
    texts.filter(|text| text.contains("is left alone until")).collect()
}

fn causes(outcome: &Outcome) -> Vec<Value> {
    events(outcome, "switched").into_iter().map(|switched| switched["cause"].clone()).collect()
}

#[test]
fn a_vendor_that_asks_for_ten_minutes_is_left_alone_by_the_next_run_too() {
    let (project, first, second) = two(vec![busy(Wire::Messages, "600")], vec![done("One."), done("Two.")], AT_ONCE);
    let before = moment::now();
    let outcome = run(&project, &[]).code(0);
    assert_eq!(causes(&outcome), ["overloaded"]);
    let known = cooling(&project, "anthropic").expect("it is left alone");
    assert!((before + 10 * MINUTE..=moment::now() + 10 * MINUTE).contains(&known.until), "{known:?}");
    assert_eq!(known.strikes, 1);

    let outcome = run(&project, &[]).code(0);
    assert_eq!((first.requests().len(), second.requests().len()), (1, 2), "the first is not asked at all");
    assert!(causes(&outcome).is_empty(), "nothing was asked yet, so nothing is left behind\n{outcome}");
    let said = left_alone(&outcome);
    assert_eq!(said.len(), 1, "{outcome}");
    assert!(said[0].starts_with(&format!("{SONNET} is left alone until 2")), "{said:?}");
    assert!(said[0].contains("anthropic answered 429") && said[0].ends_with(&format!("; {SOL} is asked")), "{said:?}");
    assert_eq!(outcome.outcome()["summary"], "Two.");

    let_time_pass(&project, "anthropic");
    first.push(done("Three."));
    let outcome = run(&project, &[]).code(0);
    assert_eq!(outcome.outcome()["summary"], "Three.", "the next task goes back to it");
    assert!(left_alone(&outcome).is_empty() && causes(&outcome).is_empty(), "{outcome}");
    assert_eq!(cooling(&project, "anthropic"), None, "it answered, so its strikes are forgotten");
    first.assert_no_violations();
    second.assert_no_violations();
}

#[test]
fn a_vendor_that_fails_again_is_left_alone_for_twice_as_long() {
    let failing = (0..3).map(|_| refusal(Wire::Messages, 503)).collect();
    let (project, _first, _second) = two(failing, vec![done("One."), done("Two."), done("Three.")], AT_ONCE);
    for (strikes, minutes) in [(1, 1), (2, 2), (3, 4)] {
        let before = moment::now();
        run(&project, &[]).code(0);
        let known = cooling(&project, "anthropic").expect("it is left alone");
        assert_eq!(known.strikes, strikes);
        assert!((before + minutes * MINUTE..=moment::now() + minutes * MINUTE).contains(&known.until), "{known:?}");
        let_time_pass(&project, "anthropic");
    }
}

/// Some servers repeat it.
#[test]
fn no_key_is_kept_with_what_a_vendor_said() {
    let body = Server::error_body(Wire::Messages, 503, "no room for key-of-one-1");
    let (project, _first, _second) = two(vec![status(503, &[], body)], vec![done("Two.")], AT_ONCE);
    run(&project, &[]).code(0);
    let reason = cooling(&project, "anthropic").expect("it is left alone").reason;
    assert!(reason.contains("no room for [secret"), "{reason}");
}

/// A provider is left alone as a whole; where it has the only models, the one that did not fail is asked.
#[test]
fn the_other_model_of_a_vendor_is_asked_before_the_one_that_failed() {
    let server = Server::respond_with(Wire::Messages, |request| match request.body["model"] == "claude-sonnet-5" {
        true => busy(Wire::Messages, "600"),
        false => done("By the other."),
    });
    let settings = format!("{AT_ONCE}model = [\"{SONNET}\", \"anthropic/claude-haiku-4-5\"]\n");
    let project = knowing(&[(Wire::Messages, &server.base_url())], &settings);
    assert_eq!(causes(&run(&project, &[]).code(0)), ["overloaded"]);
    let outcome = run(&project, &[]).code(0);
    assert_eq!((server.requests().len(), left_alone(&outcome).len()), (3, 1), "{outcome}");
    assert_eq!(outcome.outcome()["summary"], "By the other.");
    assert!(cooling(&project, "anthropic").is_some(), "it is said until when, and that holds");
}

/// A rejected key may be a good one a minute later, and another request may well be served.
#[test]
fn a_refusal_is_no_state_of_the_vendor() {
    let cases = [(401, "auth"), (403, "auth"), (404, "refused"), (400, "refused")];
    side_by_side(&cases, |(code, cause)| {
        let (project, first, second) =
            two(vec![refusal(Wire::Messages, *code), done("Mine.")], vec![done("Yours.")], AT_ONCE);
        let outcome = run(&project, &[]).code(0);
        let switched = events(&outcome, "switched");
        assert_eq!(switched.len(), 1, "{code}\n{outcome}");
        assert_eq!((&switched[0]["cause"], &switched[0]["to"]), (&json!(cause), &json!(SOL)), "{code}");
        assert!(switched[0].get("until").is_none(), "{code}: {}", switched[0]);
        assert!(switched[0]["reason"].as_str().unwrap().contains(&code.to_string()), "{code}: {}", switched[0]);
        assert_eq!(cooling(&project, "anthropic"), None, "{code}");
        assert_eq!(run(&project, &[]).code(0).outcome()["summary"], "Mine.", "{code}: the next task asks it again");
        assert_eq!((first.requests().len(), second.requests().len()), (2, 1), "{code}");
    });
}

#[test]
fn a_model_without_a_key_is_passed_over_and_named() {
    for (variable, missing, answers) in [("ANTHROPIC_API_KEY", SONNET, "Second."), ("OPENAI_API_KEY", SOL, "First.")] {
        let (project, _first, _second) = two(vec![done("First.")], vec![done("Second.")], AT_ONCE);
        let project = project.env(variable, "");
        let outcome = run(&project, &[]).code(0);
        assert_eq!(outcome.outcome()["summary"], answers);
        let notices = events(&outcome, "notice");
        let said =
            |notice: &Value| notice["text"].as_str().unwrap().starts_with(&format!("{missing} cannot be asked: "));
        assert!(notices.iter().any(said), "{notices:?}");
        assert!(causes(&outcome).is_empty(), "{outcome}");
    }
    let (project, first, second) = two(vec![], vec![], AT_ONCE);
    let outcome = run(&project.env("ANTHROPIC_API_KEY", "").env("OPENAI_API_KEY", ""), &[]).code(3);
    assert_eq!(outcome.outcome()["status"], "auth");
    assert!(first.requests().is_empty() && second.requests().is_empty());
}

/// One for whom there are no credentials is no reason to stop where others can be asked.
#[test]
fn a_model_without_credentials_is_passed_over_and_named() {
    let second = Server::start(Wire::Responses, vec![done("Second.")]);
    let missing = "vertex/gemini-3.8-flash";
    let settings = format!("{AT_ONCE}model = [\"{missing}\", \"{SOL}\"]\n");
    let project = knowing(&[(Wire::Responses, &second.base_url())], &settings).env("GOOGLE_CLOUD_PROJECT", "mine");
    let outcome = run(&project, &[]).code(0);
    assert_eq!(outcome.outcome()["summary"], "Second.");
    let notices = events(&outcome, "notice");
    let said = |notice: &Value| notice["text"].as_str().unwrap().starts_with(&format!("{missing} cannot be asked: "));
    assert!(notices.iter().any(said), "{notices:?}");
}

/// What the router chooses among.
fn chosen(first: &Server, second: &Server, settings: &str) -> Project {
    let settings = format!("{AT_ONCE}model = \"auto\"\nroute.candidates = [\"{SONNET}\", \"{SOL}\"]\n{settings}");
    knowing(&[(Wire::Messages, &first.base_url()), (Wire::Responses, &second.base_url())], &settings)
}

#[test]
fn where_the_router_finds_all_left_alone_one_is_asked_all_the_same() {
    let first = Server::start(Wire::Messages, vec![refusal(Wire::Messages, 503), done("Back.")]);
    let second = Server::start(Wire::Responses, vec![refusal(Wire::Responses, 503), done("Back.")]);
    let project = chosen(&first, &second, "");
    run(&project, &[]).code(4);
    assert!(cooling(&project, "anthropic").is_some() && cooling(&project, "openai").is_some());
    assert_eq!(run(&project, &[]).code(0).outcome()["summary"], "Back.");
}

/// Not a matter of the configuration.
#[test]
fn a_task_that_no_model_on_offer_can_do_for_the_money_left_is_a_limit() {
    let (first, second) = (Server::start(Wire::Messages, vec![]), Server::start(Wire::Responses, vec![]));
    let outcome = run(&chosen(&first, &second, ""), &["--max-cost", "0.0001"]).code(5);
    assert!(message(&outcome).contains("are left"), "{outcome}");
    assert!(first.requests().is_empty() && second.requests().is_empty());
}

#[test]
fn when_all_fail_each_of_them_is_named() {
    let cases: [(u16, u16, i32, &str); 4] =
        [(503, 401, 4, "provider"), (401, 404, 4, "provider"), (401, 403, 3, "auth"), (500, 429, 4, "provider")];
    side_by_side(&cases, |(one, other, exit, status)| {
        let (project, first, second) =
            two(vec![refusal(Wire::Messages, *one)], vec![refusal(Wire::Responses, *other)], AT_ONCE);
        let outcome = run(&project, &[]).code(*exit);
        assert_eq!(outcome.outcome()["status"], *status);
        let words = message(&outcome);
        assert!(words.starts_with("no model could be asked: "), "{words}");
        for named in [format!("{SONNET}: anthropic answered {one}"), format!("{SOL}: openai answered {other}")] {
            assert!(words.contains(&named), "{words}");
        }
        assert_eq!((first.requests().len(), second.requests().len()), (1, 1), "{one}, {other}: each is asked once");
        assert_eq!(costs(&project, &[])["total"]["unsettled_requests"], 0);
    });
}

/// The first has no patience left for it; the last has all of the budget, and going back to the first adds nothing to it.
#[test]
fn all_waits_together_are_bounded_by_the_budget() {
    let first = Server::respond_with(Wire::Messages, |_| refusal(Wire::Messages, 500));
    let second = Server::respond_with(Wire::Responses, |_| refusal(Wire::Responses, 500));
    let settings = "failover.patience = \"0s\"\nnetwork.retry_budget = \"1200ms\"\n";
    let vendors = [(Wire::Messages, first.base_url()), (Wire::Responses, second.base_url())];
    let project = asking(&vendors.each_ref().map(|(wire, url)| (*wire, url.as_str())), settings);
    let outcome = run(&project, &[]).code(4);
    let waits: Vec<u64> =
        events(&outcome, "waiting").iter().map(|waiting| waiting["wait_ms"].as_u64().unwrap()).collect();
    assert!(waits.iter().sum::<u64>() <= 1200, "{waits:?}");
    assert!(waits.iter().any(|wait| *wait >= 375), "the last one is tried again: {waits:?}");
    let words = message(&outcome);
    assert!(words.contains(SONNET) && words.contains(SOL), "{words}");
}

#[test]
fn one_that_may_answer_soon_is_asked_once_more_after_all_others_refused() {
    let settings = "failover.patience = \"0s\"\nnetwork.retry_budget = \"20s\"\n";
    let (project, first, second) =
        two(vec![busy(Wire::Messages, "0"), done("After all.")], vec![refusal(Wire::Responses, 401)], settings);
    let outcome = run(&project, &[]).code(0);
    assert_eq!(outcome.outcome()["summary"], "After all.");
    assert_eq!(causes(&outcome), ["overloaded", "returned"]);
    assert_eq!((first.requests().len(), second.requests().len()), (2, 1));
    assert_eq!(cooling(&project, "anthropic"), None, "it answered");
}

#[test]
fn what_no_other_model_would_mend_is_no_reason_to_ask_one() {
    let refused = Reply::default().and(Say::Refuse("I will not.".into()));
    let cut = Reply::text("And so on and").stop("max_tokens");
    let cases = [
        (refused, vec![], 1, "incomplete"),
        (cut, vec![], 1, "incomplete"),
        (Reply::default(), vec![], 1, "incomplete"),
        (Reply::call("read", json!({"path": "a.txt"})), vec!["--max-turns", "1"], 5, "limit"),
    ];
    side_by_side(&cases, |(reply, args, exit, status)| {
        let (project, first, second) = two(vec![Step::Reply(reply.clone())], vec![done("Never asked.")], AT_ONCE);
        let outcome = run(&project, args).code(*exit);
        assert_eq!(outcome.outcome()["status"], *status, "{outcome}");
        assert_eq!((first.requests().len(), second.requests().len()), (1, 0), "{outcome}");
        assert!(causes(&outcome).is_empty(), "{outcome}");
    });
}

#[test]
fn a_limit_holds_for_whoever_took_over() {
    let read = Step::Reply(Reply::call("read", json!({"path": "a.txt"})).usage(paid()));
    let (project, _first, second) = two(vec![refusal(Wire::Messages, 529)], vec![read], AT_ONCE);
    let outcome = run(&project, &["--max-turns", "1"]).code(5);
    assert_eq!((causes(&outcome), second.requests().len()), (vec![json!("overloaded")], 1));
}

#[test]
fn an_interrupt_in_the_middle_of_a_failover_ends_the_run_and_settles_its_money() {
    let settings = "failover.patience = \"0s\"\n";
    let waiting = two(vec![refusal(Wire::Messages, 401)], vec![busy(Wire::Responses, "60")], settings);
    let silent = two(vec![refusal(Wire::Messages, 401)], vec![Step::Hang], settings);
    for ((project, _first, second), sign) in [(waiting, "\"waiting\""), (silent, "\"switched\"")] {
        let running = Running::start(&project, project.command(&["run", "--json", "x"]));
        wait_until("the second is asked", || !second.requests().is_empty());
        wait_until(sign, || std::fs::read_to_string(&project.sessions()[0]).unwrap().contains(sign));
        running.signal(Signal::INT);
        let outcome = running.end().code(130);
        assert_eq!(outcome.outcome()["status"], "interrupted");
        let total = &costs(&project, &[])["total"];
        assert_eq!((&total["unsettled_requests"], &total["unsettled_usd"]), (&json!(0), &json!("0.0000")), "{total}");
    }
}

#[test]
fn a_session_that_goes_on_after_a_failover_stays_with_who_took_over_as_long_as_it_must() {
    let (project, first, second) = two(vec![busy(Wire::Messages, "600")], vec![done("One."), done("Two.")], AT_ONCE);
    run(&project, &[]).code(0);
    let outcome = run(&project, &["--continue"]).code(0);
    assert_eq!((first.requests().len(), second.requests().len()), (1, 2), "it goes on with the second");
    let said = left_alone(&outcome);
    assert!(said.len() == 1 && said[0].ends_with(&format!("; {SOL} is asked")), "and says why: {outcome}");
    assert!(causes(&outcome).is_empty(), "{outcome}");

    let_time_pass(&project, "anthropic");
    first.push(done("Three."));
    let outcome = run(&project, &["--continue"]).code(0);
    let switched = events(&outcome, "switched");
    assert_eq!(switched.len(), 1, "{outcome}");
    assert_eq!((&switched[0]["from"], &switched[0]["to"]), (&json!(SOL), &json!(SONNET)));
    assert_eq!(switched[0]["cause"], "returned");
    assert_eq!(outcome.outcome()["summary"], "Three.");
    first.assert_no_violations();
    second.assert_no_violations();
}

#[test]
fn models_can_be_listed_on_the_command_line_and_in_the_environment() {
    let list = format!("{SONNET},{SOL}");
    let doubled = format!("{SONNET}, {SONNET},{SOL},{SONNET}");
    let cases: [(&[&str], Option<&str>); 4] = [
        (&["-m", &list], None),
        (&[], Some(&list)),
        (&["-m", &doubled], Some("lab/unknown")),
        (&["-c", &format!("model={list}")], None),
    ];
    for (args, variable) in cases {
        let first = Server::start(Wire::Messages, vec![refusal(Wire::Messages, 401)]);
        let second = Server::start(Wire::Responses, vec![done("Listed.")]);
        let vendors = [(Wire::Messages, first.base_url()), (Wire::Responses, second.base_url())];
        let project = knowing(&vendors.each_ref().map(|(wire, url)| (*wire, url.as_str())), AT_ONCE);
        let project = variable.into_iter().fold(project, |project, list| project.env("AGENT_MODEL", list));
        let outcome = run(&project, args).code(0);
        assert_eq!(outcome.outcome()["summary"], "Listed.", "{args:?}");
        assert_eq!((first.requests().len(), second.requests().len()), (1, 1), "{args:?}");
    }
}

#[test]
fn only_the_first_is_asked_while_its_answers_are_recorded() {
    let (project, first, second) = two(vec![refusal(Wire::Messages, 529)], vec![done("Never asked.")], AT_ONCE);
    let path = project.home().join("recording.jsonl");
    let outcome = run(&project, &["--record", path.to_str().unwrap()]).code(4);
    assert_eq!((first.requests().len(), second.requests().len()), (1, 0));
    let notices = events(&outcome, "notice");
    let wanted = format!("only {SONNET} is asked while its answers are recorded");
    assert!(notices.iter().any(|notice| notice["text"] == wanted.as_str()), "{notices:?}");
}

/// What is sent to one model is only ever added to, so that its cache holds what it held, also when another one was asked
/// in between.
#[test]
fn requests_to_one_model_grow_only_at_their_end_also_after_others_were_asked() {
    let read =
        || Step::Reply(Reply::default().think("I look.").and_call("read", json!({"path": "a.txt"})).usage(paid()));
    let (project, first, second) =
        two(vec![read(), read(), busy(Wire::Messages, "600")], vec![read(), done("By the second.")], AT_ONCE);
    let outcome = run(&project, &[]).code(0);
    assert_eq!(causes(&outcome), ["overloaded"], "{outcome}");
    let_time_pass(&project, "anthropic");
    [read(), done("By the first.")].into_iter().for_each(|step| first.push(step));
    assert_eq!(run(&project, &["--continue"]).code(0).outcome()["summary"], "By the first.");
    for (server, asked) in [(&first, 5), (&second, 2)] {
        server.assert_no_violations();
        let requests = server.requests();
        assert_eq!(requests.len(), asked);
        for pair in requests.windows(2) {
            let before = pair[0].raw.strip_suffix(b"]}").expect("the list is the last field");
            assert!(pair[1].raw.starts_with(before), "{:?}: the beginning of the request changed", server.wire());
        }
    }
}
