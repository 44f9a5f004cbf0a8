//! Heads of the chains of session logs: what a log is proven against.

use super::{Index, all, count, whole};
use crate::base::Result;
use crate::store::chain::Head;
use crate::store::moment::Timestamp;
use rusqlite::{OptionalExtension, params};

impl Index {
    pub(in crate::store) fn keep_head(&self, session: &str, head: &Head, now: Timestamp) -> Result<()> {
        // What was kept first stands: a log that was written anew must not bring its own proof.
        const SQL: &str = "INSERT OR IGNORE INTO heads (session, seq, chain, time) VALUES (?1, ?2, ?3, ?4)";
        let values = params![session, whole(head.seq), head.chain, whole(now)];
        self.change(|change| change.execute(SQL, values).map(drop))
    }

    pub(in crate::store) fn heads(&self, session: &str) -> Result<Vec<Head>> {
        const SQL: &str = "SELECT seq, chain FROM heads WHERE session = ?1 ORDER BY seq";
        let read = |row: &rusqlite::Row<'_>| Ok(Head { seq: count(row, 0)?, chain: row.get(1)? });
        self.read(|connection| all(connection, SQL, params![session], read))
    }

    pub(in crate::store) fn sessions_with_heads(&self) -> Result<Vec<String>> {
        const SQL: &str =
            "SELECT DISTINCT session FROM heads WHERE session NOT IN (SELECT session FROM deleted) ORDER BY session";
        self.read(|connection| all(connection, SQL, params![], |row| row.get(0)))
    }

    pub(in crate::store) fn set_deleted(&self, session: &str, now: Timestamp) -> Result<()> {
        const SQL: &str = "INSERT OR REPLACE INTO deleted (session, time) VALUES (?1, ?2)";
        self.change(|change| {
            change.execute(SQL, params![session, whole(now)])?;
            change.execute("DELETE FROM heads WHERE session = ?1", params![session]).map(drop)
        })
    }

    pub(in crate::store) fn deleted(&self, session: &str) -> Result<Option<Timestamp>> {
        const SQL: &str = "SELECT time FROM deleted WHERE session = ?1";
        self.read(|connection| connection.query_row(SQL, params![session], |row| count(row, 0)).optional())
    }
}
