//! Walking the workspace as git sees it: search by regular expression, find by glob, list a folder. Bounded in what it
//! gives; ignored files are left out, hidden ones (but `.git`) are not.

use super::beneath;
use super::place::Place;
use crate::policy::holds_secrets;
use crate::text::redact::Redactor;
use globset::{Glob, GlobBuilder, GlobMatcher};
use grep_regex::RegexMatcherBuilder;
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkMatch};
use ignore::WalkBuilder;
use std::borrow::Cow;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Characters of a matching line that are shown.
const LINE: usize = 300;

/// Bytes that one line may take in memory; files with longer ones are passed over.
const HEAP: usize = 8 * 1024 * 1024;
/// Characters of a line beyond those that are shown, in which a secret that begins in them ends.
const MARGIN: usize = 16 * 1024;
/// Where a folder says what git ignores in it.
const RULES: &[&str] = &[".gitignore", ".ignore", ".git/info/exclude"];
/// Names of unread files that are kept.
const UNREAD: usize = 5;

/// A matching line.
#[derive(Debug, PartialEq, Eq)]
pub struct Match {
    pub path: String,
    pub line: u64,
    pub text: String,
}

/// What was found, and whether there was more.
#[derive(Debug, PartialEq, Eq)]
pub struct Found<T> {
    pub items: Vec<T>,
    pub more: bool,
    /// Files that could not be looked into, the first few: unreadable ones, and ones with lines too long for memory.
    pub unread: Vec<String>,
}

/// What is looked for, and how what is found is shown.
pub struct Query<'q> {
    pub pattern: &'q str,
    pub glob: Option<&'q str>,
    pub limit: usize,
    /// Takes secrets out before lines are cut.
    pub redactor: &'q Redactor,
}

/// Lines that match below `start`, in the order of their paths. Stops when `stop` is set.
pub fn search(place: &Place, start: &Path, query: &Query<'_>, stop: &AtomicBool) -> Result<Found<Match>, String> {
    let Query { pattern, glob, limit, redactor } = *query;
    let matcher = RegexMatcherBuilder::new().line_terminator(Some(b'\n')).build(pattern).map_err(|error| {
        format!("`{pattern}` is not a regular expression: {error}; escape special characters to search for them")
    })?;
    let glob = glob.map(compile).transpose()?;
    let mut searcher = SearcherBuilder::new()
        .binary_detection(BinaryDetection::quit(0))
        .line_number(true)
        .heap_limit(Some(HEAP))
        .build();
    let mut found = Found { items: Vec::new(), more: false, unread: Vec::new() };
    for entry in walk(place, start) {
        if stop.load(Ordering::Relaxed) || found.more {
            break;
        }
        // A file like `.env` is read when it is named, which asks; a search over everything is no way round that.
        let is_secret = entry.depth() > 0 && holds_secrets(&entry.file_name().to_string_lossy());
        if is_secret
            || !entry.file_type().is_some_and(|kind| kind.is_file())
            || !glob.as_ref().is_none_or(|glob| matches(glob, start, entry.path()))
        {
            continue;
        }
        let path = place.show(entry.path());
        let first = found.items.len();
        let mut sink = Collect { path: path.clone(), found: &mut found, limit };
        // A file that cannot be read is not worth failing the search for, but it is said.
        let searched = beneath::file(place.root_of(entry.path()), entry.path()).and_then(|file| {
            // It may have become something else since it was walked over.
            if !file.metadata()?.is_file() {
                return Ok(());
            }
            searcher.search_file(&matcher, &file, &mut sink)
        });
        show(found.items.get_mut(first..).unwrap_or_default(), place, entry.path(), redactor);
        if searched.is_err() && found.unread.len() < UNREAD {
            found.unread.push(path);
        }
    }
    Ok(found)
}

/// Files below `start` whose path fits `glob`.
pub fn find(place: &Place, start: &Path, glob: &str, limit: usize, stop: &AtomicBool) -> Result<Found<String>, String> {
    let glob = compile(glob)?;
    let mut found = Found { items: Vec::new(), more: false, unread: Vec::new() };
    for entry in walk(place, start) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        if entry.depth() > 0
            && !entry.file_type().is_some_and(|kind| kind.is_dir())
            && matches(&glob, start, entry.path())
        {
            if found.items.len() == limit {
                found.more = true;
                break;
            }
            found.items.push(place.show(entry.path()));
        }
    }
    Ok(found)
}

/// The names in a folder, folders with a `/` behind.
pub fn list(place: &Place, folder: &Path, limit: usize) -> io::Result<Found<String>> {
    std::fs::read_dir(folder)?;
    let mut items: Vec<String> = Vec::new();
    for entry in builder(place, folder).max_depth(Some(1)).build().flatten().filter(|entry| entry.depth() == 1) {
        let slash = if entry.file_type().is_some_and(|kind| kind.is_dir()) { "/" } else { "" };
        items.push(format!("{}{slash}", entry.file_name().to_string_lossy()));
    }
    let more = items.len() > limit;
    items.truncate(limit);
    Ok(Found { items, more, unread: Vec::new() })
}

/// Every file and folder below `start`, with whether it is a folder, until `visit` says no or `stop` is set.
pub fn all(place: &Place, start: &Path, stop: &AtomicBool, visit: &mut dyn FnMut(&Path, bool) -> bool) {
    for entry in walk(place, start).filter(|entry| entry.depth() > 0) {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        if stop.load(Ordering::Relaxed) || !visit(entry.path(), is_folder) {
            return;
        }
    }
}

/// The text of a regular file of at most `most` bytes, bad bytes replaced; none of a binary one.
pub fn small_text(place: &Place, path: &Path, most: u64) -> Option<String> {
    let file = beneath::file(place.root_of(path), path).ok()?;
    let meta = file.metadata().ok().filter(|meta| meta.is_file() && meta.len() <= most)?;
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).ok()?);
    file.take(most).read_to_end(&mut bytes).ok()?;
    let is_text = !bytes.iter().take(8_000).any(|byte| *byte == 0);
    is_text.then(|| String::from_utf8_lossy(&bytes).into_owned())
}

fn builder(place: &Place, start: &Path) -> WalkBuilder {
    let mut builder = WalkBuilder::new(start);
    // A pipe in the place of rules would be waited for until somebody writes into it.
    let is_read = |path: &Path| path.metadata().map_or(true, |meta| meta.is_file());
    let rules = start.ancestors().flat_map(|folder| RULES.iter().map(|name| folder.join(name)));
    if !rules.into_iter().all(|path| is_read(&path)) {
        builder.standard_filters(false);
    }
    let place = place.clone();
    builder
        .hidden(false)
        .require_git(false)
        .sort_by_file_name(std::cmp::Ord::cmp)
        .filter_entry(move |entry| entry.file_name() != ".git" && !place.is_denied(entry.path()));
    builder
}

fn walk(place: &Place, start: &Path) -> impl Iterator<Item = ignore::DirEntry> + use<> {
    builder(place, start).build().flatten()
}

/// A glob; one without a slash fits names in any folder.
fn compile(glob: &str) -> Result<GlobMatcher, String> {
    let trimmed = glob.trim_start_matches("./");
    let full = if trimmed.contains('/') { trimmed.to_owned() } else { format!("**/{trimmed}") };
    GlobBuilder::new(&full)
        .literal_separator(true)
        .build()
        .map(|glob: Glob| glob.compile_matcher())
        .map_err(|error| format!("`{glob}` is not a glob: {error}"))
}

fn matches(glob: &GlobMatcher, start: &Path, path: &Path) -> bool {
    glob.is_match(path.strip_prefix(start).unwrap_or(path))
        || (path == start && path.file_name().is_some_and(|name| glob.is_match(name)))
}

/// Makes the matching lines of one file as they are shown: without secrets, also those that go over several lines, and cut.
fn show(hits: &mut [Match], place: &Place, path: &Path, redactor: &Redactor) {
    if hits.is_empty() {
        return;
    }
    let mut whole = Vec::new();
    // What cannot be read any more, or lies beyond, is cleaned line by line.
    let _ = beneath::file(place.root_of(path), path).and_then(|file| file.take(HEAP as u64).read_to_end(&mut whole));
    let clean = redactor.bytes(&whole);
    let lines: Vec<&[u8]> = match &clean {
        Cow::Borrowed(_) => Vec::new(),
        Cow::Owned(clean) => clean.split(|byte| *byte == b'\n').collect(),
    };
    for hit in hits {
        let line = usize::try_from(hit.line).ok().and_then(|line| lines.get(line.checked_sub(1)?));
        let text = line.map(|line| String::from_utf8_lossy(line).trim_end().to_owned());
        let text = text.unwrap_or_else(|| redactor.text(std::mem::take(&mut hit.text)));
        let shown: String = text.chars().take(LINE).collect();
        hit.text = if shown.len() < text.len() { format!("{shown} …") } else { shown };
    }
}

struct Collect<'a> {
    path: String,
    found: &'a mut Found<Match>,
    limit: usize,
}

impl Sink for Collect<'_> {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, hit: &SinkMatch<'_>) -> io::Result<bool> {
        if self.found.items.len() == self.limit {
            self.found.more = true;
            return Ok(false);
        }
        let text = String::from_utf8_lossy(hit.bytes()).trim_end().chars().take(LINE + MARGIN).collect();
        self.found.items.push(Match { path: self.path.clone(), line: hit.line_number().unwrap_or(0), text });
        Ok(true)
    }
}
