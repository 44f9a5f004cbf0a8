//! A program of the user's own desktop that prints what is on the clipboard. It runs with the user's own environment, for a limited
//! time, and is killed when nobody waits any more.

use crate::base::{Error, Result};
use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// What it prints, at most `most` bytes and one more, by which one sees that it is too much, however it takes that nobody reads the
/// rest; nothing where it fails or takes longer than `limit`.
pub async fn paste(
    program: &Path,
    arguments: &[&str],
    environment: &[(String, OsString)],
    most: u64,
    limit: Duration,
) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| Error::io("start", program.display(), &error);
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let mut bytes = Vec::new();
    let output = child.stdout.take();
    let read = async {
        if let Some(output) = output {
            let _ = output.take(most + 1).read_to_end(&mut bytes).await;
        }
        child.wait().await.is_ok_and(|status| status.success())
    };
    let succeeded = tokio::time::timeout(limit, read).await.unwrap_or(false);
    Ok(if succeeded || bytes.len() as u64 > most { bytes } else { Vec::new() })
}
