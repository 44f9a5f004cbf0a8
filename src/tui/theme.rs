//! Twelve roles and their styles. `default` takes the terminal's own palette, so it is right on light and dark.
//!
//! A theme is a table of role and style, ours or the user's; colours a terminal does not have are brought down to what it has.

mod color;
mod palette;

use super::preferences::{Colors, Preferences, Terminal};
pub(super) use color::ansi;
use color::{fit, read};
use palette::BUILT_IN;
use ratatui::style::{Color, Modifier, Style};

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Text,
    /// What matters less.
    Dim,
    /// What the user can act on, and their own words.
    Accent,
    Heading,
    /// Inline code and paths.
    Code,
    Added,
    Removed,
    Warning,
    Error,
    /// Keywords of source.
    Keyword,
    /// Strings and numbers of source.
    Literal,
    /// Names that source defines or calls.
    Name,
}

impl Role {
    pub const ALL: [Role; 12] = [
        Role::Text,
        Role::Dim,
        Role::Accent,
        Role::Heading,
        Role::Code,
        Role::Added,
        Role::Removed,
        Role::Warning,
        Role::Error,
        Role::Keyword,
        Role::Literal,
        Role::Name,
    ];

    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Role::Text => "text",
            Role::Dim => "dim",
            Role::Accent => "accent",
            Role::Heading => "heading",
            Role::Code => "code",
            Role::Added => "added",
            Role::Removed => "removed",
            Role::Warning => "warning",
            Role::Error => "error",
            Role::Keyword => "keyword",
            Role::Literal => "literal",
            Role::Name => "name",
        }
    }

    fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A style for each role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    colors: Colors,
    /// In the order of `Role::ALL`.
    styles: [Style; 12],
}

impl Theme {
    /// The theme `default`.
    pub fn new(colors: Colors) -> Self {
        let mut theme = Self { colors, styles: [Style::new(); 12] };
        theme.lay(palette::DEFAULT);
        theme
    }

    /// The theme the preferences name, of the user's own or built in. A user's theme says what differs from `default`.
    ///
    /// # Errors
    /// No theme has the name; a role or a colour of it is none. The message names it and says what may stand there.
    pub fn named(preferences: &Preferences, terminal: Terminal) -> Result<Self, String> {
        let name = preferences.theme_name();
        let mut theme = Self::new(terminal.colors);
        if let Some(table) = preferences.themes.get(name) {
            for (role, color) in table {
                theme.set(name, role, color)?;
            }
            return Ok(theme);
        }
        let Some((_, table)) = BUILT_IN.iter().find(|(known, _)| *known == name) else {
            return Err(unknown(name, preferences));
        };
        theme.lay(table);
        Ok(theme)
    }

    /// The names that `named` takes: those built in, then the user's.
    pub fn names(preferences: &Preferences) -> Vec<String> {
        let built_in = BUILT_IN.iter().map(|(name, _)| (*name).to_owned());
        let own = preferences.themes.keys().filter(|name| !BUILT_IN.iter().any(|(known, _)| known == name));
        built_in.chain(own.cloned()).collect()
    }

    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The row a list stands on.
    pub fn selected(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The letters that a search found.
    pub fn matched(&self) -> Style {
        self.style(Role::Accent).add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    }

    /// A part of a line that is the point of it: changed words of a changed line, a value within a sentence.
    pub fn strong(&self, role: Role) -> Style {
        let mut style = self.style(role);
        style.add_modifier.remove(Modifier::DIM);
        style.add_modifier(Modifier::BOLD)
    }

    /// What changed within a line that changed.
    pub fn word(&self, role: Role) -> Style {
        self.strong(role).add_modifier(Modifier::UNDERLINED)
    }

    /// What the terminal can show.
    pub fn colors(&self) -> Colors {
        self.colors
    }

    /// The nearest the terminal has to a colour somebody else chose.
    pub fn nearest(&self, color: Color) -> Color {
        fit(color, self.colors)
    }

    fn lay(&mut self, table: &[(Role, &str)]) {
        for (role, color) in table {
            if let Some(style) = read(color) {
                self.put(*role, style);
            }
        }
    }

    fn set(&mut self, theme: &str, role: &str, color: &str) -> Result<(), String> {
        let Some(known) = Role::from_name(role) else {
            let roles = Role::ALL.map(Role::name).join(", ");
            return Err(format!("the theme `{theme}` has no role `{role}`\nhint: the roles are {roles}"));
        };
        let style = read(color).ok_or_else(|| {
            format!(
                "the theme `{theme}` gives `{role}` the colour `{color}`, which is none\nhint: a colour is a name \
                 (`cyan`, `bright-blue`), a number to 255 or `#rrggbb`, with `bold`, `dim`, `italic`, `underline` or \
                 `reverse` before it"
            )
        })?;
        self.put(known, style);
        Ok(())
    }

    fn put(&mut self, role: Role, style: Style) {
        let colors = self.colors;
        let mut style = Style {
            fg: style.fg.map(|color| fit(color, colors)),
            bg: style.bg.map(|color| fit(color, colors)),
            ..style
        };
        if colors == Colors::None {
            style.fg = None;
            style.bg = None;
            if matches!(role, Role::Accent | Role::Warning | Role::Error | Role::Keyword) {
                style = style.add_modifier(Modifier::BOLD);
            }
        }
        if let Some(place) = self.styles.get_mut(role as usize) {
            *place = style;
        }
    }
}

fn unknown(name: &str, preferences: &Preferences) -> String {
    format!("no theme is named `{name}`\nhint: the themes are {}", Theme::names(preferences).join(", "))
}
