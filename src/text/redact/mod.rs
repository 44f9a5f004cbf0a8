//! Secrets in foreign text: those of this run by value, and what looks like one. A name stands in their place.
//!
//! Applied where foreign output enters, before the model and the log see it, and once more by the log writer. What a model
//! writes of such a name is mapped back to the secret in the file that it stands for, or refused. Nothing here knows a file,
//! and the same text always gives the same.

mod assigned;
mod block;
mod scan;
pub mod stream;
mod tokens;

use crate::base::secret::Secret;
use scan::{Scanner, Span};
use secrecy::zeroize::Zeroizing;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Values shorter than this would match by accident.
const SHORTEST: usize = 8;
/// What a name that stands for a secret begins with.
const OPENING: &str = "[secret ";
/// Digits of a mark, of base 16.
const MARK: usize = 6;
/// Passes over a text: what stands beside a secret may be seen only without it.
const PASSES: usize = 4;
/// Finds of one kind that are named one by one.
const NAMED: usize = 4;

/// What stands for a secret.
fn placeholder(name: &str) -> String {
    format!("{OPENING}{name}]")
}

/// Knows the secrets of this run. Clones share what they know.
#[derive(Clone, Default)]
pub struct Redactor(Arc<Inner>);

#[derive(Default)]
struct Inner {
    known: RwLock<Vec<Known>>,
    scanner: Scanner,
    allowed: BTreeSet<String>,
    told: Mutex<Told>,
}

/// A secret by value.
struct Known {
    name: String,
    value: Secret,
    /// As it stands in JSON, where that is something else.
    escaped: Option<Secret>,
}

/// What was found by its looks since the session began.
#[derive(Default)]
struct Told {
    seen: BTreeSet<String>,
    news: Vec<Found>,
}

/// A secret that was found by its looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// `github-token`, `private-key`, …
    pub kind: &'static str,
    /// Of its SHA-256 the first digits: the same wherever the secret stands.
    pub mark: String,
}

/// A secret, what stands in its place, and its kind and mark where it was found by its looks.
struct Replaced {
    placeholder: String,
    value: Zeroizing<Vec<u8>>,
    found: Option<Found>,
}

/// Who wants to know of each secret that is replaced.
type Note<'n> = &'n mut dyn FnMut(Replaced);

impl Redactor {
    /// Names and values. Values that are too short to be told from ordinary words are left out.
    pub fn new(secrets: Vec<(String, String)>) -> Self {
        let redactor = Self::default();
        for (name, value) in secrets {
            redactor.learn(&name, &Secret::new(value));
        }
        redactor
    }

    /// The same, but that what the user allowed is shown: one by its mark, or all of a kind. Before the redactor is shared. A secret that is known by value is
    /// never shown.
    pub fn allowing(mut self, marks: &[String]) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.allowed = marks.iter().map(|mark| mark.trim_end_matches('…').to_ascii_lowercase()).collect();
        }
        self
    }

    /// One more secret of this run, such as a token that was renewed. Each longer line of a value is a secret by itself.
    pub fn learn(&self, name: &str, secret: &Secret) {
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        let lines: Vec<&str> = secret.expose().lines().map(str::trim).collect();
        let several = lines.len() > 1;
        for (number, line) in lines.into_iter().enumerate() {
            let least = if several { 2 * SHORTEST } else { SHORTEST };
            if line.len() < least || line.starts_with("-----") || known.iter().any(|one| one.value.expose() == line) {
                continue;
            }
            let name = if several { format!("{name} {}", number + 1) } else { name.to_owned() };
            let escaped = Zeroizing::new(serde_json::Value::from(line).to_string());
            let inner = escaped.get(1..escaped.len().saturating_sub(1)).unwrap_or_default();
            let escaped = (inner != line).then(|| Secret::new(inner));
            known.push(Known { name, value: Secret::new(line), escaped });
        }
        known.sort_by(|a, b| {
            let (left, right) = (a.value.expose(), b.value.expose());
            right.len().cmp(&left.len()).then_with(|| (&a.name, left).cmp(&(&b.name, right)))
        });
    }

    /// `text` with each secret replaced by `[secret NAME]`, or by `[secret KIND MARK]` where it was found by its looks.
    pub fn text(&self, text: String) -> String {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => text,
            Cow::Owned(bytes) => into_text(bytes),
        }
    }

    /// The same for text that need not be UTF-8.
    pub fn bytes<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        self.replace(text, &mut |replaced| self.note(replaced))
    }

    /// Only the secrets that are known by value: for what a model itself has written, which may have made up what looks like one.
    pub fn exact(&self, text: String) -> String {
        match self.by_value(Cow::Borrowed(text.as_bytes()), &mut |_| {}) {
            Cow::Borrowed(_) => text,
            Cow::Owned(bytes) => into_text(bytes),
        }
    }

    /// Secrets that were found by their looks since this was last asked, each once in the life of this redactor.
    pub fn news(&self) -> Vec<Found> {
        std::mem::take(&mut self.0.told.lock().unwrap_or_else(PoisonError::into_inner).news)
    }

    fn note(&self, replaced: Replaced) {
        let Some(found) = replaced.found else { return };
        let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.seen.insert(found.mark.clone()) {
            told.news.push(found);
        }
    }

    fn replace<'t>(&self, text: &'t [u8], note: Note<'_>) -> Cow<'t, [u8]> {
        let mut text = self.by_value(Cow::Borrowed(text), note);
        for _ in 0..PASSES {
            let spans = self.0.scanner.spans(&text);
            match self.cut(&text, &spans, note) {
                Some(clean) => text = Cow::Owned(clean),
                None => break,
            }
        }
        text
    }

    fn by_value<'t>(&self, mut text: Cow<'t, [u8]>, note: Note<'_>) -> Cow<'t, [u8]> {
        let known = self.0.known.read().unwrap_or_else(PoisonError::into_inner);
        for Known { name, value, escaped } in known.iter() {
            for value in [Some(value), escaped.as_ref()].into_iter().flatten() {
                let value = value.expose().as_bytes();
                let finder = memchr::memmem::Finder::new(value);
                if finder.find(&text).is_none() {
                    continue;
                }
                let placeholder = placeholder(name);
                let (mut clean, mut from) = (Vec::with_capacity(text.len()), 0);
                for at in finder.find_iter(&text) {
                    clean.extend_from_slice(text.get(from..at).unwrap_or_default());
                    clean.extend_from_slice(placeholder.as_bytes());
                    from = at + value.len();
                }
                clean.extend_from_slice(text.get(from..).unwrap_or_default());
                text = Cow::Owned(clean);
                note(Replaced { placeholder, value: Zeroizing::new(value.to_vec()), found: None });
            }
        }
        text
    }

    /// The text without what was found in it; `None` where nothing has to go.
    fn cut(&self, text: &[u8], spans: &[Span], note: Note<'_>) -> Option<Vec<u8>> {
        let (mut clean, mut from, mut any) = (Vec::new(), 0, false);
        for span in spans {
            let value = text.get(span.start..span.end)?;
            let mark = mark(value);
            if self.0.allowed.contains(&mark) || self.0.allowed.contains(span.kind) {
                continue;
            }
            any = true;
            let placeholder = placeholder(&format!("{} {mark}", span.kind));
            clean.extend_from_slice(text.get(from..span.start)?);
            clean.extend_from_slice(placeholder.as_bytes());
            from = span.end;
            let found = Some(Found { kind: span.kind, mark });
            note(Replaced { placeholder, value: Zeroizing::new(value.to_vec()), found });
        }
        clean.extend_from_slice(text.get(from..)?);
        any.then_some(clean)
    }

    /// A placeholder that `after` holds and `before` does not: written to a file it would stand where a secret should.
    pub fn placeholder_added(&self, before: &[u8], after: &[u8]) -> Option<String> {
        let had = self.placeholders(before);
        self.placeholders(after)
            .into_iter()
            .find(|(mark, count)| *count > had.get(mark).copied().unwrap_or(0))
            .map(|(mark, _)| mark)
    }

    /// The placeholders of a text that this redactor, or that of an earlier run, can have made, and how often each is there.
    fn placeholders(&self, text: &[u8]) -> BTreeMap<String, usize> {
        let known = self.0.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = BTreeMap::new();
        for at in memchr::memmem::find_iter(text, OPENING) {
            let rest = text.get(at + OPENING.len()..).unwrap_or_default();
            let Some(end) = memchr::memchr(b']', rest.get(..rest.len().min(200)).unwrap_or_default()) else { continue };
            let name = String::from_utf8_lossy(rest.get(..end).unwrap_or_default());
            if known.iter().any(|one| one.name == name) || is_found(&name) {
                *found.entry(placeholder(&name)).or_default() += 1;
            }
        }
        found
    }

    /// Does the text hold what may stand for a secret?
    pub fn holds_placeholder(text: &[u8]) -> bool {
        memchr::memmem::find(text, OPENING.as_bytes()).is_some()
    }

    /// An edit of a text in which secrets were shown by their names: each comes back where its value is in
    /// one of the texts that it was made from.
    pub fn reveal(&self, text: String, from: &[&[u8]]) -> String {
        match self.reveal_bytes(text.as_bytes(), from) {
            Some(bytes) => into_text(bytes),
            None => text,
        }
    }

    /// The same for text that need not be UTF-8; `None` where nothing comes back.
    pub fn reveal_bytes(&self, text: &[u8], from: &[&[u8]]) -> Option<Vec<u8>> {
        if !Self::holds_placeholder(text) {
            return None;
        }
        // `None`: two secrets have the same name, and nobody can tell which of them is meant.
        let mut values: BTreeMap<String, Option<Zeroizing<Vec<u8>>>> = BTreeMap::new();
        for source in from {
            self.replace(source, &mut |Replaced { placeholder, value, .. }| {
                let entry = values.entry(placeholder).or_insert_with(|| Some(value.clone()));
                if entry.as_ref().is_some_and(|known| **known != *value) {
                    *entry = None;
                }
            });
        }
        // Where the name itself stands in the file it may be meant.
        values.retain(|name, _| !from.iter().any(|source| memchr::memmem::find(source, name.as_bytes()).is_some()));
        let (mut revealed, mut at) = (Vec::with_capacity(text.len()), 0);
        while let Some(start) = text.get(at..).and_then(|rest| memchr::memmem::find(rest, OPENING.as_bytes())) {
            let start = at + start;
            let end = memchr::memchr(b']', text.get(start..).unwrap_or_default()).map(|end| start + end + 1);
            revealed.extend_from_slice(text.get(at..start).unwrap_or_default());
            let name = end.and_then(|end| std::str::from_utf8(text.get(start..end)?).ok());
            let value = name.and_then(|name| values.get(name)?.as_ref());
            at = match (value, end) {
                (Some(value), Some(end)) => {
                    revealed.extend_from_slice(value);
                    end
                }
                _ => {
                    revealed.extend_from_slice(OPENING.as_bytes());
                    start + OPENING.len()
                }
            };
        }
        revealed.extend_from_slice(text.get(at..).unwrap_or_default());
        (revealed != text).then_some(revealed)
    }

    /// As [`Redactor::text`] for each string in a line of JSON, but that nothing is done to a vendor's sealed reasoning. What is the
    /// model's `own` is searched for known values alone.
    pub fn line(&self, line: String, own: bool) -> String {
        let holds = |known: &Known| {
            let value = known.escaped.as_ref().unwrap_or(&known.value);
            memchr::memmem::find(line.as_bytes(), value.expose().as_bytes()).is_some()
        };
        let known = self.0.known.read().unwrap_or_else(PoisonError::into_inner).iter().any(holds);
        if !known && (own || !self.0.scanner.suspects(line.as_bytes())) {
            return line;
        }
        let Ok(mut value) = serde_json::from_str(&line) else { return self.text(line) };
        if self.strings(&mut value, own) { value.to_string() } else { line }
    }

    /// Was anything changed?
    fn strings(&self, value: &mut serde_json::Value, own: bool) -> bool {
        match value {
            serde_json::Value::String(text) => {
                let clean = if own { self.exact(text.clone()) } else { self.text(text.clone()) };
                let changed = clean != *text;
                *text = clean;
                changed
            }
            serde_json::Value::Array(items) => items.iter_mut().fold(false, |any, item| self.strings(item, own) | any),
            serde_json::Value::Object(fields) => {
                let open = fields.iter_mut().filter(|(name, _)| *name != "seal");
                open.fold(false, |any, (_, field)| self.strings(field, own) | any)
            }
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => false,
        }
    }
}

/// What the user is told of new finds, a line for each kind: what, where from, and the way to have it shown.
pub fn words(news: &[Found], source: &str) -> Vec<String> {
    let kinds: BTreeSet<&str> = news.iter().map(|found| found.kind).collect();
    let of = |kind: &'static str| news.iter().filter(move |found| found.kind == kind).map(|found| found.mark.as_str());
    let line = |kind: &'static str| {
        let marks: Vec<&str> = of(kind).collect();
        let allow = if marks.len() > NAMED { vec![kind] } else { marks.clone() };
        let shown = marks.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = marks.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let allow = allow.iter().map(|mark| format!("\"{mark}\"")).collect::<Vec<_>>().join(", ");
        format!("kept from the model: {kind} {shown}{more} in {source}; to show it, secrets.allow = [{allow}]")
    };
    kinds.into_iter().map(line).collect()
}

fn mark(value: &[u8]) -> String {
    let digest = Sha256::new().chain_update(b"agent secret ").chain_update(value).finalize();
    digest.iter().take(MARK / 2).map(|byte| format!("{byte:02x}")).collect()
}

/// Is it the name of a secret that was found by its looks: a kind and a mark?
fn is_found(name: &str) -> bool {
    name.rsplit_once(' ').is_some_and(|(kind, mark)| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        !kind.is_empty()
            && kind.bytes().all(plain)
            && mark.len() == MARK
            && mark.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Secrets are cut out at the borders of letters, so this is UTF-8 where the text was.
fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
