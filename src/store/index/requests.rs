//! Requests: reserved before they leave, settled when it is known what they took.

use super::{Index, count, whole, word};
use crate::base::event::Scope;
use crate::base::money::Usd;
use crate::base::{Error, Kind, Result};
use crate::route::budget::{Budget, Standing};
use crate::store::ledger::{Entry, Reservation, Settlement};
use crate::store::moment::Timestamp;
use rusqlite::{Connection, ToSql, params};

impl Index {
    pub(in crate::store) fn reserve<T>(
        &self,
        entry: &Entry,
        budgets: &[Budget],
        now: Timestamp,
        fit: impl FnOnce(&[Standing]) -> Result<(Usd, T)>,
    ) -> Result<(Reservation, T)> {
        let mut refusal = None;
        let reserved = self.change(|change| {
            let standings = standings(change, entry, budgets)?;
            Ok(match fit(&standings) {
                Ok((worst, result)) => {
                    let row = insert(change, entry, now, Some(worst))?;
                    Some((Reservation { row }, result))
                }
                Err(error) => {
                    refusal = Some(error);
                    None
                }
            })
        })?;
        reserved.ok_or_else(|| refusal.unwrap_or_else(|| Error::new(Kind::Limit, "the request was refused")))
    }

    pub(in crate::store) fn settle(&self, reservation: Reservation, settlement: &Settlement) -> Result<()> {
        self.change(|change| settle(change, reservation.row, settlement))
    }

    pub(in crate::store) fn standings(&self, entry: &Entry, budgets: &[Budget]) -> Result<Vec<Standing>> {
        self.read(|connection| standings(connection, entry, budgets))
    }
}

pub(super) fn standings(connection: &Connection, entry: &Entry, budgets: &[Budget]) -> rusqlite::Result<Vec<Standing>> {
    budgets
        .iter()
        .map(|budget| {
            let (scope, values): (&str, &[&dyn ToSql]) = match budget.scope {
                Scope::Run => ("run = ?1", &[&entry.run]),
                Scope::Session => ("session = ?1", &[&entry.session]),
                Scope::Day => ("day = ?1", &[&entry.local_day]),
                Scope::Project => ("project = ?1 AND month = ?2", &[&entry.project, &entry.local_month]),
            };
            // Of a request that is settled nothing is held, and of one that is not nothing is spent yet.
            let sql = format!("SELECT coalesce(sum(spent), 0), coalesce(sum(held), 0) FROM requests WHERE {scope}");
            connection.query_row(&sql, values, |row| {
                Ok(Standing { budget: *budget, spent: Usd(count(row, 0)?), reserved: Usd(count(row, 1)?) })
            })
        })
        .collect()
}

/// The row of a request under way, and its number. `worst` is `None` where nobody knows what was reserved.
pub(super) fn insert(
    connection: &Connection,
    entry: &Entry,
    now: Timestamp,
    worst: Option<Usd>,
) -> rusqlite::Result<i64> {
    const SQL: &str = "
        INSERT INTO requests (session, run, task, project, branch, model, role, day, month, time, settled, held,
            input, cached, cache_written, output, reasoning, duration)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, 0, 0, 0, 0, 0, 0)";
    let values = params![
        entry.session,
        entry.run,
        whole(entry.task),
        entry.project,
        entry.branch,
        entry.model,
        entry.role.name(),
        entry.local_day,
        entry.local_month,
        whole(now),
        worst.map(|worst| whole(worst.0)),
    ];
    connection.execute(SQL, values)?;
    Ok(connection.last_insert_rowid())
}

pub(super) fn settle(connection: &Connection, row: i64, settlement: &Settlement) -> rusqlite::Result<()> {
    const SQL: &str = "
        UPDATE requests SET settled = 1, held = 0, spent = ?2, input = ?3, cached = ?4, cache_written = ?5, output = ?6,
            reasoning = ?7, duration = ?8, error = ?9, miss_cause = ?10, miss_tokens = ?11, miss_extra = ?12
        WHERE id = ?1 AND settled = 0";
    let Settlement { cost, tokens, duration_ms, error, cache_miss } = settlement;
    let values = params![
        row,
        cost.map(|cost| whole(cost.0)),
        whole(tokens.input),
        whole(tokens.cached),
        whole(tokens.cache_written),
        whole(tokens.output),
        whole(tokens.reasoning),
        whole(*duration_ms),
        error.map(|kind| word(&kind)),
        cache_miss.as_ref().map(|miss| word(&miss.cause)),
        cache_miss.as_ref().map(|miss| whole(miss.tokens)),
        cache_miss.as_ref().and_then(|miss| miss.extra_usd).map(|extra| whole(extra.0)),
    ];
    connection.execute(SQL, values).map(drop)
}
