//! Names of hosts as they are compared: one spelling for each, or a refusal. No lookup, and no guess at what was meant.
//!
//! Whatever another reader might take for a different host (short or octal addresses, percent signs, user information,
//! zones, letters beyond ASCII) is refused, so that the host that was checked is the host that is reached.

// Addresses as values; nothing of `core` can reach a network.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::fmt;

/// Characters of a name, by RFC 1035, 2.3.4, without the trailing dot.
const MAX_NAME: usize = 253;
/// Characters of one label, by the same.
const MAX_LABEL: usize = 63;

/// A host in the one spelling it is compared in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// Lower-case ASCII, without a trailing dot; never one that reads as an address.
    Name(String),
    /// An IPv4 address inside of an IPv6 one (`::ffff:a.b.c.d`) is that IPv4 address.
    Address(IpAddr),
}

impl Host {
    /// Reads a name, an IPv4 address of four decimal numbers, or an IPv6 address with or without brackets. The error is why it is
    /// none of them.
    pub fn parse(text: &str) -> Result<Host, &'static str> {
        if let Some(rest) = text.strip_prefix('[') {
            let inner = rest.strip_suffix(']').ok_or("a bracket is not closed")?;
            return version_6(inner);
        }
        if text.contains(':') {
            return version_6(text);
        }
        name(text)
    }

    /// The name, where it is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Host::Name(name) => Some(name),
            Host::Address(_) => None,
        }
    }
}

fn version_6(text: &str) -> Result<Host, &'static str> {
    if text.contains('%') {
        return Err("an address with a zone is not taken");
    }
    let address: Ipv6Addr = text.parse().map_err(|_| "this is no IPv6 address")?;
    Ok(Host::Address(IpAddr::V6(address).to_canonical()))
}

fn name(text: &str) -> Result<Host, &'static str> {
    if !text.is_ascii() {
        return Err("a name beyond ASCII is taken in its ASCII form alone, the one that begins with `xn--`");
    }
    let text = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    if text.is_empty() {
        return Err("there is no name");
    }
    if text.len() > MAX_NAME {
        return Err("a name has at most 253 characters");
    }
    for label in text.split('.') {
        check_label(label)?;
    }
    let last = text.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if !is_number {
        return Ok(Host::Name(text));
    }
    // What ends in a number is an address to some readers, and each reads the odd forms in its own way.
    let address: Ipv4Addr = text.parse().map_err(|_| "an address has four decimal numbers without leading zeros")?;
    Ok(Host::Address(IpAddr::V4(address)))
}

fn check_label(label: &str) -> Result<(), &'static str> {
    if label.is_empty() {
        return Err("a part between two dots is empty");
    }
    if label.len() > MAX_LABEL {
        return Err("a part between two dots has at most 63 characters");
    }
    // An underscore is in no host name of the standard, and in some that are served.
    if !label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        return Err("a name has letters, digits, `-`, `_` and `.` alone");
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err("a part between two dots neither begins nor ends with `-`");
    }
    Ok(())
}

impl fmt::Display for Host {
    /// Without brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name),
            Host::Address(address) => write!(f, "{address}"),
        }
    }
}

/// A host and a port: what a connection goes to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    pub host: Host,
    pub port: u16,
}

impl Target {
    /// Reads `host:port`; an IPv6 address stands in brackets. Without a port it is `default`, where there is one.
    pub fn parse(text: &str, default: Option<u16>) -> Result<Target, &'static str> {
        let (host, port) = split_port(text)?;
        let port = match port {
            Some(port) => self::port(port)?,
            None => default.ok_or("there is no port")?,
        };
        Ok(Target { host: Host::parse(host)?, port })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]:{}", self.port),
            host => write!(f, "{host}:{}", self.port),
        }
    }
}

/// The host and the digits after it.
pub fn split_port(text: &str) -> Result<(&str, Option<&str>), &'static str> {
    if text.contains('@') {
        return Err("a name before `@` is not taken");
    }
    if text.starts_with('[') {
        let end = text.find(']').ok_or("a bracket is not closed")?;
        let (host, rest) = text.split_at(end + 1);
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err("after the bracket there is neither a port nor the end"),
        };
    }
    match text.split_once(':') {
        Some((_, port)) if port.contains(':') => Err("an IPv6 address stands in brackets"),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((text, None)),
    }
}

/// A port in its one spelling: 1 to 65535, no sign, no leading zero.
pub fn port(text: &str) -> Result<u16, &'static str> {
    const WORDS: &str = "a port is a number from 1 to 65535";
    if text.starts_with('0') || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(WORDS);
    }
    text.parse().map_err(|_| WORDS)
}

/// What a rule names: one host, or all names below one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    Host(Host),
    /// `*.example.org`: every name below `example.org`, at any depth, and not `example.org` itself.
    Below(String),
}

impl Pattern {
    pub fn parse(text: &str) -> Result<Pattern, &'static str> {
        let Some(parent) = text.strip_prefix("*.") else {
            return match text.contains('*') {
                true => Err("a star stands at the beginning alone, as in `*.example.org`"),
                false => Host::parse(text).map(Pattern::Host),
            };
        };
        match Host::parse(parent)? {
            // `*.com` would be nearly everybody.
            Host::Name(name) if name.contains('.') => Ok(Pattern::Below(name)),
            Host::Name(_) => Err("after `*.` there are at least two parts, as in `*.example.org`"),
            Host::Address(_) => Err("there is nothing below an address"),
        }
    }

    pub fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Pattern::Host(own), host) => own == host,
            (Pattern::Below(parent), Host::Name(name)) => {
                name.strip_suffix(parent.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            (Pattern::Below(_), Host::Address(_)) => false,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Host(host) => write!(f, "{host}"),
            Pattern::Below(parent) => write!(f, "*.{parent}"),
        }
    }
}
