//! Records to OpenTelemetry traces: one trace a task, as OTLP's JSON.
//!
//! Names are those of the semantic conventions for generative AI (`invoke_agent`, `chat`, `execute_tool`; November 2026, in
//! development); what they have no name for is under `agent.`. What was said is in it only where that is asked for. Ids are made
//! from the session's id and the numbers of records, so that the same log gives the same spans.

use super::otlp::{add, error_type, fail, finish_reason, hex, named, nanos, number, paid, set, short, text, used};
use crate::base::call::ToolCall;
use crate::base::event::{
    Event, Outcome, Record, Role, SessionStarted, Source, Status, ToolFinished, ToolStarted, ToolStatus, TurnFinished,
};
use crate::base::message::{Part, text_of};
use serde_json::{Value, json};

/// Kinds of spans, as `trace.proto` numbers them.
const INTERNAL: u32 = 1;
const CLIENT: u32 = 3;

/// The spans of each task that has come to its end. `time` reads a record's time as milliseconds since 1970.
pub fn spans<'a>(
    records: impl IntoIterator<Item = &'a Record>,
    content: bool,
    time: impl Fn(&str) -> Option<u64>,
) -> Vec<Value> {
    let mut trace = Trace { content, ..Trace::default() };
    for record in records {
        trace.push(record, time(&record.time).unwrap_or(0));
    }
    trace.spans
}

/// The body of one `POST` to `/v1/traces`.
pub fn request(version: &str, spans: &[Value]) -> Value {
    json!({ "resourceSpans": [{
        "resource": { "attributes": [
            text("service.name", "agent"),
            text("service.version", version),
        ] },
        "scopeSpans": [{ "scope": { "name": "agent", "version": version }, "spans": spans }],
    }] })
}

/// A call that has begun.
struct Running {
    id: String,
    tool: String,
    seq: u64,
    began: u64,
    attributes: Vec<Value>,
    events: Vec<Value>,
}

#[derive(Default)]
struct Trace {
    content: bool,
    session: Option<SessionStarted>,
    /// The number of the record that the task begins with, and when.
    task: Option<(u64, u64)>,
    /// What the user said.
    words: String,
    /// The model that answered last.
    model: String,
    running: Vec<Running>,
    /// Calls of the last answer, for their arguments.
    calls: Vec<ToolCall>,
    /// The span of the last request, which its answer is added to.
    asked: Option<usize>,
    spans: Vec<Value>,
}

impl Trace {
    fn push(&mut self, record: &Record, at: u64) {
        match &record.event {
            Event::SessionStarted(started) => {
                self.model.clone_from(&started.model);
                self.session = Some(started.clone());
            }
            Event::UserMessage(message) if message.source == Source::Task => {
                self.task = Some((record.seq, at));
                self.words.clone_from(&message.text);
            }
            Event::TurnFinished(turn) => self.request(record.seq, at, turn),
            Event::Message { parts, .. } => self.answer(parts),
            Event::ToolStarted(started) => self.begin(record.seq, at, started),
            Event::ToolFinished(finished) => self.finish(record.seq, at, finished),
            Event::HostDenied(denied) => {
                let port = json!({ "key": "server.port", "value": { "intValue": denied.port.to_string() } });
                self.note(&denied.call, at, "host_denied", vec![text("server.address", &denied.host), port]);
            }
            Event::Quarantined(found) => {
                let files = number("agent.files", found.files.len() as u64);
                self.note(&found.call, at, "quarantined", vec![files]);
            }
            Event::Committed(made) => {
                let unmarked = made.commits.iter().filter(|commit| !commit.marked).count() as u64;
                let facts =
                    vec![number("agent.commits", made.commits.len() as u64), number("agent.unmarked", unmarked)];
                self.note(&made.call, at, "committed", facts);
            }
            Event::Outcome(outcome) => self.end(at, outcome),
            Event::LogCut { .. }
            | Event::Context { .. }
            | Event::UserMessage(_)
            | Event::Routed(_)
            | Event::Switched(_)
            | Event::BudgetNoticed(_)
            | Event::TurnStarted { .. }
            | Event::Waiting { .. }
            | Event::CheckpointTaken(_)
            | Event::Edited { .. }
            | Event::Proposed { .. }
            | Event::Asked(_)
            | Event::Answered { .. }
            | Event::PlanUpdated { .. }
            | Event::CheckStarted { .. }
            | Event::CheckFinished(_)
            | Event::Pruned { .. }
            | Event::Compacted { .. }
            | Event::LoopNoticed { .. }
            | Event::ModeChanged { .. }
            | Event::Aside(_)
            | Event::Ran { .. }
            | Event::Rewound { .. }
            | Event::Notice { .. } => {}
        }
    }

    fn session_id(&self) -> &str {
        self.session.as_ref().map_or("", |session| session.session.as_str())
    }

    /// What every span begins with.
    fn common(&self, operation: &str) -> Vec<Value> {
        vec![text("gen_ai.operation.name", operation), text("gen_ai.conversation.id", self.session_id())]
    }

    /// One span below the task's own; none where no task is known.
    fn span(
        &self,
        seq: u64,
        name: &str,
        kind: u32,
        (began, ended): (u64, u64),
        attributes: Vec<Value>,
    ) -> Option<Value> {
        let (task, _) = self.task?;
        Some(json!({
            "traceId": hex(&format!("trace {} {task}", self.session_id()), 16),
            "spanId": hex(&format!("span {} {seq}", self.session_id()), 8),
            "parentSpanId": hex(&format!("span {} {task}", self.session_id()), 8),
            "name": name,
            "kind": kind,
            "startTimeUnixNano": nanos(began),
            "endTimeUnixNano": nanos(ended.max(began)),
            "attributes": attributes,
        }))
    }

    fn request(&mut self, seq: u64, at: u64, turn: &TurnFinished) {
        self.model.clone_from(&turn.model);
        let (provider, model) = named(&turn.model);
        let mut attributes = self.common("chat");
        attributes.extend([
            text("gen_ai.provider.name", provider),
            text("gen_ai.request.model", model),
            json!({ "key": "gen_ai.request.stream", "value": { "boolValue": true } }),
        ]);
        attributes.extend(used(&turn.tokens));
        attributes.extend(paid(turn.cost_usd));
        if turn.role != Role::Main {
            attributes.push(text("agent.role", turn.role.name()));
        }
        if let Some(stop) = turn.stop {
            let reasons = json!({ "arrayValue": { "values": [{ "stringValue": finish_reason(stop) }] } });
            attributes.push(json!({ "key": "gen_ai.response.finish_reasons", "value": reasons }));
        }
        if let Some(first) = turn.first_token_ms {
            let seconds = json!({ "doubleValue": first as f64 / 1000.0 });
            attributes.push(json!({ "key": "gen_ai.response.time_to_first_chunk", "value": seconds }));
        }
        attributes.extend(turn.error.as_ref().map(|fault| text("error.type", &error_type(fault))));
        let name = format!("chat {model}");
        let times = (at.saturating_sub(turn.duration_ms), at);
        let Some(mut span) = self.span(seq, &name, CLIENT, times, attributes) else { return };
        if let Some(fault) = &turn.error {
            fail(&mut span, &fault.message);
        }
        self.asked = Some(self.spans.len());
        self.spans.push(span);
    }

    /// The answer to the last request, which is written after its end.
    fn answer(&mut self, parts: &[Part]) {
        let call = |part: &Part| if let Part::Call(call) = part { Some(call.clone()) } else { None };
        self.calls = parts.iter().filter_map(call).collect();
        let Some(span) = self.asked.take().and_then(|index| self.spans.get_mut(index)).filter(|_| self.content) else {
            return;
        };
        let mut said = vec![json!({ "type": "text", "content": short(&text_of(parts)) })];
        let called = |call: &ToolCall| json!({ "type": "tool_call", "id": call.id, "name": call.name, "arguments": short(&call.arguments) });
        said.extend(self.calls.iter().map(called));
        let reason = if self.calls.is_empty() { "stop" } else { "tool_call" };
        let messages = json!([{ "role": "assistant", "parts": said, "finish_reason": reason }]);
        add(span, text("gen_ai.output.messages", &messages.to_string()));
    }

    fn begin(&mut self, seq: u64, at: u64, started: &ToolStarted) {
        let mut attributes = Vec::new();
        let mut say = |key: &str, value: &str| {
            if !value.is_empty() {
                attributes.push(text(key, value));
            }
        };
        say("agent.rule", &started.rule);
        say("agent.jail", &started.jail);
        if self.content {
            say("agent.summary", short(&started.summary));
        }
        let (id, tool) = (started.call.clone(), started.tool.clone());
        self.running.push(Running { id, tool, seq, began: at, attributes, events: Vec::new() });
    }

    fn finish(&mut self, seq: u64, at: u64, finished: &ToolFinished) {
        let id = &finished.result.call;
        let begun = self.running.iter().position(|running| running.id == *id).map(|index| self.running.remove(index));
        let running = begun.unwrap_or_else(|| Running {
            id: id.clone(),
            tool: finished.tool.clone(),
            seq,
            began: at,
            attributes: Vec::new(),
            events: Vec::new(),
        });
        let mut attributes = self.common("execute_tool");
        attributes.extend([
            text("gen_ai.tool.name", &running.tool),
            text("gen_ai.tool.call.id", id),
            text("gen_ai.tool.type", "function"),
        ]);
        attributes.extend(running.attributes);
        attributes.extend(
            finished.exit.map(|exit| json!({ "key": "process.exit.code", "value": { "intValue": exit.to_string() } })),
        );
        attributes.extend(finished.limit.as_ref().map(|limit| text("agent.limit", limit)));
        let error = match finished.status {
            ToolStatus::Done => None,
            ToolStatus::Failed => Some("failed"),
            ToolStatus::Denied => Some("denied"),
            ToolStatus::Interrupted => Some("interrupted"),
        };
        attributes.extend(error.map(|error| text("error.type", error)));
        if self.content {
            let arguments = self.calls.iter().find(|call| call.id == *id).map(|call| call.arguments.as_str());
            attributes.extend(arguments.map(|words| text("gen_ai.tool.call.arguments", short(words))));
            attributes.push(text("gen_ai.tool.call.result", short(&finished.result.output)));
        }
        let name = format!("execute_tool {}", running.tool);
        let Some(mut span) = self.span(running.seq, &name, INTERNAL, (running.began, at), attributes) else { return };
        if !running.events.is_empty() {
            set(&mut span, "events", running.events.into());
        }
        if let Some(error) = error {
            fail(&mut span, error);
        }
        self.spans.push(span);
    }

    /// Something that happened while a call ran.
    fn note(&mut self, call: &str, at: u64, name: &str, attributes: Vec<Value>) {
        if let Some(running) = self.running.iter_mut().find(|running| running.id == call) {
            running.events.push(json!({ "timeUnixNano": nanos(at), "name": name, "attributes": attributes }));
        }
    }

    /// The span of the task itself, which all others are below.
    fn end(&mut self, at: u64, outcome: &Outcome) {
        let Some((seq, began)) = self.task else { return };
        let (provider, model) = named(&self.model);
        let mut attributes = self.common("invoke_agent");
        attributes.extend([
            text("gen_ai.provider.name", provider),
            text("gen_ai.request.model", model),
            text("gen_ai.agent.name", "agent"),
        ]);
        if let Some(session) = &self.session {
            attributes.extend([
                text("gen_ai.agent.version", &session.version),
                text("agent.mode", session.mode.name()),
                text("agent.jail", &session.sandbox),
                text("agent.network", session.network.name()),
            ]);
        }
        attributes.extend(used(&outcome.tokens));
        attributes.extend(paid(outcome.cost_usd));
        attributes.extend([number("agent.turns", outcome.turns), number("agent.exit", outcome.exit.into())]);
        attributes.extend(outcome.error.as_ref().map(|fault| text("error.type", &error_type(fault))));
        if self.content {
            let said = |role: &str, words: &str| {
                json!([{ "role": role, "parts": [{ "type": "text", "content": short(words) }] }]).to_string()
            };
            attributes.push(text("gen_ai.input.messages", &said("user", &self.words)));
            attributes.push(text("gen_ai.output.messages", &said("assistant", &outcome.summary)));
        }
        let Some(mut span) = self.span(seq, "invoke_agent agent", INTERNAL, (began, at), attributes) else { return };
        if let Value::Object(fields) = &mut span {
            fields.remove("parentSpanId");
        }
        if outcome.status != Status::Done {
            fail(&mut span, outcome.error.as_ref().map_or("", |fault| fault.message.as_str()));
        }
        self.spans.push(span);
        (self.task, self.asked) = (None, None);
        self.running.clear();
    }
}
