//! Edits that have to apply although something is wrong around them: envelopes, fences, marks, names of files.

use super::case::{Case, case, spread, styled, update};
use super::render::{CLEAN, Format, Style};
use super::text::pairs;

const MOST: usize = 5;

/// A kind, the formats it is for, and what is done to the finished edit; nothing where it does not fit.
struct Slip {
    kind: &'static str,
    formats: &'static [Format],
    git: bool,
    make: fn(&str, &str) -> Option<String>,
}

macro_rules! slip {
    ($kind:literal, [$($format:ident),+], $make:expr) => {
        Slip { kind: $kind, formats: &[$(Format::$format),+], git: false, make: $make }
    };
}

/// Every function takes the edit and the path of its file.
const SLIPS: &[Slip] = &[
    slip!("fence", [Edit, Patch, Udiff, Whole], |edit, _| Some(format!("```\n{}\n```\n", edit.trim_end_matches('\n')))),
    slip!("fence-json", [Edit, Whole], |edit, _| Some(format!("```json\n{edit}\n```\n"))),
    slip!("fence-diff", [Patch, Udiff], |edit, _| Some(format!("```diff\n{edit}```\n"))),
    slip!("fence-of-four", [Blocks], |edit, _| Some(format!("````\n{edit}````\n"))),
    slip!("blank-lines-around", [Edit, Patch, Udiff, Blocks, Whole], |edit, _| Some(format!("\n\n{edit}\n\n\n"))),
    slip!("byte-order-mark", [Edit, Patch, Udiff, Blocks, Whole], |edit, _| Some(format!("\u{feff}{edit}"))),
    slip!("no-final-newline", [Patch, Udiff, Blocks], |edit, _| edit.strip_suffix('\n').map(str::to_owned)),
    slip!("path-dot", [Edit, Patch, Udiff, Blocks, Whole], |edit, path| Some(edit.replace(path, &format!("./{path}")))),
    slip!("path-a", [Edit, Patch, Blocks], |edit, path| Some(edit.replace(path, &format!("a/{path}")))),
    slip!("path-b", [Edit, Patch, Udiff, Blocks], |edit, path| Some(edit.replace(path, &format!("b/{path}")))),
    slip!("path-a-b", [Udiff], |edit, path| {
        let edit = edit.replace(&format!("--- {path}"), &format!("--- a/{path}"));
        Some(edit.replace(&format!("+++ {path}"), &format!("+++ b/{path}")))
    }),
    slip!("path-i-w", [Udiff], |edit, path| {
        let edit = edit.replace(&format!("--- {path}"), &format!("--- i/{path}"));
        Some(edit.replace(&format!("+++ {path}"), &format!("+++ w/{path}")))
    }),
    slip!("path-dated", [Udiff], |edit, path| {
        let edit = edit.replacen(&format!("{path}\n"), &format!("{path}\t2024-03-01 10:11:12.000000000 +0100\n"), 1);
        Some(edit.replacen(&format!("+++ {path}\n"), &format!("+++ {path}\t2024-03-01 10:12:09.000000000 +0100\n"), 1))
    }),
    slip!("path-in-backticks", [Blocks], |edit, path| Some(edit.replace(path, &format!("`{path}`")))),
    slip!("path-in-bold", [Blocks], |edit, path| Some(edit.replace(path, &format!("**{path}**")))),
    slip!("path-and-colon", [Blocks], |edit, path| Some(edit.replace(path, &format!("{path}:")))),
    slip!("path-in-fence", [Blocks], |edit, path| Some(
        edit.replace(&format!("{path}\n```\n"), &format!("```\n{path}\n"))
    )),
    slip!("named-fence", [Blocks], |edit, path| {
        Some(edit.replace(&format!("{path}\n```\n"), &format!("{path}\n```text\n")))
    }),
    slip!("no-fence", [Blocks], |edit, _| {
        let fences = ["```\n<<<<<<< SEARCH", ">>>>>>> REPLACE\n```"];
        Some(edit.replace(fences[0], "<<<<<<< SEARCH").replace(fences[1], ">>>>>>> REPLACE"))
    }),
    slip!("markers-of-nine", [Blocks], |edit, _| {
        let edit = edit.replace("<<<<<<< SEARCH", "<<<<<<<<< SEARCH").replace("\n=======\n", "\n=========\n");
        Some(edit.replace(">>>>>>> REPLACE", ">>>>>>>>> REPLACE"))
    }),
    slip!("markers-and-blanks", [Blocks], |edit, _| {
        Some(
            edit.replace(" SEARCH\n", " SEARCH  \n")
                .replace("\n=======\n", "\n======= \n")
                .replace(" REPLACE\n", " REPLACE \n"),
        )
    }),
    slip!("no-begin", [Patch], |edit, _| edit.strip_prefix("*** Begin Patch\n").map(str::to_owned)),
    slip!("begin-twice", [Patch], |edit, _| Some(format!("*** Begin Patch\n{edit}"))),
    slip!("end-twice", [Patch], |edit, _| Some(format!("{edit}*** End Patch\n"))),
    slip!("envelope-twice", [Patch], |edit, _| Some(format!("*** Begin Patch\n{edit}*** End Patch\n"))),
    slip!("here-document", [Patch], |edit, _| Some(format!("apply_patch <<'EOF'\n{edit}EOF\n"))),
    slip!("here-document-in-shell", [Patch], |edit, _| Some(format!(
        "```bash\napply_patch <<\"PATCH\"\n{edit}PATCH\n```\n"
    ))),
    slip!("here-document-bare", [Patch], |edit, _| Some(format!("<<EOF\n{edit}EOF\n"))),
    slip!("no-hunk-line", [Patch], |edit, _| (edit.matches("\n@@\n").count() == 1)
        .then(|| edit.replace("\n@@\n", "\n"))),
    slip!("hunk-line-closed", [Patch], |edit, _| Some(edit.replace("\n@@\n", "\n@@ @@\n"))),
    slip!("hunk-line-numbers", [Patch], |edit, _| Some(edit.replace("\n@@\n", "\n@@ -3,7 +3,8 @@\n"))),
    slip!("blanks-after-headers", [Patch], |edit, _| {
        Some(
            edit.replace("Begin Patch\n", "Begin Patch \n")
                .replace("\n@@\n", "\n@@ \n")
                .replace("End Patch\n", "End Patch  \n"),
        )
    }),
    slip!("whole-edit-html-escaped", [Patch, Udiff, Blocks], |edit, _| {
        let shown =
            edit.lines().any(|line| !line.starts_with(['+', '-', '@', '<', '>']) && line.contains(['<', '>', '&']));
        shown.then(|| edit.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
    }),
    Slip {
        kind: "git-note",
        formats: &[Format::Udiff],
        git: true,
        make: |edit, _| {
            Some(format!(
                "From 2b1e4f Mon Sep 17 00:00:00 2001\nSubject: [PATCH] a change\n\n---\n 1 file changed\n\n{edit}-- \n2.43.0\n"
            ))
        },
    },
    Slip {
        kind: "git-no-index-line",
        formats: &[Format::Udiff],
        git: true,
        make: |edit, _| Some(edit.replace("index 3f0c1d2..9a7be45 100644\n", "")),
    },
    Slip {
        kind: "git-line-alone",
        formats: &[Format::Udiff],
        git: true,
        make: |edit, path| Some(edit.replace(&format!("--- a/{path}\n+++ b/{path}\n"), "")),
    },
];

pub fn cases(cases: &mut Vec<Case>) {
    let pairs = pairs();
    for slip in SLIPS {
        let style = Style { git: slip.git, ..CLEAN };
        for format in slip.formats {
            let make = |pair| {
                let plain = styled(*format, slip.kind, &update(pair, 3), &style, pair)?;
                let edit = String::from_utf8(plain.edit).ok()?;
                let made = (slip.make)(&edit, pair.text.path).filter(|made| *made != edit)?;
                Some(case(*format, slip.kind, made.into_bytes(), pair))
            };
            let mut some = spread(pairs.iter().filter_map(make).collect(), MOST, cases.len());
            // These leave the format to be found out, where its sign is still there.
            let shown = !["no-begin", "whole-edit-html-escaped"].contains(&slip.kind);
            some.iter_mut().step_by(2).filter(|_| shown).for_each(|case: &mut Case| case.flags.push("auto"));
            cases.extend(some);
        }
    }
}
