//! Where somebody can answer, a change is shown before it is written, and only what was accepted is written. `agent run` has
//! nobody to ask, so this speaks to a session as a surface does.

use super::ending::*;
use super::steering::{parts, words};
use crate::support::*;
use agent::base::access::{Answer, Ask, Mode, Remember};
use agent::base::change::{Accept, FileReview, Review};
use agent::base::command::Command;
use agent::base::event::Event;
use agent::base::port::{Item, Port};
use agent::disk::Disk;
use agent::policy::Policy;
use agent::session::start;
use agent::workspace::checkpoint::Store;
use futures_util::StreamExt;
use serde_json::json;

const TEN: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";

/// Works in mode `ask`; each question gets the answer that `answer` gives. The questions, and what the model was told.
fn asked(project: &Project, steps: Vec<Step>, answer: impl Fn(&Ask) -> Answer) -> (Vec<Ask>, String) {
    let server = Server::start(Wire::Chat, steps);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let asks = runtime.block_on(async {
        let mut parts = parts(project, &server);
        parts.policy = Policy { attended: true, ..Policy::new(Mode::Ask) };
        parts.checkpoints = Some(Store::new(&project.home().join("state"), &project.path(), Disk::default(), u64::MAX));
        let (session, work) = start(parts);
        let work = tokio::spawn(work);
        session.send(words("do it")).await.unwrap();
        let mut reader = session.read(0);
        let mut asks = Vec::new();
        loop {
            let item = tokio::time::timeout(PATIENCE, reader.next()).await.expect("it ends").unwrap().unwrap();
            let Item::Record(record) = item else { continue };
            if let Event::Asked(ask) = &record.event {
                session.send(Command::Answer { ask: ask.id, answer: answer(ask) }).await.unwrap();
                asks.push(ask.clone());
            } else if let Event::Outcome(_) = &record.event {
                break;
            }
        }
        drop((session, reader));
        work.await.unwrap();
        asks
    });
    server.assert_no_violations();
    let told =
        server.requests().last().unwrap().body["messages"].as_array().unwrap().last().unwrap()["content"].to_string();
    (asks, told)
}

fn two_edits() -> Vec<Step> {
    let edits = json!({"edits": [
        {"path": "a.txt", "old_string": "1\n2\n3\n", "new_string": "1\ntwo\n3\n"},
        {"path": "a.txt", "old_string": "11\n", "new_string": "eleven\n"},
    ]});
    vec![Reply::call("edit", edits).into(), Reply::text("Done.").into()]
}

#[test]
fn only_the_accepted_hunk_is_written_and_the_model_is_told() {
    let project = Project::new().file("a.txt", TEN);
    let review = |comment: Option<&str>| Review {
        files: vec![FileReview { path: "a.txt".into(), accept: Accept::Hunks(vec![1]) }],
        edited: Vec::new(),
        edited_hunks: Vec::new(),
        comment: comment.map(str::to_owned),
    };
    let (asks, told) = asked(&project, two_edits(), |_| Answer::Review(review(Some("keep the two"))));
    assert_eq!(project.read("a.txt"), TEN.replace("11\n", "eleven\n"));
    let shown = &asks[0].change[0];
    assert_eq!((asks.len(), shown.path.as_str(), shown.diff.matches("@@ -").count()), (1, "a.txt", 2));
    assert!(told.contains("accepted only a part") && told.contains("keep the two"), "{told}");
}

#[test]
fn a_no_with_a_comment_writes_nothing() {
    let project = Project::new().file("a.txt", TEN);
    let (asks, told) = asked(&project, two_edits(), |_| Answer::Deny { comment: Some("not this file".into()) });
    assert_eq!((asks.len(), project.read("a.txt").as_str()), (1, TEN));
    assert!(told.contains("the user said no: not this file"), "{told}");
}

#[test]
fn a_yes_writes_all_of_it_and_commands_are_asked_for_too() {
    let project = Project::new().file("a.txt", TEN);
    let mut steps = vec![Step::from(Reply::call("shell", json!({"command": "echo ran > b.txt"})))];
    steps.extend(two_edits());
    let (asks, told) = asked(&project, steps, |_| Answer::Allow { remember: Remember::Once });
    assert_eq!(asks.iter().map(|ask| ask.tool.as_str()).collect::<Vec<_>>(), ["shell", "shell", "edit"]);
    assert_eq!(project.read("a.txt"), TEN.replace("2\n3", "two\n3").replace("11\n", "eleven\n"));
    assert_eq!(project.read("b.txt"), "ran\n");
    assert!(!told.contains("the user"), "{told}");
}

#[test]
fn what_a_command_changed_is_shown_after_it_and_what_is_not_accepted_is_put_back() {
    let project = Project::new().file("a.txt", TEN).file("c.txt", "stays\n");
    let steps = vec![
        Reply::call("shell", json!({"command": "sed -i s/11/eleven/ a.txt; echo new > b.txt; rm c.txt"})).into(),
        Reply::text("Done.").into(),
    ];
    let (asks, told) = asked(&project, steps, |ask| match ask.change.as_slice() {
        [] => Answer::Allow { remember: Remember::Once },
        _ => Answer::Review(Review {
            files: vec![FileReview { path: "b.txt".into(), accept: Accept::All }],
            edited: Vec::new(),
            edited_hunks: Vec::new(),
            comment: None,
        }),
    });
    let shown = asks.iter().flat_map(|ask| &ask.change).map(|change| change.path.as_str());
    assert_eq!(shown.collect::<Vec<_>>(), ["a.txt", "b.txt", "c.txt"]);
    assert_eq!(project.read("a.txt"), TEN);
    assert_eq!(project.read("b.txt"), "new\n");
    assert_eq!(project.read("c.txt"), "stays\n");
    assert!(told.contains("put back: a.txt, c.txt"), "{told}");
}
