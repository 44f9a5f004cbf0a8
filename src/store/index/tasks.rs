//! Tasks: how they ended, and how each model did on them.

use super::{Index, all, count, whole, word};
use crate::base::Result;
use crate::route::offer::{Evidence, age_bucket};
use crate::route::task::{Size, TaskKind};
use crate::store::ledger::{Entry, TaskRow, Try};
use crate::store::moment::Timestamp;
use rusqlite::{Connection, Row, params};
use std::collections::BTreeMap;

impl Index {
    pub(in crate::store) fn finish_task(&self, task: &TaskRow) -> Result<()> {
        self.change(|change| finish_task(change, task))
    }

    pub(in crate::store) fn set_undone(&self, session: &str, at: Timestamp, undone: bool) -> Result<bool> {
        // One begins in the millisecond in which another ended.
        const SQL: &str = "UPDATE tasks SET undone = ?3 WHERE session = ?1 AND task =
            (SELECT max(task) FROM tasks WHERE session = ?1 AND started <= ?2 AND ended >= ?2)";
        self.change(|change| change.execute(SQL, params![session, whole(at), undone])).map(|rows| rows > 0)
    }

    /// A task that was taken back is judged by that, whatever was thought of it before.
    pub(in crate::store) fn evidence(&self, since: Timestamp, now: Timestamp) -> Result<Vec<Evidence>> {
        const SQL: &str = "
            SELECT kind, size, tries.model, handed_over, succeeded AND NOT undone, undone, refused_edits, ended,
                (SELECT coalesce(sum(spent), 0) FROM requests WHERE session = tries.session AND task = tries.task
                    AND model = tries.model)
            FROM tries JOIN tasks USING (session, task)
            WHERE ended >= ?1 AND succeeded IS NOT NULL AND (judged OR undone)";
        let read = |row: &Row<'_>| {
            Ok(Evidence {
                kind: TaskKind::from_name(row.get_ref(0)?.as_str()?).unwrap_or_default(),
                size: Size::from_name(row.get_ref(1)?.as_str()?).unwrap_or_default(),
                model: row.get(2)?,
                handed_over: row.get(3)?,
                tasks: 1,
                succeeded: count(row, 4)?,
                undone: count(row, 5)?,
                refused: count(row, 6)?,
                retried: 0,
                age_days: age_bucket(u32::try_from(now.saturating_sub(count(row, 7)?) / DAY).unwrap_or(u32::MAX)),
                cost_micro: count(row, 8)?,
            })
        };
        self.read(|connection| all(connection, SQL, params![whole(since)], read)).map(together)
    }
}

/// Milliseconds.
const DAY: u64 = 24 * 3600 * 1000;

/// Rows that differ only in their counts, as one; in a fixed order.
fn together(rows: Vec<Evidence>) -> Vec<Evidence> {
    let mut sums: BTreeMap<_, Evidence> = BTreeMap::new();
    for row in rows {
        let key = (row.kind, row.size, row.model.clone(), row.handed_over, row.age_days);
        match sums.get_mut(&key) {
            Some(sum) => {
                sum.tasks += row.tasks;
                sum.succeeded += row.succeeded;
                sum.undone += row.undone;
                sum.refused += row.refused;
                sum.cost_micro += row.cost_micro;
            }
            None => {
                sums.insert(key, row);
            }
        }
    }
    sums.into_values().collect()
}

/// Puts a task in the place of what was known of it; whether it was taken back is kept.
pub(super) fn finish_task(connection: &Connection, task: &TaskRow) -> rusqlite::Result<()> {
    const TASK: &str = "
        INSERT INTO tasks
            (session, task, run, project, branch, model, kind, day, month, status, started, ended, size, undone)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0)
        ON CONFLICT (session, task) DO UPDATE SET run = ?3, project = ?4, branch = ?5, model = ?6, kind = ?7, day = ?8,
            month = ?9, status = ?10, started = ?11, ended = ?12, size = ?13";
    const TRY: &str = "
        INSERT INTO tries (session, task, model, succeeded, judged, handed_over, refused_edits, failed_checks, retries)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let Entry { session, run, task: number, project, branch, model, local_day, local_month, .. } = &task.entry;
    let values = params![
        session,
        whole(*number),
        run,
        project,
        branch,
        model,
        task.kind.name(),
        local_day,
        local_month,
        word(&task.status),
        whole(task.started),
        whole(task.ended),
        task.size.name(),
    ];
    connection.execute(TASK, values)?;
    connection.execute("DELETE FROM tries WHERE session = ?1 AND task = ?2", params![session, whole(*number)])?;
    for Try { model, succeeded, judged, handed_over, refused_edits, failed_checks, retries } in &task.tries {
        let counts = (whole(*refused_edits), whole(*failed_checks), whole(*retries));
        let values =
            params![session, whole(*number), model, succeeded, judged, handed_over, counts.0, counts.1, counts.2];
        connection.execute(TRY, values)?;
    }
    Ok(())
}
