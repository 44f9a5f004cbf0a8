//! As much of HTTP/1.1 as a streaming API needs: requests with either kind of body, answers of known length, and
//! chunked ones that can be left unfinished.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// No test sends more; what does is a runaway.
const MOST_BODY: usize = 256 * 1024 * 1024;

pub struct Head {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
}

impl Head {
    pub fn header(&self, name: &str) -> Option<String> {
        header(&self.headers, name)
    }

    /// Whether the client wants to use the connection again.
    pub fn keeps_alive(&self) -> bool {
        !self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// The value of a header, whatever the case of its name.
pub fn header(headers: &[(String, String)], name: &str) -> Option<String> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
}

fn broken(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The next request on a connection; an error of kind `UnexpectedEof` means there is none.
pub fn read_request(reader: &mut BufReader<TcpStream>) -> io::Result<(Head, Vec<u8>)> {
    let start = line(reader)?;
    let mut words = start.split(' ');
    let (Some(method), Some(path), Some("HTTP/1.1")) = (words.next(), words.next(), words.next()) else {
        return Err(broken("not an HTTP/1.1 request line"));
    };
    let mut head = Head { method: method.to_owned(), path: path.to_owned(), headers: Vec::new() };
    loop {
        let line = line(reader)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| broken("a header without a colon"))?;
        head.headers.push((name.to_owned(), value.trim().to_owned()));
    }
    if head.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
        reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let body = if head.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        read_chunks(reader)?
    } else {
        let length = head.header("content-length").unwrap_or_else(|| "0".to_owned());
        let length: usize = length.parse().map_err(|_| broken("a content length that is no number"))?;
        if length > MOST_BODY {
            return Err(broken("a body beyond all measure"));
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        body
    };
    Ok((head, body))
}

/// A chunked body with its trailers, which are dropped.
pub fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let start = line(reader)?;
        let size = start.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| broken("a chunk size that is no number"))?;
        if size == 0 {
            while !line(reader)?.is_empty() {}
            return Ok(body);
        }
        if body.len() + size > MOST_BODY {
            return Err(broken("a body beyond all measure"));
        }
        let end = body.len();
        body.resize(end + size, 0);
        reader.read_exact(&mut body[end..])?;
        if !line(reader)?.is_empty() {
            return Err(broken("a chunk that does not end where it says"));
        }
    }
}

fn reason(code: u16) -> &'static str {
    match code {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        413 => "Payload Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        529 => "Overloaded",
        _ => "Status",
    }
}

fn write_head(stream: &mut TcpStream, code: u16, headers: &[(String, String)]) -> io::Result<()> {
    let mut text = format!("HTTP/1.1 {code} {}\r\n", reason(code));
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    stream.write_all(text.as_bytes())
}

/// A whole answer. Headers that are given win over those made up here.
pub fn write_whole(stream: &mut TcpStream, code: u16, headers: &[(String, String)], body: &[u8]) -> io::Result<()> {
    let mut all = headers.to_vec();
    if header(&all, "content-type").is_none() {
        all.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    if header(&all, "content-length").is_none() {
        all.push(("Content-Length".to_owned(), body.len().to_string()));
    }
    write_head(stream, code, &all)?;
    stream.write_all(body)
}

/// Begins an answer that goes out in chunks.
pub fn begin_stream(stream: &mut TcpStream, kind: &str, headers: &[(String, String)]) -> io::Result<()> {
    let mut all = headers.to_vec();
    all.push(("Content-Type".to_owned(), kind.to_owned()));
    all.push(("Cache-Control".to_owned(), "no-cache".to_owned()));
    all.push(("Transfer-Encoding".to_owned(), "chunked".to_owned()));
    write_head(stream, 200, &all)
}

pub fn write_chunk(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    // An empty chunk would be the last one.
    if bytes.is_empty() {
        return Ok(());
    }
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    stream.write_all(&chunk)
}

pub fn end_stream(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(b"0\r\n\r\n")
}
