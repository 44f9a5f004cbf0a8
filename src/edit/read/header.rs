//! Paths as edits write them.

use crate::edit::refusal::{Cause, Refusal};

/// A path without what models and tools put around it. Where it may lead is for who looks at the files.
pub fn path(text: &[u8]) -> Result<String, Refusal> {
    let refuse = |why: &str, shown: &str| {
        Err(Refusal::new(
            Cause::Path,
            format!("the path `{shown}` {why}; send one relative to the working folder, such as `src/main.rs`"),
        ))
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return refuse("is not UTF-8", &String::from_utf8_lossy(text));
    };
    let text = text.trim();
    let unquoted = unquote(text);
    let text = unquoted.as_deref().unwrap_or(text);
    let text = surrounded(text, "`").or_else(|| surrounded(text, "**")).unwrap_or(text);
    if unquoted.is_none() && text.contains(|char: char| char.is_control()) {
        return refuse("holds a control character", text);
    }
    let absolute = text.starts_with('/');
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() {
        return refuse("names no file", text);
    }
    if parts.contains(&"..") {
        return refuse("holds `..`", text);
    }
    if text.ends_with('/') {
        return refuse("is a folder", text);
    }
    Ok(format!("{}{}", if absolute { "/" } else { "" }, parts.join("/")))
}

/// A path of a JSON string, which needs no marks around it: without `./`.
pub fn plain(text: &str) -> String {
    let rest = text.strip_prefix("./").map_or(text, |rest| rest.trim_start_matches('/'));
    rest.to_owned()
}

pub fn surrounded<'t>(text: &'t str, mark: &str) -> Option<&'t str> {
    text.strip_prefix(mark)?.strip_suffix(mark).filter(|inner| !inner.is_empty())
}

/// A path as git quotes it: octal bytes and C escapes between quotes.
fn unquote(text: &str) -> Option<String> {
    let inner = surrounded(text, "\"")?;
    let mut out = Vec::new();
    let mut bytes = inner.bytes().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let escaped = bytes.next()?;
        out.push(match escaped {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'0'..=b'7' => {
                let mut value = u32::from(escaped - b'0');
                while let Some(digit) = bytes.next_if(|byte| (b'0'..=b'7').contains(byte)) {
                    value = value * 8 + u32::from(digit - b'0');
                }
                u8::try_from(value).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(out).ok()
}
