//! A session as one JSON document: `docs/export.md` describes its shape. Fields are only ever added.

use super::clean::Clean;
use super::facts::{Facts, Spending, Task};
use super::html::printed;
use super::{About, SCHEMA};
use crate::base::event::SessionStarted;
use crate::text::redact::Found;
use crate::text::sanitise;
use crate::transcript::view::{Body, Cell, Tone, Tool};
use serde_json::{Value, json};

pub fn begin(facts: &Facts, about: &About, clean: &Clean) -> String {
    let models = facts.models.iter().map(|(model, spent)| {
        let mut row = spending(spent);
        row["model"] = json!(model);
        row
    });
    let head = [
        ("schema", json!(SCHEMA)),
        ("agent", json!(about.version)),
        ("exported", json!(about.time)),
        ("session", facts.started.as_ref().map_or(Value::Null, started)),
        ("began", json!(facts.began)),
        ("ended", json!(facts.ended)),
        ("total", spending(&facts.total())),
        ("models", models.collect()),
        ("tasks", facts.tasks.iter().map(task).collect()),
    ];
    let mut text = String::from("{");
    for (name, value) in head {
        text.push_str(&format!("\"{name}\":{},\n", shown(value, clean)));
    }
    text + "\"cells\":["
}

pub fn cell(index: usize, cell: &Cell, time: &str, clean: &Clean) -> String {
    let mut row = json!({ "seq": cell.seq, "time": time });
    let (kind, body) = body(&cell.body, clean);
    row["kind"] = json!(kind);
    if let (Value::Object(row), Value::Object(body)) = (&mut row, body) {
        row.extend(body);
    }
    format!("{}{}", if index == 0 { "\n" } else { ",\n" }, shown(row, clean))
}

pub fn end(about: &About, found: &[Found]) -> String {
    let secrets: Vec<Value> = found.iter().map(|found| json!({ "kind": found.kind, "mark": found.mark })).collect();
    let (secrets, unread) = (Value::from(secrets), about.unread);
    format!("\n],\n\"secrets\":{secrets},\n\"unread\":{unread}}}\n")
}

/// A value as text, with each string in it made clean; what a terminal would take for more than text is escaped.
fn shown(mut value: Value, clean: &Clean) -> String {
    tidy(&mut value, clean);
    sanitise::json(&value.to_string()).into_owned()
}

fn tidy(value: &mut Value, clean: &Clean) {
    match value {
        Value::String(text) => *text = clean.text(text),
        Value::Array(items) => items.iter_mut().for_each(|item| tidy(item, clean)),
        Value::Object(fields) => fields.iter_mut().for_each(|(_, field)| tidy(field, clean)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn started(started: &SessionStarted) -> Value {
    json!({
        "id": started.session, "version": started.version, "root": started.root, "branch": started.branch, "model": started.model,
        "mode": started.mode, "sandbox": started.sandbox, "network": started.network, "user": started.user,
        "replayed": started.replayed,
    })
}

fn spending(spent: &Spending) -> Value {
    json!({ "requests": spent.requests, "tokens": spent.tokens, "cost_usd": spent.cost })
}

fn task(task: &Task) -> Value {
    let status = task.outcome.as_ref().map(|outcome| outcome.status);
    let mut row = json!({ "seq": task.seq, "time": task.time, "title": task.title, "status": status });
    row["spent"] = spending(&task.spent);
    row
}

/// The cell's kind, and its fields.
fn body(body: &Body, clean: &Clean) -> (&'static str, Value) {
    match body {
        Body::Started(one) => ("started", json!({ "session": started(one), "resumed": one.resumed })),
        Body::User { source, text, images } => ("user", json!({ "source": source, "text": text, "images": images })),
        Body::Answer { text } => ("answer", json!({ "text": text })),
        Body::Reasoning { text } => ("reasoning", json!({ "text": text })),
        Body::Refusal { text } => ("refusal", json!({ "text": text })),
        Body::Tool(tool) => ("tool", call(tool, clean)),
        Body::Plan(steps) => ("plan", json!({ "steps": steps })),
        Body::Check { command, round, result } => {
            ("check", json!({ "command": command, "round": round, "result": result }))
        }
        Body::Asked { ask, answer } => ("asked", json!({ "ask": ask, "answer": answer })),
        Body::Aside(aside) => ("aside", json!(aside)),
        Body::Ran { command, output, exit } => {
            ("ran", json!({ "command": command, "output": clean.output(output), "exit": exit }))
        }
        Body::Notice { tone, text } => {
            let tone = match tone {
                Tone::Quiet => "quiet",
                Tone::Warning => "warning",
                Tone::Error => "error",
            };
            ("notice", json!({ "tone": tone, "text": text }))
        }
        Body::Outcome(outcome) => ("outcome", json!(outcome)),
    }
}

fn call(tool: &Tool, clean: &Clean) -> Value {
    json!({
        "call": tool.call, "tool": tool.tool, "summary": tool.summary, "rule": tool.rule, "jail": tool.jail, "status": tool.status,
        "output": printed(&tool.output, clean), "left_out_lines": tool.output.left_out, "files": tool.files,
        "duration_ms": tool.duration_ms, "exit": tool.exit, "limit": tool.limit, "notes": tool.notes,
    })
}
