//! Which candidate works on a task: chosen where a task begins, handed up where its model does not get on, and back where the
//! next task begins. Never in between for money alone: the cache that a change throws away costs more than it saves.

use super::candidate::Seat;
use super::turn::Worker;
use crate::base::event::{Event, Role, SwitchCause, ToolFinished};
use crate::base::{Error, Result};
use crate::route::budget;
use crate::route::choose::choose;
use crate::route::escalate::{Trouble, escalate};
use crate::route::failover;
use crate::route::offer::{Evidence, Offer, State};
use crate::route::plan::Plan;
use crate::route::task::{self, Facts};
use crate::store::{log, moment};
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
}

impl Worker {
    /// Chooses who works on the task that begins with `text`.
    pub(super) fn choose(&mut self, text: &str, images: bool) -> Result<()> {
        self.routing = Routing::default();
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
            return Ok(());
        }
        if self.fold.turns() > 0 {
            return self.switch(index, SwitchCause::Returned, reason, None);
        }
        // Nothing was asked yet, so nothing is left behind.
        self.seat =
            Seat::take(&self.parts, index).unwrap_or_else(|| Seat::of(&self.parts, 0, self.seat.candidate.clone()));
        Ok(())
    }

    /// The router's choice for the task that begins with `text`, which is written down with its reasons.
    fn by_router(&mut self, router: &Router, text: &str, images: bool) -> Result<(usize, String)> {
        let history = if self.fold.turns() > 0 { self.estimate() } else { 0 };
        let checked = !self.parts.checks.is_empty();
        let facts = Facts { images: usize::from(images), checked, history, ..Facts::default() };
        let task = task::features(text, &facts);
        let away = router.offers.iter().zip(&self.away);
        let offers: Vec<Offer> = away
            .map(|(offer, until)| Offer {
                cooling: until.map(|until| format!("until {}", log::time_text(until))),
                ..offer.clone()
            })
            .collect();
        let mut seed = DefaultHasher::new();
        (&self.parts.id, self.purse.task).hash(&mut seed);
        let standings = self.parts.ledger.standings(&self.entry(Role::Main), &self.budgets())?;
        let state = State {
            budget_left: budget::tightest(&standings).map(budget::Standing::left),
            seed: seed.finish(),
            current: (history > 0).then(|| self.model().name()),
            ..router.state.clone()
        };
        let plan = choose(&task, &offers, &router.evidence, &state);
        self.append(Event::Routed(plan.routed(Role::Main)))?;
        let place = |model: &str| self.parts.candidates.iter().position(|known| known.model.name() == model);
        let order: Vec<usize> = plan.candidates.iter().filter_map(|candidate| place(&candidate.model)).collect();
        let Some(first) = order.first().copied() else {
            let reasons = plan.passed_over.iter().map(|passed| format!("{}: {}", passed.model, passed.reason));
            return Err(Error::config(format!(
                "no model can take the task: {}",
                reasons.collect::<Vec<_>>().join("; ")
            ))
            .hint("name one with -m, or others in `route.candidates`"));
        };
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
        let Some(to) = to.filter(|to| self.is_here(*to) && self.is_payable(*to)) else { return Ok(()) };
        self.routing.trouble = Trouble::default();
        self.switch(to, SwitchCause::Escalated, escalation.reason, None)
    }

    /// Reads which providers other runs found not answering.
    fn look_who_is_away(&mut self) {
        let cooling = self.parts.ledger.cooling(moment::now()).unwrap_or_default();
        let until = |key: &str| cooling.iter().find(|cooling| cooling.key == key).map(|cooling| cooling.until);
        self.away =
            self.parts.candidates.iter().map(|candidate| until(failover::health_key(&candidate.model))).collect();
    }

    /// Is this candidate's provider not left alone now?
    pub(super) fn is_here(&self, candidate: usize) -> bool {
        let now = moment::now();
        self.away.get(candidate).copied().flatten().is_none_or(|until| until <= now)
    }

    /// The first in the user's order that is not left alone; where all are, the first.
    fn by_order(&self) -> (usize, String) {
        let index = self.away.iter().position(Option::is_none).unwrap_or(0);
        let reason = match self.away.first().copied().flatten() {
            Some(until) if index > 0 => {
                format!("{} is left alone until {}", self.name_of(0), log::time_text(until))
            }
            _ => format!("{} is there again", self.name_of(index)),
        };
        (index, reason)
    }
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
