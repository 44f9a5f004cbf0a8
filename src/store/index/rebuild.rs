//! Rows put in the place of others, when the ledger is made again.

use super::{Index, count, damaged, requests, tasks};
use crate::base::Result;
use crate::store::ledger::{Entry, TaskRow};
use crate::store::moment::Timestamp;
use crate::store::rebuild::Paid;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;

/// Tables, and their columns but for the numbers of rows.
const TABLES: &[(&str, &str)] = &[
    (
        "requests",
        "session, run, task, project, branch, model, role, day, month, time, settled, held, spent, input, cached, \
         cache_written, output, reasoning, duration, error, miss_cause, miss_tokens, miss_extra",
    ),
    ("tasks", "session, task, run, project, branch, model, kind, size, day, month, status, started, ended, undone"),
    ("tries", "session, task, model, succeeded, judged, handed_over, refused_edits, failed_checks, retries"),
    ("cooling", "key, until, strikes, reason"),
    ("heads", "session, seq, chain, time"),
    ("deleted", "session, time"),
];

impl Index {
    /// Reads the whole file once: is it sound, and are its tables ours?
    pub(in crate::store) fn check(&self) -> Result<()> {
        let words: String = self.read(|connection| {
            for (table, columns) in TABLES {
                connection.prepare(&format!("SELECT {columns} FROM {table}"))?;
            }
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        })?;
        if words == "ok" { Ok(()) } else { Err(damaged(&self.path, &words)) }
    }

    /// Takes over what can be read of another file, a table at a time; of one that is damaged, nothing.
    pub(in crate::store) fn salvage(&self, aside: &Path) {
        let connection = self.lock();
        let Some(aside) = aside.to_str() else { return };
        if connection.execute("ATTACH DATABASE ?1 AS aside", params![aside]).is_err() {
            return;
        }
        for (table, columns) in TABLES {
            let sql = format!("INSERT OR IGNORE INTO main.{table} ({columns}) SELECT {columns} FROM aside.{table}");
            // A statement that fails changes nothing.
            let _ = connection.execute(&sql, []);
        }
        let _ = connection.execute("DETACH DATABASE aside", []);
    }

    /// Puts what a log tells in the place of what is known of its session. False, and nothing is changed, where the ledger
    /// knows the session and its log is not `is_free`, or is `damaged` and tells less than the ledger.
    pub(in crate::store) fn replace_session(
        &self,
        session: &str,
        told: &[Paid],
        ended: &[TaskRow],
        is_free: bool,
        damaged: bool,
    ) -> Result<bool> {
        self.change(|change| {
            let known = known(change, session)?;
            let finished = told.iter().filter(|paid| paid.ended().is_some_and(|end| end >= known.first)).count() as u64;
            if known.rows > 0 && (!is_free || (damaged && finished < known.rows)) {
                return Ok(false);
            }
            change.execute("DELETE FROM requests WHERE session = ?1 AND settled", params![session])?;
            // Requests of a session go one after the other, so of those never settled as many are still open as the log has
            // no end of: a process may die between the log and the ledger. The dearest are taken to be open.
            let open = known.rows.saturating_sub(finished).min(known.unsettled);
            change.execute(
                "DELETE FROM requests WHERE id IN
                    (SELECT id FROM requests WHERE session = ?1 ORDER BY held DESC LIMIT -1 OFFSET ?2)",
                params![session, super::whole(open)],
            )?;
            for paid in told {
                let child = known.run.as_ref().filter(|run| !run.starts_with(session));
                let entry = Entry { run: child.unwrap_or(&paid.entry.run).clone(), ..paid.entry.clone() };
                if let Some(settlement) = &paid.settlement {
                    let row = requests::insert(change, &entry, paid.time, None)?;
                    requests::settle(change, row, settlement)?;
                } else if known.rows == 0 && is_free {
                    requests::insert(change, &entry, paid.time, None)?;
                }
            }
            ended.iter().try_for_each(|task| tasks::finish_task(change, task))?;
            Ok(true)
        })
    }
}

/// What the ledger knows of a session.
struct Known {
    rows: u64,
    unsettled: u64,
    /// When the first of them went out: the log may tell of earlier ones.
    first: Timestamp,
    run: Option<String>,
}

fn known(connection: &Connection, session: &str) -> rusqlite::Result<Known> {
    const COUNTS: &str = "SELECT count(*), sum(NOT settled), min(time) FROM requests WHERE session = ?1";
    const RUN: &str = "SELECT run FROM requests WHERE session = ?1 LIMIT 1";
    let run = connection.query_row(RUN, params![session], |row| row.get(0)).optional()?;
    connection.query_row(COUNTS, params![session], |row| {
        Ok(Known { rows: count(row, 0)?, unsettled: count(row, 1)?, first: count(row, 2)?, run })
    })
}
