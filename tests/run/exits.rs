//! Every exit code of `agent run`, provoked through the binary, with its status in the last JSON line and the way out.

use super::ending::*;
use crate::support::*;
use serde_json::json;

const USAGE: Ending = Ending { exit: 2, status: "usage", message: "", hint: "" };
const AUTH: Ending = Ending { exit: 3, status: "auth", message: "", hint: "" };
const INCOMPLETE: Ending = Ending { exit: 1, status: "incomplete", message: "", hint: "" };
const PROVIDER: Ending = Ending { exit: 4, status: "provider", message: "", hint: "" };
const DONE: Ending = Ending { exit: 0, status: "done", message: "", hint: "" };

/// Local servers that do not answer, so that a real one on this machine is not found.
const NO_LOCAL: [&str; 6] = [
    "-c",
    "providers.ollama.base_url=http://127.0.0.1:1/v1",
    "-c",
    "providers.lmstudio.base_url=http://127.0.0.1:1/v1",
    "-c",
    "providers.llamacpp.base_url=http://127.0.0.1:1/v1",
];

/// A run that fails before a model is asked: the same in JSON and in text.
#[track_caller]
fn fails(project: &Project, args: &[&str], message: &'static str, hint: &'static str, ending: Ending) {
    let wanted = Ending { message, hint, ..ending };
    let mut with_json = vec!["--json"];
    with_json.extend_from_slice(args);
    let outcome = project.run(&with_json);
    ends(&outcome, wanted);
    assert_eq!(outcome.json().len(), 1, "nothing came before the outcome\n{outcome}");
    says(&project.run(args), wanted);
    assert!(project.sessions().is_empty(), "a run that never began left a session: {args:?}");
}

#[test]
fn a_task_that_is_done_is_0() {
    let project = Project::new().reply(Reply::text("It is done."));
    let outcome = project.run(&["--json", "say so"]);
    let data = ends(&outcome, DONE);
    assert_eq!((&data["summary"], &data["turns"], &data["checks"]), (&json!("It is done."), &json!(1), &json!([])));
    project.model_server().assert_no_violations();
}

#[test]
fn a_task_whose_checks_pass_is_0() {
    let project = Project::new().file("a.txt", "x").reply(Reply::text("It is done."));
    let data = ends(&project.run(&["--json", "--check", "test -e a.txt", "--check", "true", "x"]), DONE);
    let checks: Vec<_> = data["checks"].as_array().unwrap().iter().map(|check| &check["passed"]).collect();
    assert_eq!(checks, [&json!(true), &json!(true)]);
}

#[test]
fn checks_that_never_pass_are_1() {
    let project = (0..3).fold(Project::new(), |project, nth| project.reply(Reply::text(format!("Done {nth}."))));
    let outcome = project.run(&["--json", "--check", "echo broken; exit 3", "--check-rounds", "2", "mend it"]);
    let data = ends(&outcome, Ending { message: "the checks do not pass", hint: "--check-rounds", ..INCOMPLETE });
    let check = &data["checks"][0];
    assert_eq!((&check["passed"], &check["exit"], &check["round"]), (&json!(false), &json!(3), &json!(3)));
    assert_eq!(project.model_server().requests().len(), 3, "two rounds are two more requests");
    assert!(told(&project, 2).contains("The check `echo broken; exit 3` failed with exit code 3"));
    assert!(told(&project, 2).contains("\nbroken"));
}

#[test]
fn an_answer_that_is_none_is_1_on_every_wire() {
    let cut = |wire| match wire {
        Wire::Responses => "max_output_tokens",
        Wire::Chat => "length",
        Wire::Messages | Wire::Converse => "max_tokens",
        Wire::Gemini => "MAX_TOKENS",
    };
    for wire in [Wire::Responses, Wire::Chat, Wire::Messages, Wire::Gemini, Wire::Converse] {
        let refusal = Reply::default().and(Say::Refuse("I will not do that.".into()));
        let cases = [
            ("refusal", refusal, "the model declined the task: I will not do that.", "-m"),
            ("empty", Reply::default(), "the model gave an empty answer", "choose another model with -m"),
            ("blank", Reply::text(" \n"), "the model gave an empty answer", "choose another model with -m"),
            ("cut", Reply::text("It is").stop(cut(wire)), "cut at its length limit", "-c max_output="),
        ];
        for (name, reply, message, hint) in cases {
            let project = Project::new().server(Server::start(wire, vec![reply.into()]));
            let outcome = project.run(&["--json", "x"]);
            eprintln!("{wire:?}: {name}");
            ends(&outcome, Ending { message, hint, ..INCOMPLETE });
            project.model_server().assert_no_violations();
        }
    }
}

#[test]
fn nothing_said_after_some_work_is_asked_once_more_and_then_1() {
    let project = Project::new()
        .file("a.txt", "x")
        .reply(Reply::call("read", json!({"path": "a.txt"})))
        .reply(Reply::default())
        .reply(Reply::default());
    let outcome = project.run(&["--json", "x"]);
    ends(&outcome, Ending { message: "the model gave an empty answer", hint: "-m", ..INCOMPLETE });
    assert!(told(&project, 2).contains("Your answer was empty."));
}

#[test]
fn an_answer_that_never_meets_the_schema_is_1() {
    let project = (0..3)
        .fold(Project::new(), |project, _| project.reply(Reply::text("no JSON")))
        .file("schema.json", r#"{"type": "object"}"#);
    let outcome = project.run(&["--json", "--output-schema", "schema.json", "x"]);
    ends(
        &outcome,
        Ending { message: "the answer does not fit the output schema: it is not JSON", hint: "", ..INCOMPLETE },
    );
    assert_eq!(project.model_server().requests().len(), 3);
}

#[test]
fn a_flag_that_cannot_be_used_is_2() {
    let project =
        Project::new().file("list.json", "[1]").file("text.json", "nothing").file("odd.json", r#"{"type": 12}"#);
    let cases: &[(&[&str], &str, &str)] = &[
        (&["--frobnicate", "x"], "--frobnicate", "agent run --help"),
        (&["--max-turns", "many", "x"], "--max-turns", "agent run --help"),
        (&["--mode", "wild", "x"], "--mode", "agent run --help"),
        (&["--continue", "--ephemeral", "x"], "--continue", "agent run --help"),
        (&[], "there is no task", "agent run \""),
        (&["--max-cost", "much", "x"], "--max-cost", ""),
        (&["--timeout", "soon", "x"], "--timeout takes a duration such as 90s or 20m, not `soon`", ""),
        (&["-c", "model", "x"], "-c takes KEY=VALUE, not `model`", "-c network.idle_timeout=5s"),
        (&["-c", "modle=x", "x"], "unknown key `modle`, did you mean `model`?", ""),
        (&["-c", "effort=huge", "x"], "`effort` takes one of none, minimal", ""),
        (&["--output-schema", "gone.json", "x"], "cannot read `gone.json`: no such file", "--output-schema takes"),
        (&["--output-schema", "text.json", "x"], "`text.json` is not a JSON schema: ", "--output-schema takes"),
        (
            &["--output-schema", "list.json", "x"],
            "`list.json` is not a JSON schema: it is not an object",
            "--output-schema",
        ),
        (&["--output-schema", "odd.json", "x"], "`odd.json` is not a JSON schema: 12", "--output-schema takes"),
        (
            &["--check", "no-such-program --fast", "x"],
            "the command of --check was not found: `no-such-program`",
            "cargo test",
        ),
        (&["--check", "./gone.sh", "x"], "the command of --check was not found: `./gone.sh`", "cargo test"),
        (&["--check", "", "x"], "--check", "cargo test"),
        (&["-o", "gone/answer.txt", "x"], "cannot write `gone/answer.txt`", "-o takes"),
        (&["-o", "/proc/answer.txt", "x"], "cannot write `/proc/answer.txt`", "-o takes"),
        (&["--replay", "gone.jsonl", "x"], "cannot read `gone.jsonl`", "--replay takes"),
        (
            &["-m", "claude-sonet-5", "x"],
            "unknown model `claude-sonet-5`, did you mean `anthropic/claude-sonnet-5`?",
            "agent models",
        ),
        (&["-m", "auto,zzz/a", "x"], "`auto` cannot be one of several models", "route.candidates"),
        (&["-m", "zzz", "x"], "unknown model `zzz`", "any other works as PROVIDER/MODEL"),
        (&["-m", "antropic/x", "x"], "unknown provider `antropic`, did you mean `anthropic`?", "providers.antropic"),
        (&["-m", "nowhere/x", "x"], "unknown provider `nowhere`; known are anthropic, openai", "providers.nowhere"),
        (&["-m", "anthropic/", "x"], "`anthropic/` names no model", "agent models anthropic"),
    ];
    for (args, message, hint) in cases {
        eprintln!("{args:?}");
        fails(&project, args, message, hint, USAGE);
    }
}

#[test]
fn a_configuration_that_cannot_be_read_is_2_with_its_place() {
    let cases = [
        ("no TOML", "model = \"x\"\nmode = [\n", "config.toml:", "mend"),
        (
            "unknown key",
            "\n[limits]\n  max_turn = 3\n",
            "config.toml:3:3: unknown key `limits.max_turn`, did you mean `limits.max_turns`?",
            "",
        ),
        ("strange key", "zzzzzz = 1\n", "config.toml:1:1: unknown key `zzzzzz`", "`agent config keys` lists all keys"),
        ("wrong value", "mode = 4\n", "config.toml:1:1: `mode` takes one of read, ask, auto, full, not `4`", ""),
        (
            "half a provider",
            "[providers.lab]\nwire = \"chat\"\n",
            "provider `lab` needs `wire` and `base_url`",
            "providers.lab = {",
        ),
    ];
    for (name, config, message, hint) in cases {
        eprintln!("{name}");
        fails(&Project::new().config(config), &["-m", "lab/x", "x"], message, hint, USAGE);
    }
    let project = Project::new().env("AGENT_CONFIG", "/dev/null/config.toml");
    fails(&project, &["x"], "cannot read `/dev/null/config.toml`", "AGENT_CONFIG", USAGE);
}

/// The hint is a line that mends the configuration when it is pasted.
#[test]
fn a_budget_with_a_price_unknown_is_2_and_the_line_to_add_works() {
    let project = Project::new().reply(Reply::text("It is done."));
    let args = ["--max-cost", "0.50", "x"];
    let line = "models.\"anthropic/test-model\" = { input = 1.00, output = 4.00 }";
    fails(&project, &args, "the price of `anthropic/test-model` is not known", line, USAGE);
    assert!(project.model_server().requests().is_empty(), "nothing is asked for before its price is known");
    let data = ends(&project.config(&format!("{line}\n")).run(&["--json", "--max-cost", "0.50", "x"]), DONE);
    assert_eq!(data["cost_usd"], "0.000180", "100 tokens in, 20 out");
}

#[test]
fn no_key_is_3() {
    let none = Project::new();
    let mut args = NO_LOCAL.to_vec();
    args.push("x");
    fails(
        &none,
        &args,
        "there is no model to ask: none is named, no key of a provider with a default model is set, and no local server (ollama",
        "ANTHROPIC_API_KEY",
        AUTH,
    );
    fails(&none, &args, "there is no model to ask", "`agent demo` needs no key", AUTH);
    let unset = ["-m", "anthropic/claude-sonnet-5", "x"];
    fails(
        &none,
        &unset,
        "there is no key for `anthropic`: ANTHROPIC_API_KEY is not set",
        "export ANTHROPIC_API_KEY=",
        AUTH,
    );
    fails(&none, &unset, "there is no key for `anthropic`", "--key-file PATH", AUTH);
    let empty = Project::new().env("ANTHROPIC_API_KEY", "");
    fails(&empty, &unset, "ANTHROPIC_API_KEY is not set", "export ANTHROPIC_API_KEY=", AUTH);
    for (name, text) in [("empty.key", ""), ("blank.key", " \n"), ("prose.key", "my key is here\n")] {
        let project = Project::new().file(name, text);
        let wanted = "does not hold a key";
        fails(&project, &["-m", "openai/gpt-6-sol", "--key-file", name, "x"], wanted, "nothing else", AUTH);
    }
    let endless = ["-m", "openai/gpt-6-sol", "--key-file", "/dev/zero", "x"];
    fails(&none, &endless, "`/dev/zero` does not hold a key", "nothing else", AUTH);
    let gone = ["-m", "openai/gpt-6-sol", "--key-file", "gone.key", "x"];
    fails(&none, &gone, "cannot read `gone.key`: no such file", "--key-file takes", AUTH);
}

#[test]
fn a_key_that_is_rejected_is_3_and_asked_once() {
    for (wire, variable, message) in [
        (Wire::Responses, "OPENAI_API_KEY", "answered 401: "),
        (Wire::Chat, "LAB_API_KEY", "answered 401: "),
        (Wire::Messages, "ANTHROPIC_API_KEY", "answered 401: "),
        (Wire::Gemini, "GEMINI_API_KEY", "answered 400: API key not valid"),
    ] {
        let project = Project::new().server(Server::start(wire, vec![])).env(variable, "bad-key");
        let outcome = project.run(&["--json", "x"]);
        ends(&outcome, Ending { message, hint: "agent doctor", ..AUTH });
        assert_eq!(project.model_server().requests().len(), 1, "{wire:?}: a rejected key is not tried again");
    }
}

#[test]
fn a_provider_that_fails_is_4_within_its_budget() {
    let failing = || {
        let body = Server::error_body(Wire::Messages, 500, "we are sorry");
        Server::respond_with(Wire::Messages, move |_| Step::Status { code: 500, headers: vec![], body: body.clone() })
    };
    let hint = "choose another model with -m";
    let project = Project::new().server(failing());
    let outcome = project.run(&["--json", "-c", "network.retry_budget=0s", "x"]);
    ends(&outcome, Ending { message: "anthropic answered 500: we are sorry", hint, ..PROVIDER });
    assert_eq!(project.model_server().requests().len(), 1);
    assert!(of_type(&outcome.json(), "waiting").is_empty());

    let project = Project::new().server(failing());
    let outcome = project.run(&["--json", "-c", "network.retry_budget=3s", "x"]);
    let tried = project.model_server().requests().len();
    assert!((2..=3).contains(&tried), "{outcome}");
    let data = ends(&outcome, Ending { message: "answered 500: we are sorry (tried ", hint, ..PROVIDER });
    assert!(data["error"]["message"].as_str().unwrap().ends_with(&format!("(tried {tried} times)")), "{outcome}");
    let lines = outcome.json();
    let waits = of_type(&lines, "waiting");
    assert_eq!((waits.len() + 1, &waits[0]["attempt"]), (tried, &json!(1)), "{outcome}");
    assert!(waits[0]["reason"].as_str().unwrap().contains("we are sorry"), "each wait says why");
}

#[test]
fn a_provider_that_is_not_there_is_4() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let project = Project::new()
        .env("ANTHROPIC_BASE_URL", &format!("http://{free}"))
        .env("ANTHROPIC_API_KEY", "test-key-0123456789");
    for budget in ["0s", "1s"] {
        let budget = format!("network.retry_budget={budget}");
        let outcome = project.run(&["--json", "-m", "anthropic/test-model", "-c", &budget, "x"]);
        let hint = "choose another model with -m";
        ends(&outcome, Ending { message: "cannot connect to 127.0.0.1:", hint, ..PROVIDER });
        assert!(outcome.took < std::time::Duration::from_secs(30), "{outcome}");
    }
}

#[test]
fn what_policy_denied_is_6() {
    let project = Project::new()
        .file("a.txt", "one\n")
        .reply(Reply::call("edit", json!({"edits": [{"path": "a.txt", "old_string": "one", "new_string": "two"}]})))
        .reply(Reply::text("I may not write here."));
    let outcome = project.run(&["--json", "--mode", "read", "change it"]);
    let message = "unfinished: `edit a.txt` was not allowed: mode `read` writes nothing";
    let data = ends(&outcome, Ending { exit: 6, status: "denied", message, hint: "--mode" });
    assert_eq!((&data["summary"], &data["changed"]), (&json!("I may not write here."), &json!([])));
    assert!(told(&project, 1).contains("not allowed: mode `read` writes nothing"), "{}", told(&project, 1));
    assert_eq!(project.read("a.txt"), "one\n");
}

#[test]
fn a_sandbox_that_cannot_be_had_is_7() {
    let ending = Ending { exit: 7, status: "no_sandbox", message: "", hint: "" };
    let project = Project::new().reply(Reply::text("never asked"));
    let none = "sandbox.backend=none";
    for (args, message, hint) in [
        (&["-c", none, "x"] as &[&str], "there is no sandbox here", "--mode full"),
        (&["-c", none, "--require-sandbox", "x"], "there is no sandbox here", "agent doctor"),
        (&["--mode", "full", "--require-sandbox", "x"], "mode `full` has no sandbox", "leave --mode full out"),
        (&["--mode", "full", "--net=off", "x"], "mode `full` has no sandbox", "leave --mode full out"),
        (&["-c", "sandbox.backend=landlock", "--net=crates.io", "x"], "a list of hosts needs namespaces", "bubblewrap"),
    ] {
        fails(&project, args, message, hint, ending);
    }
    assert!(std::fs::read_dir(project.home().join(".local/state/agent/sessions")).is_err(), "nothing is left behind");
    assert!(project.model_server().requests().is_empty());
}
