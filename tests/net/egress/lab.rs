//! A proxy on the loopback with names of its own, and servers for it to reach.

use agent::net::egress::{Denied, Egress, Limits, Lookup, Upstream};
use agent::policy::hosts::{HostRule, HostRules};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The longest that anything here takes; only a test that fails waits for it.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct Proxy {
    pub egress: Arc<Egress>,
    pub address: SocketAddr,
    /// Names that were looked up.
    pub looked_up: Arc<AtomicUsize>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

pub fn limits() -> Limits {
    Limits { head_time: PATIENCE, connect: PATIENCE, idle: PATIENCE, ..Limits::default() }
}

/// `host:port`, with `!` in front where private addresses are allowed.
pub fn rules(rules: &[&str]) -> HostRules {
    let rule = |text: &&str| match text.strip_prefix('!') {
        Some(text) => HostRule::parse(text, true, "list test").unwrap(),
        None => HostRule::parse(text, false, "list test").unwrap(),
    };
    HostRules::new(rules.iter().map(rule).collect())
}

impl Proxy {
    /// A rule with `!` in front allows private addresses. Names are `name=address,address`.
    pub fn new(allowed: &[&str], names: &[&str]) -> Self {
        Self::with(allowed, names, limits(), Upstream::none())
    }

    pub fn with(allowed: &[&str], names: &[&str], limits: Limits, upstream: Upstream) -> Self {
        let looked_up = Arc::new(AtomicUsize::new(0));
        let egress = Egress::with(rules(allowed), upstream, lookup(names, looked_up.clone()), limits);
        Self::serving(egress, "call-1", looked_up)
    }

    /// The same proxy as another command meets it.
    pub fn of_call(&self, call: &str) -> Self {
        Self::serving(self.egress.clone(), call, self.looked_up.clone())
    }

    fn serving(egress: Arc<Egress>, call: &str, looked_up: Arc<AtomicUsize>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let serving = egress.serve(listener, call);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    served = serving => panic!("the proxy ended by itself: {served:?}"),
                    _ = stopped => {}
                }
            });
        });
        Proxy { egress, address, looked_up, stop: Some(stop), thread: Some(thread) }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends these bytes and gives all that comes back.
    pub fn say(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        stream.write_all(bytes.as_ref()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // A proxy that hangs up on nonsense may do so before it has read all of it.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Asks for a tunnel: the stream, and the head of the answer.
    pub fn ask(&self, authority: &str) -> (TcpStream, String) {
        let mut stream = self.connect();
        write!(stream, "CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n").unwrap();
        let answer = head(&mut stream);
        (stream, answer)
    }

    #[track_caller]
    pub fn tunnel(&self, authority: &str) -> TcpStream {
        let (stream, answer) = self.ask(authority);
        assert!(answer.starts_with("HTTP/1.1 200"), "{authority}: {answer}");
        stream
    }

    /// Stops serving, with all connections.
    pub fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    pub fn denied(&self) -> Vec<Denied> {
        self.egress.take_denied()
    }

    pub fn lookups(&self) -> usize {
        self.looked_up.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.stop.take());
    }
}

fn lookup(names: &[&str], count: Arc<AtomicUsize>) -> Lookup {
    let table: HashMap<String, Vec<IpAddr>> = names
        .iter()
        .map(|entry| entry.split_once('=').unwrap())
        .map(|(name, addresses)| (name.to_owned(), addresses.split(',').map(|text| text.parse().unwrap()).collect()))
        .collect();
    Arc::new(move |name| {
        count.fetch_add(1, Ordering::SeqCst);
        let found = table.get(&name).cloned();
        Box::pin(async move { found.ok_or_else(|| std::io::Error::other("no such name")) })
    })
}

/// All bytes up to and with the empty line, one at a time, so that none behind it is lost.
pub fn head(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        bytes.push(byte[0]);
    }
    String::from_utf8(bytes).unwrap()
}

/// Serves each connection on a thread of its own until the test ends; gives the port.
pub fn serve(handle: impl Fn(TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let handle = Arc::new(handle);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let handle = handle.clone();
            // A client that went away is no failure of the test.
            std::thread::spawn(move || drop(handle(stream)));
        }
    });
    port
}

/// Sends everything back, and `end` when the client is done.
pub fn echo() -> u16 {
    serve(|mut stream| {
        let mut bytes = [0; 4096];
        loop {
            match stream.read(&mut bytes)? {
                0 => return stream.write_all(b"end"),
                count => stream.write_all(&bytes[..count])?,
            }
        }
    })
}

pub type Requests = Arc<Mutex<Vec<String>>>;

/// Answers every request with `answer`, and keeps what it got: the head, and the body as it came.
pub fn web(answer: &'static str) -> (u16, Requests) {
    let seen = Requests::default();
    let kept = seen.clone();
    let port = serve(move |stream| {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut request = String::new();
        while !request.ends_with("\r\n\r\n") {
            if reader.read_line(&mut request)? == 0 {
                return Ok(());
            }
        }
        let lower = request.to_lowercase();
        let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
        if let Some(length) = length {
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            request.push_str(&String::from_utf8_lossy(&body));
        } else if lower.contains("transfer-encoding: chunked") {
            while !request.ends_with("\r\n0\r\n\r\n") {
                if reader.read_line(&mut request)? == 0 {
                    break;
                }
            }
        }
        kept.lock().unwrap().push(request);
        (&stream).write_all(answer.as_bytes())
    });
    (port, seen)
}
