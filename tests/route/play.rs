//! Strategies in a market: each does every task in order, sees how its own tries ended where a check says so, and pays.

use super::market::{Chance, Job, Market};
use agent::route::choose::decide;
use agent::route::estimate::Estimates;
use agent::route::offer::{Evidence, Offer, State, age_bucket};
use agent::route::task::{Size, TaskKind};
use std::collections::BTreeMap;

/// So many tries has each strategy at a task with a check; without one nobody knows that a second is needed.
pub const TRIES: usize = 3;

/// What a strategy reached.
#[derive(Debug, Clone, Default)]
pub struct Score {
    /// For each task: was it done, and what did it cost in micro-dollars?
    pub tasks: Vec<(bool, f64)>,
    /// How often each model was the first to try.
    pub first: Vec<u64>,
}

impl Score {
    pub fn success(&self) -> f64 {
        share(&self.tasks)
    }

    pub fn cost(&self) -> f64 {
        self.tasks.iter().map(|(_, cost)| cost).sum::<f64>() / 1e6
    }

    pub fn last_quarter(&self) -> Score {
        let from = self.tasks.len() * 3 / 4;
        Score { tasks: self.tasks[from..].to_vec(), first: Vec::new() }
    }
}

fn share(tasks: &[(bool, f64)]) -> f64 {
    tasks.iter().filter(|(done, _)| *done).count() as f64 / tasks.len() as f64
}

/// One task, by the models in this order; the last one tries again until the tries are used up.
fn work(market: &Market, job: &Job, order: &[usize], tries: usize) -> Vec<(usize, bool, f64)> {
    let tries = if job.seen.checked { tries } else { 1 };
    let mut log: Vec<(usize, bool, f64)> = Vec::new();
    let mut before = Vec::new();
    for number in 0..tries {
        let model = order[number.min(order.len() - 1)];
        let tried = market.attempt(job, model, &before);
        log.push((model, tried.done, tried.cost));
        if tried.done {
            break;
        }
        before.push(model);
    }
    log
}

fn sum(log: &[(usize, bool, f64)]) -> (bool, f64) {
    (log.iter().any(|(_, done, _)| *done), log.iter().map(|(_, _, cost)| cost).sum())
}

/// Always the same model.
pub fn fixed(market: &Market, model: usize, tries: usize) -> Score {
    let tasks = market.jobs.iter().map(|job| sum(&work(market, job, &[model], tries))).collect();
    Score { tasks, first: Vec::new() }
}

/// Every model as the only one.
pub fn all_fixed(market: &Market, tries: usize) -> Vec<Score> {
    (0..market.suppliers.len()).map(|model| fixed(market, model, tries)).collect()
}

/// The place of the one with the most success, in hindsight.
pub fn best(scores: &[Score]) -> usize {
    (0..scores.len()).max_by(|a, b| scores[*a].success().total_cmp(&scores[*b].success())).unwrap()
}

/// The model that costs least by its list price, which is what everybody can see.
pub fn cheapest(market: &Market) -> usize {
    (0..market.suppliers.len()).min_by_key(|at| market.suppliers[*at].offer.price.unwrap().input).unwrap()
}

/// Any model, and any other after a failure.
pub fn random(market: &Market) -> Score {
    let mut chance = Chance::of(&[market.seed, 3]);
    let tasks = market.jobs.iter().map(|job| {
        let order: Vec<usize> = (0..TRIES).map(|_| chance.below(market.suppliers.len())).collect();
        sum(&work(market, job, &order, TRIES))
    });
    Score { tasks: tasks.collect(), first: Vec::new() }
}

/// The textbook's way: one task of ten to any model, the others to the one that did most of its tasks so far.
pub fn greedy(market: &Market) -> Score {
    let mut chance = Chance::of(&[market.seed, 4]);
    let mut seen: Vec<(f64, f64)> = vec![(1.0, 1.0); market.suppliers.len()];
    let mut score = Score::default();
    for job in &market.jobs {
        let rate = |at: &usize| seen[*at].1 / seen[*at].0;
        let known = (0..seen.len()).max_by(|a, b| rate(a).total_cmp(&rate(b))).unwrap();
        let model = if chance.unit() < 0.1 { chance.below(seen.len()) } else { known };
        let log = work(market, job, &[model], TRIES);
        if job.seen.checked {
            seen[model].0 += 1.0;
            seen[model].1 += f64::from(u8::from(log[0].1));
        }
        score.tasks.push(sum(&log));
    }
    score
}

/// Tasks, those of them that were done, micro-dollars.
type Sum = (u64, u64, f64);

/// What the ledger would hold: how each model's tasks ended, by the day.
#[derive(Default)]
struct Ledger {
    /// By model, kind, size, whether it was handed over, and day: tasks, those done, micro-dollars.
    days: BTreeMap<(usize, TaskKind, Size, bool, u64), Sum>,
}

impl Ledger {
    fn add(&mut self, job: &Job, log: &[(usize, bool, f64)], times: u64) {
        // A model that tries twice has worked on one task.
        let mut at = 0;
        while at < log.len() {
            let model = log[at].0;
            let until = log[at..].iter().position(|one| one.0 != model).map_or(log.len(), |more| at + more);
            let tries = &log[at..until];
            let row = self.days.entry((model, job.seen.kind, job.seen.size, at > 0, job.day)).or_default();
            row.0 += times;
            row.1 += times * u64::from(tries.iter().any(|one| one.1));
            row.2 += times as f64 * tries.iter().map(|one| one.2).sum::<f64>();
            at = until;
        }
    }

    /// The rows at the start of a day: what ends on it is not in them yet.
    fn evidence(&self, day: u64, offers: &[Offer]) -> Vec<Evidence> {
        let mut sums: BTreeMap<_, Sum> = BTreeMap::new();
        for ((model, kind, size, handed_over, then), row) in &self.days {
            let age = age_bucket((day - then) as u32);
            let sum = sums.entry((*model, *kind, *size, *handed_over, age)).or_default();
            *sum = (sum.0 + row.0, sum.1 + row.1, sum.2 + row.2);
        }
        let rows =
            sums.into_iter().map(|((model, kind, size, handed_over, age_days), (tasks, succeeded, cost))| Evidence {
                kind,
                size,
                model: offers[model].model.clone(),
                handed_over,
                tasks,
                succeeded,
                cost_micro: cost as u64,
                refused: 0,
                retried: 0,
                undone: 0,
                age_days,
            });
        rows.collect()
    }
}

/// The router, with what it hands up.
pub fn ours(market: &Market, state: &State) -> Score {
    let offers = market.offers();
    let mut ledger = Ledger::default();
    let mut score = Score { tasks: Vec::new(), first: vec![0; offers.len()] };
    let mut estimates = Estimates::new(&offers, &[]);
    let mut today = 0;
    for job in &market.jobs {
        if job.day > today {
            today = job.day;
            estimates = Estimates::new(&offers, &ledger.evidence(today, &offers));
        }
        let order = order(job, market, &offers, &estimates, state);
        let log = work(market, job, &order, TRIES);
        if job.seen.checked {
            ledger.add(job, &log, 1);
        }
        score.first[order[0]] += 1;
        score.tasks.push(sum(&log));
    }
    score
}

fn order(job: &Job, market: &Market, offers: &[Offer], estimates: &Estimates<'_>, state: &State) -> Vec<usize> {
    let state = State { seed: market.seed << 32 | job.number, ..state.clone() };
    let plan = decide(&job.seen, estimates, &state);
    let models = std::iter::once(&plan.chosen().unwrap().model).chain(plan.escalation());
    models.map(|model| offers.iter().position(|offer| offer.model == *model).unwrap()).collect()
}

/// The router as it would choose if every model had done every task a thousand times before: what its rule is worth without the
/// price of learning.
pub fn informed(market: &Market, state: &State) -> Score {
    let offers = market.offers();
    let mut ledger = Ledger::default();
    for job in &market.jobs {
        for model in 0..offers.len() {
            let tried = market.attempt(job, model, &[]);
            ledger.add(&Job { day: 0, ..job.clone() }, &[(model, tried.done, tried.cost)], 1000);
        }
    }
    let rows = ledger.evidence(0, &offers);
    let (estimates, state) = (Estimates::new(&offers, &rows), State { explore: 0, ..state.clone() });
    let tasks =
        market.jobs.iter().map(|job| sum(&work(market, job, &order(job, market, &offers, &estimates, &state), TRIES)));
    Score { tasks: tasks.collect(), first: Vec::new() }
}
