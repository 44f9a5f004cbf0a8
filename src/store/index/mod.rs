//! The ledger's SQLite file: this folder alone knows its schema and speaks SQL.
//!
//! `index.sqlite`, 0600, in WAL mode, so that readers and one writer do not wait for each other; a writer waits for another one
//! for five seconds. What SQLite writes does not go through `Disk`: it has its own recovery, and the ledger can be made again.
//! A commit outlives the process that made it; a power cut may take the last ones, which the session logs still have.

mod cooling;
mod costs;
mod heads;
mod rebuild;
mod requests;
mod tasks;

use crate::base::{Error, Kind, Result};
use crate::disk::Disk;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, Row, ToSql, Transaction, TransactionBehavior};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a writer waits for another one.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a change of the journal's mode is tried again: SQLite does not wait for that by itself.
const KNOCK: Duration = Duration::from_millis(5);
/// Pages of the write-ahead log after which it is written back: few enough to be read in well under a millisecond by the next
/// process.
const PAGES: u32 = 200;
/// Amounts and counts above this are nonsense, and would upset sums.
const MOST: u64 = 1 << 50;

/// What makes each version of the schema out of the one before. `user_version` is how many were done.
const MIGRATIONS: &[&str] = &["
CREATE TABLE requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used twice: a reservation must not settle another's row
    session TEXT NOT NULL, run TEXT NOT NULL, task INTEGER NOT NULL,
    project TEXT NOT NULL, branch TEXT, model TEXT NOT NULL, role TEXT NOT NULL,
    day TEXT NOT NULL, month TEXT NOT NULL, time INTEGER NOT NULL,
    settled INTEGER NOT NULL,               -- 0: under way, or its process died
    held INTEGER,                           -- micro-dollars reserved; 0 once settled, NULL where only the log tells of it
    spent INTEGER,                          -- micro-dollars; NULL until settled, and where the price is not known
    input INTEGER NOT NULL, cached INTEGER NOT NULL, cache_written INTEGER NOT NULL,
    output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
    duration INTEGER NOT NULL, error TEXT,
    miss_cause TEXT, miss_tokens INTEGER, miss_extra INTEGER
) STRICT;
CREATE INDEX requests_run ON requests (run, spent, held);
CREATE INDEX requests_session ON requests (session, spent, held);
CREATE INDEX requests_day ON requests (day, spent, held);
CREATE INDEX requests_project ON requests (project, month, spent, held);
CREATE INDEX requests_time ON requests (time);
CREATE TABLE tasks (
    session TEXT NOT NULL, task INTEGER NOT NULL, run TEXT NOT NULL,
    project TEXT NOT NULL, branch TEXT, model TEXT NOT NULL, kind TEXT NOT NULL, size TEXT NOT NULL,
    day TEXT NOT NULL, month TEXT NOT NULL,
    status TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL, undone INTEGER NOT NULL,
    PRIMARY KEY (session, task)
) STRICT, WITHOUT ROWID;
CREATE INDEX tasks_ended ON tasks (ended);
CREATE TABLE tries (
    session TEXT NOT NULL, task INTEGER NOT NULL, model TEXT NOT NULL,
    succeeded INTEGER, judged INTEGER NOT NULL, handed_over INTEGER NOT NULL,
    refused_edits INTEGER NOT NULL, failed_checks INTEGER NOT NULL, retries INTEGER NOT NULL,
    PRIMARY KEY (session, task, model)
) STRICT, WITHOUT ROWID;
CREATE TABLE cooling (
    key TEXT NOT NULL PRIMARY KEY, until INTEGER NOT NULL, strikes INTEGER NOT NULL, reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;
", "
CREATE TABLE heads (                        -- of the chains of session logs; a row is never changed
    session TEXT NOT NULL, seq INTEGER NOT NULL, chain TEXT NOT NULL, time INTEGER NOT NULL,
    PRIMARY KEY (session, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE deleted (                      -- sessions whose log agent itself took away
    session TEXT NOT NULL PRIMARY KEY, time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"];

pub(in crate::store) struct Index {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl Index {
    pub(in crate::store) fn open(path: &Path) -> Result<Index> {
        if !path.exists() {
            create_file(path)?;
        }
        let connection = connect(path).map_err(|error| broken("open", path, &error))?;
        let index = Index { path: path.into(), connection: Mutex::new(connection) };
        index.migrate()?;
        Ok(index)
    }

    pub(in crate::store) fn in_memory() -> Result<Index> {
        let path = Path::new(":memory:");
        let connection = Connection::open_in_memory().map_err(|error| broken("open", path, &error))?;
        let index = Index { path: path.into(), connection: Mutex::new(connection) };
        index.migrate()?;
        Ok(index)
    }

    /// Makes the schema what this version knows. Of one that is, only its number is read.
    fn migrate(&self) -> Result<()> {
        let known = MIGRATIONS.len();
        let have = self.read(version)?;
        if have > known {
            let words = format!("version {have}, this one reads up to {known}");
            let fact = format!("the ledger `{}` was written by a newer agent ({words})", self.path.display());
            return Err(Error::new(Kind::Io, fact).hint("update agent").hint(REBUILD));
        }
        if have == known {
            return Ok(());
        }
        self.write_ahead()?;
        self.change(|change| {
            // Another process may have done it while this one waited.
            let have = version(change)?;
            MIGRATIONS.iter().skip(have).try_for_each(|sql| change.execute_batch(sql))?;
            change.pragma_update(None, "user_version", known as i64)
        })
    }

    /// Puts the file into WAL mode, which it then keeps. Where the file system has no shared memory, it stays as it is.
    fn write_ahead(&self) -> Result<()> {
        let began = Instant::now();
        loop {
            let set = self.lock().query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
            match set {
                Err(error) if is_busy(&error) && began.elapsed() < PATIENCE => std::thread::sleep(KNOCK),
                set => return set.map(drop).map_err(|error| broken("open", &self.path, &error)),
            }
        }
    }

    /// A poisoned lock means that a caller's decision panicked; its transaction was rolled back.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        work(&self.lock()).map_err(|error| broken("read", &self.path, &error))
    }

    fn change<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        let mut connection = self.lock();
        let change = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        change
            .and_then(|change| {
                let result = work(&change)?;
                change.commit().map(|()| result)
            })
            .map_err(|error| broken("write", &self.path, &error))
    }
}

/// Every row of an answer.
fn all<T>(
    connection: &Connection,
    sql: &str,
    values: &[&dyn ToSql],
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let mut statement = connection.prepare(sql)?;
    statement.query_map(values, read)?.collect()
}

fn version(connection: &Connection) -> rusqlite::Result<usize> {
    connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).map(|have| have.max(0) as usize)
}

fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, Option<i64>>(column).map(|value| u64::try_from(value.unwrap_or(0)).unwrap_or(0))
}

fn whole(value: u64) -> i64 {
    i64::try_from(value.min(MOST)).unwrap_or(i64::MAX)
}

/// The public name of one of our enums' values.
fn word<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|name| Some(name.as_str()?.to_owned())).unwrap_or_default()
}

/// One of our enums' values by its public name.
fn named<T: DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(name.into()).ok()
}

/// The file is made first, so that it and what SQLite makes beside it are the user's alone.
fn create_file(path: &Path) -> Result<()> {
    let disk = Disk::default();
    let folder = path.parent().unwrap_or(Path::new("/"));
    let made = disk.create_private_folder(folder).and_then(|()| match disk.create_private_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    });
    made.map_err(|error| Error::io("create", path.display(), &error))
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    // What is in the log of writes stays there until it is long enough: nobody waits for the disk when a run ends.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", PAGES)?;
    Ok(connection)
}

const REBUILD: &str = "`agent cost --rebuild` moves the file aside and makes it again from the session logs";

fn damaged(path: &Path, words: &str) -> Error {
    Error::new(Kind::Io, format!("the ledger `{}` is damaged: {words}", path.display())).hint(REBUILD)
}

/// Is the file one that has to be moved aside?
pub(super) fn is_unusable(error: &Error) -> bool {
    error.hints.iter().any(|hint| hint == REBUILD)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn broken(doing: &str, path: &Path, error: &rusqlite::Error) -> Error {
    let words = error.to_string();
    let fact = |what: &str| Error::new(Kind::Io, what.to_owned());
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            fact(&format!("the ledger `{}` is in use by another agent process", path.display())).hint("try again")
        }
        // Our own words are sound, so where they make no sense the tables are not ours.
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown) => damaged(path, &words),
        _ => fact(&format!("cannot {doing} the ledger `{}`: {words}", path.display())),
    }
}
