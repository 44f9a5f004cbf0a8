//! Many sessions at once under one budget: together they never spend more than it allows, and each of them ends.

use super::ending::*;
use super::steering::{parts, words};
use super::vendors::*;
use crate::support::*;
use agent::base::event::{Event, Outcome as End, Scope, Status};
use agent::base::model::Price;
use agent::base::money::Usd;
use agent::base::port::{Item, Port};
use agent::session::{Account, Parts, start};
use agent::store::ledger::{Budget, Entry, Ledger};
use futures_util::StreamExt;
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};

const MANY: usize = 8;
/// Ten cents.
const LIMIT: Usd = Usd(100_000);

/// Answers that take from a tenth of what was asked for up to all of it, by a fixed rule, and never an end.
fn endless() -> Server {
    let count = AtomicU64::new(0);
    Server::respond_with(Wire::Chat, move |request| {
        let nth = count.fetch_add(1, Ordering::SeqCst);
        let most = request.body["max_tokens"].as_u64().or(request.body["max_completion_tokens"].as_u64()).unwrap();
        let share = 10 + nth.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 91;
        let usage = TokenUse {
            input: request.raw.len() as u64 / 5,
            cached: 0,
            cache_written: 0,
            output: most * share / 100,
            reasoning: 0,
        };
        Step::Reply(Reply::call("read", json!({"path": format!("missing-{nth}")})).usage(usage))
    })
}

/// A session of the family that shares the ledger in this folder.
fn child(nth: usize, project: &Project, server: &Server, state: &std::path::Path) -> Parts {
    let mut parts = parts(project, server);
    parts.id = format!("child-{nth}");
    parts.ledger = Ledger::open(state).unwrap();
    parts.account = Account { run: "family".into(), ..Account::default() };
    parts.limits.max_cost = Some(LIMIT);
    let price = Price { input: 300_000, output: 1_700_000, cached: 100_000, cache_written: 300_000 };
    parts.candidates[0].model.price = Some(price);
    parts
}

/// Works until its end, and gives that and what it cost by its own events.
async fn work(parts: Parts) -> (End, u64) {
    let (session, work) = start(parts);
    let work = tokio::spawn(work);
    session.send(words("go on for ever")).await.unwrap();
    let mut reader = session.read(0);
    let mut paid = 0;
    let end = loop {
        let Item::Record(record) = reader.next().await.unwrap().unwrap() else { continue };
        match &record.event {
            Event::TurnFinished(turn) => paid += turn.cost_usd.unwrap().0,
            Event::Outcome(end) => break end.clone(),
            _ => {}
        }
    };
    drop((session, reader));
    work.await.unwrap();
    (end, paid)
}

#[test]
fn eight_child_sessions_never_pass_the_budget_they_share() {
    let server = endless();
    let state = tempfile::tempdir().unwrap();
    let projects: Vec<Project> = (0..MANY).map(|_| Project::new()).collect();
    let children: Vec<Parts> =
        projects.iter().enumerate().map(|(nth, project)| child(nth, project, &server, state.path())).collect();
    let ends: Vec<(End, u64)> = std::thread::scope(|scope| {
        let threads: Vec<_> = children
            .into_iter()
            .map(|parts| {
                scope.spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(async { tokio::time::timeout(PATIENCE, work(parts)).await }).expect("it ends")
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (end, _) in &ends {
        assert_eq!((end.status, end.exit), (Status::Limit, 5), "{end:?}");
    }
    let ledger = Ledger::open(state.path()).unwrap();
    let entry = Entry { run: "family".into(), ..Entry::default() };
    let standing = ledger.standings(&entry, &[Budget { scope: Scope::Run, limit: LIMIT }]).unwrap()[0];
    assert!(standing.spent <= LIMIT, "{standing:?}");
    assert!(standing.spent.0 > LIMIT.0 * 3 / 4, "it is used: {standing:?}");
    assert_eq!(standing.reserved, Usd(0));
    assert_eq!(ends.iter().map(|(_, paid)| paid).sum::<u64>(), standing.spent.0, "and all of it is accounted for");
    assert_eq!(ends.iter().map(|(end, _)| end.cost_usd.unwrap().0).sum::<u64>(), standing.spent.0);
}

#[test]
fn eight_processes_never_pass_the_budget_of_the_day() {
    let server = endless();
    let project = asking(&[(Wire::Chat, &server.base_url())], "budget.day = 0.10\n");
    let paid: u64 = std::thread::scope(|scope| {
        let runs: Vec<_> =
            (0..MANY).map(|_| scope.spawn(|| project.run(&["--json", "go on for ever"]).code(5))).collect();
        runs.into_iter().map(|run| micro(&run.join().unwrap().outcome()["cost_usd"])).sum()
    });
    let standing = today(&project, LIMIT.0);
    assert!(standing.spent <= LIMIT && standing.spent.0 > LIMIT.0 * 3 / 4, "{standing:?}");
    assert_eq!((standing.spent.0, standing.reserved), (paid, Usd(0)));
    assert_eq!(micro(&costs(&project, &[])["total"]["cost_usd"]), paid);
}
