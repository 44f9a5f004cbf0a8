//! Writes outside of the workspace: by every way to name a place, to start-up files of shells and sessions, and to where programs of other
//! users look.

use super::setting::*;

fn ready(scene: Scene) -> Scene {
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        scene.file(&format!("{{outside}}/{name}"), "kept\n");
    }
    scene.folder("{outside}/folder/inner");
    scene
}

fn writes() -> Vec<Attack> {
    let new = |name: &str, by: &str, file: &str| changes(name, by, format!("{{outside}}/{file}"));
    vec![
        new("an absolute path", "echo evil > {outside}/new1", "new1"),
        new("a relative path", "echo evil > ../outside/new2", "new2"),
        new("a relative path from below", "mkdir -p x/y && cd x/y && echo evil > ../../../outside/new3", "new3"),
        changes("the home folder", "echo evil > ~/new", "{home}/new"),
        changes("a folder in the home folder", "mkdir ~/folder", "{home}/folder"),
        new("by the root of a process", "echo evil > /proc/self/root{outside}/new4", "new4"),
        new("by the folder of a process", "echo evil > /proc/self/cwd/../outside/new5", "new5"),
        new("by an open folder", "exec 7< ../outside && echo evil > /proc/self/fd/7/new6", "new6"),
        new("by a copy", "cp -r . {outside}/new7", "new7"),
        new("by dd", "echo evil | dd of={outside}/new8 2>/dev/null", "new8"),
        new("by a repository elsewhere", "git init -q {outside}/new9", "new9"),
        new("a fifo", "mkfifo {outside}/new10", "new10"),
        new("a link", "ln -s /etc/passwd {outside}/new11", "new11"),
        new("a hard link to one's own", "echo evil > own && ln own {outside}/new12", "new12"),
        new("a file that is moved there", "echo evil > move && mv move {outside}/new13", "new13"),
        new("a process in the background", "(echo evil > {outside}/new14) & wait", "new14"),
        new("append", "echo evil >> {outside}/a", "a"),
        new("truncate", "python3 -c 'import os; os.truncate(\"{outside}/b\", 0)'", "b"),
        new("delete", "rm -f {outside}/c", "c"),
        new("delete a folder", "rmdir {outside}/folder/inner", "folder"),
        new("rename", "mv {outside}/d {outside}/folder/d", "d"),
        new("fetch away", "mv {outside}/e ./e", "e"),
        new("open for writing and map", MAPPED, "f"),
        changes("what others have in /tmp", "echo evil > /tmp/{tag}", "/tmp/{tag}"),
        changes("what others have in /var/tmp", "echo evil > /var/tmp/{tag}", "/var/tmp/{tag}"),
        changes("memory that is shared", "echo evil > /dev/shm/{tag}", "/dev/shm/{tag}"),
        new("the mode of a file", "chmod 777 {outside}/g", "g")
            .but(Stopped::ButByLandlock("docs/sandbox.md: Landlock alone does not keep permissions and times")),
    ]
}

const MAPPED: &str = "python3 -c 'import mmap, os
file = os.open(\"{outside}/f\", os.O_RDWR)
mmap.mmap(file, 5)[0:4] = b\"evil\"'";

#[test]
fn nothing_outside_of_the_workspace_is_written() {
    try_together(ready, &writes());
}

#[test]
fn nor_when_a_model_asks_for_it() {
    let model = ["an absolute path", "the home folder", "append", "what others have in /tmp"];
    let attacks: Vec<Attack> = writes().into_iter().filter(|attack| model.contains(&attack.name.as_str())).collect();
    try_by_model(ready, &attacks);
}

/// What a later login, shell, timer, editor or build of the user's runs.
const STARTED: &[&str] = &[
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".bash_aliases",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".kshrc",
    ".config/fish/config.fish",
    ".config/fish/conf.d/evil.fish",
    ".config/systemd/user/evil.service",
    ".config/systemd/user/default.target.wants/evil.service",
    ".config/environment.d/evil.conf",
    ".config/autostart/evil.desktop",
    ".local/share/applications/evil.desktop",
    ".local/bin/ls",
    "bin/git",
    ".xprofile",
    ".xinitrc",
    ".pam_environment",
    ".inputrc",
    ".vimrc",
    ".config/nvim/init.lua",
    ".emacs",
    ".tmux.conf",
    ".gitconfig",
    ".config/git/config",
    ".config/git/hooks/pre-commit",
    ".ssh/authorized_keys",
    ".ssh/config",
    ".ssh/rc",
    ".cargo/config.toml",
    ".cargo/bin/cargo",
    ".npmrc",
    ".config/pip/pip.conf",
    ".gradle/init.gradle",
    ".m2/settings.xml",
    ".pythonrc",
    ".local/lib/python3/site-packages/evil.pth",
    ".local/share/gnome-shell/extensions/evil/extension.js",
    ".config/Code/User/settings.json",
    ".claude/settings.json",
    ".codex/config.toml",
    ".gemini/settings.json",
];

#[test]
fn what_starts_by_itself_is_not_written() {
    let new = STARTED.iter().map(|name| {
        let place = format!("{{home}}/{name}");
        changes(format!("a new {name}"), format!("mkdir -p \"$(dirname {place})\"\necho evil >> {place}"), place)
    });
    try_together(|scene| scene, &new.collect::<Vec<_>>());
    let there = STARTED.iter().map(|name| {
        let place = format!("{{home}}/{name}");
        changes(format!("{name} that is there"), format!("echo evil > {place}\nrm -f {place}"), place)
    });
    let ready = |scene: Scene| {
        STARTED.iter().for_each(|name| scene.file(&format!("{{home}}/{name}"), "mine\n"));
        scene
    };
    try_together(ready, &there.collect::<Vec<_>>());
}

/// Without a control: not even the user may write there, so this shows only that the jail gives nobody more rights.
#[test]
fn nor_what_belongs_to_the_machine() {
    in_each_jail(|scene| {
        for place in
            ["/etc/agent/policy.toml", "/etc/cron.d/{tag}", "/var/spool/cron/{tag}", "/usr/local/bin/{tag}", "/{tag}"]
        {
            let before = scene.state(place);
            let outcome = scene.jailed(&format!("mkdir -p \"$(dirname {place})\" && echo evil > {place}"));
            assert_ne!(outcome.code, 0, "{place}\n{outcome}");
            assert_eq!(scene.state(place), before, "{place}\n{outcome}");
        }
        let outcome = scene.jailed("echo '* * * * * evil' | crontab - && crontab -l | grep evil");
        assert_ne!(outcome.code, 0, "{outcome}");
    });
}
