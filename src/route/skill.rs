//! How likely each model does a task: a strength for each model, a hardness for each kind and size, a knack of each model for each
//! kind, fitted to what was measured and held to the prior by how little was measured (a Rasch model with normal priors).
//!
//! All is in log-odds, in which differences add up: 0 is one task of two, 1 is 73 of 100, 2 is 88, 3 is 95.

use super::offer::Offer;
use super::prior;
use super::task::{Size, TaskKind};

const KINDS: usize = TaskKind::ALL.len();
const SIZES: usize = Size::ALL.len();

/// Sweeps of the fit; after half as many no expectation moves by a percent any more.
const SWEEPS: usize = 16;

/// A mean and a standard deviation.
#[derive(Debug, Clone, Copy)]
pub struct Normal(pub f64, pub f64);

/// Tasks that went the same way.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    /// The place of the model among the offers.
    pub model: usize,
    pub kind: TaskKind,
    pub size: Size,
    pub handed_over: bool,
    /// How many, each weighted by its age.
    pub tasks: f64,
    pub succeeded: f64,
}

/// A fit to some cells.
#[derive(Debug, Clone)]
pub struct Skill {
    /// By offer: what the price says of its strength.
    prices: Vec<f64>,
    base: f64,
    slope: f64,
    models: Vec<f64>,
    kinds: [f64; KINDS],
    sizes: [f64; SIZES],
    knacks: Vec<[f64; KINDS]>,
    /// How much harder a task is that another model failed at.
    harder: f64,
    /// What is known of each, as one over the variance.
    sure_models: Vec<f64>,
    sure_knacks: Vec<[f64; KINDS]>,
}

impl Skill {
    pub fn fit(offers: &[Offer], cells: &[Cell]) -> Skill {
        let mut skill = Skill {
            prices: offers.iter().map(prior::decades).collect(),
            base: prior::BASE.0,
            slope: prior::SLOPE.0,
            models: vec![0.0; offers.len()],
            kinds: TaskKind::ALL.map(|kind| prior::hardness(kind).0),
            sizes: Size::ALL.map(|size| prior::bulk(size).0),
            knacks: vec![[0.0; KINDS]; offers.len()],
            harder: prior::HARDER.0,
            sure_models: vec![1.0 / prior::STRENGTH.1.powi(2); offers.len()],
            sure_knacks: vec![[1.0 / prior::KNACK.1.powi(2); KINDS]; offers.len()],
        };
        if !cells.is_empty() {
            for _ in 0..SWEEPS {
                skill.sweep(cells);
            }
        }
        skill
    }

    fn sweep(&mut self, cells: &[Cell]) {
        let one = |part: f64| move |_: &Cell| Some((0, part));
        self.base = first(&self.step(cells, &[(self.base, prior::BASE)], one(1.0)));
        let prices = self.prices.clone();
        self.slope =
            first(&self.step(cells, &[(self.slope, prior::SLOPE)], |cell| Some((0, *prices.get(cell.model)?))));
        let now: Vec<_> = self.models.iter().map(|model| (*model, prior::STRENGTH)).collect();
        let steps = self.step(cells, &now, |cell| Some((cell.model, 1.0)));
        self.models = steps.iter().map(|step| step.0).collect();
        self.sure_models = steps.iter().map(|step| step.1).collect();
        let now: Vec<_> = TaskKind::ALL.iter().zip(self.kinds).map(|(kind, is)| (is, prior::hardness(*kind))).collect();
        let steps = self.step(cells, &now, |cell| Some((cell.kind as usize, -1.0)));
        for (is, step) in self.kinds.iter_mut().zip(steps) {
            *is = step.0;
        }
        let now: Vec<_> = Size::ALL.iter().zip(self.sizes).map(|(size, is)| (is, prior::bulk(*size))).collect();
        let steps = self.step(cells, &now, |cell| Some((cell.size as usize, -1.0)));
        for (is, step) in self.sizes.iter_mut().zip(steps) {
            *is = step.0;
        }
        let now: Vec<_> = self.knacks.iter().flatten().map(|knack| (*knack, prior::KNACK)).collect();
        let steps = self.step(cells, &now, |cell| Some((cell.model * KINDS + cell.kind as usize, 1.0)));
        let flat = self.knacks.iter_mut().flatten().zip(self.sure_knacks.iter_mut().flatten());
        for ((knack, sure), step) in flat.zip(steps) {
            (*knack, *sure) = step;
        }
        let handed = |cell: &Cell| cell.handed_over.then_some((0, -1.0));
        self.harder = first(&self.step(cells, &[(self.harder, prior::HARDER)], handed));
    }

    /// One step of Newton's way for some parameters at once. `part` says which of them a cell depends on, and how. Gives each one's
    /// new value, and one over its variance.
    fn step(
        &self,
        cells: &[Cell],
        now: &[(f64, Normal)],
        part: impl Fn(&Cell) -> Option<(usize, f64)>,
    ) -> Vec<(f64, f64)> {
        let mut sums = vec![(0.0, 0.0); now.len()];
        for cell in cells {
            let Some((at, by)) = part(cell) else { continue };
            let Some(sum) = sums.get_mut(at) else { continue };
            let chance = share(self.odds(cell.model, cell.kind, cell.size, cell.handed_over));
            sum.0 += by * (cell.succeeded - cell.tasks * chance);
            sum.1 += by * by * cell.tasks * chance * (1.0 - chance);
        }
        let moved = |((is, prior), (pull, known)): (&(f64, Normal), &(f64, f64))| {
            let sure = known + 1.0 / prior.1.powi(2);
            let step = (pull - (is - prior.0) / prior.1.powi(2)) / sure;
            (is + step.clamp(-1.0, 1.0), sure)
        };
        now.iter().zip(&sums).map(moved).collect()
    }

    /// The log-odds that the model at this place does such a task.
    pub fn odds(&self, model: usize, kind: TaskKind, size: Size, handed_over: bool) -> f64 {
        let of = |list: &[f64], at: usize| list.get(at).copied().unwrap_or(0.0);
        let knack = self.knacks.get(model).map_or(0.0, |knacks| of(knacks, kind as usize));
        self.base + self.slope * of(&self.prices, model) + of(&self.models, model) + knack
            - of(&self.kinds, kind as usize)
            - of(&self.sizes, size as usize)
            - if handed_over { self.harder } else { 0.0 }
    }

    /// How far off the log-odds may be: one standard deviation.
    pub fn doubt(&self, model: usize, kind: TaskKind) -> f64 {
        let sure = |list: Option<&f64>| list.map_or(0.0, |sure| 1.0 / sure);
        let knack = self.sure_knacks.get(model).and_then(|knacks| knacks.get(kind as usize));
        (sure(self.sure_models.get(model)) + sure(knack)).sqrt()
    }

    /// How much harder a task is that another model failed at.
    pub fn harder(&self) -> f64 {
        self.harder
    }
}

fn first(steps: &[(f64, f64)]) -> f64 {
    steps.first().map_or(0.0, |step| step.0)
}

/// Log-odds as a share, from 0 to 1.
pub fn share(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}
