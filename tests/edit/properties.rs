//! What holds of any edit: right or refused, whole or not at all, back again, the same each time, and never a panic.

use super::bench::Memory;
use agent::edit::{Cause, Format, Refusal};
use proptest::prelude::*;

/// What becomes of one line of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Keep,
    Remove,
    Add,
    Replace,
}

/// A text and another one made from it, as lines with their signs.
#[derive(Debug, Clone)]
struct Made {
    lines: Vec<(char, String)>,
    crlf: bool,
    ended: bool,
}

impl Made {
    fn side(&self, sign: char) -> Vec<u8> {
        let ending = if self.crlf { "\r\n" } else { "\n" };
        let lines: Vec<&str> =
            self.lines.iter().filter(|(of, _)| *of == ' ' || *of == sign).map(|(_, line)| line.as_str()).collect();
        let last = if self.ended && !lines.is_empty() { ending } else { "" };
        (lines.join(ending) + last).into_bytes()
    }

    fn before(&self) -> Memory {
        Memory::new(&[("f", &self.side('-'))]).overwrite()
    }

    fn after(&self) -> Memory {
        Memory::new(&[("f", &self.side('+'))]).overwrite()
    }

    /// The runs of lines that change, each with as much context, those that touch as one.
    fn hunks(&self, context: usize) -> Vec<std::ops::Range<usize>> {
        let mut hunks: Vec<std::ops::Range<usize>> = Vec::new();
        for at in (0..self.lines.len()).filter(|at| self.lines[*at].0 != ' ') {
            let hunk = at.saturating_sub(context)..(at + 1 + context).min(self.lines.len());
            match hunks.last_mut() {
                Some(last) if hunk.start <= last.end => last.end = hunk.end,
                _ => hunks.push(hunk),
            }
        }
        hunks
    }

    fn text(&self, hunk: &std::ops::Range<usize>, sign: char) -> String {
        let lines = self.lines[hunk.clone()].iter().filter(|(of, _)| *of == ' ' || *of == sign);
        lines.map(|(_, line)| format!("{line}\n")).collect()
    }

    fn signed(&self, hunk: &std::ops::Range<usize>) -> String {
        self.lines[hunk.clone()].iter().map(|(sign, line)| format!("{sign}{line}\n")).collect()
    }

    fn patch(&self) -> String {
        let hunks: String = self.hunks(3).iter().map(|hunk| format!("@@\n{}", self.signed(hunk))).collect();
        format!("*** Begin Patch\n*** Update File: f\n{hunks}*** End Patch\n")
    }

    fn udiff(&self) -> String {
        let count = |range: std::ops::Range<usize>, sign: char| {
            self.lines[range].iter().filter(|(of, _)| *of == ' ' || *of == sign).count()
        };
        let span = |hunk: &std::ops::Range<usize>, sign: char| {
            let (above, own) = (count(0..hunk.start, sign), count(hunk.clone(), sign));
            format!("{sign}{},{own}", above + usize::from(own > 0))
        };
        let hunk = |hunk: &std::ops::Range<usize>| {
            format!("@@ {} {} @@\n{}", span(hunk, '-'), span(hunk, '+'), self.signed(hunk))
        };
        let hunks: String = self.hunks(3).iter().map(hunk).collect();
        format!("--- a/f\n+++ b/f\n{hunks}")
    }

    fn blocks(&self) -> String {
        let block = |hunk: &std::ops::Range<usize>| {
            format!("<<<<<<< SEARCH\n{}=======\n{}>>>>>>> REPLACE\n", self.text(hunk, '-'), self.text(hunk, '+'))
        };
        format!("f\n{}", self.hunks(2).iter().map(block).collect::<String>())
    }

    fn edit(&self) -> String {
        let edit = |hunk: &std::ops::Range<usize>| {
            let (mut old, mut new) = (self.text(hunk, '-'), self.text(hunk, '+'));
            // Exact text has no newline where the file has none.
            if !self.ended && self.lines[hunk.end..].iter().all(|(sign, _)| *sign == '+') {
                old.pop();
                new.pop();
            }
            serde_json::json!({"path": "f", "old_string": old, "new_string": new})
        };
        serde_json::json!({"edits": self.hunks(2).iter().map(edit).collect::<Vec<_>>()}).to_string()
    }

    fn whole(&self) -> String {
        let text = String::from_utf8(self.side('+')).unwrap();
        serde_json::json!({"files": [{"path": "f", "content": text}]}).to_string()
    }

    /// In every format.
    fn edits(&self) -> [(Format, String); 5] {
        [
            (Format::Edit, self.edit()),
            (Format::Patch, self.patch()),
            (Format::Udiff, self.udiff()),
            (Format::Blocks, self.blocks()),
            (Format::Whole, self.whole()),
        ]
    }
}

type Turned = Vec<(Turn, String, String)>;

/// Lines that `line` gives, each with what becomes of it.
fn turned(
    turns: &'static [Turn],
    line: impl Strategy<Value = String> + Clone,
    most: usize,
) -> impl Strategy<Value = Turned> {
    prop::collection::vec((prop::sample::select(turns), line.clone(), line), 1..most)
}

/// A text with something changed in it.
fn made(lines: impl Strategy<Value = Turned>) -> impl Strategy<Value = Made> {
    let build = |(turns, crlf, ended): (Turned, bool, bool)| {
        let lines = turns.into_iter().flat_map(|(turn, one, other)| match turn {
            Turn::Keep => vec![(' ', one)],
            Turn::Remove => vec![('-', one)],
            Turn::Add => vec![('+', one)],
            Turn::Replace => vec![('-', one), ('+', other)],
        });
        Made { lines: lines.collect(), crlf, ended }
    };
    let changes = |made: &Made| {
        let (before, after) = (made.side('-'), made.side('+'));
        // A text that ends with an empty line has a last newline, whatever is said of it; and of how lines end, a text
        // without one says nothing.
        let unended = |text: &[u8]| made.ended || !text.ends_with(b"\n");
        before != after && before.contains(&b'\n') && !after.is_empty() && unended(&before) && unended(&after)
    };
    (lines, any::<bool>(), any::<bool>()).prop_map(build).prop_filter("nothing changes", changes)
}

const ANYWHERE: &[Turn] = &[Turn::Keep, Turn::Keep, Turn::Keep, Turn::Remove, Turn::Add, Turn::Replace];

fn distinct_line() -> impl Strategy<Value = String> + Clone {
    (0..4usize, "[a-z]{3,6}", any::<u32>())
        .prop_map(|(depth, word, number)| format!("{}{word} = call{number};", "    ".repeat(depth)))
}

/// Lines of which each is there once.
fn distinct() -> impl Strategy<Value = Made> {
    made(turned(ANYWHERE, distinct_line(), 24))
}

/// The same with one place that changes.
fn in_one_place() -> impl Strategy<Value = Made> {
    const KEPT: &[Turn] = &[Turn::Keep];
    const CHANGED: &[Turn] = &[Turn::Remove, Turn::Add, Turn::Replace];
    let parts =
        (turned(KEPT, distinct_line(), 6), turned(CHANGED, distinct_line(), 6), turned(KEPT, distinct_line(), 6));
    made(parts.prop_map(|(above, middle, below)| [above, middle, below].concat()))
}

/// Lines of which many are the same, blank, or differ in blanks alone.
fn alike() -> impl Strategy<Value = Made> {
    let line = prop::sample::select(ALIKE).prop_map(str::to_owned);
    made(turned(ANYWHERE, line, 14))
}

const ALIKE: &[&str] =
    &["}", "  }", "", "return x;", "    return x;", "return x; ", "run(\u{201c}a\u{201d});", "run(\"a\");", "  run();"];

fn outcome(memory: &Memory, format: Format, text: &[u8]) -> Result<Memory, Refusal> {
    memory.after(format, text)
}

proptest! {
    #![proptest_config(crate::support::random::cases(256))]

    /// The change, its inverse and the change again: `Memory::after` looks at the way back each time.
    #[test]
    fn an_edit_of_distinct_lines_is_made_and_taken_back(made in distinct()) {
        for (format, text) in made.edits() {
            let seen = outcome(&made.before(), format, text.as_bytes());
            let seen = seen.map_err(|refusal| TestCaseError::fail(format!("{}: {refusal}\n{text}", format.name())))?;
            prop_assert_eq!(&seen, &made.after(), "{}\n{}", format.name(), text);
            let change = made.before().change(format, &text).unwrap();
            prop_assert_eq!(change.invert().invert(), change);
        }
    }

    /// Where lines are alike, the place that is meant is one of those that fit: right, or refused.
    #[test]
    fn an_edit_among_twins_is_right_or_refused(made in alike()) {
        for (format, text) in made.edits() {
            if let Ok(seen) = outcome(&made.before(), format, text.as_bytes()) {
                prop_assert_eq!(&seen, &made.after(), "{}\n{}", format.name(), text);
            }
        }
    }

    /// A diff with numbers that are right is never in doubt.
    #[test]
    fn numbers_settle_what_context_does_not(made in alike()) {
        match outcome(&made.before(), Format::Udiff, made.udiff().as_bytes()) {
            Ok(seen) => prop_assert_eq!(seen, made.after(), "{}", made.udiff()),
            Err(refusal) => prop_assert_ne!(refusal.cause, Cause::NotFound, "{}\n{}", refusal.words, made.udiff()),
        }
    }

    /// A letter of one old line is another one in the file: that is another line, and the edit was not made for it.
    #[test]
    fn a_wrong_preimage_is_refused(made in distinct(), which in any::<prop::sample::Index>()) {
        let hunks = made.hunks(2);
        let old: Vec<usize> = hunks.iter().flat_map(|hunk| hunk.clone()).filter(|at| made.lines[*at].0 != '+').collect();
        prop_assume!(!old.is_empty());
        let at = *which.get(&old);
        let mut stale = made.clone();
        let line = &mut stale.lines[at].1;
        let letter = line.trim_start().chars().next().unwrap();
        *line = line.replacen(letter, if letter == 'q' { "w" } else { "q" }, 1);
        let before = stale.before();
        for (format, text) in &made.edits()[..4] {
            let seen = outcome(&before, *format, text.as_bytes());
            prop_assert!(seen.is_err(), "{}\n{}\n{:?}", format.name(), text, seen);
        }
    }

    /// Cut off anywhere, an edit of one place is refused, or all of it is made.
    #[test]
    fn a_cut_edit_is_whole_or_refused(made in in_one_place(), cut in any::<prop::sample::Index>()) {
        for (format, text) in made.edits() {
            let part = &text.as_bytes()[..cut.index(text.len())];
            if let Ok(seen) = outcome(&made.before(), format, part) {
                let shown = String::from_utf8_lossy(part);
                prop_assert_eq!(&seen, &made.after(), "{}\n{}\n---\n{}", format.name(), text, shown);
            }
        }
    }

    /// The same edit of the same files has the same result, refusals word for word.
    #[test]
    fn results_are_the_same_each_time(made in alike(), other in distinct()) {
        for (format, text) in made.edits().into_iter().chain(other.edits()) {
            let first = outcome(&made.before(), format, text.as_bytes());
            prop_assert_eq!(outcome(&made.before(), format, text.as_bytes()), first);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(before: Vec<u8>, text: Vec<u8>) {
        for format in Format::ALL {
            let _ = outcome(&Memory::new(&[("f", &before)]), format, &text);
        }
    }

    /// Edits that were whole once: bytes changed, taken out, put in.
    #[test]
    fn no_damage_makes_it_panic(
        made in alike(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0..3u8, any::<u8>()), 1..6),
    ) {
        for (format, text) in made.edits() {
            let mut text = text.into_bytes();
            for (at, kind, byte) in &damage {
                let at = at.index(text.len().max(1)).min(text.len().saturating_sub(1));
                match kind {
                    0 if !text.is_empty() => text[at] = *byte,
                    1 if !text.is_empty() => drop(text.remove(at)),
                    _ => text.insert(at, *byte),
                }
            }
            for format in [format, Format::Auto] {
                let _ = outcome(&made.before(), format, &text);
            }
        }
    }

    /// The formats' own pieces in any order reach further than arbitrary bytes.
    #[test]
    fn no_order_of_pieces_makes_it_panic(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..16), before in "[xy \r\n]{0,20}") {
        let text = pieces.join("\n");
        let wrapped = format!("*** Begin Patch\n*** Update File: f\n{text}\n*** End Patch");
        let headed = format!("--- a/f\n+++ b/f\n{text}\n");
        let named = format!("f\n<<<<<<< SEARCH\n{text}\n>>>>>>> REPLACE\n");
        for text in [&text, &wrapped, &headed, &named] {
            for format in Format::ALL {
                let _ = outcome(&Memory::new(&[("f", before.as_bytes()), ("x/y", b"x\n")]), format, text.as_bytes());
            }
        }
    }

    /// All bytes around the one place of an edit stay.
    #[test]
    fn the_rest_of_the_bytes_stays(head: Vec<u8>, tail: Vec<u8>, new in "[a-z]{0,9}") {
        let before = [&head[..], b"<<the only place>>", &tail[..]].concat();
        let expected = [&head[..], new.as_bytes(), &tail[..]].concat();
        let text = super::bench::edit("<<the only place>>", &new);
        let seen = outcome(&Memory::new(&[("f", &before)]), Format::Edit, text.as_bytes());
        prop_assert_eq!(seen.unwrap(), Memory::new(&[("f", &expected)]));
    }

    #[test]
    fn every_place_is_every_place(before in "[ab\n]{0,40}", old in "[ab\n]{1,4}", new in "[ab\n]{0,4}") {
        prop_assume!(old != new);
        let text = serde_json::json!({"edits": [{"path": "f", "old_string": old, "new_string": new, "replace_all": true}]});
        let expected = before.replace(&old, &new);
        if before.contains(&old) {
            let seen = outcome(&Memory::new(&[("f", before.as_bytes())]), Format::Edit, text.to_string().as_bytes());
            match seen {
                Ok(seen) => prop_assert_eq!(&seen.files["f"].0, expected.as_bytes()),
                Err(refusal) => prop_assert_eq!(before, expected, "{}", refusal),
            }
        }
    }
}

const PIECES: &[&str] = &[
    "*** Begin Patch",
    "*** End Patch",
    "*** Add File: a",
    "*** Delete File: f",
    "*** Update File: f",
    "*** Move to: b",
    "*** End of File",
    "@@",
    "@@ x",
    "@@ -1 +1 @@",
    "@@ -1,2 +1,0 @@ x",
    " x",
    "-x",
    "+x",
    "x",
    "",
    "```",
    "<<EOF",
    "EOF",
    "--- a/f",
    "+++ b/f",
    "+++ /dev/null",
    "diff --git a/f b/f",
    "rename from f",
    "rename to x/y",
    "new mode 100755",
    "\\ No newline at end of file",
    "<<<<<<< SEARCH",
    "=======",
    ">>>>>>> REPLACE",
    "f",
    "// ...",
];

/// Work is bounded, whatever is sent.
#[test]
fn a_huge_file_of_one_line_over_and_over_is_refused_in_bounded_time() {
    let text = "}\n".repeat(1 << 18);
    let before = Memory::new(&[("f", text.as_bytes())]);
    let old = "}\n".repeat(500).replace("}\n}\n", "}\n{\n");
    assert!(before.after(Format::Edit, super::bench::edit(&old, "x")).is_err());
    assert!(before.after(Format::Blocks, super::bench::block(&old, "x\n")).is_err());
    let long = Memory::new(&[("f", &b"a".repeat(1 << 20))]);
    assert!(long.after(Format::Edit, super::bench::edit(&format!("{}b", "a".repeat(500_000)), "x")).is_err());
}
