//! Is this paste the paths of images? Terminals paste a file that is dropped on them as its path.

const ENDINGS: &[&str] = &[".png", ".jpg", ".jpeg", ".gif", ".webp"];

/// The paths, if the text is nothing but paths of images: quoted, with escaped blanks, or as `file://`.
pub fn paths(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    if text.is_empty() || text.len() > 8192 {
        return None;
    }
    let words = words(text)?;
    if words.iter().all(|word| is_image(word)) {
        return words.iter().map(|word| plain(word)).collect();
    }
    // A path with blanks that nobody escaped.
    let whole = !text.contains(['\n', '"', '\'']) && text.starts_with('/') && !text.contains(" /") && is_image(text);
    whole.then(|| vec![text.to_owned()])
}

fn is_image(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let place = ["/", "~/", "./", "../", "file://"].iter().any(|start| lower.starts_with(start));
    let relative = lower.contains('/') && !lower.contains("://");
    (place || relative) && ENDINGS.iter().any(|ending| lower.ends_with(ending))
}

/// Words as a shell reads them; `None` where a quote is open.
fn words(text: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match (char, quote) {
            ('\\', None | Some('"')) => word.extend(chars.next()),
            ('"' | '\'', None) => quote = Some(char),
            (char, Some(open)) if char == open => quote = None,
            (char, None) if char.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (char, _) => word.push(char),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    (quote.is_none() && !words.is_empty()).then_some(words)
}

/// A path without `file://`.
fn plain(word: &str) -> Option<String> {
    let Some(rest) = word.strip_prefix("file://") else { return Some(word.to_owned()) };
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    if !path.starts_with('/') {
        return None;
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut left = path.bytes();
    while let Some(byte) = left.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let pair = [left.next()?, left.next()?];
        let digits = std::str::from_utf8(&pair).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}
