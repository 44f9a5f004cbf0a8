//! Conversations such as sessions have: made by rendering a vendor's answer on some wire and decoding it with our codec,
//! so that reasoning is sealed as it would be, then encoded for another call. The same ones in every run.

use crate::support::{Reply, Say, Server, Wire as Rendering};
use agent::base::call::{ToolInput, ToolResult, ToolSpec};
use agent::base::message::{ImageRef, Message, Part, Role, calls_of};
use agent::base::model::{Abilities, Edits, Effort, Family, ModelCall, ModelInfo, Thinking, Wire};
use agent::net::HttpRequest;
use agent::provider::{Endpoint, codec};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;
use std::collections::BTreeMap;

/// `provider/id` of the model that is asked.
pub const MODEL: &str = "lab/model-a";

/// One message of the user's, and what came of it.
#[derive(Debug, Clone)]
struct Exchange {
    text: String,
    image: bool,
    origin: usize,
    say: Vec<Said>,
    output: String,
    output_image: bool,
    error: bool,
}

#[derive(Debug, Clone)]
enum Said {
    Think(String),
    Text(String),
    Call,
    Broken(&'static str),
    Custom(String),
    Refuse,
}

/// A whole call, for any wire.
#[derive(Debug, Clone)]
pub struct Scene {
    exchanges: Vec<Exchange>,
    /// The model paused and is asked to go on: nothing new from the user.
    paused: bool,
    system: bool,
    tools: bool,
    images: bool,
    reasoning: bool,
    freeform: bool,
    thinking: Thinking,
    effort: Option<Effort>,
    efforts: Vec<Effort>,
    max_output: u64,
}

/// The first so many scenes of a fixed series.
pub fn scenes(count: usize) -> Vec<Scene> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| scene().new_tree(&mut runner).expect("a scene can be made").current()).collect()
}

fn words() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "ok",
        "two\nlines",
        "  \n",
        "Ünïcödé 🦀 — „quotes“ \"\\\"",
        "\u{1b}[31mred",
        "a\tb",
        "{\"a\":1}",
    ])
    .prop_map(str::to_owned)
}

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![
        words().prop_map(Said::Think),
        words().prop_map(Said::Text),
        Just(Said::Call),
        Just(Said::Call),
        prop::sample::select(vec!["", "{\"path\":", "[1]"]).prop_map(Said::Broken),
        words().prop_map(Said::Custom),
        Just(Said::Refuse),
    ]
}

fn exchange() -> impl Strategy<Value = Exchange> {
    let output = prop_oneof![Just(String::new()), words()];
    (words(), any::<bool>(), any::<usize>(), prop::collection::vec(said(), 1..5), output, any::<bool>(), any::<bool>())
        .prop_map(|(text, image, origin, say, output, output_image, error)| Exchange {
            text,
            image,
            origin,
            say,
            output,
            output_image,
            error,
        })
}

fn scene() -> impl Strategy<Value = Scene> {
    let flags = any::<[bool; 6]>();
    let thinking = prop::sample::select(vec![Thinking::Unset, Thinking::Adaptive, Thinking::Budget]);
    let effort = prop::option::of(prop::sample::select(Effort::ALL.to_vec()));
    let efforts = prop_oneof![Just(vec![]), Just(Effort::ALL.to_vec()), Just(vec![Effort::Low, Effort::High])];
    let limits = prop::sample::select(vec![64_u64, 2_000, 64_000]);
    (prop::collection::vec(exchange(), 0..5), flags, thinking, effort, efforts, limits).prop_map(
        |(exchanges, [paused, system, tools, images, reasoning, freeform], thinking, effort, efforts, max_output)| {
            Scene {
                exchanges,
                paused,
                system,
                tools,
                images,
                reasoning,
                freeform,
                thinking,
                effort,
                efforts,
                max_output,
            }
        },
    )
}

/// As which the server of the tests answers on a wire.
fn rendering(wire: Wire) -> Rendering {
    match wire {
        Wire::Responses => Rendering::Responses,
        Wire::Chat => Rendering::Chat,
        Wire::Messages => Rendering::Messages,
        Wire::Gemini => Rendering::Gemini,
        Wire::Converse => Rendering::Converse,
    }
}

pub fn endpoint(official: bool) -> Endpoint {
    Endpoint { provider: "lab".into(), base_url: "http://127.0.0.1:1/v1".into(), official, ..Endpoint::default() }
}

impl Exchange {
    /// What the model of `origin` said, as our codec reads it.
    fn answer(&self, origin: (Wire, &str), nth: usize) -> Vec<Part> {
        let (wire, model) = origin;
        let mut reply = Reply::default();
        let mut refused = false;
        for said in &self.say {
            let say = match said {
                Said::Think(text) => Say::Think(text.clone()),
                Said::Text(text) => Say::Text(text.clone()),
                Said::Call => {
                    Say::Call { name: "read".into(), input: json!({ "path": "a.rs", "lines": [1, 2.5, null] }) }
                }
                Said::Broken(arguments) => Say::RawCall { name: "made up!".into(), arguments: (*arguments).into() },
                Said::Custom(input) => Say::Custom { name: "apply_patch".into(), input: input.clone() },
                Said::Refuse if refused => continue,
                Said::Refuse => {
                    refused = true;
                    Say::Refuse("I cannot help with that.".into())
                }
            };
            reply = reply.and(say);
        }
        // Every answer says something, or it would be none.
        reply = reply.and_text("so far");
        let stream = Server::render_bytes(rendering(wire), &reply, nth);
        let provider = codec(wire, endpoint(true));
        let (mut frames, mut decoder) = (Vec::new(), provider.decoder(model));
        provider.frames().push(&stream, &mut frames).expect("a stream that can be cut into frames");
        for frame in &frames {
            decoder.frame(frame, &mut Vec::new()).expect("a stream that can be read");
        }
        decoder.finish().expect("a whole answer").parts
    }

    fn results(&self, answer: &[Part]) -> Vec<Part> {
        let images = if self.output_image { vec![image()] } else { vec![] };
        let result = |id: &str| ToolResult {
            call: id.into(),
            output: self.output.clone(),
            images: images.clone(),
            error: self.error,
        };
        calls_of(answer).iter().map(|call| Part::Result(result(&call.id))).collect()
    }
}

impl Scene {
    /// The request for this wire. `own`: are there answers of the very model that is asked, with its own seals?
    pub fn encode(&self, wire: Wire, official: bool, own: bool) -> HttpRequest {
        let (model, messages) = (self.model(wire), self.messages(wire, own));
        let images = BTreeMap::from([(image().blob, "iVBORw0KGgo=".to_owned())]);
        let tools = if self.tools { tools() } else { vec![] };
        let call = ModelCall {
            model: &model,
            system: if self.system { "You are an agent.\n" } else { "" },
            tools: &tools,
            messages: &messages,
            max_output: self.max_output,
            effort: self.effort,
            cache_key: "0193b5a2-session",
            images: &images,
        };
        codec(wire, endpoint(official)).encode(&call).expect("a body")
    }

    fn model(&self, wire: Wire) -> ModelInfo {
        ModelInfo {
            provider: "lab".into(),
            id: "model-a".into(),
            wire,
            family: Family::Other,
            edits: Edits::Patch,
            context: 200_000,
            max_input: 200_000,
            max_output: 64_000,
            price: None,
            tiers: Vec::new(),
            images: self.images,
            reasoning: self.reasoning,
            efforts: self.efforts.clone(),
            thinking: self.thinking,
            abilities: Abilities { freeform: self.freeform, ..Abilities::default() },
            known: true,
        }
    }

    fn messages(&self, wire: Wire, own: bool) -> Vec<Message> {
        let mut origins: Vec<(Wire, &str)> =
            Wire::ALL.into_iter().flat_map(|wire| [(wire, "other/model-b"), (wire, MODEL)]).collect();
        origins.retain(|origin| own || *origin != (wire, MODEL));
        let mut messages = vec![Message::user("Begin.")];
        let mut next = Vec::new();
        for (nth, exchange) in self.exchanges.iter().enumerate() {
            next.push(Part::Text { text: exchange.text.clone() });
            if exchange.image {
                next.push(Part::Image(image()));
            }
            messages.push(Message { role: Role::User, parts: std::mem::take(&mut next) });
            let answer = exchange.answer(origins[exchange.origin % origins.len()], nth);
            next = exchange.results(&answer);
            messages.push(Message { role: Role::Assistant, parts: answer });
        }
        if !(self.paused && next.is_empty() && messages.len() > 1) {
            next.push(Part::Text { text: "Go on.".into() });
            messages.push(Message { role: Role::User, parts: next });
        }
        messages
    }
}

fn image() -> ImageRef {
    ImageRef { blob: "b1".into(), media_type: "image/png".into(), bytes: 8 }
}

fn tools() -> Vec<ToolSpec> {
    let schema = json!({
        "type": "object",
        "properties": {
            "path": { "type": "string", "description": "of the file" },
            "lines": { "type": "array", "items": { "type": ["number", "null"] } },
            "how": { "enum": ["a", "b"] },
        },
        "required": ["path"],
        "additionalProperties": false,
    });
    vec![
        ToolSpec { name: "read", description: "Reads a file.".into(), input: ToolInput::Json(schema) },
        ToolSpec {
            name: "apply_patch",
            description: "Makes an edit.".into(),
            input: ToolInput::Freeform { syntax: "lark", grammar: "start: /.+/" },
        },
    ]
}
