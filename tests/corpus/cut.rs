//! Edits that were cut off, and edits in which a part was left out. Neither may ever change a file.

use super::case::{Case, alone, spread, update};
use super::line::{self, Hunk, Line, Mark};
use super::render::{CLEAN, Format, Step, Style, render};
use super::text::{Pair, pairs};
use super::tree::{Tree, file};

/// Places at which one edit is cut.
const CUTS: usize = 20;

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for format in Format::ALL {
        cut_off(&mut cases, format, false);
    }
    cut_off(&mut cases, Format::Udiff, true);
    cut_creation(&mut cases);
    elided(&mut cases);
    cases
}

/// Two changes with several hunks, in a tree of both files.
fn cut_off(cases: &mut Vec<Case>, format: Format, git: bool) {
    for (first, second) in
        [("rust-three-places", "python-two-places"), ("java-close-places", "prose-word"), ("go-append", "unicode-wide")]
    {
        let all = pairs();
        let find = |name: &str| all.iter().find(|pair| pair.name == name).expect("a change of the table");
        let (one, two) = (find(first), find(second));
        let mut tree = alone(one.text.path, &one.before);
        tree.extend([file(two.text.path, &two.before)]);
        let steps = [update(one, 3), update(two, 3)].concat();
        let edit = render(format, &steps, &Style { git, ..CLEAN }).expect("every format can say an update");
        let places: Vec<usize> = (1..edit.len()).filter(|at| loses(format, &edit, *at)).collect();
        // A diff has the fewest signs of where it ends.
        let most = if format == Format::Udiff { 2 * CUTS } else { CUTS };
        for at in spread(places, most, first.len()) {
            let kind = if git { "cut-off-git" } else { "cut-off" };
            let flag = if format == Format::Whole { vec!["--overwrite"] } else { Vec::new() };
            let name = format!("{first}-at-{at}");
            cases.push(Case { flags: flag, ..Case::new(format, kind, &name, tree.clone(), edit[..at].to_vec()) });
        }
    }
}

/// A new file that would end too early.
fn cut_creation(cases: &mut Vec<Case>) {
    for pair in pairs().iter().filter(|pair| ["c-replace", "unicode-replace"].contains(&pair.name.as_str())) {
        let step = Step::Create { path: "new/file.txt".to_owned(), lines: line::script(b"", &pair.before) };
        for format in Format::ALL {
            let edit = render(format, std::slice::from_ref(&step), &CLEAN).expect("every format can say a creation");
            let places: Vec<usize> = (1..edit.len()).filter(|at| loses(format, &edit, *at)).collect();
            for at in spread(places, CUTS, 0) {
                let name = format!("{}-at-{at}", pair.name);
                cases.push(Case::new(
                    format,
                    "cut-off-creation",
                    &name,
                    alone("old.txt", b"old\n"),
                    edit[..at].to_vec(),
                ));
            }
        }
    }
}

/// Whether it can be seen that something is missing from the first so many bytes. Left out are cuts after which a whole
/// edit stands there: those at the seams of files, hunks and blocks, those that take only blanks or letters of the last
/// marker, and in a unified diff those within a last line that is added, which may as well end there.
fn loses(format: Format, edit: &[u8], at: usize) -> bool {
    let (left, lost) = edit.split_at(at);
    let line = left.split(|byte| *byte == b'\n').next_back().unwrap_or_default();
    let rest = lost.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if lost.trim_ascii().is_empty() {
        return false;
    }
    match format {
        Format::Edit | Format::Whole => true,
        Format::Patch => at <= edit.len() - "*** End Patch\n".len(),
        Format::Blocks => {
            let count = |marker: &str| left.windows(marker.len()).filter(|window| *window == marker.as_bytes()).count();
            // Within the name of a file, or in the fence after it, the rest could be talk.
            count("<<<<<<< SEARCH\n") > count("\n>>>>>>>")
        }
        Format::Udiff => match whole_hunks(left) {
            // All lines that were counted are there: something has begun after them, and is not there.
            Some(true) => begun(left),
            // One line is missing at most, and it may be there but for its newline, blank, or as it was meant to be.
            Some(false) if last_counted(left) => {
                line.is_empty() || !(rest.is_empty() || line.starts_with(b"+") || line.trim_ascii().is_empty())
            }
            Some(false) | None => true,
        },
    }
}

/// Whether the last header of a diff is no complete range, and enough of it is there to be one.
fn begun(diff: &[u8]) -> bool {
    let headers: [&[u8]; 3] = [b"diff ", b"--- ", b"@@ -"];
    let last =
        diff.split_inclusive(|byte| *byte == b'\n').rfind(|line| headers.iter().any(|start| line.starts_with(start)));
    last.is_some_and(|line| line.len() > 5 && !line.ends_with(b" @@\n"))
}

/// Whether the last hunk of a diff has all its lines, not counting one without its newline; nothing before the first.
fn whole_hunks(diff: &[u8]) -> Option<bool> {
    remaining(diff, false).map(|(old, new)| old == 0 && new == 0)
}

/// Whether the part of a line that is left is the last of its hunk.
fn last_counted(diff: &[u8]) -> bool {
    !diff.ends_with(b"\n") && remaining(diff, true).is_some_and(|(old, new)| old <= 0 && new <= 0)
}

/// Lines that the last range counts and that have not come, on both sides; `partial` counts the line that is cut too.
fn remaining(diff: &[u8], partial: bool) -> Option<(i64, i64)> {
    let mut left = None;
    for line in diff.split_inclusive(|byte| *byte == b'\n') {
        if !line.ends_with(b"\n") && !partial {
            break;
        }
        if line.starts_with(b"@@ -") && line.ends_with(b"@@\n") {
            let text = String::from_utf8_lossy(line).into_owned();
            let counts: Vec<i64> = text
                .split([' ', '@'])
                .filter_map(|word| word.split_once(',').and_then(|(_, count)| count.parse().ok()))
                .collect();
            left = Some((counts[0], counts[1]));
        } else if let Some((old, new)) = left.filter(|(old, new)| *old > 0 || *new > 0) {
            left = match line.first() {
                Some(b'-') => Some((old - 1, new)),
                Some(b'+') => Some((old, new - 1)),
                _ => Some((old - 1, new - 1)),
            };
        }
    }
    left
}

/// How the language of a text writes a comment.
fn comment(name: &str, words: &str) -> Option<String> {
    Some(match name {
        "rust" | "go" | "typescript" | "java" => format!("// {words}"),
        "python" | "yaml" | "make" | "shell" | "toml" => format!("# {words}"),
        "c" | "css" => format!("/* {words} */"),
        "sql" => format!("-- {words}"),
        "html" | "markdown" => format!("<!-- {words} -->"),
        _ => return None,
    })
}

const WORDS: [&str; 13] = [
    "... rest unchanged ...",
    "... existing code ...",
    "...",
    "… rest of the file …",
    "... (rest of the code remains the same)",
    "[... unchanged ...]",
    "... other lines ...",
    "...existing code...",
    "…",
    "... same as before ...",
    "... keep existing code ...",
    "... (unchanged)",
    "rest of the code remains unchanged...",
];

fn elided(cases: &mut Vec<Case>) {
    let all = pairs();
    for (at, words) in WORDS.iter().enumerate() {
        for format in Format::ALL {
            for (kind, make) in [
                ("elided-new", elided_new as fn(&Pair, &str) -> Option<Vec<Step>>),
                ("elided-both", elided_both),
                ("elided-whole", elided_whole),
            ] {
                if (kind == "elided-whole") != (format == Format::Whole) {
                    continue;
                }
                let make = |pair: &Pair| {
                    let marker = comment(pair.text.name, words)?;
                    let edit = render(format, &make(pair, &marker)?, &CLEAN)?;
                    let tree: Tree = alone(pair.text.path, &pair.before);
                    let name = format!("{}-words-{}", pair.name, at + 1);
                    let case = Case::new(format, kind, &name, tree, edit);
                    Some(if format == Format::Whole { case.flag("--overwrite") } else { case })
                };
                cases.extend(spread(all.iter().filter_map(make).collect(), 3, cases.len() + at));
            }
        }
    }
}

/// The first change of a pair with much around it, and the kept lines before it.
fn wide(pair: &Pair) -> Option<(Hunk, usize)> {
    let mut hunks = line::hunks(&line::script(&pair.before, &pair.after), 7, true);
    let hunk = if hunks.len() == 1 { hunks.remove(0) } else { return None };
    let kept = hunk.lines.iter().take_while(|line| line.mark == Mark::Keep).count();
    (kept >= 5).then_some((hunk, kept))
}

fn step(pair: &Pair, hunk: Hunk) -> Vec<Step> {
    vec![Step::Update { path: pair.text.path.to_owned(), hunks: vec![hunk], after: pair.after.clone() }]
}

fn note(marker: &str, mark: Mark, like: &Line) -> Line {
    let indent: String =
        like.text.iter().map(|byte| char::from(*byte)).take_while(|letter| letter.is_whitespace()).collect();
    Line { mark, text: format!("{indent}{marker}").into_bytes(), end: "\n" }
}

/// The old side is whole; in the new side the marker stands for kept lines.
fn elided_new(pair: &Pair, marker: &str) -> Option<Vec<Step>> {
    let (mut hunk, kept) = wide(pair)?;
    for line in &mut hunk.lines[1..kept - 1] {
        line.mark = Mark::Remove;
    }
    let note = note(marker, Mark::Add, &hunk.lines[kept - 1]);
    hunk.lines.insert(kept - 1, note);
    Some(step(pair, hunk))
}

/// On both sides the marker stands for kept lines.
fn elided_both(pair: &Pair, marker: &str) -> Option<Vec<Step>> {
    let (mut hunk, kept) = wide(pair)?;
    let note = note(marker, Mark::Keep, &hunk.lines[kept - 1]);
    hunk.lines.splice(1..kept - 1, [note]);
    Some(step(pair, hunk))
}

/// A whole file, with the marker for more than half of it.
fn elided_whole(pair: &Pair, marker: &str) -> Option<Vec<Step>> {
    let lines: Vec<&[u8]> = pair.after.split_inclusive(|byte| *byte == b'\n').collect();
    let (head, tail) = (lines.get(..lines.len() / 5)?, lines.get(lines.len() * 4 / 5..)?);
    let after = [&head.concat()[..], marker.as_bytes(), b"\n", &tail.concat()].concat();
    Some(vec![Step::Update { path: pair.text.path.to_owned(), hunks: Vec::new(), after }])
}
