//! What is written down of connections: hosts, ports, bytes and verdicts. Never a header, never a body.

use super::Moved;
use crate::policy::hosts::Refusal;
use crate::text::host::Target;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Refusals that are kept until they are taken, and hosts that are kept for a session: a command that tries names for hours fills no
/// memory and asks no thousand questions.
const MOST_DENIED: usize = 64;
const MOST_HOSTS: usize = 1024;

/// A connection that was not made; the same again is the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Denied {
    /// The call whose command wanted it.
    pub call: String,
    /// In its one spelling; what is no host is shown as it came, without what a terminal would act on.
    pub host: String,
    /// 0 where what was asked for is no host.
    pub port: u16,
    pub why: Refusal,
}

/// What went to one host for one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub call: String,
    pub host: String,
    pub port: u16,
    /// The rule that let it through: `list rust`.
    pub rule: String,
    /// How many were made.
    pub times: u64,
    /// Bytes to the host.
    pub sent: u64,
    /// Bytes from it.
    pub received: u64,
}

#[derive(Default)]
pub(super) struct Book {
    denied: Vec<Denied>,
    /// By call and target.
    made: BTreeMap<(String, Target), Made>,
}

struct Made {
    rule: String,
    times: u64,
    /// Of connections that have ended.
    sent: u64,
    received: u64,
    open: Vec<Arc<Moved>>,
}

impl Book {
    pub(super) fn deny(&mut self, denied: Denied) {
        if self.denied.len() < MOST_DENIED && !self.denied.contains(&denied) {
            self.denied.push(denied);
        }
    }

    pub(super) fn take_denied(&mut self) -> Vec<Denied> {
        std::mem::take(&mut self.denied)
    }

    /// A connection was made, whose bytes are counted in `moved`.
    pub(super) fn connected(&mut self, call: &str, target: &Target, rule: &str, moved: Arc<Moved>) {
        let key = (call.to_owned(), target.clone());
        if self.made.len() >= MOST_HOSTS && !self.made.contains_key(&key) {
            return;
        }
        let made = self.made.entry(key).or_insert_with(|| Made {
            rule: rule.into(),
            times: 0,
            sent: 0,
            received: 0,
            open: Vec::new(),
        });
        made.times += 1;
        made.settle();
        made.open.push(moved);
    }

    pub(super) fn seen(&self) -> Vec<Connection> {
        let connection = |((call, target), made): (&(String, Target), &Made)| {
            let (sent, received) = made.open.iter().fold((made.sent, made.received), |(sent, received), moved| {
                let (more_sent, more_received) = moved.bytes();
                (sent + more_sent, received + more_received)
            });
            Connection {
                call: call.clone(),
                host: target.host.to_string(),
                port: target.port,
                rule: made.rule.clone(),
                times: made.times,
                sent,
                received,
            }
        };
        self.made.iter().map(connection).collect()
    }
}

impl Made {
    /// Adds up the connections that nobody holds any more.
    fn settle(&mut self) {
        let (sent, received) = (&mut self.sent, &mut self.received);
        self.open.retain(|moved| {
            let is_open = Arc::strong_count(moved) > 1;
            if !is_open {
                *sent += moved.sent.load(Ordering::Relaxed);
                *received += moved.received.load(Ordering::Relaxed);
            }
            is_open
        });
    }
}
