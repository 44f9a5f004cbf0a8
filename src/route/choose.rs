//! The choice: the cheapest model that is expected to do the task, where a failure is counted with what it costs.

use super::estimate::{Estimates, Expected, HANDING};
use super::offer::{Evidence, Offer, State};
use super::plan::{Candidate, PassedOver, Plan, percent};
use super::price::{self, dollars};
use super::task::Task;
use crate::base::money::Usd;

/// A model that is expected to do fewer than so many of a hundred tasks does not begin one, however cheap.
const LEAST: f64 = 0.25;
/// What a task adds to the history, as far as room is kept for it. More is made room for by leaving out old outputs.
const MOST_GROWTH: u64 = 64_000;

/// Orders the offers for a task. Pure and deterministic: chance comes from `state.seed` alone.
///
/// `evidence` may hold rows of models that are not on offer; they are left out.
pub fn choose(task: &Task, offers: &[Offer], evidence: &[Evidence], state: &State) -> Plan {
    let estimates = Estimates::new(offers, evidence);
    let mut passed_over = Vec::new();
    let mut usable = Vec::new();
    for (at, offer) in offers.iter().enumerate() {
        let cached = if state.current.as_ref() == Some(&offer.model) { task.history } else { 0 };
        let expected = estimates.of(at, task, cached);
        match unfit(task, offer, &expected, state) {
            Some(reason) => passed_over.push(PassedOver { model: offer.model.clone(), reason }),
            None => usable.push(Usable { offer, expected, index: at }),
        }
    }
    let sure = ranked(task, &usable, &estimates, state, None);
    let mut order = sure.clone();
    let mut exploring = false;
    if task.checked && usable.len() > 1 && mixed(state.seed, 0) % 100 < u64::from(state.explore) {
        let tried = ranked(task, &usable, &estimates, state, Some(state.seed));
        let other = tried.first().map(|way| way.first);
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
    index: usize,
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
fn ranked(task: &Task, usable: &[Usable<'_>], estimates: &Estimates<'_>, state: &State, seed: Option<u64>) -> Vec<Way> {
    let success: Vec<f64> = usable
        .iter()
        .map(|one| match seed {
            None => one.expected.success,
            Some(seed) => (one.expected.success + one.expected.doubt * drawn(seed, one.index)).clamp(0.01, 0.99),
        })
        .collect();
    let at = |index: usize| success.get(index).copied().unwrap_or(0.0);
    let strongest = (0..usable.len()).max_by(|a, b| at(*a).total_cmp(&at(*b)).then_with(|| b.cmp(a)));
    let mut ways: Vec<Way> = (0..usable.len())
        .filter_map(|first| way(task, first, usable, &success, estimates.rescue(), strongest?))
        .collect();
    let best = ways.iter().map(|way| way.reached).fold(0.0, f64::max);
    let needed = best * f64::from(state.target) / 100.0;
    // What is not done in the end costs one more go of the strongest, whoever makes it.
    let again = strongest.and_then(|at| usable.get(at)).and_then(|one| one.expected.cost).unwrap_or(0.0);
    let value = |way: &Way| way.total.map_or(f64::INFINITY, |total| total + (1.0 - way.reached) * again);
    let short = |way: &Way| way.reached < needed || at(way.first) < LEAST.min(needed);
    ways.sort_by(|a, b| {
        let by_value = short(a)
            .cmp(&short(b))
            .then_with(|| if short(a) { b.reached.total_cmp(&a.reached) } else { value(a).total_cmp(&value(b)) });
        by_value.then_with(|| at(b.first).total_cmp(&at(a.first))).then_with(|| a.first.cmp(&b.first))
    });
    ways
}

/// The best way that begins with `first`: alone where no check would notice a failure, else with one or two stronger ones behind it.
fn way(
    task: &Task,
    first: usize,
    usable: &[Usable<'_>],
    success: &[f64],
    rescue: f64,
    strongest: usize,
) -> Option<Way> {
    let own = *success.get(first)?;
    let cost = |at: usize| usable.get(at).and_then(|one| one.expected.cost);
    let alone = Way { first, then: Vec::new(), total: cost(first), reached: own };
    if !task.checked || first == strongest {
        return Some(alone);
    }
    let top = *success.get(strongest)?;
    let Some((begin, last)) = cost(first).zip(cost(strongest)) else {
        let reached = own + (1.0 - own) * rescue * top;
        return Some(Way { then: vec![strongest], total: None, reached, ..alone });
    };
    let straight = Way {
        then: vec![strongest],
        total: Some(begin + (1.0 - own) * HANDING * last),
        reached: own + (1.0 - own) * rescue * top,
        ..alone.clone()
    };
    let over = |middle: usize| {
        let (chance, price) = (*success.get(middle)?, cost(middle)?);
        if middle == first || middle == strongest || chance <= own || price >= last {
            return None;
        }
        let (helped, rest) = (rescue * chance, rescue * rescue * top);
        Some(Way {
            first,
            then: vec![middle, strongest],
            total: Some(begin + (1.0 - own) * HANDING * (price + (1.0 - helped) * last)),
            reached: own + (1.0 - own) * (helped + (1.0 - helped) * rest),
        })
    };
    let worth = |way: &Way| way.total.unwrap_or(f64::INFINITY) + (1.0 - way.reached) * last;
    let ways = std::iter::once(straight).chain((0..usable.len()).filter_map(over));
    ways.min_by(|a, b| worth(a).total_cmp(&worth(b)))
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
        "the cheapest that does about as much as the best one"
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
fn drawn(seed: u64, index: usize) -> f64 {
    let unit = |salt: u64| ((mixed(seed, salt) >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    let (radius, angle) = (unit(2 * index as u64 + 1), unit(2 * index as u64 + 2));
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}
