//! The chain of a session log, and its proof against the heads that the index keeps.
//!
//! A line's chain is the first 128 bits, in hex, of the SHA-256 of the chain before it and the line without its own. That is
//! no signature: who may write can make a whole chain anew. It is proven only against heads kept somewhere else.

use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, BufRead};

/// What stands before the value, behind the last public field of a line.
pub(super) const FIELD: &str = ",\"chain\":\"";
pub(super) const DIGITS: usize = 32;

/// The value of a chain at one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The number of the record; 0 is an empty log.
    pub seq: u64,
    pub chain: String,
}

/// What was done to a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Harm {
    /// A line is not what was written.
    Changed,
    /// Records are not there, and later ones are.
    Missing,
    /// A line stands where another one should, which comes later.
    Reordered,
    /// A line stands there that was not written there.
    Inserted,
    /// The last records are not there.
    Cut,
    /// The chain is whole, and not the one whose head is in the index.
    Rewritten,
    /// It is the log of another session.
    Replaced,
    /// There is no log.
    Lost,
    /// There are records behind the last head.
    Longer,
    /// The last line is half a line.
    Torn,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    pub harm: Harm,
    /// The line at which it shows, from 1.
    pub line: u64,
    /// For people.
    pub what: String,
}

/// What a log proves to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Proof {
    /// Whole lines.
    pub records: u64,
    /// Records up to this one are those that were written; 0 where nothing is proven.
    pub proven: u64,
    /// How many heads there were to prove it against.
    pub heads: u64,
    pub findings: Vec<Finding>,
}

impl Proof {
    fn find(&mut self, harm: Harm, line: u64, what: String) {
        self.findings.push(Finding { harm, line, what });
    }

    /// The first line that does not fit into the chain.
    pub fn first_broken(&self) -> Option<u64> {
        let breaks = |harm: Harm| match harm {
            Harm::Changed | Harm::Missing | Harm::Reordered | Harm::Inserted | Harm::Torn => true,
            Harm::Cut | Harm::Rewritten | Harm::Replaced | Harm::Lost | Harm::Longer => false,
        };
        self.findings.iter().find(|found| breaks(found.harm)).map(|found| found.line)
    }
}

/// The chain value of one line: half a SHA-256 over the previous value and the line without its own.
pub(super) fn link(previous: &str, bare: &str) -> String {
    link_of(previous, &[bare])
}

/// The same of a line in pieces.
fn link_of(previous: &str, pieces: &[&str]) -> String {
    let begun = Sha256::new().chain_update(previous);
    let digest = pieces.iter().fold(begun, |hash, piece| hash.chain_update(piece)).finalize();
    digest.iter().take(DIGITS / 2).fold(String::with_capacity(DIGITS), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The head of a log that ends with this whole line.
pub(super) fn head(bytes: &[u8]) -> Option<Head> {
    let line = line(bytes, "");
    let is_record = line.is_whole && !line.chain.is_empty() && line.seq > 0;
    is_record.then_some(Head { seq: line.seq, chain: line.chain })
}

/// Does the chain of a whole line, its end included, fit behind the chain before it?
pub(super) fn fits(previous: &str, line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let text = std::str::from_utf8(line).unwrap_or_default();
    let parts = text.rsplit_once(FIELD).and_then(|(bare, rest)| Some((bare, rest.strip_suffix("\"}")?)));
    parts.is_some_and(|(bare, chain)| link_of(previous, &[bare, "}"]) == chain)
}

/// One line as the proof sees it.
struct Line {
    /// The number it gives itself; 0 where it gives none.
    seq: u64,
    /// Does its chain fit behind the line before?
    fits: bool,
    chain: String,
    /// The session that it says has begun.
    begins: Option<String>,
    is_whole: bool,
}

/// Proves a log against the heads that were kept of it, in the order of their numbers. `session` is whose log it should be; an
/// empty one is not asked for. Of a chain that breaks, only the first break is found: behind it nothing can be told.
pub fn prove(session: &str, log: &mut impl BufRead, heads: &[Head]) -> io::Result<Proof> {
    let lines = read(log)?;
    let mut proof = Proof { heads: heads.len() as u64, ..Proof::default() };
    proof.records = lines.iter().filter(|line| line.is_whole).count() as u64;
    let whole = lines.iter().take_while(|line| line.is_whole && line.fits).count() as u64;
    let numbered = lines.iter().zip(1..).take_while(|(line, number)| line.seq == *number).count() as u64;
    let sound = whole.min(numbered);
    let chain_at = |seq: u64| seq.checked_sub(1).and_then(|index| lines.get(index as usize)).map(|line| &line.chain);
    // A fork begins with the records of another session: whose log it is, is said by the last that began, or by the head that was
    // kept when it was made.
    let begun = |(line, at): (&Line, u64)| line.begins.clone().map(|begun| (begun, at));
    let begun = lines.iter().zip(1..).take(sound as usize).filter_map(begun).last();
    let is_kept =
        |at: u64| heads.iter().any(|head| (at..=sound).contains(&head.seq) && chain_at(head.seq) == Some(&head.chain));
    let other = begun.filter(|(begun, at)| !session.is_empty() && begun != session && !is_kept(*at));
    if let Some((other, _)) = other {
        proof.find(Harm::Replaced, 1, format!("it is the log of session {other}"));
        return Ok(proof);
    }
    let mut last_proven = 0;
    for head in heads.iter().take_while(|head| head.seq <= sound) {
        if chain_at(head.seq).is_some_and(|chain| *chain != head.chain) {
            let what = format!(
                "records {} to {} are not those that were written, although the chain fits: it was made anew",
                last_proven + 1,
                head.seq
            );
            proof.find(Harm::Rewritten, last_proven + 1, what);
            proof.proven = last_proven;
            return Ok(proof);
        }
        last_proven = head.seq;
    }
    proof.proven = last_proven;
    let last_head = heads.last().map_or(0, |head| head.seq);
    if sound < lines.len() as u64 {
        let (harm, what) = break_at(&lines, sound, last_head);
        proof.find(harm, sound + 1, what);
        if harm == Harm::Torn && last_head > sound {
            proof.find(Harm::Cut, sound + 1, cut(sound, last_head));
        }
    } else if last_head > sound {
        proof.find(Harm::Cut, sound + 1, cut(sound, last_head));
    } else if !heads.is_empty() && sound > last_head {
        let what = format!(
            "records {} to {sound} are not proven: the session is at work, or was killed before their head was kept, or \
             somebody else wrote them",
            last_head + 1
        );
        proof.find(Harm::Longer, last_head + 1, what);
    }
    Ok(proof)
}

fn cut(sound: u64, last_head: u64) -> String {
    format!("records {} to {last_head} are gone: cut off, or lost in a power failure", sound + 1)
}

/// What the first line that does not fit is, after `sound` that do.
fn break_at(lines: &[Line], sound: u64, last_head: u64) -> (Harm, String) {
    let expected = sound + 1;
    let Some(line) = lines.get(sound as usize) else { return (Harm::Changed, String::new()) };
    if !line.is_whole {
        let what = if last_head > sound { "is half a line" } else { "is half a line: its writer was killed" };
        return (Harm::Torn, format!("line {expected} {what}"));
    }
    let later: BTreeSet<u64> = lines.iter().skip(sound as usize + 1).map(|line| line.seq).collect();
    let is_next = |line: &Line| line.seq == expected;
    if line.seq > expected {
        return match later.contains(&expected) {
            true => (Harm::Reordered, format!("record {} stands where {expected} should be", line.seq)),
            false => (Harm::Missing, format!("records {expected} to {} are missing", line.seq - 1)),
        };
    }
    if line.seq < expected && line.seq > 0 {
        return (Harm::Inserted, format!("line {expected} says it is record {}, which stands before it", line.seq));
    }
    // A line more, or one that was changed: then the next one is its own number, or the one after it.
    match lines.get(sound as usize + 1) {
        Some(next) if is_next(next) => (Harm::Inserted, format!("line {expected} was not written by agent")),
        Some(_) | None => (Harm::Changed, format!("record {expected} is not what was written")),
    }
}

fn read(log: &mut impl BufRead) -> io::Result<Vec<Line>> {
    let mut lines: Vec<Line> = Vec::new();
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        if log.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(lines);
        }
        let previous = lines.last().map_or("", |line| line.chain.as_str());
        let line = line(&bytes, previous);
        lines.push(line);
    }
}

fn line(bytes: &[u8], previous: &str) -> Line {
    let is_whole = bytes.ends_with(b"\n");
    let strange = Line { seq: 0, fits: false, chain: String::new(), begins: None, is_whole };
    let Ok(text) = std::str::from_utf8(bytes.strip_suffix(b"\n").unwrap_or(bytes)) else { return strange };
    let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let number = value.get("seq").and_then(serde_json::Value::as_u64).unwrap_or(0);
    let is_start = value.get("type").and_then(serde_json::Value::as_str) == Some("session_started");
    let begins = value.pointer("/data/session").and_then(serde_json::Value::as_str).filter(|_| is_start);
    let parts = text.rsplit_once(FIELD).and_then(|(bare, rest)| Some((bare, rest.strip_suffix("\"}")?)));
    let Some((bare, chain)) = parts.filter(|(_, chain)| chain.len() == DIGITS) else {
        return Line { seq: number, ..strange };
    };
    Line {
        seq: number,
        fits: link(previous, &format!("{bare}}}")) == chain,
        chain: chain.to_owned(),
        begins: begins.map(str::to_owned),
        is_whole,
    }
}
