//! The scripted server as tests see it: started with a script, asked what it has received, and gone with all its
//! threads and connections when it is dropped.

use std::collections::{HashMap, VecDeque};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Instant;

use serde_json::Value;

use super::event::{self, Wishes};
use super::http;
use super::memory::Memory;
use super::reply::{Reply, Step, Wire};
use super::serving;
use super::vendor;

pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    accepting: Option<JoinHandle<()>>,
}

/// A request to the model, also one that was refused.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    pub headers: Vec<(String, String)>,
    /// Null if the body was not JSON.
    pub body: Value,
    pub raw: Vec<u8>,
    /// The number of its connection, from 0 in the order they were accepted.
    pub connection: usize,
    /// When its last byte had been read.
    pub at: Instant,
}

impl Request {
    /// The value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<String> {
        http::header(&self.headers, name)
    }
}

type Responder = Box<dyn Fn(&Request) -> Step + Send + Sync>;

pub struct Shared {
    pub wire: Wire,
    /// Answers in place of the steps, if there is one.
    pub responder: Option<Responder>,
    state: Mutex<State>,
    /// Wakes the waits of slow answers when the server closes.
    pub closed: Condvar,
}

#[derive(Default)]
pub struct State {
    pub steps: VecDeque<Step>,
    pub requests: Vec<Request>,
    pub violations: Vec<String>,
    pub connections: usize,
    /// Answers rendered so far, which is the number of the next.
    pub replies: usize,
    pub memory: Memory,
    pub open: HashMap<usize, TcpStream>,
    pub threads: Vec<JoinHandle<()>>,
    pub closing: bool,
}

impl Shared {
    /// A test that panicked while it held the lock must not make the rest of its clean-up panic as well.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Server {
    /// Plays the steps in order, one for each accepted model request. After the last one it answers with status 500
    /// and records a violation.
    pub fn start(wire: Wire, steps: Vec<Step>) -> Server {
        Server::launch(wire, steps, None)
    }

    /// Asks the function what to do with each accepted model request. Calls may overlap.
    pub fn respond_with(wire: Wire, respond: impl Fn(&Request) -> Step + Send + Sync + 'static) -> Server {
        Server::launch(wire, Vec::new(), Some(Box::new(respond)))
    }

    fn launch(wire: Wire, steps: Vec<Step>, responder: Option<Responder>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on this machine");
        let address = listener.local_addr().expect("the address of a bound listener");
        let state = Mutex::new(State { steps: steps.into(), ..State::default() });
        let shared = Arc::new(Shared { wire, responder, state, closed: Condvar::new() });
        let accepting = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || serving::accept(&shared, &listener)
        });
        Server { shared, address, accepting: Some(accepting) }
    }

    pub fn wire(&self) -> Wire {
        self.shared.wire
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What a user would set as the vendor's base address.
    pub fn base_url(&self) -> String {
        match self.shared.wire {
            Wire::Responses | Wire::Chat => format!("{}/v1", self.url()),
            Wire::Messages | Wire::Converse => self.url(),
            Wire::Gemini => format!("{}/v1beta", self.url()),
        }
    }

    /// Every model request, also the refused ones, in the order they were read.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.state().requests.clone()
    }

    /// Why requests were refused.
    pub fn violations(&self) -> Vec<String> {
        self.shared.state().violations.clone()
    }

    /// Panics if any request was refused.
    #[track_caller]
    pub fn assert_no_violations(&self) {
        let violations = self.violations();
        assert!(violations.is_empty(), "the server refused requests:\n{}", violations.join("\n"));
    }

    /// How many TCP connections were accepted.
    pub fn connections(&self) -> usize {
        self.shared.state().connections
    }

    /// Adds a step at the end of the script.
    pub fn push(&self, step: impl Into<Step>) {
        self.shared.state().steps.push_back(step.into());
    }

    /// Takes over what another server of the vendor has sent, so that a session begun there can go on here. Without
    /// this its signatures are a stranger's and refused.
    pub fn adopt(&self, other: &Server) {
        let (memory, replies) = {
            let state = other.shared.state();
            (state.memory.clone(), state.replies)
        };
        let mut state = self.shared.state();
        state.memory.absorb(memory);
        state.replies = state.replies.max(replies);
    }

    /// The length of the reply's event stream in bytes; the same for every number of the reply.
    pub fn rendered_len(wire: Wire, reply: &Reply) -> usize {
        Server::render_bytes(wire, reply, 0).len()
    }

    /// The event stream of the reply as the nth answer of a server, counted from 0, to a request that asks for
    /// everything optional: usage on Chat, encrypted reasoning on Responses.
    pub fn render(wire: Wire, reply: &Reply, nth: usize) -> String {
        String::from_utf8(Server::render_bytes(wire, reply, nth)).expect("a wire whose streams are text")
    }

    /// The same for wires whose streams are no text, too.
    pub fn render_bytes(wire: Wire, reply: &Reply, nth: usize) -> Vec<u8> {
        event::render(wire, reply, nth, Wishes::ALL).body()
    }

    /// The body the wire's vendor sends with an error status, for [`Step::Status`].
    pub fn error_body(wire: Wire, status: u16, message: &str) -> String {
        vendor::error_body(wire, status, message).to_string()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let threads = {
            let mut state = self.shared.state();
            state.closing = true;
            for stream in state.open.values() {
                // It may have been closed by the client, which is as good.
                let _ = stream.shutdown(Shutdown::Both);
            }
            std::mem::take(&mut state.threads)
        };
        self.shared.closed.notify_all();
        // The listener has no other way to be woken than a visitor.
        let _ = TcpStream::connect(self.address);
        for thread in self.accepting.take().into_iter().chain(threads) {
            let _ = thread.join();
        }
    }
}
