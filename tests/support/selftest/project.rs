//! The throwaway project and the bounded run, without the binary under test.

use std::panic::catch_unwind;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::super::outcome::{self, Outcome};
use super::super::project::Project;
use super::super::reply::{Reply, Step, Wire};
use super::super::server::Server;

const LIMIT: Duration = Duration::from_secs(20);

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

fn variable(command: &Command, name: &str) -> Option<String> {
    let mut found = command.get_envs().filter(|(key, _)| *key == name);
    Some(found.next()?.1?.to_string_lossy().into_owned())
}

#[test]
fn an_outcome_has_all_that_was_printed() {
    let outcome = outcome::run(shell(r#"echo '{"data":1}'; echo '{"data":{"a":2}}'; echo oops >&2; exit 3"#), LIMIT);
    let outcome = outcome.code(3).stdout_has("data").stderr_has("oops").stderr_lacks("data").stdout_lacks("oops");
    assert_eq!(outcome.json().len(), 2);
    assert_eq!(outcome.outcome(), json!({ "a": 2 }));
    assert_eq!(outcome::run(shell("kill -s TERM $$"), LIMIT).code, 128 + 15);
}

#[test]
fn a_failed_assertion_shows_the_output() {
    let outcome = outcome::run(shell("echo seen; echo heard >&2"), LIMIT);
    let panic = catch_unwind(|| outcome.code(1)).expect_err("the code is 0");
    let words = panic.downcast_ref::<String>().expect("a message");
    assert!(words.contains("seen") && words.contains("heard"), "{words}");
}

#[test]
fn a_hanging_run_is_killed_with_its_children() {
    let started = Instant::now();
    let run = || outcome::run(shell("echo begun; sleep 90 & sleep 90"), Duration::from_secs(2));
    let panic = catch_unwind(run).expect_err("it runs too long");
    let words = panic.downcast_ref::<String>().expect("a message");
    assert!(words.contains("still running") && words.contains("begun"), "{words}");
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_process_left_behind_is_noticed() {
    let outcome: Outcome = outcome::run(shell("sleep 15 & echo done"), LIMIT).code(0);
    assert!(outcome.left_running && outcome.stdout == "done\n");
}

#[test]
fn a_project_holds_its_files_and_its_history() {
    let project = Project::new().git().file("src/a.txt", "one").bytes("b.bin", &[0, 255]);
    let command = project.command(&["run", "x"]);
    assert_eq!(command.get_current_dir(), Some(project.path().as_path()));
    assert_eq!(project.git_command(&["status", "--porcelain"]), "");
    assert_eq!(project.git_command(&["log", "--format=%an %s"]), "Test User Start\n");
    assert_eq!(project.git_command(&["branch", "--show-current"]), "main\n");
    assert_eq!(project.read("src/a.txt"), "one");
    assert!(project.exists("b.bin") && !project.exists("c"));
    let tree: Vec<_> = project.tree().into_iter().collect();
    assert_eq!(tree, [("b.bin".to_owned(), vec![0, 255]), ("src/a.txt".to_owned(), b"one".to_vec())]);
    assert!(project.sessions().is_empty());
    let log = project.home().join(".local/state/agent/sessions/some/log.jsonl");
    std::fs::create_dir_all(log.parent().expect("a folder")).expect("a folder in the home");
    std::fs::write(&log, "").expect("a log");
    assert_eq!(project.sessions(), [log]);
}

#[test]
fn a_server_is_made_known_in_its_own_way() {
    let responses = Project::new().server(Server::start(Wire::Responses, vec![]));
    let command = responses.command(&[]);
    assert_eq!(variable(&command, "OPENAI_BASE_URL"), Some(responses.model_server().base_url()));
    assert_eq!(variable(&command, "OPENAI_API_KEY").as_deref(), Some("test-key-0123456789"));
    assert_eq!(variable(&command, "AGENT_MODEL").as_deref(), Some("openai/test-model"));
    assert_eq!(variable(&command, "HOME").as_deref(), responses.home().to_str());
    let messages = Project::new().reply(Reply::text("x")).env("AGENT_MODEL", "other").step(Step::Hang);
    let command = messages.command(&[]);
    assert_eq!(variable(&command, "ANTHROPIC_BASE_URL"), Some(messages.model_server().url()));
    assert_eq!(variable(&command, "AGENT_MODEL").as_deref(), Some("other"));
    let server = Server::start(Wire::Chat, vec![]);
    let address = server.base_url();
    let chat = Project::new().server(server).config("[ui]\ncolour = false\n");
    let config = std::fs::read_to_string(chat.home().join(".config/agent/config.toml")).expect("a configuration");
    assert!(config.starts_with("[ui]\ncolour = false\n\n[providers.lab]\nwire = \"chat\"\n"), "{config}");
    assert!(config.contains(&format!("base_url = \"{address}\"\nkey_env = \"LAB_API_KEY\"\n")), "{config}");
    assert_eq!(variable(&chat.command(&[]), "LAB_API_KEY").as_deref(), Some("test-key-0123456789"));
}
