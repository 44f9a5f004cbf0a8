//! The log of a real session, changed in every way at every line, and what is said of it; and the effects that it tells of.

use crate::support::*;
use agent::store::chain::{Harm, Head, Proof, prove};
use agent::store::ledger::Ledger;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::PathBuf;

fn state(project: &Project) -> PathBuf {
    project.home().join(".local/state/agent")
}

/// A session of three requests, a command and an edit.
fn worked() -> (Project, String) {
    let project = Project::new()
        .file("a.txt", "one\n")
        .reply(Reply::call("shell", json!({"command": "echo hello"})))
        .reply(Reply::call("write", json!({"path": "b.txt", "content": "two\n"})))
        .reply(Reply::text("Done."));
    let session = project.run(&["--json", "do it"]).code(0).outcome()["session"].as_str().unwrap().to_owned();
    (project, session)
}

struct Kept {
    session: String,
    path: PathBuf,
    lines: Vec<String>,
    heads: Vec<Head>,
}

fn kept(project: &Project, session: &str) -> Kept {
    let path = state(project).join("sessions").join(session).join("log.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let heads = Ledger::open(&state(project)).unwrap().heads(session).unwrap();
    Kept { session: session.into(), path, lines: text.lines().map(str::to_owned).collect(), heads }
}

impl Kept {
    fn prove(&self, lines: &[String]) -> Proof {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        prove(&self.session, &mut text.as_bytes(), &self.heads).unwrap()
    }

    #[track_caller]
    fn finds(&self, lines: &[String], harm: Harm, line: usize) {
        let proof = self.prove(lines);
        let found = proof.findings.first().unwrap_or_else(|| panic!("nothing is found of {harm:?} at line {line}"));
        assert_eq!((found.harm, found.line), (harm, line as u64), "{proof:?}");
        assert!(proof.proven < line as u64, "what is proven ends before the harm: {proof:?}");
    }

    /// The number of the last head before record `seq`.
    fn head_before(&self, seq: u64) -> u64 {
        self.heads.iter().map(|head| head.seq).filter(|head| *head < seq).max().unwrap_or(0)
    }
}

/// The lines with a chain that fits, as somebody who knows how it is made could write them.
fn chained(lines: &[String]) -> Vec<String> {
    let mut previous = String::new();
    let chain = |line: &String| {
        let bare = format!("{}}}", line.rsplit_once(",\"chain\"").map_or(line.as_str(), |(bare, _)| bare));
        let digest = Sha256::new().chain_update(&previous).chain_update(&bare).finalize();
        previous = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("{},\"chain\":\"{previous}\"}}", bare.strip_suffix('}').unwrap())
    };
    lines.iter().map(chain).collect()
}

/// The same line with another fact in it.
fn forged(line: &str) -> String {
    let time = line.find("\"time\":\"20").unwrap() + "\"time\":\"20".len();
    format!("{}99{}", &line[..time], &line[time + 2..])
}

fn numbered(line: &str, seq: usize) -> String {
    let (before, rest) = line.split_once("\"seq\":").unwrap();
    format!("{before}\"seq\":{seq}{}", &rest[rest.find(',').unwrap()..])
}

#[test]
fn a_log_that_nobody_touched_is_proven_to_its_end() {
    let (project, session) = worked();
    let kept = kept(&project, &session);
    assert!(kept.heads.len() >= 4, "one for each request, and one at the end: {:?}", kept.heads);
    let proof = kept.prove(&kept.lines);
    let last = kept.lines.len() as u64;
    assert_eq!((proof.records, proof.proven, proof.findings.len()), (last, last, 0));
    assert_eq!(chained(&kept.lines), kept.lines, "the test makes chains as the log does");
    let out = project.agent(&["audit", "verify"]).code(0);
    out.stdout_has(&session).stdout_has("proven: all").stdout_has("This cannot tell");
}

#[test]
fn every_kind_of_harm_is_found_at_every_line() {
    let (project, session) = worked();
    let kept = kept(&project, &session);
    let lines = &kept.lines;
    for at in 0..lines.len() {
        let (number, is_last) = (at + 1, at + 1 == lines.len());
        let with = |line: String| [&lines[..at], &[line], &lines[at + 1..]].concat();
        kept.finds(&with(forged(&lines[at])), Harm::Changed, number);
        kept.finds(&with("{}".into()), Harm::Changed, number);
        let flipped = lines[at].replace("\",\"type\"", "0\",\"type\"");
        kept.finds(&with(flipped), Harm::Changed, number);
        let without = [&lines[..at], &lines[at + 1..]].concat();
        kept.finds(&without, if is_last { Harm::Cut } else { Harm::Missing }, number);
        kept.finds(&lines[..at], Harm::Cut, number);
        if !is_last {
            let mut swapped = lines.clone();
            swapped.swap(at, at + 1);
            kept.finds(&swapped, Harm::Reordered, number);
            let mut moved = lines.clone();
            let line = moved.remove(at);
            moved.push(line);
            kept.finds(&moved, Harm::Reordered, number);
        }
        let twice = [&lines[..=at], &lines[at..]].concat();
        kept.finds(&twice, Harm::Inserted, number + 1);
        // A line that fits behind the one before, so that the chain breaks after it.
        let added = chained(&[&lines[..at], &[numbered(&forged(&lines[at]), number)]].concat());
        let added = [&added[..], &lines[at..]].concat();
        let proof = kept.prove(&added);
        assert!(matches!(proof.findings[0].harm, Harm::Inserted | Harm::Rewritten), "line {number}: {proof:?}");
    }
}

#[test]
fn a_chain_that_was_made_anew_is_found_against_the_heads() {
    let (project, session) = worked();
    let kept = kept(&project, &session);
    let lines = &kept.lines;
    for at in 0..lines.len() {
        let changed = chained(&[&lines[..at], &[forged(&lines[at])], &lines[at + 1..]].concat());
        let line = kept.head_before(at as u64 + 1) as usize + 1;
        kept.finds(&changed, Harm::Rewritten, line);
        // Records taken out, and the rest given new numbers and a new chain: shorter than its head.
        let fewer = [&lines[..at], &lines[at + 1..]].concat();
        let fewer: Vec<String> = fewer.iter().zip(1..).map(|(line, seq)| numbered(line, seq)).collect();
        let proof = kept.prove(&chained(&fewer));
        assert!(matches!(proof.findings[0].harm, Harm::Rewritten | Harm::Cut), "line {}: {proof:?}", at + 1);
    }
    let longer = [lines.clone(), vec![numbered(&lines[lines.len() - 1], lines.len() + 1)]].concat();
    kept.finds(&chained(&longer), Harm::Longer, lines.len() + 1);
}

#[test]
fn half_a_line_at_the_end_is_told_from_a_cut() {
    let (project, session) = worked();
    let kept = kept(&project, &session);
    let whole = fs::read(&kept.path).unwrap();
    let torn = [&whole[..], b"{\"schema\":1,\"seq\":99"].concat();
    let proof = prove(&session, &mut &torn[..], &kept.heads).unwrap();
    assert_eq!(proof.findings.iter().map(|found| found.harm).collect::<Vec<_>>(), [Harm::Torn]);
    assert_eq!(proof.proven, kept.lines.len() as u64, "all that was written is still proven");
    for end in [whole.len() - 1, whole.len() - 20] {
        let proof = prove(&session, &mut &whole[..end], &kept.heads).unwrap();
        assert_eq!(proof.findings.iter().map(|found| found.harm).collect::<Vec<_>>(), [Harm::Torn, Harm::Cut]);
    }
}

#[test]
fn verify_says_it_and_exits_with_one() {
    let (project, session) = worked();
    let kept = kept(&project, &session);
    let write = |lines: &[String]| {
        fs::write(&kept.path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap()
    };
    write(&chained(&[&[forged(&kept.lines[0])], &kept.lines[1..]].concat()));
    project.agent(&["audit", "verify", &session]).code(1).stdout_has("HARMED").stdout_has("it was made anew");
    write(&kept.lines[..3]);
    let line = project.agent(&["audit", "verify", "--json", &session[..13]]).code(1).json().remove(0);
    assert_eq!(
        (&line["verify"], &line["verdict"], &line["findings"][0]["harm"]),
        (&json!(1), &json!("harmed"), &json!("cut"))
    );
    fs::remove_dir_all(kept.path.parent().unwrap()).unwrap();
    project
        .agent(&["audit", "verify", "--all"])
        .code(1)
        .stdout_has("there is no log")
        .stdout_has("agent did not delete it");
    project.agent(&["audit", "verify", "nothing"]).code(2).stderr_has("there is no session `nothing`");
}

#[test]
fn a_log_cut_and_gone_on_with_does_not_hide_the_cut() {
    let (project, session) = worked();
    let kept = kept(&project, &session);
    let cut: String = kept.lines[..kept.lines.len() - 1].iter().map(|line| format!("{line}\n")).collect();
    fs::write(&kept.path, cut).unwrap();
    let project = project.reply(Reply::text("More."));
    project.run(&["--resume", &session, "go on"]).code(0);
    project.agent(&["audit", "verify", &session]).code(1).stdout_has("it was made anew");
}

#[test]
fn a_log_of_another_session_in_its_place_is_found() {
    let (project, session) = worked();
    let project = project.reply(Reply::text("Other."));
    let other = project.run(&["--json", "another"]).code(0).outcome()["session"].as_str().unwrap().to_owned();
    project.agent(&["audit", "verify", "--all"]).code(0);
    fs::copy(kept(&project, &other).path, kept(&project, &session).path).unwrap();
    project.agent(&["audit", "verify", &session]).code(1).stdout_has(&format!("it is the log of session {other}"));
}

#[test]
fn what_agent_deleted_itself_is_not_missed() {
    let (project, session) = worked();
    project.agent(&["sessions", "delete", &session]).code(0);
    project.agent(&["audit", "verify", "--all"]).code(0).stdout_lacks(&session);
    project.agent(&["audit", "verify", &session]).code(0).stdout_has("deleted by agent on 20");
    let budget = project.config("[budget]\nday = 5\n[models.\"anthropic/test-model\"]\ninput = 1\noutput = 1\n");
    budget.reply(Reply::text("Gone.")).run(&["--ephemeral", "x"]).code(0).stdout_has("Gone.");
}

#[test]
fn a_session_without_heads_is_not_called_proven() {
    let (project, session) = worked();
    fs::remove_file(state(&project).join("index.sqlite")).unwrap();
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(state(&project).join(format!("index.sqlite{end}")));
    }
    project.agent(&["audit", "verify", &session]).code(0).stdout_has("not proven").stdout_has("no head was kept");
    project.agent(&["cost", "--rebuild"]).code(0);
    project.agent(&["audit", "verify", &session]).code(0).stdout_has("not proven");
}

/// Records as a session of a user in a jail writes them, with every fact that the audit knows.
const RECORDS: &str = r#"
{"schema":1,"seq":1,"time":"2026-11-21T10:00:00.000Z","type":"session_started","data":{"session":"019a9f3e-7c55-7000-8000-0123456789ab","version":"0.1.0","root":"/engine","project":"/engine","model":"anthropic/claude-sonnet-5","wire":"messages","mode":"auto","sandbox":"namespaces","network":"hosts","user":"ada"}}
{"schema":1,"seq":2,"time":"2026-11-21T10:00:01.000Z","type":"turn_started","data":{"turn":1,"model":"anthropic/claude-sonnet-5"}}
{"schema":1,"seq":3,"time":"2026-11-21T10:00:03.000Z","type":"turn_finished","data":{"turn":1,"model":"anthropic/claude-sonnet-5","stop":"calls","tokens":{"input":1000,"cached":0,"cache_written":0,"output":50,"reasoning":0},"cost_usd":"0.0123","duration_ms":2000}}
{"schema":1,"seq":4,"time":"2026-11-21T10:00:04.000Z","type":"tool_started","data":{"call":"c1","tool":"shell","summary":"shell npm ci && git commit -am \"deps\u001b[31m\"","access":[{"kind":"exec","command":"npm ci"}],"rule":"mode auto","jail":"namespaces"}}
{"schema":1,"seq":5,"time":"2026-11-21T10:00:05.000Z","type":"host_denied","data":{"call":"c1","host":"evil.example.org","port":443,"why":"it is on no list"}}
{"schema":1,"seq":6,"time":"2026-11-21T10:00:05.100Z","type":"asked","data":{"id":1,"call":"c1","tool":"shell","why":"it wants to reach registry.example.org:443","access":[{"kind":"connect","host":"registry.example.org","port":443}]}}
{"schema":1,"seq":7,"time":"2026-11-21T10:00:06.000Z","type":"answered","data":{"ask":1,"answer":{"answer":"allow","remember":"session"}}}
{"schema":1,"seq":8,"time":"2026-11-21T10:00:07.000Z","type":"quarantined","data":{"call":"c1","files":[{"path":".git/hooks/pre-commit","what":"added"}],"kept":"~/.local/state/agent/sessions/01/quarantine/1"}}
{"schema":1,"seq":9,"time":"2026-11-21T10:00:07.100Z","type":"committed","data":{"call":"c1","commits":[{"id":"3f786850e387550fdab836ed7e6dc881de23001b","subject":"deps","marked":false}]}}
{"schema":1,"seq":10,"time":"2026-11-21T10:00:08.000Z","type":"tool_finished","data":{"tool":"shell","status":"failed","result":{"call":"c1","output":"npm: no","images":[],"error":true},"duration_ms":4000,"exit":1,"limit":"memory"}}
{"schema":1,"seq":11,"time":"2026-11-21T10:00:09.000Z","type":"asked","data":{"id":2,"call":"c2","tool":"edit","why":"mode ask shows each edit","access":[{"kind":"write","path":"src/sum.rs"}]}}
{"schema":1,"seq":12,"time":"2026-11-21T10:00:10.000Z","type":"answered","data":{"ask":2,"answer":{"answer":"allow"}}}
{"schema":1,"seq":13,"time":"2026-11-21T10:00:11.000Z","type":"tool_started","data":{"call":"c2","tool":"edit","summary":"edit src/sum.rs","access":[{"kind":"write","path":"src/sum.rs"}],"rule":"the answer to question 2"}}
{"schema":1,"seq":14,"time":"2026-11-21T10:00:11.100Z","type":"edited","data":{"call":"c2","files":[{"path":"src/sum.rs","kind":"modify","added":3,"removed":1,"diff":""}]}}
{"schema":1,"seq":15,"time":"2026-11-21T10:00:11.200Z","type":"tool_finished","data":{"tool":"edit","status":"done","result":{"call":"c2","output":"done","images":[],"error":false},"duration_ms":2}}
{"schema":1,"seq":16,"time":"2026-11-21T10:00:12.000Z","type":"tool_finished","data":{"tool":"read","status":"denied","result":{"call":"c3","output":"denied: .env holds secrets by its name","images":[],"error":true},"duration_ms":0}}
{"schema":1,"seq":17,"time":"2026-11-21T10:00:13.000Z","type":"check_started","data":{"command":"cargo test","round":1}}
{"schema":1,"seq":18,"time":"2026-11-21T10:00:20.000Z","type":"check_finished","data":{"command":"cargo test","passed":true,"round":1,"exit":0,"duration_ms":7000}}
"#;

const ID: &str = "019a9f3e-7c55-7000-8000-0123456789ab";

fn told(records: &str) -> Project {
    let project = Project::new();
    let folder = state(&project).join("sessions").join(ID);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("log.jsonl"), records.trim_start()).unwrap();
    project
}

#[test]
fn effects_are_a_table_of_eighty_columns() {
    let out = told(RECORDS).agent(&["audit", "019a"]).code(0).stdout;
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    assert!(!out.contains('\u{1b}'), "no byte of a command reaches the terminal");
    let wanted = r#"session 019a9f3e-7c55-7000-8000-0123456789ab of 2026-11-21
for ada by agent/0.1.0, anthropic/claude-sonnet-5
mode auto, jail namespaces, network hosts
/engine

TIME      DONE                             RULE            JAIL        END
10:00:00  session began in /engine
10:00:04  shell npm ci && git commit -am…  mode auto       namespaces  limit: m…
          asked: it wants to reach registry.example.org:443: allowed by ada
          host allowed: registry.example.org:443
          host denied: evil.example.org:443 (it is on no list)
          protected: .git/hooks/pre-commit added, and taken away
          commit 3f786850e387 (without true trailers): deps
10:00:11  edit src/sum.rs                  the answer to…  -           done
          asked: mode ask shows each edit: allowed by ada
          src/sum.rs +3 -1
10:00:12  read: denied: .env holds secre…  -               namespaces  denied
10:00:13  cargo test                       the user's ow…  namespaces  done

2 calls, 1 denied, 1 checks, 2 questions, 1 hosts denied, 1 protected paths put
back, 1 commits, 1 of them without true trailers, 1 edits +3 -1, 1 requests,
$0.0123
"#;
    assert_eq!(out, wanted, "\n{out}");
}

#[test]
fn effects_are_json_lines_as_the_document_says() {
    let lines = told(RECORDS).agent(&["audit", "--json", ID]).code(0).json();
    let document = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/audit.md")).unwrap();
    let example = document.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let shown: Value = serde_json::from_str(example).unwrap();
    assert_eq!(shown, lines[2], "docs/audit.md shows\n{}", serde_json::to_string_pretty(&lines[2]).unwrap());
    let told: Vec<&str> = lines.iter().map(|line| line["what"].as_str().unwrap()).collect();
    assert_eq!(told, ["session", "request", "call", "call", "denied", "check"]);
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(name, _)| name);
    let rows: Vec<&str> = rows.collect();
    for field in shown.as_object().unwrap().keys() {
        assert!(rows.contains(&field.as_str()), "docs/audit.md has no row for `{field}`");
    }
    assert_eq!(lines[1]["cost_usd"], "0.0123");
}

#[test]
fn an_old_log_is_told_without_guessing() {
    let old = r#"{"schema":1,"seq":1,"time":"2026-01-01T10:00:00.000Z","type":"session_started","data":{"session":"019a9f3e-7c55-7000-8000-0123456789ab","version":"0.1.0","root":"/engine","model":"lab/one","wire":"chat","mode":"auto","sandbox":"none"}}
{"schema":1,"seq":2,"time":"2026-01-01T10:00:04.000Z","type":"tool_started","data":{"call":"c1","tool":"shell","summary":"shell ls","access":[{"kind":"exec","command":"ls"}]}}
"#;
    let project = told(old);
    let line = project.agent(&["audit", "--json", ID]).code(0).json().remove(1);
    assert_eq!(
        (&line["user"], &line["rule"], &line["jail"], &line["network"]),
        (&Value::Null, &Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(line["status"], Value::Null, "how it ended is not known");
    project
        .agent(&["audit", ID])
        .code(0)
        .stdout_has("for - by agent/0.1.0")
        .stdout_has("-               -           unknown");
}

#[test]
fn what_is_chosen_is_shown() {
    let project = told(RECORDS);
    project.agent(&["audit", "--since", "2026-11-22"]).code(0).stdout_has("nothing was done");
    project.agent(&["audit", "--since", "2026-11-20"]).code(0).stdout_has("cargo test");
    project.agent(&["audit", "--project"]).code(0).stdout_has("nothing was done");
    project.agent(&["audit"]).code(2).stderr_has("there is no session in");
    let (project, session) = worked();
    let lines = project.agent(&["audit", "--project", "--json"]).code(0).json();
    assert!(lines.iter().all(|line| line["session"] == session.as_str()));
    let calls: Vec<&Value> = lines.iter().filter(|line| line["what"] == "call").collect();
    assert_eq!((calls.len(), &calls[1]["edited"][0]["path"]), (2, &json!("b.txt")));
    project.agent(&["audit"]).code(0).stdout_has("shell echo hello");
}
