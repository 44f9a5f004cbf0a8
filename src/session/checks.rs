//! The user's own checks: a run is done when they pass.

use super::turn::Worker;
use crate::base::Result;
use crate::base::event::{CheckResult, Event, Source};
use crate::process::jobs::{Foreground, Job, State};
use crate::process::spawn::Exec;
use crate::text::truncate::{HEAD, TAIL, head_and_tail};
use crate::tool::Outputs;
use std::time::Instant;

impl Worker {
    /// Runs the checks in order up to the first that fails; its output goes to the model. True when all passed.
    pub(super) async fn run_checks(&mut self) -> Result<bool> {
        self.check_round += 1;
        for command in self.parts.checks.clone() {
            self.append(Event::CheckStarted { command: command.clone(), round: self.check_round })?;
            let started = Instant::now();
            let (exit, output) = self.run_check(&command).await?;
            let passed = exit == Some(0);
            let duration_ms = started.elapsed().as_millis() as u64;
            self.append(Event::CheckFinished(CheckResult {
                command: command.clone(),
                passed,
                round: self.check_round,
                exit,
                duration_ms,
            }))?;
            if !passed {
                if self.check_round <= self.parts.limits.check_rounds {
                    let how = exit.map_or("was ended by its time limit".to_owned(), |code| {
                        format!("failed with exit code {code}")
                    });
                    self.say(
                        Source::Check,
                        format!(
                            "The check `{command}` {how}. Mend the cause and finish again. Its output:\n\n{output}"
                        ),
                    )?;
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn run_check(&self, command: &str) -> Result<(Option<i32>, String)> {
        let shell = &self.parts.hands.shell;
        let exec = Exec {
            program: shell.program.clone().unwrap_or_else(|| "sh".into()),
            arguments: vec!["-c".into(), command.into()],
            folder: self.parts.hands.place.folder().into(),
            environment: shell.environment.clone(),
        };
        let outputs = self.parts.hands.outputs.clone();
        let job = Foreground(Job::start(
            &exec,
            command,
            Some(self.parts.limits.check_timeout),
            Box::new(move || Outputs::open(&*outputs)),
        )?);
        let state = job.0.ended().await;
        let said = job.0.said();
        let text =
            self.parts.hands.redactor.text(String::from_utf8_lossy(&[said.head, said.tail].concat()).into_owned());
        let text = head_and_tail(&text, HEAD, TAIL, |bytes| format!("[… {bytes} bytes left out …]")).unwrap_or(text);
        Ok((if let State::Exited(code) = state { Some(code) } else { None }, text))
    }
}
