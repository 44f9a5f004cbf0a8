//! The environment of a command, made from nothing: names that tools need, and no secret. What leads to a service of the user's session
//! (`XDG_RUNTIME_DIR`, `SSH_AUTH_SOCK`, `DBUS_SESSION_BUS_ADDRESS`), and what makes programs run something of its own (`LD_*`, `BASH_ENV`,
//! `ENV`, `GIT_*`, `PYTHONSTARTUP`, `NODE_OPTIONS`, …), is passed on only where the user lists it.

use crate::base::{Error, Result};
use crate::config::paths::Environment;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Passed on when set.
const PASSED: &[&str] = &[
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "GOPATH",
    "GOROOT",
    "GOCACHE",
    "GOMODCACHE",
    "GOFLAGS",
    "GOPROXY",
    "JAVA_HOME",
    "MAVEN_HOME",
    "GRADLE_HOME",
    "GRADLE_USER_HOME",
    "NVM_DIR",
    "NODE_PATH",
    "NPM_CONFIG_CACHE",
    "PNPM_HOME",
    "BUN_INSTALL",
    "DENO_DIR",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "PYENV_ROOT",
    "PYTHONPATH",
    "PIPX_HOME",
    "UV_CACHE_DIR",
    "GEM_HOME",
    "GEM_PATH",
    "BUNDLE_PATH",
    "RBENV_ROOT",
    "COMPOSER_HOME",
    "DOTNET_ROOT",
    "ANDROID_HOME",
    "ANDROID_SDK_ROOT",
    "NIX_PATH",
    "NIX_PROFILES",
    "CC",
    "CXX",
    "CFLAGS",
    "CXXFLAGS",
    "LDFLAGS",
    "PKG_CONFIG_PATH",
    "CMAKE_PREFIX_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NIX_SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "GIT_SSL_CAINFO",
    "NO_PROXY",
    "no_proxy",
    "COLUMNS",
    "LINES",
    "CI",
];

/// Set for every command: no pager and no prompt may wait for somebody who is not there.
const SET: &[(&str, &str)] =
    &[("TERM", "dumb"), ("PAGER", "cat"), ("GIT_PAGER", "cat"), ("GIT_TERMINAL_PROMPT", "0"), ("GIT_EDITOR", "true")];

/// Parts of names that mean a secret.
const SECRET: &[&str] = &["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL"];

/// Does this variable's name mean that its value is a secret?
pub fn is_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    SECRET.iter().any(|part| upper.contains(part))
}

/// Refuses a list of names to pass on that has the key of a provider in it: `keys` are the variables that hold one. Whoever has it can
/// spend the user's money.
pub fn refuse_keys(listed: &[String], keys: &[String]) -> Result<()> {
    match listed.iter().find(|name| keys.contains(name)) {
        Some(name) => Err(Error::config(format!("`env.pass` lists `{name}`, which holds the key of a provider"))
            .hint("leave it out: commands of a model never get it; one that needs the same key can have it under another name")),
        None => Ok(()),
    }
}

/// What a command gets. `listed` are the names that the user passes on knowingly; `roots` are the workspace, none of whose
/// folders may be on PATH.
pub fn for_commands(environment: &Environment, listed: &[String], roots: &[PathBuf]) -> Vec<(String, OsString)> {
    let mut made: Vec<(String, OsString)> = environment
        .iter()
        .filter(|(name, _)| {
            listed.iter().any(|wanted| wanted == name)
                || ((PASSED.contains(name) || name.starts_with("LC_")) && !is_secret(name))
        })
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    made.push(("PATH".into(), path(environment, roots)));
    made.extend(SET.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))));
    made
}

/// The folders of PATH that programs may come from, compared with links resolved.
fn path(environment: &Environment, roots: &[PathBuf]) -> OsString {
    let inside = |folder: &Path| {
        let real = folder.canonicalize();
        roots.iter().any(|root| folder.starts_with(root) || real.as_ref().is_ok_and(|real| real.starts_with(root)))
    };
    let folders: Vec<PathBuf> = environment
        .iter()
        .find(|(name, _)| *name == "PATH")
        .into_iter()
        .flat_map(|(_, value)| std::env::split_paths(value).collect::<Vec<_>>())
        .filter(|folder| folder.is_absolute() && !inside(folder))
        .collect();
    std::env::join_paths(folders).unwrap_or_default()
}
