//! One record more in the log: all that is kept beside it sees it, and the user hears of secrets that were cut out of it.

use super::turn::Worker;
use crate::base::Result;
use crate::base::event::{Event, Record, Source, UserMessage};
use crate::text::redact;
use std::sync::Arc;

impl Worker {
    pub(super) fn append(&mut self, event: Event) -> Result<Arc<Record>> {
        let record = self.parts.log.append(event)?;
        self.totals.push(&record.event);
        self.tally.push(&record.event);
        self.routing.saw(&record.event);
        self.fold.push(&record);
        self.known.push(&record);
        let news = self.parts.hands.redactor.news();
        for text in redact::words(&news, source(&record.event)) {
            self.append(Event::Notice { text })?;
        }
        Ok(record)
    }
}

/// Where the secrets come from that were cut out of a record, for the user.
fn source(event: &Event) -> &str {
    if let Event::ToolFinished(finished) = event {
        &finished.tool
    } else if let Event::UserMessage(UserMessage { source: Source::Task | Source::Steer, .. }) = event {
        "your message"
    } else if matches!(event, Event::Ran { .. }) {
        "your command"
    } else if matches!(event, Event::Context { .. }) {
        "the instructions"
    } else if matches!(event, Event::Edited { .. } | Event::Asked(_)) {
        "an edit"
    } else {
        "what was said"
    }
}
