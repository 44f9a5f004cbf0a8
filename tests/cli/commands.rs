//! The small commands: models, config, doctor, help, and what is said where there is no screen.

use crate::support::*;
use serde_json::Value;

#[test]
fn models_show_limits_and_prices_of_providers_with_a_key() {
    let project = Project::new().env("ANTHROPIC_API_KEY", "sk-test-0123456789");
    let shown = project
        .agent(&["models"])
        .code(0)
        .stdout_has("anthropic/claude-sonnet-5")
        .stdout_has("only providers with a key");
    shown.stdout_lacks("openai/gpt-6-sol");
    project.agent(&["models", "--all"]).code(0).stdout_has("openai/gpt-6-sol");
    let list: Value =
        serde_json::from_str(&project.agent(&["models", "anthropic", "--json"]).code(0).stdout).expect("JSON");
    let sonnet = list
        .as_array()
        .expect("a list")
        .iter()
        .find(|model| model["model"] == "anthropic/claude-sonnet-5")
        .expect("it is there");
    assert_eq!(sonnet["usd_per_million"]["cache_read"], "0.2000");
    project.agent(&["models", "antropic"]).code(2).stderr_has("did you mean `anthropic`?");
}

#[test]
fn every_value_shows_where_it_comes_from() {
    let project = Project::new()
        .config("model = \"openai/gpt-6-sol\"\n\n[network]\nidle_timeout = 30\n")
        .env("AGENT_MODEL", "lab/x");
    let shown = project.agent(&["config", "show", "-c", "limits.max_turns=7"]).code(0);
    for (value, source) in [
        ("model = \"lab/x\"", "# $AGENT_MODEL"),
        ("network.idle_timeout = \"30s\"", "config.toml:4"),
        ("limits.max_turns = 7", "# -c"),
        ("shell.timeout = \"2m\"", "# built in"),
    ] {
        assert!(
            shown.stdout.lines().any(|line| line.starts_with(value) && line.contains(source)),
            "{value} from {source}:\n{}",
            shown.stdout
        );
    }
}

#[test]
fn the_doctor_knows_several_models_and_the_router() {
    let project = Project::new().env("OPENAI_API_KEY", "sk-secret-0123456789").env("ANTHROPIC_API_KEY", "");
    let project = project.env("AGENT_MODEL", "anthropic/claude-sonnet-5,openai/gpt-6-sol");
    let named = project.agent(&["doctor"]).code(0);
    named.stdout_has("warning  model          anthropic/claude-sonnet-5 by").stdout_has("openai/gpt-6-sol by");
    let auto = project.env("AGENT_MODEL", "auto").agent(&["doctor"]).code(0);
    auto.stdout_has("auto: the router chooses among ").stdout_has(" models of ").stdout_has("openai");
}

/// Where the sandbox is the weaker one, by choice too, what it leaves at risk is said; on a machine that has it.
#[test]
fn the_doctor_says_what_landlock_alone_leaves_at_risk() {
    let project = Project::new().config("[sandbox]\nbackend = \"landlock\"\n");
    let shown = project.agent(&["doctor"]);
    if !shown.stdout.contains("sandbox        none") {
        shown.stdout_has("Landlock").stdout_has("put back after a command").stdout_has("all that is left at risk");
    }
}

#[test]
fn the_doctor_names_what_is_missing_and_never_shows_a_key() {
    let project = Project::new();
    let healthy = project.agent(&["doctor"]).code(0).stdout_has("export ANTHROPIC_API_KEY").stdout_has("sandbox");
    drop(healthy);
    let project = Project::new().env("OPENAI_API_KEY", "sk-secret-0123456789").config("modle = \"x\"\n");
    let shown = project.agent(&["doctor", "--json"]).code(1).stdout_lacks("sk-secret-0123456789");
    let report: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    let finding = |name: &str| {
        report["findings"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|finding| finding["name"] == name)
            .cloned()
            .expect("it is looked at")
    };
    assert_eq!(finding("configuration")["state"], "problem");
    assert!(finding("configuration")["detail"].as_str().expect("a text").contains("did you mean `model`?"));
    assert_eq!(finding("keys")["detail"], "from the environment: OPENAI_API_KEY");
    assert!(finding("model")["detail"].as_str().expect("a text").starts_with("openai/gpt-6-sol"));
}

#[test]
fn without_a_command_it_says_what_to_type() {
    Project::new().agent(&[]).code(2).stderr_has("hint: agent run \"TASK\"");
    for (command, action) in [("route", "explain"), ("config", "show")] {
        let outcome = Project::new().agent(&[command]).code(2).stderr_has(&format!("Usage: agent {command}"));
        outcome.stderr_has(action).stderr_lacks("error:");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn help_that_cannot_be_written_is_an_error() {
    let project = Project::new();
    for args in [&["--help"][..], &["run", "-h"], &["--version"]] {
        let mut command = project.command(args);
        command.stdout(std::fs::File::options().write(true).open("/dev/full").expect("a full disk"));
        let ended = command.output().expect("it runs");
        assert_eq!(ended.status.code(), Some(1), "{args:?}");
        assert!(String::from_utf8_lossy(&ended.stderr).contains("no space left on device"), "{args:?}");
    }
}

#[test]
fn a_bad_line_points_at_the_help_of_its_own_command() {
    let project = Project::new();
    let cases: &[(&[&str], &str, &str)] = &[
        (&["policy", "check"], "<CMD>", "`agent policy check --help`"),
        (&["models", "probe", "x", "--al"], "--al", "`agent models probe --help`"),
        (&["export", "last", "--format", "pdf"], "pdf", "`agent export --help`"),
        (&["policy", "forget", "x"], "it takes a whole number", "`agent policy forget --help`"),
        (&["run", "--max-turns", "-1", "x"], "invalid value `-1` for `--max-turns <N>`", "`agent run --help`"),
        (&["run", "--max-cost", "-1", "x"], "`-1` is not an amount in US dollars", ""),
        (&["--frobnicate"], "--frobnicate", "`agent --help`"),
    ];
    for (args, message, hint) in cases {
        project.agent(args).code(2).stderr_has(message).stderr_has(hint);
    }
}

#[test]
fn the_doctor_says_what_the_screen_would_not_begin_with() {
    let project = |config: &str| Project::new().config(config);
    project("tui.status = [\"model\", \"wether\"]\n")
        .agent(&["doctor"])
        .code(1)
        .stdout_has("problem  screen         `tui.status` has no item `wether`")
        .stdout_has("hint: the items are model, mode, context");
    project("tui.theme = \"nope\"\n").agent(&["doctor"]).code(1).stdout_has("problem  screen ").stdout_has("`nope`");
    project("tui.keys.dance = \"ctrl-x\"\n").agent(&["doctor"]).code(1).stdout_has("problem  screen ");
    project("tui.theme = \"tide\"\n").agent(&["doctor"]).code(0).stdout_lacks("screen  ");
}

#[test]
fn the_doctor_writes_to_the_state_folder_to_know_that_it_can() {
    let project = Project::new();
    // A limit of this kind fails as a full disk does: a file is made, and takes no bytes.
    let doctor = project.command(&["doctor"]);
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" doctor";
    let mut limited = std::process::Command::new("sh");
    limited.arg("-c").arg(script).arg(doctor.get_program()).current_dir(project.path()).env_clear();
    limited.envs(doctor.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let outcome = run_command(limited, LONGEST_RUN).code(1);
    outcome.stdout_has("problem  state          cannot write `").stdout_has("free some space on the disk");
}

#[test]
fn a_home_folder_that_is_none_is_said_as_it_is() {
    let nowhere = |home: &str| Project::new().env("HOME", home).env("XDG_STATE_HOME", "").env("XDG_CONFIG_HOME", "");
    for (home, words) in [("", "HOME is not set"), ("here", "HOME is not an absolute path: `here`")] {
        let project = nowhere(home);
        let found = project.agent(&["doctor"]).code(1);
        found
            .stdout_has(&format!("warning  configuration  built-in values are used: there is no home folder: {words}"));
        project.agent(&["sessions"]).code(2).stderr_has(words);
        // Nothing is begun that could not be finished.
        let demo = project.agent(&["demo", "--dir", "shop"]).code(2).stderr_has(words).stderr_has("AGENT_STATE_DIR");
        assert_eq!((demo.stdout.as_str(), project.exists("shop")), ("", false));
    }
}
