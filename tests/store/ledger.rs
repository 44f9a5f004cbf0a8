//! The ledger: what is reserved, settled and counted, by one process and by many at once.

use agent::base::event::{Role, Scope};
use agent::base::model::Usage;
use agent::base::money::Usd;
use agent::base::{Error, Kind};
use agent::route::budget::{Budget, Standing};
use agent::store::ledger::{Entry, Ledger, Settlement};

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
fn reserve(
    ledger: &Ledger,
    entry: &Entry,
    budgets: &[Budget],
    worst: u64,
) -> agent::base::Result<agent::store::ledger::Reservation> {
    let fit = |standings: &[Standing]| match standings.iter().all(|standing| standing.left() >= Usd(worst)) {
        true => Ok((Usd(worst), ())),
        false => Err(Error::new(Kind::Limit, "no room")),
    };
    ledger.reserve(entry, budgets, 1000, fit).map(|(reservation, ())| reservation)
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
