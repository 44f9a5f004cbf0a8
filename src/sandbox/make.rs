//! From what is known of the user, the place and the settings to a [`Jail`]. Pure: what exists is asked of `real`.

use super::jail::Jail;
use super::preferences::Preferences;
use super::secrets::{ANYWHERE, BY_ADDRESS, BY_VARIABLE, MOVED, SHARED};
use crate::base::access::{Mode, Network};
use crate::config::paths::Environment;
use crate::policy::secrets::IN_HOME;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What a jail is made of. Paths are absolute.
pub struct Facts<'a> {
    pub mode: Mode,
    /// The workspace and the folders that the user added; written in every mode but `read`.
    pub roots: &'a [PathBuf],
    /// The user's own environment, which says where secrets are; it is not what commands get.
    pub environment: &'a Environment,
    /// Below our state folder, and read although it is not: the session's long outputs.
    pub readable: &'a [PathBuf],
    pub temporary: &'a Path,
    /// Caches of the project's own, written in every mode.
    pub caches: &'a [PathBuf],
    pub network: Network,
    pub preferences: &'a Preferences,
    /// In the workspace: what configures other programs and exists.
    pub protected: &'a [PathBuf],
    /// In the workspace: files with secrets, by their names.
    pub secrets: &'a [PathBuf],
}

/// `real` gives a path without symbolic links, and nothing where there is nothing.
pub fn jail(facts: &Facts<'_>, real: &dyn Fn(&Path) -> Option<PathBuf>) -> Jail {
    let all = |paths: &[PathBuf]| -> BTreeSet<PathBuf> { paths.iter().filter_map(|path| real(path)).collect() };
    let temporary = real(facts.temporary).unwrap_or_else(|| facts.temporary.to_path_buf());
    let mut writable = all(facts.caches);
    writable.insert(temporary.clone());
    if facts.mode != Mode::Read {
        writable.extend(all(facts.roots));
        writable.extend(all(&facts.preferences.write));
    }
    let again = all(&facts.preferences.allow_read);
    let denied = denied(facts.environment, facts.preferences, facts.secrets, real);
    let below_denied = |path: &Path| denied.iter().any(|denied| path.starts_with(denied));
    let mut readable: BTreeSet<PathBuf> = again.into_iter().filter(|path| below_denied(path)).collect();
    readable.extend(all(facts.readable));
    // Other projects' caches and our catalog are there: not written, also where the workspace is the home folder.
    readable.extend(facts.environment.cache_folder().ok().and_then(|folder| real(&folder)));
    Jail {
        readable: readable.into_iter().collect(),
        writable: writable.into_iter().collect(),
        protected: all(facts.protected).into_iter().filter(|path| !below_denied(path)).collect(),
        denied: denied.into_iter().collect(),
        temporary,
        network: facts.network,
        limits: facts.preferences.limits.clone(),
    }
}

/// What exists of all that may hold a secret, without links: also where no jail hides it, the tools of this process do.
pub fn denied(
    environment: &Environment,
    preferences: &Preferences,
    secrets: &[PathBuf],
    real: &dyn Fn(&Path) -> Option<PathBuf>,
) -> BTreeSet<PathBuf> {
    let again: Vec<PathBuf> = preferences.allow_read.iter().filter_map(|path| real(path)).collect();
    let found = known(environment).into_iter().chain(preferences.deny.iter().chain(secrets).cloned());
    found
        .filter(|path| path.is_absolute())
        .filter_map(|path| real(&path))
        // An answer of the user's counts for all that is below it, and a jail that denies everything is none.
        .filter(|path| !again.iter().any(|allowed| path.starts_with(allowed)) && path.parent().is_some())
        .collect()
}

/// The places of this user that are known to hold secrets, whether there is something or not. Absolute.
pub fn known(environment: &Environment) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = ANYWHERE.iter().map(PathBuf::from).collect();
    if let Ok(home) = environment.home() {
        found.extend(IN_HOME.iter().map(|place| home.join(place)));
    }
    for (variable, usual) in MOVED {
        if let Some(folder) = environment.get(variable) {
            let places = IN_HOME.iter().filter_map(|place| place.strip_prefix(usual));
            found.extend(places.map(|place| Path::new(folder).join(place)));
        }
    }
    for (name, below) in BY_VARIABLE {
        // KUBECONFIG is a list.
        for value in environment.get(name).into_iter().flat_map(|value| value.split(':')) {
            found.push(if below.is_empty() { PathBuf::from(value) } else { Path::new(value).join(below) });
        }
    }
    for value in BY_ADDRESS.iter().filter_map(|name| environment.get(name)) {
        let socket = |part: &str| part.strip_prefix("unix:path=").or(part.strip_prefix("unix://")).map(PathBuf::from);
        found.extend(value.split([',', ';']).filter_map(socket));
    }
    // What everything else is in is no place of secrets.
    let home = environment.home().ok();
    found.retain(|path| {
        !SHARED.iter().any(|shared| path == Path::new(shared))
            && !home.as_ref().is_some_and(|home| home.starts_with(path))
    });
    // Our own: keys are beside the configuration, sessions hold what other projects said.
    found.extend([environment.state_folder(), environment.config_folder()].into_iter().flatten());
    found.extend(environment.config_file());
    found.retain(|path| path.is_absolute());
    found
}
