//! When to send a request again: one pure rule for the whole program, so that no two layers retry each other.

use crate::base::Error;
use std::time::Duration;

/// Waits of 0.5, 1, 2, 4 … s, up to this, each with a quarter of jitter.
const LONGEST: Duration = Duration::from_secs(30);
const FIRST: Duration = Duration::from_millis(500);
/// So often a server is believed that asks for less than our own wait; one that always asks for none would be hammered.
const BELIEVED: u32 = 4;

/// How long to wait before attempt number `attempt + 1`, or `None` to give up.
///
/// `elapsed` is the time since the first attempt began; no wait is begun that would end after `budget`, also not when the
/// server asks for it: then the user learns at once what the server wants. `jitter` is from 0 to 1.
pub fn wait(error: &Error, attempt: u32, elapsed: Duration, budget: Duration, jitter: f64) -> Option<Duration> {
    if !error.kind.retryable() {
        return None;
    }
    let step = FIRST.saturating_mul(1 << (attempt.saturating_sub(1)).min(10)).min(LONGEST);
    let own = step.mul_f64(0.75 + 0.5 * jitter.clamp(0.0, 1.0));
    let wait = match error.retry_after {
        Some(asked) if attempt <= BELIEVED => asked,
        Some(asked) => asked.max(own),
        None => own,
    };
    (elapsed.saturating_add(wait) <= budget).then_some(wait)
}
