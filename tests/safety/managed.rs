//! The managed policy: what an administrator decided holds against file, flags, environment and project; a policy that cannot be
//! believed stops everything.

use crate::support::*;
use agent::base::access::{Mode, Network};
use agent::base::{Kind, Result};
use agent::config::Config;
use agent::config::managed::{Host, Managed, fits};
use agent::config::paths::{self, Environment};
use agent::config::{choose, project, providers};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A machine with a policy, and a user of it.
struct Machine {
    folder: TempDir,
    environment: Environment,
}

fn own_id() -> u32 {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").unwrap().uid()
}

impl Machine {
    fn new(policy: &str, user: &str, variables: &[(&str, &str)]) -> Machine {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("policy.toml");
        fs::write(&path, policy).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let mut pairs: Vec<(String, std::ffi::OsString)> = vec![("HOME".into(), folder.path().into())];
        pairs.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())));
        let environment =
            Environment::from_made(&pairs).with_managed(paths::Managed { path: path.clone(), owner: own_id() });
        let config = folder.path().join(".config/agent/config.toml");
        fs::create_dir_all(config.parent().unwrap()).unwrap();
        fs::write(config, user).unwrap();
        Machine { folder, environment }
    }

    fn policy(&self) -> PathBuf {
        self.folder.path().join("policy.toml")
    }

    fn load(&self, overrides: &[&str]) -> Result<Config> {
        let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
        Config::load(&self.environment, false, &overrides)
    }
}

#[test]
fn without_a_policy_nothing_is_managed() {
    let machine = Machine::new("", "mode = \"full\"\n", &[]);
    fs::remove_file(machine.policy()).unwrap();
    let config = machine.load(&[]).unwrap();
    assert!(!config.managed().is_there() && config.mode() == Some(Mode::Full) && config.notices().is_empty());
}

#[test]
fn a_mode_that_is_not_allowed_gives_way_or_is_an_error_when_it_is_said_now() {
    let policy = "modes = [\"read\", \"ask\"]\n";
    let config = Machine::new(policy, "mode = \"full\"\n", &[]).load(&[]).unwrap();
    assert_eq!(config.mode(), Some(Mode::Ask));
    assert!(config.notices()[0].contains("mode `full`"), "{:?}", config.notices());
    assert!(config.source("mode").unwrap().to_string().ends_with("(managed)"));
    let config = Machine::new(policy, "", &[]).load(&[]).unwrap();
    assert_eq!(config.mode(), Some(Mode::Ask), "`auto`, the default of runs, is not allowed either");
    let error = Machine::new(policy, "", &[]).load(&["mode=auto"]).unwrap_err();
    assert!(error.kind == Kind::Config && error.message.contains("mode `auto` is not allowed here"), "{error}");
    let stricter = Machine::new("modes = [\"auto\"]\n", "mode = \"read\"\n", &[]).load(&[]).unwrap();
    assert_eq!(stricter.mode(), Some(Mode::Read), "what is stricter is always allowed");
}

#[test]
fn a_required_sandbox_cannot_be_left() {
    let user = "mode = \"full\"\n[[rules]]\nprefix = [\"docker\"]\nthen = \"outside\"\n[[rules]]\nprefix = [\"curl\"]\nthen = \"deny\"\n";
    let config = Machine::new("require_sandbox = true\n", user, &[]).load(&["sandbox.require=false"]).unwrap();
    assert_eq!(config.flag("sandbox.require"), Some(true));
    assert_eq!(config.mode(), Some(Mode::Auto));
    let rules: Vec<&str> = config.rules().iter().map(|rule| rule.prefix[0].as_str()).collect();
    assert_eq!(rules, ["curl"], "nothing runs outside");
    assert_eq!(config.notices().len(), 2, "{:?}", config.notices());
    let limits = config.managed().limits();
    assert!(!limits.full && !limits.leave && limits.remember, "{limits:?}");
    assert!(Machine::new("require_sandbox = true\n", "", &[]).load(&["mode=full"]).is_err());
}

#[test]
fn money_and_network_keep_to_the_lower() {
    let policy = "max_cost = \"1.00\"\nnetwork = \"hosts\"\n";
    for (user, cost, network) in [
        ("", "1.00", "hosts"),
        ("[limits]\nmax_cost = \"5.00\"\n[network]\nmax = \"full\"\n", "1.00", "hosts"),
        ("[limits]\nmax_cost = \"0.25\"\n[network]\nmax = \"off\"\n", "0.25", "off"),
    ] {
        let config = Machine::new(policy, user, &[]).load(&[]).unwrap();
        assert_eq!(config.money("limits.max_cost"), Some(cost.parse().unwrap()), "{user}");
        assert_eq!((config.network_max().name(), config.text("network.max")), (network, Some(network)), "{user}");
    }
    let config = Machine::new(policy, "", &[]).load(&["limits.max_cost=9", "network.max=full"]).unwrap();
    assert_eq!(config.money("limits.max_cost"), Some("1.00".parse().unwrap()));
    assert_eq!(config.network_max(), Network::Hosts);
}

#[test]
fn only_listed_providers_at_their_own_addresses() {
    let policy = "providers = [\"anthropic\", \"lab\"]\n[endpoints]\nlab = \"https://models.example.com/v1\"\n";
    let find = |name: &str, user: &str, variables: &[(&str, &str)]| {
        let machine = Machine::new(policy, user, variables);
        let config = machine.load(&[]).unwrap();
        providers::find(name, &config, &machine.environment)
    };
    let lab = |address: &str| format!("[providers.lab]\nwire = \"chat\"\nbase_url = \"{address}\"\n");
    assert!(find("anthropic", "", &[]).is_ok());
    assert!(find("lab", &lab("https://models.example.com/v1"), &[]).is_ok());
    assert!(find("lab", &lab("https://models.example.com/v1/"), &[]).is_ok());
    let policy = "[endpoints]\nanthropic = \"https://gateway.example.com/v1/\"\n";
    let machine = Machine::new(policy, "", &[("ANTHROPIC_BASE_URL", "https://gateway.example.com/v1")]);
    let config = machine.load(&[]).unwrap();
    assert!(providers::find("anthropic", &config, &machine.environment).is_ok(), "written as users write it");
    assert!(providers::find("openai", &config, &machine.environment).is_ok(), "nothing is said of others");
    let machine = Machine::new(policy, "", &[]);
    let error = providers::find("anthropic", &machine.load(&[]).unwrap(), &machine.environment).unwrap_err();
    assert!(error.message.contains("api.anthropic.com"), "its usual address is another one: {error}");
    for (name, user, variables, why) in [
        ("openai", String::new(), &[][..], "the provider `openai` is not allowed"),
        ("anthropic", "[providers.anthropic]\nbase_url = \"https://evil.example.com\"\n".into(), &[], "evil"),
        ("anthropic", String::new(), &[("ANTHROPIC_BASE_URL", "https://evil.example.com")], "evil"),
        ("lab", lab("https://models.example.com.evil.com/v1"), &[], "evil"),
        ("lab", lab("https://models.example.com/v1@evil.com"), &[], "models.example.com"),
        ("lab", lab("https://models.example.com/v12"), &[], "v12"),
        ("lab", lab("http://models.example.com/v1"), &[], "http://"),
    ] {
        let error = find(name, &user, variables).unwrap_err();
        assert!(error.kind == Kind::Config && error.message.contains(why), "{name} {user}: {error}");
    }
}

#[test]
fn only_listed_models_by_whatever_name() {
    let policy = "models = [\"anthropic/claude-*\", \"openai/gpt-6-sol\"]\n";
    let variables = [("ANTHROPIC_API_KEY", "k"), ("OPENAI_API_KEY", "k"), ("GEMINI_API_KEY", "k")];
    let choose = |model: &str| {
        let machine = Machine::new(policy, "", &variables);
        let config = machine.load(&[&format!("model={model}")]).unwrap();
        choose::choose(&config, &machine.environment)
            .map(|choices| choices.into_iter().map(|choice| choice.model.name()).collect::<Vec<_>>())
    };
    assert_eq!(choose("anthropic/claude-sonnet-5").unwrap(), ["anthropic/claude-sonnet-5"]);
    for model in ["openai/gpt-6-luna", "google/gemini-3-pro", "lab/claude-sonnet-5"] {
        assert!(choose(model).is_err(), "{model}");
    }
    let routed = choose("auto").unwrap();
    assert!(
        !routed.is_empty()
            && routed.iter().all(|name| name.starts_with("anthropic/claude-") || name == "openai/gpt-6-sol"),
        "{routed:?}"
    );
}

#[test]
fn reads_are_denied_and_no_exception_reopens_them() {
    let policy = "deny_reads = [\"~/secret\", \"/srv/keys\"]\n";
    let user = "";
    let machine = Machine::new(policy, user, &[]);
    let home = machine.folder.path().display().to_string();
    let mut config = machine.load(&[]).unwrap();
    assert_eq!(config.list("sandbox.deny"), ["~/secret", "/srv/keys"]);
    let list = |items: &[&str]| agent::config::keys::Value::List(items.iter().map(|item| (*item).to_owned()).collect());
    let inside = format!("{home}/secret/a");
    let around = format!("{home}/x/..");
    config.set(
        "sandbox.allow_read",
        list(&["~/secret/b", &inside, &around, "/srv", "~/other"]),
        agent::config::Source::CommandLine,
    );
    config.set("sandbox.deny", list(&["~/mine"]), agent::config::Source::CommandLine);
    config.constrain(&machine.environment).unwrap();
    assert_eq!(config.list("sandbox.allow_read"), ["~/other"]);
    assert_eq!(config.list("sandbox.deny"), ["~/mine", "~/secret", "/srv/keys"]);
    assert_eq!(config.notices().len(), 4);
    assert!(Machine::new("deny_reads = [\"secret\"]\n", "", &[]).load(&[]).is_err());
}

#[test]
fn the_administrators_rules_come_with_every_configuration() {
    let policy = "[[rules]]\nprefix = [\"git\", \"push\"]\nthen = \"deny\"\nwhy = \"releases are made elsewhere\"\nmatch = [\"git push origin\"]\n";
    let user = "[[rules]]\nprefix = [\"git\", \"push\"]\nthen = \"allow\"\n";
    let machine = Machine::new(policy, user, &[]);
    let config = Config::load(&machine.environment, true, &[]).unwrap();
    assert_eq!(config.rules().len(), 1, "--bare leaves out the user's own");
    let config = machine.load(&[]).unwrap();
    let sources: Vec<String> = config.rules().iter().map(|rule| rule.source.clone()).collect();
    assert!(sources[0].ends_with("policy.toml:2") && sources[1].ends_with("config.toml:2"), "{sources:?}");
    assert_eq!(config.rules()[0].why, "releases are made elsewhere");
}

#[test]
fn a_rule_of_the_users_says_where_it_is_wrong() {
    for (text, place, why) in [
        ("[[rules]]\nprefix = []\nthen = \"ask\"\n", "2:10", "names no program"),
        ("\n[[rules]]\nprefix = [\"git\"]\nthen = \"maybe\"\n", "4:8", "maybe"),
        ("[[rules]]\nprefix = [\"git\"]\nthen = \"ask\"\nmatches = []\n", "4:1", "matches"),
        ("[[rules]]\nprefix = \"git\"\nthen = \"ask\"\n", "2:10", "string"),
        ("[[rules]]\nprefix = [\"git\"]\nthen = \"ask\"\nmatch = [\"ls\"]\n", "2:10", "does not apply to its example"),
        ("[rules]\nprefix = [\"git\"]\n", "2:1", "unknown key `rules.prefix`"),
    ] {
        let machine = Machine::new("", text, &[]);
        let error = machine.load(&[]).unwrap_err();
        assert_eq!(error.kind, Kind::Config);
        assert!(error.message.contains(&format!("config.toml:{place}: ")) && error.message.contains(why), "{error}");
    }
}

#[test]
fn a_policy_that_cannot_be_understood_stops_everything() {
    for (text, why) in [
        ("modes = [\"auto\"", "policy.toml:1:"),
        ("mode = [\"auto\"]\n", "policy.toml:1:1: unknown field `mode`"),
        ("modes = [\"all\"]\n", "policy.toml:1:"),
        ("modes = []\n", "no mode would be allowed"),
        ("modes = [\"full\"]\nrequire_sandbox = true\n", "has no sandbox"),
        ("max_cost = \"much\"\n", "`max_cost`"),
        ("hosts = [\"https://example.com\"]\n", "is no host"),
        ("[[rules]]\nprefix = [\"git\"]\nthen = \"deny\"\nmatch = [\"ls\"]\n", "policy.toml:2:10"),
        ("trust = \"maybe\"\n", "policy.toml:1:9"),
    ] {
        let error = Machine::new(text, "", &[]).load(&[]).unwrap_err();
        assert!(error.kind == Kind::Config && error.message.contains(why), "{text}: {error}");
    }
}

#[test]
fn a_policy_that_somebody_else_could_have_written_stops_everything() {
    let machine = Machine::new("", "", &[]);
    let refused = |mode: u32, why: &str| {
        fs::set_permissions(machine.policy(), fs::Permissions::from_mode(mode)).unwrap();
        let error = machine.load(&[]).unwrap_err();
        assert!(error.kind == Kind::Config && error.message.contains(why), "{error}");
    };
    refused(0o666, "others than its owner can write it (mode 0666)");
    refused(0o664, "mode 0664");
    fs::set_permissions(machine.policy(), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(machine.folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    refused(0o644, "can write its folder");
    fs::set_permissions(machine.folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    machine.load(&[]).unwrap();
    let owner = paths::Managed { path: machine.policy(), owner: own_id() + 1 };
    let error = Config::load(&machine.environment.clone().with_managed(owner), false, &[]).unwrap_err();
    assert!(error.message.contains("it belongs to the user"), "{error}");
    fs::remove_file(machine.policy()).unwrap();
    fs::create_dir(machine.policy()).unwrap();
    assert!(machine.load(&[]).is_err(), "a folder");
}

#[test]
fn a_policy_may_let_nobody_trust() {
    let machine = Machine::new("trust = \"never\"\n", "", &[]);
    let root = machine.folder.path().join("work").canonicalize().unwrap_or_else(|_| {
        fs::create_dir_all(machine.folder.path().join("work/.agent")).unwrap();
        machine.folder.path().join("work").canonicalize().unwrap()
    });
    fs::write(root.join(".agent/config.toml"), "mode = \"read\"\n").unwrap();
    let mut config = machine.load(&[]).unwrap();
    let looked = project::look(&root, &config, &machine.environment, None).unwrap();
    assert!(!looked.standing.is_trusted());
    let hash = looked.brought.hash();
    assert!(project::look(&root, &config, &machine.environment, Some(&hash)).is_err());
    let notices = looked.take_effect(&mut config, &machine.environment).unwrap();
    assert!(notices.len() == 1 && notices[0].contains("lets nobody trust"), "{notices:?}");
    assert_eq!(config.mode(), None);
}

#[test]
fn hosts_are_exact_by_name_and_port() {
    let policy = Managed::parse("p", "hosts = [\"Registry.npmjs.org\", \"*.example.com\", \"a.b:8443\"]\n").unwrap();
    assert_eq!(policy.network(), Network::Hosts, "a list is no full network");
    for (host, port, allowed) in [
        ("registry.npmjs.org", 443, true),
        ("REGISTRY.npmjs.org.", 443, true),
        ("registry.npmjs.org", 80, false),
        ("evil-registry.npmjs.org", 443, false),
        ("registry.npmjs.org.evil.com", 443, false),
        ("a.example.com", 443, true),
        ("a.b.example.com", 443, true),
        ("example.com", 443, false),
        ("badexample.com", 443, false),
        (".example.com", 443, false),
        ("a.b", 8443, true),
        ("a.b", 443, false),
    ] {
        assert_eq!(policy.permits_host(host, port), allowed, "{host}:{port}");
    }
    assert!(!Managed::parse("p", "network = \"off\"\nhosts = [\"a.b\"]\n").unwrap().permits_host("a.b", 443));
    for wrong in ["", "*", "a b", "http://a", "a/b", "a:b", "user@a", "a..b", "*.*.a", "[::1]"] {
        assert!(Host::parse(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn a_star_in_a_model_stands_for_any_letters() {
    for (pattern, name, right) in [
        ("a/b", "a/b", true),
        ("a/b", "a/bc", false),
        ("a/*", "a/", true),
        ("*", "a/b", true),
        ("*/b", "a/b", true),
        ("a/*-x-*", "a/1-x-2", true),
        ("a/*-x-*", "a/1-x2", false),
        ("a*a", "a", false),
        ("a/*b", "a/bb", true),
    ] {
        assert_eq!(fits(pattern, name), right, "{pattern} {name}");
    }
}

/// The program on a machine whose `/etc/agent/policy.toml` is this one; `None`, and it is said, where that cannot be made.
fn under(policy: &str, project: &Project, args: &[&str]) -> Option<Outcome> {
    let file = project.home().join("policy.toml");
    fs::write(&file, policy).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let inner = project.command(args);
    let mut command = Command::new("bwrap");
    command.args(["--unshare-user", "--uid", "0", "--gid", "0", "--bind", "/", "/", "--dev-bind", "/dev", "/dev"]);
    command.args(["--tmpfs", "/etc", "--dir", "/etc/agent", "--ro-bind"]).arg(&file).arg("/etc/agent/policy.toml");
    command.args(["--chdir"]).arg(inner.get_current_dir().unwrap_or(Path::new("/"))).arg("--");
    command.arg(inner.get_program()).args(inner.get_args()).env_clear();
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let works = Command::new("bwrap").args(["--unshare-user", "--uid", "0", "--bind", "/", "/", "true"]).output();
    if !works.is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "bwrap does not work here");
        eprintln!("SKIPPED: bwrap is not there or may not make namespaces");
        return None;
    }
    Some(run_command(command, LONGEST_RUN))
}

#[test]
fn the_program_keeps_to_the_policy_of_the_machine() {
    let policy = "modes = [\"read\", \"ask\"]\ntrust = \"never\"\nmax_cost = \"0.50\"\naudit = true\n";
    let project = Project::new()
        .config("mode = \"full\"\n")
        .env("AGENT_CONFIG", "/nonexistent")
        .file(".agent/config.toml", "mode = \"read\"\n");
    let Some(outcome) = under(policy, &project, &["run", "--mode", "auto", "x"]) else { return };
    outcome.code(2).stderr_has("/nonexistent");
    let project = Project::new().config("mode = \"full\"\n").file(".agent/config.toml", "mode = \"read\"\n");
    for (args, what) in [
        (
            &["run", "--mode", "auto", "x"][..],
            "mode `auto` is not allowed here: `/etc/agent/policy.toml` says so in `modes`",
        ),
        (&["run", "-c", "mode=full", "x"], "mode `full` is not allowed here"),
        (&["run", "--bare", "--mode", "full", "x"], "mode `full` is not allowed here"),
        (&["run", "--ephemeral", "x"], "--ephemeral is not allowed here"),
        (&["run", "--trust-project", "0", "x"], "--trust-project is not allowed here"),
        (&["trust"], "trust in a project is not allowed here"),
    ] {
        under(policy, &project, args).unwrap().code(2).stderr_has(what);
    }
    let shown = under(policy, &project, &["config", "show"]).unwrap().code(0);
    shown.clone().stdout_has("mode = \"ask\"").stdout_has("# /etc/agent/policy.toml (managed)");
    shown.stdout_has("limits.max_cost = \"0.5").stdout_has("# managed by /etc/agent/policy.toml: trust = \"never\"");
    let found = under(policy, &project, &["doctor"]).unwrap();
    found.stdout_has("managed").stdout_has("audit = true");
    under("modes = [", &project, &["run", "x"]).unwrap().code(2).stderr_has("/etc/agent/policy.toml:1:");
    under("modes = [", &project, &["sessions"]).unwrap().code(0);
}
