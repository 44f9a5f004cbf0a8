//! Pieces of a log, read without what is before or behind them: the last records, and those after a number.
//!
//! Records are numbered without a gap and stand in their order, so a number is found by halving the file.

use crate::base::event::Record;
use crate::base::{Error, Kind, Result};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes that are read at once from the end, and at most of one piece.
const BLOCK: u64 = 64 * 1024;
const MOST: usize = 8 * 1024 * 1024;
/// Where a line's number stands, at the latest.
const HEAD: u64 = 64;

/// The last `most` records, fewer where they have more than 8 MiB. A line that is no record of this version is passed over, and so is
/// a torn tail.
pub fn tail(path: &Path, most: usize) -> Result<Vec<Record>> {
    let failed = |error: io::Error| Error::io("read", path.display(), &error);
    let mut file = File::open(path).map_err(failed)?;
    let end = file.metadata().map_err(failed)?.len();
    let mut start = end;
    let mut bytes: Vec<u8> = Vec::new();
    // One line more than wanted, whose end is the first one's beginning.
    while start > 0 && bytes.len() < MOST && newlines(&bytes) <= most {
        let length = BLOCK.max(bytes.len() as u64).min(start);
        start -= length;
        let mut piece = vec![0; length as usize];
        file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(&mut piece)).map_err(failed)?;
        piece.append(&mut bytes);
        bytes = piece;
    }
    let whole = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(first) if start > 0 => bytes.get(first + 1..).unwrap_or_default(),
        _ => &bytes,
    };
    let lines = whole.split_inclusive(|byte| *byte == b'\n').rev();
    let records = lines.filter(|line| line.ends_with(b"\n")).filter_map(|line| serde_json::from_slice(line).ok());
    let mut found: Vec<Record> = records.take(most).collect();
    found.reverse();
    Ok(found)
}

/// The records after `after`, `most` of them at most and about 8 MiB, and whether there are more.
pub fn after(path: &Path, after: u64, most: usize) -> Result<(Vec<Record>, bool)> {
    let failed = |error: io::Error| Error::io("read", path.display(), &error);
    let mut file = File::open(path).map_err(failed)?;
    let start = find(&mut file, after + 1).map_err(failed)?;
    file.seek(SeekFrom::Start(start)).map_err(failed)?;
    let mut lines = BufReader::with_capacity(BLOCK as usize, file);
    let (mut found, mut bytes, mut line) = (Vec::new(), 0, Vec::new());
    loop {
        line.clear();
        bytes += lines.read_until(b'\n', &mut line).map_err(failed)?;
        if !line.ends_with(b"\n") {
            return Ok((found, false));
        }
        if found.len() >= most.max(1) || (bytes > MOST && !found.is_empty()) {
            return Ok((found, true));
        }
        let record: Record = serde_json::from_slice(&line).map_err(|error| {
            Error::new(Kind::Io, format!("session log `{}` cannot be read: {error}", path.display()))
                .hint("a newer agent may have written it")
        })?;
        if record.seq > after {
            found.push(record);
        }
    }
}

/// Where the line of record `seq` starts, or would: the end of the file where there is none.
pub(super) fn find(file: &mut File, seq: u64) -> io::Result<u64> {
    // `low` is where a line starts, and all lines before it come before the record; none that starts at `high` or behind does.
    let (mut low, mut high) = (0, file.metadata()?.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = if middle == low { low } else { line_start(file, middle)? };
        let number = if start < high { number(file, start)? } else { None };
        match number {
            Some(number) if number < seq => low = line_start(file, start + 1)?,
            Some(_) if start > low => high = start,
            None if middle > low => high = middle,
            Some(_) | None => return Ok(low),
        }
    }
    Ok(low)
}

/// The first line that starts at `from` or behind it, or the end of the file.
fn line_start(file: &mut File, from: u64) -> io::Result<u64> {
    let Some(before) = from.checked_sub(1) else { return Ok(0) };
    file.seek(SeekFrom::Start(before))?;
    let skipped = BufReader::with_capacity(BLOCK as usize, &*file).skip_until(b'\n')? as u64;
    Ok(before + skipped)
}

/// The number that the line at `start` gives itself; `None` where it gives none.
fn number(file: &mut File, start: u64) -> io::Result<Option<u64>> {
    file.seek(SeekFrom::Start(start))?;
    let mut head = Vec::new();
    (&*file).take(HEAD).read_to_end(&mut head)?;
    let text = String::from_utf8_lossy(&head);
    let digits = text.split_once("\"seq\":").map(|(_, rest)| rest.split(|char: char| !char.is_ascii_digit()).next());
    Ok(digits.flatten().and_then(|digits| digits.parse().ok()))
}

fn newlines(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}
