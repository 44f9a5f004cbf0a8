//! `model = "auto"`: chosen with reasons, handed up on evidence, measured, and chosen again by what was measured.

use super::vendors::{ledger, model};
use crate::net::talk::events;
use crate::support::*;
use serde_json::{Value, json};

/// A cheap vendor and a dear one; the check passes when `done` is there.
fn project(cheap: &Server, dear: &Server, settings: &str) -> Project {
    Project::new().file("a.txt", "one\n").env("LAB_KEY", "key-of-lab-1").env("ANTHROPIC_API_KEY", "key-of-two-2").env(
        "ANTHROPIC_BASE_URL",
        &dear.base_url(),
    )
    .config(&format!(
        "model = \"auto\"\nroute.candidates = [\"lab/small\", \"{}\"]\nroute.explore = 0\nfailover.patience = \"0s\"\nproviders.lab = {{ wire = \"chat\", base_url = \"{}\", key_env = \"LAB_KEY\" }}\nmodels.\"lab/small\" = {{ input = 0.1, output = 0.4, context = 200000, max_output = 32000, reasoning = true }}\n{settings}",
        model(Wire::Messages),
        cheap.base_url(),
    ))
}

fn claims() -> Step {
    Reply::text("It is done.").into()
}

fn does() -> Step {
    Reply::call("shell", json!({"command": "touch done"})).into()
}

fn routed(outcome: &Outcome) -> Value {
    events(outcome, "routed").remove(0)
}

#[test]
fn a_task_is_handed_up_after_two_failed_checks_and_the_next_one_begins_anew() {
    let cheap = Server::start(Wire::Chat, vec![claims(), claims(), claims()]);
    let dear = Server::start(Wire::Messages, vec![does(), claims()]);
    let project = project(&cheap, &dear, "");
    let outcome = project.run(&["--json", "--check", "test -e done", "fix the failing test in a.txt"]).code(0);
    let choice = routed(&outcome);
    assert_eq!((&choice["kind"], &choice["candidates"][0]["model"]), (&json!("fix"), &json!("lab/small")), "{outcome}");
    assert!(choice["reason"].as_str().is_some_and(|reason| reason.contains("none was tried here")), "{choice}");
    let switched = events(&outcome, "switched");
    assert_eq!(switched.len(), 1, "{outcome}");
    assert_eq!((&switched[0]["cause"], &switched[0]["to"]), (&json!("escalated"), &json!(model(Wire::Messages))));
    assert_eq!((cheap.requests().len(), dear.requests().len()), (2, 2));
    assert_eq!(events(&outcome, "session_started")[0]["models"], json!(["auto"]));
    dear.assert_no_violations();
    let record = ledger(&project).evidence(0, agent::store::moment::now()).expect("a ledger");
    let found: Vec<(&str, u64, u64, bool)> =
        record.iter().map(|row| (row.model.as_str(), row.tasks, row.succeeded, row.handed_over)).collect();
    assert_eq!(found, [(model(Wire::Messages), 1, 1, true), ("lab/small", 1, 0, false)]);
    // The next task begins anew: of its kind the small model has not failed yet.
    let again = Server::start(Wire::Chat, vec![claims()]);
    let file = project.home().join(".config/agent/config.toml");
    let config =
        std::fs::read_to_string(file).expect("its configuration").replace(&cheap.base_url(), &again.base_url());
    let project = project.config(&config);
    let outcome = project.run(&["--json", "--check", "true", "bump the version in a.txt"]).code(0);
    assert_eq!(routed(&outcome)["candidates"][0]["model"], "lab/small", "{outcome}");
}

#[test]
fn a_model_that_fails_at_a_kind_of_task_again_and_again_is_not_chosen_for_it() {
    let cheap = Server::respond_with(Wire::Chat, |_| claims());
    let dear = Server::respond_with(Wire::Messages, |request| {
        let worked = request.body.to_string().contains("touch done");
        if worked { claims() } else { does() }
    });
    let project = project(&cheap, &dear, "");
    let first = |outcome: &Outcome| routed(outcome)["candidates"][0]["model"].as_str().unwrap_or_default().to_owned();
    let mut chosen = Vec::new();
    for _ in 0..8 {
        let _ = std::fs::remove_file(project.path().join("done"));
        let outcome = project.run(&["--json", "--check", "test -e done", "fix the failing test in a.txt"]).code(0);
        chosen.push(first(&outcome));
    }
    assert_eq!(chosen[0], "lab/small");
    assert_eq!(chosen[7], model(Wire::Messages), "{chosen:?}");
}

#[test]
fn nobody_who_can_take_the_task_is_said_with_reasons() {
    let (cheap, dear) = (Server::start(Wire::Chat, vec![]), Server::start(Wire::Messages, vec![]));
    let project = project(&cheap, &dear, "");
    let outcome = project.run(&["--json", "--max-cost", "0.0001", "fix it"]).code(5);
    let message = outcome.outcome()["error"]["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("no model can take the task") && message.contains("lab/small"), "{message}");
    assert_eq!((cheap.requests().len(), dear.requests().len()), (0, 0));
}
