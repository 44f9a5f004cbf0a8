//! What a script is written in: a model's answer in neutral form, and the ways a server may deliver or fail to
//! deliver it.

use serde_json::Value;

/// The streaming HTTP interface a server speaks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Wire {
    /// OpenAI `POST /v1/responses`.
    Responses,
    /// OpenAI-compatible `POST /v1/chat/completions`, as local servers speak it too.
    Chat,
    /// Anthropic `POST /v1/messages`.
    Messages,
    /// Google `POST /v1beta/models/MODEL:streamGenerateContent?alt=sse`.
    Gemini,
    /// Amazon Bedrock `POST /model/MODEL/converse-stream`.
    Converse,
}

/// One model answer in neutral form; the server renders it in its wire's streaming events.
#[derive(Clone, Default, Debug)]
pub struct Reply {
    pub say: Vec<Say>,
    pub usage: TokenUse,
    /// Replaces the natural stop reason, in the wire's own word. On Responses `max_output_tokens` and
    /// `content_filter` end the answer as incomplete.
    pub stop: Option<&'static str>,
}

/// One thing the model says.
#[derive(Clone, Debug)]
pub enum Say {
    /// Reasoning. On Responses a blank line starts a new part of the summary, as it does in real ones.
    Think(String),
    Text(String),
    Call {
        name: String,
        input: Value,
    },
    /// A call whose arguments are these very characters, which need not be JSON.
    RawCall {
        name: String,
        arguments: String,
    },
    /// A free-form tool call; on wires without those, a function call with `{"input": …}`.
    Custom {
        name: String,
        input: String,
    },
    /// A refusal. Messages has no words for one in its content: there it is the stop reason and its explanation.
    Refuse(String),
}

/// Token counts in the neutral sense: `input` is the whole prompt and contains `cached` and `cache_written`; `output`
/// contains `reasoning`. The Messages and Converse wires report the uncached rest of the input, and are rendered so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TokenUse {
    pub input: u64,
    pub cached: u64,
    pub cache_written: u64,
    pub output: u64,
    pub reasoning: u64,
}

impl Default for TokenUse {
    fn default() -> Self {
        TokenUse { input: 100, cached: 0, cache_written: 0, output: 20, reasoning: 0 }
    }
}

impl TokenUse {
    /// The part of the prompt that was neither read from a cache nor written to one.
    pub fn uncached(&self) -> u64 {
        self.input.saturating_sub(self.cached + self.cache_written)
    }
}

impl Reply {
    pub fn text(text: impl Into<String>) -> Reply {
        Reply::default().and_text(text)
    }

    pub fn call(name: impl Into<String>, input: Value) -> Reply {
        Reply::default().and_call(name, input)
    }

    pub fn calls<Name: Into<String>>(calls: Vec<(Name, Value)>) -> Reply {
        calls.into_iter().fold(Reply::default(), |reply, (name, input)| reply.and_call(name, input))
    }

    /// Adds reasoning after what has been said so far: call it first for the usual order.
    pub fn think(self, text: impl Into<String>) -> Reply {
        self.and(Say::Think(text.into()))
    }

    pub fn and_text(self, text: impl Into<String>) -> Reply {
        self.and(Say::Text(text.into()))
    }

    pub fn and_call(self, name: impl Into<String>, input: Value) -> Reply {
        self.and(Say::Call { name: name.into(), input })
    }

    pub fn and(mut self, say: Say) -> Reply {
        self.say.push(say);
        self
    }

    pub fn usage(mut self, usage: TokenUse) -> Reply {
        self.usage = usage;
        self
    }

    pub fn stop(mut self, reason: &'static str) -> Reply {
        self.stop = Some(reason);
        self
    }
}

/// How the server treats one accepted model request.
#[derive(Clone, Debug)]
pub enum Step {
    Reply(Reply),
    Status {
        code: u16,
        headers: Vec<(String, String)>,
        body: String,
    },
    /// Sends the first `at` bytes of the rendered stream, then closes the socket without the terminal chunk, or, with
    /// `hang`, goes silent on an open one.
    Cut {
        reply: Reply,
        at: usize,
        hang: bool,
    },
    /// Status 200 and the reply up to its last delta, then the wire's error event. On Responses a kind of the form
    /// `failed:CODE` gives a `response.failed`, any other an `error` event with that code.
    ErrorInStream {
        reply_prefix: Reply,
        kind: String,
        message: String,
    },
    /// Headers of a stream and never a byte more, until the client closes or the server is dropped.
    Hang,
    /// The full reply with its terminal event on a socket that stays open without the final chunk.
    Open(Reply),
    Trickle {
        reply: Reply,
        bytes: usize,
        every_ms: u64,
    },
    /// Status 200 with this very body.
    Raw {
        content_type: String,
        body: String,
    },
}

impl From<Reply> for Step {
    fn from(reply: Reply) -> Step {
        Step::Reply(reply)
    }
}
