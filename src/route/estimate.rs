//! What is expected of each model for a task: the prior, corrected by what this user measured, the more the more was measured.
//!
//! Success is corrected in three steps, each shrunk towards the one before: all models at once (this user's tasks are harder than
//! assumed), one model, one model at one kind. Old tasks count less, and tasks from before a change that shows in the record hardly.

use super::offer::{AGE_BUCKETS, Evidence, Offer};
use super::price;
use super::prior;
use super::task::{Size, Task, TaskKind};

/// After so many days a task counts half.
const HALF_LIFE: f64 = 45.0;
/// The prior counts as so many judged tasks: for all models together, for one, and for one at one kind.
const WEIGHTS: (f64, f64, f64) = (8.0, 4.0, 8.0);
/// The prior of costs counts as so many tasks.
const COST_WEIGHT: f64 = 3.0;
/// How likely a model does what another failed at, beside what it does of all tasks; and as how many tasks that counts.
const RESCUE: (f64, f64) = (0.7, 6.0);
/// So many standard deviations between newer and older tasks are a change of the model, not chance.
const CHANGED: f64 = 2.6;
/// As much counts what was measured before a change.
const FORGOTTEN: f64 = 0.1;

/// What is expected of one model for one task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// From 0 to 1.
    pub success: f64,
    /// How far off that may be: one standard deviation.
    pub doubt: f64,
    /// In micro-dollars; `None`: the price is not known.
    pub cost: Option<f64>,
    /// Judged tasks of this kind with this model, and those of them that succeeded.
    pub tasks: u64,
    pub succeeded: u64,
    /// Did newer tasks end differently than older ones, so that the older ones hardly count?
    pub changed: bool,
}

/// Sums over one model's rows. `kinds` is indexed as `TaskKind::ALL`.
#[derive(Debug, Clone, Default)]
struct Record {
    weight: f64,
    residual: f64,
    kinds: [Sums; TaskKind::ALL.len()],
    cost_weight: f64,
    cost_ratio: f64,
    changed: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    weight: f64,
    residual: f64,
    tasks: u64,
    succeeded: u64,
}

/// What is expected of the offers.
pub struct Estimates<'a> {
    offers: &'a [Offer],
    records: Vec<Record>,
    shift: f64,
    dearness: f64,
    shapes: [[(f64, f64); Size::ALL.len()]; TaskKind::ALL.len()],
    rescue: f64,
}

impl<'a> Estimates<'a> {
    pub fn new(offers: &'a [Offer], evidence: &[Evidence]) -> Self {
        let mut estimates = Estimates {
            offers,
            records: vec![Record::default(); offers.len()],
            shift: 0.0,
            dearness: 1.0,
            shapes: Default::default(),
            rescue: RESCUE.0,
        };
        let mut rows: Vec<(usize, &Evidence, f64)> = Vec::new();
        for (at, offer) in offers.iter().enumerate() {
            let own: Vec<&Evidence> = evidence.iter().filter(|row| row.model == offer.model && row.tasks > 0).collect();
            let change = change(offer, &own);
            if let Some(record) = estimates.records.get_mut(at) {
                record.changed = change.is_some();
            }
            rows.extend(own.into_iter().map(|row| (at, row, weight(row, change))));
        }
        estimates.add_successes(&rows);
        estimates.add_costs(&rows);
        estimates.rescue = estimates.rescued(&rows);
        estimates
    }

    fn add_successes(&mut self, rows: &[(usize, &Evidence, f64)]) {
        let (mut weight, mut residual) = (0.0, 0.0);
        for (at, row, each) in rows.iter().filter(|(_, row, _)| !row.handed_over) {
            let (Some(offer), Some(record)) = (self.offers.get(*at), self.records.get_mut(*at)) else { continue };
            let judged = each * row.tasks as f64;
            let off = each * succeeded(row) - judged * prior::success(offer, row.kind, row.size);
            record.weight += judged;
            record.residual += off;
            weight += judged;
            residual += off;
            if let Some(sums) = record.kinds.get_mut(row.kind as usize) {
                sums.weight += judged;
                sums.residual += off;
                sums.tasks += row.tasks;
                sums.succeeded += row.succeeded;
            }
        }
        self.shift = residual / (weight + WEIGHTS.0);
    }

    /// Ratios of what tasks cost to what they were thought to cost: of all, of each model, of each kind and size.
    fn add_costs(&mut self, rows: &[(usize, &Evidence, f64)]) {
        let ratios: Vec<(usize, &Evidence, f64, f64)> = rows
            .iter()
            .filter_map(|(at, row, each)| {
                let expected = prior_cost(self.offers.get(*at)?, row.kind, row.size)?;
                let handing = if row.handed_over { HANDING } else { 1.0 };
                Some((*at, *row, each * row.tasks as f64, each * row.cost_micro as f64 / (expected * handing)))
            })
            .collect();
        let weights: f64 = ratios.iter().map(|(_, _, weight, _)| weight).sum();
        let sum: f64 = ratios.iter().map(|(_, _, _, ratio)| ratio).sum();
        self.dearness = (sum + COST_WEIGHT) / (weights + COST_WEIGHT);
        for (at, _, weight, ratio) in &ratios {
            if let Some(record) = self.records.get_mut(*at) {
                record.cost_weight += weight;
                record.cost_ratio += ratio / self.dearness;
            }
        }
        for (at, row, weight, ratio) in &ratios {
            let model = self.records.get(*at).map_or(1.0, |record| record.dearness());
            if let Some(shape) =
                self.shapes.get_mut(row.kind as usize).and_then(|sizes| sizes.get_mut(row.size as usize))
            {
                shape.0 += weight;
                shape.1 += ratio / (self.dearness * model);
            }
        }
    }

    fn rescued(&self, rows: &[(usize, &Evidence, f64)]) -> f64 {
        let (mut done, mut expected) = (RESCUE.0 * RESCUE.1, RESCUE.1);
        for (at, row, each) in rows.iter().filter(|(_, row, _)| row.handed_over) {
            done += each * succeeded(row);
            expected += each * row.tasks as f64 * self.success(*at, row.kind, row.size);
        }
        (done / expected).clamp(0.2, 1.0)
    }

    /// How likely a stronger model does what a weaker one failed at, beside what it does of all tasks.
    pub fn rescue(&self) -> f64 {
        self.rescue
    }

    fn success(&self, at: usize, kind: TaskKind, size: Size) -> f64 {
        let (Some(offer), Some(record)) = (self.offers.get(at), self.records.get(at)) else { return 0.0 };
        let own = (record.residual - record.weight * self.shift) / (record.weight + WEIGHTS.1);
        let sums = record.kinds.get(kind as usize).copied().unwrap_or_default();
        let here = (sums.residual - sums.weight * (self.shift + own)) / (sums.weight + WEIGHTS.2);
        (prior::success(offer, kind, size) + self.shift + own + here).clamp(0.01, 0.99)
    }

    /// What is expected of the offer at this place for a task. `cached` tokens of the history are in its provider's cache.
    pub fn of(&self, at: usize, task: &Task, cached: u64) -> Expected {
        let record = self.records.get(at).cloned().unwrap_or_default();
        let sums = record.kinds.get(task.kind as usize).copied().unwrap_or_default();
        let success = self.success(at, task.kind, task.size);
        let known = sums.weight + 1.0 / (1.0 / WEIGHTS.2 + 1.0 / (WEIGHTS.1 + record.weight));
        let (weight, ratio) = self
            .shapes
            .get(task.kind as usize)
            .and_then(|sizes| sizes.get(task.size as usize))
            .copied()
            .unwrap_or_default();
        let shape = (ratio + COST_WEIGHT) / (weight + COST_WEIGHT);
        let prior = self.offers.get(at).and_then(|offer| price::task(offer, task, cached));
        Expected {
            success,
            doubt: (success * (1.0 - success) / (known + 1.0)).sqrt(),
            cost: prior.map(|prior| prior.0 as f64 * self.dearness * record.dearness() * shape),
            tasks: sums.tasks,
            succeeded: sums.succeeded,
            changed: record.changed,
        }
    }
}

impl Record {
    fn dearness(&self) -> f64 {
        (self.cost_ratio + COST_WEIGHT) / (self.cost_weight + COST_WEIGHT)
    }
}

/// A task that is handed over costs so much more than the same one from the start: the new model reads the history.
pub const HANDING: f64 = 1.2;

fn prior_cost(offer: &Offer, kind: TaskKind, size: Size) -> Option<f64> {
    let cost = price::turns(offer, price::shape(kind, size), 0, 0)?;
    (cost.0 > 0).then_some(cost.0 as f64)
}

/// What counts as done: never more than the row can hold.
fn succeeded(row: &Evidence) -> f64 {
    row.succeeded.min(row.tasks.saturating_sub(row.undone.max(row.retried))) as f64
}

fn weight(row: &Evidence, change: Option<u32>) -> f64 {
    let aged = 0.5f64.powf(f64::from(row.age_days) / HALF_LIFE);
    if change.is_some_and(|cut| row.age_days >= cut) { aged * FORGOTTEN } else { aged }
}

/// The age at which a model's record breaks in two, if the newer tasks ended so differently that it cannot be chance.
fn change(offer: &Offer, rows: &[&Evidence]) -> Option<u32> {
    let sums = |newer: bool, cut: u32| {
        let of = rows.iter().filter(|row| !row.handed_over && (row.age_days < cut) == newer);
        of.fold((0.0, 0.0, 0.0), |(tasks, done, expected), row| {
            let n = row.tasks as f64;
            (tasks + n, done + succeeded(row), expected + n * prior::success(offer, row.kind, row.size))
        })
    };
    let broken = |cut: &u32| {
        let (new, old) = (sums(true, *cut), sums(false, *cut));
        if new.0 < 4.0 || old.0 < 4.0 {
            return None;
        }
        let rate = ((new.1 + old.1 + 1.0) / (new.0 + old.0 + 2.0)).clamp(0.05, 0.95);
        let spread = (rate * (1.0 - rate) * (1.0 / new.0 + 1.0 / old.0)).sqrt();
        let apart = ((new.1 - new.2) / new.0 - (old.1 - old.2) / old.0).abs() / spread;
        (apart >= CHANGED).then_some((apart, *cut))
    };
    AGE_BUCKETS.iter().skip(1).filter_map(broken).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, cut)| cut)
}
