//! The architecture as a test: which room may import which, which files may name a crate, and where effects may happen.
//!
//! It reads `src/**/*.rs` as text, without comments, strings and character literals, and fails with all violations at
//! once. The tables come first, then the tests, the rules, and the reader of Rust source that the rules work on. Code
//! under `#[cfg(test)]` keeps to the floors and the crates, but may have effects of its own.
//!
//! What text cannot show is not checked: that spawning happens on a thread that outlives the child, that a write through
//! a `&mut dyn Write` does not end in a file, what a macro makes up, what another room re-exports.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

// ---------------------------------------------------------------------------------------------------------- tables ---

/// Room and floor. A room without a folder is one that is still to be built.
const FLOORS: &[(&str, u8)] = &[
    ("cli", 6),
    ("tui", SURFACE),
    ("headless", SURFACE),
    ("acp", SURFACE),
    ("runner", SURFACE),
    ("crew", 4),
    ("session", 3),
    ("tool", 2),
    ("mcp", 2),
    ("lsp", 2),
    ("provider", 2),
    ("sandbox", 2),
    ("workspace", 2),
    ("store", 2),
    ("cloud", 2),
    ("auth", 2),
    ("config", 2),
    ("net", 2),
    ("process", 2),
    ("disk", 2),
    ("edit", PURE),
    ("transcript", PURE),
    ("policy", PURE),
    ("route", PURE),
    ("prompt", PURE),
    ("text", PURE),
    ("base", 0),
];

/// Surfaces get a Port and a Desk, so they import the pure floors alone, and never each other.
const SURFACE: u8 = 5;

/// This floor and the one below it have no effects.
const PURE: u8 = 1;

/// Imports between rooms of one floor. They must never form a cycle.
const ARROWS: &[(&str, &[&str])] = &[
    ("auth", &["config", "disk", "net", "process"]),
    ("cloud", &["auth", "net", "process", "store", "workspace"]),
    ("config", &["disk"]),
    ("lsp", &["sandbox"]),
    ("mcp", &["auth", "net", "sandbox", "tool"]),
    ("policy", &["text"]),
    ("process", &["config", "disk"]),
    ("provider", &["disk", "net"]),
    ("sandbox", &["config", "disk", "net", "process", "workspace"]),
    ("store", &["disk"]),
    ("tool", &["lsp", "net", "process", "sandbox", "workspace"]),
    ("transcript", &["edit", "text"]),
    ("workspace", &["disk", "process"]),
];

/// What `main.rs` may import besides the pure floors.
const MAIN: &str = "cli";

/// Crate and where it may be named: folders (`net/`) or files. A crate that is not listed may be named anywhere above
/// `base`. A star stands for any end of the name.
const CRATES: &[(&str, &[&str])] = &[
    ("agent_client_protocol*", &["acp/"]),
    // Amazon's credentials, signatures and framing; `aws_smithy_types` also reads the dates of credentials.
    ("aws_credential_types", &["auth/aws/"]),
    ("aws_sigv4", &["auth/aws/"]),
    ("aws_smithy_eventstream", &["text/eventstream.rs"]),
    ("aws_smithy_runtime_api", &["auth/aws/"]),
    ("aws_smithy_types", &["auth/aws/", "text/eventstream.rs"]),
    ("axum*", &["runner/"]),
    ("clap", &["cli/"]),
    ("clap_complete", &["cli/"]),
    ("clap_mangen", &["cli/"]),
    ("crossterm", &["tui/"]),
    ("git2", &["workspace/commits.rs", "workspace/git.rs"]),
    ("globset", &["workspace/walk.rs"]),
    ("grep_*", &["workspace/walk.rs"]),
    ("hyper*", &["net/"]),
    ("ignore", &["workspace/walk.rs", "workspace/ignored.rs"]),
    ("jiff", &["store/log.rs", "store/moment.rs", "net/http.rs", "workspace/git.rs", "cli/"]),
    ("jsonschema", &["session/answer.rs"]),
    ("keyring*", &["auth/"]),
    ("landlock", &["sandbox/"]),
    ("libc", &["process/", "sandbox/"]),
    // These two start programs, and `tempfile` makes files: they would get round `process/` and `disk/`. The scratch
    // folders of `cli/` are nobody's files and nobody's state.
    ("portable_pty", &["process/"]),
    ("process_wrap", &["process/"]),
    ("ratatui*", &["tui/"]),
    ("reqwest", &["net/"]),
    ("rmcp", &["mcp/"]),
    ("rusqlite", &["store/index/"]),
    ("rustls*", &["net/"]),
    ("seccompiler", &["sandbox/"]),
    ("similar", &["edit/diff.rs"]),
    ("tempfile", &["disk/", "cli/"]),
    ("toml", &["config/file.rs", "config/rules.rs"]),
    ("tree_sitter*", &["policy/"]),
];

/// All that `base` may be made of.
/// `secrecy` holds the one type for keys; it brings no I/O.
const BASE_CRATES: &[&str] = &["std", "core", "alloc", "serde", "serde_json", "futures_core", "secrecy"];

/// What the pure floors never name.
const EFFECTS: &[&str] = &[
    "std::fs",
    "std::env",
    "std::process",
    "std::net",
    "std::time::SystemTime",
    "std::time::Instant",
    "tokio",
    "reqwest",
    "git2",
    "rustix",
    "uuid::Uuid::now_v7",
];

const NOWHERE: &[&str] = &[];
const SPEAKING: &[&str] = &["headless/", "tui/", "acp/", "runner/", "cli/"];

/// Items of libraries, where they may be named, and the rule.
const ITEMS: &[(&[&str], &[&str], &str)] = &[
    (
        &[
            "std::env::var",
            "std::env::var_os",
            "std::env::vars",
            "std::env::vars_os",
            "std::env::home_dir",
            "std::env::current_dir",
            "std::env::temp_dir",
        ],
        &["config/paths.rs", "net/roots.rs"],
        "only config/paths.rs reads the environment, the home folder and the working folder, and net/roots.rs what names certificates",
    ),
    (
        &["std::env::remove_var"],
        &["sandbox/harden.rs"],
        "only sandbox/harden.rs takes variables out of the environment",
    ),
    (&["std::env::set_var", "std::env::set_current_dir"], NOWHERE, "nothing changes the process's own surroundings"),
    (&["std::process::Command", "tokio::process"], &["process/"], "only process/ spawns"),
    (
        &["std::process::exit", "std::process::abort"],
        &["cli/", "main.rs"],
        "only cli/ and main.rs end the process: everything else returns",
    ),
    (
        &["std::io::stdout", "std::io::Stdout", "tokio::io::stdout", "tokio::io::Stdout", "rustix::stdio::stdout"],
        SPEAKING,
        "only surfaces and cli/ write to standard output",
    ),
    (
        &["std::io::stderr", "std::io::Stderr", "tokio::io::stderr", "tokio::io::Stderr", "rustix::stdio::stderr"],
        SPEAKING,
        "only surfaces and cli/ write to standard error",
    ),
];

/// Calls that are known without an import in sight, because a glob import may have brought the name.
const KNOWN: &[(&str, &str)] = &[
    ("Command::new", "std::process::Command::new"),
    ("File::create", "std::fs::File::create"),
    ("File::create_new", "std::fs::File::create_new"),
    ("OpenOptions::new", "std::fs::OpenOptions::new"),
    ("Instant::now", "std::time::Instant::now"),
    ("SystemTime::now", "std::time::SystemTime::now"),
];

/// Macros, where they may be called, and the rule.
const MACROS: &[(&[&str], &[&str], &str)] = &[
    (&["print", "println"], SPEAKING, "only surfaces and cli/ write to standard output"),
    (&["eprint", "eprintln"], SPEAKING, "only surfaces and cli/ write to standard error"),
    (&["todo", "unimplemented", "dbg"], NOWHERE, "unfinished code does not land"),
    (&["thread_local"], NOWHERE, "there are no mutable statics"),
];

/// Methods of our own that one room keeps for itself.
const METHODS: &[(&str, &[&str], &str)] =
    &[("open_append", &["store/log.rs", "disk/"], "only store/log.rs writes session logs")];

/// What changes the disk, by the module it is in.
const WRITES: &[(&str, &[&str])] = &[
    ("std::fs", FILE_WRITES),
    ("tokio::fs", FILE_WRITES),
    ("std::os::unix::fs", &["chown", "fchown", "lchown", "mkfifo", "symlink"]),
    (
        "rustix::fs",
        &[
            "chmod",
            "chmodat",
            "chown",
            "chownat",
            "copy_file_range",
            "fallocate",
            "fchmod",
            "fchown",
            "ftruncate",
            "link",
            "linkat",
            "mkdir",
            "mkdirat",
            "rename",
            "renameat",
            "renameat_with",
            "rmdir",
            "symlink",
            "symlinkat",
            "unlink",
            "unlinkat",
            "utimensat",
        ],
    ),
];

const FILE_WRITES: &[&str] = &[
    "DirBuilder",
    "File::create",
    "File::create_new",
    "File::options",
    "File::set_len",
    "File::set_modified",
    "File::set_permissions",
    "File::set_times",
    "OpenOptions",
    "copy",
    "create_dir",
    "create_dir_all",
    "hard_link",
    "remove_dir",
    "remove_dir_all",
    "remove_file",
    "rename",
    "set_permissions",
    "soft_link",
    "write",
];

/// Methods that change the disk, whatever they are called on.
const WRITE_METHODS: &[&str] =
    &["persist", "persist_noclobber", "set_len", "set_modified", "set_permissions", "set_times"];

/// Methods that change the disk when called on a file; counted in source files that name `std::fs::File`.
const FILE_METHODS: &[&str] = &["write_all", "write_all_at", "write_at", "write_vectored"];

/// Writes that do not go through `Disk`: file, operations, and why. A row that is no longer needed fails.
const EXCEPTIONS: &[(&str, &[&str], &str)] = &[
    ("store/log.rs", &["set_len"], "takes a half-written record out again after the disk has failed"),
    (
        "workspace/checkpoint/restore.rs",
        &["create_dir", "remove_dir", "remove_dir_all", "rename", "set_permissions"],
        "takes back what was done after the disk has failed, and drops what had been made beside",
    ),
    (
        "workspace/take_back.rs",
        &["remove_dir", "remove_file", "rename"],
        "takes back what was done after the disk has failed, and drops the copies that made it possible",
    ),
];

/// Types that make a static mutable; those that begin with `Atomic` too.
const INTERIOR: &[&str] = &[
    "Cell",
    "LazyCell",
    "LazyLock",
    "Mutex",
    "OnceCell",
    "OnceLock",
    "RefCell",
    "RwLock",
    "SyncUnsafeCell",
    "UnsafeCell",
];

const UNSAFE: &[&str] = &["process/", "sandbox/"];
const GATE: &str = "tool/gate.rs";
const DISK: &str = "disk/";

// ----------------------------------------------------------------------------------------------------------- tests ---

#[test]
fn the_source_keeps_to_the_floors() {
    let sources = sources();
    assert!(!sources.is_empty(), "there is nothing under src");
    let found: Vec<String> =
        sources.iter().flat_map(|(path, text)| check(path, text)).map(|violation| violation.to_string()).collect();
    assert!(found.is_empty(), "{} violations of the architecture:\n{}\n", found.len(), found.join("\n"));
}

#[test]
fn every_folder_is_a_room() {
    let strangers: Vec<String> = entries(&root())
        .into_iter()
        .filter(|(name, folder)| *folder && floor(name).is_none())
        .map(|(name, _)| name)
        .collect();
    assert!(strangers.is_empty(), "folders of src without a row in FLOORS: {strangers:?}");
}

#[test]
fn arrows_join_rooms_of_one_floor_and_form_no_cycle() {
    let mut wrong = Vec::new();
    for (from, targets) in ARROWS {
        for to in *targets {
            if floor(from).is_none() || floor(from) != floor(to) {
                wrong.push(format!("{from} -> {to}: not rooms of one floor"));
            }
            if reaches(to, from, FLOORS.len()) {
                wrong.push(format!("{from} -> {to}: closes a cycle"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_exception_is_needed() {
    let sources: HashMap<String, String> = sources().into_iter().collect();
    let mut idle = Vec::new();
    for (path, operations, _) in EXCEPTIONS {
        let used = sources.get(*path).map(|text| writes(&Source::read(path, text))).unwrap_or_default();
        for operation in *operations {
            if !used.iter().any(|write| write.operation == *operation) {
                idle.push(format!("src/{path}: `{operation}` is not used there; take it out of EXCEPTIONS"));
            }
        }
    }
    assert!(idle.is_empty(), "{}", idle.join("\n"));
}

/// Rule, and small sources that break it: path, code from line 2 on, and what is named, as `line name`.
type Broken = (&'static str, &'static [(&'static str, &'static str, &'static str)]);

const BROKEN: &[Broken] = &[
    (
        "edit (floor 1) may not import net (floor 2)",
        &[
            ("edit/x.rs", "use crate::net::http;", "2 crate::net"),
            ("edit/x.rs", "use crate::{base::Error,\n    edit,\n    net::{Body, Header}};", "4 crate::net"),
            ("edit/x.rs", "use crate::net as wire;\nfn f() { wire::send(); }", "2 crate::net"),
            ("edit/x.rs", "fn f() -> crate::net::Body {}", "2 crate::net"),
            ("edit/x.rs", "fn f() { crate\n    ::net /* a */\n    ::send(); }", "3 crate::net"),
            ("edit/x.rs", "#[derive(crate::net::Body)]\nstruct S;", "2 crate::net"),
            ("edit/x.rs", "use super::super::net;", "2 crate::net"),
            ("edit/x.rs", "use super::{super::{net::Body}};", "2 crate::net"),
            ("edit/mod.rs", "use super::net;", "2 crate::net"),
            ("edit/patch/mod.rs", "use self::super::super::net;", "2 crate::net"),
            ("edit/patch/x.rs", "fn f() { super::super::super::net::send(); }", "2 crate::net"),
            ("edit/x.rs", "mod inner {\n    use super::super::super::net::Body;\n}", "3 crate::net"),
            ("edit/x.rs", "#[cfg(test)]\nmod tests {\n    use crate::net::Body;\n}", "4 crate::net"),
            ("edit/x.rs", "macro_rules! m { () => { $crate::net::send() } }", "2 crate::net"),
            ("edit/x.rs", "use crate::r#net::Body;", "2 crate::net"),
            ("edit/x.rs", "const A: &str = \"\\\"\"; use crate::net; // \"", "2 crate::net"),
            ("edit/x.rs", "const A: &str = r#\"\"\\\"#; use crate::net; const B: char = '\"';", "2 crate::net"),
            ("edit/x.rs", "const A: [char; 2] = ['\"', 'a']; use crate::net; const B: u8 = b'\"';", "2 crate::net"),
            ("edit/x.rs", "fn f<'a>(a: &'a str) {} use crate::net; const C: char = 'a';", "2 crate::net"),
            ("edit/x.rs", "/* /* a */ */ use crate::net; /* a\n*/ use crate::net;", "2 crate::net; 3 crate::net"),
        ],
    ),
    ("base (floor 0) may not import edit (floor 1)", &[("base/x.rs", "use crate::edit::diff;", "2 crate::edit")]),
    ("session (floor 3) may not import crew (floor 4)", &[("session/x.rs", "use crate::crew;", "2 crate::crew")]),
    ("there is no arrow edit -> route", &[("edit/x.rs", "use crate::route::choose;", "2 crate::route")]),
    (
        "there is no arrow store -> net",
        &[("store/x.rs", "use crate::{disk::Disk, net::{http, retry}};", "2 crate::net")],
    ),
    (
        "tui is a surface and may import floors 0 and 1 alone",
        &[
            ("tui/x.rs", "use crate::headless::Text;", "2 crate::headless"),
            ("tui/x.rs", "use crate::{session::Session, tool};", "2 crate::session; 2 crate::tool"),
        ],
    ),
    (
        "main.rs may import cli and floors 0 and 1 alone",
        &[
            ("main.rs", "use agent::session;", "2 agent::session"),
            ("main.rs", "use agent::{cli, store::list};", "2 agent::store"),
            ("main.rs", "fn main() {\n    ::agent::store::list()\n}", "3 agent::store"),
        ],
    ),
    (
        "it is in no room",
        &[
            ("edit/x.rs", "use crate::Error;", "2 crate::Error"),
            ("edit/x.rs", "use crate::*;", "2 crate::*"),
            ("edit/x.rs", "use crate as house;", "2 crate"),
            ("edit/x.rs", "use super::super::*;", "2 crate::*"),
            ("main.rs", "use agent::*;", "2 agent::*"),
        ],
    ),
    (
        "it has no row in FLOORS",
        &[
            ("lib.rs", "pub mod base;\npub mod helpers;", "3 helpers"),
            ("helpers/x.rs", "", "1 helpers"),
            ("helpers.rs", "", "1 helpers"),
        ],
    ),
    (
        "lib.rs declares rooms and nothing else",
        &[("lib.rs", "pub mod base;\npub use base::Error;", "3 use"), ("lib.rs", "pub mod base { }", "2 {")],
    ),
    (
        "it hides what is imported",
        &[
            ("edit/x.rs", "extern crate self as house;", "2 extern crate"),
            ("net/x.rs", "extern crate reqwest;", "2 extern crate"),
        ],
    ),
    (
        "only net/ may name it",
        &[
            ("provider/x.rs", "use reqwest::Client;\nfn f(a: Client) {}", "2 reqwest"),
            ("provider/x.rs", "use reqwest;", "2 reqwest"),
            ("provider/x.rs", "use ::reqwest as http;\nfn f() { http::get(); }", "2 reqwest"),
            ("provider/x.rs", "use {serde::Serialize,\n    ::rustls::crypto};", "3 rustls"),
            ("provider/x.rs", "fn f(error: reqwest\n    ::Error) -> ::hyper::Body {}", "2 reqwest; 3 hyper"),
            ("provider/x.rs", "fn f() { return ::reqwest::get(); }", "2 reqwest"),
            ("provider/x.rs", "mod reqwest;\nuse reqwest::Own;\nuse ::reqwest::Client;", "4 reqwest"),
        ],
    ),
    ("only cli/ may name it", &[("config/mod.rs", "#[derive(clap::ValueEnum)]\nenum E {}", "2 clap")]),
    ("only workspace/walk.rs may name it", &[("workspace/files.rs", "use grep_regex::Error;", "2 grep_regex")]),
    (
        "only store/log.rs, store/moment.rs, net/http.rs, workspace/git.rs, cli/ may name it",
        &[("store/sessions.rs", "fn f() { jiff::Timestamp::now(); }", "2 jiff")],
    ),
    (
        "base is made of std, core, alloc, serde, serde_json, futures_core, secrecy alone",
        &[("base/x.rs", "use bytes::Bytes;", "2 bytes"), ("base/x.rs", "fn f() { sha2::Sha256::new(); }", "2 sha2")],
    ),
    (
        "text is pure: no files, environment, clock, network or runtime",
        &[
            ("text/x.rs", "use tokio::sync::watch;", "2 tokio::sync::watch"),
            ("text/x.rs", "#[tokio::test]\nasync fn f() {}", "2 tokio::test"),
            ("text/x.rs", "use std::{fmt, fs};\nfn f() { fs::read(a); }", "2 std::fs"),
            ("text/x.rs", "use std::time::{Duration, Instant};", "2 std::time::Instant"),
            ("text/x.rs", "use std::time;\nfn f() { time::Instant::now(); }", "3 std::time::Instant::now"),
            ("text/x.rs", "use std::time::*;", "2 std::time::*"),
            ("text/x.rs", "use super::*;\nfn f() { SystemTime::now(); }", "3 std::time::SystemTime::now"),
        ],
    ),
    (
        "only config/paths.rs reads the environment, the home folder and the working folder, and net/roots.rs what names certificates",
        &[
            ("session/x.rs", "fn f() { std::env::var(\"HOME\"); }", "2 std::env::var"),
            ("session/x.rs", "use std::env;\nfn f() { env::current_dir(); }", "3 std::env::current_dir"),
            ("session/x.rs", "use std::env as e;\nfn f() { e::temp_dir(); }", "3 std::env::temp_dir"),
            ("session/x.rs", "use std::env::vars_os as all;\nfn f() { all(); }", "2 std::env::vars_os"),
            ("session/x.rs", "fn f() { use std::env; env::vars(); }\nfn g() { env::vars(); }", "2 std::env::vars"),
        ],
    ),
    (
        "only sandbox/harden.rs takes variables out of the environment",
        &[("process/x.rs", "use std::env;\nfn f() { env::remove_var(\"KEY\"); }", "3 std::env::remove_var")],
    ),
    (
        "nothing changes the process's own surroundings",
        &[("cli/x.rs", "fn f() { std::env::set_current_dir(a); }", "2 std::env::set_current_dir")],
    ),
    (
        "only process/ spawns",
        &[
            ("tool/x.rs", "use std::process::Command;\nfn f() { Command::new(a); }", "2 std::process::Command"),
            ("tool/x.rs", "use std::process;\nfn f() { process::Command::new(a); }", "3 std::process::Command::new"),
            ("tool/x.rs", "use super::*;\nfn f() { Command::new(a); }", "3 std::process::Command::new"),
            ("tool/x.rs", "use tokio::process::Child;", "2 tokio::process::Child"),
            ("tool/x.rs", "use tokio::{process, sync};\nfn f(a: process::Child) {}", "2 tokio::process"),
        ],
    ),
    (
        "only cli/ and main.rs end the process: everything else returns",
        &[("session/x.rs", "fn f() { std::process::exit(1) }", "2 std::process::exit")],
    ),
    (
        "only surfaces and cli/ write to standard output",
        &[
            ("session/x.rs", "fn f() { println!(\"a\");\n std::print!(\"b\"); }", "2 println!; 3 print!"),
            ("session/x.rs", "use std::io;\nfn f() { io::stdout().lock(); }", "3 std::io::stdout"),
            ("session/x.rs", "use std::io::{Write, stdout};\nfn f() { stdout(); }", "2 std::io::stdout"),
        ],
    ),
    (
        "only surfaces and cli/ write to standard error",
        &[
            ("main.rs", "fn main() {\n    eprintln!(\"a\");\n}", "3 eprintln!"),
            ("tool/x.rs", "fn f() { std::io::stderr(); }", "2 std::io::stderr"),
        ],
    ),
    ("only store/log.rs writes session logs", &[("cli/x.rs", "fn f() { disk.open_append(a); }", "2 open_append")]),
    (
        "writes go through Disk, or stand in EXCEPTIONS with a reason",
        &[
            ("session/x.rs", "fn f() { std::fs::write(a, b); }", "2 std::fs::write"),
            ("session/x.rs", "use std::fs;\nfn f() { fs::create_dir_all(a); }", "3 std::fs::create_dir_all"),
            ("session/x.rs", "use std::fs::*;", "2 std::fs::*"),
            ("session/x.rs", "use std::fs::{File, OpenOptions};", "2 std::fs::OpenOptions"),
            ("session/x.rs", "use std::fs::File;\nfn f() { File::create(a); }", "3 std::fs::File::create"),
            ("session/x.rs", "use super::*;\nfn f() { File::create(a); }", "3 std::fs::File::create"),
            ("session/x.rs", "fn f() { file.set_len(0); }", "2 .set_len()"),
            ("session/x.rs", "use std::fs::File;\nfn f() { file.write_all(a); }", "3 .write_all()"),
            ("session/x.rs", "use std::os::unix::fs::symlink;", "2 std::os::unix::fs::symlink"),
            ("workspace/files.rs", "fn f() { std::fs::remove_dir_all(a); }", "2 std::fs::remove_dir_all"),
            ("store/log.rs", "fn f() { std::fs::rename(a, b); }", "2 std::fs::rename"),
            ("store/x.rs", "#[cfg(not(test))]\nfn f() { std::fs::rename(a, b); }", "3 std::fs::rename"),
            ("store/x.rs", "#[cfg(any(test, unix))]\nfn f() { std::fs::rename(a, b); }", "3 std::fs::rename"),
            ("store/x.rs", "#[cfg(test)]\nuse a::b;\nfn f() { std::fs::copy(a, b); }", "4 std::fs::copy"),
            ("store/x.rs", "fn f() {\n    #[cfg(test)]\n    g();\n    std::fs::copy(a, b);\n}", "5 std::fs::copy"),
        ],
    ),
    (
        "only tool/gate.rs makes a grant",
        &[
            ("tool/shell.rs", "fn f() { run(Grant { hands, change: None }) }", "2 Grant { … }"),
            ("tool/shell.rs", "fn f() -> X { super::gate::Grant { hands, ..other } }", "2 Grant { … }"),
            ("tool/shell.rs", "fn f() { let grant = &mut Grant {}; }", "2 Grant { … }"),
            ("session/x.rs", "use crate::tool::gate::Grant as A;\nfn f() { A { hands } }", "3 Grant { … }"),
        ],
    ),
    (
        "there are no mutable statics",
        &[
            ("config/x.rs", "static mut COUNT: u32 = 0;", "2 static COUNT"),
            ("config/x.rs", "pub static SEEN:\n    Mutex<[u8; 2]> = a();", "2 static SEEN"),
            ("config/x.rs", "fn f() { static N: [std::sync::atomic::AtomicU8; 2] = a(); }", "2 static N"),
            ("config/x.rs", "static A: OnceLock<u8> = a();\nstatic B: LazyLock<u8> = b();", "2 static A; 3 static B"),
            ("config/x.rs", "use std::sync::Mutex as Lock;\nstatic A: Lock<u8> = a();", "3 static A"),
            ("config/x.rs", "thread_local! { static A: u8 = 1; }", "2 thread_local!"),
        ],
    ),
    (
        "only process/ and sandbox/ may be unsafe",
        &[
            ("tool/x.rs", "fn f() { unsafe { g() } }", "2 unsafe"),
            ("tool/x.rs", "#[unsafe(no_mangle)]\nfn f() {}", "2 unsafe"),
        ],
    ),
    (
        "say `#[expect(lint, reason = \"…\")]`",
        &[
            ("process/x.rs", "#[allow(dead_code)]\nfn f() {}", "2 allow"),
            ("process/x.rs", "#![allow(dead_code)]", "2 allow"),
            ("process/x.rs", "#[cfg_attr(test, allow(dead_code))]\nfn f() {}", "2 allow"),
            ("process/x.rs", "#[cfg(test)]\nmod tests {\n    #[allow(dead_code)]\n    fn f() {}\n}", "4 allow"),
        ],
    ),
    (
        "unfinished code does not land",
        &[
            ("process/x.rs", "fn f() {\n    todo!()\n}\nfn g() { std::unimplemented![] }", "3 todo!; 5 unimplemented!"),
            ("process/x.rs", "#[cfg(test)]\nmod tests { fn f() { dbg!(1); } }", "3 dbg!"),
        ],
    ),
];

#[test]
fn what_is_forbidden_is_caught() {
    for (rule, cases) in BROKEN {
        for (path, code, named) in *cases {
            let expected: Vec<String> = named
                .split("; ")
                .map(|named| named.split_once(' ').expect("a line and a name"))
                .map(|(line, name)| format!("src/{path}:{line}: `{name}`: {rule}"))
                .collect();
            assert_eq!(said(path, code), expected, "{path}:\n{code}\n");
        }
    }
    for code in ["fn f() { (] }", "fn f() {", "}", "const A: &str = \"{\"; {"] {
        assert_eq!(
            said("base/x.rs", code),
            ["src/base/x.rs:2: the brackets do not pair up: this test cannot read the file"]
        );
    }
    for text in ["", "\n//! Late.", "// Not a doc comment.", "/// Of an item."] {
        let shown: Vec<String> = check("base/x.rs", text).iter().map(Violation::to_string).collect();
        assert_eq!(shown, ["src/base/x.rs:1: the file does not open with `//!`"], "{text}");
    }
}

/// Sources that look wrong and are not.
const INNOCENT: &[(&str, &str)] = &[
    // Comments, strings, characters.
    ("edit/x.rs", "// use crate::tool::Tool; todo!()\n/* reqwest::get() /* nested */ std::fs::write */ fn f() {}"),
    ("edit/x.rs", "/// See [`crate::tool::Tool`] and std::env::var.\n/** unsafe { dbg!() } */\nfn f() {}"),
    (
        "edit/x.rs",
        r##"const A: &str = "use crate::tool; \" unsafe todo!()"; const B: &str = r#"" crate::net " println!()"#;"##,
    ),
    (
        "edit/x.rs",
        "const A: &[u8] = b\"crate::net\"; const B: &[u8] = br\"\\\"; const C: &CStr = c\"unsafe\"; const D: u8 = 1;",
    ),
    (
        "edit/x.rs",
        r##"const A: char = '"'; const B: char = '\''; const C: u8 = b'"'; const D: char = '\u{22}'; const E: &str = "crate::net";"##,
    ),
    ("edit/x.rs", "fn f<'a>(a: &'a str, b: &'static [Cell<u8>]) { 'r: loop { break 'r; } }"),
    ("edit/x.rs", "fn f(r#unsafe: u8) { let end = 0..r#unsafe; let x = 1.5e3; let y = x.0.max(2); }"),
    ("edit/x.rs", "const A: &str = \"a\\\\\"; const B: &str = \"two\nlines // crate::net\";"),
    // Paths.
    (
        "tool/x.rs",
        "use crate::workspace::{files::Files, place};\nuse crate::process::spawn::Exec;\nuse super::super::net;",
    ),
    ("provider/chat/x.rs", "use super::super::Decode;\nuse super::*;\nmod inner { use super::super::Chunk; }"),
    ("edit/x.rs", "mod inner {\n    use super::super::net;\n}"),
    ("edit/x.rs", "pub(crate) fn f() {}\npub(in crate::edit) fn g() {}\nuse self::crate_like::net;"),
    ("headless/mod.rs", "mod text;\npub use text::Text;\nuse crate::base::port::Port;\nuse crate::text::sanitise;"),
    (
        "cli/x.rs",
        "use crate::{base, edit, net, session, tool, tui};\nuse clap::Command;\nfn f() { Command::new(\"agent\"); }",
    ),
    ("main.rs", "fn main() -> std::process::ExitCode { agent::cli::run() }"),
    ("lib.rs", "#![warn(missing_docs)]\n/// Types.\npub mod base;\n#[cfg(unix)]\npub(crate) mod process;\nmod tui;"),
    ("policy/x.rs", "mod ignore;\nuse ignore::Rules;\nfn f(toml: &Toml) { toml.reqwest(); self::similar::f(); }"),
    (
        "base/x.rs",
        "use serde_json::Value;\nfn f() { u64::from(1u8); str::from_utf8(b\"\"); std::mem::take(&mut a); parse::<u8>(); }",
    ),
    ("text/x.rs", "use std::time::Duration;\nuse std::{fmt, io};\nfn f(fs: u8) -> fmt::Result { fs.env(tokio) }"),
    // Effects.
    (
        "process/x.rs",
        "use std::env;\nfn f() { env::split_paths(a); std::env::join_paths(b); std::env::args(); std::process::id(); }",
    ),
    (
        "session/x.rs",
        "use crate::base::command::Command;\nuse crate::process;\nfn f() { Command::new(); process::spawn::run(); }",
    ),
    ("session/x.rs", "fn f() { use crate::config as env; env::vars(); }\nuse std::env;"),
    ("session/x.rs", "fn f() { use std::process::ExitCode; command.stdout(pipe).stderr(pipe).exit(); }"),
    (
        "session/x.rs",
        "use std::fs::{self, File};\nfn f() { fs::read(a); File::open(b); disk.rename(a, b); disk.write(&mut file, b); }",
    ),
    ("session/x.rs", "fn f(out: &mut dyn Write) { out.write_all(b\"a\"); let write = std::ptr::write; }"),
    ("session/x.rs", "fn f() { if todo != dbg { print(unimplemented) } let allow = [1]; allow(x); }"),
    (
        "session/x.rs",
        "#[cfg(test)]\nmod tests {\n    use std::fs;\n    fn f() { fs::write(a, b); println!(); std::env::temp_dir(); }\n}",
    ),
    ("store/log.rs", "fn f() { file.set_len(0); disk.open_append(path); jiff::Timestamp::now(); }"),
    ("workspace/take_back.rs", "use std::fs;\nfn f() { fs::remove_file(a); fs::remove_dir(a); fs::rename(a, b); }"),
    ("disk/x.rs", "use std::fs;\nfn f() { fs::write(a, b); file.set_len(1); tempfile::tempdir(); }"),
    ("tui/x.rs", "fn f() { println!(); std::io::stdout(); std::io::stderr(); crossterm::execute!(); }"),
    // Grants, statics, unsafe, attributes.
    ("tool/shell.rs", "impl Run for Grant { }\nfn f() -> Grant { g() }\nfn g(a: &A) -> &'a mut Grant { h() }"),
    (
        "tool/shell.rs",
        "fn f(Grant { hands, .. }: Grant) { let Grant { change, .. } = g; match h { Pass::Granted(x) => {} } }",
    ),
    ("tool/gate.rs", "fn f() { Grant { hands, _made_here: () } }"),
    (
        "config/x.rs",
        "static NAMES: &[&str] = &[\"Mutex\"];\nstruct S { a: Mutex<u8> }\nfn f() { static LIMIT: u8 = 1; }",
    ),
    ("process/x.rs", "#[expect(unsafe_code, reason = \"fork\")]\nfn f() { unsafe { g() } }"),
    ("base/x.rs", "#![deny(unsafe_code)]\nfn allow() {}"),
];

#[test]
fn what_only_looks_forbidden_is_not_caught() {
    for (path, code) in INNOCENT {
        assert_eq!(said(path, code), [""; 0], "{path}: {code}");
    }
}

/// Each row of each table is tried where it forbids and where it allows.
#[test]
fn every_row_of_the_tables_bites() {
    let try_row = |code: &str, places: &[&str], expected: &str| {
        let found = said("crew/x.rs", code);
        assert!(found.len() == 1 && found[0].contains(expected), "{code}: {found:?}");
        for place in places {
            let path = if place.ends_with('/') { format!("{place}x.rs") } else { (*place).to_owned() };
            assert_eq!(said(&path, code), [""; 0], "{path}: {code}");
        }
    };
    for (name, places) in CRATES {
        try_row(&format!("use {}::A;", name.replace('*', "")), places, "may name it");
    }
    for (items, places, rule) in ITEMS {
        for item in *items {
            try_row(&format!("use {item};"), places, rule);
        }
    }
    for (names, places, rule) in MACROS {
        for name in *names {
            try_row(&format!("fn f() {{ {name}!(); }}"), places, rule);
        }
    }
    for (name, places, rule) in METHODS {
        try_row(&format!("fn f() {{ a.{name}(); }}"), places, rule);
    }
    for (module, names) in WRITES {
        for name in *names {
            try_row(&format!("fn f() {{ {module}::{name}::a(); }}"), &[DISK], "writes go through Disk");
        }
    }
    for name in WRITE_METHODS {
        try_row(&format!("fn f() {{ a.{name}(); }}"), &[DISK], "writes go through Disk");
    }
    for name in FILE_METHODS {
        try_row(&format!("fn f(a: std::fs::File) {{ a.{name}(); }}"), &[DISK], "writes go through Disk");
    }
    for name in INTERIOR.iter().chain(&["AtomicBool"]) {
        try_row(&format!("static A: {name}<u8> = b();"), &[], "no mutable statics");
    }
    for (short, whole) in KNOWN {
        let found = said("edit/x.rs", &format!("fn f() {{ {short}(); }}"));
        assert!(found.iter().any(|line| line.contains(whole)), "{short}: {found:?}");
    }
    for name in EFFECTS {
        let found = said("text/x.rs", &format!("use {name};"));
        assert!(found.iter().any(|line| line.contains("is pure")), "{name}: {found:?}");
    }
    for (room, floor) in FLOORS {
        for (other, below) in FLOORS {
            let code = format!("use crate::{other}::A;");
            let free = room == other
                || if *floor == SURFACE { *below <= PURE } else { below < floor }
                || ARROWS.iter().any(|(from, targets)| from == room && targets.contains(other));
            assert_eq!(said(&format!("{room}/x.rs"), &code).is_empty(), free, "{room} -> {other}");
        }
    }
}

/// What is said of a file that opens as it should and goes on with `code`.
fn said(path: &str, code: &str) -> Vec<String> {
    check(path, &format!("//! A file.\n{code}")).iter().map(Violation::to_string).collect()
}

/// Does an arrow or a chain of them lead from one room to another?
fn reaches(from: &str, to: &str, steps: usize) -> bool {
    from == to
        || steps > 0
            && ARROWS
                .iter()
                .any(|(room, targets)| *room == from && targets.iter().any(|next| reaches(next, to, steps - 1)))
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Path below `src` and text of every source file, in order.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for (name, is_folder) in entries(&root().join(&folder)) {
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if is_folder {
                folders.push(path);
            } else if path.ends_with(".rs") {
                let text =
                    std::fs::read_to_string(root().join(&path)).unwrap_or_else(|error| panic!("src/{path}: {error}"));
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// The names in a folder, and which of them are folders.
fn entries(folder: &Path) -> Vec<(String, bool)> {
    let list = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    list.map(|entry| entry.expect("the folder is readable"))
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path().is_dir()))
        .collect()
}

// ----------------------------------------------------------------------------------------------------------- rules ---

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    path: String,
    line: usize,
    rule: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{}:{}: {}", self.path, self.line, self.rule)
    }
}

/// Line and rule.
type Found = Vec<(usize, String)>;

/// All that is wrong with one file; `path` is relative to `src`.
fn check(path: &str, text: &str) -> Vec<Violation> {
    let source = Source::read(path, text);
    let rules = [rooms, crates, effects, items, calls, grants, statics, words, attributes];
    let mut found: Found = rules.iter().flat_map(|rule| rule(&source)).collect();
    if !text.starts_with("//!") {
        found.push((1, "the file does not open with `//!`".into()));
    }
    if let Some(line) = source.lost {
        found.push((line, "the brackets do not pair up: this test cannot read the file".into()));
    }
    for write in writes(&source) {
        let excused =
            |(file, operations, _): &(&str, &[&str], &str)| *file == path && operations.contains(&write.operation);
        if !is_in(path, &[DISK]) && !EXCEPTIONS.iter().any(excused) {
            let rule = "writes go through Disk, or stand in EXCEPTIONS with a reason";
            found.push((write.line, format!("`{}`: {rule}", write.shown)));
        }
    }
    let mut violations: Vec<Violation> =
        found.into_iter().map(|(line, rule)| Violation { path: path.into(), line, rule }).collect();
    violations.sort();
    violations.dedup();
    violations
}

/// Imports of other rooms.
fn rooms(source: &Source<'_>) -> Found {
    if source.path == "lib.rs" {
        return declarations(source);
    }
    let mut found = Found::new();
    if let Some(room) = source.room
        && floor(room).is_none()
    {
        found.push((1, format!("`{room}`: it has no row in FLOORS")));
    }
    for name in source.names.iter().filter(|name| name.through.is_none() && name.is_ours()) {
        let shown = name.whole.get(1).map_or_else(String::new, |room| format!("::{room}"));
        let Some((other, above)) = name.whole.get(1).and_then(|other| Some((other.as_str(), floor(other)?))) else {
            if name.imported || name.whole.len() > 1 {
                found.push((name.line(), format!("`{}{shown}`: it is in no room", source.own_name())));
            }
            continue;
        };
        if let Some(rule) = import(source.room, other, above) {
            found.push((name.line(), format!("`{}{shown}`: {rule}", source.own_name())));
        }
    }
    found
}

/// Why a file of `room` (none: `main.rs`) may not import `other`, which is on floor `above`.
fn import(room: Option<&str>, other: &str, above: u8) -> Option<String> {
    let Some(room) = room else {
        let free = other == MAIN || above <= PURE;
        return (!free).then(|| format!("main.rs may import {MAIN} and floors 0 and 1 alone"));
    };
    let own = floor(room)?;
    let arrow = ARROWS.iter().any(|(from, targets)| *from == room && targets.contains(&other));
    if room == other || arrow {
        None
    } else if own == SURFACE {
        (above > PURE).then(|| format!("{room} is a surface and may import floors 0 and 1 alone"))
    } else if own == above {
        Some(format!("there is no arrow {room} -> {other}"))
    } else {
        (own < above).then(|| format!("{room} (floor {own}) may not import {other} (floor {above})"))
    }
}

/// `lib.rs` holds `mod room;` lines and nothing that could be imported from it.
fn declarations(source: &Source<'_>) -> Found {
    let mut found = Found::new();
    for (index, token) in source.tokens.iter().enumerate().filter(|(_, token)| !token.attribute) {
        let text = token.text.as_str();
        let rule = if source.before(index, 1) == "mod" {
            floor(text).is_none().then(|| format!("`{text}`: it has no row in FLOORS"))
        } else {
            let plain = matches!(text, "pub" | "(" | "crate" | ")" | "mod" | ";");
            (!plain).then(|| format!("`{text}`: lib.rs declares rooms and nothing else"))
        };
        // One line about the first stray token says enough.
        if let Some(rule) = rule
            && found.last().is_none_or(|(line, _)| *line != token.line)
        {
            found.push((token.line, rule));
        }
    }
    found
}

/// Names of crates.
fn crates(source: &Source<'_>) -> Found {
    let mut found = Found::new();
    for name in source.names.iter().filter(|name| name.through.is_none() && !name.is_ours() && name.is_path()) {
        let Some(first) = name.whole.first() else { continue };
        let row = CRATES.iter().find(|(pattern, _)| match pattern.strip_suffix('*') {
            Some(start) => first.starts_with(start),
            None => first == pattern,
        });
        if let Some((_, places)) = row
            && !is_in(source.path, places)
        {
            found.push((name.line(), format!("`{first}`: only {} may name it", places.join(", "))));
        }
        let local = first.starts_with(char::is_uppercase) || PRIMITIVES.contains(&first.as_str());
        if source.room == Some("base") && !local && !BASE_CRATES.contains(&first.as_str()) {
            found.push((name.line(), format!("`{first}`: base is made of {} alone", BASE_CRATES.join(", "))));
        }
    }
    found
}

/// Types that head a path as crates do: `u64::MAX`.
const PRIMITIVES: &[&str] = &[
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16", "u32", "u64", "u128",
    "usize",
];

/// The pure floors.
fn effects(source: &Source<'_>) -> Found {
    let Some(room) = source.room.filter(|room| floor(room).is_some_and(|floor| floor <= PURE)) else {
        return Found::new();
    };
    let rule = format!("{room} is pure: no files, environment, clock, network or runtime");
    let named = source.foreign().filter(|name| EFFECTS.iter().any(|item| name.brings(item)));
    named.map(|name| (name.line(), format!("`{}`: {rule}", name.whole.join("::")))).collect()
}

/// Items of libraries that have one place.
fn items(source: &Source<'_>) -> Found {
    let mut found = Found::new();
    for (items, _, rule) in ITEMS.iter().filter(|(_, places, _)| !is_in(source.path, places)) {
        for name in source.foreign().filter(|name| items.iter().any(|item| name.brings(item))) {
            found.push((name.line(), format!("`{}`: {rule}", name.whole.join("::"))));
        }
    }
    found
}

/// Macros and methods that have one place.
fn calls(source: &Source<'_>) -> Found {
    let mut found = Found::new();
    for (index, token) in source.tokens.iter().enumerate() {
        let text = token.text.as_str();
        let macros = MACROS.iter().filter(|(names, places, _)| names.contains(&text) && !is_in(source.path, places));
        if token.word && source.after(index, 1) == "!" {
            // Unfinished code is no better in a test.
            for (_, _, rule) in macros.filter(|(_, places, _)| !token.test || places.is_empty()) {
                found.push((token.line, format!("`{text}!`: {rule}")));
            }
        }
        let methods = METHODS.iter().filter(|(name, places, _)| *name == text && !is_in(source.path, places));
        if source.is_method(index) && !token.test {
            found.extend(methods.map(|(name, _, rule)| (token.line, format!("`{name}`: {rule}"))));
        }
    }
    found
}

/// One operation that changes the disk.
struct DiskWrite {
    line: usize,
    operation: &'static str,
    shown: String,
}

/// All writes in a file, allowed or not.
fn writes(source: &Source<'_>) -> Vec<DiskWrite> {
    let mut found = Vec::new();
    for (module, operations) in WRITES {
        for operation in *operations {
            let item = format!("{module}::{operation}");
            let named = source.foreign().filter(|name| name.brings(&item));
            found.extend(named.map(|name| DiskWrite { line: name.line(), operation, shown: name.whole.join("::") }));
        }
    }
    let has_files = source.foreign().any(|name| name.whole.starts_with(&["std", "fs", "File"].map(String::from)));
    let methods = WRITE_METHODS.iter().chain(FILE_METHODS.iter().filter(|_| has_files));
    for operation in methods {
        for (index, token) in source.tokens.iter().enumerate() {
            if token.text == *operation && source.is_method(index) && !token.test {
                found.push(DiskWrite { line: token.line, operation, shown: format!(".{operation}()") });
            }
        }
    }
    found
}

/// Struct literals of `Grant`; its patterns, and bodies of functions that return one, are free.
fn grants(source: &Source<'_>) -> Found {
    if source.path == GATE {
        return Found::new();
    }
    let is_literal = |name: &&Name| {
        let mut before = name.start;
        while before > 0
            && (matches!(source.before(before, 1), "&" | "mut") || source.before(before, 1).starts_with('\''))
        {
            before -= 1;
        }
        let typed =
            matches!(source.before(name.start, 1), "impl" | "for" | "struct") || source.before(before, 1) == "->";
        let close = source.tokens.get(name.end).and_then(|brace| brace.closed_by).unwrap_or(name.end);
        !typed && source.before(close, 1) != ".."
    };
    let named =
        source.names.iter().filter(|name| !name.imported && name.whole.last().is_some_and(|last| last == "Grant"));
    named
        .filter(|name| source.after(name.end, 0) == "{")
        .filter(is_literal)
        .map(|name| (name.line(), format!("`Grant {{ … }}`: only {GATE} makes a grant")))
        .collect()
}

/// Statics that can change.
fn statics(source: &Source<'_>) -> Found {
    let mut found = Found::new();
    for (index, _) in source.tokens.iter().enumerate().filter(|(_, token)| token.is("static") && !token.test) {
        let mutable = source.after(index, 1) == "mut";
        let name = index + 1 + usize::from(mutable);
        if source.after(name, 1) != ":" {
            continue;
        }
        let mut end = name + 2;
        while source.tokens.get(end).is_some_and(|token| !matches!(token.text.as_str(), "=" | ";")) {
            end = source.tokens[end].closed_by.unwrap_or(end) + 1;
        }
        let types = source.names.iter().filter(|part| (name..end).contains(&part.start));
        let mut parts = types.flat_map(|part| part.whole.iter());
        if mutable || parts.any(|part| INTERIOR.contains(&part.as_str()) || part.starts_with("Atomic")) {
            let line = source.tokens[index].line;
            found.push((line, format!("`static {}`: there are no mutable statics", source.after(name, 0))));
        }
    }
    found
}

/// Words that are rules by themselves.
fn words(source: &Source<'_>) -> Found {
    let mut found = Found::new();
    for (index, token) in source.tokens.iter().enumerate() {
        if token.is("unsafe") && !is_in(source.path, UNSAFE) {
            found.push((token.line, "`unsafe`: only process/ and sandbox/ may be unsafe".into()));
        }
        if token.is("extern") && source.after(index, 1) == "crate" {
            found.push((token.line, "`extern crate`: it hides what is imported".into()));
        }
    }
    found
}

/// `allow`, also inside `cfg_attr`.
fn attributes(source: &Source<'_>) -> Found {
    let marked = source.tokens.iter().enumerate().filter(|(_, token)| token.attribute && token.is("allow"));
    marked
        .filter(|(index, _)| source.after(*index, 1) == "(")
        .map(|(_, token)| (token.line, "`allow`: say `#[expect(lint, reason = \"…\")]`".into()))
        .collect()
}

fn floor(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

/// Is the file one of these, or in one of these folders?
fn is_in(path: &str, places: &[&str]) -> bool {
    places.iter().any(|place| if place.ends_with('/') { path.starts_with(place) } else { path == *place })
}

// ---------------------------------------------------------------------------------------------------------- source ---

/// A source file as tokens, and all names in it with where they come from.
struct Source<'a> {
    path: &'a str,
    /// The room it belongs to; none for `main.rs` and `lib.rs`.
    room: Option<&'a str>,
    tokens: Vec<Token>,
    names: Vec<Name>,
    /// Where brackets do not pair up, if they do not.
    lost: Option<usize>,
}

#[derive(Debug, Default)]
struct Token {
    /// A word, a mark such as `::`, a lifetime, or [`LITERAL`].
    text: String,
    line: usize,
    word: bool,
    /// Part of `#[…]` or `#![…]`.
    attribute: bool,
    /// Under `#[cfg(test)]`.
    test: bool,
    /// For an opening bracket: where it is closed.
    closed_by: Option<usize>,
    /// The opening brace of the block this stands in.
    block: Option<usize>,
}

impl Token {
    /// Is it this keyword?
    fn is(&self, keyword: &str) -> bool {
        self.word && self.text == keyword
    }
}

/// A path as it stands in the source, or one leaf of a `use`.
#[derive(Debug)]
struct Name {
    segments: Vec<(String, usize)>,
    /// From the root: `crate::…`, or a crate's name first; as written where nothing is known about its first word.
    whole: Vec<String>,
    /// What its first word was imported as, when it was.
    through: Option<Vec<String>>,
    imported: bool,
    test: bool,
    /// Its first token, and the one after its last.
    start: usize,
    end: usize,
}

impl Name {
    /// The line that says where it leads: that of the first word that is not `crate`, `self` or `super`.
    fn line(&self) -> usize {
        let telling = self.segments.iter().find(|(word, _)| !matches!(word.as_str(), "crate" | "self" | "super"));
        telling.or(self.segments.last()).map_or(0, |(_, line)| *line)
    }

    fn is_ours(&self) -> bool {
        self.whole.first().is_some_and(|first| first == "crate")
    }

    /// More than a lone word, which may be any variable.
    fn is_path(&self) -> bool {
        self.imported || self.segments.len() > 1
    }

    /// Does this name lead to `item`, where the import it came through did not already?
    fn brings(&self, item: &str) -> bool {
        let item: Vec<&str> = item.split("::").collect();
        let leads = |path: &[String]| match path.split_last() {
            Some((last, parent)) if last == "*" => parent.len() < item.len() && parent.iter().eq(&item[..parent.len()]),
            _ => path.len() >= item.len() && path[..item.len()].iter().eq(&item),
        };
        leads(&self.whole) && !self.through.as_deref().is_some_and(leads)
    }
}

/// A path before it is known where it leads.
struct Written {
    words: Vec<String>,
    /// It began with `::`.
    global: bool,
    /// The token it begins with.
    at: usize,
}

/// What a `use` or a `mod` calls by a short name, in its block.
struct Alias {
    name: String,
    target: Written,
    block: Option<usize>,
}

impl<'a> Source<'a> {
    fn read(path: &'a str, text: &str) -> Self {
        let room = match path.split_once('/') {
            Some((room, _)) => Some(room),
            None if matches!(path, "main.rs" | "lib.rs") => None,
            None => path.strip_suffix(".rs"),
        };
        let mut source = Source { path, room, tokens: tokens(text), names: Vec::new(), lost: None };
        source.pair_brackets();
        source.mark_attributes();
        source.collect_names();
        source
    }

    /// What the file calls its own crate.
    fn own_name(&self) -> &'static str {
        if self.path == "main.rs" { "agent" } else { "crate" }
    }

    /// The text of the token so many before this one; empty where there is none.
    fn before(&self, index: usize, steps: usize) -> &str {
        index.checked_sub(steps).map_or("", |index| self.after(index, 0))
    }

    fn after(&self, index: usize, steps: usize) -> &str {
        self.tokens.get(index + steps).map_or("", |token| &token.text)
    }

    fn is_method(&self, index: usize) -> bool {
        self.before(index, 1) == "." && matches!(self.after(index, 1), "(" | "::")
    }

    /// What is named of libraries outside of tests.
    fn foreign(&self) -> impl Iterator<Item = &Name> {
        self.names.iter().filter(|name| !name.test && !name.is_ours() && name.is_path())
    }

    /// Pairs brackets, and finds the blocks. Where they do not pair up, the reader has lost its way.
    fn pair_brackets(&mut self) {
        let (mut open, mut blocks): (Vec<usize>, Vec<usize>) = Default::default();
        for index in 0..self.tokens.len() {
            let opener = match self.after(index, 0) {
                "}" => "{",
                ")" => "(",
                "]" => "[",
                _ => "",
            };
            if !opener.is_empty() {
                match open.pop().filter(|opening| self.after(*opening, 0) == opener) {
                    Some(opening) => self.tokens[opening].closed_by = Some(index),
                    None => self.lost = self.lost.or(Some(self.tokens[index].line)),
                }
                blocks.pop_if(|_| opener == "{");
            }
            self.tokens[index].block = blocks.last().copied();
            if matches!(self.after(index, 0), "{" | "(" | "[") {
                open.push(index);
            }
            if self.after(index, 0) == "{" {
                blocks.push(index);
            }
        }
        self.lost = self.lost.or(open.last().map(|index| self.tokens[*index].line));
    }

    fn mark_attributes(&mut self) {
        for index in 0..self.tokens.len() {
            let bracket = index + 1 + usize::from(self.after(index, 1) == "!");
            if self.after(index, 0) != "#" || self.after(bracket, 0) != "[" {
                continue;
            }
            let close = self.tokens[bracket].closed_by.unwrap_or(bracket);
            let inside = &self.tokens[bracket..close];
            let says = |word: &str| inside.iter().any(|token| token.is(word));
            let tested = says("test") && !says("not") && !says("any");
            let last = if tested && self.after(bracket, 1) == "cfg" { self.end_of_item(close + 1) } else { index };
            for token in &mut self.tokens[index..=close] {
                token.attribute = true;
            }
            for token in self.tokens.iter_mut().take(last + 1).skip(index) {
                token.test = true;
            }
        }
    }

    /// The last token of the item that begins here; this token itself where no whole item does.
    fn end_of_item(&self, start: usize) -> usize {
        const ITEMS: &[&str] =
            &["async", "const", "enum", "fn", "impl", "mod", "static", "struct", "trait", "type", "unsafe", "use"];
        let closing = |index: usize| self.tokens.get(index).and_then(|token| token.closed_by).unwrap_or(index);
        let mut index = start;
        while matches!(self.after(index, 0), "#" | "[" | "pub" | "(") {
            index = closing(index) + 1;
        }
        if !ITEMS.contains(&self.after(index, 0)) {
            return start;
        }
        while !matches!(self.after(index, 0), ";" | "{" | "}" | "") {
            index = closing(index) + 1;
        }
        closing(index)
    }

    fn collect_names(&mut self) {
        let mut aliases = Vec::new();
        let mut written = Vec::new();
        let mut index = 0;
        while index < self.tokens.len() {
            let token = &self.tokens[index];
            if token.is("use") && self.after(index, 1) != "<" {
                let mut leaves = Vec::new();
                let end = self.use_tree(index + 1, &[], self.after(index, 1) == "::", &mut leaves);
                for Leaf { segments, global, name } in leaves {
                    let words = segments.iter().map(|(word, _)| word.clone()).collect();
                    let target = Written { words, global, at: index };
                    aliases.push(Alias { name, target, block: token.block });
                    written.push((segments, global, true, index, end));
                }
                index = end;
                continue;
            }
            if token.is("mod") && matches!(self.after(index, 2), ";" | "{") {
                let name = self.after(index, 1).to_owned();
                let target = Written { words: vec!["self".into(), name.clone()], global: false, at: index };
                aliases.push(Alias { name, target, block: token.block });
            }
            if token.word && !LEADING.contains(&token.text.as_str()) && self.begins_path(index) {
                let end = self.end_of_path(index);
                let words = self.tokens[index..end].iter().filter(|token| token.word);
                let segments = words.map(|token| (token.text.clone(), token.line)).collect();
                let global = self.before(index, 1) == "::";
                written.push((segments, global, false, index, end));
                index = end;
                continue;
            }
            index += 1;
        }
        for (segments, global, imported, start, end) in written {
            let words = segments.iter().map(|(word, _): &(String, usize)| word.clone()).collect();
            let (whole, through) = self.resolve(&Written { words, global, at: start }, &aliases, 0);
            let test = self.tokens[start].test;
            self.names.push(Name { segments, whole, through, imported, test, start, end });
        }
    }

    /// Is this word the first of a path, not a field, a method, or a later part of one?
    fn begins_path(&self, index: usize) -> bool {
        match self.before(index, 1) {
            "." => false,
            "::" => {
                let word = index >= 2 && self.tokens[index - 2].word;
                !matches!(self.before(index, 2), ">" | "]" | ")") && (!word || LEADING.contains(&self.before(index, 2)))
            }
            _ => true,
        }
    }

    /// One past the last word of the path that begins here; generic arguments end it.
    fn end_of_path(&self, start: usize) -> usize {
        let mut end = start + 1;
        while self.after(end, 0) == "::" && self.tokens.get(end + 1).is_some_and(|token| token.word) {
            end += 2;
        }
        end
    }

    /// Reads one tree of a `use`, and returns where it ends.
    fn use_tree(&self, start: usize, prefix: &[(String, usize)], global: bool, leaves: &mut Vec<Leaf>) -> usize {
        let mut segments = prefix.to_vec();
        let mut index = start;
        while let Some(token) = self.tokens.get(index) {
            match token.text.as_str() {
                "{" => {
                    let close = token.closed_by.unwrap_or(self.tokens.len());
                    index += 1;
                    while index < close {
                        let global = global || prefix.is_empty() && segments.is_empty() && self.after(index, 0) == "::";
                        index = self.use_tree(index, &segments, global, leaves).max(index + 1);
                    }
                    return close + 1;
                }
                "as" => {
                    leaves.push(Leaf::new(segments, global, Some(self.after(index, 1))));
                    return index + 2;
                }
                "," | ";" | "}" => break,
                "::" | "$" => index += 1,
                word => {
                    segments.push((word.to_owned(), token.line));
                    index += 1;
                }
            }
        }
        if segments.len() > prefix.len() {
            leaves.push(Leaf::new(segments, global, None));
        }
        index
    }

    /// Where a path leads, and what its first word was imported as.
    fn resolve(&self, path: &Written, aliases: &[Alias], depth: u8) -> (Vec<String>, Option<Vec<String>>) {
        let Some((first, rest)) = path.words.split_first() else { return (Vec::new(), None) };
        if first == "agent" && self.path == "main.rs" {
            return ([&["crate".to_owned()], rest].concat(), None);
        }
        if path.global {
            return (path.words.clone(), None);
        }
        match first.as_str() {
            "crate" => return (path.words.clone(), None),
            "self" | "super" => {
                let mut whole = self.module(path.at);
                let steps = path.words.iter().take_while(|word| matches!(word.as_str(), "self" | "super")).count();
                for _ in path.words[..steps].iter().filter(|word| *word == "super") {
                    whole.truncate(whole.len().saturating_sub(1).max(1));
                }
                whole.extend_from_slice(&path.words[steps..]);
                return (whole, None);
            }
            _ => {}
        }
        let blocks = self.blocks(path.at);
        let visible = aliases.iter().filter(|alias| alias.name == *first && alias.target.words.first() != Some(first));
        let nearest = visible
            .filter_map(|alias| Some((blocks.iter().position(|block| *block == alias.block)?, alias)))
            .min_by_key(|(distance, _)| *distance);
        if let Some((_, alias)) = nearest
            && depth < 4
        {
            let (target, _) = self.resolve(&alias.target, aliases, depth + 1);
            return ([target.as_slice(), rest].concat(), Some(target));
        }
        let known = KNOWN.iter().find(|(short, _)| short.split("::").eq(path.words.iter()));
        (known.map_or_else(|| path.words.clone(), |(_, whole)| whole.split("::").map(String::from).collect()), None)
    }

    /// The blocks around a token, innermost first; the last is the file.
    fn blocks(&self, index: usize) -> Vec<Option<usize>> {
        let mut around = vec![self.tokens[index].block];
        while let Some(block) = around.last().copied().flatten() {
            around.push(self.tokens[block].block);
        }
        around
    }

    /// The module a token is in, from `crate` on.
    fn module(&self, index: usize) -> Vec<String> {
        let file = self.path.strip_suffix(".rs").unwrap_or(self.path);
        let mut module = vec!["crate".to_owned()];
        module.extend(file.split('/').filter(|part| !matches!(*part, "mod" | "main" | "lib")).map(String::from));
        for block in self.blocks(index).into_iter().flatten().collect::<Vec<_>>().into_iter().rev() {
            if self.before(block, 2) == "mod" {
                module.push(self.before(block, 1).to_owned());
            }
        }
        module
    }
}

/// Keywords that may stand before a path that begins with `::`, and are no part of it.
const LEADING: &[&str] = &["as", "break", "dyn", "else", "for", "if", "impl", "in", "match", "mut", "return", "where"];

/// One name that a `use` brings.
struct Leaf {
    segments: Vec<(String, usize)>,
    global: bool,
    name: String,
}

impl Leaf {
    fn new(mut segments: Vec<(String, usize)>, global: bool, name: Option<&str>) -> Self {
        if segments.len() > 1 {
            // `use a::{self}` is `use a`.
            segments.pop_if(|(word, _)| word == "self");
        }
        let last = segments.last().map_or("", |(word, _)| word);
        Self { name: name.unwrap_or(last).to_owned(), segments, global }
    }
}

/// Marks of more than one character that matter here, longest first.
const MARKS: &[&str] = &["..=", "...", "::", "->", "=>", "..", "!=", "=="];

/// Keywords that mean something else as raw identifiers: `r#use`.
const KEYWORDS: &[&str] = &["extern", "for", "impl", "mod", "mut", "static", "struct", "unsafe", "use"];

/// Stands for a string, a character or a number.
const LITERAL: &str = "\"";

/// Rust as tokens, without comments and without what literals say.
fn tokens(text: &str) -> Vec<Token> {
    let mut reader = Reader { chars: text.chars().collect(), at: 0, line: 1 };
    let mut found = Vec::new();
    while let Some(char) = reader.peek(0) {
        let (line, start) = (reader.line, reader.at);
        let mut token = |text: String, word: bool| found.push(Token { text, line, word, ..Token::default() });
        if char.is_whitespace() {
            reader.step(1);
        } else if reader.sees("//") {
            reader.skip_while(|char| char != '\n');
        } else if reader.sees("/*") {
            reader.block_comment();
        } else if char == '"' {
            reader.string();
            token(LITERAL.into(), false);
        } else if char == '\'' {
            let lifetime = reader.character_or_lifetime();
            token(lifetime, false);
        } else if char.is_ascii_digit() {
            reader.number();
            token(LITERAL.into(), false);
        } else if char == '_' || char.is_alphabetic() {
            reader.skip_while(|char| char == '_' || char.is_alphanumeric());
            let word: String = reader.chars[start..reader.at].iter().collect();
            if reader.literal_after(&word) {
                token(LITERAL.into(), false);
            } else if word == "r" && reader.peek(0) == Some('#') {
                reader.step(1);
                let start = reader.at;
                reader.skip_while(|char| char == '_' || char.is_alphanumeric());
                let word: String = reader.chars[start..reader.at].iter().collect();
                token(if KEYWORDS.contains(&word.as_str()) { format!("r#{word}") } else { word }, true);
            } else {
                token(word, true);
            }
        } else {
            let mark =
                MARKS.iter().find(|mark| reader.sees(mark)).map_or_else(|| char.to_string(), |mark| (*mark).into());
            reader.step(mark.chars().count());
            token(mark, false);
        }
    }
    found
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn sees(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(ahead, char)| self.peek(ahead) == Some(char))
    }

    fn step(&mut self, count: usize) {
        for _ in 0..count {
            self.line += usize::from(self.peek(0) == Some('\n'));
            self.at += 1;
        }
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&wanted) {
            self.step(1);
        }
    }

    /// A comment in `/* */`, with those inside it.
    fn block_comment(&mut self) {
        let mut depth = 0;
        while self.peek(0).is_some() {
            if self.sees("/*") {
                depth += 1;
                self.step(2);
            } else if self.sees("*/") {
                depth -= 1;
                self.step(2);
                if depth == 0 {
                    return;
                }
            } else {
                self.step(1);
            }
        }
    }

    /// A string with escapes, from its opening quote.
    fn string(&mut self) {
        self.step(1);
        while let Some(char) = self.peek(0) {
            self.step(if char == '\\' { 2 } else { 1 });
            if char == '"' {
                return;
            }
        }
    }

    /// `'a'` or `'\n'`, which are literals, or `'a`, which gives itself.
    fn character_or_lifetime(&mut self) -> String {
        if self.peek(1) == Some('\\') {
            self.step(3);
            self.skip_while(|char| char != '\'');
            self.step(1);
            return LITERAL.into();
        }
        if self.peek(2) == Some('\'') {
            self.step(3);
            return LITERAL.into();
        }
        let start = self.at;
        self.step(1);
        self.skip_while(|char| char == '_' || char.is_alphanumeric());
        self.chars[start..self.at].iter().collect()
    }

    fn number(&mut self) {
        let part = |char: char| char == '_' || char.is_alphanumeric();
        self.skip_while(part);
        if self.peek(0) == Some('.') && self.peek(1).is_some_and(|char| char.is_ascii_digit()) {
            self.step(1);
            self.skip_while(part);
        }
    }

    /// Reads the literal that this word is the prefix of, if it is: `b"…"`, `r#"…"#`, `b'…'`.
    fn literal_after(&mut self, word: &str) -> bool {
        let next = self.peek(0);
        if matches!(word, "b" | "c") && next == Some('"') {
            self.string();
            return true;
        }
        if word == "b" && next == Some('\'') {
            self.character_or_lifetime();
            return true;
        }
        let hashes = self.chars[self.at..].iter().take_while(|char| **char == '#').count();
        if !matches!(word, "r" | "br" | "cr") || self.peek(hashes) != Some('"') {
            return false;
        }
        self.step(hashes + 1);
        let end = format!("\"{}", "#".repeat(hashes));
        while self.peek(0).is_some() && !self.sees(&end) {
            self.step(1);
        }
        self.step(end.len());
        true
    }
}
