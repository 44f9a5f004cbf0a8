//! Earlier sessions, by the words in their titles and in what was said. Ends of logs are read once, whole logs only where a title
//! does not say it.

use super::locked;
use crate::base::Result;
use crate::base::desk::SessionRow;
use crate::base::event::{Event, Record};
use crate::base::message::Part;
use crate::base::money::Usd;
use crate::store::costs::By;
use crate::store::ledger::{self, Ledger};
use crate::store::sessions::{self, Summary};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of one log, and of all logs, that are searched for one question.
const OF_ONE: u64 = 32 << 20;
const OF_ALL: u64 = 512 << 20;

#[derive(Default)]
pub(super) struct Sessions {
    /// What the ends of each log said when it had so many bytes.
    known: Mutex<HashMap<String, Summary>>,
    asked: AtomicU64,
}

impl Sessions {
    /// The sessions of `here` first, in each part the newest first; none where a later question was asked.
    pub(super) fn find(&self, state: &Path, here: &Path, query: &str, most: usize) -> Result<Vec<SessionRow>> {
        let ticket = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
        let all: Vec<Summary> =
            sessions::ids(state).into_iter().filter_map(|(id, path)| self.summary(&id, &path)).collect();
        let is_here = |summary: &&Summary| Path::new(&summary.root) == here;
        let (near, far): (Vec<&Summary>, Vec<&Summary>) = all.iter().partition(is_here);
        let (mut found, mut room) = (Vec::new(), OF_ALL);
        for summary in near.into_iter().chain(far) {
            if found.len() == most {
                break;
            }
            if self.asked.load(Ordering::Relaxed) != ticket {
                return Ok(Vec::new());
            }
            if fits(state, summary, &words, &mut room) {
                found.push(summary);
            }
        }
        let spent = spent(state, &found);
        Ok(found.into_iter().map(|summary| row(summary, here, &spent)).collect())
    }

    /// What the ends of a log say; read again where it has grown.
    fn summary(&self, id: &str, path: &Path) -> Option<Summary> {
        let bytes = path.join("log.jsonl").metadata().ok()?.len();
        if let Some(known) = locked(&self.known).get(id).filter(|known| known.bytes == bytes) {
            return Some(known.clone());
        }
        let summary = sessions::summary(id, path)?;
        locked(&self.known).insert(id.to_owned(), summary.clone());
        Some(summary)
    }
}

fn row(summary: &Summary, here: &Path, spent: &HashMap<String, Usd>) -> SessionRow {
    let of_outcome = || summary.outcome.as_ref().and_then(|outcome| outcome.cost_usd);
    SessionRow {
        session: summary.session.clone(),
        title: summary.title.clone(),
        started: summary.started.clone(),
        root: summary.root.clone(),
        model: summary.model.clone(),
        bytes: summary.bytes,
        cost: spent.get(&summary.session).copied().or_else(of_outcome),
        here: Path::new(&summary.root) == here,
    }
}

/// What the ledger says was spent, where there is one and it is all known.
fn spent(state: &Path, found: &[&Summary]) -> HashMap<String, Usd> {
    if found.is_empty() || !ledger::path(state).exists() {
        return HashMap::new();
    }
    let costs = Ledger::open(state).and_then(|ledger| ledger.costs(By::Session, 0)).unwrap_or_default();
    costs.into_iter().filter_map(|cost| Some((cost.key.clone(), cost.known()?))).collect()
}

/// Does the title, or what was said, hold all words?
fn fits(state: &Path, summary: &Summary, words: &[String], room: &mut u64) -> bool {
    let mut missing = words.to_vec();
    let mut strike = |text: &str| {
        let text = text.to_lowercase();
        missing.retain(|word| !text.contains(word.as_str()));
        missing.is_empty()
    };
    if strike(&summary.title) || strike(&format!("{} {}", summary.session, summary.root)) {
        return true;
    }
    let path = sessions::folder(state, &summary.session).join("log.jsonl");
    let Ok(file) = File::open(path) else { return false };
    let most = OF_ONE.min(*room);
    *room -= most.min(summary.bytes);
    let lines = BufReader::new(file.take(most)).lines().map_while(std::io::Result::ok);
    // Most lines are calls and what they printed, which nobody looks for.
    let said = lines.filter(|line| line.contains("\"user_message\"") || line.contains("\"type\":\"message\""));
    said.filter_map(|line| serde_json::from_str::<Record>(&line).ok()).any(|record| text(&record.event, &mut strike))
}

/// Hands what was said to `strike`, until that is enough.
fn text(event: &Event, strike: &mut dyn FnMut(&str) -> bool) -> bool {
    if let Event::UserMessage(message) = event {
        return strike(&message.text);
    }
    let Event::Message { parts, .. } = event else { return false };
    parts.iter().any(|part| if let Part::Text { text } = part { strike(text) } else { false })
}
