//! The desk of the screen: sessions that are opened, go on and branch off, and what is done beside them.

use crate::support::*;
use agent::base::access::Mode;
use agent::base::change::{Accept, FileReview, Review};
use agent::base::command::Command;
use agent::base::desk::*;
use agent::base::event::Event;
use agent::base::port::Item;
use agent::cli::args::Common;
use agent::cli::desk::Local;
use agent::cli::interactive;
use agent::config::paths::Environment;
use agent::tui::preferences::Colors;
use agent::workspace::place::Place;
use futures_util::StreamExt;
use serde_json::json;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

/// The environment that a command of the project gets.
pub fn environment(project: &Project) -> Environment {
    let command = project.command(&[]);
    let pairs =
        command.get_envs().filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value.map(OsString::from)?)));
    Environment::from_made(&pairs.collect::<Vec<_>>())
}

/// A desk in the project's folder.
pub fn desk(project: &Project) -> Local {
    let environment = environment(project);
    let common = Common { cd: Some(project.path()), ..Common::default() };
    let place = Place::new(&project.path(), &[], environment.home().ok().as_deref()).unwrap();
    Local::new(common, place, environment)
}

/// Commands run bare, and so all of them are asked for: the test binary is no helper of a jail.
pub fn bare() -> Project {
    Project::new().config("sandbox.backend = \"none\"\n")
}

pub fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn new() -> Open {
    Open { which: Which::New, settings: Settings { mode: Some(Mode::Auto), ..Settings::default() } }
}

/// Hands a task to a session, waits for its end, and lets the session go; the records of it.
pub async fn worked(opened: Opened, text: &str) -> Vec<Event> {
    let mut reader = opened.port.read(opened.past);
    opened.port.send(Command::Send { text: text.into(), images: Vec::new() }).await.unwrap();
    let mut events = Vec::new();
    while let Some(item) = reader.next().await {
        let Item::Record(record) = item.unwrap() else { continue };
        events.push(record.event.clone());
        if matches!(record.event, Event::Outcome(_)) {
            return events;
        }
    }
    panic!("no outcome came: {events:?}")
}

fn asked(events: &[Event]) -> Vec<&str> {
    let words = events.iter().map(|event| match event {
        Event::UserMessage(message) => Some(message.text.as_str()),
        _ => None,
    });
    words.flatten().collect()
}

#[test]
fn a_session_that_was_opened_and_left_leaves_nothing_behind() {
    let project = bare().reply(Reply::text("unasked"));
    run(async {
        let desk = desk(&project);
        desk.look(Look::Standing(Settings::default())).await.unwrap();
        assert_eq!(project.sessions().len(), 0, "looking makes no session");
        let opened = desk.open(new()).await.unwrap();
        assert_eq!((opened.past, project.sessions().len()), (0, 1));
        drop(opened.port);
        desk.close().await;
        assert_eq!(project.sessions().len(), 0);
    });
}

/// Where nothing confines commands, so that each is asked for, file tools see no more than elsewhere.
#[test]
fn without_a_jail_places_of_secrets_look_absent_to_tools_all_the_same() {
    let project = bare();
    let (private, key) = (project.path().join("private"), project.path().join("private/key"));
    std::fs::create_dir(&private).unwrap();
    std::fs::write(key, "inner words\n").unwrap();
    let private = private.canonicalize().unwrap();
    let project = project
        .config(&format!("[sandbox]\nbackend = \"none\"\ndeny = [{private:?}]\n"))
        .reply(Reply::call("read", json!({"path": "private/key"})))
        .reply(Reply::text("done"));
    run(async {
        let desk = desk(&project);
        let opened = desk.open(new()).await.unwrap();
        worked(opened, "read it").await;
        desk.close().await;
    });
    let told = String::from_utf8_lossy(&project.model_server().requests()[1].raw).into_owned();
    assert!(told.contains("there is no `private/key`") && !told.contains("inner words"), "{told}");
}

#[test]
fn a_session_goes_on_and_branches_off() {
    let project = bare().reply(Reply::text("one")).reply(Reply::text("two")).reply(Reply::text("three"));
    run(async {
        let desk = desk(&project);
        let opened = desk.open(new()).await.unwrap();
        let first = opened.session.clone();
        worked(opened, "the first task").await;
        let again = Open { which: Which::Resume(first.clone()), settings: Settings::default() };
        let opened = desk.open(again).await.unwrap();
        assert_eq!(opened.session, first);
        assert!(opened.past > 3, "{}", opened.past);
        let events = worked(opened, "the second task").await;
        assert_eq!(asked(&events), ["the second task"]);
        let Event::SessionStarted(started) = &events[0] else { panic!("{events:?}") };
        assert!(started.resumed && started.mode == Mode::Auto, "the mode is that of the session: {started:?}");

        let Found::Records(_, records) = desk.look(Look::Records { session: first.clone(), most: 1000 }).await.unwrap()
        else {
            panic!()
        };
        let through = records.iter().find(|record| matches!(record.event, Event::Outcome(_))).unwrap().seq;
        let fork = Open { which: Which::Fork { session: first.clone(), through }, settings: Settings::default() };
        let opened = desk.open(fork).await.unwrap();
        assert_ne!(opened.session, first);
        assert_eq!(opened.past, through);
        let (fork, asked_before) = (opened.session.clone(), opened.port.clone());
        drop(asked_before);
        worked(opened, "another second task").await;
        desk.close().await;
        let text = |id: &str| {
            let log = project.home().join(".local/state/agent/sessions").join(id).join("log.jsonl");
            std::fs::read_to_string(log).unwrap()
        };
        assert!(text(&fork).contains("the first task") && !text(&fork).contains("\"the second task\""));
        assert!(!text(&first).contains("another second task"));
        assert_eq!(project.model_server().requests().len(), 3);
    });
}

#[test]
fn pieces_of_the_past_are_read_one_after_the_other() {
    let project = bare().reply(Reply::text("one"));
    run(async {
        let desk = desk(&project);
        let opened = desk.open(new()).await.unwrap();
        let session = opened.session.clone();
        worked(opened, "x").await;
        desk.close().await;
        let (mut after, mut seen) = (0, Vec::new());
        loop {
            let look = Look::Past { session: session.clone(), after, most: 2 };
            let Found::Past(records, more) = desk.look(look).await.unwrap() else { panic!() };
            seen.extend(records.iter().map(|record| record.seq));
            after = *seen.last().unwrap();
            if !more {
                break;
            }
        }
        assert_eq!(seen, (1..=seen.len() as u64).collect::<Vec<_>>());
        assert!(seen.len() > 4);
    });
}

/// A task that changes two files and makes one.
fn changing() -> Project {
    bare()
        .git()
        .file("a.txt", "one\ntwo\nthree\n")
        .file("b.txt", "b\n")
        .reply(Reply::call("edit", json!({"path": "a.txt", "edits": [{"old_string": "two", "new_string": "zwei"}]})))
        .reply(Reply::call("write", json!({"path": "new.txt", "content": "new\n"})))
        .reply(Reply::text("done"))
}

#[test]
fn what_a_task_changed_is_shown_and_what_is_not_accepted_is_put_back() {
    let project = changing();
    run(async {
        let desk = desk(&project);
        let opened = desk.open(new()).await.unwrap();
        let session = opened.session.clone();
        worked(opened, "change it").await;
        let look = || desk.look(Look::Changes { session: session.clone() });
        let Found::Changes(files) = look().await.unwrap() else { panic!() };
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["a.txt", "new.txt"]);
        assert!(files[0].diff.contains("-two\n+zwei\n"), "{}", files[0].diff);

        let accept = |path: &str| Review {
            files: vec![FileReview { path: path.into(), accept: Accept::All }],
            ..Review::default()
        };
        let settle = |path: &str| desk.act(Act::Settle { session: session.clone(), review: accept(path) });
        std::fs::write(project.path().join("a.txt"), "the user's\n").unwrap();
        let refused = settle("new.txt").await.unwrap_err();
        assert!(refused.message.starts_with("nothing was put back"), "{}", refused.message);
        assert_eq!(project.read("a.txt"), "the user's\n");
        let Found::Changes(files) = look().await.unwrap() else { panic!() };
        assert!(files[0].diff.contains("+the user's"), "shown as it is now: {}", files[0].diff);
        settle("a.txt").await.unwrap();
        assert_eq!(project.read("a.txt"), "the user's\n");
        assert!(!project.exists("new.txt"), "not accepted");
        let again = settle("a.txt").await.unwrap_err();
        assert!(again.message.contains("no review"), "one review is settled once: {}", again.message);
        desk.close().await;
    });
}

#[test]
fn tasks_are_taken_back_to_a_message_and_brought_again() {
    let edit = |old: &str, new: &str| {
        Reply::call("edit", json!({"path": "a.txt", "edits": [{"old_string": old, "new_string": new}]}))
    };
    let project = bare()
        .git()
        .file("a.txt", "one\n")
        .reply(edit("one", "two"))
        .reply(Reply::text("done"))
        .reply(edit("two", "three"))
        .reply(Reply::text("done"));
    run(async {
        let desk = desk(&project);
        let Opened { port, session, past } = desk.open(new()).await.unwrap();
        worked(Opened { port: port.clone(), session: session.clone(), past }, "first").await;
        let Found::Records(_, records) = desk.look(Look::Records { session: session.clone(), most: 1 }).await.unwrap()
        else {
            panic!()
        };
        let before = records[0].seq;
        worked(Opened { port, session: session.clone(), past: before }, "second").await;
        assert_eq!(project.read("a.txt"), "three\n");
        let undo = |before| desk.act(Act::Undo { session: session.clone(), before });
        let Done::Said(words) = undo(Some(before)).await.unwrap() else { panic!() };
        assert!(words.contains("undo \"second\"") && words.contains("`agent redo`"), "{words}");
        assert_eq!(project.read("a.txt"), "two\n");
        desk.act(Act::Redo).await.unwrap();
        assert_eq!(project.read("a.txt"), "three\n");
        undo(Some(0)).await.unwrap();
        assert_eq!(project.read("a.txt"), "one\n");
        desk.act(Act::Redo).await.unwrap();
        std::fs::write(project.path().join("a.txt"), "mine\n").unwrap();
        let refused = undo(None).await.unwrap_err();
        assert!(refused.message.contains("changed since"), "{}", refused.message);
        assert_eq!(project.read("a.txt"), "mine\n");
        desk.close().await;
    });
}

#[test]
fn what_another_session_did_since_is_not_taken_back_by_this_one() {
    let edit = |old: &str, new: &str| {
        Reply::call("edit", json!({"path": "a.txt", "edits": [{"old_string": old, "new_string": new}]}))
    };
    let project = bare().git().file("a.txt", "one\n");
    let project = project.reply(edit("one", "two")).reply(Reply::text("done"));
    let project = project.reply(edit("two", "three")).reply(Reply::text("done"));
    run(async {
        let here = desk(&project);
        let opened = here.open(new()).await.unwrap();
        let session = opened.session.clone();
        worked(opened, "first").await;
        let elsewhere = desk(&project);
        worked(elsewhere.open(new()).await.unwrap(), "second").await;
        elsewhere.close().await;
        let undo = |session: String| here.act(Act::Undo { session, before: None });
        let refused = undo(session.clone()).await.unwrap_err();
        assert!(refused.message.contains("another session's"), "{}", refused.message);
        assert_eq!(project.read("a.txt"), "three\n");
        project.agent(&["undo"]).code(0);
        undo(session).await.unwrap();
        assert_eq!(project.read("a.txt"), "one\n");
        here.close().await;
    });
}

#[test]
fn a_command_of_the_users_runs_in_the_folder_and_ends_with_who_waits() {
    let project = bare().file("here.txt", "x");
    run(async {
        let desk = desk(&project);
        let ran = |command: &str| desk.act(Act::Run { command: command.into() });
        let Done::Ran { output, exit, .. } = ran("ls; echo oops >&2; exit 3").await.unwrap() else { panic!() };
        assert_eq!((output.as_str(), exit), ("here.txt\noops\n", Some(3)));
        let Done::Ran { output, .. } = ran("head -c 1000000 /dev/zero | tr '\\0' x").await.unwrap() else { panic!() };
        assert!(output.len() < 300_000 && output.contains("[737856 bytes left out]"), "{}", output.len());
        let number = || std::fs::read_to_string(project.path().join("pid")).unwrap_or_default();
        let mut slow = Box::pin(ran("echo $$ > pid; exec sleep 600"));
        while !number().ends_with('\n') {
            assert!(tokio::time::timeout(Duration::from_millis(5), &mut slow).await.is_err(), "it ended by itself");
        }
        drop(slow);
        let stat = format!("/proc/{}/stat", number().trim());
        let goes_on = || std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
        for _ in 0..6_000 {
            if !goes_on() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it goes on without who waited");
    });
}

#[test]
fn an_image_of_the_clipboard_that_is_too_large_is_said_to_be() {
    let project = bare().env("DISPLAY", ":0");
    let reader = project.home().join("xclip");
    std::fs::write(&reader, "#!/bin/sh\nprintf '\\211PNG\\r\\n\\032\\n'\nexec head -c 6000000 /dev/zero\n").unwrap();
    std::fs::set_permissions(&reader, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let project = project.env("PATH", &format!("{}:{}", reader.parent().unwrap().display(), path.display()));
    run(async {
        let error = desk(&project).act(Act::Clipboard).await.unwrap_err();
        assert!(error.message.contains("more than 5 MiB"), "{}", error.message);
    });
}

#[test]
fn what_was_typed_is_remembered_by_project_and_without_secrets() {
    let (project, other) = (bare().env("LAB_TOKEN", "tok-1234567890abcdef"), bare());
    let home = project.home().display().to_string();
    let other = other.env("AGENT_STATE_DIR", &format!("{home}/.local/state/agent"));
    run(async {
        let desk_here = desk(&project);
        for text in ["first", "with tok-1234567890abcdef", "first"] {
            desk_here.act(Act::Remember { text: text.into() }).await.unwrap();
        }
        desk(&other).act(Act::Remember { text: "elsewhere".into() }).await.unwrap();
        let Found::History(lines) = desk_here.look(Look::History).await.unwrap() else { panic!() };
        assert_eq!((lines.len(), lines[0].as_str()), (2, "first"));
        assert!(!lines[1].contains("1234567890"), "{}", lines[1]);
        let file = project.home().join(".local/state/agent/history.jsonl");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(std::fs::read_to_string(file).unwrap().contains("elsewhere"));
    });
}

#[test]
fn images_are_looked_at_before_they_are_kept() {
    let project = bare().reply(Reply::text("x")).file("no.png", "no image");
    run(async {
        let desk = desk(&project);
        let opened = desk.open(new()).await.unwrap();
        let attach = |path: &str| desk.act(Act::Attach { session: opened.session.clone(), paths: vec![path.into()] });
        let refused = attach("no.png").await.unwrap_err();
        assert!(refused.message.contains("no.png"), "{}", refused.message);
        std::fs::write(project.path().join("dot.gif"), b"GIF89a\x01\x00\x01\x00\x00\x00\x00;").unwrap();
        let Done::Attached(images) = attach("dot.gif").await.unwrap() else { panic!() };
        assert_eq!((images.len(), images[0].media_type.as_str()), (1, "image/gif"));
        drop(opened);
        desk.close().await;
    });
}

#[test]
fn trust_is_given_to_what_was_shown_alone() {
    let project = bare().git().file(".agent/config.toml", "limits.max_turns = 3\n").reply(Reply::text("x"));
    run(async {
        let desk = desk(&project);
        let standing = || async {
            let Found::Standing(standing) = desk.look(Look::Standing(Settings::default())).await.unwrap() else {
                panic!()
            };
            *standing
        };
        let trust = standing().await.trust.expect("it brings a configuration");
        assert_eq!(trust.brings, ["added .agent/config.toml (configuration)"]);
        let say = |hash: &str, yes| desk.act(Act::Trust { hash: hash.into(), yes });
        assert!(say("0000", true).await.unwrap_err().message.contains("not what was shown"));
        say(&trust.hash, false).await.unwrap();
        assert_eq!(standing().await.trust, None, "a no is not asked again");
        say(&trust.hash, true).await.unwrap();
        std::fs::write(project.path().join(".agent/config.toml"), "limits.max_turns = 4\n").unwrap();
        let changed = standing().await.trust.expect("it changed");
        assert_eq!(changed.brings, ["changed .agent/config.toml (configuration)"]);
    });
}

#[test]
fn the_screen_takes_its_keys_from_the_configuration_and_colours_from_the_terminal() {
    let text = "[tui]\ntheme = \"mine\"\nvim = true\nnotify = \"bell\"\nstatus = [\"model\", \"cost\"]\n\
                [tui.keys]\nsubmit = [\"enter\", \"ctrl-j\"]\n[tui.themes.mine]\naccent = \"#aabbcc\"\n";
    let project = Project::new().config(text);
    let environment = environment(&project);
    let config = agent::config::Config::load(&environment, false, &["tui.keys.quit=ctrl-q".into()]).unwrap();
    let found = interactive::preferences(&config);
    assert_eq!((found.theme.as_str(), found.vim, found.full, found.notify.as_str()), ("mine", true, false, "bell"));
    assert_eq!(found.status, ["model", "cost"]);
    assert_eq!(
        (&found.keys["submit"], &found.keys["quit"]),
        (&vec!["enter".into(), "ctrl-j".into()], &vec!["ctrl-q".into()])
    );
    assert_eq!(found.themes["mine"]["accent"], "#aabbcc");
    for (name, variables, colors, dark, reflows) in [
        ("plain xterm", &[("TERM", "xterm")][..], Colors::Sixteen, true, true),
        ("xterm itself", &[("TERM", "xterm-256color"), ("XTERM_VERSION", "XTerm(390)")], Colors::Many, true, false),
        ("no colour", &[("TERM", "xterm-256color"), ("NO_COLOR", "1")], Colors::None, true, true),
        ("light", &[("TERM", "xterm-kitty"), ("COLORFGBG", "0;15")], Colors::True, false, true),
        ("vte", &[("TERM", "xterm-256color"), ("VTE_VERSION", "7600")], Colors::True, true, true),
        ("tmux", &[("TERM", "tmux-256color"), ("TMUX", "x"), ("TERM_PROGRAM", "iTerm.app")], Colors::Many, true, true),
        ("console", &[("TERM", "linux")], Colors::Sixteen, true, false),
        ("dumb", &[("TERM", "dumb")], Colors::None, true, true),
    ] {
        let pairs: Vec<(String, OsString)> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
        let found = interactive::terminal(&Environment::from_made(&pairs));
        assert_eq!((found.colors, found.dark, found.reflows), (colors, dark, reflows), "{name}");
    }
}

#[test]
fn one_word_near_a_command_is_no_task_and_a_screen_needs_a_terminal() {
    let project = bare().reply(Reply::text("went on"));
    project.agent(&["rnu"]).code(2).stderr_has("unknown command `rnu`, did you mean `run`?");
    project.agent(&["fix the bug"]).code(2).stderr_has("the screen needs a terminal").stderr_has("agent run");
    project.agent(&["-C", "nowhere", "fix the bug"]).code(2).stderr_has("the screen needs a terminal");
    project.agent(&["resume"]).code(2).stderr_has("there is no session");
    project.agent(&["-m", "x/y", "run", "x"]).code(2);
}

#[test]
fn a_session_is_written_as_a_file_in_the_folder_of_the_work() {
    let project = bare().reply(Reply::text("a pelican"));
    run(async {
        let desk = desk(&project);
        let opened = desk.open(new()).await.unwrap();
        let session = opened.session.clone();
        worked(opened, "which bird?").await;
        let export = |path: &str| {
            desk.act(Act::Export { session: session.clone(), format: Format::Markdown, path: Some(path.into()) })
        };
        let Done::Said(words) = export("said.md").await.unwrap() else { panic!() };
        assert!(words.contains("said.md") && project.read("said.md").contains("a pelican"), "{words}");
        assert!(export("said.md").await.unwrap_err().message.contains("is there already"));
        desk.close().await;
    });
}
