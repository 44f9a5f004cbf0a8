//! Names in a managed policy: hosts with their ports, and models with stars. Pure.

/// A host that commands may reach: exact, or all below it where it was written as `*.name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// In small letters, without a last dot.
    name: String,
    below: bool,
    port: u16,
}

impl Host {
    /// `name`, `name:port`, `*.name`; the port is 443 where none is said. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) => (name, port.parse().ok()?),
            None => (text, 443),
        };
        let (name, below) = name.strip_prefix("*.").map_or((name, false), |name| (name, true));
        let name = plain(name);
        let label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        (name.len() <= 253 && name.split('.').all(label)).then_some(Self { name, below, port })
    }

    pub fn is(&self, host: &str, port: u16) -> bool {
        let host = plain(host);
        let named = match self.below {
            true => host.strip_suffix(&self.name).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            false => host == self.name,
        };
        named && port == self.port
    }
}

fn plain(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// Does the name fit a pattern, in which `*` stands for any letters, also none?
pub fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}
