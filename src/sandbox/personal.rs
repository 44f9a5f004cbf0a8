//! Where the home folder lies in the workspace: what there configures the user's own programs, shells first, and places of secrets
//! that are not there yet. A command writes neither.

use super::make::known;
use crate::base::{Error, Result};
use crate::config::paths::Environment;
use crate::disk::Disk;
use std::path::{Path, PathBuf};

/// Below the home folder: what runs at the next login, in the next terminal or before the next commit.
pub const STARTED: &[&str] = &[
    // Shells.
    ".profile",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".bash_aliases",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".zlogout",
    ".kshrc",
    ".cshrc",
    ".tcshrc",
    ".login",
    ".inputrc",
    ".config/fish",
    ".config/nushell",
    // Sessions and terminals.
    ".pam_environment",
    ".xprofile",
    ".xinitrc",
    ".xsession",
    ".xsessionrc",
    ".config/environment.d",
    ".config/autostart",
    ".config/systemd",
    ".local/share/systemd",
    ".tmux.conf",
    ".config/tmux",
    ".screenrc",
    "Library/LaunchAgents",
    // Programs that run what their configuration says.
    ".gitconfig",
    ".config/git",
    ".vimrc",
    ".vim",
    ".config/nvim",
    ".emacs",
    ".emacs.d",
    ".config/emacs",
    ".local/bin",
    ".cargo/bin",
    ".cargo/config.toml",
    ".gdbinit",
    ".curlrc",
    ".wgetrc",
];

/// What of a home folder in the workspace is looked after. Absolute; folders on the way are without links.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Personal {
    /// What configures programs, whether it exists or not.
    pub started: Vec<PathBuf>,
    /// Places of secrets that the kernel does not hide: there is nothing yet, or a file.
    pub secrets: Vec<PathBuf>,
    /// Our own folders, to be made before a command could make them.
    pub own: Vec<PathBuf>,
}

impl Personal {
    /// What the guard looks after: the kernel keeps none of it that is new.
    pub fn looked_after(&self) -> Vec<PathBuf> {
        [self.started.as_slice(), &self.secrets].concat()
    }

    /// What the tools of this process neither read nor write.
    pub fn absent(&self) -> impl Iterator<Item = PathBuf> {
        self.own.iter().chain(&self.secrets).cloned()
    }

    /// Makes our own folders: a command that made them could write what it allows itself.
    pub fn prepare(&self, disk: &Disk) -> Result<()> {
        let make =
            |own: &PathBuf| disk.create_private_folder(own).map_err(|error| Error::io("create", own.display(), &error));
        self.own.iter().try_for_each(make)
    }
}

/// `real` gives a path without symbolic links, and nothing where there is nothing; `is_folder` follows links.
pub fn personal(
    roots: &[PathBuf],
    environment: &Environment,
    real: &dyn Fn(&Path) -> Option<PathBuf>,
    is_folder: &dyn Fn(&Path) -> bool,
) -> Personal {
    let in_workspace = |path: &Path| {
        let path = settled(path, real)?;
        roots.iter().any(|root| path.starts_with(root) && path != *root).then_some(path)
    };
    let own: Vec<PathBuf> = [environment.state_folder(), environment.config_folder()]
        .into_iter()
        .flatten()
        .filter_map(|path| in_workspace(&path))
        .collect();
    let home = environment.home().ok();
    let started = STARTED.iter().filter_map(|place| in_workspace(&home.as_ref()?.join(place))).collect();
    let secrets = known(environment)
        .iter()
        .filter_map(|path| in_workspace(path))
        .filter(|path| !is_folder(path) && !own.iter().any(|own| path.starts_with(own)))
        .collect();
    Personal { started, secrets, own }
}

/// The path with the folder it is in free of links, also where folders on the way are missing. Its last part may be a link.
fn settled(path: &Path, real: &dyn Fn(&Path) -> Option<PathBuf>) -> Option<PathBuf> {
    path.ancestors().skip(1).find_map(|around| Some(real(around)?.join(path.strip_prefix(around).ok()?)))
}
