//! A market of models, drawn from a seed within the ranges below, and tasks to be done in it. No vendor's numbers, and nothing of
//! the router's own assumptions: what it believes of prices and kinds may well be wrong here.

use agent::base::model::Price;
use agent::route::offer::Offer;
use agent::route::task::{Size, Task, TaskKind};

/// What a market is drawn from, evenly between the two ends. Skills and difficulties are log-odds.
pub struct Range(pub &'static str, pub f64, pub f64);

pub const MODELS: Range = Range("models on offer", 5.0, 14.0);
pub const DEAREST: Range = Range("price of the dearest, $/M tokens of input", 2.0, 15.0);
pub const SPAN: Range = Range("dearest to cheapest price, as a power of ten", 1.0, 2.5);
pub const TOP: Range = Range("skill of the best at a middling task", 0.5, 3.5);
pub const GAP: Range = Range("how far skill falls from the best to the worst", 0.5, 4.5);
pub const LINK: Range = Range("share of that which follows the price", 0.35, 0.8);
pub const KINDS: Range = Range("spread of a model's skill over kinds", 0.1, 0.8);
pub const TASKS: Range = Range("spread of tasks within a kind and size", 0.3, 1.5);
pub const LARGER: Range = Range("how much harder the next size is", 0.2, 1.2);
pub const VERBOSITY: Range = Range("spread of tokens over models, in logs", 0.1, 0.5);
pub const NOISE: Range = Range("spread of tokens over tasks, in logs", 0.2, 0.7);
pub const STUBBORN: Range = Range("chance that a model's second try ends as its first", 0.4, 0.9);
pub const FAILING: Range = Range("cost of a try that fails, beside one that does not", 1.0, 1.6);
pub const HANDED: Range = Range("cost of reading on after a hand-over, of a task's", 0.05, 0.5);
pub const SPOILT: Range = Range("skill lost to what the first model left behind", 0.0, 0.4);
pub const CHECKED: Range = Range("share of tasks with a check", 0.4, 1.0);
pub const MISREAD: Range = Range("share of tasks whose kind or size is misread", 0.0, 0.3);
pub const DAILY: Range = Range("tasks a day", 5.0, 60.0);
pub const CACHED: Range = Range("share of input that comes from a cache", 0.4, 0.9);

pub const ALL: [&Range; 19] = [
    &MODELS, &DEAREST, &SPAN, &TOP, &GAP, &LINK, &KINDS, &TASKS, &LARGER, &VERBOSITY, &NOISE, &STUBBORN, &FAILING,
    &HANDED, &SPOILT, &CHECKED, &MISREAD, &DAILY, &CACHED,
];

/// Numbers that look like chance and are the same for the same seed (splitmix64).
#[derive(Clone)]
pub struct Chance(pub u64);

impl Chance {
    pub fn of(parts: &[u64]) -> Chance {
        let mut chance = Chance(0x51ed_270b);
        for part in parts {
            chance.0 ^= part.wrapping_mul(0xd6e8_feb8_6659_fd93);
            chance.next();
        }
        chance
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly from 0 to 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn within(&mut self, range: &Range) -> f64 {
        range.1 + (range.2 - range.1) * self.unit()
    }

    pub fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.unit().max(1e-12), self.unit());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }
}

/// A model with what the router must find out.
pub struct Supplier {
    pub offer: Offer,
    pub skill: [f64; TaskKind::ALL.len()],
    verbosity: f64,
}

/// One task as it is, and as the router reads it.
#[derive(Clone)]
pub struct Job {
    pub number: u64,
    pub day: u64,
    pub kind: usize,
    pub hardness: f64,
    pub input: f64,
    pub output: f64,
    pub seen: Task,
}

/// How one try ended.
#[derive(Clone, Copy, Debug)]
pub struct Try {
    pub done: bool,
    /// Micro-dollars.
    pub cost: f64,
}

pub struct Market {
    pub seed: u64,
    pub suppliers: Vec<Supplier>,
    pub jobs: Vec<Job>,
    cached: f64,
    stubborn: f64,
    failing: f64,
    handed: f64,
    spoilt: f64,
    /// From this task on, this model's skill is so much less.
    pub worse: Option<(u64, usize, f64)>,
}

impl Market {
    pub fn draw(seed: u64, tasks: u64) -> Market {
        let mut chance = Chance::of(&[seed, 1]);
        let suppliers = suppliers(&mut chance);
        let jobs = jobs(&mut chance, tasks);
        Market {
            seed,
            suppliers,
            jobs,
            cached: chance.within(&CACHED),
            stubborn: chance.within(&STUBBORN),
            failing: chance.within(&FAILING),
            handed: chance.within(&HANDED),
            spoilt: chance.within(&SPOILT),
            worse: None,
        }
    }

    pub fn offers(&self) -> Vec<Offer> {
        self.suppliers.iter().map(|supplier| supplier.offer.clone()).collect()
    }

    /// The `attempt`-th try at a task, from 0; `before` are the models that failed at it. The same question has the same answer,
    /// whoever asks.
    pub fn attempt(&self, job: &Job, model: usize, before: &[usize]) -> Try {
        let again = before.iter().filter(|other| **other == model).count() as u64;
        let mut chance = Chance::of(&[self.seed, job.number, model as u64, again, 2]);
        let supplier = &self.suppliers[model];
        let mut skill = supplier.skill[job.kind];
        if let Some((from, which, less)) = self.worse {
            skill -= if which == model && job.number >= from { less } else { 0.0 };
        }
        skill -= if before.is_empty() { 0.0 } else { self.spoilt };
        let same = again > 0 && chance.unit() < self.stubborn;
        let done = !same && chance.unit() < 1.0 / (1.0 + (job.hardness - skill).exp());
        let price = supplier.offer.price.unwrap();
        let rate = self.cached * price.cached as f64 + (1.0 - self.cached) * price.input as f64;
        let tokens = job.input * rate + job.output * price.output as f64;
        let mut cost = tokens / 1e6 * supplier.verbosity * (0.2 * chance.normal()).exp();
        cost *= if done { 1.0 } else { self.failing };
        cost *= if before.last().is_some_and(|last| *last != model) { 1.0 + self.handed } else { 1.0 };
        Try { done, cost: cost.max(1.0) }
    }
}

fn suppliers(chance: &mut Chance) -> Vec<Supplier> {
    let count = chance.within(&Range("", MODELS.1, MODELS.2 + 1.0)) as usize;
    let (dearest, span) = (chance.within(&DEAREST), chance.within(&SPAN));
    let (top, gap, link) = (chance.within(&TOP), chance.within(&GAP), chance.within(&LINK));
    let (kinds, verbosity) = (chance.within(&KINDS), chance.within(&VERBOSITY));
    let place: Vec<f64> = (0..count).map(|_| chance.unit()).collect();
    let merit: Vec<f64> = place.iter().map(|place| link * place + (1.0 - link) * chance.unit()).collect();
    let (least, most) = merit.iter().fold((f64::MAX, f64::MIN), |(low, high), one| (low.min(*one), high.max(*one)));
    let mut all = Vec::new();
    for (at, (place, merit)) in place.iter().zip(&merit).enumerate() {
        let input = dearest * 10f64.powf(-span * (1.0 - place)) * 1e6;
        let skill = top - gap * (most - merit) / (most - least);
        let price = Price {
            input: input as u64,
            output: (input * (3.0 + 3.0 * chance.unit())) as u64,
            cached: (input * (0.02 + 0.5 * chance.unit())) as u64,
            cache_written: input as u64,
        };
        all.push(Supplier {
            offer: Offer {
                model: format!("vendor{}/model-{at}", at % 4),
                provider: format!("vendor{}", at % 4),
                price: Some(price),
                tiers: Vec::new(),
                max_input: 400_000,
                reasoning: true,
                images: true,
                tools: true,
                local: false,
                key: true,
                cooling: None,
            },
            skill: std::array::from_fn(|_| skill + kinds * chance.normal()),
            verbosity: (verbosity * chance.normal()).exp(),
        });
    }
    all
}

fn jobs(chance: &mut Chance, tasks: u64) -> Vec<Job> {
    let count = TaskKind::ALL.len();
    let mut shares: Vec<f64> = (0..count).map(|_| -chance.unit().max(1e-9).ln()).collect();
    let sum: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
    let kinds: Vec<(f64, f64, f64)> = (0..count)
        .map(|_| (0.6 * chance.normal(), (0.7 * chance.normal()).exp(), (0.7 * chance.normal()).exp()))
        .collect();
    let (spread, larger, noise) = (chance.within(&TASKS), chance.within(&LARGER), chance.within(&NOISE));
    let (checked, misread, daily) = (chance.within(&CHECKED), chance.within(&MISREAD), chance.within(&DAILY));
    (0..tasks)
        .map(|number| {
            let mut point = chance.unit();
            let kind = shares
                .iter()
                .position(|share| {
                    point -= share;
                    point < 0.0
                })
                .unwrap_or(0);
            let size = chance.below(3);
            let (hardness, input, output) = kinds[kind];
            let times = [0.4, 1.0, 3.0][size] * (noise * chance.normal()).exp();
            let mut read = |is: usize, of: usize| if chance.unit() < misread { chance.below(of) } else { is };
            let seen = Task {
                kind: TaskKind::ALL[read(kind, count)],
                size: Size::ALL[read(size, 3)],
                checked: false,
                ..Task::default()
            };
            Job {
                number,
                day: (number as f64 / daily) as u64,
                kind,
                hardness: hardness + larger * (size as f64 - 1.0) + spread * chance.normal(),
                input: 200_000.0 * input * times,
                output: 7_000.0 * output * times,
                seen: Task { checked: chance.unit() < checked, ..seen },
            }
        })
        .collect()
}
