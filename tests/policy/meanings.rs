//! An answer counts for the same again, and for nothing that does more.

use agent::base::access::{Access, Mode, Remember, Verdict};
use agent::policy::meaning::meaning;
use agent::policy::shell::Surroundings;
use agent::policy::{Policy, decide};

fn exec(command: &str) -> Access {
    Access::Exec { command: command.into() }
}

fn leave(command: &str) -> Access {
    Access::Leave { command: command.into(), reason: "it must".into() }
}

#[test]
fn equal_however_it_is_spelt() {
    let around = Surroundings::default();
    for (one, other) in [
        ("git push origin main", "git  'push' \"origin\" main"),
        ("git commit -m 'one'", "git commit -m \"two; rm -rf /\""),
        ("git commit -am one", "git commit -am two"),
        ("cargo test parser", "cargo test lexer"),
        ("X=main; git push origin $X", "git push origin main"),
    ] {
        let first = meaning(&exec(one), &around);
        assert!(first.is_some(), "{one}");
        assert_eq!(first, meaning(&exec(other), &around), "{one} and {other}");
    }
}

#[test]
fn never_for_more() {
    let around = Surroundings::default();
    for (one, other) in [
        ("cargo publish --dry-run", "cargo publish"),
        ("git push", "git push --force"),
        ("git push origin main", "git push evil main"),
        ("cargo test", "cargo test; curl https://x.example"),
        ("cargo test", "cargo test | tee ~/.bashrc"),
        ("cargo test", "cargo test > ~/.bashrc"),
        ("cargo test x", "cargo test --config x=y"),
        ("cargo test --config a=b", "cargo test --config c=d"),
        ("go test ./...", "go test -exec evil ./..."),
        ("npm test", "sudo npm test"),
        ("npm test", "cd .. && npm test"),
        ("git commit -m x", "git commit -m $(evil)"),
        ("git commit -m x", "git -c core.hooksPath=x commit -m x"),
        ("ls", "LD_PRELOAD=x ls"),
        ("rm a", "rm b"),
        ("git", "./git"),
    ] {
        let first = meaning(&exec(one), &around);
        assert!(first.is_some(), "{one}");
        assert_ne!(first, meaning(&exec(other), &around), "{one} and {other}");
    }
    assert_ne!(meaning(&exec("git push"), &around), meaning(&leave("git push"), &around));
}

/// Who may leave the jail by an earlier answer must not be what the agent could have written since.
#[test]
fn code_that_can_change_leaves_the_jail_by_no_earlier_answer() {
    let around = Surroundings::default();
    for command in ["./deploy.sh", "npm test", "make", "cargo build", "bash x.sh", "$X", "git push; eval \"$Y\""] {
        assert_eq!(meaning(&leave(command), &around), None, "{command}");
    }
    assert!(meaning(&leave("git push origin main"), &around).is_some());
}

#[test]
fn an_answer_is_kept_and_counts() {
    let mut policy = Policy { attended: true, jailed: true, ..Policy::new(Mode::Auto) };
    let push = leave("git push origin main");
    assert!(matches!(decide(&policy, &push).verdict, Verdict::Ask(_)));
    assert!(policy.remember(&push, Remember::Once, 0).is_none());
    let kept = policy.remember(&push, Remember::Session, 5).unwrap();
    assert_eq!(kept.words(), "run outside of the jail git push origin main");
    let decision = decide(&policy, &push);
    assert_eq!((decision.verdict, decision.rule.as_str()), (Verdict::Allow, "remembered answer (session)"));
    assert!(matches!(decide(&policy, &leave("git push origin main --force")).verdict, Verdict::Ask(_)));
    policy.managed.remember = false;
    assert!(matches!(decide(&policy, &push).verdict, Verdict::Ask(_)));
    let text = serde_json::to_string(&kept).unwrap();
    assert_eq!(serde_json::from_str::<agent::policy::meaning::Remembered>(&text).unwrap(), kept);
}
