//! A log read from its file, a line at a time: nothing of it stays in memory but where its records start.
//!
//! What does not end, or is no JSON at the very end, is a tail torn by a crash. A bad line that is not the last is an error:
//! nobody tears a file in its middle, so somebody changed it.

use super::chain;
use crate::base::event::{Event, Record, SCHEMA};
use crate::base::{Error, Kind, Result};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Bytes that are read at once.
const PIECE: usize = 256 * 1024;

/// What a log file holds, but for the records.
pub(super) struct Loaded {
    /// Where each record starts; the last entry is the end of the last whole one.
    pub(super) offsets: Vec<u64>,
    /// The chain at the last record.
    pub(super) chain: String,
    /// Bytes behind the last whole record.
    pub(super) torn: u64,
    /// The first line whose chain does not fit, if any.
    pub(super) broken: Option<usize>,
}

impl Loaded {
    pub(super) fn end(&self) -> u64 {
        self.offsets.last().copied().unwrap_or(0)
    }
}

/// Reads whole lines up to the first torn one, and tells each record.
pub(super) fn load(path: &Path, told: &mut dyn FnMut(&Record)) -> Result<Loaded> {
    let failed = |error: std::io::Error| Error::io("read", path.display(), &error);
    let mut lines = BufReader::with_capacity(PIECE, File::open(path).map_err(failed)?);
    let mut loaded = Loaded { offsets: vec![0], chain: String::new(), torn: 0, broken: None };
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = lines.read_until(b'\n', &mut line).map_err(failed)? as u64;
        if !line.ends_with(b"\n") {
            loaded.torn = length;
            return Ok(loaded);
        }
        let number = loaded.offsets.len() as u64;
        match parse(path, number, &line) {
            Ok(record) => told(&record),
            Err(_)
                if lines.fill_buf().map_err(failed)?.is_empty()
                    && serde_json::from_slice::<serde_json::Value>(&line).is_err() =>
            {
                loaded.torn = length;
                return Ok(loaded);
            }
            Err(error) => return Err(error),
        }
        if loaded.broken.is_none() && !chain::fits(&loaded.chain, &line) {
            loaded.broken = Some(number as usize);
        }
        loaded.chain = chain_of(&line);
        loaded.offsets.push(loaded.end() + length);
    }
}

/// One line to a record, whatever schema it was written in.
pub(super) fn parse(path: &Path, number: u64, line: &[u8]) -> Result<Record> {
    let damaged = |why: String| {
        Error::new(Kind::Io, format!("session log `{}` is damaged at line {number}: {why}", path.display()))
            .hint("start a new session; the damaged log is left as it is")
    };
    let record: Record =
        serde_json::from_slice(line).map_err(|error| newer(line).unwrap_or_else(|| damaged(error.to_string())))?;
    // A later schema may mean something else by the same names.
    if let Some(error) = (record.schema > SCHEMA).then(|| newer(line)).flatten() {
        return Err(error);
    }
    if record.seq != number {
        return Err(damaged(format!("record {} stands where {number} should be", record.seq)));
    }
    Ok(record)
}

/// The error for a line of a later program. Schema 1 is the first: older ones will be migrated here, by their number.
fn newer(line: &[u8]) -> Option<Error> {
    let value: serde_json::Value = serde_json::from_slice(line).ok()?;
    let schema = value.get("schema")?.as_u64()?;
    let kind = value.get("type")?.as_str()?;
    let what = if schema > u64::from(SCHEMA) {
        format!("schema {schema}, this one reads up to {SCHEMA}")
    } else if !Event::is_known(kind) {
        format!("it holds a record of type `{kind}`")
    } else {
        return None;
    };
    let error = Error::usage(format!("this session was written by a newer agent ({what})"));
    Some(error.hint("update agent, or start a new session"))
}

fn chain_of(line: &[u8]) -> String {
    let end = line.trim_ascii_end();
    let tail = end.strip_suffix(b"\"}").unwrap_or(end);
    let digits = tail.get(tail.len().saturating_sub(chain::DIGITS)..).unwrap_or_default();
    String::from_utf8_lossy(digits).into_owned()
}
