//! A question beside the work: asked with the history as it is, billed by itself, and never in that history.
//!
//! It is one request: nothing is tried again, nobody takes over, no tool runs, and nothing of it streams, for its words would be
//! taken for the answer's.

use super::request::Attempt;
use super::turn::Worker;
use crate::base::Result;
use crate::base::event::{Aside, Event, Fault, Role};
use crate::base::message::{Part, calls_of, text_of};
use crate::base::model::{Finish, Usage};
use crate::base::money::Usd;
use crate::base::{Error, Kind};
use crate::prompt;
use crate::transcript::compact;

impl Worker {
    pub(super) async fn aside(&mut self, question: String) -> Result<()> {
        self.leave_fast();
        let asked = prompt::aside(&question)
            .map_err(|words| Error::new(Kind::Config, format!("a prompt is broken: {words}")))?;
        let messages = self.fold.with_question(&asked);
        let input = self.estimate() + compact::tokens(asked.len());
        // Tools and room are those of the work, so that the request begins as its requests do.
        let request = match self.encode_call(&messages, input, self.max_output(), Role::Main) {
            Ok(request) => request,
            Err(error) => {
                self.release()?;
                let free = (Usage::default(), Some(Usd(0)));
                return self.append(self.answered_aside(question, Err(&error), free)).map(drop);
            }
        };
        self.attempt = Some(Attempt::beside(question, self.purse.estimated));
        let result = self.stream(request, false).await;
        self.pay(result.as_ref())
    }

    /// What is written down of a question and its answer.
    pub(super) fn answered_aside(
        &self,
        question: String,
        result: std::result::Result<&Finish, &Error>,
        (tokens, cost_usd): (Usage, Option<Usd>),
    ) -> Event {
        Event::Aside(Aside {
            question,
            answer: result.map(words).unwrap_or_default(),
            model: self.model().name(),
            tokens,
            cost_usd,
            error: result.err().map(Fault::from),
        })
    }
}

/// The answer in words, or why there are none.
fn words(finish: &Finish) -> String {
    let text = text_of(&finish.parts);
    if !text.trim().is_empty() {
        return text;
    }
    if let Some(call) = calls_of(&finish.parts).first() {
        return format!("(no answer: it wanted to run `{}`, and a question beside the work runs no tools)", call.name);
    }
    let refusal =
        finish.parts.iter().find_map(|part| if let Part::Refusal { text } = part { Some(text.clone()) } else { None });
    refusal.unwrap_or_else(|| "(no answer)".into())
}
