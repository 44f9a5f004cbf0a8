//! When the window fills: old outputs go first, then a summary stands for the history; it says so, and always ends.

use super::running::{asked, of_type, records};
use crate::support::*;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A server with a small window: its counts are those of a tokeniser with four bytes a token, and it knows its limit.
fn server(context: usize, brain: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Server {
    let turn = AtomicUsize::new(0);
    Server::respond_with(Wire::Chat, move |request| {
        let text = asked(request);
        let input = text.len() as u64 / 4;
        let room = request.body["max_tokens"].as_u64().or(request.body["max_completion_tokens"].as_u64()).unwrap_or(0);
        if input + room > context as u64 {
            let message = format!(
                "This model's maximum context length is {context} tokens. However, you requested {input} + {room}."
            );
            let error = json!({"error": {"message": message, "type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded"}});
            return Step::Status { code: 400, headers: Vec::new(), body: error.to_string() };
        }
        let is_summary = text.contains("The conversation is about to be shortened");
        let nth = if is_summary { usize::MAX } else { turn.fetch_add(1, Ordering::SeqCst) };
        let usage = TokenUse { input, output: 20, ..TokenUse::default() };
        Step::Reply(brain(nth, &text).usage(usage))
    })
}

fn project(context: usize, brain: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Project {
    Project::new().config(&format!("[models.\"lab/test-model\"]\ncontext = {context}\n")).server(server(context, brain))
}

fn read(path: &str) -> Reply {
    Reply::call("read", json!({ "path": path }))
}

/// A file with a name of its own in every line.
fn filler(name: &str, bytes: usize) -> String {
    let line = format!("{name} has a line of some length here\n");
    line.repeat(bytes.div_ceil(line.len()))
}

/// The id in the first note that stands for an output.
fn left_out(text: &str) -> Option<&str> {
    let id = text.split("left out to save room; read output:").nth(1)?;
    id.split(' ').next()
}

#[test]
fn old_outputs_go_first_and_each_can_be_read_again() {
    let project = project(24_000, |turn, text| match left_out(text) {
        _ if turn > 20 => Reply::text("It never came to that."),
        None => read(&format!("file_{turn}")),
        Some(_) if text.contains("file_0 has a line") => Reply::text("I have seen it again."),
        Some(id) => read(&format!("output:{id}")),
    });
    let project = (0..30)
        .fold(project, |project, nth| project.file(&format!("file_{nth}"), &filler(&format!("file_{nth}"), 4500)));
    project.run(&["read them all"]).code(0).stdout_has("I have seen it again.").stderr_has("made room: ");
    project.model_server().assert_no_violations();
    let records = records(&project);
    let pruned = of_type(&records, "pruned");
    assert_eq!((pruned.len(), of_type(&records, "compacted").len()), (1, 0), "no summary is needed");
    let calls = pruned[0]["calls"].as_array().unwrap();
    let reads = of_type(&records, "tool_finished").iter().filter(|data| data["tool"] == "read").count();
    assert_eq!(calls.len() + 3, reads - 1, "the last few outputs stay");
    let (before, after) = (pruned[0]["tokens_before"].as_u64().unwrap(), pruned[0]["tokens_after"].as_u64().unwrap());
    assert!(after * 3 / 2 < before && after > 0, "it frees a lot at once: {before} to {after}");
    let requests = project.model_server().requests();
    let again = asked(requests.last().unwrap());
    assert_eq!(again.matches("left out to save room").count(), calls.len());
    assert!(again.contains("file_0 has a line") && !again.contains("file_1 has a line"), "{again}");
}

/// What a session has when its history is summarised: the rules, the plan, the user's words.
fn summarised(summary: &'static str) -> (Project, Outcome) {
    let project = project(8000, move |turn, text| match turn {
        usize::MAX => Reply::text(summary),
        0 => Reply::call("plan", json!({"steps": [{"step": "feed the otter", "status": "in_progress"}]}))
            .and_text("A plan first."),
        _ if text.contains("<summary_of_earlier_work>") => Reply::text("Done after all."),
        _ => read(&format!("file_{turn}")),
    });
    let project = (0..30)
        .fold(project, |project, nth| project.file(&format!("file_{nth}"), &filler(&format!("file_{nth}"), 2400)));
    let project = project.file("AGENTS.md", "Always greet the ferret.\n");
    let outcome =
        project.run(&["count the badgers"]).code(0).stdout_has("Done after all.").stderr_has("history of about");
    project.model_server().assert_no_violations();
    (project, outcome)
}

#[test]
fn a_summary_stands_for_the_history_and_keeps_what_is_pinned() {
    let (project, _) = summarised("Goal: badgers. Known: file_1 and file_2 hold none.");
    let records = records(&project);
    let compacted = of_type(&records, "compacted");
    assert_eq!(compacted.len(), 1);
    let (before, after) =
        (compacted[0]["tokens_before"].as_u64().unwrap(), compacted[0]["tokens_after"].as_u64().unwrap());
    assert!(0 < after && after < before, "{before} to {after}");
    let at = records.iter().position(|record| record["type"] == "compacted").unwrap();
    assert!(compacted[0]["through"].as_u64().unwrap() <= at as u64, "it reaches back, never forth");
    let requests = project.model_server().requests();
    let last = asked(requests.last().unwrap());
    for pinned in
        ["Always greet the ferret.", "count the badgers", "[>] feed the otter", "Known: file_1 and file_2 hold none."]
    {
        assert!(last.contains(pinned), "{pinned:?} is pinned: {last}");
    }
    assert!(!last.contains("about to be shortened") && !last.contains("file_1 has a line"), "{last}");
    let tools = |request: &Request| request.body["tools"].clone();
    assert!(requests.iter().all(|request| tools(request) == tools(&requests[0])), "the cached beginning stays");
    assert!(
        of_type(&records, "message").iter().all(|data| !data.to_string().contains("Goal: badgers")),
        "a summary is no answer"
    );
    let turns = of_type(&records, "turn_finished").len();
    assert_eq!(turns, requests.len(), "and it is paid for");
}

#[test]
fn an_empty_summary_is_none_and_the_run_goes_on() {
    let (project, _) = summarised("");
    let records = records(&project);
    let summary = &of_type(&records, "compacted")[0]["summary"];
    assert_eq!(summary, "(no summary; the last words were: A plan first.)");
}

#[test]
fn one_huge_output_does_not_end_the_run() {
    let project = project(8000, |turn, text| match turn {
        usize::MAX => Reply::text("the file was too much at once"),
        _ if text.contains("<summary_of_earlier_work>") => Reply::text("Done without it."),
        _ => read("huge"),
    })
    .file("huge", &filler("huge", 200_000));
    project.run(&["look at it"]).code(0).stdout_has("Done without it.");
    project.model_server().assert_no_violations();
    assert!(project.model_server().requests().len() <= 5);
}

/// A model that learns nothing from it is stopped by the guard against loops.
#[test]
fn one_huge_output_over_and_over_ends_by_the_loop_guard() {
    let project = project(8000, |turn, _| if turn == usize::MAX { Reply::text("again") } else { read("huge") });
    let project = project.file("huge", &filler("huge", 200_000));
    project.run(&["look at it"]).code(5).stderr_has("8 times in the same way");
    project.model_server().assert_no_violations();
    assert!(of_type(&records(&project), "compacted").len() < 10);
}

#[test]
fn a_task_that_never_fits_is_an_error_and_not_a_loop() {
    let project = project(8000, |_, _| Reply::text("a summary"));
    let task = filler("task", 40_000);
    let outcome = project.run(&["--json", &task]).code(1);
    let error = &outcome.outcome()["error"];
    assert_eq!(error["kind"], "context_full", "{error}");
    assert!(error["message"].as_str().unwrap().contains("does not fit into the model's context window"), "{error}");
    assert!(project.model_server().requests().len() <= 3);
}

/// The estimate may be wrong where the catalog is: then the provider says it, and room is made all the same.
#[test]
fn room_is_made_when_the_provider_says_that_the_window_is_full() {
    let project = Project::new().config("[models.\"lab/test-model\"]\ncontext = 100000\nmax_output = 1000\n").server(
        server(9000, |turn, text| match turn {
            usize::MAX => Reply::text("summary of it"),
            _ if text.contains("left out to save room") || text.contains("summary of it") => {
                Reply::text("Done with less.")
            }
            _ => read(&format!("file_{turn}")),
        }),
    );
    let project = (0..30)
        .fold(project, |project, nth| project.file(&format!("file_{nth}"), &filler(&format!("file_{nth}"), 4000)));
    project.run(&["read them all"]).code(0).stdout_has("Done with less.");
    project.model_server().assert_no_violations();
    let records = records(&project);
    assert_eq!(of_type(&records, "pruned").len(), 1);
    let failed: Vec<&Value> =
        of_type(&records, "turn_finished").into_iter().filter(|data| !data["error"].is_null()).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0]["error"]["kind"], "context_full");
}
