//! Amazon's event streams against messages built by hand from their specification, in pieces of any size.

use crate::support::eventstream::{crc32, event, message, sealed, text_header};
use agent::base::Kind;
use agent::text::eventstream::{Decoder, MAX_MESSAGE};
use agent::text::sse::{Frame, Frames};
use proptest::prelude::*;

fn frame(event: &str, data: &str) -> Frame {
    Frame { event: event.to_owned(), data: data.to_owned() }
}

fn try_decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> agent::base::Result<Vec<Frame>> {
    let (mut decoder, mut frames) = (Decoder::default(), Vec::new());
    pieces.into_iter().try_for_each(|piece| decoder.push(piece, &mut frames)).map(|()| frames)
}

/// Whole, byte by byte, and in two at every byte.
#[track_caller]
fn check(stream: &[u8], expected: &[Frame]) {
    assert_eq!(try_decode([stream]).as_deref(), Ok(expected), "whole");
    assert_eq!(try_decode(stream.chunks(1)).as_deref(), Ok(expected), "byte by byte");
    for at in 0..stream.len() {
        assert_eq!(try_decode([&stream[..at], b"", &stream[at..]]).as_deref(), Ok(expected), "in two at {at}");
    }
}

#[test]
fn the_published_example_is_read() {
    // The example of the specification: one header, `content-type: application/json`, and a payload. It names no kind of message,
    // so it is passed over; one bit of it changed is an error.
    let example =
        b"\0\0\0=\0\0\0 \x07\xFD\x83\x96\x0Ccontent-type\x07\0\x10application/json{'foo':'bar'}\x8D\x9C\x08\xB1";
    check(example, &[]);
    let mut changed = example.to_vec();
    changed[40] ^= 1;
    assert!(try_decode([changed.as_slice()]).is_err());
}

#[test]
fn events_exceptions_and_errors_are_told_apart() {
    let stream = [
        event("messageStart", "{\"role\":\"assistant\"}"),
        event("contentBlockDelta", "{\"delta\":{\"text\":\"né ✓\"}}"),
        message(
            &[(":exception-type", "throttlingException"), (":message-type", "exception")],
            "{\"message\":\"Too many requests\"}",
        ),
        message(
            &[(":error-code", "InternalFailure"), (":error-message", "it \"broke\""), (":message-type", "error")],
            "",
        ),
        message(&[(":message-type", "greeting")], "hello"),
        event("empty", ""),
    ]
    .concat();
    let expected = [
        frame("messageStart", "{\"role\":\"assistant\"}"),
        frame("contentBlockDelta", "{\"delta\":{\"text\":\"né ✓\"}}"),
        frame("exception:throttlingException", "{\"message\":\"Too many requests\"}"),
        frame("error:InternalFailure", "{\"message\":\"it \\\"broke\\\"\"}"),
        frame("empty", ""),
    ];
    check(&stream, &expected);
}

#[test]
fn headers_of_every_type_are_passed_over() {
    let mut headers = text_header(":event-type", "ping");
    let values: &[(u8, &[u8])] = &[
        (0, b""),
        (1, b""),
        (2, b"\x01"),
        (3, b"\x01\x02"),
        (4, b"\x01\x02\x03\x04"),
        (5, b"\x01\x02\x03\x04\x05\x06\x07\x08"),
        (6, b"\0\x02ab"),
        (8, b"\0\0\x01\x8B\0\0\0\0"),
        (9, b"0123456789abcdef"),
    ];
    for (index, (kind, value)) in values.iter().enumerate() {
        headers.extend([2, b'h', b'a' + index as u8, *kind]);
        headers.extend_from_slice(value);
    }
    headers.extend(text_header(":message-type", "event"));
    check(&sealed(&headers, b"{}"), &[frame("ping", "{}")]);
}

#[test]
fn a_message_that_is_cut_short_is_no_message() {
    let stream = event("messageStop", "{\"stopReason\":\"end_turn\"}");
    for at in 0..stream.len() {
        assert_eq!(try_decode([&stream[..at]]), Ok(vec![]), "cut at {at}");
    }
}

#[test]
fn a_damaged_byte_is_an_error_wherever_it_is() {
    let good = event("a", "{}");
    let stream = [good.clone(), event("b", "{\"text\":\"hello\"}"), good].concat();
    for at in 0..stream.len() {
        let mut damaged = stream.clone();
        damaged[at] ^= 0x10;
        let error = try_decode(damaged.chunks(5)).expect_err("a checksum that does not fit");
        assert_eq!(error.kind, Kind::Transient, "byte {at}: {error}");
        assert!(error.message.contains("no event stream"), "{error}");
    }
}

#[test]
fn what_is_no_event_stream_is_told_at_once() {
    for text in ["{\"message\":\"The security token is invalid\"}", "data: {\"type\":\"ping\"}\n\n"] {
        assert!(try_decode([text.as_bytes()]).is_err(), "{text}");
    }
}

#[test]
fn lengths_have_bounds() {
    let prelude = |total: u32, headers: u32| {
        let mut bytes = [total.to_be_bytes(), headers.to_be_bytes()].concat();
        bytes.extend(crc32(&bytes).to_be_bytes());
        bytes
    };
    let most = MAX_MESSAGE as u32;
    assert_eq!(try_decode([prelude(most, 0).as_slice()]), Ok(vec![]));
    let error = try_decode([prelude(most + 1, 0).as_slice()]).expect_err("too long");
    assert_eq!((error.kind, error.message.contains("16 MiB")), (Kind::Provider, true), "{error}");
    assert!(try_decode([prelude(15, 0).as_slice()]).is_err(), "shorter than a message can be");
    let mut headers_beyond_the_end = prelude(20, 200);
    headers_beyond_the_end.resize(20, 0);
    assert!(try_decode([headers_beyond_the_end.as_slice()]).is_err());
}

proptest! {
    #![proptest_config(crate::support::random::cases(256))]

    /// Whatever comes, in whatever pieces, there is an answer: with checksums that fit, so that the inside is read.
    #[test]
    fn nothing_makes_it_panic(headers in prop::collection::vec(any::<u8>(), 0..80), payload in prop::collection::vec(any::<u8>(), 0..40), size in 1usize..50) {
        let stream = sealed(&headers, &payload);
        let whole = try_decode([stream.as_slice()]);
        let pieces = try_decode(stream.chunks(size));
        prop_assert_eq!(whole, pieces);
    }
}
