//! Fuzz targets: inputs that others write. `FUZZ_TARGET` names the one to run; `.ci/fuzz` runs all of them.
//!
//! A panic, an overflow, a lack of memory or a run of more than a few seconds is a finding; so is a property that does not
//! hold.

#![no_main]

use agent::disk::Disk;
use agent::edit::{Format, Found, Present, Refusal, Tree, change_set};
use agent::store::log::{Log, verify};
use agent::text::redact::Redactor;
use agent::text::sanitise::{one_line, sanitise};
use agent::text::sse::{Decoder, Frames};
use std::sync::OnceLock;

/// Name and target.
#[rustfmt::skip]
const TARGETS: &[(&str, fn(&[u8]))] = &[
    ("sanitiser", sanitiser),
    ("redactor", redactor),
    ("log", log),
    ("sse", sse),
    ("patch", patch),
];

fn target() -> fn(&[u8]) {
    static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();
    *TARGET.get_or_init(|| {
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        let found = TARGETS.iter().find(|(known, _)| *known == name);
        found.unwrap_or_else(|| panic!("FUZZ_TARGET is one of {}", names.join(", "))).1
    })
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| target()(bytes));

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Nothing that a terminal would act on is left.
fn sanitiser(bytes: &[u8]) {
    let text = text(bytes);
    let clean = sanitise(&text);
    assert!(clean.chars().all(|char| char == '\n' || char == '\t' || !char.is_control()), "{clean:?}");
    assert!(!one_line(&text).contains('\n'));
}

/// A value never gets through, and once is enough.
fn redactor(bytes: &[u8]) {
    let redactor = Redactor::new(vec![("KEY".into(), "s3cr3t-v4lue".into())]);
    let once = redactor.text(text(bytes));
    assert!(!once.contains("s3cr3t-v4lue"));
    assert_eq!(redactor.text(once.clone()), once);
}

/// Whatever is in the file, it is opened or refused, and what was opened can be written on.
fn log(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.jsonl");
    std::fs::write(&path, bytes).expect("a file");
    let _ = verify(&text(bytes));
    if let Ok(opened) = Log::open(&path, Disk::default(), Redactor::default()) {
        let before = opened.records.len();
        drop(opened);
        let again = Log::open(&path, Disk::default(), Redactor::default()).expect("what was opened opens again");
        assert!(again.records.len() >= before);
    }
}

/// Cut in two at any place, a stream says the same.
fn sse(bytes: &[u8]) {
    let read = |pieces: &[&[u8]]| -> Vec<String> {
        let mut frames = Decoder::default();
        let mut found = Vec::new();
        for piece in pieces {
            let mut out = Vec::new();
            if frames.push(piece, &mut out).is_err() {
                break;
            }
            found.extend(out.iter().map(|frame| format!("{frame:?}")));
        }
        found
    };
    let at = bytes.first().map_or(0, |first| usize::from(*first) % bytes.len());
    let (head, tail) = bytes.split_at(at);
    assert_eq!(read(&[bytes]), read(&[head, tail]));
}

/// A folder with one file.
struct OneFile;

impl Tree for OneFile {
    fn look(&self, path: &str) -> Result<Found, Refusal> {
        let bytes = b"one\ntwo\n\tthree\nfour\n".as_slice().into();
        let present = (path == "a.txt").then_some(Present { bytes, executable: false });
        Ok(Found { path: path.into(), present, may_overwrite: false })
    }
}

/// An edit in any format is made or refused.
fn patch(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let formats = [Format::Edit, Format::Patch, Format::Udiff, Format::Blocks, Format::Whole, Format::Auto];
    let format = formats[usize::from(*first) % formats.len()];
    let _ = change_set(format, rest, &OneFile);
}
