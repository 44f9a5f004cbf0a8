//! Money of a request: reserved before it leaves, settled as soon as it is known what it used, whatever becomes of the answer.

use super::candidate::FAST;
use super::failover::Course;
use super::limits::Spent;
use super::turn::Worker;
use crate::base::access::{Answer, Ask};
use crate::base::event::{BudgetNoticed, CacheMiss, Event, Role, Scope, SwitchCause};
use crate::base::model::Usage;
use crate::base::money::Usd;
use crate::base::{Error, Kind, Result};
use crate::route::budget::{self, Standing};
use crate::route::cache::{self, Prefix};
use crate::store::ledger::{Entry, Reservation, Settlement};
use crate::store::moment;
use std::collections::HashMap;
use std::time::Duration;

/// The longest wait for what others have reserved, and how often it is looked whether it came back.
const HELD: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(100);

/// What this session knows of its budgets.
#[derive(Default)]
pub(super) struct Purse {
    /// What was reserved for the request that is made now.
    reserved: Option<Reservation>,
    /// What somebody gave beyond a budget's limit.
    raised: HashMap<Scope, Usd>,
    /// What was said to be nearly used up.
    warned: Vec<Scope>,
    /// Tokens of that request, estimated.
    pub estimated: u64,
    /// Tasks of this session, the one under way included.
    pub task: u64,
}

impl Purse {
    /// That of a session that has so many tasks behind it.
    pub fn after(tasks: u64) -> Self {
        Self { task: tasks, ..Self::default() }
    }
}

impl Worker {
    /// Reserves the worst case of a request in all budgets: as many tokens of output as they leave room for, `most` at most.
    pub(super) fn reserve(&mut self, input: u64, most: u64, role: Role) -> Result<u64> {
        self.release()?;
        let model = self.model().clone();
        let budgets = self.budgets();
        let entry = self.entry(role);
        self.purse.estimated = input;
        let reserved = self.parts.ledger.reserve(&entry, &budgets, moment::now(), |standings| {
            let (max_output, worst) = budget::fit(&model, input, most, standings)?;
            Ok((worst, (max_output, standings.to_vec())))
        });
        match reserved {
            Ok((reservation, (max_output, standings))) => {
                self.purse.reserved = Some(reservation);
                self.warn(&standings)?;
                Ok(max_output)
            }
            // Without a budget the log, from which the ledger can be made again, is enough.
            Err(error) if error.kind == Kind::Io && budgets.is_empty() => Ok(most),
            Err(error) => Err(error),
        }
    }

    /// Gives back what was reserved for a request that never left.
    pub(super) fn release(&mut self) -> Result<()> {
        match self.purse.reserved.take() {
            Some(reservation) => {
                self.parts.ledger.settle(reservation, &Settlement { cost: Some(Usd(0)), ..Settlement::default() })
            }
            None => Ok(()),
        }
    }

    /// Keeps the log's head as it is now, for `agent audit verify`. One that cannot be kept makes the log longer than its head, which is said
    /// there.
    pub(super) fn keep_head(&self) {
        let _ = self.parts.ledger.keep_head(&self.parts.id, &self.parts.log.head(), moment::now());
    }

    /// Settles what was reserved for the request that has come to its end.
    pub(super) fn settle_money(&mut self, settlement: &Settlement) -> Result<()> {
        match self.purse.reserved.take() {
            Some(reservation) => match self.parts.ledger.settle(reservation, settlement) {
                Err(error) if error.kind == Kind::Io && !self.parts.limits.has_budget() => Ok(()),
                settled => settled,
            },
            None => Ok(()),
        }
    }

    pub(super) fn entry(&self, role: Role) -> Entry {
        let account = &self.parts.account;
        let local_day = moment::day(moment::now());
        Entry {
            session: self.parts.id.clone(),
            run: account.run.clone(),
            task: self.purse.task,
            project: account.project.clone(),
            branch: account.branch.clone(),
            model: self.model().name(),
            role,
            local_month: moment::month(&local_day),
            local_day,
        }
    }

    pub(super) fn budgets(&self) -> Vec<budget::Budget> {
        let limits = &self.parts.limits;
        let run = limits.max_cost.map(|limit| (Scope::Run, limit));
        let all = run.into_iter().chain(limits.budgets.iter().copied());
        all.map(|(scope, limit)| {
            let raised = self.purse.raised.get(&scope).copied().unwrap_or_default();
            budget::Budget { scope, limit: limit.plus(raised) }
        })
        .collect()
    }

    /// Can a budget be kept with this candidate? Not where its price is unknown.
    pub(super) fn is_payable(&self, candidate: usize) -> bool {
        !self.parts.limits.has_budget()
            || self.parts.candidates.get(candidate).is_some_and(|candidate| candidate.model.price.is_some())
    }

    /// Says once of each budget that it is nearly used up.
    fn warn(&mut self, standings: &[Standing]) -> Result<()> {
        for standing in standings {
            let scope = standing.budget.scope;
            if standing.used_percent() >= self.parts.limits.warn_percent && !self.purse.warned.contains(&scope) {
                self.purse.warned.push(scope);
                self.append(Event::BudgetNoticed(BudgetNoticed {
                    scope,
                    limit_usd: standing.budget.limit,
                    used_usd: standing.used(),
                    text: standing.words(),
                }))?;
            }
        }
        Ok(())
    }

    /// No budget has room for the next request: a cheaper model goes on, somebody gives more, or the task ends with `error`.
    /// One that was to take over from another makes way for the next that can.
    pub(super) async fn out_of_money(&mut self, error: Error, course: &mut Course) -> Result<()> {
        if !course.is_handed_on() && self.others_gave_back(&error, course).await? {
            return Ok(());
        }
        let degrades = self.parts.limits.spent == Spent::Degrade && self.seat.index != FAST;
        let cheaper = if degrades { self.cheaper(course) } else { None };
        let next = cheaper.or_else(|| self.next(course).filter(|_| course.is_handed_on()));
        if let Some(next) = next {
            let reason = error.message.clone();
            course.give_up(self.seat.index, error, None);
            return self.go_on(next, SwitchCause::Budget, reason, None, course);
        }
        match self.parts.limits.spent {
            Spent::Ask if self.parts.policy.attended => self.ask_for_more(error).await,
            Spent::Ask => Err(error.hint("nobody is there to be asked for more: that takes --review")),
            Spent::Stop | Spent::Degrade if course.is_handed_on() => {
                course.give_up(self.seat.index, error, None);
                Err(self.verdict(course))
            }
            Spent::Stop | Spent::Degrade => Err(error),
        }
    }

    /// What others reserved for requests under way mostly comes back: it is waited for, a while. True where some of it did.
    async fn others_gave_back(&mut self, error: &Error, course: &Course) -> Result<bool> {
        let held = |worker: &Worker| -> Result<Usd> {
            let standings = worker.parts.ledger.standings(&worker.entry(Role::Main), &worker.budgets())?;
            Ok(budget::tightest(&standings).map(|standing| standing.reserved).unwrap_or_default())
        };
        let (before, patience) = (held(self)?, HELD.min(self.parts.limits.retry_budget));
        let Some(left) = patience.checked_sub(course.elapsed()).filter(|left| !left.is_zero() && before.0 > 0) else {
            return Ok(false);
        };
        let reason = format!("${before} of the budget is held by requests under way: {}", error.message);
        self.append(Event::Waiting { reason, wait_ms: left.as_millis() as u64, attempt: 1 })?;
        while course.elapsed() < patience {
            tokio::time::sleep(LOOK).await;
            if held(self)? < before {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The dearest candidate that is cheaper than the one that is asked, and was not asked in vain.
    fn cheaper(&self, course: &Course) -> Option<usize> {
        let output = |index: usize| Some(self.parts.candidates.get(index)?.model.price?.output);
        let here = self.model().price?.output;
        let open = |index: &usize| self.is_open(*index) && self.fits(*index) && !course.has_failed(*index);
        let fitting = (0..self.parts.candidates.len()).filter(open);
        fitting.filter(|index| output(*index).is_some_and(|price| price < here)).max_by_key(|index| output(*index))
    }

    async fn ask_for_more(&mut self, error: Error) -> Result<()> {
        let standings = self.parts.ledger.standings(&self.entry(Role::Main), &self.budgets())?;
        let Some(tightest) = budget::tightest(&standings) else { return Err(error) };
        let Standing { budget: budget::Budget { scope, limit }, .. } = *tightest;
        let first = self.budget_of(scope).unwrap_or(limit);
        self.next_ask += 1;
        let why = format!("{}; allow ${first} more?", tightest.words());
        let ask = Ask {
            id: self.next_ask,
            call: String::new(),
            tool: "budget".into(),
            why,
            access: Vec::new(),
            change: Vec::new(),
            made: false,
        };
        match self.ask(ask).await? {
            Answer::Allow { .. } | Answer::Review(_) => {
                let raised = self.purse.raised.entry(scope).or_default();
                *raised = raised.plus(first);
                self.purse.warned.retain(|warned| *warned != scope);
                Ok(())
            }
            Answer::Deny { .. } => Err(error),
        }
    }

    fn budget_of(&self, scope: Scope) -> Option<Usd> {
        let limits = &self.parts.limits;
        let own = limits.budgets.iter().find(|(known, _)| *known == scope).map(|(_, limit)| *limit);
        if scope == Scope::Run { limits.max_cost.or(own) } else { own }
    }

    /// What the cache should have had of a request of the work itself; the next one is compared with this one.
    pub(super) fn cache_miss(&mut self, usage: Usage, role: Role) -> Option<CacheMiss> {
        if role != Role::Main || usage.input == 0 {
            return None;
        }
        let (system, tools) = self.seat.prints;
        let now = Prefix {
            model: self.model().name(),
            system,
            tools,
            history: self.rewrites,
            at: moment::now() / 1000,
            tokens: usage.input,
        };
        let miss = self.prefix.as_ref().and_then(|before| cache::miss(before, &now, usage, self.model()));
        self.prefix = Some(now);
        miss
    }

    /// `None` where the price is not known.
    pub(super) fn cost(&self, usage: Usage) -> Option<Usd> {
        self.model().price_for(usage.input).map(|price| usage.cost(&price))
    }

    /// Is it the budget that said no?
    pub(super) fn is_budget(error: &Error) -> bool {
        error.kind == Kind::Limit
    }
}
