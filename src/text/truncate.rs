//! Bounding text: the head and the tail of it, with a note of what is left out between them.

/// The head and the tail of a text that is too long, cut at line ends where one is near, around `note`, which gets the number
/// of bytes left out; `None` where it is short enough.
pub fn head_and_tail(text: &str, head: usize, tail: usize, note: impl FnOnce(usize) -> String) -> Option<String> {
    if text.len() <= head + tail {
        return None;
    }
    let first = cut_before(text, head);
    let last = cut_after(text, text.len() - tail);
    Some(format!("{}\n{}\n{}", text.get(..first)?, note(last - first), text.get(last..)?))
}

/// The last line end within the last quarter before `at`, else the last character boundary.
fn cut_before(text: &str, at: usize) -> usize {
    let at = text.floor_char_boundary(at);
    text.get(at - at / 4..at)
        .or_else(|| text.get(text.floor_char_boundary(at - at / 4)..at))
        .and_then(|window| window.rfind('\n').map(|found| at - window.len() + found))
        .unwrap_or(at)
}

fn cut_after(text: &str, at: usize) -> usize {
    let at = text.floor_char_boundary(at);
    text.get(at..)
        .and_then(|rest| rest.find('\n').filter(|found| *found < rest.len() / 4).map(|found| at + found + 1))
        .unwrap_or(at)
}
