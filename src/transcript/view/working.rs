//! What goes on right now, as far as records and the streaming answer say.

/// What goes on. `since` is the time of the record with which it began (RFC 3339).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Working {
    /// Between two steps: a request is being made ready, a checkpoint is taken.
    Preparing { since: String },
    /// A request was sent; nothing has come yet.
    Requesting { model: String, since: String },
    /// Reasoning streams.
    Thinking { since: String },
    /// The answer streams.
    Writing { since: String },
    /// The model writes a call of this tool.
    Calling { tool: String, since: String },
    /// A call runs, the first of `calls` that do.
    Running { tool: String, summary: String, calls: usize, since: String },
    /// A check runs.
    Checking { command: String, since: String },
    /// Waits before it tries again.
    Waiting { reason: String, wait_ms: u64, attempt: u32, since: String },
    /// Somebody is asked.
    Asking { ask: u64, since: String },
}

/// A command in the background.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackgroundJob {
    pub number: u32,
    pub summary: String,
    /// The time of the record that started it (RFC 3339).
    pub since: String,
}

/// A task of the user's: where one can go back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    pub seq: u64,
    /// Its first words, on one line.
    pub text: String,
    /// The time of its record (RFC 3339).
    pub time: String,
}

/// The number in ``started as job 3; …``, which is how a command in the background answers.
pub(super) fn started_job(output: &str) -> Option<u32> {
    let number = output.strip_prefix("started as job ")?.split(';').next()?;
    number.trim().parse().ok()
}

/// The number of the job that a call looks at: its summary is `shell job 3`, or `shell job 3, end it`.
pub(super) fn looked_at(summary: &str) -> Option<u32> {
    let number = summary.strip_prefix("shell job ")?;
    number.split(',').next()?.trim().parse().ok()
}

/// Does this look at a job say that it still runs?
pub(super) fn still_runs(output: &str, number: u32) -> bool {
    output.lines().last().is_some_and(|line| line.starts_with(&format!("[job {number} has been running for ")))
}
