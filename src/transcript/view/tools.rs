//! Calls, questions and checks: cells that begin with one record and end with another.

use super::cell::{Body, Cell, Tone, Tool};
use super::output::Output;
use super::working::{BackgroundJob, Working, looked_at, started_job, still_runs};
use super::{View, keep, words};
use crate::base::access::{Answer, Ask};
use crate::base::change::FileChange;
use crate::base::event::{CheckResult, Record, ToolFinished, ToolStarted, ToolStatus};

/// The tool whose cell is the plan itself.
const PLAN: &str = "plan";

impl View {
    pub(super) fn tool_started(&mut self, record: &Record, started: &ToolStarted) {
        self.called.remove(&started.call);
        if started.tool == PLAN {
            return;
        }
        self.add(record.seq, Body::Tool(Box::new(Tool::of(started))), false);
        self.runs(record);
    }

    pub(super) fn tool_finished(&mut self, record: &Record, finished: &ToolFinished) {
        let call = &finished.result.call;
        let summary = self.called.remove(call);
        if self.running(call).is_none() {
            if finished.tool == PLAN && finished.status == ToolStatus::Done {
                return;
            }
            let summary = summary.unwrap_or_else(|| finished.tool.clone());
            let tool = Tool::named(call, &finished.tool, summary);
            self.add(record.seq, Body::Tool(Box::new(tool)), false);
        }
        let Some(index) = self.running(call) else { return };
        let Some(cell) = self.cells.get_mut(index) else { return };
        let Body::Tool(tool) = &mut cell.body else { return };
        tool.status = Some(finished.status);
        tool.output = Output::of(&finished.result.output);
        tool.duration_ms = finished.duration_ms;
        tool.exit = finished.exit;
        tool.limit.clone_from(&finished.limit);
        keep::shorten_diffs(tool);
        let summary = tool.summary.clone();
        cell.done = true;
        self.keep(index);
        self.job(record, &summary, finished);
        self.runs(record);
    }

    /// The cell of a call that has not ended.
    fn running(&self, call: &str) -> Option<usize> {
        let is_it = |cell: &Cell| !cell.done && matches!(&cell.body, Body::Tool(tool) if tool.call == call);
        let open = self.cells.iter().enumerate().skip(self.settled);
        open.filter(|(_, cell)| is_it(cell)).map(|(index, _)| index).next_back()
    }

    fn tool(&mut self, call: &str) -> Option<&mut Tool> {
        let cell = self.running(call).and_then(|index| self.cells.get_mut(index))?;
        if let Body::Tool(tool) = &mut cell.body { Some(tool) } else { None }
    }

    /// What runs, if anything does.
    fn runs(&mut self, record: &Record) {
        if self.working.is_none() {
            return;
        }
        let open = self.cells.iter().skip(self.settled).filter(|cell| !cell.done);
        let mut tools = open.filter_map(|cell| if let Body::Tool(tool) = &cell.body { Some(tool) } else { None });
        let first = tools.next().map(|tool| (tool.tool.clone(), tool.summary.clone()));
        let calls = 1 + tools.count();
        self.begin(record, |since| match first {
            Some((tool, summary)) => Working::Running { tool, summary, calls, since },
            None => Working::Preparing { since },
        });
    }

    /// A command that went to the background, or a look at one.
    fn job(&mut self, record: &Record, summary: &str, finished: &ToolFinished) {
        let output = &finished.result.output;
        if let Some(number) = looked_at(summary) {
            if !still_runs(output, number) {
                self.jobs.retain(|job| job.number != number);
            }
        } else if let Some(number) = started_job(output).filter(|_| finished.tool == "shell") {
            self.jobs.push(BackgroundJob { number, summary: summary.into(), since: record.time.clone() });
        }
    }

    /// Something to say of a call; where that has ended, or was none, on a line of its own.
    pub(super) fn note(&mut self, seq: u64, call: &str, notes: Vec<String>) {
        if let Some(tool) = self.tool(call) {
            tool.notes.extend(notes);
        } else {
            notes.into_iter().for_each(|text| self.notice(seq, Tone::Warning, text));
        }
    }

    pub(super) fn edited(&mut self, seq: u64, call: &str, files: &[FileChange]) {
        if let Some(tool) = self.tool(call) {
            tool.files.extend(files.iter().cloned());
        } else {
            files.iter().for_each(|file| self.notice(seq, Tone::Quiet, words::changed(file)));
        }
    }

    pub(super) fn asked(&mut self, record: &Record, ask: &Ask) {
        self.since.clone_from(&record.time);
        self.add(record.seq, Body::Asked { ask: Box::new(ask.clone()), answer: None }, false);
        self.keep(self.cells.len() - 1);
    }

    /// A session that goes on counts its questions anew: the last one of this number is meant.
    pub(super) fn answered_question(&mut self, id: u64, said: &Answer) {
        let open = self.cells.iter_mut().skip(self.settled).rev().filter(|cell| !cell.done);
        for cell in open {
            if let Body::Asked { ask, answer } = &mut cell.body
                && ask.id == id
            {
                *answer = Some(said.clone());
                cell.done = true;
                return;
            }
        }
    }

    pub(super) fn checked(&mut self, record: &Record, check: &CheckResult) {
        for cell in self.cells.iter_mut().skip(self.settled).rev() {
            if let Body::Check { command, result, .. } = &mut cell.body
                && !cell.done
                && *command == check.command
            {
                *result = Some(check.clone());
                cell.done = true;
                break;
            }
        }
        if self.working.is_some() {
            self.begin(record, |since| Working::Preparing { since });
        }
    }
}
