//! What a failure of a provider means for others: may one take over, and for how long is it left alone?

use agent::base::event::SwitchCause;
use agent::base::{Error, Kind};
use agent::route::failover::{cause, rest, verdict};
use std::time::Duration;

const MINUTE: u64 = 60_000;
const NOW: u64 = 1_000_000_000;

const ALL: [Kind; 15] = [
    Kind::Usage,
    Kind::Config,
    Kind::Auth,
    Kind::Provider,
    Kind::Quota,
    Kind::Unserved,
    Kind::Transient,
    Kind::Network,
    Kind::ContextFull,
    Kind::Limit,
    Kind::Denied,
    Kind::NoSandbox,
    Kind::Interrupted,
    Kind::Incomplete,
    Kind::Io,
];

fn error(kind: Kind, retry_after: Option<u64>) -> Error {
    Error { retry_after: retry_after.map(Duration::from_secs), ..Error::new(kind, "no") }
}

#[test]
fn another_model_takes_over_only_where_that_can_help() {
    let found: Vec<(Kind, SwitchCause)> = ALL.into_iter().filter_map(|kind| Some((kind, cause(kind)?))).collect();
    let wanted = [
        (Kind::Auth, SwitchCause::Auth),
        (Kind::Provider, SwitchCause::Refused),
        (Kind::Quota, SwitchCause::Quota),
        (Kind::Unserved, SwitchCause::Refused),
        (Kind::Transient, SwitchCause::Overloaded),
        (Kind::Network, SwitchCause::Unreachable),
        (Kind::ContextFull, SwitchCause::ContextFull),
    ];
    assert_eq!(found, wanted);
}

/// From one to thirty minutes, twice as long with each failure in a row.
#[test]
fn a_provider_that_fails_in_a_row_is_left_alone_for_longer_and_longer() {
    for kind in [Kind::Transient, Kind::Network] {
        let mut before = None;
        for (strikes, minutes) in (1..).zip([1, 2, 4, 8, 16, 30, 30, 30]) {
            let known = rest(&error(kind, None), before, NOW).unwrap();
            assert_eq!(known, (NOW + minutes * MINUTE, strikes), "{kind:?}");
            // Its time is over.
            before = Some((NOW, known.1));
        }
    }
    assert_eq!(rest(&error(Kind::Network, None), Some((1, u32::MAX)), NOW), Some((NOW + 30 * MINUTE, u32::MAX)));
}

#[test]
fn a_provider_that_says_when_to_come_back_is_believed_for_up_to_a_day() {
    for kind in [Kind::Transient, Kind::Quota] {
        for (asked, given) in [(0, 0), (7, 7), (600, 600), (90_000, 86_400)] {
            let known = rest(&error(kind, Some(asked)), Some((1, 3)), NOW).unwrap();
            assert_eq!(known, (NOW + given * 1000, 4), "{kind:?} {asked}");
        }
    }
    assert_eq!(
        rest(&error(Kind::Quota, None), None, NOW),
        Some((NOW + 30 * MINUTE, 1)),
        "nobody said when it is reset"
    );
}

/// Eight runs that meet the same outage are not eight outages, and a short wait does not end a long one.
#[test]
fn failures_during_one_outage_are_one() {
    let first = rest(&error(Kind::Transient, None), None, NOW).unwrap();
    let again = rest(&error(Kind::Transient, None), Some(first), NOW + 10).unwrap();
    assert_eq!(again, (NOW + 10 + MINUTE, 1));
    let long = rest(&error(Kind::Transient, Some(600)), None, NOW).unwrap();
    assert_eq!(rest(&error(Kind::Transient, Some(5)), Some(long), NOW + 10), Some((NOW + 10 * MINUTE, 1)));
}

#[test]
fn what_is_no_state_of_the_provider_leaves_it_alone_for_no_time() {
    let states = [Kind::Transient, Kind::Network, Kind::Quota];
    for kind in ALL.into_iter().filter(|kind| !states.contains(kind)) {
        assert_eq!(rest(&error(kind, Some(60)), Some((1, 3)), NOW), None, "{kind:?}");
    }
}

#[test]
fn the_failure_of_all_is_that_of_the_last_which_was_not_about_a_key() {
    let cases: [(&[Kind], Option<Kind>); 6] = [
        (&[], None),
        (&[Kind::Auth], Some(Kind::Auth)),
        (&[Kind::Auth, Kind::Auth], Some(Kind::Auth)),
        (&[Kind::Transient, Kind::Auth], Some(Kind::Transient)),
        (&[Kind::Auth, Kind::Network, Kind::Quota], Some(Kind::Quota)),
        (&[Kind::Limit, Kind::Transient], Some(Kind::Transient)),
    ];
    for (kinds, wanted) in cases {
        let failures = kinds.iter().map(|kind| (format!("lab/{kind:?}"), Error::new(*kind, format!("why {kind:?}"))));
        let found = verdict(failures.collect());
        assert_eq!(found.as_ref().map(|error| error.kind), wanted, "{kinds:?}");
        let words = found.map(|error| error.message).unwrap_or_default();
        assert!(kinds.iter().all(|kind| words.contains(&format!("why {kind:?}"))), "{kinds:?}: {words}");
    }
}
