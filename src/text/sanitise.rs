//! Foreign text made safe for a terminal: no byte of it can move the cursor, set a title, hide a letter or change the order of letters.
//!
//! Control characters but newline and tab become visible (`␛`), and so an escape sequence is text like any other. So do bidirectional
//! controls and characters that are not to be seen at all. Only our own renderer emits escapes.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` as it may be printed: no control character is in it but newline and tab.
pub fn sanitise(text: &str) -> Cow<'_, str> {
    if !suspect(text) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut before = '\0';
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let joined = joins(before, char, chars.peek().copied());
        clean.push(if is_unsafe(char) && !joined { visible(char) } else { char });
        before = char;
    }
    Cow::Owned(clean)
}

/// The same on one line: line breaks become spaces.
pub fn one_line(text: &str) -> String {
    sanitise(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text of JSON, in which such characters can stand in strings alone, with each of them escaped: the value stays the same. JSON itself
/// escapes only those below U+0020.
pub fn json(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|char| is_unsafe(char) && char > '\u{1f}') {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        if is_unsafe(char) && char > '\u{1f}' {
            for unit in char.encode_utf16(&mut [0; 2]) {
                let _ = write!(clean, "\\u{unit:04x}");
            }
        } else {
            clean.push(char);
        }
    }
    Cow::Owned(clean)
}

/// A quick look: ASCII without controls is what most text is.
fn suspect(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, 0..=8 | 11..=31 | 127..)) && text.chars().any(is_unsafe)
}

/// Control characters; what changes the order of letters; what is not to be seen: zero-width characters, fillers, tags, variation
/// selectors. Source: Unicode 17, the properties Default_Ignorable_Code_Point and Bidi_Control; line and paragraph separators.
fn is_unsafe(char: char) -> bool {
    matches!(char,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Joiners and selectors of the look of a letter are a part of writing, between or behind letters that are not ASCII; one at a time.
fn joins(before: char, char: char, after: Option<char>) -> bool {
    let letter = |char: char| !char.is_ascii() && !is_unsafe(char);
    match char {
        '\u{200c}' | '\u{200d}' => (letter(before) || before == '\u{fe0f}') && after.is_some_and(letter),
        '\u{fe0e}' | '\u{fe0f}' => letter(before) || before.is_ascii_digit() || matches!(before, '#' | '*'),
        _ => false,
    }
}

/// The picture of a C0 control, U+2421 for delete, U+FFFD for the rest.
fn visible(char: char) -> char {
    match char {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + char as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ => '\u{fffd}',
    }
}
