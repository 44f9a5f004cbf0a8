//! The settings of tools without what proves who the user is: `~/.npmrc` and `pip.conf` hold tokens beside the address of a
//! company's mirror, and in the jail only the latter is needed. Pure: a text to a text.

use std::borrow::Cow;

/// Parts of names whose value is a credential.
const CREDENTIALS: &[&str] = &[
    "auth",
    "token",
    "password",
    "passwd",
    "secret",
    "username",
    "otp",
    "certfile",
    "keyfile",
    "client-cert",
    "keyring",
];

/// An ini file without credentials: lines that are one, what goes on such a line, comments, and names and passwords in
/// addresses. The addresses stay, so that a tool asks the right host and is told that it may not, rather than another host.
pub fn without_credentials(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut left_out = false;
    // npm ends a line at any carriage return, and pip goes on with a value behind an empty line.
    for line in text.split(['\n', '\r']).filter(|line| !line.trim().is_empty()) {
        let goes_on = line.starts_with([' ', '\t']);
        if !goes_on || !left_out {
            left_out = is_credential(line.trim());
        }
        if !left_out {
            kept.push_str(&without_users(line));
            kept.push('\n');
        }
    }
    kept
}

/// Comments count as one: they may hold a key that was put aside, and no tool reads them.
fn is_credential(line: &str) -> bool {
    let name = line.split('=').next().unwrap_or_default().trim().to_ascii_lowercase();
    // `@scope:registry` is an address whatever the scope is called; `//host/:name` is always about who asks that host.
    if name.starts_with('@') && name.ends_with(":registry") {
        return false;
    }
    line.starts_with(['#', ';'])
        || name.starts_with("//")
        || matches!(name.as_str(), "key" | "cert") && line.contains("BEGIN")
        || CREDENTIALS.iter().any(|part| name.contains(part)) && !name.contains("://")
}

/// A line with each `scheme://name:password@host` as `scheme://host`.
fn without_users(line: &str) -> Cow<'_, str> {
    let mut parts = line.split("://");
    let Some(first) = parts.next().filter(|_| line.contains("://")) else { return Cow::Borrowed(line) };
    let mut made = first.to_owned();
    for part in parts {
        let end = part.find(['/', '?', '#', ' ', '\t', '"', '\'', ',']).unwrap_or(part.len());
        let (host, rest) = part.split_at(end);
        made.push_str("://");
        made.push_str(host.rsplit('@').next().unwrap_or(host));
        made.push_str(rest);
    }
    Cow::Owned(made)
}
