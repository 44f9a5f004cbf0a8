//! The only file that reads the environment and knows the home folder. Everything else gets an [`Environment`].

use crate::base::{Error, Result};
use secrecy::zeroize::Zeroize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What an administrator decides for all users of a machine.
pub const MANAGED_POLICY: &str = "/etc/agent/policy.toml";

/// The environment as it was when the program started.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
    managed: Option<Managed>,
}

/// The managed policy of a machine: its path, and the user who must own it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Managed {
    pub path: PathBuf,
    pub owner: u32,
}

impl Environment {
    /// Reads the process environment. Names that are not UTF-8 are left out.
    pub fn read() -> Self {
        Self {
            variables: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
                .collect(),
            managed: Some(Managed { path: PathBuf::from(MANAGED_POLICY), owner: 0 }),
        }
    }

    /// The environment that was made for a child. No managed policy belongs to it.
    pub fn from_made(pairs: &[(String, OsString)]) -> Self {
        Self { variables: pairs.iter().cloned().collect(), managed: None }
    }

    /// The same, on a machine whose managed policy is this one.
    pub fn with_managed(mut self, managed: Managed) -> Self {
        self.managed = Some(managed);
        self
    }

    /// Where the managed policy of this machine is, whether it is there or not.
    pub fn managed(&self) -> Option<&Managed> {
        self.managed.as_ref()
    }

    /// A variable that is set, not empty, and UTF-8.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).and_then(|value| value.to_str()).filter(|value| !value.is_empty())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &OsString)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value))
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// The home folder, from HOME alone.
    pub fn home(&self) -> Result<PathBuf> {
        self.path("HOME").ok_or_else(|| {
            let why = self.get("HOME").map_or("not set".into(), |path| format!("not an absolute path: `{path}`"));
            Error::config(format!("there is no home folder: HOME is {why}"))
                .hint("set HOME, or set AGENT_STATE_DIR and AGENT_CONFIG; `agent run --ephemeral` needs neither")
        })
    }

    /// `AGENT_CONFIG`, else `$XDG_CONFIG_HOME/agent/config.toml`.
    pub fn config_file(&self) -> Result<PathBuf> {
        match self.get("AGENT_CONFIG") {
            Some(path) => Ok(PathBuf::from(path)),
            None => Ok(self.config_folder()?.join("config.toml")),
        }
    }

    /// The user's folder of settings, `~/.config/agent`.
    pub fn config_folder(&self) -> Result<PathBuf> {
        Ok(self.xdg("XDG_CONFIG_HOME", ".config")?.join("agent"))
    }

    /// `AGENT_STATE_DIR`, else `$XDG_STATE_HOME/agent`.
    pub fn state_folder(&self) -> Result<PathBuf> {
        match self.get("AGENT_STATE_DIR").map(Path::new) {
            Some(path) if path.is_absolute() => Ok(path.to_path_buf()),
            Some(path) => Err(Error::config(format!("AGENT_STATE_DIR is not an absolute path: `{}`", path.display()))
                .hint("begin it with /")),
            None => Ok(self.xdg("XDG_STATE_HOME", ".local/state")?.join("agent")),
        }
    }

    /// What can be fetched again: `$XDG_CACHE_HOME/agent`.
    pub fn cache_folder(&self) -> Result<PathBuf> {
        Ok(self.xdg("XDG_CACHE_HOME", ".cache")?.join("agent"))
    }

    fn xdg(&self, name: &str, below_home: &str) -> Result<PathBuf> {
        self.path(name).map_or_else(|| Ok(self.home()?.join(below_home)), Ok)
    }

    /// The first executable called `name` on PATH, absolute entries only.
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        let path = self.variables.get("PATH")?;
        std::env::split_paths(path)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(name))
            .find(|file| is_executable(file))
    }

    /// The folder the program was started in.
    pub fn working_folder() -> Result<PathBuf> {
        std::env::current_dir().map_err(|error| {
            Error::config(format!("the working folder is gone: {}", crate::base::error::reason(&error)))
                .hint("cd to a folder that exists")
        })
    }
}

impl Drop for Environment {
    /// Wipes what may be a key.
    fn drop(&mut self) {
        for value in self.variables.values_mut() {
            std::mem::take(value).into_encoded_bytes().zeroize();
        }
    }
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
