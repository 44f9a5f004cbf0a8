//! Tool calls put together from their pieces.
//!
//! The protocol gives each call an `index`. Servers leave it out, give every call the same one, leave out ids, repeat
//! names, or send whole calls at once; all of that ends in the calls that the model meant.

use super::chunk::Piece;
use crate::base::call::ToolCall;
use crate::base::model::Delta;
use crate::provider::words;
use serde_json::Value;

#[derive(Default)]
pub struct Calls(Vec<Draft>);

#[derive(Default)]
struct Draft {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
    extra: Option<Value>,
}

impl Calls {
    pub fn take(&mut self, piece: Piece<'_>, deltas: &mut Vec<Delta>) {
        let function = piece.function.unwrap_or_default();
        let (index, id, name) = (piece.index.number(), piece.id.text(), function.name.text());
        let arguments = function.arguments();
        let position = self
            .position(index, id)
            .filter(|position| self.0.get(*position).is_some_and(|draft| draft.continues(index, id, name, &arguments)));
        let draft = match position.and_then(|position| self.0.get_mut(position)) {
            Some(draft) => draft,
            None => {
                self.0.push(Draft { index, ..Draft::default() });
                let Some(draft) = self.0.last_mut() else { return };
                draft
            }
        };
        if draft.id.is_empty() {
            id.clone_into(&mut draft.id);
        }
        if draft.name.is_empty() && !name.is_empty() {
            deltas.push(Delta::Call(name.to_owned()));
        }
        if draft.name != name {
            draft.name.push_str(name);
        }
        draft.arguments.push_str(&arguments);
        if piece.extra_content.is_some() {
            draft.extra = piece.extra_content;
        }
    }

    /// The draft that a piece with this index and id most likely belongs to.
    fn position(&self, index: Option<u64>, id: &str) -> Option<usize> {
        let same_index = |draft: &Draft| index.is_none() || draft.index == index;
        let by_id = || self.0.iter().rposition(|draft| !id.is_empty() && draft.id == id && same_index(draft));
        let by_index = || self.0.iter().rposition(|draft| index.is_some() && draft.index == index);
        let last = || self.0.len().checked_sub(1).filter(|_| index.is_none() && id.is_empty());
        by_id().or_else(by_index).or_else(last)
    }

    /// The calls, each with an id, and what else came with each of them.
    pub fn finish(self) -> (Vec<ToolCall>, Vec<Option<Value>>) {
        let meant = self.0.into_iter().filter(|draft| !draft.name.is_empty() || !draft.arguments.trim().is_empty());
        meant
            .enumerate()
            .map(|(nth, draft)| {
                let id = if draft.id.is_empty() { words::fallback_id(nth, &draft.name) } else { draft.id };
                let call = ToolCall { id, name: draft.name, arguments: draft.arguments, freeform: false };
                (call, draft.extra)
            })
            .unzip()
    }
}

impl Draft {
    /// Does a piece that points here belong to this call, or does it begin the next one?
    fn continues(&self, index: Option<u64>, id: &str, name: &str, arguments: &str) -> bool {
        if name.is_empty() {
            return true;
        }
        let other_id = !id.is_empty() && !self.id.is_empty() && self.id != id;
        if other_id || (arguments.trim_start().starts_with('{') && self.is_whole()) {
            return false;
        }
        // Names came in pieces once, before any argument; a server that repeats the name repeats all of it.
        let named = index.is_some() || !id.is_empty();
        self.name.is_empty() || self.name == name || (named && self.arguments.is_empty())
    }

    /// Are the arguments a whole object, so that more would only break them?
    fn is_whole(&self) -> bool {
        self.arguments.trim_end().ends_with('}')
            && serde_json::from_str::<serde_json::Map<String, Value>>(&self.arguments).is_ok()
    }
}
