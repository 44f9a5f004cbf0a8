//! The limits of a run: turns, money, time and the loop guard. Each ends it with 5, and what was done stays.

use super::ending::*;
use crate::support::*;
use serde_json::json;
use std::time::Duration;

const LIMIT: Ending = Ending { exit: 5, status: "limit", message: "", hint: "" };
const PRICES: &str = "models.\"anthropic/test-model\" = { input = 1.00, output = 4.00 }\n";

#[test]
fn no_more_turns_than_allowed() {
    let project = Project::new()
        .reply(Reply::call("write", json!({"path": "a.txt", "content": "a\n"})))
        .reply(Reply::call("write", json!({"path": "b.txt", "content": "b\n"})));
    let outcome = project.run(&["--json", "--max-turns", "2", "x"]);
    let wanted = Ending { message: "the limit of 2 turns is reached", hint: "--max-turns", ..LIMIT };
    let data = ends(&outcome, wanted);
    assert_eq!(data["turns"], 2);
    assert_eq!(
        data["changed"],
        json!([{"path": "a.txt", "added": 1, "removed": 0}, {"path": "b.txt", "added": 1, "removed": 0}])
    );
    assert_eq!(project.model_server().requests().len(), 2);
}

#[test]
fn no_request_that_could_pass_the_budget() {
    let dear = TokenUse { input: 10_000, output: 10_000, ..TokenUse::default() };
    let project = Project::new()
        .config(PRICES)
        .reply(Reply::call("plan", json!({"steps": [{"step": "look", "status": "pending"}]})).usage(dear));
    let outcome = project.run(&["--json", "--max-cost", "0.052", "x"]);
    let message = "the next request could pass the limit of $0.0520: $0.0500 of the run's $0.0520 are used";
    let data = ends(&outcome, Ending { message, hint: "--max-cost", ..LIMIT });
    assert_eq!(data["cost_usd"], "0.0500");
    assert_eq!(project.model_server().requests().len(), 1);
}

#[test]
fn an_answer_is_asked_for_no_longer_than_the_budget_pays() {
    let project = Project::new().config(PRICES).reply(Reply::text("Done."));
    project.run(&["--max-cost", "0.02", "x"]).code(0);
    let asked = project.model_server().requests()[0].body["max_tokens"].as_u64().unwrap();
    assert!((1024..5000).contains(&asked), "{asked} tokens of output at $4 per million under $0.02");
}

#[test]
fn a_silent_model_is_left_when_the_time_is_over() {
    let project = Project::new().step(Step::Hang);
    let outcome = project.run(&["--json", "--timeout", "300ms", "x"]);
    ends(&outcome, Ending { message: "the time limit of 0.3 s is reached", hint: "--timeout", ..LIMIT });
    assert!(outcome.took < Duration::from_secs(30), "{outcome}");
}

#[test]
fn a_command_is_ended_when_the_time_is_over() {
    let command = "sleep 300 & echo $! > inner; echo $$ > outer; wait";
    // The numbers of processes are others in a jail.
    let project = Project::new().config("mode = \"full\"\n").reply(Reply::call("shell", json!({"command": command})));
    let outcome = project.run(&["--json", "--timeout", "5s", "x"]);
    ends(&outcome, Ending { message: "the time limit of 5 s is reached", hint: "--timeout", ..LIMIT });
    assert!(!outcome.left_running, "{outcome}");
    for name in ["inner", "outer"] {
        is_gone(name, process_in(&project.path().join(name)));
    }
    let lines = outcome.json();
    assert_eq!(of_type(&lines, "tool_finished")[0]["status"], "interrupted");
}

#[test]
fn a_check_is_ended_when_the_time_is_over() {
    let project = Project::new().config("mode = \"full\"\n").reply(Reply::text("Done."));
    let outcome = project.run(&["--json", "--timeout", "5s", "--check", "echo $$ > check; sleep 300", "x"]);
    ends(&outcome, Ending { message: "the time limit of 5 s is reached", hint: "--timeout", ..LIMIT });
    is_gone("the check", process_in(&project.path().join("check")));
}

/// Equal calls with equal results: a word at the fourth, the end at the eighth.
#[test]
fn a_model_that_goes_round_in_circles_is_told_and_then_stopped() {
    let again = || Reply::call("read", json!({"path": "a.txt"}));
    let project = (0..8).fold(Project::new().file("a.txt", "one\n"), |project, _| project.reply(again()));
    let outcome = project.run(&["--json", "x"]);
    let message = "the model called `read` 8 times in the same way with the same result";
    ends(&outcome, Ending { message, hint: "--continue", ..LIMIT });
    assert_eq!(project.model_server().requests().len(), 8);
    let word = "You have called `read` 4 times in the same way with the same result.";
    assert!(!told(&project, 3).contains(word), "too early");
    assert!(told(&project, 4).contains(word), "{}", told(&project, 4));
    assert!(!told(&project, 5).contains(word), "it is said once");
    let lines = outcome.json();
    assert_eq!(of_type(&lines, "loop_noticed"), [&json!({"tool": "read", "times": 4})]);
    project.model_server().assert_no_violations();
}

/// The same command after a change is no circle: that is how one works with a failing test.
#[test]
fn a_change_in_between_is_progress() {
    let mut project = Project::new();
    for nth in 0..9 {
        let change = json!({"path": format!("{nth}.txt"), "content": "x"});
        project = project.reply(Reply::call("shell", json!({"command": "echo same; false"})).and_call("write", change));
    }
    project.reply(Reply::text("Done.")).run(&["x"]).code(0).stderr_lacks("in the same way");
}

#[test]
fn limits_are_keys_of_the_configuration_too() {
    let again = || Reply::call("read", json!({"path": "a.txt"}));
    let cases = [
        ("limits.max_turns=1", "the limit of 1 turns is reached"),
        ("limits.loop_stop=2", "the model called `read` 2 times"),
        ("limits.timeout=\"300ms\"", "the time limit of 0.3 s is reached"),
    ];
    for (setting, message) in cases {
        let project = Project::new().file("a.txt", "one\n").reply(again()).reply(again()).step(Step::Hang);
        let outcome = project.run(&["--json", "-c", setting, "x"]);
        ends(&outcome, Ending { message, hint: "--continue", ..LIMIT });
    }
}
