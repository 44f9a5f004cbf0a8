//! What a managed policy decides, in words, for `agent config show` and `agent doctor`.

use super::{Managed, MayTrust};
use crate::base::access::Mode;

impl Managed {
    /// One line for each thing that is decided, as it is written in the file.
    pub fn summary(&self) -> Vec<String> {
        let terms = &self.terms;
        let list = |name: &str, list: &Option<Vec<String>>| list.as_ref().map(|list| format!("{name} = {list:?}"));
        let modes = terms.modes.as_ref().map(|modes| modes.iter().map(|mode| Mode::name(*mode).to_owned()).collect());
        let mut lines: Vec<String> = [
            list("modes", &modes),
            terms.require_sandbox.then(|| "require_sandbox = true".to_owned()),
            terms.network.map(|network| format!("network = {:?}", network.name())),
            list("hosts", &terms.hosts),
            list("providers", &terms.providers),
            list("models", &terms.models),
            (!terms.deny_reads.is_empty()).then(|| format!("deny_reads = {:?}", terms.deny_reads)),
            (terms.trust == MayTrust::Never).then(|| "trust = \"never\"".to_owned()),
            terms.max_cost.as_ref().map(|amount| format!("max_cost = {amount:?}")),
            terms.audit.then(|| "audit = true".to_owned()),
            terms.remember.map(|remember| format!("remember = {remember}")),
        ]
        .into_iter()
        .flatten()
        .collect();
        lines.extend(terms.endpoints.iter().map(|(name, address)| format!("endpoints.{name} = {address:?}")));
        lines.extend(self.rules.iter().map(|rule| format!("rule {} {}", rule.then.name(), rule.prefix.join(" "))));
        lines
    }
}
