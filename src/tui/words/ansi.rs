//! The output of a command as lines: its colours stay, `\r` and backspace write over what was there, and nothing else of a terminal's
//! language has any effect.
//!
//! Sequences that are whole are left out; an escape that begins none is shown, as the sanitiser shows it.

use super::wrap::expand;
use crate::text::sanitise::sanitise;
use crate::tui::preferences::Colors;
use crate::tui::theme::{Theme, ansi};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

/// A sequence without an end within so many bytes is none.
const LONG: usize = 2_048;

/// The lines of an output, not wrapped. A line break at the end begins no line.
pub fn lines(text: &str, theme: &Theme) -> Vec<Line<'static>> {
    let mut screen = Screen { theme, style: Style::new(), letters: Vec::new(), at: 0, done: Vec::new() };
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        if let Some((sequence, after)) = sequence(rest) {
            screen.obey(sequence);
            rest = after;
            continue;
        }
        rest = rest.get(char.len_utf8()..).unwrap_or_default();
        match char {
            '\n' => screen.line_end(),
            '\r' => screen.at = 0,
            '\u{8}' => screen.at = screen.at.saturating_sub(1),
            '\u{7}' => {}
            char => screen.put(char),
        }
    }
    if !screen.letters.is_empty() {
        screen.line_end();
    }
    screen.done
}

struct Screen<'a> {
    theme: &'a Theme,
    style: Style,
    letters: Vec<(char, Style)>,
    /// Where in the line the next letter is written.
    at: usize,
    done: Vec<Line<'static>>,
}

impl Screen<'_> {
    fn put(&mut self, char: char) {
        match self.letters.get_mut(self.at) {
            Some(letter) => *letter = (char, self.style),
            None => self.letters.push((char, self.style)),
        }
        self.at += 1;
    }

    fn line_end(&mut self) {
        let mut spans: Vec<Span<'static>> = Vec::new();
        for (char, style) in self.letters.drain(..) {
            let style = seen(style);
            match spans.last_mut() {
                Some(last) if last.style == style => last.content.to_mut().push(char),
                _ => spans.push(Span::styled(char.to_string(), style)),
            }
        }
        let mut before = String::new();
        for span in &mut spans {
            let from = before.len();
            before = expand(&(before + &sanitise(&span.content)));
            span.content = before.get(from..).unwrap_or_default().to_owned().into();
        }
        self.at = 0;
        self.done.push(Line::from(spans));
    }

    fn obey(&mut self, sequence: Sequence<'_>) {
        match sequence {
            Sequence::Select(parameters) => self.select(parameters),
            Sequence::Erase("" | "0") => self.letters.truncate(self.at),
            Sequence::Erase("2") => self.letters.iter_mut().for_each(|letter| *letter = (' ', Style::new())),
            Sequence::Erase(_) | Sequence::Other => {}
        }
    }

    /// SGR: colours and what is said of letters. "Concealed" and "blink" are not taken.
    fn select(&mut self, parameters: &str) {
        let read = |number: &str| if number.is_empty() { 0 } else { number.parse().unwrap_or(u16::MAX) };
        let mut numbers = parameters.split([';', ':']).map(read);
        while let Some(number) = numbers.next() {
            let style = std::mem::take(&mut self.style);
            self.style = match number {
                0 => Style::new(),
                1 => style.add_modifier(Modifier::BOLD),
                2 => style.add_modifier(Modifier::DIM),
                3 => style.add_modifier(Modifier::ITALIC),
                4 => style.add_modifier(Modifier::UNDERLINED),
                7 => style.add_modifier(Modifier::REVERSED),
                9 => style.add_modifier(Modifier::CROSSED_OUT),
                22 => without(style, Modifier::BOLD | Modifier::DIM),
                23 => without(style, Modifier::ITALIC),
                24 => without(style, Modifier::UNDERLINED),
                27 => without(style, Modifier::REVERSED),
                29 => without(style, Modifier::CROSSED_OUT),
                30..=37 => self.fore(style, Some(named(number - 30))),
                38 => {
                    let color = extended(&mut numbers);
                    self.fore(style, color)
                }
                39 => Style { fg: None, ..style },
                40..=47 => self.back(style, Some(named(number - 40))),
                48 => {
                    let color = extended(&mut numbers);
                    self.back(style, color)
                }
                49 => Style { bg: None, ..style },
                90..=97 => self.fore(style, Some(named(number - 82))),
                100..=107 => self.back(style, Some(named(number - 92))),
                _ => style,
            };
        }
    }

    fn fore(&self, style: Style, color: Option<Color>) -> Style {
        Style { fg: self.color(color).or(style.fg), ..style }
    }

    fn back(&self, style: Style, color: Option<Color>) -> Style {
        Style { bg: self.color(color).or(style.bg), ..style }
    }

    fn color(&self, color: Option<Color>) -> Option<Color> {
        color.filter(|_| self.theme.colors() != Colors::None).map(|color| self.theme.nearest(color))
    }
}

fn without(mut style: Style, modifier: Modifier) -> Style {
    style.add_modifier.remove(modifier);
    style
}

fn named(index: u16) -> Color {
    ansi(u8::try_from(index).unwrap_or_default())
}

/// What follows 38 and 48: `5;index` or `2;red;green;blue`.
fn extended(numbers: &mut impl Iterator<Item = u16>) -> Option<Color> {
    let mut byte = || numbers.next().and_then(|number| u8::try_from(number).ok());
    match byte()? {
        5 => byte().map(|index| if index < 16 { ansi(index) } else { Color::Indexed(index) }),
        2 => Some(Color::Rgb(byte()?, byte()?, byte()?)),
        _ => None,
    }
}

/// Nothing hides in the colour of its ground; black and white letters are the terminal's own, which knows its background.
fn seen(style: Style) -> Style {
    match (style.fg, style.bg) {
        (Some(fore), Some(back)) if fore == back => Style { fg: None, bg: None, ..style },
        (Some(Color::Black | Color::White | Color::Gray), None) => Style { fg: None, ..style },
        _ => style,
    }
}

enum Sequence<'a> {
    Select(&'a str),
    Erase(&'a str),
    Other,
}

/// The escape sequence a text begins with, and what follows it.
fn sequence(text: &str) -> Option<(Sequence<'_>, &str)> {
    let body = text.strip_prefix('\u{1b}')?;
    let first = body.bytes().next()?;
    match first {
        b'[' => {
            let body = body.get(1..)?;
            let end = body.bytes().take(LONG).position(|byte| !(0x20..=0x3f).contains(&byte))?;
            let (parameters, after) = (body.get(..end)?, body.get(end + 1..)?);
            let plain = parameters.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b':'));
            match body.as_bytes().get(end)? {
                b'm' if plain => Some((Sequence::Select(parameters), after)),
                b'K' if plain => Some((Sequence::Erase(parameters), after)),
                0x40..=0x7e => Some((Sequence::Other, after)),
                _ => None,
            }
        }
        b']' | b'P' | b'X' | b'^' | b'_' => {
            let end = body.bytes().take(LONG).position(|byte| matches!(byte, 7 | b'\n' | 0x1b))?.max(1);
            let after = body.get(end..)?;
            let after = after.strip_prefix('\u{7}').or_else(|| after.strip_prefix("\u{1b}\\"))?;
            Some((Sequence::Other, after))
        }
        b' '..=b'/' => {
            let last = body.as_bytes().get(1)?;
            (0x30..0x7f).contains(last).then_some((Sequence::Other, body.get(2..)?))
        }
        b'0'..=b'~' => Some((Sequence::Other, body.get(1..)?)),
        _ => None,
    }
}
