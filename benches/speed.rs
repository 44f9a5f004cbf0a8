//! How fast and how small the program is: `cargo bench`. Prints a table; asserts nothing.
//!
//! Every time is taken beside a yardstick in the same run (starting `true`, or the same bytes read from the same server by
//! a bare client), so that a slow or busy machine shows in both. Needs Linux's `/proc`.

#![expect(clippy::print_stdout, reason = "a table on standard output is all that this makes")]

mod edits;
#[path = "../tests/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "made for the tests; this takes a part of it")]
mod support;

use agent::base::event::Scope;
use agent::base::money::Usd;
use agent::disk::Disk;
use agent::store::ledger::{Budget, Entry, Ledger, Settlement};
use agent::workspace::checkpoint::row::Cause;
use agent::workspace::checkpoint::{Label, Store};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::{Project, Reply, Server, Step, Wire};

const RUNS: usize = 21;

fn main() {
    println!("{:<44} {:>12} {:>12} {:>7}", "what (median of runs)", "agent", "yardstick", "budget");
    let yard = median((0..RUNS).map(|_| time(|| drop(Command::new("true").status()))).collect());
    row("agent --version", version(), Some(yard), "5 ms");
    for (name, files) in [("start to first request", 0), ("the same among 50,000 files", 50_000)] {
        let start = start(files);
        row(name, start.first_request, Some(yard), "15 ms");
        row("  last byte to exit", start.exit, None, "5 ms");
        println!("{:<44} {:>9.1} MB {:>12} {:>7}", "  peak memory", start.peak as f64 / 1024.0, "", "20 MB");
    }
    let bare = bare_client();
    row("a turn that reads a file", per_call("read", &json!({"path": "a.txt"})), Some(bare), "+1 ms");
    row("a turn that runs `true`", per_call("shell", &json!({"command": "true"})), Some(bare + yard), "+5 ms");
    row("20,000 deltas, CPU", deltas(), None, "60 ms");
    let (open, request) = ledger(10_000);
    row("opening a ledger of 10,000 requests", open, None, "1 ms");
    row("  reserving and settling one more", request, None, "5 ms");
    let (first, unchanged, one, stats) = checkpoints(100_000);
    row("first checkpoint of 100,000 files", first, None, "none");
    row("checkpoint of 100,000 unchanged files", unchanged, Some(stats), "200 ms");
    row("  one of them changed", one, Some(stats), "none");
    edits::rows();
}

/// What it takes to open a ledger in which a day has so many requests, and what one more takes under all four budgets.
fn ledger(requests: u64) -> (Duration, Duration) {
    let state = tempfile::tempdir().expect("a temporary folder");
    let ledger = Ledger::open(state.path()).expect("a ledger");
    let budgets = Scope::ALL.map(|scope| Budget { scope, limit: Usd(1 << 40) });
    let pay = |ledger: &Ledger, number: u64, budgets: &[Budget]| {
        let session = format!("session-{}", number / 50);
        let entry = Entry { run: session.clone(), session, local_day: "2026-11-21".into(), ..Entry::default() };
        let (reservation, ()) = ledger.reserve(&entry, budgets, number, |_| Ok((Usd(1), ()))).expect("a reservation");
        ledger.settle(reservation, &Settlement { cost: Some(Usd(1)), ..Settlement::default() }).expect("a settlement");
    };
    (0..requests).for_each(|number| pay(&ledger, number, &[]));
    let open = median((0..RUNS).map(|_| time(|| drop(Ledger::open(state.path())))).collect());
    (open, median((0..RUNS).map(|_| time(|| pay(&ledger, 7, &budgets))).collect()))
}

fn row(name: &str, measured: Duration, yardstick: Option<Duration>, budget: &str) {
    let beside = yardstick.map_or_else(String::new, |yard| format!("{:.2} ms", millis(yard)));
    println!("{name:<44} {:>9.2} ms {beside:>12} {budget:>7}", millis(measured));
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all[all.len() / 2]
}

fn version() -> Duration {
    let project = Project::new();
    median(
        (0..RUNS)
            .map(|_| {
                let mut command = project.command(&["--version"]);
                command.stdout(Stdio::null());
                time(|| drop(command.status()))
            })
            .collect(),
    )
}

struct Start {
    first_request: Duration,
    exit: Duration,
    /// Kibibytes.
    peak: u64,
}

/// Runs of one answer: from spawn to the request, from its last byte to the exit, and the most memory.
fn start(files: usize) -> Start {
    let mut project = Project::new()
        .file("a.txt", "a\n")
        .server(Server::respond_with(Wire::Messages, |_| Step::Reply(Reply::text("done"))));
    for index in 0..files {
        project = project.file(&format!("many/{}/{index}.txt", index % 500), "x\n");
    }
    let (mut first, mut exits, mut peak) = (Vec::new(), Vec::new(), 0);
    for run in 0..RUNS {
        let began = Instant::now();
        let mut child = spawn(&project, &["run", "say done"]);
        while project.model_server().requests().len() <= run {
            std::thread::yield_now();
        }
        first.push(project.model_server().requests()[run].at - began);
        // The server answers at once, so what is left of the run is the answer and the exit.
        let answered = Instant::now();
        peak = peak.max(wait(&mut child).peak);
        exits.push(answered.elapsed());
    }
    Start { first_request: median(first), exit: median(exits), peak }
}

/// The time between an answer and the next request, for an answer that calls `tool` once.
fn per_call(tool: &'static str, input: &serde_json::Value) -> Duration {
    const CALLS: usize = 40;
    let steps =
        (0..CALLS).map(|_| Step::Reply(Reply::call(tool, input.clone()))).chain([Step::Reply(Reply::text("done"))]);
    let project = Project::new().file("a.txt", "one\ntwo\n").server(Server::start(Wire::Messages, steps.collect()));
    let mut child = spawn(&project, &["run", "-c", "limits.loop_stop=1000", "work"]);
    wait(&mut child);
    let times: Vec<Instant> = project.model_server().requests().iter().map(|request| request.at).collect();
    median(times.windows(2).map(|pair| pair[1] - pair[0]).collect())
}

/// The same answers read by a client that does nothing else: what the server and the kernel take of a turn.
fn bare_client() -> Duration {
    let body = json!({"model": "m", "max_tokens": 9, "stream": true, "messages": [{"role": "user", "content": "x".repeat(6000)}]}).to_string();
    let server = Server::respond_with(Wire::Messages, |_| Step::Reply(Reply::call("read", json!({"path": "a.txt"}))));
    let mut stream = TcpStream::connect(server.url().trim_start_matches("http://")).expect("the server listens");
    drop(stream.set_nodelay(true));
    let mut answer = vec![0; 64 * 1024];
    for _ in 0..40 {
        let head = format!(
            "POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).expect("the server reads");
        let mut seen = Vec::new();
        while !seen.ends_with(b"0\r\n\r\n") {
            let count = stream.read(&mut answer).expect("the server answers");
            seen.extend_from_slice(&answer[..count]);
        }
    }
    let times: Vec<Instant> = server.requests().iter().map(|request| request.at).collect();
    median(times.windows(2).map(|pair| pair[1] - pair[0]).collect())
}

fn deltas() -> Duration {
    let words = "word ".repeat(20_000);
    let events: String = words.split_inclusive(' ').map(|word| format!("data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":{}}},\"finish_reason\":null}}]}}\n\n", json!(word))).collect();
    let end = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let body = events + end;
    let cpu = |body: String| {
        let server = Server::respond_with(Wire::Chat, move |_| Step::Raw {
            content_type: "text/event-stream".into(),
            body: body.clone(),
        });
        let project = Project::new().server(server);
        median((0..5).map(|_| wait(&mut spawn(&project, &["run", "--json", "--json-deltas", "talk"])).cpu).collect())
    };
    cpu(body).saturating_sub(cpu(end.replace("{}", "{\"content\":\"x\"}")))
}

/// A first checkpoint of so many small files, one of the same files, one of them after a change, and, as a yardstick, the
/// time to walk them with a `stat` each on one thread.
fn checkpoints(files: usize) -> (Duration, Duration, Duration, Duration) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("work");
    for index in 0..files {
        let parent = root.join(format!("src/area{}/module{}", index % 40, index % 1000));
        if index < 1000 {
            std::fs::create_dir_all(&parent).expect("a folder");
        }
        std::fs::write(parent.join(format!("file{index}.rs")), format!("fn number() -> usize {{ {index} }}\n"))
            .expect("a file");
    }
    std::fs::write(root.join(".gitignore"), "target/\n*.log\n/dist\n").expect("a file");
    let store = Store::new(&folder.path().join("state"), &root, Disk::default(), 1 << 32);
    let take = || {
        let label = Label {
            cause: Cause::Task,
            session: String::new(),
            words: "bench".into(),
            before: None,
            undid: Vec::new(),
        };
        time(|| drop(store.take(&label).expect("a checkpoint")))
    };
    let first = take();
    take();
    let unchanged = median((0..9).map(|_| take()).collect());
    let changed = |round: usize| {
        std::fs::write(root.join("src/area0/module0/file0.rs"), format!("{round}")).expect("a file");
        take()
    };
    let one = median((0..9).map(changed).collect());
    (first, unchanged, one, median((0..5).map(|_| time(|| walk(&root))).collect()))
}

fn walk(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.metadata().is_ok_and(|meta| meta.is_dir()) {
            walk(&entry.path());
        }
    }
}

fn spawn(project: &Project, args: &[&str]) -> Child {
    project
        .command(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts")
}

struct Used {
    cpu: Duration,
    peak: u64,
}

/// Waits for the end, reading what `/proc` still tells of a child that has ended and was not collected yet.
fn wait(child: &mut Child) -> Used {
    let folder = format!("/proc/{}", child.id());
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(format!("{folder}/status")).unwrap_or_default();
        peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse().ok())
            .unwrap_or(peak)
            .max(peak);
        if status.contains("State:\tZ") || status.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_micros(100));
    }
    let nanos = std::fs::read_to_string(format!("{folder}/schedstat"))
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok());
    drop(child.wait());
    Used { cpu: Duration::from_nanos(nanos.unwrap_or_default()), peak }
}
