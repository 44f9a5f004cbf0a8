//! What was decided, as one answer; and the words in which two lines differ.

use agent::base::access::{Answer, Remember};
use agent::base::change::{Accept, ChangeKind, FileChange};
use agent::edit::diff::inline;
use agent::edit::verdict::Verdict;

fn file(path: &str) -> FileChange {
    FileChange { path: path.into(), kind: ChangeKind::Modify, from: None, added: 1, removed: 1, diff: String::new() }
}

#[test]
fn all_of_it_without_a_word_is_a_plain_yes() {
    let mut verdict = Verdict::default();
    verdict.hunk("a", 0, 2);
    verdict.hunk("a", 1, 2);
    assert_eq!(verdict.answer(&[file("a")]), Answer::Allow { remember: Remember::Once });
}

#[test]
fn a_comment_or_an_own_text_makes_it_a_review() {
    let mut commented = Verdict::default();
    commented.whole("a", true);
    commented.says(Some("a, line 3"), Some("why?".into()));
    let Answer::Review(review) = commented.answer(&[file("a")]) else { panic!() };
    assert_eq!(review.comment.as_deref(), Some("a, line 3: why?"));
    let mut edited = Verdict::default();
    edited.hunk("a", 0, 1);
    edited.edited("a", 0, "mine\n".into());
    let Answer::Review(review) = edited.answer(&[file("a")]) else { panic!() };
    assert_eq!(review.edited_hunks[0].text, "mine\n");
}

#[test]
fn where_nobody_asked_nothing_accepted_is_an_empty_review() {
    let review = Verdict::default().review();
    assert!(review.files.is_empty() && review.comment.is_none());
    let mut part = Verdict::default();
    part.hunk("a", 1, 3);
    assert_eq!(part.review().files[0].accept, Accept::Hunks(vec![1]));
}

#[test]
fn words_that_differ() {
    let cases: &[(&str, &str, &[&str], &[&str])] = &[
        ("let a = 1;", "let b = 1;", &["a"], &["b"]),
        ("call(one, two)", "call(one, two, three)", &[], &[", three"]),
        ("foo_bar", "foo_baz", &["foo_bar"], &["foo_baz"]),
        ("the old red fox", "the new blue fox", &["old red"], &["new blue"]),
        ("same", "same", &[], &[]),
        ("", "new", &[], &["new"]),
        ("  x", "\tx", &["  "], &["\t"]),
        ("cafe\u{301}!", "cafe!", &["cafe\u{301}"], &["cafe"]),
        ("世界", "世間", &["世界"], &["世間"]),
    ];
    for (before, after, old, new) in cases {
        let found = inline(before, after);
        let cut = |text: &str, ranges: &[std::ops::Range<usize>]| -> Vec<String> {
            ranges.iter().map(|range| text[range.clone()].to_owned()).collect()
        };
        assert_eq!(cut(before, &found.before), *old, "{before:?} to {after:?}");
        assert_eq!(cut(after, &found.after), *new, "{before:?} to {after:?}");
    }
}

#[test]
fn how_much_two_lines_have_in_common() {
    assert_eq!(inline("abc", "abc").common, 100);
    assert_eq!(inline("abc", "xyz").common, 0);
    assert_eq!(inline("one two", "one xyz").common, 50);
}

#[test]
fn lines_of_a_hundred_thousand_words_take_no_time() {
    let before = "a b ".repeat(100_000);
    let after = "b c ".repeat(100_000);
    let found = inline(&before, &after);
    assert!(found.before.len() <= 1 && found.after.len() <= 1, "what differs is one piece");
}
