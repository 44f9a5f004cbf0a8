//! What a cell looks like, in the colours the terminal has, and the shortest way from one look to another.

use crate::tui::preferences::Colors;
use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};
use std::io::Write;

/// Modifiers and what turns each on and off. Source: ECMA-48, 8.3.117. What blinks or hides text is not among them.
const MODIFIERS: &[(Modifier, &str, &str)] = &[
    (Modifier::BOLD, "1", "22"),
    (Modifier::DIM, "2", "22"),
    (Modifier::ITALIC, "3", "23"),
    (Modifier::UNDERLINED, "4", "24"),
    (Modifier::REVERSED, "7", "27"),
    (Modifier::CROSSED_OUT, "9", "29"),
];

/// What is to be seen of a blank.
const ON_BLANKS: Modifier = Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);

/// The sixteen colours as most terminals have them at first. Source: xterm's `XTerm-col.ad`.
const SIXTEEN: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];

/// The steps of the colour cube of 256. Source: xterm's `256colres.pl`.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    foreground: Color,
    background: Color,
    modifier: Modifier,
}

impl Look {
    pub fn of(cell: &Cell, colors: Colors) -> Self {
        let known = MODIFIERS.iter().fold(Modifier::empty(), |all, (modifier, _, _)| all | *modifier);
        Self { foreground: fit(cell.fg, colors), background: fit(cell.bg, colors), modifier: cell.modifier & known }
    }

    /// A blank of this look is not a mere gap.
    pub fn shows_on_blanks(self) -> bool {
        self.background != Color::Reset || self.modifier.intersects(ON_BLANKS)
    }

    /// Writes what turns `self` into `to`: from scratch or by difference, whichever is shorter.
    pub fn turn_into(self, to: Self, bytes: &mut Vec<u8>) {
        if self == to {
            return;
        }
        if to == Self::default() {
            bytes.extend_from_slice(b"\x1b[m");
            return;
        }
        let change = self.change(to);
        let mut anew = Self::default().change(to);
        anew.insert(0, String::from("0"));
        let (change, anew) = (change.join(";"), anew.join(";"));
        let shorter = if anew.len() < change.len() { anew } else { change };
        let _ = write!(bytes, "\x1b[{shorter}m");
    }

    fn change(self, to: Self) -> Vec<String> {
        let mut codes: Vec<String> = Vec::new();
        let mut left = self.modifier;
        for (modifier, _, off) in MODIFIERS {
            if left.contains(*modifier) && !to.modifier.contains(*modifier) {
                codes.push((*off).to_owned());
                // One code ends both bold and dim.
                left.remove(if *off == "22" { Modifier::BOLD | Modifier::DIM } else { *modifier });
            }
        }
        let on =
            MODIFIERS.iter().filter(|(modifier, _, _)| to.modifier.contains(*modifier) && !left.contains(*modifier));
        codes.extend(on.map(|(_, on, _)| (*on).to_owned()));
        if self.foreground != to.foreground {
            codes.push(code(to.foreground, 30));
        }
        if self.background != to.background {
            codes.push(code(to.background, 40));
        }
        codes
    }
}

/// The parameters that set `color`; `base` is 30 for text, 40 for what is behind it.
fn code(color: Color, base: u8) -> String {
    match color {
        Color::Reset => (base + 9).to_string(),
        Color::Rgb(red, green, blue) => format!("{};2;{red};{green};{blue}", base + 8),
        Color::Indexed(number @ 0..=7) => (base + number).to_string(),
        Color::Indexed(number @ 8..=15) => (base + 52 + number).to_string(),
        Color::Indexed(number) => format!("{};5;{number}", base + 8),
        Color::Black
        | Color::Red
        | Color::Green
        | Color::Yellow
        | Color::Blue
        | Color::Magenta
        | Color::Cyan
        | Color::Gray
        | Color::DarkGray
        | Color::LightRed
        | Color::LightGreen
        | Color::LightYellow
        | Color::LightBlue
        | Color::LightMagenta
        | Color::LightCyan
        | Color::White => code(Color::Indexed(number(color)), base),
    }
}

/// The place of a named colour among the sixteen.
fn number(color: Color) -> u8 {
    match color {
        Color::Black | Color::Reset | Color::Rgb(..) => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Indexed(number) => number,
    }
}

/// `color` among those the terminal has: the nearest one.
fn fit(color: Color, colors: Colors) -> Color {
    match (color, colors) {
        (_, Colors::None) => Color::Reset,
        (Color::Rgb(red, green, blue), Colors::Many) => Color::Indexed(of_many((red, green, blue))),
        (Color::Rgb(red, green, blue), Colors::Sixteen) => Color::Indexed(of_sixteen((red, green, blue))),
        (Color::Indexed(number @ 16..), Colors::Sixteen) => Color::Indexed(of_sixteen(mixed(number))),
        (color, Colors::Sixteen | Colors::Many | Colors::True) => color,
    }
}

/// Red, green and blue of one of the 256 that is above the sixteen.
fn mixed(number: u8) -> (u8, u8, u8) {
    if number >= 232 {
        let gray = 8 + 10 * (number - 232);
        return (gray, gray, gray);
    }
    let cube = number.saturating_sub(16);
    let step = |place: u8| CUBE.get(usize::from(place % 6)).copied().unwrap_or_default();
    (step(cube / 36), step(cube / 6), step(cube))
}

fn of_many(wanted: (u8, u8, u8)) -> u8 {
    let step =
        |value: u8| (0..6u8).min_by_key(|place| CUBE.get(usize::from(*place)).map_or(255, |has| has.abs_diff(value)));
    let [red, green, blue] = [wanted.0, wanted.1, wanted.2].map(|value| step(value).unwrap_or_default());
    let cube = 16 + 36 * red + 6 * green + blue;
    let mean = (u16::from(wanted.0) + u16::from(wanted.1) + u16::from(wanted.2)) / 3;
    let gray = 232 + u8::try_from((mean.saturating_sub(3) / 10).min(23)).unwrap_or(23);
    if distance(mixed(gray), wanted) < distance(mixed(cube), wanted) { gray } else { cube }
}

fn of_sixteen(wanted: (u8, u8, u8)) -> u8 {
    let nearest = (0..16u8).zip(SIXTEEN).min_by_key(|(_, has)| distance(*has, wanted));
    nearest.map_or(7, |(number, _)| number)
}

/// How unlike two colours are to the eye, which sees green best and blue worst.
fn distance(one: (u8, u8, u8), other: (u8, u8, u8)) -> u32 {
    let square = |one: u8, other: u8| u32::from(one.abs_diff(other)).pow(2);
    3 * square(one.0, other.0) + 4 * square(one.1, other.1) + 2 * square(one.2, other.2)
}
