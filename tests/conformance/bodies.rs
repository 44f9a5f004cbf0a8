//! What our codecs write, judged by the vendors' own types: every wire, official and not, over generated conversations.

use super::history::{Scene, scenes};
use super::python::{Body, Python};
use agent::base::model::Wire;

/// How many conversations each codec writes.
const SCENES: usize = 200;

/// Who judges what goes to the vendor itself, and to others that speak the wire.
fn validators(wire: Wire) -> (&'static str, &'static str) {
    match wire {
        Wire::Responses => ("responses", "responses"),
        Wire::Chat => ("chat", "compatible-chat"),
        Wire::Messages => ("messages", "messages"),
        Wire::Gemini => ("gemini", "gemini"),
        Wire::Converse => ("converse", "converse"),
    }
}

fn bodies(wire: Wire, official: bool) -> Vec<Body> {
    // OpenAI's own Chat has no field for reasoning, so its models never leave any behind.
    let own = !(wire == Wire::Chat && official);
    let body = |(index, scene): (usize, Scene)| {
        let request = scene.encode(wire, official, own);
        let path = request.url.trim_start_matches("http://127.0.0.1:1").to_owned();
        let text = String::from_utf8(request.body).expect("JSON is text");
        Body { name: format!("{wire:?} {index}"), path, text }
    };
    scenes(SCENES).into_iter().enumerate().map(body).collect()
}

#[track_caller]
fn assert_known(wire: Wire) {
    let Some(python) = Python::find() else { return };
    let (official, compatible) = validators(wire);
    python.assert_valid(official, &bodies(wire, true));
    python.assert_valid(compatible, &bodies(wire, false));
}

#[test]
fn openais_types_know_every_body_of_responses() {
    assert_known(Wire::Responses);
}

#[test]
fn openais_types_know_every_body_of_chat() {
    assert_known(Wire::Chat);
}

#[test]
fn anthropics_types_know_every_body_of_messages() {
    assert_known(Wire::Messages);
}

#[test]
fn googles_types_know_every_body_of_gemini() {
    assert_known(Wire::Gemini);
}

#[test]
fn botocore_makes_every_body_of_converse_again() {
    assert_known(Wire::Converse);
}
