//! `agent audit verify`: each log against the heads that the index keeps of it, and what no proof can tell.

use super::super::print;
use crate::base::{Error, Result};
use crate::config::paths::Environment;
use crate::store::chain::{self, Finding, Harm, Proof};
use crate::store::ledger::{self, Ledger};
use crate::store::{log, sessions};
use crate::text::sanitise::one_line;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// What is said below every proof: as plain as the proof itself.
const UNKNOWN: &str = "\
This cannot tell: a log and an index that were rewritten together, by whoever may
write both; records that were never written; what happened outside of the jail.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Proven,
    /// The chain fits, and no head was kept.
    Unproven,
    AtWork,
    /// Agent itself took the log away.
    Deleted,
    Harmed,
}

/// What is told of one session.
#[derive(Serialize)]
struct Verdict {
    /// The version of the format.
    verify: u32,
    session: String,
    verdict: Word,
    #[serde(flatten)]
    proof: Proof,
    /// When agent itself deleted it.
    deleted: Option<String>,
}

pub(super) fn main(state: &Path, session: Option<&str>, all: bool, json: bool) -> Result<u8> {
    // Looking makes no file.
    let ledger = match ledger::path(state).exists() {
        true => Ledger::open(state)?,
        false => Ledger::in_memory()?,
    };
    let sessions = chosen(state, &ledger, session, all)?;
    let mut code = 0;
    for session in &sessions {
        let verdict = judge(state, &ledger, session)?;
        if verdict.verdict == Word::Harmed {
            code = 1;
        }
        if json {
            print(&serde_json::to_string(&verdict).unwrap_or_default())?;
        } else {
            text(&verdict).iter().try_for_each(|line| print(line))?;
        }
    }
    if !json {
        if sessions.is_empty() {
            print("there are no sessions yet")?;
        }
        print(&format!("\n{UNKNOWN}"))?;
    }
    Ok(code)
}

/// The sessions that are asked for; with `--all` also those of which only the index knows.
fn chosen(state: &Path, ledger: &Ledger, session: Option<&str>, all: bool) -> Result<Vec<String>> {
    let found = sessions::ids(state).into_iter().map(|(id, _)| id);
    let known: BTreeSet<String> = found.chain(ledger.sessions_with_heads()?).collect();
    if all {
        return Ok(known.into_iter().collect());
    }
    let Some(prefix) = session else {
        let here = Environment::working_folder()?;
        let here = here.canonicalize().unwrap_or(here);
        return Ok(vec![sessions::latest(state, &here)?.session]);
    };
    let named: Vec<String> = known.into_iter().filter(|id| !prefix.is_empty() && id.starts_with(prefix)).collect();
    match named.len() {
        1 => Ok(named),
        0 if ledger.deleted(prefix)?.is_some() => Ok(vec![prefix.to_owned()]),
        0 => {
            Err(Error::usage(format!("there is no session `{prefix}`")).hint("`agent audit verify --all` looks at all"))
        }
        many => Err(Error::usage(format!("`{prefix}` begins {many} sessions")).hint("give more of the id")),
    }
}

fn judge(state: &Path, ledger: &Ledger, session: &str) -> Result<Verdict> {
    let heads = ledger.heads(session)?;
    let path = sessions::folder(state, session).join("log.jsonl");
    let deleted = ledger.deleted(session)?.map(log::time_text);
    let told =
        |verdict, proof| Verdict { verify: 1, session: session.to_owned(), verdict, proof, deleted: deleted.clone() };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && heads.is_empty() && deleted.is_some() => {
            return Ok(told(Word::Deleted, Proof::default()));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let last = heads.last().map_or(0, |head| head.seq);
            let what = format!("there is no log, and the index knows of {last} records; agent did not delete it");
            let findings = vec![Finding { harm: Harm::Lost, line: 1, what }];
            return Ok(told(Word::Harmed, Proof { heads: heads.len() as u64, findings, ..Proof::default() }));
        }
        Err(error) => return Err(Error::io("read", path.display(), &error)),
    };
    // Held for a moment alone: whoever wants to go on with the session must not find it taken.
    let is_open = file.try_lock().is_err();
    let _ = file.unlock();
    let mut proof = chain::prove(session, &mut BufReader::new(&file), &heads)
        .map_err(|error| Error::io("read", path.display(), &error))?;
    if is_open {
        // Its writer is ahead of the index, and may be in the middle of a line.
        proof.findings.retain(|found| !matches!(found.harm, Harm::Longer | Harm::Torn));
    }
    let verdict = match (proof.findings.is_empty(), is_open, heads.is_empty()) {
        (false, ..) => Word::Harmed,
        (true, true, _) => Word::AtWork,
        (true, false, true) => Word::Unproven,
        (true, false, false) => Word::Proven,
    };
    Ok(told(verdict, proof))
}

fn text(verdict: &Verdict) -> Vec<String> {
    let Proof { records, proven, findings, .. } = &verdict.proof;
    let words = match verdict.verdict {
        Word::Proven => format!("proven: all {records} records are those that were written"),
        Word::AtWork => format!("at work: {proven} of {records} records are proven so far"),
        Word::Deleted => format!("deleted by agent on {}", verdict.deleted.as_deref().unwrap_or("-")),
        Word::Unproven => format!(
            "not proven: the chain of its {records} records fits, but no head was kept (a replayed\n  recording, a run \
             that was killed early, or an older version)"
        ),
        Word::Harmed => format!("HARMED: {proven} records are proven"),
    };
    let found = findings.iter().map(|found| format!("  line {}: {}", found.line, one_line(&found.what)));
    std::iter::once(format!("{}\n  {words}", verdict.session)).chain(found).collect()
}
