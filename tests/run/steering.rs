//! A word said while the agent works reaches the model after the current step, and the task goes on with its model and
//! mode. `agent run` has nobody to say it, so this speaks to a session as a surface does.

use super::ending::*;
use crate::support::*;
use agent::base::access::Mode;
use agent::base::command::{Command, Signal};
use agent::base::event::{Event, Outcome as End, Source, Status};
use agent::base::model::Wire as Protocol;
use agent::base::port::{Item, Port};
use agent::config::providers::{Credentials, Provider};
use agent::config::{Config, catalog};
use agent::disk::Disk;
use agent::net::http::{Http, Limits as Waits};
use agent::policy::Policy;
use agent::process::jobs::Jobs;
use agent::provider::{Endpoint, codec};
use agent::session::{Account, Candidate, Limits, Parts, Past, SessionOutputs, Spent, start};
use agent::store::folder::Folder;
use agent::store::ledger::Ledger;
use agent::store::log::Log;
use agent::text::redact::Redactor;
use agent::tool::{Hands, Shell, for_edits};
use agent::workspace::files::Files;
use agent::workspace::place::Place;
use futures_util::StreamExt;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

fn hands(project: &Project, folder: &Folder) -> Hands {
    let shell = Shell {
        program: Some("/bin/sh".into()),
        environment: vec![("PATH".into(), std::env::var_os("PATH").unwrap())],
        timeout: PATIENCE,
        max_timeout: PATIENCE,
    };
    Hands {
        place: Arc::new(Place::new(&project.path(), &[], None).unwrap()),
        files: Arc::new(Files::new(Disk::default())),
        jobs: Arc::new(Jobs::default()),
        outputs: Arc::new(SessionOutputs::new(folder.clone())),
        redactor: Redactor::default(),
        shell: Arc::new(shell),
        cell: agent::sandbox::cell::Cell::open(),
    }
}

/// Where its log is.
pub fn folder(project: &Project) -> Folder {
    Folder::create(project.home().join("session"), Disk::default()).unwrap()
}

pub fn parts(project: &Project, server: &Server) -> Parts {
    let log = Log::create(&folder(project).log_path(), Disk::default(), Redactor::default()).unwrap();
    parts_on(project, server, log)
}

/// The same with a log that is there already.
pub fn parts_on(project: &Project, server: &Server, log: Log) -> Parts {
    let folder = folder(project);
    let base_url = server.base_url();
    let provider = Provider {
        name: "lab".into(),
        wire: Protocol::Chat,
        base_url: base_url.clone(),
        key_env: None,
        credentials: Credentials::Key,
        official: false,
        local: true,
        quirks: Default::default(),
        key_header: None,
    };
    let model = catalog::model(&provider, "test-model", &Config::default());
    let endpoint = Endpoint { provider: "lab".into(), base_url, ..Endpoint::default() };
    Parts {
        id: "session".into(),
        log,
        candidates: vec![Candidate { model, provider: codec(Protocol::Chat, endpoint), authorize: None }],
        router: None,
        fast: None,
        transport: Arc::new(Http::new(Waits { connect: PATIENCE, idle: PATIENCE })),
        tools: for_edits,
        hands: hands(project, &folder),
        policy: Policy { jailed: true, ..Policy::new(Mode::Auto) },
        system: |_| "Work.".into(),
        ledger: Ledger::in_memory().unwrap(),
        account: Account::default(),
        effort: None,
        max_output: 4096,
        limits: Limits {
            max_turns: None,
            max_cost: None,
            timeout: None,
            check_rounds: 0,
            retry_budget: Duration::ZERO,
            patience: Duration::ZERO,
            budgets: Vec::new(),
            warn_percent: 80,
            spent: Spent::Stop,
            prefer_larger: false,
            loop_warn: 4,
            loop_stop: 8,
            check_timeout: PATIENCE,
        },
        checks: Vec::new(),
        approve: Box::new(|_| Ok(())),
        asks_for_hosts: false,
        checkpoints: None,
        proposes: false,
        schema: None,
        opening: Vec::new(),
        past: Past::of("session"),
        folder,
    }
}

pub fn words(text: &str) -> Command {
    Command::Send { text: text.into(), images: Vec::new() }
}

/// Works on a task and says `steer` as soon as its first command runs, which ends only after that.
async fn steered(project: &Project, server: &Server, steer: Command) -> (Vec<Event>, End) {
    let (session, work) = start(parts(project, server));
    let work = tokio::spawn(work);
    session.send(words("do it")).await.unwrap();
    let mut reader = session.read(0);
    let (mut events, mut steer) = (Vec::new(), Some(steer));
    let end = loop {
        let Item::Record(record) = reader.next().await.unwrap().unwrap() else { continue };
        events.push(record.event.clone());
        match &record.event {
            Event::ToolStarted(_) => {
                if let Some(steer) = steer.take() {
                    session.send(steer).await.unwrap();
                    std::fs::write(project.path().join("go"), "").unwrap();
                }
            }
            Event::Outcome(end) => break end.clone(),
            _ => {}
        }
    };
    drop((session, reader));
    work.await.unwrap();
    (events, end)
}

fn run(project: &Project, server: &Server, steer: Command) -> (Vec<Event>, End) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, steered(project, server, steer)).await }).expect("it ends")
}

fn waiting_command() -> Step {
    Reply::call("shell", json!({"command": "until test -e go; do sleep 0.01; done; sleep 0.05"})).into()
}

#[test]
fn a_word_said_meanwhile_reaches_the_model_after_the_step() {
    let project = Project::new();
    let server = Server::start(Wire::Chat, vec![waiting_command(), Reply::text("In German, then.").into()]);
    let (events, end) = run(&project, &server, words("in German, please"));
    assert_eq!((end.status, end.turns, end.summary.as_str()), (Status::Done, 2, "In German, then."));
    let spoken: Vec<(Source, &str)> = events
        .iter()
        .filter_map(|event| if let Event::UserMessage(message) = event { Some(message) } else { None })
        .map(|message| (message.source, message.text.as_str()))
        .collect();
    assert_eq!(spoken, [(Source::Task, "do it"), (Source::Steer, "in German, please")]);
    let requests = server.requests();
    assert!(!texts(&requests[0].body).contains("German"));
    assert!(texts(requests[1].body["messages"].as_array().unwrap().last().unwrap()).contains("in German, please"));
    assert_eq!(requests[0].body["model"], requests[1].body["model"]);
    server.assert_no_violations();
}

#[test]
fn an_interrupt_from_a_surface_answers_the_open_call() {
    let project = Project::new();
    let server = Server::start(Wire::Chat, vec![waiting_command()]);
    let (events, end) = run(&project, &server, Command::Interrupt(Signal::Int));
    assert_eq!((end.status, end.exit), (Status::Interrupted, 130));
    assert!(matches!(events.get(events.len() - 2), Some(Event::ToolFinished(_))), "{events:?}");
}
