//! Without a key: a local server is found, or what to do is said at once.

use crate::support::*;

#[test]
fn a_local_server_is_found_and_costs_nothing() {
    let server = Server::respond_with(Wire::Chat, |_| Step::Reply(Reply::text("hello from here")));
    let project = Project::new().config(&format!("[providers.ollama]\nbase_url = \"{}\"\n", server.base_url()));
    let outcome = project.run(&["--json", "say hello"]).code(0);
    assert_eq!(outcome.outcome()["summary"], "hello from here");
    assert_eq!(outcome.outcome()["cost_usd"], "0.0000");
    let started = &outcome.json()[0];
    assert_eq!(started["data"]["model"], "ollama/test-model");
}

#[test]
fn without_key_and_server_it_says_what_to_do_at_once() {
    let project = Project::new().config("providers.ollama.base_url = \"http://127.0.0.1:9/v1\"\nproviders.lmstudio.base_url = \"http://127.0.0.1:9/v1\"\nproviders.llamacpp.base_url = \"http://127.0.0.1:9/v1\"\nproviders.vllm.base_url = \"http://127.0.0.1:9/v1\"\n");
    project
        .run(&["say hello"])
        .code(3)
        .stderr_has("none is named")
        .stderr_has("ANTHROPIC_API_KEY")
        .stderr_has("agent demo");
}
