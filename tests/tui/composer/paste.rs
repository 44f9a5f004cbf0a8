//! Pastes of any size, and images.

use super::{composer, press, shown};
use agent::tui::composer::{Composer, Said};

fn pasted(text: &str) -> Composer {
    let mut composer = composer();
    composer.paste(text);
    composer
}

fn draft(mut composer: Composer) -> agent::tui::composer::Draft {
    match press(&mut composer, "<enter>") {
        Said::Send(draft) => draft,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_small_paste_is_text() {
    assert_eq!(shown(&pasted("one\r\ntwo\rthree\n")), "one\ntwo\nthree\n|");
    let mut composer = pasted("b");
    press(&mut composer, "<ctrl-a>a<ctrl-_><ctrl-_>");
    assert!(composer.is_empty());
}

#[test]
fn a_large_paste_is_one_character_and_whole_in_the_message() {
    let lines = "a line\n".repeat(312);
    let mut composer = composer();
    press(&mut composer, "see ");
    composer.paste(&lines);
    press(&mut composer, " there");
    assert_eq!(composer.text(), format!("see {lines} there"));
    assert_eq!(composer.halves().0.chars().count(), "see ? there".len());
    press(&mut composer, "<ctrl-a><alt-f><right><delete>");
    assert_eq!(composer.text(), "see  there");
    press(&mut composer, "<ctrl-_>");
    assert_eq!(draft(composer).text, format!("see {lines} there"));
    let megabytes = "x".repeat(5_000_000);
    assert_eq!(draft(pasted(&megabytes)).text, megabytes);
}

#[test]
fn the_limits_of_a_small_paste() {
    let folded = |text: &str| pasted(text).halves().0.chars().count() == 1;
    assert!(!folded(&"l\n".repeat(8)));
    assert!(folded(&"l\n".repeat(9)));
    assert!(!folded(&"x".repeat(1000)));
    assert!(folded(&"x".repeat(1001)));
}

#[test]
fn a_paste_cannot_bring_a_character_that_stands_for_another_paste() {
    let mut composer = pasted(&"l\n".repeat(20));
    composer.paste("\u{10f000}");
    assert_eq!(composer.text(), format!("{}\u{fffd}", "l\n".repeat(20)));
}

#[test]
fn paths_of_images_become_images() {
    let cases: &[(&str, &[&str])] = &[
        ("/tmp/shot.png", &["/tmp/shot.png"]),
        ("/tmp/shot.PNG ", &["/tmp/shot.PNG"]),
        ("'/tmp/my shot.jpg'", &["/tmp/my shot.jpg"]),
        ("\"/tmp/my shot.jpeg\"", &["/tmp/my shot.jpeg"]),
        ("/tmp/my\\ shot.gif", &["/tmp/my shot.gif"]),
        ("/tmp/my shot.webp", &["/tmp/my shot.webp"]),
        ("file:///tmp/my%20shot.png", &["/tmp/my shot.png"]),
        ("~/shot.png", &["~/shot.png"]),
        ("docs/shot.png", &["docs/shot.png"]),
        ("/tmp/a.png /tmp/b.png", &["/tmp/a.png", "/tmp/b.png"]),
        ("/tmp/a.png\n/tmp/b.png\n", &["/tmp/a.png", "/tmp/b.png"]),
        ("/tmp/a.txt", &[]),
        ("look at /tmp/a.png", &[]),
        ("https://example.com/a.png", &[]),
        ("a.png", &[]),
        ("'/tmp/open.png", &[]),
        ("file:///tmp/%zz.png", &[]),
    ];
    for (text, images) in cases {
        assert_eq!(draft(pasted(text)).images, *images, "{text}");
    }
}

#[test]
fn an_image_is_sent_with_its_label() {
    let mut composer = composer();
    press(&mut composer, "what is");
    composer.attach("/tmp/one.png".to_owned());
    composer.attach("/tmp/two.png".to_owned());
    assert_eq!(composer.text(), "what is [image #1: one.png] [image #2: two.png] ");
    press(&mut composer, "<backspace><backspace>");
    let draft = draft(composer);
    assert_eq!(draft.text, "what is [image #1: one.png]");
    assert_eq!(draft.images, ["/tmp/one.png"]);
}

#[test]
fn an_image_survives_the_editor() {
    let mut composer = composer();
    composer.attach("/tmp/one.png".to_owned());
    let text = format!("look: {}", composer.text());
    composer.set(&text);
    assert_eq!(draft(composer).images, ["/tmp/one.png"]);
}

#[test]
fn a_paste_never_sends() {
    let mut composer = pasted("rm -rf\r");
    assert_eq!(shown(&composer), "rm -rf\n|");
    composer.paste("\n");
    assert_eq!(shown(&composer), "rm -rf\n\n|");
}
