//! The managed policy: what an administrator decides for all users of a machine, and they cannot loosen. It is read before all
//! else; a file that cannot be believed or understood stops everything.

mod constrain;
mod pattern;
mod summary;

use super::file;
use super::paths::{Environment, Managed as Source};
use super::rules::{self, Line};
use crate::base::access::{Mode, Network};
use crate::base::error::reason;
use crate::base::money::Usd;
use crate::base::{Error, Result};
use crate::policy::Managed as Limits;
use crate::policy::rule::Rule;
use rustix::fs::OFlags;
use rustix::io::Errno;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

pub use pattern::{Host, fits};

/// Bytes that are read at most.
const LARGEST: u64 = 1 << 20;

/// What the administrator decided; without a file, nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Managed {
    /// Empty where there is no file.
    path: String,
    terms: Terms,
    rules: Vec<Rule>,
    hosts: Option<Vec<Host>>,
}

/// May users trust what projects bring?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MayTrust {
    #[default]
    Ask,
    Never,
}

/// The file as it is written.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Terms {
    modes: Option<Vec<Mode>>,
    require_sandbox: bool,
    network: Option<Network>,
    hosts: Option<Vec<String>>,
    providers: Option<Vec<String>>,
    /// Provider to address.
    endpoints: BTreeMap<String, String>,
    models: Option<Vec<String>>,
    deny_reads: Vec<String>,
    trust: MayTrust,
    /// Of one run.
    max_cost: Option<String>,
    /// Must every session be kept?
    audit: bool,
    /// Do remembered answers count?
    remember: Option<bool>,
    rules: Vec<Line>,
}

impl Managed {
    /// Reads the policy of this machine.
    pub fn read(environment: &Environment) -> Result<Self> {
        let Some(source) = environment.managed() else { return Ok(Self::default()) };
        let Some(text) = believed(source)? else { return Ok(Self::default()) };
        Self::parse(&source.path.display().to_string(), &text).map_err(|error| {
            error.hint("agent does nothing under a policy that it cannot read; an administrator has to mend it")
        })
    }

    /// The policy in a text; `path` is for messages.
    pub fn parse(path: &str, text: &str) -> Result<Self> {
        let terms: Terms = file::decode(path, text)?;
        let wrong = |words: String| Error::config(format!("{path}: {words}"));
        if terms.modes.as_ref().is_some_and(Vec::is_empty) {
            return Err(wrong("`modes` is empty: no mode would be allowed".into()));
        }
        if terms.modes.as_deref() == Some(&[Mode::Full]) && terms.require_sandbox {
            return Err(wrong(
                "`modes` allows `full` alone, which has no sandbox, and `require_sandbox` is set".into(),
            ));
        }
        if let Some(amount) = &terms.max_cost {
            amount.parse::<Usd>().map_err(|words| wrong(format!("`max_cost`: {words}")))?;
        }
        if let Some(relative) = terms.deny_reads.iter().find(|path| !path.starts_with('/') && !path.starts_with("~/")) {
            return Err(wrong(format!("`deny_reads` takes paths that begin with / or ~/, not `{relative}`")));
        }
        let hosts = match &terms.hosts {
            Some(hosts) => Some(
                hosts
                    .iter()
                    .map(|host| Host::parse(host).ok_or_else(|| wrong(format!("`hosts`: `{host}` is no host"))))
                    .collect::<Result<_>>()?,
            ),
            None => None,
        };
        let rules = rules::checked(path, text, &terms.rules)?;
        Ok(Self { path: path.to_owned(), hosts, rules, terms: Terms { rules: Vec::new(), ..terms } })
    }

    /// Is there a policy?
    pub fn is_there(&self) -> bool {
        !self.path.is_empty()
    }

    /// The path of its file.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    pub fn may_trust(&self) -> MayTrust {
        self.terms.trust
    }

    /// Must there be a sandbox, with nothing outside of it?
    pub fn requires_sandbox(&self) -> bool {
        self.terms.require_sandbox
    }

    /// The part of it that is about single decisions, for `policy::Policy`.
    pub fn limits(&self) -> Limits {
        Limits {
            full: self.permits_mode(Mode::Full),
            leave: !self.terms.require_sandbox,
            remember: self.terms.remember != Some(false),
        }
    }

    /// Must every session be kept, so that none may be ephemeral?
    pub fn keeps_sessions(&self) -> bool {
        self.terms.audit
    }

    /// Paths that nobody may read, as they are written: from `/` or `~/` on.
    pub fn deny_reads(&self) -> &[String] {
        &self.terms.deny_reads
    }

    /// The most that commands may have of the network.
    pub fn network(&self) -> Network {
        match (self.terms.network, &self.hosts) {
            (Some(Network::Off), _) => Network::Off,
            (Some(Network::Hosts), _) | (_, Some(_)) => Network::Hosts,
            (Some(Network::Full) | None, None) => Network::Full,
        }
    }

    /// May commands reach this host? By name and port alone, exactly, or below `*.`.
    pub fn permits_host(&self, host: &str, port: u16) -> bool {
        match self.network() {
            Network::Off => false,
            Network::Hosts | Network::Full => {
                self.hosts.as_ref().is_none_or(|hosts| hosts.iter().any(|known| known.is(host, port)))
            }
        }
    }

    /// Is this mode listed, or stricter than one that is?
    pub fn permits_mode(&self, mode: Mode) -> bool {
        let jailed = !(self.terms.require_sandbox && mode == Mode::Full);
        jailed
            && self
                .terms
                .modes
                .as_ref()
                .is_none_or(|modes| modes.iter().any(|listed| looseness(mode) <= looseness(*listed)))
    }

    /// The least strict mode that is allowed and not looser than `mode`; `read` always is.
    pub fn nearest_mode(&self, mode: Mode) -> Mode {
        let below = Mode::ALL.into_iter().rev().filter(|other| looseness(*other) <= looseness(mode));
        below.into_iter().find(|mode| self.permits_mode(*mode)).unwrap_or(Mode::Read)
    }

    /// The most one run may cost.
    pub fn max_cost(&self) -> Option<Usd> {
        self.terms.max_cost.as_deref().and_then(|amount| amount.parse().ok())
    }

    /// Where a provider must be, without a slash at its end.
    pub fn endpoint(&self, provider: &str) -> Option<&str> {
        self.terms.endpoints.get(provider).map(|endpoint| endpoint.trim_end_matches('/'))
    }

    /// May a provider be asked, at this address? `endpoint` is where it must be, as its codec wants addresses; `usual` is whether it
    /// is where it is when nobody says otherwise.
    pub fn permit_provider(&self, name: &str, base_url: &str, endpoint: Option<&str>, usual: bool) -> Result<()> {
        let listed = self.terms.providers.as_ref().map(|providers| providers.iter().any(|listed| listed == name));
        if listed == Some(false) {
            return Err(self.forbids(&format!("the provider `{name}`"), "providers"));
        }
        let allowed = match endpoint {
            Some(endpoint) => below(base_url, endpoint),
            None => usual || listed.is_none(),
        };
        if allowed {
            return Ok(());
        }
        let shown = super::providers::shown(base_url);
        Err(self.forbids(&format!("the provider `{name}` at `{shown}`"), "endpoints"))
    }

    /// May this model be asked? `name` is `provider/model`.
    pub fn permit_model(&self, name: &str) -> Result<()> {
        match &self.terms.models {
            Some(models) if !models.iter().any(|pattern| fits(pattern, name)) => {
                Err(self.forbids(&format!("the model `{name}`"), "models"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Something that the user asks for and the policy does not let be.
    pub fn forbids(&self, what: &str, key: &str) -> Error {
        Error::config(format!("{what} is not allowed here: `{}` says so in `{key}`", self.path))
            .hint("`agent config show` lists what is managed; ask your administrator")
    }
}

/// Is an address the one that was written, or below it? A slash has to follow, so that no other host begins with it.
fn below(address: &str, endpoint: &str) -> bool {
    address.strip_prefix(endpoint).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Of two modes the one with the higher number asks less.
pub fn looseness(mode: Mode) -> usize {
    Mode::ALL.into_iter().position(|other| other == mode).unwrap_or(Mode::ALL.len())
}

/// The text of a policy that its owner alone could have written; `None` where there is none.
fn believed(source: &Source) -> Result<Option<String>> {
    let path = source.path.display();
    let broken = |why: String| {
        Error::config(format!("the managed policy `{path}` cannot be used: {why}"))
            .hint("agent does nothing under a policy that it cannot believe; an administrator has to mend it")
    };
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(&source.path, flags, rustix::fs::Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        Err(error) => return Err(broken(reason(&error.into()))),
    };
    let meta = file.metadata().map_err(|error| broken(reason(&error)))?;
    if !meta.is_file() {
        return Err(broken("it is no regular file".into()));
    }
    if meta.uid() != source.owner {
        return Err(broken(format!("it belongs to the user {}, and should to {}", meta.uid(), source.owner)));
    }
    if meta.mode() & 0o022 != 0 {
        return Err(broken(format!("others than its owner can write it (mode {:04o})", meta.mode() & 0o7777)));
    }
    if let Some(folder) = writable_folder(source) {
        return Err(broken(format!("others than its owner can write its folder `{folder}`")));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| broken(reason(&error)))?;
    if bytes.len() as u64 > LARGEST {
        return Err(broken("it is larger than 1 MiB".into()));
    }
    String::from_utf8(bytes).map(Some).map_err(|_| broken("it is not UTF-8".into()))
}

/// A folder above it in which somebody else could put another file in its place.
fn writable_folder(source: &Source) -> Option<String> {
    let real = source.path.canonicalize().ok()?;
    let named = source.path.ancestors();
    let open = |folder: &&Path| {
        std::fs::metadata(folder).is_ok_and(|meta| {
            let sticky = meta.mode() & 0o1000 != 0;
            let foreign = meta.uid() != source.owner && meta.uid() != 0;
            foreign || (meta.mode() & 0o022 != 0 && !sticky)
        })
    };
    real.ancestors().skip(1).chain(named.skip(1)).find(open).map(|folder| folder.display().to_string())
}
