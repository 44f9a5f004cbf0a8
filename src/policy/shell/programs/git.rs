//! Git and its kin: what is read, what may be lost, who is spoken with, and what runs by a flag or a setting.

use super::super::effect::UNKNOWN;
use super::super::{Code, Effect, GitEffect, Word};
use super::{Arguments, Found, Inner, Touch, host_of};
use crate::policy::destructive;

/// Flags of git itself that take the next word.
const BEFORE: &str = "-C -c --git-dir --work-tree --namespace --config-env --attr-source --exec-path --super-prefix";

/// Settings that name a program to run.
const RUNNING: &[&str] = &[
    "alias.",
    "core.editor",
    "core.pager",
    "core.sshcommand",
    "core.fsmonitor",
    "core.hookspath",
    "core.askpass",
    "core.gitproxy",
    "core.attributesfile",
    "core.worktree",
    "diff.",
    "difftool.",
    "merge.",
    "mergetool.",
    "filter.",
    "credential.",
    "gpg.",
    "pager.",
    "sequence.",
    "uploadpack.",
    "remote.",
    "url.",
    "protocol.",
    "include.",
    "includeif.",
    "interactive.",
    "man.",
    "browser.",
    "web.",
    "sendemail.",
    "instaweb.",
    "ssh.",
    "init.templatedir",
    "log.showsignature",
];

fn runs_code(setting: &str) -> bool {
    let setting = setting.to_ascii_lowercase();
    let harmless =
        ["diff.renames", "diff.algorithm", "diff.mnemonicprefix", "merge.conflictstyle", "merge.ff", "diff.color"];
    RUNNING.iter().any(|name| setting.starts_with(name)) && !harmless.iter().any(|name| setting.starts_with(name))
}

pub fn git(arguments: &Arguments<'_>, found: &mut Found) {
    let at = super::operand(arguments.words, BEFORE, 0);
    let before = super::split(arguments.words.get(..at.unwrap_or(arguments.words.len())).unwrap_or_default(), BEFORE);
    for setting in before.values(&["-c", "--config-env"]) {
        if runs_code(&setting.text) || !setting.known {
            found.given(&format!("git -c {}", setting.text));
        }
    }
    if let Some(folder) = before.value(&["--exec-path"]) {
        found.runs(Code::Foreign(format!("git --exec-path={}", folder.text)));
    }
    for folder in before.values(&["-C", "--git-dir", "--work-tree"]) {
        found.reads([&folder]);
    }
    let Some((name, rest)) = at.and_then(|at| Some((arguments.words.get(at)?, arguments.words.get(at + 1..)?))) else {
        found.idle = before.flags.iter().all(|(flag, _)| flag != "-c");
        return;
    };
    if !name.known {
        return found.unclear.push("which command of git it is, is only known when it runs".into());
    }
    let texts: Vec<&str> = rest.iter().map(|word| word.text.as_str()).collect();
    if destructive::loss(&name.text, &texts, true).is_some() && !matches!(name.text.as_str(), "push" | "commit") {
        found.effects.push(Effect::Git(GitEffect::Loss));
    }
    remote(&name.text, rest, &texts, found);
    local(&name.text, rest, &texts, found);
    by_flag(&name.text, rest, found);
}

/// Commands that speak with another repository.
fn remote(name: &str, rest: &[Word], texts: &[&str], found: &mut Found) {
    let says = |words: &[&str]| texts.iter().any(|text| words.contains(text));
    match name {
        "push" => {
            let forced = says(&["-f", "--force", "-d", "--delete", "--mirror", "--prune"])
                || texts.iter().any(|text| text.starts_with(['+', ':']) || text.starts_with("--force-"));
            if !says(&["-n", "--dry-run"]) {
                found.effects.push(Effect::Git(if forced { GitEffect::ForcedPush } else { GitEffect::Push }));
            }
            address(rest, found);
        }
        "clone" => {
            address(rest, found);
            let split = super::split(
                rest,
                "-b -o -u -c -j --depth --branch --origin --upload-pack --config --reference --template --separate-git-dir --filter --jobs",
            );
            match split.operands.get(1) {
                Some(folder) => found.writes([*folder]),
                None => found.at(Touch::Write, "."),
            }
            if split.values(&["-c", "--config"]).iter().any(|setting| runs_code(&setting.text)) {
                found.given("git clone -c");
            }
        }
        "fetch" | "pull" | "ls-remote" => address(rest, found),
        "submodule" if says(&["update", "add", "sync"]) => address(rest, found),
        "remote" if says(&["update", "show", "prune"]) => address(rest, found),
        "archive" if texts.iter().any(|text| text.starts_with("--remote")) => address(rest, found),
        "send-email" | "imap-send" | "request-pull" | "daemon" | "instaweb" | "http-push" | "svn" | "p4" | "lfs" => {
            found.effects.push(Effect::Network(UNKNOWN.into()));
        }
        _ => {}
    }
}

fn address(rest: &[Word], found: &mut Found) {
    let first = super::split(rest, "-b -o -u -j --depth --branch --upload-pack --receive-pack --exec -c --config")
        .operands
        .into_iter()
        .find(|word| !matches!(word.text.as_str(), "add" | "update" | "init" | "sync" | "show" | "prune"));
    match first {
        Some(word) if word.text.contains("::") => found.given(&format!("git {}", word.text)),
        Some(word) if word.text.contains("://") || (word.text.contains(':') && word.text.contains('@')) => {
            found
                .effects
                .push(Effect::Network(host_of(&word.text).filter(|_| word.known).unwrap_or_else(|| UNKNOWN.into())));
        }
        Some(word) if word.text.starts_with(['/', '.', '~']) => found.reads([word]),
        Some(_) | None => found.effects.push(Effect::Network(UNKNOWN.into())),
    }
}

/// Commands that change files, settings, or nothing.
fn local(name: &str, rest: &[Word], texts: &[&str], found: &mut Found) {
    let says = |words: &[&str]| texts.iter().any(|text| words.contains(text));
    let split =
        super::split(rest, "-m -F -C -c -o -b -B -f --file --output --output-directory --author --date --message");
    match name {
        "config" => config(rest, texts, found),
        "remote" if says(&["add", "set-url", "rename", "remove", "rm", "set-head", "set-branches"]) => {
            found.effects.push(Effect::Git(GitEffect::Config));
        }
        "init" => found.writes(split.operands.iter().take(1).copied()),
        "worktree" if says(&["add", "remove", "move"]) => {
            found.writes(split.operands.iter().skip(1).take(1).copied());
        }
        "credential" | "credential-store" | "credential-cache" => found.at(Touch::Read, "~/.git-credentials"),
        "bundle" if says(&["create"]) => found.writes(split.operands.iter().skip(1).take(1).copied()),
        "archive" | "format-patch" | "diff" | "log" | "show" => {
            found.writes(&split.values(&["-o", "--output", "--output-directory"]));
        }
        "lfs" | "hook" | "maintenance" if says(&["install", "run", "start", "register"]) => {
            found.effects.push(Effect::Git(GitEffect::Config));
        }
        "checkout-index" if texts.iter().any(|text| text.starts_with("--prefix")) => found.at(Touch::Write, "/"),
        "apply" if says(&["--unsafe-paths"]) => found.at(Touch::Write, "/"),
        "grep" | "blame" | "cat-file" | "hash-object" => {
            found.reads(split.operands.iter().filter(|word| word.text.starts_with(['/', '~', '.'])).copied());
        }
        _ => {}
    }
    if name == "diff" && says(&["--no-index"]) {
        found.reads(split.operands.iter().copied());
    }
}

fn config(rest: &[Word], texts: &[&str], found: &mut Found) {
    let split = super::split(rest, "-f --file --blob --type --default --comment --value");
    let looks =
        texts.iter().any(|text| matches!(*text, "-l" | "--list" | "-e" | "list" | "get") || text.starts_with("--get"));
    if looks || (split.operands.len() < 2 && !split.has(&["--unset", "--unset-all", "--add", "--replace-all"])) {
        return found.reads(&split.values(&["-f", "--file"]));
    }
    found.effects.push(Effect::Git(GitEffect::Config));
    if split.has(&["--global", "--system"]) {
        found.at(Touch::Write, if split.has(&["--system"]) { "/etc/gitconfig" } else { "~/.gitconfig" });
    }
    found.writes(&split.values(&["-f", "--file"]));
    if split.operands.iter().any(|word| runs_code(&word.text)) {
        found.runs(Code::Given(format!("git config {}", texts.join(" "))));
    }
}

/// Flags that take a line or a program.
fn by_flag(name: &str, rest: &[Word], found: &mut Found) {
    let lines: &str = match name {
        "rebase" => "-x --exec",
        "difftool" => "-x --extcmd",
        "filter-branch" => {
            "--env-filter --tree-filter --index-filter --parent-filter --msg-filter --commit-filter --tag-name-filter"
        }
        "filter-repo" => "--commit-callback --blob-callback --message-callback",
        "clone" => "-u --upload-pack",
        "fetch" | "pull" | "ls-remote" | "fetch-pack" => "--upload-pack --exec",
        "push" | "send-pack" => "--receive-pack --exec",
        "archive" => "--exec",
        "grep" => "-O --open-files-in-pager",
        _ => "",
    };
    let split = super::split(rest, lines);
    for (flag, value) in &split.flags {
        if lines.split(' ').any(|known| known == flag) {
            match value {
                Some(line) => found.line(line),
                None => found.given(&format!("git {name} {flag}")),
            }
        }
        if name == "grep" && flag.starts_with("-O") && flag.len() > 2 {
            found.line(&Word { text: flag.chars().skip(2).collect(), known: true });
        }
        if matches!(flag.as_str(), "--ext-diff" | "--textconv") {
            found.given(&format!("git {name} {flag}"));
        }
    }
    let behind = |word: &str| rest.iter().position(|other| other.text == word).and_then(|at| rest.get(at + 1..));
    match name {
        "bisect" => {
            let call = behind("run").map(<[Word]>::to_vec).filter(|call| !call.is_empty());
            call.into_iter().for_each(|call| found.inner.push(Inner::Call(call)));
        }
        "submodule" => {
            let words: Vec<&Word> = behind("foreach")
                .into_iter()
                .flatten()
                .filter(|word| word.text != "--recursive" && word.text != "--quiet")
                .collect();
            match words.as_slice() {
                [] => {}
                [line] => found.line(line),
                call => found.inner.push(Inner::Call(call.iter().map(|word| (*word).clone()).collect())),
            }
        }
        "hook" => found.runs(Code::Workspace("git hook".into())),
        _ => {}
    }
}

/// `gh` and its kin: what it changes, others see.
pub fn forge(arguments: &Arguments<'_>, found: &mut Found) {
    found.network(None);
    let words: Vec<&str> = super::split(
        arguments.words,
        "-R --repo -X --method -f -F --field --raw-field -H --header -q --jq -t --title -b --body",
    )
    .operands
    .into_iter()
    .map(|word| word.text.as_str())
    .collect();
    let looks = match words.as_slice() {
        ["auth", action, ..] => {
            found.at(Touch::Read, "~/.config/gh");
            matches!(*action, "status")
        }
        ["api", ..] => {
            let sends = arguments.words.iter().any(|word| {
                ["-f", "-F", "--field", "--raw-field", "--input"].iter().any(|flag| word.text.starts_with(flag))
                    || matches!(word.text.as_str(), "POST" | "PUT" | "PATCH" | "DELETE")
                    || word.text.contains("-XP")
                    || word.text.contains("-XD")
                    || word.text.contains("=DELETE")
                    || word.text.contains("=P")
            });
            !sends
        }
        [_, action, ..] => matches!(
            *action,
            "list"
                | "view"
                | "status"
                | "diff"
                | "checks"
                | "checkout"
                | "clone"
                | "watch"
                | "download"
                | "ls"
                | "show"
                | "get"
                | "trace"
        ),
        ["browse" | "search" | "status" | "help" | "version" | "completion"] | [] => true,
        [..] => false,
    };
    if words.first() == Some(&"search") || looks {
        return;
    }
    if matches!(words.first(), Some(&"alias" | &"extension")) {
        found.runs(Code::Foreign(arguments.line()));
    }
    found.effects.push(Effect::Publish(arguments.line()));
}

/// Other systems of this kind.
pub fn other(arguments: &Arguments<'_>, found: &mut Found) {
    let settings = arguments.split("--config -R").values(&["--config"]);
    if !settings.is_empty() {
        found.given(arguments.name());
    }
    match arguments.command("-R --config").map(|(command, _)| command) {
        Some("push" | "commit" | "ci" | "git") if arguments.name() == "svn" || arguments.says(&["push"]) => {
            found.network(None);
            found.effects.push(Effect::Git(GitEffect::Push));
        }
        Some("clone" | "pull" | "checkout" | "co" | "update" | "up" | "incoming") => found.network(None),
        Some("revert" | "strip" | "purge" | "abandon" | "rollback" | "clean") => {
            found.effects.push(Effect::Git(GitEffect::Loss));
        }
        _ => found.at(Touch::Read, "."),
    }
}
