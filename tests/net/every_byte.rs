//! Streams cut at every byte, errors after every event, chunks of every size: a clean error or a retry that succeeds,
//! never a wrong tree, never a call run twice, never a hang.

use super::lab::{AFTER, BEFORE, End, Lab, Run, Stream, WIRES};
use crate::support::{Wire, eventstream};
use agent::base::Kind;
use agent::base::event::{Event, Status};
use agent::base::model::Usage;
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const NEVER: Duration = Duration::ZERO;
const OFTEN: Duration = Duration::from_secs(120);

/// Does `check` for each number below `count`, on several threads, each with a lab of its own.
fn for_each(wire: Wire, count: usize, check: impl Fn(&Lab, usize) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let lab = Lab::new(wire);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    check(&lab, number);
                    lab.reset();
                }
            });
        }
    });
}

/// What holds of every run: each request has its cost, once; each call was run at most once; nothing is left unsaid.
#[track_caller]
fn assert_sound(run: &Run, place: &str) {
    let mut used = Usage::default();
    let mut attempts = 0;
    for record in &run.records {
        if let Event::TurnFinished(finished) = &record.event {
            attempts += 1;
            used.add(finished.tokens);
        }
    }
    assert_eq!(attempts, run.bodies.len(), "{place}: each request is accounted for once");
    assert_eq!(used, run.outcome.tokens, "{place}: the outcome has what all attempts used");
    assert_eq!(run.left, 0, "{place}: an answer was never asked for");
    let started = run.count(|event| matches!(event, Event::ToolStarted(_)));
    let finished = run.count(|event| matches!(event, Event::ToolFinished(_)));
    assert!(started == finished && started <= 1, "{place}: a call ran {started} times");
    let numbers: Vec<u64> = run.records.iter().map(|record| record.seq).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "{place}");
}

#[track_caller]
fn assert_done(lab: &Lab, run: &Run, waits: usize, place: &str) {
    assert_sound(run, place);
    assert_eq!((run.outcome.status, run.outcome.exit), (Status::Done, 0), "{place}: {:?}", run.outcome.error);
    assert_eq!(run.outcome.summary, "Done, ✓.", "{place}");
    assert_eq!(lab.file(), AFTER, "{place}");
    assert_eq!(run.outcome.turns, 2, "{place}");
    assert_eq!(run.count(|event| matches!(event, Event::ToolStarted(_))), 1, "{place}");
    assert_eq!(run.count(|event| matches!(event, Event::Waiting { .. })), waits, "{place}");
}

#[track_caller]
fn assert_failed(lab: &Lab, run: &Run, kinds: &[Kind], file: &str, place: &str) {
    assert_sound(run, place);
    assert_eq!((run.outcome.status, run.outcome.exit), (Status::Provider, 4), "{place}");
    let error = run.outcome.error.as_ref().expect("a failed run has an error");
    assert!(kinds.contains(&error.kind) && !error.message.is_empty(), "{place}: {error:?}");
    assert_eq!(lab.file(), file, "{place}");
    assert_eq!(run.outcome.changed.is_empty(), file == BEFORE, "{place}");
    assert_eq!(run.count(|event| matches!(event, Event::ToolStarted(_))), usize::from(file == AFTER), "{place}");
    assert_eq!(run.count(|event| matches!(event, Event::Waiting { .. })), 0, "{place}");
}

/// Cuts tried again in one session: each of them is one more failed attempt at the same request.
const AT_ONCE: usize = 48;

/// An answer that ends early, after every so many bytes, fails the run, and leaves the tree as it was before it.
fn fails(wire: Wire, body: &[u8], (end, every): (End, usize), run: impl Fn(&Lab, Stream) -> Run + Sync, file: &str) {
    let places: Vec<usize> = (0..body.len()).step_by(every).chain([body.len()]).collect();
    for_each(wire, places.len(), |lab, number| {
        let at = places[number];
        let place = format!("{wire:?}, {end:?} after byte {at} of {}", body.len());
        let run = run(lab, Stream::cut(body, at, end));
        if at >= lab.whole_at(body, end) {
            assert_done(lab, &run, 0, &place);
        } else {
            assert_failed(lab, &run, &[Kind::Network], file, &place);
        }
    });
}

/// However often an answer ends early, it is asked for again in the very same words, until it comes whole.
fn passes(wire: Wire, body: &[u8], end: End, run: impl Fn(&Lab, Vec<Stream>) -> Run + Sync) {
    let cuts: Vec<usize> = (0..Lab::new(wire).whole_at(body, end)).collect();
    let batches: Vec<&[usize]> = cuts.chunks(AT_ONCE).collect();
    for_each(wire, batches.len(), |lab, number| {
        let batch = batches[number];
        let place = format!("{wire:?}, {end:?} after bytes {batch:?} of {}", body.len());
        let cuts = batch.iter().map(|at| Stream::cut(body, *at, end));
        let run = run(lab, cuts.chain([Stream::whole(body)]).collect());
        assert_done(lab, &run, batch.len(), &place);
        let mut bodies = run.bodies.clone();
        bodies.dedup();
        assert_eq!(bodies.len(), 2, "{place}: the very same request goes out again");
    });
}

/// The answer with the call is cut.
fn cut_the_call(wire: Wire) {
    let lab = Lab::new(wire);
    let (edit, text) = (lab.edit(), lab.text());
    let fail = |lab: &Lab, cut: Stream| {
        let mut run = lab.run(vec![cut, Stream::whole(&text)], NEVER);
        // The text is asked for only after a call.
        run.left -= usize::from(run.bodies.len() == 1);
        run
    };
    fails(wire, &edit, (End::Clean, 1), fail, BEFORE);
    passes(wire, &edit, End::Broken, |lab, mut streams| {
        streams.push(Stream::whole(&text));
        lab.run(streams, OFTEN)
    });
}

/// The answer after the call is cut.
fn cut_the_text(wire: Wire) {
    let lab = Lab::new(wire);
    let (edit, text) = (lab.edit(), lab.text());
    let fail = |lab: &Lab, cut: Stream| lab.run(vec![Stream::whole(&edit), cut], NEVER);
    // Each of these runs does the edit first, so not all of them are done.
    fails(wire, &text, (End::Broken, 7), fail, AFTER);
    passes(wire, &text, End::Clean, |lab, mut streams| {
        streams.insert(0, Stream::whole(&edit));
        lab.run(streams, OFTEN)
    });
}

#[test]
fn a_call_cut_at_every_byte_of_responses_runs_once_or_not_at_all() {
    cut_the_call(Wire::Responses);
}

#[test]
fn a_call_cut_at_every_byte_of_chat_runs_once_or_not_at_all() {
    cut_the_call(Wire::Chat);
}

#[test]
fn a_call_cut_at_every_byte_of_messages_runs_once_or_not_at_all() {
    cut_the_call(Wire::Messages);
}

#[test]
fn a_call_cut_at_every_byte_of_gemini_runs_once_or_not_at_all() {
    cut_the_call(Wire::Gemini);
}

#[test]
fn a_call_cut_at_every_byte_of_converse_runs_once_or_not_at_all() {
    cut_the_call(Wire::Converse);
}

#[test]
fn an_answer_cut_at_every_byte_after_a_call_does_not_run_the_call_again() {
    WIRES.into_iter().for_each(cut_the_text);
}

/// The ends of a body's events.
fn ends(wire: Wire, body: &[u8]) -> Vec<usize> {
    match wire {
        Wire::Converse => eventstream::ends(body),
        Wire::Responses | Wire::Chat | Wire::Messages | Wire::Gemini => {
            (2..=body.len()).filter(|at| body[..*at].ends_with(b"\n\n")).collect()
        }
    }
}

/// An error event as the wire sends it; `passing` ones may be tried again.
fn error_event(wire: Wire, passing: bool) -> Vec<u8> {
    let text = match wire {
        Wire::Responses => {
            let code = if passing { "server_error" } else { "invalid_prompt" };
            format!(
                "event: error\ndata: {{\"type\":\"error\",\"code\":\"{code}\",\"message\":\"no luck\",\"param\":null,\"sequence_number\":9}}\n\n"
            )
        }
        Wire::Chat => {
            let kind = if passing { "server_error" } else { "invalid_request_error" };
            format!(
                "data: {{\"error\":{{\"message\":\"no luck\",\"type\":\"{kind}\",\"param\":null,\"code\":\"{kind}\"}}}}\n\n"
            )
        }
        Wire::Messages => {
            let kind = if passing { "overloaded_error" } else { "invalid_request_error" };
            format!(
                "event: error\ndata: {{\"type\":\"error\",\"error\":{{\"type\":\"{kind}\",\"message\":\"no luck\"}}}}\n\n"
            )
        }
        Wire::Gemini => {
            let (code, status) = if passing { (503, "UNAVAILABLE") } else { (400, "INVALID_ARGUMENT") };
            format!("data: {{\"error\":{{\"code\":{code},\"message\":\"no luck\",\"status\":\"{status}\"}}}}\n\n")
        }
        Wire::Converse => {
            let kind = if passing { "throttlingException" } else { "validationException" };
            return eventstream::exception(kind, "{\"message\":\"no luck\"}");
        }
    };
    text.into_bytes()
}

#[test]
fn an_error_after_any_event_of_a_call_runs_nothing() {
    for wire in WIRES {
        let lab = Lab::new(wire);
        let (edit, text) = (lab.edit(), lab.text());
        for at in std::iter::once(0).chain(ends(wire, &edit)) {
            for passing in [true, false] {
                let place = format!("{wire:?}, an error after byte {at}, passing: {passing}");
                let body = [&edit[..at], &error_event(wire, passing)].concat();
                lab.reset();
                if at == edit.len() {
                    let run = lab.run(vec![Stream::whole(&body), Stream::whole(&text)], OFTEN);
                    assert_done(&lab, &run, 0, &place);
                } else if passing {
                    let run = lab.run(vec![Stream::whole(&body), Stream::whole(&edit), Stream::whole(&text)], OFTEN);
                    assert_done(&lab, &run, 1, &place);
                } else {
                    let run = lab.run(vec![Stream::whole(&body)], OFTEN);
                    assert_failed(&lab, &run, &[Kind::Provider], BEFORE, &place);
                    assert!(run.outcome.error.is_some_and(|error| error.message.contains("no luck")), "{place}");
                }
            }
        }
    }
}

/// The records without what no two runs share.
fn timeless(run: &Run) -> Vec<Value> {
    let mut values: Vec<Value> =
        run.records.iter().map(|record| serde_json::to_value(&**record).expect("a record is JSON")).collect();
    for value in &mut values {
        let record = value.as_object_mut().expect("a record is an object");
        record.remove("time");
        let data = record.get_mut("data").and_then(Value::as_object_mut).expect("a record has data");
        data.remove("duration_ms");
        data.remove("first_token_ms");
    }
    values
}

#[test]
fn the_size_of_chunks_does_not_matter() {
    for wire in WIRES {
        let lab = Lab::new(wire);
        let (edit, text) = (lab.edit(), lab.text());
        let whole = lab.run(vec![Stream::whole(&edit), Stream::whole(&text)], NEVER);
        assert_done(&lab, &whole, 0, &format!("{wire:?}, in one piece"));
        for size in 1..=7 {
            lab.reset();
            let run = lab.run(vec![Stream::chunked(&edit, size), Stream::chunked(&text, size)], NEVER);
            assert_done(&lab, &run, 0, &format!("{wire:?}, {size} bytes at a time"));
            assert_eq!(timeless(&run), timeless(&whole), "{wire:?}, {size} bytes at a time");
        }
    }
}
