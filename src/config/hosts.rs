//! Named lists of hosts, the built-in ones and the user's, and what `network.allow` and `--net` make of them.

use super::Config;
use super::keys::{Value, closest};
use crate::base::access::Network;
use crate::base::{Error, Result};
use crate::policy::hosts::{HostRule, HostRules, Remedy};
use crate::text::host::{Pattern, Target};

/// Words of `--net` that are no list.
const WORDS: &[&str] = &["off", "ask", "full"];

/// A list that everybody has.
pub struct BuiltIn {
    pub name: &'static str,
    /// As in `hosts.*.allow`.
    pub allow: &'static [&'static str],
    pub help: &'static str,
}

const fn list(name: &'static str, help: &'static str, allow: &'static [&'static str]) -> BuiltIn {
    BuiltIn { name, allow, help }
}

/// Where each tool fetches from by default, by its own documentation; what only publishes is left out where it has a host of its own.
pub const BUILT_IN: &[BuiltIn] = &[
    list(
        "rust",
        "Cargo's index and crates, toolchains",
        &["index.crates.io", "static.crates.io", "static.rust-lang.org"],
    ),
    list(
        "node",
        "npm, pnpm and Yarn; headers for native modules",
        &["registry.npmjs.org", "registry.yarnpkg.com", "nodejs.org"],
    ),
    list("python", "pip, uv and Poetry", &["pypi.org", "files.pythonhosted.org"]),
    list(
        "go",
        "modules, their checksums, toolchains",
        &["proxy.golang.org", "sum.golang.org", "go.dev", "dl.google.com"],
    ),
    list("ruby", "gem and Bundler", &["rubygems.org", "index.rubygems.org"]),
    list(
        "java",
        "Maven Central, Gradle and its plugins",
        &[
            "repo.maven.apache.org",
            "repo1.maven.org",
            "plugins.gradle.org",
            "plugins-artifacts.gradle.org",
            "services.gradle.org",
            "downloads.gradle.org",
        ],
    ),
    list("dotnet", "NuGet", &["api.nuget.org"]),
    list("php", "Composer's index; most packages come from `github`", &["repo.packagist.org", "packagist.org"]),
    list("elixir", "Hex", &["repo.hex.pm", "hex.pm", "builds.hex.pm"]),
    list("haskell", "Hackage", &["hackage.haskell.org"]),
    list("dart", "pub", &["pub.dev"]),
    list("deno", "Deno's modules and JSR", &["deno.land", "jsr.io", "npm.jsr.io"]),
    list(
        "github",
        "clones, archives, raw files and releases; with a key also what publishes",
        &[
            "github.com",
            "api.github.com",
            "codeload.github.com",
            "raw.githubusercontent.com",
            "objects.githubusercontent.com",
            "release-assets.githubusercontent.com",
        ],
    ),
    list("gitlab", "clones and archives; with a key also what publishes", &["gitlab.com"]),
];

/// What the user decided of the network of commands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opening {
    pub network: Network,
    pub rules: HostRules,
    /// May the user be asked about a host that is on no list?
    pub ask: bool,
}

/// A named list with its hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedList {
    pub name: String,
    pub rules: Vec<HostRule>,
    /// Not the user's.
    pub built_in: bool,
    pub help: &'static str,
}

/// What `--net` says, and where it says nothing, `network.allow`.
///
/// `off` and `full` stand alone. `ask` is the configured list and a question for what is not on it. Anything else is the list, in the
/// place of the configured one: hosts and names of lists with commas between them; with `ask` among them, a question for the rest.
///
/// # Errors
/// A word that is neither, with the nearest list's name; a broken `[hosts.NAME]`.
pub fn resolve(config: &Config, flag: Option<&str>) -> Result<Opening> {
    let configured = || rules(config, config.list("network.allow"), "network.allow");
    let Some(flag) = flag else {
        let rules = configured()?;
        let network = if rules.iter().next().is_some() { Network::Hosts } else { Network::Off };
        return Ok(Opening { network, rules, ask: false });
    };
    let words: Vec<String> =
        flag.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    match words.as_slice() {
        [] => Err(Error::usage("--net takes `off`, `ask`, `full` or a list of hosts")
            .hint("for example: --net rust,node or --net registry.example.org:8443")),
        [word] if word == "off" => Ok(Opening::default()),
        [word] if word == "full" => Ok(Opening { network: Network::Full, ..Opening::default() }),
        [word] if word == "ask" => Ok(Opening { network: Network::Hosts, rules: configured()?, ask: true }),
        several => {
            if let Some(word) = several.iter().find(|word| *word == "off" || *word == "full") {
                return Err(Error::usage(format!("--net takes `{word}` alone, not together with others"))
                    .hint("name hosts and lists, or leave them out"));
            }
            let (asks, named): (Vec<String>, Vec<String>) = words.into_iter().partition(|word| word == "ask");
            Ok(Opening { network: Network::Hosts, rules: rules(config, &named, "--net")?, ask: !asks.is_empty() })
        }
    }
}

/// The rules of a list of hosts and names of lists.
fn rules(config: &Config, entries: &[String], from: &str) -> Result<HostRules> {
    let mut rules = HostRules::default();
    for entry in entries {
        for rule in expand(config, entry, from)? {
            rules.push(rule);
        }
    }
    Ok(rules)
}

/// A word without a dot, a colon or a star is the name of a list.
fn is_name(entry: &str) -> bool {
    !entry.contains(['.', ':', '*', '[', '/', '@'])
}

fn expand(config: &Config, entry: &str, from: &str) -> Result<Vec<HostRule>> {
    if is_name(entry) {
        return named(config, entry)?.map(|list| list.rules).ok_or_else(|| unknown(config, entry, from));
    }
    HostRule::parse(entry, false, from).map(|rule| vec![rule]).map_err(|words| wrong(from, entry, words))
}

/// The list called `name`; the user's own goes before a built-in one of that name.
fn named(config: &Config, name: &str) -> Result<Option<NamedList>> {
    if config.names("hosts").contains(&name) {
        return own(config, name).map(Some);
    }
    let Some(list) = BUILT_IN.iter().find(|list| list.name == name) else { return Ok(None) };
    let entries = list.allow.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>();
    let rules = parsed(&entries, false, name, "the built-in list")?;
    Ok(Some(NamedList { name: name.into(), rules, built_in: true, help: list.help }))
}

fn own(config: &Config, name: &str) -> Result<NamedList> {
    let key = format!("hosts.{name}.allow");
    if WORDS.contains(&name) || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Err(Error::config(format!("a list of hosts cannot be called `{name}`"))
            .hint("use letters, digits, `-` and `_`, and none of off, ask and full"));
    }
    let entries = config.list(&key);
    if entries.is_empty() {
        return Err(Error::config(format!("the list of hosts `{name}` is empty"))
            .hint(format!("set {key} = [\"registry.example.org\"]")));
    }
    let private = config.flag(&format!("hosts.{name}.private")).unwrap_or(false);
    Ok(NamedList { name: name.into(), rules: parsed(entries, private, name, &key)?, built_in: false, help: "" })
}

fn parsed(entries: &[String], private: bool, name: &str, at: &str) -> Result<Vec<HostRule>> {
    let from = format!("list {name}");
    let rule = |entry: &String| {
        if is_name(entry) {
            return Err(wrong(at, entry, "a host without a dot needs its port, and a list holds no lists"));
        }
        HostRule::parse(entry, private, &from).map_err(|words| wrong(at, entry, words))
    };
    entries.iter().map(rule).collect()
}

/// All lists there are: the user's, then the built-in ones that no list of the user's takes the place of.
pub fn lists(config: &Config) -> Result<Vec<NamedList>> {
    let own: Vec<&str> = config.names("hosts");
    let built_in = BUILT_IN.iter().map(|list| list.name).filter(|name| !own.contains(name));
    let names: Vec<&str> = own.iter().copied().chain(built_in).collect();
    names.into_iter().filter_map(|name| named(config, name).transpose()).collect()
}

/// What lets a host through: for one run, and for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Arguments of `agent run`.
    pub flags: String,
    /// Lines of the configuration.
    pub lines: Vec<String>,
}

/// The list that [`way`] puts private hosts on.
const PRIVATE: &str = "private";

/// How this host can be allowed besides those of `network.allow`; `None` where no setting does.
pub fn way(config: &Config, target: &Target, remedy: Remedy) -> Option<Way> {
    let pattern = Pattern::Host(target.host.clone());
    let entry = HostRule { pattern, port: target.port, private: false, from: String::new() }.to_string();
    let with = |key: &str, new: String| {
        let mut all = config.list(key).to_vec();
        if !all.contains(&new) {
            all.push(new);
        }
        all
    };
    let line = |key: &str, list: &[String]| format!("{key} = {}", Value::List(list.to_vec()));
    match remedy {
        Remedy::Rule => {
            let allowed = with("network.allow", entry);
            let flags = format!("--net {}", allowed.join(","));
            Some(Way { flags, lines: vec![line("network.allow", &allowed)] })
        }
        Remedy::PrivateRule => {
            let allowed = with("network.allow", PRIVATE.into());
            let key = format!("hosts.{PRIVATE}.allow");
            let hosts = with(&key, entry);
            let flag = format!("hosts.{PRIVATE}.private");
            let flags = format!("-c {key}={} -c {flag}=true --net {}", hosts.join(","), allowed.join(","));
            let lines = vec![line(&key, &hosts), format!("{flag} = true"), line("network.allow", &allowed)];
            Some(Way { flags, lines })
        }
        Remedy::Nothing => None,
    }
}

fn wrong(at: &str, entry: &str, words: &str) -> Error {
    Error::config(format!("{at}: `{entry}` is no host: {words}"))
        .hint("write `host`, `host:port`, `*.host` or the name of a list")
}

fn unknown(config: &Config, name: &str, from: &str) -> Error {
    let own = config.names("hosts").into_iter().map(str::to_owned);
    let all = BUILT_IN.iter().map(|list| list.name.to_owned()).chain(own);
    let error = match closest(name, all) {
        Some(near) => Error::config(format!("{from}: there is no list of hosts `{name}`, did you mean `{near}`?")),
        None => Error::config(format!("{from}: there is no list of hosts `{name}`")),
    };
    error
        .hint(format!("`agent sandbox hosts` shows all lists; a host without a dot needs its port, as in `{name}:443`"))
}
