//! The output items of one response while they stream, and which of them an event is about.
//!
//! By the protocol an event names its item twice, by `item_id` and by `output_index`. Servers that speak it break either
//! or both: an id that changes with every event, one index for all items, none at all. So an event goes to the item
//! that fits best; never to one of another sort.

use super::item::{self, Sort};
use super::seal::SEPARATOR;
use crate::base::message::{Part, Reasoning};
use serde_json::Value;

/// What a delta adds to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Text,
    Refusal,
    Summary,
    Thought,
    Function,
    Custom,
}

impl Channel {
    /// The channel of a delta event, by its `type`.
    pub fn of(kind: &str) -> Option<Channel> {
        match kind {
            "response.output_text.delta" => Some(Channel::Text),
            "response.refusal.delta" => Some(Channel::Refusal),
            "response.reasoning_summary_text.delta" => Some(Channel::Summary),
            "response.reasoning_text.delta" => Some(Channel::Thought),
            "response.function_call_arguments.delta" => Some(Channel::Function),
            "response.custom_tool_call_input.delta" => Some(Channel::Custom),
            _ => None,
        }
    }

    pub fn sort(self) -> Sort {
        match self {
            Channel::Text | Channel::Refusal => Sort::Message,
            Channel::Summary | Channel::Thought => Sort::Reasoning,
            Channel::Function => Sort::Function,
            Channel::Custom => Sort::Custom,
        }
    }
}

/// Where an event says it belongs.
pub(super) struct Place<'a> {
    pub sort: Sort,
    /// Empty where the event names none.
    pub id: &'a str,
    pub index: Option<u64>,
}

/// One output item, as far as it came.
pub(super) struct Slot {
    pub sort: Sort,
    id: String,
    index: Option<u64>,
    /// The item as the server sent it last, with or without content.
    pub announced: Value,
    pub is_announced: bool,
    /// Did the server say that the model wrote it to its end?
    pub completed: bool,
    pieces: Vec<(Channel, u64, String)>,
    /// Its parts, once the item came whole.
    pub whole: Option<Vec<Part>>,
}

impl Slot {
    pub fn push(&mut self, channel: Channel, part: u64, text: &str) {
        let piece = self.pieces.iter_mut().rev().find(|piece| (piece.0, piece.1) == (channel, part));
        match piece {
            Some(piece) => piece.2.push_str(text),
            None => self.pieces.push((channel, part, text.to_owned())),
        }
    }

    pub fn set_arguments(&mut self, arguments: &str) {
        let channel = if self.sort == Sort::Custom { Channel::Custom } else { Channel::Function };
        self.pieces = vec![(channel, 0, arguments.to_owned())];
    }

    /// Has nothing of it been streamed?
    pub fn is_silent(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The whole item's parts, or what the pieces make of it.
    pub fn parts(&self, model: &str) -> Vec<Part> {
        if let Some(parts) = &self.whole {
            return parts.clone();
        }
        let texts = self.pieces.iter().map(|piece| piece.2.as_str());
        match self.sort {
            Sort::Message if !self.is_silent() => self.pieces.iter().filter_map(said).collect(),
            // Encrypted content that came before the item's end may be incomplete, so it is not kept.
            Sort::Reasoning => {
                let text = texts.collect::<Vec<&str>>().join(SEPARATOR);
                vec![Part::Reasoning(Reasoning { text, seal: None })]
            }
            Sort::Function | Sort::Custom if !self.is_silent() => {
                let mut item = self.announced.clone();
                if let Some(fields) = item.as_object_mut() {
                    fields.insert(self.sort.arguments().to_owned(), texts.collect::<String>().into());
                }
                item::parts(self.sort, &item, model)
            }
            Sort::Message | Sort::Function | Sort::Custom => item::parts(self.sort, &self.announced, model),
        }
    }

    /// How well an event fits: `None` when it speaks of something else, more for each name that is the same.
    fn fit(&self, place: &Place<'_>) -> Option<u8> {
        if self.whole.is_some() || self.sort != place.sort {
            return None;
        }
        let same_id = !place.id.is_empty() && self.id == place.id;
        let same_index = place.index.is_some() && self.index == place.index;
        let other_index = place.index.is_some() && self.index.is_some() && !same_index;
        if other_index && !same_id {
            return None;
        }
        Some(2 * u8::from(same_id) + u8::from(same_index))
    }
}

fn said((channel, _, text): &(Channel, u64, String)) -> Option<Part> {
    match channel {
        Channel::Text => Some(Part::Text { text: text.clone() }),
        Channel::Refusal => Some(Part::Refusal { text: text.clone() }),
        Channel::Summary | Channel::Thought | Channel::Function | Channel::Custom => None,
    }
}

/// What tells a part from others of its sort, however much of it came.
fn says(part: &Part) -> &str {
    match part {
        Part::Text { text } | Part::Refusal { text } => text,
        Part::Reasoning(reasoning) => &reasoning.text,
        Part::Call(call) => &call.id,
        Part::Image(image) => &image.blob,
        Part::Result(result) => &result.call,
    }
}

/// All items of the response, in the order in which they were first heard of.
#[derive(Default)]
pub(super) struct Slots(Vec<Slot>);

impl Slots {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many items came whole.
    pub fn finished(&self) -> usize {
        self.0.iter().filter(|slot| slot.whole.is_some()).count()
    }

    /// Is it a whole item that came before? A call that is sent twice must not run twice.
    pub fn is_repeated(&self, id: &str, parts: &[Part]) -> bool {
        !id.is_empty() && self.0.iter().any(|slot| slot.id == id && slot.whole.as_deref() == Some(parts))
    }

    /// An item that begins; one that is announced twice is still one.
    pub fn begin(&mut self, place: &Place<'_>) -> (usize, &mut Slot) {
        let known = self.0.iter().position(|slot| {
            let same_index = slot.index == place.index;
            slot.whole.is_none() && slot.sort == place.sort && same_index && !place.id.is_empty() && slot.id == place.id
        });
        self.at_or_new(known, place)
    }

    /// Did these parts stream as an item that has not ended?
    pub fn has_streamed(&self, sort: Sort, parts: &[Part]) -> bool {
        let mut open = self.0.iter().filter(|slot| slot.sort == sort && slot.whole.is_none() && !slot.is_silent());
        open.any(|slot| slot.parts("").iter().map(says).eq(parts.iter().map(says)))
    }

    /// A new item, with its number.
    pub fn add(&mut self, place: &Place<'_>) -> (usize, &mut Slot) {
        let slot = Slot {
            sort: place.sort,
            id: place.id.to_owned(),
            index: place.index,
            announced: Value::Null,
            is_announced: false,
            completed: false,
            pieces: Vec::new(),
            whole: None,
        };
        let number = self.0.len();
        (number, self.0.push_mut(slot))
    }

    /// The item that a delta belongs to: of those that fit alike, the one that began last.
    pub fn streaming(&mut self, place: &Place<'_>) -> (usize, &mut Slot) {
        let fits = self.0.iter().enumerate().filter_map(|(number, slot)| Some((slot.fit(place)?, number)));
        let best = fits.max().map(|(_, number)| number);
        self.at_or_new(best, place)
    }

    /// The item that ends: of those that fit alike, the one that began first.
    pub fn ending(&mut self, place: &Place<'_>) -> (usize, &mut Slot) {
        let fits = self.0.iter().enumerate().rev().filter_map(|(number, slot)| Some((slot.fit(place)?, number)));
        let best = fits.max_by_key(|(fit, _)| *fit).map(|(_, number)| number);
        let (number, slot) = self.at_or_new(best, place);
        place.id.clone_into(&mut slot.id);
        slot.index = slot.index.or(place.index);
        (number, slot)
    }

    /// The items in the order of the answer, which is the order of their indexes where the server gives different ones.
    /// Left out is what streamed under names that fit no whole item, when a whole item says the same: it is that item.
    pub fn in_order(&self, model: &str) -> Vec<(&Slot, Vec<Part>)> {
        let mut slots: Vec<&Slot> = self.0.iter().collect();
        slots.sort_by_key(|slot| slot.index.unwrap_or(u64::MAX));
        let with_parts = slots.into_iter().map(|slot| (slot, slot.parts(model)));
        with_parts.filter(|(slot, parts)| slot.whole.is_some() || !self.has_whole(slot.sort, parts)).collect()
    }

    fn has_whole(&self, sort: Sort, parts: &[Part]) -> bool {
        let mut wholes = self.0.iter().filter(|slot| slot.sort == sort).filter_map(|slot| slot.whole.as_deref());
        let is_nameless = |part: &Part| matches!(part, Part::Call(call) if call.name.is_empty());
        let has_no_id = |part: &Part| matches!(part, Part::Call(call) if call.id.is_empty());
        wholes.any(|whole| {
            let alike = whole.iter().map(says).eq(parts.iter().map(says));
            parts.iter().any(is_nameless) || (alike && !parts.iter().any(has_no_id))
        })
    }

    fn at_or_new(&mut self, number: Option<usize>, place: &Place<'_>) -> (usize, &mut Slot) {
        match number {
            Some(number) if number < self.0.len() => (number, &mut self.0[number]),
            Some(_) | None => self.add(place),
        }
    }
}
