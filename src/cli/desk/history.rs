//! What was typed before, kept for the composer: `history.jsonl` in the state folder, 0600, without secrets.

use super::Office;
use crate::base::desk::Done;
use crate::base::{Error, Result};
use crate::cli::trust::root;
use crate::config::statefile::StateFile;
use crate::disk::Disk;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

const NAME: &str = "history.jsonl";
/// Lines that are given.
const GIVEN: usize = 1_000;
/// Bytes of one line that are kept.
const LONGEST: usize = 64 * 1024;
/// Bytes after which the file is cut to its newer half.
const LARGEST: usize = 1 << 20;

#[derive(Serialize, Deserialize)]
struct Line {
    project: String,
    text: String,
}

fn file(office: &Office) -> Result<StateFile> {
    StateFile::of(&office.environment, NAME, Disk::default())
}

fn project(office: &Office) -> String {
    root(&office.place()).display().to_string()
}

/// The lines of this project, the newest first, each once.
pub(super) fn read(office: &Office) -> Result<Vec<String>> {
    let text = file(office)?.read()?.unwrap_or_default();
    let (project, mut seen) = (project(office), HashSet::new());
    let lines = text.lines().rev().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let own = lines.filter(|line| line.project == project).map(|line| line.text);
    Ok(own.filter(|text| seen.insert(text.clone())).take(GIVEN).collect())
}

/// Keeps a line.
pub(super) fn keep(office: &Office, text: &str) -> Result<Done> {
    let file = file(office)?;
    let text = office.redactor()?.text(text.to_owned());
    if text.trim().is_empty() || text.len() > LONGEST {
        return Ok(Done::Quietly);
    }
    let line = serde_json::to_string(&Line { project: project(office), text })
        .map_err(|error| Error::io("write", file.path().display(), &error.into()))?;
    let alone = file.alone()?;
    let before = file.read()?.unwrap_or_default();
    file.write(&alone, &format!("{}{line}\n", newer(&before)))?;
    Ok(Done::Quietly)
}

/// All of it, or its newer half where it is long.
fn newer(text: &str) -> &str {
    if text.len() <= LARGEST {
        return text;
    }
    let end = text.bytes().skip(text.len() / 2).position(|byte| byte == b'\n');
    end.and_then(|end| text.get(text.len() / 2 + end + 1..)).unwrap_or_default()
}
