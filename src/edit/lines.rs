//! Lines of bytes and how they end. Only LF ends a line; a CR before it belongs to the ending.

/// How a line ends. Only a file's last line has no ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Lf,
    CrLf,
    None,
}

impl Ending {
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Ending::Lf => b"\n",
            Ending::CrLf => b"\r\n",
            Ending::None => b"",
        }
    }
}

/// A line without its ending, and the ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    pub text: &'a [u8],
    pub ending: Ending,
}

/// The lines of a text, such that all texts and endings in a row are the bytes again.
pub fn split(bytes: &[u8]) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut at = 0;
    for end in memchr::memchr_iter(b'\n', bytes) {
        let body = bytes.get(at..end).unwrap_or_default();
        lines.push(match body.strip_suffix(b"\r") {
            Some(text) => Line { text, ending: Ending::CrLf },
            None => Line { text: body, ending: Ending::Lf },
        });
        at = end + 1;
    }
    if let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        lines.push(Line { text: rest, ending: Ending::None });
    }
    lines
}

/// The ending that most lines have; LF where there is no winner.
pub fn majority(lines: &[Line<'_>]) -> Ending {
    let count = |ending: Ending| lines.iter().filter(|line| line.ending == ending).count();
    if count(Ending::CrLf) > count(Ending::Lf) { Ending::CrLf } else { Ending::Lf }
}

/// Line numbers as words: `line 4`, `lines 4, 9 and 20`, `lines 1, 2, 3, 4, 5, 6, 7, 8 and 12 more`.
pub fn numbers(lines: &[usize]) -> String {
    const SHOWN: usize = 8;
    let text = |lines: &[usize]| lines.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    match lines {
        [only] => format!("line {only}"),
        many if many.len() > SHOWN => {
            let shown = many.get(..SHOWN).unwrap_or_default();
            format!("lines {} and {} more", text(shown), many.len() - SHOWN)
        }
        [first @ .., last] => format!("lines {} and {last}", text(first)),
        [] => "no line".into(),
    }
}
