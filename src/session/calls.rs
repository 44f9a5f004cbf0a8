//! The calls of one answer: prepared, gated, run, and written down before and after.

use super::turn::Worker;
use crate::base::Result;
use crate::base::access::{Answer, Ask};
use crate::base::call::{ToolCall, ToolResult};
use crate::base::event::{Committed, Event, GuardedFile, Quarantined, Source, ToolFinished, ToolStarted, ToolStatus};
use crate::text::truncate::head_and_tail;
use crate::tool::gate::{self, Grant, Pass};
use crate::tool::{Job, Output, Tool, Unfit};
use crate::workspace::checkpoint::manifest::Manifest;
use futures_util::FutureExt;
use futures_util::future::join_all;
use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The most of the window that one output takes.
const OUTPUT_PERCENT: u64 = 25;

/// A call that may run.
struct Ready {
    call: ToolCall,
    job: Job,
    grant: Grant,
    /// Why it may.
    rule: String,
    /// The workspace before it, where what it changes is shown right after.
    before: Option<Manifest>,
}

/// A call that has run.
struct Ran {
    call: ToolCall,
    output: Output,
    took: Duration,
    before: Option<Manifest>,
}

impl Worker {
    /// Runs the calls of one answer: those that only read side by side, the others in order.
    pub(super) async fn run_calls(&mut self, calls: Vec<ToolCall>) -> Result<()> {
        let mut side_by_side = Vec::new();
        for call in calls {
            let prepared = self.prepare(&call);
            if prepared.as_ref().is_ok_and(Job::has_effects) {
                self.begin_checkpoint();
            }
            let reads_only = prepared.as_ref().is_ok_and(|job| job.reads_only);
            let prepared = if reads_only || side_by_side.is_empty() {
                prepared
            } else {
                self.run_together(std::mem::take(&mut side_by_side)).await?;
                // A file may be written only once it was read, which may just have happened.
                self.prepare(&call)
            };
            match prepared {
                Err(unfit) => self.fail(call, ToolStatus::Failed, unfit)?,
                Ok(job) => match self.admit(&call, &job).await? {
                    Err(words) => self.fail(call, ToolStatus::Denied, words.into())?,
                    Ok((grant, rule)) if reads_only => {
                        side_by_side.push(Ready { call, job, grant, rule, before: None });
                    }
                    Ok((grant, rule)) => {
                        if job.has_effects() {
                            self.await_checkpoint().await?;
                        }
                        let before = self.before_command(&job).await;
                        self.run_together(vec![Ready { call, job, grant, rule, before }]).await?;
                    }
                },
            }
        }
        self.run_together(side_by_side).await
    }

    fn prepare(&self, call: &ToolCall) -> std::result::Result<Job, Unfit> {
        let tool: &Arc<dyn Tool> =
            self.seat.tools.iter().find(|tool| tool.spec().name == call.name).ok_or_else(|| {
                let names: Vec<&str> = self.seat.specs.iter().map(|spec| spec.name).collect();
                format!("there is no tool `{}`; there are {}", call.name, names.join(", "))
            })?;
        tool.prepare(call, &self.parts.hands)
    }

    /// Policy, and where it says so a person, decide.
    async fn admit(&mut self, call: &ToolCall, job: &Job) -> Result<std::result::Result<(Grant, String), String>> {
        match gate::pass(&self.parts.policy, job, &self.parts.hands) {
            Pass::Granted(grant, rule) => {
                self.open_secrets(job);
                Ok(Ok((grant, rule)))
            }
            Pass::Denied(why) => {
                self.totals.denied = Some(format!("`{}` was {why}", job.summary));
                Ok(Err(why))
            }
            Pass::Ask(why) => {
                self.next_ask += 1;
                let ask = gate::question(self.next_ask, &call.id, &call.name, why, job);
                let answer = self.ask(ask).await?;
                let granted = gate::answered(&answer, job, &self.parts.hands);
                match granted {
                    Ok(grant) => {
                        self.open_secrets(job);
                        Ok(Ok((grant, self.answered(&answer, job)?)))
                    }
                    Err(words) => Ok(Err(words)),
                }
            }
        }
    }

    /// Asks whoever answers questions, and waits.
    pub(super) async fn ask(&mut self, ask: Ask) -> Result<Answer> {
        let id = ask.id;
        let waiting = self.inbox.expect(id);
        self.append(Event::Asked(ask))?;
        let answer = waiting.await.unwrap_or(Answer::Deny { comment: None });
        self.append(Event::Answered { ask: id, answer: answer.clone() })?;
        Ok(answer)
    }

    fn fail(&mut self, call: ToolCall, status: ToolStatus, unfit: Unfit) -> Result<()> {
        let words = self.parts.hands.redactor.text(unfit.words);
        let finished = unrun(call.id.clone(), call.name.clone(), status, words.clone());
        let finished = ToolFinished { refused: unfit.edit, ..finished };
        self.append(Event::ToolFinished(finished))?;
        self.watch(&call, &words)
    }

    async fn run_together(&mut self, ready: Vec<Ready>) -> Result<()> {
        for Ready { call, job, grant, rule, .. } in &ready {
            let started = ToolStarted {
                call: call.id.clone(),
                tool: call.name.clone(),
                summary: job.summary.clone(),
                access: job.access.clone(),
                rule: rule.clone(),
                jail: self.jail_of(job, grant),
            };
            self.append(Event::ToolStarted(started))?;
        }
        let running = ready.into_iter().map(|Ready { call, job, mut grant, before, .. }| async move {
            let began = Instant::now();
            let note = grant.note.take();
            let mut output = AssertUnwindSafe((job.run)(grant))
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Output::failed("the tool broke; this is a bug of agent. Try another way"));
            output.text.extend(note.map(|note| format!("\n{note}")));
            Ran { call, output, took: began.elapsed(), before }
        });
        for mut ran in join_all(running).await {
            self.look_at(&mut ran).await?;
            self.finish(ran)?;
        }
        Ok(())
    }

    /// What a person has to say of what a command did and wanted, before the model hears of it.
    async fn look_at(&mut self, ran: &mut Ran) -> Result<()> {
        for denied in std::mem::take(&mut ran.output.denied) {
            let words = self.host_denied(&ran.call, denied).await?;
            ran.output.text.push_str(&format!("\n[{words}]"));
        }
        if !ran.output.commits.is_empty() {
            let commits = std::mem::take(&mut ran.output.commits);
            self.append(Event::Committed(Committed { call: ran.call.id.clone(), commits }))?;
        }
        if let Some(quarantined) = ran.output.quarantined.take() {
            let words: Vec<String> = quarantined.files.iter().map(GuardedFile::words).collect();
            ran.output.text.push_str(&format!("\n[{}; only the user can change it]", words.join("; ")));
            self.append(Event::Quarantined(Quarantined { call: ran.call.id.clone(), ..quarantined }))?;
        }
        if let Some(before) = ran.before.take()
            && let Some(words) = self.after_command(&ran.call, before).await?
        {
            ran.output.text.push_str(&format!("\n[{words}]"));
        }
        Ok(())
    }

    fn finish(&mut self, Ran { call, output, took, .. }: Ran) -> Result<()> {
        self.totals.acted = true;
        for text in output.notices {
            self.append(Event::Notice { text })?;
        }
        if let Some(change) = &output.written {
            let place = &self.parts.hands.place;
            let written = change.files.iter().filter_map(|file| place.resolve(&file.path).ok());
            written.for_each(|file| self.parts.hands.cell.wrote(&file.absolute));
            self.totals.wrote(change);
            self.append(Event::Edited { call: call.id.clone(), files: change.summary() })?;
            self.guard.progress();
        }
        if let Some(steps) = output.plan {
            self.append(Event::PlanUpdated { steps })?;
        }
        if !output.failed && (output.written.is_some() || output.exit == Some(0)) {
            self.totals.denied = None;
        }
        let text = self.parts.hands.redactor.text(output.text);
        let (text, spill) = self.fitting(text, output.spill);
        // The name of the kept output is another each time; for the loop guard the result is the same.
        let seen = spill.as_ref().map_or_else(|| text.clone(), |name| text.replace(name.as_str(), ""));
        self.append(Event::ToolFinished(ToolFinished {
            tool: call.name.clone(),
            status: if output.failed { ToolStatus::Failed } else { ToolStatus::Done },
            result: ToolResult {
                call: call.id.clone(),
                output: text.clone(),
                images: output.images,
                error: output.failed,
            },
            duration_ms: took.as_millis() as u64,
            exit: output.exit,
            limit: output.limit.map(str::to_owned),
            hosts: output.reached,
            spill,
            refused: None,
        }))?;
        self.watch(&call, &seen)
    }

    /// An output that would fill a small window is shown by its two ends, with the whole of it kept to be read in parts.
    pub(super) fn fitting(&self, text: String, spill: Option<String>) -> (String, Option<String>) {
        let most = usize::try_from(self.window() * OUTPUT_PERCENT / 100 * 3).unwrap_or(usize::MAX);
        let name = match spill {
            Some(name) => Some(name),
            None if text.len() > most => self
                .parts
                .hands
                .outputs
                .open()
                .and_then(|(name, mut file)| file.write_all(text.as_bytes()).ok().map(|()| name)),
            None => None,
        };
        let whole = name.as_ref().map(|name| format!("; read output:{name} in parts")).unwrap_or_default();
        let cut = head_and_tail(&text, most / 2, most / 2, |bytes| format!("[… {bytes} bytes left out{whole} …]"));
        (cut.unwrap_or(text), name)
    }

    /// The loop guard: first a word to the model, then the end.
    fn watch(&mut self, call: &ToolCall, result: &str) -> Result<()> {
        let times = self.guard.saw(&call.name, &call.arguments, result);
        let limits = &self.parts.limits;
        if times >= limits.loop_stop {
            return Err(limits.looping(&call.name));
        }
        if times == limits.loop_warn {
            self.append(Event::LoopNoticed { tool: call.name.clone(), times })?;
            self.say(Source::Harness, format!("You have called `{}` {times} times in the same way with the same result. Do something else, or finish.", call.name))?;
        }
        Ok(())
    }

    /// Half a call may look like a whole one, so none of a cut or filtered answer is run.
    pub(super) fn refuse_calls(&mut self, words: &str) -> Result<()> {
        for call in self.fold.unanswered() {
            self.append(Event::ToolFinished(unrun(call.id, call.tool, ToolStatus::Failed, words)))?;
        }
        Ok(())
    }

    /// Answers every call that has no answer, so that the history stays whole.
    pub(super) fn answer_open_calls(&mut self) -> Result<()> {
        for call in self.fold.unanswered() {
            let words = if call.started {
                "interrupted, outcome unknown: it may still be running; look before you go on"
            } else {
                "interrupted before it ran"
            };
            self.append(Event::ToolFinished(unrun(call.id, call.tool, ToolStatus::Interrupted, words)))?;
        }
        Ok(())
    }
}

/// The answer to a call that did not run to its end.
fn unrun(call: String, tool: String, status: ToolStatus, words: impl Into<String>) -> ToolFinished {
    let result = ToolResult { call, output: words.into(), images: Vec::new(), error: true };
    ToolFinished {
        tool,
        status,
        result,
        duration_ms: 0,
        exit: None,
        limit: None,
        hosts: Vec::new(),
        spill: None,
        refused: None,
    }
}
