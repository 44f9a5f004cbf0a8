//! `agent audit`: what was done, and `agent audit verify`: is the record of it what was written?

mod table;
mod verify;

use super::args::{self, AuditAction};
use super::{cost, print};
use crate::base::event::Record;
use crate::base::{Error, Kind, Result};
use crate::config::paths::Environment;
use crate::store::moment::{self, Timestamp};
use crate::store::sessions;
use crate::transcript::audit::{self, Effect};
use crate::workspace::git;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

pub fn main(args: args::Audit, environment: &Environment) -> Result<u8> {
    let state = environment.state_folder()?;
    if let Some(AuditAction::Verify { session, all, json }) = args.action {
        return verify::main(&state, session.as_deref(), all, json);
    }
    let since = args.since.as_deref().map(|text| cost::since(Some(text), moment::now())).transpose()?;
    let mut shown = false;
    for session in chosen(&args, &state)? {
        let mut effects = read(&state, &session)?;
        effects.retain(|effect| is_wanted(effect, since));
        if effects.is_empty() {
            continue;
        }
        if args.json {
            effects.iter().try_for_each(|effect| print(&serde_json::to_string(effect).unwrap_or_default()))?;
        } else {
            if shown {
                print("")?;
            }
            table::text(&effects).iter().try_for_each(|line| print(line))?;
        }
        shown = true;
    }
    if !shown && !args.json {
        print("nothing was done that is known here; `agent sessions` lists what is kept")?;
    }
    Ok(0)
}

/// The sessions that are asked for, the oldest first.
fn chosen(args: &args::Audit, state: &Path) -> Result<Vec<String>> {
    if let Some(session) = &args.session {
        return Ok(vec![sessions::resolve(state, session)?]);
    }
    let here = Environment::working_folder()?;
    let here = here.canonicalize().unwrap_or(here);
    if !args.project && args.since.is_none() {
        return Ok(vec![sessions::latest(state, &here)?.session]);
    }
    let project = git::work_tree(&here).unwrap_or(here);
    let mut ids: Vec<String> = sessions::ids(state)
        .into_iter()
        .map(|(id, _)| id)
        .filter(|id| !args.project || is_of(state, id, &project))
        .collect();
    ids.reverse();
    Ok(ids)
}

fn is_of(state: &Path, id: &str, project: &Path) -> bool {
    sessions::last_start(state, id).is_some_and(|started| {
        // Logs of the first version do not tell of the project.
        let named = if started.project.is_empty() { started.root } else { started.project };
        Path::new(&named) == project
    })
}

/// The effects of a session. Lines that are no record of this version are passed over: `verify` tells of them.
fn read(state: &Path, session: &str) -> Result<Vec<Effect>> {
    let path = sessions::folder(state, session).join("log.jsonl");
    let file = File::open(&path).map_err(|error| Error::io("read", path.display(), &error).kind(Kind::Io))?;
    let lines = BufReader::new(file).split(b'\n').map_while(std::io::Result::ok);
    let records: Vec<Record> = lines.filter_map(|line| serde_json::from_slice(&line).ok()).collect();
    Ok(audit::effects(&records))
}

fn is_wanted(effect: &Effect, since: Option<Timestamp>) -> bool {
    since.is_none_or(|since| moment::parse(&effect.time).is_some_and(|time| time >= since))
}
