//! A session in this process over streams of the test's own: no socket, no process, no key, and a clock that jumps.
//!
//! Put together as `src/cli/wire.rs` does it, so that thousands of runs take seconds.

use crate::support::{Reply, Say, Server, Wire, eventstream};
use agent::base::access::{Mode, Network};
use agent::base::command::Command;
use agent::base::event::{Event, Outcome, Record, SessionStarted};
use agent::base::model::{self, Edits};
use agent::base::port::{Item, Port};
use agent::base::{Error, Kind, Result};
use agent::config::{Config, catalog, providers};
use agent::disk::Disk;
use agent::net::{HttpRequest, HttpResponse, Transport};
use agent::policy::Policy;
use agent::process::jobs::Jobs;
use agent::provider::{Endpoint, codec};
use agent::session::{self, Account, Candidate, Limits, Parts, SessionOutputs, Spent};
use agent::store::folder::Folder;
use agent::store::ledger::Ledger;
use agent::store::log::{self, Log};
use agent::text::redact::Redactor;
use agent::tool::edit::Edit;
use agent::tool::patch::ApplyPatch;
use agent::tool::{Hands, Shell, Tool};
use agent::workspace::files::Files;
use agent::workspace::place::Place;
use bytes::Bytes;
use futures_core::future::BoxFuture;
use futures_util::{StreamExt, stream};
use serde_json::json;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

pub const WIRES: [Wire; 5] = [Wire::Responses, Wire::Chat, Wire::Messages, Wire::Gemini, Wire::Converse];
pub const BEFORE: &str = "one\ntwo\nthree\n";
/// Not a change that could be made twice unnoticed.
pub const AFTER: &str = "one\ntwo ä two\nthree\n";
const FILE: &str = "a.txt";

/// How a stream ends after its last piece.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// As if that were all of it.
    Clean,
    /// With an error of the transport.
    Broken,
}

/// One answer as it arrives.
#[derive(Clone, Debug)]
pub struct Stream {
    pieces: Vec<Bytes>,
    end: End,
}

impl Stream {
    /// All of it at once.
    pub fn whole(body: &[u8]) -> Stream {
        Stream::cut(body, body.len(), End::Clean)
    }

    /// The first `at` bytes.
    pub fn cut(body: &[u8], at: usize, end: End) -> Stream {
        let bytes = Bytes::copy_from_slice(&body[..at]);
        Stream { pieces: if at == 0 { Vec::new() } else { vec![bytes] }, end }
    }

    /// All of it, so many bytes at a time.
    pub fn chunked(body: &[u8], size: usize) -> Stream {
        Stream { pieces: body.chunks(size).map(Bytes::copy_from_slice).collect(), end: End::Clean }
    }
}

/// Gives each request the next stream and remembers what was asked.
#[derive(Default)]
struct Script {
    streams: Mutex<VecDeque<Stream>>,
    bodies: Mutex<Vec<Vec<u8>>>,
}

impl Transport for Script {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse>> {
        self.bodies.lock().expect("no holder of this lock panics").push(request.body);
        let next = self.streams.lock().expect("no holder of this lock panics").pop_front();
        Box::pin(async move {
            let Stream { pieces, end } = next.ok_or_else(|| Error::new(Kind::Usage, "the script is over"))?;
            let broken = || Err(Error::new(Kind::Network, "lost the connection to the lab: connection reset"));
            let end = (end == End::Broken).then(broken);
            let body = stream::iter(pieces.into_iter().map(Ok).chain(end));
            Ok(HttpResponse { status: 200, retry_after: None, body: Box::pin(body) })
        })
    }
}

/// What came of one run.
pub struct Run {
    pub outcome: Outcome,
    pub records: Vec<Arc<Record>>,
    /// Of the requests.
    pub bodies: Vec<Vec<u8>>,
    /// Streams that nobody asked for.
    pub left: usize,
}

impl Run {
    pub fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.records.iter().filter(|record| wanted(&record.event)).count()
    }
}

/// A folder with one file, and all of a session that does not change from run to run.
pub struct Lab {
    wire: Wire,
    folder: TempDir,
    candidate: Candidate,
    ledger: Ledger,
    tools: fn(Edits) -> Vec<Arc<dyn Tool>>,
    place: Arc<Place>,
    runtime: tokio::runtime::Runtime,
}

impl Lab {
    pub fn new(wire: Wire) -> Lab {
        let memory = Path::new("/dev/shm");
        // Thousands of runs sync thousands of files, which a disk would not do in seconds.
        let folder = tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir()).expect("a temporary folder");
        std::fs::create_dir(folder.path().join("work")).expect("the lab's own files");
        let (name, id, own) = match wire {
            Wire::Responses => ("openai", "gpt-6-sol", model::Wire::Responses),
            Wire::Chat => ("lab", "test-model", model::Wire::Chat),
            Wire::Messages => ("anthropic", "claude-sonnet-5", model::Wire::Messages),
            Wire::Gemini => ("google", "gemini-3.1-pro-preview", model::Wire::Gemini),
            Wire::Converse => ("lab", "claude-test", model::Wire::Converse),
        };
        let known = providers::Provider {
            name: name.into(),
            wire: own,
            base_url: "http://lab".into(),
            key_env: None,
            credentials: providers::Credentials::Key,
            key_header: None,
            official: name != "lab",
            local: name == "lab",
            quirks: Default::default(),
        };
        let endpoint = Endpoint {
            provider: name.into(),
            base_url: known.base_url.clone(),
            official: known.official,
            ..Endpoint::default()
        };
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        let place = Place::new(&folder.path().join("work"), &[], None).expect("the lab's own files");
        // One tool, because requests are made thousands of times.
        let tools: fn(Edits) -> Vec<Arc<dyn Tool>> = match wire {
            Wire::Responses => |_| vec![Arc::new(ApplyPatch::default())],
            Wire::Chat | Wire::Messages | Wire::Gemini | Wire::Converse => |_| vec![Arc::new(Edit::default())],
        };
        let lab = Lab {
            wire,
            folder,
            tools,
            place: Arc::new(place),
            candidate: Candidate {
                model: catalog::model(&known, id, &Config::default()),
                provider: codec(own, endpoint),
                authorize: None,
            },
            ledger: Ledger::in_memory().expect("a ledger"),
            runtime,
        };
        lab.reset();
        lab
    }

    /// An answer that edits the file.
    pub fn edit(&self) -> Vec<u8> {
        let think = Reply::default().think("Hm, ä.");
        let reply = match self.wire {
            Wire::Responses => think.and(Say::Custom {
                name: "apply_patch".into(),
                input: format!("*** Begin Patch\n*** Update File: {FILE}\n@@\n-two\n+two ä two\n*** End Patch\n"),
            }),
            Wire::Chat | Wire::Messages | Wire::Gemini | Wire::Converse => think.and_call(
                "edit",
                json!({ "edits": [{ "path": FILE, "old_string": "two", "new_string": "two ä two" }] }),
            ),
        };
        Server::render_bytes(self.wire, &reply, 0)
    }

    /// An answer that ends the task.
    pub fn text(&self) -> Vec<u8> {
        Server::render_bytes(self.wire, &Reply::text("Done, ✓."), 1)
    }

    /// The fewest bytes of an answer that are the whole of it. Chat's servers may close after the `finish_reason`, and what a
    /// Converse answer cost comes after its end.
    pub fn whole_at(&self, body: &[u8], end: End) -> usize {
        let find = |from: usize, part: &[u8]| {
            from + body[from..].windows(part.len()).position(|window| window == part).expect("an answer has an end")
        };
        match self.wire {
            _ if end == End::Broken => body.len(),
            Wire::Responses | Wire::Messages | Wire::Gemini => body.len(),
            Wire::Chat => find(find(0, b"\"finish_reason\":\""), b"\n\n") + 2,
            Wire::Converse => eventstream::ends(body).into_iter().rev().nth(1).expect("an answer has an end"),
        }
    }

    pub fn reset(&self) {
        std::fs::write(self.work().join(FILE), BEFORE).expect("the lab's own files");
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The one file's text. Nothing else may lie beside it.
    #[track_caller]
    pub fn file(&self) -> String {
        let names: Vec<_> = std::fs::read_dir(self.work())
            .expect("the lab's own files")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        assert_eq!(names, [FILE], "something was left in the tree");
        std::fs::read_to_string(self.work().join(FILE)).expect("the lab's own files")
    }

    /// Works on the task. A session that waits for nothing that could come is a failed test, not a hang.
    #[track_caller]
    pub fn run(&self, streams: Vec<Stream>, retry_budget: Duration) -> Run {
        let state = self.folder.path().join("state");
        let folder = Folder::create(state.clone(), Disk::default()).expect("the lab's own files");
        let log = Log::create(&folder.log_path(), Disk::default(), Redactor::default()).expect("the lab's own files");
        let script = Arc::new(Script { streams: Mutex::new(streams.into()), ..Script::default() });
        let parts = self.parts(log, folder.clone(), script.clone(), retry_budget);
        let hour = Duration::from_secs(3600);
        let records = self.runtime.block_on(async { tokio::time::timeout(hour, work(parts)).await });
        let records = records.expect("the session hangs");
        let text = std::fs::read_to_string(folder.log_path()).expect("the lab's own files");
        assert_eq!(log::verify(&text), None, "the chain of the log is broken");
        std::fs::remove_dir_all(&state).expect("the lab's own files");
        let outcome = match &records.last().expect("a record").event {
            Event::Outcome(outcome) => outcome.clone(),
            other => panic!("the last record is no outcome: {other:?}"),
        };
        let (bodies, left) = (
            std::mem::take(&mut *script.bodies.lock().expect("no holder of this lock panics")),
            script.streams.lock().expect("no holder of this lock panics").len(),
        );
        Run { outcome, records, bodies, left }
    }

    fn parts(&self, log: Log, folder: Folder, transport: Arc<dyn Transport>, retry_budget: Duration) -> Parts {
        let opening = vec![Event::SessionStarted(SessionStarted {
            session: "lab".into(),
            version: "0".into(),
            root: "work".into(),
            project: String::new(),
            branch: None,
            model: self.candidate.model.name(),
            wire: self.candidate.model.wire,
            mode: Mode::Auto,
            sandbox: "none".into(),
            network: Network::Full,
            user: "ada".into(),
            models: Vec::new(),
            resumed: false,
            replayed: false,
        })];
        let hands = Hands {
            place: self.place.clone(),
            files: Arc::new(Files::new(Disk::default())),
            jobs: Arc::new(Jobs::default()),
            outputs: Arc::new(SessionOutputs::new(folder.clone())),
            redactor: Redactor::default(),
            shell: Arc::new(Shell {
                program: None,
                environment: Vec::new(),
                timeout: Duration::from_secs(1),
                max_timeout: Duration::from_secs(1),
            }),
            cell: agent::sandbox::cell::Cell::open(),
        };
        Parts {
            id: "lab".into(),
            log,
            folder,
            candidates: vec![self.candidate.clone()],
            router: None,
            fast: None,
            ledger: self.ledger.clone(),
            account: Account::default(),
            transport,
            tools: self.tools,
            hands,
            policy: Policy { jailed: true, ..Policy::new(Mode::Auto) },
            system: |_| "You are in a lab.".into(),
            effort: None,
            max_output: 4096,
            limits: limits(retry_budget),
            checks: Vec::new(),
            approve: Box::new(|_| Ok(())),
            asks_for_hosts: false,
            checkpoints: None,
            proposes: false,
            schema: None,
            opening,
            past: agent::session::Past::default(),
        }
    }
}

fn limits(retry_budget: Duration) -> Limits {
    Limits {
        max_turns: Some(9),
        max_cost: None,
        timeout: None,
        check_rounds: 0,
        retry_budget,
        patience: Duration::ZERO,
        budgets: Vec::new(),
        warn_percent: 80,
        spent: Spent::Stop,
        prefer_larger: false,
        loop_warn: 4,
        loop_stop: 8,
        check_timeout: Duration::from_secs(1),
    }
}

/// Gives the task and reads all records up to the outcome.
async fn work(parts: Parts) -> Vec<Arc<Record>> {
    let (session, worker) = session::start(parts);
    let worker = tokio::spawn(worker);
    session
        .send(Command::Send { text: "double the two".into(), images: Vec::new() })
        .await
        .expect("a session that takes tasks");
    let mut reader = session.read(0);
    let mut records = Vec::new();
    while let Some(item) = reader.next().await {
        if let Item::Record(record) = item.expect("a record that can be read") {
            let last = matches!(record.event, Event::Outcome(_));
            records.push(record);
            if last {
                break;
            }
        }
    }
    drop(session);
    worker.await.expect("the session panicked");
    records
}
