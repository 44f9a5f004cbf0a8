//! How fast, how small and how calm the screen is: `cargo bench --bench tui`. Prints a table; asserts nothing.
//!
//! The program runs on a pseudo-terminal of 24 rows and 80 columns whose other end is read at once; times include that
//! terminal and the emulator behind it. Needs Linux's `/proc`.

#![expect(clippy::print_stdout, reason = "a table on standard output is all that this makes")]

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "made for the tests; this takes a part of it")]
mod support;

use agent::base::access::{Mode, Network};
use agent::base::call::ToolResult;
use agent::base::event::{Event, SessionStarted, Source, ToolFinished, ToolStarted, ToolStatus, UserMessage};
use agent::base::message::Part;
use agent::base::model::Wire as Protocol;
use agent::disk::Disk;
use agent::store::log::Log;
use agent::text::redact::Redactor;
use serde_json::json;
use std::process::Command;
use std::time::{Duration, Instant};
use support::{Project, Reply, Screen, Server, Step, Wire};

const RUNS: usize = 21;
const KEYS: usize = 200;
const MODEL: &str = "local/m";

fn main() {
    println!("{:<52} {:>12} {:>9}", "what", "agent", "budget");
    let yard = median((0..RUNS).map(|_| first("true", "")).collect());
    say("`true` on a terminal, from its start to its end", millis(yard), "ms", "");
    say("first frame (median of 21)", millis(median((0..RUNS).map(|_| first_frame()).collect())), "ms", "50");
    idle();
    let (cpu, ratio) = many_deltas(20_000);
    say("20,000 deltas in one answer, CPU", cpu, "s", "0.3");
    say("  bytes to the terminal for each byte of text", ratio, "", "3");
    say("200 deltas a second, CPU", trickle(200), "% core", "5");
    long_session();
}

fn say(what: &str, value: f64, unit: &str, budget: &str) {
    println!("{what:<52} {value:>8.2} {unit:<6} {budget:>6}");
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all[all.len() / 2]
}

fn percentile(all: &mut [Duration], percent: usize) -> f64 {
    all.sort();
    millis(all[(all.len() * percent / 100).min(all.len() - 1)])
}

/// From the start of a program to its end.
fn first(program: &str, argument: &str) -> Duration {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(program);
    command.arg(argument).current_dir(folder.path()).env("PATH", "/usr/bin:/bin");
    let began = Instant::now();
    Screen::start(&command, 24, 80).wait_exit();
    began.elapsed()
}

/// From the start of the program until its composer stands on the screen.
fn first_frame() -> Duration {
    let project = project(Step::Reply(Reply::text("done")));
    let command = project.command(&[]);
    let began = Instant::now();
    let screen = Screen::start(&command, 24, 80);
    until(|| screen.text().contains('›'));
    began.elapsed()
}

fn project(step: Step) -> Project {
    Project::new().git().file("a.txt", "a\n").server(Server::respond_with(Wire::Chat, move |_| step.clone()))
}

fn until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_so() {
        assert!(Instant::now() < deadline, "it never came");
        std::thread::yield_now();
    }
}

/// The screen with nothing to do: a key, ten seconds of silence, memory.
fn idle() {
    let project = project(Step::Reply(Reply::text("done")));
    let mut screen = Screen::start(&project.command(&[]), 24, 80);
    until(|| screen.text().contains('›'));
    std::thread::sleep(Duration::from_secs(2));
    let mut times = keys(&mut screen);
    say("key to screen, idle, p50", percentile(&mut times, 50), "ms", "2");
    say("key to screen, idle, p95", percentile(&mut times, 95), "ms", "4");
    std::thread::sleep(Duration::from_secs(1));
    let before = cpu(screen.id());
    std::thread::sleep(Duration::from_secs(10));
    say("CPU over 10 s of silence", (cpu(screen.id()) - before) * 10.0, "%", "0.0");
    say("resident memory, idle", resident(screen.id()), "MB", "25");
}

/// How long each key takes until the cursor has moved behind it.
fn keys(screen: &mut Screen) -> Vec<Duration> {
    (0..KEYS)
        .map(|number| {
            let before = screen.cursor();
            let began = Instant::now();
            // Every few letters are taken back, so that no line grows.
            screen.keys(if number % 20 == 19 { "\u{15}" } else { "x" });
            until(|| screen.cursor() != before);
            let took = began.elapsed();
            std::thread::sleep(Duration::from_millis(7));
            took
        })
        .collect()
}

/// An answer in so many pieces, as fast as they come: seconds of CPU, and bytes to the terminal by bytes of text.
fn many_deltas(count: usize) -> (f64, f64) {
    let words = prose(count);
    let text: usize = words.iter().map(String::len).sum();
    let project = project(Step::Raw { content_type: "text/event-stream".into(), body: chat(&words) });
    let mut screen = Screen::start(&project.command(&[]), 24, 80);
    until(|| screen.text().contains('›'));
    std::thread::sleep(Duration::from_secs(1));
    let (cpu_before, bytes_before) = (cpu(screen.id()), screen.bytes().len());
    screen.keys("talk\r");
    until(|| screen.text().contains("done ·"));
    (cpu(screen.id()) - cpu_before, (screen.bytes().len() - bytes_before) as f64 / text as f64)
}

/// The share of a core while so many pieces come a second.
fn trickle(rate: u64) -> f64 {
    let words = prose(rate as usize * 10);
    let body = chat(&words);
    let every = 5;
    let bytes = body.len() / words.len() * rate as usize * every as usize / 1_000;
    let reply = Reply::text(words.concat());
    let project = project(Step::Trickle { reply, bytes: bytes.max(1), every_ms: every });
    let mut screen = Screen::start(&project.command(&[]), 24, 80);
    until(|| screen.text().contains('›'));
    screen.keys("talk\r");
    until(|| screen.text().contains("word"));
    let before = cpu(screen.id());
    std::thread::sleep(Duration::from_secs(5));
    (cpu(screen.id()) - before) / 5.0 * 100.0
}

/// A session of 10,000 cells and 100 MB that goes on: its memory, and keys while an answer streams into it.
fn long_session() {
    let reply = Reply::text(prose(40_000).concat());
    let project = project(Step::Trickle { reply, bytes: 850, every_ms: 10 });
    let id = "019a9f3e-7c55-7000-8000-0123456789ab";
    write_log(&project, id);
    let began = Instant::now();
    let mut screen = Screen::start(&project.command(&["resume", id]), 24, 80);
    until(|| screen.text().contains("task 4999"));
    say("100 MB session: until its end is shown", millis(began.elapsed()), "ms", "");
    std::thread::sleep(Duration::from_secs(3));
    say("resident memory with it open", resident(screen.id()), "MB", "100");
    screen.keys("go on\r");
    until(|| screen.text().contains("word"));
    let mut times = keys(&mut screen);
    say("key to screen while 500 tokens a second stream, p95", percentile(&mut times, 95), "ms", "25");
    screen.keys("\u{15}\u{f}");
    until(|| screen.is_full());
    std::thread::sleep(Duration::from_secs(4));
    say("resident memory with all of it in the transcript", resident(screen.id()), "MB", "100");
}

/// 5,000 tasks, each with a command that printed 20 kB.
fn write_log(project: &Project, id: &str) {
    let folder = project.home().join(".local/state/agent/sessions").join(id);
    std::fs::create_dir_all(&folder).expect("a folder");
    let log = Log::create(&folder.join("log.jsonl"), Disk::default(), Redactor::default()).expect("a log");
    let append = |event: Event| drop(log.append(event).expect("a record"));
    let root = project.path().display().to_string();
    append(Event::SessionStarted(SessionStarted {
        session: id.into(),
        version: "0.1.0".into(),
        root: root.clone(),
        project: root,
        branch: None,
        model: MODEL.into(),
        models: Vec::new(),
        wire: Protocol::Chat,
        mode: Mode::Ask,
        sandbox: "none".into(),
        network: Network::Off,
        user: "ada".into(),
        resumed: false,
        replayed: false,
    }));
    let output = "a line that a command printed, as long as they are\n".repeat(400);
    for number in 0..5_000u64 {
        let text = format!("task {number}");
        append(Event::UserMessage(UserMessage { source: Source::Task, text, images: Vec::new() }));
        let call = format!("call-{number}");
        let part = Part::Call(agent::base::call::ToolCall {
            id: call.clone(),
            name: "shell".into(),
            arguments: json!({"command": "ls"}).to_string(),
            freeform: false,
        });
        append(Event::Message { turn: number, parts: vec![part] });
        append(Event::ToolStarted(ToolStarted {
            call: call.clone(),
            tool: "shell".into(),
            summary: "run `ls`".into(),
            access: Vec::new(),
            rule: String::new(),
            jail: String::new(),
        }));
        append(Event::ToolFinished(ToolFinished {
            tool: "shell".into(),
            status: ToolStatus::Done,
            result: ToolResult { call, output: output.clone(), images: Vec::new(), error: false },
            duration_ms: 3,
            exit: Some(0),
            limit: None,
            hosts: Vec::new(),
            spill: None,
            refused: None,
        }));
        // What a long session does sooner or later: its history becomes a summary.
        if number % 50 == 49 {
            append(Event::Compacted {
                summary: "so far all went well".into(),
                through: log.last(),
                tokens_before: 200_000,
                tokens_after: 1_000,
                by: None,
                cost_usd: None,
            });
        }
    }
}

/// Words in lines and paragraphs.
fn prose(count: usize) -> Vec<String> {
    (0..count).map(|number| if number % 60 == 59 { "word.\n\n".into() } else { "word ".to_owned() }).collect()
}

/// A stream of Chat Completions with a piece for each word.
fn chat(words: &[String]) -> String {
    let piece = |delta: serde_json::Value, end: serde_json::Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": end});
        format!(
            "data: {}\n\n",
            json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]})
        )
    };
    let mut body: String = words.iter().map(|word| piece(json!({"content": word}), json!(null))).collect();
    body.push_str(&piece(json!({}), json!("stop")));
    body + "data: [DONE]\n\n"
}

/// Seconds of CPU that a process has used.
fn cpu(id: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("the process is there");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().expect("ticks")).sum();
    ticks as f64 / 100.0
}

/// Megabytes of a process that are in memory.
fn resident(id: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("the process is there");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<f64>().ok()).expect("a number") / 1_024.0
}
