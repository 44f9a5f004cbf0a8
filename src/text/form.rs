//! Names and values as addresses and forms carry them: `a=1&b=%C3%A4` (WHATWG URL, application/x-www-form-urlencoded).

use super::percent::encoded;

/// A form's text; everything but letters, digits and `-._~` is escaped, so that it also stands in an address.
pub fn encode(pairs: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| format!("{}={}", encoded(name), encoded(value));
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// An address with a query added to the one it may have.
pub fn with_query(url: &str, pairs: &[(&str, &str)]) -> String {
    let join = if url.contains('?') { '&' } else { '?' };
    format!("{url}{join}{}", encode(pairs))
}

/// The value of the first pair called `name` in a form or query.
pub fn value(form: &str, name: &str) -> Option<String> {
    form.split('&')
        .filter_map(|pair| Some(pair.split_once('=').unwrap_or((pair, ""))).filter(|(key, _)| unescape(key) == name))
        .map(|(_, value)| unescape(value))
        .next()
}

/// What is no escape stays as it is; what is no UTF-8 becomes replacement characters.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let pair = after.get(..2).filter(|pair| pair.iter().all(u8::is_ascii_hexdigit));
        let hex = pair.and_then(|pair| std::str::from_utf8(pair).ok());
        match (first, hex.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = after;
            }
            (other, _) => {
                bytes.push(*other);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
