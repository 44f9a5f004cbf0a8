//! A command and a jail become a command that confines itself before it runs.

use super::choose::Sandbox;
use super::inbox::ListenerInbox;
use super::jail::Jail;
use super::{Backend, macos};
use crate::base::access::Network;
use crate::base::{Error, Kind, Result};
use crate::process::spawn::Exec;
use std::ffi::OsString;

/// A command that is ready to be started, once.
#[derive(Debug)]
pub struct Confined {
    pub exec: Exec,
    /// Where the hosts on a list are to be reached: the socket that our proxy has to answer, once the command is started.
    pub proxy: Option<ListenerInbox>,
}

impl Sandbox {
    /// With [`Backend::None`] the command comes back as it was. An error where this backend cannot enforce the jail.
    pub fn confine(&self, exec: Exec, jail: &Jail) -> Result<Confined> {
        if jail.network == Network::Hosts && self.backend() != Backend::Namespaces {
            let error =
                format!("a list of hosts needs namespaces of Linux; here the sandbox is {}", self.backend().name());
            return Err(Error::new(Kind::NoSandbox, error).hint("--net off and --net full need none"));
        }
        match self.backend() {
            #[cfg(target_os = "linux")]
            Backend::Namespaces => linux::namespaces(self, exec, jail),
            #[cfg(target_os = "linux")]
            Backend::Landlock => linux::landlock(self, exec, jail),
            #[cfg(not(target_os = "linux"))]
            Backend::Namespaces | Backend::Landlock => {
                Err(Error::new(Kind::NoSandbox, "namespaces and Landlock are Linux's"))
            }
            Backend::Seatbelt => Ok(seatbelt(exec, jail)),
            Backend::None => Ok(Confined { exec, proxy: None }),
        }
    }
}

fn seatbelt(exec: Exec, jail: &Jail) -> Confined {
    let mut arguments: Vec<OsString> = vec!["-p".into(), macos::profile(jail).into(), exec.program.into()];
    arguments.extend(exec.arguments);
    let mut exec = Exec { program: macos::PROGRAM.into(), arguments, ..exec };
    set_temporary(&mut exec, jail.temporary.clone().into());
    Confined { exec, proxy: None }
}

/// Where the command writes files that do not last; and no folder of sockets that the jail hides.
fn set_temporary(exec: &mut Exec, folder: OsString) {
    exec.environment.retain(|(name, _)| !matches!(name.as_str(), "TMPDIR" | "TMP" | "TEMP" | "XDG_RUNTIME_DIR"));
    exec.environment.push(("TMPDIR".into(), folder));
}

#[cfg(target_os = "linux")]
pub use linux::{LONGEST_PROBE, probe};

#[cfg(target_os = "linux")]
mod linux {
    use super::*;
    use crate::disk::Disk;
    use crate::sandbox::choose::Means;
    use crate::sandbox::inbox;
    use crate::sandbox::linux::helper::{COMMAND, PROBE, SPEC};
    use crate::sandbox::linux::namespaces::{self, Found, Mount, Users};
    use crate::sandbox::spec::Spec;
    use rustix::fs::{MemfdFlags, SealFlags};
    use rustix::thread::{CapabilitySet, CapabilitySets, capabilities};
    use std::fs::File;
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::os::unix::fs::MetadataExt;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;
    use std::time::Duration;

    /// The longest that namespaces may take to be made.
    pub const LONGEST_PROBE: Duration = Duration::from_secs(5);

    type Handles = Vec<Arc<OwnedFd>>;

    fn failed(error: impl std::fmt::Display) -> Error {
        Error::new(Kind::Io, format!("cannot prepare the jail: {error}"))
    }

    /// A command line that needs all that namespaces will, and does nothing.
    pub fn probe(means: &Means, agent: Option<&File>) -> Option<Exec> {
        let agent = Arc::new(OwnedFd::from(agent?.try_clone().ok()?));
        let mut arguments = namespaces::isolation(Network::Off, Users::One);
        arguments.extend(namespaces::system());
        arguments.extend(["--".into(), itself(&agent), COMMAND.into(), PROBE.into()]);
        let mut exec =
            Exec { program: means.bubblewrap.clone()?, arguments, folder: PathBuf::from("/"), ..Exec::default() };
        exec.wrapping.handles.push(agent);
        Some(exec)
    }

    /// The program by its open file: it may lie where the jail has nothing, and may have been replaced since.
    fn itself(agent: &OwnedFd) -> OsString {
        format!("/proc/self/fd/{}", agent.as_raw_fd()).into()
    }

    fn agent(sandbox: &Sandbox) -> Result<Arc<OwnedFd>> {
        let file = sandbox.0.agent.as_ref().ok_or_else(|| failed("the program itself cannot be opened"))?;
        file.try_clone().map(|file| Arc::new(file.into())).map_err(failed)
    }

    /// The helper's command line up to the command; the handles that it needs are added.
    fn helper(agent: Arc<OwnedFd>, spec: &Spec, handles: &mut Handles) -> Result<Vec<OsString>> {
        let text = serde_json::to_vec(spec).map_err(failed)?;
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let mut file = rustix::fs::memfd_create("jail", flags).map(File::from).map_err(failed)?;
        Disk::default().write(&mut file, &text).map_err(failed)?;
        let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
        rustix::fs::fcntl_add_seals(&file, seals).map_err(failed)?;
        let words = vec![itself(&agent), COMMAND.into(), SPEC.into(), file.as_raw_fd().to_string().into(), "--".into()];
        handles.extend([agent, Arc::new(file.into())]);
        Ok(words)
    }

    pub(super) fn landlock(sandbox: &Sandbox, mut exec: Exec, jail: &Jail) -> Result<Confined> {
        let spec = Spec { jail: jail.clone(), namespaces: false, landlock: true, proxy: None };
        let mut words = helper(agent(sandbox)?, &spec, &mut exec.wrapping.handles)?;
        let program = words.remove(0);
        words.push(exec.program.into());
        words.append(&mut exec.arguments);
        exec = Exec { program: program.into(), arguments: words, ..exec };
        set_temporary(&mut exec, jail.temporary.clone().into());
        Ok(Confined { exec, proxy: None })
    }

    pub(super) fn namespaces(sandbox: &Sandbox, mut exec: Exec, jail: &Jail) -> Result<Confined> {
        let bubblewrap = sandbox.0.means.bubblewrap.clone().ok_or_else(|| failed("bubblewrap is gone"))?;
        let mounts = namespaces::mounts(jail, &needed(&exec), &found);
        let own_tmp = mounts.iter().any(|mount| matches!(mount, Mount::Write { from, at } if from != at));
        let mut handles = std::mem::take(&mut exec.wrapping.handles);
        let proxy = match jail.network {
            Network::Hosts => Some(inbox::pair().map_err(failed)?),
            Network::Off | Network::Full => None,
        };
        let (inbox, theirs) = proxy.map_or((None, None), |(inbox, theirs)| (Some(inbox), Some(OwnedFd::from(theirs))));
        let spec = Spec {
            jail: jail.clone(),
            namespaces: true,
            landlock: sandbox.landlock() > 0,
            proxy: theirs.as_ref().map(AsRawFd::as_raw_fd),
        };
        handles.extend(theirs.map(Arc::new));
        let mut arguments = namespaces::isolation(jail.network, users(jail));
        arguments.extend(namespaces::system());
        let files = mounts.iter().filter(|mount| matches!(mount, Mount::NoFile(_))).count();
        let empty: Handles = (0..files).map(|_| empty()).collect::<Result<_>>()?;
        arguments.extend(namespaces::words(&mounts, &mut empty.iter().map(|handle| handle.as_raw_fd())));
        handles.extend(empty);
        arguments.extend(["--chdir".into(), exec.folder.clone().into(), "--".into()]);
        arguments.extend(helper(agent(sandbox)?, &spec, &mut handles)?);
        arguments.push(exec.program.into());
        arguments.append(&mut exec.arguments);
        exec = Exec { program: bubblewrap, arguments, ..exec };
        exec.wrapping.handles = handles;
        exec.wrapping.patient = true;
        set_temporary(&mut exec, if own_tmp { "/tmp".into() } else { jail.temporary.clone().into() });
        Ok(Confined { exec, proxy: inbox })
    }

    /// Root with all its privileges may have been given folders of somebody else to work in; in a user namespace it could not.
    fn users(jail: &Jail) -> Users {
        let foreign = |path: &PathBuf| std::fs::metadata(path).is_ok_and(|meta| meta.uid() != 0);
        let mounts = |sets: CapabilitySets| sets.effective.contains(CapabilitySet::SYS_ADMIN);
        let root = rustix::process::geteuid().is_root() && capabilities(None).is_ok_and(mounts);
        if root && jail.writable.iter().any(foreign) { Users::All } else { Users::One }
    }

    fn empty() -> Result<Arc<OwnedFd>> {
        File::open("/dev/null").map(|file| Arc::new(file.into())).map_err(failed)
    }

    /// What the command is started with and told of: its program, its folder, and every path in its environment.
    fn needed(exec: &Exec) -> Vec<PathBuf> {
        let told = exec
            .environment
            .iter()
            .filter(|(name, _)| name != "TMPDIR")
            .flat_map(|(_, value)| std::env::split_paths(value));
        // A program's libraries lie beside the folder that it is in.
        let with_libraries = |path: PathBuf| match path.parent() {
            Some(around) if path.ends_with("bin") && around != Path::new("/tmp") => around.to_path_buf(),
            _ => path,
        };
        let all = told.chain([exec.program.clone(), exec.folder.clone()]).filter(|path| path.is_absolute());
        all.filter_map(|path| path.canonicalize().ok()).map(with_libraries).collect()
    }

    fn found(path: &Path) -> Found {
        match std::fs::symlink_metadata(path) {
            Ok(meta) if meta.is_dir() => Found::Folder,
            Ok(meta) if !meta.is_symlink() => Found::File,
            Ok(_) | Err(_) => Found::Nothing,
        }
    }
}
