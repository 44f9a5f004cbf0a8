//! Which candidate works on a task: chosen where a task begins, handed up where its model does not get on, and back where the
//! next task begins. Never in between for money alone: the cache that a change throws away costs more than it saves.

use super::candidate::{FAST, Seat};
use super::turn::Worker;
use crate::base::event::{Event, Role, SwitchCause, ToolFinished};
use crate::base::{Error, Kind, Result};
use crate::route::budget;
use crate::route::choose::choose;
use crate::route::escalate::{Trouble, escalate};
use crate::route::offer::{Evidence, Offer, State};
use crate::route::plan::Plan;
use crate::route::task::{self, Facts, Task};
use crate::store::log;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Chooses among all candidates, by what the catalog says and what this user measured.
pub struct Router {
    /// Beside each candidate.
    pub offers: Vec<Offer>,
    pub evidence: Vec<Evidence>,
    pub state: State,
}

/// How the choice for the task under way came about, and how it goes.
#[derive(Default)]
pub(super) struct Routing {
    plan: Option<Plan>,
    pub trouble: Trouble,
    /// Candidates that were given up for what does not pass, such as a rejected key: nobody goes to them by choice.
    pub refused: Vec<usize>,
    /// Models that answered.
    pub answered: Vec<String>,
}

impl Worker {
    /// Chooses who works on the task that begins with `text`.
    pub(super) fn choose(&mut self, text: &str, images: bool) -> Result<()> {
        self.routing = Routing::default();
        self.leave_fast();
        if self.parts.candidates.len() < 2 {
            return Ok(());
        }
        self.look_who_is_away();
        let (index, reason) = match self.parts.router.take() {
            Some(router) => {
                let chosen = self.by_router(&router, text, images);
                self.parts.router = Some(router);
                chosen?
            }
            None => self.by_order(),
        };
        if index == self.seat.index {
            return if index > 0 && self.parts.router.is_none() { self.say_who(index, &reason) } else { Ok(()) };
        }
        if self.fold.turns() > 0 {
            return self.switch(index, SwitchCause::Returned, reason, None);
        }
        // Nothing was asked yet, so nothing is left behind.
        if let Some(seat) = Seat::take(&self.parts, index) {
            self.seat = seat;
        }
        // The router said it already.
        if self.parts.router.is_none() { self.say_who(index, &reason) } else { Ok(()) }
    }

    /// What was interrupted while its summary was written left the model for summaries at its place.
    pub(super) fn leave_fast(&mut self) {
        if self.seat.index == FAST
            && let Some(seat) = Seat::take(&self.parts, 0)
        {
            self.seat = seat;
        }
    }

    fn say_who(&mut self, index: usize, reason: &str) -> Result<()> {
        self.append(Event::Notice { text: format!("{reason}; {} is asked", self.name_of(index)) }).map(drop)
    }

    /// The router's choice for the task that begins with `text`, which is written down with its reasons.
    fn by_router(&mut self, router: &Router, text: &str, images: bool) -> Result<(usize, String)> {
        let history = if self.fold.turns() > 0 { self.estimate() } else { 0 };
        let checked = !self.parts.checks.is_empty();
        let facts = Facts { images: usize::from(images), checked, history, ..Facts::default() };
        let task = task::features(text, &facts);
        let cooling = |index| self.away_until(index).map(|until| format!("until {}", log::time_text(until)));
        let offers = router.offers.iter().enumerate();
        let offers: Vec<Offer> =
            offers.map(|(index, offer)| Offer { cooling: cooling(index), ..offer.clone() }).collect();
        let mut seed = DefaultHasher::new();
        (&self.parts.id, self.purse.task).hash(&mut seed);
        let standings = self.parts.ledger.standings(&self.entry(Role::Main), &self.budgets())?;
        let state = State {
            budget_left: budget::tightest(&standings).map(budget::Standing::left),
            seed: seed.finish(),
            current: (history > 0).then(|| self.model().name()),
            ..router.state.clone()
        };
        let mut plan = choose(&task, &offers, &router.evidence, &state);
        if plan.candidates.is_empty() && offers.iter().any(|offer| offer.cooling.is_some()) {
            // Where nobody else is there, one that is left alone is asked all the same.
            plan = choose(&task, &router.offers, &router.evidence, &state);
        }
        self.append(Event::Routed(plan.routed(Role::Main)))?;
        let place = |model: &str| self.parts.candidates.iter().position(|known| known.model.name() == model);
        let order: Vec<usize> = plan.candidates.iter().filter_map(|candidate| place(&candidate.model)).collect();
        let Some(first) = order.first().copied() else { return Err(nobody(&plan, &task, router, &state)) };
        let reason = plan.reason.clone();
        self.order = order;
        self.routing.plan = Some(plan);
        Ok((first, reason))
    }

    /// Hands the task up to a stronger model where this one does not get on. Only where the router chose: who names models
    /// gets those.
    pub(super) fn hand_up(&mut self) -> Result<()> {
        let Some(plan) = &self.routing.plan else { return Ok(()) };
        let Some(escalation) = escalate(&self.routing.trouble, plan, &self.model().name()) else { return Ok(()) };
        let to = self.parts.candidates.iter().position(|known| known.model.name() == escalation.to);
        let Some(to) = to.filter(|to| self.is_open(*to)) else { return Ok(()) };
        self.routing.trouble = Trouble::default();
        self.switch(to, SwitchCause::Escalated, escalation.reason, None)
    }

    /// May somebody go to this candidate by choice?
    pub(super) fn is_open(&self, candidate: usize) -> bool {
        self.is_here(candidate) && self.is_payable(candidate) && !self.routing.refused.contains(&candidate)
    }

    /// The first in the user's order that is not left alone; where all are, the one that did not fail itself, or is left alone
    /// for the shortest time. One that the conversation does not fit is passed over where a larger window is preferred.
    fn by_order(&self) -> (usize, String) {
        let payable = || (0..self.parts.candidates.len()).filter(|index| self.is_payable(*index));
        let roomy = |index: &usize| !self.parts.limits.prefer_larger || self.has_room(*index);
        let index = payable()
            .find(|index| self.is_here(*index) && roomy(index))
            .or_else(|| payable().find(|index| self.is_here(*index)))
            .or_else(|| payable().min_by_key(|index| self.away_rank(*index)))
            .unwrap_or(0);
        let first = self.name_of(0);
        let reason = match self.away_until(0) {
            _ if index == 0 => format!("{first} comes first, and may be asked"),
            Some(until) => format!("{first} is left alone until {}{}", log::time_text(until), self.why_away(0)),
            None => format!("{first} has no room for the conversation"),
        };
        (index, reason)
    }
}

/// No model can take the task: a limit where it is only for the money, else a matter of what is on offer.
fn nobody(plan: &Plan, task: &Task, router: &Router, state: &State) -> Error {
    let reasons = plan.passed_over.iter().map(|passed| format!("{}: {}", passed.model, passed.reason));
    let words = format!("no model can take the task: {}", reasons.collect::<Vec<_>>().join("; "));
    let rich = State { budget_left: None, ..state.clone() };
    let unbounded = choose(task, &router.offers, &router.evidence, &rich);
    if unbounded.candidates.iter().any(|candidate| candidate.cost.is_some()) {
        return Error::new(Kind::Limit, words)
            .hint("give more with --max-cost or the budgets, or name a model with -m");
    }
    Error::config(words).hint("name one with -m, or others in `route.candidates`")
}

impl Routing {
    /// Notes what goes wrong with the model at work.
    pub fn saw(&mut self, event: &Event) {
        if let Event::CheckFinished(check) = event {
            self.trouble.checks_failed += u32::from(!check.passed);
        } else if let Event::ToolFinished(ToolFinished { refused: Some(_), .. }) = event {
            self.trouble.edits_refused += 1;
        } else if let Event::Edited { .. } = event {
            self.trouble.edits_refused = 0;
        } else if let Event::LoopNoticed { .. } = event {
            self.trouble.loop_noticed = true;
        }
    }
}
