//! Tasks: how they ended, and how each model did on them.

use super::{Index, all, count, whole, word};
use crate::base::Result;
use crate::base::money::Usd;
use crate::store::ledger::{Entry, Evidence, TaskRow, Try};
use crate::store::moment::Timestamp;
use rusqlite::{Connection, Row, params};

impl Index {
    pub(in crate::store) fn finish_task(&self, task: &TaskRow) -> Result<()> {
        self.change(|change| finish_task(change, task))
    }

    pub(in crate::store) fn set_undone(&self, session: &str, at: Timestamp, undone: bool) -> Result<bool> {
        const SQL: &str = "
            UPDATE tasks SET undone = ?3 WHERE session = ?1 AND task =
                (SELECT max(task) FROM tasks WHERE session = ?1 AND started <= ?2 AND ended >= ?2)";
        self.change(|change| change.execute(SQL, params![session, whole(at), undone])).map(|rows| rows > 0)
    }

    pub(in crate::store) fn evidence(&self, since: Timestamp) -> Result<Vec<Evidence>> {
        const SQL: &str = "
            SELECT kind, tries.model, count(*), sum(succeeded), sum(succeeded AND undone),
                sum((SELECT coalesce(sum(spent), 0) FROM requests WHERE session = tries.session AND task = tries.task
                    AND model = tries.model)),
                sum((SELECT count(*) FROM requests WHERE session = tries.session AND task = tries.task
                    AND model = tries.model AND settled AND spent IS NULL)),
                sum(refused_edits), sum(failed_checks), sum(retries)
            FROM tries JOIN tasks USING (session, task)
            WHERE ended >= ?1 AND succeeded IS NOT NULL
            GROUP BY kind, tries.model ORDER BY kind, tries.model";
        let read = |row: &Row<'_>| {
            Ok(Evidence {
                kind: row.get(0)?,
                model: row.get(1)?,
                tasks: count(row, 2)?,
                succeeded: count(row, 3)?,
                undone: count(row, 4)?,
                cost: Usd(count(row, 5)?),
                unknown: count(row, 6)?,
                refused_edits: count(row, 7)?,
                failed_checks: count(row, 8)?,
                retries: count(row, 9)?,
            })
        };
        self.read(|connection| all(connection, SQL, params![whole(since)], read))
    }
}

/// Puts a task in the place of what was known of it; whether it was taken back is kept.
pub(super) fn finish_task(connection: &Connection, task: &TaskRow) -> rusqlite::Result<()> {
    const TASK: &str = "
        INSERT INTO tasks (session, task, run, project, branch, model, kind, day, month, status, started, ended, undone)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0)
        ON CONFLICT (session, task) DO UPDATE SET run = ?3, project = ?4, branch = ?5, model = ?6, kind = ?7, day = ?8,
            month = ?9, status = ?10, started = ?11, ended = ?12";
    const TRY: &str = "
        INSERT INTO tries (session, task, model, succeeded, refused_edits, failed_checks, retries)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let Entry { session, run, task: number, project, branch, model, local_day, local_month, .. } = &task.entry;
    let values = params![
        session,
        whole(*number),
        run,
        project,
        branch,
        model,
        task.kind,
        local_day,
        local_month,
        word(&task.status),
        whole(task.started),
        whole(task.ended),
    ];
    connection.execute(TASK, values)?;
    connection.execute("DELETE FROM tries WHERE session = ?1 AND task = ?2", params![session, whole(*number)])?;
    for Try { model, succeeded, refused_edits, failed_checks, retries } in &task.tries {
        let counts = (whole(*refused_edits), whole(*failed_checks), whole(*retries));
        let values = params![session, whole(*number), model, succeeded, counts.0, counts.1, counts.2];
        connection.execute(TRY, values)?;
    }
    Ok(())
}
