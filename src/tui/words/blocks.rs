//! Markdown to blocks, line by line: what a line means depends on the lines before it alone, so a block can be shown as soon as it ends.
//!
//! It keeps to CommonMark but for three things that only the end of the text could tell: links by reference stay as they are written, gaps
//! between items are those of the source, and a line break within a paragraph is one. HTML is text.

mod out;

use super::marks::{self, Align, Item};
use super::piece::{Body, Joint, Piece};
use super::wrap::expand;
use std::borrow::Cow;

/// Rows of a table that its widths are measured by; those behind come one by one.
const ROWS: usize = 60;
/// Blocks within blocks.
const DEPTH: usize = 12;

#[derive(Debug, Clone)]
enum Kind {
    Quote,
    Item { before: usize, indent: usize, sign: String },
}

#[derive(Debug, Clone)]
struct Container {
    kind: Kind,
    /// A piece of it is out.
    shown: bool,
}

#[derive(Debug, Clone, Copy)]
struct List {
    kind: char,
    number: Option<u64>,
}

#[derive(Debug, Clone, Default)]
enum Leaf {
    #[default]
    None,
    Paragraph {
        text: String,
        joint: Joint,
    },
    Fence {
        sign: char,
        length: usize,
        indent: usize,
    },
    Indented {
        blank: usize,
    },
    Html,
    Table {
        head: Vec<String>,
        align: Vec<Align>,
        rows: Vec<Vec<String>>,
        out: bool,
    },
}

/// The blocks that are open.
#[derive(Debug, Clone, Default)]
pub(super) struct Blocks {
    containers: Vec<Container>,
    /// For each depth the list whose item came last there.
    lists: Vec<Option<List>>,
    leaf: Leaf,
    /// A blank line came since the last block.
    blank: bool,
    begun: bool,
    pieces: Vec<Piece>,
}

impl Blocks {
    /// A part of a line: whether it is the first and whether it is the last of it. Only lines for which `splits` says so come in parts.
    pub(super) fn feed(&mut self, text: &str, begins: bool, ends: bool) {
        if begins {
            self.line(text, ends);
        } else if let Leaf::Paragraph { text: open, .. } = &mut self.leaf {
            open.push_str(&expand(text));
        } else if !text.trim().is_empty() {
            self.words(text.trim_start());
        }
        self.settle(ends);
    }

    /// A line with this beginning can be given in parts: it is text, as far as anybody can tell.
    pub(super) fn splits(&self, beginning: &str) -> bool {
        let text = beginning.trim_start();
        let deep = beginning.len() - text.len() >= 4 && !matches!(self.leaf, Leaf::Paragraph { .. });
        let verbatim = match self.leaf {
            Leaf::Fence { .. } | Leaf::Indented { .. } | Leaf::Html | Leaf::Table { .. } => true,
            Leaf::None | Leaf::Paragraph { .. } => false,
        };
        !verbatim && !deep && !text.starts_with(['|', '<', '#', '`', '~'])
    }

    /// Source code is open: a line of it is no Markdown.
    pub(super) fn in_fence(&self) -> bool {
        matches!(self.leaf, Leaf::Fence { .. })
    }

    /// The text is whole.
    pub(super) fn end(&mut self) {
        self.close(0);
    }

    /// What came out since the last call.
    pub(super) fn take(&mut self) -> Vec<Piece> {
        std::mem::take(&mut self.pieces)
    }

    fn line(&mut self, line: &str, ends: bool) {
        // Source keeps its tabs where nothing stands before it.
        let bare = self.containers.is_empty() && self.in_fence();
        let line = if bare { Cow::Borrowed(line) } else { Cow::Owned(expand(line)) };
        let (matched, rest) = self.descend(&line);
        let all = matched == self.containers.len();
        if all && self.verbatim(rest) {
            return;
        }
        if rest.trim().is_empty() {
            if all {
                self.flush();
            } else {
                self.close(matched);
            }
            self.blank = true;
            return;
        }
        let rest = if ends { rest.trim_end() } else { rest };
        if !all {
            if matches!(self.leaf, Leaf::Paragraph { .. }) && is_text(rest) {
                return self.words(rest.trim_start());
            }
            self.close(matched);
        }
        self.open(rest, all);
    }

    /// How many of the open blocks a line goes on with, and what it says within them.
    fn descend<'a>(&self, line: &'a str) -> (usize, &'a str) {
        let mut rest = line;
        for (depth, container) in self.containers.iter().enumerate() {
            let (spaces, text) = (marks::indent(rest), rest.trim_start());
            match &container.kind {
                Kind::Quote => match text.strip_prefix('>').filter(|_| spaces < 4) {
                    Some(after) => rest = after.strip_prefix(' ').unwrap_or(after),
                    None => return (depth, rest),
                },
                Kind::Item { before, indent, .. } => {
                    // Models indent what is within `1.` by two as often as by three.
                    let near = spaces >= before + 2 && (marks::item(text).is_some() || marks::fence(text).is_some());
                    if spaces < *indent && !near && !text.is_empty() {
                        return (depth, rest);
                    }
                    rest = marks::dedent(rest, *indent);
                }
            }
        }
        (self.containers.len(), rest)
    }

    /// A line of what is shown as it is; false: it is none.
    fn verbatim(&mut self, rest: &str) -> bool {
        let blank = rest.trim().is_empty();
        match &mut self.leaf {
            Leaf::Fence { sign, length, indent } => {
                let (sign, length, indent) = (*sign, *length, *indent);
                let closes = marks::indent(rest) < 4
                    && marks::fence(rest.trim())
                        .is_some_and(|(char, run, info)| char == sign && run >= length && info.is_empty());
                if closes {
                    self.flush();
                } else {
                    self.put(Body::Code(marks::dedent(rest, indent).to_owned()));
                }
                true
            }
            Leaf::Indented { blank: lines } if blank => {
                *lines += 1;
                true
            }
            Leaf::Indented { blank: lines } if marks::indent(rest) >= 4 => {
                for _ in 0..std::mem::take(lines) {
                    self.put(Body::Code(String::new()));
                }
                self.put(Body::Code(marks::dedent(rest, 4).to_owned()));
                true
            }
            Leaf::Html if !blank => {
                self.put(Body::Verbatim(rest.to_owned()));
                true
            }
            Leaf::None | Leaf::Paragraph { .. } | Leaf::Indented { .. } | Leaf::Html | Leaf::Table { .. } => false,
        }
    }

    /// A line that begins blocks, or is text. `all`: it goes on with every block that is open.
    fn open(&mut self, line: &str, all: bool) {
        let mut rest = line;
        let mut fresh = all;
        while self.containers.len() < DEPTH {
            let (spaces, text) = (marks::indent(rest), rest.trim_start());
            let paragraph = matches!(self.leaf, Leaf::Paragraph { .. });
            if spaces >= 4 {
                break;
            }
            if let Some(after) = text.strip_prefix('>') {
                self.flush();
                self.lists.truncate(self.containers.len());
                self.containers.push(Container { kind: Kind::Quote, shown: false });
                rest = after.strip_prefix(' ').unwrap_or(after);
            } else if let Some(item) =
                marks::item(text).filter(|_| !marks::rule(text) && marks::delimiters(text).is_none())
            {
                let interrupts = !item.rest.is_empty() && item.number.is_none_or(|number| number == 1);
                if paragraph && fresh && !interrupts {
                    break;
                }
                rest = item.rest;
                self.item(&item, spaces);
                if let Some((sign, after)) = marks::task(rest) {
                    self.task(sign);
                    rest = after;
                }
            } else {
                break;
            }
            fresh = false;
            if rest.trim().is_empty() {
                return;
            }
        }
        self.leaf(rest);
    }

    fn item(&mut self, item: &Item<'_>, before: usize) {
        self.flush();
        let depth = self.containers.len();
        self.lists.resize(depth + 1, None);
        let number = match self.lists.last().copied().flatten().filter(|list| list.kind == item.kind) {
            Some(list) => item.number.and(list.number).map(|number| number.saturating_add(1)),
            None => item.number,
        };
        if let Some(list) = self.lists.last_mut() {
            *list = Some(List { kind: item.kind, number });
        }
        let sign = number.map_or_else(|| "- ".to_owned(), |number| format!("{number}{} ", item.kind));
        let kind = Kind::Item { before, indent: before + item.offset, sign };
        self.containers.push(Container { kind, shown: false });
    }

    /// The item that was just opened is a task.
    fn task(&mut self, sign: &str) {
        if let Some(Container { kind: Kind::Item { sign: own, .. }, .. }) = self.containers.last_mut() {
            *own = if own == "- " { format!("{sign} ") } else { format!("{own}{sign} ") };
        }
    }

    fn leaf(&mut self, rest: &str) {
        let (spaces, text) = (marks::indent(rest), rest.trim_start());
        let sealed = match &self.leaf {
            Leaf::Paragraph { joint, .. } => Some(*joint != Joint::First),
            Leaf::None | Leaf::Fence { .. } | Leaf::Indented { .. } | Leaf::Html | Leaf::Table { .. } => None,
        };
        if spaces >= 4 {
            if sealed.is_some() {
                return self.words(text);
            }
            self.flush();
            self.block(Body::CodeBegin { info: String::new() });
            self.put(Body::Code(marks::dedent(rest, 4).to_owned()));
            self.leaf = Leaf::Indented { blank: 0 };
        } else if let Some((level, title)) = marks::heading(text) {
            self.flush();
            self.heading(level, title.to_owned());
        } else if let Some((sign, length, info)) = marks::fence(text) {
            self.flush();
            self.block(Body::CodeBegin { info: info.to_owned() });
            self.leaf = Leaf::Fence { sign, length, indent: spaces };
        } else if self.table(text) || self.row(text) {
        } else if let (Some(false), Some(level)) = (sealed, marks::underline(text)) {
            if let Leaf::Paragraph { text, .. } = std::mem::take(&mut self.leaf) {
                self.heading(level, text);
            }
        } else if marks::rule(text) {
            self.flush();
            self.block(Body::Rule);
        } else if sealed.is_none() && marks::html(text) {
            self.flush();
            self.block(Body::Verbatim(text.to_owned()));
            self.leaf = Leaf::Html;
        } else {
            self.words(text);
        }
    }

    /// The line under the head of a table, which until now was the end of a paragraph.
    fn table(&mut self, text: &str) -> bool {
        let Leaf::Paragraph { text: open, .. } = &mut self.leaf else { return false };
        let start = open.rfind('\n').map_or(0, |at| at + 1);
        let Some(align) = marks::delimiters(text) else { return false };
        let head = marks::cells(open.get(start..).unwrap_or_default());
        if head.len() != align.len() {
            return false;
        }
        open.truncate(start);
        if open.trim().is_empty() && start == 0 && matches!(self.leaf, Leaf::Paragraph { joint: Joint::First, .. }) {
            self.leaf = Leaf::None;
        }
        self.flush();
        self.leaf = Leaf::Table { head, align, rows: Vec::new(), out: false };
        true
    }

    fn row(&mut self, text: &str) -> bool {
        let Leaf::Table { rows, out, .. } = &mut self.leaf else { return false };
        if !text.contains('|') {
            return false;
        }
        let cells = marks::cells(text);
        if *out {
            self.put(Body::Row(cells));
            return true;
        }
        rows.push(cells);
        if rows.len() >= ROWS {
            self.table_out();
            if let Leaf::Table { out, .. } = &mut self.leaf {
                *out = true;
            }
        }
        true
    }

    fn table_out(&mut self) {
        if let Leaf::Table { head, align, rows, out: false } = &mut self.leaf {
            let body = Body::Table { head: head.clone(), align: align.clone(), rows: std::mem::take(rows) };
            self.block(body);
        }
    }

    /// A line of a paragraph, or the beginning of one.
    fn words(&mut self, words: &str) {
        if let Leaf::Paragraph { text, .. } = &mut self.leaf {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(words);
            return;
        }
        self.flush();
        self.leaf = Leaf::Paragraph { text: words.to_owned(), joint: Joint::First };
    }
}

/// A line that begins no block can go on with a paragraph from outside of its block.
fn is_text(line: &str) -> bool {
    let text = line.trim_start();
    !(text.starts_with('>')
        || marks::item(text).is_some()
        || marks::heading(text).is_some()
        || marks::fence(text).is_some()
        || marks::rule(text))
}
