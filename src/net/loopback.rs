//! The other end of a login in a browser: a socket on this machine alone that takes one answer and is gone (RFC 8252, 7.3).

use crate::base::{Error, Kind, Result};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};

/// Bytes of a request that are read; the rest, if there is any, is of no interest.
const MAX_HEAD: usize = 16 * 1024;
/// How long one connection may take. Browsers open some that they never use.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections at a time.
const CONNECTIONS: usize = 16;

/// A socket that waits for an answer.
pub struct Loopback {
    listener: TcpListener,
    port: u16,
}

impl Loopback {
    pub async fn bind() -> Result<Self> {
        let failed = |error: std::io::Error| Error::io("listen on", "127.0.0.1", &error);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        Ok(Self { listener, port })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits, for `limit` at most, for the request that `accept` makes something of; it gets the path with its query. Whoever
    /// asks for anything else is told that it is not there, and disturbs nothing.
    pub async fn receive<T, F>(self, limit: Duration, accept: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&str) -> Option<T> + Send + Sync + 'static,
    {
        let accept = Arc::new(accept);
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let (sender, mut answers) = mpsc::channel(1);
        let listen = async {
            loop {
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { continue };
                let Ok((stream, _)) = self.listener.accept().await else {
                    // Too many open files, for a moment.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                };
                let (accept, sender) = (Arc::clone(&accept), sender.clone());
                tokio::spawn(async move {
                    let answer = tokio::time::timeout(PATIENCE, serve(stream, &*accept)).await;
                    if let Ok(Some(answer)) = answer {
                        // The first answer is the one; nobody waits for a second.
                        let _ = sender.try_send(answer);
                    }
                    drop(place);
                });
            }
        };
        let first = async {
            tokio::select! {
                answer = answers.recv() => answer,
                () = listen => None,
            }
        };
        tokio::time::timeout(limit, first).await.ok().flatten().ok_or_else(|| {
            Error::new(Kind::Auth, format!("nobody finished the login within {} s", limit.as_secs()))
                .hint("try it again")
        })
    }
}

/// Reads one request and answers it; what `accept` made of it.
async fn serve<T>(mut stream: TcpStream, accept: &(dyn Fn(&str) -> Option<T> + Send + Sync)) -> Option<T> {
    let mut head = Vec::new();
    let mut chunk = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        head.extend_from_slice(chunk.get(..count)?);
        if head.len() > MAX_HEAD {
            return None;
        }
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.lines().next()?.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let answer = if method == "GET" { accept(target) } else { None };
    let (status, text) = match answer {
        Some(_) => ("200 OK", "agent has its answer. You can close this page and go back to the terminal."),
        None => ("404 Not Found", "There is nothing here."),
    };
    let page = format!("<!doctype html><meta charset=utf-8><title>agent</title><p>{text}</p>\n");
    let response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'none'\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    // A browser that has gone away has given its answer all the same.
    let _ = stream.write_all(response.as_bytes()).await;
    let _ = stream.shutdown().await;
    answer
}
