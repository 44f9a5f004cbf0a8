//! When a model fails: it is tried again for a while, then the same turn goes on with the next candidate.
//!
//! The history stays as it is; each wire translates it. Calls that have run are in it with their results, so none runs twice.

use super::candidate::{FAST, Seat};
use super::compaction::FULL_PERCENT;
use super::turn::Worker;
use crate::base::event::{Event, SwitchCause, Switched};
use crate::base::model::ModelInfo;
use crate::base::{Error, Kind, Result};
use crate::net::retry;
use crate::route::{cache, failover};
use crate::store::log;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How often, for one answer, one that failed before is waited for and asked once more after all others failed too.
const LAST_RESORTS: u32 = 3;

/// What became of the candidates that were asked in vain for one answer.
pub(super) struct Course {
    /// The first attempt of all, and the first at the one that is asked. Time in which something was answered is not counted.
    begun: Instant,
    here: Instant,
    attempts: u32,
    failed: Vec<Failed>,
    resorts: u32,
}

struct Failed {
    candidate: usize,
    error: Error,
    /// When it may be asked again, where that can help.
    ready: Option<Instant>,
}

impl Course {
    pub fn new() -> Self {
        let now = Instant::now();
        Self { begun: now, here: now, attempts: 0, failed: Vec::new(), resorts: 0 }
    }

    pub fn has_failed(&self, candidate: usize) -> bool {
        self.failed.iter().any(|failed| failed.candidate == candidate)
    }

    /// Was this answer asked of others before?
    /// Since the first attempt of all.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    pub fn is_handed_on(&self) -> bool {
        !self.failed.is_empty()
    }

    /// Gives up a candidate for this answer, or until it is `ready` again.
    pub fn give_up(&mut self, candidate: usize, error: Error, ready: Option<Instant>) {
        self.failed.retain(|failed| failed.candidate != candidate);
        self.failed.push(Failed { candidate, error, ready });
    }

    /// How long the one that is asked now has been tried. One that failed before has no more time than all had together.
    fn tried(&self) -> Duration {
        if self.resorts > 0 { self.begun.elapsed() } else { self.here.elapsed() }
    }
}

impl Worker {
    /// The model that is asked.
    pub(super) fn model(&self) -> &ModelInfo {
        &self.seat.candidate.model
    }

    /// What follows a failed attempt: a wait, another model, or the end.
    pub(super) async fn after(&mut self, error: Error, course: &mut Course) -> Result<()> {
        course.attempts += 1;
        if course.attempts == 1 && self.last_received > 0 {
            // A long answer that broke off at its end has not used up the time for trying again.
            course.here = Instant::now();
            if !course.is_handed_on() {
                course.begun = course.here;
            }
        }
        let helper = self.seat.index == FAST;
        let next = if helper { None } else { self.next(course) };
        let budget = self.parts.limits.retry_budget;
        let patience = if helper || next.is_some() { self.parts.limits.patience.min(budget) } else { budget };
        if let Some(wait) = retry::wait(&error, course.attempts, course.tried(), patience, jitter()) {
            return self.wait(error.message, wait, course.attempts).await;
        }
        let error = spent(error, course.attempts);
        if helper {
            // Whoever works on the task does without it.
            return Err(error);
        }
        let cause = failover::cause(error.kind).filter(|cause| *cause != SwitchCause::ContextFull);
        let Some(cause) = cause else { return Err(error) };
        let reason = error.message.clone();
        let until = if self.parts.candidates.len() > 1 { self.leave(&error) } else { None };
        let ready =
            error.kind.retryable().then(|| Instant::now() + error.retry_after.unwrap_or(self.parts.limits.patience));
        if !error.kind.retryable() {
            self.routing.refused.push(self.seat.index);
        }
        course.give_up(self.seat.index, error, ready);
        match next {
            Some(next) => self.go_on(next, cause, reason, until, course),
            None => self.last_resort(course).await,
        }
    }

    async fn wait(&mut self, reason: String, wait: Duration, attempt: u32) -> Result<()> {
        self.append(Event::Waiting { reason, wait_ms: wait.as_millis() as u64, attempt })?;
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// The next candidate that was not asked in vain: one that is not left alone and has room for the conversation, where
    /// there is one.
    pub(super) fn next(&self, course: &Course) -> Option<usize> {
        let open = |index: &usize| *index != self.seat.index && !course.has_failed(*index) && self.is_payable(*index);
        let candidates = || self.order.iter().copied().filter(open);
        candidates()
            .find(|index| self.is_here(*index) && self.fits(*index))
            .or_else(|| candidates().find(|index| self.is_here(*index)))
            .or_else(|| candidates().min_by_key(|index| self.away_rank(*index)))
    }

    /// All have failed. One that may answer later is waited for, if that is soon enough.
    async fn last_resort(&mut self, course: &mut Course) -> Result<()> {
        course.resorts += 1;
        let soonest = course.failed.iter().filter(|failed| failed.candidate != self.seat.index);
        let soonest = soonest.filter_map(|failed| Some((failed.ready?, failed.candidate))).min();
        let budget = self.parts.limits.retry_budget;
        if let Some((ready, candidate)) = soonest
            && course.resorts <= LAST_RESORTS
            && ready.saturating_duration_since(course.begun) <= budget
        {
            let reason = format!("no model could be asked; {} may be again", self.name_of(candidate));
            self.wait(reason.clone(), ready.saturating_duration_since(Instant::now()), course.resorts).await?;
            return self.go_on(candidate, SwitchCause::Returned, reason, None, course);
        }
        Err(self.verdict(course))
    }

    /// What the failure of all that were asked comes to.
    pub(super) fn verdict(&self, course: &mut Course) -> Error {
        let failures = course.failed.drain(..).map(|failed| (self.name_of(failed.candidate), failed.error)).collect();
        failover::verdict(failures).unwrap_or_else(|| Error::new(Kind::Provider, "no model could be asked"))
    }

    /// The same request goes to the candidate `next`. An error of [`Kind::ContextFull`] where it has no room for it.
    pub(super) fn go_on(
        &mut self,
        next: usize,
        cause: SwitchCause,
        reason: String,
        until: Option<u64>,
        course: &mut Course,
    ) -> Result<()> {
        self.switch(next, cause, reason, until)?;
        (course.here, course.attempts) = (Instant::now(), 0);
        if self.fits(next) {
            return Ok(());
        }
        Err(Error::new(
            Kind::ContextFull,
            format!("the conversation does not fit the window of {}", self.model().name()),
        ))
    }

    /// Goes on with another candidate, and says why and what that costs. `until`, in milliseconds since 1970: how long the one
    /// that was asked is left alone.
    pub(super) fn switch(&mut self, to: usize, cause: SwitchCause, reason: String, until: Option<u64>) -> Result<()> {
        let Some(seat) = Seat::take(&self.parts, to) else { return Ok(()) };
        let from = self.model().name();
        let cache_lost = self.prefix.as_ref().filter(|prefix| prefix.model == from).map_or(0, |prefix| prefix.tokens);
        self.seat = seat;
        // Counted by another model's tokens.
        self.measured = None;
        let extra_usd = cache::extra(cache_lost, cache_lost, self.model());
        let until = until.map(log::time_text);
        self.append(Event::Switched(Switched {
            from,
            to: self.model().name(),
            cause,
            reason,
            cache_lost,
            extra_usd,
            until,
        }))
        .map(drop)
    }

    pub(super) fn name_of(&self, candidate: usize) -> String {
        self.parts.candidates.get(candidate).map(|candidate| candidate.model.name()).unwrap_or_default()
    }

    /// Has the conversation room in the window of this candidate?
    pub(super) fn fits(&self, candidate: usize) -> bool {
        let Some(candidate) = self.parts.candidates.get(candidate) else { return false };
        let tokens = if candidate.model == *self.model() { self.estimate() } else { self.total(self.fold.messages()) };
        tokens <= self.window_of(&candidate.model)
    }

    /// Would this candidate not make room for the conversation first?
    pub(super) fn has_room(&self, candidate: usize) -> bool {
        let Some(candidate) = self.parts.candidates.get(candidate) else { return false };
        self.total(self.fold.messages()) * 100 <= self.window_of(&candidate.model) * FULL_PERCENT
    }
}

/// Names the wait that was asked for and is too long, and the number of attempts where there were several.
fn spent(mut error: Error, attempts: u32) -> Error {
    if !error.kind.retryable() {
        return error;
    }
    let asked = error.retry_after;
    if let Some(wait) = asked {
        error.message = format!("{}; it asks to wait for {} s", error.message, wait.as_secs_f32());
    }
    if attempts > 1 {
        error.message = format!("{} (tried {attempts} times)", error.message);
    }
    if asked.is_some() {
        error = error.hint("let it wait longer with -c network.retry_budget=…");
    }
    error.hint("try again later with --continue, or choose another model with -m")
}

/// From 0 to 1; its only use is that two programs do not knock at the same moment.
fn jitter() -> f64 {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    f64::from(nanos % 1000) / 1000.0
}
