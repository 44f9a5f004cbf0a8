//! How requests travel: proxies, the name we go by, where the key goes, connections that are kept, compressed streams.

use super::lab::WIRES;
use super::talk::{over, project, read, run, text};
use crate::support::*;
use agent::net::http::read_refusal;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const KEY: &str = "test-key-0123456789";

/// Serves each connection on a thread of its own until the test ends; gives the address.
fn serve(handle: impl Fn(TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let handle = Arc::new(handle);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let handle = handle.clone();
            // A client that went away is no failure of the test.
            std::thread::spawn(move || drop(handle(stream)));
        }
    });
    address
}

/// The first line of a request and its headers, as they came.
fn head(reader: &mut impl BufRead) -> std::io::Result<(String, Vec<String>)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == "\r\n" {
            return Ok((lines.remove(0), lines));
        }
        lines.push(line);
    }
}

/// A plain HTTP proxy that leads every address to one server, and writes down the first line of each connection.
fn proxy(server: &Server, seen: Arc<Mutex<Vec<String>>>) -> SocketAddr {
    let upstream = server.url().trim_start_matches("http://").to_owned();
    serve(move |stream| {
        let mut reader = BufReader::new(stream.try_clone()?);
        let (first, headers) = head(&mut reader)?;
        seen.lock().expect("no holder of this lock panics").push(first.trim_end().to_owned());
        let path = first.split("://").nth(1).and_then(|rest| rest.find('/').map(|at| rest[at..].to_owned()));
        let mut onward = TcpStream::connect(&upstream)?;
        write!(onward, "POST {}{}\r\n", path.expect("a whole address"), headers.concat())?;
        let (mut answers, mut back) = (onward.try_clone()?, stream);
        let answering = std::thread::spawn(move || {
            let copied = std::io::copy(&mut answers, &mut back);
            // The client learns that there is no more.
            let _ = back.shutdown(Shutdown::Both);
            copied
        });
        std::io::copy(&mut reader, &mut onward)?;
        onward.shutdown(Shutdown::Both)?;
        answering.join().expect("a copy does not panic").map(drop)
    })
}

#[test]
fn a_proxy_of_the_environment_is_used() {
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let server = Server::start(Wire::Messages, vec![text()]);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let address = format!("http://{}", proxy(&server, seen.clone()));
        // A name that nobody can look up: only the proxy leads there.
        let project = over(Wire::Messages, server)
            .env("ANTHROPIC_BASE_URL", "http://model.invalid")
            .env(name, &address)
            .env("NO_PROXY", "");
        run(&project, &["-c", "network.retry_budget=0s"]).code(0);
        let seen = seen.lock().expect("no holder of this lock panics");
        assert_eq!(*seen, ["POST http://model.invalid/v1/messages HTTP/1.1"], "{name}");
    }
}

/// Each byte comes within the limit for the next one, and there is no end.
#[test]
fn a_refusal_that_drips_is_read_for_a_while() {
    let drip = futures_util::stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_secs(12)).await;
        Some((Ok(bytes::Bytes::from_static(b"x")), ()))
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    assert_eq!(runtime.block_on(read_refusal(Box::pin(drip))), b"xx");
}

#[test]
fn an_address_without_proxy_is_asked_directly() {
    let project = project(Wire::Messages, vec![text()])
        .env("HTTP_PROXY", "http://proxy.invalid:1")
        .env("NO_PROXY", "localhost,127.0.0.1");
    run(&project, &["-c", "network.retry_budget=0s"]).code(0);
    assert_eq!(project.model_server().requests().len(), 1);
}

#[test]
fn requests_name_the_program_and_its_version() {
    for wire in WIRES {
        let project = project(wire, vec![text()]);
        run(&project, &[]).code(0);
        let expected = format!("agent/{}", env!("CARGO_PKG_VERSION"));
        let requests = project.model_server().requests();
        assert_eq!(requests[0].header("user-agent"), Some(expected), "{wire:?}");
        assert_eq!(requests[0].header("content-type").as_deref(), Some("application/json"), "{wire:?}");
    }
}

#[test]
fn the_key_goes_into_its_own_header_and_nowhere_else() {
    for wire in WIRES {
        let project = project(wire, vec![Step::Reply(read()), text()]);
        run(&project, &[]).code(0);
        let expected = match wire {
            Wire::Responses | Wire::Chat => ("authorization", format!("Bearer {KEY}")),
            Wire::Messages => ("x-api-key", KEY.to_owned()),
            Wire::Gemini => ("x-goog-api-key", KEY.to_owned()),
            Wire::Converse => ("authorization", format!("Bearer {KEY}")),
        };
        for request in project.model_server().requests() {
            let with_key: Vec<(&str, String)> = request
                .headers
                .iter()
                .filter(|(_, value)| value.contains(KEY))
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect();
            let lower: Vec<(String, String)> =
                with_key.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
            assert_eq!(lower, [(expected.0.to_owned(), expected.1.clone())], "{wire:?}");
            let said = String::from_utf8_lossy(&request.raw).contains(KEY) || request.path.contains(KEY);
            assert!(!said, "{wire:?}: the key is in the body or the path");
        }
    }
}

#[test]
fn a_server_without_a_key_gets_none() {
    let server = Server::start(Wire::Chat, vec![text()]);
    let config = format!("[providers.home]\nwire = \"chat\"\nbase_url = \"{}\"\n", server.base_url());
    let project = Project::new().config(&config).server(server).env("AGENT_MODEL", "home/test-model");
    run(&project, &[]).code(0);
    assert_eq!(project.model_server().requests()[0].header("authorization"), None);
}

#[test]
fn a_run_of_ten_turns_keeps_one_connection() {
    for wire in WIRES {
        let reads = (0..9)
            .map(|number| Step::Reply(Reply::call("find", serde_json::json!({ "pattern": format!("{number}.*") }))));
        let project = project(wire, reads.chain([text()]).collect());
        let outcome = run(&project, &[]).code(0);
        assert_eq!(outcome.outcome()["turns"], 10, "{wire:?}");
        assert_eq!(project.model_server().connections(), 1, "{wire:?}");
    }
}

/// The remainder of a division that gzip wants of what it holds.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    };
    !bytes.iter().fold(u32::MAX, step)
}

/// A gzip file whose blocks are stored as they are.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let blocks: Vec<&[u8]> = bytes.chunks(500).collect();
    for (number, block) in blocks.iter().enumerate() {
        let length = u16::try_from(block.len()).expect("a short block");
        file.push(u8::from(number + 1 == blocks.len()));
        file.extend(length.to_le_bytes());
        file.extend((!length).to_le_bytes());
        file.extend(*block);
    }
    file.extend(crc32(bytes).to_le_bytes());
    file.extend(u32::try_from(bytes.len()).expect("a short file").to_le_bytes());
    file
}

#[test]
fn a_compressed_stream_is_read() {
    let body = gzip(Server::render(Wire::Messages, &Reply::text("All said, ✓."), 0).as_bytes());
    let address = serve(move |mut stream| {
        let mut reader = BufReader::new(stream.try_clone()?);
        let (_, headers) = head(&mut reader)?;
        let value = |name: &str| {
            let line = headers.iter().find(|line| line.to_ascii_lowercase().starts_with(name));
            line.and_then(|line| line.split_once(": ")).map(|(_, value)| value.trim().to_owned())
        };
        assert!(value("accept-encoding").is_some_and(|value| value.contains("gzip")), "{headers:?}");
        let length: usize = value("content-length").and_then(|value| value.parse().ok()).expect("a length");
        reader.read_exact(&mut vec![0; length])?;
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip";
        write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n", body.len())?;
        // In pieces that end anywhere.
        body.chunks(37).try_for_each(|piece| stream.write_all(piece))
    });
    let project = project(Wire::Messages, vec![]).env("ANTHROPIC_BASE_URL", &format!("http://{address}"));
    let outcome = run(&project, &["-c", "network.retry_budget=0s"]).code(0);
    assert_eq!(outcome.outcome()["summary"], "All said, ✓.");
}
