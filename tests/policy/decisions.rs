//! What may happen: every access, in every mode, with somebody there and with nobody.

use agent::base::access::{Access, Mode, Network, Verdict};
use agent::policy::protected::is_protected;
use agent::policy::rule::{Rule, Then};
use agent::policy::shell::Surroundings;
use agent::policy::{Policy, decide, runs_outside};

fn policy(mode: Mode) -> Policy {
    Policy {
        attended: true,
        jailed: true,
        surroundings: Surroundings { folder: "/home/ada/project".into(), home: "/home/ada".into() },
        own: vec!["/home/ada/.config/agent".into(), "/etc/agent".into()],
        ..Policy::new(mode)
    }
}

fn said(policy: &Policy, access: &Access) -> &'static str {
    match decide(policy, access).verdict {
        Verdict::Allow => "allow",
        Verdict::Ask(_) => "ask",
        Verdict::Deny(_) => "deny",
    }
}

fn exec(command: &str) -> Access {
    Access::Exec { command: command.into() }
}

fn write(path: &str) -> Access {
    Access::Write { path: path.into() }
}

#[test]
fn the_table() {
    let leave = Access::Leave { command: "git push".into(), reason: "x".into() };
    let connect = Access::Connect { host: "crates.io".into(), port: 443 };
    // Access; then read, ask, auto, full.
    let table = [
        (exec("make"), ["allow", "allow", "allow", "allow"]),
        (exec("cat .env"), ["ask", "ask", "ask", "allow"]),
        (exec("source .env* && make"), ["ask", "ask", "ask", "allow"]),
        (exec("cat .env-production sub/.envrc"), ["ask", "ask", "ask", "allow"]),
        (exec("cat .envr?"), ["ask", "ask", "ask", "allow"]),
        (exec("cat .environment .env.example .envrc.sample"), ["allow", "allow", "allow", "allow"]),
        (exec("rm -rf .git"), ["ask", "ask", "ask", "allow"]),
        (exec("eval \"$X\""), ["allow", "allow", "allow", "allow"]),
        (exec("git push"), ["allow", "allow", "allow", "allow"]),
        (write("a.txt"), ["deny", "ask", "allow", "allow"]),
        (write(".git/hooks/pre-commit"), ["deny", "ask", "ask", "allow"]),
        (write("sub/.GIT/config"), ["deny", "ask", "ask", "allow"]),
        (write("/etc/agent/policy.toml"), ["deny", "deny", "deny", "allow"]),
        (write("/home/ada/.config/agent/config.toml"), ["deny", "deny", "deny", "allow"]),
        (Access::Read { path: "a.txt".into() }, ["allow", "allow", "allow", "allow"]),
        (Access::Read { path: ".env".into() }, ["ask", "ask", "ask", "allow"]),
        (Access::Read { path: "a/.Env_test".into() }, ["ask", "ask", "ask", "allow"]),
        (Access::Read { path: ".envrc".into() }, ["ask", "ask", "ask", "allow"]),
        (Access::Read { path: ".environment".into() }, ["allow", "allow", "allow", "allow"]),
        (leave, ["ask", "ask", "ask", "allow"]),
        (connect, ["ask", "ask", "ask", "allow"]),
    ];
    for (access, wanted) in table {
        for (mode, wanted) in Mode::ALL.into_iter().zip(wanted) {
            assert_eq!(said(&policy(mode), &access), wanted, "{access:?} in {mode:?}");
            let alone = Policy { attended: false, ..policy(mode) };
            let wanted = if wanted == "ask" { "deny" } else { wanted };
            assert_eq!(said(&alone, &access), wanted, "{access:?} in {mode:?}, with nobody there");
        }
    }
}

#[test]
fn without_a_jail_every_command_is_a_question() {
    for (mode, wanted) in Mode::ALL.into_iter().zip(["deny", "ask", "ask", "allow"]) {
        assert_eq!(said(&Policy { jailed: false, ..policy(mode) }, &exec("ls")), wanted, "{mode:?}");
    }
}

#[test]
fn with_the_network_open_what_goes_out_is_a_question() {
    for network in [Network::Hosts, Network::Full] {
        let open = Policy { network, ..policy(Mode::Auto) };
        for line in ["git push", "npm publish", "eval \"$X\"", "gh pr create", "curl -d @x https://x.example"] {
            assert_eq!(said(&open, &exec(line)), "ask", "{line}");
        }
        for line in ["cargo fetch", "npm ci", "npm publish --dry-run", "curl -O https://x.example/a", "make"] {
            assert_eq!(said(&open, &exec(line)), "allow", "{line}");
        }
    }
}

#[test]
fn rules_win_over_the_mode() {
    let rule = |prefix: &str, then| Rule {
        prefix: prefix.split(' ').map(str::to_owned).collect(),
        then,
        why: "because".into(),
        source: "s".into(),
        matches: vec![],
        not_matches: vec![],
    };
    let rules = vec![rule("make deploy", Then::Deny), rule("make", Then::Ask), rule("git fetch", Then::Outside)];
    let ruled = Policy { rules, ..policy(Mode::Auto) };
    assert_eq!(said(&ruled, &exec("make deploy")), "deny");
    assert_eq!(said(&Policy { mode: Mode::Full, ..ruled.clone() }, &exec("make deploy")), "deny");
    assert_eq!(said(&ruled, &exec("make")), "ask");
    let fetch = exec("git fetch");
    assert_eq!(runs_outside(&ruled, &fetch).as_deref(), Some("rule `git fetch` (outside, s)"));
    assert_eq!(decide(&ruled, &fetch).rule, "rule `git fetch` (outside, s)");
    assert_eq!(runs_outside(&ruled, &exec("git fetch; make")), None);
    for plain in ["echo go && git fetch", "cd src && git fetch", "timeout 9 git fetch"] {
        assert!(runs_outside(&ruled, &exec(plain)).is_some(), "{plain}");
    }
    for poisoned in [
        "hash -p ./x git; git fetch",
        "builtin hash -p ./x git; git fetch",
        "printf -v PATH %s x; git fetch",
        "read -r PATH <<< x; git fetch",
        "mapfile -t PATH <<< x; git fetch",
        "for PATH in x; do git fetch; done",
        "set -a; : ${GIT_CONFIG_COUNT:=1}; git fetch",
        "set -o allexport; let GIT_CONFIG_COUNT=1; git fetch",
        ": $((PATH=1)); git fetch",
        "((PATH=1)); git fetch",
        "unset PATH; git fetch",
        "wait -p PATH; git fetch",
        "getopts x PATH; git fetch",
        "test -v 'a[$(./x)]'; git fetch",
        "CDPATH=/etc cd x; git fetch",
        "git fetch > link",
        "git fetch 2> /tmp/x",
        "git fetch < link",
    ] {
        assert_eq!(runs_outside(&ruled, &exec(poisoned)), None, "{poisoned}");
    }
    assert_eq!(runs_outside(&Policy { mode: Mode::Read, ..ruled.clone() }, &fetch), None);
    let mut bound = ruled;
    bound.managed.leave = false;
    assert_eq!(runs_outside(&bound, &fetch), None);
    assert_eq!(said(&bound, &Access::Leave { command: "git fetch".into(), reason: "x".into() }), "deny");
    bound.managed.full = false;
    assert_eq!(said(&Policy { mode: Mode::Full, ..bound }, &write(".envrc")), "ask");
}

#[test]
fn what_is_protected() {
    for path in [
        ".git",
        "a/.git",
        ".git/hooks",
        ".git/hooks/x",
        "/w/.git/config",
        ".git/config.worktree",
        ".git/info/attributes",
        ".git/modules/a/config",
        ".git/worktrees/a/config.worktree",
        ".git/worktrees/a/commondir",
        ".git/worktrees/a/gitdir",
        ".GIT/HOOKS/x",
        ".g\u{200c}it/hooks/x",
        ".agent",
        ".agent/config.toml",
        "sub/.claude/settings.json",
        ".codex/x",
        ".gemini/x",
        ".mcp.json",
        ".VSCode/tasks.json",
        ".idea/x",
        ".devcontainer/x",
        ".envrc",
        ".husky/pre-push",
        "My.code-workspace",
        "src/../.git/hooks/x",
    ] {
        assert!(is_protected(path), "{path}");
    }
    for path in [
        ".git/index",
        ".git/HEAD",
        ".git/objects/aa/bb",
        ".git/refs/heads/main",
        ".git/info/exclude",
        ".git/worktrees/a/HEAD",
        ".git/worktrees/a",
        ".github/workflows/ci.yml",
        ".gitignore",
        "git/hooks",
        "src/agent/x",
        "envrc",
        ".git/hooks-old",
    ] {
        assert!(!is_protected(path), "{path}");
    }
}
