//! A server that answers whatever a function says: for lists, catalogs and endpoints with defects of their own.

use super::http;
use serde_json::Value;
use std::io::BufReader;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    /// Null where the body is no JSON.
    pub body: Value,
}

impl Asked {
    /// The value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<String> {
        http::header(&self.headers, name)
    }
}

type Answer = dyn Fn(&Asked) -> (u16, String) + Send + Sync;

/// Gone with its threads when it is dropped.
pub struct Answers {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    closing: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Answers {
    pub fn start(answer: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static) -> Answers {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on this machine");
        let address = listener.local_addr().expect("the address of a bound listener");
        let (asked, closing) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let answer: Arc<Answer> = Arc::new(answer);
        let accepting = std::thread::spawn({
            let (asked, closing) = (Arc::clone(&asked), Arc::clone(&closing));
            move || {
                let mut serving = Vec::new();
                for stream in listener.incoming().filter_map(Result::ok) {
                    if closing.load(Ordering::SeqCst) {
                        break;
                    }
                    let (asked, answer) = (Arc::clone(&asked), Arc::clone(&answer));
                    serving.push(std::thread::spawn(move || serve(stream, &asked, &*answer)));
                }
                for thread in serving {
                    let _ = thread.join();
                }
            }
        });
        Answers { address, asked, closing, accepting: Some(accepting) }
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that was asked, in the order it was read.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        // The listener has no other way to be woken than a visitor.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.accepting.take() {
            let _ = thread.join();
        }
    }
}

/// One request a connection, which is then closed: no thread waits for a client.
fn serve(mut stream: TcpStream, asked: &Mutex<Vec<Asked>>, answer: &Answer) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle on a socket"));
    // A visitor that says nothing is only looking.
    if let Ok((head, raw)) = http::read_request(&mut reader) {
        let body = serde_json::from_slice(&raw).unwrap_or_default();
        let found = Asked { method: head.method, path: head.path, headers: head.headers, body };
        asked.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(found.clone());
        let (code, text) = answer(&found);
        let close = [("Connection".to_owned(), "close".to_owned())];
        let _ = http::write_whole(&mut stream, code, &close, text.as_bytes());
    }
    let _ = stream.shutdown(Shutdown::Both);
}
