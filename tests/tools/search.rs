//! `search` and `find`: as git sees the workspace, bounded, and side by side; words for what cannot be searched.

use super::bench::{Bench, pipe};
use crate::support::*;
use agent::base::model::Family;
use serde_json::{Value, json};

fn bench() -> Bench {
    let bench = Bench::new(Family::Claude)
        .file("src/main.rs", "fn main() {\n    run();\n}\n")
        .file("src/run.rs", "fn run() {}\r\n// run it\n")
        .file("notes.md", "run\n")
        .file(".github/ci.yml", "run: test\n")
        .file(".gitignore", "target/\n*.log\n")
        .file("target/out.rs", "fn run() {}\n")
        .file("run.log", "run\n")
        .file(".git/config", "run\n")
        .file("blob.bin", b"run\0run\n");
    pipe(&bench, "pipe");
    bench
}

#[test]
fn search_finds_lines_and_groups_them_by_file() {
    let bench = bench();
    let cases = [
        (
            "all of the workspace, without what is ignored, binary or git's",
            json!({"pattern": "run"}),
            ".github/ci.yml\n1\trun: test\nnotes.md\n1\trun\nsrc/main.rs\n2\t    run();\nsrc/run.rs\n1\tfn run() {}\n2\t// run it\n",
        ),
        ("by glob", json!({"pattern": "run", "glob": "*.md"}), "notes.md\n1\trun\n"),
        (
            "by a glob with folders",
            json!({"pattern": "^fn", "glob": "src/*.rs"}),
            "src/main.rs\n1\tfn main() {\nsrc/run.rs\n1\tfn run() {}\n",
        ),
        (
            "in a folder",
            json!({"pattern": r"run\(\)", "path": "src"}),
            "src/main.rs\n2\t    run();\nsrc/run.rs\n1\tfn run() {}\n",
        ),
        ("in a file", json!({"pattern": "it$", "path": "src/run.rs"}), "src/run.rs\n2\t// run it\n"),
        ("nothing", json!({"pattern": "nowhere at all"}), "(no matches)"),
    ];
    for (name, arguments, expected) in cases {
        assert_eq!(bench.says("search", arguments), expected, "{name}");
    }
}

#[test]
fn search_is_bounded() {
    let many: String = (0..500).map(|nth| format!("hit {nth}\n")).collect();
    let bench =
        Bench::new(Family::Claude).file("many.txt", many).file("wide.txt", format!("wide {}\n", "é".repeat(5000)));
    let text = bench.says("search", json!({"pattern": "^hit"}));
    assert_eq!(text.lines().count(), 1 + 200 + 1);
    assert!(text.ends_with("200\thit 199\n(more than 200 matches; narrow it with path, glob or pattern)"), "{text}");
    let wide = bench.says("search", json!({"pattern": "wide"}));
    assert!(wide.len() < 700 && wide.ends_with("é …\n"), "{wide}");
}

#[test]
fn what_cannot_be_searched_is_said() {
    let bench = bench();
    let cases = [
        ("search", json!({"pattern": "fn main("}), "`fn main(` is not a regular expression: "),
        ("search", json!({"pattern": "x", "glob": "a{"}), "`a{` is not a glob: "),
        ("search", json!({"pattern": "x", "path": "nowhere"}), "there is no `nowhere`"),
        ("search", json!({"pattern": "x", "path": "../.."}), "is outside of the workspace"),
        (
            "search",
            json!({"query": "x"}),
            r#"missing field `pattern` at line 1 column 13; send {"pattern": "fn main", "glob": "*.rs"}"#,
        ),
        ("find", json!({"glob": "[a"}), "`[a` is not a glob: "),
        ("find", json!({"glob": "*", "path": "notes.md"}), "there is no folder `notes.md`"),
        ("find", json!({"name": "x"}), r#"send {"glob": "**/*.rs"}"#),
    ];
    for (tool, arguments, words) in cases {
        let said = bench.fails(tool, arguments.clone());
        assert!(said.contains(words), "{tool} {arguments}: {said}");
    }
    let said = bench.fails("search", json!({"pattern": "fn main("}));
    assert!(said.ends_with("escape special characters to search for them"), "{said}");
}

#[test]
fn find_lists_files_by_glob() {
    let bench = bench();
    let cases = [
        ("a name in any folder", json!({"glob": "*.rs"}), "src/main.rs\nsrc/run.rs"),
        ("as other agents name it", json!({"pattern": "main.*"}), "src/main.rs"),
        ("a path", json!({"glob": "src/**/r*"}), "src/run.rs"),
        ("a star stays in its folder", json!({"glob": "./*/main.rs"}), "src/main.rs"),
        ("hidden ones", json!({"glob": "*.yml"}), ".github/ci.yml"),
        ("below a folder", json!({"glob": "*", "path": "src"}), "src/main.rs\nsrc/run.rs"),
        ("nothing, for what is ignored", json!({"glob": "*.log"}), "(no files)"),
    ];
    for (name, arguments, expected) in cases {
        assert_eq!(bench.says("find", arguments), expected, "{name}");
    }
    let many = (0..510).fold(Bench::new(Family::Claude), |bench, nth| bench.file(&format!("f{nth}"), ""));
    let text = many.says("find", json!({"glob": "*"}));
    assert!(text.ends_with("\n(more than 500 files; narrow it)") && text.lines().count() == 501, "{text}");
}

/// The types of the records about calls, in their order, each with the tool.
fn about_calls(project: &Project) -> Vec<String> {
    let log = std::fs::read_to_string(&project.sessions()[0]).unwrap();
    let records = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let about = records.filter(|record| ["tool_started", "tool_finished"].iter().any(|kind| record["type"] == *kind));
    about
        .map(|record| format!("{} {}", record["type"].as_str().unwrap(), record["data"]["tool"].as_str().unwrap()))
        .collect()
}

#[test]
fn reads_run_side_by_side_and_writes_in_order() {
    let answer = Reply::call("search", json!({"pattern": "one"}))
        .and_call("read", json!({"path": "a.txt"}))
        .and_call("edit", json!({"edits": [{"path": "a.txt", "old_string": "one", "new_string": "two"}]}))
        .and_call("shell", json!({"command": "cat a.txt; echo three > a.txt"}))
        .and_call("read", json!({"path": "a.txt"}))
        .and_call("find", json!({"glob": "*.txt"}));
    let project = Project::new().file("a.txt", "one\n").reply(answer).reply(Reply::text("done"));
    project.run(&["go"]).code(0);
    project.model_server().assert_no_violations();
    let both = |first: &str, second: &str| {
        ["started", "finished"]
            .iter()
            .flat_map(|end| [format!("tool_{end} {first}"), format!("tool_{end} {second}")])
            .collect::<Vec<_>>()
    };
    let alone = |tool: &str| vec![format!("tool_started {tool}"), format!("tool_finished {tool}")];
    let expected = [both("search", "read"), alone("edit"), alone("shell"), both("read", "find")].concat();
    assert_eq!(about_calls(&project), expected);
    let last =
        project.model_server().requests()[1].body["messages"].as_array().unwrap().last().unwrap()["content"].clone();
    let outputs: Vec<String> = last.as_array().unwrap().iter().map(|part| part["content"].to_string()).collect();
    let expected = ["a.txt\\n1\\tone", "1\\tone", "done: a.txt (+1 -1)", "two", "1\\tthree", "a.txt"];
    assert_eq!(outputs.len(), expected.len());
    for (output, expected) in outputs.iter().zip(expected) {
        assert!(output.contains(expected), "{output} has {expected}");
    }
}

/// A line is cut after secrets are taken out: of one that crosses the cut nothing is shown. Of one that goes over several
/// lines no line is.
#[test]
fn search_shows_no_part_of_a_secret() {
    let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
    let key: String = ["Mzc4QkFzZTY0", "T3RoZXJMaW5l"].map(|part| format!("{}\n", part.repeat(5))).concat();
    let block = format!("-----BEGIN RSA PRIVATE KEY-----\n{key}-----END RSA PRIVATE KEY-----\nafter\n");
    let bench = Bench::new(Family::Claude)
        .file("wide.js", format!("wide {} {token} end\n", "x ".repeat(142)))
        .file("block.txt", block);
    let wide = bench.says("search", json!({"pattern": "^wide"}));
    assert!(wide.contains("x x") && !wide.contains("ghp_a1"), "{wide}");
    let block = bench.says("search", json!({"pattern": ".", "glob": "block.txt"}));
    assert!(block.contains("5\tafter") && !block.contains("Mzc4") && !block.contains("T3Ro"), "{block}");
}
