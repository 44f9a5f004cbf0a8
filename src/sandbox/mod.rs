//! The jail: what a command may touch is a value ([`jail::Jail`]), the strongest means of this machine enforce it, and a guard
//! looks after what those cannot.

mod bytes;
pub mod caches;
pub mod cell;
pub mod choose;
mod committed;
pub mod confine;
pub mod explain;
pub mod gitconfig;
mod gitfile;
pub mod guard;
#[expect(unsafe_code, reason = "the environment of a process has no safe interface")]
pub mod harden;
pub mod inbox;
pub mod inside;
pub mod jail;
pub mod layout;
#[cfg(target_os = "linux")]
pub mod linux;
pub mod macos;
pub mod make;
mod mend;
pub mod personal;
mod plain;
pub mod preferences;
pub mod protected;
pub mod proxy;
mod quarantine;
mod record;
pub mod remembered;
pub mod secrets;
pub mod settings;
pub mod signing;
pub mod spec;
pub mod survey;
pub mod temporary;
pub mod watch;

pub use choose::{Choice, Sandbox, Wanted};

/// What enforces a jail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// Linux: namespaces by bubblewrap, with Landlock and seccomp on top.
    Namespaces,
    /// Linux: Landlock and seccomp.
    Landlock,
    /// macOS: `sandbox-exec`.
    Seatbelt,
    /// Nothing does.
    None,
}

impl Backend {
    /// As it is shown and logged.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Namespaces => "namespaces",
            Backend::Landlock => "landlock",
            Backend::Seatbelt => "seatbelt",
            Backend::None => "none",
        }
    }
}
