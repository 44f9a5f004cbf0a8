//! How much a session keeps: little more than the model saw, long outputs and images once, and nothing of what is constant.

use super::running::{asked, model_of, of_type, records};
use crate::support::*;
use serde_json::json;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Lines of source as they are, so that nothing is said of lines of one letter.
fn source(name: usize) -> String {
    (0..120).map(|line| format!("    let value_{name}_{line} = compute({line}, \"text of {name}\")?;\n")).collect()
}

/// One line is changed, as the wire's models do it.
fn rename(wire: Wire, file: &str, turn: usize) -> Say {
    let line = |name: &str| format!("    let {name} = compute({turn}, \"text of {}\")?;", turn % 10);
    let (old, new) = (line(&format!("value_{}_{turn}", turn % 10)), line(&format!("renamed_{turn}")));
    match wire {
        Wire::Responses => {
            let patch = format!("*** Begin Patch\n*** Update File: {file}\n@@\n-{old}\n+{new}\n*** End Patch\n");
            Say::Custom { name: "apply_patch".into(), input: patch }
        }
        Wire::Chat | Wire::Messages | Wire::Gemini | Wire::Converse => {
            let edit = json!({"path": file, "old_string": old, "new_string": new});
            Say::Call { name: "edit".into(), input: json!({ "edits": [edit] }) }
        }
    }
}

/// What a model does in a session of ordinary work, turn by turn.
fn ordinary(wire: Wire, turn: usize) -> Reply {
    let file = format!("src/file_{}.rs", turn % 10);
    let reply = Reply::default().think("I look at the next one.");
    match turn {
        29.. => Reply::text("Done: all values are computed."),
        turn if turn % 5 == 0 => reply.and_call("search", json!({"pattern": format!("value_{}_1\\d", turn % 10)})),
        turn if turn % 5 == 3 => reply.and_text("I rename it.").and(rename(wire, &file, turn)),
        7 | 17 => reply.and_call(
            "shell",
            json!({"command": format!("for i in $(seq 1 3000); do echo \"test case_$i of {turn} ... ok\"; done")}),
        ),
        turn if turn % 5 == 4 => reply.and_call("shell", json!({"command": "wc -l src/*.rs; exit 1"})),
        _ => reply.and_call("read", json!({"path": file})),
    }
}

fn working(wire: Wire) -> Project {
    let turn = AtomicUsize::new(0);
    let server = Server::respond_with(wire, move |_| Step::Reply(ordinary(wire, turn.fetch_add(1, Ordering::SeqCst))));
    let project =
        (0..10).fold(Project::new(), |project, name| project.file(&format!("src/file_{name}.rs"), &source(name)));
    project.server(server).env("AGENT_MODEL", model_of(wire))
}

/// The last request holds all that the model saw but for its last answer; what earlier requests repeated counts once.
#[test]
fn a_log_is_little_more_than_the_model_saw() {
    for wire in [Wire::Responses, Wire::Chat, Wire::Messages, Wire::Gemini, Wire::Converse] {
        let project = working(wire);
        let answer = project.run(&["compute all values"]).code(0).stdout;
        project.model_server().assert_no_violations();
        let requests = project.model_server().requests();
        assert_eq!(requests.len(), 30);
        let seen = requests[29].raw.len() + answer.len();
        let log = fs::metadata(&project.sessions()[0]).unwrap().len() as usize;
        let ratio = log as f64 / seen as f64;
        eprintln!("{wire:?}: log {log} bytes, the model saw {seen}: {ratio:.2}");
        assert_eq!(of_type(&records(&project), "edited").len(), 6, "{wire:?}: all of the work was done");
        assert!(ratio <= 1.5, "{wire:?}: {ratio:.2}");
    }
}

#[test]
fn long_outputs_are_kept_once_and_the_instructions_not_at_all() {
    let project = working(Wire::Messages);
    project.run(&["compute all values"]).code(0);
    let path = &project.sessions()[0];
    let log = fs::read_to_string(path).unwrap();
    assert!(!log.contains("test case_1500 of 7 "), "the middle of a long output is not in the log");
    let folder = path.parent().unwrap().join("spill");
    let spilled: Vec<String> =
        fs::read_dir(&folder).unwrap().flatten().map(|entry| fs::read_to_string(entry.path()).unwrap()).collect();
    assert_eq!(spilled.len(), 2);
    let found: usize = spilled.iter().map(|text| text.matches("test case_1500 of 7 ").count()).sum();
    assert_eq!(found, 1);
    let system = agent::prompt::system(agent::base::model::Family::Claude);
    let part = system.lines().find(|line| line.len() > 60).unwrap();
    assert!(asked(&project.model_server().requests()[0]).contains(part) && !log.contains(part), "no copy of {part:?}");
    assert!(!log.contains(&agent::prompt::tool("shell")[..40]), "and none of the tools");
    assert_eq!(log.matches("compute all values").count(), 1, "the task is there once");
}

#[test]
fn an_image_is_kept_once_however_often_it_is_shown() {
    let image: Vec<u8> = [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0".to_vec(),
        (0..60_000_u32).map(|nth| (nth * 31 % 251) as u8).collect(),
    ]
    .concat();
    let project = Project::new()
        .bytes("a.png", &image)
        .bytes("b.png", &image)
        .reply(Reply::call("read", json!({"path": "b.png"})))
        .reply(Reply::text("the same"))
        .reply(Reply::text("still the same"));
    project.run(&["-i", "a.png", "look"]).code(0);
    project.run(&["--continue", "-i", "a.png", "look again"]).code(0);
    project.model_server().assert_no_violations();
    let path = &project.sessions()[0];
    let blobs: Vec<_> = fs::read_dir(path.parent().unwrap().join("blobs")).unwrap().flatten().collect();
    assert_eq!(blobs.len(), 1);
    assert_eq!(fs::read(blobs[0].path()).unwrap(), image);
    assert!(fs::metadata(path).unwrap().len() < 20_000, "the log refers to it");
    let records = records(&project);
    let shown: Vec<_> =
        of_type(&records, "user_message").iter().map(|data| data["images"][0]["blob"].clone()).collect();
    assert_eq!(shown, [json!(blobs[0].file_name().to_str().unwrap()), json!(blobs[0].file_name().to_str().unwrap())]);
}
