//! A provider as it is for this user: the row of its preset, the environment, and the user's own section on top.

use super::Config;
use super::address::{addressed, filled};
use super::paths::Environment;
use crate::base::model::Wire;
use crate::base::quirks::Quirks;
use crate::base::{Error, Result};

pub use super::presets::{Credentials, LOCAL, PRESETS, Preset, Served};

/// A provider as it is for this user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    pub name: String,
    pub wire: Wire,
    /// Without a trailing slash.
    pub base_url: String,
    /// The variable its key is in; `None`: it needs no key.
    pub key_env: Option<String>,
    /// One of the two vendors themselves (or what the user put in front of them), not merely a server that speaks their wire.
    pub official: bool,
    /// Runs on this machine; costs nothing.
    pub local: bool,
    pub credentials: Credentials,
    /// The header that carries its key, where it is not the one of the wire.
    pub key_header: Option<&'static str>,
    /// What its preset is known for. What a probe found comes on top, by model: see [`super::learned`].
    pub quirks: Quirks,
}

pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

/// The name under which the catalog has the models of a provider.
pub fn catalog_name(name: &str) -> &str {
    preset(name).map(|preset| preset.catalog).filter(|catalog| !catalog.is_empty()).unwrap_or(name)
}

/// The provider called `name`, from the table, the environment and the configuration.
pub fn find(name: &str, config: &Config, environment: &Environment) -> Result<Provider> {
    provider(name, preset(name).map(|preset| (preset.wire, preset.base_url)), config, environment)
}

/// The provider called `name` as it serves the model `id`. What the user says of wire and address holds for all its models.
pub fn find_for(name: &str, id: &str, config: &Config, environment: &Environment) -> Result<Provider> {
    let fits = |served: &&Served| id.starts_with(served.begins) && id.contains(served.holds);
    let served = preset(name).and_then(|preset| preset.served.iter().find(fits));
    config.managed().permit_model(&format!("{name}/{id}"))?;
    match served {
        Some(served) => provider(name, Some((served.wire, served.base_url)), config, environment),
        None => find(name, config, environment),
    }
}

/// `known` are wire and address where nobody says otherwise.
fn provider(
    name: &str,
    known: Option<(Wire, &'static str)>,
    config: &Config,
    environment: &Environment,
) -> Result<Provider> {
    let preset = preset(name);
    let own = |field: &str| config.text(&format!("providers.{name}.{field}"));
    let wire = match own("wire") {
        Some(wire) => Wire::ALL.into_iter().find(|known| known.name() == wire),
        None => known.map(|(wire, _)| wire),
    };
    let from_environment = preset
        .filter(|preset| !preset.base_env.is_empty())
        .and_then(|preset| Some((preset, environment.get(preset.base_env)?)))
        .map(|(preset, value)| if preset.base_env == "OLLAMA_HOST" { ollama_address(value) } else { value.to_owned() });
    let base_url =
        own("base_url").map(str::to_owned).or(from_environment).or(known.map(|(_, base_url)| base_url.to_owned()));
    let (Some(wire), Some(base_url)) = (wire, base_url) else { return Err(unknown(name, config)) };
    let usual = known.is_some_and(|(_, usual)| usual == base_url);
    if !base_url.starts_with("http://") && !base_url.starts_with("https://") {
        return Err(Error::config(format!("the base_url of `{name}` is not a web address: `{base_url}`"))
            .hint(format!("write it like http://localhost:8080/v1 in [providers.{name}]")));
    }
    let key_env = match (own("key_env"), preset) {
        (Some(own), _) => Some(own).filter(|name| !name.is_empty()),
        (None, Some(preset)) => key_variable(preset, environment),
        (None, None) => None,
    };
    let holes = preset.map_or(&[][..], |preset| preset.holes);
    let base_url = addressed(name, wire, filled(name, base_url.trim_end_matches('/'), holes, config, environment)?);
    let endpoint = config.managed().endpoint(name).map(|endpoint| addressed(name, wire, endpoint.to_owned()));
    config.managed().permit_provider(name, &base_url, endpoint.as_deref(), usual)?;
    // A proxy for other vendors is here and not free; a server that was given a key of its own is free all the same.
    let own_server = preset.map_or(key_env.is_none(), |preset| LOCAL.contains(&preset.name));
    Ok(Provider {
        name: name.into(),
        wire,
        local: own_server && is_loopback(&base_url),
        base_url,
        key_env: key_env.map(str::to_owned),
        credentials: preset.map_or(Credentials::Key, |preset| preset.credentials),
        key_header: preset.map(|preset| preset.key_header).filter(|header| !header.is_empty()),
        official: matches!(name, "openai" | "anthropic"),
        quirks: preset.map(|preset| preset.quirks).unwrap_or_default(),
    })
}

/// The variable that a preset's key is in: the first that is set, else the usual one where a key is needed.
pub fn key_variable(preset: &Preset, environment: &Environment) -> Option<&'static str> {
    let set = preset.key_variables().find(|name| environment.get(name).is_some());
    set.or_else(|| preset.key_variables().next().filter(|_| !preset.key_optional))
}

/// Is there a key for this preset: in the environment, or stored by `agent login`?
pub fn has_key(preset: &Preset, config: &Config, environment: &Environment) -> bool {
    preset.key_variables().any(|name| environment.get(name).is_some()) || config.logins().get(preset.name).is_some()
}

/// `OLLAMA_HOST` as an address: it may be a bare host or `host:port`, and `0.0.0.0` where the server listens everywhere.
fn ollama_address(value: &str) -> String {
    let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
    let authority = rest.trim_end_matches('/');
    if authority.contains('/') {
        return format!("{scheme}://{authority}");
    }
    let host = authority.replace("0.0.0.0", "127.0.0.1");
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let port = if has_port || scheme == "https" { "" } else { ":11434" };
    format!("{scheme}://{host}{port}/v1")
}

/// Is the host of this address this machine? By the whole name: `localhost.example.com` is not.
pub fn is_loopback(url: &str) -> bool {
    let authority = url.split("://").nth(1).unwrap_or_default().split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// May what is secret, or decides what is spent, go over this address? Encrypted, or no further than this machine.
pub fn is_safe(url: &str) -> bool {
    url.starts_with("https://") || (url.starts_with("http://") && is_loopback(url))
}

/// An address as it may be shown: without a name and password in it.
pub fn shown(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) =
                rest.split_once('/').map_or((rest, String::new()), |(authority, path)| (authority, format!("/{path}")));
            format!("{scheme}://{}{path}", authority.rsplit('@').next().unwrap_or_default())
        }
        None => url.to_owned(),
    }
}

/// All names: those of the table, and the user's own.
pub fn names(config: &Config) -> Vec<String> {
    let own = config.names("providers").into_iter().filter(|name| preset(name).is_none());
    PRESETS.iter().map(|preset| preset.name).chain(own).map(str::to_owned).collect()
}

/// The variables that hold the key of a provider: of all that are known, and of the user's own.
pub fn key_variables(config: &Config) -> Vec<String> {
    let known = PRESETS.iter().flat_map(Preset::key_variables).map(str::to_owned);
    let names = config.names("providers");
    let own = names.iter().filter_map(|name| config.text(&format!("providers.{name}.key_env")));
    known.chain(own.map(str::to_owned)).filter(|name| !name.is_empty()).collect()
}

fn unknown(name: &str, config: &Config) -> Error {
    let mine = config.names("providers").contains(&name);
    if mine {
        return Error::config(format!("provider `{name}` needs `wire` and `base_url`")).hint(format!(
            "in the configuration: providers.{name} = {{ wire = \"chat\", base_url = \"http://localhost:8080/v1\" }}"
        ));
    }
    let all = names(config);
    let error = Error::usage(match super::keys::closest(name, all.iter().cloned()) {
        Some(near) => format!("unknown provider `{name}`, did you mean `{near}`?"),
        None => format!("unknown provider `{name}`; known are {}", all.join(", ")),
    });
    error.hint(format!(
        "your own server goes to the top of the configuration: providers.{name} = {{ wire = \"chat\", base_url = \"http://…/v1\" }}"
    ))
}
