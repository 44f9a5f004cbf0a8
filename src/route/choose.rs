//! The choice: the cheapest model that is expected to do the task, where a failure is counted with what it costs.

use super::estimate::{Estimates, Expected, HANDING};
use super::offer::{Evidence, Offer, State};
use super::plan::{Candidate, PassedOver, Plan, percent};
use super::price::{self, dollars};
use super::skill::share;
use super::task::Task;
use crate::base::money::Usd;

/// A model that is expected to do a smaller share of such tasks begins one only where all are like that, however cheap.
const LEAST: f64 = 0.25;
/// A model is able if it does this share of what the best one is expected to do.
const ABLE: f64 = 0.8;
/// So many goes of an able model a failure counts, over the share of success that the target gives away: ten at 95 %. Chosen on the
/// markets of `benches/market.rs` so that the target is what is reached.
const GOES: f64 = 0.5;
/// A model that takes over may be weaker by so many log-odds: to be another one helps too.
const BELOW: f64 = 0.5;
/// What a task adds to the history, as far as room is kept for it. More is made room for by leaving out old outputs.
const MOST_GROWTH: u64 = 64_000;

/// Orders the offers for a task. Pure and deterministic: chance comes from `state.seed` alone.
///
/// `evidence` may hold rows of models that are not on offer; they are left out.
pub fn choose(task: &Task, offers: &[Offer], evidence: &[Evidence], state: &State) -> Plan {
    decide(task, &Estimates::new(offers, evidence), state)
}

/// The same, where the estimates are at hand.
pub fn decide(task: &Task, estimates: &Estimates<'_>, state: &State) -> Plan {
    let offers = estimates.offers;
    let mut passed_over = Vec::new();
    let mut usable = Vec::new();
    for (at, offer) in offers.iter().enumerate() {
        let cached = if state.current.as_ref() == Some(&offer.model) { task.history } else { 0 };
        let expected = estimates.of(at, task, cached);
        match unfit(task, offer, &expected, state) {
            Some(reason) => passed_over.push(PassedOver { model: offer.model.clone(), reason }),
            None => usable.push(Usable { offer, expected }),
        }
    }
    let sure = ranked(task, &usable, estimates.harder(), state.target, None);
    let mut order = sure.clone();
    let mut exploring = false;
    if task.checked && usable.len() > 1 && mixed(state.seed, 0) % 100 < u64::from(state.explore) {
        let tried = ranked(task, &usable, estimates.harder(), state.target, Some(state.seed));
        // To learn something must not cost more than the sure way.
        let most = sure.first().and_then(|way| way.total).unwrap_or(f64::INFINITY);
        let cost = |way: &&Way| usable.get(way.first).and_then(|one| one.expected.cost);
        let other = tried.iter().find(|way| cost(way).is_some_and(|cost| cost <= most)).map(|way| way.first);
        if other.is_some() && other != sure.first().map(|way| way.first) {
            exploring = true;
            // The rest keeps the order of what is known.
            order.sort_by_key(|way| Some(way.first) != other);
        }
    }
    let candidates: Vec<Candidate> = order.iter().filter_map(|way| candidate(task, way, &usable)).collect();
    let reason = reason(task, &candidates, exploring);
    Plan { kind: task.kind, size: task.size, candidates, passed_over, exploring, reason }
}

/// An offer that can take the task.
struct Usable<'a> {
    offer: &'a Offer,
    expected: Expected,
}

/// A way to do the task: who begins, who takes over, what it costs, where it gets.
#[derive(Debug, Clone, PartialEq)]
struct Way {
    first: usize,
    then: Vec<usize>,
    /// Micro-dollars on average, with those that take over; `None`: a price is not known.
    total: Option<f64>,
    reached: f64,
}

/// Why an offer cannot take the task.
fn unfit(task: &Task, offer: &Offer, expected: &Expected, state: &State) -> Option<String> {
    let shape = price::shape(task.kind, task.size);
    let growth = (shape.turns * (shape.fresh + shape.output)).min(MOST_GROWTH);
    let needed = price::HEAD + task.history + growth;
    if !offer.key {
        Some(format!("there is no key for `{}`", offer.provider))
    } else if !offer.tools {
        Some("it cannot call tools".into())
    } else if state.local_only && !offer.local {
        Some("it does not run on this machine".into())
    } else if let Some(why) = &offer.cooling {
        Some(format!("left alone for now: {why}"))
    } else if task.images && !offer.images {
        Some("it takes no images".into())
    } else if needed > offer.max_input {
        Some(format!("the task needs about {needed} tokens of room, and it has {}", offer.max_input))
    } else {
        let left = state.budget_left?;
        match expected.cost {
            None => Some("its price is not known, and there is a budget".into()),
            Some(cost) if cost > left.0 as f64 => {
                Some(format!("{} expected, and {} are left", dollars(whole(cost)), dollars(left)))
            }
            Some(_) => None,
        }
    }
}

/// All ways, the best first. With a seed each expectation is drawn from what it may be, so that little known models get a chance.
fn ranked(task: &Task, usable: &[Usable<'_>], harder: f64, target: u8, seed: Option<u64>) -> Vec<Way> {
    let known: Vec<Known> = usable
        .iter()
        .enumerate()
        .map(|(at, one)| {
            let off = seed.map_or(0.0, |seed| one.expected.doubt * drawn(seed, &one.offer.model));
            let odds = one.expected.odds + off;
            Known { at, cost: one.expected.cost, success: share(odds), odds }
        })
        .collect();
    let lost = failure(&known, target);
    let steps = steps(&known);
    let mut ways: Vec<Way> = known.iter().map(|first| way(task, first, &steps, harder, lost)).collect();
    let value = |way: &Way| way.total.map_or(f64::INFINITY, |total| total + (1.0 - way.reached) * lost);
    let own = |way: &Way| known.get(way.first).map_or(0.0, |one| one.success);
    let hopeless = |way: &Way| own(way) < LEAST;
    ways.sort_by(|a, b| {
        let by_value = hopeless(a).cmp(&hopeless(b)).then_with(|| value(a).total_cmp(&value(b)));
        by_value.then_with(|| own(b).total_cmp(&own(a))).then_with(|| a.first.cmp(&b.first))
    });
    ways
}

/// What it counts, in micro-dollars, that a task is not done in the end: several goes of the cheapest model that is able, the more
/// the nearer the target is to all that the best one does.
fn failure(known: &[Known], target: u8) -> f64 {
    let best = known.iter().map(|one| one.success).fold(0.0, f64::max);
    let able = known.iter().filter(|one| one.success >= ABLE * best).filter_map(|one| one.cost);
    let goes = GOES / (1.0 - f64::from(target.min(99)) / 100.0);
    Some(able.fold(f64::INFINITY, f64::min)).filter(|cost| cost.is_finite()).map_or(0.0, |cost| goes * cost)
}

/// One offer as it counts in a ranking.
#[derive(Debug, Clone, Copy)]
struct Known {
    at: usize,
    cost: Option<f64>,
    success: f64,
    odds: f64,
}

/// Who is worth to take over: those that none other beats in both price and success, and those that only one of these beats.
fn steps(known: &[Known]) -> Vec<Known> {
    let mut left: Vec<Known> = known.iter().filter(|one| one.cost.is_some()).copied().collect();
    left.sort_by(|a, b| cost(a).total_cmp(&cost(b)).then_with(|| b.odds.total_cmp(&a.odds)));
    let mut steps = Vec::new();
    for _ in 0..2 {
        let mut best = f64::NEG_INFINITY;
        let (layer, rest) = left.into_iter().partition::<Vec<Known>, _>(|one| {
            let more = one.odds > best;
            best = best.max(one.odds);
            more
        });
        steps.extend(layer);
        left = rest;
    }
    steps
}

fn cost(one: &Known) -> f64 {
    one.cost.unwrap_or(f64::INFINITY)
}

/// The best way that begins with `first`: alone where no check would notice a failure, else with up to two others behind it, about as strong or stronger.
fn way(task: &Task, first: &Known, steps: &[Known], harder: f64, lost: f64) -> Way {
    let mut best = Way { first: first.at, then: Vec::new(), total: first.cost, reached: first.success };
    let Some(begin) = first.cost.filter(|_| task.checked) else { return best };
    let worth = |total: f64, reached: f64| total + (1.0 - reached) * lost;
    let mut least = worth(begin, first.success);
    let mut keep = |then: &[usize], total: f64, reached: f64| {
        if worth(total, reached) < least {
            least = worth(total, reached);
            best = Way { first: first.at, then: then.to_vec(), total: Some(total), reached };
        }
    };
    let left = 1.0 - first.success;
    let stronger = |than: f64| steps.iter().filter(move |step| step.odds > than - BELOW);
    for middle in stronger(first.odds).filter(|step| step.at != first.at) {
        let open = left * (1.0 - share(middle.odds - harder));
        let total = begin + left * HANDING * cost(middle);
        keep(&[middle.at], total, 1.0 - open);
        for last in stronger(middle.odds).filter(|step| step.at != first.at && step.at != middle.at) {
            let done = share(last.odds - 1.5 * harder);
            keep(&[middle.at, last.at], total + open * HANDING * cost(last), 1.0 - open * (1.0 - done));
        }
    }
    best
}

fn candidate(task: &Task, way: &Way, usable: &[Usable<'_>]) -> Option<Candidate> {
    let one = usable.get(way.first)?;
    let name = |at: &usize| usable.get(*at).map(|one| one.offer.model.clone());
    Some(Candidate {
        model: one.offer.model.clone(),
        provider: one.offer.provider.clone(),
        cost: one.expected.cost.map(whole),
        total: way.total.map(whole),
        success: one.expected.success,
        reached: way.reached,
        measured: one.expected.tasks,
        escalation: way.then.iter().filter_map(name).collect(),
        reason: words(task, &one.expected),
    })
}

/// The expectation in plain words.
fn words(task: &Task, expected: &Expected) -> String {
    let cost =
        expected.cost.map_or("its price is not known".into(), |cost| format!("{} expected", dollars(whole(cost))));
    let kind = task.kind.name();
    let record = if expected.tasks == 0 {
        format!("should do {} of 100 `{kind}` tasks by its price, none was tried here", percent(expected.success))
    } else {
        format!(
            "did {} of {} `{kind}` tasks here, {} of 100 expected",
            expected.succeeded,
            expected.tasks,
            percent(expected.success)
        )
    };
    let changed = if expected.changed { ", and its newer tasks end differently than the older ones" } else { "" };
    format!("{cost}, {record}{changed}")
}

fn reason(task: &Task, candidates: &[Candidate], exploring: bool) -> String {
    let Some(first) = candidates.first() else { return "no model on offer can take the task".into() };
    let total = first.total.map_or(String::new(), |total| {
        if first.escalation.is_empty() {
            String::new()
        } else {
            format!(", {} with what takes over where it fails", dollars(total))
        }
    });
    let why = if exploring {
        "chosen to learn what it can do"
    } else if candidates.len() == 1 {
        "the only one that can take it"
    } else if task.checked {
        "the cheapest way to a task that is done"
    } else {
        "the least cost, its failures counted"
    };
    format!("{why}: {}{total}", first.reason)
}

fn whole(micro: f64) -> Usd {
    Usd(micro.clamp(0.0, 1e15).round() as u64)
}

/// A number that looks like chance and is not (splitmix64).
fn mixed(seed: u64, salt: u64) -> u64 {
    let mut z = seed.wrapping_add((salt + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A draw from the standard normal distribution (Box and Muller's way).
fn drawn(seed: u64, model: &str) -> f64 {
    let index = model.bytes().fold(0u64, |sum, byte| mixed(sum, u64::from(byte))) >> 2;
    let unit = |salt: u64| ((mixed(seed, salt) >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    let (radius, angle) = (unit(2 * index + 1), unit(2 * index + 2));
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}
