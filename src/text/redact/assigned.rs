//! Secrets that are told by what stands before them: a name and a sign, the scheme of a header, the user of an address.

use super::scan::{Span, boundary_before, entropy, is_fake, is_random, run};

/// Letters of a name around the word that was found.
const NAME: usize = 48;
/// The shortest and longest value.
const LEAST: usize = 12;
const MOST: usize = 512;

/// Names of what is no secret although a word of one is in it.
const HARMLESS: &[&str] = &[
    "public",
    "hash",
    "sha1",
    "sha256",
    "sha512",
    "integrity",
    "checksum",
    "digest",
    "fingerprint",
    "keyboard",
    "tokeniz",
    "max_tokens",
    "_path",
    "_file",
    "_name",
    "_url",
    "_uri",
    "_type",
    "key_id",
    "keyid",
    "_length",
    "_size",
    "cache",
];

/// With one of these a `key` is a secret.
const OF_KEYS: &[&str] = &[
    "api",
    "access",
    "secret",
    "private",
    "account",
    "encrypt",
    "signing",
    "auth",
    "master",
    "shared",
    "service",
    "admin",
    "license",
    "subscription",
    "deploy",
    "webhook",
    "client",
    "app_key",
    "appkey",
];

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// `NAME = VALUE`, `"NAME": "VALUE"`, `<NAME>VALUE<`, `--NAME VALUE` and the like, where the word from `start` to `end` is
/// a part of the name.
pub(super) fn value(text: &[u8], start: usize, end: usize, kind: &'static str) -> Option<Span> {
    let rest = text.get(end..)?;
    let more = run(rest, NAME, is_name);
    let sign = sign(rest.get(more..)?)?;
    let back = text.get(..start)?.iter().rev().take(NAME).take_while(|byte| is_name(**byte)).count();
    let name = String::from_utf8_lossy(text.get(start - back..end + more)?).to_ascii_lowercase().replace('-', "_");
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(HARMLESS) || (kind == "api-key" && !has(OF_KEYS)) {
        return None;
    }
    let kind = if name.contains("aws_secret") { "aws-secret-key" } else { kind };
    let mut at = end + more + sign;
    // Between a name and its value a type may stand: `TOKEN: &str = "…"`.
    for _ in 0..2 {
        let (from, length) = word(text, at)?;
        let found = text.get(from..from + length)?;
        if is_secret(found, kind) {
            return Some(Span { start: from, end: from + length, kind });
        }
        let behind = text.get(from + length..)?;
        let blanks = run(behind, 3, |byte| byte == b' ');
        if length > 24 || blanks == 0 || behind.get(blanks) != Some(&b'=') {
            return None;
        }
        at = from + length + blanks + 1;
    }
    None
}

/// The sign between a name and its value, with the quote that ends the name: how long it is.
fn sign(text: &[u8]) -> Option<usize> {
    let mut at = run(text, 4, |byte| matches!(byte, b'"' | b'\'' | b'\\' | b']' | b'`'));
    at += run(text.get(at..)?, 8, |byte| matches!(byte, b' ' | b'\t'));
    let signs = run(text.get(at..)?, 3, |byte| matches!(byte, b'=' | b':' | b'>'));
    (signs > 0).then_some(at + signs)
}

/// The value that begins at `at`, behind blanks and a quote: where, and how long.
fn word(text: &[u8], mut at: usize) -> Option<(usize, usize)> {
    at += run(text.get(at..)?, 8, |byte| matches!(byte, b' ' | b'\t' | b'&'));
    let slash = usize::from(text.get(at) == Some(&b'\\'));
    let quote = text.get(at + slash).copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let from = if quote.is_some() { at + slash + 1 } else { at };
    let rest = text.get(from..)?;
    let length = run(rest, MOST + 1, |byte| match quote {
        Some(quote) => byte.is_ascii_graphic() && byte != quote && !b"\\<>{}()[]".contains(&byte),
        None => byte.is_ascii_alphanumeric() || b"+/=_.~%-!@#^*:".contains(&byte),
    });
    let after = rest.get(length).copied();
    let whole = match quote {
        Some(quote) => matches!(after, Some(byte) if byte == quote || byte == b'\\'),
        None => after.is_none_or(|byte| byte.is_ascii_whitespace() || b",;&)\"'}]<|\\".contains(&byte)),
    };
    whole.then_some((from, length))
}

fn is_secret(value: &[u8], kind: &str) -> bool {
    if value.len() > MOST || is_fake(value) || is_uuid(value) || is_path(value) {
        return false;
    }
    let has = |is: fn(&u8) -> bool| value.iter().any(is);
    let mixed = has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_digit)
        && has(|byte| b"!@#$%^&*?+~".contains(byte));
    (value.len() >= LEAST && is_random(value))
        || (kind == "password" && value.len() >= 8 && mixed && entropy(value) > 2.5)
}

/// 8-4-4-4-12 digits of base 16.
fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_path(value: &[u8]) -> bool {
    [&b"/"[..], b"./", b"../", b"~/", b"http:", b"https:", b"file:", b"sha256", b"sha512", b"arn:"]
        .iter()
        .any(|start| value.starts_with(start))
}

/// What comes after `Bearer` or `Basic`, from `start` to `end`.
pub(super) fn scheme(text: &[u8], start: usize, end: usize) -> Option<Span> {
    if !boundary_before(text, start) {
        return None;
    }
    let rest = text.get(end..)?;
    let length = run(rest, 4097, |byte| byte.is_ascii_alphanumeric() || b"._~+/=-".contains(&byte));
    let value = rest.get(..length)?;
    let bearer = text.get(start)?.eq_ignore_ascii_case(&b'b') && text.get(start + 1)?.eq_ignore_ascii_case(&b'e');
    let before = text.get(start.saturating_sub(40)..start)?.to_ascii_lowercase();
    let kind = if bearer { "bearer-token" } else { "basic-auth" };
    let is = if bearer {
        (16..=4096).contains(&length) && is_random(value)
    } else {
        let mixed = value.iter().any(u8::is_ascii_lowercase) && value.iter().any(u8::is_ascii_uppercase);
        memchr::memmem::find(&before, b"authorization").is_some() && length >= 8 && length.is_multiple_of(4) && mixed
    };
    (is && !is_fake(value)).then_some(Span { start: end, end: end + length, kind })
}

/// Passwords of examples and of servers on one's own machine.
const COMMON: &[&[u8]] = &[
    b"password",
    b"passwd",
    b"pass",
    b"secret",
    b"postgres",
    b"mysql",
    b"root",
    b"admin",
    b"test",
    b"guest",
    b"user",
    b"token",
    b"pwd",
    b"redis",
    b"mongo",
    b"foo",
    b"bar",
    b"1234",
    b"12345",
    b"123456",
];

/// `://USER:PASSWORD@`, from behind the slashes.
pub(super) fn url(text: &[u8], start: usize) -> Option<Span> {
    let rest = text.get(start..)?;
    let length = run(rest, 400, |byte| byte.is_ascii_graphic() && !b"/\"'`<>{}[]()$*|\\?#@".contains(&byte));
    if rest.get(length) != Some(&b'@') {
        return None;
    }
    let colon = rest.get(..length)?.iter().position(|byte| *byte == b':')?;
    let (user, password) = (rest.get(..colon)?, rest.get(colon + 1..length)?);
    let common = COMMON.iter().any(|word| password.eq_ignore_ascii_case(word));
    let is = password.len() >= 4 && !common && password != user && !is_fake(password);
    is.then_some(Span { start: start + colon + 1, end: start + length, kind: "url-password" })
}
