//! Which model a run uses, from what the user said and which keys there are. Pure: finding local servers is left to the
//! caller, because it takes the network.

use super::paths::Environment;
use super::providers::{self, PRESETS, Provider};
use super::{Config, catalog, keys, offers};
use crate::base::model::ModelInfo;
use crate::base::{Error, Result};

/// A provider and a model of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub provider: Provider,
    pub model: ModelInfo,
}

/// Does the router choose?
pub fn is_auto(config: &Config) -> bool {
    config.list("model") == ["auto"]
}

/// The models that the user named, in the order in which they are to be asked, those among which the router chooses, or the
/// default one of the first provider that has a key; none when nothing was named and there is no key.
pub fn choose(config: &Config, environment: &Environment) -> Result<Vec<Choice>> {
    match config.list("model") {
        _ if is_auto(config) => offers::choices(config, environment),
        [] => Ok(by_key(config, environment).into_iter().collect()),
        names => {
            let mut choices: Vec<Choice> = Vec::new();
            for name in names {
                let choice = named(name, config, environment)?;
                if !choices.iter().any(|known| known.model.name() == choice.model.name()) {
                    choices.push(choice);
                }
            }
            Ok(choices)
        }
    }
}

/// `provider/model`; or a bare model id that the catalog has.
pub fn named(name: &str, config: &Config, environment: &Environment) -> Result<Choice> {
    if let Some((provider, id)) = name.split_once('/') {
        let known = providers::names(config).iter().any(|known| known == provider);
        // `openai/gpt-oss-120b` could be an id of a gateway; the part before the first slash wins where it names a provider.
        if known || by_id(name, config, environment).is_none() {
            if id.is_empty() {
                return Err(Error::usage(format!("`{name}` names no model"))
                    .hint(format!("write it as {provider}/MODEL; `agent models {provider}` lists them")));
            }
            let provider = providers::find_for(provider, id, config, environment)?;
            return Ok(Choice { model: catalog::model(&provider, id, config), provider });
        }
    }
    by_id(name, config, environment).ok_or_else(|| unknown(name, config))
}

/// A bare id: at the first provider with a key that has it, else at the first that has it.
fn by_id(id: &str, config: &Config, environment: &Environment) -> Option<Choice> {
    let has = |name: &str| catalog::find(config, name, id).is_some();
    let with_key = PRESETS.iter().find(|preset| has(preset.name) && providers::has_key(preset, config, environment));
    let preset = with_key.or_else(|| PRESETS.iter().find(|preset| has(preset.name)))?;
    let provider = providers::find_for(preset.name, id, config, environment).ok()?;
    Some(Choice { model: catalog::model(&provider, id, config), provider })
}

fn by_key(config: &Config, environment: &Environment) -> Option<Choice> {
    let preset = PRESETS
        .iter()
        .find(|preset| !preset.default_model.is_empty() && providers::has_key(preset, config, environment))?;
    let provider = providers::find_for(preset.name, preset.default_model, config, environment).ok()?;
    Some(Choice { model: catalog::model(&provider, preset.default_model, config), provider })
}

fn unknown(name: &str, config: &Config) -> Error {
    if name == "auto" {
        return Error::usage("`auto` cannot be one of several models: it chooses among them itself")
            .hint("-m auto -c route.candidates=PROVIDER/MODEL,…");
    }
    let rows: Vec<(String, String)> =
        catalog::rows(config).into_iter().map(|(row, _)| (row.provider, row.id)).collect();
    // Who makes a model comes before who serves it too.
    let own = || rows.iter().filter(|(provider, _)| !matches!(provider.as_str(), "openrouter" | "azure" | "bedrock"));
    let near = keys::closest(name, own().map(|(provider, id)| format!("{provider}/{id}"))).or_else(|| {
        let wanted = keys::closest(name, rows.iter().map(|(_, id)| id.clone()))?;
        let (provider, id) = own().chain(&rows).find(|(_, id)| *id == wanted)?;
        Some(format!("{provider}/{id}"))
    });
    Error::usage(match near {
        Some(near) => format!("unknown model `{name}`, did you mean `{near}`?"),
        None => format!("unknown model `{name}`"),
    })
    .hint("`agent models --all` lists known models; any other works as PROVIDER/MODEL")
}
