//! A message as it leaves the composer.

use super::atoms::Atoms;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// With all pastes in full.
    pub text: String,
    /// Paths of images, in the order of the text.
    pub images: Vec<String>,
    pub kind: Kind,
    /// As it stood in the composer, to go back there.
    pub(super) shape: Shape,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shape {
    pub text: String,
    pub atoms: Atoms,
}

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Task,
    /// A command line of the user's own: what comes after `!`.
    Shell(String),
    /// A command of the table or what looks like one: the name without its slash, and all that comes after it.
    Slash {
        name: String,
        args: String,
    },
}

impl Draft {
    /// A message that was not typed in the composer.
    pub fn new(text: &str) -> Self {
        let shape = Shape { text: super::atoms::foreign(text).into_owned(), atoms: Atoms::default() };
        Self { text: text.to_owned(), images: Vec::new(), kind: kind(text), shape }
    }

    pub(super) fn of(text: &str, atoms: &Atoms) -> Self {
        let whole = atoms.unfold(text);
        let whole = whole.trim_end();
        Self {
            text: whole.to_owned(),
            images: atoms.images(text),
            kind: kind(whole),
            shape: Shape { text: text.trim_end().to_owned(), atoms: atoms.clone() },
        }
    }
}

/// Nothing but blanks, or a `!` without a command: not worth sending.
pub(super) fn is_blank(text: &str) -> bool {
    text.strip_prefix('!').unwrap_or(text).trim().is_empty()
}

/// `!` and `/` count as the first character alone, and only before what looks like a command: `/usr/bin` is text, and so is what begins
/// with a blank.
pub fn kind(text: &str) -> Kind {
    if let Some(command) = text.strip_prefix('!') {
        return Kind::Shell(command.trim().to_owned());
    }
    let Some(rest) = text.strip_prefix('/') else { return Kind::Task };
    let (name, args) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let named = name.starts_with(|char: char| char.is_ascii_lowercase())
        && name.chars().all(|char| char.is_ascii_lowercase() || char == '-');
    if named { Kind::Slash { name: name.to_owned(), args: args.trim().to_owned() } } else { Kind::Task }
}
