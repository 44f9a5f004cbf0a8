//! Themes: each names a style for each role, in the colours a terminal has; what is wrong with one is said.

use agent::tui::preferences::{Colors, Preferences, Terminal};
use agent::tui::theme::{Role, Theme};
use ratatui::style::{Color, Modifier};
use std::collections::BTreeMap;

fn terminal(colors: Colors) -> Terminal {
    Terminal { colors, dark: true, reflows: true, tmux: false }
}

fn own(role: &str, color: &str) -> Preferences {
    let roles = BTreeMap::from([(role.to_owned(), color.to_owned())]);
    Preferences {
        theme: "own".to_owned(),
        themes: BTreeMap::from([("own".to_owned(), roles)]),
        ..Preferences::default()
    }
}

#[test]
fn every_name_is_a_theme() {
    let preferences = own("accent", "red");
    let names = Theme::names(&preferences);
    assert_eq!(names, ["default", "mono", "ember", "tide", "paper", "high-contrast", "own"]);
    for theme in names {
        for colors in [Colors::None, Colors::Sixteen, Colors::Many, Colors::True] {
            let preferences = Preferences { theme: theme.clone(), ..preferences.clone() };
            let theme = Theme::named(&preferences, terminal(colors)).unwrap();
            for role in Role::ALL {
                let style = theme.style(role);
                let ground = matches!(style.fg, Some(Color::Black | Color::White | Color::Gray));
                assert!(!ground && style.bg.is_none(), "{role:?} would not be seen on some ground");
                let fits = match style.fg {
                    None | Some(Color::Reset) => true,
                    Some(Color::Rgb(..)) => colors == Colors::True,
                    Some(Color::Indexed(_)) => colors >= Colors::Many,
                    Some(_) => colors >= Colors::Sixteen,
                };
                assert!(fits, "{role:?} in {colors:?}: {style:?}");
            }
        }
    }
    let none = Preferences::default();
    assert_eq!(Theme::named(&none, terminal(Colors::Many)), Ok(Theme::new(Colors::Many)));
}

#[test]
fn a_colour_is_a_name_a_number_or_hexadecimal() {
    for (written, colors, color, modifier) in [
        ("#e8915b", Colors::True, Some(Color::Rgb(0xe8, 0x91, 0x5b)), Modifier::empty()),
        ("#ff0000", Colors::Many, Some(Color::Indexed(196)), Modifier::empty()),
        ("#808080", Colors::Many, Some(Color::Indexed(244)), Modifier::empty()),
        ("#e8915b", Colors::Sixteen, Some(Color::Yellow), Modifier::empty()),
        ("#0000ff", Colors::Sixteen, Some(Color::Blue), Modifier::empty()),
        ("#eeeeee", Colors::Sixteen, Some(Color::Reset), Modifier::empty()),
        ("cyan", Colors::Sixteen, Some(Color::Cyan), Modifier::empty()),
        ("bright-blue", Colors::Sixteen, Some(Color::LightBlue), Modifier::empty()),
        ("208", Colors::Many, Some(Color::Indexed(208)), Modifier::empty()),
        ("208", Colors::Sixteen, Some(Color::Yellow), Modifier::empty()),
        ("bold red", Colors::Sixteen, Some(Color::Red), Modifier::BOLD),
        (
            "Bold Italic underline",
            Colors::True,
            None,
            Modifier::BOLD.union(Modifier::ITALIC).union(Modifier::UNDERLINED),
        ),
        ("default", Colors::True, None, Modifier::empty()),
        ("#ff0000", Colors::None, None, Modifier::empty()),
        ("bold #ff0000", Colors::None, None, Modifier::BOLD),
    ] {
        let theme = Theme::named(&own("code", written), terminal(colors)).unwrap();
        let style = theme.style(Role::Code);
        assert_eq!((style.fg, style.add_modifier), (color, modifier), "{written} in {colors:?}");
    }
}

#[test]
fn what_is_wrong_with_a_theme_is_said() {
    for color in ["", "reddish", "#12345", "#12345g", "#1234567", "256", "-1", "red blue", "bright-red green"] {
        let said = Theme::named(&own("code", color), terminal(Colors::True)).unwrap_err();
        assert!(
            said.starts_with(&format!("the theme `own` gives `code` the colour `{color}`, which is none\nhint: ")),
            "{said}"
        );
    }
    let said = Theme::named(&own("colour", "red"), terminal(Colors::True)).unwrap_err();
    assert!(said.starts_with("the theme `own` has no role `colour`\nhint: the roles are text, dim, accent"), "{said}");
    let missing = Preferences { theme: "emberr".to_owned(), ..Preferences::default() };
    assert_eq!(
        Theme::named(&missing, terminal(Colors::True)).unwrap_err(),
        "no theme is named `emberr`\nhint: the themes are default, mono, ember, tide, paper, high-contrast"
    );
}

#[test]
fn without_colours_what_asks_for_attention_is_bold() {
    let theme = Theme::new(Colors::None);
    for role in [Role::Accent, Role::Heading, Role::Warning, Role::Error] {
        assert!(theme.style(role).add_modifier.contains(Modifier::BOLD), "{role:?}");
    }
    assert!(theme.selected().add_modifier.contains(Modifier::REVERSED));
}
