//! The ledger: what is reserved, settled and counted, by one process and by many at once.

use agent::base::event::{CacheMiss, MissCause, Role, Scope, Status};
use agent::base::model::Usage;
use agent::base::money::Usd;
use agent::base::{Error, Kind, Result};
use agent::route::offer::Evidence;
use agent::route::task::{Size, TaskKind};
use agent::store::costs::{By, Cost, Missed};
use agent::store::ledger::{Budget, Cooling, Entry, Ledger, Reservation, Settlement, Standing, TaskRow, Try, path};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};

const CENT: u64 = 10_000;

pub fn entry(session: &str) -> Entry {
    Entry {
        session: session.into(),
        run: session.into(),
        task: 1,
        project: "/engine".into(),
        branch: Some("main".into()),
        model: "lab/one".into(),
        role: Role::Main,
        local_day: "2026-11-21".into(),
        local_month: "2026-11".into(),
    }
}

fn budget(scope: Scope, limit: u64) -> Budget {
    Budget { scope, limit: Usd(limit) }
}

fn settled(cost: u64) -> Settlement {
    let tokens = Usage { input: 100, cached: 40, cache_written: 10, output: 7, reasoning: 3 };
    Settlement { cost: Some(Usd(cost)), tokens, duration_ms: 1200, ..Settlement::default() }
}

/// Reserves `worst` if every budget has room for it.
fn reserve(ledger: &Ledger, entry: &Entry, budgets: &[Budget], worst: u64) -> Result<Reservation> {
    let fit = |standings: &[Standing]| match standings.iter().all(|standing| standing.left() >= Usd(worst)) {
        true => Ok((Usd(worst), ())),
        false => Err(Error::new(Kind::Limit, "no room")),
    };
    ledger.reserve(entry, budgets, 1000, fit).map(|(reservation, ())| reservation)
}

/// One request from beginning to end.
fn pay(ledger: &Ledger, entry: &Entry, at: u64, settlement: &Settlement) {
    let (reservation, ()) = ledger.reserve(entry, &[], at, |_| Ok((Usd(CENT), ()))).unwrap();
    ledger.settle(reservation, settlement).unwrap();
}

fn spent(ledger: &Ledger, by: By) -> Vec<(String, u64)> {
    ledger.costs(by, 0).unwrap().into_iter().map(|cost| (cost.key, cost.spent.0)).collect()
}

#[test]
fn what_is_reserved_counts_until_it_is_settled_and_then_what_it_cost() {
    let ledger = Ledger::in_memory().unwrap();
    let (one, day) = (entry("s1"), [budget(Scope::Day, 10 * CENT)]);
    let first = reserve(&ledger, &one, &day, 6 * CENT).unwrap();
    let standing = ledger.standings(&one, &day).unwrap()[0];
    assert_eq!((standing.spent, standing.reserved, standing.left()), (Usd(0), Usd(6 * CENT), Usd(4 * CENT)));
    let refused = reserve(&ledger, &entry("s2"), &day, 5 * CENT).unwrap_err();
    assert_eq!((refused.kind, refused.message.as_str()), (Kind::Limit, "no room"));
    assert_eq!(ledger.standings(&one, &day).unwrap()[0].reserved, Usd(6 * CENT), "a refused request leaves no row");
    ledger.settle(first, &settled(123)).unwrap();
    ledger.settle(first, &settled(999)).unwrap();
    let standing = ledger.standings(&one, &day).unwrap()[0];
    assert_eq!((standing.spent, standing.reserved), (Usd(123), Usd(0)), "the second settlement changes nothing");
    reserve(&ledger, &one, &day, 9 * CENT).unwrap();
}

#[test]
fn a_scope_counts_what_belongs_to_it() {
    let ledger = Ledger::in_memory().unwrap();
    let one = entry("s1");
    let child = Entry { session: "s1-child".into(), ..one.clone() };
    let resumed = Entry { run: "s1.2".into(), ..one.clone() };
    let elsewhere = Entry { session: "s2".into(), run: "s2".into(), project: "/other".into(), ..one.clone() };
    let yesterday = Entry { session: "s3".into(), run: "s3".into(), local_day: "2026-11-20".into(), ..one.clone() };
    let last_month = Entry { local_day: "2026-10-31".into(), local_month: "2026-10".into(), ..yesterday.clone() };
    for (number, entry) in [&one, &child, &resumed, &elsewhere, &yesterday, &last_month].into_iter().enumerate() {
        pay(&ledger, entry, 1, &settled(10_u64.pow(number as u32)));
    }
    let budgets = Scope::ALL.map(|scope| budget(scope, CENT));
    let standings = ledger.standings(&one, &budgets).unwrap();
    let found: Vec<(Scope, u64)> = standings.iter().map(|standing| (standing.budget.scope, standing.spent.0)).collect();
    assert_eq!(
        found,
        [(Scope::Run, 11), (Scope::Session, 101), (Scope::Day, 1_111), (Scope::Project, 10_111)],
        "in the order that was asked for"
    );
    assert_eq!(ledger.standings(&one, &[]).unwrap(), []);
}

#[test]
fn a_budget_holds_for_eight_at_once_and_every_micro_dollar_is_there() {
    const LIMIT: u64 = 10 * CENT;
    let state = tempfile::tempdir().unwrap();
    let (barrier, paid) = (Barrier::new(8), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for worker in 0..8_u64 {
            let (state, barrier, paid) = (state.path(), &barrier, &paid);
            scope.spawn(move || {
                barrier.wait();
                // Each has a connection of its own, as processes have; they make the file together.
                let ledger = Ledger::open(state).unwrap();
                let mine = entry(&format!("s{worker}"));
                let day = [budget(Scope::Day, LIMIT)];
                for request in 1.. {
                    let worst = CENT - worker * 13;
                    let fit = |standings: &[Standing]| {
                        let standing = standings[0];
                        assert!(standing.used() <= Usd(LIMIT), "{standing:?}");
                        match standing.left() >= Usd(worst) {
                            true => Ok((Usd(worst), ())),
                            false => Err(Error::new(Kind::Limit, "no room")),
                        }
                    };
                    let Ok((reservation, ())) = ledger.reserve(&mine, &day, request, fit) else { break };
                    let cost = 1_000 + (worker * 997 + request * 1_999) % 8_000;
                    paid.fetch_add(cost, Ordering::SeqCst);
                    ledger.settle(reservation, &settled(cost)).unwrap();
                }
            });
        }
    });
    let ledger = Ledger::open(state.path()).unwrap();
    let standing = ledger.standings(&entry("s0"), &[budget(Scope::Day, LIMIT)]).unwrap()[0];
    assert_eq!((standing.spent.0, standing.reserved.0), (paid.load(Ordering::SeqCst), 0));
    assert!(standing.spent <= Usd(LIMIT) && standing.left() < Usd(CENT), "{standing:?}");
    for by in [By::Day, By::Project, By::Branch, By::Model, By::Session, By::Task] {
        let costs = ledger.costs(by, 0).unwrap();
        assert_eq!(costs.iter().map(|cost| cost.spent.0).sum::<u64>(), standing.spent.0, "{by:?}");
        let (requests, input): (u64, u64) =
            costs.iter().fold((0, 0), |sum, cost| (sum.0 + cost.requests, sum.1 + cost.tokens.input));
        assert_eq!(requests * 100, input, "{by:?}");
    }
}

/// Where a worker process finds the ledger, and writes what it paid.
const WORKER: &str = "AGENT_TEST_LEDGER";
const DOOMED: &str = "doomed-";

/// The test runs itself as ten processes; two of them die while a request of theirs is under way, and then eight work at once.
#[test]
fn a_budget_holds_for_eight_processes_after_two_were_killed() {
    const NAME: &str = "store::ledger::a_budget_holds_for_eight_processes_after_two_were_killed";
    const LIMIT: u64 = 10 * CENT;
    const WORST: u64 = 4_000;
    if let Some(folder) = std::env::var_os(WORKER) {
        work(Path::new(&folder), LIMIT, WORST);
        return;
    }
    let state = tempfile::tempdir().unwrap();
    let start = |name: String| {
        let folder = state.path().join(name);
        fs::create_dir(&folder).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", NAME]).env(WORKER, &folder).stdout(Stdio::null()).stderr(Stdio::null());
        (folder, command.spawn().unwrap())
    };
    let dead: Vec<_> = (0..2).map(|number| start(format!("{DOOMED}{number}"))).collect();
    for (folder, mut child) in dead {
        let status = child.wait().unwrap();
        assert_eq!(status.signal(), Some(9), "{status}: {folder:?}");
    }
    let workers: Vec<_> = (0..8).map(|number| start(format!("worker-{number}"))).collect();
    let mut paid = 0;
    for (folder, mut child) in workers {
        let status = child.wait().unwrap();
        assert!(status.success(), "{status}: {folder:?}");
        let lines = fs::read_to_string(folder.join("paid")).unwrap();
        paid += lines.lines().map(|line| line.parse::<u64>().unwrap()).sum::<u64>();
    }
    let ledger = Ledger::open(state.path()).unwrap();
    let standing = ledger.standings(&entry("s0"), &[budget(Scope::Day, LIMIT)]).unwrap()[0];
    assert_eq!((standing.spent.0, standing.reserved.0), (paid, 2 * WORST));
    assert!(standing.used() <= Usd(LIMIT) && standing.left() < Usd(WORST), "{standing:?}");
}

/// Asks until there is no more room, and writes down what each request cost before it is settled.
fn work(folder: &Path, limit: u64, worst: u64) {
    let name = folder.file_name().unwrap().to_str().unwrap();
    let ledger = Ledger::open(folder.parent().unwrap()).unwrap();
    let (mine, day) = (entry(name), [budget(Scope::Day, limit)]);
    let mut paid = fs::File::create(folder.join("paid")).unwrap();
    for request in 1_u64.. {
        let Ok(reservation) = reserve(&ledger, &mine, &day, worst) else { break };
        if name.starts_with(DOOMED) {
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).unwrap();
        }
        let standing = ledger.standings(&mine, &day).unwrap()[0];
        assert!(standing.used() <= Usd(limit), "{standing:?}");
        let cost = 500 + request * 37 % 1_000;
        writeln!(paid, "{cost}").unwrap();
        ledger.settle(reservation, &settled(cost)).unwrap();
    }
}

/// The files as they lie there while the process is at work are what a killed one leaves.
#[test]
fn a_request_whose_process_died_goes_on_counting_with_its_worst_case() {
    let (state, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ledger = Ledger::open(state.path()).unwrap();
    let day = [budget(Scope::Day, 10 * CENT)];
    let dead = reserve(&ledger, &entry("s1"), &day, 7 * CENT).unwrap();
    for file in fs::read_dir(state.path()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), after.path().join(file.file_name())).unwrap();
    }
    ledger.settle(dead, &settled(5)).unwrap();
    let left = Ledger::open(after.path()).unwrap();
    assert_eq!(left.standings(&entry("s2"), &day).unwrap()[0].used(), Usd(7 * CENT));
    assert_eq!(reserve(&left, &entry("s2"), &day, 4 * CENT).unwrap_err().kind, Kind::Limit);
    let cost = left.costs(By::Session, 0).unwrap().remove(0);
    assert_eq!((cost.spent, cost.unsettled, cost.reserved, cost.known()), (Usd(0), 1, Usd(7 * CENT), Some(Usd(0))));
}

#[test]
fn a_decision_that_breaks_leaves_nothing() {
    let ledger = Ledger::in_memory().unwrap();
    let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ =
            ledger.reserve(&entry("s1"), &[], 1, |_| -> Result<(Usd, ())> { std::panic::resume_unwind(Box::new(1)) });
    }));
    assert!(broken.is_err());
    pay(&ledger, &entry("s1"), 1, &settled(7));
    assert_eq!(spent(&ledger, By::Session), [("s1".to_owned(), 7)]);
}

#[test]
fn the_file_is_the_users_alone() {
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().join("new/agent");
    let ledger = Ledger::open(&folder).unwrap();
    reserve(&ledger, &entry("s1"), &[], CENT).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.contains(&path(&folder)) && files.len() > 1, "{files:?}");
    files.iter().for_each(|file| assert_eq!(mode(file), 0o600, "{file:?}"));
}

#[test]
fn a_file_that_cannot_be_used_names_the_way_out() {
    let refusal = |spoil: &dyn Fn(&Path)| {
        let state = tempfile::tempdir().unwrap();
        drop(Ledger::open(state.path()).unwrap());
        spoil(&path(state.path()));
        let error = Ledger::open(state.path()).err().unwrap();
        assert_eq!(error.kind, Kind::Io);
        (error.message.replace(&state.path().display().to_string(), "STATE"), error.hints.join("; "))
    };
    let rebuild = "`agent cost --rebuild` moves the file aside and makes it again from the session logs";
    let (fact, hints) = refusal(&|path| {
        fs::write(path, "rubbish ".repeat(1000)).unwrap();
        fs::remove_file(format!("{}-wal", path.display())).unwrap();
    });
    assert_eq!(
        (fact.as_str(), hints.as_str()),
        ("the ledger `STATE/index.sqlite` is damaged: file is not a database", rebuild)
    );
    let (fact, hints) = refusal(&|path| {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
    });
    assert!(
        fact.starts_with(
            "the ledger `STATE/index.sqlite` was written by a newer agent (version 99, this one reads up to "
        ),
        "{fact}"
    );
    assert_eq!(hints, format!("update agent; {rebuild}"));
    let state = tempfile::tempdir().unwrap();
    let strange = rusqlite::Connection::open(path(state.path())).unwrap();
    strange.pragma_update(None, "user_version", 1).unwrap();
    drop(strange);
    let error = Ledger::open(state.path()).unwrap().costs(By::Day, 0).unwrap_err();
    assert!(error.message.contains("is damaged: no such table: requests"), "{}", error.message);
    assert_eq!(error.hints, [rebuild]);
    let (fact, hints) = refusal(&|path| {
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{end}", path.display()));
        }
        fs::create_dir(path).unwrap();
    });
    assert!(fact.starts_with("cannot open the ledger `STATE/index.sqlite`: ") && hints.is_empty(), "{fact}");
}

fn task(entry: &Entry, kind: TaskKind, status: Status, span: (u64, u64), tries: Vec<Try>) -> TaskRow {
    TaskRow { entry: entry.clone(), kind, size: Size::Small, status, started: span.0, ended: span.1, tries }
}

fn try_of(model: &str, succeeded: Option<bool>) -> Try {
    Try {
        model: model.into(),
        succeeded,
        judged: true,
        handed_over: model.ends_with("strong"),
        refused_edits: 2,
        failed_checks: 1,
        retries: 3,
    }
}

#[test]
fn evidence_counts_tasks_by_kind_and_model() {
    let ledger = Ledger::in_memory().unwrap();
    let one = entry("s1");
    let second = Entry { task: 2, ..one.clone() };
    let third = Entry { task: 3, ..one.clone() };
    let strong = |entry: &Entry| Entry { model: "lab/strong".into(), ..entry.clone() };
    pay(&ledger, &one, 10, &settled(100));
    pay(&ledger, &second, 20, &settled(200));
    pay(&ledger, &strong(&second), 25, &settled(5_000));
    pay(&ledger, &third, 30, &Settlement { cost: None, ..settled(0) });
    let done = |number: &Entry, span, tries| task(number, TaskKind::Fix, Status::Done, span, tries);
    ledger.finish_task(&done(&one, (10, 19), vec![try_of("lab/one", Some(true))])).unwrap();
    let escalated = vec![try_of("lab/one", Some(false)), try_of("lab/strong", Some(true))];
    ledger.finish_task(&done(&strong(&second), (20, 29), escalated)).unwrap();
    ledger.finish_task(&done(&third, (30, 39), vec![try_of("lab/one", Some(true))])).unwrap();
    // What says nothing of the model does not count.
    let fourth = Entry { task: 4, ..one.clone() };
    let stopped = task(&fourth, TaskKind::Fix, Status::Interrupted, (40, 49), vec![try_of("lab/one", None)]);
    ledger.finish_task(&stopped).unwrap();
    // The same task once more is the same task.
    ledger.finish_task(&done(&third, (30, 39), vec![try_of("lab/one", Some(true))])).unwrap();
    assert!(ledger.set_undone("s1", 15, true).unwrap());
    assert!(ledger.set_undone("s1", 35, true).unwrap() && ledger.set_undone("s1", 35, false).unwrap());
    assert!(!ledger.set_undone("s1", 99, true).unwrap() && !ledger.set_undone("s9", 15, true).unwrap());
    // What nobody judged tells nothing, until the user takes it back.
    let fifth = Entry { task: 5, ..one.clone() };
    let unjudged = Try { judged: false, ..try_of("lab/one", Some(true)) };
    ledger.finish_task(&done(&fifth, (50, 59), vec![unjudged])).unwrap();
    let counted = |model: &str, tasks, succeeded, undone, cost_micro| Evidence {
        kind: TaskKind::Fix,
        size: Size::Small,
        model: model.into(),
        handed_over: model.ends_with("strong"),
        tasks,
        succeeded,
        cost_micro,
        refused: 2 * tasks,
        retried: 0,
        undone,
        age_days: 0,
    };
    let strong = counted("lab/strong", 1, 1, 0, 5_000);
    assert_eq!(ledger.evidence(0, 60).unwrap(), [counted("lab/one", 3, 1, 1, 300), strong]);
    assert_eq!(ledger.evidence(30, 60).unwrap(), [counted("lab/one", 1, 1, 0, 0)]);
    let days = 24 * 3600 * 1000;
    assert_eq!(ledger.evidence(30, 30 + 5 * days).unwrap()[0].age_days, 4, "the bucket of five days");
    ledger.set_undone("s1", 55, true).unwrap();
    assert_eq!(ledger.evidence(30, 60).unwrap(), [counted("lab/one", 2, 1, 1, 0)]);
    ledger.set_undone("s1", 55, false).unwrap();
    let cost = ledger.costs(By::Model, 0).unwrap();
    let found: Vec<(&str, u64, u64, u64)> =
        cost.iter().map(|row| (row.key.as_str(), row.tasks, row.finished, row.undone)).collect();
    assert_eq!(found, [("lab/one", 4, 2, 1), ("lab/strong", 1, 1, 0)], "a task belongs to its last model");
}

#[test]
fn costs_say_what_is_unknown_and_what_was_missed() {
    let ledger = Ledger::in_memory().unwrap();
    let one = entry("s1");
    let miss = |cause, tokens, extra: Option<u64>| {
        let cache_miss = CacheMiss { tokens, cause, extra_usd: extra.map(Usd) };
        Settlement { cache_miss: Some(cache_miss), ..settled(1_000) }
    };
    pay(&ledger, &one, 10, &miss(MissCause::Tools, 500, Some(40)));
    pay(&ledger, &one, 20, &miss(MissCause::Tools, 700, None));
    pay(&ledger, &one, 30, &miss(MissCause::Expired, 9_000, Some(2)));
    pay(&ledger, &one, 40, &Settlement { cost: None, error: Some(Kind::Network), ..settled(0) });
    let free = Entry { session: "s2".into(), branch: None, ..one.clone() };
    pay(&ledger, &free, 50, &Settlement { cost: None, ..settled(0) });
    let costs = ledger.costs(By::Session, 0).unwrap();
    let [first, second] = costs.as_slice() else { panic!("{costs:?}") };
    assert_eq!((first.requests, first.failed, first.unknown, first.known()), (4, 1, 1, Some(Usd(3_000))));
    assert_eq!((second.requests, second.unknown, second.known()), (1, 1, None), "unknown is not nothing");
    let missed =
        |cause, requests, tokens, extra, unknown| Missed { cause, requests, tokens, extra: Usd(extra), unknown };
    assert_eq!(
        first.misses,
        [missed(MissCause::Expired, 1, 9_000, 2, 0), missed(MissCause::Tools, 2, 1_200, 40, 1)],
        "the most tokens first"
    );
    assert_eq!(first.missed(), Some(missed(MissCause::Expired, 3, 10_200, 42, 1)));
    assert_eq!(ledger.costs(By::Session, 45).unwrap(), std::slice::from_ref(second));
    let branches: Vec<(String, String)> =
        ledger.costs(By::Branch, 0).unwrap().into_iter().map(|cost| (cost.within, cost.key)).collect();
    assert_eq!(branches, [("/engine".into(), String::new()), ("/engine".into(), "main".into())]);
    let mut both = Cost::default();
    costs.iter().for_each(|cost| both.add(cost));
    assert_eq!((both.requests, both.unknown, both.spent, both.misses.len()), (5, 2, Usd(3_000), 2));
}

#[test]
fn nonsense_counts_do_not_upset_sums() {
    let ledger = Ledger::in_memory().unwrap();
    let tokens = Usage { input: u64::MAX, output: u64::MAX, ..Usage::default() };
    for _ in 0..3 {
        pay(&ledger, &entry("s1"), u64::MAX, &Settlement { tokens, ..settled(u64::MAX) });
    }
    reserve(&ledger, &entry("s1"), &[], u64::MAX).unwrap();
    let standing = ledger.standings(&entry("s1"), &[budget(Scope::Day, CENT)]).unwrap()[0];
    assert!(standing.spent > Usd(CENT) && standing.reserved > Usd(CENT) && standing.left() == Usd(0));
    assert_eq!(ledger.costs(By::Task, 0).unwrap()[0].requests, 4);
}

#[test]
fn cooldowns_are_shared_and_end() {
    let state = tempfile::tempdir().unwrap();
    let (here, there) = (Ledger::open(state.path()).unwrap(), Ledger::open(state.path()).unwrap());
    let cooling = |key: &str, until, strikes| Cooling { key: key.into(), until, strikes, reason: "429".into() };
    here.cool("openai", 500, 1, "429").unwrap();
    here.cool("lab/one", 900, 1, "429").unwrap();
    here.cool("lab/one", 1_000, 2, "429").unwrap();
    assert_eq!(there.cooling(400).unwrap(), [cooling("lab/one", 1_000, 2), cooling("openai", 500, 1)]);
    assert_eq!(there.cooling(500).unwrap(), [cooling("lab/one", 1_000, 2)], "over is over");
    assert_eq!(there.last_cooling("openai").unwrap(), Some(cooling("openai", 500, 1)), "but its strikes are known");
    there.warm("openai").unwrap();
    there.warm("never seen").unwrap();
    assert_eq!(here.last_cooling("openai").unwrap(), None);
}
