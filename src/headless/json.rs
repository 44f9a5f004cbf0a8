//! One JSON line per record, the same as in the session log, with what is not safe for a terminal escaped.

use super::{Show, line};
use crate::base::event::{Event, Outcome, Record, SCHEMA};
use crate::base::model::Delta;
use crate::base::port::Item;
use crate::text::sanitise;
use serde::Serialize;
use std::io::Write;

pub struct JsonLines<W: Write> {
    out: W,
    /// Also the pieces of the answer while it streams, as lines without `seq`.
    deltas: bool,
}

#[derive(Serialize)]
struct DeltaLine<'a> {
    schema: u32,
    #[serde(rename = "type")]
    kind: &'static str,
    data: &'a Delta,
}

impl<W: Write> JsonLines<W> {
    pub fn new(out: W, deltas: bool) -> Self {
        Self { out, deltas }
    }
}

impl<W: Write> Show for JsonLines<W> {
    fn item(&mut self, item: &Item) -> std::io::Result<()> {
        match item {
            Item::Record(record) => line(&mut self.out, &sanitise::json(&serde_json::to_string(record)?)),
            Item::Delta(delta) if self.deltas => line(
                &mut self.out,
                &sanitise::json(&serde_json::to_string(&DeltaLine { schema: SCHEMA, kind: "delta", data: delta })?),
            ),
            Item::Delta(_) => Ok(()),
        }
    }
}

/// The one line of a run that failed before there was a session.
pub fn outcome_line(outcome: Outcome, time: String) -> String {
    let record = Record { schema: SCHEMA, seq: 1, time, event: Event::Outcome(outcome) };
    serde_json::to_string(&record).unwrap_or_default()
}
