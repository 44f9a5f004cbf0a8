//! Symbolic and hard links: into and out of the workspace, changed while something runs, and in the way of what puts things right after a
//! command.

use super::setting::*;
use serde_json::json;

fn ready(scene: Scene) -> Scene {
    for name in ["a", "b", "c", "d"] {
        scene.file(&format!("{{outside}}/{name}"), "kept\n");
    }
    scene.folder("{outside}/folder");
    scene.link("{outside}/folder", "{work}/to-folder");
    scene.link("{outside}/a", "{work}/to-file");
    scene.link("{outside}/new", "{work}/to-nothing");
    scene.folder("{work}/races");
    scene.file("{outside}/h", "kept\n");
    scene.plain("ln {outside}/h hard").code(0);
    scene
}

#[test]
fn links_lead_nowhere() {
    let at = |name: &str, script: &str, path: &str| changes(name, script, format!("{{outside}}/{path}"));
    try_together(
        ready,
        &[
            at("a link to a folder that was there", "echo evil > to-folder/x", "folder"),
            at("a link to a file that was there", "echo evil >> to-file", "a"),
            at("a link to nothing that was there", "echo evil > to-nothing", "new"),
            at("a new link", "ln -s {outside} l && echo evil > l/x", "x"),
            at("a link to a link", "ln -s {outside} l1 && ln -s l1 l2 && echo evil > l2/y", "y"),
            at("a link by the folder of a process", "ln -s /proc/self/cwd/../outside p && echo evil > p/z", "z"),
            at("a hard link out of it", "ln {outside}/b b && echo evil >> b", "b"),
            at("a hard link that was there", "echo evil >> hard", "h")
                .but(Stopped::Nowhere("docs/sandbox.md: a file with a second name elsewhere is the same file there")),
            at("a hard link by an open file", BY_HANDLE, "c"),
            at("a rename over a link's target", "echo evil > e && mv -T e to-folder/../d", "d"),
            at("a link that changes while it is written by", RACE, "raced"),
            at("a folder around that changes", PARENT_RACE, "inner"),
        ],
    );
}

const BY_HANDLE: &str = "python3 -c 'import os
file = os.open(\"{outside}/c\", os.O_RDONLY)
os.link(\"/proc/self/fd/%d\" % file, \"c\", dst_dir_fd=os.open(\".\", 0))
open(\"c\", \"a\").write(\"evil\")'";

const RACE: &str = "cd races
( for i in $(seq 60); do rm -rf d; mkdir d; rm -rf d; ln -s {outside} d; done ) 2>/dev/null &
for i in $(seq 200); do echo evil > d/raced; done 2>/dev/null
wait; rm -rf d; ln -s {outside} d; echo evil > d/raced";

const PARENT_RACE: &str = "cd races
mkdir -p p/inner; ln -s {outside} q
( for i in $(seq 60); do mv p o; ln -s {outside} p; rm p; mv o p; done ) 2>/dev/null &
for i in $(seq 100); do mkdir -p p/inner; echo evil > p/inner/x; done 2>/dev/null
wait; echo evil > q/inner";

/// What looks after protected paths follows no link out of the workspace, and is not held up.
#[test]
fn what_puts_things_right_is_not_led_astray() {
    let ready = |scene: Scene| {
        for place in ["hooks/pre-commit", "config", "info/attributes", "settings.json", "config.toml"] {
            scene.file(&format!("{{outside}}/{place}"), "kept\n");
        }
        scene.file("{work}/.vscode/settings.json", "mine\n");
        scene.file("{work}/.git/info/attributes", "mine\n");
        scene
    };
    let swaps = [
        ("the folder of git", "mv .git .g; ln -s {outside} .git"),
        ("the folder of git, gone", "rm -rf .git; ln -s {outside} .git"),
        ("its hooks", "rm -rf .git/hooks; ln -s {outside}/hooks .git/hooks"),
        ("its configuration", "rm -f .git/config; ln -s {outside}/config .git/config"),
        ("the folder around attributes", "rm -rf .git/info; ln -s {outside}/info .git/info"),
        ("another's settings", "rm -rf .vscode; ln -s {outside} .vscode"),
        (
            "a file in another's settings",
            "rm -f .vscode/settings.json; ln -s {outside}/settings.json .vscode/settings.json",
        ),
        ("what was not there", "ln -s {outside} .agent; ln -s {outside}/config .mcp.json"),
        ("a fifo", "rm -f .git/config; mkfifo .git/config; mkfifo .envrc"),
        ("a file without end", "truncate -s 200G .envrc; mkdir -p .claude; ln -s /dev/zero .claude/settings.json"),
        ("a deep tree", "mkdir .claude && cd .claude && for i in $(seq 300); do mkdir d && cd d; done"),
        ("what nobody may read", "mkdir -p .claude/d && echo x > .claude/d/x && chmod 0 .claude/d/x .claude/d .claude"),
    ];
    for (name, script) in swaps {
        in_each_jail(|scene| {
            let scene = ready(Scene::new(scene.setting));
            let watched = [
                "{outside}",
                "{work}/.git/config",
                "{work}/.git/hooks",
                "{work}/.git/info/attributes",
                "{work}/.vscode",
            ];
            let before = watched.map(|path| scene.state(path));
            let outcome = scene.jailed(script);
            for (path, before) in watched.iter().zip(before) {
                assert_eq!(scene.state(path), before, "{name}: {path} in {:?}\n{outcome}", scene.setting);
            }
            for path in ["{work}/.agent", "{work}/.claude", "{work}/.envrc", "{work}/.mcp.json"] {
                assert!(scene.state(path).is_empty(), "{name}: {path} in {:?}\n{outcome}", scene.setting);
            }
        });
    }
}

/// A folder that one command made a link is no way out for the next.
#[test]
fn what_one_command_leaves_leads_the_next_nowhere() {
    in_each_jail(|scene| {
        let before = scene.state("{outside}");
        let script = "for place in \"$TMPDIR\" \"$GOCACHE\" \"$npm_config_cache\" \"$PIP_CACHE_DIR\" {home}/.cache/agent/*/*; do
                rm -rf \"$place\"/* \"$place\"; ln -s {outside} \"$place\"; ln -s {outside} \"$place/l\"; mkdir -p \"$place\"
                for name in tmp npm pip go cargo cache; do ln -s {outside} \"$place/$name\"; done
            done 2>/dev/null; true";
        scene.jailed(script);
        let outcome = scene.jailed("echo evil > \"$TMPDIR/x\"; mktemp -d; echo evil > {outside}/x; true");
        assert_eq!(scene.state("{outside}"), before, "{:?}\n{outcome}", scene.setting);
    });
}

/// The tools that edit files in the program itself go by no link that leads out of the workspace.
#[test]
fn tools_follow_no_link_out() {
    for (tool, input) in [
        ("write", json!({"path": "to-folder/x", "content": "evil"})),
        ("write", json!({"path": "to-nothing", "content": "evil"})),
        ("edit", json!({"edits": [{"path": "to-file", "old_string": "kept", "new_string": "evil"}]})),
        ("read", json!({"path": "to-secret"})),
    ] {
        in_each_jail(|scene| {
            let scene = ready(Scene::new(scene.setting));
            scene.file("{home}/.ssh/id", "TOP-SECRET\n");
            scene.link("{home}/.ssh/id", "{work}/to-secret");
            let before = scene.state("{outside}");
            let outcome = scene.called(tool, input.clone());
            assert_eq!(scene.state("{outside}"), before, "{tool} {input}\n{outcome}");
            outcome.stdout_lacks("TOP-SECRET");
        });
    }
}
