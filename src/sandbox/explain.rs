//! A jail in words: what enforces it, what it allows and denies, and what it cannot keep anybody from.

use super::choose::Choice;
use super::jail::Jail;
use super::{Backend, layout};
use crate::base::access::Network;
use serde::Serialize;
use std::path::PathBuf;

/// For people by [`Explained::text`], for programs as JSON.
#[derive(Debug, Clone, Serialize)]
pub struct Explained {
    pub backend: &'static str,
    /// The parts that enforce it.
    pub by: Vec<String>,
    /// What was tried and would not do.
    pub why: Vec<String>,
    pub network: &'static str,
    pub written: Vec<PathBuf>,
    /// Below written folders, and not written.
    pub protected: Vec<PathBuf>,
    /// Not read, of what exists.
    pub denied: Vec<PathBuf>,
    /// Read, although a folder above is not.
    pub readable: Vec<PathBuf>,
    pub temporary: PathBuf,
    pub limits: super::jail::Limits,
    pub risks: Vec<String>,
}

pub fn explain(choice: &Choice, jail: &Jail) -> Explained {
    Explained {
        backend: choice.backend.name(),
        by: parts(choice.backend, choice.sandbox.landlock()),
        why: choice.why.clone(),
        network: jail.network.name(),
        written: jail.writable.clone(),
        protected: jail.protected.clone(),
        denied: jail.denied.clone(),
        readable: jail.readable.clone(),
        temporary: jail.temporary.clone(),
        limits: jail.limits.clone(),
        risks: risks(choice.backend, choice.sandbox.landlock(), jail),
    }
}

/// What the backend is made of.
pub fn parts(backend: Backend, landlock: i64) -> Vec<String> {
    let own = |text: &str| text.to_owned();
    let locked = || format!("Landlock {landlock}");
    match backend {
        Backend::Namespaces if landlock > 0 => vec![own("namespaces by bubblewrap"), locked(), own("seccomp")],
        Backend::Namespaces => vec![own("namespaces by bubblewrap"), own("seccomp")],
        Backend::Landlock => vec![locked(), own("seccomp")],
        Backend::Seatbelt => vec![own("sandbox-exec")],
        Backend::None => Vec::new(),
    }
}

/// The first of Landlock's interfaces that keeps signals and abstract sockets inside.
const SCOPES: i64 = 6;
/// The first that lets files move between folders.
const MOVES: i64 = 2;
/// The first that sees when a file is cut.
const CUTS: i64 = 3;

/// What is left at risk, each a sentence without its end.
pub fn risks(backend: Backend, landlock: i64, jail: &Jail) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut say = |text: &str| found.push(text.to_owned());
    match backend {
        Backend::None => {
            say("nothing confines commands: they read and write all that you can, and reach the network");
            return found;
        }
        Backend::Seatbelt => say("the profile for macOS has not been tried on a Mac"),
        Backend::Namespaces => {
            say("a file that is denied looks empty rather than absent");
            if jail.network == Network::Full && landlock < SCOPES {
                say("on this kernel a command can reach sockets of your session that have no file (X11, D-Bus)");
            }
        }
        Backend::Landlock => {
            say(
                "what configures other programs in the workspace (git hooks, editor tasks) can be written by a command; agent looks after each command, puts it back and reports it",
            );
            say("permissions and times of your files outside can be changed by a command, not what is in them");
            say("denied files are forbidden rather than absent, which stops some tools");
            say("folders with denied folders in them, such as your home folder, cannot be listed");
            say("/tmp and /dev/shm cannot be written; programs have to use TMPDIR");
            say("names and command lines of your other processes can be seen");
            if landlock < SCOPES {
                say("on this kernel a command can send signals to your other processes");
            }
            if landlock < MOVES {
                say("on this kernel files cannot be moved between folders inside of the jail");
            }
            if landlock < CUTS {
                say("on this kernel a command can cut files to nothing that it may not write otherwise");
            }
        }
    }
    if jail.network == Network::Full {
        say("the network is open: what a command reads, it can send anywhere");
    }
    #[cfg(target_os = "linux")]
    if backend == Backend::Landlock {
        let exposed = super::linux::landlock::exposed(jail);
        found.extend(
            exposed.iter().map(|path| format!("`{}` can be read, since files beside it are written", path.display())),
        );
    }
    found.push(
        "what a command writes in the workspace, your own tools may run later: builds, tests, package scripts".into(),
    );
    found.push("one kernel is shared with the command; a hole in it is a way out".into());
    found
}

impl Explained {
    pub fn text(&self) -> String {
        let by = if self.by.is_empty() { String::new() } else { format!(" ({})", self.by.join(", ")) };
        let mut text = format!("backend     {}{by}\n", self.backend);
        for why in &self.why {
            text.push_str(&format!("            {why}\n"));
        }
        text.push_str(&format!("network     {}\n", self.network));
        let paths = |paths: &[PathBuf]| paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        let mut list = |name: &str, lines: Vec<String>| {
            for (number, line) in lines.iter().enumerate() {
                text.push_str(&format!("{:<12}{line}\n", if number == 0 { name } else { "" }));
            }
        };
        list("written", paths(&self.written));
        list("protected", paths(&self.protected));
        list("not read", paths(&self.denied));
        list("but read", paths(&self.readable));
        let gigabytes = |bytes: u64| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30));
        let limits = [
            format!("{} of memory together, {} processes", gigabytes(self.limits.memory), self.limits.processes),
            format!(
                "{} a file, {} stay free on the disk",
                gigabytes(self.limits.file_size),
                gigabytes(self.limits.disk_free)
            ),
        ];
        list("limits", limits.to_vec());
        list("risks left", self.risks.clone());
        text
    }
}

/// Is this path read in the jail? For what is read for a model without a command.
pub fn reads(jail: &Jail, path: &std::path::Path) -> bool {
    layout::rule_at(&layout::layout(jail), path) != layout::Rule::Denied
}
