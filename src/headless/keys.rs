//! The keys of a review as tables: what may be answered to which question, and what the help says of it.

use crate::base::access::Remember;

/// What the user decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Yes,
    No,
    /// Decide file by file.
    Files,
    /// Decide hunk by hunk.
    Hunks,
    /// Yes to this one and all later ones.
    Rest,
    /// No to this one and all later ones of the file.
    Skip,
    Edit,
    /// Yes, and to the same by its meaning for so long.
    Remember(Remember),
    /// No to this one and everything after it.
    Quit,
}

/// A key as it is typed.
#[derive(Debug)]
pub(super) struct Row {
    pub letter: &'static str,
    /// Does the same.
    pub word: &'static str,
    pub key: Key,
    /// May words for the model follow?
    pub words: bool,
    /// At most 72 characters: a line of help has 80.
    pub help: &'static str,
}

const fn row(letter: &'static str, word: &'static str, key: Key, words: bool, help: &'static str) -> Row {
    Row { letter, word, key, words, help }
}

/// For a whole change.
pub(super) const CHANGE: &[Row] = &[
    row("y", "yes", Key::Yes, true, "write all of it; words after it go to the model"),
    row("n", "no", Key::No, true, "write nothing; words after it go to the model: n not this file"),
    row("f", "files", Key::Files, false, "decide file by file"),
    row("h", "hunks", Key::Hunks, false, "decide hunk by hunk"),
    row("e", "edit", Key::Edit, false, "edit the new text in your editor ($VISUAL or $EDITOR)"),
];

/// For one file of several.
pub(super) const FILE: &[Row] = &[
    row("y", "yes", Key::Yes, true, "write this file; words after it go to the model"),
    row("n", "no", Key::No, true, "leave this file as it is; words after it go to the model"),
    row("h", "hunks", Key::Hunks, false, "decide this file hunk by hunk"),
    row("e", "edit", Key::Edit, false, "edit the new text in your editor ($VISUAL or $EDITOR)"),
    row("a", "all", Key::Rest, true, "write this file and all later ones"),
    row("q", "quit", Key::Quit, true, "leave this file and all later ones as they are"),
];

/// For one hunk.
pub(super) const HUNK: &[Row] = &[
    row("y", "yes", Key::Yes, true, "write this hunk; words after it go to the model"),
    row("n", "no", Key::No, true, "leave this hunk out; words after it go to the model"),
    row("a", "all", Key::Rest, true, "write this hunk and all later ones of the file"),
    row("d", "done", Key::Skip, true, "leave this hunk and all later ones of the file out"),
    row("e", "edit", Key::Edit, false, "edit the hunk's new text in your editor ($VISUAL or $EDITOR)"),
    row("q", "quit", Key::Quit, true, "leave this hunk and everything after it out"),
];

/// For what is no change to a file: a command, or a read.
pub(super) const PLAIN: &[Row] = &[
    row("y", "yes", Key::Yes, false, "this once"),
    row("n", "no", Key::No, true, "words after it go to the model: n use make instead"),
    row("s", "session", Key::Remember(Remember::Session), false, "yes, and the same needs no question in this session"),
    row("p", "project", Key::Remember(Remember::Project), false, "the same, in this project from now on"),
    row("a", "always", Key::Remember(Remember::Always), false, "the same, everywhere; `agent policy list` shows these"),
];

/// A key, and the words that followed it.
pub(super) type Typed = (Key, Option<String>);

/// What a line says, if it is one of the offered keys.
pub(super) fn parse(line: &str, rows: &[Row], offered: impl Fn(Key) -> bool) -> Option<Typed> {
    let line = line.trim();
    let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let row = rows.iter().find(|row| {
        offered(row.key) && (first.eq_ignore_ascii_case(row.letter) || first.eq_ignore_ascii_case(row.word))
    })?;
    let words = Some(rest.trim()).filter(|words| !words.is_empty()).map(str::to_owned);
    if words.is_some() && !row.words { None } else { Some((row.key, words)) }
}

/// `y,n,e,?`.
pub(super) fn letters(rows: &[Row], offered: impl Fn(Key) -> bool) -> String {
    let letters = rows.iter().filter(|row| offered(row.key)).map(|row| row.letter);
    letters.chain(["?"]).collect::<Vec<_>>().join(",")
}

/// One line a key.
pub(super) fn help(rows: &[Row], offered: impl Fn(Key) -> bool) -> Vec<String> {
    rows.iter().filter(|row| offered(row.key)).map(|row| format!("  {}  {}", row.letter, row.help)).collect()
}
