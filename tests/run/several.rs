//! `-m auto`, from the choice to the next task: who is asked, what is said, how the session goes on.

use super::vendors::*;
use crate::support::*;
use serde_json::json;

const LAB: &str = "lab/test-model";

/// A dear model listed first and a cheap one, between which `auto` chooses.
fn choosing(cheap: Vec<Step>, settings: &str) -> (Project, Server, Server) {
    let (dear, cheap) = (Server::start(Wire::Messages, vec![]), Server::start(Wire::Chat, cheap));
    let vendors = [(Wire::Messages, dear.base_url()), (Wire::Chat, cheap.base_url())];
    let settings =
        format!("route.candidates = [\"anthropic/claude-sonnet-5\", \"{LAB}\"]\nroute.explore = 0\n{settings}");
    let project = knowing(&vendors.each_ref().map(|(wire, url)| (*wire, url.as_str())), &settings);
    (project, dear, cheap)
}

fn done() -> Step {
    Step::Reply(Reply::text("Done."))
}

#[test]
fn the_chosen_model_is_named_and_asked() {
    let (project, dear, cheap) = choosing(vec![done()], "");
    project
        .run(&["-m", "auto", "--check", "true", "add a flag"])
        .code(0)
        .stderr_has(" · auto · mode auto")
        .stderr_has(&format!("{LAB}: the "));
    assert_eq!((dear.requests().len(), cheap.requests().len()), (0, 1));
}

#[test]
fn a_session_goes_on_with_what_it_was_begun_with() {
    let (project, dear, cheap) = choosing(vec![done(), done()], "");
    project.run(&["-m", "auto", "--check", "true", "add a flag"]).code(0);
    let again = project.run(&["--json", "--continue", "--check", "true", "add another"]).code(0);
    let lines = again.json();
    assert_eq!(lines[0]["data"]["models"], json!(["auto"]));
    assert!(lines.iter().any(|line| line["type"] == "routed"), "{again}");
    assert_eq!((dear.requests().len(), cheap.requests().len()), (0, 2));
    let (project, _dear, _cheap) = choosing(vec![done(), done()], "");
    project.run(&["-m", &format!("{LAB},anthropic/claude-sonnet-5"), "add a flag"]).code(0);
    let again = project.run(&["--json", "--continue", "add another"]).code(0);
    assert_eq!(again.json()[0]["data"]["models"], json!([LAB, "anthropic/claude-sonnet-5"]));
}

#[test]
fn a_budget_that_has_room_for_nobody_is_a_limit() {
    let (project, dear, cheap) = choosing(vec![], "");
    let outcome = project.run(&["--json", "-m", "auto", "--max-cost", "0.000001", "add a flag"]).code(5);
    assert_eq!(outcome.outcome()["status"], "limit");
    assert_eq!((dear.requests().len(), cheap.requests().len()), (0, 0));
}

#[test]
fn a_recording_wants_a_name() {
    let (project, dear, cheap) = choosing(vec![], "");
    let tape = project.home().join("tape.jsonl");
    project
        .run(&["-m", "auto", "--record", &tape.display().to_string(), "add a flag"])
        .code(2)
        .stderr_has("name one with -m");
    assert!(!tape.exists());
    assert_eq!((dear.requests().len(), cheap.requests().len()), (0, 0));
}
