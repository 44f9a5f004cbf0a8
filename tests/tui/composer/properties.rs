//! Whatever is pressed: no panic, the cursor stands between two characters, and undo leads back to nothing.

use super::{composer, vim};
use agent::base::desk::Hit;
use agent::tui::composer::{Composer, Offer, Said};
use agent::tui::keys::{Keys, Place, Press, TABLE};
use agent::tui::preferences::Colors;
use agent::tui::theme::Theme;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

#[derive(Debug, Clone)]
enum Input {
    Key(String),
    Char(char),
    Paste(String),
    Image,
    Width(u16),
}

fn input() -> impl Strategy<Value = Input> {
    let keys: Vec<String> = TABLE
        .iter()
        .filter(|row| matches!(row.place, Place::Composer | Place::Everywhere))
        .flat_map(|row| row.keys)
        .flat_map(|keys| keys.split(' '))
        .map(str::to_owned)
        .collect();
    let chars =
        "hjklwbeWBE0^$gGfFtT;,xXdcyYpPrRoOaAiIuU.~JsSvVDC123 \"'()[]@/!\\\t-é漢🇩🇪\u{301}\u{200d}👩\u{202e}\u{10f000}";
    let chars: Vec<char> = chars.chars().collect();
    prop_oneof![
        4 => prop::sample::select(keys).prop_map(Input::Key),
        8 => prop::sample::select(chars).prop_map(Input::Char),
        1 => "(\\PC|\n|\t){0,30}".prop_map(Input::Paste),
        1 => "(a\n){20,30}".prop_map(Input::Paste),
        1 => Just(Input::Image),
        1 => (0u16..40).prop_map(Input::Width),
    ]
}

fn apply(composer: &mut Composer, input: &Input, keys: &Keys) {
    let said = match input {
        Input::Key(name) => composer.key(Press::parse(name).unwrap().event(), keys),
        Input::Char(char) => composer.key(KeyEvent::new(KeyCode::Char(*char), KeyModifiers::NONE), keys),
        Input::Paste(text) => {
            composer.paste(text);
            Said::Changed
        }
        Input::Image => {
            composer.attach("/tmp/a b.png".to_owned());
            Said::Changed
        }
        Input::Width(width) => {
            composer.set_width(*width);
            Said::Changed
        }
    };
    if let Said::Ask(completion) = said {
        let hit = |text: &str| Hit { text: text.to_owned(), detail: "there".to_owned(), fits: vec![0, 7] };
        let hits = vec![hit("src/漢.rs"), hit("e\u{301}\u{1b}"), hit("")];
        composer.offer(Offer { wanted: completion.wanted, query: completion.query, hits });
    }
}

fn stands(composer: &Composer) {
    let (before, after) = composer.halves();
    let whole = format!("{before}{after}");
    let at = before.len();
    let boundary = at == whole.len() || whole.grapheme_indices(true).any(|(start, _)| start == at);
    assert!(boundary, "the cursor is within a character: {before:?}|{after:?}");
}

fn draws(composer: &Composer) {
    let theme = Theme::new(Colors::None);
    for width in [0, 1, 3, 20, 80] {
        let drawn = composer.draw(width, 5, &theme);
        assert!((1..=5).contains(&drawn.lines.len()));
        assert!(usize::from(drawn.cursor.1) < drawn.lines.len(), "the cursor is on a row that is there");
        for line in drawn.lines.iter().chain(&drawn.popup) {
            let safe = line.spans.iter().flat_map(|span| span.content.chars());
            assert!(safe.clone().all(|char| !char.is_control() && char != '\u{202e}'), "{line:?}");
            assert!(width < 8 || line.width() <= usize::from(width), "{width}: {line:?}");
        }
    }
}

fn holds(mut composer: Composer, inputs: &[Input]) {
    let keys = Keys::default();
    composer.set_history(vec!["two\nlines".to_owned(), "漢字 e\u{301}".to_owned()]);
    for input in inputs {
        apply(&mut composer, input, &keys);
        stands(&composer);
        draws(&composer);
    }
}

proptest! {
    #![proptest_config(crate::support::random::cases(48))]

    #[test]
    fn any_keys(inputs in prop::collection::vec(input(), 0..60)) {
        holds(composer(), &inputs);
    }

    #[test]
    fn any_keys_of_vim(inputs in prop::collection::vec(input(), 0..60)) {
        holds(vim(), &inputs);
    }

    #[test]
    fn all_undone_is_empty(inputs in prop::collection::vec(input(), 0..60)) {
        let keys = Keys::default();
        let mut composer = composer();
        for input in &inputs {
            apply(&mut composer, input, &keys);
        }
        for name in ["esc", "ctrl-e"] {
            composer.key(Press::parse(name).unwrap().event(), &keys);
        }
        for _ in 0..300 {
            composer.key(Press::parse("ctrl-_").unwrap().event(), &keys);
        }
        prop_assert!(composer.is_empty(), "{:?}", composer.halves());
    }
}
