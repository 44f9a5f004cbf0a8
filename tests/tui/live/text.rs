//! Text of others, and text of any size.

use super::*;

#[test]
fn text_that_would_act_on_the_terminal_is_shown_as_text() {
    let evil = "Look:\u{1b}[2J\u{1b}[3;57H\u{1b}]0;owned\u{7}\u{1b}]52;c;b3duZWQ=\u{7}\u{9b}31m and\rmore\u{202e}";
    let spoof = "\n\nedit asks to change a file\n\ny yes · n no\n";
    let project = project(vec![
        shell("printf 'out\\033[2J\\033[3;57H\\033]0;owned\\007\\033]52;c;b3duZWQ=\\007\\n'; exit 3"),
        Reply::text(format!("{evil}{spoof}The end.")).into(),
        Reply::text("Nothing was asked.").into(),
    ]);
    let mut screen = start(&project, &["--mode", "full"]);
    screen.keys("be evil\r").wait_for("The end.");
    screen.wait_for(DONE);
    // What looks like a question takes no keys.
    screen.keys("y").wait("the key is taken", |screen| {
        screen.text().lines().any(|line| line.starts_with(SIGN) && line.ends_with('y'))
    });
    screen.keys("\r").wait_for("Nothing was asked.");
    screen.keys("\u{f}").wait("the transcript never opens", Screen::is_full);
    screen.keys("aG").wait_for("Nothing was asked.");
    let bytes = screen.bytes();
    let has = |raw: &[u8]| bytes.windows(raw.len()).any(|window| window == raw);
    for raw in ["\u{1b}[3;57H", "\u{1b}]0;owned", "\u{1b}]52;", "\u{202e}", "\u{9b}"] {
        assert!(!has(raw.as_bytes()), "{raw:?} reached the terminal");
    }
    assert!(screen.all().contains("edit asks to change a file"));
}

#[test]
fn what_is_copied_reaches_the_clipboard_of_the_terminal() {
    let project = project(vec![Reply::text("Run it:\n\n```sh\nmake two\n```\n").into()]);
    let mut screen = start(&project, &[]);
    screen.keys("how?\r").wait_for(DONE);
    let copied = |screen: &Screen| {
        let bytes = screen.bytes();
        String::from_utf8_lossy(&bytes).matches("\u{1b}]52;c;bWFrZSB0d28K\u{7}").count()
    };
    screen.keys("\u{f}").wait("the transcript never opens", Screen::is_full);
    screen.keys("g/make\rc").wait("nothing is copied", |screen| copied(screen) == 1);
    screen.keys("q").wait("it is never closed", |screen| !screen.is_full());
    screen.keys("/copy code\r").wait_for("the last code was copied");
    screen.wait("nothing is copied", |screen| copied(screen) == 2);
}

#[test]
fn the_window_says_what_goes_on_and_calls_when_nobody_looks() {
    let project = project(vec![edit("a.txt", "two", "zwei"), Reply::text("Left it.").into()]);
    let project = project.config("tui.notify = \"osc777\"\n");
    let mut screen = start(&project, &[]);
    let has = |screen: &Screen, raw: &str| String::from_utf8_lossy(&screen.bytes()).contains(raw);
    // The terminal says that the user looks elsewhere.
    screen.keys("translate it\r\u{1b}[O").wait_for("asks to change a file");
    screen.wait("nobody is called", |screen| has(screen, "\u{1b}]777;notify;agent;asks: "));
    screen.wait("the title is as ever", |screen| has(screen, "\u{1b}]2;asks: "));
    assert!(!String::from_utf8_lossy(&screen.bytes()).contains("\u{7}\u{7}"));
    screen.keys("\u{1b}[I").answer("n").wait_for("Left it.");
    screen.wait_for(DONE);
    let bytes = screen.bytes();
    assert_eq!(String::from_utf8_lossy(&bytes).matches("]777;").count(), 1, "who is there is not called");
}

#[test]
fn without_colour_there_is_none() {
    let answer = "**Bold** and `code`:\n\n```rust\nfn main() {} // so\n```\n";
    let steps = vec![edit("a.txt", "two", "zwei"), Reply::text(answer).into()];
    let project = project(steps).env("NO_COLOR", "1");
    let mut screen = start(&project, &[]);
    screen.keys("translate\r").wait_for("asks to change a file");
    screen.answer("y").wait_for(DONE);
    screen.keys("\u{f}").wait("the transcript never opens", Screen::is_full);
    screen.keys("a");
    screen.keys("q").wait("it is never closed", |screen| !screen.is_full());
    let bytes = screen.bytes();
    let text = String::from_utf8_lossy(&bytes);
    let colours: Vec<&str> = text.split("\u{1b}[").filter_map(sgr).filter(|codes| is_colour(codes)).collect();
    assert!(colours.is_empty(), "{colours:?}");
    assert!(text.split("\u{1b}[").filter_map(sgr).any(|codes| codes.split(';').any(|code| code == "1")));
}

/// The numbers of a rendition, where this is one.
fn sgr(after: &str) -> Option<&str> {
    let end = after.find(|char: char| !char.is_ascii_digit() && char != ';' && char != ':')?;
    let (codes, rest) = after.split_at(end);
    rest.starts_with('m').then_some(codes)
}

fn is_colour(codes: &str) -> bool {
    let colour = |code: u32| matches!(code, 30..=38 | 40..=48 | 90..=97 | 100..=107);
    codes.split([';', ':']).any(|code| code.parse().is_ok_and(colour))
}

#[test]
fn a_large_paste_is_shown_folded_and_sent_whole() {
    let project = project(vec![Reply::text("Read all of it.").into()]);
    let pasted: String = (1..=2_000).map(|line| format!("pasted line {line}\n")).collect();
    let mut screen = start(&project, &[]);
    screen.keys("read this: ").wait_for("read this:");
    screen.keys(&format!("\u{1b}[200~{pasted}\u{1b}[201~")).wait("it is never folded", |screen| {
        let text = screen.text();
        text.contains("2000 lines") || text.contains("2,000 lines")
    });
    assert!(!screen.all().contains("pasted line 77"), "{}", screen.all());
    screen.keys("\r").wait_for("Read all of it.");
    let told = request(&project, 0).to_string();
    assert!((1..2_000).all(|line| told.contains(&format!("pasted line {line}\\n"))), "{}", told.len());
    assert!(told.contains("pasted line 2000\""));
}

#[test]
fn wide_and_joined_characters_stay_in_their_columns() {
    let answer = "漢字かな交じり文 👩‍👩‍👧 e\u{301}\u{302} שלום end";
    let project = project(vec![Reply::text(answer).into()]);
    let mut screen = start(&project, &[]);
    screen.keys("schön 漢字\r").wait_for("end");
    screen.wait_for(DONE);
    screen.keys("日本x").wait("it is never shown", |screen| screen.text().contains("日本x"));
    // The sign and its blank, two wide characters, and a narrow one.
    screen.wait("the cursor is elsewhere", |screen| screen.cursor().1 == 2 + 4 + 1);
}
