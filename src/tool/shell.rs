//! `shell`: one command line; its output bounded, its time limited; or a look at a command in the background.

use super::{Hands, Job, Output, Run, Tool, Unfit, arguments, recover};
use crate::base::access::Access;
use crate::base::call::{ToolCall, ToolInput, ToolSpec};
use crate::process::capture::{OpenSpill, Said, Spill};
use crate::process::jobs::{self, State};
use crate::process::spawn::Exec;
use crate::sandbox::cell::{Cell, Left};
use crate::sandbox::inside::Inside;
use crate::text::redact::stream::Redacting;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

const EXAMPLE: &str = r#"{"command": "ls"}, or {"job": 1} for a background job"#;

/// Characters of the reason for leaving the sandbox: a longer one would stand between the user and the command.
const REASON: usize = 300;
/// Background jobs that run at the same time: each has the limits of a command for itself.
const MOST_JOBS: usize = 16;

pub struct ShellTool(ToolSpec);

#[derive(Deserialize)]
struct Arguments {
    command: Option<String>,
    timeout: Option<f64>,
    #[serde(default)]
    background: bool,
    job: Option<u32>,
    #[serde(default)]
    kill: bool,
    /// Why it must run outside of the sandbox.
    outside: Option<String>,
}

impl Default for ShellTool {
    fn default() -> Self {
        Self(ToolSpec {
            name: "shell",
            description: crate::prompt::tool("shell"),
            input: ToolInput::Json(json!({
                "type": "object",
                "properties": {
                    "command": {"type": "string"},
                    "timeout": {"type": "number", "description": "seconds"},
                    "background": {"type": "boolean"},
                    "job": {"type": "integer", "description": "show this background job"},
                    "kill": {"type": "boolean", "description": "end that job"},
                    "outside": {"type": "string", "description": "asks the user to run it without the sandbox; says why it must"},
                },
            })),
        })
    }
}

impl Tool for ShellTool {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(&self, call: &ToolCall, hands: &Hands) -> Result<Job, Unfit> {
        let wanted: Arguments = arguments(call, EXAMPLE)?;
        if let Some(number) = wanted.job {
            return look(number, wanted.kill, wanted.timeout, hands).map_err(Unfit::from);
        }
        let command = wanted
            .command
            .filter(|command| !command.trim().is_empty())
            .ok_or_else(|| format!("there is no command; send {EXAMPLE}"))?;
        let program =
            hands.shell.program.clone().ok_or("there is no shell on this machine: neither bash nor sh is on PATH")?;
        let exec = Exec {
            program,
            arguments: vec!["-c".into(), command.clone().into()],
            folder: hands.place.folder().into(),
            environment: hands.shell.environment.clone(),
            ..Exec::default()
        };
        let limit = seconds(wanted.timeout).unwrap_or(hands.shell.timeout).min(hands.shell.max_timeout);
        let outside = wanted.outside.filter(|reason| !reason.trim().is_empty()).map(shortened);
        let access = match &outside {
            Some(reason) => Access::Leave { command: command.clone(), reason: reason.clone() },
            None => Access::Exec { command: command.clone() },
        };
        let summary = format!("shell {command}");
        let call = call.id.clone();
        let run: Run = Box::new(move |grant| {
            Box::pin(async move {
                let cell = &grant.hands.cell;
                let cell = if grant.outside { cell.outside() } else { cell.clone() };
                let mut notices = recover::save(&command, &call, &cell, &grant.hands).await;
                let line = Line { exec, text: &command, call: &call, cell };
                let output = if wanted.background {
                    line.background(&grant.hands).await
                } else {
                    line.foreground(limit, &grant.hands).await
                };
                notices.extend(output.notices);
                Output { notices, ..output }
            })
        });
        Ok(Job { summary, access: vec![access], change: None, reads_only: false, run })
    }
}

fn seconds(value: Option<f64>) -> Option<Duration> {
    value.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).filter(|limit| !limit.is_zero())
}

fn shortened(reason: String) -> String {
    match reason.char_indices().nth(REASON) {
        Some((at, _)) => format!("{}…", reason.get(..at).unwrap_or_default()),
        None => reason,
    }
}

fn spill(hands: &Hands) -> OpenSpill {
    let (outputs, redactor) = (hands.outputs.clone(), hands.redactor.clone());
    Box::new(move || outputs.open().map(|(name, file)| (name, Box::new(Redacting::new(file, redactor)) as Spill)))
}

/// A command line that a shell runs.
pub struct Line<'a> {
    pub exec: Exec,
    pub text: &'a str,
    /// The id of the call; empty for a check.
    pub call: &'a str,
    pub cell: Cell,
}

impl Line<'_> {
    /// Starts it in its cell.
    async fn start(self, limit: Option<Duration>, hands: &Hands) -> crate::base::Result<(Arc<jobs::Job>, Inside)> {
        let mut inside = self.cell.enter(self.exec, self.call).await?;
        let watch = inside.watch.take();
        let job = jobs::Job::start_watched(&inside.exec, self.text, limit, spill(hands), watch)?;
        inside.serve();
        Ok((job, inside))
    }

    /// Runs it to its end or its time limit.
    pub async fn foreground(self, limit: Duration, hands: &Hands) -> Output {
        let cell = self.cell.clone();
        match self.start(Some(limit), hands).await {
            Ok((job, inside)) => {
                let mut foreground = Foreground { job, inside: Some(inside), cell };
                let state = foreground.job.ended().await;
                let left = foreground.leave().await;
                let output = report(&foreground.job.said(), &state, limit);
                Output {
                    denied: left.denied,
                    reached: left.reached,
                    quarantined: left.quarantined,
                    commits: left.commits,
                    notices: left.unmended,
                    ..output
                }
            }
            Err(error) => Output::failed(error.message),
        }
    }

    async fn background(self, hands: &Hands) -> Output {
        let running = hands.jobs.running();
        if running >= MOST_JOBS {
            return Output::failed(format!(
                "{running} background jobs are running, and no more may: end one with {{\"job\": N, \"kill\": true}}, or wait for it"
            ));
        }
        let cell = self.cell.clone();
        match self.start(None, hands).await {
            Ok((job, inside)) => {
                let number = hands.jobs.keep(job.clone());
                cell.look_after(inside, async move {
                    job.ended().await;
                });
                Output::text(format!(
                    "started as job {number}; {{\"job\": {number}}} shows its output, with \"kill\": true it ends"
                ))
            }
            Err(error) => Output::failed(error.message),
        }
    }
}

/// A command that is waited for. One whose caller goes away is ended, and looked after at its end: asked to end, it may still
/// do something.
struct Foreground {
    job: Arc<jobs::Job>,
    /// Until it is left.
    inside: Option<Inside>,
    cell: Cell,
}

impl Foreground {
    async fn leave(&mut self) -> Left {
        match self.inside.take() {
            Some(inside) => inside.leave().await,
            None => Left::default(),
        }
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        let Some(inside) = self.inside.take() else { return };
        self.job.kill();
        let job = self.job.clone();
        self.cell.abandon(inside, async move {
            job.ended().await;
        });
    }
}

/// Shows a background job; waits for its end for as long as the model says.
fn look(number: u32, kill: bool, wait: Option<f64>, hands: &Hands) -> Result<Job, String> {
    let job = hands.jobs.get(number).ok_or_else(|| match hands.jobs.numbers().as_slice() {
        [] => "there are no background jobs".to_owned(),
        numbers => format!("there is no job {number}; there are {numbers:?}"),
    })?;
    let summary = format!("shell job {number}{}", if kill { ", end it" } else { "" });
    let wait = seconds(wait).unwrap_or_default().min(hands.shell.max_timeout);
    let run: Run = Box::new(move |_grant| {
        Box::pin(async move {
            if kill {
                job.kill();
            }
            let _ = tokio::time::timeout(if kill { Duration::from_secs(2) } else { wait }, job.ended()).await;
            let state = job.state();
            let mut output = report(&job.said(), &state, Duration::ZERO);
            output.failed = false;
            if state == State::Running {
                output
                    .text
                    .push_str(&format!("\n[job {number} has been running for {} s]", job.started.elapsed().as_secs()));
            }
            output
        })
    });
    Ok(Job { summary, access: Vec::new(), change: None, reads_only: false, run })
}

/// Output and end of a command, in as few words as the model needs.
fn report(said: &Said, state: &State, limit: Duration) -> Output {
    let clean = |bytes: &[u8]| plain(&String::from_utf8_lossy(bytes));
    // Between head and tail lines are left out whole, so that no half of a secret stands at the cut.
    let (head, tail) =
        if said.tail.is_empty() { (said.head.as_slice(), said.tail.as_slice()) } else { whole_lines(said) };
    let mut text = clean(head);
    if !said.tail.is_empty() {
        let left_out = said.total - (head.len() + tail.len()) as u64;
        let whole = said.spilled.as_ref().map(|name| format!("; read output:{name} for all of it")).unwrap_or_default();
        text.push_str(&format!("[… {left_out} bytes left out{whole} …]\n"));
        text.push_str(&clean(tail));
    }
    let text = text.trim_end().to_owned();
    let note = match state {
        State::Exited(0) | State::Running => None,
        State::Exited(code) => Some(format!("[exit code {code}]")),
        State::TimedOut => Some(format!(
            "[ended after {} s, its time limit; pass a longer timeout, or background]",
            limit.as_secs_f32()
        )),
        State::Killed => Some("[ended on request]".into()),
        State::LimitHit(limit) => Some(format!("[ended by its limit: {limit}]")),
    };
    let exit = if let State::Exited(code) = state { Some(*code) } else { None };
    let text = match (text.is_empty(), note) {
        (true, None) => "(no output)".into(),
        (true, Some(note)) => note,
        (false, None) => text,
        (false, Some(note)) => format!("{text}\n{note}"),
    };
    Output {
        text,
        exit,
        spill: said.spilled.clone(),
        failed: !matches!(state, State::Exited(0) | State::Running),
        limit: match state {
            State::LimitHit(limit) => Some(limit),
            State::TimedOut => Some("time"),
            State::Running | State::Exited(_) | State::Killed => None,
        },
        ..Output::default()
    }
}

/// The head up to its last line end, the tail from its first.
fn whole_lines(said: &Said) -> (&[u8], &[u8]) {
    let head = said.head.iter().rposition(|byte| *byte == b'\n').map_or(&[][..], |at| said.head.split_at(at + 1).0);
    let tail = said.tail.iter().position(|byte| *byte == b'\n').map_or(&[][..], |at| said.tail.split_at(at + 1).1);
    (head, tail)
}

/// Without colours and progress bars: escape sequences are dropped, and of a line that was redrawn the last state is kept.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (body, end) = line
            .strip_suffix("\r\n")
            .map(|body| (body, "\n"))
            .or_else(|| line.strip_suffix('\n').map(|body| (body, "\n")))
            .unwrap_or((line, ""));
        let last = body.rsplit('\r').find(|part| !part.is_empty()).unwrap_or_default();
        without_escapes(last, &mut out);
        out.push_str(end);
    }
    out
}

fn without_escapes(line: &str, out: &mut String) {
    let mut chars = line.chars().peekable();
    while let Some(char) = chars.next() {
        if char != '\u{1b}' {
            if char == '\t' || !char.is_control() {
                out.push(char);
            }
            continue;
        }
        match chars.next() {
            // CSI: parameters, then one letter.
            Some('[') => while chars.next().is_some_and(|char| !('\u{40}'..='\u{7e}').contains(&char)) {},
            // OSC and its kin: up to BEL or ST.
            Some(']' | 'P' | '^' | '_') => {
                while let Some(char) = chars.next() {
                    if char == '\u{7}' || (char == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                        break;
                    }
                }
            }
            _ => {}
        }
    }
}
