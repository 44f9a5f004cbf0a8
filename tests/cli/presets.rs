//! Presets as their user meets them: keys under other names, keys that may be missing, addresses from variables, what is
//! known of models by their names.

use agent::base::model::CacheKind;
use agent::config::paths::Environment;
use agent::config::presets::PRESETS;
use agent::config::{Config, catalog, providers};
use std::ffi::OsString;

fn environment(pairs: &[(&str, &str)]) -> Environment {
    let pairs: Vec<(String, OsString)> = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Environment::from_made(&pairs)
}

fn find(name: &str, pairs: &[(&str, &str)]) -> providers::Provider {
    providers::find(name, &Config::default(), &environment(pairs)).unwrap()
}

#[test]
fn every_preset_is_whole_and_documented() {
    let documentation = include_str!("../../docs/providers.md");
    for preset in PRESETS {
        let name = preset.name;
        assert!(preset.base_url.starts_with("http"), "{name}");
        assert!(!preset.base_url.ends_with('/'), "{name}");
        assert!(documentation.contains(&format!("| `{name}` |")), "`{name}` is missing in docs/providers.md");
        for variable in preset.key_variables() {
            assert!(documentation.contains(&format!("`{variable}`")), "`{variable}` is missing in docs/providers.md");
        }
        if !preset.default_model.is_empty() {
            let known = catalog::find(&Config::default(), name, preset.default_model);
            assert!(known.is_some(), "the default model of `{name}` is not in the catalog");
        }
    }
}

#[test]
fn a_key_is_found_under_each_of_its_names_the_usual_one_first() {
    let key = |name: &str, pairs: &[(&str, &str)]| find(name, pairs).key_env;
    assert_eq!(key("zai", &[]).as_deref(), Some("ZAI_API_KEY"));
    assert_eq!(key("zai", &[("ZHIPU_API_KEY", "k")]).as_deref(), Some("ZHIPU_API_KEY"));
    assert_eq!(key("zai", &[("ZHIPU_API_KEY", "k"), ("ZAI_API_KEY", "k")]).as_deref(), Some("ZAI_API_KEY"));
    assert_eq!(key("moonshotai", &[("KIMI_API_KEY", "k")]).as_deref(), Some("KIMI_API_KEY"));
    assert_eq!(key("litellm", &[]), None);
    assert_eq!(key("litellm", &[("LITELLM_API_KEY", "k")]).as_deref(), Some("LITELLM_API_KEY"));
    assert_eq!(key("vllm", &[]), None);
}

#[test]
fn local_is_what_is_here_and_costs_nothing() {
    assert!(find("ollama", &[]).local);
    assert!(find("vllm", &[("VLLM_API_KEY", "k")]).local, "a key of its own makes it no less free");
    assert!(!find("litellm", &[]).local, "what is behind a proxy is paid for");
    assert!(!find("ollama", &[("OLLAMA_HOST", "https://ollama.example")]).local);
}

#[test]
fn ollama_is_where_its_variable_says() {
    let url = |value: &str| find("ollama", &[("OLLAMA_HOST", value)]).base_url;
    assert_eq!(url("127.0.0.1:4242"), "http://127.0.0.1:4242/v1");
    assert_eq!(url("0.0.0.0"), "http://127.0.0.1:11434/v1");
    assert_eq!(url("http://box:11434/"), "http://box:11434/v1");
    assert_eq!(url("https://box.example/ollama/v1"), "https://box.example/ollama/v1");
}

#[test]
fn abilities_follow_provider_and_name() {
    let model = |name: &str| {
        let (provider, id) = name.split_once('/').unwrap();
        catalog::model(&find(provider, &[]), id, &Config::default())
    };
    let cache = |name: &str| model(name).abilities.cache;
    assert_eq!(cache("anthropic/claude-haiku-4-5").least_tokens, 4096);
    assert_eq!(cache("anthropic/claude-sonnet-4-6").least_tokens, 2048);
    assert_eq!(cache("anthropic/claude-sonnet-4-5").least_tokens, 1024);
    assert_eq!(
        (cache("anthropic/claude-sonnet-5").kind, cache("anthropic/claude-sonnet-5").ttl_seconds),
        (CacheKind::Explicit, 300)
    );
    assert_eq!(cache("openai/gpt-6-sol").kind, CacheKind::Automatic);
    assert_eq!(cache("openrouter/anthropic/claude-sonnet-5").kind, CacheKind::Explicit);
    assert_eq!(cache("openrouter/openai/gpt-6-sol").kind, CacheKind::None);
    assert_eq!(cache("litellm/claude-sonnet-5").kind, CacheKind::None);
    assert_eq!(cache("ollama/qwen3").kind, CacheKind::Automatic);
    for (name, freeform, parallel) in [
        ("openai/gpt-6-sol", true, true),
        ("openai/gpt-4.1", false, true),
        ("openai/o3", false, false),
        ("groq/openai/gpt-oss-120b", false, true),
        ("anthropic/claude-sonnet-5", false, true),
    ] {
        let abilities = model(name).abilities;
        assert_eq!((abilities.freeform, abilities.parallel), (freeform, parallel), "{name}");
        assert!(abilities.tools, "{name}");
    }
    assert!(!model("openai/text-embedding-3-large").abilities.tools);
}
