//! What an endpoint does differently from its wire's reference, as plain data: known of its preset, or found by a probe.
//!
//! The default of every field is the reference's own behaviour, so a quirk is only what is set.

use serde::{Deserialize, Serialize};

/// Where an endpoint departs from the reference of its wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quirks {
    pub limit: LimitField,
    pub ids: CallIds,
    pub effort: EffortField,
    /// Answers only as a whole.
    pub no_stream: bool,
    /// Streams, but not while there are tools.
    pub no_streamed_tools: bool,
    /// Refuses `stream_options`; usage comes without being asked for, or not at all.
    pub no_stream_options: bool,
    /// Takes no tools at all.
    pub no_tools: bool,
    /// Makes one call at a time, or takes no history with more of them in one message.
    pub no_parallel_calls: bool,
    /// Refuses `tool_choice`.
    pub no_tool_choice: bool,
    /// Has no role for instructions: they go in front of the user's first words.
    pub no_system: bool,
    pub no_images: bool,
    /// Refuses a message that holds the reasoning it sent.
    pub no_reasoning_back: bool,
    /// Sends reasoning beside the answer only when `reasoning_split` asks for it.
    pub split_reasoning: bool,
    /// Passes `cache_control` at the top of a request on to Claude, which remembers nothing without it.
    pub passes_cache_control: bool,
}

/// The field of Chat Completions that limits the length of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitField {
    /// `max_completion_tokens` for the vendor's own server, `max_tokens` for all others.
    #[default]
    Usual,
    MaxTokens,
    MaxCompletionTokens,
    /// Neither is taken.
    Absent,
}

/// What the id of a call may look like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallIds {
    /// At most 64 of `[a-zA-Z0-9_-]`, as OpenAI takes it.
    #[default]
    Plain,
    /// Exactly nine letters or digits: Mistral.
    Nine,
}

/// How Chat Completions is told how hard to think.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffortField {
    /// `reasoning_effort`.
    #[default]
    Plain,
    /// `reasoning: {"effort": …}`.
    Reasoning,
    /// `reasoning_effort`; `thinking: {"type": "disabled"}` for none.
    Thinking,
    /// `reasoning_effort`; `reasoning: {"enabled": false}` for none.
    Enabled,
    /// `chat_template_kwargs` with `reasoning_effort`; with `enable_thinking: false` for none.
    Template,
    /// There is none.
    Absent,
}

type Said = (fn(&Quirks) -> bool, &'static str);

/// Every quirk in words for people, in the order in which they are told.
const SAID: &[Said] = &[
    (|quirks| quirks.no_stream, "answers come whole"),
    (|quirks| quirks.no_streamed_tools && !quirks.no_stream, "answers with tools come whole"),
    (|quirks| quirks.no_tools, "no tools"),
    (|quirks| quirks.no_parallel_calls, "no parallel tool calls"),
    (|quirks| quirks.no_tool_choice, "no `tool_choice`"),
    (|quirks| quirks.no_stream_options, "no `stream_options`"),
    (|quirks| quirks.no_system, "no system role"),
    (|quirks| quirks.no_images, "no images"),
    (|quirks| quirks.no_reasoning_back, "no reasoning in the history"),
    (|quirks| quirks.split_reasoning, "reasoning beside the answer only when asked for"),
    (|quirks| quirks.limit == LimitField::MaxTokens, "`max_tokens` limits answers"),
    (|quirks| quirks.limit == LimitField::MaxCompletionTokens, "`max_completion_tokens` limits answers"),
    (|quirks| quirks.limit == LimitField::Absent, "no limit of the answer's length"),
    (|quirks| quirks.ids == CallIds::Nine, "call ids of nine letters or digits"),
    (|quirks| quirks.effort == EffortField::Absent, "no effort"),
];

impl Quirks {
    pub const NONE: Quirks = Quirks {
        limit: LimitField::Usual,
        ids: CallIds::Plain,
        effort: EffortField::Plain,
        no_stream: false,
        no_streamed_tools: false,
        no_stream_options: false,
        no_tools: false,
        no_parallel_calls: false,
        no_tool_choice: false,
        no_system: false,
        no_images: false,
        no_reasoning_back: false,
        split_reasoning: false,
        passes_cache_control: false,
    };

    /// These, and on top of them what was `found`.
    pub fn with(self, found: Quirks) -> Quirks {
        let other = |usual: bool, ours: Quirks| if usual { ours } else { found };
        Quirks {
            limit: other(found.limit == LimitField::Usual, self).limit,
            ids: other(found.ids == CallIds::Plain, self).ids,
            effort: other(found.effort == EffortField::Plain, self).effort,
            no_stream: self.no_stream || found.no_stream,
            no_streamed_tools: self.no_streamed_tools || found.no_streamed_tools,
            no_stream_options: self.no_stream_options || found.no_stream_options,
            no_tools: self.no_tools || found.no_tools,
            no_parallel_calls: self.no_parallel_calls || found.no_parallel_calls,
            no_tool_choice: self.no_tool_choice || found.no_tool_choice,
            no_system: self.no_system || found.no_system,
            no_images: self.no_images || found.no_images,
            no_reasoning_back: self.no_reasoning_back || found.no_reasoning_back,
            split_reasoning: self.split_reasoning || found.split_reasoning,
            passes_cache_control: self.passes_cache_control || found.passes_cache_control,
        }
    }

    /// What is in these and was not `known`.
    pub fn beyond(self, known: Quirks) -> Quirks {
        Quirks {
            limit: if self.limit == known.limit { LimitField::Usual } else { self.limit },
            ids: if self.ids == known.ids { CallIds::Plain } else { self.ids },
            effort: if self.effort == known.effort { EffortField::Plain } else { self.effort },
            no_stream: self.no_stream && !known.no_stream,
            no_streamed_tools: self.no_streamed_tools && !known.no_streamed_tools,
            no_stream_options: self.no_stream_options && !known.no_stream_options,
            no_tools: self.no_tools && !known.no_tools,
            no_parallel_calls: self.no_parallel_calls && !known.no_parallel_calls,
            no_tool_choice: self.no_tool_choice && !known.no_tool_choice,
            no_system: self.no_system && !known.no_system,
            no_images: self.no_images && !known.no_images,
            no_reasoning_back: self.no_reasoning_back && !known.no_reasoning_back,
            split_reasoning: self.split_reasoning && !known.split_reasoning,
            passes_cache_control: self.passes_cache_control && !known.passes_cache_control,
        }
    }

    /// In words; empty where there are none worth telling.
    pub fn said(&self) -> Vec<&'static str> {
        SAID.iter().filter(|(is_set, _)| is_set(self)).map(|(_, words)| *words).collect()
    }
}
