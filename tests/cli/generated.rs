//! What is made from the program itself is as fresh as the program: completions, man page, the table of keys.

use crate::support::Project;
use agent::config::keys::KEYS;

fn repository(path: &str) -> String {
    std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).expect("the file is in the repository")
}

#[test]
fn completions_and_man_page_are_fresh() {
    let project = Project::new();
    for (args, path) in [
        (&["completions", "bash"][..], "completions/agent.bash"),
        (&["completions", "zsh"], "completions/_agent"),
        (&["completions", "fish"], "completions/agent.fish"),
        (&["man"], "completions/agent.1"),
    ] {
        assert!(project.agent(args).code(0).stdout == repository(path), "{path} is out of date: run .ci/generate");
    }
}

#[test]
fn every_key_stands_in_the_configuration_reference() {
    let reference = repository("docs/configuration.md");
    for key in KEYS {
        assert!(reference.contains(&format!("`{}`", key.name)), "docs/configuration.md does not name `{}`", key.name);
        assert!(reference.contains(key.help), "docs/configuration.md does not say of `{}`: {}", key.name, key.help);
    }
    let rows = reference.split("## Keys").nth(1).and_then(|rest| rest.split("Some more").next()).unwrap_or_default();
    let listed: Vec<&str> = rows.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next()).collect();
    let known: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
    assert_eq!(listed, known, "docs/configuration.md lists the keys in the order of the table");
}

#[test]
fn every_flag_stands_in_the_readme() {
    let readme = repository("README.md");
    let edits = repository("docs/edits.md");
    for command in
        ["run", "apply", "undo", "redo", "login", "logout", "cost", "models", "models probe", "route explain"]
    {
        let help = Project::new().agent(&command.split(' ').chain(["--help"]).collect::<Vec<_>>()).code(0).stdout;
        let flags = help
            .split_whitespace()
            .map(|word| word.trim_matches(|char: char| !char.is_alphanumeric() && char != '-'))
            .filter(|word| word.starts_with("--") && word.len() > 4);
        for flag in flags.filter(|flag| !["--help", "--version"].contains(flag)) {
            assert!(readme.contains(flag), "README.md does not name {flag}");
            assert!(command != "apply" || edits.contains(flag), "docs/edits.md does not name {flag}");
        }
    }
}
