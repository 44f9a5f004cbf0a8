//! The composer: (keys) to text and cursor, and what is drawn.

mod complete;
mod drawing;
mod history;
mod paste;
mod properties;
mod queue;
mod readline;
mod send;
mod vim;

use agent::tui::composer::{Composer, Said};
use agent::tui::keys::{Keys, Press};
use agent::tui::preferences::Preferences;

pub fn composer() -> Composer {
    Composer::new(&Preferences::default())
}

pub fn vim() -> Composer {
    Composer::new(&Preferences { vim: true, ..Preferences::default() })
}

/// Types a script: characters are themselves, `<ctrl-a>` is a key; what the last key came to.
pub fn press(composer: &mut Composer, script: &str) -> Said {
    let keys = Keys::default();
    let mut said = Said::Nothing;
    let mut rest = script;
    while let Some(char) = rest.chars().next() {
        let inner = rest.strip_prefix('<').unwrap_or_default();
        let end = inner.find('>').map(|end| end + usize::from(inner[..end].ends_with('-')));
        let named = end.filter(|end| *end > 1).map(|end| (&inner[..end], &inner[end + 1..]));
        let (press, behind) = match named {
            Some((name, behind)) => (Press::parse(name).unwrap_or_else(|| panic!("`{name}` is not a key")), behind),
            None => (Press::parse(&char.to_string()).unwrap(), &rest[char.len_utf8()..]),
        };
        said = composer.key(press.event(), &keys);
        rest = behind;
    }
    said
}

/// The text with `|` for the cursor.
pub fn shown(composer: &Composer) -> String {
    let (before, after) = composer.halves();
    format!("{before}|{after}")
}

/// Each row: what is typed, and the text with the cursor after it.
pub fn check(new: fn() -> Composer, rows: &[(&str, &str)]) {
    for (script, text) in rows {
        let mut composer = new();
        press(&mut composer, script);
        assert_eq!(&shown(&composer), text, "after {script}");
    }
}
