//! The tiny conversations that probes send. The same bytes for everybody, with nothing of the user's in them.

use crate::base::call::{ToolCall, ToolInput, ToolResult, ToolSpec};
use crate::base::message::{ImageRef, Message, Part, Role};
use crate::base::model::Effort;
use serde_json::json;
use std::collections::BTreeMap;

/// A red square of 16 by 16 pixels, as PNG: smaller ones are refused by some.
const SQUARE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mP4z8BAEmIY1TCqYfhqAACQ+f8B8u7oVwAAAABJRU5ErkJggg==";

/// Ids as another vendor writes them.
const IDS: [&str; 2] = ["call_Pr0beAbCdEfGhIjKlMnOpQr1", "call_Pr0beAbCdEfGhIjKlMnOpQr2"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    Hello,
    System,
    Tool,
    OneCall,
    TwoCalls,
    Image,
    Reasoning,
    Effort,
}

impl Scene {
    pub fn system(self) -> &'static str {
        match self {
            Scene::System => "You answer with one word.",
            Scene::Hello
            | Scene::Tool
            | Scene::OneCall
            | Scene::TwoCalls
            | Scene::Image
            | Scene::Reasoning
            | Scene::Effort => "",
        }
    }

    /// Room for a thought and a call; most answers are a word.
    pub fn max_output(self) -> u64 {
        match self {
            Scene::Tool => 1024,
            Scene::Hello => 256,
            Scene::System | Scene::OneCall | Scene::TwoCalls | Scene::Image | Scene::Reasoning | Scene::Effort => 64,
        }
    }

    pub fn effort(self) -> Option<Effort> {
        (self == Scene::Effort).then_some(Effort::Low)
    }

    pub fn tools(self) -> Vec<ToolSpec> {
        match self {
            Scene::Tool | Scene::OneCall | Scene::TwoCalls => vec![ToolSpec {
                name: "weather",
                description: "The weather in a city.".into(),
                input: ToolInput::Json(json!({
                    "type": "object",
                    "properties": { "city": { "type": "string" } },
                    "required": ["city"],
                })),
            }],
            Scene::Hello | Scene::System | Scene::Image | Scene::Reasoning | Scene::Effort => Vec::new(),
        }
    }

    pub fn images(self) -> BTreeMap<String, String> {
        BTreeMap::from([("square".to_owned(), SQUARE.to_owned())])
    }

    /// `thoughts`: what the endpoint has thought so far.
    pub fn messages(self, thoughts: &[Part]) -> Vec<Message> {
        let hello = || user(vec![text("Say hi.")]);
        match self {
            Scene::Hello | Scene::System | Scene::Effort => vec![hello()],
            Scene::Tool => vec![user(vec![text("Call the tool weather for Oslo. Do not answer without it.")])],
            Scene::OneCall => history(IDS.get(..1).unwrap_or_default()),
            Scene::TwoCalls => history(&IDS),
            Scene::Image => {
                let image = ImageRef { blob: "square".into(), media_type: "image/png".into(), bytes: 0 };
                vec![user(vec![text("Which colour? One word."), Part::Image(image)])]
            }
            Scene::Reasoning => {
                let said = thoughts.iter().cloned().chain([text("Hi.")]).collect();
                vec![hello(), Message { role: Role::Assistant, parts: said }, user(vec![text("Again.")])]
            }
        }
    }
}

/// A question that was answered with calls, and their results.
fn history(ids: &[&str]) -> Vec<Message> {
    let calls = ids.iter().map(|id| {
        let arguments = json!({ "city": "Oslo" }).to_string();
        Part::Call(ToolCall { id: (*id).into(), name: "weather".into(), arguments, freeform: false })
    });
    let results = ids.iter().map(|id| {
        Part::Result(ToolResult { call: (*id).into(), output: "rain".into(), images: Vec::new(), error: false })
    });
    vec![
        user(vec![text("The weather in Oslo, in one word?")]),
        Message { role: Role::Assistant, parts: calls.collect() },
        user(results.collect()),
    ]
}

fn user(parts: Vec<Part>) -> Message {
    Message { role: Role::User, parts }
}

fn text(text: &str) -> Part {
    Part::Text { text: text.into() }
}
