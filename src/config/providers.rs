//! The providers we know by name. A provider is a row; a user's own is a section of the configuration.

use super::Config;
use super::paths::Environment;
use crate::base::model::Wire;
use crate::base::{Error, Result};

/// One known provider.
pub struct Preset {
    pub name: &'static str,
    pub wire: Wire,
    pub base_url: &'static str,
    /// Where the ecosystem keeps its key; empty for local servers.
    pub key_env: &'static str,
    /// The variable that moves it elsewhere, where the ecosystem has one.
    pub base_env: &'static str,
    /// The model used when only its key is found; empty: the user has to say.
    pub default_model: &'static str,
}

const fn hosted(
    name: &'static str,
    base_url: &'static str,
    key_env: &'static str,
    default_model: &'static str,
) -> Preset {
    Preset { name, wire: Wire::Chat, base_url, key_env, base_env: "", default_model }
}

const fn local(name: &'static str, base_url: &'static str) -> Preset {
    Preset { name, wire: Wire::Chat, base_url, key_env: "", base_env: "", default_model: "" }
}

/// In the order in which a key is looked for when no model is named.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "anthropic",
        wire: Wire::Messages,
        base_url: "https://api.anthropic.com",
        key_env: "ANTHROPIC_API_KEY",
        base_env: "ANTHROPIC_BASE_URL",
        default_model: "claude-sonnet-5",
    },
    Preset {
        name: "openai",
        wire: Wire::Responses,
        base_url: "https://api.openai.com/v1",
        key_env: "OPENAI_API_KEY",
        base_env: "OPENAI_BASE_URL",
        default_model: "gpt-6-sol",
    },
    hosted("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", "anthropic/claude-sonnet-5"),
    hosted("deepseek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY", "deepseek-v4-pro"),
    hosted("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", "mistral-medium-latest"),
    hosted("xai", "https://api.x.ai/v1", "XAI_API_KEY", "grok-4.7"),
    hosted("moonshotai", "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY", "kimi-k3"),
    hosted("zai", "https://api.z.ai/api/paas/v4", "ZAI_API_KEY", "glm-5.3"),
    hosted("minimax", "https://api.minimax.io/v1", "MINIMAX_API_KEY", "MiniMax-M3"),
    hosted("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY", "openai/gpt-oss-120b"),
    hosted("cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY", "gpt-oss-120b"),
    hosted("togetherai", "https://api.together.xyz/v1", "TOGETHER_API_KEY", ""),
    hosted("fireworks-ai", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY", ""),
    hosted("gooseai", "https://api.goose.ai/v1", "GOOSEAI_API_KEY", ""),
    local("ollama", "http://localhost:11434/v1"),
    local("lmstudio", "http://localhost:1234/v1"),
    local("llamacpp", "http://localhost:8080/v1"),
    local("vllm", "http://localhost:8000/v1"),
];

/// The local servers that are looked for when there is no key at all.
pub const LOCAL: &[&str] = &["ollama", "lmstudio", "llamacpp"];

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
}

pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

/// The provider called `name`, from the table, the environment and the configuration.
pub fn find(name: &str, config: &Config, environment: &Environment) -> Result<Provider> {
    let preset = preset(name);
    let own = |field: &str| config.text(&format!("providers.{name}.{field}"));
    let wire = match (own("wire"), preset) {
        (Some(wire), _) => Wire::ALL.into_iter().find(|known| known.name() == wire),
        (None, Some(preset)) => Some(preset.wire),
        (None, None) => None,
    };
    let from_environment =
        preset.filter(|preset| !preset.base_env.is_empty()).and_then(|preset| environment.get(preset.base_env));
    let base_url = own("base_url").or(from_environment).or(preset.map(|preset| preset.base_url));
    let (Some(wire), Some(base_url)) = (wire, base_url) else { return Err(unknown(name, config)) };
    if !base_url.starts_with("http://") && !base_url.starts_with("https://") {
        return Err(Error::config(format!("the base_url of `{name}` is not a web address: `{base_url}`"))
            .hint(format!("write it like http://localhost:8080/v1 in [providers.{name}]")));
    }
    let key_env =
        own("key_env").or(preset.map(|preset| preset.key_env)).filter(|key| !key.is_empty()).map(str::to_owned);
    let mut base_url = base_url.trim_end_matches('/').to_owned();
    if wire == Wire::Messages && base_url.ends_with("/v1") {
        base_url.truncate(base_url.len() - "/v1".len());
    }
    let local = is_loopback(&base_url) && key_env.is_none();
    Ok(Provider { name: name.into(), wire, base_url, key_env, official: matches!(name, "openai" | "anthropic"), local })
}

/// Is the host of this address this machine? By the whole name: `localhost.example.com` is not.
fn is_loopback(url: &str) -> bool {
    let authority = url.split("://").nth(1).unwrap_or_default().split('/').next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
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
