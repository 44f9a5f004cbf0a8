//! `agent cost`: what real sessions cost, as a table, as JSON and as comma-separated values.

use crate::store::ledger::entry;
use crate::support::*;
use agent::base::Kind;
use agent::base::event::{CacheMiss, MissCause, Status};
use agent::base::model::Usage;
use agent::base::money::Usd;
use agent::store::ledger::{Entry, Ledger, Settlement, TaskRow};
use agent::store::moment;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

const PRICES: &str = "models.\"anthropic/test-model\" = { input = 1.00, output = 4.00 }\n";

fn state(project: &Project) -> PathBuf {
    project.home().join(".local/state/agent")
}

fn cost(project: &Project, args: &[&str]) -> Value {
    let mut all = vec!["cost", "--json"];
    all.extend_from_slice(args);
    project.agent(&all).code(0).json().remove(0)
}

fn amount(value: &Value) -> u64 {
    value.as_str().unwrap().parse::<Usd>().unwrap().0
}

/// One request from beginning to end, now.
fn pay(ledger: &Ledger, entry: &Entry, settlement: &Settlement) {
    let now = moment::now();
    let (reservation, ()) = ledger.reserve(entry, &[], now, |_| Ok((Usd(50_000), ()))).unwrap();
    ledger.settle(reservation, settlement).unwrap();
}

/// A ledger that has everything in it: two models, a task that failed, misses, an unknown price, a request without an end.
fn full(project: &Project) {
    let ledger = Ledger::open(&state(project)).unwrap();
    let one = entry("019a9f3e-7c55-7000");
    let day = moment::day(moment::now());
    let one = Entry { local_month: moment::month(&day), local_day: day, ..one };
    let other = Entry { model: "groq/fast, and \"cheap\"".into(), task: 2, ..one.clone() };
    let tokens = Usage { input: 20_000, cached: 15_000, cache_written: 1_000, output: 800, reasoning: 0 };
    let settled =
        |cost: Option<u64>| Settlement { cost: cost.map(Usd), tokens, duration_ms: 900, ..Settlement::default() };
    let miss = CacheMiss { tokens: 12_000, cause: MissCause::Tools, extra_usd: Some(Usd(32_400)) };
    pay(&ledger, &one, &Settlement { cache_miss: Some(miss), ..settled(Some(61_500)) });
    pay(&ledger, &one, &settled(Some(21_002)));
    pay(&ledger, &other, &Settlement { error: Some(Kind::Transient), ..settled(None) });
    ledger.reserve(&other, &[], moment::now(), |_| Ok((Usd(50_000), ()))).unwrap();
    let now = moment::now();
    for (task, status) in [(1, Status::Done), (2, Status::Incomplete), (3, Status::Done)] {
        let model = if task == 2 { &other.model } else { &one.model };
        let entry = Entry { task, model: model.clone(), ..one.clone() };
        let row = TaskRow {
            entry,
            kind: Default::default(),
            size: Default::default(),
            status,
            started: now,
            ended: now,
            tries: Vec::new(),
        };
        ledger.finish_task(&row).unwrap();
    }
    assert!(ledger.set_undone(&one.session, now, true).unwrap(), "the last task of that moment");
}

#[test]
fn what_real_sessions_cost_is_what_their_outcomes_say() {
    let project = Project::new()
        .git()
        .config(PRICES)
        .file("a.txt", "one\n")
        .reply(Reply::call("read", json!({"path": "a.txt"})))
        .reply(Reply::text("It is one.").usage(TokenUse {
            input: 5_000,
            cached: 4_000,
            output: 33,
            ..TokenUse::default()
        }))
        .reply(Reply::text("Again."))
        .step(Step::Status { code: 400, headers: Vec::new(), body: Server::error_body(Wire::Messages, 400, "no") });
    let outcomes: Vec<Value> = [&["--json", "x"][..], &["--json", "--continue", "y"], &["--json", "z"]]
        .iter()
        .map(|args| project.run(args).outcome())
        .collect();
    project.agent(&["cost", "--rebuild"]).code(0).stderr_has("read the logs of 2 sessions: 4 requests, 3 tasks");
    let by = |name: &str| cost(&project, &["--by", name, "--since", "1d"]);
    for name in ["day", "project", "branch", "model", "session", "task"] {
        let costs = by(name);
        for (field, of) in [("cost_usd", "cost_usd"), ("usd_per_finished_task", "cost_usd")] {
            let all: u64 = outcomes.iter().map(|outcome| amount(&outcome[of])).sum();
            let part = if field == "cost_usd" { all } else { all.div_ceil(2) };
            assert_eq!(amount(&costs["total"][field]), part, "{name}: {field}");
        }
        let rows = costs["rows"].as_array().unwrap();
        for field in ["input", "cached", "output"] {
            let all: u64 = outcomes.iter().map(|outcome| outcome["tokens"][field].as_u64().unwrap()).sum();
            assert_eq!(
                rows.iter().map(|row| row["tokens"][field].as_u64().unwrap()).sum::<u64>(),
                all,
                "{name}: {field}"
            );
        }
    }
    let total = &by("model")["total"];
    let counts = ["requests", "failed_requests", "tasks", "finished_tasks"].map(|name| total[name].as_u64().unwrap());
    assert_eq!(counts, [4, 1, 3, 2]);
    let (sessions, tasks, branches) = (by("session"), by("task"), by("branch"));
    assert_eq!(sessions["rows"][0]["session"], outcomes[0]["session"], "the dearest first");
    let first = tasks["rows"].as_array().unwrap().iter().find(|row| row["task"] == 2).unwrap();
    assert_eq!((&first["session"], &first["cost_usd"]), (&outcomes[0]["session"], &outcomes[1]["cost_usd"]));
    assert_eq!(branches["rows"].as_array().unwrap().len(), 1);
    assert!(branches["rows"][0]["branch"].is_string() && branches["rows"][0]["project"].is_string(), "{branches}");
    assert_eq!(cost(&project, &["--rebuild"])["rows"], cost(&project, &[])["rows"], "again is the same");
    project.agent(&["sessions", "delete", outcomes[0]["session"].as_str().unwrap()]).code(0);
    project.agent(&["sessions", "prune", "--cap", "0"]).code(0);
    assert_eq!(by("task")["rows"], tasks["rows"], "money stays spent when its session is gone");
    project.agent(&["cost", "--rebuild"]).code(0).stderr_has("read the logs of 0 sessions");
    assert_eq!(by("task")["rows"], tasks["rows"], "and when the ledger is made again");
}

/// The table, with one day in the place of the other.
fn table(project: &Project, args: &[&str]) -> String {
    let mut all = vec!["cost"];
    all.extend_from_slice(args);
    let shown = project.agent(&all).code(0).stdout;
    let week = moment::day(moment::now() - 7 * 86_400_000);
    shown.replace(&week, "2026-11-14")
}

#[test]
fn the_table_says_all_there_is_to_know() {
    let project = Project::new();
    full(&project);
    let notes = "
cache misses: 1 request, 12 k tokens, $0.0324 more than from the cache
  the tools changed: 1 request, 12 k tokens, $0.0324 more than from the cache

1 request whose price is not known; not in SPENT

unsettled: 1 request under way or cut off by a crash, at most $0.0500; budgets count them, SPENT does not

1 task was taken back with `agent undo` and counts as not done
";
    let overview = "
                SPENT PER DONE TASK  TASKS DONE REQUESTS TOKENS IN CACHED      OUT
today   $0.082502 + ? $0.082502 + ?      1 of 3        4      60 k   75 %     2400
7 days  $0.082502 + ? $0.082502 + ?      1 of 3        4      60 k   75 %     2400

model (since 2026-11-14)          SPENT PER DONE TASK  TASKS DONE REQUESTS TOKENS IN CACHED      OUT
lab/one                       $0.082502     $0.082502      1 of 2        2      40 k   75 %     1600
groq/fast, and \"cheap\"                ?             -      0 of 1        2      20 k   75 %      800
";
    assert_eq!(format!("\n{}", table(&project, &[])), format!("{overview}{notes}"));
    let tasks = "
task (since 2026-11-14)          SPENT PER DONE TASK  TASKS DONE REQUESTS TOKENS IN CACHED      OUT
019a9f3e-7c55 #1             $0.082502     $0.082502      1 of 1        2      40 k   75 %     1600
019a9f3e-7c55 #2                     ?             -      0 of 1        2      20 k   75 %      800
019a9f3e-7c55 #3               $0.0000             -      0 of 1        0         0      -        0
total                    $0.082502 + ? $0.082502 + ?      1 of 3        4      60 k   75 %     2400
";
    assert_eq!(format!("\n{}", table(&project, &["--by", "task"])), format!("{tasks}{notes}"));
    let branch = table(&project, &["--by", "branch", "--since", "7d"]);
    assert!(branch.lines().nth(1).unwrap().starts_with("engine: main "), "{branch}");
    project.agent(&["cost", "--since", "2999-01-01"]).code(0).stdout_has("nothing was spent since 2999-01-01");
}

#[test]
fn json_tells_unknown_from_nothing() {
    let project = Project::new();
    full(&project);
    let document = cost(&project, &[]);
    assert_eq!(
        document["rows"][1],
        json!({
            "model": "groq/fast, and \"cheap\"",
            "cost_usd": null,
            "requests": 2,
            "failed_requests": 1,
            "unknown_price_requests": 1,
            "unsettled_requests": 1,
            "unsettled_usd": "0.0500",
            "tokens": {"input": 20_000, "cached": 15_000, "cache_written": 1_000, "output": 800, "reasoning": 0},
            "tasks": 1,
            "finished_tasks": 0,
            "undone_tasks": 0,
            "usd_per_finished_task": null,
            "cache_misses": [],
        })
    );
    let miss =
        json!({"cause": "tools", "requests": 1, "tokens": 12_000, "extra_usd": "0.0324", "unknown_price_requests": 0});
    assert_eq!(document["total"]["cache_misses"], json!([miss]));
    assert_eq!(document["today"], document["total"]);
    assert_eq!((&document["by"], cost(&project, &["--by", "day"]).get("today")), (&json!("model"), None));
}

#[test]
fn comma_separated_values_have_a_header_and_quotes() {
    let project = Project::new();
    full(&project);
    const HEAD: &str = "model,cost_usd,requests,failed_requests,unknown_price_requests,unsettled_requests,unsettled_usd,\
        input_tokens,cached_tokens,cache_written_tokens,output_tokens,reasoning_tokens,tasks,finished_tasks,undone_tasks,\
        usd_per_finished_task,cache_miss_requests,cache_miss_tokens,cache_miss_extra_usd";
    let lines = [
        HEAD,
        "lab/one,0.082502,2,0,0,0,0.0000,40000,30000,2000,1600,0,2,1,1,0.082502,1,12000,0.0324",
        "\"groq/fast, and \"\"cheap\"\"\",,2,1,1,1,0.0500,20000,15000,1000,800,0,1,0,0,,0,0,0.0000",
    ];
    assert_eq!(project.agent(&["cost", "--csv"]).code(0).stdout, format!("{}\n", lines.join("\n")));
    let by_task = project.agent(&["cost", "--csv", "--by", "task"]).code(0).stdout;
    assert!(by_task.starts_with("session,task,cost_usd,"), "{by_task}");
    assert!(by_task.contains("\n019a9f3e-7c55-7000,1,0.082502,"), "{by_task}");
    project.agent(&["cost", "--csv", "--json"]).code(2).stderr_has("cannot be used with");
}

#[test]
fn a_task_that_is_taken_back_is_not_finished() {
    let project = Project::new()
        .file("a.txt", "one\n")
        .reply(Reply::call("shell", json!({"command": "echo two > a.txt"})))
        .reply(Reply::text("Done."));
    project.run(&["x"]).code(0);
    let counts = |args: &[&str]| {
        let total = &cost(&project, args)["total"];
        (total["finished_tasks"].as_u64().unwrap(), total["undone_tasks"].as_u64().unwrap())
    };
    assert_eq!(counts(&["--rebuild"]), (1, 0));
    project.agent(&["undo"]).code(0);
    assert_eq!(counts(&[]), (0, 1));
    assert_eq!(counts(&["--rebuild"]), (0, 1));
    remove(&project);
    assert_eq!(counts(&["--rebuild"]), (0, 1), "the checkpoints know it too");
    project.agent(&["redo"]).code(0);
    assert_eq!(counts(&[]), (1, 0));
    remove(&project);
    assert_eq!(counts(&["--rebuild"]), (1, 0));
    project.agent(&["undo", "--files", "a.txt"]).code(0);
    assert_eq!(counts(&[]), (1, 0), "a task of which some files are taken back is still done");
}

#[test]
fn an_empty_ledger_and_a_damaged_one_say_so() {
    let project = Project::new().reply(Reply::text("Hello."));
    project.agent(&["cost"]).code(0).stdout_has("the ledger is empty: no model was asked yet");
    assert!(!state(&project).exists(), "looking makes no file");
    project.agent(&["cost", "--since", "soon"]).code(2).stderr_has("--since takes a day such as 2026-11-01 or a");
    project.run(&["x"]).code(0);
    let index = state(&project).join("index.sqlite");
    remove(&project);
    project.agent(&["cost"]).code(0).stdout_has("`agent cost --rebuild` makes it from the session logs");
    fs::write(&index, "rubbish ".repeat(1_000)).unwrap();
    let refused = project.agent(&["cost"]).code(1).stderr_has("is damaged: file is not a database");
    refused.stderr_has("hint: `agent cost --rebuild` moves the file aside");
    let mended = project.agent(&["cost", "--rebuild"]).code(0);
    mended.stderr_has("the file that could not be used is now `").stdout_has("anthropic/test-model");
    project.agent(&["cost"]).code(0).stdout_has("anthropic/test-model");
}

/// Takes the ledger away.
fn remove(project: &Project) {
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(state(project).join(format!("index.sqlite{end}")));
    }
}

#[test]
fn eight_processes_make_the_file_at_once() {
    let project = Project::new().config(PRICES).reply(Reply::text("Hello."));
    project.run(&["x"]).code(0);
    remove(&project);
    let started: Vec<_> = (0..8)
        .map(|_| {
            let mut command = project.command(&["cost", "--rebuild", "--json"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in started {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(cost(&project, &[])["total"]["requests"], 1);
}
