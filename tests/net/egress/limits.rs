//! Whoever sends nothing, too little or too much: every wait ends.

use super::lab::{Proxy, echo, head, limits, serve};
use agent::net::egress::{Limits, Upstream};
use std::io::{Read, Write};
use std::time::Duration;

/// So short that the test is quick.
const SHORT: Duration = Duration::from_millis(100);
/// Long enough for what has to happen before, on a busy machine too.
const LATER: Duration = Duration::from_secs(2);

fn proxy(port: u16, limits: Limits) -> Proxy {
    Proxy::with(&[&format!("!ok.example:{port}")], &["ok.example=127.0.0.1"], limits, Upstream::none())
}

#[test]
fn a_head_that_comes_too_slowly_is_hung_up_on() {
    let proxy = proxy(1, Limits { head_time: SHORT, ..limits() });
    for beginning in ["", "CONN", "CONNECT ok.example:443 HTTP/1.1\r\nX: "] {
        let mut stream = proxy.connect();
        stream.write_all(beginning.as_bytes()).unwrap();
        let mut answer = String::new();
        // It comes back, which is what this is about; by an answer, an end or a reset.
        let _ = stream.read_to_string(&mut answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
}

#[test]
fn a_connection_that_is_kept_for_nothing_is_closed() {
    let proxy = proxy(1, Limits { head_time: LATER, ..limits() });
    let (mut stream, answer) = proxy.ask("evil.example:443");
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    let mut rest = String::new();
    let _ = stream.read_to_string(&mut rest);
    assert!(rest.starts_with("agent: evil.example:443 is not reached"), "{rest}");
}

#[test]
fn a_tunnel_on_which_nothing_moves_ends() {
    let port = serve(|mut stream| stream.read_to_end(&mut Vec::new()).map(drop));
    let proxy = proxy(port, Limits { idle: LATER, ..limits() });
    let mut stream = proxy.tunnel(&format!("ok.example:{port}"));
    assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
    // Half a greeting holds it no longer.
    let mut stream = proxy.tunnel(&format!("ok.example:{port}"));
    stream.write_all(&[22, 3, 1]).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
}

#[test]
fn a_server_that_does_not_answer_is_given_up() {
    let port = serve(|mut stream| stream.read_to_end(&mut Vec::new()).map(drop));
    let proxy = proxy(port, Limits { idle: LATER, ..limits() });
    let answer = proxy.say(format!("GET http://ok.example:{port}/ HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
}

#[test]
fn a_connection_has_a_longest_life() {
    let port = serve(|mut stream| {
        while stream.write_all(b"more").is_ok() {
            std::thread::yield_now();
        }
        Ok(())
    });
    let proxy = proxy(port, Limits { whole: LATER, ..limits() });
    let mut stream = proxy.tunnel(&format!("ok.example:{port}"));
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    assert!(bytes.starts_with(b"more"));
}

#[test]
fn a_head_that_is_too_long_is_refused() {
    let proxy = proxy(1, limits());
    let long = "x".repeat(70_000);
    let many: String = (0..200).map(|number| format!("X-{number}: 1\r\n")).collect();
    for request in [
        format!("CONNECT ok.example:443 HTTP/1.1\r\nX: {long}\r\n\r\n"),
        format!("CONNECT {long}.example:443 HTTP/1.1\r\n\r\n"),
        format!("CONNECT ok.example:443 HTTP/1.1\r\n{many}\r\n"),
    ] {
        let answer = proxy.say(request);
        assert!(answer.starts_with("HTTP/1.1 4") || answer.is_empty(), "{answer}");
    }
    assert_eq!(proxy.egress.seen(), []);
}

#[test]
fn an_answer_whose_head_is_too_long_is_not_taken() {
    let port = serve(|mut stream| {
        head(&mut stream);
        write!(stream, "HTTP/1.1 200 OK\r\nX: ")?;
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
        Ok(())
    });
    let proxy = proxy(port, limits());
    let answer = proxy.say(format!("GET http://ok.example:{port}/ HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
}

#[test]
fn more_connections_than_there_are_places_wait_for_their_turn() {
    let port = echo();
    let proxy = proxy(port, Limits { connections: 2, ..limits() });
    let authority = format!("ok.example:{port}");
    let first = proxy.tunnel(&authority);
    let _second = proxy.tunnel(&authority);
    let mut third = proxy.connect();
    write!(third, "CONNECT {authority} HTTP/1.1\r\n\r\n").unwrap();
    drop(first);
    assert!(head(&mut third).starts_with("HTTP/1.1 200"));
}
