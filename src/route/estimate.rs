//! What is expected of each model for a task: the prior, corrected by what this user measured, the more the more was measured.
//!
//! Old tasks count less than new ones, and tasks from before a change that shows in a model's record hardly count at all.

use super::offer::{AGE_BUCKETS, Evidence, Offer};
use super::price;
use super::prior;
use super::skill::{Cell, Skill, share};
use super::task::{Size, Task, TaskKind};
use std::collections::BTreeMap;

/// After so many days a task counts half.
const HALF_LIFE: f64 = 45.0;
/// The prior of costs counts as so many tasks.
const COST_WEIGHT: f64 = 3.0;
/// So many standard deviations between newer and older tasks are a change of the model, not chance.
const CHANGED: f64 = 2.6;
/// As much counts what was measured before a change.
const FORGOTTEN: f64 = 0.1;

/// What is expected of one model for one task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// In log-odds.
    pub odds: f64,
    /// The same from 0 to 1.
    pub success: f64,
    /// How far off the log-odds may be: one standard deviation.
    pub doubt: f64,
    /// In micro-dollars; `None`: the price is not known.
    pub cost: Option<f64>,
    /// Judged tasks of this kind with this model, and those of them that succeeded.
    pub tasks: u64,
    pub succeeded: u64,
    /// Did newer tasks end differently than older ones, so that the older ones hardly count?
    pub changed: bool,
}

/// What one model's rows say of its costs, and how many tasks of each kind there are.
#[derive(Debug, Clone, Default)]
struct Record {
    weight: f64,
    ratio: f64,
    tasks: [(u64, u64); TaskKind::ALL.len()],
    changed: bool,
}

/// What is expected of the offers.
pub struct Estimates<'a> {
    pub offers: &'a [Offer],
    records: Vec<Record>,
    skill: Skill,
    dearness: f64,
    shapes: [[(f64, f64); Size::ALL.len()]; TaskKind::ALL.len()],
}

impl<'a> Estimates<'a> {
    pub fn new(offers: &'a [Offer], evidence: &[Evidence]) -> Self {
        let mut records = vec![Record::default(); offers.len()];
        let mut rows: Vec<(usize, &Evidence, f64)> = Vec::new();
        for ((at, offer), record) in offers.iter().enumerate().zip(&mut records) {
            let own: Vec<&Evidence> = evidence.iter().filter(|row| row.model == offer.model && row.tasks > 0).collect();
            let change = change(offer, &own);
            record.changed = change.is_some();
            for row in own {
                if let Some(sum) = record.tasks.get_mut(row.kind as usize) {
                    sum.0 += row.tasks;
                    sum.1 += row.succeeded;
                }
                rows.push((at, row, weight(row, change)));
            }
        }
        let skill = Skill::fit(offers, &cells(&rows));
        let mut estimates = Estimates { offers, records, skill, dearness: 1.0, shapes: Default::default() };
        estimates.add_costs(&rows);
        estimates
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
                record.weight += weight;
                record.ratio += ratio / self.dearness;
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

    /// How much harder a task is that another model failed at, in log-odds.
    pub fn harder(&self) -> f64 {
        self.skill.harder()
    }

    /// What is expected of the offer at this place for a task. `cached` tokens of the history are in its provider's cache.
    pub fn of(&self, at: usize, task: &Task, cached: u64) -> Expected {
        let record = self.records.get(at).cloned().unwrap_or_default();
        let (tasks, succeeded) = record.tasks.get(task.kind as usize).copied().unwrap_or_default();
        let odds = self.skill.odds(at, task.kind, task.size, false);
        let (weight, ratio) = self
            .shapes
            .get(task.kind as usize)
            .and_then(|sizes| sizes.get(task.size as usize))
            .copied()
            .unwrap_or_default();
        let shape = (ratio + COST_WEIGHT) / (weight + COST_WEIGHT);
        let prior = self.offers.get(at).and_then(|offer| price::task(offer, task, cached));
        Expected {
            odds,
            success: share(odds),
            doubt: self.skill.doubt(at, task.kind),
            cost: prior.map(|prior| prior.0 as f64 * self.dearness * record.dearness() * shape),
            tasks,
            succeeded,
            changed: record.changed,
        }
    }
}

/// The rows without their ages: one cell for each model, kind, size and way to get the task.
fn cells(rows: &[(usize, &Evidence, f64)]) -> Vec<Cell> {
    let mut cells: BTreeMap<(usize, TaskKind, Size, bool), Cell> = BTreeMap::new();
    for (at, row, each) in rows {
        let key = (*at, row.kind, row.size, row.handed_over);
        let (model, kind, size, handed_over) = key;
        let none = Cell { model, kind, size, handed_over, tasks: 0.0, succeeded: 0.0 };
        let cell = cells.entry(key).or_insert(none);
        cell.tasks += each * row.tasks as f64;
        cell.succeeded += each * succeeded(row);
    }
    cells.into_values().collect()
}

impl Record {
    fn dearness(&self) -> f64 {
        (self.ratio + COST_WEIGHT) / (self.weight + COST_WEIGHT)
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
