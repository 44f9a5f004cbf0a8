//! What a cell holds. Foreign text is as it came: who shows it makes it safe.

use super::output::Output;
use crate::base::access::{Answer, Ask};
use crate::base::change::FileChange;
use crate::base::event::{Aside, CheckResult, Outcome, PlanStep, SessionStarted, Source, ToolStarted, ToolStatus};

/// Something that happened, as one thing to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The record that began it; 0 while it only streams.
    pub seq: u64,
    pub body: Body,
    /// Nothing that comes later changes what it says.
    pub done: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    Started(Box<SessionStarted>),
    /// Words to the model: the user's own, or, by `source`, what the harness said on their behalf.
    User {
        source: Source,
        text: String,
        images: usize,
    },
    /// What the model says; Markdown.
    Answer {
        text: String,
    },
    Reasoning {
        text: String,
    },
    Refusal {
        text: String,
    },
    Tool(Box<Tool>),
    Plan(Vec<PlanStep>),
    Check {
        command: String,
        round: u32,
        result: Option<CheckResult>,
    },
    /// A question and its answer.
    Asked {
        ask: Box<Ask>,
        answer: Option<Answer>,
    },
    Aside(Box<Aside>),
    Ran {
        command: String,
        output: String,
        exit: Option<i32>,
    },
    Notice {
        tone: Tone,
        text: String,
    },
    /// The end of a task: what it cost, how long it took, what it changed.
    Outcome(Box<Outcome>),
}

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Quiet,
    Warning,
    Error,
}

/// A tool call, from its start to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    pub call: String,
    pub tool: String,
    pub summary: String,
    pub rule: String,
    pub jail: String,
    /// `None` while it runs.
    pub status: Option<ToolStatus>,
    pub output: Output,
    /// What it changed.
    pub files: Vec<FileChange>,
    pub duration_ms: u64,
    pub exit: Option<i32>,
    pub limit: Option<String>,
    /// What else there is to say: hosts that were denied, files that were put back, commits.
    pub notes: Vec<String>,
}

impl Tool {
    pub(super) fn of(started: &ToolStarted) -> Self {
        Self {
            rule: started.rule.clone(),
            jail: started.jail.clone(),
            ..Self::named(&started.call, &started.tool, started.summary.clone())
        }
    }

    /// A call that never began.
    pub(super) fn named(call: &str, tool: &str, summary: String) -> Self {
        Self {
            call: call.into(),
            tool: tool.into(),
            summary,
            rule: String::new(),
            jail: String::new(),
            status: None,
            output: Output::default(),
            files: Vec::new(),
            duration_ms: 0,
            exit: None,
            limit: None,
            notes: Vec::new(),
        }
    }
}
