//! Runs in which a model calls what an attacker told it to.

use super::setting::*;
use crate::support::*;

pub const KEY: &str = "test-key-0123456789";

/// `agent run` in mode `auto` in the scene's setting, with a model that plays the steps. What the model was told after its first answer
/// is appended to what was printed.
#[track_caller]
pub fn run(scene: &Scene, flags: &[&str], steps: Vec<Step>) -> Outcome {
    let server = Server::start(Wire::Messages, steps);
    let backend = format!("sandbox.backend={}", scene.setting.backend());
    let fixed = ["run", "--mode", "auto", "-c", &backend];
    let mut command = scene.command(&[&fixed[..], flags, &["go on"]].concat());
    command.env("ANTHROPIC_BASE_URL", server.base_url()).env("ANTHROPIC_API_KEY", KEY);
    command.env("AGENT_MODEL", "anthropic/test-model");
    let mut outcome = run_command(command, LONGEST_RUN);
    for request in server.requests().iter().skip(1) {
        outcome.stdout.push_str(&String::from_utf8_lossy(&request.raw));
    }
    outcome.violations = server.violations();
    outcome
}

/// One call after the other, then a last word.
pub fn calls(scene: &Scene, calls: &[(&str, serde_json::Value)]) -> Vec<Step> {
    let call = |(name, input): &(&str, serde_json::Value)| {
        if let Some(script) = input["command"].as_str().filter(|_| *name == "shell") {
            note_tried(&[], script, true);
        }
        let input = serde_json::from_str(&scene.fill(&input.to_string())).unwrap();
        Step::Reply(Reply::call(*name, input))
    };
    calls.iter().map(call).chain([Step::Reply(Reply::text("done"))]).collect()
}
