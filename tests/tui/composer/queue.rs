//! Messages that wait.

use super::{composer, press, shown};
use crate::tui::snapshot;
use agent::tui::composer::{Draft, Queue, Said, When};
use agent::tui::keys::Keys;
use agent::tui::preferences::Colors;
use agent::tui::theme::Theme;

fn queue() -> Queue {
    let mut queue = Queue::default();
    queue.push(Draft::new("then run the tests\nall of them"), When::AfterTurn);
    queue.push(Draft::new("not that file"), When::AfterStep);
    queue.push(Draft::new("and\u{1b}[2J commit"), When::AfterTurn);
    queue
}

#[test]
fn what_steers_goes_first() {
    let mut queue = queue();
    assert_eq!(queue.steers().map(|draft| draft.text.as_str()).collect::<Vec<_>>(), ["not that file"]);
    assert_eq!(queue.take_next().unwrap().text, "not that file");
    assert_eq!(queue.take_next().unwrap().text, "then run the tests\nall of them");
    assert_eq!(queue.held().len(), 1);
}

#[test]
fn what_the_model_has_is_gone() {
    let mut queue = queue();
    assert!(!queue.steered("and\u{1b}[2J commit"), "that one waits for the turn");
    assert!(queue.steered("not that file"));
    assert!(!queue.steered("not that file"));
    assert_eq!(queue.held().len(), 2);
}

#[test]
fn the_last_one_comes_back_to_be_edited() {
    let mut composer = composer();
    press(&mut composer, "see ");
    composer.paste(&"line\n".repeat(20));
    composer.attach("/tmp/a.png".to_owned());
    let mut queue = Queue::default();
    if let Said::Queue(draft) = press(&mut composer, "<alt-enter>") {
        queue.push(draft, When::AfterTurn);
    }
    press(&mut composer, "new words");
    let queued = queue.take_last().unwrap();
    composer.restore(&queued.draft);
    assert!(queue.is_empty());
    let (before, after) = composer.halves();
    assert_eq!(after, "new words");
    assert_eq!(before.chars().count(), "see P I\n".len(), "paste and image are folded again");
    let Said::Send(draft) = press(&mut composer, "<enter>") else { panic!("it is not sent") };
    assert_eq!(draft.images, ["/tmp/a.png"]);
    assert!(draft.text.starts_with("see line\nline\n"));
    composer.restore(&Draft::new("plain"));
    assert_eq!(shown(&composer), "plain|");
}

#[test]
fn how_it_looks() {
    let mut queue = queue();
    let lines =
        |queue: &Queue, width| snapshot::lines(&queue.lines(width, &Keys::default(), &Theme::new(Colors::Sixteen)));
    let mut text = format!("{}\n{}", lines(&queue, 80), lines(&queue, 24));
    for number in 1..=4 {
        queue.push(Draft::new(&format!("message {number}")), When::AfterTurn);
    }
    text.push_str(&format!("\n{}", lines(&queue, 80)));
    snapshot::check("queue", &text);
    assert!(Queue::default().lines(80, &Keys::default(), &Theme::new(Colors::None)).is_empty());
}
