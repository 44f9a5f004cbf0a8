//! Which providers are left alone for a while: what this run sees of them, and what all runs of this user wrote down.
//!
//! A provider is left alone as a whole. Which of its models failed is written down too: where nobody else is there, the others
//! are asked before that one.

use super::turn::Worker;
use crate::base::Error;
use crate::route::failover;
use crate::store::moment;

/// How long a candidate is left alone.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Away {
    /// Milliseconds since 1970.
    until: Option<u64>,
    /// Did this model fail, and not only another one of its provider?
    itself: bool,
}

impl Worker {
    /// Leaves the provider of the candidate that failed alone for a while, in all runs of this user.
    pub(super) fn leave(&mut self, error: &Error) -> Option<u64> {
        let (key, model) = (failover::health_key(self.model()).to_owned(), self.model().name());
        let before = self.parts.ledger.last_cooling(&key).ok().flatten();
        let before = before.map(|cooling| (cooling.until, cooling.strikes));
        let (until, strikes) = failover::rest(error, before, moment::now())?;
        // Some servers repeat the key in what they say.
        let reason = self.parts.hands.redactor.text(error.message.clone());
        for key in [&key, &model] {
            // Where it cannot be written, this run still knows.
            let _ = self.parts.ledger.cool(key, until, strikes, &reason);
        }
        self.note_away(&key, Some(until));
        if let Some(away) = self.away.get_mut(self.seat.index) {
            away.itself = true;
        }
        Some(until)
    }

    /// A provider that answers is not left alone any more, and what it failed before is forgotten; but not because of one of
    /// its models while another one failed. The ledger is told at the first answer in a task, and after a failure.
    pub(super) fn recovered(&mut self) {
        let (key, model) = (failover::health_key(self.model()).to_owned(), self.model().name());
        let known = self.away.get(self.seat.index).copied().unwrap_or_default();
        if known.until.is_none() && self.routing.answered.contains(&model) {
            return;
        }
        self.forgive(&model, known.itself);
        self.routing.answered.push(model);
        if let Some(away) = self.away.get_mut(self.seat.index) {
            away.itself = false;
        }
        let mut same = self.parts.candidates.iter().zip(&self.away);
        if !same.any(|(candidate, away)| away.itself && failover::health_key(&candidate.model) == key) {
            self.forgive(&key, known.until.is_some());
            self.note_away(&key, None);
        }
    }

    /// Forgets failures: those that this run knew of, and those whose time is over. What another run has just found stands.
    fn forgive(&self, key: &str, is_known: bool) {
        let now = moment::now();
        let is_over =
            || self.parts.ledger.last_cooling(key).is_ok_and(|last| last.is_some_and(|last| last.until <= now));
        if is_known || is_over() {
            // It is asked again also where that cannot be written.
            let _ = self.parts.ledger.warm(key);
        }
    }

    fn note_away(&mut self, key: &str, until: Option<u64>) {
        for (candidate, away) in self.parts.candidates.iter().zip(&mut self.away) {
            if failover::health_key(&candidate.model) == key {
                away.until = until;
            }
        }
    }

    /// Reads which providers other runs found not answering.
    pub(super) fn look_who_is_away(&mut self) {
        let cooling = self.parts.ledger.cooling(moment::now()).unwrap_or_default();
        let until = |key: &str| cooling.iter().find(|cooling| cooling.key == key).map(|cooling| cooling.until);
        let away = self.parts.candidates.iter().map(|candidate| {
            let until_then = until(failover::health_key(&candidate.model));
            Away { until: until_then, itself: until_then.is_some() && until(&candidate.model.name()).is_some() }
        });
        self.away = away.collect();
    }

    /// Until when (milliseconds since 1970) this candidate's provider is left alone, if it is.
    pub(super) fn away_until(&self, candidate: usize) -> Option<u64> {
        self.away.get(candidate).and_then(|away| away.until)
    }

    /// Orders those that are left alone: the least is asked first.
    pub(super) fn away_rank(&self, candidate: usize) -> (bool, Option<u64>) {
        self.away.get(candidate).map_or((false, None), |away| (away.itself, away.until))
    }

    /// Is this candidate's provider not left alone now?
    pub(super) fn is_here(&self, candidate: usize) -> bool {
        self.away_until(candidate).is_none_or(|until| until <= moment::now())
    }

    /// What made this candidate's provider one that is left alone, in brackets.
    pub(super) fn why_away(&self, candidate: usize) -> String {
        let key = self.parts.candidates.get(candidate).map(|candidate| failover::health_key(&candidate.model));
        let cooling = key.and_then(|key| self.parts.ledger.last_cooling(key).ok().flatten());
        cooling.map(|cooling| format!(" ({})", cooling.reason)).unwrap_or_default()
    }
}
