//! From nodes of the tree to the words a program gets: quotes, escapes, variables, braces.

use super::Word;
use super::reader::Reader;
use super::scope::{Scope, home};
use tree_sitter::Node;

/// The most words that braces make of one.
const BRACES: usize = 64;

/// A part of a word.
struct Piece {
    text: String,
    known: bool,
    /// Not split at spaces.
    whole: bool,
    /// Written there without quotes, so that braces in it count.
    bare: bool,
}

impl Piece {
    fn quoted(text: impl Into<String>) -> Self {
        Piece { text: text.into(), known: true, whole: true, bare: false }
    }

    fn unknown(text: &str) -> Self {
        Piece { text: text.to_owned(), known: false, whole: true, bare: false }
    }

    fn expanded(value: Option<String>, source: &str, whole: bool) -> Self {
        match value {
            Some(text) => Piece { text, known: true, whole, bare: false },
            None => Piece::unknown(source),
        }
    }
}

impl Reader<'_> {
    /// The words that a node becomes: none, one, or many.
    pub fn words(&mut self, node: Node<'_>, text: &str, scope: &mut Scope) -> Vec<Word> {
        let mut pieces = Vec::new();
        self.pieces(node, text, scope, &mut pieces);
        let braces = pieces.iter().any(|piece| piece.bare && piece.text.contains('{'))
            && pieces.iter().all(|piece| piece.bare || !piece.text.contains(['{', '}', ',']));
        let mut words: Vec<Word> = Vec::new();
        let mut open: Option<Word> = None;
        for piece in pieces {
            let join = |open: &mut Option<Word>, text: &str, known: bool| {
                let word = open.get_or_insert(Word { text: String::new(), known: true });
                word.text.push_str(text);
                word.known &= known;
            };
            if piece.whole || piece.bare {
                join(&mut open, &piece.text, piece.known);
                continue;
            }
            for (index, part) in piece.text.split([' ', '\t', '\n']).enumerate() {
                if index > 0 {
                    words.extend(open.take());
                }
                if !part.is_empty() {
                    join(&mut open, part, piece.known);
                }
            }
        }
        words.extend(open);
        if !braces {
            return words;
        }
        let expand = |word: Word| {
            let known = word.known;
            expand_braces(&word.text).into_iter().map(move |text| Word { text, known })
        };
        words.into_iter().flat_map(expand).take(BRACES).collect()
    }

    /// As one word, where the shell does not split.
    pub fn word(&mut self, node: Node<'_>, text: &str, scope: &mut Scope) -> Word {
        let mut pieces = Vec::new();
        self.pieces(node, text, scope, &mut pieces);
        let known = pieces.iter().all(|piece| piece.known);
        Word { text: pieces.into_iter().map(|piece| piece.text).collect(), known }
    }

    fn pieces(&mut self, node: Node<'_>, text: &str, scope: &mut Scope, out: &mut Vec<Piece>) {
        let source = slice(node, text);
        if !self.step() {
            return out.push(Piece::unknown(source));
        }
        match node.kind() {
            "word" | "number" | "test_operator" | "extglob_pattern" | "regex" | "variable_name" | "file_descriptor"
            | "command_name" | "concatenation"
                if node.named_child_count() > 0 =>
            {
                self.parts(node, text, scope, out);
            }
            "word" | "number" | "test_operator" | "variable_name" | "brace_expression" | "$" => out.push(bare(source)),
            "raw_string" => out.push(Piece::quoted(source.trim_matches('\''))),
            "ansi_c_string" => out.push(Piece::quoted(ansi(source))),
            "string" | "translated_string" | "heredoc_body" => {
                let value = self.inside(node, text, scope);
                out.push(Piece { text: value.text, known: value.known, whole: true, bare: false });
            }
            "simple_expansion" | "expansion" => {
                let value = self.expansion(node, text, scope);
                out.push(Piece::expanded(value, source, false));
            }
            "command_substitution" => {
                let value = self.substituted(node, text, scope);
                out.push(Piece::expanded(value, source, false));
            }
            "process_substitution" => {
                self.substituted(node, text, scope);
                out.push(Piece::quoted("/dev/fd/63"));
            }
            _ => {
                self.visit(node, text, scope);
                out.push(Piece::unknown(source));
            }
        }
    }

    /// The children one after the other. What stands between them is nobody's, and so not known.
    fn parts(&mut self, node: Node<'_>, text: &str, scope: &mut Scope, out: &mut Vec<Piece>) {
        let mut end = node.start_byte();
        for child in children(node) {
            if child.start_byte() > end {
                out.push(Piece::unknown(text.get(end..child.start_byte()).unwrap_or_default()));
            }
            self.pieces(child, text, scope, out);
            end = child.end_byte();
        }
    }

    /// What stands between double quotes, or in a here-document.
    pub fn inside(&mut self, node: Node<'_>, text: &str, scope: &mut Scope) -> Word {
        let mut word = Word { text: String::new(), known: true };
        let quotes = if node.kind() == "heredoc_body" { 0 } else { 1 };
        let (mut at, end) = (node.start_byte() + quotes, node.end_byte().saturating_sub(quotes));
        if node.kind() == "translated_string" {
            at += 1;
        }
        for child in named(node) {
            if matches!(child.kind(), "string_content" | "heredoc_content") {
                continue;
            }
            let inner = self.word(child, text, scope);
            word.text.push_str(&unescaped(text.get(at..child.start_byte()).unwrap_or_default()));
            word.text.push_str(&inner.text);
            word.known &= inner.known;
            at = child.end_byte();
        }
        word.text.push_str(&unescaped(text.get(at..end).unwrap_or_default()));
        word
    }

    fn expansion(&mut self, node: Node<'_>, text: &str, scope: &mut Scope) -> Option<String> {
        let source = slice(node, text);
        let name = source.trim_start_matches('$').trim_start_matches('{').trim_end_matches('}');
        if source.starts_with("${") && !name.chars().all(|char| char.is_alphanumeric() || char == '_') {
            if source.contains("@P") || source.contains("@E") {
                self.unclear("a variable's value is read as a prompt, which may run commands");
            }
            self.visit(node, text, scope);
            // `${name:-default}` with a known name is its value.
            let (name, rest) = name.split_at(name.find([':', '-', '=', '+', '?']).unwrap_or(name.len()));
            let keeps = [":-", ":=", ":?", "-", "=", "?"].iter().any(|operator| rest.starts_with(operator));
            return scope.variables.get(name).cloned().flatten().filter(|value| keeps && !value.is_empty());
        }
        if let Ok(number) = name.parse::<usize>() {
            let word = scope.arguments.as_ref()?.get(number.checked_sub(1)?)?;
            return word.known.then(|| word.text.clone());
        }
        match (name, scope.variables.get(name)) {
            (_, Some(value)) => value.clone(),
            ("@" | "*", None) => {
                let words = scope.arguments.as_ref()?;
                let known = words.iter().all(|word| word.known);
                known.then(|| words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "))
            }
            ("HOME", None) => Some(home(self.surroundings)),
            ("TMPDIR", None) => Some("/tmp".into()),
            ("PWD", None) => self.here(scope),
            _ => None,
        }
    }

    /// The working folder as an absolute path, as far as that is known.
    pub fn here(&self, scope: &Scope) -> Option<String> {
        let folder = scope.folder.as_ref()?;
        match (folder.as_str(), self.surroundings.folder.as_str()) {
            (folder, _) if folder.starts_with(['/', '~']) => Some(folder.to_owned()),
            (_, "") => Some(".".into()),
            ("", root) => Some(root.to_owned()),
            (folder, root) => Some(format!("{root}/{folder}")),
        }
    }

    /// Reads the line in `$(…)` or `<(…)`, and gives what it prints where that is known.
    fn substituted(&mut self, node: Node<'_>, text: &str, scope: &Scope) -> Option<String> {
        let mut inner = scope.clone();
        let output = self.statements(node, text, &mut inner)?;
        Some(output.trim_end_matches('\n').to_owned())
    }
}

pub fn slice<'t>(node: Node<'_>, text: &'t str) -> &'t str {
    text.get(node.byte_range()).unwrap_or_default()
}

pub fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).collect()
}

pub fn named<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).collect()
}

fn bare(source: &str) -> Piece {
    if !source.contains('\\') {
        return Piece { text: source.to_owned(), known: true, whole: true, bare: true };
    }
    let mut text = String::new();
    let mut chars = source.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => text.extend(chars.next().filter(|next| *next != '\n')),
            _ => text.push(char),
        }
    }
    Piece::quoted(text)
}

/// Escapes between double quotes.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match (char, chars.peek()) {
            ('\\', Some('\n')) => {
                chars.next();
            }
            ('\\', Some('"' | '\\' | '$' | '`')) => out.extend(chars.next()),
            _ => out.push(char),
        }
    }
    out
}

/// `$'…'` as Bash reads it.
fn ansi(source: &str) -> String {
    let inner = source.strip_prefix("$'").unwrap_or(source);
    let inner = inner.strip_suffix('\'').unwrap_or(inner);
    let mut out = String::new();
    let mut chars = inner.chars().peekable();
    while let Some(char) = chars.next() {
        if char != '\\' {
            out.push(char);
            continue;
        }
        let Some(kind) = chars.next() else { break };
        let digits = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>, radix: u32, most: usize, first: u32| {
            let mut value = first;
            for _ in 0..most {
                let Some(digit) = chars.peek().and_then(|char| char.to_digit(radix)) else { break };
                value = value.saturating_mul(radix).saturating_add(digit);
                chars.next();
            }
            char::from_u32(value)
        };
        match kind {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'e' | 'E' => out.push('\u{1b}'),
            'x' => out.extend(digits(&mut chars, 16, 2, 0)),
            'u' => out.extend(digits(&mut chars, 16, 4, 0)),
            'U' => out.extend(digits(&mut chars, 16, 8, 0)),
            '0'..='7' => out.extend(digits(&mut chars, 8, 2, kind.to_digit(8).unwrap_or_default())),
            other => out.push(other),
        }
    }
    out
}

/// `a{b,c}d` to `abd`, `acd`; anything else stays.
fn expand_braces(text: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut open = vec![text.to_owned()];
    while let Some(next) = open.pop() {
        if done.len() + open.len() >= BRACES {
            done.push(next);
            continue;
        }
        match alternatives(&next) {
            Some(list) => open.extend(list.into_iter().rev()),
            None => done.push(next),
        }
    }
    done
}

/// The first pair of braces with commas in it, taken apart.
fn alternatives(text: &str) -> Option<Vec<String>> {
    for (start, _) in text.match_indices('{') {
        let (mut depth, mut commas, mut from, mut parts) = (0usize, false, start + 1, Vec::new());
        for (at, char) in text.char_indices().skip_while(|(at, _)| *at < start) {
            match char {
                '{' => depth += 1,
                ',' if depth == 1 => {
                    parts.push(text.get(from..at)?);
                    (from, commas) = (at + 1, true);
                }
                '}' if depth == 1 && commas => {
                    parts.push(text.get(from..at)?);
                    let (before, after) = (text.get(..start)?, text.get(at + 1..)?);
                    return Some(parts.iter().map(|part| format!("{before}{part}{after}")).collect());
                }
                '}' if depth == 1 => break,
                '}' => depth -= 1,
                _ => {}
            }
        }
    }
    None
}
