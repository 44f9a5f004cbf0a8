//! When to send a request again: one pure rule for the whole program, so that no two layers retry each other.

use crate::base::Error;
use std::time::Duration;

/// Waits of 0.5, 1, 2, 4 … s, with jitter, up to this.
const LONGEST: Duration = Duration::from_secs(30);
const FIRST: Duration = Duration::from_millis(500);

/// How long to wait before attempt number `attempt + 1`, or `None` to give up.
///
/// `elapsed` is the time since the first attempt began; no wait is begun that would end after `budget`, also not when the
/// server asks for it: then the user learns at once what the server wants. `jitter` is from 0 to 1.
pub fn wait(error: &Error, attempt: u32, elapsed: Duration, budget: Duration, jitter: f64) -> Option<Duration> {
    if !error.kind.retryable() {
        return None;
    }
    let wait = error.retry_after.unwrap_or_else(|| {
        let step = FIRST.saturating_mul(1 << (attempt.saturating_sub(1)).min(10)).min(LONGEST);
        step.mul_f64(0.75 + 0.5 * jitter.clamp(0.0, 1.0))
    });
    (elapsed + wait <= budget).then_some(wait)
}
