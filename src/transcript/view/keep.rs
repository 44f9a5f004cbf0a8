//! How much of a long past is kept: the newest outputs, diffs and thoughts by their two ends, older ones by less of them, so
//! that a session of any size stays small. The log has all of it.

use super::View;
use super::cell::{Body, Tool};
use super::output::{MOST, Output};

/// Bytes of outputs, diffs and thoughts that are kept as they came.
const ROOM: usize = 12 * 1024 * 1024;
/// Bytes that are kept of one that is older.
const OLD: usize = 1024;
/// The longest diff of one file.
const DIFF: usize = 512 * 1024;

impl View {
    /// Counts what a cell holds, and lets go of what is oldest where that is too much.
    pub(super) fn keep(&mut self, index: usize) {
        let held = self.cells.get(index).map_or(0, |cell| weight(&cell.body));
        if held > OLD {
            self.heavy.push_back((index, held));
            self.held += held;
        }
        while self.held > ROOM {
            let Some((index, held)) = self.heavy.pop_front() else { return };
            self.held -= held;
            if let Some(cell) = self.cells.get_mut(index) {
                lighten(&mut cell.body);
                self.trimmed = self.trimmed.max(index + 1);
            }
        }
    }
}

/// Bytes that could be let go of.
fn weight(body: &Body) -> usize {
    match body {
        Body::Tool(tool) => tool.output.text.len() + tool.files.iter().map(|file| file.diff.len()).sum::<usize>(),
        Body::Reasoning { text } | Body::User { text, .. } => text.len(),
        Body::Ran { output, .. } => output.len(),
        Body::Asked { ask, .. } => ask.change.iter().map(|file| file.diff.len()).sum(),
        Body::Started(_)
        | Body::Answer { .. }
        | Body::Refusal { .. }
        | Body::Plan(_)
        | Body::Check { .. }
        | Body::Aside(_)
        | Body::Notice { .. }
        | Body::Outcome(_) => 0,
    }
}

fn lighten(body: &mut Body) {
    match body {
        Body::Tool(tool) => {
            tool.output.shrink(OLD);
            let before = tool.files.iter().map(|file| file.diff.len()).sum::<usize>();
            if before > OLD {
                tool.files.iter_mut().for_each(|file| file.diff = String::new());
                tool.notes.push("the diff is so long ago that it is in the log alone".into());
            }
        }
        Body::Reasoning { text } | Body::User { text, .. } => clip(text, OLD),
        Body::Ran { output, .. } => clip(output, OLD),
        Body::Asked { ask, .. } => ask.change.iter_mut().for_each(|file| file.diff = String::new()),
        Body::Started(_)
        | Body::Answer { .. }
        | Body::Refusal { .. }
        | Body::Plan(_)
        | Body::Check { .. }
        | Body::Aside(_)
        | Body::Notice { .. }
        | Body::Outcome(_) => {}
    }
}

/// Cuts a text that is too long, and says so.
pub(super) fn clip(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
        text.shrink_to_fit();
    }
}

/// An output of the user's own command by its two ends, as one text.
pub(super) fn printed(output: &str) -> String {
    let kept = Output::of(output);
    if kept.left_out == 0 {
        return kept.text;
    }
    let (head, tail) = kept.parts();
    format!("{head}[… {} lines left out …]\n{tail}", kept.left_out)
}

/// Diffs that are too long for a screen are cut at a line, and that is said.
pub(super) fn shorten_diffs(tool: &mut Tool) {
    for file in tool.files.iter_mut().filter(|file| file.diff.len() > DIFF) {
        let end = file.diff.floor_char_boundary(DIFF);
        let end = file.diff.get(..end).and_then(|head| head.rfind('\n')).map_or(0, |at| at + 1);
        file.diff.truncate(end);
        tool.notes.push(format!("the diff of {} is longer than what is shown; the log has all of it", file.path));
    }
}

/// The longest text that is kept of words said on the user's behalf.
pub(super) const SAID: usize = MOST;
