//! Colours as they are written in a theme, and the nearest colour a terminal has.

use crate::tui::preferences::Colors;
use ratatui::style::{Color, Modifier, Style};

/// Words apart by spaces: any modifiers, and at most one colour; `None` where a word is neither.
pub(super) fn read(text: &str) -> Option<Style> {
    let mut style = Style::new();
    let mut words = 0;
    for word in text.split_whitespace() {
        words += 1;
        let word = word.to_ascii_lowercase();
        if let Some(modifier) = modifier(&word) {
            style = style.add_modifier(modifier);
        } else if style.fg.is_some() {
            return None;
        } else {
            style = style.fg(color(&word)?);
        }
    }
    if style.fg == Some(Color::Reset) {
        style.fg = None;
    }
    (words > 0).then_some(style)
}

/// The nearest of the colours a terminal has. Of sixteen colours neither black nor white is taken: a grey becomes the terminal's own.
pub(super) fn fit(color: Color, colors: Colors) -> Color {
    match colors {
        Colors::None => Color::Reset,
        Colors::True => color,
        Colors::Many => match color {
            Color::Rgb(red, green, blue) => Color::Indexed(cube(red, green, blue)),
            other => other,
        },
        Colors::Sixteen => match color {
            Color::Rgb(red, green, blue) => hue(red, green, blue),
            Color::Indexed(index) => sixteen(index),
            other => other,
        },
    }
}

/// One of the first sixteen by its number.
pub(in crate::tui) fn ansi(index: u8) -> Color {
    const TABLE: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    TABLE.get(usize::from(index)).copied().unwrap_or(Color::Indexed(index))
}

fn modifier(word: &str) -> Option<Modifier> {
    Some(match word {
        "bold" => Modifier::BOLD,
        "dim" => Modifier::DIM,
        "italic" => Modifier::ITALIC,
        "underline" => Modifier::UNDERLINED,
        "reverse" => Modifier::REVERSED,
        _ => return None,
    })
}

fn color(word: &str) -> Option<Color> {
    const NAMES: [&str; 8] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
    if let Some(digits) = word.strip_prefix('#') {
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 6)?;
        let [_, red, green, blue] = number.to_be_bytes();
        return Some(Color::Rgb(red, green, blue));
    }
    if let Ok(number) = word.parse::<u8>() {
        return Some(Color::Indexed(number));
    }
    match word {
        "default" => return Some(Color::Reset),
        "gray" | "grey" => return Some(Color::DarkGray),
        _ => {}
    }
    let (name, bright) = word.strip_prefix("bright-").map_or((word, 0), |name| (name, 8));
    let index = NAMES.iter().position(|known| *known == name)?;
    Some(ansi(u8::try_from(index).ok()? + bright))
}

/// The levels of the six-sided cube of colours 16 to 231, as xterm has them.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The nearest of the 256: the cube, or the greys from 232.
fn cube(red: u8, green: u8, blue: u8) -> u8 {
    let level = |value: u8| (0u8..6).min_by_key(|step| value.abs_diff(at(*step))).unwrap_or(0);
    let (r, g, b) = (level(red), level(green), level(blue));
    let in_cube = 16 + 36 * r + 6 * g + b;
    let mean = (u16::from(red) + u16::from(green) + u16::from(blue)) / 3;
    let step = u8::try_from(mean.saturating_sub(8).min(230) / 10).unwrap_or(0).min(23);
    let grey = 8 + 10 * step;
    let far = |r: u8, g: u8, b: u8| {
        let square = |one: u8, other: u8| u32::from(one.abs_diff(other)).pow(2);
        square(r, red) + square(g, green) + square(b, blue)
    };
    if far(grey, grey, grey) < far(at(r), at(g), at(b)) { 232 + step } else { in_cube }
}

fn at(step: u8) -> u8 {
    LEVELS.get(usize::from(step)).copied().unwrap_or(255)
}

fn sixteen(index: u8) -> Color {
    match index {
        0..=15 => ansi(index),
        16..=231 => {
            let cell = index - 16;
            hue(at(cell / 36), at(cell / 6 % 6), at(cell % 6))
        }
        232..=255 => Color::Reset,
    }
}

/// The colour of the sixteen with the same hue: lightness is the palette's own.
fn hue(red: u8, green: u8, blue: u8) -> Color {
    let high = red.max(green).max(blue);
    let spread = i32::from(high - red.min(green).min(blue));
    if spread * 6 < i32::from(high) || high < 48 {
        return Color::Reset;
    }
    let part = |one: u8, other: u8| (i32::from(one) - i32::from(other)) * 60 / spread;
    let degrees = if high == red {
        part(green, blue)
    } else if high == green {
        120 + part(blue, red)
    } else {
        240 + part(red, green)
    };
    match degrees.rem_euclid(360) {
        0..=18 | 335.. => Color::Red,
        19..=72 => Color::Yellow,
        73..=163 => Color::Green,
        164..=199 => Color::Cyan,
        200..=262 => Color::Blue,
        _ => Color::Magenta,
    }
}
