//! The sessions of a machine: their order, titles and prefixes, and what is pruned of them, by the floor and by the program.

use super::hand::notice;
use crate::support::*;
use agent::base::access::{Mode, Network};
use agent::base::event::{Event, SessionStarted, Source, Status, UserMessage};
use agent::base::model::Wire as ModelWire;
use agent::base::{Error, Kind};
use agent::disk::Disk;
use agent::store::folder::Folder;
use agent::store::log::Log;
use agent::store::sessions::{self, Pruned};
use agent::text::redact::Redactor;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn started(id: &str, root: &str, model: &str) -> Event {
    Event::SessionStarted(SessionStarted {
        session: id.into(),
        version: "0.1.0".into(),
        root: root.into(),
        project: String::new(),
        branch: None,
        model: model.into(),
        wire: ModelWire::Chat,
        mode: Mode::Read,
        sandbox: "none".into(),
        network: Network::Full,
        user: "ada".into(),
        models: Vec::new(),
        resumed: false,
        replayed: false,
    })
}

fn says(source: Source, text: &str) -> Event {
    Event::UserMessage(UserMessage { source, text: text.into(), images: Vec::new() })
}

/// Writes a session of this id and gives its log, still open.
fn session(state: &TempDir, id: &str, events: &[Event]) -> Log {
    let folder = Folder::create(sessions::folder(state.path(), id), Disk::default()).unwrap();
    let log = Log::create(&folder.log_path(), Disk::default(), Redactor::default()).unwrap();
    events.iter().for_each(|event| drop(log.append(event.clone()).unwrap()));
    log
}

/// A session whose folder has so many bytes and was written so many days ago.
fn aged(state: &TempDir, id: &str, bytes: usize, days: u32) {
    let log = session(state, id, &[started(id, "/w", "lab/m")]);
    let path = log.path().to_owned();
    let have = fs::metadata(&path).unwrap().len() as usize;
    drop(log);
    let spill = path.with_file_name("spill");
    fs::create_dir(&spill).unwrap();
    fs::write(spill.join("o1"), vec![b'x'; bytes - have]).unwrap();
    File::options().append(true).open(path).unwrap().set_modified(now() - days * DAY).unwrap();
}

/// One moment for the whole test run.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + 20_000 * DAY
}

fn left(state: &TempDir) -> Vec<String> {
    sessions::list(state.path()).map(|summary| summary.session).collect()
}

/// What was piped in, and an answer, of more bytes than are mostly looked at; and what is done between tasks.
#[test]
fn a_long_task_has_its_title_and_a_long_answer_its_end() {
    let state = tempfile::tempdir().unwrap();
    let ended = |summary: String| {
        let failed = agent::base::event::Outcome::failed(&Error::new(Kind::Incomplete, "x"), String::new());
        Event::Outcome(agent::base::event::Outcome { status: Status::Done, summary, ..failed })
    };
    let piped = format!("review this\n\n{}", "+ a line of a diff\n".repeat(20_000));
    let ran = Event::Ran { command: "ls".into(), output: "a.txt\n".into(), exit: Some(0) };
    let task = || says(Source::Task, "go on");
    let status = |id: &str, events: &[Event]| {
        session(&state, id, &[&[started(id, "/one", "lab/m"), says(Source::Task, &piped)], events].concat());
        let summary = sessions::find(state.path(), id).unwrap();
        assert_eq!(summary.title, "review this", "{id}");
        summary.outcome.map(|outcome| outcome.status)
    };
    assert_eq!(status("01a", &[ended("word ".repeat(20_000))]), Some(Status::Done));
    assert_eq!(status("01b", &[ended(String::new()), ran.clone(), notice("mode")]), Some(Status::Done));
    assert_eq!(status("01c", &[ended(String::new()), task(), notice("and then the power was cut")]), None);
    assert_eq!(status("01d", &[notice("and then the power was cut")]), None);
}

#[test]
fn sessions_are_listed_newest_first_with_their_titles() {
    let state = tempfile::tempdir().unwrap();
    let long = "a very long task ".repeat(20);
    let outcome = |status| {
        let mut outcome = agent::base::event::Outcome::failed(&Error::new(Kind::Incomplete, "x"), String::new());
        outcome.status = status;
        Event::Outcome(outcome)
    };
    session(
        &state,
        "01b",
        &[started("01b", "/one", "lab/m"), says(Source::Task, "first line\nsecond"), outcome(Status::Done)],
    );
    session(&state, "01c", &[started("01c", "/two", "lab/m"), says(Source::Task, &long), notice("cut off here")]);
    session(
        &state,
        "01a",
        &[
            started("01a", "/one", "lab/m"),
            says(Source::Task, "the task"),
            outcome(Status::Limit),
            started("01a", "/one", "lab/other"),
            says(Source::Task, "and then this"),
            outcome(Status::NoSandbox),
        ],
    );
    fs::create_dir_all(state.path().join("sessions/01z-empty")).unwrap();
    fs::create_dir_all(state.path().join("sessions/01y-rubbish")).unwrap();
    fs::write(state.path().join("sessions/01y-rubbish/log.jsonl"), "rubbish\n").unwrap();
    let list: Vec<_> = sessions::list(state.path()).collect();
    let rows: Vec<(&str, &str, &str)> =
        list.iter().map(|row| (row.session.as_str(), row.title.as_str(), row.model.as_str())).collect();
    assert_eq!(rows, [("01c", &long[..80], "lab/m"), ("01b", "first line", "lab/m"), ("01a", "the task", "lab/other")]);
    let ends: Vec<Option<Status>> = list.iter().map(|row| row.outcome.as_ref().map(|outcome| outcome.status)).collect();
    assert_eq!(ends, [None, Some(Status::Done), Some(Status::NoSandbox)]);
    assert!(list.iter().all(|row| row.bytes > 0 && row.started.ends_with('Z')));
    assert_eq!(sessions::latest(state.path(), Path::new("/one")).unwrap().session, "01b", "the newest of this folder");
    let none = sessions::latest(state.path(), Path::new("/three")).unwrap_err();
    assert_eq!((none.kind, none.message.as_str()), (Kind::Usage, "there is no session in `/three` yet"));
}

#[test]
fn a_prefix_names_a_session_when_it_names_only_one() {
    let state = tempfile::tempdir().unwrap();
    for id in ["01a1", "01a2", "01b1"] {
        session(&state, id, &[started(id, "/w", "lab/m")]);
    }
    let resolve = |prefix: &str| sessions::resolve(state.path(), prefix).map_err(|error| (error.kind, error.message));
    assert_eq!(resolve("01b"), Ok("01b1".into()));
    assert_eq!(resolve("01a1"), Ok("01a1".into()));
    let cases = [
        ("01a", "`01a` begins 2 sessions"),
        ("02", "there is no session `02`"),
        ("", "there is no session ``"),
        ("../01b1", "there is no session `../01b1`"),
    ];
    for (prefix, words) in cases {
        assert_eq!(resolve(prefix), Err((Kind::Usage, words.into())), "{prefix:?}");
    }
}

#[test]
fn pruning_takes_the_old_and_then_the_oldest_and_never_an_open_one() {
    const ALL: &[(&str, usize, u32)] =
        &[("05", 1000, 1), ("04", 5000, 2), ("03", 1000, 40), ("02", 2000, 50), ("01", 1000, 90)];
    let big = u64::MAX;
    let cases: &[(&str, Duration, u64, &[&str], u64)] = &[
        ("nothing is old and all fits", 100 * DAY, big, &["05", "04", "03", "02", "01"], 0),
        ("by age", 45 * DAY, big, &["05", "04", "03"], 3000),
        ("by room: the oldest go", 100 * DAY, 7500, &["05", "04", "03"], 3000),
        ("by room: none is kept behind one that does not fit", 100 * DAY, 3000, &["05"], 9000),
        ("by both", 45 * DAY, 6500, &["05", "04"], 4000),
        ("exactly full", 100 * DAY, 7000, &["05", "04", "03"], 3000),
        ("no room at all", 100 * DAY, 0, &[], 10_000),
    ];
    for (name, keep, cap, expected, bytes) in cases {
        let state = tempfile::tempdir().unwrap();
        ALL.iter().for_each(|(id, bytes, days)| aged(&state, id, *bytes, *days));
        let pruned = sessions::prune(state.path(), *keep, *cap, now(), &Disk::default());
        assert_eq!(left(&state), *expected, "{name}");
        assert_eq!(pruned, Pruned { sessions: ALL.len() - expected.len(), bytes: *bytes }, "{name}");
    }
    let state = tempfile::tempdir().unwrap();
    ALL.iter().for_each(|(id, bytes, days)| aged(&state, id, *bytes, *days));
    let open = sessions::folder(state.path(), "01").join("log.jsonl");
    let log = super::hand::reopened(&open);
    sessions::prune(state.path(), DAY / 2, 0, now(), &Disk::default());
    assert_eq!(left(&state), ["01"], "an open one stays");
    assert_eq!(sessions::delete(state.path(), "01", &Disk::default()).unwrap_err().kind, Kind::Usage);
    drop(log);
    sessions::delete(state.path(), "01", &Disk::default()).unwrap();
    assert_eq!(left(&state), Vec::<String>::new());
}

fn ids(project: &Project) -> Vec<String> {
    let rows = project.agent(&["sessions", "--json"]).code(0).json();
    rows.iter().map(|row| row["session"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_program_lists_and_deletes_sessions() {
    let project = Project::new();
    project.agent(&["sessions"]).code(0).stdout_has("there are no sessions yet");
    assert_eq!(project.agent(&["sessions", "--json"]).code(0).stdout, "");
    let project = project.reply(Reply::text("one")).reply(Reply::text("two")).step(Step::Status {
        code: 400,
        headers: Vec::new(),
        body: Server::error_body(Wire::Messages, 400, "no"),
    });
    project.run(&["first \u{1b}[31mtask"]).code(0);
    project.run(&["second task"]).code(0);
    project.run(&["third task"]).code(4);
    let rows = project.agent(&["sessions", "--json"]).code(0).json();
    let titles: Vec<&str> = rows.iter().map(|row| row["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["third task", "second task", "first \u{1b}[31mtask"]);
    assert_eq!((&rows[0]["outcome"]["status"], &rows[2]["outcome"]["status"]), (&"provider".into(), &"done".into()));
    let list = project.agent(&["sessions"]).code(0).stdout_has("second task").stdout_has("provider").stdout;
    assert!(!list.contains('\u{1b}') && list.lines().count() == 3, "{list:?}");
    let all = ids(&project);
    project
        .agent(&["sessions", "delete", "ffff"])
        .code(2)
        .stderr_has("there is no session `ffff`")
        .stderr_has("hint: ");
    // Ids of one moment begin alike.
    project.agent(&["sessions", "delete", &all[0][..4]]).code(2).stderr_has("begins 3 sessions");
    project.agent(&["sessions", "delete", &all[1], "ffff"]).code(2).stdout_lacks("deleted");
    assert_eq!(ids(&project), all, "nothing was deleted");
    project.agent(&["sessions", "delete", &all[1]]).code(0).stdout_has(&format!("deleted {}", all[1]));
    assert_eq!(ids(&project), [all[0].clone(), all[2].clone()]);
    assert_eq!(project.sessions().len(), 2, "its folder is gone");
}

#[test]
fn the_program_prunes_sessions() {
    let project = Project::new().reply(Reply::text("one")).reply(Reply::text("two"));
    project.run(&["first task"]).code(0);
    project.run(&["second task"]).code(0);
    project.agent(&["sessions", "prune"]).code(0).stdout_has("deleted 0 sessions, 0 bytes");
    project.agent(&["sessions", "prune", "--keep", "soon"]).code(2).stderr_has("`soon`");
    project.agent(&["sessions", "prune", "--cap", "little"]).code(2).stderr_has("`little`");
    assert_eq!(ids(&project).len(), 2);
    let old = SystemTime::now() - 100 * DAY;
    File::options().append(true).open(&project.sessions()[0]).unwrap().set_modified(old).unwrap();
    project.agent(&["sessions", "prune"]).code(0).stdout_has("deleted 1 sessions");
    assert_eq!(project.agent(&["sessions", "--json"]).json()[0]["title"], "second task", "90 days are the default");
    project.agent(&["sessions", "prune", "--cap", "0"]).code(0).stdout_has("deleted 1 sessions");
    assert_eq!(ids(&project), Vec::<String>::new());
}
