//! What stands around an edit, or over the whole of it: a byte order mark, a Markdown fence, an escaping too many.

use std::borrow::Cow;

/// The text of an edit as it was meant, where `is` tells whether a text has the marks of its format.
pub fn plain(text: &[u8], is: fn(&[u8]) -> bool) -> Cow<'_, [u8]> {
    let text = text.strip_prefix(crate::edit::seek::BOM).unwrap_or(text);
    if let Some(inner) = unescaped(text).filter(|inner| is(inner)) {
        return inner.into();
    }
    if !is(text) {
        let decoded = String::from_utf8_lossy(text).replace("&lt;", "<").replace("&gt;", ">");
        let decoded =
            decoded.replace("&quot;", "\"").replace("&#39;", "'").replace("&#x27;", "'").replace("&amp;", "&");
        if decoded.as_bytes() != text && is(decoded.as_bytes()) {
            return decoded.into_bytes().into();
        }
    }
    text.into()
}

/// The text of a JSON string, with its quotes or without, that holds all lines in one.
fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    if text.contains(&b'\n') || !text.windows(2).any(|pair| pair == b"\\n") {
        return None;
    }
    let quoted = if text.starts_with(b"\"") { text.to_vec() } else { [b"\"", text, b"\""].concat() };
    serde_json::from_slice::<String>(&quoted).ok().map(String::into_bytes)
}

/// Is this line the opening or closing of a Markdown fence?
pub fn is_fence(line: &[u8]) -> bool {
    fence(line).is_some()
}

/// The letters of a fence, and the words behind them.
pub fn fence(line: &[u8]) -> Option<(usize, &[u8])> {
    let line = line.trim_ascii();
    let mark = *line.first().filter(|byte| matches!(byte, b'`' | b'~'))?;
    let length = line.iter().take_while(|byte| **byte == mark).count();
    let words = line.get(length..).unwrap_or_default().trim_ascii();
    (length >= 3 && !words.contains(&b'`')).then_some((length, words))
}
