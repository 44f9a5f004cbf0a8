//! What a line of Markdown begins: pure readers of the start of a line, without its indent.

/// The item of a list.
#[derive(Debug)]
pub(super) struct Item<'a> {
    /// `-`, `+`, `*`, or what follows the number: items of one list have the same.
    pub(super) kind: char,
    /// None: not numbered.
    pub(super) number: Option<u64>,
    /// Columns to the text of the item.
    pub(super) offset: usize,
    pub(super) rest: &'a str,
}

/// How the cells of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Center,
    Right,
}

pub(super) fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The line without up to so many leading spaces.
pub(super) fn dedent(line: &str, columns: usize) -> &str {
    line.get(indent(line).min(columns)..).unwrap_or_default()
}

pub(super) fn item(line: &str) -> Option<Item<'_>> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let kind = line.get(digits..)?.chars().next()?;
    let number = match (digits, kind) {
        (0, '-' | '+' | '*') => None,
        (1..=9, '.' | ')') => Some(line.get(..digits)?.parse().ok()?),
        _ => return None,
    };
    let after = line.get(digits + 1..)?;
    let spaces = indent(after);
    if spaces == 0 && !after.is_empty() {
        return None;
    }
    let spaces = if after.trim().is_empty() || spaces > 4 { 1 } else { spaces };
    Some(Item { kind, number, offset: digits + 1 + spaces, rest: dedent(after, spaces) })
}

/// `[ ]` or `[x]` before the text of an item.
pub(super) fn task(text: &str) -> Option<(&'static str, &str)> {
    let box_of = |text: &str| match text.get(..3)? {
        "[ ]" => Some("[ ]"),
        "[x]" | "[X]" => Some("[x]"),
        _ => None,
    };
    Some((box_of(text)?, text.get(3..)?.strip_prefix(' ')?))
}

/// The level of a heading and its text.
pub(super) fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let text = line.get(level..)?;
    if !(1..=6).contains(&level) || !(text.is_empty() || text.starts_with(' ')) {
        return None;
    }
    let text = text.trim();
    let bare = text.trim_end_matches('#');
    Some((level, if bare.is_empty() || bare.ends_with(' ') { bare.trim_end() } else { text }))
}

/// The sign of a fence, its length, and its info.
pub(super) fn fence(line: &str) -> Option<(char, usize, &str)> {
    let sign = line.chars().next().filter(|char| matches!(char, '`' | '~'))?;
    let length = line.chars().take_while(|char| *char == sign).count();
    let info = line.get(length..)?.trim();
    (length >= 3 && !(sign == '`' && info.contains('`'))).then_some((sign, length, info))
}

pub(super) fn rule(line: &str) -> bool {
    let mut signs = line.chars().filter(|char| *char != ' ');
    let Some(first) = signs.next().filter(|char| matches!(char, '-' | '*' | '_')) else { return false };
    line.chars().filter(|char| *char == first).count() >= 3 && signs.all(|char| char == first)
}

/// The level of the heading that a line under a text makes of it.
pub(super) fn underline(line: &str) -> Option<usize> {
    let line = line.trim_end();
    let all = |sign: char| line.len() >= 2 && line.chars().all(|char| char == sign);
    if all('=') {
        Some(1)
    } else if all('-') {
        Some(2)
    } else {
        None
    }
}

/// A line that is a tag of HTML, or begins with one and ends with one.
pub(super) fn html(line: &str) -> bool {
    let name = line.strip_prefix('<').unwrap_or_default();
    let begins = name.starts_with(|char: char| char.is_ascii_alphabetic() || matches!(char, '/' | '!' | '?'));
    let address = name.split(['>', ' ']).next().is_some_and(|word| word.contains([':', '@']));
    begins && !address && line.trim_end().ends_with('>')
}

/// The line under the head of a table.
pub(super) fn delimiters(line: &str) -> Option<Vec<Align>> {
    if !line.contains('|') || !line.contains('-') || line.contains(|char| !matches!(char, '|' | '-' | ':' | ' ')) {
        return None;
    }
    let align = |cell: String| {
        let dashes = cell.trim_matches(':');
        if dashes.is_empty() || dashes.contains(|char| char != '-') {
            return None;
        }
        Some(match (cell.starts_with(':'), cell.ends_with(':')) {
            (true, true) => Align::Center,
            (false, true) => Align::Right,
            (true | false, false) => Align::Left,
        })
    };
    cells(line).into_iter().map(align).collect()
}

/// The cells of a row: apart by `|`, but for those behind a backslash and within code.
pub(super) fn cells(line: &str) -> Vec<String> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let mut cells = vec![String::new()];
    let mut rest = line;
    while let Some(char) = rest.chars().next() {
        let mut taken = char.len_utf8();
        match char {
            '\\' if rest.starts_with("\\|") => {
                taken = 2;
                push(&mut cells, "|");
            }
            '|' if rest.trim_end() == "|" => break,
            '|' => cells.push(String::new()),
            '`' => {
                taken = code(rest);
                push(&mut cells, &rest.get(..taken).unwrap_or_default().replace("\\|", "|"));
            }
            _ => push(&mut cells, rest.get(..taken).unwrap_or_default()),
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    cells.into_iter().map(|cell| cell.trim().to_owned()).collect()
}

fn push(cells: &mut [String], text: &str) {
    if let Some(last) = cells.last_mut() {
        last.push_str(text);
    }
}

/// Bytes of the code that a text begins with, its backticks too; those of the backticks alone where nothing closes them.
pub(super) fn code(text: &str) -> usize {
    let length = ticks(text);
    let mut at = length;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(next) = rest.find('`') else { return length };
        let run = ticks(rest.get(next..).unwrap_or_default());
        at += next + run;
        if run == length {
            return at;
        }
    }
    length
}

fn ticks(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b'`').count()
}

/// Nothing within a text waits for its end: no code, stress or link is open. A guess to the safe side.
pub(super) fn settled(text: &str) -> bool {
    let mut open = [0usize; 3];
    let mut brackets = 0usize;
    let mut before = ' ';
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let mut taken = char.len_utf8();
        match char {
            '\\' => taken += rest.get(1..).and_then(|after| after.chars().next()).map_or(0, char::len_utf8),
            '`' => {
                taken = code(rest);
                if taken == ticks(rest) {
                    return false;
                }
            }
            '*' | '_' | '~' => {
                taken = rest.chars().take_while(|other| *other == char).count();
                let after = rest.get(taken..).and_then(|after| after.chars().next()).unwrap_or(' ');
                let place = match char {
                    '*' => &mut open[0],
                    '_' => &mut open[1],
                    _ => &mut open[2],
                };
                let within = char == '_' && before.is_alphanumeric() && after.is_alphanumeric();
                if *place > 0 && !before.is_whitespace() && !within {
                    *place = place.saturating_sub(taken);
                } else if !after.is_whitespace() && !within {
                    *place += taken;
                }
            }
            '[' => brackets += 1,
            ']' => {
                brackets = brackets.saturating_sub(1);
                if rest.starts_with("](") && !rest.contains(')') {
                    return false;
                }
            }
            _ => {}
        }
        before = char;
        rest = rest.get(taken..).unwrap_or_default();
    }
    brackets == 0 && open == [0; 3]
}
