//! One request to the model: sent, streamed, retried, paid for, and written down.

use super::turn::Worker;
use crate::base::call::ToolCall;
use crate::base::event::{Event, Fault, TurnFinished};
use crate::base::message::{Message, Part};
use crate::base::model::{Delta, Finish, ModelCall, Usage};
use crate::base::money::Usd;
use crate::base::{Error, Kind, Result};
use crate::net::{HttpRequest, http, retry};
use crate::provider::words;
use crate::route;
use crate::transcript::compact;
use base64::Engine as _;
use futures_util::StreamExt;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// How long the rest of a finished answer is read, so that its connection can be used again.
const DRAIN: Duration = Duration::from_secs(1);
/// How long the next request waits for that: a new connection costs more, an end that never comes must not.
const DRAIN_BEFORE_NEXT: Duration = Duration::from_millis(20);
/// Bytes of one answer, and the longest it may take: a server that never ends must not hold a run.
const MAX_ANSWER: usize = 64 * 1024 * 1024;
const LONGEST_ANSWER: Duration = Duration::from_secs(3600);
/// What still comes after an answer's stop reason (usage, the end marker) comes within this.
const LAST_WORDS: Duration = Duration::from_secs(2);

impl Worker {
    /// Asks the model for its next answer.
    pub(super) async fn request(&mut self) -> Result<Finish> {
        // Made before anything is written: a request that the budget forbids is no turn.
        let mut first = Some(self.encode()?);
        let turn = self.fold.turns() + 1;
        self.append(Event::TurnStarted { turn, model: self.parts.model.name() })?;
        self.totals.turns += 1;
        let mut finish = match self.patiently(|worker| first.take().map_or_else(|| worker.encode(), Ok), true).await {
            Err(error) if error.kind == Kind::ContextFull => {
                // What was counted before did not help; from here on like is compared with like.
                self.measured = None;
                self.shrink(self.estimate()).await?;
                self.patiently(Worker::encode, true).await?
            }
            other => other?,
        };
        self.make_ids_unique(&mut finish.parts);
        self.unseal_secrets(&mut finish.parts);
        self.append(Event::Message { turn, parts: finish.parts.clone() })?;
        let counted = finish.usage.plausible();
        let counted = counted.input + counted.output;
        self.measured = (finish.usage.input > 0).then_some((counted, self.fold.messages().len()));
        Ok(finish)
    }

    /// Sends until there is an answer or no point in sending again: the one place that tries again. Each attempt is made
    /// anew, because what the last one cost is gone from the budget.
    pub(super) async fn patiently(
        &mut self,
        mut encode: impl FnMut(&mut Worker) -> Result<HttpRequest>,
        shown: bool,
    ) -> Result<Finish> {
        let (mut began, mut attempt) = (Instant::now(), 0);
        loop {
            attempt += 1;
            let request = encode(self)?;
            let error = match self.exchange(request, shown).await {
                Ok(finish) => return Ok(finish),
                Err(error) => error,
            };
            if attempt == 1 && self.last_received > 0 {
                // A long answer that broke off at its end has not used up the time for trying again.
                began = Instant::now();
            }
            let wait = retry::wait(&error, attempt, began.elapsed(), self.parts.limits.retry_budget, jitter())
                .ok_or_else(|| spent(error.clone(), attempt))?;
            self.append(Event::Waiting { reason: error.message, wait_ms: wait.as_millis() as u64, attempt })?;
            tokio::time::sleep(wait).await;
        }
    }

    /// The next request of the conversation.
    fn encode(&mut self) -> Result<HttpRequest> {
        let (input, most) = (self.estimate(), self.max_output());
        // Out of `self` for a moment, so that the history need not be copied.
        let fold = std::mem::take(&mut self.fold);
        let request = self.encode_call(fold.messages(), input, most);
        self.fold = fold;
        request
    }

    /// A request with as much room for the answer as the budget leaves, and `most` at most.
    pub(super) fn encode_call(&mut self, messages: &[Message], input: u64, most: u64) -> Result<HttpRequest> {
        let max_output = match self.parts.limits.max_cost {
            Some(budget) => route::affordable(&self.parts.model, input, most, self.totals.spent(), budget)?,
            None => most,
        };
        self.load_images(messages)?;
        let call = ModelCall {
            model: &self.parts.model,
            system: &self.parts.system,
            tools: &self.specs,
            messages,
            max_output,
            effort: self.parts.effort,
            cache_key: &self.parts.id,
            images: &self.images,
        };
        self.parts.provider.encode(&call)
    }

    /// Base64 of each image in `messages`; read once, then kept.
    fn load_images(&mut self, messages: &[Message]) -> Result<()> {
        let parts = messages.iter().flat_map(|message| &message.parts);
        for image in parts.flat_map(|part| match part {
            Part::Image(image) => std::slice::from_ref(image),
            Part::Result(result) => &result.images,
            Part::Text { .. } | Part::Reasoning(_) | Part::Refusal { .. } | Part::Call(_) => &[],
        }) {
            if !self.images.contains_key(&image.blob) {
                let bytes = self.parts.folder.image(image)?;
                self.images.insert(image.blob.clone(), base64::engine::general_purpose::STANDARD.encode(bytes));
            }
        }
        Ok(())
    }

    /// One attempt: what it used is written down and paid for before anything is done with the answer.
    async fn exchange(&mut self, request: HttpRequest, shown: bool) -> Result<Finish> {
        self.attempt = Some(Attempt {
            started: Instant::now(),
            first: None,
            usage: Usage::default(),
            received: 0,
            streamed: 0,
            sent: request.body.len(),
        });
        let result = self.stream(request, shown).await;
        self.pay(result.as_ref())?;
        result
    }

    /// Pays for the attempt under way, if there is one: as the provider counted, or as an attempt that failed.
    pub(super) fn pay(&mut self, result: std::result::Result<&Finish, &Error>) -> Result<()> {
        let Some(attempt) = self.attempt.take() else { return Ok(()) };
        self.last_received = attempt.received;
        let tokens = attempt.charged(result);
        self.append(Event::TurnFinished(TurnFinished {
            turn: self.fold.turns(),
            model: self.parts.model.name(),
            stop: result.ok().map(|finish| finish.stop),
            tokens,
            cost_usd: self.cost(tokens),
            duration_ms: attempt.started.elapsed().as_millis() as u64,
            first_token_ms: attempt.first.map(|first| (first - attempt.started).as_millis() as u64),
            role: crate::base::event::Role::Main,
            cache_miss: None,
            error: result.err().map(Fault::from),
        }))
        .map(drop)
    }

    async fn stream(&mut self, request: HttpRequest, shown: bool) -> Result<Finish> {
        if let Some(draining) = self.draining.take() {
            let _ = tokio::time::timeout(DRAIN_BEFORE_NEXT, draining).await;
            // The connection's own task has to run once more before the pool has it back.
            tokio::task::yield_now().await;
        }
        let response = self.parts.transport.send(request).await?;
        if !(200..300).contains(&response.status) {
            let body = http::read_refusal(response.body).await;
            return Err(Error {
                retry_after: response.retry_after,
                ..self.parts.provider.refusal(response.status, &body)
            });
        }
        let mut body = response.body;
        let mut decode = self.parts.provider.decoder(&self.parts.model.name());
        let mut events = self.parts.provider.frames();
        let (mut frames, mut deltas) = (Vec::new(), Vec::new());
        if shown {
            self.parts.log.begin_answer();
        }
        while !decode.complete() {
            let settled = decode.settled();
            let next = if settled {
                tokio::time::timeout(LAST_WORDS, body.next()).await.unwrap_or(None)
            } else {
                body.next().await
            };
            let chunk = match next {
                Some(Ok(chunk)) => chunk,
                None => break,
                Some(Err(error)) => return Err(error),
            };
            self.receive(&chunk)?;
            events.push(&chunk, &mut frames)?;
            for frame in frames.drain(..) {
                let read = decode.frame(&frame, &mut deltas);
                if let Some(attempt) = &mut self.attempt {
                    attempt.usage = decode.usage();
                }
                read?;
            }
            if let Some(attempt) = &mut self.attempt {
                attempt.streamed += deltas.iter().map(length).sum::<usize>();
            }
            if shown && !deltas.is_empty() {
                self.parts.log.show(std::mem::take(&mut deltas));
            }
            deltas.clear();
        }
        self.draining = Some(tokio::spawn(http::drain(body, DRAIN)));
        decode.finish()
    }

    /// Counts a piece of an answer, and refuses what cannot be one.
    fn receive(&mut self, chunk: &[u8]) -> Result<()> {
        let provider = &self.parts.model.provider;
        let Some(attempt) = &mut self.attempt else { return Ok(()) };
        if attempt.received == 0 && chunk.trim_ascii_start().starts_with(b"<") {
            return Err(Error::new(Kind::Provider, format!("{provider} answered with a web page"))
                .hint("look at the provider's base_url: `agent doctor` shows it"));
        }
        attempt.first.get_or_insert_with(Instant::now);
        attempt.received += chunk.len();
        if attempt.received > MAX_ANSWER {
            return Err(Error::new(
                Kind::Provider,
                format!("{provider} sent an answer of more than {} MiB", MAX_ANSWER >> 20),
            ));
        }
        if attempt.started.elapsed() > LONGEST_ANSWER {
            return Err(Error::new(
                Kind::Provider,
                format!("{provider} has been answering for {} s without an end", LONGEST_ANSWER.as_secs()),
            ));
        }
        Ok(())
    }

    /// `None` where the price is not known.
    fn cost(&self, usage: Usage) -> Option<Usd> {
        self.parts.model.price_for(usage.input).map(|price| usage.cost(&price))
    }

    /// A thought that names a secret is written without it, and so no longer fits its seal.
    fn unseal_secrets(&self, parts: &mut [Part]) {
        for part in parts {
            if let Part::Reasoning(reasoning) = part
                && self.parts.hands.redactor.text(reasoning.text.clone()) != reasoning.text
            {
                reasoning.seal = None;
            }
        }
    }

    /// Some servers give every call the same id, or none that lasts: within a session each is made one of a kind.
    fn make_ids_unique(&self, parts: &mut [Part]) {
        let mut taken: HashSet<String> = HashSet::new();
        for part in parts {
            let Part::Call(ToolCall { id, .. }) = part else { continue };
            let mut candidate = id.clone();
            let mut nth = 2;
            while self.fold.has_call(&candidate) || taken.contains(&candidate) {
                candidate = numbered(id, nth);
                nth += 1;
            }
            taken.insert(candidate.clone());
            *id = candidate;
        }
    }
}

/// The id as servers take it, with a number.
fn numbered(id: &str, nth: usize) -> String {
    let number = format!("_{nth}");
    words::plain(id, words::LONGEST_NAME.saturating_sub(number.len())) + &number
}

/// What one attempt took, as far as it came.
pub(super) struct Attempt {
    started: Instant,
    first: Option<Instant>,
    usage: Usage,
    received: usize,
    /// Of what was received: the words themselves.
    streamed: usize,
    sent: usize,
}

impl Attempt {
    /// What an attempt is taken to have cost: what the provider said; where it did not, or broke off before it could, an
    /// estimate of what was sent and streamed, or a limit of money would never be reached. An attempt that was refused
    /// before its first byte costs nothing.
    fn charged(&self, answer: std::result::Result<&Finish, &Error>) -> Usage {
        let said = answer.map_or(self.usage, |finish| finish.usage).plausible();
        if self.received == 0 || (answer.is_ok() && said.input + said.output > 0) {
            return said;
        }
        let streamed = match answer {
            Ok(finish) => finish.parts.iter().map(compact::part_size).sum(),
            Err(_) => compact::tokens(self.streamed),
        };
        let input = if said.input > 0 { said.input } else { compact::tokens(self.sent) };
        Usage { input, output: said.output.max(streamed), ..said }
    }
}

fn length(delta: &Delta) -> usize {
    match delta {
        Delta::Text(text) | Delta::Reasoning(text) | Delta::Call(text) => text.len(),
    }
}

/// Names the wait that was asked for and is too long, and the number of attempts where there were several.
fn spent(mut error: Error, attempts: u32) -> Error {
    if !error.kind.retryable() {
        return error;
    }
    let asked = error.retry_after;
    if let Some(wait) = asked {
        error.message = format!("{}; it asks to wait for {} s", error.message, wait.as_secs_f32());
    }
    if attempts > 1 {
        error.message = format!("{} (tried {attempts} times)", error.message);
    }
    if asked.is_some() {
        error = error.hint("let it wait longer with -c network.retry_budget=…");
    }
    error.hint("try again later with --continue, or choose another model with -m")
}

/// From 0 to 1; its only use is that two programs do not knock at the same moment.
fn jitter() -> f64 {
    let nanos =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    f64::from(nanos % 1000) / 1000.0
}
