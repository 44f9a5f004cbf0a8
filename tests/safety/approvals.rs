//! Remembered answers: kept where only the user writes, listed, and forgotten by their numbers.

use crate::support::*;
use agent::base::access::Remember;
use agent::config::approvals::{self, Approvals};
use agent::config::paths::Environment;
use agent::disk::Disk;
use agent::policy::meaning::{Meaning, Said};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

struct Desk {
    folder: TempDir,
    environment: Environment,
}

impl Desk {
    fn new() -> Desk {
        let folder = TempDir::new().unwrap();
        let home = folder.path().canonicalize().unwrap().join("home");
        fs::create_dir(&home).unwrap();
        Desk { environment: Environment::from_made(&[("HOME".into(), home.into())]), folder }
    }

    fn root(&self, name: &str) -> PathBuf {
        let root = self.folder.path().canonicalize().unwrap().join(name);
        fs::create_dir_all(&root).unwrap();
        root
    }

    fn load(&self, root: &Path) -> Approvals {
        Approvals::load(&self.environment, root, Disk::default()).unwrap()
    }

    fn file(&self) -> PathBuf {
        self.environment.state_folder().unwrap().join("approvals.toml")
    }
}

fn push() -> Meaning {
    let said = Said { words: vec!["git".into(), "push".into()], folder: String::new(), effects: vec!["pushes".into()] };
    Meaning::Exec { calls: vec![said] }
}

fn host(name: &str) -> Meaning {
    Meaning::Connect { host: name.into(), port: 443 }
}

fn meanings(approvals: &Approvals) -> Vec<Meaning> {
    approvals.answers().iter().map(|answer| answer.meaning.clone()).collect()
}

#[test]
fn an_answer_counts_as_far_as_it_was_said() {
    let desk = Desk::new();
    let (here, there) = (desk.root("here"), desk.root("there"));
    let mut approvals = desk.load(&here);
    approvals.remember(host("once"), Remember::Once, "s1", 1).unwrap();
    approvals.remember(host("session"), Remember::Session, "s1", 2).unwrap();
    approvals.remember(push(), Remember::Project, "s1", 3).unwrap();
    approvals.remember(host("always"), Remember::Always, "s1", 4).unwrap();
    assert_eq!(meanings(&approvals), [host("session"), push(), host("always")]);
    assert_eq!(meanings(&desk.load(&here)), [push(), host("always")]);
    assert_eq!(meanings(&desk.load(&there)), [host("always")]);
    approvals.remember(push(), Remember::Session, "s1", 5).unwrap();
    approvals.remember(push(), Remember::Project, "s1", 6).unwrap();
    assert_eq!(approvals::list(&desk.environment).unwrap().len(), 2, "what counts already is not kept twice");
    approvals.remember(push(), Remember::Always, "s2", 7).unwrap();
    assert_eq!(meanings(&desk.load(&there)), [host("always"), push()], "it counts further than before");
    assert_eq!(fs::metadata(desk.file()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_is_forgotten_counts_no_more_and_no_number_comes_again() {
    let desk = Desk::new();
    let root = desk.root("work");
    for (at, name) in [(1, "a"), (2, "b"), (3, "c")] {
        desk.load(&root).remember(host(name), Remember::Always, "s", at).unwrap();
    }
    let error = approvals::forget(&desk.environment, &[1, 9], Disk::default()).unwrap_err();
    assert!(error.message.contains("no remembered answer 9"), "{error}");
    assert_eq!(approvals::list(&desk.environment).unwrap().len(), 3, "all stay");
    let gone = approvals::forget(&desk.environment, &[3, 1], Disk::default()).unwrap();
    assert_eq!(gone.iter().map(|approval| approval.number).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(meanings(&desk.load(&root)), [host("b")]);
    desk.load(&root).remember(host("d"), Remember::Always, "s", 4).unwrap();
    let numbers: Vec<u64> =
        approvals::list(&desk.environment).unwrap().iter().map(|approval| approval.number).collect();
    assert_eq!(numbers, [2, 4]);
}

#[test]
fn a_project_cannot_bring_answers_along() {
    let desk = Desk::new();
    let root = desk.root("work");
    desk.load(&root).remember(push(), Remember::Always, "s", 1).unwrap();
    let inside = root.join(".state");
    fs::create_dir(&inside).unwrap();
    fs::copy(desk.file(), inside.join("approvals.toml")).unwrap();
    let home = desk.environment.home().unwrap();
    let environment =
        Environment::from_made(&[("HOME".into(), home.into()), ("AGENT_STATE_DIR".into(), inside.into())]);
    let mut approvals = Approvals::load(&environment, &root, Disk::default()).unwrap();
    assert!(approvals.answers().is_empty());
    let error = approvals.remember(host("a"), Remember::Always, "s", 2).unwrap_err();
    assert!(error.message.contains("for this session only"), "{error}");
    assert_eq!(meanings(&approvals), [host("a")]);
}

#[test]
fn a_file_that_others_could_have_written_or_nobody_understands_is_refused() {
    let desk = Desk::new();
    let root = desk.root("work");
    desk.load(&root).remember(push(), Remember::Always, "s", 1).unwrap();
    fs::set_permissions(desk.file(), fs::Permissions::from_mode(0o622)).unwrap();
    let error = Approvals::load(&desk.environment, &root, Disk::default()).err().unwrap();
    assert!(error.message.contains("others than you can write it"), "{error}");
    fs::set_permissions(desk.file(), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(desk.file(), "[[answers]]\nnumber = 1\nsession = 3\n").unwrap();
    let error = Approvals::load(&desk.environment, &root, Disk::default()).err().unwrap();
    assert!(error.message.contains("approvals.toml:3:11"), "{error}");
}

#[test]
fn a_full_disk_keeps_the_old_file_and_the_answer_of_this_session() {
    let desk = Desk::new();
    let root = desk.root("work");
    desk.load(&root).remember(host("old"), Remember::Always, "s", 1).unwrap();
    let old = fs::read(desk.file()).unwrap();
    for nth in 1.. {
        let disk = Disk::failing(nth, true);
        let mut approvals = Approvals::load(&desk.environment, &root, disk.clone()).unwrap();
        let result = approvals.remember(push(), Remember::Always, "s", 2);
        assert_eq!(meanings(&approvals), [host("old"), push()]);
        if disk.operations() < nth {
            result.unwrap();
            break;
        }
        assert!(result.is_err() && fs::read(desk.file()).unwrap() == old, "operation {nth}");
    }
    assert_eq!(meanings(&desk.load(&root)), [host("old"), push()]);
}

#[test]
fn two_processes_keep_all_answers() {
    let desk = Desk::new();
    let root = desk.root("work");
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (desk, root) = (&desk, &root);
            scope.spawn(move || {
                desk.load(root).remember(host(&number.to_string()), Remember::Always, "s", number).unwrap()
            });
        }
    });
    let mut numbers: Vec<u64> =
        approvals::list(&desk.environment).unwrap().iter().map(|approval| approval.number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
}

#[test]
fn the_program_lists_and_forgets() {
    let project = Project::new();
    project.agent(&["policy", "list"]).code(0).stdout_has("no answer is remembered");
    let environment = Environment::from_made(&[("HOME".into(), project.home().into())]);
    let root = project.path().canonicalize().unwrap();
    let mut approvals = Approvals::load(&environment, &root, Disk::default()).unwrap();
    approvals.remember(push(), Remember::Project, "s1", 1_763_683_200_000).unwrap();
    approvals.remember(host("\u{1b}[31mexample.com"), Remember::Always, "s1", 1_763_683_200_000).unwrap();
    let shown = project.agent(&["policy", "list"]).code(0);
    shown.clone().stdout_has("   1  run git push").stdout_has(&format!("in {}; 2025-11-2", root.display()));
    shown.stdout_has("always; ").stdout_has("session s1").stdout_lacks("\u{1b}");
    let json = project.agent(&["policy", "list", "--json"]).code(0).json();
    assert_eq!(json[0]["answers"][0]["meaning"]["calls"][0]["words"][1], "push");
    project.agent(&["policy", "forget"]).code(2);
    project.agent(&["policy", "forget", "7"]).code(2).stderr_has("no remembered answer 7");
    project.agent(&["policy", "forget", "1"]).code(0).stdout_has("forgotten: run git push");
    project.agent(&["policy", "forget", "--all"]).code(0).stdout_has("forgotten: connect to");
    project.agent(&["policy", "list"]).code(0).stdout_has("no answer is remembered");
}

#[test]
fn a_check_goes_by_the_rules_of_the_configuration() {
    let project = Project::new().config("[[rules]]\nprefix = [\"make\", \"deploy\"]\nthen = \"deny\"\n");
    project.agent(&["policy", "check", "make deploy"]).code(0).stdout_has("`make deploy` (deny, ");
    project.agent(&["policy", "check", "make"]).code(0).stdout_lacks("(deny, ");
    project.agent(&["policy", "list"]).code(0).stdout_has("rule  deny make deploy  # ");
}

#[test]
fn where_the_sandbox_is_required_no_rule_leads_outside() {
    let rule = "[[rules]]\nprefix = [\"git\", \"status\"]\nthen = \"outside\"\n";
    let required = format!("sandbox.require = true\n{rule}");
    for (config, args, status) in [
        (rule, ["--quiet"].as_slice(), "done"),
        (rule, &["--require-sandbox"], "denied"),
        (&required, &["--quiet"], "denied"),
    ] {
        let call = json!({"command": "git status", "outside": "it wants to"});
        let project =
            Project::new().git().config(config).reply(Reply::call("shell", call)).reply(Reply::text("So be it."));
        let outcome = project.run(&[args, &["--json", "x"]].concat());
        let finished = outcome.json().into_iter().find(|line| line["type"] == "tool_finished").unwrap();
        assert_eq!(finished["data"]["status"], status, "{args:?} {config}\n{outcome}");
    }
    let project = Project::new().config(&required);
    project.agent(&["policy", "check", "git status"]).code(0).stdout_lacks("runs outside");
}

/// The jail hides the file from commands, until somebody says yes to a command that names it.
#[test]
fn a_yes_to_a_command_that_reads_secrets_opens_them_in_the_jail() {
    let project = Project::new()
        .config("[[rules]]\nprefix = [\"cat\", \".env\"]\nthen = \"allow\"\n")
        .file(".env", "GREETING=hello\n")
        .reply(Reply::call("shell", json!({"command": "cat .env"})))
        .reply(Reply::text("Read."));
    project.run(&["x"]).code(0);
    let asked = project.model_server().requests()[1].body.to_string();
    assert!(asked.contains("GREETING=hello"), "{asked}");
}
