//! Prompts: holes are known and filled, every file is used, and what a first request costs before a word of the task.

use crate::support::*;
use agent::base::model::Family;
use agent::prompt::{self, Surroundings, fill};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The most tokens of instructions and tools together.
const MOST: usize = 2500;

/// Its name, a template, the values, and what comes of them.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)], Result<&'static str, &'static str>);

#[test]
fn holes_are_known_and_filled() {
    let cases: &[Case] = &[
        ("no hole", "plain } text {", &[], Ok("plain } text {")),
        ("a hole twice", "{{a}}-{{a}}", &[("a", "x")], Ok("x-x")),
        ("a value that looks like a hole", "{{a}}{{b}}", &[("a", "{{b}}"), ("b", "y")], Ok("{{b}}y")),
        ("an unknown hole", "{{a}} {{b}}", &[("a", "x")], Err("unknown hole `b`")),
        ("a value without a hole", "{{a}}", &[("a", "x"), ("c", "y")], Err("no hole for `c`")),
        ("a hole that is not closed", "{{a", &[("a", "x")], Err("a hole is not closed")),
        ("names are exact", "{{ a }}", &[("a", "x")], Err("unknown hole ` a `")),
    ];
    for (name, template, values, expected) in cases {
        let expected = expected.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(fill(template, values), expected, "{name}");
    }
}

fn context() -> String {
    prompt::context(&Surroundings {
        folder: "/w/a",
        root: "/w",
        branch: "\nBranch: main",
        platform: "linux",
        date: "2026-11-21",
        sandbox: "\nSandbox: commands write below the root and in $TMPDIR; no network",
        instructions: "\n\n<instructions/>",
    })
    .expect("the context's holes are those that are filled")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn every_prompt_file_is_used() {
    let families = [Family::Openai, Family::Claude, Family::Other];
    let mut used: Vec<String> = families.into_iter().map(prompt::system).collect();
    used.push(prompt::compaction().to_owned());
    used.push(prompt::focus("{{focus}}").unwrap());
    used.push(prompt::aside("{{question}}").unwrap());
    for tool in families.into_iter().map(agent::config::families::edits).flat_map(agent::tool::for_edits) {
        let spec = tool.spec();
        assert_eq!(spec.description, prompt::tool(spec.name), "`{}` says what its file says", spec.name);
        assert!(!spec.description.is_empty(), "`{}` has a description", spec.name);
        used.push(spec.description.clone());
    }
    let all = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts"));
    assert!(all.len() > 10, "{all:?}");
    for path in all {
        let text = fs::read_to_string(&path).unwrap();
        let is_used = used.iter().any(|used| used.contains(text.trim())) || path.ends_with("prompts/context.md");
        assert!(is_used, "{} is used nowhere", path.display());
    }
}

#[test]
fn the_context_has_everything_it_is_given() {
    let text = context();
    for part in ["/w/a", "Root: /w\nBranch: main\n", "linux", "2026-11-21", "<instructions/>"] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert!(!text.contains("{{"), "{text}");
}

/// The instructions and the tools of a first request, as the wire has them.
fn fixed_part(wire: Wire, model: &str) -> String {
    let config = "[models.\"lab/gpt-test\"]\nfamily = \"openai\"\n[models.\"lab/claude-test\"]\nfamily = \"claude\"\n";
    let project = Project::new().config(config).server(Server::start(wire, vec![Reply::text("done").into()]));
    project.run(&["-m", model, "x"]).code(0);
    project.model_server().assert_no_violations();
    let body = project.model_server().requests()[0].body.clone();
    let system = match wire {
        Wire::Responses => &body["instructions"],
        Wire::Messages | Wire::Converse => &body["system"],
        Wire::Chat => &body["messages"][0],
        Wire::Gemini => &body["systemInstruction"],
    };
    let tools = if wire == Wire::Gemini { &body["tools"][0]["functionDeclarations"] } else { &body["tools"] };
    assert!(!system.is_null() && tools.as_array().is_some_and(|tools| tools.len() >= 6), "{body}");
    let text = |value: &Value| serde_json::to_string(value).unwrap();
    format!("{}{}", text(system), text(tools))
}

/// A tool that is not worth its tokens is paid for in every request.
#[test]
fn instructions_and_tools_are_small() {
    let cases = [
        (Wire::Responses, "openai/gpt-test", Family::Openai),
        (Wire::Chat, "lab/gpt-test", Family::Openai),
        (Wire::Messages, "anthropic/claude-test", Family::Claude),
        (Wire::Chat, "lab/claude-test", Family::Claude),
        (Wire::Chat, "lab/test-model", Family::Other),
        (Wire::Gemini, "google/gemini-3-test", Family::Other),
    ];
    let counted = cases.map(|(wire, model, family)| {
        let tokens = bpe_openai::o200k_base().count(&fixed_part(wire, model));
        eprintln!("{family:?} on {wire:?}: {tokens} tokens of instructions and tools");
        (family, wire, tokens)
    });
    assert!(counted.iter().all(|(_, _, tokens)| *tokens <= MOST), "at most {MOST}: {counted:?}");
}
