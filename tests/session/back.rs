//! The way back: the model's view ends before an earlier task, what is left is what it has seen, and nothing else forgets.

use super::talk::{Talk, again, messages, soon};
use crate::run::ending::texts;
use crate::run::steering::parts;
use crate::support::*;
use agent::base::access::{Mode, Network};
use agent::base::command::Command;
use agent::base::event::{Event, InstructionFile, SessionStarted};
use agent::disk::Disk;
use agent::session::Parts;
use agent::workspace::checkpoint::Store;
use agent::workspace::checkpoint::plan::Goal;
use serde_json::json;

fn back(before: u64) -> Command {
    Command::Rewind { before }
}

fn is_rewound(event: &Event) -> bool {
    matches!(event, Event::Rewound { .. })
}

fn context(text: &str) -> Vec<Event> {
    vec![Event::Context { text: text.into(), instructions: Vec::<InstructionFile>::new() }]
}

fn said(texts: &[&str]) -> Vec<Step> {
    texts.iter().map(|text| Reply::text(*text).into()).collect()
}

#[test]
fn what_is_left_is_what_the_model_has_seen() {
    let project = Project::new();
    let read = Reply::call("shell", json!({"command": "echo otter"}));
    let mut replies = said(&["One."]);
    replies.push(read.into());
    replies.extend(said(&["Two.", "Three.", "Two again.", "Two, later."]));
    let server = Server::start(Wire::Chat, replies);
    soon(async {
        let mut talk = Talk::begin(Parts { opening: context("It is Sunday."), ..parts(&project, &server) });
        talk.task("first").await;
        talk.task("second").await;
        talk.task("third").await;
        let (second, third) = (talk.task_seq("second"), talk.task_seq("third"));
        assert!(talk.notice(back(second + 1)).await.contains("no task begins with it"));
        assert_eq!(talk.ask(back(second), is_rewound).await, Event::Rewound { before: second });
        assert!(talk.notice(back(third)).await.contains("no task begins with it"), "it has not happened");
        let end = talk.task("second, differently").await;
        assert_eq!(end.turns, 1);
        let earlier = talk.end().await;
        let mut talk = Talk::begin(again(&project, &server));
        talk.task("fourth").await;
        let records = talk.end().await;
        let turns: Vec<u64> = earlier
            .iter()
            .chain(&records)
            .filter_map(|record| if let Event::TurnStarted { turn, .. } = record.event { Some(turn) } else { None })
            .collect();
        assert_eq!(turns, [1, 2, 3, 4, 5, 6], "turns stay counted");
    });
    let (first, second, anew, later) =
        (messages(&server, 0), messages(&server, 1), messages(&server, 4), messages(&server, 5));
    let kept = second.len() - 1;
    assert_eq!(anew[..kept], second[..kept], "what stays is as it was");
    assert_eq!(anew[..first.len()], first[..]);
    assert_eq!(anew.len(), second.len());
    assert!(texts(anew.last().unwrap()).ends_with("second, differently\n"));
    assert_eq!(later[..anew.len()], anew[..], "also when the session goes on");
    assert!(!later.iter().any(|message| texts(message).contains("otter") || texts(message).contains("third")));
    server.assert_no_violations();
}

/// Its words and those of the task after it are one message.
#[test]
fn the_way_back_goes_through_the_middle_of_a_message() {
    let project = Project::new();
    let refused = Step::Status { code: 400, headers: Vec::new(), body: "{}".into() };
    let mut replies = vec![refused];
    replies.extend(said(&["Two.", "Three."]));
    let server = Server::start(Wire::Chat, replies);
    soon(async {
        let mut talk = Talk::begin(parts(&project, &server));
        talk.task("first").await;
        talk.send(Command::Ran { command: "ls".into(), output: "a b".into(), exit: Some(0) }).await;
        talk.task("second").await;
        let second = talk.task_seq("second");
        talk.ask(back(second), is_rewound).await;
        talk.task("another").await;
        talk.end().await;
    });
    let (second, another) = (messages(&server, 1), messages(&server, 2));
    assert_eq!(second.len(), another.len());
    let (second, another) = (texts(second.last().unwrap()), texts(another.last().unwrap()));
    assert_eq!(another.replace("another", "second"), second);
    assert!(second.contains("first") && second.contains("The user ran `ls`"));
}

#[test]
fn there_is_no_way_back_behind_a_summary() {
    let project = Project::new();
    let server = Server::start(Wire::Chat, said(&["One.", "Two.", "Goal: a summary.", "Three.", "Four."]));
    soon(async {
        let mut talk = Talk::begin(parts(&project, &server));
        talk.task("first").await;
        talk.task("second").await;
        let second = talk.task_seq("second");
        let is_compacted = |event: &Event| matches!(event, Event::Compacted { .. });
        talk.ask(Command::Compact { focus: None }, is_compacted).await;
        assert!(talk.notice(back(second)).await.contains("no way back behind a summary"));
        talk.task("third").await;
        let third = talk.task_seq("third");
        talk.ask(back(third), is_rewound).await;
        talk.task("fourth").await;
        talk.end().await;
    });
    let last: String = messages(&server, 4).iter().map(texts).collect();
    assert!(last.contains("Goal: a summary.") && last.ends_with("fourth\n") && !last.contains("third"), "{last}");
}

/// A session that keeps its workspace before and after each task.
fn kept(project: &Project, server: &Server) -> (Store, Parts) {
    let store = Store::new(&project.home().join("state"), &project.path(), Disk::default(), 1 << 30);
    let started = SessionStarted {
        session: "session".into(),
        version: "0.1.0".into(),
        root: project.path().display().to_string(),
        project: String::new(),
        branch: None,
        model: "lab/test-model".into(),
        models: Vec::new(),
        wire: agent::base::model::Wire::Chat,
        mode: Mode::Auto,
        sandbox: "none".into(),
        network: Network::Off,
        user: String::new(),
        resumed: false,
        replayed: false,
    };
    let opening = vec![Event::SessionStarted(started)];
    (store.clone(), Parts { checkpoints: Some(store), opening, ..parts(project, server) })
}

fn undo(store: &Store) {
    let plan = store.plan(&Goal::Undo { turns: 1 }, &[]).unwrap();
    store.carry_out(&plan, false).unwrap();
}

fn writes() -> Step {
    Reply::call("write", json!({"path": "made", "content": "x\n"})).into()
}

#[test]
fn what_was_taken_back_meanwhile_is_told_once() {
    let project = Project::new();
    let replies = [vec![writes()], said(&["One.", "Two.", "Three."])].concat();
    let server = Server::start(Wire::Chat, replies);
    soon(async {
        let (store, parts) = kept(&project, &server);
        let mut talk = Talk::begin(parts);
        talk.task("make it").await;
        assert!(project.exists("made"));
        undo(&store);
        assert!(!project.exists("made"));
        talk.task("second").await;
        talk.task("third").await;
        talk.end().await;
    });
    let told =
        |nth: usize| messages(&server, nth).iter().filter(|message| texts(message).contains("taken back")).count();
    assert_eq!([0, 1, 2, 3].map(told), [0, 0, 1, 1]);
    assert!(texts(messages(&server, 2).last().unwrap()).contains("for \"make it\" with `agent undo`"));
}

/// Whichever comes first: the model does not know of the task.
#[test]
fn what_was_taken_back_of_a_task_that_has_not_happened_is_not_told() {
    for undo_first in [true, false] {
        let project = Project::new();
        let replies = [vec![writes()], said(&["One.", "Two."])].concat();
        let server = Server::start(Wire::Chat, replies);
        soon(async {
            let (store, parts) = kept(&project, &server);
            let mut talk = Talk::begin(parts);
            talk.task("make it").await;
            let task = talk.task_seq("make it");
            if undo_first {
                undo(&store);
            }
            talk.ask(back(task), is_rewound).await;
            if !undo_first {
                undo(&store);
            }
            talk.task("something else").await;
            talk.end().await;
        });
        let last: String = messages(&server, 2).iter().map(texts).collect();
        assert!(last.contains("something else") && !last.contains("taken back"), "{last}");
    }
}

/// What changed since is told anew where going back takes it away.
#[test]
fn surroundings_are_told_anew() {
    let project = Project::new();
    let server = Server::start(Wire::Chat, said(&["One.", "Two.", "Three."]));
    soon(async {
        let mut talk = Talk::begin(Parts { opening: context("It is Sunday."), ..parts(&project, &server) });
        talk.task("first").await;
        let first = talk.task_seq("first");
        talk.end().await;
        let mut talk = Talk::begin(Parts { opening: context("It is Monday."), ..again(&project, &server) });
        talk.task("second").await;
        talk.ask(back(first), is_rewound).await;
        talk.task("third").await;
        talk.end().await;
    });
    let last = messages(&server, 2);
    assert_eq!(last.len(), 2);
    assert_eq!(texts(&last[1]["content"]).replace("text\n", ""), "It is Sunday.\nIt is Monday.\nthird\n");
}
