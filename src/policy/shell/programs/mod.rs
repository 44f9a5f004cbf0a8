//! What programs do with their words: one table from names to readers. A program that is not in it is foreign code.

mod archives;
mod code;
mod files;
mod git;
mod network;
mod packages;
mod system;
mod table;
mod text;
mod wrappers;

use super::effect::UNKNOWN;
use super::reader::Input;
use super::{Code, Effect, Word};

/// A call, as its reader gets it.
pub struct Arguments<'a> {
    pub program: &'a str,
    pub words: &'a [Word],
    pub input: &'a Input,
    /// The working folder, absolute where that is known.
    pub here: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    Read,
    Write,
    Delete,
}

/// What a program would run.
pub enum Inner {
    /// A line, in a shell of its own.
    Line(String),
    /// A line, in this shell.
    Here(String),
    Call(Vec<Word>),
    /// A call in another folder.
    At(Word, Vec<Word>),
}

/// What a program does.
#[derive(Default)]
pub struct Found {
    pub effects: Vec<Effect>,
    pub touched: Vec<(Touch, Word)>,
    pub inner: Vec<Inner>,
    pub unclear: Vec<String>,
    pub altered: Vec<String>,
    /// It does nothing by itself.
    pub idle: bool,
    /// What it prints, where that is known.
    pub output: Option<String>,
    /// Variables of the shell that have another value after it.
    pub set: Vec<String>,
    /// Where the shell goes; `Some(None)`: home.
    pub folder: Option<Option<Word>>,
    /// Every variable may have another value after it.
    pub forgets: bool,
}

/// How a program is read.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Touches nothing.
    Idle,
    /// Reads the files it names. The flags whose next word is no file.
    Reads(&'static str),
    /// Writes the files it names.
    Writes(&'static str),
    Deletes,
    /// Runs what the workspace says: build files, tests, scripts.
    Builds,
    /// Speaks with the network, with whom is not read.
    Network,
    /// Changes the machine.
    System,
    By(fn(&Arguments<'_>, &mut Found)),
}

/// Words split as most programs do: flags with their values, and the rest.
#[derive(Default)]
pub struct Split<'a> {
    pub flags: Vec<(String, Option<Word>)>,
    pub operands: Vec<&'a Word>,
}

/// Reads one call.
pub fn found(arguments: &Arguments<'_>) -> Found {
    let mut found = Found::default();
    let Some(kind) = table::kind(arguments) else {
        stranger(arguments, &mut found);
        return found;
    };
    match kind {
        Kind::Idle => found.idle = true,
        Kind::Reads(valued) => found.reads(arguments.split(valued).operands),
        Kind::Writes(valued) => found.writes(arguments.split(valued).operands),
        Kind::Deletes => found.touch(Touch::Delete, arguments.split("").operands),
        Kind::Builds => found.effects.push(Effect::Runs(Code::Workspace(arguments.name().into()))),
        Kind::Network => found.network(None),
        Kind::System => found.effects.push(Effect::System(arguments.name().into())),
        Kind::By(reader) => reader(arguments, &mut found),
    }
    found
}

/// A program by its path is code of the workspace or of wherever it is; one that is not known is foreign.
fn stranger(arguments: &Arguments<'_>, found: &mut Found) {
    let program = arguments.program;
    if program.contains('/') {
        found.touched.push((Touch::Read, Word { text: program.into(), known: true }));
    }
    let inside = program.contains('/') && !program.starts_with(['/', '~']) && !program.starts_with("../");
    let code = if inside { Code::Workspace(program.into()) } else { Code::Foreign(program.into()) };
    found.effects.push(Effect::Runs(code));
}

impl<'a> Arguments<'a> {
    /// The program's name without its folder.
    pub fn name(&self) -> &'a str {
        self.program.rsplit('/').next().unwrap_or_default()
    }

    pub fn first(&self) -> Option<&'a str> {
        self.words.first().map(|word| word.text.as_str())
    }

    /// Is one of these among the words, as it is?
    pub fn says(&self, wanted: &[&str]) -> bool {
        self.words.iter().any(|word| wanted.contains(&word.text.as_str()))
    }

    /// Flags and operands. `valued`: the flags that take the next word, separated by spaces.
    pub fn split(&self, valued: &str) -> Split<'a> {
        split(self.words, valued)
    }

    /// The first word that is no flag, and those behind it.
    pub fn command(&self, valued: &str) -> Option<(&'a str, &'a [Word])> {
        let at = operand(self.words, valued, 0)?;
        Some((self.words.get(at)?.text.as_str(), self.words.get(at + 1..).unwrap_or_default()))
    }

    /// Everything as one line.
    pub fn line(&self) -> String {
        let words = self.words.iter().map(|word| word.text.as_str());
        std::iter::once(self.name()).chain(words).take(6).collect::<Vec<_>>().join(" ")
    }
}

/// The index of the first word from `from` on that is no flag and no flag's value.
pub fn operand(words: &[Word], valued: &str, from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(word) = words.get(at) {
        if word.text == "--" {
            return (at + 1 < words.len()).then_some(at + 1);
        }
        if !word.text.starts_with('-') || word.text == "-" {
            return Some(at);
        }
        at += if takes_next(&word.text, valued) { 2 } else { 1 };
    }
    None
}

fn takes_next(flag: &str, valued: &str) -> bool {
    if flag.starts_with("--") {
        return valued.split(' ').any(|known| known == flag);
    }
    // In a cluster such as `-xzf` the last letter may take the next word.
    let last = flag.chars().last().unwrap_or_default();
    valued
        .split(' ')
        .any(|known| known == flag || (known.len() == 2 && known.ends_with(last) && !known.starts_with("--")))
        && !valued.split(' ').any(|known| known.len() == 2 && flag.len() > 2 && flag.starts_with(known))
}

pub fn split<'a>(words: &'a [Word], valued: &str) -> Split<'a> {
    let mut split = Split::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if text == "--" {
            split.operands.extend(words);
            break;
        }
        if !text.starts_with('-') || text == "-" {
            split.operands.push(word);
        } else if let Some((flag, value)) = text.split_once('=').filter(|_| text.starts_with("--")) {
            split.flags.push((flag.into(), Some(Word { text: value.into(), known: word.known })));
        } else if takes_next(text, valued) {
            let value = words.next().cloned();
            split.flags.extend(letters(text).into_iter().map(|flag| (flag, value.clone())));
        } else {
            split.flags.extend(single(text, valued, word.known));
        }
    }
    split
}

/// `-xzf` as `-x`, `-z`, `-f`, and as it is.
fn letters(text: &str) -> Vec<String> {
    let mut all = vec![text.to_owned()];
    if !text.starts_with("--") && text.len() > 2 {
        all.extend(text.chars().skip(1).map(|letter| format!("-{letter}")));
    }
    all
}

/// A flag that takes no next word; the rest of a short one is its value where it takes one: `-ofile`.
fn single(text: &str, valued: &str, known: bool) -> Vec<(String, Option<Word>)> {
    if !text.starts_with("--") {
        for (at, letter) in text.char_indices().skip(1) {
            let flag = format!("-{letter}");
            let rest = text.get(at + letter.len_utf8()..).unwrap_or_default();
            if !rest.is_empty() && valued.split(' ').any(|known| known == flag) {
                let before = text.get(..at).unwrap_or_default();
                let mut all: Vec<_> = letters(before).into_iter().map(|flag| (flag, None)).collect();
                all.push((flag, Some(Word { text: rest.into(), known })));
                return all;
            }
        }
    }
    letters(text).into_iter().map(|flag| (flag, None)).collect()
}

impl Split<'_> {
    pub fn has(&self, flags: &[&str]) -> bool {
        self.flags.iter().any(|(flag, _)| flags.contains(&flag.as_str()))
    }

    pub fn values(&self, flags: &[&str]) -> Vec<Word> {
        let of = self.flags.iter().filter(|(flag, _)| flags.contains(&flag.as_str()));
        of.filter_map(|(_, value)| value.clone()).collect()
    }

    pub fn value(&self, flags: &[&str]) -> Option<Word> {
        self.values(flags).into_iter().next()
    }
}

impl Found {
    pub fn touch<'w>(&mut self, touch: Touch, words: impl IntoIterator<Item = &'w Word>) {
        let files = words.into_iter().filter(|word| word.text != "-");
        self.touched.extend(files.map(|word| (touch, word.clone())));
    }

    pub fn reads<'w>(&mut self, words: impl IntoIterator<Item = &'w Word>) {
        self.touch(Touch::Read, words);
    }

    pub fn writes<'w>(&mut self, words: impl IntoIterator<Item = &'w Word>) {
        self.touch(Touch::Write, words);
    }

    /// Something at a place that the program knows by itself.
    pub fn at(&mut self, touch: Touch, path: &str) {
        self.touched.push((touch, Word { text: path.into(), known: true }));
    }

    pub fn network(&mut self, host: Option<&Word>) {
        let host = host.filter(|word| word.known).and_then(|word| host_of(&word.text));
        self.effects.push(Effect::Network(host.unwrap_or_else(|| UNKNOWN.into())));
    }

    pub fn runs(&mut self, code: Code) {
        self.effects.push(Effect::Runs(code));
    }

    /// Code in a language that is not read here.
    pub fn given(&mut self, program: &str) {
        self.runs(Code::Given(program.into()));
        self.unclear.push(format!("the code that is given to `{program}` is not read"));
    }

    /// A line in a word.
    pub fn line(&mut self, word: &Word) {
        if word.known {
            self.inner.push(Inner::Line(word.text.clone()));
        } else {
            self.given("sh");
        }
    }
}

/// The host of an address or of `user@host:path`.
pub fn host_of(text: &str) -> Option<String> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end)?;
    let host = authority.rsplit('@').next()?;
    let host = match host.strip_prefix('[') {
        Some(six) => six.split(']').next()?,
        None => host.split(':').next()?,
    };
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}
