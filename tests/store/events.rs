//! `docs/events.md` is made here, from an example of every event and a sentence on each; `UPDATE=1 cargo test events_document`
//! writes it anew. The log of schema 1 in `tests/fixtures` was made from the same examples, once.

use super::hand::appended;
use agent::base::access::{Access, Answer, Ask, Mode, Network};
use agent::base::call::{ToolCall, ToolResult};
use agent::base::change::{Accept, ChangeKind, EditedHunk, FileChange, FileReview, Review};
use agent::base::event::*;
use agent::base::message::{ImageRef, Part, Reasoning, Seal};
use agent::base::model::{Delta, Stop, Usage, Wire};
use agent::base::money::Usd;
use agent::base::port::Item;
use agent::base::{Error, Kind};
use agent::headless::{JsonLines, Show};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const SESSION: &str = "019a9f3e-7c55-7000-8000-0123456789ab";
const MODEL: &str = "anthropic/claude-sonnet-5";

/// What is said of each event. A new one does not compile until it has its sentence; see [`examples`] for the rest of it.
fn sentence(event: &Event) -> &'static str {
    match event {
        Event::SessionStarted(_) => {
            "A session began, or went on (`resumed`) after `--continue` or `--resume`. `sandbox` says how commands are confined. `models` is there where more than one was named, or `auto`; `model` is the first of those that may be asked. `replayed` is there, and true, where a recording plays: then nothing is spent, and the ledger has none of it."
        }
        Event::HostDenied(_) => {
            "A command in the jail wanted to reach a host that it may not. `agent sandbox hosts` lists them, with the line that would allow each."
        }
        Event::Quarantined(_) => {
            "A command changed what is protected. It is as it was before; what the command made of it is in the folder `kept`. `what` is `added`, `changed` or `removed`."
        }
        Event::Committed(_) => {
            "A command brought commits onto the branches of the workspace's repository, or checked them out; those that a remote has are not listed. `marked` says whether a commit carries the trailers of this session (`Agent`, `Agent-Session`, `Agent-Model`), and no others of these names."
        }
        Event::LogCut { .. } => {
            "The log ended in the middle of a record, as after a crash or a power cut; so many bytes were cut off."
        }
        Event::Context { .. } => {
            "What the model is told of its surroundings, and which instruction files are part of it. It stays in the model's view for the whole session."
        }
        Event::UserMessage(_) => {
            "Words to the model. `source` says whose: `task` and `steer` are the user's; `check` (a check failed), `schema` (the answer does not fit) and `harness` (an empty answer, a loop) are said on the user's behalf. Images are references to `blobs/` in the session's folder."
        }
        Event::Routed(_) => {
            "A model was chosen among several. `kind` is the kind of task; `candidates` are in the order in which they are asked, each with what the task is expected to cost with it and how likely it is to do it."
        }
        Event::Switched(_) => {
            "The work goes on with another model. `cause` is `quota`, `overloaded`, `unreachable`, `refused`, `auth`, `context_full`, `budget`, `escalated` or `returned`; `reason` says it in words. `cache_lost` is what the one before read from its cache and this one has to read anew, `extra_usd` what that costs more (null where a price is not known). `until` says how long the one that was left is not asked; the next task after that goes back to it."
        }
        Event::BudgetNoticed(_) => {
            "A budget (`scope` is `run`, `session`, `day` or `project`) is used up as far as it warns at, or so far that something follows from it. `used_usd` holds what is spent and what is reserved for requests under way."
        }
        Event::TurnStarted { .. } => "A request goes to the model. Turns are numbered through the whole session.",
        Event::Waiting { .. } => {
            "A request failed in a way that may pass: why, how long is waited, and how many attempts there were."
        }
        Event::TurnFinished(_) => {
            "A request came to its end. `stop` is `end`, `calls`, `length`, `refusal` or `pause`, and null where it failed; then `error` says why. `cost_usd` is null where the price is not known. `first_token_ms` is missing where nothing came. `role` is there for requests that are not the work itself (`fast`: a summary). `cache_miss` is there where the provider's cache should have had more of the input than it had: how many tokens, why (`model`, `system`, `tools`, `history`, `expired`, or `provider` where nothing changed here), and what they cost more."
        }
        Event::Message { .. } => {
            "The model's whole answer, its parts in order. A `reasoning` part may carry a `seal`, the vendor's own form of it, which goes back to the same model only. The `arguments` of a call are the text that the model wrote, to the byte."
        }
        Event::CheckpointTaken(_) => {
            "The workspace was kept: as it was before the task's first effect (`phase` is `before`; nothing has happened yet when this is written), or as it is after its last (`after`). `checkpoint` is the number for `agent undo --to`. `left_out` names the first paths that are not in it, with the reason, `left_out_total` says how many there are."
        }
        Event::Proposed { .. } => {
            "A run with `--propose` has come to its end: what it changed in its copy, each file with its diff. `left_out` names changed paths that no patch of text can hold: links, binary and very large files."
        }
        Event::ToolStarted(_) => {
            "A call is about to take effect; this is in the log before anything happens. `access` lists what it touches, by `kind`: `read`, `write` (with `path`) or `exec` (with `command`)."
        }
        Event::ToolFinished(_) => {
            "A call has its answer: `done`, `failed`, `denied` or `interrupted`. `result.output` is what the model sees. `exit` is there for commands that ended by themselves; `spill` names the whole of a long output, for `read output:NAME` and under `spill/` in the session's folder."
        }
        Event::Edited { .. } => {
            "A call changed these files, each with its unified diff. `kind` is `create`, `modify`, `delete` or `rename` (then `from` is the old path)."
        }
        Event::Asked(_) => "A person is asked for leave. `change` holds what would be written, where it is an edit.",
        Event::Answered { .. } => {
            "The question was answered: `allow`, `deny` (with a `comment` or none), or `review` with what is accepted of each file: `\"all\"`, `\"none\"` or `{\"hunks\":[0,2]}`; `edited_hunks` are accepted with the user's own lines in the place of all that the hunk shows, its context too."
        }
        Event::PlanUpdated { .. } => {
            "The model's plan as it stands now. A `status` is `pending`, `in_progress` or `completed`."
        }
        Event::CheckStarted { .. } => "A `--check` command began; rounds count from 1.",
        Event::CheckFinished(_) => {
            "A check came to its end. `exit` is null where its time limit ended it, and 128 + N where signal N did."
        }
        Event::Pruned { .. } => {
            "The window was nearly full: the outputs of these calls were taken out of the model's view. Each can be read again as `output:ID`. Token counts are estimates."
        }
        Event::Compacted { .. } => {
            "The history up to record `through` was replaced by a summary in the model's view. The log still has all of it; the user's words, the plan and the instructions stay."
        }
        Event::ModeChanged { .. } => "The user chose another mode in the middle of the session.",
        Event::Aside(_) => "A question beside the work and its answer; the model's history never sees them.",
        Event::Ran { .. } => "The user ran a command of their own; the model is told with the next task.",
        Event::Rewound { .. } => "The user went back: for the model nothing from the record `before` on has happened.",
        Event::LoopNoticed { .. } => "The same call gave the same result so many times; the model was told.",
        Event::Notice { .. } => "Something the user should know.",
        Event::Outcome(_) => {
            "How the task ended. The last record of every task, and the last line of every `--json` run."
        }
    }
}

fn usage() -> Usage {
    Usage { input: 2140, cached: 1800, cache_written: 0, output: 96, reasoning: 40 }
}

/// A request that went well.
pub fn turn_finished(turn: u64, tokens: Usage) -> Event {
    Event::TurnFinished(TurnFinished {
        turn,
        model: MODEL.into(),
        stop: Some(Stop::Calls),
        tokens,
        cost_usd: Some(Usd(3000)),
        duration_ms: 1840,
        first_token_ms: Some(620),
        role: Role::Main,
        cache_miss: None,
        error: None,
    })
}

/// A session that has every event in it, the first of each kind being the one that is shown.
fn examples() -> Vec<Event> {
    let mut all = beginning();
    all.extend(working());
    all.extend(ending());
    all
}

fn beginning() -> Vec<Event> {
    let image = ImageRef { blob: "9f86d081884c7d65".repeat(4), media_type: "image/png".into(), bytes: 48213 };
    let sealed = Seal { wire: Wire::Messages, model: MODEL.into(), data: json!({"signature": "EqQBCgIYAhIM"}) };
    vec![
        Event::SessionStarted(SessionStarted {
            session: SESSION.into(),
            version: "0.1.0".into(),
            root: "/home/ada/engine/src".into(),
            project: "/home/ada/engine".into(),
            branch: Some("main".into()),
            model: MODEL.into(),
            wire: Wire::Messages,
            mode: Mode::Auto,
            sandbox: "none".into(),
            network: Network::Full,
            user: "ada".into(),
            models: Vec::new(),
            resumed: false,
            replayed: false,
        }),
        Event::LogCut { bytes: 118 },
        Event::Context {
            text: "<context>\nFolder: /home/ada/engine\n</context>".into(),
            instructions: vec![InstructionFile { path: "AGENTS.md".into(), bytes: 512 }],
        },
        Event::Notice { text: "standard input ignored; pass `-` to wait for it".into() },
        Event::UserMessage(UserMessage {
            source: Source::Task,
            text: "Fix the failing test".into(),
            images: vec![image],
        }),
        Event::Routed(Routed {
            role: Role::Main,
            kind: "fix".into(),
            candidates: vec![Considered {
                model: MODEL.into(),
                expected_usd: Some(Usd(42_000)),
                success_percent: 88,
                reason: "the cheapest that is expected to do it".into(),
            }],
            reason: "the cheapest that is expected to do it".into(),
        }),
        Event::BudgetNoticed(BudgetNoticed {
            scope: Scope::Day,
            limit_usd: Usd(5_000_000),
            used_usd: Usd(4_100_000),
            text: "$4.1000 of today's $5.0000 are used".into(),
        }),
        Event::TurnStarted { turn: 1, model: MODEL.into() },
        Event::Switched(Switched {
            from: MODEL.into(),
            to: "openai/gpt-6-sol".into(),
            cause: SwitchCause::Overloaded,
            reason: "anthropic answered 529: Overloaded".into(),
            cache_lost: 1800,
            extra_usd: Some(Usd(2_100)),
            until: Some("2026-11-21T10:01:00Z".into()),
        }),
        Event::Waiting { reason: "`api.anthropic.com` is overloaded (529)".into(), wait_ms: 1000, attempt: 1 },
        turn_finished(1, usage()),
        Event::Message {
            turn: 1,
            parts: vec![
                Part::Reasoning(Reasoning { text: "The test names the file.".into(), seal: Some(sealed) }),
                Part::Text { text: "I change the sum.".into() },
                Part::Call(ToolCall {
                    id: "toolu_01".into(),
                    name: "edit".into(),
                    arguments: r#"{"edits":[{"path":"src/sum.rs","old_string":"a - b","new_string":"a + b"}]}"#.into(),
                    freeform: false,
                }),
            ],
        },
    ]
}

fn change() -> FileChange {
    let diff = "--- a/src/sum.rs\n+++ b/src/sum.rs\n@@ -1,3 +1,3 @@\n fn sum(a: i32, b: i32) -> i32 {\n-    a - b\n+    a + b\n }\n";
    FileChange {
        path: "src/sum.rs".into(),
        kind: ChangeKind::Modify,
        from: None,
        added: 1,
        removed: 1,
        diff: diff.into(),
    }
}

fn working() -> Vec<Event> {
    let change = change();
    let access = vec![Access::Write { path: "src/sum.rs".into() }];
    let review = Review {
        files: vec![FileReview { path: "src/sum.rs".into(), accept: Accept::Hunks(vec![0]) }],
        edited: Vec::new(),
        edited_hunks: vec![EditedHunk {
            path: "src/sum.rs".into(),
            hunk: 0,
            text: "fn sum(a: i32, b: i32) -> i32 {\n    b + a\n}\n".into(),
        }],
        comment: Some("only this one".into()),
    };
    vec![
        Event::Asked(Ask {
            id: 1,
            call: "toolu_01".into(),
            tool: "edit".into(),
            why: "writes `src/sum.rs`".into(),
            access: access.clone(),
            change: vec![change.clone()],
            made: false,
        }),
        Event::Answered { ask: 1, answer: Answer::Review(review) },
        Event::CheckpointTaken(CheckpointTaken {
            checkpoint: 7,
            phase: Phase::Before,
            duration_ms: 12,
            left_out: vec!["`target` (ignored, more than 1,000 entries)".into()],
            left_out_total: 1,
        }),
        Event::Proposed { files: vec![change.clone()], left_out: vec!["logo.png".into()] },
        Event::ToolStarted(ToolStarted {
            call: "toolu_01".into(),
            tool: "edit".into(),
            summary: "edit src/sum.rs".into(),
            access,
            rule: "mode auto".into(),
            jail: "namespaces".into(),
        }),
        Event::HostDenied(HostDenied {
            call: "toolu_01".into(),
            host: "registry.example.org".into(),
            port: 443,
            why: "it is on no list".into(),
        }),
        Event::Quarantined(Quarantined {
            call: "toolu_01".into(),
            files: vec![GuardedFile { path: ".git/hooks/pre-commit".into(), what: Tampering::Added }],
            kept: "~/.local/state/agent/sessions/01/quarantine/1".into(),
        }),
        Event::Committed(Committed {
            call: "toolu_01".into(),
            commits: vec![Commit {
                id: "3f786850e387550fdab836ed7e6dc881de23001b".into(),
                subject: "sum: count the last one".into(),
                marked: true,
            }],
        }),
        Event::Edited { call: "toolu_01".into(), files: vec![change] },
        Event::ToolFinished(ToolFinished {
            tool: "edit".into(),
            status: ToolStatus::Done,
            result: ToolResult {
                call: "toolu_01".into(),
                output: "done: src/sum.rs (+1 -1)".into(),
                images: Vec::new(),
                error: false,
            },
            duration_ms: 2,
            exit: None,
            limit: None,
            hosts: Vec::new(),
            spill: None,
            refused: None,
        }),
        Event::PlanUpdated {
            steps: vec![
                PlanStep { step: "mend the sum".into(), status: StepStatus::Completed },
                PlanStep { step: "run the tests".into(), status: StepStatus::InProgress },
            ],
        },
        Event::ModeChanged { from: Mode::Ask, to: Mode::Auto },
        Event::Aside(Aside {
            question: "what is a semaphore?".into(),
            answer: "A counter that lets so many through.".into(),
            model: "openai/gpt-5.2".into(),
            tokens: Usage { input: 900, output: 12, ..Usage::default() },
            cost_usd: Some(Usd(1_300)),
            error: None,
        }),
        Event::Ran { command: "git status --short".into(), output: " M src/main.rs\n".into(), exit: Some(0) },
        Event::Rewound { before: 12 },
        Event::LoopNoticed { tool: "read".into(), times: 4 },
        Event::Pruned { calls: vec!["toolu_01".into()], tokens_before: 171_000, tokens_after: 84_000 },
        Event::Compacted {
            summary: "Goal: the test passes.\nDone: src/sum.rs.".into(),
            through: 12,
            tokens_before: 172_000,
            tokens_after: 9_000,
            by: Some("anthropic/claude-haiku-4-5".into()),
            cost_usd: Some(Usd(4_200)),
        },
    ]
}

fn ending() -> Vec<Event> {
    let check = CheckResult { command: "cargo test".into(), passed: true, round: 1, exit: Some(0), duration_ms: 5120 };
    vec![
        Event::TurnStarted { turn: 2, model: MODEL.into() },
        turn_finished(2, usage()),
        Event::Message { turn: 2, parts: vec![Part::Text { text: "The sum adds now: `src/sum.rs:2`.".into() }] },
        Event::CheckStarted { command: "cargo test".into(), round: 1 },
        Event::CheckFinished(check.clone()),
        Event::Outcome(Outcome {
            status: Status::Done,
            exit: 0,
            summary: "The sum adds now: `src/sum.rs:2`.".into(),
            turns: 2,
            tokens: usage(),
            cost_usd: Some(Usd(12_300)),
            duration_ms: 9400,
            checks: vec![check],
            changed: vec![ChangedFile { path: "src/sum.rs".into(), added: 1, removed: 1 }],
            session: SESSION.into(),
            error: None,
        }),
    ]
}

/// The name that an event has in JSON.
pub fn type_of(event: &Event) -> String {
    serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_owned()
}

fn record(seq: u64, event: &Event) -> Record {
    Record { schema: SCHEMA, seq, time: "2026-11-21T10:00:00.123Z".into(), event: event.clone() }
}

/// The first example of each type, in the order of the session.
fn firsts() -> Vec<Record> {
    let mut seen = BTreeMap::new();
    let all = examples();
    for (index, event) in all.iter().enumerate() {
        seen.entry(type_of(event)).or_insert((index as u64 + 1, event));
    }
    let mut firsts: Vec<Record> = seen.into_values().map(|(seq, event)| record(seq, event)).collect();
    firsts.sort_by_key(|record| record.seq);
    firsts
}

/// A line as `--json` prints it.
fn printed(item: &Item) -> String {
    let mut out = Vec::new();
    JsonLines::new(&mut out, true).item(item).unwrap();
    String::from_utf8(out).unwrap()
}

fn document() -> String {
    let mut text = include_str!("events_head.md")
        .replace("{{schema}}", &SCHEMA.to_string())
        .replace("{{logged}}", &logged())
        .replace("{{deltas}}", &deltas())
        .replace("{{failed}}", &failed());
    for record in firsts() {
        let data = &serde_json::to_value(&record).unwrap()["data"];
        let pretty = serde_json::to_string_pretty(data).unwrap();
        let _ = write!(
            text,
            "\n### `{}`\n\n{}\n\n```json\n{pretty}\n```\n",
            type_of(&record.event),
            sentence(&record.event)
        );
    }
    text
}

/// The first line of a log, with the chain that the document describes.
fn logged() -> String {
    let bare = serde_json::to_string(&record(1, &Event::Notice { text: "hello".into() })).unwrap();
    let chain: String = Sha256::digest(&bare).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{},\"chain\":\"{chain}\"}}", bare.strip_suffix('}').unwrap())
}

#[test]
fn the_chain_is_what_the_events_document_says() {
    assert_eq!(agent::store::log::verify(&logged()), None);
}

fn deltas() -> String {
    [Delta::Reasoning("The test names".into()), Delta::Text("I change".into()), Delta::Call("edit".into())]
        .into_iter()
        .map(|delta| printed(&Item::Delta(delta)))
        .collect::<String>()
        .trim_end()
        .to_owned()
}

fn failed() -> String {
    let error = Error::new(Kind::Auth, "no key for `openai`").hint("export OPENAI_API_KEY");
    printed(&Item::Record(record(1, &Event::Outcome(Outcome::failed(&error, String::new()))).into()))
        .trim_end()
        .to_owned()
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

#[test]
fn the_events_document_is_what_the_types_say() {
    let (path, fresh) = (file("docs/events.md"), document());
    if updating() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == fresh, "docs/events.md is out of date: UPDATE=1 cargo test events_document");
}

/// Every variant in the source of the enum has an example, and so a section in the document.
#[test]
fn every_event_has_an_example() {
    let source = include_str!("../../src/base/event/mod.rs");
    let body = source.split("pub enum Event {").nth(1).unwrap().split("\n}").next().unwrap();
    let variants = body.lines().filter(|line| line.starts_with("    ") && line.as_bytes()[4].is_ascii_uppercase());
    let names: Vec<&str> = variants.map(|line| line.trim().split(['(', ' ', ',']).next().unwrap()).collect();
    let shown: Vec<String> = firsts().iter().map(|record| type_of(&record.event)).collect();
    assert_eq!(names.len(), shown.len(), "{names:?} against {shown:?}");
    for name in names {
        let snake = name.char_indices().fold(String::new(), |text, (at, letter)| {
            format!(
                "{text}{}{}",
                if at > 0 && letter.is_ascii_uppercase() { "_" } else { "" },
                letter.to_ascii_lowercase()
            )
        });
        assert!(shown.contains(&snake), "`{snake}` has no example");
    }
}

/// What is written by one version is read by the next, and by programs of others: nothing is lost on the way.
#[test]
fn every_event_survives_its_json() {
    for (index, event) in examples().iter().enumerate() {
        let record = record(index as u64 + 1, event);
        let line = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record, "{line}");
        let unknown = line.replacen("\"data\":{", "\"data\":{\"added_later\":1,", 1);
        assert_eq!(
            serde_json::from_str::<Record>(&unknown).unwrap(),
            record,
            "a field that is added later does no harm"
        );
    }
}

/// Makes the fixture of `log.rs` where there is none. It is never written over: its age is what it is for.
#[test]
fn the_fixture_of_schema_1_is_there() {
    let path = file("tests/fixtures/session-v1.jsonl");
    if updating() && !path.exists() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        appended(&path, &examples());
    }
    assert!(path.exists(), "the fixture is kept in the repository");
}
