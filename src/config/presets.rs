//! The table of providers that are known by name: a provider is a row. Order matters: it is the order in which a key is
//! looked for when no model is named.
//!
//! Each row was read from the vendor's own reference (November 2026) and, for what references leave out, from reports of
//! people whose requests were refused.

use crate::base::model::Wire;
use crate::base::quirks::{CallIds, EffortField, LimitField, Quirks};

/// How requests are proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// With the key, or not at all where there is none.
    Key,
    /// With Google's Application Default Credentials.
    Google,
    /// With the key, or with a signature by AWS credentials (`auth::aws`).
    Aws,
}

/// Where some of a provider's models are.
pub struct Served {
    /// What their ids begin with, and what they hold after that.
    pub begins: &'static str,
    pub holds: &'static str,
    pub wire: Wire,
    pub base_url: &'static str,
}

/// One known provider.
pub struct Preset {
    pub name: &'static str,
    pub wire: Wire,
    /// May hold `{NAME}`, filled as `holes` say.
    pub base_url: &'static str,
    /// The names in `base_url`, each with the variables it is looked for in, after `providers.PROVIDER.NAME` of the
    /// configuration. A word behind `=` at the end of them holds when nothing is set.
    pub holes: &'static [(&'static str, &'static [&'static str])],
    pub credentials: Credentials,
    /// The header that carries its key; empty: the one of the wire.
    pub key_header: &'static str,
    /// Models that are served elsewhere than at `base_url`, or over another wire; the first that fits decides.
    pub served: &'static [Served],
    /// The provider under whose name the catalog has its models; empty: its own.
    pub catalog: &'static str,
    /// Where the ecosystem keeps its key; empty for local servers.
    pub key_env: &'static str,
    /// Other variables that are in use for the same key; looked at after `key_env`.
    pub key_also: &'static [&'static str],
    /// Does it answer without a key too? Then one is only sent when it is there.
    pub key_optional: bool,
    /// The variable that moves it elsewhere, where the ecosystem has one.
    pub base_env: &'static str,
    /// The model used when only its key is found; empty: the user has to say.
    pub default_model: &'static str,
    pub quirks: Quirks,
    /// What is worth knowing of it before it is used; may be empty.
    pub note: &'static str,
}

/// What a row does not say.
pub const PLAIN: Preset = Preset {
    name: "",
    wire: Wire::Chat,
    base_url: "",
    holes: &[],
    credentials: Credentials::Key,
    key_header: "",
    served: &[],
    catalog: "",
    key_env: "",
    key_also: &[],
    key_optional: false,
    base_env: "",
    default_model: "",
    quirks: Quirks::NONE,
    note: "",
};

const REGION: &[(&str, &[&str])] = &[("region", &["AWS_REGION", "AWS_DEFAULT_REGION"])];

const fn served(begins: &'static str, holds: &'static str, wire: Wire, base_url: &'static str) -> Served {
    Served { begins, holds, wire, base_url }
}

/// Bedrock's OpenAI-compatible addresses. Ids with a version or a region are those of `bedrock-runtime`; the others are
/// `bedrock-mantle`'s, which has two paths and refuses a model on the wrong one. Source: Bedrock User Guide, "Responses API" and
/// "API compatibility", as of November 2026.
const BEDROCK_OPENAI: &[Served] = &[
    served("openai.gpt-oss", "-1:0", Wire::Chat, RUNTIME),
    served("openai.gpt-oss", "", Wire::Chat, "https://bedrock-mantle.{region}.api.aws/v1"),
    served("openai.gpt-", "", Wire::Responses, "https://bedrock-mantle.{region}.api.aws/openai/v1"),
    served("xai.", "", Wire::Chat, "https://bedrock-mantle.{region}.api.aws/openai/v1"),
    served("", ".openai.gpt-oss", Wire::Chat, RUNTIME),
    served("", ".openai.", Wire::Responses, RUNTIME),
    served("", ".xai.", Wire::Chat, RUNTIME),
];

const RUNTIME: &str = "https://bedrock-runtime.{region}.amazonaws.com/openai/v1";

const fn hosted(
    name: &'static str,
    base_url: &'static str,
    key_env: &'static str,
    default_model: &'static str,
) -> Preset {
    Preset { name, base_url, key_env, default_model, ..PLAIN }
}

/// `key_env` is for a server that was told to ask for one.
const fn local(name: &'static str, base_url: &'static str, key_env: &'static str) -> Preset {
    Preset { name, base_url, key_env, key_optional: true, ..PLAIN }
}

/// Limits answers by `max_completion_tokens`: `max_tokens` is deprecated there.
const NEW_LIMIT: Quirks = Quirks { limit: LimitField::MaxCompletionTokens, ..Quirks::NONE };

pub const PRESETS: &[Preset] = &[
    Preset {
        name: "anthropic",
        wire: Wire::Messages,
        base_url: "https://api.anthropic.com",
        key_env: "ANTHROPIC_API_KEY",
        base_env: "ANTHROPIC_BASE_URL",
        default_model: "claude-sonnet-5",
        ..PLAIN
    },
    Preset {
        name: "openai",
        wire: Wire::Responses,
        base_url: "https://api.openai.com/v1",
        key_env: "OPENAI_API_KEY",
        base_env: "OPENAI_BASE_URL",
        default_model: "gpt-6-sol",
        ..PLAIN
    },
    Preset {
        name: "google",
        wire: Wire::Gemini,
        base_url: "https://generativelanguage.googleapis.com/v1beta",
        key_env: "GEMINI_API_KEY",
        key_also: &["GOOGLE_API_KEY"],
        base_env: "GOOGLE_GEMINI_BASE_URL",
        default_model: "gemini-3.8-flash",
        ..PLAIN
    },
    Preset {
        name: "vertex",
        wire: Wire::Gemini,
        base_url: "https://{location}-aiplatform.googleapis.com/v1/projects/{project}/locations/{location}/publishers/google",
        holes: &[
            ("project", &["GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT"]),
            ("location", &["GOOGLE_CLOUD_LOCATION", "=global"]),
        ],
        credentials: Credentials::Google,
        ..PLAIN
    },
    Preset {
        name: "bedrock",
        wire: Wire::Converse,
        base_url: "https://bedrock-runtime.{region}.amazonaws.com",
        key_env: "AWS_BEARER_TOKEN_BEDROCK",
        base_env: "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
        holes: REGION,
        credentials: Credentials::Aws,
        ..PLAIN
    },
    Preset {
        name: "bedrock-openai",
        base_url: "https://bedrock-mantle.{region}.api.aws/v1",
        key_env: "AWS_BEARER_TOKEN_BEDROCK",
        holes: REGION,
        served: BEDROCK_OPENAI,
        catalog: "bedrock",
        credentials: Credentials::Aws,
        ..PLAIN
    },
    Preset {
        name: "azure",
        wire: Wire::Responses,
        base_url: "https://{resource}.openai.azure.com/openai/v1",
        key_env: "AZURE_OPENAI_API_KEY",
        base_env: "AZURE_OPENAI_ENDPOINT",
        key_header: "api-key",
        holes: &[("resource", &["AZURE_OPENAI_RESOURCE"])],
        ..PLAIN
    },
    // One object for all vendors' ways of thinking, with the whole scale; see its "Reasoning Tokens" and "Prompt Caching".
    Preset {
        quirks: Quirks { effort: EffortField::Reasoning, passes_cache_control: true, ..Quirks::NONE },
        ..hosted("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", "anthropic/claude-sonnet-5")
    },
    // `reasoning_effort` has low, high and max; off is `thinking` ("Thinking Mode").
    Preset {
        quirks: Quirks { effort: EffortField::Thinking, ..Quirks::NONE },
        ..hosted("deepseek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY", "deepseek-v4-pro")
    },
    // Refuses every field that it does not know, `stream_options.include_usage` and `max_completion_tokens` among them, and
    // ids of calls that are not its own kind ("must be a-z, A-Z, 0-9, with a length of 9").
    Preset {
        quirks: Quirks { ids: CallIds::Nine, limit: LimitField::MaxTokens, no_stream_options: true, ..Quirks::NONE },
        ..hosted("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", "mistral-medium-latest")
    },
    Preset { quirks: NEW_LIMIT, ..hosted("xai", "https://api.x.ai/v1", "XAI_API_KEY", "grok-4.7") },
    // Kimi K3 has `reasoning_effort`; K2.5 and K2.6 are switched off by `thinking`.
    Preset {
        key_also: &["KIMI_API_KEY"],
        quirks: Quirks { effort: EffortField::Thinking, ..NEW_LIMIT },
        ..hosted("moonshotai", "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY", "kimi-k3")
    },
    Preset {
        key_also: &["Z_AI_API_KEY", "ZHIPU_API_KEY"],
        quirks: Quirks { effort: EffortField::Thinking, limit: LimitField::MaxTokens, ..Quirks::NONE },
        note: "a coding plan has its own address: base_url = \"https://api.z.ai/api/coding/paas/v4\"",
        ..hosted("zai", "https://api.z.ai/api/paas/v4", "ZAI_API_KEY", "glm-5.3")
    },
    // Without `reasoning_split` its thoughts come inside the answer.
    Preset {
        quirks: Quirks { effort: EffortField::Thinking, split_reasoning: true, ..NEW_LIMIT },
        ..hosted("minimax", "https://api.minimax.io/v1", "MINIMAX_API_KEY", "MiniMax-M3")
    },
    Preset {
        quirks: NEW_LIMIT,
        ..hosted("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY", "openai/gpt-oss-120b")
    },
    Preset {
        quirks: NEW_LIMIT,
        ..hosted("cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY", "gpt-oss-120b")
    },
    Preset {
        key_also: &["TOGETHERAI_API_KEY"],
        quirks: Quirks { effort: EffortField::Enabled, ..Quirks::NONE },
        ..hosted("togetherai", "https://api.together.ai/v1", "TOGETHER_API_KEY", "")
    },
    Preset {
        key_also: &["FIREWORKS_AI_API_KEY"],
        ..hosted("fireworks-ai", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY", "")
    },
    // Its reference shows text completions by engine and no chat; whether an account has it, a probe tells.
    Preset {
        quirks: Quirks { effort: EffortField::Absent, ..Quirks::NONE },
        note: "its reference shows text completions only: `agent models probe gooseai/MODEL` says whether it has chat and tools",
        ..hosted("gooseai", "https://api.goose.ai/v1", "GOOSEAI_API_KEY", "")
    },
    // A proxy in front of other vendors: it is on this machine, and not free.
    Preset {
        key_also: &["LITELLM_PROXY_API_KEY", "LITELLM_MASTER_KEY"],
        key_optional: true,
        base_env: "LITELLM_PROXY_API_BASE",
        note: "its prices are those of what is behind it: set them with models.\"litellm/MODEL\"",
        ..hosted("litellm", "http://localhost:4000/v1", "LITELLM_API_KEY", "")
    },
    Preset {
        base_env: "OLLAMA_HOST",
        note: "its window is the server's, not the model's: OLLAMA_CONTEXT_LENGTH=65536 ollama serve",
        ..local("ollama", "http://localhost:11434/v1", "")
    },
    local("lmstudio", "http://localhost:1234/v1", "LM_API_TOKEN"),
    Preset {
        quirks: Quirks { effort: EffortField::Template, ..Quirks::NONE },
        ..local("llamacpp", "http://localhost:8080/v1", "LLAMA_API_KEY")
    },
    Preset {
        quirks: Quirks { effort: EffortField::Template, ..Quirks::NONE },
        ..local("vllm", "http://localhost:8000/v1", "VLLM_API_KEY")
    },
];

/// The local servers that are looked for.
pub const LOCAL: &[&str] = &["ollama", "lmstudio", "llamacpp", "vllm"];

impl Preset {
    /// All variables that may hold its key, the usual one first.
    pub fn key_variables(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.key_env).chain(self.key_also.iter().copied()).filter(|name| !name.is_empty())
    }
}
