//! `agent route explain`, as its users meet it.

use crate::support::Project;
use serde_json::Value;

fn asked(project: &Project, args: &[&str]) -> Value {
    serde_json::from_str(&project.agent(&[&["route", "explain", "--json"], args].concat()).code(0).stdout)
        .expect("JSON")
}

fn models(plan: &Value) -> Vec<&str> {
    plan["candidates"].as_array().expect("a list").iter().map(|one| one["model"].as_str().expect("a name")).collect()
}

#[test]
fn it_shows_candidates_prices_and_reasons_without_a_call() {
    let project =
        Project::new().env("ANTHROPIC_API_KEY", "sk-test-0123456789").env("OPENAI_API_KEY", "sk-test-9876543210");
    project
        .agent(&["route", "explain", "fix", "the", "failing", "test", "--checked"])
        .code(0)
        .stdout_has("medium `fix` task, with a check")
        .stdout_has("the cheapest way to a task that is done: $")
        .stdout_has("none was tried here")
        .stdout_has("takes over")
        .stdout_lacks("sk-test");
    let plan = asked(&project, &["explain src/main.rs"]);
    assert_eq!((plan["kind"].as_str(), plan["language"].as_str()), (Some("explain"), Some("rust")));
    let names = models(&plan);
    assert!(names.contains(&"anthropic/claude-sonnet-5") && names.contains(&"openai/gpt-6-sol"), "{names:?}");
    let old = ["openai/gpt-4o", "openai/gpt-6-sol-fast", "anthropic/claude-opus-4-5", "openai/gpt-realtime-2.1"];
    assert!(old.iter().all(|name| !names.contains(name)), "{names:?}");
    assert!(plan["candidates"][0]["expected_usd"].is_string());
}

#[test]
fn a_list_of_candidates_wins_and_what_cannot_be_asked_says_why() {
    let project = Project::new()
        .config("[route]\ncandidates = [\"openai/gpt-6-luna\", \"anthropic/claude-opus-5-5\"]\n")
        .env("OPENAI_API_KEY", "sk-test-9876543210");
    let plan = asked(&project, &["add a flag"]);
    assert_eq!(models(&plan), ["openai/gpt-6-luna"]);
    assert_eq!(plan["passed_over"][0]["reason"], "there is no key for `anthropic`");
    project.agent(&["route", "explain", "x", "-c", "route.candidates=[\"openai/gtp-6-sol\"]"]).code(0);
    project
        .agent(&["route", "explain", "x", "-c", "route.candidates=[\"gtp-6-sol\"]"])
        .code(2)
        .stderr_has("did you mean");
}

#[test]
fn a_budget_that_nobody_fits_leaves_nobody() {
    let project = Project::new().env("OPENAI_API_KEY", "sk-test-9876543210");
    project
        .agent(&["route", "explain", "add a flag", "--max-cost", "0.000001"])
        .code(1)
        .stdout_has("no model on offer can take the task")
        .stdout_has("are left");
    project.agent(&["route", "explain", "add a flag", "--max-cost", "much"]).code(2);
    project.agent(&["route", "explain", "add a flag", "--local"]).code(1);
}

#[test]
fn without_a_key_it_says_where_to_look() {
    Project::new()
        .agent(&["route", "explain", "add a flag"])
        .code(1)
        .stdout_has("no provider has a key: `agent doctor` says what is looked for");
}

#[test]
fn it_names_the_models_of_the_other_roles() {
    let project = Project::new()
        .config("[roles]\nplan = \"anthropic/claude-opus-5-5\"\n")
        .env("ANTHROPIC_API_KEY", "sk-test-0123456789")
        .env("OPENAI_API_KEY", "sk-test-9876543210");
    project
        .agent(&["route", "explain", "add a flag"])
        .code(0)
        .stdout_has("no command asks `plan` and `review` yet")
        .stdout_has("  plan    anthropic/claude-opus-5-5: `roles.plan` says so");
    let plan = asked(&project, &["add a flag"]);
    let names: Vec<&str> =
        plan["roles"].as_array().expect("a list").iter().filter_map(|one| one["role"].as_str()).collect();
    assert_eq!(names, ["fast", "plan", "review"]);
    let reason = |at: usize| plan["roles"][at]["reason"].as_str().unwrap_or_default().to_owned();
    assert!(reason(0).starts_with("the cheapest: $"), "{}", reason(0));
    let worker = models(&plan)[0].split('/').next().expect("a provider").to_owned();
    let reviewer = plan["roles"][2]["model"].as_str().expect("a name");
    assert!(!reviewer.starts_with(&worker) && reason(2).contains("another provider"), "{reviewer}: {}", reason(2));
}

#[test]
fn a_role_whose_model_has_no_key_is_nobodys() {
    let project = Project::new()
        .config("[roles]\nreview = \"anthropic/claude-opus-5-5\"\n")
        .env("OPENAI_API_KEY", "sk-test-9876543210");
    project
        .agent(&["route", "explain", "add a flag"])
        .code(0)
        .stdout_has("  review  nobody: anthropic/claude-opus-5-5 cannot be asked now");
    assert!(asked(&project, &["add a flag"])["roles"][2]["model"].is_null());
}
