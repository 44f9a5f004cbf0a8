//! The proxy for commands in the jail: CONNECT tunnels and plain HTTP requests, to the hosts on a list and to nobody else.
//!
//! The list is exact names and ports. A name is looked up once, its addresses are checked, and a checked one is dialled. Headers and
//! bodies are never written down: hosts, ports, bytes and verdicts are.

pub mod address;
mod book;
mod dial;
mod moved;
mod request;
mod tunnel;
mod upstream;

pub use book::{Connection, Denied};
pub use dial::{Lookup, system};
pub use upstream::Upstream;

use crate::policy::hosts::{HostRule, HostRules, Refusal};
use crate::text::host::{Host, Pattern, Target};
use crate::text::sanitise::one_line;
use book::Book;
use moved::Moved;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What a connection may use. Each wait has an end.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a request's or an answer's head.
    pub head: usize,
    /// For a whole head to come.
    pub head_time: Duration,
    /// For a name to be looked up, and for a connection to be made.
    pub connect: Duration,
    /// Without a byte in either direction.
    pub idle: Duration,
    /// Of one connection from its beginning to its end.
    pub whole: Duration,
    /// Connections at a time, of all commands together. More wait for their turn.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MINUTE: Duration = Duration::from_secs(60);
        Self {
            head: 64 * 1024,
            head_time: Duration::from_secs(15),
            connect: Duration::from_secs(15),
            idle: 5 * MINUTE,
            whole: 6 * 60 * MINUTE,
            connections: 256,
        }
    }
}

/// A host that one command may reach: the first that connects to it.
struct Once {
    rule: HostRule,
    /// The call of that command, once it is known.
    call: Option<String>,
}

/// The proxy of a session. Its listeners come and go with the commands.
pub struct Egress {
    rules: RwLock<HostRules>,
    once: Mutex<Vec<Once>>,
    upstream: Upstream,
    lookup: Lookup,
    limits: Limits,
    book: Mutex<Book>,
    places: Arc<Semaphore>,
}

impl Egress {
    pub fn new(rules: HostRules, upstream: Upstream) -> Arc<Self> {
        Self::with(rules, upstream, system(), Limits::default())
    }

    /// The same with another way to look up names, and other limits.
    pub fn with(rules: HostRules, upstream: Upstream, lookup: Lookup, limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            rules: RwLock::new(rules),
            once: Mutex::default(),
            upstream,
            lookup,
            limits,
            book: Mutex::default(),
            places: Arc::new(Semaphore::new(limits.connections)),
        })
    }

    /// Serves the command of one call until the future is dropped, and all its connections with it. The listener may be of
    /// another network namespace. The error is that the listener cannot be used.
    pub fn serve(
        self: &Arc<Self>,
        listener: std::net::TcpListener,
        call: &str,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let (egress, call): (_, Arc<str>) = (self.clone(), call.into());
        async move {
            listener.set_nonblocking(true)?;
            egress.accept(&TcpListener::from_std(listener)?, &call).await;
            Ok(())
        }
    }

    async fn accept(self: &Arc<Self>, listener: &TcpListener, call: &Arc<str>) {
        let mut connections = JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            let Ok(place) = self.places.clone().acquire_owned().await else { return };
            let Ok((stream, _)) = listener.accept().await else {
                // Too many open files, for a moment.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let (egress, call) = (self.clone(), call.clone());
            connections.spawn(async move {
                let limit = egress.limits.whole;
                // One that takes longer is cut off; its client sees that.
                let _ = tokio::time::timeout(limit, egress.talk(stream, call)).await;
                drop(place);
            });
        }
    }

    /// Lets this host be reached from now on, as the user answered. `private`: also where its address is a private one.
    pub fn allow(&self, host: &Host, port: u16, private: bool) {
        self.add(answered(host, port, private));
    }

    /// The same for one command: the first that connects to the host.
    pub fn allow_once(&self, host: &Host, port: u16, private: bool) {
        self.once().push(Once { rule: answered(host, port, private), call: None });
    }

    /// Adds a rule.
    pub fn add(&self, rule: HostRule) {
        self.rules.write().unwrap_or_else(PoisonError::into_inner).push(rule);
    }

    /// What may be reached now.
    pub fn rules(&self) -> HostRules {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The connections that were not made since this was asked last, each once and in their order.
    pub fn take_denied(&self) -> Vec<Denied> {
        self.book().take_denied()
    }

    /// What was reached until now, by call and host, with the bytes of open connections up to now.
    pub fn seen(&self) -> Vec<Connection> {
        self.book().seen()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deny(&self, call: &str, target: &Target, why: &Refusal) {
        let host = target.host.to_string();
        self.book().deny(Denied { call: call.into(), host, port: target.port, why: why.clone() });
    }

    /// What was asked for and is no host: as it came, cut short and harmless, without a name and password in it.
    fn deny_malformed(&self, call: &str, asked: &str, words: &'static str) {
        let public = asked.rsplit_once('@').map_or_else(|| asked.to_owned(), |(_, host)| format!("…@{host}"));
        let host = one_line(&public.chars().take(100).collect::<String>());
        self.book().deny(Denied { call: call.into(), host, port: 0, why: Refusal::Malformed(words) });
    }

    /// The rule by which a command reaches a host. What one command may reach opens more than a list does: it comes first.
    fn rule(&self, target: &Target, call: &str) -> Option<HostRule> {
        let mut all = self.once();
        let own = all.iter().position(|once| once.rule.matches(target) && once.call.as_deref() == Some(call));
        let free = || all.iter().position(|once| once.rule.matches(target) && once.call.is_none());
        if let Some(once) = own.or_else(free).and_then(|at| all.get_mut(at)) {
            once.call = Some(call.to_owned());
            return Some(once.rule.clone());
        }
        drop(all);
        self.rules.read().unwrap_or_else(PoisonError::into_inner).find(target).cloned()
    }

    fn once(&self) -> MutexGuard<'_, Vec<Once>> {
        self.once.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The counter of a connection that was made.
    fn connected(&self, call: &str, target: &Target, rule: &HostRule) -> Arc<Moved> {
        let moved = Arc::new(Moved::default());
        self.book().connected(call, target, &rule.from, moved.clone());
        moved
    }
}

fn answered(host: &Host, port: u16, private: bool) -> HostRule {
    HostRule { pattern: Pattern::Host(host.clone()), port, private, from: "an answer".into() }
}
