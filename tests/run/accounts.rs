//! What a run says it cost, what its log adds up to, and what the ledger has are one number, to the micro-dollar; and what
//! the cache should have had of it is said where, and only where, it is so.

use super::vendors::*;
use crate::net::talk::{events, side_by_side, status};
use crate::support::*;
use serde_json::{Value, json};

/// A small generator of numbers that look random and are the same for the same seed.
struct Dice(u64);

impl Dice {
    /// Below `most`.
    fn roll(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn usage(&mut self) -> TokenUse {
        let (input, output) = (1 + self.roll(60_000), 1 + self.roll(9_000));
        TokenUse { input, cached: self.roll(input + 1), cache_written: 0, output, reasoning: self.roll(output + 1) }
    }

    fn call(&mut self) -> Step {
        let path = format!("missing-{}", self.roll(1_000_000));
        Step::Reply(Reply::call("read", json!({ "path": path })).usage(self.usage()))
    }

    /// Some way to fail that another vendor can mend.
    fn failure(&mut self, wire: Wire) -> Step {
        let reply = Reply::text("words that lead nowhere ".repeat(40)).usage(self.usage());
        let length = Server::rendered_len(wire, &reply) as u64;
        let error = |code| status(code, &[], Server::error_body(wire, code, "not now"));
        match self.roll(6) {
            0 => error(429),
            1 => error(500),
            2 => error(401),
            3 => error(404),
            4 => Step::Cut { reply, at: usize::try_from(self.roll(length - 60)).unwrap(), hang: false },
            _ => Step::ErrorInStream { reply_prefix: reply, kind: "error".into(), message: "enough".into() },
        }
    }
}

/// Sums of what the turns of a run cost, whoever did them.
fn turns(outcome: &Outcome) -> u64 {
    events(outcome, "turn_finished").iter().map(|turn| micro(&turn["cost_usd"])).sum()
}

#[test]
fn every_micro_dollar_is_the_same_in_the_outcome_the_log_and_the_ledger() {
    let seeds: Vec<u64> = (1..=16).collect();
    side_by_side(&seeds, |seed| {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let wires = [Wire::Messages, Wire::Responses, Wire::Chat];
        let shift = usize::try_from(dice.roll(3)).unwrap();
        let order = [0, 1, 2].map(|nth| wires[(nth + shift) % 3]);
        // Two vendors fail after some work, the last one ends it.
        let scripts = order.map(|wire| {
            let mut steps: Vec<Step> = (0..dice.roll(4)).map(|_| dice.call()).collect();
            match wire == order[2] {
                true => steps.push(Step::Reply(Reply::text("Done.").usage(dice.usage()))),
                false => steps.push(dice.failure(wire)),
            }
            Server::start(wire, steps)
        });
        let urls = scripts.each_ref().map(Server::base_url);
        let vendors = [0, 1, 2].map(|nth| (order[nth], urls[nth].as_str()));
        let project = asking(&vendors, AT_ONCE);
        let outcome = project.run(&["--json", "add it up"]).code(0);
        let paid = turns(&outcome);
        assert!(paid > 0, "seed {seed}");
        assert_eq!(micro(&outcome.outcome()["cost_usd"]), paid, "seed {seed}: the outcome");
        for (name, args) in [("the ledger", &[][..]), ("the ledger made anew", &["--rebuild"][..])] {
            let total = &costs(&project, args)["total"];
            assert_eq!(micro(&total["cost_usd"]), paid, "seed {seed}: {name}: {total}");
            assert_eq!(total["requests"], events(&outcome, "turn_finished").len(), "seed {seed}: {name}: {total}");
            assert_eq!(total["unsettled_requests"], 0, "seed {seed}: {name}: {total}");
        }
        let by_model = costs(&project, &["--by", "model"]);
        let sum: u64 = by_model["rows"].as_array().unwrap().iter().map(|row| micro(&row["cost_usd"])).sum();
        assert_eq!(sum, paid, "seed {seed}: by model");
    });
}

fn used(input: u64, cached: u64) -> TokenUse {
    TokenUse { input, cached, cache_written: 0, output: 100, reasoning: 0 }
}

fn read(usage: TokenUse) -> Step {
    Step::Reply(Reply::call("read", json!({"path": "a.txt"})).usage(usage))
}

/// The cache misses of the turns of a run.
fn misses(outcome: &Outcome) -> Vec<Value> {
    let turns = events(outcome, "turn_finished");
    turns.iter().filter_map(|turn| turn.get("cache_miss")).filter(|miss| !miss.is_null()).cloned().collect()
}

#[test]
fn what_the_provider_did_not_have_is_a_miss_and_what_it_had_is_none() {
    let steps = vec![
        read(used(5000, 0)),
        read(used(6000, 5000)),
        read(used(7000, 0)),
        Step::Reply(Reply::text("Done.").usage(used(8000, 6900))),
    ];
    let server = Server::start(Wire::Messages, steps);
    let project = asking(&[(Wire::Messages, &server.base_url())], "");
    let outcome = project.run(&["--json", "x"]).code(0);
    // 6,000 tokens at $2 instead of $0.20 for a million.
    assert_eq!(misses(&outcome), [json!({"tokens": 6000, "cause": "provider", "extra_usd": "0.0108"})]);
    let shown = &costs(&project, &[])["total"]["cache_misses"];
    assert_eq!((&shown[0]["cause"], &shown[0]["tokens"]), (&json!("provider"), &json!(6000)), "{shown}");
}

#[test]
fn the_first_request_to_another_model_misses_what_the_one_before_had() {
    let first = Server::start(Wire::Messages, vec![read(used(5000, 0)), status(529, &[], "{}")]);
    let last = Step::Reply(Reply::text("Done.").usage(used(5600, 0)));
    let second = Server::start(Wire::Responses, vec![last]);
    let (one, other) = (first.base_url(), second.base_url());
    let project = asking(&[(Wire::Messages, &one), (Wire::Responses, &other)], AT_ONCE);
    let outcome = project.run(&["--json", "x"]).code(0);
    let missed = json!({"tokens": 5000, "cause": "model", "extra_usd": "0.0090"});
    assert_eq!(misses(&outcome), [missed]);
    let switched = &events(&outcome, "switched")[0];
    assert_eq!(
        (&switched["cache_lost"], &switched["extra_usd"]),
        (&json!(5000), &json!("0.0090")),
        "it was said before"
    );
}

/// What is estimated of an answer that broke off says nothing of the cache.
#[test]
fn an_answer_that_broke_off_is_no_false_alarm() {
    let reply = Reply::text("words and words ".repeat(100)).usage(used(5600, 5000));
    let at = Server::rendered_len(Wire::Responses, &reply) / 2;
    let last = Step::Reply(Reply::text("Done.").usage(used(5600, 5000)));
    let steps = vec![read(used(5000, 0)), Step::Cut { reply, at, hang: false }, last];
    let server = Server::start(Wire::Responses, steps);
    let project = asking(&[(Wire::Responses, &server.base_url())], "");
    let outcome = project.run(&["--json", "x"]).code(0);
    assert_eq!(events(&outcome, "turn_finished").len(), 3, "{outcome}");
    assert_eq!(misses(&outcome), Vec::<Value>::new());
}

#[test]
fn a_small_beginning_and_a_model_without_a_discount_miss_nothing() {
    let no_discount = "models.\"anthropic/claude-sonnet-5\" = { input = 2, output = 10 }\n";
    let no_price = "model = \"anthropic/nobody-knows\"\n";
    for (settings, tokens) in [("", 900), (no_discount, 50_000), (no_price, 50_000)] {
        let steps = vec![read(used(tokens, 0)), Step::Reply(Reply::text("Done.").usage(used(tokens + 90, 0)))];
        let server = Server::start(Wire::Messages, steps);
        let vendors = [(Wire::Messages, server.base_url())];
        let vendors = vendors.each_ref().map(|(wire, url)| (*wire, url.as_str()));
        let project = if settings == no_price { knowing(&vendors, settings) } else { asking(&vendors, settings) };
        let outcome = project.run(&["--json", "x"]).code(0);
        assert_eq!(misses(&outcome), Vec::<Value>::new(), "{settings}");
    }
}
