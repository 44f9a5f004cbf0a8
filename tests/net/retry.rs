//! The one rule of trying again, as a table.

use agent::base::{Error, Kind};
use agent::net::retry::wait;
use std::time::Duration;

const BUDGET: Duration = Duration::from_secs(120);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn only_failures_that_may_pass_are_tried_again() {
    let cases = [
        (Kind::Usage, false),
        (Kind::Config, false),
        (Kind::Auth, false),
        (Kind::Provider, false),
        (Kind::Transient, true),
        (Kind::Network, true),
        (Kind::ContextFull, false),
        (Kind::Limit, false),
        (Kind::Denied, false),
        (Kind::NoSandbox, false),
        (Kind::Interrupted, false),
        (Kind::Incomplete, false),
        (Kind::Io, false),
    ];
    for (kind, expected) in cases {
        // Also where the server asks for it.
        for retry_after in [None, Some(Duration::ZERO)] {
            let error = Error { retry_after, ..Error::new(kind, "no") };
            assert_eq!(wait(&error, 1, Duration::ZERO, BUDGET, 0.5).is_some(), expected, "{kind:?}");
        }
    }
}

#[test]
fn own_waits_double_up_to_half_a_minute() {
    let error = Error::new(Kind::Transient, "no");
    let waits = |jitter| {
        let each = move |attempt| wait(&error, attempt, Duration::ZERO, BUDGET, jitter);
        [1, 2, 3, 4, 5, 6, 7, 8, 50, u32::MAX].map(|attempt| each(attempt).map(|wait| wait.as_millis()))
    };
    let expected = [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000];
    assert_eq!(waits.clone()(0.5), expected.map(Some));
    assert_eq!(waits.clone()(0.0), expected.map(|wait| Some(wait * 3 / 4)));
    assert_eq!(waits.clone()(1.0), expected.map(|wait| Some(wait * 5 / 4)));
    assert_eq!(waits(7.0), expected.map(|wait| Some(wait * 5 / 4)), "jitter is bounded");
}

#[test]
fn what_the_server_asks_is_waited_and_no_wait_passes_the_budget() {
    struct Case {
        name: &'static str,
        asked: Option<Duration>,
        attempt: u32,
        elapsed: Duration,
        expected: Option<Duration>,
    }
    let case = |name, asked: Option<u64>, attempt, elapsed, expected: Option<u64>| Case {
        name,
        asked: asked.map(millis),
        attempt,
        elapsed: millis(elapsed),
        expected: expected.map(millis),
    };
    let cases = [
        case("as long as it asks", Some(7000), 1, 0, Some(7000)),
        case("less than our own wait", Some(20), 3, 0, Some(20)),
        case("not at all", Some(0), 1, 0, Some(0)),
        case("no longer less, after some attempts", Some(20), 5, 0, Some(8000)),
        case("more, after some attempts", Some(9000), 5, 0, Some(9000)),
        case("to the end of the budget", Some(20_000), 2, 100_000, Some(20_000)),
        case("past the end of the budget", Some(20_001), 2, 100_000, None),
        case("past it at once", Some(600_000), 1, 0, None),
        case("our own, to the end", None, 1, 119_500, Some(500)),
        case("our own, past the end", None, 1, 119_501, None),
        case("after the end", Some(0), 2, 120_001, None),
        Case { name: "for ever", asked: Some(Duration::MAX), attempt: 1, elapsed: millis(1), expected: None },
    ];
    for Case { name, asked, attempt, elapsed, expected } in cases {
        let error = Error { retry_after: asked, ..Error::new(Kind::Transient, "no") };
        assert_eq!(wait(&error, attempt, elapsed, BUDGET, 0.5), expected, "{name}");
    }
    let error = Error::new(Kind::Network, "no");
    assert_eq!(wait(&error, 1, Duration::ZERO, Duration::ZERO, 0.5), None, "no budget, no second attempt");
}
