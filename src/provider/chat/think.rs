//! Splits `<think>…</think>` off the beginning of a streamed answer.
//!
//! Local servers without a reasoning parser pass on what the model's chat template produces: the thoughts inside the
//! answer. They are neither shown as answer nor sent back. Tags may be cut anywhere; what may yet become a tag is held.
//! Must never touch text that does not begin with the tag.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

#[derive(Default)]
pub struct Think {
    state: State,
    held: String,
}

#[derive(Default, PartialEq)]
enum State {
    /// Nothing but white space, or the beginning of the tag, so far.
    #[default]
    Start,
    Inside,
    /// Between the closing tag and the answer's first letter.
    After,
    Answer,
}

impl Think {
    /// Takes the next piece; gives the reasoning and, after it, the text that are certain by now.
    pub fn push(&mut self, piece: &str) -> (String, String) {
        if self.state == State::Answer {
            return (String::new(), piece.to_owned());
        }
        self.held.push_str(piece);
        if self.state == State::Start {
            let begun = self.held.trim_start();
            if let Some(rest) = begun.strip_prefix(OPEN) {
                self.held = rest.to_owned();
                self.state = State::Inside;
            } else if OPEN.starts_with(begun) {
                return Default::default();
            } else {
                self.state = State::Answer;
                return (String::new(), std::mem::take(&mut self.held));
            }
        }
        let mut reasoning = String::new();
        if self.state == State::Inside {
            if let Some((thought, rest)) = self.held.split_once(CLOSE) {
                reasoning = thought.to_owned();
                self.held = rest.to_owned();
                self.state = State::After;
            } else {
                let rest = self.held.split_off(self.held.len() - cut_tag(&self.held));
                return (std::mem::replace(&mut self.held, rest), String::new());
            }
        }
        let answer = self.held.trim_start().to_owned();
        self.held.clear();
        if !answer.is_empty() {
            self.state = State::Answer;
        }
        (reasoning, answer)
    }

    /// What was still held when the stream ended. White space alone is no answer.
    pub fn finish(&mut self) -> (String, String) {
        let held = std::mem::take(&mut self.held);
        match self.state {
            State::Inside => (held, String::new()),
            State::Start if !held.trim().is_empty() => (String::new(), held),
            State::Start | State::After | State::Answer => Default::default(),
        }
    }
}

/// The length of the end of `text` that may be the beginning of the closing tag.
fn cut_tag(text: &str) -> usize {
    (1..CLOSE.len()).rev().find(|length| CLOSE.get(..*length).is_some_and(|begin| text.ends_with(begin))).unwrap_or(0)
}
