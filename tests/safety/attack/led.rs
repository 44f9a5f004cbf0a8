//! Hooks and configurations in the work tree to which the repository's own configuration leads git: the user's next `git status` or
//! `git commit` runs what they say.

use super::setting::*;
use serde_json::json;

fn prepared(scene: Scene) -> Scene {
    scene.file("{work}/tools/hooks/pre-commit", "#!/bin/sh\n");
    scene.file("{work}/shared.gitconfig", "[include]\npath = \"deep/er.gitconfig\" ; and more\n");
    scene.plain("git config core.hooksPath tools/hooks && git config include.path ../shared.gitconfig").code(0);
    scene
}

#[test]
fn what_the_configuration_leads_to_is_not_written() {
    let evil = "printf '[core]\\nfsmonitor = evil\\n'";
    let attacks = [
        changes("a hook", "echo evil >> tools/hooks/pre-commit", "{work}/tools"),
        changes("a new hook", "echo evil > tools/hooks/post-commit", "{work}/tools"),
        changes(
            "another folder of hooks",
            "mv tools/hooks tools/h; mkdir tools/hooks; echo evil > tools/hooks/x",
            "{work}/tools/hooks",
        ),
        changes("a configuration", format!("{evil} > shared.gitconfig"), "{work}/shared.gitconfig"),
        changes(
            "one that is missing",
            format!("mkdir -p deep; {evil} > deep/er.gitconfig"),
            "{work}/deep/er.gitconfig",
        ),
    ];
    try_each(prepared, &attacks);
    try_by_model(prepared, &attacks[..1]);
}

#[test]
fn nor_by_the_tools_that_edit() {
    for path in ["tools/hooks/post-commit", "deep/er.gitconfig", "deep/../tools/hooks/x"] {
        let scene = prepared(Scene::new(Setting::Landlock));
        if !scene.setting.is_here() {
            return;
        }
        let before = scene.state("{work}/tools");
        let outcome = scene.called("write", json!({ "path": path, "content": "evil" }));
        assert_eq!(scene.state("{work}/tools"), before, "{path}\n{outcome}");
        assert!(scene.state("{work}/deep/er.gitconfig").is_empty(), "{path}\n{outcome}");
        assert!(outcome.stdout.contains("configures programs that run outside"), "{path}\n{outcome}");
    }
}
