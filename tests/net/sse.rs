//! Server-sent events against the rules of the WHATWG's "event stream interpretation", in pieces of any size.

use agent::base::Kind;
use agent::text::sse::{Decoder, Frame, Frames, MAX_EVENT};
use proptest::prelude::*;

fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Frame> {
    let (mut decoder, mut frames) = (Decoder::default(), Vec::new());
    for piece in pieces {
        decoder.push(piece, &mut frames).expect("a small event");
    }
    frames
}

fn frame(event: &str, data: &str) -> Frame {
    Frame { event: event.to_owned(), data: data.to_owned() }
}

/// Whole, and byte by byte: the latter splits every CRLF, every BOM and every character.
#[track_caller]
fn check(name: &str, stream: &[u8], expected: &[(&str, &str)]) {
    let expected: Vec<Frame> = expected.iter().map(|(event, data)| frame(event, data)).collect();
    assert_eq!(decode([stream]), expected, "{name}");
    assert_eq!(decode(stream.chunks(1)), expected, "{name}, byte by byte");
    for at in 0..stream.len() {
        assert_eq!(decode([&stream[..at], b"", &stream[at..]]), expected, "{name}, in two at {at}");
    }
}

#[test]
fn lines_end_in_all_three_ways() {
    check("LF", b"data: a\n\ndata: b\n\n", &[("", "a"), ("", "b")]);
    check("CR", b"data: a\r\rdata: b\r\r", &[("", "a"), ("", "b")]);
    check("CRLF", b"data: a\r\n\r\ndata: b\r\n\r\n", &[("", "a"), ("", "b")]);
    check("mixed", b"data: a\r\n\ndata: b\r\r\ndata: c\n\r", &[("", "a"), ("", "b"), ("", "c")]);
    check("LF CR is two ends", b"data: a\n\rdata: b\n\n", &[("", "a"), ("", "b")]);
    check("a vertical tab is no end", b"data: a\x0bb\n\n", &[("", "a\u{b}b")]);
}

/// A name, a stream, and the name and data of each event in it.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

#[test]
fn fields_are_read_as_the_standard_says() {
    let cases: &[Case] = &[
        ("an event has a name", "event: ping\ndata: 1\n\n", &[("ping", "1")]),
        ("the last name counts", "event: a\nevent: b\ndata: 1\n\n", &[("b", "1")]),
        ("an empty name is none", "event: a\nevent\ndata: 1\n\n", &[("", "1")]),
        ("a name is not kept", "event: a\ndata: 1\n\ndata: 2\n\n", &[("a", "1"), ("", "2")]),
        ("a name comes after its data too", "data: 1\nevent: a\n\n", &[("a", "1")]),
        ("several lines of data", "data: a\ndata: b\ndata\ndata: c\n\n", &[("", "a\nb\n\nc")]),
        ("empty data is data", "data\n\n", &[("", "")]),
        ("two of them are a line end", "data\ndata\n\n", &[("", "\n")]),
        ("a colon without a value", "data:\n\n", &[("", "")]),
        ("no space after the colon", "data:a\n\n", &[("", "a")]),
        ("only one space is taken off", "data:  a \n\n", &[("", " a ")]),
        ("a tab is not taken off", "data:\ta\n\n", &[("", "\ta")]),
        ("colons in the value", "data: a: b:c\n\n", &[("", "a: b:c")]),
        ("a comment", ": hello\ndata: a\n:\n\n", &[("", "a")]),
        ("comments alone", ": hello\n\n:\n\n", &[]),
        ("id and retry", "id: 7\nretry: 10\ndata: a\n\n", &[("", "a")]),
        ("id and retry alone", "id: 7\n\nretry: 10\n\n", &[]),
        ("a name alone", "event: ping\n\ndata: a\n\n", &[("", "a")]),
        ("an unknown field", "datum: b\ndata: a\n\n", &[("", "a")]),
        ("names have their case", "Data: b\ndata: a\n\n", &[("", "a")]),
        ("a space before the name", " data: b\ndata: a\n\n", &[("", "a")]),
        ("blank lines between", "\n\n\ndata: a\n\n\n\n", &[("", "a")]),
        ("an end without its blank line", "data: a\n\ndata: b\n", &[("", "a")]),
        ("an end in a line", "data: a\n\ndata: b", &[("", "a")]),
        ("nothing", "", &[]),
        ("letters beyond ASCII", "data: ✓ ä 😀\n\n", &[("", "✓ ä 😀")]),
    ];
    for (name, stream, expected) in cases {
        check(name, stream.as_bytes(), expected);
        check(name, stream.replace('\n', "\r\n").as_bytes(), expected);
        check(name, stream.replace('\n', "\r").as_bytes(), expected);
    }
}

#[test]
fn one_byte_order_mark_is_left_out() {
    check("at the start", b"\xEF\xBB\xBFdata: a\n\n", &[("", "a")]);
    check("only one", b"\xEF\xBB\xBF\xEF\xBB\xBFdata: a\n\n", &[]);
    check("not later", b"data: a\n\n\xEF\xBB\xBFdata: b\n\n", &[("", "a")]);
    check("not in a value", b"data: \xEF\xBB\xBFa\n\n", &[("", "\u{feff}a")]);
    check("half of one", b"\xEF\xBBdata: a\n\ndata: b\n\n", &[("", "b")]);
}

#[test]
fn bytes_that_are_no_text_do_not_end_a_stream() {
    check("in a value", b"data: a\xFFb\n\n", &[("", "a\u{fffd}b")]);
    check("in a name", b"da\xFFta: a\n\ndata: b\n\n", &[("", "b")]);
    check("a NUL", b"data: a\0b\n\n", &[("", "a\0b")]);
}

/// A server that sends one event without end cannot fill the memory, in whatever pieces.
#[test]
fn an_event_has_a_largest_size() {
    let piece = vec![b'x'; 1 << 20];
    let lines = [b"data: ".as_slice(), &piece, b"\n"].concat();
    for (name, start, each) in [("one line", &b"data: "[..], &piece), ("many lines", &b""[..], &lines)] {
        let (mut decoder, mut frames) = (Decoder::default(), Vec::new());
        decoder.push(start, &mut frames).expect("a small event");
        let refused = (0..40).find_map(|number| decoder.push(each, &mut frames).err().map(|error| (number, error)));
        let (number, error) = refused.expect("a limit");
        assert!((15..=16).contains(&number), "{name}: refused at {number} MiB");
        assert_eq!((error.kind, frames.len()), (Kind::Provider, 0), "{name}");
        assert!(error.message.contains("16 MiB"), "{name}: {error}");
    }
    let most = [b"data: ".as_slice(), &vec![b'x'; MAX_EVENT - 6], b"\n\n"].concat();
    assert_eq!(decode([most.as_slice(), b"data: a\n\n"]).len(), 2, "the largest event, and one after it");
}

/// Pieces of streams, and bytes that are not.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "data: ", "data:", "data", "event: x", ": y", "id: 1", "retry: 2", "\n", "\r", "\r\n", "\n\n", "ä✓",
        "\u{feff}", " ",
    ]);
    let piece =
        prop_oneof![6 => known.prop_map(|text| text.as_bytes().to_vec()), 1 => any::<u8>().prop_map(|byte| vec![byte])];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(crate::support::random::cases(256))]

    #[test]
    fn any_pieces_give_the_same_events(stream in streams(), sizes in prop::collection::vec(0..9_usize, 1..40)) {
        let mut pieces = Vec::new();
        let mut rest = stream.as_slice();
        for size in sizes.iter().cycle().take(sizes.len() + stream.len()) {
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        prop_assert_eq!(decode(pieces), decode([stream.as_slice()]));
    }
}
