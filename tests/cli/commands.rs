//! The small commands: models, config, doctor, help, and what is said where there is no screen.

use crate::support::Project;
use serde_json::Value;

#[test]
fn models_show_limits_and_prices_of_providers_with_a_key() {
    let project = Project::new().env("ANTHROPIC_API_KEY", "sk-test-0123456789");
    let shown = project
        .agent(&["models"])
        .code(0)
        .stdout_has("anthropic/claude-sonnet-5")
        .stdout_has("only providers with a key");
    shown.stdout_lacks("openai/gpt-6-sol");
    project.agent(&["models", "--all"]).code(0).stdout_has("openai/gpt-6-sol");
    let list: Value =
        serde_json::from_str(&project.agent(&["models", "anthropic", "--json"]).code(0).stdout).expect("JSON");
    let sonnet = list
        .as_array()
        .expect("a list")
        .iter()
        .find(|model| model["model"] == "anthropic/claude-sonnet-5")
        .expect("it is there");
    assert_eq!(sonnet["usd_per_million"]["cache_read"], "0.2000");
    project.agent(&["models", "antropic"]).code(2).stderr_has("did you mean `anthropic`?");
}

#[test]
fn every_value_shows_where_it_comes_from() {
    let project = Project::new()
        .config("model = \"openai/gpt-6-sol\"\n\n[network]\nidle_timeout = 30\n")
        .env("AGENT_MODEL", "lab/x");
    let shown = project.agent(&["config", "show", "-c", "limits.max_turns=7"]).code(0);
    for (value, source) in [
        ("model = \"lab/x\"", "# $AGENT_MODEL"),
        ("network.idle_timeout = \"30s\"", "config.toml:4"),
        ("limits.max_turns = 7", "# -c"),
        ("shell.timeout = \"2m\"", "# built in"),
    ] {
        assert!(
            shown.stdout.lines().any(|line| line.starts_with(value) && line.contains(source)),
            "{value} from {source}:\n{}",
            shown.stdout
        );
    }
}

#[test]
fn the_doctor_knows_several_models_and_the_router() {
    let project = Project::new().env("OPENAI_API_KEY", "sk-secret-0123456789").env("ANTHROPIC_API_KEY", "");
    let project = project.env("AGENT_MODEL", "anthropic/claude-sonnet-5,openai/gpt-6-sol");
    let named = project.agent(&["doctor"]).code(0);
    named.stdout_has("warning  model          anthropic/claude-sonnet-5 by").stdout_has("openai/gpt-6-sol by");
    let auto = project.env("AGENT_MODEL", "auto").agent(&["doctor"]).code(0);
    auto.stdout_has("auto: the router chooses among ").stdout_has(" models of ").stdout_has("openai");
}

/// Where the sandbox is the weaker one, by choice too, what it leaves at risk is said; on a machine that has it.
#[test]
fn the_doctor_says_what_landlock_alone_leaves_at_risk() {
    let project = Project::new().config("[sandbox]\nbackend = \"landlock\"\n");
    let shown = project.agent(&["doctor"]);
    if !shown.stdout.contains("sandbox        none") {
        shown.stdout_has("Landlock").stdout_has("put back after a command").stdout_has("all that is left at risk");
    }
}

#[test]
fn the_doctor_names_what_is_missing_and_never_shows_a_key() {
    let project = Project::new();
    let healthy = project.agent(&["doctor"]).code(0).stdout_has("export ANTHROPIC_API_KEY").stdout_has("sandbox");
    drop(healthy);
    let project = Project::new().env("OPENAI_API_KEY", "sk-secret-0123456789").config("modle = \"x\"\n");
    let shown = project.agent(&["doctor", "--json"]).code(1).stdout_lacks("sk-secret-0123456789");
    let report: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    let finding = |name: &str| {
        report["findings"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|finding| finding["name"] == name)
            .cloned()
            .expect("it is looked at")
    };
    assert_eq!(finding("configuration")["state"], "problem");
    assert!(finding("configuration")["detail"].as_str().expect("a text").contains("did you mean `model`?"));
    assert_eq!(finding("keys")["detail"], "from the environment: OPENAI_API_KEY");
    assert!(finding("model")["detail"].as_str().expect("a text").starts_with("openai/gpt-6-sol"));
}

#[test]
fn without_a_command_it_says_what_to_type() {
    Project::new().agent(&[]).code(2).stderr_has("hint: agent run \"TASK\"");
    for (command, action) in [("route", "explain"), ("config", "show")] {
        let outcome = Project::new().agent(&[command]).code(2).stderr_has(&format!("Usage: agent {command}"));
        outcome.stderr_has(action).stderr_lacks("error:");
    }
}
