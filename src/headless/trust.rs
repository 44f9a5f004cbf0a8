//! What a project wants to bring, as text for a person who is to say whether it may. All of it is foreign, and made safe here.

use crate::edit::diff::{Diff, is_binary};
use crate::policy::trust::{Change, How, Question};
use crate::text::sanitise::{one_line, sanitise};

/// Lines of one file that are shown. What is beyond is said, and is in the file.
const LINES: usize = 400;

/// Which project, and how it stands, in one line.
pub fn standing(root: &str, said: &str) -> String {
    format!("{}: {}\n", one_line(root), one_line(said))
}

/// All that a yes would be to: new files whole, changed ones as a diff, and the hash.
pub fn question(question: &Question) -> String {
    let mut text = String::new();
    for change in &question.changes {
        let (path, kind) = (one_line(&change.path), change.sort.name());
        text.push_str(&format!("\n{} {path} ({kind}{})\n", word(change), program(change)));
        text.push_str(&body(change));
    }
    for passed in &question.passed {
        text.push_str(&format!("\npassed over: {}, {}\n", one_line(&passed.path), one_line(&passed.what)));
    }
    for line in &question.refused {
        text.push_str(&format!("\nno effect, trusted or not: {}\n", one_line(line)));
    }
    for obstacle in &question.obstacles {
        text.push_str(&format!("\ncannot be trusted: {}\n", one_line(obstacle)));
    }
    text.push_str(&format!("\nhash: {}\n", question.hash));
    text
}

/// What became of a file, in one word.
pub fn word(change: &Change) -> &'static str {
    match change.how {
        How::Added { .. } => "added",
        How::Changed { .. } => "changed",
        How::Mode { .. } => "mode",
        How::Removed => "removed",
    }
}

fn program(change: &Change) -> &'static str {
    match change.how {
        How::Added { executable: true, .. } => ", can be executed",
        How::Mode { executable: true } => ", can be executed now",
        How::Mode { executable: false } => ", can no more be executed",
        How::Added { executable: false, .. } | How::Changed { .. } | How::Removed => "",
    }
}

fn body(change: &Change) -> String {
    match &change.how {
        How::Added { after, .. } => whole(after),
        How::Changed { before: Some(before), after } => shortened(&Diff::of(before.as_bytes(), after).text()),
        How::Changed { before: None, after } => {
            format!("its former text was not kept; all of it:\n{}", whole(after))
        }
        How::Mode { .. } | How::Removed => String::new(),
    }
}

fn whole(bytes: &[u8]) -> String {
    match is_binary(bytes) {
        true => format!("{} bytes that are no text\n", bytes.len()),
        false => shortened(&String::from_utf8_lossy(bytes)),
    }
}

/// With a bar before each line, so that no line of a file can be taken for one of ours.
fn shortened(text: &str) -> String {
    let mut shown: String = text.lines().take(LINES).map(|line| format!("  | {}\n", sanitise(line))).collect();
    let more = text.lines().count().saturating_sub(LINES);
    if more > 0 {
        shown.push_str(&format!("  … {more} more lines\n"));
    }
    shown
}
