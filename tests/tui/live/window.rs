//! The window: its size, the full screen and back, and rest where nothing happens.

use super::*;
use std::time::Duration;

/// Lines that are no longer than the narrowest window.
fn lines() -> String {
    (1..=60).map(|line| format!("- point {line} of the answer\n")).collect()
}

#[track_caller]
fn each_point_once(screen: &Screen) {
    let all = screen.all();
    for line in 1..=60 {
        once(&all, &format!("point {line} of the answer"));
    }
}

#[test]
fn a_window_that_changes_while_an_answer_streams_repeats_and_loses_nothing() {
    let trickle = Step::Trickle { reply: Reply::text(lines()), bytes: 64, every_ms: 4 };
    let project = project(vec![trickle]);
    let mut screen = start(&project, &[]);
    screen.keys("list all points\r");
    // Who looks late finds it above the screen.
    for (point, (rows, columns)) in [(5, (24, 60)), (15, (30, 100)), (25, (30, 50)), (35, (34, 90))] {
        let text = format!("point {point} of");
        screen.wait("the answer does not go on", |screen| screen.all().contains(&text));
        screen.resize(rows, columns);
    }
    screen.wait_for(DONE);
    each_point_once(&screen);
    once(&screen.all(), "list all points");
    screen.keys("still here").wait("the composer is not where it was", |screen| {
        let text = screen.text();
        text.matches(SIGN).count() == 1 && text.contains("still here")
    });
}

#[test]
fn the_transcript_comes_and_goes_and_the_scrollback_goes_on() {
    let project = project(vec![Reply::text(lines()).into(), Reply::text("One more thing.").into()]);
    let mut screen = start(&project, &[]);
    screen.keys("list all points\r").wait_for(DONE);
    // The status line is whole, and so is the frame.
    let before = screen.wait_for("price unknown · main").wait_quiet(Duration::from_millis(300)).text();
    screen.keys("\u{f}").wait("the transcript never opens", Screen::is_full);
    screen.keys("g").wait_for("point 1 of");
    screen.keys("q").wait("it is never closed", |screen| !screen.is_full());
    screen.wait("the screen is another than before", |screen| screen.text() == before);
    screen.keys("and?\r").wait_for("One more thing.");
    each_point_once(&screen);
}

#[test]
fn what_happens_on_the_full_screen_is_in_the_scrollback_after_it() {
    let project = project(vec![Reply::text(lines()).into(), Reply::text("Back in line.").into()]);
    let mut screen = start(&project, &[]);
    screen.keys("\u{1b}z").wait("it never switches", Screen::is_full);
    screen.keys("list all points\r").wait_for("point 60 of");
    screen.wait_for(DONE);
    screen.keys("\u{1b}z").wait("it never switches back", |screen| !screen.is_full());
    screen.wait_for(DONE);
    each_point_once(&screen);
    screen.keys("and?\r").wait_for("Back in line.");
    each_point_once(&screen);
}

#[test]
fn a_screen_that_is_drawn_anew_leaves_nothing_of_itself_behind() {
    let project = project(vec![Reply::text("All is said.").into()]);
    let mut screen = start(&project, &[]);
    screen.keys("say all\r").wait_for(DONE);
    screen.keys("half a thought").wait_for("half a thought");
    let before = screen.text();
    for _ in 0..3 {
        let written = screen.bytes().len();
        screen.keys("\u{c}").wait("it is not drawn anew", |screen| screen.bytes().len() > written + 80);
        screen.wait_quiet(Duration::from_millis(100));
    }
    assert_eq!(screen.text(), before);
    once(&screen.all(), "half a thought");
}

#[test]
fn nothing_is_written_where_nothing_changes() {
    let project = project(vec![Reply::text("All is said.").into()]);
    let mut screen = start(&project, &[]);
    screen.keys("say all\r").wait_for(DONE);
    // A screen that is drawn again each second never has so long a pause.
    screen.wait_quiet(Duration::from_millis(2_500));
    // A key that is typed writes little more than itself.
    let before = screen.bytes().len();
    screen.keys("x").wait("the key is never shown", |screen| {
        screen.text().lines().any(|line| line.starts_with(SIGN) && line.ends_with('x'))
    });
    screen.wait_quiet(Duration::from_millis(200));
    let written = screen.bytes().len() - before;
    assert!(written < 200, "{written} bytes for one key");
}

#[test]
fn the_screen_is_switched_while_an_answer_streams_and_nothing_is_lost() {
    let trickle = Step::Trickle { reply: Reply::text(lines()), bytes: 64, every_ms: 4 };
    let project = project(vec![trickle]);
    let mut screen = start(&project, &[]);
    screen.keys("list all points\r").wait_for("point 5 of");
    for point in [12, 25, 38] {
        screen.keys("\u{1b}z").wait("it never switches", Screen::is_full);
        screen.wait_for(&format!("point {point} of"));
        screen.keys("\u{1b}z").wait("it never switches back", |screen| !screen.is_full());
        screen.wait_for(&format!("point {} of", point + 5));
    }
    screen.keys("\u{f}").wait("the transcript never opens", Screen::is_full);
    screen.wait_for("point 50 of");
    screen.keys("\u{f}").wait("it is never closed", |screen| !screen.is_full());
    screen.wait_for(DONE);
    each_point_once(&screen);
    once(&screen.all(), "list all points");
}
