//! Through the user's own proxy: which then looks names up.

use super::lab::{Proxy, Requests, echo, limits, web};
use agent::net::egress::Upstream;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

/// A proxy that leads every tunnel to one port; it keeps what it was asked.
fn company(to: u16, answer: &'static str) -> (u16, Requests) {
    let seen = Requests::default();
    let kept: Requests = Arc::clone(&seen);
    let port = super::lab::serve(move |mut stream| {
        let request = super::lab::head(&mut stream);
        kept.lock().unwrap().push(request);
        stream.write_all(answer.as_bytes())?;
        let mut onward = TcpStream::connect(("127.0.0.1", to))?;
        let (mut back, mut forth) = (onward.try_clone()?, stream.try_clone()?);
        let down = std::thread::spawn(move || std::io::copy(&mut back, &mut forth));
        std::io::copy(&mut stream, &mut onward)?;
        onward.shutdown(std::net::Shutdown::Write)?;
        down.join().unwrap().map(drop)
    });
    (port, seen)
}

fn variables<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<&'a str> {
    move |name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

#[test]
fn a_tunnel_goes_through_the_users_proxy() {
    let to = echo();
    let (port, seen) = company(to, "HTTP/1.1 200 Yes\r\n\r\n");
    let address = format!("http://user:p%40ss@127.0.0.1:{port}");
    let pairs = [("HTTPS_PROXY", address.as_str())];
    let upstream = Upstream::from_variables(variables(&pairs)).unwrap();
    let proxy = Proxy::with(&["ok.example", "127.0.0.1:1"], &[], limits(), upstream);
    let mut stream = proxy.tunnel("ok.example:443");
    stream.write_all(b"hello").unwrap();
    let mut back = [0; 5];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"hello");
    let request = seen.lock().unwrap().remove(0);
    assert!(request.starts_with("CONNECT ok.example:443 HTTP/1.1\r\n"), "{request}");
    // `user:p@ss`
    assert!(request.contains("proxy-authorization: Basic dXNlcjpwQHNz\r\n"), "{request}");
    assert_eq!(proxy.lookups(), 0, "the proxy looks the name up");
    assert!(proxy.ask("127.0.0.1:1").1.starts_with("HTTP/1.1 403"), "an address is checked here all the same");
    assert!(proxy.ask("evil.example:443").1.starts_with("HTTP/1.1 403"));
    assert_eq!(seen.lock().unwrap().len(), 0);
}

#[test]
fn a_plain_request_goes_through_it_as_it_came() {
    let (port, seen) = web("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let address = format!("http://127.0.0.1:{port}");
    let pairs = [("http_proxy", address.as_str())];
    let upstream = Upstream::from_variables(variables(&pairs)).unwrap();
    let proxy = Proxy::with(&["ok.example:80"], &[], limits(), upstream);
    let answer = proxy.say("GET http://OK.example/a HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
    let request = seen.lock().unwrap().remove(0);
    assert!(request.starts_with("GET http://ok.example:80/a HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("\r\nhost: ok.example\r\n"), "{request}");
}

#[test]
fn hosts_of_no_proxy_are_reached_directly() {
    let to = echo();
    let pairs = [("ALL_PROXY", "http://127.0.0.1:1"), ("NO_PROXY", ".inside.example,other.example")];
    let upstream = Upstream::from_variables(variables(&pairs)).unwrap();
    let rule = format!("!a.inside.example:{to}");
    let proxy = Proxy::with(&[&rule, "ok.example"], &["a.inside.example=127.0.0.1"], limits(), upstream);
    proxy.tunnel(&format!("a.inside.example:{to}"));
    let answer = proxy.say("CONNECT ok.example:443 HTTP/1.1\r\n\r\n");
    assert!(answer.contains("agent: the proxy 127.0.0.1:1: connection refused"), "{answer}");
}

#[test]
fn a_proxy_that_says_no_is_quoted() {
    let (port, _) = company(1, "HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n");
    let address = format!("http://127.0.0.1:{port}");
    let pairs = [("https_proxy", address.as_str())];
    let upstream = Upstream::from_variables(variables(&pairs)).unwrap();
    let proxy = Proxy::with(&["ok.example"], &[], limits(), upstream);
    let answer = proxy.say("CONNECT ok.example:443 HTTP/1.1\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
    assert!(answer.ends_with(&format!("agent: the proxy 127.0.0.1:{port} answered 407\n")), "{answer}");
}

#[test]
fn a_proxy_of_another_kind_is_refused_by_name() {
    for (name, value) in [("HTTPS_PROXY", "socks5://127.0.0.1:1"), ("ALL_PROXY", "https://proxy.example:3128")] {
        let pairs = [(name, value)];
        let error = Upstream::from_variables(variables(&pairs)).err().unwrap();
        assert!(error.message.starts_with(&format!("{name} names a `")), "{error}");
    }
    assert!(Upstream::from_variables(|_| None).is_ok());
}
