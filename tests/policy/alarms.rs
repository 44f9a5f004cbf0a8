//! False alarms and misses, counted on lists of command lines: `agent policy check --file LIST` prints the same table.

use agent::base::access::{Access, Mode, Network, Verdict};
use agent::policy::explain::explain;
use agent::policy::shell::Surroundings;
use agent::policy::{Policy, decide};

fn lines(name: &str) -> Vec<String> {
    let path = format!("{}/tests/policy/lists/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split("  # ").next().unwrap().trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
}

/// A trusted project in the jail, the network off, somebody there to be asked, no rules.
fn jailed(mode: Mode) -> Policy {
    Policy {
        attended: true,
        jailed: true,
        surroundings: Surroundings { folder: "/home/ada/project".into(), home: "/home/ada".into() },
        ..Policy::new(mode)
    }
}

#[track_caller]
fn at_most_three_percent_ask(list: &str) {
    let lines = lines(list);
    assert!(lines.len() >= 300, "{list}: {} lines", lines.len());
    let runs = |line: &&String| {
        decide(&jailed(Mode::Auto), &Access::Exec { command: (*line).clone() }).verdict == Verdict::Allow
    };
    let asks = lines.len() - lines.iter().filter(runs).count();
    assert!(asks * 100 <= lines.len() * 3, "{list}: {asks} of {} ask", lines.len());
}

#[test]
fn ordinary_work_is_not_asked_for() {
    at_most_three_percent_ask("ordinary");
}

#[test]
fn ordinary_work_that_was_not_looked_at_is_not_asked_for() {
    at_most_three_percent_ask("held_back");
}

#[test]
fn nothing_harmful_runs_unasked_outside_of_the_jail() {
    let lines = lines("harmful");
    assert_eq!(lines.len(), 100);
    for line in &lines {
        let (exec, leave) =
            (Access::Exec { command: line.clone() }, Access::Leave { command: line.clone(), reason: "x".into() });
        for mode in [Mode::Ask, Mode::Auto] {
            let bare = Policy { jailed: false, ..jailed(mode) };
            assert!(matches!(decide(&bare, &exec).verdict, Verdict::Ask(_)), "without a jail: {line}");
            assert!(matches!(decide(&jailed(mode), &leave).verdict, Verdict::Ask(_)), "leaving the jail: {line}");
            assert_eq!(explain(&jailed(mode), line).outside, None, "{line}");
        }
        let read = Policy { jailed: false, ..jailed(Mode::Read) };
        assert!(matches!(decide(&read, &exec).verdict, Verdict::Deny(_)), "{line}");
        for access in [exec, leave] {
            let alone = Policy { attended: false, jailed: false, ..jailed(Mode::Auto) };
            assert!(matches!(decide(&alone, &access).verdict, Verdict::Deny(_)), "nobody is there: {line}");
        }
    }
}

#[test]
fn nothing_harmful_is_taken_for_harmless() {
    let harmless: Vec<String> =
        lines("harmful").into_iter().filter(|line| explain(&jailed(Mode::Auto), line).harmless).collect();
    assert!(harmless.is_empty(), "{harmless:#?}");
}

/// Wherever the home folder is: that of a service, or among temporary files, as in a container.
#[test]
fn secrets_of_any_home_are_known() {
    for home in ["/home/ada", "/var/lib/builder", "/tmp/home", "/tmp"] {
        let surroundings = Surroundings { folder: "/srv/project".into(), home: home.into() };
        let policy = Policy { surroundings, ..jailed(Mode::Auto) };
        for line in ["cat ~/.ssh/id_ed25519".to_owned(), format!("cat {home}/.ssh/id_ed25519")] {
            let explained = explain(&policy, &line);
            assert!(!explained.harmless && explained.refused.len() == 1, "{home}: {explained:?}");
        }
        let harmless: Vec<_> = lines("harmful").into_iter().filter(|line| explain(&policy, line).harmless).collect();
        assert!(harmless.is_empty(), "{home}: {harmless:#?}");
    }
}

/// With the network open, what goes out and cannot be taken back is asked for.
#[test]
fn what_is_published_is_asked_for_where_the_network_is_open() {
    let open = Policy { network: Network::Full, ..jailed(Mode::Auto) };
    for line in lines("harmful").iter().filter(|line| line.contains("publish") || line.starts_with("git push")) {
        assert!(matches!(decide(&open, &Access::Exec { command: line.clone() }).verdict, Verdict::Ask(_)), "{line}");
    }
}
