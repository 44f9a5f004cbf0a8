//! How full the window is, and where to cut. Pure.
//!
//! Old tool outputs go first, since each can be read again; only then is history summarised. Both free a lot at once,
//! because each of them costs the provider's cache.

use super::fold::Fold;
use crate::base::message::{Message, Part, Role};

/// Tokens of an image, on the high side of what vendors count.
const IMAGE: u64 = 1600;
/// Outputs smaller than this are not worth taking out.
const SMALL: usize = 400;
/// The last answers whose outputs stay.
const RECENT: usize = 3;

/// Tokens that `bytes` of text are at most, nearly always: four bytes a token for prose, three for code.
pub fn tokens(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(3)
}

/// Tokens of one message, estimated on the high side.
pub fn size(message: &Message) -> u64 {
    message.parts.iter().map(part_size).sum::<u64>() + 8
}

/// Tokens of one part of a message, estimated on the high side.
pub fn part_size(part: &Part) -> u64 {
    match part {
        Part::Text { text } | Part::Refusal { text } => tokens(text.len()),
        Part::Image(_) => IMAGE,
        Part::Reasoning(reasoning) => {
            tokens(reasoning.text.len()) + reasoning.seal.as_ref().map_or(0, |seal| tokens(seal.data.to_string().len()))
        }
        Part::Call(call) => tokens(call.name.len() + call.arguments.len()) + 16,
        Part::Result(result) => tokens(result.output.len()) + IMAGE * result.images.len() as u64 + 16,
    }
}

/// The calls whose outputs can go: all but small ones and those of the last few answers.
pub fn prunable(messages: &[Message]) -> Vec<String> {
    let recent = messages
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, message)| message.role == Role::Assistant)
        .nth(RECENT - 1)
        .map_or(0, |(index, _)| index);
    messages
        .iter()
        .take(recent)
        .flat_map(|message| &message.parts)
        .filter_map(|part| match part {
            Part::Result(result) if result.output.len() > SMALL || !result.images.is_empty() => {
                Some(result.call.clone())
            }
            Part::Text { .. }
            | Part::Image(_)
            | Part::Reasoning(_)
            | Part::Refusal { .. }
            | Part::Call(_)
            | Part::Result(_) => None,
        })
        .collect()
}

/// The last record that a summary replaces, so that at most `keep` tokens stay behind it: always just before an answer, so
/// that calls and results stay together. With `keep` 0 everything goes.
pub fn boundary(fold: &Fold, keep: u64) -> u64 {
    let messages = fold.messages();
    let mut kept = 0;
    let mut cut = messages.len();
    for (index, message) in messages.iter().enumerate().rev() {
        kept += size(message);
        if kept > keep {
            break;
        }
        if message.role == Role::Assistant {
            cut = index;
        }
    }
    if cut == messages.len() { u64::MAX } else { fold.seq_of(cut).saturating_sub(1) }
}
