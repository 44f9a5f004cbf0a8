//! What people see of an answer while it streams.
//!
//! Parts that follow each other are set apart as the whole answer sets them apart, so the deltas add up to it: text as
//! `message::text_of` joins it, reasoning as [`super::seal`] does. Nothing may be shown twice.

use super::item::field;
use super::seal::SEPARATOR;
use super::slot::{Channel, Slot};
use crate::base::message::Part;
use crate::base::model::Delta;

/// What was shown last of text and of reasoning.
#[derive(Default)]
pub(super) struct Shown {
    text: Option<Seen>,
    reasoning: Option<Seen>,
}

/// The slot, the channel and the number of the part within the item.
type Seen = (usize, Channel, u64);

impl Shown {
    pub fn add(&mut self, seen: Seen, text: String, deltas: &mut Vec<Delta>) {
        let (last, separator, delta): (_, _, fn(String) -> Delta) = match seen.1 {
            Channel::Text | Channel::Refusal => (&mut self.text, "\n", Delta::Text),
            Channel::Summary | Channel::Thought => (&mut self.reasoning, SEPARATOR, Delta::Reasoning),
            Channel::Function | Channel::Custom => return,
        };
        let is_new = last.replace(seen).is_some_and(|last| last != seen);
        deltas.push(delta(if is_new { format!("{separator}{text}") } else { text }));
    }

    /// Shows parts that came whole.
    pub fn parts(&mut self, slot: usize, parts: &[Part], deltas: &mut Vec<Delta>) {
        for (number, part) in (0..).zip(parts) {
            let (channel, text) = match part {
                Part::Text { text } => (Channel::Text, text),
                Part::Refusal { text } => (Channel::Refusal, text),
                Part::Reasoning(reasoning) => (Channel::Summary, &reasoning.text),
                Part::Image(_) | Part::Call(_) | Part::Result(_) => continue,
            };
            if !text.is_empty() {
                self.add((slot, channel, number), text.clone(), deltas);
            }
        }
    }
}

/// Tells people of a call, once and as soon as its name is known.
pub(super) fn announce(slot: &mut Slot, deltas: &mut Vec<Delta>) {
    let name = field(&slot.announced, "name");
    if slot.sort.is_call() && !slot.is_announced && !name.is_empty() {
        deltas.push(Delta::Call(name.to_owned()));
        slot.is_announced = true;
    }
}
