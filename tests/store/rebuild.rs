//! The ledger made again from the logs is the ledger that was kept while they were written.

use super::ledger::entry;
use agent::base::access::{Mode, Network};
use agent::base::call::ToolResult;
use agent::base::change::Cause;
use agent::base::event::{
    Aside, CacheMiss, CheckResult, Event, Fault, MissCause, Outcome, RefusedEdit, Role, Routed, SessionStarted, Source,
    Status, SwitchCause, Switched, ToolFinished, ToolStatus, TurnFinished, UserMessage,
};
use agent::base::model::{Stop, Usage, Wire};
use agent::base::money::Usd;
use agent::base::{Error, Kind};
use agent::disk::Disk;
use agent::route::offer::Evidence;
use agent::store::costs::{By, Cost};
use agent::store::folder::Folder;
use agent::store::ledger::{Entry, Ledger, Reservation, Settlement, path};
use agent::store::log::Log;
use agent::store::rebuild::{Rebuilt, rebuild};
use agent::store::tally::{self, Tally};
use agent::store::{moment, sessions};
use agent::text::redact::Redactor;
use std::fs;
use std::path::Path;

fn started(id: &str, project: &str) -> Event {
    Event::SessionStarted(SessionStarted {
        session: id.into(),
        version: "0.1.0".into(),
        root: "/engine/src".into(),
        project: project.into(),
        branch: Some("main".into()),
        model: "lab/one".into(),
        wire: Wire::Chat,
        mode: Mode::Auto,
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

fn turn(number: u64, model: &str) -> Event {
    Event::TurnStarted { turn: number, model: model.into() }
}

fn paid(model: &str, cost: Option<u64>) -> TurnFinished {
    TurnFinished {
        turn: 1,
        model: model.into(),
        stop: Some(Stop::End),
        tokens: Usage { input: 1_000, cached: 600, cache_written: 100, output: 50, reasoning: 20 },
        cost_usd: cost.map(Usd),
        duration_ms: 0,
        first_token_ms: None,
        role: Role::Main,
        cache_miss: None,
        error: None,
    }
}

fn ended(status: Status) -> Event {
    let outcome = Outcome::failed(&Error::new(Kind::Incomplete, "x"), String::new());
    Event::Outcome(Outcome { status, ..outcome })
}

/// A session as it keeps its log and the ledger, one after the other.
struct Session {
    log: Log,
    ledger: Ledger,
    entry: Entry,
    past: tally::Count,
    tally: Tally,
    open: Option<Reservation>,
}

impl Session {
    fn begin(state: &Path, id: &str) -> Session {
        let folder = Folder::create(sessions::folder(state, id), Disk::default()).unwrap();
        let log = Log::create(&folder.log_path(), Disk::default(), Redactor::default()).unwrap();
        let day = moment::day(moment::now());
        let entry = Entry { local_month: moment::month(&day), local_day: day, ..entry(id) };
        let ledger = Ledger::open(state).unwrap();
        Session { log, ledger, entry, past: tally::Count::of(id), tally: Tally::default(), open: None }
    }

    /// One whose log is there already.
    fn resume(state: &Path, id: &str) -> Session {
        let opened = super::hand::reopened(&sessions::folder(state, id).join("log.jsonl"));
        assert_eq!(opened.broken, None, "its chain is whole");
        let fresh = tempfile::tempdir().unwrap();
        let mut session = Session::begin(fresh.path(), id);
        opened.records.iter().for_each(|record| session.past.push(&record.event));
        Session { log: opened.log, ledger: Ledger::open(state).unwrap(), ..session }
    }

    /// The log first, and then the ledger.
    fn happen(mut self, events: Vec<Event>) -> Session {
        for event in events {
            self.reserve_for(&event);
            let record = self.log.append(event).unwrap();
            self.past.push(&record.event);
            self.tally.push(&record.event);
            self.settle_for(&record.event);
        }
        self
    }

    fn reserve_for(&mut self, event: &Event) {
        let now = moment::now();
        if matches!(event, Event::SessionStarted(_)) {
            self.entry.run = self.past.next_run();
        } else if tally::begins_task(event) {
            self.entry.task = self.past.tasks() + 1;
            self.tally = Tally::begin("lab/one", now);
        } else if let Event::TurnStarted { model, .. } = event {
            self.entry.model.clone_from(model);
        }
        if let Event::TurnStarted { .. } | Event::Waiting { .. } | Event::Aside(_) = event {
            let (reservation, ()) = self.ledger.reserve(&self.entry, &[], now, |_| Ok((Usd(70_000), ()))).unwrap();
            self.open = Some(reservation);
        }
    }

    fn settle_for(&mut self, event: &Event) {
        if let Event::TurnFinished(turn) = event {
            let settlement = Settlement {
                cost: turn.cost_usd,
                tokens: turn.tokens,
                duration_ms: turn.duration_ms,
                error: turn.error.as_ref().map(|fault| fault.kind),
                cache_miss: turn.cache_miss.clone(),
            };
            self.ledger.settle(self.open.take().unwrap(), &settlement).unwrap();
        } else if let Event::Aside(aside) = event {
            let error = aside.error.as_ref().map(|fault| fault.kind);
            let settlement = Settlement { cost: aside.cost_usd, tokens: aside.tokens, error, ..Settlement::default() };
            self.ledger.settle(self.open.take().unwrap(), &settlement).unwrap();
        } else if let Event::Outcome(outcome) = event {
            let tally = std::mem::take(&mut self.tally);
            self.ledger.finish_task(&tally.end(&self.entry, outcome.status, moment::now())).unwrap();
        }
    }
}

/// Two tasks in two runs: one that was escalated after refused edits and a failed check, one that failed.
fn eventful(id: &str) -> Vec<Event> {
    let routed = Routed { role: Role::Main, kind: "fix".into(), candidates: Vec::new(), reason: "cheapest".into() };
    let refused = ToolFinished {
        tool: "edit".into(),
        status: ToolStatus::Failed,
        result: ToolResult { call: "c1".into(), output: "no".into(), images: Vec::new(), error: true },
        duration_ms: 1,
        exit: None,
        limit: None,
        hosts: Vec::new(),
        spill: None,
        refused: Some(RefusedEdit { format: "edit".into(), cause: Cause::NotFound }),
    };
    let check = CheckResult { command: "true".into(), passed: false, round: 1, exit: Some(1), duration_ms: 1 };
    let switched = Switched {
        from: "lab/one".into(),
        to: "lab/strong".into(),
        cause: SwitchCause::Escalated,
        reason: "a check failed twice".into(),
        cache_lost: 1_000,
        extra_usd: None,
        until: None,
    };
    let broken = Fault::from(&Error::new(Kind::Network, "cut"));
    let miss = CacheMiss { tokens: 600, cause: MissCause::Model, extra_usd: Some(Usd(9)) };
    vec![
        started(id, "/engine"),
        task("mend it"),
        Event::Routed(routed),
        turn(1, "lab/one"),
        Event::TurnFinished(TurnFinished { stop: None, error: Some(broken), ..paid("lab/one", Some(5)) }),
        Event::Waiting { reason: "cut".into(), wait_ms: 1, attempt: 1 },
        Event::TurnFinished(paid("lab/one", Some(1_234))),
        Event::ToolFinished(refused),
        Event::CheckFinished(check),
        Event::Switched(switched),
        turn(2, "lab/strong"),
        Event::TurnFinished(TurnFinished { cache_miss: Some(miss), ..paid("lab/strong", Some(98_765)) }),
        ended(Status::Done),
        started(id, "/engine"),
        task("and more"),
        turn(3, "lab/one"),
        Event::TurnFinished(TurnFinished { role: Role::Fast, ..paid("lab/one", None) }),
        ended(Status::Incomplete),
    ]
}

type Sums = (Vec<Vec<Cost>>, Vec<Evidence>);

fn sums(state: &Path) -> Sums {
    let ledger = Ledger::open(state).unwrap();
    let costs =
        [By::Day, By::Project, By::Branch, By::Model, By::Session, By::Task].map(|by| ledger.costs(by, 0).unwrap());
    (costs.into(), ledger.evidence(0, 0).unwrap())
}

fn again(state: &Path) -> Rebuilt {
    rebuild(state, &Disk::default()).unwrap()
}

fn spoil(state: &Path) {
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{end}", path(state).display()));
    }
    fs::write(path(state), "rubbish ".repeat(1_000)).unwrap();
}

#[test]
fn it_is_the_same_from_the_logs_alone() {
    let state = tempfile::tempdir().unwrap();
    drop(Session::begin(state.path(), "01a").happen(eventful("01a")));
    drop(Session::begin(state.path(), "01b").happen(eventful("01b")));
    let before = sums(state.path());
    assert_eq!(before.0[3][1].spent, Usd(2 * 98_765), "the sums are no empty ones");
    let found: Vec<(&str, &str, [u64; 4])> = before
        .1
        .iter()
        .map(|one| (one.kind.name(), one.model.as_str(), [one.tasks, one.succeeded, one.cost_micro, one.refused]))
        .collect();
    assert_eq!(
        found,
        [("fix", "lab/one", [2, 0, 2 * 1_239, 2]), ("other", "lab/one", [2, 0, 0, 0])],
        "a model that was left for a stronger one has not done it; that the stronger one did, no check said"
    );
    let done = Rebuilt { sessions: 2, requests: 8, tasks: 4, ..Rebuilt::default() };
    assert_eq!(again(state.path()), done);
    assert_eq!(sums(state.path()), before, "in place");
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{end}", path(state.path()).display()));
    }
    assert_eq!(again(state.path()), done);
    assert_eq!(sums(state.path()), before, "without a file");
    spoil(state.path());
    let aside = state.path().join("index.sqlite.damaged-1");
    assert_eq!(again(state.path()), Rebuilt { moved: Some(aside.clone()), ..done });
    assert_eq!(sums(state.path()), before, "with a damaged file");
    assert!(fs::read_to_string(aside).unwrap().starts_with("rubbish"));
    spoil(state.path());
    assert_eq!(again(state.path()).moved.unwrap(), state.path().join("index.sqlite.damaged-2"), "none is overwritten");
}

fn aside(cost: u64) -> Event {
    Event::Aside(Aside {
        question: "by the way?".into(),
        answer: "no".into(),
        model: "lab/one".into(),
        tokens: Usage { input: 10, output: 2, ..Usage::default() },
        cost_usd: Some(Usd(cost)),
        error: None,
    })
}

#[test]
fn a_fork_pays_for_its_own_work_alone() {
    let state = tempfile::tempdir().unwrap();
    drop(Session::begin(state.path(), "01a").happen(eventful("01a")));
    sessions::fork(state.path(), "01a", 12, "01b", &Disk::default()).unwrap();
    let own = [turn(4, "lab/one"), Event::TurnFinished(paid("lab/one", Some(42))), aside(7), ended(Status::Done)];
    let own = [started("01b", "/engine"), task("and on")].into_iter().chain(own);
    drop(Session::resume(state.path(), "01b").happen(own.chain([aside(9)]).collect()));
    let before = sums(state.path());
    let fork = before.0[4].iter().find(|cost| cost.key == "01b").unwrap();
    assert_eq!((fork.requests, fork.spent, fork.tasks), (3, Usd(58), 1));
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{end}", path(state.path()).display()));
    }
    assert_eq!(again(state.path()).requests, 7);
    assert_eq!(sums(state.path()), before);
}

#[test]
fn what_only_the_ledger_knows_is_kept() {
    let state = tempfile::tempdir().unwrap();
    for id in ["01a", "01b"] {
        let session = Session::begin(state.path(), id).happen(eventful(id));
        // This one is killed in the middle of a request.
        drop(session.happen(vec![task("third"), turn(4, "lab/one")]));
    }
    let ledger = Ledger::open(state.path()).unwrap();
    let first = ledger.costs(By::Task, 0).unwrap();
    assert_eq!(first.iter().map(|cost| cost.unsettled).sum::<u64>(), 2);
    ledger.cool("lab", 1 << 40, 3, "429").unwrap();
    assert!((0..10_000).any(|back| ledger.set_undone("01a", moment::now() - back, true).unwrap()), "a task is found");
    sessions::delete(state.path(), "01b", &Disk::default()).unwrap();
    let before = sums(state.path());
    assert_eq!((before.0[0][0].undone, before.0[0][0].unsettled, before.0[0][0].reserved), (1, 2, Usd(140_000)));
    assert_eq!(again(state.path()).sessions, 1);
    assert_eq!(sums(state.path()), before);
    // A file of something else.
    let strange = tempfile::tempdir().unwrap();
    let other = rusqlite::Connection::open(path(strange.path())).unwrap();
    other.pragma_update(None, "user_version", 1).unwrap();
    drop(other);
    assert!(again(strange.path()).moved.is_some());
    // A file of a later version that has all that this one knows.
    let newer = rusqlite::Connection::open(path(state.path())).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    assert!(again(state.path()).moved.is_some());
    assert_eq!(sums(state.path()), before);
    assert_eq!(Ledger::open(state.path()).unwrap().cooling(0).unwrap().len(), 1);
}

#[test]
fn a_request_that_was_logged_and_not_settled_is_settled() {
    let state = tempfile::tempdir().unwrap();
    let session =
        Session::begin(state.path(), "01a").happen(vec![started("01a", "/engine"), task("x"), turn(1, "lab/one")]);
    session.log.append(Event::TurnFinished(paid("lab/one", Some(77)))).unwrap();
    let before = session.ledger.costs(By::Session, 0).unwrap().remove(0);
    assert_eq!((before.unsettled, before.spent), (1, Usd(0)));
    drop(session);
    again(state.path());
    let after = sums(state.path()).0[4].remove(0);
    assert_eq!((after.unsettled, after.spent, after.requests), (0, Usd(77), 1));
}

#[test]
fn a_log_alone_tells_of_a_request_without_an_end() {
    let state = tempfile::tempdir().unwrap();
    drop(Session::begin(state.path(), "01a").happen(vec![started("01a", ""), task("x"), turn(1, "lab/one")]));
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{end}", path(state.path()).display()));
    }
    again(state.path());
    let cost = sums(state.path()).0[1].remove(0);
    assert_eq!((cost.unsettled, cost.unreserved, cost.reserved), (1, 1, Usd(0)));
    assert_eq!(cost.key, "/engine/src", "a log of the first version has a folder and no project");
    again(state.path());
    assert_eq!(sums(state.path()).0[1].remove(0), cost, "a second time changes nothing");
}

#[test]
fn a_session_at_work_is_left_alone() {
    let state = tempfile::tempdir().unwrap();
    let session = Session::begin(state.path(), "01a").happen(eventful("01a"));
    let session = session.happen(vec![task("third"), turn(4, "lab/one")]);
    let before = sums(state.path());
    assert_eq!(again(state.path()), Rebuilt { left: vec!["01a".into()], ..Rebuilt::default() });
    assert_eq!(sums(state.path()), before);
    let session = session.happen(vec![Event::TurnFinished(paid("lab/one", Some(11))), ended(Status::Done)]);
    drop(session);
    let before = sums(state.path());
    assert_eq!(before.0[0][0].unsettled, 0, "its reservation was still there to be settled");
    assert_eq!(again(state.path()).sessions, 1);
    assert_eq!(sums(state.path()), before);
}

#[test]
fn a_damaged_log_takes_nothing_away() {
    let state = tempfile::tempdir().unwrap();
    drop(Session::begin(state.path(), "01a").happen(eventful("01a")));
    let before = sums(state.path());
    let log = sessions::folder(state.path(), "01a").join("log.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let torn = lines.iter().map(|line| if line.contains("turn_finished") { "{rubbish" } else { line });
    fs::write(&log, torn.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    assert_eq!(again(state.path()).left, ["01a"]);
    assert_eq!(sums(state.path()), before);
    // A tail torn by a crash is no damage.
    fs::write(&log, format!("{text}{{\"schema\":1,\"seq\":99,\"ti")).unwrap();
    assert_eq!(again(state.path()).left, Vec::<String>::new());
    assert_eq!(sums(state.path()), before);
}

#[test]
fn a_disk_that_fails_leaves_a_file_or_the_other() {
    for at in 1..=3 {
        let state = tempfile::tempdir().unwrap();
        drop(Session::begin(state.path(), "01a").happen(eventful("01a")));
        let before = sums(state.path());
        spoil(state.path());
        let error = rebuild(state.path(), &Disk::failing(at, true)).unwrap_err();
        assert!(error.message.starts_with("cannot move aside"), "{at}: {}", error.message);
        assert!(path(state.path()).exists());
        again(state.path());
        assert_eq!(sums(state.path()), before, "{at}");
    }
}
