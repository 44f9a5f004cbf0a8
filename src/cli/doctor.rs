//! `agent doctor`: what is found, what is missing, and how to mend it. Never prints a key.

mod jail;

use super::args::Doctor;
use super::{interactive, model, print, print_json};
use crate::auth::vault::Vault;
use crate::auth::{self, keychain};
use crate::base::{Error, Result};
use crate::config::Config;
use crate::config::choose::{Choice, choose, is_auto};
use crate::config::logins::{Logins, Place};
use crate::config::paths::Environment;
use crate::config::providers::{LOCAL, PRESETS, shown};
use crate::disk::Disk;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    Warning,
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    name: &'static str,
    state: State,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

fn finding(name: &'static str, state: State, detail: impl Into<String>, hint: Option<&str>) -> Finding {
    Finding { name, state, detail: detail.into(), hint: hint.map(str::to_owned) }
}

pub fn main(args: Doctor, environment: &Environment) -> Result<u8> {
    let runtime = super::run::runtime()?;
    let findings = runtime.block_on(look(environment));
    if args.json {
        print_json(&serde_json::json!({ "version": env!("CARGO_PKG_VERSION"), "findings": findings }).to_string())?;
    } else {
        lines(&findings).iter().try_for_each(|line| print(line))?;
    }
    Ok(u8::from(findings.iter().any(|finding| finding.state == State::Problem)))
}

/// All that is found, as text.
pub(super) async fn page(environment: &Environment) -> String {
    lines(&look(environment).await).join("\n")
}

fn lines(findings: &[Finding]) -> Vec<String> {
    let mut lines = Vec::new();
    for Finding { name, state, detail, hint } in findings {
        let mark = match state {
            State::Ok => "ok     ",
            State::Warning => "warning",
            State::Problem => "problem",
        };
        lines.push(format!("{mark}  {name:<14} {detail}"));
        lines.extend(hint.iter().map(|hint| format!("                         hint: {hint}")));
    }
    lines
}

async fn look(environment: &Environment) -> Vec<Finding> {
    let mut findings = vec![finding("version", State::Ok, concat!("agent ", env!("CARGO_PKG_VERSION")), None)];
    let config = configuration(environment, &mut findings);
    findings.extend(screen(&config, environment));
    findings.push(state(environment));
    keys(&config, environment, &mut findings);
    local(&config, environment, &mut findings).await;
    findings.extend(chosen(&config, environment));
    for name in ["bash", "sh", "git"] {
        findings.push(program(name, environment));
    }
    findings.push(jail::jail(&config, environment));
    let proxies: Vec<&str> = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"]
        .into_iter()
        .filter(|name| environment.get(name).is_some())
        .collect();
    findings.push(finding(
        "proxy",
        State::Ok,
        if proxies.is_empty() { "none".into() } else { proxies.join(", ") },
        None,
    ));
    findings
}

fn configuration(environment: &Environment, findings: &mut Vec<Finding>) -> Config {
    match Config::load(environment, false, &[]) {
        Ok(config) => {
            findings.push(match environment.config_file() {
                Ok(path) if path.exists() => finding("configuration", State::Ok, path.display().to_string(), None),
                Ok(path) => {
                    let detail = format!("{} (not there; built-in values are used)", path.display());
                    finding("configuration", State::Ok, detail, None)
                }
                Err(error) => {
                    let detail = format!("built-in values are used: {}", error.message);
                    finding("configuration", State::Warning, detail, error.hints.first().map(String::as_str))
                }
            });
            findings.extend(managed(&config));
            config
        }
        Err(error) => {
            findings.push(finding(
                "configuration",
                State::Problem,
                error.message.clone(),
                error.hints.first().map(String::as_str),
            ));
            Config::load(environment, true, &[]).unwrap_or_default()
        }
    }
}

/// What an administrator decided, where one did.
fn managed(config: &Config) -> Option<Finding> {
    let managed = config.managed();
    let detail = || match managed.summary().as_slice() {
        [] => format!("{} decides nothing", managed.path()),
        lines => format!("{}: {}", managed.path(), lines.join("; ")),
    };
    managed.is_there().then(|| finding("managed", State::Ok, detail(), None))
}

/// What `tui.*` says that the screen would not begin with.
fn screen(config: &Config, environment: &Environment) -> Option<Finding> {
    let error = interactive::preferences(config).understood(interactive::terminal(environment)).err()?;
    Some(finding("screen", State::Problem, error.message, error.hints.first().map(String::as_str)))
}

fn state(environment: &Environment) -> Finding {
    let folder = match environment.state_folder() {
        Ok(folder) => folder,
        Err(error) => {
            return finding("state", State::Problem, error.message.clone(), error.hints.first().map(String::as_str));
        }
    };
    let disk = Disk::default();
    // A disk that is full takes a name, and no bytes.
    let probe = disk.create_private_folder(&folder).and_then(|()| disk.stage(&folder)).and_then(|mut staged| {
        disk.write(staged.as_file_mut(), &[0; 64 * 1024])?;
        disk.sync(staged.as_file())
    });
    match probe {
        Ok(()) => finding("state", State::Ok, folder.display().to_string(), None),
        Err(error) => finding(
            "state",
            State::Problem,
            Error::io("write", folder.display(), &error).message,
            Some("free some space on the disk, or set AGENT_STATE_DIR to a folder that can be written"),
        ),
    }
}

fn keys(config: &Config, environment: &Environment, findings: &mut Vec<Finding>) {
    let own =
        config.names("providers").into_iter().filter_map(|name| config.text(&format!("providers.{name}.key_env")));
    let mut names: Vec<&str> = PRESETS.iter().flat_map(|preset| preset.key_variables()).collect();
    names.extend(own);
    let set: Vec<&str> = names.into_iter().filter(|name| environment.get(name).is_some()).collect();
    let stored = match stored(config, environment) {
        Ok(stored) => stored,
        Err(error) => {
            let hint = error.hints.first().map(String::as_str);
            findings.push(finding("stored keys", State::Problem, error.message.clone(), hint));
            Vec::new()
        }
    };
    let mut details = Vec::new();
    if !set.is_empty() {
        details.push(format!("from the environment: {}", set.join(", ")));
    }
    if !stored.is_empty() {
        details.push(format!("stored: {}", stored.join(", ")));
    }
    findings.push(match details.as_slice() {
        [] => finding(
            "keys",
            State::Warning,
            "none in the environment, none stored",
            Some("agent login, or export ANTHROPIC_API_KEY, OPENAI_API_KEY or another provider's; `agent models --all` lists providers"),
        ),
        details => finding("keys", State::Ok, details.join("; "), None),
    });
    findings.push(keyring(config, environment));
}

/// Whose keys `agent login` stored, and where.
fn stored(config: &Config, environment: &Environment) -> Result<Vec<String>> {
    let Ok(vault) = Vault::open(config, environment, Disk::default()) else { return Ok(Vec::new()) };
    let logins = Logins::read(environment)?;
    let place = |name: &str| logins.get(name).map_or(Place::File, |login| login.place);
    Ok(vault.names()?.into_iter().map(|name| format!("{name} ({})", place(&name).name())).collect())
}

/// Can keys be kept in the system's keyring? It matters only where it should hold one.
fn keyring(config: &Config, environment: &Environment) -> Finding {
    let off = config.text("auth.keyring") == Some("off");
    let used = config.logins().iter().any(|(_, login)| login.place == Place::Keyring);
    let file = Vault::open(config, environment, Disk::default())
        .map_or_else(|error| error.message, |vault| format!("keys are stored in {}", vault.file().display()));
    let why = match if off { Err("`auth.keyring` is off".into()) } else { keychain::available() } {
        Ok(()) => return finding("keyring", State::Ok, "there is one; keys are stored in it", None),
        Err(why) => why,
    };
    if used {
        return finding(
            "keyring",
            State::Problem,
            format!("it holds keys and cannot be used: {why}"),
            Some("unlock it, or `agent login PROVIDER -c auth.keyring=off` stores a key in a file"),
        );
    }
    finding("keyring", State::Ok, format!("not used ({why}); {file}"), None)
}

async fn local(config: &Config, environment: &Environment, findings: &mut Vec<Finding>) {
    let choices = model::local_choices(config, environment).await;
    let found: Vec<String> = choices.into_iter().map(|choice| choice.model.name()).collect();
    let detail = if found.is_empty() {
        format!("none of {} answers", LOCAL.join(", "))
    } else {
        format!("first models: {}", found.join(", "))
    };
    findings.push(finding("local servers", State::Ok, detail, None));
}

/// The models that are asked: one finding for each that is named. One that cannot be asked is a problem where no other can.
fn chosen(config: &Config, environment: &Environment) -> Vec<Finding> {
    let choices = match choose(config, environment) {
        Ok(choices) => choices,
        Err(error) => {
            let hint = error.hints.first().map(String::as_str);
            return vec![finding("model", State::Problem, error.message.clone(), hint)];
        }
    };
    if is_auto(config) {
        return vec![routed(&choices)];
    }
    if choices.is_empty() {
        let detail = "none is named, and no known provider's key is set; a local server is used if one answers";
        let hint = "name one with -m PROVIDER/MODEL, AGENT_MODEL or `model = …`";
        return vec![finding("model", State::Warning, detail, Some(hint))];
    }
    let keys: Vec<_> =
        choices.iter().map(|choice| auth::keys::find(&choice.provider, None, config, environment)).collect();
    let missing = if keys.iter().any(|key| key.is_ok()) { State::Warning } else { State::Problem };
    let source = config.source("model").map_or("the first provider with a key".into(), ToString::to_string);
    let found = choices.iter().zip(keys).map(|(choice, key)| {
        let known =
            if choice.model.known { "" } else { "; not in the catalog: limits are guessed, its price is unknown" };
        let detail = format!("{} by {source}, at {}{known}", choice.model.name(), shown(&choice.provider.base_url));
        match key {
            Ok(key) => {
                let key = key.map_or("no key needed".into(), |key| format!("key from {}", key.source));
                finding("model", State::Ok, format!("{detail}, {key}"), None)
            }
            Err(error) => {
                let hint = error.hints.first().map(String::as_str);
                finding("model", missing, format!("{detail}; {}", error.message), hint)
            }
        }
    });
    found.collect()
}

/// What the router chooses among.
fn routed(choices: &[Choice]) -> Finding {
    let mut providers: Vec<&str> = choices.iter().map(|choice| choice.provider.name.as_str()).collect();
    providers.dedup();
    match choices.len() {
        0 => finding("model", State::Warning, "auto: no provider has a key", Some("agent login")),
        many => {
            let detail = format!("auto: the router chooses among {many} models of {}", providers.join(", "));
            finding("model", State::Ok, detail, None)
        }
    }
}

fn program(name: &'static str, environment: &Environment) -> Finding {
    match (environment.find_program(name), name) {
        (Some(path), _) => finding(name, State::Ok, path.display().to_string(), None),
        (None, "sh") => finding(
            name,
            State::Problem,
            "not on PATH; the model cannot run commands without a shell",
            Some("put a POSIX shell on PATH"),
        ),
        (None, "git") => finding(name, State::Warning, "not on PATH; the model cannot use it", Some("install git")),
        (None, _) => finding(name, State::Ok, "not on PATH; sh is used", None),
    }
}
