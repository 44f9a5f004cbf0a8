//! What decides in a session: the mode, the jail, the rules, and the answers that count.

use super::wire::Rest;
use crate::base::Result;
use crate::base::access::Mode;
use crate::config::approvals::Approvals;
use crate::config::paths::{Environment, MANAGED_POLICY};
use crate::disk::Disk;
use crate::policy::meaning::Remembered;
use crate::policy::{Policy, shell};
use crate::sandbox::Backend;
use crate::workspace::led;
use crate::workspace::place::Place;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Writes down an answer that counts longer than the session.
pub type Approve = Box<dyn Fn(Remembered) -> Result<()> + Send + Sync>;

/// The policy of a session, and what keeps its answers. `root` is the project's, `session` the session's id.
pub fn policy(rest: &Rest<'_>, mode: Mode, root: &Path, session: &str) -> Result<(Policy, Approve)> {
    // Without a state folder there are none, and none can be kept.
    let approvals = match rest.environment.state_folder() {
        Ok(_) => Some(Approvals::load(rest.environment, root, Disk::default())?),
        Err(_) => None,
    };
    let policy = Policy {
        attended: rest.attended,
        jailed: rest.jail.cell.backend() != Backend::None,
        network: rest.jail.network,
        surroundings: shell::Surroundings {
            folder: rest.place.folder().display().to_string(),
            home: rest.environment.home().map(|home| home.display().to_string()).unwrap_or_default(),
        },
        own: own(rest.environment, &rest.place),
        led: led(rest.environment, &rest.place),
        rules: rest.config.rules().to_vec(),
        remembered: approvals.as_ref().map(|approvals| approvals.answers().to_vec()).unwrap_or_default(),
        managed: rest.config.limits(),
        ..Policy::new(mode)
    };
    let (approvals, session) = (Mutex::new(approvals), session.to_owned());
    let approve = move |answer: Remembered| {
        let mut approvals = approvals.lock().unwrap_or_else(PoisonError::into_inner);
        approvals
            .as_mut()
            .map_or(Ok(()), |approvals| approvals.remember(answer.meaning, answer.remember, &session, answer.at))
    };
    Ok((policy, Box::new(approve)))
}

/// Where the configuration of git leads in the workspace.
fn led(environment: &Environment, place: &Place) -> Vec<String> {
    let home = environment.home().ok();
    let paths = place.roots().iter().flat_map(|root| led::led(root, home.as_deref()));
    paths.map(|path| path.display().to_string()).collect()
}

/// Our own folders and the administrator's, where no tool writes.
fn own(environment: &Environment, place: &Place) -> Vec<String> {
    let ours = [environment.config_folder(), environment.state_folder(), environment.cache_folder()];
    let managed = Path::new(MANAGED_POLICY).parent().map(Path::to_path_buf);
    let folders = ours.into_iter().flatten().chain(environment.config_file()).chain(managed);
    let folders = folders.map(|folder| folder.canonicalize().unwrap_or(folder));
    // The copy of `--propose` lies in one of them, and is all that its run sees.
    let others = folders.filter(|folder| !place.roots().iter().any(|root| root.starts_with(folder)));
    others.map(|folder| folder.display().to_string()).collect()
}
