//! The jail as a profile for macOS's `sandbox-exec`. Pure text, made and tested everywhere; it has not been tried on a Mac yet.

use super::jail::Jail;
use super::layout::{Rule, layout};
use crate::base::access::Network;
use std::fmt::Write;
use std::path::Path;

/// Where macOS has it.
pub const PROGRAM: &str = "/usr/bin/sandbox-exec";

/// What any program needs: itself, its children, and the parts of the system that answer harmless questions.
const BASE: &str = r#"(version 1)
(deny default)
(allow process-exec process-fork)
(allow signal (target same-sandbox))
(allow process-info* (target same-sandbox))
(allow sysctl-read)
(allow user-preference-read)
(allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo"))
(allow mach-lookup (global-name "com.apple.system.notification_center"))
(allow mach-lookup (global-name "com.apple.logd"))
(allow ipc-posix-sem)
(allow pseudo-tty)
(allow file-read*)
(allow file-write-data (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty"))
(allow file-ioctl (literal "/dev/tty"))
"#;

/// Later rules win, so folders above come first. A host cannot be told from another here, so a list of hosts is refused elsewhere.
pub fn profile(jail: &Jail) -> String {
    let mut text = BASE.to_owned();
    for (path, rule) in layout(jail) {
        let subpath = format!("(subpath {})", quoted(&path));
        let _ = match rule {
            Rule::Read => writeln!(text, "(allow file-read* {subpath})\n(deny file-write* {subpath})"),
            Rule::Write => writeln!(text, "(allow file-read* file-write* {subpath})"),
            Rule::Protected => writeln!(text, "(deny file-write* {subpath})"),
            Rule::Denied => writeln!(text, "(deny file-read* file-write* {subpath})"),
        };
    }
    match jail.network {
        Network::Full => text.push_str(
            "(allow network-outbound (remote ip))\n(allow network-inbound (local ip))\n(allow network-bind (local ip))\n(allow system-socket)\n\
             (allow mach-lookup (global-name \"com.apple.dnssd.service\") (global-name \"com.apple.SystemConfiguration.configd\"))\n\
             (allow network-outbound (literal \"/private/var/run/mDNSResponder\"))\n",
        ),
        Network::Off | Network::Hosts => {}
    }
    text
}

/// As a string of the profile's language, which is Scheme's.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}
