//! A server that answers as a test tells it to, and what was asked of it: an authorisation server, or a vendor's list of models.

use crate::support::http::{Head, header, read_request, write_whole};
use std::io::BufReader;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// One request: its path with the query, headers and body.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> String {
        header(&self.headers, name).unwrap_or_default()
    }

    /// A field of a form.
    pub fn field(&self, name: &str) -> String {
        agent::text::form::value(&self.body, name).unwrap_or_default()
    }
}

pub struct Office {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Office {
    /// Answers each request with a status and a body.
    pub fn open(answer: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static) -> Office {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&asked), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                let Ok(mut stream) = stream else { return };
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream.try_clone().expect("a second hand"));
                    while let Ok((Head { method, path, headers }, body)) = read_request(&mut reader) {
                        let asked = Asked { method, path, headers, body: String::from_utf8_lossy(&body).into_owned() };
                        seen.lock().expect("no holder of this lock panics").push(asked.clone());
                        let (status, body) = answer(&asked);
                        if write_whole(&mut stream, status, &[], body.as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Office { url, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no holder of this lock panics").clone()
    }
}
