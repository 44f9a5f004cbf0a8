//! The session log: what is written is read back, damage is noticed and named, and one writer has it alone.

use super::hand::{appended, events, lines, log, notice, reopened, wait};
use agent::base::Kind;
use agent::base::event::{Event, Record, SCHEMA};
use agent::base::model::{Delta, Usage};
use agent::base::port::{Item, Reader};
use agent::disk::Disk;
use agent::store::folder::Folder;
use agent::store::log::{Log, verify};
use agent::text::redact::Redactor;
use agent::transcript::fold::Fold;
use futures_util::StreamExt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A notice as long as `size` says, so that lines differ in length.
fn long_notice(nth: usize, size: usize) -> Event {
    notice(&format!("{nth}: {}ü", "x".repeat(size)))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn error_of(path: &Path) -> agent::base::Error {
    match super::hand::open(path, Disk::default()) {
        Ok(_) => panic!("the log at {} opens", path.display()),
        Err(error) => error,
    }
}

#[test]
fn what_is_appended_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let first = appended(&path, &[notice("one"), notice("two \u{1F980}\nline\u{0}")]);
    let opened = reopened(&path);
    assert_eq!(opened.records, first);
    let third = opened.log.append(notice("three")).unwrap();
    assert_eq!((third.schema, third.seq), (SCHEMA, 3));
    drop(opened);
    let all = reopened(&path);
    assert_eq!(events(&all.records), [notice("one"), notice("two \u{1F980}\nline\u{0}"), notice("three")]);
    assert_eq!(all.records.iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2, 3], "no gap");
    assert!(
        all.records.iter().all(|record| record.time.len() == 24 && record.time.ends_with('Z')),
        "{all:?}",
        all = all.records
    );
    assert_eq!(verify(&fs::read_to_string(&path).unwrap()), None);
}

#[test]
fn each_record_is_one_line_of_public_json_with_a_chain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    appended(&path, &[notice("a\nb"), Event::LogCut { bytes: 7 }]);
    let lines = lines(&path);
    assert_eq!(lines.len(), 2, "a line break in a text does not break the line");
    for (line, kind) in lines.iter().zip(["notice", "log_cut"]) {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let fields: Vec<&String> = value.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["schema", "seq", "time", "type", "data", "chain"]);
        assert_eq!(value["type"], kind);
        assert_eq!(value["chain"].as_str().unwrap().len(), 32);
    }
}

#[test]
fn verify_finds_what_was_done_to_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    appended(&path, &(0..5).map(|nth| long_notice(nth, nth)).collect::<Vec<_>>());
    let whole = lines(&path);
    let joined = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    assert_eq!(verify(&joined(&whole)), None);
    let without = |at: usize| [&whole[..at], &whole[at + 1..]].concat();
    let mut swapped = whole.clone();
    swapped.swap(2, 3);
    let mut changed = whole.clone();
    changed[1] = changed[1].replace("1: x", "1: y");
    let mut rechained = whole.clone();
    rechained[2] = rechained[1].clone();
    let mut bare = whole.clone();
    bare[4] = "{}".into();
    let cases = [
        ("a changed line", changed, 2),
        ("the first line is missing", without(0), 1),
        ("a line in the middle is missing", without(2), 3),
        ("two lines are swapped", swapped, 3),
        ("a line stands twice", rechained, 3),
        ("a line without a chain", bare, 5),
    ];
    for (name, lines, expected) in cases {
        assert_eq!(verify(&joined(&lines)), Some(expected), "{name}");
    }
}

#[test]
fn files_are_the_users_alone() {
    let folder = tempfile::tempdir().unwrap();
    let session = Folder::create(folder.path().join("state/sessions/one"), Disk::default()).unwrap();
    let log = log(&session.log_path());
    log.append(notice("private")).unwrap();
    let image = session.put_image(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0").unwrap();
    drop(session.spill("o1").unwrap());
    assert_eq!(mode(&session.log_path()), 0o600);
    for path in ["", "blobs", "spill", "..", "../.."] {
        assert_eq!(mode(&session.path().join(path)), 0o700, "{path:?}");
    }
    for path in [session.path().join("blobs").join(&image.blob), session.path().join("spill/o1")] {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_log_torn_at_any_byte_of_its_end_opens_with_what_was_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let records = appended(&path, &(0..4).map(|nth| long_notice(nth, 20)).collect::<Vec<_>>());
    let bytes = fs::read(&path).unwrap();
    let ends: Vec<usize> = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    for cut in ends[1]..=bytes.len() {
        let torn = folder.path().join("torn.jsonl");
        fs::write(&torn, &bytes[..cut]).unwrap();
        let opened = reopened(&torn);
        let whole = ends.iter().filter(|end| **end <= cut).count();
        let left = (cut - ends[whole - 1]) as u64;
        assert_eq!(opened.records[..whole], records[..whole], "cut at {cut}: earlier records stay as they were");
        match left {
            0 => assert_eq!(opened.records.len(), whole, "cut at {cut}: nothing was torn"),
            _ => assert_eq!(events(&opened.records[whole..]), [Event::LogCut { bytes: left }], "cut at {cut}"),
        }
        let next = opened.log.append(notice("on")).unwrap();
        assert_eq!(next.seq, opened.records.len() as u64 + 1);
        drop(opened);
        assert_eq!(verify(&fs::read_to_string(&torn).unwrap()), None, "cut at {cut}: the chain goes on");
        assert_eq!(reopened(&torn).records.last(), Some(&*next), "cut at {cut}");
    }
}

#[test]
fn a_tail_of_rubbish_is_cut_too() {
    for (name, tail) in
        [("zeros, as some file systems leave", &b"\0\0\0\0\0\0"[..]), ("half a line, ended", b"{\"schema\":1,\n")]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        appended(&path, &[notice("whole")]);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, [&whole, tail].concat()).unwrap();
        assert_eq!(
            events(&reopened(&path).records),
            [notice("whole"), Event::LogCut { bytes: tail.len() as u64 }],
            "{name}"
        );
    }
}

#[test]
fn a_line_damaged_in_the_middle_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    appended(&path, &(0..5).map(|nth| long_notice(nth, 3)).collect::<Vec<_>>());
    let whole = lines(&path);
    let cases = [
        ("no JSON", 2, "{\"schema\":1".to_owned()),
        ("JSON that is no record", 3, "{\"schema\":1,\"seq\":4}".to_owned()),
        ("another record's number", 1, whole[2].clone()),
    ];
    for (name, at, line) in cases {
        let mut lines = whole.clone();
        lines[at] = line;
        let text = format!("{}\n", lines.join("\n"));
        fs::write(&path, &text).unwrap();
        let error = error_of(&path);
        assert!(error.message.contains(&format!("is damaged at line {}", at + 1)), "{name}: {error}");
        assert!(error.message.contains(path.to_str().unwrap()) && !error.hints.is_empty(), "{name}: {error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "{name}: the file is as it was");
    }
}

#[test]
fn a_second_writer_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let first = log(&path);
    first.append(notice("mine")).unwrap();
    for error in [error_of(&path), Log::create(&path, Disk::default(), Redactor::default()).err().unwrap()] {
        assert_eq!(error.kind, Kind::Usage);
        assert!(error.message.contains("open in another agent process") && !error.hints.is_empty(), "{error}");
    }
    first.append(notice("still mine")).unwrap();
    drop(first);
    assert_eq!(reopened(&path).records.len(), 2);
}

/// Also where its fields happen to be readable: they may mean something else by then.
#[test]
fn a_record_of_a_newer_schema_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    for (name, data) in [
        ("an event we know", r#""type":"notice","data":{"text":"x"}"#),
        ("one we do not", r#""type":"dream","data":{}"#),
    ] {
        for (place, behind) in [("last", ""), ("before another", "{}\n")] {
            let path = folder.path().join("log.jsonl");
            fs::write(&path, format!("{{\"schema\":2,\"seq\":1,\"time\":\"t\",{data}}}\n{behind}")).unwrap();
            let error = error_of(&path);
            assert!(
                error.message.contains("newer agent (schema 2, this one reads up to 1)"),
                "{name}, {place}: {error}"
            );
            assert_eq!((error.kind, error.hints.len()), (Kind::Usage, 1), "{name}, {place}");
        }
    }
}

/// The fixture was made once from the types of schema 1. It is never made anew: whatever changes has to go on reading it.
#[test]
fn a_log_of_schema_1_opens_and_folds() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/session-v1.jsonl");
    let fixture = &fs::read_to_string(fixture).expect("the fixture is kept in the repository");
    assert_eq!(verify(fixture), None);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    fs::write(&path, fixture).unwrap();
    let opened = reopened(&path);
    assert_eq!(opened.records.len(), fixture.lines().count());
    let kinds: std::collections::BTreeSet<String> =
        opened.records.iter().map(|record| super::events::type_of(&record.event)).collect();
    assert!(kinds.len() >= 21, "each of the event types of schema 1 is in it: {kinds:?}");
    let mut fold = Fold::default();
    opened.records.iter().for_each(|record| fold.push(record));
    let text: String = fold.messages().iter().map(agent::base::message::Message::text).collect();
    assert!(text.contains("<summary_of_earlier_work>") && text.contains("Fix the failing test"), "{text}");
    assert_eq!(fold.unanswered(), []);
    for record in &opened.records {
        let line = serde_json::to_string(record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), *record, "it is written as it is read");
    }
}

/// Everything a reader gets until the log is closed.
async fn all_of(mut reader: Reader) -> Vec<Item> {
    let mut items = Vec::new();
    while let Some(item) = reader.next().await {
        items.push(item.unwrap());
    }
    items
}

fn numbers(items: &[Item]) -> Vec<u64> {
    items.iter().filter_map(|item| if let Item::Record(record) = item { Some(record.seq) } else { None }).collect()
}

#[test]
fn two_readers_at_their_own_pace_get_every_record() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(&folder.path().join("log.jsonl"));
    wait(async {
        let fast = tokio::spawn(all_of(log.read(0)));
        // This one does not look until everything is over, far behind what is kept in memory.
        let slow = log.read(0);
        for nth in 0..200 {
            log.append(long_notice(nth, nth)).unwrap();
            if nth % 7 == 0 {
                tokio::task::yield_now().await;
            }
        }
        log.close();
        let (fast, slow) = (fast.await.unwrap(), all_of(slow).await);
        assert_eq!(numbers(&fast), (1..=200).collect::<Vec<u64>>());
        assert_eq!(fast, slow, "what is read from the file is what was read from memory");
    });
}

#[test]
fn a_reader_begins_in_the_middle() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    appended(&path, &(0..150).map(|nth| long_notice(nth, 1)).collect::<Vec<_>>());
    let opened = reopened(&path);
    opened.log.append(notice("live")).unwrap();
    opened.log.close();
    wait(async {
        for after in [0, 1, 40, 86, 87, 149, 150, 151] {
            let items = all_of(opened.log.read(after)).await;
            assert_eq!(numbers(&items), (after + 1..=151).collect::<Vec<u64>>(), "after {after}");
        }
    });
}

/// How an answer is written: pieces, then the records that end it.
fn answer(log: &Log, turn: u64, pieces: &[&str]) -> String {
    log.append(Event::TurnStarted { turn, model: "lab/m".into() }).unwrap();
    log.begin_answer();
    pieces.iter().for_each(|piece| log.show(vec![Delta::Text((*piece).to_owned())]));
    log.append(super::events::turn_finished(turn, Usage::default())).unwrap();
    let text = pieces.concat();
    let parts = vec![agent::base::message::Part::Text { text: text.clone() }];
    log.append(Event::Message { turn, parts }).unwrap();
    text
}

/// The text that came as pieces before each message, and the message's own.
fn told(items: &[Item]) -> Vec<(String, String)> {
    let (mut pieces, mut told) = (String::new(), Vec::new());
    for item in items {
        match item {
            Item::Delta(Delta::Text(text)) => pieces.push_str(text),
            Item::Delta(other) => panic!("{other:?}"),
            Item::Record(record) => {
                if let Event::Message { parts, .. } = &record.event {
                    told.push((std::mem::take(&mut pieces), agent::base::message::text_of(parts)));
                }
            }
        }
    }
    assert_eq!(pieces, "", "pieces without a message");
    told
}

#[test]
fn pieces_come_before_their_message_and_add_up_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(&folder.path().join("log.jsonl"));
    wait(async {
        let live = tokio::spawn(all_of(log.read(0)));
        let behind = log.read(0);
        let mut texts = Vec::new();
        for turn in 1..=3 {
            texts.push(answer(&log, turn, &["a", "bé", "c", &format!("{turn}")]));
            tokio::task::yield_now().await;
        }
        let (after, from_now) = (log.last(), log.read(log.last()));
        log.close();
        let expected: Vec<(String, String)> = texts.iter().map(|text| (text.clone(), text.clone())).collect();
        assert_eq!(told(&live.await.unwrap()), expected, "a reader that keeps up");
        let late = told(&all_of(behind).await);
        assert_eq!(late.last(), expected.last(), "a reader that is behind misses pieces of earlier answers only");
        assert!(late.iter().all(|(pieces, text)| pieces.is_empty() || pieces == text), "{late:?}");
        assert_eq!(late.len(), 3, "and no message");
        assert_eq!(all_of(from_now).await, [], "a reader from record {after} gets nothing of an answer that is over");
    });
}
