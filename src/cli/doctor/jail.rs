//! What of a jail there is on this machine, found by trying.

use super::{Finding, State, finding};
use crate::config::Config;
use crate::config::paths::Environment;
use crate::sandbox::choose::Means;
use crate::sandbox::preferences::Preferences;
use crate::sandbox::{Backend, Sandbox, explain};

pub(super) fn jail(config: &Config, environment: &Environment) -> Finding {
    let home = environment.home().ok();
    let found = Preferences::read(config, home.as_deref())
        .and_then(|preferences| Ok(Sandbox::choose(preferences.backend, Means::find(environment, &[])?)));
    let choice = match found {
        Ok(choice) => choice,
        Err(error) => {
            let hint = error.hints.first().map(String::as_str);
            return finding("sandbox", State::Problem, error.message.clone(), hint);
        }
    };
    let parts = explain::parts(choice.backend, choice.sandbox.landlock()).join(", ");
    let why = choice.why.join("; ");
    let left = "git hooks and editor settings are put back after a command rather than kept from it, and `.env` files are read; \
                `agent sandbox explain` says all that is left at risk";
    let missing = if why.contains("not on PATH") {
        "install bubblewrap: it also protects git hooks and editor settings, and lets `--net` tell hosts apart"
    } else {
        "let bubblewrap make user namespaces; docs/sandbox.md says where that is turned off"
    };
    match choice.backend {
        Backend::Namespaces | Backend::Seatbelt => finding("sandbox", State::Ok, parts, None),
        Backend::Landlock if why.is_empty() => {
            finding("sandbox", State::Ok, format!("{parts}, as `sandbox.backend` has it: {left}"), None)
        }
        Backend::Landlock => finding("sandbox", State::Warning, format!("{parts}: {left}; {why}"), Some(missing)),
        Backend::None => finding(
            "sandbox",
            State::Warning,
            format!("none, so `agent run` refuses to work: {why}"),
            Some("--review goes on and asks for each command; --mode full is without sandbox and questions"),
        ),
    }
}
