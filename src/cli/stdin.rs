//! Standard input of a run: read where it is meant, and never waited for where it is not.

use crate::base::{Error, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::FileType;
use std::io::Read;
use std::time::{Duration, Instant};

/// Bytes that are taken at most.
const MAX: usize = 10 * 1024 * 1024;
/// How long an open pipe is given for its first byte.
const FIRST_BYTE: Duration = Duration::from_millis(100);
/// How long a pipe that has begun to speak may pause, where no `-` asked to wait for its end.
const PAUSE: Duration = Duration::from_secs(30);

/// What was found there.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    Nothing,
    Text(String),
    /// A pipe was open, and nothing came.
    Ignored,
}

/// Reads it. With `wait` (the `-` of the command line) to its end, until `limit` at most; else only what comes by itself.
pub fn read(wait: bool, limit: Option<Duration>) -> Result<Input> {
    let stdin = std::io::stdin();
    let kind = match rustix::fs::fstat(&stdin) {
        Ok(stat) => FileType::from_raw_mode(stat.st_mode),
        Err(_) => return Ok(Input::Nothing),
    };
    let deadline = limit.map(|limit| Instant::now() + limit);
    match kind {
        _ if wait => collect(deadline, None),
        FileType::RegularFile => collect(deadline, None),
        FileType::Fifo | FileType::Socket => match ready(FIRST_BYTE) {
            true => collect(deadline, Some(PAUSE)),
            false => Ok(Input::Ignored),
        },
        _ => Ok(Input::Nothing),
    }
}

/// Is there a byte, or the end, within `wait`?
pub fn ready(wait: Duration) -> bool {
    let stdin = std::io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    let wait = Timespec { tv_sec: wait.as_secs().cast_signed(), tv_nsec: i64::from(wait.subsec_nanos()) };
    poll(&mut fds, Some(&wait)).is_ok_and(|count| count > 0)
}

fn collect(deadline: Option<Instant>, pause: Option<Duration>) -> Result<Input> {
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let wait = match (left, pause) {
            (Some(left), Some(pause)) => Some(left.min(pause)),
            (left, pause) => left.or(pause),
        };
        if let Some(wait) = wait
            && !ready(wait)
        {
            return Err(Error::usage(format!("standard input stopped after {} bytes and stayed open", bytes.len()))
                .hint("close it, or redirect it from a file"));
        }
        let count = std::io::stdin()
            .read(&mut chunk)
            .map_err(|error| Error::io("read", "standard input", &error).kind(crate::base::Kind::Usage))?;
        if count == 0 {
            break;
        }
        bytes.extend_from_slice(chunk.get(..count).unwrap_or_default());
        if bytes.len() > MAX {
            return Err(Error::usage(format!("standard input has more than {} MiB", MAX >> 20))
                .hint("put it into a file of the workspace and name the file in the task"));
        }
    }
    if bytes.is_empty() {
        return Ok(Input::Nothing);
    }
    Ok(Input::Text(String::from_utf8_lossy(&bytes).into_owned()))
}

/// The text as a fenced block; the fence is longer than any in it.
pub fn fenced(text: &str) -> String {
    let longest =
        text.lines().map(|line| line.trim_start().bytes().take_while(|byte| *byte == b'`').count()).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}\n{}\n{fence}", text.trim_end_matches('\n'))
}
