//! Neutral calls to the JSON body of a `generateContent` request.
//!
//! The same call gives the same bytes, and nothing here may depend on how many messages follow: `contents` comes last and only
//! grows, so that the vendor's own caching of prefixes hits.

use super::schema;
use super::signature::{self, Of};
use super::thinking::{self, ThinkingConfig};
use crate::base::call::{ToolCall, ToolInput, ToolResult, ToolSpec};
use crate::base::message::{ImageRef, Message, Part, Reasoning, Role};
use crate::base::model::{ModelCall, Wire};
use crate::base::{Error, Kind, Result};
use crate::provider::words;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;

/// The images that the API documents, of those that we read.
const IMAGES: [&str; 3] = ["image/png", "image/jpeg", "image/webp"];

/// In the place of an image of another kind.
const NO_GIF: &str = "[image left out: this model takes png, jpeg and webp]";

/// `GenerateContentRequest`, in the order in which it is sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Instruction<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<[Tools<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_config: Option<ToolConfig>,
    generation_config: GenerationConfig,
    contents: Vec<Content<'a>>,
}

#[derive(Serialize)]
struct Instruction<'a> {
    parts: [Piece<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tools<'a> {
    function_declarations: Vec<Declaration<'a>>,
}

/// `FunctionDeclaration`. `parametersJsonSchema` takes JSON Schema as our tools have it; `parameters`, which excludes it, takes only
/// a subset of OpenAPI's and refuses keywords such as `additionalProperties`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Declaration<'a> {
    name: &'a str,
    description: &'a str,
    parameters_json_schema: Cow<'a, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolConfig {
    function_calling_config: CallingConfig,
}

#[derive(Serialize)]
struct CallingConfig {
    mode: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GenerationConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<ThinkingConfig>,
}

#[derive(Serialize)]
struct Content<'a> {
    role: &'static str,
    parts: Vec<Piece<'a>>,
}

/// `Part`, as far as we send it.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Piece<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    thought: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    inline_data: Option<Blob<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_call: Option<Call<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_response: Option<Response<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thought_signature: Option<&'a str>,
    /// Of a result: the number of its call. Results come before all else, in the order of their calls.
    #[serde(skip)]
    order: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Blob<'a> {
    mime_type: &'a str,
    data: &'a str,
}

#[derive(Serialize)]
struct Call<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    name: Cow<'a, str>,
    args: Box<RawValue>,
}

#[derive(Serialize)]
struct Response<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    name: Cow<'a, str>,
    response: Output<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<ResponsePart<'a>>,
}

/// The keys by which the API knows a result from an error.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Output<'a> {
    Output(Cow<'a, str>),
    Error(Cow<'a, str>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponsePart<'a> {
    inline_data: Blob<'a>,
}

impl<'a> Piece<'a> {
    fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }
}

/// The body of a request. `takes_ids`: does the server know ids of calls?
pub fn body(call: &ModelCall<'_>, takes_ids: bool) -> Result<Vec<u8>> {
    let body = Body {
        system_instruction: (!call.system.trim().is_empty()).then(|| Instruction { parts: [Piece::text(call.system)] }),
        tools: (!call.tools.is_empty())
            .then(|| [Tools { function_declarations: call.tools.iter().map(declaration).collect() }]),
        tool_config: (!call.tools.is_empty())
            .then_some(ToolConfig { function_calling_config: CallingConfig { mode: "AUTO" } }),
        generation_config: GenerationConfig {
            max_output_tokens: Some(call.max_output).filter(|limit| *limit > 0),
            thinking_config: thinking::config(call),
        },
        contents: Writer::new(call, takes_ids).contents()?,
    };
    serde_json::to_vec(&body).map_err(|cause| Error::new(Kind::Provider, format!("cannot write the request: {cause}")))
}

fn declaration(spec: &ToolSpec) -> Declaration<'_> {
    let parameters_json_schema = match &spec.input {
        ToolInput::Json(schema) => schema::typed(schema),
        ToolInput::Freeform { .. } => Cow::Owned(words::freeform_schema()),
    };
    Declaration { name: spec.name, description: &spec.description, parameters_json_schema }
}

/// Writes the messages one after the other.
struct Writer<'a, 'b> {
    call: &'b ModelCall<'a>,
    takes_ids: bool,
    /// `provider/id`: whose seals go back.
    model: String,
    /// From 3 on: the first call of each answer has a signature or is refused, and results may hold images.
    third: bool,
    /// Number and name of each call so far, by id: a result has to name its function.
    calls: HashMap<&'a str, (usize, Cow<'a, str>)>,
}

impl<'a, 'b> Writer<'a, 'b> {
    fn new(call: &'b ModelCall<'a>, takes_ids: bool) -> Self {
        let third = thinking::generation(&call.model.id).is_some_and(|generation| generation >= 3);
        Self { call, takes_ids, model: call.model.name(), third, calls: HashMap::new() }
    }

    /// The messages as the API wants them: alternating, the user's first, and results before all else in theirs.
    fn contents(mut self) -> Result<Vec<Content<'a>>> {
        let mut contents: Vec<Content<'a>> = Vec::with_capacity(self.call.messages.len() + 1);
        for message in self.call.messages {
            let (role, parts) = match message.role {
                Role::User => ("user", self.user(message)?),
                Role::Assistant => ("model", self.assistant(message)?),
            };
            if parts.is_empty() {
                continue;
            }
            if contents.is_empty() && message.role == Role::Assistant {
                contents.push(Content { role: "user", parts: vec![Piece::text("(continued)")] });
            }
            match contents.last_mut() {
                Some(content) if content.role == role => content.parts.extend(parts),
                _ => contents.push(Content { role, parts }),
            }
        }
        for content in contents.iter_mut().filter(|content| content.role == "user") {
            content.parts.sort_by_key(|piece| piece.order.unwrap_or(usize::MAX));
        }
        Ok(contents)
    }

    fn user(&self, message: &'a Message) -> Result<Vec<Piece<'a>>> {
        let mut pieces = Vec::with_capacity(message.parts.len());
        for part in &message.parts {
            match part {
                Part::Text { text } | Part::Refusal { text } => pieces.extend(said(text)),
                Part::Image(image) => pieces.push(self.image(image)?),
                Part::Result(result) => self.result(result, &mut pieces)?,
                // The API takes neither from a user.
                Part::Reasoning(_) | Part::Call(_) => {}
            }
        }
        Ok(pieces)
    }

    fn assistant(&mut self, message: &'a Message) -> Result<Vec<Piece<'a>>> {
        let mut pieces = Vec::with_capacity(message.parts.len());
        let mut seal: Option<Of<'a>> = None;
        let mut first = true;
        for part in &message.parts {
            match (part, seal.take()) {
                (Part::Text { text }, Some(Of::Text(sealed))) => match signature::cut(text, sealed) {
                    Some(cut) => pieces.extend(cut.into_iter().map(|(text, signature)| signed(text, signature))),
                    None => pieces.extend(said(text)),
                },
                (Part::Text { text } | Part::Refusal { text }, before) => {
                    pieces.extend(alone(before));
                    pieces.extend(said(text));
                }
                (Part::Call(made), before) => {
                    let own = if let Some(Of::Call(signature)) = before { Some(signature) } else { None };
                    pieces.extend(alone(before));
                    let foreign = (first && self.third).then_some(signature::FOREIGN);
                    pieces.push(Piece { thought_signature: own.or(foreign), ..self.made(made)? });
                    first = false;
                }
                (Part::Reasoning(reasoning), before) => {
                    pieces.extend(alone(before));
                    let Some(data) = self.own_seal(reasoning) else { continue };
                    match signature::of(data) {
                        Some(of) => seal = Some(of),
                        None => pieces.extend(thought(&reasoning.text, data)),
                    }
                }
                // The API takes neither from a model.
                (Part::Image(_) | Part::Result(_), before) => pieces.extend(alone(before)),
            }
        }
        pieces.extend(alone(seal));
        Ok(pieces)
    }

    /// What this very model sealed on this wire.
    fn own_seal(&self, reasoning: &'a Reasoning) -> Option<&'a Value> {
        let seal = reasoning.seal.as_ref()?;
        (seal.wire == Wire::Gemini && seal.model == self.model).then_some(&seal.data)
    }

    fn made(&mut self, made: &'a ToolCall) -> Result<Piece<'a>> {
        let args = RawValue::from_string(made.object_text()).map_err(|cause| {
            Error::new(Kind::Provider, format!("cannot write the arguments of the call `{}`: {cause}", made.id))
        })?;
        let name = words::tool_name(&made.name);
        self.calls.insert(&made.id, (self.calls.len(), name.clone()));
        let id = self.takes_ids.then_some(made.id.as_str()).filter(|id| !id.is_empty());
        Ok(Piece { function_call: Some(Call { id, name, args }), ..Piece::default() })
    }

    /// A result, with its images inside from Gemini 3 on, and behind it as parts of their own before.
    fn result(&self, result: &'a ToolResult, pieces: &mut Vec<Piece<'a>>) -> Result<()> {
        let mut output = Some(result.output.as_str()).filter(|output| !output.trim().is_empty()).map(Cow::Borrowed);
        let (mut parts, mut beside) = (Vec::new(), Vec::new());
        for image in &result.images {
            match self.blob(image)? {
                Ok(blob) if self.third => parts.push(ResponsePart { inline_data: blob }),
                Ok(blob) => beside.push(Piece { inline_data: Some(blob), ..Piece::default() }),
                Err(why) => {
                    let before = output.take().map(|output| format!("{output}\n")).unwrap_or_default();
                    output = Some(Cow::Owned(before + why));
                }
            }
        }
        let output = output.unwrap_or(Cow::Borrowed(words::NO_OUTPUT));
        let (order, name) = match self.calls.get(result.call.as_str()) {
            Some((number, name)) => (*number, name.clone()),
            None => (self.calls.len(), words::tool_name("")),
        };
        if !beside.is_empty() {
            beside.insert(0, Piece::text(format!("[images of the result of {name}]")));
        }
        let response = Response {
            id: self.takes_ids.then_some(result.call.as_str()).filter(|id| !id.is_empty()),
            name,
            response: if result.error { Output::Error(output) } else { Output::Output(output) },
            parts,
        };
        pieces.push(Piece { function_response: Some(response), order: Some(order), ..Piece::default() });
        pieces.extend(beside);
        Ok(())
    }

    fn image(&self, image: &'a ImageRef) -> Result<Piece<'a>> {
        Ok(match self.blob(image)? {
            Ok(blob) => Piece { inline_data: Some(blob), ..Piece::default() },
            Err(why) => Piece::text(why),
        })
    }

    /// The image, or what is said in its place.
    fn blob(&self, image: &'a ImageRef) -> Result<std::result::Result<Blob<'a>, &'static str>> {
        if !self.call.model.images {
            return Ok(Err(words::NO_IMAGES));
        }
        if !IMAGES.contains(&image.media_type.as_str()) {
            return Ok(Err(NO_GIF));
        }
        let data = self.call.images.get(&image.blob).ok_or_else(|| {
            Error::new(Kind::Io, format!("cannot read the image `{}`: it was not loaded", image.blob))
        })?;
        Ok(Ok(Blob { mime_type: &image.media_type, data }))
    }
}

/// Text without a signature; the API refuses a part of nothing.
fn said(text: &str) -> Option<Piece<'_>> {
    (!text.trim().is_empty()).then(|| Piece::text(text))
}

fn signed<'a>(text: &'a str, signature: Option<&'a str>) -> Piece<'a> {
    Piece { thought_signature: signature, ..Piece::text(text) }
}

/// A signature that came on empty text goes back so. One whose part is no longer there stays here.
fn alone(seal: Option<Of<'_>>) -> Vec<Piece<'_>> {
    match seal {
        Some(Of::Text(sealed)) => {
            let cut = signature::cut("", sealed).unwrap_or_default();
            cut.into_iter().map(|(text, signature)| signed(text, signature)).collect()
        }
        Some(Of::Call(_)) | None => Vec::new(),
    }
}

/// A thought that was signed. Thoughts without a signature are summaries for people, which the model does not need back.
fn thought<'a>(text: &'a str, sealed: &'a Value) -> Vec<Piece<'a>> {
    let cut = signature::cut(text, sealed).unwrap_or_default();
    cut.into_iter().map(|(text, signature)| Piece { thought: true, ..signed(text, signature) }).collect()
}
