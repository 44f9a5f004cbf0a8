//! Cooldowns: which provider, or which of its models, is not to be asked for a while.

use super::{Index, all, count, whole};
use crate::base::Result;
use crate::store::ledger::Cooling;
use crate::store::moment::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

impl Index {
    pub(in crate::store) fn cool(&self, cooling: &Cooling) -> Result<()> {
        const SQL: &str = "INSERT OR REPLACE INTO cooling (key, until, strikes, reason) VALUES (?1, ?2, ?3, ?4)";
        let Cooling { key, until, strikes, reason } = cooling;
        self.change(|change| change.execute(SQL, params![key, whole(*until), strikes, reason]).map(drop))
    }

    pub(in crate::store) fn cooling(&self, now: Timestamp) -> Result<Vec<Cooling>> {
        const SQL: &str = "SELECT key, until, strikes, reason FROM cooling WHERE until > ?1 ORDER BY key";
        self.read(|connection| all(connection, SQL, params![whole(now)], cooling))
    }

    pub(in crate::store) fn last_cooling(&self, key: &str) -> Result<Option<Cooling>> {
        const SQL: &str = "SELECT key, until, strikes, reason FROM cooling WHERE key = ?1";
        self.read(|connection| connection.query_row(SQL, params![key], cooling).optional())
    }

    pub(in crate::store) fn warm(&self, key: &str) -> Result<()> {
        const SQL: &str = "DELETE FROM cooling WHERE key = ?1";
        if self.last_cooling(key)?.is_none() {
            return Ok(());
        }
        self.change(|change| change.execute(SQL, params![key]).map(drop))
    }
}

fn cooling(row: &Row<'_>) -> rusqlite::Result<Cooling> {
    Ok(Cooling { key: row.get(0)?, until: count(row, 1)?, strikes: row.get(2)?, reason: row.get(3)? })
}
