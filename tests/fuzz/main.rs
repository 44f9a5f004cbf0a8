//! Fuzz targets: inputs that others write. `FUZZ_TARGET` names the one to run; `.ci/fuzz` runs all of them.
//!
//! A panic, an overflow, a lack of memory or a run of more than a few seconds is a finding; so is a property that does not
//! hold.

#![no_main]

use agent::config::managed::Managed;
use agent::config::rules;
use agent::disk::Disk;
use agent::edit::{Format, Found, Present, Refusal, Tree, change_set};
use agent::policy::rule::{Rule, Then, ruling};
use agent::policy::shell::{self, Surroundings};
use agent::sandbox::gitconfig;
use agent::sandbox::settings::without_credentials;
use agent::store::log::{Log, verify};
use agent::text::client_hello::{Greeting, greeting};
use agent::text::host::{Host, Pattern, Target};
use agent::text::redact::Redactor;
use agent::text::sanitise::{one_line, sanitise};
use agent::text::sse::{Decoder, Frames};
use std::sync::OnceLock;

/// Name and target.
#[rustfmt::skip]
const TARGETS: &[(&str, fn(&[u8]))] = &[
    ("sanitiser", sanitiser),
    ("redactor", redactor),
    ("log", log),
    ("sse", sse),
    ("patch", patch),
    ("shell", shell),
    ("host", host),
    ("greeting", tls),
    ("gitconfig", git),
    ("settings", settings),
    ("rules", toml),
];

fn target() -> fn(&[u8]) {
    static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();
    *TARGET.get_or_init(|| {
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        let found = TARGETS.iter().find(|(known, _)| *known == name);
        found.unwrap_or_else(|| panic!("FUZZ_TARGET is one of {}", names.join(", "))).1
    })
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| target()(bytes));

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Nothing that a terminal would act on is left.
fn sanitiser(bytes: &[u8]) {
    let text = text(bytes);
    let clean = sanitise(&text);
    assert!(clean.chars().all(|char| char == '\n' || char == '\t' || !char.is_control()), "{clean:?}");
    assert!(!one_line(&text).contains('\n'));
}

/// A value never gets through, once is enough, and an edit that changes nothing brings every secret back.
fn redactor(bytes: &[u8]) {
    let redactor = Redactor::new(vec![("KEY".into(), "s3cr3t-v4lue".into())]);
    let text = text(bytes);
    let once = redactor.text(text.clone());
    assert!(!once.contains("s3cr3t-v4lue"));
    assert_eq!(redactor.text(once.clone()), once);
    assert_eq!(once.lines().count(), text.lines().count());
    // Where a name stands in the file itself it may be meant, and stays.
    if !Redactor::holds_placeholder(text.as_bytes()) {
        assert_eq!(redactor.reveal(once, &[text.as_bytes()]), text);
    }
}

/// Whatever is in the file, it is opened or refused, and what was opened can be written on.
fn log(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.jsonl");
    std::fs::write(&path, bytes).expect("a file");
    let _ = verify(&text(bytes));
    let mut before = 0;
    if let Ok(opened) = Log::open(&path, Disk::default(), Redactor::default(), &mut |_| before += 1) {
        drop(opened);
        let mut again = 0;
        Log::open(&path, Disk::default(), Redactor::default(), &mut |_| again += 1)
            .expect("what was opened opens again");
        assert!(again >= before);
    }
}

/// Cut in two at any place, a stream says the same.
fn sse(bytes: &[u8]) {
    let read = |pieces: &[&[u8]]| -> Vec<String> {
        let mut frames = Decoder::default();
        let mut found = Vec::new();
        for piece in pieces {
            let mut out = Vec::new();
            if frames.push(piece, &mut out).is_err() {
                break;
            }
            found.extend(out.iter().map(|frame| format!("{frame:?}")));
        }
        found
    };
    let at = bytes.first().map_or(0, |first| usize::from(*first) % bytes.len());
    let (head, tail) = bytes.split_at(at);
    assert_eq!(read(&[bytes]), read(&[head, tail]));
}

/// A folder with one file.
struct OneFile;

impl Tree for OneFile {
    fn look(&self, path: &str) -> Result<Found, Refusal> {
        let bytes = b"one\ntwo\n\tthree\nfour\n".as_slice().into();
        let present = (path == "a.txt").then_some(Present { bytes, executable: false });
        Ok(Found { path: path.into(), present, may_overwrite: false })
    }
}

/// An edit in any format is made or refused.
fn patch(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let formats = [Format::Edit, Format::Patch, Format::Udiff, Format::Blocks, Format::Whole, Format::Auto];
    let format = formats[usize::from(*first) % formats.len()];
    let _ = change_set(format, rest, &OneFile);
}

/// What a line begins with is forbidden or asked for, whatever comes behind it; and it never reads in two ways.
fn shell(bytes: &[u8]) {
    let text = text(bytes);
    let surroundings = Surroundings { folder: "/home/ada/project".into(), home: "/home/ada".into() };
    assert_eq!(shell::read(&text, &surroundings), shell::read(&text, &surroundings));
    let rule = Rule {
        prefix: vec!["git".into(), "push".into()],
        then: Then::Deny,
        why: String::new(),
        source: "here".into(),
        matches: Vec::new(),
        not_matches: Vec::new(),
    };
    let reading = shell::read(&format!("git push\n{text}"), &surroundings);
    assert!(
        ruling(&[rule], &reading).is_some_and(|ruling| matches!(ruling.then, Then::Deny | Then::Ask)),
        "{reading:?}"
    );
}

/// A host has one spelling, and what it is printed as is read as the same one.
fn host(bytes: &[u8]) {
    let text = text(bytes);
    if let Ok(host) = Host::parse(&text) {
        assert_eq!(Host::parse(&host.to_string()), Ok(host.clone()));
        assert!(Pattern::Host(host.clone()).matches(&host));
    }
    if let Ok(target) = Target::parse(&text, Some(443)) {
        assert_eq!(Target::parse(&target.to_string(), None), Ok(target));
    }
    if let Ok(pattern) = Pattern::parse(&text) {
        assert_eq!(Pattern::parse(&pattern.to_string()), Ok(pattern));
    }
}

/// More bytes do not change what was told from fewer.
fn tls(bytes: &[u8]) {
    let whole = greeting(bytes);
    let at = bytes.last().map_or(0, |last| usize::from(*last) % bytes.len());
    match (greeting(&bytes[..at]), whole) {
        (Greeting::Unfinished, _) | (Greeting::Names(_), Greeting::Broken) => {}
        (early, late) => assert_eq!(early, late),
    }
}

/// No text hides a key that starts a program, which stands behind it.
fn git(bytes: &[u8]) {
    let _ = gitconfig::work_tree(bytes);
    if gitconfig::is_plain(bytes, false) {
        assert!(gitconfig::is_plain(bytes, true));
        let worse = [bytes, b"\n\n[core]\n\thooksPath = /x\n"].concat();
        assert!(!gitconfig::is_plain(&worse, false));
    }
}

/// Once is enough, and a token that stands behind any text goes.
fn settings(bytes: &[u8]) {
    let text = text(bytes);
    let once = without_credentials(&text);
    assert_eq!(without_credentials(&once), once);
    let behind = without_credentials(&format!("{text}\n_authToken=s3cr3t-v4lue\n"));
    assert!(behind.lines().all(|line| line.trim() != "_authToken=s3cr3t-v4lue"), "{behind}");
}

/// A policy is refused, or its rules keep their examples.
fn toml(bytes: &[u8]) {
    let text = text(bytes);
    if let Ok(rules) = rules::parse("config.toml", &text) {
        for rule in rules {
            assert!(rule.matches.iter().all(|example| rule.applies(example)));
            assert!(!rule.not_matches.iter().any(|example| rule.applies(example)));
        }
    }
    if let Ok(managed) = Managed::parse("policy.toml", &text) {
        let _ = managed.summary();
        let _ = managed.permits_host("example.org", 443);
    }
}
