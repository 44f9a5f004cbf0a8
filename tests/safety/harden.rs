//! What the program does for its own secrets: its environment, its memory, and what commands get of them.

use crate::run::ending::*;
use crate::support::*;
use agent::config::paths::Environment;
use agent::process::environment::{for_commands, refuse_keys};
use rustix::process::Signal;
use serde_json::json;
use std::ffi::OsString;

const KEY: &str = "test-key-0123456789";

/// Once its secrets are read they are nowhere in the environment of the process, as the kernel shows it; no core file is written, and
/// to its own user its memory is closed.
#[cfg(target_os = "linux")]
#[test]
fn the_process_forgets_and_guards_its_secrets() {
    let database = ["postgres://app:", "s3cr3t-9x", "@db.internal/x"].concat();
    let project = Project::new()
        .env("DEPLOY_TOKEN", "hunter2-hunter2")
        .env("DATABASE_URL", &database)
        .env("HARMLESS", "stays")
        .step(Step::Hang);
    let running = Running::start(&project, project.command(&["run", "--json", "x"]));
    wait_until("the model is asked", || !project.model_server().requests().is_empty());
    let folder = std::path::PathBuf::from(format!("/proc/{}", running.id()));
    // Root may read it all the same; to everybody else it is closed.
    let owner = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(folder.join("environ")).unwrap());
    assert_eq!(owner, 0, "the kernel gives what is not dumpable to root");
    match std::fs::read(folder.join("environ")) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert!(text.contains("HARMLESS=stays") && text.contains("PATH="), "{text}");
            for secret in [KEY, "hunter2-hunter2", "s3cr3t-9x"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied),
    }
    let limits = std::fs::read_to_string(folder.join("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    assert_eq!(project.model_server().requests()[0].header("x-api-key").as_deref(), Some(KEY), "it is still known");
    running.signal(Signal::TERM);
    running.end();
}

fn environment(pairs: &[(&str, &str)]) -> Environment {
    let pairs: Vec<(String, OsString)> = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Environment::from_made(&pairs)
}

/// What leads to a service of the session or makes programs run something else is not passed on, unless the user lists it.
#[test]
fn commands_get_no_way_to_the_session() {
    let names = [
        "BASH_ENV",
        "DBUS_SESSION_BUS_ADDRESS",
        "ENV",
        "GIT_CONFIG_GLOBAL",
        "GIT_DIR",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "NODE_OPTIONS",
        "PERL5OPT",
        "PROMPT_COMMAND",
        "PYTHONSTARTUP",
        "RUBYOPT",
        "SSH_AUTH_SOCK",
        "WAYLAND_DISPLAY",
        "XDG_RUNTIME_DIR",
    ];
    let pairs: Vec<(&str, &str)> = names.iter().map(|name| (*name, "x")).chain([("HOME", "/home/u")]).collect();
    let made = for_commands(&environment(&pairs), &[], &[]);
    for name in names {
        assert!(!made.iter().any(|(made, _)| made == name), "{name}");
    }
    assert!(made.iter().any(|(name, _)| name == "HOME"));
    let made = for_commands(&environment(&pairs), &["SSH_AUTH_SOCK".into()], &[]);
    assert!(made.iter().any(|(name, _)| name == "SSH_AUTH_SOCK"));
}

#[test]
fn the_key_of_a_provider_cannot_be_listed() {
    let keys = ["OPENAI_API_KEY".to_owned(), "LAB_KEY".to_owned()];
    let error = refuse_keys(&["CI".into(), "LAB_KEY".into()], &keys).unwrap_err();
    assert_eq!(error.message, "`env.pass` lists `LAB_KEY`, which holds the key of a provider");
    assert!(refuse_keys(&["CI".into(), "MY_TOKEN".into()], &keys).is_ok());

    let project = Project::new().reply(Reply::text("Done."));
    for (set, name) in [
        ("env.pass=[\"ANTHROPIC_API_KEY\"]", "ANTHROPIC_API_KEY"),
        ("env.pass=[\"OPENROUTER_API_KEY\"]", "OPENROUTER_API_KEY"),
    ] {
        let outcome = project.run(&["-c", set, "x"]).code(2);
        assert!(outcome.stderr.contains(&format!("`env.pass` lists `{name}`")), "{outcome}");
        assert!(outcome.stderr.contains("hint: "), "{outcome}");
    }
    assert!(project.model_server().requests().is_empty());
}

/// The secrets of other tools, which no variable of ours holds.
#[test]
fn what_other_tools_keep_is_known() {
    let secrets = ["aws+secret/of+a+profile", "sso-access-token-1", "adc-refresh-token-1"];
    let project = Project::new()
        .file("all.txt", &secrets.join("\n"))
        .reply(Reply::call("shell", json!({"command": "cat all.txt"})))
        .reply(Reply::text("Done."));
    let put = |path: &str, text: String| {
        let path = project.home().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    put(".aws/credentials", format!("[work]\naws_access_key_id = AKID\naws_secret_access_key = {}\n", secrets[0]));
    put(".aws/sso/cache/a.json", json!({"accessToken": secrets[1]}).to_string());
    put(".config/gcloud/application_default_credentials.json", json!({"refresh_token": secrets[2]}).to_string());
    project.run(&["--json", "x"]).code(0);
    let told = told(&project, 1);
    for secret in secrets {
        assert!(!told.contains(secret), "{told}");
    }
    for name in ["[secret AWS credentials]", "[secret AWS login]", "[secret Google credentials]"] {
        assert!(told.contains(name), "{name}: {told}");
    }
}

/// A key is typed, piped or named by a file: there is no flag that takes it, where every process of this machine could read it.
#[test]
fn no_flag_takes_a_key() {
    let project = Project::new();
    for args in [&["login", "openai", "some-key"][..], &["login", "openai", "--key", "x"], &["run", "--key", "x", "y"]]
    {
        project.agent(args).code(2);
    }
}
