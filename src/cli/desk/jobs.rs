//! Commands in the background of the session: what they print, and their end at the user's word.

use super::{Office, locked};
use crate::base::desk::Done;
use crate::base::{Error, Result};
use crate::process::jobs::{Job, Jobs, State};
use crate::text::sanitise::one_line;
use std::sync::Arc;
use std::time::Duration;

/// Lines of a command's output that are shown.
const LINES: usize = 20;
/// The longest wait for the end of a command.
const PATIENCE: Duration = Duration::from_secs(2);

fn jobs(office: &Office) -> Option<Arc<Jobs>> {
    locked(&office.jobs).clone()
}

/// How many run; `None` where there is no session.
pub(super) fn running(office: &Office) -> Option<usize> {
    jobs(office).map(|jobs| jobs.running())
}

/// All of them, each with the end of what it printed.
pub(super) fn page(office: &Office) -> Result<String> {
    let mut text = String::from("commands in the background\n");
    let jobs = jobs(office).unwrap_or_default();
    let redactor = office.redactor()?;
    for (number, job) in jobs.numbers().into_iter().filter_map(|number| Some((number, jobs.get(number)?))) {
        text.push_str(&format!("\n{number}  {} · {}\n", state(&job), one_line(&job.command)));
        for line in redactor.text(last(&job)).lines() {
            text.push_str(&format!("   {line}\n"));
        }
    }
    text.push_str(match jobs.numbers().is_empty() {
        true => "\nthere are none; the model starts them, for servers and what takes long\n",
        false => "\n/jobs end NUMBER ends one; all end with the session\n",
    });
    Ok(text)
}

/// Ends one, and says how it ended.
pub(super) async fn end(office: &Office, number: u32) -> Result<Done> {
    let job = jobs(office).and_then(|jobs| jobs.get(number)).ok_or_else(|| {
        Error::usage(format!("there is no job {number}")).hint("/jobs lists the commands in the background")
    })?;
    if job.state() == State::Running {
        job.kill();
        // What does not end in time is killed by then, or about to be.
        let _ = tokio::time::timeout(PATIENCE, job.ended()).await;
    }
    Ok(Done::Said(format!("job {number}: {} · {}", state(&job), one_line(&job.command))))
}

fn state(job: &Job) -> String {
    match job.state() {
        State::Running => format!("runs for {} s", job.started.elapsed().as_secs()),
        State::Exited(code) => format!("ended, exit {code}"),
        State::TimedOut => "ended by its time limit".into(),
        State::Killed => "ended on request".into(),
        State::LimitHit(limit) => format!("ended by its limit: {limit}"),
    }
}

/// The last lines that it printed.
fn last(job: &Job) -> String {
    let said = job.said();
    let bytes = if said.tail.is_empty() { said.head } else { said.tail };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(LINES)).copied().collect::<Vec<&str>>().join("\n")
}
