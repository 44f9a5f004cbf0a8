//! Lines that stand for text which was left out: `// ... rest unchanged ...`. What they stand for would be lost.

use super::refusal::{Cause, Refusal};
use super::step::{Hunk, Sign};
use std::collections::HashSet;

/// Refuses a text with such a line that the file does not have.
pub fn refuse(path: &str, present: &[u8], text: &[u8]) -> Result<(), Refusal> {
    let mut own: Option<HashSet<&[u8]>> = None;
    let mut above: &[u8] = b"";
    for whole in text.split(|byte| *byte == b'\n') {
        let line = whole.trim_ascii();
        let dots = is_dots(line) && !may_be_dots(path, whole, above);
        if !line.is_empty() {
            above = line;
        }
        if dots || stands_for_more(path, line) {
            let own = own.get_or_insert_with(|| present.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect());
            if !own.contains(line) {
                return Err(elided(line));
            }
        }
    }
    Ok(())
}

/// Refuses new lines of a hunk that stand for others, unless they take the place of the same line.
pub fn in_hunk(path: &str, hunk: &Hunk) -> Result<(), Refusal> {
    let old: HashSet<&[u8]> = hunk.old().map(|line| line.text.trim_ascii()).collect();
    let mut above: &[u8] = b"";
    for line in hunk.new_lines() {
        let text = line.text.trim_ascii();
        if line.sign == Sign::Add && !old.contains(text) {
            let dots = is_dots(text) && !may_be_dots(path, &line.text, above);
            if dots || stands_for_more(path, text) {
                return Err(elided(text));
            }
        }
        if !text.is_empty() {
            above = text;
        }
    }
    Ok(())
}

/// Dots and nothing else.
fn is_dots(line: &[u8]) -> bool {
    line == b"..." || line == "\u{2026}".as_bytes()
}

/// Where a line of dots means something: the body of a function in Python, the last parameter in C, prose.
fn may_be_dots(path: &str, line: &[u8], above: &[u8]) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension {
        "py" | "pyi" => {
            above.ends_with(b":") && line.starts_with(b" ") || above.ends_with(b":") && line.starts_with(b"\t")
        }
        "c" | "h" | "cc" | "cpp" | "cxx" | "hpp" => above.ends_with(b",") || above.ends_with(b"("),
        other => PROSE.contains(&other) || matches!(other, "yaml" | "yml" | ""),
    }
}

/// Refuses old lines that stand for others: asked where a hunk was not found.
pub fn in_old(path: &str, hunk: &Hunk) -> Result<(), Refusal> {
    let found = hunk.old().map(|line| line.text.trim_ascii()).find(|line| stands_for_more(path, line));
    found.map_or(Ok(()), |line| Err(elided(line)))
}

/// A new file has nothing that could be lost, so only words that cannot mean anything else are refused in it.
pub fn in_new_file(path: &str, text: &[u8]) -> Result<(), Refusal> {
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let found = lines.find(|line| stands_for_more(path, line) && line.iter().any(u8::is_ascii_alphabetic));
    found.map_or(Ok(()), |line| Err(elided(line)))
}

fn elided(line: &[u8]) -> Refusal {
    Refusal::new(
        Cause::Elided,
        format!(
            "`{}` stands for text that was left out; send that text itself, or only the lines that change with a few lines around them",
            String::from_utf8_lossy(line)
        ),
    )
}

const LEADERS: &[&str] =
    &["{/*", "<!--", "/*", "///", "//", "--", "##", "#", ";;", ";", "%", "(*", "*", "\"\"\"", "'''"];
const CLOSERS: &[&str] = &["*/}", "-->", "*/", "*)", "\"\"\"", "'''"];
/// Words of which one is in a line that stands for others.
const TELLING: &[&str] = &[
    "rest",
    "existing",
    "unchanged",
    "remaining",
    "remainder",
    "same",
    "previous",
    "before",
    "other",
    "others",
    "omitted",
    "snip",
    "snipped",
    "truncated",
    "code",
    "keep",
    "implementation",
    "more",
    "etc",
    "above",
    "elided",
];
const SUBJECTS: &[&str] = &[
    "code",
    "file",
    "function",
    "method",
    "methods",
    "functions",
    "class",
    "implementation",
    "content",
    "contents",
    "lines",
    "imports",
    "tests",
    "logic",
    "module",
    "body",
    "component",
    "config",
    "configuration",
    "fields",
];
/// Languages in which a line of dots alone means nothing.
const DOTLESS: &[&str] = &[
    "rs", "go", "js", "jsx", "mjs", "ts", "tsx", "java", "kt", "swift", "rb", "cs", "scala", "sh", "sql", "css",
    "html", "json", "toml",
];
/// Texts about code, in which such a comment may be quoted.
const PROSE: &[&str] = &["md", "mdx", "rst", "txt", "adoc", "ipynb"];

/// Words that such a line begins with where dots do not.
const OPENING: &[&str] =
    &["rest", "remaining", "remainder", "existing", "unchanged", "same", "other", "previous", "the", "all", "keep"];
const STAYING: &[&str] = &["unchanged", "same", "here", "omitted", "remains", "remain", "stays", "stay", "before"];

/// Does a line, trimmed, stand for others?
fn stands_for_more(path: &str, line: &[u8]) -> bool {
    const LONGEST: usize = 120;
    let dotted = line.windows(3).any(|three| three == b"..." || three == "\u{2026}".as_bytes());
    let worded = || line.iter().any(|byte| matches!(byte, b'r' | b'R' | b'e' | b'E'));
    if line.is_empty() || line.len() > LONGEST || !(dotted || worded()) {
        return false;
    }
    let Ok(text) = std::str::from_utf8(line) else { return false };
    let lower = text.to_lowercase().replace('\u{2026}', "...");
    let (bare, leader) = match LEADERS.iter().find_map(|leader| Some((lower.strip_prefix(leader)?, *leader))) {
        Some((rest, leader)) => (rest, leader),
        None => (lower.as_str(), ""),
    };
    let bare = CLOSERS.iter().find_map(|closer| bare.strip_suffix(closer)).unwrap_or(bare).trim();
    let (inner, bracket) = match bracketed(bare) {
        Some(inner) => (inner, true),
        None => (bare, false),
    };
    let core = inner.trim_matches(|char: char| char == '.' || char.is_whitespace());
    if core.is_empty() {
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
        // In texts about code such a comment may be quoted, but not one of the text's own.
        let quoted = PROSE.contains(&extension) && leader != "<!--";
        let dots = inner.starts_with("...") && inner.len() < 12;
        return dots && if leader.is_empty() { DOTLESS.contains(&extension) } else { !quoted };
    }
    (bracket || !leader.is_empty()) && tells_of_more(inner, core)
}

/// Do the words of a comment, with dots around them or not, tell of text that is not there?
fn tells_of_more(inner: &str, core: &str) -> bool {
    let words: Vec<&str> = core.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let (begins, ends) = (inner.starts_with("..."), inner.ends_with("..."));
    let opens = words.first().is_some_and(|first| OPENING.contains(first));
    if words.len() > 12 {
        return false;
    }
    if begins && (ends || has(TELLING)) {
        return has(TELLING) || words.len() < 4;
    }
    let all = has(&["rest", "remaining", "remainder", "existing", "other", "same"]) && has(SUBJECTS);
    opens && ((ends && has(TELLING) && words.len() <= 5) || (all && words.len() <= 9 && has(STAYING)))
}

fn bracketed(text: &str) -> Option<&str> {
    [('(', ')'), ('[', ']'), ('<', '>'), ('{', '}')]
        .iter()
        .find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close))
        .map(str::trim)
}
