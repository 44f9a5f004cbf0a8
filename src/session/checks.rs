//! The user's own checks: a run is done when they pass.

use super::turn::Worker;
use crate::base::Result;
use crate::base::event::{CheckResult, Committed, Event, Source};
use crate::process::spawn::Exec;
use crate::tool::shell::Line;
use std::time::Instant;

impl Worker {
    /// Runs the checks in order up to the first that fails; its output goes to the model. True when all passed.
    pub(super) async fn run_checks(&mut self) -> Result<bool> {
        self.check_round += 1;
        self.await_checkpoint().await?;
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

    /// Exit code, if it ended by itself, and output as the model would see it of a command of its own.
    async fn run_check(&mut self, command: &str) -> Result<(Option<i32>, String)> {
        let hands = &self.parts.hands;
        let shell = &hands.shell;
        let exec = Exec {
            program: shell.program.clone().unwrap_or_else(|| "sh".into()),
            arguments: vec!["-c".into(), command.into()],
            folder: hands.place.folder().into(),
            environment: shell.environment.clone(),
            ..Exec::default()
        };
        let line = Line { exec, text: command, call: "", cell: hands.cell.clone() };
        let output = line.foreground(self.parts.limits.check_timeout, hands).await;
        let text = self.parts.hands.redactor.text(output.text);
        output.denied.into_iter().try_for_each(|denied| self.append(Event::HostDenied(denied)).map(drop))?;
        if !output.commits.is_empty() {
            self.append(Event::Committed(Committed { call: String::new(), commits: output.commits }))?;
        }
        output.notices.into_iter().try_for_each(|text| self.append(Event::Notice { text }).map(drop))?;
        if let Some(quarantined) = output.quarantined {
            self.append(Event::Quarantined(quarantined))?;
        }
        Ok((output.exit, text))
    }
}
