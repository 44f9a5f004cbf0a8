//! Plain HTTP through the proxy: forwarded once, with the head made clean.

use super::lab::{Proxy, web};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nKeep-Alive: timeout=5\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\nX-Other: 2\r\n\r\nfine";

#[test]
fn what_concerns_one_connection_does_not_go_on() {
    let (port, seen) = web(OK);
    let proxy = Proxy::new(&[&format!("!ok.example:{port}")], &["ok.example=127.0.0.1"]);
    let answer = proxy.say(format!(
        "POST http://OK.example:{port}/a?b=1 HTTP/1.1\r\nHost: evil.example\r\nProxy-Authorization: Basic c2VjcmV0\r\n\
         Proxy-Connection: keep-alive\r\nConnection: close, X-Secret\r\nX-Secret: 1\r\nTE: trailers\r\nUpgrade: h2c\r\n\
         X-Kept: 1\r\nContent-Length: 3\r\n\r\nabc"
    ));
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nfine"), "{answer}");
    let lower = answer.to_lowercase();
    assert!(lower.contains("via: 1.1 agent") && lower.contains("x-other: 2"), "{answer}");
    assert!(!lower.contains("x-mine: 1") && !lower.contains("keep-alive: timeout"), "{answer}");
    let request = seen.lock().unwrap().remove(0);
    let mut lines: Vec<&str> = request.split("\r\n").collect();
    assert_eq!(lines.remove(0), "POST /a?b=1 HTTP/1.1");
    assert_eq!(lines.pop(), Some("abc"));
    lines.retain(|line| !line.is_empty());
    lines.sort_unstable();
    let host = format!("host: ok.example:{port}");
    assert_eq!(lines, ["connection: close", "content-length: 3", &host, "via: 1.1 agent", "x-kept: 1"]);
    let seen = proxy.egress.seen();
    assert_eq!((seen[0].times, seen[0].sent, seen[0].received), (1, request.len() as u64, OK.len() as u64));
}

#[test]
fn a_redirect_is_the_clients_to_follow_and_judged_again() {
    let (port, seen) =
        web("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n");
    let proxy = Proxy::new(&[&format!("!ok.example:{port}")], &["ok.example=127.0.0.1"]);
    let answer = proxy.say(format!("GET http://ok.example:{port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    assert!(answer.contains("302 Found") && answer.contains("http://169.254.169.254/latest/"), "{answer}");
    let answer = proxy.say("GET http://169.254.169.254/latest/ HTTP/1.1\r\nHost: ok.example\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert_eq!(seen.lock().unwrap().len(), 1);
    assert_eq!(proxy.denied()[0].host, "169.254.169.254");
}

/// Request smuggling: of two lengths one is kept, and what comes behind the request is a request of its own, judged by itself.
#[test]
fn what_is_behind_a_request_is_no_part_of_it() {
    let (port, seen) = web(OK);
    let proxy = Proxy::new(&[&format!("!ok.example:{port}")], &["ok.example=127.0.0.1"]);
    let answer = proxy.say(format!(
        "POST http://ok.example:{port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n\
         3\r\nabc\r\n0\r\n\r\nGET http://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n"
    ));
    for request in seen.lock().unwrap().iter() {
        let lower = request.to_lowercase();
        assert!(!lower.contains("content-length") || !lower.contains("transfer-encoding"), "{request}");
        assert!(!request.contains("evil.example"), "{request}");
    }
    assert!(
        !answer.contains("200 OK") || proxy.denied().iter().all(|denied| denied.host == "evil.example"),
        "{answer}"
    );
}

#[test]
fn a_proxy_is_no_server_and_no_way_to_https_without_a_tunnel() {
    let proxy = Proxy::new(&["ok.example"], &[]);
    for (request, words) in [
        ("GET / HTTP/1.1\r\nHost: ok.example\r\n\r\n", "this is a proxy, and no server"),
        ("GET https://ok.example/ HTTP/1.1\r\nHost: ok.example\r\n\r\n", "has to ask for a tunnel (CONNECT)"),
        ("GET ftp://ok.example/ HTTP/1.1\r\nHost: ok.example\r\n\r\n", "has to ask for a tunnel (CONNECT)"),
    ] {
        let answer = proxy.say(request);
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains(words), "{answer}");
    }
}

#[test]
fn an_answer_that_breaks_off_is_not_made_whole() {
    let (port, _) = web("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    let proxy = Proxy::new(&[&format!("!ok.example:{port}")], &["ok.example=127.0.0.1"]);
    let answer = proxy.say(format!("GET http://ok.example:{port}/ HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert!(answer.contains("content-length: 100") && answer.ends_with("half"), "{answer}");
    let (port, _) = web("nonsense\r\n\r\n");
    let proxy = Proxy::new(&[&format!("!ok.example:{port}")], &["ok.example=127.0.0.1"]);
    let answer = proxy.say(format!("GET http://ok.example:{port}/ HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
}
