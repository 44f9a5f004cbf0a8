//! Readers of a log: by number, at their own pace, losing nothing.

use super::log::Inner;
use crate::base::Result;
use crate::base::model::Delta;
use crate::base::port::{Item, Reader};
use futures_util::stream;
use std::sync::Arc;
use tokio::sync::watch;

/// The answer that streams now, kept until the next one begins.
#[derive(Default)]
pub(super) struct Live {
    generation: u64,
    /// The record after which it streams.
    after: u64,
    /// The record that ended it: who begins to read behind it gets none of it.
    until: Option<u64>,
    pieces: Vec<Delta>,
}

impl Live {
    pub(super) fn begin(&mut self, after: u64) {
        self.generation += 1;
        self.after = after;
        self.until = None;
        self.pieces.clear();
    }

    pub(super) fn end(&mut self, until: u64) {
        self.until.get_or_insert(until);
    }

    /// Does it stream just before record `next`?
    fn is_before(&self, next: u64) -> bool {
        next > self.after && self.until.is_none_or(|until| next <= until)
    }

    pub(super) fn extend(&mut self, deltas: Vec<Delta>) {
        for delta in deltas {
            match (self.pieces.last_mut(), delta) {
                (Some(Delta::Text(text)), Delta::Text(more))
                | (Some(Delta::Reasoning(text)), Delta::Reasoning(more)) => text.push_str(&more),
                (_, delta) => self.pieces.push(delta),
            }
        }
    }
}

/// How far a reader has read the live answer.
#[derive(Default, Clone, Copy)]
struct Place {
    generation: u64,
    piece: usize,
    byte: usize,
}

struct Cursor {
    inner: Arc<Inner>,
    changed: watch::Receiver<u64>,
    next: u64,
    place: Place,
}

pub(super) fn read(inner: Arc<Inner>, after: u64) -> Reader {
    let changed = inner.changed.subscribe();
    let cursor = Cursor { inner, changed, next: after + 1, place: Place::default() };
    Box::pin(stream::unfold(cursor, |mut cursor| async move { cursor.next().await.map(|item| (item, cursor)) }))
}

impl Cursor {
    async fn next(&mut self) -> Option<Result<Item>> {
        loop {
            self.changed.borrow_and_update();
            {
                let inner = self.inner.clone();
                let state = inner.state();
                if state.live.is_before(self.next)
                    && let Some(delta) = self.unread(&state.live)
                {
                    return Some(Ok(Item::Delta(delta)));
                }
                if self.next <= state.last {
                    let record = inner.record(&state, self.next);
                    self.next += 1;
                    return Some(record.map(Item::Record));
                }
                if state.closed {
                    return None;
                }
            }
            self.changed.changed().await.ok()?;
        }
    }

    /// The next unread piece of the live answer, as long as it is.
    fn unread(&mut self, live: &Live) -> Option<Delta> {
        if self.place.generation != live.generation {
            self.place = Place { generation: live.generation, ..Place::default() };
        }
        while let Some(piece) = live.pieces.get(self.place.piece) {
            let is_last = self.place.piece + 1 == live.pieces.len();
            let found = match piece {
                Delta::Text(text) => rest(text, self.place.byte).map(Delta::Text),
                Delta::Reasoning(text) => rest(text, self.place.byte).map(Delta::Reasoning),
                Delta::Call(name) => (self.place.byte == 0).then(|| Delta::Call(name.clone())),
            };
            if let Some(delta) = found {
                self.place.byte += match &delta {
                    Delta::Text(text) | Delta::Reasoning(text) => text.len(),
                    Delta::Call(_) => 1,
                };
                return Some(delta);
            }
            if is_last {
                return None;
            }
            self.place = Place { piece: self.place.piece + 1, byte: 0, ..self.place };
        }
        None
    }
}

fn rest(text: &str, from: usize) -> Option<String> {
    text.get(from..).filter(|rest| !rest.is_empty()).map(str::to_owned)
}
