//! What is saved in git before a command that may lose work there: a hostile repository does not lead it to secrets, out of the
//! workspace, or into a command line that the user copies.

use super::scripted::{calls, run};
use super::setting::*;
use crate::support::Outcome;
use serde_json::json;

/// Runs two calls of the shell, one after the other.
fn shell(scene: &Scene, first: &str, second: &str) -> Outcome {
    let call = |script: &str| ("shell", json!({ "command": script }));
    run(scene, &[], calls(scene, &[call(first), call(second)]))
}

/// Says all that is saved, names and contents, without saying whose names.
const SHOW: &str = "for ref in $(git --work-tree=. for-each-ref --format='%(refname)' refs/agent); do echo found; git ls-tree -r $ref; \
                    git archive $ref | tar -xO; done; echo over";

#[test]
fn a_work_tree_that_is_elsewhere_is_not_read() {
    in_each_jail(|scene| {
        scene.file("{home}/.ssh/id", "SECRET-key\n");
        scene.plain("git config core.worktree {home}").code(0);
        let outcome = shell(scene, "git reset -q --hard; true", SHOW);
        assert!(outcome.stdout.contains("over"), "{:?}\n{outcome}", scene.setting);
        outcome.stdout_lacks("SECRET-key").stdout_lacks(".ssh/id");
    });
}

#[test]
fn files_with_secrets_by_their_names_are_not_kept() {
    in_each_jail(|scene| {
        scene.file("{work}/.env", "PLAIN=kept-from-models\n");
        scene.file("{work}/README.md", "not committed\n");
        let outcome = shell(scene, "git reset -q --hard; true", SHOW);
        assert!(outcome.stdout.contains("found"), "nothing was saved\n{outcome}");
        assert!(outcome.stdout.contains("not committed"), "the rest was not saved\n{outcome}");
        assert!(outcome.stderr.contains("`.env`: holds secrets by its name"), "{outcome}");
        outcome.stdout_lacks("kept-from-models").stdout_lacks(".env");
    });
}

#[test]
fn nothing_is_saved_outside_of_the_workspace() {
    in_each_jail(|scene| {
        scene.plain("cd {outside} && git init -q && git add -A && git commit -qm Other && echo new > new").code(0);
        scene.link("{outside}", "{work}/.git/refs/agent");
        let before = scene.state("{outside}");
        let outcome = shell(scene, "git reset -q --hard; true", "git -C {outside} reset -q --hard; true");
        assert_eq!(scene.state("{outside}"), before, "{:?}\n{outcome}", scene.setting);
        assert!(outcome.stderr.contains("no recovery before"), "{outcome}");
    });
}

#[test]
fn a_name_of_a_command_is_in_no_command_line() {
    let scene = Scene::new(Setting::Nothing);
    let names = [
        "refs/agent/recovery/$(touch${IFS}x)/unnamed/0",
        "refs/agent/recovery/20261122T100000Z-1/unnamed/$(touch${IFS}x)",
    ];
    for name in names {
        scene.plain(&format!("git update-ref '{name}' HEAD")).code(0);
    }
    let listed = scene.agent(&["undo", "--git"]).code(0);
    for line in listed.stdout.lines().filter_map(|line| line.find("git branch ").map(|at| &line[at..])) {
        scene.plain(line);
    }
    assert!(scene.state("{work}/x").is_empty(), "{listed}");
}
