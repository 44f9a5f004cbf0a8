//! Budgets: of a run, a session, a day, a project. What is reserved is seen by others while the request is under way, and
//! settled whatever becomes of it; what follows from a budget that is used up is as configured.

use super::ending::*;
use super::vendors::*;
use crate::net::talk::{events, message, side_by_side, status};
use crate::support::*;
use rustix::process::Signal;
use serde_json::{Value, json};

const SONNET: &str = "anthropic/claude-sonnet-5";
const LAB: &str = "lab/test-model";

/// At $2 and $10 for a million: $0.09.
const NINE_CENTS: TokenUse = TokenUse { input: 10_000, cached: 0, cache_written: 0, output: 7_000, reasoning: 0 };
const LITTLE: TokenUse = TokenUse { input: 1000, cached: 0, cache_written: 0, output: 100, reasoning: 0 };

fn read() -> Reply {
    Reply::call("read", json!({"path": "a.txt"}))
}

fn done(usage: TokenUse) -> Step {
    Step::Reply(Reply::text("Done.").usage(usage))
}

/// A project that asks one vendor, whose answers cost what [`NINE_CENTS`] says.
fn one(steps: Vec<Step>, settings: &str) -> (Project, Server) {
    let server = Server::start(Wire::Messages, steps);
    let project = asking(&[(Wire::Messages, &server.base_url())], settings);
    (project, server)
}

/// A dear model, and a cheap one after it.
fn two(dear: Vec<Step>, cheap: Vec<Step>, settings: &str) -> (Project, Server, Server) {
    let (dear, cheap) = (Server::start(Wire::Messages, dear), Server::start(Wire::Chat, cheap));
    let vendors = [(Wire::Messages, dear.base_url()), (Wire::Chat, cheap.base_url())];
    let project = asking(&vendors.each_ref().map(|(wire, url)| (*wire, url.as_str())), settings);
    (project, dear, cheap)
}

#[track_caller]
fn run(project: &Project, args: &[&str]) -> Outcome {
    project.run(&[&["--json"], args, &["say it"]].concat())
}

#[track_caller]
fn is_over(outcome: &Outcome, said: &str, hint: &str) {
    assert_eq!((outcome.code, &outcome.outcome()["status"]), (5, &json!("limit")), "{outcome}");
    let error = outcome.outcome()["error"].clone();
    assert!(error["message"].as_str().unwrap().contains(said), "{said}: {error}");
    assert!(error["hint"].as_str().unwrap().contains(hint), "{hint}: {error}");
}

#[test]
fn a_budget_of_the_day_or_of_the_project_holds_across_runs() {
    for (key, whose) in [("budget.day", "today's"), ("budget.project", "this month's project budget of")] {
        let settings = format!("{key} = 0.10\n");
        let (project, server) = one(vec![done(NINE_CENTS)], &settings);
        run(&project, &[]).code(0);
        let outcome = run(&project, &[]);
        is_over(
            &outcome,
            &format!("the next request could pass the limit of $0.1000: $0.0900 of {whose} $0.1000"),
            key,
        );
        assert_eq!(outcome.outcome()["cost_usd"], "0.0000", "{key}");
        is_over(&run(&project, &["--continue"]), "could pass the limit of $0.1000", key);
        assert_eq!(server.requests().len(), 1, "{key}");
        server.push(done(LITTLE));
        run(&project, &["-c", &format!("{key}=1")]).code(0);
    }
}

#[test]
fn a_budget_of_the_session_holds_for_all_that_goes_on_with_it() {
    let (project, server) = one(vec![done(NINE_CENTS)], "budget.session = 0.10\n");
    run(&project, &[]).code(0);
    is_over(&run(&project, &["--continue"]), "$0.0900 of the session's $0.1000 are used", "budget.session");
    server.push(done(LITTLE));
    run(&project, &[]).code(0);
    assert_eq!(server.requests().len(), 2, "another session has its own");
}

#[test]
fn a_budget_of_the_run_is_that_of_one_run() {
    let (project, server) = one(vec![done(NINE_CENTS), done(NINE_CENTS)], "");
    run(&project, &["--max-cost", "0.50"]).code(0);
    run(&project, &["--max-cost", "0.15", "--continue"]).code(0);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn of_several_budgets_the_one_with_the_least_left_decides() {
    let all = "budget.session = 0.30\nbudget.day = 0.20\nbudget.project = 0.40\n";
    let cases = [("0.50", "today's $0.2000", "budget.day"), ("0.10", "the run's $0.1000", "--max-cost")];
    for (most, said, hint) in cases {
        let read = || Step::Reply(read().usage(NINE_CENTS));
        let (project, server) = one(vec![read(), read(), read()], all);
        let outcome = run(&project, &["--max-cost", most]);
        is_over(&outcome, said, hint);
        let asked = if most == "0.50" { 2 } else { 1 };
        assert_eq!(server.requests().len(), asked, "{most}");
    }
}

#[test]
fn a_budget_that_is_nearly_used_up_is_said_once() {
    let steps = vec![
        Step::Reply(read().usage(TokenUse { output: 8_000, ..NINE_CENTS })),
        Step::Reply(read().usage(LITTLE)),
        Step::Reply(read().usage(LITTLE)),
        done(LITTLE),
    ];
    let (project, _server) = one(steps, "models.\"anthropic/claude-sonnet-5\" = { input = 1, output = 100 }\n");
    let outcome = run(&project, &["--max-cost", "1.00", "-c", "budget.day=10.00"]).code(0);
    let noticed = events(&outcome, "budget_noticed");
    assert_eq!(noticed.len(), 1, "{outcome}");
    let wanted = json!({"scope": "run", "limit_usd": "1.0000", "used_usd": "0.8100", "text": "$0.8100 of the run's $1.0000 are used"});
    assert_eq!(noticed[0], wanted);
}

#[test]
fn a_cheaper_model_goes_on_where_that_is_configured() {
    let settings = "budget.then = \"degrade\"\n";
    let (project, dear, cheap) = two(vec![Step::Reply(read().usage(NINE_CENTS))], vec![done(LITTLE)], settings);
    let outcome = run(&project, &["--max-cost", "0.10"]).code(0);
    let switched = events(&outcome, "switched");
    assert_eq!(switched.len(), 1, "{outcome}");
    assert_eq!((&switched[0]["to"], &switched[0]["cause"]), (&json!(LAB), &json!("budget")));
    assert!(switched[0]["reason"].as_str().unwrap().contains("could pass the limit of $0.1000"), "{}", switched[0]);
    assert_eq!((dear.requests().len(), cheap.requests().len()), (1, 1));
    let spent = NINE_CENTS_MICRO + 470;
    assert_eq!(micro(&outcome.outcome()["cost_usd"]), spent);
    let total = &costs(&project, &[])["total"];
    assert_eq!((micro(&total["cost_usd"]), &total["unsettled_requests"]), (spent, &json!(0)));
}

const NINE_CENTS_MICRO: u64 = 90_000;

/// The dear one cannot be paid and the cheap one does not answer: nobody is left, and that is an end.
#[test]
fn a_cheaper_model_that_fails_does_not_send_the_run_round_in_circles() {
    let settings = format!("{AT_ONCE}budget.then = \"degrade\"\n");
    let first = vec![Step::Reply(read().usage(NINE_CENTS))];
    let (project, dear, cheap) =
        two(first, vec![status(500, &[], Server::error_body(Wire::Chat, 500, "broken"))], &settings);
    let outcome = run(&project, &["--max-cost", "0.10"]).code(4);
    let words = message(&outcome);
    assert!(words.contains("could pass the limit of $0.1000") && words.contains("lab answered 500"), "{words}");
    assert_eq!((dear.requests().len(), cheap.requests().len()), (1, 1));
}

/// A vendor fails, and the budget has no room for a request to the one that would be next: then it is the one after that.
#[test]
fn one_that_the_budget_cannot_pay_makes_way_for_the_next() {
    let cheap = Server::start(Wire::Chat, vec![Step::Reply(read().usage(LITTLE)), status(503, &[], "{}")]);
    let dear = Server::start(Wire::Messages, vec![]);
    let last = Server::start(Wire::Responses, vec![done(LITTLE)]);
    let vendors =
        [(Wire::Chat, cheap.base_url()), (Wire::Messages, dear.base_url()), (Wire::Responses, last.base_url())];
    let vendors = vendors.each_ref().map(|(wire, url)| (*wire, url.as_str()));
    let prices = "models.\"anthropic/claude-sonnet-5\" = { input = 100, output = 500 }\n";
    let project = asking(&vendors, &format!("{AT_ONCE}{prices}"));
    let outcome = run(&project, &["--max-cost", "0.10"]).code(0);
    let switched = events(&outcome, "switched");
    let to: Vec<(&Value, &Value)> = switched.iter().map(|switched| (&switched["to"], &switched["cause"])).collect();
    assert_eq!(
        to,
        [(&json!(SONNET), &json!("overloaded")), (&json!("openai/gpt-6-sol"), &json!("budget"))],
        "{outcome}"
    );
    assert!(dear.requests().is_empty());
}

#[test]
fn where_nobody_can_be_asked_for_more_the_run_ends() {
    let (project, _server) = one(vec![Step::Reply(read().usage(NINE_CENTS))], "budget.then = \"ask\"\n");
    let outcome = run(&project, &["--max-cost", "0.10"]);
    is_over(&outcome, "could pass the limit of $0.1000", "nobody is there to be asked for more");
}

#[test]
fn who_sits_at_the_terminal_is_asked_for_more() {
    for (answer, code, asked) in [("y", 0, 2), ("n", 5, 1)] {
        let steps = vec![Step::Reply(read().usage(NINE_CENTS)), done(LITTLE)];
        let (project, server) = one(steps, "budget.then = \"ask\"\n");
        let command = project.command(&["run", "--review", "--max-cost", "0.10", "x"]);
        let mut terminal = Terminal::start(&command, &project.home().join("stdout"));
        let shown = terminal.answer("allow it? [y,n", answer);
        assert!(shown.contains("$0.0900 of the run's $0.1000 are used; allow $0.1000 more?"), "{shown}");
        assert_eq!(terminal.end(), code, "{}", terminal.text());
        assert_eq!(server.requests().len(), asked, "{answer}");
    }
}

#[test]
fn a_model_of_unknown_price_is_refused_under_any_budget() {
    let server = Server::start(Wire::Messages, vec![]);
    let project = knowing(&[(Wire::Messages, &server.base_url())], "model = \"anthropic/nobody-knows\"\n");
    let cases: [&[&str]; 4] =
        [&["--max-cost", "1"], &["-c", "budget.day=1"], &["-c", "budget.session=1"], &["-c", "budget.project=1"]];
    for args in cases {
        let outcome = run(&project, args);
        let wanted = Ending {
            exit: 2,
            status: "usage",
            message: "the price of `anthropic/nobody-knows` is not known",
            hint: "models.\"anthropic/nobody-knows\" = { input = 1.00, output = 4.00 }",
        };
        ends(&outcome, wanted);
    }
    assert!(server.requests().is_empty());
}

#[test]
fn a_budget_is_never_left_to_a_model_of_unknown_price() {
    let first = Server::start(Wire::Messages, vec![status(529, &[], "{}"), status(529, &[], "{}"), done(LITTLE)]);
    let second = Server::start(Wire::Responses, vec![done(LITTLE)]);
    let vendors = [(Wire::Messages, first.base_url()), (Wire::Responses, second.base_url())];
    let vendors = vendors.each_ref().map(|(wire, url)| (*wire, url.as_str()));
    let settings = format!("{AT_ONCE}model = [\"{SONNET}\", \"openai/nobody-knows\"]\n");
    let project = knowing(&vendors, &settings);
    let outcome = run(&project, &["--max-cost", "1"]).code(4);
    assert!(second.requests().is_empty(), "{outcome}");
    let notices = events(&outcome, "notice");
    let wanted = "openai/nobody-knows is not asked: its price is not known, so no budget can be kept with it";
    assert!(notices.iter().any(|notice| notice["text"] == wanted), "{notices:?}");
    // Left alone or not: it is the only one that may be asked.
    run(&project, &["--max-cost", "1"]).code(4);
    run(&project, &["--max-cost", "1"]).code(0);
    assert!(second.requests().is_empty());
}

#[test]
fn an_answer_is_cut_to_what_the_budget_pays_and_not_below_what_is_worth_it() {
    let most = |limit: &str| {
        let (project, server) = one(vec![done(LITTLE)], "");
        let outcome = run(&project, &["--max-cost", limit]);
        (outcome.code, server.requests().first().map(|request| request.body["max_tokens"].as_u64().expect("a number")))
    };
    let (code, asked) = most("0.05");
    let asked = asked.expect("it is asked");
    assert!(code == 0 && (1024..5000).contains(&asked), "{asked} tokens of output at $10 per million under $0.05");
    assert_eq!(most("5").1, Some(32_000), "nothing is cut where there is room");
    assert_eq!(most("0.010"), (5, None), "1,024 tokens alone cost more");
}

#[test]
fn what_is_reserved_is_seen_by_others_while_the_request_is_under_way() {
    let (project, server) = one(vec![Step::Hang], "budget.day = 1.00\n");
    let running = Running::start(&project, project.command(&["run", "--json", "x"]));
    wait_until("the model is asked", || !server.requests().is_empty());
    let standing = today(&project, 1_000_000);
    let asked = server.requests()[0].body["max_tokens"].as_u64().unwrap();
    assert_eq!(standing.spent.0, 0);
    assert!(standing.reserved.0 > asked * 10 && standing.reserved.0 < 1_000_000, "{standing:?} for {asked} tokens");
    let words = run(&project, &["-c", "budget.day=0.33", "-c", "network.retry_budget=0s"]);
    is_over(&words, "of it reserved", "budget.day");
    running.signal(Signal::INT);
    running.end().code(130);
    let standing = today(&project, 1_000_000);
    assert_eq!(standing.reserved.0, 0, "a request that was cancelled is settled");
    assert_eq!(costs(&project, &[])["total"]["unsettled_requests"], 0);
}

#[test]
fn what_was_killed_stays_reserved_and_counts() {
    let (project, server) = one(vec![Step::Hang], "budget.day = 0.50\n");
    let running = Running::start(&project, project.command(&["run", "--json", "x"]));
    wait_until("the model is asked", || !server.requests().is_empty());
    let reserved = today(&project, 500_000).reserved;
    running.signal(Signal::KILL);
    running.end().code(128 + 9);
    assert_eq!(today(&project, 500_000).reserved, reserved);
    let total = &costs(&project, &[])["total"];
    assert_eq!(total["unsettled_requests"], 1, "{total}");
    assert_eq!(micro(&total["unsettled_usd"]), reserved.0, "{total}");
    assert_eq!(micro(&total["cost_usd"]), 0, "it is not said to be spent: {total}");
    project.agent(&["cost"]).code(0).stdout_has("unsettled: 1 request under way or cut off by a crash");
    let limit = format!("budget.day={}", reserved.plus(agent::base::money::Usd(5000)));
    // What a dead process holds does not come back, so it is not waited for here.
    is_over(&run(&project, &["-c", &limit, "-c", "network.retry_budget=0s"]), "of it reserved", "budget.day");
    assert_eq!(server.requests().len(), 1);
}

/// One run reserves all that is left, and uses little of it.
#[test]
fn what_another_run_holds_is_waited_for() {
    let slow = Step::Trickle { reply: Reply::text("slow").usage(LITTLE), bytes: 40, every_ms: 30 };
    let (project, server) = one(vec![slow, done(LITTLE)], "budget.day = 0.05\n");
    let first = Running::start(&project, project.command(&["run", "--json", "x"]));
    wait_until("the model is asked", || !server.requests().is_empty());
    let second = run(&project, &[]).code(0);
    let waits = events(&second, "waiting");
    assert_eq!(waits.len(), 1, "{second}");
    assert!(
        waits[0]["reason"].as_str().is_some_and(|reason| reason.contains("is held by requests under way")),
        "{waits:?}"
    );
    first.end().code(0);
    assert_eq!(today(&project, 50_000).reserved.0, 0);
}

#[test]
fn whatever_becomes_of_an_answer_it_is_settled() {
    let reply = || Reply::text("words and words and words ".repeat(200)).usage(LITTLE);
    let length = Server::rendered_len(Wire::Messages, &reply());
    let garbage = "event: message_start\ndata: {\"type\":\"message_start\",\"mess\n\n";
    let cases = [
        ("refused", status(400, &[], Server::error_body(Wire::Messages, 400, "no"))),
        ("failed", status(500, &[], Server::error_body(Wire::Messages, 500, "no"))),
        ("cut at its beginning", Step::Cut { reply: reply(), at: 0, hang: false }),
        ("cut", Step::Cut { reply: reply(), at: length * 2 / 3, hang: false }),
        (
            "broken off",
            Step::ErrorInStream { reply_prefix: reply(), kind: "overloaded_error".into(), message: "no".into() },
        ),
        ("unparsable", Step::Raw { content_type: "text/event-stream".into(), body: garbage.into() }),
        ("a page", Step::Raw { content_type: "text/html".into(), body: "<html>".into() }),
        ("nothing", Step::Raw { content_type: "text/event-stream".into(), body: String::new() }),
    ];
    side_by_side(&cases, |(name, step)| {
        let (project, _server) = one(vec![step.clone()], &format!("{AT_ONCE}budget.day = 1.00\n"));
        let outcome = run(&project, &[]).code(4);
        let turns = events(&outcome, "turn_finished");
        assert_eq!(turns.len(), 1, "{name}\n{outcome}");
        let standing = today(&project, 1_000_000);
        assert_eq!((standing.spent.0, standing.reserved.0), (micro(&turns[0]["cost_usd"]), 0), "{name}");
        assert_eq!(micro(&outcome.outcome()["cost_usd"]), standing.spent.0, "{name}");
        // Whoever said yes and then nothing may have worked on it.
        assert_eq!(standing.spent.0 == 0, matches!(*name, "refused" | "failed" | "a page"), "{name}");
    });
}
