//! A hunk as rows: numbers, signs, text; unified, or old and new side by side.

use super::letters::Styled;
use super::pairs::{Paired, Pairs, pairs};
use super::{DiffLook, Layout};
use crate::edit::shown::{Hunk, Line as Shown};
use crate::text::sanitise::sanitise;
use crate::tui::theme::{Role, Theme};
use crate::tui::words::wrap::width_of;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

/// Columns below which two sides have no room for text.
const NARROW_SIDES: u16 = 40;

/// A row on the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Which of the hunk's lines it shows; side by side these are two.
    pub lines: [Option<usize>; 2],
    pub content: Line<'static>,
}

impl Row {
    pub fn shows(&self, line: usize) -> bool {
        self.lines.contains(&Some(line))
    }
}

/// Where a line stands in the old and in the new file, counted from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Number {
    pub old: Option<usize>,
    pub new: Option<usize>,
}

/// The numbers of a hunk's lines; none where its header cannot be read.
pub fn numbers(hunk: &Hunk) -> Vec<Number> {
    let Some((mut old, mut new)) = hunk.start() else { return vec![Number::default(); hunk.lines.len()] };
    let number = |line: &Shown| {
        let number = Number { old: (line.sign != '+').then_some(old), new: (line.sign != '-').then_some(new) };
        old += usize::from(line.sign != '+');
        new += usize::from(line.sign != '-');
        number
    };
    hunk.lines.iter().map(number).collect()
}

pub(super) fn rows(path: &str, hunk: &Hunk, carriage_returns: bool, look: &DiffLook<'_>) -> Vec<Row> {
    let texts: Vec<String> = hunk.lines.iter().map(|line| text_of(line, carriage_returns)).collect();
    let pairs = pairs(hunk, &texts);
    let numbers = numbers(hunk);
    let colors = colors(path, hunk, &texts, look);
    let last = numbers.iter().flat_map(|number| [number.old, number.new]).flatten().max().unwrap_or(0);
    let page = Page {
        hunk,
        texts: &texts,
        pairs: &pairs,
        numbers: &numbers,
        digits: last.max(100).to_string().len(),
        tabs: mixed(&texts),
        carriage_returns,
        theme: look.theme,
        colors: &colors,
    };
    let wide = look.width >= NARROW_SIDES;
    let sides = look.layout == Layout::Sides || (look.layout == Layout::Auto && look.is_sides());
    if sides && wide { page.sides(usize::from(look.width)) } else { page.unified(usize::from(look.width)) }
}

/// A line as it is shown.
fn text_of(line: &Shown, carriage_returns: bool) -> String {
    let text = match line.text.strip_suffix('\r') {
        Some(text) if carriage_returns && line.ends => text,
        Some(_) | None => &line.text,
    };
    sanitise(text).into_owned()
}

/// The new lines in the colours of their syntax; what is removed is seen by its one colour.
fn colors(path: &str, hunk: &Hunk, texts: &[String], look: &DiffLook<'_>) -> Vec<Vec<(usize, Style)>> {
    let Some((highlighter, language)) =
        look.highlighter.and_then(|highlighter| Some((highlighter, highlighter.language(path)?)))
    else {
        return Vec::new();
    };
    let mut block = highlighter.block(Some(language), look.theme);
    let mut color = |(line, text): (&Shown, &String)| {
        if line.sign == '-' {
            return Vec::new();
        }
        let mut end = 0;
        let pieces = block.line(&text.replace('\t', " ")).into_iter();
        let pieces: Vec<(usize, Style)> = pieces
            .map(|span| {
                end += span.content.len();
                (end, span.style)
            })
            .collect();
        // Whatever the colours are of, it has to be this text.
        if end == text.len() { pieces } else { Vec::new() }
    };
    hunk.lines.iter().zip(texts).map(&mut color).collect()
}

/// Are some lines indented by tabs and others by blanks? Then tabs have to be seen.
fn mixed(texts: &[String]) -> bool {
    let tabs = texts.iter().any(|text| text.starts_with('\t'));
    tabs && texts.iter().any(|text| text.starts_with("  "))
        || texts
            .iter()
            .any(|text| text.trim_start_matches('\t').len() != text.trim_start().len() && text.starts_with('\t'))
}

struct Page<'a> {
    hunk: &'a Hunk,
    texts: &'a [String],
    pairs: &'a Pairs,
    numbers: &'a [Number],
    digits: usize,
    tabs: bool,
    carriage_returns: bool,
    theme: &'a Theme,
    /// For each line the pieces of its source, by their ends in bytes.
    colors: &'a [Vec<(usize, Style)>],
}

impl Page<'_> {
    fn unified(&self, width: usize) -> Vec<Row> {
        let lines = 0..self.hunk.lines.len();
        let row = |line: usize| {
            self.side(line, false, width)
                .into_iter()
                .map(move |spans| Row { lines: [Some(line), None], content: Line::from(spans) })
        };
        lines.flat_map(row).collect()
    }

    fn sides(&self, width: usize) -> Vec<Row> {
        let half = width.saturating_sub(3) / 2;
        let mut rows = Vec::new();
        for (old, new) in &self.pairs.beside {
            let left = old.map(|line| self.side(line, true, half)).unwrap_or_default();
            let right = new.map(|line| self.side(line, false, half)).unwrap_or_default();
            for at in 0..left.len().max(right.len()) {
                let mut spans = left.get(at).cloned().unwrap_or_default();
                let blank = half.saturating_sub(width_of(&spans));
                spans.push(Span::raw(" ".repeat(blank)));
                spans.push(Span::styled(" │ ", self.theme.style(Role::Dim)));
                spans.extend(right.get(at).cloned().unwrap_or_default());
                rows.push(Row { lines: [*old, *new], content: Line::from(spans) });
            }
        }
        rows
    }

    /// One line in so many columns: number, sign, text, and on rows of their own what does not show.
    fn side(&self, line: usize, old: bool, width: usize) -> Vec<Vec<Span<'static>>> {
        let Some(shown) = self.hunk.lines.get(line) else { return Vec::new() };
        let paired = self.pairs.lines.get(line);
        let number = self.numbers.get(line).copied().unwrap_or_default();
        let number = if old || shown.sign == '-' { number.old } else { number.new };
        let role = match shown.sign {
            '+' => Some(Role::Added),
            '-' => Some(Role::Removed),
            _ => None,
        };
        let base = role.map(|role| self.theme.style(role)).unwrap_or_default();
        let dim = self.theme.style(Role::Dim);
        let gutter = |number: Option<usize>, sign: String, style: Style| {
            let number = number.map(|number| number.to_string()).unwrap_or_default();
            vec![
                Span::styled(format!("{number:>digits$} ", digits = self.digits), dim),
                Span::styled(format!("{sign} "), style),
            ]
        };
        let room = width.saturating_sub(self.digits + 3);
        let (text, seen) = self.styled(line, base, paired);
        let tabs = (self.tabs || seen).then_some(dim);
        let mut rows = Vec::new();
        for (at, spans) in text.rows(room, tabs).into_iter().enumerate() {
            let mut row = if at == 0 {
                gutter(number, shown.sign.to_string(), base.add_modifier(Modifier::BOLD))
            } else {
                gutter(None, "⋮".into(), dim)
            };
            row.extend(spans);
            rows.push(row);
        }
        if let Some(words) = self.hidden(line, shown, paired) {
            for spans in Styled::plain(words, dim).rows(room, None) {
                let mut row = gutter(None, "\\".into(), dim);
                row.extend(spans);
                rows.push(row);
            }
        }
        rows
    }

    /// A line's text, and whether blanks are what changed in it.
    fn styled(&self, line: usize, base: Style, paired: Option<&Paired>) -> (Styled, bool) {
        let text = self.texts.get(line).cloned().unwrap_or_default();
        let mut styled = match self.colors.get(line).filter(|colors| !colors.is_empty()) {
            Some(colors) => {
                let plain = self.theme.style(Role::Text);
                let own = |(end, style): &(usize, Style)| (*end, if *style == plain { base } else { *style });
                Styled { text, pieces: colors.iter().map(own).collect() }
            }
            None => Styled::plain(text, base),
        };
        let mut blanks = false;
        if let Some(paired) = paired.filter(|paired| paired.partner.is_some()) {
            let role = if self.hunk.lines.get(line).is_some_and(|line| line.sign == '-') {
                Role::Removed
            } else {
                Role::Added
            };
            blanks = paired
                .differs
                .iter()
                .any(|range| styled.text.get(range.clone()).is_some_and(|text| text.contains('\t')));
            styled.overlay(&paired.differs, self.theme.word(role));
        }
        (styled, blanks)
    }

    /// What does not show of a changed line, in words.
    fn hidden(&self, line: usize, shown: &Shown, paired: Option<&Paired>) -> Option<String> {
        let mut words = Vec::new();
        if shown.sign != ' ' {
            let text = self.texts.get(line).map(String::as_str).unwrap_or_default();
            words.extend(trailing(text));
            if shown.ends && !self.carriage_returns && shown.text.ends_with('\r') {
                words.push("ends with CR LF".into());
            }
            words.extend(paired.and_then(|paired| self.unseen(line, shown, paired)).map(str::to_owned));
        }
        if !shown.ends {
            words.push("no line end at the end of the file".into());
        }
        (!words.is_empty()).then(|| words.join("; "))
    }

    /// What an added line has of its partner and nobody can see.
    fn unseen(&self, line: usize, shown: &Shown, paired: &Paired) -> Option<&'static str> {
        let partner = paired.partner.filter(|_| shown.sign == '+')?;
        let (mine, theirs) = (self.texts.get(line)?, self.texts.get(partner)?);
        let ends = |line: &Shown| (line.ends, line.text.ends_with('\r'));
        let other = self.hunk.lines.get(partner)?;
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        if mine == theirs {
            (ends(shown) == ends(other)).then_some("differs in characters that cannot be shown")
        } else {
            (bare(mine) == bare(theirs)).then_some("only blanks differ")
        }
    }
}

fn trailing(text: &str) -> Option<String> {
    let end = text.get(text.trim_end_matches([' ', '\t']).len()..)?;
    let many = |count: usize, name: &str| match count {
        0 => None,
        1 => Some(format!("1 {name}")),
        count => Some(format!("{count} {name}s")),
    };
    let count = |char: char| end.chars().filter(|own| *own == char).count();
    let words: Vec<String> = [many(count(' '), "blank"), many(count('\t'), "tab")].into_iter().flatten().collect();
    (!words.is_empty()).then(|| format!("ends with {}", words.join(" and ")))
}
