//! What happened, as the public, versioned JSON: one flat enum, the same in the session log and on stdout.
//!
//! `docs/events.md` is made from this file and its examples; a new variant is a new row there, and the compiler lists
//! every reader of it. Fields are only ever added, with a default.

mod choice;
mod commit;
mod outcome;
mod spending;

pub use choice::{Considered, Role, Routed, SwitchCause, Switched};
pub use commit::{Commit, Committed};
pub use outcome::{ChangedFile, Fault, Outcome, Status};
pub use spending::{BudgetNoticed, CacheMiss, MissCause, Scope};

use super::access::{Access, Answer, Ask, Mode, Network};
use super::call::ToolResult;
use super::change::{Cause, FileChange};
use super::message::{ImageRef, Part};
use super::model::{Stop, Usage};
use super::money::Usd;
use serde::{Deserialize, Serialize};

/// The version of this format. Older logs stay readable.
pub const SCHEMA: u32 = 1;

/// One line of the log or of `--json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub schema: u32,
    /// Gapless from 1.
    pub seq: u64,
    /// RFC 3339 with milliseconds, UTC.
    pub time: String,
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// A session began, or began again after `--continue` or `--resume`.
    SessionStarted(SessionStarted),
    /// The end of the log was cut off by a crash; the torn record was dropped.
    LogCut { bytes: u64 },
    /// What the model is told of the surroundings: machine, folder, instruction files. Pinned.
    Context { text: String, instructions: Vec<InstructionFile> },
    /// Words to the model from the user, or from the harness on the user's behalf.
    UserMessage(UserMessage),
    /// A model was chosen, and why this one.
    Routed(Routed),
    /// The work goes on with another model.
    Switched(Switched),
    /// A budget is used up as far as it warns at, or as far as something follows from it.
    BudgetNoticed(BudgetNoticed),
    /// A request goes out.
    TurnStarted { turn: u64, model: String },
    /// Something has to be waited for: why, for how long, and for the how-manieth time.
    Waiting { reason: String, wait_ms: u64, attempt: u32 },
    /// A request came to its end, well or badly; what it used and what that cost.
    TurnFinished(TurnFinished),
    /// The model's answer, whole.
    Message { turn: u64, parts: Vec<Part> },
    /// The workspace was kept as it was before a task's first effect, or as it is after its last.
    CheckpointTaken(CheckpointTaken),
    /// A call is about to take effect.
    ToolStarted(ToolStarted),
    /// A call has an answer. `status` says which kind.
    ToolFinished(ToolFinished),
    /// A command in the jail wanted to reach a host that it may not.
    HostDenied(HostDenied),
    /// What a command changed of what is protected was taken away and put back.
    Quarantined(Quarantined),
    /// A command brought commits onto the branches of the workspace's repository.
    Committed(Committed),
    /// Files were changed by a call.
    Edited { call: String, files: Vec<FileChange> },
    /// A run that works in a copy (`--propose`) has come to its end: what it changed there.
    Proposed {
        files: Vec<FileChange>,
        /// Changed paths that are no text, so that no patch holds them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left_out: Vec<String>,
    },
    /// A person is asked.
    Asked(Ask),
    /// The question `ask` was answered.
    Answered { ask: u64, answer: Answer },
    /// The model's plan, as it stands now.
    PlanUpdated { steps: Vec<PlanStep> },
    /// A check began; `round` from 1.
    CheckStarted { command: String, round: u32 },
    /// A check came to its end.
    CheckFinished(CheckResult),
    /// Old tool outputs were taken out of the model's view; each can be read again.
    Pruned { calls: Vec<String>, tokens_before: u64, tokens_after: u64 },
    /// The history up to `through` was replaced by a summary in the model's view.
    Compacted {
        summary: String,
        through: u64,
        tokens_before: u64,
        tokens_after: u64,
        /// The model that wrote the summary; none where no model was asked or it had nothing to say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// What asking for it cost, in the end; `None`: the price is not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost_usd: Option<Usd>,
    },
    /// The user chose another mode in the middle of the session.
    ModeChanged { from: Mode, to: Mode },
    /// A question beside the work, which the model's history never sees.
    Aside(Aside),
    /// The user ran a command of their own; the model is told with the next task.
    Ran {
        command: String,
        /// What it printed, cut to what a model can use.
        output: String,
        /// `None`: it was killed.
        exit: Option<i32>,
    },
    /// The user went back: for the model nothing from the record `before` on has happened.
    Rewound { before: u64 },
    /// The same call gave the same result again and again; the model was told.
    LoopNoticed { tool: String, times: u32 },
    /// Something the user should know.
    Notice { text: String },
    /// The last record of every task.
    Outcome(Outcome),
}

impl Event {
    /// Is there an event of this type in this version?
    pub fn is_known(kind: &str) -> bool {
        let empty = serde_json::json!({ "type": kind, "data": null });
        serde_json::from_value::<Event>(empty)
            .err()
            .is_none_or(|error| !error.to_string().starts_with("unknown variant"))
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionStarted {
    pub session: String,
    /// The version of this program.
    pub version: String,
    /// The folder the agent works in.
    pub root: String,
    /// The top of the repository, or that folder where there is none: what a project's budget and costs go by.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub project: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The first that may be asked.
    pub model: String,
    /// What was named, where that was more than one model, or `auto`: with these the session goes on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    pub wire: super::model::Wire,
    pub mode: Mode,
    /// How commands are confined: `namespaces`, `landlock`, `seatbelt`, or `none`.
    pub sandbox: String,
    /// What of the network the jail opens.
    #[serde(default)]
    pub network: Network,
    /// For whom the agent acts: the user's name on this machine.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// True when an earlier session goes on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
    /// True when a recording plays: what it says of money was spent before, and not by this session.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replayed: bool,
}

/// A question beside the work, and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Aside {
    pub question: String,
    /// Empty where the request failed.
    pub answer: String,
    pub model: String,
    pub tokens: Usage,
    /// `None`: the price is not known.
    pub cost_usd: Option<Usd>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Fault>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstructionFile {
    pub path: String,
    pub bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserMessage {
    pub source: Source,
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ImageRef>,
}

/// Who speaks in a user message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The user gives a task.
    Task,
    /// The user steers while the model works.
    Steer,
    /// A check failed.
    Check,
    /// The answer does not fit the output schema.
    Schema,
    /// The harness: an empty answer, a cut answer, a loop.
    Harness,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TurnFinished {
    pub turn: u64,
    pub model: String,
    /// `None` when the request failed.
    pub stop: Option<Stop>,
    pub tokens: Usage,
    /// `None`: the price is not known.
    pub cost_usd: Option<Usd>,
    /// From sending to the end of the answer.
    pub duration_ms: u64,
    /// From sending to the first piece of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Role::is_main")]
    pub role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_miss: Option<CacheMiss>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Fault>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointTaken {
    /// Its number, for `agent undo --to`.
    pub checkpoint: u64,
    pub phase: Phase,
    pub duration_ms: u64,
    /// Paths that are not in it, each with the reason; the first few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// How many there are.
    #[serde(default)]
    pub left_out_total: u64,
}

/// When in a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Before,
    After,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolStarted {
    pub call: String,
    pub tool: String,
    /// One line for people: ``read `src/main.rs` ``.
    pub summary: String,
    pub access: Vec<Access>,
    /// Why it may: the mode, a rule, an earlier answer, or the answer to the question that was asked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rule: String,
    /// What confined it: `namespaces`, `landlock`, `seatbelt`, or `none`; empty for what runs in this process.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub jail: String,
}

/// A connection that was not made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostDenied {
    /// The call whose command wanted it.
    pub call: String,
    pub host: String,
    pub port: u16,
    /// Why not: it is on no list, or its address is private.
    pub why: String,
}

/// What the guard found after a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// The call whose command did it; empty where it was found later.
    pub call: String,
    pub files: Vec<GuardedFile>,
    /// The folder in which the changed files are kept.
    pub kept: String,
}

/// A protected path that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardedFile {
    pub path: String,
    pub what: Tampering,
}

impl GuardedFile {
    /// What was done about it, for people and models.
    pub fn words(&self) -> String {
        let done = match self.what {
            Tampering::Added => "taken away again",
            Tampering::Changed => "put back as it was",
            Tampering::Removed => "brought back",
        };
        format!("protected, and {done}: {}", self.path)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tampering {
    /// It was not there before, and is gone again.
    Added,
    /// It is as it was before.
    Changed,
    /// It is there again.
    Removed,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolFinished {
    pub tool: String,
    pub status: ToolStatus,
    pub result: ToolResult,
    pub duration_ms: u64,
    /// Exit code of a command that ended by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// The limit that ended it: `memory`, `processes`, `file size`, `disk` or `time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// Hosts that a command reached through the proxy of its jail, as `host:port`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// The full output's name for `read output:<id>`, where `result` holds only its head and tail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spill: Option<String>,
    /// Why an edit was refused: counted by model and format, it says which format suits which model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<RefusedEdit>,
}

/// An edit that was not made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedEdit {
    /// `edit`, `patch`, `udiff`, `blocks` or `whole`.
    pub format: String,
    pub cause: Cause,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolStatus {
    Done,
    /// The tool could not do what was asked; the model is told why.
    Failed,
    /// Policy or a person said no.
    Denied,
    /// It was stopped, or the program died while it ran: what it did is not known.
    Interrupted,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStep {
    pub step: String,
    pub status: StepStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    Pending,
    InProgress,
    Completed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    pub command: String,
    pub passed: bool,
    pub round: u32,
    /// 128 + the signal that ended it; `None` when its time limit did.
    pub exit: Option<i32>,
    pub duration_ms: u64,
}
