//! CONNECT: what is let through, what is not, and what is said of either.

use super::lab::{PATIENCE, Proxy, echo, head, serve};
use agent::policy::hosts::{Refusal, Remedy};
use agent::text::host::Host;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::Arc;

/// A real client's greeting to this host.
fn hello(name: &str) -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = rustls::pki_types::ServerName::try_from(name.to_owned()).unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes).unwrap();
    bytes
}

/// Waits for what the proxy writes down when a connection has ended.
#[track_caller]
fn denied_soon(proxy: &Proxy) -> Vec<agent::net::egress::Denied> {
    let begun = std::time::Instant::now();
    loop {
        let denied = proxy.denied();
        if !denied.is_empty() {
            return denied;
        }
        assert!(begun.elapsed() < PATIENCE, "nothing was denied");
        std::thread::yield_now();
    }
}

#[test]
fn an_allowed_host_is_reached_and_its_bytes_are_counted() {
    let port = echo();
    let proxy = Proxy::new(&[&format!("!ok.example:{port}")], &["ok.example=127.0.0.1"]);
    let mut stream = proxy.tunnel(&format!("OK.Example.:{port}"));
    stream.write_all(b"hello").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "helloend", "a client that is done still gets what comes");
    let seen = proxy.egress.seen();
    let [seen] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!((seen.call.as_str(), seen.host.as_str(), seen.port), ("call-1", "ok.example", port));
    assert_eq!((seen.rule.as_str(), seen.times, seen.sent, seen.received), ("list test", 1, 5, 8));
    assert_eq!(proxy.denied(), []);
    assert_eq!(proxy.lookups(), 1, "a name is looked up once");
}

#[test]
fn what_is_on_no_list_is_refused_without_a_lookup_and_told_once() {
    let proxy = Proxy::new(&["ok.example", "*.star.example"], &["evil.example=127.0.0.1"]);
    for authority in ["evil.example:443", "evil.example:443", "ok.example:80", "star.example:443", "a.star.example:444"]
    {
        let (mut stream, answer) = proxy.ask(authority);
        assert!(answer.starts_with("HTTP/1.1 403 Forbidden"), "{answer}");
        assert!(answer.contains("proxy-status: agent; error=http_request_denied"), "{answer}");
        // The connection stays open for the next request; the length says where the words end.
        let length = answer.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        let mut words = vec![0; length];
        stream.read_exact(&mut words).unwrap();
        let words = String::from_utf8(words).unwrap();
        assert_eq!(words, format!("agent: {authority} is not reached: it is on no list; the user can allow it\n"));
    }
    let denied = proxy.denied();
    let told: Vec<String> = denied.iter().map(|denied| format!("{}:{}", denied.host, denied.port)).collect();
    assert_eq!(told, ["evil.example:443", "ok.example:80", "star.example:443", "a.star.example:444"]);
    assert!(denied.iter().all(|denied| denied.why == Refusal::Unlisted && denied.call == "call-1"));
    assert_eq!(proxy.lookups(), 0, "a name that is not allowed is not even looked up: lookups tell things to others");
    assert_eq!(proxy.denied(), [], "what was taken is not told again");
}

#[test]
fn an_answer_of_the_user_opens_a_host_at_once() {
    let port = echo();
    let proxy = Proxy::new(&[], &["mirror.example=127.0.0.1"]);
    let authority = format!("mirror.example:{port}");
    let host = Host::parse("mirror.example").unwrap();
    assert!(proxy.ask(&authority).1.starts_with("HTTP/1.1 403"));
    assert_eq!(proxy.denied()[0].why.remedy(), Remedy::Rule);
    proxy.egress.allow(&host, port, false);
    assert!(proxy.ask(&authority).1.starts_with("HTTP/1.1 403"), "its address is private");
    assert_eq!(proxy.denied()[0].why.remedy(), Remedy::PrivateRule);
    proxy.egress.allow(&host, port, true);
    proxy.tunnel(&authority);
}

#[test]
fn a_host_that_was_allowed_once_is_open_to_one_command() {
    let port = echo();
    let proxy =
        Proxy::new(&[&format!("listed.example:{port}")], &["mirror.example=127.0.0.1", "listed.example=127.0.0.1"]);
    for name in ["mirror.example", "listed.example"] {
        let (host, authority) = (Host::parse(name).unwrap(), format!("{name}:{port}"));
        assert!(proxy.ask(&authority).1.starts_with("HTTP/1.1 403"));
        proxy.egress.allow_once(&host, port, true);
        let second = proxy.of_call("call-2");
        assert!(second.ask(&authority).1.starts_with("HTTP/1.1 200"));
        assert!(second.ask(&authority).1.starts_with("HTTP/1.1 200"), "the same command may connect again");
        assert!(proxy.of_call("call-3").ask(&authority).1.starts_with("HTTP/1.1 403"), "{name}: the next one may not");
        assert!(proxy.ask(&authority).1.starts_with("HTTP/1.1 403"), "{name}: nor the one before");
    }
}

#[test]
fn each_request_on_a_connection_is_judged_by_itself() {
    let port = echo();
    let proxy = Proxy::new(&[&format!("!ok.example:{port}")], &["ok.example=127.0.0.1"]);
    let (mut stream, answer) = proxy.ask("evil.example:443");
    assert!(answer.starts_with("HTTP/1.1 403"));
    let mut words = vec![0; answer.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap()];
    stream.read_exact(&mut words).unwrap();
    write!(stream, "CONNECT ok.example:{port} HTTP/1.1\r\n\r\n").unwrap();
    assert!(head(&mut stream).starts_with("HTTP/1.1 200"));
    // What comes now goes to the host, whatever it looks like.
    stream.write_all(b"CONNECT evil.example:443 HTTP/1.1\r\n\r\n").unwrap();
    let mut back = [0; 36];
    stream.read_exact(&mut back).unwrap();
    assert!(back.starts_with(b"CONNECT evil.example"));
}

#[test]
fn a_tls_greeting_has_to_ask_for_the_allowed_host() {
    let port = echo();
    let proxy = Proxy::new(&[&format!("!ok.example:{port}")], &["ok.example=127.0.0.1"]);
    let authority = format!("ok.example:{port}");
    let greeting = hello("ok.example");
    let mut stream = proxy.tunnel(&authority);
    // In two pieces, as a network may cut it.
    let (first, second) = greeting.split_at(7);
    stream.write_all(first).unwrap();
    stream.flush().unwrap();
    stream.write_all(second).unwrap();
    let mut back = vec![0; greeting.len()];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(back, greeting, "nothing of it is changed");

    for (bytes, why) in [
        (hello("evil.example"), Refusal::Fronted("evil.example".into())),
        (b"\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff".to_vec(), Refusal::Unreadable),
    ] {
        let mut stream = proxy.tunnel(&authority);
        stream.write_all(&bytes).unwrap();
        let mut back = Vec::new();
        let _ = stream.read_to_end(&mut back);
        assert_eq!(back, b"", "{why}: the host has got nothing");
        let denied = denied_soon(&proxy);
        assert_eq!((denied[0].host.as_str(), denied[0].port, &denied[0].why), ("ok.example", port, &why));
        assert_eq!(why.remedy(), Remedy::Nothing);
    }
}

#[test]
fn a_host_that_speaks_first_is_heard() {
    let port = serve(|mut stream| {
        stream.write_all(b"220 ready\r\n")?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    });
    let proxy = Proxy::new(&[&format!("!ok.example:{port}")], &["ok.example=127.0.0.1"]);
    let mut stream = proxy.tunnel(&format!("ok.example:{port}"));
    let mut banner = [0; 11];
    stream.read_exact(&mut banner).unwrap();
    assert_eq!(&banner, b"220 ready\r\n");
}

#[test]
fn a_host_that_is_not_there_is_said_so() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let proxy = Proxy::new(&[&format!("!ok.example:{port}"), "gone.example"], &["ok.example=127.0.0.1"]);
    let answer = proxy.say(format!("CONNECT ok.example:{port} HTTP/1.1\r\n\r\n"));
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
    assert!(answer.ends_with(&format!("agent: cannot connect to ok.example:{port}: connection refused\n")), "{answer}");
    let answer = proxy.say("CONNECT gone.example:443 HTTP/1.1\r\n\r\n");
    assert!(answer.ends_with("agent: cannot look up gone.example: no such name\n"), "{answer}");
    assert_eq!(proxy.denied(), [], "it was allowed, and cannot be had");
}

#[test]
fn a_host_that_resets_ends_the_tunnel() {
    let port = serve(|stream| {
        // Unread bytes at the close make it a reset.
        stream.peek(&mut [0]).map(drop)
    });
    let proxy = Proxy::new(&[&format!("!ok.example:{port}")], &["ok.example=127.0.0.1"]);
    let mut stream = proxy.tunnel(&format!("ok.example:{port}"));
    stream.write_all(b"anything").unwrap();
    let mut back = Vec::new();
    let _ = stream.read_to_end(&mut back);
    assert_eq!(back, b"");
}

#[test]
fn a_hundred_tunnels_at_once_carry_their_own_bytes() {
    let port = echo();
    let proxy = Proxy::new(&[&format!("!ok.example:{port}")], &["ok.example=127.0.0.1"]);
    std::thread::scope(|scope| {
        for number in 0..100_u32 {
            let proxy = &proxy;
            scope.spawn(move || {
                let mut stream = proxy.tunnel(&format!("ok.example:{port}"));
                let sent = number.to_be_bytes().repeat(5_000);
                let mut back = vec![0; sent.len()];
                let mut writing = stream.try_clone().unwrap();
                let bytes = sent.clone();
                let writer = std::thread::spawn(move || writing.write_all(&bytes).unwrap());
                stream.read_exact(&mut back).unwrap();
                writer.join().unwrap();
                assert!(back == sent, "tunnel {number}");
            });
        }
    });
    let seen = proxy.egress.seen();
    assert_eq!((seen[0].times, seen[0].sent, seen[0].received >= 2_000_000), (100, 2_000_000, true), "{seen:?}");
}

#[test]
fn when_the_command_is_over_its_connections_are_too() {
    let port = echo();
    let mut proxy = Proxy::new(&[&format!("!ok.example:{port}")], &["ok.example=127.0.0.1"]);
    let mut stream = proxy.tunnel(&format!("ok.example:{port}"));
    stream.write_all(b"x").unwrap();
    stream.read_exact(&mut [0]).unwrap();
    proxy.stop();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert_eq!(rest, b"");
    assert!(std::net::TcpStream::connect(proxy.address).is_err(), "nobody listens any more");
}
