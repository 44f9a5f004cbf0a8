//! Calm text: what happens on standard error, one line a step; the answer on standard output, at the end.

use super::paint::{Paint, headline};
use super::{Show, Style, line};
use crate::base::change::FileChange;
use crate::base::event::{
    CheckResult, Committed, Event, InstructionFile, Outcome, PlanStep, Routed, SessionStarted, Source, Status,
    StepStatus, Switched, ToolFinished, ToolStatus,
};
use crate::base::message::{Part, text_of};
use crate::base::model::Usage;
use crate::base::money::Usd;
use crate::base::port::Item;
use crate::text::sanitise::{one_line, sanitise};
use crate::transcript::view::words::duration;
use std::collections::HashMap;
use std::io::Write;

/// Characters of a step's line, and lines of a failing command's output that are shown.
const WIDTH: usize = 100;
const TAIL: usize = 6;
/// Milliseconds from which a checkpoint is worth a line.
const SLOW: u64 = 1_000;

pub struct Text<A: Write, T: Write> {
    answer: A,
    talk: T,
    style: Style,
    paint: Paint,
    /// Text of the last message, not yet known to be the answer.
    held: Option<String>,
    summaries: HashMap<String, String>,
}

impl<A: Write, T: Write> Text<A, T> {
    pub fn new(answer: A, talk: T, style: Style) -> Self {
        Self { answer, talk, style, paint: Paint(style.color), held: None, summaries: HashMap::new() }
    }

    fn say(&mut self, text: &str) -> std::io::Result<()> {
        if self.style.quiet { Ok(()) } else { line(&mut self.talk, text) }
    }

    /// What was held back was not the answer after all.
    fn release(&mut self) -> std::io::Result<()> {
        match self.held.take() {
            Some(text) => self.say(&format!("\n{}\n", sanitise(text.trim()))),
            None => Ok(()),
        }
    }

    fn event(&mut self, event: &Event) -> std::io::Result<()> {
        match event {
            Event::SessionStarted(started) => self.started(started),
            Event::Context { instructions, .. } => self.instructions(instructions),
            Event::LogCut { bytes } => self.say(&self.paint.dim(&format!("the session's log ended in the middle of a record; {bytes} bytes were cut off"))),
            Event::UserMessage(message) => match message.source {
                Source::Schema => self.say(&self.paint.dim("the answer does not fit the schema; asking again")),
                Source::Harness | Source::Task | Source::Steer | Source::Check => Ok(()),
            },
            Event::Waiting { reason, wait_ms, attempt } => {
                let wait = duration(*wait_ms);
                self.say(&self.paint.yellow(&format!("waiting {wait} (attempt {attempt}): {}", one_line(reason))))
            }
            Event::Routed(routed) => self.routed(routed),
            Event::Switched(switched) => self.switched(switched),
            Event::BudgetNoticed(budget) => self.say(&self.paint.yellow(&one_line(&budget.text))),
            Event::TurnStarted { .. } => self.release(),
            Event::TurnFinished(_) => Ok(()),
            Event::Message { parts, .. } => self.message(parts),
            Event::CheckpointTaken(taken) if taken.duration_ms >= SLOW => self.say(&self.paint.dim(&format!("checkpoint {} took {}", taken.checkpoint, duration(taken.duration_ms)))),
            // The patch is for `cli` to hand out.
            Event::CheckpointTaken(_) | Event::Proposed { .. } => Ok(()),
            Event::ToolStarted(started) => {
                self.summaries.insert(started.call.clone(), started.summary.clone());
                Ok(())
            }
            Event::Edited { call, files } => {
                // The diff says more than the step's own line would.
                self.summaries.remove(call);
                files.iter().try_for_each(|file| self.edited(file))
            }
            Event::ToolFinished(finished) => self.finished(finished),
            Event::HostDenied(denied) => {
                self.say(&one_line(&format!("  not connected to {}:{}: {}", denied.host, denied.port, denied.why)))
            }
            Event::Quarantined(found) => found.files.iter().try_for_each(|file| {
                self.say(&one_line(&format!("  {}", file.words())))
            }),
            Event::Committed(made) => self.committed(made),
            // Whoever reviews shows the question.
            Event::Asked(_) if self.style.reviewed => Ok(()),
            Event::Asked(ask) => self.say(&self.paint.yellow(&format!("asks: {}", one_line(&ask.why)))),
            Event::Answered { .. } => Ok(()),
            Event::PlanUpdated { steps } => self.plan(steps),
            Event::CheckStarted { command, .. } => self.say(&self.paint.dim(&format!("checking: {}", clip(&one_line(command))))),
            Event::CheckFinished(check) => self.checked(check),
            Event::Pruned { calls, tokens_before, tokens_after } => {
                self.say(&self.paint.dim(&format!("made room: {} old outputs left out (about {tokens_before} to {tokens_after} tokens); each can be read again", calls.len())))
            }
            Event::Compacted { tokens_before, by, cost_usd, .. } => {
                self.compacted(*tokens_before, by.as_deref(), *cost_usd)
            }
            Event::LoopNoticed { tool, times } => self.say(&self.paint.yellow(&format!("the model called `{}` {times} times in the same way; it was told", one_line(tool)))),
            Event::ModeChanged { to, .. } => self.say(&self.paint.dim(&format!("mode {} from here on", to.name()))),
            // Only a screen asks and does these.
            Event::Aside(_) | Event::Ran { .. } | Event::Rewound { .. } => Ok(()),
            Event::Notice { text } => self.say(&self.paint.dim(&one_line(text))),
            Event::Outcome(outcome) => self.outcome(outcome),
        }
    }

    fn started(&mut self, started: &SessionStarted) -> std::io::Result<()> {
        let again = if started.resumed { ", continued" } else { "" };
        let jail = match started.sandbox.as_str() {
            "none" => "commands are not sandboxed".to_owned(),
            sandbox => format!("sandbox: {sandbox}, network {}", started.network.name()),
        };
        let head = format!(
            "agent {} · {} · mode {} · {jail}{again}",
            started.version,
            one_line(&if started.models.is_empty() { started.model.clone() } else { started.models.join(", ") }),
            started.mode.name()
        );
        self.say(&self.paint.dim(&one_line(&head)))
    }

    fn instructions(&mut self, files: &[InstructionFile]) -> std::io::Result<()> {
        let paths: Vec<String> = files.iter().map(|file| one_line(&file.path)).collect();
        if paths.is_empty() {
            return Ok(());
        }
        self.say(&self.paint.dim(&format!("instructions from {}", paths.join(", "))))
    }

    fn routed(&mut self, routed: &Routed) -> std::io::Result<()> {
        let chosen = routed.candidates.first().map_or(String::new(), |first| format!("{}: ", first.model));
        self.say(&self.paint.dim(&one_line(&format!("{chosen}{}", routed.reason))))
    }

    fn compacted(&mut self, tokens: u64, by: Option<&str>, cost: Option<Usd>) -> std::io::Result<()> {
        let by = by.map_or(String::new(), |by| format!(" by {}", one_line(by)));
        let cost = cost.map_or(String::new(), |cost| format!(" for ${cost}"));
        self.say(&self.paint.dim(&format!(
            "made room: history of about {tokens} tokens summarised{by}{cost}; your words, the plan and instructions stay"
        )))
    }

    /// Commits that do not say who made them.
    fn committed(&mut self, made: &Committed) -> std::io::Result<()> {
        made.commits.iter().filter(|commit| !commit.marked).try_for_each(|commit| {
            let id = commit.id.get(..12).unwrap_or(&commit.id);
            self.say(&one_line(&format!("  commit {id} does not say that an agent made it: {}", commit.subject)))
        })
    }

    fn switched(&mut self, switched: &Switched) -> std::io::Result<()> {
        let mut line = format!("going on with {}: {}", one_line(&switched.to), one_line(&switched.reason));
        if switched.cache_lost > 0 {
            let extra = switched.extra_usd.map_or(String::new(), |extra| format!(", ${extra} more"));
            line.push_str(&format!(" ({} tokens are read anew{extra})", switched.cache_lost));
        }
        self.say(&self.paint.yellow(&line))
    }

    fn message(&mut self, parts: &[Part]) -> std::io::Result<()> {
        let text = text_of(parts);
        if text.trim().is_empty() {
            return Ok(());
        }
        self.held = Some(text);
        if parts.iter().any(|part| matches!(part, Part::Call(_))) { self.release() } else { Ok(()) }
    }

    fn edited(&mut self, file: &FileChange) -> std::io::Result<()> {
        self.say(&self.paint.bold(&headline(file, true)))?;
        if self.style.reviewed {
            return Ok(());
        }
        self.paint.diff(file).iter().try_for_each(|text| self.say(text))
    }

    fn finished(&mut self, finished: &ToolFinished) -> std::io::Result<()> {
        let known = self.summaries.remove(&finished.result.call);
        if known.is_none() && finished.status == ToolStatus::Done {
            return Ok(());
        }
        let summary = known.unwrap_or_else(|| finished.tool.clone());
        let summary = clip(&one_line(&summary));
        let took =
            if finished.duration_ms >= 1000 { format!(" ({})", duration(finished.duration_ms)) } else { String::new() };
        match finished.status {
            ToolStatus::Done if finished.tool == "plan" => Ok(()),
            ToolStatus::Done => self.say(&self.paint.dim(&format!("· {summary}{took}"))),
            ToolStatus::Failed => {
                self.say(&format!("· {summary}{took} {}", self.paint.yellow("failed")))?;
                let lines: Vec<&str> = finished.result.output.lines().collect();
                for text in lines.iter().skip(lines.len().saturating_sub(TAIL)) {
                    self.say(&self.paint.dim(&format!("    {}", clip(&sanitise(text)))))?;
                }
                Ok(())
            }
            ToolStatus::Denied => {
                self.say(&format!("· {summary} {}", self.paint.red(&one_line(&finished.result.output))))
            }
            ToolStatus::Interrupted => self.say(&format!("· {summary} {}", self.paint.yellow("interrupted"))),
        }
    }

    fn plan(&mut self, steps: &[PlanStep]) -> std::io::Result<()> {
        for step in steps {
            let mark = match step.status {
                StepStatus::Pending => "[ ]",
                StepStatus::InProgress => "[>]",
                StepStatus::Completed => "[x]",
            };
            self.say(&self.paint.dim(&format!("  {mark} {}", clip(&one_line(&step.step)))))?;
        }
        Ok(())
    }

    fn checked(&mut self, check: &CheckResult) -> std::io::Result<()> {
        if !check.passed {
            self.release()?;
        }
        let word = if check.passed { self.paint.green("passed") } else { self.paint.red("failed") };
        self.say(&format!("check {word}: {} ({})", clip(&one_line(&check.command)), duration(check.duration_ms)))
    }

    fn outcome(&mut self, outcome: &Outcome) -> std::io::Result<()> {
        let answer = self.held.take();
        let is_answer = outcome.status == Status::Done || outcome.status == Status::Denied;
        match answer {
            Some(text) if !is_answer => self.say(&format!("\n{}\n", sanitise(text.trim())))?,
            _ if is_answer && !outcome.summary.is_empty() => {
                self.say("")?;
                let text = sanitise(outcome.summary.trim()).into_owned();
                if self.style.proposed {
                    self.say(&text)?
                } else {
                    line(&mut self.answer, &text)?
                }
                self.say("")?;
            }
            _ => {}
        }
        let changed: Vec<String> = outcome
            .changed
            .iter()
            .map(|file| format!("{} (+{} -{})", one_line(&file.path), file.added, file.removed))
            .collect();
        if !changed.is_empty() {
            self.say(&format!("changed {}", changed.join(", ")))?;
        }
        if let Some(error) = &outcome.error {
            let head = self.paint.red("error");
            line(&mut self.talk, &format!("{head}: {}", one_line(&error.message)))?;
            if let Some(hint) = &error.hint {
                line(&mut self.talk, &format!("hint: {}", one_line(hint)))?;
            }
        }
        let cost = outcome.cost_usd.map_or("cost unknown".to_owned(), |cost| format!("${cost}"));
        let turns = if outcome.turns == 1 { "1 turn".into() } else { format!("{} turns", outcome.turns) };
        let line = format!(
            "{turns} · {} · {cost} · {} · session {}",
            tokens(&outcome.tokens),
            duration(outcome.duration_ms),
            outcome.session
        );
        self.say(&self.paint.dim(&one_line(&line)))
    }
}

impl<A: Write, T: Write> Show for Text<A, T> {
    fn item(&mut self, item: &Item) -> std::io::Result<()> {
        match item {
            Item::Record(record) => self.event(&record.event),
            Item::Delta(_) => Ok(()),
        }
    }
}

fn tokens(usage: &Usage) -> String {
    let cached = usage.cached.saturating_mul(100).checked_div(usage.input).unwrap_or(0);
    format!("{} tokens in ({cached} % cached), {} out", usage.input, usage.output)
}

fn clip(text: &str) -> String {
    if text.chars().count() <= WIDTH { text.to_owned() } else { text.chars().take(WIDTH - 1).chain(['…']).collect() }
}
