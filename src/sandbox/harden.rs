//! What this process does for its own secrets, at its very beginning: nobody may look into its memory or make it leave a copy, and
//! its environment forgets them once they were read.

use crate::config::paths::Environment;
use crate::process::environment::is_secret;
use crate::text::redact::Redactor;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// May hold the password of a proxy, and are read where a connection is made.
const PROXIES: &[&str] = &["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

/// No core file, and on Linux no other process of this user reads our memory or environment, or traces us. Before any thread
/// starts. A program that we start begins anew.
pub fn begin() {
    let core = getrlimit(Resource::Core);
    // Where a limit cannot be lowered there was none to keep.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: core.maximum });
    #[cfg(target_os = "linux")]
    {
        let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    }
}

/// The variables whose values are secrets, by their names or by their looks.
pub fn secret_names(environment: &Environment) -> Vec<String> {
    let redactor = Redactor::default();
    let looks = |value: &std::ffi::OsStr| {
        let value = value.as_encoded_bytes();
        redactor.bytes(value) != value
    };
    let proxy = |name: &str| PROXIES.iter().any(|proxy| name.eq_ignore_ascii_case(proxy));
    let secret = |name: &str, value: &std::ffi::OsStr| is_secret(name) || (!proxy(name) && looks(value));
    environment.iter().filter(|(name, value)| secret(name, value)).map(|(name, _)| name.to_owned()).collect()
}

/// Takes these variables out of the environment of this process, and on Linux wipes their values where the kernel put them. Only
/// while there is no other thread: [`Environment`] is the copy that is left.
#[expect(clippy::disallowed_methods, reason = "the one place that makes the environment smaller, once it was read")]
pub fn forget(names: &[String]) {
    for name in names {
        #[cfg(target_os = "linux")]
        wipe(name);
        // SAFETY: called before any thread is started, so nobody else reads or writes the environment.
        unsafe { std::env::remove_var(name) };
    }
}

#[cfg(target_os = "linux")]
fn wipe(name: &str) {
    let Ok(name) = std::ffi::CString::new(name) else { return };
    // SAFETY: called before any thread is started. What `getenv` gives is null or a string that ends in zero, in memory that this process
    // may write and that nobody has borrowed: the standard library copies values out. Only bytes before its end are written.
    unsafe {
        let mut at = libc::getenv(name.as_ptr());
        while !at.is_null() && *at != 0 {
            at.write_volatile(0);
            at = at.add(1);
        }
    }
}
