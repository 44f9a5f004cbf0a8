//! Output that goes to a file as it comes: redacted line by line, so that no secret is cut by the pieces it comes in.

use super::Redactor;
use std::io::{Result, Write};

/// Bytes that are held back while a line, or a private key, goes on.
const HELD: usize = 64 * 1024;
/// Of a line that does not end, so much stays for the next piece: longer than any token but the longest.
const OVERLAP: usize = 4 * 1024;

/// Redacts what is written through it. The last line is written when it ends, or is flushed or dropped.
pub struct Redacting<W: Write> {
    to: W,
    redactor: Redactor,
    held: Vec<u8>,
}

impl<W: Write> Redacting<W> {
    pub fn new(to: W, redactor: Redactor) -> Self {
        Self { to, redactor, held: Vec::new() }
    }

    /// Writes the first bytes of what is held back.
    fn pass(&mut self, count: usize) -> Result<()> {
        let rest = self.held.split_off(count.min(self.held.len()));
        let whole = std::mem::replace(&mut self.held, rest);
        self.to.write_all(&self.redactor.bytes(&whole))
    }

    /// How much may go: whole lines, but not into a private key that has not ended.
    fn ready(&self) -> usize {
        let lines = memchr::memrchr(b'\n', &self.held).map_or(0, |end| end + 1);
        let whole = self.held.get(..lines).unwrap_or_default();
        let open = memchr::memmem::rfind(whole, b"-----BEGIN");
        let open = open.filter(|at| {
            let key = whole.get(*at..).unwrap_or_default();
            memchr::memmem::find(key, b"PRIVATE KEY").is_some() && memchr::memmem::find(key, b"-----END").is_none()
        });
        let ready = open
            .map_or(lines, |at| memchr::memrchr(b'\n', whole.get(..at).unwrap_or_default()).map_or(0, |end| end + 1));
        if self.held.len() - ready <= HELD {
            return ready;
        }
        if lines > ready {
            return lines;
        }
        // A line without an end: up to a blank, if there is one.
        let most = self.held.len() - OVERLAP;
        let blank = self.held.get(..most).unwrap_or_default().iter().rposition(|byte| byte.is_ascii_whitespace());
        blank.map_or(most, |at| at + 1)
    }
}

impl<W: Write> Write for Redacting<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.held.extend_from_slice(bytes);
        let ready = self.ready();
        if ready > 0 {
            self.pass(ready)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.pass(self.held.len())?;
        self.to.flush()
    }
}

impl<W: Write> Drop for Redacting<W> {
    fn drop(&mut self) {
        // Who wanted to know of an error has flushed before.
        let _ = self.flush();
    }
}
