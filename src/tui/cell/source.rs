//! A cell as plain text: to be searched, and to be copied.

use crate::text::sanitise::sanitise;
use crate::transcript::view::{Body, Cell};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// What a cell says, made safe.
pub fn text(cell: &Cell) -> String {
    let text = match &cell.body {
        Body::Started(started) => format!("{} {}", started.session, started.model),
        Body::User { text, .. } | Body::Answer { text } | Body::Reasoning { text } | Body::Refusal { text } => {
            text.clone()
        }
        Body::Tool(tool) => {
            let mut text = tool.summary.clone();
            let diffs = tool.files.iter().map(|file| file.diff.as_str());
            for piece in diffs.chain(tool.notes.iter().map(String::as_str)).chain([tool.output.text.as_str()]) {
                if !piece.is_empty() {
                    text.push('\n');
                    text.push_str(piece);
                }
            }
            text
        }
        Body::Plan(steps) => steps.iter().map(|step| step.step.as_str()).collect::<Vec<_>>().join("\n"),
        Body::Check { command, .. } => command.clone(),
        Body::Asked { ask, .. } => ask.why.clone(),
        Body::Aside(aside) => format!("{}\n\n{}", aside.question, aside.answer),
        Body::Ran { command, output, .. } => format!("{command}\n{output}"),
        Body::Notice { text, .. } => text.clone(),
        Body::Outcome(outcome) => match &outcome.error {
            Some(fault) => format!("{}\n{}", outcome.summary, fault.message),
            None => outcome.summary.clone(),
        },
    };
    sanitise(text.trim()).into_owned()
}

/// The code blocks of what a model says, in order, made safe.
pub fn blocks(cell: &Cell) -> Vec<String> {
    let text = match &cell.body {
        Body::Answer { text } => text,
        Body::Aside(aside) => &aside.answer,
        Body::Outcome(outcome) => &outcome.summary,
        Body::Started(_)
        | Body::User { .. }
        | Body::Reasoning { .. }
        | Body::Refusal { .. }
        | Body::Tool(_)
        | Body::Plan(_)
        | Body::Check { .. }
        | Body::Asked { .. }
        | Body::Ran { .. }
        | Body::Notice { .. } => return Vec::new(),
    };
    let mut blocks: Vec<String> = Vec::new();
    let mut inside = false;
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => {
                inside = true;
                blocks.push(String::new());
            }
            Event::End(TagEnd::CodeBlock) => inside = false,
            Event::Text(piece) if inside => {
                if let Some(block) = blocks.last_mut() {
                    block.push_str(&sanitise(&piece));
                }
            }
            _ => {}
        }
    }
    blocks
}
