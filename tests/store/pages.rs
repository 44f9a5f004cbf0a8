//! Pieces of a log: its last records, and those after a number, whatever the lengths of their lines.

use super::hand::{appended, notice};
use agent::base::event::Record;
use agent::store::sessions;
use std::path::{Path, PathBuf};

/// A session whose lines have from a hundred bytes to some hundred thousand.
fn session(state: &Path, count: usize) -> (PathBuf, Vec<Record>) {
    let folder = sessions::folder(state, "01a");
    std::fs::create_dir_all(&folder).unwrap();
    let length = |nth: usize| if nth.is_multiple_of(7) { nth * 1_500 } else { nth % 50 };
    let events: Vec<_> = (0..count).map(|nth| notice(&"x".repeat(length(nth)))).collect();
    let path = folder.join("log.jsonl");
    let records = appended(&path, &events);
    (path, records)
}

#[test]
fn each_piece_of_the_past_is_found() {
    let state = tempfile::tempdir().unwrap();
    for count in [0, 1, 2, 150] {
        let (path, records) = session(state.path(), count);
        for most in [1, 3, 40, 1_000] {
            for after in 0..=count + 2 {
                let (found, more) = sessions::past(state.path(), "01a", after as u64, most).unwrap();
                let expected: Vec<Record> = records.iter().skip(after).take(most).cloned().collect();
                assert_eq!(found, expected, "{most} after {after} of {count}");
                assert_eq!(more, after + most < count, "{most} after {after} of {count}");
            }
            let last: Vec<Record> = records.iter().skip(count.saturating_sub(most)).cloned().collect();
            assert_eq!(sessions::tail(state.path(), "01a", most).unwrap(), last, "the last {most} of {count}");
        }
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_torn_tail_is_passed_over() {
    let state = tempfile::tempdir().unwrap();
    let (path, records) = session(state.path(), 20);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
    let whole = &records[..19];
    assert_eq!(sessions::tail(state.path(), "01a", 1_000).unwrap(), whole);
    assert_eq!(sessions::past(state.path(), "01a", 0, 1_000).unwrap(), (whole.to_vec(), false));
    assert_eq!(sessions::past(state.path(), "01a", 18, 1).unwrap(), (whole[18..].to_vec(), false));
    assert_eq!(sessions::past(state.path(), "01a", 19, 1).unwrap(), (Vec::new(), false));
}

#[test]
fn pieces_have_a_size_that_memory_has() {
    let state = tempfile::tempdir().unwrap();
    let folder = sessions::folder(state.path(), "01a");
    std::fs::create_dir_all(&folder).unwrap();
    let events: Vec<_> = (0..30).map(|_| notice(&"x".repeat(1_000_000))).collect();
    appended(&folder.join("log.jsonl"), &events);
    assert!(sessions::tail(state.path(), "01a", 30).unwrap().len() < 20);
    let (mut after, mut pieces) = (0, 0);
    loop {
        let (found, more) = sessions::past(state.path(), "01a", after, 30).unwrap();
        assert!(found.len() < 20 && found.first().unwrap().seq == after + 1);
        after += found.len() as u64;
        pieces += 1;
        if !more {
            break;
        }
    }
    assert!(after == 30 && pieces > 1, "{after} in {pieces}");
}
