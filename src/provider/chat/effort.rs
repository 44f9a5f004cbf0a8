//! How hard to think, in the words of each server.
//!
//! | | asked for | none |
//! |---|---|---|
//! | plain (OpenAI, Mistral, Groq, Cerebras, xAI, Fireworks, Ollama, LM Studio) | `reasoning_effort` | the same |
//! | reasoning (OpenRouter) | `reasoning.effort` | the same |
//! | thinking (DeepSeek, Moonshot, Z.ai, MiniMax) | `reasoning_effort` | `thinking.type = disabled` |
//! | enabled (Together) | `reasoning_effort` | `reasoning.enabled = false` |
//! | template (llama.cpp, vLLM) | `chat_template_kwargs.reasoning_effort` | `chat_template_kwargs.enable_thinking = false` |

use crate::base::model::Effort;
use crate::base::quirks::EffortField;
use serde::Serialize;
use serde_json::{Value, json};

/// The fields of a body that say it; all absent where nothing is asked for.
#[derive(Default, Serialize)]
pub struct EffortFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_template_kwargs: Option<Value>,
}

/// `effort` is one that the model has.
pub fn fields(field: EffortField, effort: Option<Effort>) -> EffortFields {
    let Some(effort) = effort else { return EffortFields::default() };
    let (name, off) = (effort.name(), effort == Effort::None);
    let plain = EffortFields { reasoning_effort: Some(name), ..EffortFields::default() };
    match field {
        EffortField::Plain => plain,
        EffortField::Reasoning => {
            EffortFields { reasoning: Some(json!({ "effort": name })), ..EffortFields::default() }
        }
        EffortField::Thinking if off => {
            EffortFields { thinking: Some(json!({ "type": "disabled" })), ..EffortFields::default() }
        }
        EffortField::Enabled if off => {
            EffortFields { reasoning: Some(json!({ "enabled": false })), ..EffortFields::default() }
        }
        EffortField::Thinking | EffortField::Enabled => plain,
        EffortField::Template => {
            let arguments = if off {
                json!({ "enable_thinking": false })
            } else {
                json!({ "enable_thinking": true, "reasoning_effort": name })
            };
            EffortFields { chat_template_kwargs: Some(arguments), ..EffortFields::default() }
        }
        EffortField::Absent => EffortFields::default(),
    }
}
