//! The user's own browser, for a login. It is not ours to end, and gets none of our secrets.

use super::environment::is_secret;
use crate::config::paths::Environment;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// What opens an address, where it is found first: the systems' own, then the one of the Windows Subsystem for Linux.
const OPENERS: &[&str] = if cfg!(target_os = "macos") { &["open"] } else { &["xdg-open", "wslview"] };

/// Is there somebody who could look at a browser here?
pub fn is_possible(environment: &Environment) -> bool {
    let remote = environment.get("SSH_CONNECTION").is_some() || environment.get("SSH_TTY").is_some();
    let screen = cfg!(target_os = "macos")
        || ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].iter().any(|name| environment.get(name).is_some());
    !remote && screen
}

/// Opens an address, in a process group of its own, and does not wait. False where that is not possible.
pub fn open(url: &str, environment: &Environment) -> bool {
    if !is_possible(environment) || !(url.starts_with("https://") || url.starts_with("http://")) {
        return false;
    }
    let Some(program) = OPENERS.iter().find_map(|name| environment.find_program(name)) else { return false };
    let mut command = Command::new(program);
    command
        .arg(url)
        .env_clear()
        .envs(environment.iter().filter(|(name, _)| !is_secret(name)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A Ctrl-C at our terminal is not meant for it.
        .process_group(0);
    command.spawn().is_ok()
}
