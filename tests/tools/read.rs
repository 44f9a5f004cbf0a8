//! `read`: numbered lines and parts of them, images and folders; what it refuses, in words, and never waits for.

use super::bench::{Bench, pipe};
use crate::support::*;
use agent::base::model::Family;
use serde_json::json;
use std::fs::{self, File};

fn bench() -> Bench {
    Bench::new(Family::Claude)
}

#[test]
fn lines_are_numbered_and_given_in_parts() {
    let bench = bench().file("a.txt", "one\ntwo\r\nthree\nfour").file("empty", "").file("odd", b"caf\xE9\n");
    let cases = [
        ("all of it", json!({"path": "a.txt"}), "1\tone\n2\ttwo\n3\tthree\n4\tfour\n"),
        ("as other agents call it", json!({"file_path": "./a.txt"}), "1\tone\n2\ttwo\n3\tthree\n4\tfour\n"),
        (
            "a part",
            json!({"path": "a.txt", "offset": 2, "limit": 2}),
            "2\ttwo\n3\tthree\n(1 more lines; go on with offset 4)",
        ),
        ("its end", json!({"path": "a.txt", "offset": 4}), "4\tfour\n"),
        (
            "from line 0",
            json!({"path": "a.txt", "offset": 0, "limit": 1}),
            "1\tone\n(3 more lines; go on with offset 2)",
        ),
        ("behind its end", json!({"path": "a.txt", "offset": 9}), "(there are only 4 lines)"),
        ("an empty file", json!({"path": "empty"}), "(empty file)"),
        ("bytes that are no text", json!({"path": "odd"}), "1\tcaf\u{fffd}\n"),
    ];
    for (name, arguments, expected) in cases {
        assert_eq!(bench.says("read", arguments), expected, "{name}");
    }
}

#[test]
fn much_text_is_given_in_pieces_that_join() {
    let lines: Vec<String> = (1..=5000).map(|nth| format!("line {nth} é")).collect();
    let bench = bench().file("long.txt", lines.join("\n")).file("wide.txt", format!("{}\nshort\n", "é".repeat(5000)));
    let (mut offset, mut read) = (1, Vec::new());
    while offset <= lines.len() {
        let text = bench.says("read", json!({"path": "long.txt", "offset": offset}));
        assert!(text.len() < 50_000, "{}", text.len());
        let (part, rest) = text.rsplit_once('\n').unwrap();
        read.extend(part.lines().map(|line| line.split_once('\t').unwrap().1.to_owned()));
        offset = read.len() + 1;
        let note = format!("({} more lines; go on with offset {offset})", lines.len() + 1 - offset);
        assert_eq!(rest, if offset <= lines.len() { note.as_str() } else { "" });
    }
    assert_eq!(read, lines);
    let wide = bench.says("read", json!({"path": "wide.txt"}));
    assert_eq!(wide, format!("1\t{} … (line cut)\n2\tshort\n", "é".repeat(1000)));
}

#[test]
fn a_folder_is_listed_as_git_sees_it() {
    let bench =
        bench().file("src/main.rs", "x").file("src/.hidden", "x").file("src/deep/a", "x").file(".gitignore", "*.log\n");
    let bench = bench.file("src/out.log", "x").file(".git/HEAD", "x");
    fs::create_dir(bench.path("void")).unwrap();
    assert_eq!(bench.says("read", json!({"path": "src"})), ".hidden\ndeep/\nmain.rs");
    assert_eq!(bench.says("read", json!({"path": "."})), ".gitignore\nsrc/\nvoid/");
    assert_eq!(bench.says("read", json!({"path": "void"})), "(empty folder)");
}

#[test]
fn what_cannot_be_read_is_refused_in_words() {
    let bench = bench().file("paper.pdf", "%PDF-1.7\n...").file("tool.bin", b"\x7fELF\0\0").file("src/main.rs", "x");
    let bench = bench.file(".env", "KEY=1").file(".env.example", "KEY=");
    pipe(&bench, "pipe");
    File::create(bench.path("huge")).unwrap().set_len(51 << 20).unwrap();
    std::os::unix::fs::symlink("/etc", bench.path("out")).unwrap();
    let cases = [
        ("paper.pdf", "`paper.pdf` is a PDF, which cannot be read as text; try `pdftotext paper.pdf -` with `shell`"),
        ("tool.bin", "`tool.bin` is binary (6 bytes); use `shell` to look into it"),
        ("huge", "`huge` has 53477376 bytes, too many to read at once; use `shell` with sed, head or tail"),
        ("src/main.c", "there is no `src/main.c`; there is src/main.rs"),
        ("src/other.rs", "there is no `src/other.rs`; `find` looks for files by name"),
        ("pipe", "`pipe` is not a regular file"),
        ("../x", "is outside of the workspace"),
        ("out/hosts", "is outside of the workspace"),
        ("/etc/hosts", "is outside of the workspace"),
        ("", "the path is empty"),
        (".env", "`.env` holds secrets by its name"),
        ("output:o9", "there is no output called `o9`"),
        ("output:../log.jsonl", "there is no output called `../log.jsonl`"),
    ];
    for (path, words) in cases {
        let said = bench.fails("read", json!({"path": path}));
        assert!(said.contains(words), "{path}: {said}");
    }
    assert_eq!(bench.says("read", json!({"path": ".env.example"})), "1\tKEY=\n", "an example is made to be read");
    let said = bench.fails("read", json!({"file": "x"}));
    assert!(said.contains("missing field `path`") && said.contains(r#"send {"path": "src/main.rs"}"#), "{said}");
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

#[test]
fn an_image_is_kept_once_and_given_by_reference() {
    let bench = bench()
        .file("a.png", PNG)
        .file("b.dat", PNG)
        .file("c.webp", b"RIFF\x1a\0\0\0WEBPVP8 \x0e\0\0\0\x30\x01\0\x9d\x01\x2a\x01\0\x01\0\0\0\0\0");
    let read = |path: &str| bench.call("read", json!({"path": path}), false);
    let (first, second) = (read("a.png"), read("b.dat"));
    assert_eq!(first.text, format!("image, image/png, {} bytes", PNG.len()));
    assert_eq!(first.images, second.images, "what a file is, its bytes say");
    assert_eq!(read("c.webp").images[0].media_type, "image/webp");
    let bench_damaged = self::bench().file("cut.png", &PNG[..12]);
    assert!(bench_damaged.fails("read", json!({"path": "cut.png"})).contains("the image/png image is damaged"));
    let blobs: Vec<_> = fs::read_dir(bench.session.path().join("blobs")).unwrap().flatten().collect();
    assert_eq!(blobs.len(), 2);
    assert_eq!(bench.session.image(&first.images[0]).unwrap(), PNG);
}

/// All wires carry an image that a tool gave, each in its own way.
#[test]
fn an_image_reaches_the_model_on_every_wire() {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(PNG);
    for (wire, model) in [
        (Wire::Responses, "openai/gpt-test"),
        (Wire::Messages, "anthropic/claude-test"),
        (Wire::Chat, "lab/seeing"),
        (Wire::Gemini, "google/gemini-3.1-pro-preview"),
        (Wire::Gemini, "google/gemini-2.5-pro"),
    ] {
        let replies = vec![Reply::call("read", json!({"path": "a.png"})).into(), Reply::text("seen").into()];
        let project = Project::new()
            .config("[models.\"lab/seeing\"]\nimages = true\n")
            .bytes("a.png", PNG)
            .server(Server::start(wire, replies));
        project.run(&["-m", model, "look"]).code(0);
        project.model_server().assert_no_violations();
        let last = String::from_utf8(project.model_server().requests()[1].raw.clone()).unwrap();
        assert_eq!(last.matches(&encoded).count(), 1, "{wire:?}");
        let log = fs::read_to_string(&project.sessions()[0]).unwrap();
        assert!(!log.contains(&encoded) && log.contains("image/png"), "{wire:?}: the log has a reference");
    }
}
