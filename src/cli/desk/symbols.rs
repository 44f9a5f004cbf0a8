//! Names that the workspace's source defines, for `@`: by the words that definitions begin with, in any usual language.

use super::files::Files;
use super::locked;
use super::names::Names;
use crate::base::desk::Hit;
use crate::policy::holds_secrets;
use crate::workspace::place::Place;
use crate::workspace::walk;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Bytes of a file that is looked into.
const LARGEST: u64 = 1 << 20;
/// Names that are kept at the most.
const MOST: usize = 300_000;
/// A list that is older is made again, once it was asked.
const FRESH: Duration = Duration::from_secs(30);
/// Endings of names of files that hold source.
const SOURCE: &[&str] = &[
    "rs", "py", "pyi", "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "go", "java", "kt", "kts", "scala", "c",
    "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "m", "mm", "cs", "fs", "swift", "rb", "php", "pl", "pm", "lua", "ex",
    "exs", "erl", "hs", "ml", "mli", "clj", "dart", "zig", "nim", "jl", "r", "sh", "bash", "zsh", "vue", "svelte",
    "proto", "sol", "v", "vhd", "groovy", "gradle", "ps1", "d", "cr", "graphql", "thrift",
];
/// Words that stand before a definition.
const BEFORE: &[&str] = &[
    "pub",
    "export",
    "default",
    "async",
    "static",
    "public",
    "private",
    "protected",
    "internal",
    "abstract",
    "final",
    "unsafe",
    "override",
    "virtual",
    "inline",
    "sealed",
    "partial",
    "extern",
    "declare",
    "open",
    "data",
    "suspend",
    "readonly",
    "local",
    "const",
    "case",
    "fileprivate",
    "@objc",
    "\"C\"",
];
/// Words that define the name behind them.
const DEFINE: &[&str] = &[
    "fn",
    "struct",
    "enum",
    "union",
    "trait",
    "mod",
    "macro_rules!",
    "type",
    "const",
    "static",
    "class",
    "def",
    "defp",
    "defmodule",
    "function",
    "interface",
    "func",
    "fun",
    "module",
    "namespace",
    "object",
    "protocol",
    "record",
    "message",
    "service",
    "contract",
    "sub",
    "typealias",
    "actor",
];
/// Words that may follow a defined name.
const AFTER: &[&str] = &[
    "struct",
    "interface",
    "extends",
    "implements",
    "where",
    "for",
    "is",
    "in",
    "with",
    "do",
    "func",
    "map",
    "string",
    "int",
    "uint",
    "bool",
    "final",
    "enum",
    "of",
];

#[derive(Default)]
pub(super) struct Symbols {
    list: Mutex<Option<List>>,
    scanning: Mutex<()>,
    asked: AtomicU64,
}

struct List {
    folder: PathBuf,
    files: Arc<Names>,
    symbols: Arc<Found>,
    scanned: Instant,
}

/// Names, and where they are defined.
#[derive(Default)]
struct Found {
    names: Names,
    /// Number of the path, and line from 1.
    places: Vec<(u32, u32)>,
}

impl Symbols {
    /// A new question, which makes those before it old. Its number.
    pub(super) fn ask(&self) -> u64 {
        self.asked.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The best names for `query`; none where a later question was asked.
    pub(super) fn find(&self, files: &Arc<Files>, place: &Place, query: &str, most: usize, ticket: u64) -> Vec<Hit> {
        let wanted = || self.asked.load(Ordering::Relaxed) == ticket;
        let paths = files.names(place);
        let Some((paths, found)) = self.found(paths, place, &wanted) else { return Vec::new() };
        let Some(ranked) = found.names.rank(query, None, most, &wanted) else { return Vec::new() };
        let hit = |(index, fits): (u32, Vec<u32>)| {
            let (path, line) = found.places.get(index as usize)?;
            let detail = format!("{}:{line}", paths.get(*path));
            Some(Hit { text: found.names.get(index).to_owned(), detail, fits })
        };
        ranked.best.into_iter().filter_map(hit).collect()
    }

    /// The definitions in these files, scanned where nobody did of late.
    fn found(&self, paths: Arc<Names>, place: &Place, wanted: &dyn Fn() -> bool) -> Option<(Arc<Names>, Arc<Found>)> {
        let known = || {
            let list = locked(&self.list);
            let fits = |list: &&List| list.folder == place.folder() && list.scanned.elapsed() < FRESH;
            list.as_ref().filter(fits).map(|list| (Arc::clone(&list.files), Arc::clone(&list.symbols)))
        };
        if let Some(known) = known() {
            return Some(known);
        }
        let _alone = locked(&self.scanning);
        if let Some(known) = known() {
            return Some(known);
        }
        let symbols = Arc::new(scan(&paths, place, wanted)?);
        *locked(&self.list) = Some(List {
            folder: place.folder().to_path_buf(),
            files: Arc::clone(&paths),
            symbols: Arc::clone(&symbols),
            scanned: Instant::now(),
        });
        Some((paths, symbols))
    }
}

/// Looks into all files of source. `None` once nobody waits any more.
fn scan(paths: &Names, place: &Place, wanted: &dyn Fn() -> bool) -> Option<Found> {
    let mut found = Found::default();
    for (number, path) in paths.iter().enumerate() {
        let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or(path);
        if !SOURCE.contains(&ending.as_str()) || holds_secrets(name) {
            continue;
        }
        if !wanted() {
            return None;
        }
        let Some(text) = walk::small_text(place, &place.folder().join(path), LARGEST) else { continue };
        for (line, name) in text.lines().enumerate().filter_map(|(line, text)| Some((line, definition(text)?))) {
            if found.places.len() == MOST || !found.names.push(name) {
                return Some(found);
            }
            found.places.push((number as u32, line as u32 + 1));
        }
    }
    found.names.finish();
    Some(found)
}

/// The name that a line defines, if it does.
fn definition(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    let mut defines = false;
    // A line of a minified file is none that anybody wrote.
    if line.len() > 2_000 {
        return None;
    }
    while let Some(end) = rest.find(char::is_whitespace) {
        let (word, after) = rest.split_at(end);
        let plain = word.trim_end_matches('*');
        let is_definition = DEFINE.contains(&plain);
        if !is_definition && !BEFORE.contains(&plain) && !word.starts_with("pub(") {
            break;
        }
        defines = is_definition;
        rest = after.trim_start();
    }
    // Go names the receiver first.
    if defines && rest.starts_with('(') {
        rest = rest.split_once(')')?.1.trim_start();
    }
    let is_part = |char: char| char.is_alphanumeric() || matches!(char, '_' | '$' | '.' | ':');
    let name = rest.split(|char| !is_part(char)).next()?.trim_end_matches([':', '.']);
    let after = rest.get(name.len()..)?.trim_start();
    let short = name.rsplit(['.', ':']).next()?;
    let next = after.split(|char: char| !char.is_alphanumeric()).next().unwrap_or_default();
    let fits = next.is_empty() || AFTER.contains(&next) || DEFINE.contains(&next);
    let is_name = short.starts_with(|char: char| char.is_alphabetic() || matches!(char, '_' | '$'));
    (defines && is_name && fits).then_some(short)
}
