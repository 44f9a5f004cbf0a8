//! What the provider's cache should have had of a request, and why it did not.

use agent::base::event::{CacheMiss, MissCause};
use agent::base::model::{ModelInfo, Price, Usage, Wire};
use agent::base::money::Usd;
use agent::base::quirks::Quirks;
use agent::config::providers::{Credentials, Provider};
use agent::config::{Config, catalog};
use agent::route::cache::{Prefix, extra, miss};

/// $3 for a million tokens, and $0.30 for cached ones.
const PRICE: Price = Price { input: 3_000_000, output: 15_000_000, cached: 300_000, cache_written: 3_750_000 };

fn model(price: Option<Price>) -> ModelInfo {
    let provider = Provider {
        name: "lab".into(),
        wire: Wire::Chat,
        base_url: "http://127.0.0.1:1".into(),
        key_env: None,
        credentials: Credentials::Key,
        key_header: None,
        official: false,
        local: false,
        quirks: Quirks::default(),
    };
    ModelInfo { price, ..catalog::model(&provider, "one", &Config::default()) }
}

fn before() -> Prefix {
    Prefix { model: "lab/one".into(), system: 1, tools: 2, history: 0, at: 1000, tokens: 10_000 }
}

fn used(input: u64, cached: u64) -> Usage {
    Usage { input, cached, output: 10, ..Usage::default() }
}

#[test]
fn a_miss_has_the_first_cause_there_is() {
    type Change = fn(&mut Prefix);
    let cases: [(&str, Change, MissCause); 8] = [
        ("another model", |now| now.model = "lab/two".into(), MissCause::Model),
        ("other instructions", |now| now.system = 9, MissCause::System),
        ("other tools", |now| now.tools = 9, MissCause::Tools),
        ("earlier messages were changed", |now| now.history = 1, MissCause::History),
        ("long after", |now| now.at = 1301, MissCause::Expired),
        ("within five minutes", |now| now.at = 1300, MissCause::Provider),
        ("nothing changed", |_| (), MissCause::Provider),
        ("all changed", |now| (now.model, now.system, now.tools) = ("lab/two".into(), 9, 9), MissCause::Model),
    ];
    for (name, change, cause) in cases {
        let mut now = before();
        change(&mut now);
        let found = miss(&before(), &now, used(12_000, 0), &model(Some(PRICE)));
        // 10,000 tokens at $2.70 more for a million.
        assert_eq!(found, Some(CacheMiss { tokens: 10_000, cause, extra_usd: Some(Usd(27_000)) }), "{name}");
    }
}

#[test]
fn what_could_have_been_cached_is_the_beginning_that_both_requests_have() {
    let cases = [
        ("none of it was there", used(12_000, 0), Some(10_000)),
        ("half of it was there", used(12_000, 5000), Some(5000)),
        ("a shorter request after history went", used(4000, 0), Some(4000)),
        ("rounding", used(12_000, 9100), None),
        ("a tenth and less than a step of the vendors", used(12_000, 8977), None),
        ("just enough to be told", used(12_000, 8976), Some(1024)),
        ("all of it was there", used(12_000, 10_000), None),
        ("more than expected was there", used(12_000, 11_900), None),
        ("too small to be cached", used(1000, 0), None),
        ("nothing was counted", used(0, 0), None),
    ];
    for (name, usage, tokens) in cases {
        let found = miss(&before(), &before(), usage, &model(Some(PRICE)));
        assert_eq!(found.map(|miss| miss.tokens), tokens, "{name}");
    }
}

#[test]
fn where_no_discount_is_known_nothing_is_missed() {
    let dear = Price { cached: PRICE.input, ..PRICE };
    assert_eq!(miss(&before(), &before(), used(12_000, 0), &model(Some(dear))), None, "no discount");
    assert_eq!(miss(&before(), &before(), used(12_000, 0), &model(Some(Price::default()))), None, "free");
    assert_eq!(miss(&before(), &before(), used(12_000, 0), &model(None)), None, "unknown, and no cache is in sight");
    let seen = miss(&before(), &before(), used(12_000, 4000), &model(None)).map(|miss| (miss.tokens, miss.extra_usd));
    assert_eq!(seen, Some((6000, None)), "it has a cache, and what the miss costs is not known");
}

#[test]
fn the_price_of_a_miss_is_that_of_the_requests_tier_and_rounded_up() {
    let mut model = model(Some(PRICE));
    model.tiers = vec![(200_000, Price { input: 6_000_000, cached: 600_000, ..PRICE })];
    assert_eq!(extra(10_000, 200_000, &model), Some(Usd(27_000)));
    assert_eq!(extra(10_000, 200_001, &model), Some(Usd(54_000)));
    assert_eq!(extra(1, 10, &model), Some(Usd(3)), "2.7 micro-dollars");
    assert_eq!(extra(0, 10, &model), Some(Usd(0)));
    model.price = None;
    assert_eq!(extra(10_000, 1000, &model), None);
}
