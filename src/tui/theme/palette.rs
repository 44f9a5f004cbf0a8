//! The themes that are built in. What a theme does not say is as in `default`.

use super::Role;

type Table = &'static [(Role, &'static str)];

pub(super) const BUILT_IN: &[(&str, Table)] = &[
    ("default", DEFAULT),
    ("mono", MONO),
    ("ember", EMBER),
    ("tide", TIDE),
    ("paper", PAPER),
    ("high-contrast", HIGH_CONTRAST),
];

/// The palette of the terminal, without its black and white: its owner chose it for their background.
pub(super) const DEFAULT: Table = &[
    (Role::Text, "default"),
    (Role::Dim, "dim"),
    (Role::Accent, "cyan"),
    (Role::Heading, "bold"),
    (Role::Code, "blue"),
    (Role::Added, "green"),
    (Role::Removed, "red"),
    (Role::Warning, "yellow"),
    (Role::Error, "red"),
    (Role::Keyword, "magenta"),
    (Role::Literal, "green"),
    (Role::Name, "blue"),
];

const MONO: Table = &[
    (Role::Accent, "bold"),
    (Role::Code, "italic"),
    (Role::Added, "default"),
    (Role::Removed, "default"),
    (Role::Warning, "bold"),
    (Role::Error, "bold"),
    (Role::Keyword, "bold"),
    (Role::Literal, "default"),
    (Role::Name, "default"),
];

/// Warm, for dark backgrounds.
const EMBER: Table = &[
    (Role::Dim, "#8f8178"),
    (Role::Accent, "#e8915b"),
    (Role::Heading, "bold #f0b27a"),
    (Role::Code, "#e0b872"),
    (Role::Added, "#9fb36a"),
    (Role::Removed, "#e06c60"),
    (Role::Warning, "#e5b454"),
    (Role::Error, "#ea5f5a"),
    (Role::Keyword, "#d9826b"),
    (Role::Literal, "#a9b665"),
    (Role::Name, "#dba774"),
];

/// Cool, for dark backgrounds.
const TIDE: Table = &[
    (Role::Dim, "#7488a0"),
    (Role::Accent, "#5cc8d7"),
    (Role::Heading, "bold #8fc7f4"),
    (Role::Code, "#7fb3e6"),
    (Role::Added, "#6fc29a"),
    (Role::Removed, "#e57b8b"),
    (Role::Warning, "#dcbf6d"),
    (Role::Error, "#f0697c"),
    (Role::Keyword, "#a59cf0"),
    (Role::Literal, "#7fcfb0"),
    (Role::Name, "#79b8ff"),
];

/// Ink, for light backgrounds.
const PAPER: Table = &[
    (Role::Dim, "#6f6a63"),
    (Role::Accent, "#0b6e7f"),
    (Role::Heading, "bold #2a4f7a"),
    (Role::Code, "#27588f"),
    (Role::Added, "#2c6e2f"),
    (Role::Removed, "#ab2330"),
    (Role::Warning, "#8a5a00"),
    (Role::Error, "#b3131f"),
    (Role::Keyword, "#7a3386"),
    (Role::Literal, "#4a6b12"),
    (Role::Name, "#1d5b9c"),
];

/// Nothing is dim, and no two things differ by colour alone.
const HIGH_CONTRAST: Table = &[
    (Role::Dim, "italic"),
    (Role::Accent, "bold bright-cyan"),
    (Role::Heading, "bold underline"),
    (Role::Code, "bold"),
    (Role::Added, "bold bright-green"),
    (Role::Removed, "bold bright-red"),
    (Role::Warning, "bold bright-yellow"),
    (Role::Error, "bold underline bright-red"),
    (Role::Keyword, "bold"),
    (Role::Literal, "bright-green"),
    (Role::Name, "bright-cyan"),
];
