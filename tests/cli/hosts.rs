//! `network.allow`, `[hosts.NAME]` and `--net` as rules, and `agent sandbox hosts`.

use crate::support::Project;
use agent::base::access::{Mode, Network, Remember};
use agent::base::event::{Event, HostDenied, SessionStarted};
use agent::base::model::Wire;
use agent::config::Config;
use agent::config::approvals::Approvals;
use agent::config::hosts::{self, BUILT_IN, Opening};
use agent::config::paths::Environment;
use agent::disk::Disk;
use agent::policy::meaning::Meaning;
use agent::store::folder::Folder;
use agent::store::log::Log;
use agent::store::sessions;
use agent::text::redact::Redactor;

const CONFIG: &str = r#"
[network]
allow = ["rust", "company", "extra.example:8443"]

[hosts.company]
allow = ["*.company.example", "10.1.2.3:5000"]
private = true
"#;

fn config(overrides: &[&str]) -> Config {
    let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
    Config::load(&Environment::default(), true, &overrides).unwrap()
}

fn shown(opening: &Opening) -> Vec<String> {
    opening.rules.iter().map(|rule| format!("{rule}{} {}", if rule.private { "!" } else { "" }, rule.from)).collect()
}

#[test]
fn what_is_said_of_the_network_becomes_rules() {
    let none = config(&[]);
    let some = config(&["network.allow=ruby,own", "hosts.own.allow=a.example:81", "hosts.own.private=true"]);
    let ruby = ["rubygems.org list ruby", "index.rubygems.org list ruby"];
    let own = ["rubygems.org list ruby", "index.rubygems.org list ruby", "a.example:81! list own"];
    for (config, flag, network, ask, rules) in [
        (&none, None, Network::Off, false, &[][..]),
        (&none, Some("ask"), Network::Hosts, true, &[]),
        (&none, Some("ruby"), Network::Hosts, false, &ruby),
        (&none, Some("b.example , ruby,"), Network::Hosts, false, &["b.example --net", ruby[0], ruby[1]]),
        (&some, None, Network::Hosts, false, &own),
        (&some, Some("ask"), Network::Hosts, true, &own),
        (&some, Some("off"), Network::Off, false, &[]),
        (&some, Some("full"), Network::Full, false, &[]),
        (&some, Some("ask,*.b.example:80"), Network::Hosts, true, &["*.b.example:80 --net"]),
        (&some, Some("own,localhost:8080"), Network::Hosts, false, &[own[2], "localhost:8080 --net"]),
    ] {
        let opening = hosts::resolve(config, flag).unwrap();
        assert_eq!((opening.network, opening.ask), (network, ask), "{flag:?}");
        assert_eq!(shown(&opening), rules, "{flag:?}");
    }
}

#[test]
fn a_list_of_the_users_takes_the_place_of_a_built_in_one() {
    let config = config(&["hosts.node.allow=npm.example"]);
    assert_eq!(shown(&hosts::resolve(&config, Some("node")).unwrap()), ["npm.example list node"]);
    let lists = hosts::lists(&config).unwrap();
    assert_eq!(lists.iter().filter(|list| list.name == "node").count(), 1);
    assert_eq!(lists.len(), BUILT_IN.len());
}

#[test]
fn built_in_lists_name_hosts_and_nothing_wider() {
    for list in BUILT_IN {
        let opening = hosts::resolve(&config(&[]), Some(list.name)).unwrap();
        assert_eq!(opening.rules.iter().count(), list.allow.len(), "{}", list.name);
        for rule in opening.rules.iter() {
            assert!(!rule.private && rule.port == 443 && !rule.to_string().contains('*'), "{rule}");
        }
        let reference = std::fs::read_to_string(format!("{}/docs/network.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let row = format!("| `{}` | {} |", list.name, list.allow.join(", "));
        assert!(reference.contains(&row), "docs/network.md has no row {row}");
    }
}

#[test]
fn what_is_wrong_is_named_with_the_way_out() {
    for (overrides, flag, message) in [
        (&[][..], Some("rusty"), "--net: there is no list of hosts `rusty`, did you mean `rust`?"),
        (&[], Some("localhost"), "--net: there is no list of hosts `localhost`"),
        (&["network.allow=pyton"], None, "network.allow: there is no list of hosts `pyton`, did you mean `python`?"),
        (&[], Some("off,rust"), "--net takes `off` alone, not together with others"),
        (&[], Some(""), "--net takes `off`, `ask`, `full` or a list of hosts"),
        (
            &[],
            Some("https://pypi.org"),
            "--net: `https://pypi.org` is no host: a host is written without `https://` and without a path",
        ),
        (
            &[],
            Some("*.com"),
            "--net: `*.com` is no host: after `*.` there are at least two parts, as in `*.example.org`",
        ),
        (&["hosts.x.private=true"], Some("x"), "the list of hosts `x` is empty"),
        (&["hosts.ask.allow=a.example"], None, ""),
        (
            &["hosts.x.allow=rust"],
            Some("x"),
            "hosts.x.allow: `rust` is no host: a host without a dot needs its port, and a list holds no lists",
        ),
    ] {
        match (hosts::resolve(&config(overrides), flag), message) {
            (Err(error), message) => {
                assert_eq!(error.message, message);
                assert!(!error.hints.is_empty());
            }
            (Ok(_), "") => {}
            (Ok(opening), message) => panic!("{message}: {opening:?}"),
        }
    }
    let error = hosts::lists(&config(&["hosts.ask.allow=a.example"])).unwrap_err();
    assert_eq!(error.message, "a list of hosts cannot be called `ask`");
}

/// A session of this project in which hosts were denied.
fn session(project: &Project, id: &str, root: &str, denied: &[(&str, u16, &str)]) {
    let state = project.home().join(".local/state/agent");
    let folder = Folder::create(sessions::folder(&state, id), Disk::default()).unwrap();
    let log = Log::create(&folder.log_path(), Disk::default(), Redactor::default()).unwrap();
    let started = SessionStarted {
        session: id.into(),
        version: "0.1.0".into(),
        root: root.into(),
        project: root.into(),
        branch: None,
        model: "lab/m".into(),
        models: Vec::new(),
        wire: Wire::Chat,
        mode: Mode::Auto,
        sandbox: "namespaces".into(),
        network: Network::Hosts,
        user: String::new(),
        resumed: false,
        replayed: false,
    };
    log.append(Event::SessionStarted(started)).unwrap();
    for (host, port, why) in denied {
        let (call, host, why) = ("call-1".into(), (*host).to_owned(), (*why).to_owned());
        log.append(Event::HostDenied(HostDenied { call, host, port: *port, why })).unwrap();
    }
}

fn denied() -> Project {
    let project = Project::new().config(CONFIG);
    let root = project.path().canonicalize().unwrap().display().to_string();
    let unlisted = "it is on no list";
    session(&project, "0190-1", &root, &[("old.example", 443, unlisted), ("static.crates.io", 443, unlisted)]);
    session(&project, "0190-2", "/elsewhere", &[("other.example", 443, unlisted)]);
    let private = "its address is private: 10.0.0.7";
    let never = "its address is one that no command reaches: 169.254.169.254";
    let many = [
        ("new.example", 8080, unlisted),
        ("old.example", 443, unlisted),
        ("git.extra.example", 443, private),
        ("metadata.example", 80, never),
        ("a\u{1b}[31mb", 0, "this is no host: a port is a number from 1 to 65535"),
    ];
    session(&project, "0190-3", &root, &many);
    project
}

#[test]
fn denied_hosts_are_listed_with_what_would_allow_them() {
    let project = denied();
    let out = project.agent(&["sandbox", "hosts"]).code(0).stdout;
    let denied = out.split("denied lately in this project:\n").nth(1).unwrap();
    let hosts: Vec<&str> = denied.lines().filter(|line| line.starts_with("  2")).map(|line| &line[20..]).collect();
    assert_eq!(
        hosts,
        [
            "a\u{241b}[31mb: this is no host: a port is a number from 1 to 65535",
            "metadata.example:80: its address is one that no command reaches: 169.254.169.254",
            "git.extra.example:443: its address is private: 10.0.0.7",
            "old.example:443: it is on no list, 2 times",
            "new.example:8080: it is on no list",
            "static.crates.io:443: it is on no list",
        ]
    );
    for line in [
        "    for one run:  --net rust,company,extra.example:8443,old.example",
        "    for good:     network.allow = [\"rust\", \"company\", \"extra.example:8443\", \"old.example\"]",
        "    for one run:  -c hosts.private.allow=git.extra.example -c hosts.private.private=true --net rust,company,extra.example:8443,private",
        "    for good:     hosts.private.allow = \"git.extra.example\"",
        "                  hosts.private.private = true",
        "    it is allowed now",
        "    no setting for this name allows it",
    ] {
        assert!(denied.lines().any(|other| other == line), "no line {line:?} in\n{denied}");
    }
    assert!(out.contains("\n  company  *.company.example, 10.1.2.3:5000 (yours, private addresses too)\n"), "{out}");
    assert!(out.contains("\n  index.crates.io  (list rust)\n"), "{out}");
    assert!(out.contains("\n  *.company.example  (list company, private addresses too)\n"), "{out}");
}

#[test]
fn the_flags_it_names_do_what_it_says() {
    let project = denied();
    let json = |args: &[&str]| {
        let mut all = vec!["sandbox", "hosts", "--json"];
        all.extend_from_slice(args);
        let out = project.agent(&all).code(0).stdout;
        serde_json::from_str::<serde_json::Value>(&out).unwrap()
    };
    let rows = json(&[])["denied"].as_array().unwrap().clone();
    let mut helped = 0;
    for row in rows.iter().filter(|row| row["flags"].is_string()) {
        let flags: Vec<&str> = row["flags"].as_str().unwrap().split(' ').collect();
        let now = json(&flags);
        let same = now["denied"].as_array().unwrap().iter().find(|other| other["host"] == row["host"]).unwrap();
        assert_eq!((&row["allowed_now"], &same["allowed_now"]), (&false.into(), &true.into()), "{flags:?}");
        helped += 1;
    }
    assert_eq!(helped, 3);
    let full = json(&["--net", "full"]);
    assert_eq!((&full["network"], &full["allowed"]), (&"full".into(), &serde_json::json!([])));
}

#[test]
fn without_a_word_of_the_user_nothing_is_allowed() {
    let out = Project::new().agent(&["sandbox", "hosts"]).code(0).stdout;
    assert!(out.contains("allowed now (network.allow, built in): nothing, the network of commands is off\n"), "{out}");
    assert!(out.ends_with("denied lately in this project: nothing\n"), "{out}");
    let outcome = Project::new().agent(&["sandbox", "hosts", "--net", "rusty"]).code(2);
    assert!(outcome.stderr.contains("did you mean `rust`?"), "{}", outcome.stderr);
}

#[test]
fn hosts_that_an_answer_opened_count_where_hosts_are_asked_for() {
    let project = denied();
    let root = project.path().canonicalize().unwrap();
    let environment = Environment::from_made(&[("HOME".into(), project.home().into())]);
    let mut approvals = Approvals::load(&environment, &root, Disk::default()).unwrap();
    let meaning = Meaning::Connect { host: "new.example".into(), port: 8080 };
    approvals.remember(meaning, Remember::Project, "0190-3", 1).unwrap();
    let asked = project.agent(&["sandbox", "hosts", "--net", "ask"]).code(0).stdout;
    assert!(asked.contains("\n  new.example:8080  (an answer of yours)\n"), "{asked}");
    assert!(asked.contains("new.example:8080: it is on no list\n    it is allowed now\n"), "{asked}");
    let listed = project.agent(&["sandbox", "hosts"]).code(0).stdout;
    assert!(!listed.contains("an answer of yours"), "{listed}");
    let nothing = Project::new().agent(&["sandbox", "hosts", "--net", "ask"]).code(0).stdout;
    assert!(nothing.contains("allowed now (--net): nothing; each host is asked for\n"), "{nothing}");
}
