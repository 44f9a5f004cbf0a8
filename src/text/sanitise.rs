//! Foreign text made safe for a terminal: no byte of it can move the cursor, set a title or change the order of letters.
//!
//! Control characters but newline and tab become visible (`␛`), as do bidirectional controls and characters that are not to be seen at all. Only our own renderer emits
//! escapes.

use std::borrow::Cow;

/// `text` as it may be printed.
pub fn sanitise(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|char| if is_unsafe(char) { visible(char) } else { char }).collect())
}

/// The same on one line: line breaks become spaces.
pub fn one_line(text: &str) -> String {
    sanitise(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_unsafe(char: char) -> bool {
    matches!(char, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// The picture of a C0 control, U+2421 for delete, U+FFFD for the rest.
fn visible(char: char) -> char {
    match char {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + char as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ => '\u{fffd}',
    }
}
