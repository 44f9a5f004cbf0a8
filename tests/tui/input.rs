//! Bytes from the terminal to what was typed.

use agent::tui::input::{Decoder, Typed};
use agent::tui::keys::Press;

/// What bytes mean, in words.
fn words(pieces: &[&[u8]]) -> Vec<String> {
    let mut decoder = Decoder::default();
    let mut typed: Vec<Typed> = pieces.iter().flat_map(|piece| decoder.feed(piece)).collect();
    typed.extend(decoder.give_up());
    typed.iter().map(word).collect()
}

fn word(typed: &Typed) -> String {
    match typed {
        Typed::Key(key) => match Press::of(*key) {
            Some(press) => press.to_string(),
            None => format!("{key:?}"),
        },
        Typed::Paste(text) => format!("paste {text:?}"),
        Typed::Focus(on) => format!("focus {on}"),
    }
}

#[test]
fn keys_of_all_terminals() {
    for (bytes, wanted) in [
        ("a", "a"),
        ("é", "é"),
        ("\u{1f980}", "\u{1f980}"),
        ("\r", "enter"),
        ("\t", "tab"),
        ("\x7f", "backspace"),
        ("\x1b", "esc"),
        ("\x01", "ctrl-a"),
        ("\x1a", "ctrl-z"),
        ("\x1f", "ctrl-_"),
        ("\x1bb", "alt-b"),
        ("\x1b\r", "alt-enter"),
        ("\x1b[A", "up"),
        ("\x1bOA", "up"),
        ("\x1b[1;3A", "alt-up"),
        ("\x1b[1;5D", "ctrl-left"),
        ("\x1b[Z", "shift-tab"),
        ("\x1b[3~", "delete"),
        ("\x1b[5~", "page-up"),
        ("\x1b[13;2u", "shift-enter"),
        ("\x1b[27u", "esc"),
        ("\x1b[27;2;13~", "shift-enter"),
        ("\x1b[99;5u", "ctrl-c"),
        ("\x1b[97;5:1u", "ctrl-a"),
        ("\x1bOP", "f1"),
        ("\x1b[15~", "f5"),
        ("\x1b[[A", "f1"),
        ("\x1b[I", "focus true"),
        ("\x1b[O", "focus false"),
        ("\x1b[200~a\r\nb\x1b[A\x1b[201~", "paste \"a\\nb\\u{1b}[A\""),
    ] {
        assert_eq!(words(&[bytes.as_bytes()]), [wanted], "{bytes:?}");
    }
}

#[test]
fn what_is_not_known_is_passed_over_whole() {
    for bytes in ["\x1b[?62;4c", "\x1b[<0;1;1M", "\x1b[97;5:3u", "\x1b[57441u", "\x1b[1;1R"] {
        let typed = words(&[bytes.as_bytes(), b"x"]);
        assert!(typed.len() <= 2 && typed.last().is_some_and(|last| last == "x"), "{bytes:?} {typed:?}");
        assert!(!typed.iter().any(|word| word.len() == 1 && word != "x"), "{bytes:?} {typed:?}");
    }
    assert_eq!(words(&[b"\xff\xfea"]), ["a"]);
}

#[test]
fn a_lone_escape_is_held_until_nothing_follows() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.feed(b"\x1b"), []);
    assert!(decoder.is_waiting());
    assert_eq!(decoder.feed(b"[A").len(), 1);
    assert!(!decoder.is_waiting());
    assert_eq!(words(&[b"\x1b\x1b"]), ["esc", "esc"]);
}

#[test]
fn a_paste_waits_for_its_end_and_nothing_else() {
    let mut decoder = Decoder::default();
    let line = "x".repeat(100) + "\r";
    assert_eq!(decoder.feed(b"\x1b[200~"), []);
    for _ in 0..2_000 {
        assert_eq!(decoder.feed(line.as_bytes()), []);
        assert!(!decoder.is_waiting());
    }
    let typed = decoder.feed(b"\x1b[201~y");
    assert!(matches!(typed.as_slice(), [Typed::Paste(text), Typed::Key(_)] if text.lines().count() == 2_000));
}

proptest::proptest! {
    #![proptest_config(crate::support::random::cases(256))]

    #[test]
    fn cut_anywhere_it_means_the_same(
        parts in proptest::collection::vec("[a-zé\u{1f980}\r\t\u{1b}\\[0-9;~ABOPuZI]|\u{1b}\\[200~|\u{1b}\\[201~|\u{1b}\\[1;5A", 0..30),
        cuts in proptest::collection::vec(0usize..80, 0..8),
    ) {
        let whole = parts.concat().into_bytes();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(whole.len())).collect();
        cuts.extend([0, whole.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &whole[pair[0]..pair[1]]).collect();
        proptest::prop_assert_eq!(words(&pieces), words(&[&whole]));
    }
}
