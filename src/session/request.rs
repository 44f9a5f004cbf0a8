//! One request to the model: sent, streamed, retried, paid for, and written down.

use super::failover::Course;
use super::turn::Worker;
use crate::base::call::ToolCall;
use crate::base::event::{Event, Fault, Role, TurnFinished};
use crate::base::message::{Message, Part};
use crate::base::model::{Delta, Finish, ModelCall, Usage};
use crate::base::{Error, Kind, Result};
use crate::net::{HttpRequest, http};
use crate::provider::words;
use crate::store::ledger::Settlement;
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
        let turn = self.fold.turns() + 1;
        let mut finish = self.answer(turn).await?;
        self.make_ids_unique(&mut finish.parts);
        self.unseal_secrets(&mut finish.parts);
        self.append(Event::Message { turn, parts: finish.parts.clone() })?;
        let counted = finish.usage.plausible();
        let counted = counted.input + counted.output;
        self.measured = (finish.usage.input > 0).then_some((counted, self.fold.messages().len()));
        Ok(finish)
    }

    /// An answer of a model that has room for the conversation, which is made where it is needed. Each candidate may find it
    /// too long once.
    async fn answer(&mut self, turn: u64) -> Result<Finish> {
        for _ in 0..self.parts.candidates.len() {
            match self.patiently(|worker| worker.encode(turn), Role::Main).await {
                Err(error) if error.kind == Kind::ContextFull => {
                    if !self.take_larger(&error.message)? {
                        // What was counted before did not help; from here on like is compared with like.
                        self.measured = None;
                        self.shrink(self.estimate().min(self.window())).await?;
                    }
                }
                other => return other,
            }
        }
        self.patiently(|worker| worker.encode(turn), Role::Main).await
    }

    /// Sends until there is an answer or nobody is left to be asked: the one place that tries again. Each attempt is made anew,
    /// because what the last one cost is gone from the budget, and another model may be asked now.
    pub(super) async fn patiently(
        &mut self,
        mut encode: impl FnMut(&mut Worker) -> Result<HttpRequest>,
        role: Role,
    ) -> Result<Finish> {
        let mut course = Course::new();
        loop {
            let request = match encode(self) {
                Ok(request) => request,
                Err(error) if Self::is_budget(&error) => {
                    self.out_of_money(error, &mut course).await?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            match self.exchange(request, role).await {
                Ok(finish) => {
                    self.recovered();
                    return Ok(finish);
                }
                Err(error) => self.after(error, &mut course).await?,
            }
        }
    }

    /// The next request of the conversation. A request that the budget forbids is no turn.
    fn encode(&mut self, turn: u64) -> Result<HttpRequest> {
        let (input, most) = (self.estimate(), self.max_output());
        // Out of `self` for a moment, so that the history need not be copied.
        let fold = std::mem::take(&mut self.fold);
        let request = self.encode_call(fold.messages(), input, most, Role::Main);
        self.fold = fold;
        let request = request?;
        if self.fold.turns() < turn {
            self.parts.hands.cell.set_model(&self.model().name());
            self.append(Event::TurnStarted { turn, model: self.model().name() })?;
            self.totals.turns += 1;
        }
        Ok(request)
    }

    /// A request with as much room for the answer as the budgets leave, and `most` at most.
    pub(super) fn encode_call(
        &mut self,
        messages: &[Message],
        input: u64,
        most: u64,
        role: Role,
    ) -> Result<HttpRequest> {
        let max_output = self.reserve(input, most, role)?;
        self.load_images(messages)?;
        let seat = &self.seat;
        let call = ModelCall {
            model: &seat.candidate.model,
            system: &seat.system,
            tools: &seat.specs,
            messages,
            max_output,
            effort: self.parts.effort,
            cache_key: &self.parts.id,
            images: &self.images,
        };
        seat.candidate.provider.encode(&call)
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
    async fn exchange(&mut self, request: HttpRequest, role: Role) -> Result<Finish> {
        self.attempt = Some(Attempt::new(role, self.purse.estimated));
        let result = self.stream(request, role == Role::Main).await;
        self.pay(result.as_ref())?;
        result
    }

    /// Pays for the attempt under way, if there is one: as the provider counted, or as an attempt that failed.
    pub(super) fn pay(&mut self, result: std::result::Result<&Finish, &Error>) -> Result<()> {
        let Some(mut attempt) = self.attempt.take() else { return self.release() };
        let aside = attempt.aside.take();
        self.last_received = attempt.received;
        let tokens = attempt.charged(result);
        let cost = self.cost(tokens);
        // Of what was counted alone: an estimate knows nothing of a cache.
        let said = attempt.said(result);
        let cache_miss = if aside.is_none() { self.cache_miss(said, attempt.role) } else { None };
        // An aside does not tell how long it took, and the ledger knows no more than the log.
        let duration_ms = if aside.is_none() { attempt.started.elapsed().as_millis() as u64 } else { 0 };
        let settlement = Settlement {
            cost,
            tokens,
            duration_ms,
            error: result.err().map(|error| error.kind),
            cache_miss: cache_miss.clone(),
        };
        // First the log, from which the ledger can be made again; but what was spent is settled also when the log is full.
        let event = match aside {
            Some(question) => self.answered_aside(question, result, (tokens, cost)),
            None => Event::TurnFinished(TurnFinished {
                turn: self.fold.turns(),
                model: self.model().name(),
                stop: result.ok().map(|finish| finish.stop),
                tokens,
                cost_usd: cost,
                duration_ms,
                first_token_ms: attempt.first.map(|first| (first - attempt.started).as_millis() as u64),
                role: attempt.role,
                cache_miss,
                error: result.err().map(Fault::from),
            }),
        };
        let written = self.append(event);
        self.settle_money(&settlement)?;
        self.keep_head();
        written.map(drop)
    }

    pub(super) async fn stream(&mut self, mut request: HttpRequest, shown: bool) -> Result<Finish> {
        if let Some(draining) = self.draining.take() {
            let _ = tokio::time::timeout(DRAIN_BEFORE_NEXT, draining).await;
            // The connection's own task has to run once more before the pool has it back.
            tokio::task::yield_now().await;
        }
        let provider = self.seat.candidate.provider.clone();
        if let Some(authorize) = &self.seat.candidate.authorize {
            authorize.authorize(&mut request).await?;
            authorize.secrets().iter().for_each(|secret| self.parts.hands.redactor.learn("login", secret));
        }
        let response = self.parts.transport.send(request).await?;
        if !(200..300).contains(&response.status) {
            let body = http::read_refusal(response.body).await;
            let error = provider.refusal(response.status, &body);
            return Err(Error { retry_after: response.retry_after.or(error.retry_after), ..error });
        }
        if let Some(attempt) = &mut self.attempt {
            attempt.accepted = true;
        }
        let mut body = response.body;
        let mut decode = provider.decoder(&self.model().name());
        let mut events = provider.frames();
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
        let provider = &self.seat.candidate.model.provider;
        let Some(attempt) = &mut self.attempt else { return Ok(()) };
        if attempt.received == 0 && chunk.trim_ascii_start().starts_with(b"<") {
            // Who sends that is no model.
            attempt.accepted = false;
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

    /// A thought that names a secret is written without it, and so no longer fits its seal.
    fn unseal_secrets(&self, parts: &mut [Part]) {
        for part in parts {
            if let Part::Reasoning(reasoning) = part
                && self.parts.hands.redactor.exact(reasoning.text.clone()) != reasoning.text
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
    role: Role,
    started: Instant,
    first: Option<Instant>,
    usage: Usage,
    received: usize,
    /// Of what was received: the words themselves.
    streamed: usize,
    /// Tokens of the request, estimated.
    sent: u64,
    /// Did the provider begin to answer it?
    accepted: bool,
    /// The question, where it is one beside the work.
    aside: Option<String>,
}

impl Attempt {
    fn new(role: Role, sent: u64) -> Self {
        Self {
            role,
            started: Instant::now(),
            first: None,
            usage: Usage::default(),
            received: 0,
            streamed: 0,
            sent,
            accepted: false,
            aside: None,
        }
    }

    /// One for a question beside the work.
    pub(super) fn beside(question: String, sent: u64) -> Self {
        Self { aside: Some(question), ..Self::new(Role::Main, sent) }
    }

    /// What the provider counted, as far as it came to say so.
    fn said(&self, answer: std::result::Result<&Finish, &Error>) -> Usage {
        answer.map_or(self.usage, |finish| finish.usage).plausible()
    }

    /// What an attempt is taken to have cost: what the provider said; where it did not, or broke off before it could, an
    /// estimate of what was sent and streamed, or a limit of money would never be reached. An attempt that was refused, or
    /// never answered, costs nothing.
    fn charged(&self, answer: std::result::Result<&Finish, &Error>) -> Usage {
        let said = self.said(answer);
        if !self.accepted || (answer.is_ok() && said.input + said.output > 0) {
            return said;
        }
        let streamed = match answer {
            Ok(finish) => finish.parts.iter().map(compact::part_size).sum(),
            Err(_) => compact::tokens(self.streamed),
        };
        let input = if said.input > 0 { said.input } else { self.sent };
        Usage { input, output: said.output.max(streamed), ..said }
    }
}

fn length(delta: &Delta) -> usize {
    match delta {
        Delta::Text(text) | Delta::Reasoning(text) | Delta::Call(text) => text.len(),
    }
}
