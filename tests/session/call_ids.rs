//! Servers that give calls no ids, or the same ones again: within a session each call is one of a kind.

use super::running::{model_of, of_type, records};
use crate::support::*;
use serde_json::{Value, json};
use std::collections::HashSet;

/// A stream in which every call has this id, whatever it had.
fn with_id(wire: Wire, reply: &Reply, nth: usize, id: &str) -> Step {
    let prefix = if wire == Wire::Messages { "toolu" } else { "call" };
    let body = (0..reply.say.len()).fold(Server::render(wire, reply, nth), |body, item| {
        body.replace(&format!("\"{prefix}_lab{nth:04}x{item:02}\""), &Value::from(id).to_string())
    });
    Step::Raw { content_type: "text/event-stream".to_owned(), body }
}

/// Two calls side by side and one in the next turn, all of this id; the server refuses what its vendor would.
fn completes_a_task(wire: Wire, id: &str, expected: &[&str]) {
    let read = |path: &str| ("read", json!({ "path": path }));
    let steps = vec![
        with_id(wire, &Reply::calls(vec![read("a"), read("b")]), 0, id),
        with_id(wire, &Reply::calls(vec![read("c")]), 1, id),
        Step::Reply(Reply::text("Read all three.")),
    ];
    let project = ["a", "b", "c"]
        .into_iter()
        .fold(Project::new(), |project, name| project.file(name, &format!("the words of {name}\n")))
        .server(Server::start(wire, steps))
        .env("AGENT_MODEL", model_of(wire));
    project.run(&["read all three"]).code(0).stdout_has("Read all three.");
    project.model_server().assert_no_violations();

    let records = records(&project);
    let finished = of_type(&records, "tool_finished");
    let ids: Vec<&str> = finished.iter().map(|data| data["result"]["call"].as_str().unwrap()).collect();
    assert_eq!(ids, expected, "{wire:?}, `{id}`");
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 3, "{wire:?}, `{id}`");
    for (data, name) in finished.iter().zip(["a", "b", "c"]) {
        let output = data["result"]["output"].as_str().unwrap();
        assert!(output.contains(&format!("the words of {name}")), "{wire:?}, `{id}`: {output}");
    }
}

#[test]
fn the_same_id_in_one_answer_and_in_the_next() {
    for wire in [Wire::Responses, Wire::Chat, Wire::Messages] {
        completes_a_task(wire, "same", &["same", "same_2", "same_3"]);
    }
}

#[test]
fn no_ids_at_all() {
    for wire in [Wire::Responses, Wire::Chat, Wire::Messages] {
        completes_a_task(wire, "", &["call_0_read", "call_1_read", "call_0_read_2"]);
    }
}

/// At most 64 characters, which is what Responses takes back, and none that a server may refuse.
#[test]
fn an_id_that_is_changed_stays_one_that_servers_take() {
    let long = "x".repeat(64);
    let cut = "x".repeat(62);
    for wire in [Wire::Responses, Wire::Chat, Wire::Messages] {
        completes_a_task(wire, &long, &[&long, &format!("{cut}_2"), &format!("{cut}_3")]);
    }
    for wire in [Wire::Chat, Wire::Messages] {
        let odd = "functions.read:0";
        completes_a_task(wire, odd, &[odd, "functions_read_0_2", "functions_read_0_3"]);
    }
}
