//! A session changes the vendor in its middle, for every ordered pair of wires and generated histories: reasoning, calls that ran,
//! calls that could not, parallel ones and images all go along, and the other vendor's server, which rejects what is not its own,
//! takes every request.

use super::vendors::{AT_ONCE, asking};
use crate::net::talk::{events, side_by_side, status};
use crate::support::*;
use serde_json::json;

const WIRES: [Wire; 5] = [Wire::Responses, Wire::Chat, Wire::Messages, Wire::Gemini, Wire::Converse];
/// A red pixel.
const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8,
    2, 0, 0, 0, 0x90, 0x77, 0x53, 0xDE, 0, 0, 0, 0x0C, b'I', b'D', b'A', b'T', 0x08, 0xD7, 0x63, 0xF8, 0xCF, 0xC0, 0,
    0, 0x03, 0x01, 0x01, 0, 0x18, 0xDD, 0x8D, 0xB0, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xAE, 0x42, 0x60, 0x82,
];

/// Numbers that only look like chance: the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// An answer that calls something, with or without thoughts and words before it.
fn working(dice: &mut Dice) -> Step {
    let mut reply = Reply::default();
    if dice.below(3) > 0 {
        reply = reply.think("Hm, ä.\n\nThen this.");
    }
    if dice.below(2) > 0 {
        reply = reply.and_text("I look.");
    }
    for nth in 0..=dice.below(3) {
        reply = match dice.below(6) {
            0 => reply.and_call("read", json!({"path": "a.txt"})),
            1 => reply.and_call("read", json!({"path": "red.png"})),
            2 => reply.and_call("shell", json!({"command": format!("echo {nth}; exit {}", dice.below(2))})),
            3 => reply.and_call("no such tool!", json!({})),
            4 => reply.and_call("search", json!({"pattern": "one"})),
            _ => reply.and_call("read", json!({"path": "missing.txt"})),
        };
    }
    reply.into()
}

fn check(one: Wire, other: Wire, seed: u64) {
    let name = format!("{one:?} to {other:?}, seed {seed}");
    let dice = &mut Dice(seed * 31 + one as u64 * 7 + other as u64);
    let gone = status(402, &[], Server::error_body(one, 402, "there is no credit left"));
    let mut before: Vec<Step> = (0..=dice.below(3)).map(|_| working(dice)).collect();
    before.push(gone);
    let mut after: Vec<Step> = (0..dice.below(3)).map(|_| working(dice)).collect();
    after.push(Reply::text("Done.").into());
    let (first, second) = (Server::start(one, before), Server::start(other, after));
    let vendors = [(one, first.base_url()), (other, second.base_url())];
    let vendors: Vec<(Wire, &str)> = vendors.iter().map(|(wire, url)| (*wire, url.as_str())).collect();
    let project = asking(&vendors, AT_ONCE).bytes("red.png", PIXEL);
    let outcome = project.run(&["--json", "-i", "red.png", "look around"]).code(0);
    assert_eq!(outcome.outcome()["summary"], "Done.", "{name}\n{outcome}");
    assert_eq!(events(&outcome, "switched").len(), 1, "{name}\n{outcome}");
    let calls =
        events(&outcome, "message").into_iter().flat_map(|message| message["parts"].as_array().cloned()).flatten();
    let calls = calls.filter(|part| part["type"] == "call").count();
    assert_eq!(events(&outcome, "tool_finished").len(), calls, "{name}: each call has one answer");
    first.assert_no_violations();
    second.assert_no_violations();
}

#[test]
fn every_vendor_takes_over_from_every_other() {
    let mut cases = Vec::new();
    for one in WIRES {
        let others = WIRES.into_iter().filter(|other| *other != one);
        cases.extend(others.flat_map(|other| (1..=8).map(move |seed| (one, other, seed))));
    }
    side_by_side(&cases, |(one, other, seed)| check(*one, *other, *seed));
}
