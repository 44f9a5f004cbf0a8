//! Where the tools of a project keep what they fetch and build while they are in the jail. What the user already has is read
//! and never written, so that no command can poison what other projects build with; what a project fetches, it keeps to itself.
//!
//! A project's folder has four parts, and the first two alone may be written in the jail: `caches`, `tmp`, `homes` (links) and
//! `settings` (the user's settings of tools, without what proves who the user is).

use super::settings::without_credentials;
use crate::base::access::Network;
use crate::base::error::reason;
use crate::base::{Error, Result};
use crate::config::paths::Environment;
use crate::disk::Disk;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Whose folder a variable names.
enum Kept {
    /// The project's, always: it is as good when it begins empty.
    Own,
    /// The user's while the network is off, read alone; the project's with the network on, and ever after.
    Fetched,
    /// The user's, always, and only where it exists: what was installed, and lies in the folder of caches.
    Installed,
    /// The project's, and only where the user has set it to a folder that other projects share.
    Moved,
}

struct Cache {
    /// What the tool calls it; the user may have set it, which is where theirs is then.
    variable: &'static str,
    kept: Kept,
    /// Below the project's `caches`.
    own: &'static str,
    /// Where the user's is by default, below the home folder, or below the folder of caches where it begins with `@`.
    user: &'static str,
    /// The project has fetched something when this exists below its own.
    filled: &'static str,
}

const fn own(variable: &'static str, own: &'static str) -> Cache {
    Cache { variable, kept: Kept::Own, own, user: "", filled: "" }
}

const fn fetched(variable: &'static str, own: &'static str, user: &'static str, filled: &'static str) -> Cache {
    Cache { variable, kept: Kept::Fetched, own, user, filled }
}

const fn installed(variable: &'static str, user: &'static str) -> Cache {
    Cache { variable, kept: Kept::Installed, own: "", user, filled: "" }
}

const fn moved(variable: &'static str, own: &'static str) -> Cache {
    Cache { variable, kept: Kept::Moved, own, user: "", filled: "" }
}

/// The names are from the tools' own manuals. Cargo, npm, pip and Go were tried; what the others say of themselves is believed.
const CACHES: &[Cache] = &[
    own("XDG_CACHE_HOME", "xdg"),
    own("GOCACHE", "go-build"),
    own("PIP_CACHE_DIR", "pip"),
    own("UV_CACHE_DIR", "uv"),
    own("CCACHE_DIR", "ccache"),
    own("SCCACHE_DIR", "sccache"),
    own("COMPOSER_CACHE_DIR", "composer"),
    // Gradle locks files in its home even to read them.
    own("GRADLE_USER_HOME", "gradle"),
    own("DOTNET_CLI_HOME", "dotnet"),
    own("npm_config_logs_dir", "npm-logs"),
    fetched("GOMODCACHE", "go-modules", "go/pkg/mod", "cache"),
    fetched("npm_config_cache", "npm", ".npm", "_cacache"),
    fetched("NUGET_PACKAGES", "nuget", ".nuget/packages", ""),
    fetched("DENO_DIR", "deno", "@deno", ""),
    fetched("BUN_INSTALL_CACHE_DIR", "bun", ".bun/install/cache", ""),
    fetched("HF_HOME", "huggingface", "@huggingface", ""),
    installed("PLAYWRIGHT_BROWSERS_PATH", "@ms-playwright"),
    installed("CYPRESS_CACHE_FOLDER", "@Cypress"),
    installed("POETRY_VIRTUALENVS_PATH", "@pypoetry/virtualenvs"),
    installed("PRE_COMMIT_HOME", "@pre-commit"),
    installed("TORCH_HOME", "@torch"),
    moved("CARGO_TARGET_DIR", "cargo-target"),
];

/// Said to tools while the network is off, so that they use what they have, or fail at once and say why: npm would otherwise try
/// for 70 s, and pip for 8.
const OFFLINE: &[(&str, &str)] = &[
    ("CARGO_NET_OFFLINE", "true"),
    ("GOPROXY", "off"),
    ("npm_config_offline", "true"),
    ("PIP_RETRIES", "0"),
    ("UV_OFFLINE", "1"),
    ("MAVEN_ARGS", "-o"),
    ("COMPOSER_DISABLE_NETWORK", "1"),
    ("YARN_ENABLE_NETWORK", "0"),
    ("HF_HUB_OFFLINE", "1"),
];

/// Said always: a tool does not look for news of itself.
const QUIET: &[(&str, &str)] = &[
    ("npm_config_update_notifier", "false"),
    ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
    ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"),
    ("DOTNET_NOLOGO", "1"),
];

/// What Cargo writes in its home: the name there, and below the project's `caches`. The home itself cannot be written, so that the
/// links in it stay what they are.
const CARGO: &[(&str, &str)] = &[
    ("registry", "cargo-registry"),
    ("git", "cargo-git"),
    (".global-cache", "cargo-global-cache"),
    (".package-cache", "cargo-package-cache"),
    (".package-cache-mutate", "cargo-package-cache-mutate"),
];

/// Settings of tools that may hold a key, so that the jail hides them: the variable that names another file, where the user's
/// may be, and its copy's name.
const SETTINGS: &[(&str, &[&str], &str)] = &[
    ("npm_config_userconfig", &[".npmrc"], "npmrc"),
    ("PIP_CONFIG_FILE", &[".config/pip/pip.conf", ".pip/pip.conf"], "pip.conf"),
];

/// The user's own folders, as the environment names them.
pub struct UserFolders<'a> {
    environment: &'a Environment,
    home: PathBuf,
    caches: PathBuf,
}

impl<'a> UserFolders<'a> {
    /// Without a home folder there is nothing of the user's.
    pub fn of(environment: &'a Environment) -> Self {
        let home = environment.home().unwrap_or_else(|_| PathBuf::from("/nonexistent"));
        let caches = absolute(environment, "XDG_CACHE_HOME").unwrap_or_else(|| home.join(".cache"));
        Self { environment, home, caches }
    }

    /// What the user set, else the tool's default.
    fn folder(&self, variable: &str, default: &str) -> PathBuf {
        if let Some(set) = absolute(self.environment, variable) {
            return set;
        }
        // Go and npm have a second name for it.
        let second = match variable {
            "GOMODCACHE" => absolute(self.environment, "GOPATH").map(|path| path.join("pkg/mod")),
            "npm_config_cache" => absolute(self.environment, "NPM_CONFIG_CACHE"),
            _ => None,
        };
        second.unwrap_or_else(|| match default.strip_prefix('@') {
            Some(below) => self.caches.join(below),
            None => self.home.join(default),
        })
    }
}

fn absolute(environment: &Environment, variable: &str) -> Option<PathBuf> {
    environment.get(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// What a command in the jail is given. All paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caches {
    /// Set for the command, over what it would get else.
    pub environment: Vec<(String, OsString)>,
    /// The folders that may be written, `temporary` among them.
    pub writable: Vec<PathBuf>,
    /// The project's folder for temporary files: TMPDIR.
    pub temporary: PathBuf,
    /// Folders that must be there before the first command: parents first.
    folders: Vec<PathBuf>,
    /// Links that must be there: what they point at, and where they are.
    links: Vec<(PathBuf, PathBuf)>,
    /// Settings to copy without credentials: from, to.
    settings: Vec<(PathBuf, PathBuf)>,
}

/// Says where tools keep things, for the project whose own folder of caches is `folder`; `exists` looks at the disk.
pub fn caches(folder: &Path, user: &UserFolders<'_>, network: Network, exists: &dyn Fn(&Path) -> bool) -> Caches {
    let (ours, temporary) = (folder.join("caches"), folder.join("tmp"));
    let mut made = Caches {
        environment: vec![("TMPDIR".into(), temporary.clone().into())],
        writable: vec![ours.clone(), temporary.clone()],
        folders: vec![ours.clone(), temporary.clone()],
        temporary,
        links: Vec::new(),
        settings: Vec::new(),
    };
    for cache in CACHES {
        let users = user.folder(cache.variable, cache.user);
        let value = match cache.kept {
            Kept::Own => Some(ours.join(cache.own)),
            Kept::Fetched => {
                let own = ours.join(cache.own);
                Some(if reads_own(network, &own.join(cache.filled), &users, exists) { own } else { users })
            }
            Kept::Installed => exists(&users).then_some(users),
            Kept::Moved => absolute(user.environment, cache.variable).map(|_| ours.join(cache.own)),
        };
        made.environment.extend(value.map(|value| (cache.variable.to_owned(), value.into())));
    }
    cargo(&mut made, folder, user, network, exists);
    maven(&mut made, &ours, user, network, exists);
    settings(&mut made, folder, user, exists);
    let offline = if network == Network::Off { OFFLINE } else { &[] };
    made.environment.extend(QUIET.iter().chain(offline).map(|(name, value)| ((*name).to_owned(), value.into())));
    made
}

/// What is fetched comes from the network into the project's own; without one, from where there is something, the project's
/// first.
fn reads_own(network: Network, filled: &Path, users: &Path, exists: &dyn Fn(&Path) -> bool) -> bool {
    match network {
        Network::Hosts | Network::Full => true,
        Network::Off => exists(filled) || !exists(users),
    }
}

/// Cargo keeps its settings and what it fetched in one folder. The project's own is links: to the user's settings, and to caches.
/// The user's `credentials.toml` has no link.
fn cargo(made: &mut Caches, folder: &Path, user: &UserFolders<'_>, network: Network, exists: &dyn Fn(&Path) -> bool) {
    let users = user.folder("CARGO_HOME", ".cargo");
    let (home, ours) = (folder.join("homes/cargo"), folder.join("caches"));
    let own = reads_own(network, &ours.join("cargo-registry/cache"), &users, exists);
    made.environment.push(("CARGO_HOME".into(), if own { home.clone() } else { users.clone() }.into()));
    if !own {
        return;
    }
    made.folders.extend([folder.join("homes"), home.clone(), ours.join("cargo-registry"), ours.join("cargo-git")]);
    made.links.extend(CARGO.iter().map(|(name, below)| (ours.join(below), home.join(name))));
    let settings = ["config.toml", "config"].map(|name| (users.join(name), home.join(name)));
    made.links.extend(settings.into_iter().filter(|(from, _)| exists(from)));
}

/// Maven has no variable for its repository, but one for its machine's properties, which are split at blanks.
fn maven(made: &mut Caches, ours: &Path, user: &UserFolders<'_>, network: Network, exists: &dyn Fn(&Path) -> bool) {
    let own = ours.join("maven");
    let blank = own.to_str().is_none_or(|path| path.contains(char::is_whitespace));
    if !blank && reads_own(network, &own, &user.home.join(".m2/repository"), exists) {
        let mut property = OsString::from("-Dmaven.repo.local=");
        property.push(&own);
        made.environment.push(("MAVEN_OPTS".into(), property));
    }
}

fn settings(made: &mut Caches, folder: &Path, user: &UserFolders<'_>, exists: &dyn Fn(&Path) -> bool) {
    let copies = folder.join("settings");
    for (variable, places, name) in SETTINGS {
        let set = absolute(user.environment, variable);
        let upper = absolute(user.environment, &variable.to_uppercase());
        let mut found = set.into_iter().chain(upper).chain(places.iter().map(|place| user.home.join(place)));
        let Some(from) = found.find(|path| exists(path)) else { continue };
        if made.settings.is_empty() {
            made.folders.push(copies.clone());
        }
        made.environment.push(((*variable).to_owned(), copies.join(name).into()));
        made.settings.push((from, copies.join(name)));
    }
}

impl Caches {
    /// The environment of a command with that of its caches over it. npm takes its settings in any case.
    pub fn over(&self, mut environment: Vec<(String, OsString)>) -> Vec<(String, OsString)> {
        environment.retain(|(name, _)| !self.environment.iter().any(|(ours, _)| ours.eq_ignore_ascii_case(name)));
        environment.extend(self.environment.iter().cloned());
        environment
    }

    /// Makes what must be there before a command runs: folders of the user's alone, links, and copies of settings. It makes nothing
    /// deeper than one name below a folder that a command can write, where a link could have been planted.
    pub fn prepare(&self, disk: &Disk) -> Result<()> {
        for folder in &self.folders {
            disk.create_private_folder(folder).map_err(|error| failed(folder, &error))?;
        }
        for (target, path) in &self.links {
            if std::fs::read_link(path).is_ok_and(|found| found == *target) {
                continue;
            }
            let removed = if path.symlink_metadata().is_ok() { disk.remove_file(path) } else { Ok(()) };
            removed.and_then(|()| disk.link_to(target, path)).map_err(|error| failed(path, &error))?;
        }
        for (from, to) in &self.settings {
            // Settings that cannot be read are settings that there are not.
            let text = std::fs::read(from).unwrap_or_default();
            let kept = without_credentials(&String::from_utf8_lossy(&text));
            if std::fs::read(to).is_ok_and(|found| found == kept.as_bytes()) {
                continue;
            }
            disk.replace_private(to, kept.as_bytes()).map_err(|error| failed(to, &error))?;
        }
        Ok(())
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::config(format!("cannot make `{}`: {}", path.display(), reason(error)))
        .hint("commands in the sandbox keep their caches there: free the place, or set XDG_CACHE_HOME to another")
}
