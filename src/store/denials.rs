//! The hosts that commands wanted to reach lately and could not, read from the logs of a project's sessions.

use super::sessions;
use crate::base::event::{Event, Record};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Sessions that are looked through, the newest first.
const SESSIONS: usize = 100;

/// A host that was denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    pub host: String,
    /// 0 where what was asked for is no host.
    pub port: u16,
    /// The reason, the last time.
    pub why: String,
    /// When, the last time: RFC 3339, UTC.
    pub time: String,
    /// The session in which it was, the last time.
    pub session: String,
    pub times: u64,
}

/// The denied hosts of the sessions in `project`, each host and port once, the newest first, and `most` of them.
pub fn lately(state: &Path, project: &Path, most: usize) -> Vec<Denial> {
    let mut found: Vec<Denial> = Vec::new();
    let ours = sessions::list(state).filter_map(|summary| of_session(state, &summary.session, project));
    for denial in ours.take(SESSIONS).flatten() {
        match found.iter_mut().find(|known| (&known.host, known.port) == (&denial.host, denial.port)) {
            Some(known) => known.times += denial.times,
            None => found.push(denial),
        }
    }
    found.truncate(most);
    found
}

/// Those of one session, the newest first; `None` where it is of another project.
fn of_session(state: &Path, id: &str, project: &Path) -> Option<Vec<Denial>> {
    let log = BufReader::new(File::open(sessions::folder(state, id).join("log.jsonl")).ok()?);
    let mut found = Vec::new();
    for line in log.lines().map_while(std::io::Result::ok) {
        if !line.contains("\"session_started\"") && !line.contains("\"host_denied\"") {
            continue;
        }
        let Ok(record) = serde_json::from_str::<Record>(&line) else { continue };
        if let Event::SessionStarted(started) = record.event {
            let own = if started.project.is_empty() { started.root } else { started.project };
            if Path::new(&own) != project {
                return None;
            }
        } else if let Event::HostDenied(denied) = record.event {
            let (host, port, why) = (denied.host, denied.port, denied.why);
            found.push(Denial { host, port, why, time: record.time, session: id.into(), times: 1 });
        }
    }
    found.reverse();
    Some(found)
}
