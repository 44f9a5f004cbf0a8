//! Neutral calls to the body of a Responses request.
//!
//! Source: OpenAI API reference, "Create a model response". The fields are written in a fixed order with `input` last,
//! so that a longer conversation begins with the bytes of the shorter one and provider caches hit. Nothing here may
//! depend on anything but the call and the endpoint.

use super::seal;
use crate::base::call::{ToolCall, ToolInput, ToolResult, ToolSpec};
use crate::base::message::{ImageRef, Message, Part, Reasoning, Role};
use crate::base::model::{Effort, ModelCall};
use crate::base::{Error, Kind, Result};
use crate::provider::ids::Ids;
use crate::provider::{Endpoint, words};
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

/// The JSON of one request.
pub(super) fn body(endpoint: &Endpoint, call: &ModelCall<'_>) -> Result<Vec<u8>> {
    let effort = call.effort.and_then(|wanted| call.model.effort(wanted)).map(Effort::name);
    let has_tools = !call.tools.is_empty();
    let freeform = endpoint.official && call.model.abilities.freeform;
    let body = Body {
        model: &call.model.id,
        instructions: call.system,
        tools: call.tools.iter().map(|spec| tool(freeform, spec)).collect(),
        tool_choice: has_tools.then_some("auto"),
        // Models that never make several calls refuse to be asked for them.
        parallel_tool_calls: (has_tools && call.model.abilities.parallel).then_some(!endpoint.quirks.no_parallel_calls),
        store: false,
        stream: true,
        max_output_tokens: call.max_output,
        include: call.model.reasoning.then_some(["reasoning.encrypted_content"]),
        reasoning: call.model.reasoning.then_some(Thinking { effort, summary: "auto" }),
        prompt_cache_key: endpoint.official.then_some(call.cache_key),
        input: Input::of(endpoint, call)?,
    };
    serde_json::to_vec(&body).map_err(|cause| {
        Error::new(Kind::Provider, format!("cannot write the request to {}: {cause}", endpoint.provider))
    })
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    instructions: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parallel_tool_calls: Option<bool>,
    store: bool,
    stream: bool,
    max_output_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    include: Option<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Thinking>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<&'a str>,
    input: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Thinking {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    summary: &'static str,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Tool<'a> {
    Function { name: &'a str, description: &'a str, parameters: Cow<'a, Value>, strict: bool },
    Custom { name: &'a str, description: &'a str, format: Format<'a> },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Format<'a> {
    Grammar { syntax: &'a str, definition: &'a str },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Item<'a> {
    Message {
        role: &'static str,
        content: Content<'a>,
    },
    Reasoning {
        #[serde(skip_serializing_if = "str::is_empty")]
        id: &'a str,
        summary: Vec<Thought<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        content: Vec<Thought<'a>>,
        encrypted_content: &'a str,
    },
    FunctionCall {
        call_id: Cow<'a, str>,
        name: Cow<'a, str>,
        arguments: String,
    },
    CustomToolCall {
        call_id: Cow<'a, str>,
        name: Cow<'a, str>,
        input: &'a str,
    },
    FunctionCallOutput {
        call_id: Cow<'a, str>,
        output: Content<'a>,
    },
    CustomToolCallOutput {
        call_id: Cow<'a, str>,
        output: Content<'a>,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Thought<'a> {
    SummaryText { text: &'a str },
    ReasoningText { text: &'a str },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Plain(Cow<'a, str>),
    List(Vec<Piece<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Piece<'a> {
    InputText { text: &'a str },
    InputImage { image_url: String, detail: &'static str },
}

fn tool(freeform: bool, spec: &ToolSpec) -> Tool<'_> {
    let (name, description) = (spec.name, spec.description.as_str());
    match &spec.input {
        ToolInput::Json(schema) => {
            Tool::Function { name, description, parameters: Cow::Borrowed(schema), strict: false }
        }
        ToolInput::Freeform { syntax, grammar } if freeform => {
            Tool::Custom { name, description, format: Format::Grammar { syntax, definition: grammar } }
        }
        // Compatible servers and older models know functions only.
        ToolInput::Freeform { .. } => {
            Tool::Function { name, description, parameters: Cow::Owned(words::freeform_schema()), strict: false }
        }
    }
}

/// The input list while it grows.
struct Input<'c, 'a> {
    call: &'c ModelCall<'a>,
    /// Can calls with free text go out as such?
    freeform: bool,
    model: String,
    /// Of each call so far: did it go out as a custom tool call? Its result has to be of the same sort.
    custom: HashMap<&'a str, bool>,
    items: Vec<Item<'a>>,
    ids: Ids<'a>,
    images: bool,
}

impl<'a> Input<'_, 'a> {
    fn of(endpoint: &Endpoint, call: &ModelCall<'a>) -> Result<Vec<Item<'a>>> {
        let (custom, items) = (HashMap::new(), Vec::new());
        let images = call.model.images && !endpoint.quirks.no_images;
        let ids = Ids::of(endpoint.quirks.ids, call.messages);
        let (freeform, model) = (endpoint.official && call.model.abilities.freeform, call.model.name());
        let mut input = Input { call, freeform, model, custom, items, ids, images };
        for message in call.messages {
            match message.role {
                Role::User => input.user(message)?,
                Role::Assistant => input.assistant(message),
            }
        }
        Ok(input.items)
    }

    fn user(&mut self, message: &'a Message) -> Result<()> {
        let mut pieces = Vec::new();
        for part in &message.parts {
            match part {
                Part::Text { text } if text.is_empty() => {}
                Part::Text { text } => pieces.push(Piece::InputText { text }),
                Part::Image(image) => pieces.push(self.image(image)?),
                Part::Result(result) => self.result(result)?,
                // No user's message holds these.
                Part::Reasoning(_) | Part::Refusal { .. } | Part::Call(_) => {}
            }
        }
        if !pieces.is_empty() {
            self.items.push(Item::Message { role: "user", content: Content::List(pieces) });
        }
        Ok(())
    }

    fn assistant(&mut self, message: &'a Message) {
        for part in &message.parts {
            match part {
                Part::Text { text } | Part::Refusal { text } => self.words(text),
                Part::Reasoning(reasoning) => self.reasoning(reasoning),
                Part::Call(call) => self.call(call),
                // No assistant's message holds these.
                Part::Image(_) | Part::Result(_) => {}
            }
        }
        // The API rejects a reasoning item after which the model said and did nothing, as an answer that reached its
        // length limit while thinking has it. Kept, it would make every later request of the session fail.
        while matches!(self.items.last(), Some(Item::Reasoning { .. })) {
            self.items.pop();
        }
    }

    /// The short form of a message with plain text. The long form (`output_text` in a list, `refusal` too) belongs to
    /// output items, which require an `id` and a `status`; with `store: false` there is no item that an id could name.
    fn words(&mut self, text: &'a str) {
        if !text.is_empty() {
            self.items.push(Item::Message { role: "assistant", content: Content::Plain(text.into()) });
        }
    }

    fn reasoning(&mut self, reasoning: &'a Reasoning) {
        let Some(thoughts) = seal::open(reasoning, &self.model) else { return };
        self.items.push(Item::Reasoning {
            id: thoughts.id,
            summary: thoughts.summary.into_iter().map(|text| Thought::SummaryText { text }).collect(),
            content: thoughts.content.into_iter().map(|text| Thought::ReasoningText { text }).collect(),
            encrypted_content: thoughts.encrypted_content,
        });
    }

    fn call(&mut self, call: &'a ToolCall) {
        let custom = call.freeform && self.freeform;
        self.custom.insert(&call.id, custom);
        let (call_id, name) = (self.ids.get(&call.id), words::tool_name(&call.name));
        self.items.push(if custom {
            Item::CustomToolCall { call_id, name, input: &call.arguments }
        } else {
            Item::FunctionCall { call_id, name, arguments: call.object_text() }
        });
    }

    fn result(&mut self, result: &'a ToolResult) -> Result<()> {
        let (call_id, output) = (self.ids.get(&result.call), self.output(result)?);
        let custom = self.custom.get(result.call.as_str()).copied().unwrap_or(false);
        self.items.push(if custom {
            Item::CustomToolCallOutput { call_id, output }
        } else {
            Item::FunctionCallOutput { call_id, output }
        });
        Ok(())
    }

    /// A list only where there are images to send: some compatible servers take nothing but a string.
    fn output(&self, result: &'a ToolResult) -> Result<Content<'a>> {
        let text = Some(result.output.as_str()).filter(|text| !text.is_empty());
        if result.images.is_empty() {
            return Ok(Content::Plain(text.unwrap_or(words::NO_OUTPUT).into()));
        }
        if !self.images {
            let lines: Vec<&str> = text.into_iter().chain(result.images.iter().map(|_| words::NO_IMAGES)).collect();
            return Ok(Content::Plain(lines.join("\n").into()));
        }
        let text = text.map(|text| Ok(Piece::InputText { text }));
        let images = result.images.iter().map(|image| self.image(image));
        Ok(Content::List(text.into_iter().chain(images).collect::<Result<_>>()?))
    }

    fn image(&self, image: &ImageRef) -> Result<Piece<'a>> {
        if !self.images {
            return Ok(Piece::InputText { text: words::NO_IMAGES });
        }
        let Some(base64) = self.call.images.get(&image.blob) else {
            let blob = &image.blob;
            return Err(Error::new(Kind::Io, format!("cannot send image `{blob}`: its bytes were not read")));
        };
        Ok(Piece::InputImage { image_url: format!("data:{};base64,{base64}", image.media_type), detail: "auto" })
    }
}
