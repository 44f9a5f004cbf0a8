//! What a server remembers of its own answers, to judge whether they come back unchanged.

use std::collections::{HashMap, HashSet};

#[derive(Clone, Default, Debug)]
pub struct Memory {
    /// Responses: reasoning items by their encrypted content.
    pub reasoning: HashMap<String, Reasoning>,
    /// Responses: the reasoning item that came right before an item, by the ids of both.
    pub reasoned: HashMap<String, String>,
    /// Responses: the calls of stored answers by the id of the answer.
    pub stored: HashMap<String, Vec<Call>>,
    /// Messages: pairs of thinking and its signature.
    pub signed: HashSet<(String, String)>,
    /// Messages: ids of tool uses that came with thinking in the same answer.
    pub thoughtful: HashSet<String>,
    /// Chat: the reasoning of each answer.
    pub reasoning_texts: HashSet<String>,
    /// Gemini: calls by their ids.
    pub google_calls: HashMap<String, GoogleCall>,
    /// Gemini: pairs of text and its signature.
    pub google_texts: HashSet<(String, String)>,
}

#[derive(Clone, Debug)]
pub struct GoogleCall {
    pub name: String,
    pub signature: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Reasoning {
    pub id: String,
    pub next: Option<Next>,
}

/// The item that followed a reasoning item.
#[derive(Clone, Debug)]
pub enum Next {
    Call(String),
    /// A message with this text or refusal.
    Message(String),
    /// More reasoning with this encrypted content.
    Reasoning(String),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Call {
    pub id: String,
    pub custom: bool,
}

impl Memory {
    pub fn absorb(&mut self, other: Memory) {
        self.reasoning.extend(other.reasoning);
        self.reasoned.extend(other.reasoned);
        self.stored.extend(other.stored);
        self.signed.extend(other.signed);
        self.thoughtful.extend(other.thoughtful);
        self.reasoning_texts.extend(other.reasoning_texts);
        self.google_calls.extend(other.google_calls);
        self.google_texts.extend(other.google_texts);
    }
}
