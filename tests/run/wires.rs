//! The same scripted task on each wire: it reads, searches, creates, edits, deletes, runs a command and ends.

use crate::support::*;
use serde_json::json;

/// The task's answers, in the tools of the wire's family.
fn script(wire: Wire) -> Vec<Reply> {
    let changes = match wire {
        Wire::Responses => {
            let patch = "*** Begin Patch\n*** Update File: src/a.txt\n@@\n one\n-two\n+zwei\n three\n*** Add File: src/new.txt\n+fresh\n*** Delete File: old.txt\n*** End Patch\n";
            Reply::default().and(Say::Custom { name: "apply_patch".into(), input: patch.into() })
        }
        Wire::Chat | Wire::Messages | Wire::Gemini | Wire::Converse => {
            Reply::call("edit", json!({"edits": [{"path": "src/a.txt", "old_string": "two", "new_string": "zwei"}]}))
                .and_call("write", json!({"path": "src/new.txt", "content": "fresh\n"}))
                .and_call("shell", json!({"command": "rm old.txt"}))
        }
    };
    vec![
        Reply::call("read", json!({"path": "src/a.txt"}))
            .and_call("search", json!({"pattern": "t[wh]"}))
            .think("look first"),
        changes.think("now change it").and_text("I change it."),
        Reply::call("shell", json!({"command": "cat src/a.txt && ls"})),
        Reply::text("All done: `src/a.txt:2` says zwei — ✓"),
    ]
}

fn project(wire: Wire) -> Project {
    let model = match wire {
        Wire::Responses => "gpt-test",
        Wire::Chat | Wire::Messages | Wire::Converse => "claude-test",
        Wire::Gemini => "gemini-3-test",
    };
    let provider = match wire {
        Wire::Responses => "openai",
        Wire::Chat | Wire::Converse => "lab",
        Wire::Messages => "anthropic",
        Wire::Gemini => "google",
    };
    Project::new()
        .file("src/a.txt", "one\ntwo\nthree\n")
        .file("old.txt", "old\n")
        .server(Server::start(wire, script(wire).into_iter().map(Step::Reply).collect()))
        .env("AGENT_MODEL", &format!("{provider}/{model}"))
}

fn works_on(wire: Wire) {
    let project = project(wire);
    let outcome = project.run(&["change two to zwei"]).code(0);
    outcome.stdout_has("All done: `src/a.txt:2` says zwei — ✓");
    project.model_server().assert_no_violations();
    let tree = project.tree();
    assert_eq!(tree.get("src/a.txt").map(Vec::as_slice), Some(b"one\nzwei\nthree\n".as_slice()));
    assert_eq!(tree.get("src/new.txt").map(Vec::as_slice), Some(b"fresh\n".as_slice()));
    assert_eq!(tree.len(), 2, "{:?}", tree.keys());
    assert_eq!(project.model_server().connections(), 1, "one connection is kept for the whole run");
}

#[test]
fn a_task_works_on_responses() {
    works_on(Wire::Responses);
}

#[test]
fn a_task_works_on_chat() {
    works_on(Wire::Chat);
}

#[test]
fn a_task_works_on_messages() {
    works_on(Wire::Messages);
}

#[test]
fn a_task_works_on_gemini() {
    works_on(Wire::Gemini);
}

#[test]
fn a_task_works_on_converse() {
    works_on(Wire::Converse);
}

/// Each body is the one before up to the end of its list, so that the provider's cache holds all of it.
#[test]
fn requests_grow_only_at_their_end() {
    for wire in [Wire::Responses, Wire::Chat, Wire::Messages, Wire::Gemini, Wire::Converse] {
        let project = project(wire);
        project.run(&["change two to zwei"]).code(0);
        let requests = project.model_server().requests();
        assert_eq!(requests.len(), 4);
        for pair in requests.windows(2) {
            // The mark of the cache is no part of what is cached, and moves on with the conversation.
            let mark =
                if wire == Wire::Converse { &b",{\"cachePoint\":{\"type\":\"default\"}}]}]}"[..] } else { b"]}" };
            let before = pair[0].raw.strip_suffix(mark).expect("the list is the last field");
            assert!(pair[1].raw.starts_with(before), "{wire:?}: the beginning of the request changed");
        }
    }
}
