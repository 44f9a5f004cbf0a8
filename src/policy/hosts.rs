//! Which hosts a command in the jail may reach: rules by exact name and port, and why a connection is not made.

use crate::text::host::{Host, Pattern, Target, port, split_port};
use core::net::IpAddr;
use std::fmt;

/// The port of a host that is written without one.
pub const HTTPS: u16 = 443;

/// One host, or all names below one, at one port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRule {
    pub pattern: Pattern,
    pub port: u16,
    /// May its address be a private one?
    pub private: bool,
    /// Where it comes from, for people: `list rust`, `network.allow`, `--net`, an answer.
    pub from: String,
}

impl HostRule {
    /// Reads `host`, `host:port`, `*.host` or `*.host:port`. The error is why it is none of them.
    pub fn parse(text: &str, private: bool, from: &str) -> Result<HostRule, &'static str> {
        if text.contains("://") || text.contains('/') {
            return Err("a host is written without `https://` and without a path");
        }
        let (host, digits) = split_port(text)?;
        let port = digits.map_or(Ok(HTTPS), port)?;
        Ok(HostRule { pattern: Pattern::parse(host)?, port, private, from: from.into() })
    }

    pub fn matches(&self, target: &Target) -> bool {
        self.port == target.port && self.pattern.matches(&target.host)
    }
}

impl fmt::Display for HostRule {
    /// As the user writes it. A name without a dot has its port, since it would be that of a list.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = match &self.pattern {
            Pattern::Host(Host::Address(IpAddr::V6(address))) => format!("[{address}]"),
            pattern => pattern.to_string(),
        };
        if self.port == HTTPS && host.contains(['.', '[']) {
            return f.write_str(&host);
        }
        write!(f, "{host}:{}", self.port)
    }
}

/// All that may be reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostRules {
    rules: Vec<HostRule>,
}

impl HostRules {
    pub fn new(rules: Vec<HostRule>) -> Self {
        Self { rules }
    }

    pub fn push(&mut self, rule: HostRule) {
        if !self.rules.contains(&rule) {
            self.rules.push(rule);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &HostRule> {
        self.rules.iter()
    }

    /// The rule by which a host may be reached. Of several, one that opens private addresses wins: it was written for that.
    pub fn find(&self, target: &Target) -> Option<&HostRule> {
        let mut fitting = self.rules.iter().filter(|rule| rule.matches(target));
        let first = fitting.next()?;
        if first.private { Some(first) } else { Some(fitting.find(|rule| rule.private).unwrap_or(first)) }
    }
}

/// Why a connection was not made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// No rule names it.
    Unlisted,
    /// A rule names it, and its address is on this machine or in a private network.
    Private(IpAddr),
    /// Its address is for the cloud's metadata, link-local, or for no single host: no rule for a name opens it.
    Never(IpAddr),
    /// The TLS greeting in the tunnel asks for another host.
    Fronted(String),
    /// The TLS greeting cannot be read.
    Unreadable,
    /// What was asked for is no host.
    Malformed(&'static str),
}

/// What would let a connection through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// A rule for the host and port.
    Rule,
    /// A rule that opens private addresses.
    PrivateRule,
    Nothing,
}

/// What the words of a refusal begin with, by which a log is understood again.
const UNLISTED: &str = "it is on no list";
const PRIVATE: &str = "its address is private";

impl Refusal {
    pub fn remedy(&self) -> Remedy {
        match self {
            Refusal::Unlisted => Remedy::Rule,
            Refusal::Private(_) => Remedy::PrivateRule,
            Refusal::Never(_) | Refusal::Fronted(_) | Refusal::Unreadable | Refusal::Malformed(_) => Remedy::Nothing,
        }
    }
}

impl Remedy {
    /// The remedy for what a `host_denied` event gives as its reason.
    pub fn of(why: &str) -> Remedy {
        if why.starts_with(UNLISTED) {
            Remedy::Rule
        } else if why.starts_with(PRIVATE) {
            Remedy::PrivateRule
        } else {
            Remedy::Nothing
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Unlisted => f.write_str(UNLISTED),
            Refusal::Private(address) => write!(f, "{PRIVATE}: {address}"),
            Refusal::Never(address) => write!(f, "its address is one that no command reaches: {address}"),
            Refusal::Fronted(name) => write!(f, "the TLS greeting asks for another host: {name}"),
            Refusal::Unreadable => f.write_str("the TLS greeting cannot be read"),
            Refusal::Malformed(words) => write!(f, "this is no host: {words}"),
        }
    }
}
