//! What is completed: commands after `/`, their arguments, files after `@`, symbols after `@@`.

use super::motion;
use crate::base::access::Mode;
use crate::base::desk::Hit;
use crate::tui::commands::{Arguments, COMMANDS, Command};
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Something that has to be looked up outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    pub wanted: Wanted,
    /// Empty for lists that are ranked here.
    pub query: String,
}

/// The answer to a [`Completion`], with the query it was asked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub wanted: Wanted,
    pub query: String,
    pub hits: Vec<Hit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Files,
    Symbols,
    Sessions,
    Models,
    Efforts,
    Themes,
    Providers,
}

impl Wanted {
    /// Asked anew with every character; the answer is ranked already. The others are whole lists, asked once.
    pub fn searched(self) -> bool {
        match self {
            Wanted::Files | Wanted::Symbols | Wanted::Sessions => true,
            Wanted::Models | Wanted::Efforts | Wanted::Themes | Wanted::Providers => false,
        }
    }
}

/// Where what can be offered comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Commands,
    Words(&'static [&'static str]),
    Modes,
    Outside(Wanted),
}

/// What stands before the cursor and can be completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub source: Source,
    /// The byte where what is completed begins, its sign included.
    pub start: usize,
    pub query: String,
}

const FORMATS: &[&str] = &["md", "html", "json"];

/// What could be completed at the cursor.
pub(super) fn target(text: &str, cursor: usize) -> Option<Target> {
    let before = text.get(..cursor)?;
    if before.starts_with('!') {
        return None;
    }
    if let Some(line) = before.strip_prefix('/').filter(|line| !line.contains('\n')) {
        let Some((name, typed)) = line.split_once(' ') else {
            let named = line.chars().all(|char| char.is_ascii_lowercase() || char == '-');
            return named.then(|| Target { source: Source::Commands, start: 0, query: line.to_owned() });
        };
        if let Some(source) = command(name).and_then(source) {
            let start = cursor - typed.trim_start().len();
            return Some(Target { source, start, query: typed.trim_start().to_owned() });
        }
    }
    let word = before.rfind(|char: char| char.is_whitespace() || matches!(char, '(' | '[' | '"' | '\'' | '`'));
    let start = word.map_or(0, |found| motion::right(before, found));
    let (wanted, query) = match before.get(start..)?.strip_prefix('@')? {
        rest if rest.starts_with('@') => (Wanted::Symbols, rest.get(1..)?),
        rest => (Wanted::Files, rest),
    };
    Some(Target { source: Source::Outside(wanted), start, query: query.to_owned() })
}

pub(super) fn command(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

fn source(command: &Command) -> Option<Source> {
    Some(match command.arguments {
        Arguments::None => return None,
        Arguments::Files => Source::Outside(Wanted::Files),
        Arguments::Models => Source::Outside(Wanted::Models),
        Arguments::Modes => Source::Modes,
        Arguments::Efforts => Source::Outside(Wanted::Efforts),
        Arguments::Sessions => Source::Outside(Wanted::Sessions),
        Arguments::Themes => Source::Outside(Wanted::Themes),
        Arguments::Formats => Source::Words(FORMATS),
        Arguments::Providers => Source::Outside(Wanted::Providers),
        Arguments::Words(words) => Source::Words(words),
    })
}

impl Source {
    /// What is known here; `None` where it has to be asked for.
    pub fn known(self) -> Option<Vec<Hit>> {
        let hit = |text: &str, detail: &str| Hit { text: text.to_owned(), detail: detail.to_owned(), fits: Vec::new() };
        match self {
            Source::Commands => Some(COMMANDS.iter().map(|command| hit(command.name, command.help)).collect()),
            Source::Words(words) => Some(words.iter().map(|word| hit(word, "")).collect()),
            Source::Modes => Some(Mode::ALL.iter().map(|mode| hit(mode.name(), mode_help(*mode))).collect()),
            Source::Outside(_) => None,
        }
    }
}

fn mode_help(mode: Mode) -> &'static str {
    match mode {
        Mode::Read => "nothing is written",
        Mode::Ask => "each edit is shown before it is written",
        Mode::Auto => "edits and commands in the jail go on without a question",
        Mode::Full => "no jail and no questions",
    }
}

/// Those that fit, the best first, with the characters that do. Without a query all of them, in their order.
pub(super) fn rank(query: &str, hits: &[Hit]) -> Vec<Hit> {
    if query.is_empty() {
        return hits.iter().map(|hit| Hit { fits: Vec::new(), ..hit.clone() }).collect();
    }
    let mut config = Config::DEFAULT;
    config.prefer_prefix = true;
    let mut matcher = Matcher::new(config);
    let pattern = Pattern::new(query, CaseMatching::Smart, Normalization::Smart, AtomKind::Fuzzy);
    let mut ranked: Vec<(u32, Hit)> = Vec::new();
    for hit in hits {
        let chars: Vec<char> = hit.text.chars().collect();
        let mut fits = Vec::new();
        if let Some(score) = pattern.indices(Utf32Str::Unicode(&chars), &mut matcher, &mut fits) {
            fits.sort_unstable();
            fits.dedup();
            ranked.push((score, Hit { fits, ..hit.clone() }));
        }
    }
    ranked.sort_by_key(|(score, hit)| (hit.text != query, std::cmp::Reverse(*score), hit.text.len()));
    ranked.into_iter().map(|(_, hit)| hit).collect()
}
