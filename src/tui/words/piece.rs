//! What the reader of Markdown gives to what lays it out: parts of the text, in order, each with the blocks it stands in.

use super::marks::Align;

/// A part of the text, ready to be laid out, with the blocks it stands in from the outside.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) frame: Vec<Mark>,
    pub(super) body: Body,
}

#[derive(Debug, Clone)]
pub(super) enum Mark {
    Quote,
    /// The sign of the item with a space behind it: to be written if this is its first piece; its width otherwise.
    Item {
        sign: String,
        first: bool,
    },
}

#[derive(Debug, Clone)]
pub(super) enum Body {
    Gap,
    /// A part of a paragraph: how it follows the part before it, and whether it is the last.
    Text {
        text: String,
        joint: Joint,
        last: bool,
    },
    Heading {
        level: usize,
        text: String,
    },
    Rule,
    CodeBegin {
        info: String,
    },
    Code(String),
    CodeEnd,
    Verbatim(String),
    Table {
        head: Vec<String>,
        align: Vec<Align>,
        rows: Vec<Vec<String>>,
    },
    /// A row of the table before.
    Row(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    First,
    Line,
    Space,
    Glue,
}
