//! A session that begins with the records of another: its chain is whole, what it needs is with it, and nothing half-made is left.

use super::hand::{appended, events, notice, reopened};
use agent::base::Kind;
use agent::base::access::{Mode, Network};
use agent::base::event::{Event, SessionStarted, Source, UserMessage};
use agent::base::model::Wire;
use agent::disk::Disk;
use agent::store::chain::{Harm, prove};
use agent::store::ledger::Ledger;
use agent::store::log::verify;
use agent::store::{chain, sessions};
use std::fs;
use std::io::BufReader;
use std::path::Path;

fn started(id: &str, mode: Mode) -> Event {
    Event::SessionStarted(SessionStarted {
        session: id.into(),
        version: "0.1.0".into(),
        root: "/engine".into(),
        project: String::new(),
        branch: None,
        model: "lab/m".into(),
        wire: Wire::Chat,
        mode,
        sandbox: "none".into(),
        network: Network::Full,
        user: "ada".into(),
        models: Vec::new(),
        resumed: false,
        replayed: false,
    })
}

fn task(text: &str) -> Event {
    Event::UserMessage(UserMessage { source: Source::Task, text: text.into(), images: Vec::new() })
}

/// A session of four records with an image and an output beside it.
fn session(state: &Path, id: &str) -> Vec<Event> {
    let folder = sessions::folder(state, id);
    for (part, name) in [("blobs", "image"), ("spill", "o1")] {
        fs::create_dir_all(folder.join(part)).unwrap();
        fs::write(folder.join(part).join(name), part).unwrap();
    }
    let all = vec![started(id, Mode::Auto), task("mend it"), notice(&"long ".repeat(10_000)), notice("last")];
    appended(&folder.join("log.jsonl"), &all);
    all
}

#[test]
fn a_fork_has_the_records_and_what_they_name() {
    let state = tempfile::tempdir().unwrap();
    let all = session(state.path(), "01a");
    sessions::fork(state.path(), "01a", 3, "01b", &Disk::default()).unwrap();
    let folder = sessions::folder(state.path(), "01b");
    let log = folder.join("log.jsonl");
    let opened = reopened(&log);
    assert_eq!((events(&opened.records), opened.broken), (all[..3].to_vec(), None));
    opened.log.append(started("01b", Mode::Ask)).unwrap();
    opened.log.append(Event::ModeChanged { from: Mode::Ask, to: Mode::Auto }).unwrap();
    let head = opened.log.head();
    drop(opened);
    let text = fs::read_to_string(&log).unwrap();
    assert_eq!(verify(&text), None);
    let others = reopened(&sessions::folder(state.path(), "01a").join("log.jsonl")).log.head();
    let prove = |session: &str, head: &chain::Head| {
        let mut log = BufReader::new(text.as_bytes());
        let proof = chain::prove(session, &mut log, std::slice::from_ref(head)).unwrap();
        proof.findings.iter().map(|found| found.harm).collect::<Vec<_>>()
    };
    assert_eq!(prove("01b", &head), []);
    assert_eq!(prove("01a", &others), [Harm::Replaced], "it is the log of the fork, and of nobody else");
    assert_eq!(fs::read_to_string(folder.join("blobs/image")).unwrap(), "blobs");
    assert_eq!(fs::read_to_string(folder.join("spill/o1")).unwrap(), "spill");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 3, "nothing else is there");
    let last = sessions::last_start(state.path(), "01b").unwrap();
    assert_eq!((last.session.as_str(), last.mode), ("01b", Mode::Auto), "the mode is the one that was chosen last");
    assert_eq!(reopened(&sessions::folder(state.path(), "01a").join("log.jsonl")).records.len(), 4);
    sessions::delete(state.path(), "01a", &Disk::default()).unwrap();
    assert!(folder.join("blobs/image").exists());
    assert_eq!(sessions::list(state.path()).map(|summary| summary.title).collect::<Vec<_>>(), ["mend it"]);
}

/// Before anybody goes on with it, the index knows whose log it is; and another log in its place is found.
#[test]
fn a_fork_is_proven_from_the_moment_it_is_made() {
    let state = tempfile::tempdir().unwrap();
    session(state.path(), "01a");
    sessions::fork(state.path(), "01a", 3, "01b", &Disk::default()).unwrap();
    let heads = Ledger::open(state.path()).unwrap().heads("01b").unwrap();
    assert_eq!(heads.iter().map(|head| head.seq).collect::<Vec<_>>(), [3]);
    let text = |id: &str| fs::read_to_string(sessions::folder(state.path(), id).join("log.jsonl")).unwrap();
    let found = |session: &str, text: &str, heads: &[chain::Head]| {
        let proof = prove(session, &mut text.as_bytes(), heads).unwrap();
        (proof.proven, proof.findings.iter().map(|found| found.harm).collect::<Vec<_>>())
    };
    let fork = text("01b");
    assert_eq!(found("01b", &fork, &heads), (3, vec![]));
    // The other session's log in its place, cut elsewhere, gone on with by its own session, or of a third one.
    assert_eq!(found("01b", &text("01a"), &heads), (3, vec![Harm::Longer]));
    let two: String = fork.lines().take(2).map(|line| format!("{line}\n")).collect();
    assert_eq!(found("01b", &two, &heads), (0, vec![Harm::Replaced]));
    let opened = reopened(&sessions::folder(state.path(), "01a").join("log.jsonl"));
    opened.log.append(started("01a", Mode::Auto)).unwrap();
    drop(opened);
    assert_eq!(found("01b", &text("01a"), &heads), (0, vec![Harm::Replaced]));
    assert_eq!(found("01b", &fork, &[]), (0, vec![Harm::Replaced]), "without its head it is the other's");
}

#[test]
fn what_cannot_be_forked_leaves_nothing() {
    let state = tempfile::tempdir().unwrap();
    session(state.path(), "01a");
    for (from, through, id, kind) in [
        ("01a", 0, "01b", Kind::Usage),
        ("01a", 5, "01b", Kind::Usage),
        ("01a", 3, "01a", Kind::Usage),
        ("01x", 3, "01b", Kind::Io),
    ] {
        let error = sessions::fork(state.path(), from, through, id, &Disk::default()).unwrap_err();
        assert_eq!(error.kind, kind, "{from} {through} {id}: {error}");
    }
    let ids = || sessions::ids(state.path()).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(ids(), ["01a"]);
    let disk = Disk::failing(u64::MAX, false);
    sessions::fork(state.path(), "01a", 3, "01c", &disk).unwrap();
    for at in 1..=disk.operations() {
        sessions::fork(state.path(), "01a", 3, "01d", &Disk::failing(at, false)).unwrap_err();
        assert_eq!(ids(), ["01c", "01a"], "operation {at}");
    }
}

#[test]
fn a_session_in_which_nothing_happened_can_go() {
    let state = tempfile::tempdir().unwrap();
    let session = |id: &str, more: &[Event]| {
        let folder = sessions::folder(state.path(), id);
        fs::create_dir_all(&folder).unwrap();
        let opening = [started(id, Mode::Auto), Event::Context { text: "here".into(), instructions: Vec::new() }];
        appended(&folder.join("log.jsonl"), &[&opening, more].concat());
    };
    let ran = Event::Ran { command: "ls".into(), output: String::new(), exit: Some(0) };
    session("01a", &[]);
    session("01b", &[notice("x"), task("do it")]);
    session("01c", &[ran]);
    session("01d", &[Event::ModeChanged { from: Mode::Auto, to: Mode::Ask }]);
    let deleted =
        ["01a", "01b", "01c", "01d", "01e"].map(|id| sessions::delete_untouched(state.path(), id, &Disk::default()));
    assert_eq!(deleted, [true, false, false, true, false]);
    assert_eq!(sessions::ids(state.path()).len(), 2);
}
