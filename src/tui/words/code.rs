//! Source code in the colours of its syntax, line by line.
//!
//! The syntaxes are some megabytes, so they are loaded when code is first shown, on any thread; until then code is plain. What is too
//! long to be worth it stays plain.

use super::scopes;
use super::wrap::expand;
use crate::text::sanitise::sanitise;
use crate::tui::theme::{Role, Theme};
use ratatui::text::Span;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

/// Bytes; longer lines are data more often than source.
const LONG_LINE: usize = 2_000;
/// Lines of a block that are highlighted.
const LONG_BLOCK: usize = 3_000;

/// What infos of fences say, and the extension of what they mean.
const ALIASES: &[(&str, &str)] = &[
    ("bash-session", "sh"),
    ("c++", "cpp"),
    ("cjs", "js"),
    ("console", "sh"),
    ("csharp", "cs"),
    ("cts", "ts"),
    ("elisp", "el"),
    ("golang", "go"),
    ("json5", "json"),
    ("jsonc", "json"),
    ("jsonl", "json"),
    ("jsx", "js"),
    ("mjs", "js"),
    ("mts", "ts"),
    ("node", "js"),
    ("objective-c", "m"),
    ("patch", "diff"),
    ("python3", "py"),
    ("shell", "sh"),
    ("shell-session", "sh"),
    ("udiff", "diff"),
    ("zsh", "sh"),
];

/// The syntaxes, once somebody has loaded them. Shared by `Arc`.
#[derive(Debug, Default)]
pub struct Highlighter {
    loaded: OnceLock<Arc<Loaded>>,
    wanted: AtomicBool,
}

struct Loaded {
    syntaxes: SyntaxSet,
    roles: Vec<(Scope, Role)>,
    /// What `roles` said about a scope.
    known: Mutex<HashMap<Scope, Option<Role>>>,
}

/// A syntax that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language(usize);

impl Highlighter {
    /// Shows everything plain until `load` has run.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Reads the syntaxes, if nobody has: tens of milliseconds, from any thread.
    pub fn load(&self) {
        self.loaded.get_or_init(|| {
            let syntaxes = two_face::syntax::extra_newlines();
            Arc::new(Loaded { syntaxes, roles: scopes::table(), known: Mutex::default() })
        });
    }

    /// Code was shown plain that `load` would give colours.
    pub fn wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) && self.loaded.get().is_none()
    }

    /// The syntax of a path, by name and extension, or of the info of a fence (`rust`, `js`, `rust,no_run`).
    pub fn language(&self, name: &str) -> Option<Language> {
        let name = name.trim();
        if name.is_empty() {
            return None;
        }
        let Some(loaded) = self.loaded.get() else {
            self.wanted.store(true, Ordering::Relaxed);
            return None;
        };
        let set = &loaded.syntaxes;
        let found = by_path(set, name).or_else(|| by_info(set, name))?;
        if found.name == "Plain Text" {
            return None;
        }
        set.syntaxes().iter().position(|syntax| std::ptr::eq(syntax, found)).map(Language)
    }

    /// A piece of source from its first line.
    pub fn block(&self, language: Option<Language>, theme: &Theme) -> Block {
        let source = language.zip(self.loaded.get()).and_then(|(language, loaded)| {
            let state = ParseState::new(loaded.syntaxes.syntaxes().get(language.0)?);
            Some(Source { loaded: Arc::clone(loaded), state, stack: ScopeStack::new() })
        });
        Block { source, theme: theme.clone(), lines: 0 }
    }
}

fn by_path<'a>(set: &'a SyntaxSet, path: &str) -> Option<&'a SyntaxReference> {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let extension = file.rsplit_once('.').map(|(_, extension)| alias(extension));
    set.find_syntax_by_extension(file).or_else(|| set.find_syntax_by_extension(extension.as_deref()?))
}

fn by_info<'a>(set: &'a SyntaxSet, info: &str) -> Option<&'a SyntaxReference> {
    let word = info.split([' ', ',', '{', ';', ':']).find(|word| !word.is_empty())?;
    set.find_syntax_by_token(&alias(word))
}

fn alias(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    ALIASES.iter().find(|(known, _)| *known == name).map_or(name, |(_, meant)| (*meant).to_owned())
}

/// The syntaxes are megabytes.
impl fmt::Debug for Loaded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Loaded").finish_non_exhaustive()
    }
}

impl Loaded {
    fn role(&self, scope: Scope) -> Option<Role> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry(scope).or_insert_with(|| scopes::role(&self.roles, scope))
    }
}

/// A piece of source, as far as it has been read.
#[derive(Debug, Clone)]
pub struct Block {
    /// None: plain.
    source: Option<Source>,
    theme: Theme,
    lines: usize,
}

#[derive(Debug, Clone)]
struct Source {
    loaded: Arc<Loaded>,
    state: ParseState,
    stack: ScopeStack,
}

impl Block {
    /// The next line, without its line break; tabs are spaces in what comes out.
    pub fn line(&mut self, text: &str) -> Vec<Span<'static>> {
        self.lines += 1;
        let text = sanitise(text).replace('\n', " ");
        if self.lines > LONG_BLOCK {
            self.source = None;
        }
        let plain = |text: &str| vec![Span::styled(expand(text), self.theme.style(Role::Text))];
        if text.is_empty() {
            return Vec::new();
        }
        let Some(source) = self.source.as_mut().filter(|_| text.len() <= LONG_LINE) else {
            return plain(&text);
        };
        match source.pieces(&text) {
            Some(pieces) => paint(&pieces, &self.theme),
            None => {
                let spans = plain(&text);
                self.source = None;
                spans
            }
        }
    }
}

impl Source {
    /// The text in pieces with their roles; nothing where the syntax has a fault.
    fn pieces<'a>(&mut self, text: &'a str) -> Option<Vec<(&'a str, Role)>> {
        let changes = self.state.parse_line(&format!("{text}\n"), &self.loaded.syntaxes).ok()?;
        let mut pieces = Vec::new();
        let mut from = 0;
        for (at, change) in changes {
            let at = at.min(text.len());
            if let Some(piece) = text.get(from..at).filter(|piece| !piece.is_empty()) {
                pieces.push((piece, self.role()));
                from = at;
            }
            self.stack.apply(&change).ok()?;
        }
        if let Some(piece) = text.get(from..).filter(|piece| !piece.is_empty()) {
            pieces.push((piece, self.role()));
        }
        Some(pieces)
    }

    fn role(&self) -> Role {
        self.stack.as_slice().iter().rev().find_map(|scope| self.loaded.role(*scope)).unwrap_or(Role::Text)
    }
}

/// Pieces of one role become one span; tabs become spaces.
fn paint(pieces: &[(&str, Role)], theme: &Theme) -> Vec<Span<'static>> {
    let mut whole = String::new();
    let mut spans: Vec<Span<'static>> = Vec::new();
    for (piece, role) in pieces {
        let style = theme.style(*role);
        let from = whole.len();
        if piece.contains('\t') {
            whole = expand(&(whole + piece));
        } else {
            whole.push_str(piece);
        }
        let piece = whole.get(from..).unwrap_or_default();
        match spans.last_mut() {
            Some(last) if last.style == style => last.content.to_mut().push_str(piece),
            _ => spans.push(Span::styled(piece.to_owned(), style)),
        }
    }
    spans
}
