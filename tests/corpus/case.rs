//! One case: a tree, an edit, and the tree that has to be there afterwards, or that the edit has to be refused.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use super::line::{self, Hunk};
use super::render::{Format, Step, Style, render};
use super::text::Pair;
use super::tree::{Tree, file};

#[derive(Clone)]
pub struct Case {
    pub format: Format,
    /// What is wrong or particular about the edit.
    pub kind: &'static str,
    /// `format/kind/text-change`, or a name of its own as the last part; unique and stable.
    pub name: String,
    pub before: Tree,
    pub edit: Vec<u8>,
    /// Flags besides `--format`; with `auto` the format is left to be found out.
    pub flags: Vec<&'static str>,
    /// Nothing if the edit has to be refused.
    pub expected: Option<Tree>,
}

impl Case {
    pub fn new(format: Format, kind: &'static str, name: &str, before: Tree, edit: Vec<u8>) -> Case {
        let name = format!("{}/{kind}/{name}", format.name());
        Case { format, kind, name, before, edit, flags: Vec::new(), expected: None }
    }

    /// The same, to be applied with this result.
    pub fn gives(mut self, after: Tree) -> Case {
        self.expected = Some(after);
        self
    }

    pub fn flag(mut self, flag: &'static str) -> Case {
        self.flags.push(flag);
        self
    }
}

/// A tree of one file, and of one that nobody speaks of.
pub fn alone(path: &str, bytes: &[u8]) -> Tree {
    Tree::from([file(path, bytes), file("other/untouched.txt", b"nobody changes this\r\n\xff\xfe")])
}

/// The edit that makes the second text of a pair from the first, shown with so many lines of context.
pub fn update(pair: &Pair, context: usize) -> Vec<Step> {
    let mut known = HUNKS.lock().expect("no holder of this lock panics");
    let make = || line::hunks(&line::script(&pair.before, &pair.after), context, true);
    let hunks = known.entry((pair.before.clone(), pair.after.clone(), context)).or_insert_with(make).clone();
    vec![Step::Update { path: pair.text.path.to_owned(), hunks, after: pair.after.clone() }]
}

/// Hunks that were made, by both texts and the lines of context.
static HUNKS: LazyLock<Mutex<HashMap<Shown, Vec<Hunk>>>> = LazyLock::new(Mutex::default);

type Shown = (Vec<u8>, Vec<u8>, usize);

/// A case from the edit of one pair, run on the files of another: the same but for how its bytes are written.
pub fn case(format: Format, kind: &'static str, edit: Vec<u8>, tree: &Pair) -> Case {
    let path = tree.text.path;
    let case = Case::new(format, kind, &tree.name, alone(path, &tree.before), edit).gives(alone(path, &tree.after));
    match format {
        // Whatever is there is to be replaced as a whole.
        Format::Whole => case.flag("--overwrite"),
        Format::Edit | Format::Patch | Format::Udiff | Format::Blocks => case,
    }
}

/// The same from steps and a style.
pub fn styled(format: Format, kind: &'static str, steps: &[Step], style: &Style, tree: &Pair) -> Option<Case> {
    Some(case(format, kind, render(format, steps, style)?, tree))
}

/// At most so many of them, spread evenly, beginning at another place for every seed.
pub fn spread<T>(all: Vec<T>, most: usize, seed: usize) -> Vec<T> {
    let count = all.len();
    if count <= most {
        return all;
    }
    let taken: Vec<usize> = (0..most).map(|at| (seed * 7 + at * count / most) % count).collect();
    all.into_iter().enumerate().filter(|(at, _)| taken.contains(at)).map(|(_, one)| one).collect()
}
